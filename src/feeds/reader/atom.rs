//! An entry of Atom 1.0 (RFC 4287) and of Atom 0.3 ("The Atom Syndication
//! Format 0.3", December 2003).

use super::super::Entry;
use super::element::Element;
use super::item;
use super::links::Base;
use super::text_construct::Construct;

/// Reads an entry.
pub(super) fn entry(element: &Element, base: &Base) -> Entry {
    let base = base.inside(element);
    let title = item::title(element, Construct::of_atom).map(|title| title.line());
    let id = element.elements().filter(|inner| inner.is("id") || inner.is("guid")).find_map(Element::said);
    let mut entry = Entry { title: title.unwrap_or_default(), ..item::common(element, &base) };
    if entry.link.is_none() {
        // An id that is an address is the page where no link is given.
        entry.link = id.as_deref().filter(|id| id.starts_with("http")).and_then(|id| base.absolute(id));
    }
    entry.id = id;
    item::lend_link(&mut entry, element, &base);
    entry
}
