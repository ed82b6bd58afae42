//! What items of RSS and entries of Atom have in common: links, people,
//! moments, categories, and the vocabularies that both borrow from.

use super::super::Entry;
use super::super::text;
use super::body;
use super::dates::{self, Written};
use super::element::Element;
use super::image;
use super::links::{Base, Link, page};
use super::names::Space;
use super::text_construct::Construct;

/// Names of people and categories are cut here.
const LONGEST_NAME_CHARS: usize = 200;
/// Categories of one item that are read.
const MOST_CATEGORIES: usize = 100;
/// Links of one item that are read.
const MOST_LINKS: usize = 200;

/// How the texts of a format are read where they do not say it.
pub(super) type Reading = fn(&Element) -> Construct;

/// What the formats read in the same way; the title and what it is known by
/// are theirs.
pub(super) fn common(item: &Element, base: &Base) -> Entry {
    let links = links(item, base);
    let published = published(item);
    let body = body::of(item, base);
    Entry {
        link: page(&links),
        author: author(item),
        published: published.map(|written| written.at),
        zone_minutes: published.and_then(|written| written.zone_minutes),
        updated: updated(item).map(|written| written.at),
        html: body.html,
        summary_html: body.summary_html,
        base: body.base,
        categories: categories(item),
        image: image::of(item, &links, base),
        comments_url: comments(item, &links, base),
        ..Entry::default()
    }
}

/// The links of an item or a feed.
pub(super) fn links(item: &Element, base: &Base) -> Vec<Link> {
    let mut links: Vec<Link> = item
        .elements()
        .filter(|element| element.is("link"))
        .take(MOST_LINKS)
        .filter_map(|element| Link::of(element, base))
        .collect();
    // CDF has its address in an attribute.
    let href = item.attribute("href").and_then(|href| base.absolute(href));
    links.extend(href.map(|url| Link { url, rel: "alternate".into(), media_type: None }));
    links
}

/// The page of its comments: RSS 2.0 `comments`, Atom `rel=replies` (RFC 4685
/// §4), which may also be a feed.
fn comments(item: &Element, links: &[Link], base: &Base) -> Option<String> {
    let said = item.elements().filter(|element| element.is("comments")).find_map(Element::said);
    // Some feeds have their number here.
    let said = said.filter(|url| url.contains('/')).and_then(|url| base.absolute(&url));
    let is_page = |link: &&Link| {
        link.is_for("replies") && link.media_type.as_deref().is_none_or(|kind| kind.contains("html"))
    };
    said.or_else(|| links.iter().find(is_page).map(|link| link.url.clone()))
        .filter(|url| url.starts_with("http"))
}

/// Gives an item without a page the address of its enclosure.
pub(super) fn lend_link(entry: &mut Entry, item: &Element, base: &Base) {
    if entry.link.is_some() {
        return;
    }
    let enclosures = item.elements().filter(|element| element.is("enclosure"));
    let contents = media_elements(item).filter(|element| element.name == "content");
    let of_rss = enclosures.chain(contents).filter_map(|element| base.absolute(element.attribute("url")?));
    let of_atom = links(item, base).into_iter().filter(|link| link.is_for("enclosure")).map(|link| link.url);
    entry.link = of_rss.chain(of_atom).find(|url| url.starts_with("http"));
    entry.is_link_borrowed = entry.link.is_some();
}

/// The title: the format's own, or one in borrowed words.
pub(super) fn title(item: &Element, own: Reading) -> Option<Construct> {
    let filled = |construct: Construct| (!construct.is_blank()).then_some(construct);
    let named = |space: Space| item.elements().filter(move |element| element.is_in(space, "title"));
    named(Space::Core)
        .chain(named(Space::Atom))
        .map(own)
        .find_map(filled)
        .or_else(|| named(Space::Dublin).map(Construct::of_rss).find_map(filled))
        .or_else(|| media(item, "title").find_map(filled))
        .or_else(|| named(Space::Itunes).map(Construct::of_rss).find_map(filled))
}

/// Texts of Media RSS: beside the item's own, and in its groups and contents.
pub(super) fn media<'e>(item: &'e Element, name: &'static str) -> impl Iterator<Item = Construct> + 'e {
    media_elements(item).filter(move |element| element.name == name).map(Construct::of_atom)
}

/// The elements of Media RSS in an item, with those in groups and contents.
pub(super) fn media_elements(item: &Element) -> impl Iterator<Item = &Element> {
    let own = || item.elements().filter(|element| element.space == Space::Media);
    let holds = |element: &&Element| matches!(element.name.as_str(), "group" | "content");
    let inner = own().filter(holds).flat_map(Element::elements);
    let innermost = own().filter(holds).flat_map(Element::elements).filter(holds).flat_map(Element::elements);
    own().chain(inner.filter(|element| element.space == Space::Media)).chain(innermost)
}

/// Who wrote it.
pub(super) fn author(item: &Element) -> Option<String> {
    let own = item.elements().filter(|element| element.is("author") || element.is("managingeditor"));
    let people = own
        .filter_map(|person| match person.child("name") {
            Some(name) => name.said(),
            None => person.said(),
        })
        .chain(item.elements().filter(|e| e.is_in(Space::Dublin, "creator")).filter_map(Element::said))
        .chain(item.elements().filter(|e| e.is_in(Space::Itunes, "author")).filter_map(Element::said));
    people
        .map(|person| text::cut(&name_of(&text::plain(&text::cut(&person, 2_000))), LONGEST_NAME_CHARS))
        .find(|name| !name.is_empty())
}

/// The name in `ann@blog.example (Ann)` and `Ann <ann@blog.example>`; empty for
/// an address alone, which nobody wants to see above a post.
fn name_of(person: &str) -> String {
    let bare = |name: &str| name.trim_matches(['(', ')', '<', '>', '"', ' ']).to_owned();
    if !person.contains('@') {
        let within = person.strip_prefix('(').and_then(|name| name.strip_suffix(')'));
        return within.unwrap_or(person).trim().to_owned();
    }
    let bracketed = person.find('(').map(|open| bare(&person[open..]));
    if let Some(name) = bracketed.filter(|name| !name.is_empty() && !name.contains('@')) {
        return name;
    }
    let words: Vec<&str> = person.split_whitespace().filter(|word| !word.contains('@')).collect();
    bare(&words.join(" "))
}

fn categories(item: &Element) -> Vec<String> {
    let mut categories: Vec<String> = Vec::new();
    for element in item.elements() {
        let is_category = element.is("category") || element.is_in(Space::Dublin, "subject");
        if !is_category || categories.len() >= MOST_CATEGORIES {
            continue;
        }
        let named = element.attribute("label").or_else(|| element.attribute("term")).map(str::to_owned);
        let Some(named) = named.or_else(|| element.said()) else { continue };
        let name = text::cut(&text::plain(&text::cut(&named, 2_000)), LONGEST_NAME_CHARS);
        if !name.is_empty() && !categories.contains(&name) {
            categories.push(name);
        }
    }
    categories
}

/// When it was published, by the name that says so most plainly.
fn published(item: &Element) -> Option<Written> {
    let own = |name| moment(item, move |element| element.is(name));
    let dublin = |name| moment(item, move |element| element.is_in(Space::Dublin, name));
    own("pubdate")
        .or_else(|| own("published"))
        .or_else(|| own("issued"))
        .or_else(|| dublin("issued"))
        .or_else(|| dublin("date"))
        .or_else(|| own("created"))
        .or_else(|| dublin("created"))
}

/// When it was last changed.
fn updated(item: &Element) -> Option<Written> {
    let own = |name| moment(item, move |element| element.is(name));
    own("updated")
        .or_else(|| own("modified"))
        .or_else(|| moment(item, |element| element.is_in(Space::Dublin, "modified")))
        .or_else(|| item.attribute("lastmod").and_then(dates::parse))
}

fn moment(item: &Element, is_it: impl Fn(&Element) -> bool) -> Option<Written> {
    item.elements().filter(|element| is_it(element)).find_map(|element| dates::parse(&element.text()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_found_beside_the_address() {
        for (person, name) in [
            ("ann@blog.example (Ann Bee)", "Ann Bee"),
            ("Ann Bee <ann@blog.example>", "Ann Bee"),
            ("Ann (the first)", "Ann (the first)"),
            ("ann@blog.example", ""),
            ("(Ann)", "Ann"),
            ("ann@blog.example ()", ""),
        ] {
            assert_eq!(name_of(person), name);
        }
    }
}
