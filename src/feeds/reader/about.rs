//! What a feed says of itself: title, home page, language, and when and where
//! it wants to be read.

use super::super::Feed;
use super::super::text;
use super::element::Element;
use super::item;
use super::links::{Base, Link, page};
use super::names::Space;
use super::text_construct::Construct;
use super::timing::Timing;

/// Descriptions are cut here.
const LONGEST_DESCRIPTION_CHARS: usize = 500;
/// Languages are tags of BCP 47, and those are short.
const LONGEST_LANGUAGE_BYTES: usize = 35;
/// Links of a feed that are read, and hubs that are kept.
const MOST_LINKS: usize = 200;
const MOST_HUBS: usize = 10;

/// What was said so far.
#[derive(Debug, Default)]
pub(super) struct About {
    title: Option<Construct>,
    borrowed_title: Option<Construct>,
    description: Option<Construct>,
    language: Option<String>,
    /// Of an attribute `xml:lang`, which the element outdoes.
    attribute_language: Option<String>,
    links: Vec<Link>,
    /// The author of items that name none.
    pub(super) author: Option<String>,
    generator: Option<String>,
    new_feed_url: Option<String>,
    timing: Timing,
}

impl About {
    /// Takes an element that stands beside the items, or the one around them.
    pub(super) fn take(&mut self, element: &Element, base: &Base) {
        let is_atom = element.space == Space::Atom;
        let construct = || if is_atom { Construct::of_atom(element) } else { Construct::of_either(element) };
        let is_own = matches!(element.space, Space::Core | Space::Atom);
        match (is_own, element.name.as_str()) {
            (true, "feed" | "channel") => {
                self.attribute_language =
                    self.attribute_language.take().or_else(|| attribute_language(element));
                self.links.extend(item::links(element, base));
            }
            (true, "title") => keep(&mut self.title, construct),
            (false, "title") if element.space != Space::Other => keep(&mut self.borrowed_title, construct),
            (true, "description" | "subtitle" | "tagline" | "abstract") => {
                keep(&mut self.description, construct)
            }
            (_, "language") => self.language = self.language.take().or_else(|| element.said()),
            (true, "link") if self.links.len() < MOST_LINKS => self.links.extend(Link::of(element, base)),
            (true, "author" | "managingeditor") | (false, "author" | "creator") => {
                if self.author.is_none() {
                    self.author = author_of(element);
                }
            }
            (true, "generator") => keep_said(&mut self.generator, element),
            (_, "new-feed-url" | "newlocation") => {
                let moved = element.said().and_then(|url| base.inside(element).absolute(&url));
                self.new_feed_url = self.new_feed_url.take().or(moved);
            }
            _ => self.timing.take(element),
        }
    }

    /// The blog's own page, as far as it is known by now.
    pub(super) fn page(&self) -> Option<String> {
        page(&self.links)
    }

    /// The feed, without its entries.
    pub(super) fn feed(self) -> Feed {
        let line = |construct: Option<Construct>| construct.map(|text| text.line()).unwrap_or_default();
        let first = |rel: &str| self.links.iter().find(|link| link.is_for(rel)).map(|link| link.url.clone());
        let mut hubs: Vec<String> = Vec::new();
        for link in self.links.iter().filter(|link| link.is_for("hub")) {
            if hubs.len() < MOST_HUBS && !hubs.contains(&link.url) {
                hubs.push(link.url.clone());
            }
        }
        Feed {
            home_url: page(&self.links),
            self_url: first("self"),
            hub_urls: hubs,
            next_url: first("next"),
            prev_archive_url: first("prev-archive"),
            new_feed_url: self.new_feed_url,
            generator: self.generator,
            ttl_minutes: self.timing.ttl_minutes,
            skip_hours: self.timing.skip_hours.clone(),
            skip_days: self.timing.skip_days.clone(),
            update_period_seconds: self.timing.update_period_seconds(),
            title: line(self.title.or(self.borrowed_title)),
            description: text::cut(&line(self.description), LONGEST_DESCRIPTION_CHARS),
            language: self.language.or(self.attribute_language).as_deref().and_then(language),
            ..Feed::default()
        }
    }
}

fn keep(slot: &mut Option<Construct>, construct: impl Fn() -> Construct) {
    if slot.is_none() {
        *slot = Some(construct()).filter(|construct| !construct.is_blank());
    }
}

fn keep_said(slot: &mut Option<String>, element: &Element) {
    if slot.is_none() {
        *slot = element.said().map(|said| text::cut(&text::one_line(&said), 200));
    }
}

fn attribute_language(element: &Element) -> Option<String> {
    element.attribute("xml:lang").map(str::to_owned)
}

/// A language as other parts of the program compare it.
pub(super) fn language(said: &str) -> Option<String> {
    let language = said.trim().replace('_', "-").to_lowercase();
    (!language.is_empty() && language.len() <= LONGEST_LANGUAGE_BYTES).then_some(language)
}

fn author_of(element: &Element) -> Option<String> {
    let around =
        Element { children: vec![super::element::Node::Element(element.clone())], ..element.clone() };
    item::author(&around)
}
