//! The picture of an item: in Media RSS, in its enclosures, or a thumbnail.

use super::element::Element;
use super::item::media_elements;
use super::links::{Base, Link, bare_type};
use super::names::Space;

/// The first picture of an item, absolute http(s).
pub(super) fn of(item: &Element, links: &[Link], base: &Base) -> Option<String> {
    let media = |name: &'static str| media_elements(item).filter(move |element| element.name == name);
    let absolute = |url: &str| base.absolute(url).filter(|url| url.starts_with("http"));
    let contents = media("content").filter(|content| {
        let says_picture =
            content.attribute("medium") == Some("image") && content.attribute("type").is_none();
        says_picture || content.attribute("url").is_some_and(|url| is_picture(content.attribute("type"), url))
    });
    let enclosures = item.elements().filter(|element| element.is("enclosure"));
    let enclosures =
        enclosures.filter(|e| e.attribute("type").is_some_and(|kind| is_picture(Some(kind), "")));
    let linked = links.iter().filter(|link| link.is_for("enclosure"));
    let linked =
        linked.filter(|link| link.media_type.as_deref().is_some_and(|kind| is_picture(Some(kind), "")));
    contents
        .chain(enclosures)
        .filter_map(|element| absolute(element.attribute("url")?))
        .chain(linked.map(|link| link.url.clone()))
        .chain(media("thumbnail").filter_map(|element| absolute(element.attribute("url")?)))
        .chain(itunes(item).and_then(absolute))
        .find(|url| url.starts_with("http"))
}

fn itunes(item: &Element) -> Option<&str> {
    item.elements().find(|element| element.is_in(Space::Itunes, "image"))?.attribute("href")
}

/// By its media type, else by the end of its path. No mail program shows SVG.
pub(super) fn is_picture(media_type: Option<&str>, url: &str) -> bool {
    match media_type.map(bare_type) {
        Some(kind) => kind.starts_with("image/") && !kind.contains("svg"),
        None => {
            let path = url.split(['?', '#']).next().unwrap_or(url).to_ascii_lowercase();
            [".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif"].iter().any(|end| path.ends_with(end))
        }
    }
}
