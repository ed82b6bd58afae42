//! An item of RSS 0.9x, 1.0 (RDF) and 2.0, and of CDF. Sources: the RSS 2.0
//! specification of the RSS Advisory Board, "RDF Site Summary 1.0" §5.5 with
//! its `content` module, and Microsoft's submission "Channel Definition
//! Format" to the W3C.

use super::super::Entry;
use super::element::Element;
use super::item;
use super::links::Base;
use super::text_construct::Construct;

/// Reads an item.
pub(super) fn entry(element: &Element, base: &Base) -> Entry {
    let base = base.inside(element);
    let title = item::title(element, Construct::of_rss).map(|title| title.line());
    let mut entry = Entry { title: title.unwrap_or_default(), ..item::common(element, &base) };
    let guid =
        element.elements().find(|inner| (inner.is("guid") || inner.is("id")) && inner.said().is_some());
    entry.id = guid.and_then(Element::said);
    // A guid is an address unless it says that it is none (RSS 2.0, "guid");
    // without a link it is then the item's page.
    let is_address = guid.is_some_and(|guid| {
        guid.attribute("ispermalink").is_none_or(|value| value.eq_ignore_ascii_case("true"))
    });
    if entry.link.is_none() {
        let id = entry.id.as_deref().filter(|id| is_address || id.starts_with("http"));
        entry.link = id.filter(|id| id.starts_with("http")).and_then(|id| base.absolute(id));
    }
    if let (None, Some(about)) = (&entry.id, about(element)) {
        entry.id = Some(about.to_owned());
        entry.is_known_by_link = entry.link.is_some();
    }
    item::lend_link(&mut entry, element, &base);
    entry
}

/// The name that RDF gives the item.
fn about(element: &Element) -> Option<&str> {
    let named = element.attributes.iter().find(|(name, _)| name == "rdf:about" || name == "about");
    named.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
}
