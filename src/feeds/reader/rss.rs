//! An item of RSS 0.9x, 1.0 (RDF) and 2.0, and of CDF. Sources: the RSS 2.0
//! specification of the RSS Advisory Board, "RDF Site Summary 1.0" §5.5 with
//! its `content` module, and Microsoft's submission "Channel Definition
//! Format" to the W3C.

use super::super::Entry;
use super::element::Element;
use super::item;
use super::links::Base;
use super::names::Space;
use super::text_construct::Construct;

/// Reads an item.
pub(super) fn entry(element: &Element, base: &Base) -> Entry {
    let base = base.inside(element);
    let (html, summary_html) = body(element);
    let title = item::title(element, Construct::of_rss).map(|title| title.line());
    let mut entry =
        Entry { title: title.unwrap_or_default(), html, summary_html, ..item::common(element, &base) };
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
    entry
}

/// The name that RDF gives the item.
fn about(element: &Element) -> Option<&str> {
    let named = element.attributes.iter().find(|(name, _)| name == "rdf:about" || name == "about");
    named.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
}

/// The body, and the summary where there is one beside it.
fn body(element: &Element) -> (String, Option<String>) {
    let filled = |construct: Construct| (!construct.is_blank()).then(|| construct.html());
    let of = |is_it: fn(&Element) -> bool, read: fn(&Element) -> Construct| {
        element.elements().filter(move |inner| is_it(inner)).map(read).find_map(filled)
    };
    let long = of(|e| e.is_in(Space::Content, "encoded") || e.is("fullitem"), Construct::of_rss)
        .or_else(|| of(|e| e.is("content"), Construct::of_atom))
        .or_else(|| of(|e| e.name == "body" && e.space != Space::Other, Construct::of_rss));
    let short = of(|e| e.is("description"), Construct::of_rss)
        .or_else(|| of(|e| e.is("summary"), Construct::of_atom))
        .or_else(|| of(|e| e.is_in(Space::Dublin, "description"), Construct::of_rss))
        .or_else(|| of(|e| e.is("abstract"), Construct::of_rss))
        .or_else(|| of(|e| e.is_in(Space::Itunes, "summary"), Construct::of_rss));
    match (long, short) {
        (Some(long), short) => (long, short),
        (None, Some(short)) => (short, None),
        (None, None) => (item::media(element, "description").find_map(filled).unwrap_or_default(), None),
    }
}
