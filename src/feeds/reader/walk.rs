//! The walk through a document: which elements hold the feed, which are told
//! about it, and which are its items. Gives one small tree at a time, so that
//! memory follows the largest item and not the document.

use super::element::{Element, Node, VOID};
use super::links::Base;
use super::names::{Names, Space, declares_rss};
use super::tokens::{Tag, Token, Tokens};

/// Elements may stand in each other this deep; what is deeper lies flat.
const MOST_DEPTH: usize = 100;
/// Elements within one item; what is more is left out, but for its text.
const MOST_ELEMENTS: usize = 50_000;
/// Text within one item; what is more is left out.
const MOST_TEXT_BYTES: usize = 10 * 1024 * 1024;

/// Elements that tell of the feed, and have a text or elements of their own.
/// What has another name may hold items.
const ABOUT: &[&str] = &[
    "abstract",
    "author",
    "creator",
    "description",
    "generator",
    "id",
    "image",
    "info",
    "language",
    "link",
    "logo",
    "managingeditor",
    "new-feed-url",
    "newlocation",
    "owner",
    "skipdays",
    "skiphours",
    "subtitle",
    "tagline",
    "textinput",
    "title",
    "ttl",
    "updatefrequency",
    "updateperiod",
];

/// What the walk comes upon.
pub(super) enum Found {
    /// Something about the feed.
    About(Element),
    /// An `item` of RSS, RDF or CDF, or an `entry` of Atom.
    Item(Element),
}

/// An element that was entered and not made into a tree.
struct Holder<'a> {
    written: &'a str,
    is_channel: bool,
    /// Whether it, or what it stands in, is an element of feeds.
    is_of_feed: bool,
    mark: usize,
    base: Base,
}

/// A walk.
pub(super) struct Walk<'a> {
    tokens: Tokens<'a>,
    names: Names,
    holders: Vec<Holder<'a>>,
    /// A token that was looked at and belongs to the next step.
    kept: Option<Token<'a>>,
    document_base: Base,
    /// The name of the first element, as written.
    pub(super) root: Option<&'a str>,
    /// Whether the document is a web page; nothing is read of it.
    pub(super) is_page: bool,
    /// Whether a `feed` or `channel`, or an item, was met.
    pub(super) is_feed: bool,
    /// Whether the document ended before its elements did.
    pub(super) is_cut: bool,
}

impl<'a> Walk<'a> {
    /// Through a document at this address.
    pub(super) fn through(document: &'a str, base: Base) -> Self {
        Self {
            tokens: Tokens::of(document),
            names: Names::default(),
            holders: Vec::new(),
            kept: None,
            document_base: base,
            root: None,
            is_page: false,
            is_feed: false,
            is_cut: false,
        }
    }

    /// What relative addresses are relative to at this place.
    pub(super) fn base(&self) -> &Base {
        self.holders.last().map_or(&self.document_base, |holder| &holder.base)
    }

    /// The next thing; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Found> {
        while !self.is_page {
            let Some(token) = self.kept.take().or_else(|| self.tokens.next()) else {
                self.is_cut |= self.tokens.is_cut || !self.holders.is_empty();
                return None;
            };
            match token {
                Token::Text(_) => {}
                Token::Close(name) => self.close(name),
                Token::Open(tag) => {
                    if let Some(found) = self.open(tag) {
                        return Some(found);
                    }
                }
            }
        }
        None
    }

    fn close(&mut self, name: &str) {
        let is_it = |holder: &Holder<'_>| holder.written.eq_ignore_ascii_case(name);
        let is_near = |holder: &Holder<'_>| is_near(holder.written, name);
        let at = self.holders.iter().rposition(is_it).or_else(|| self.holders.iter().rposition(is_near));
        if let Some(at) = at {
            self.names.leave(self.holders[at].mark);
            self.holders.truncate(at);
        }
    }

    fn open(&mut self, tag: Tag<'a>) -> Option<Found> {
        self.root.get_or_insert(tag.name);
        let mark = self.enter(&tag);
        let (space, name) = self.names.resolve(tag.name);
        let is_core = matches!(space, Space::Core | Space::Atom);
        if is_core && matches!(name.as_str(), "item" | "entry") {
            // An entry may stand alone (RFC 4287 §2), but an item of something else is none.
            let is_ours = self.holders.last().is_none_or(|holder| holder.is_of_feed);
            self.is_feed |= is_ours;
            let item = self.grow(tag, space, name, mark);
            return is_ours.then_some(Found::Item(item));
        }
        let is_channel = is_core && matches!(name.as_str(), "channel" | "feed");
        let in_channel = self.holders.last().is_some_and(|holder| holder.is_channel);
        if !is_channel && ABOUT.contains(&name.as_str()) && !self.holders.is_empty() {
            let element = self.grow(tag, space, name, mark);
            if in_channel {
                return Some(Found::About(element));
            }
            return None;
        }
        let declares_rss = || declares_rss(tag.attributes.iter().map(|(_, value)| value.as_ref()));
        let is_rdf = matches!(space, Space::Rdf | Space::Core) && name == "rdf";
        let is_of_feed = is_channel || is_rdf && declares_rss() || (is_core && name == "rss");
        self.is_feed |= is_of_feed;
        // Without any vocabulary its items say what it is.
        let is_of_feed = is_of_feed || is_rdf && attribute(&tag, "xmlns").is_none();
        self.is_page = !self.is_feed && matches!(name.as_str(), "html" | "head" | "body");
        let is_of_feed = is_of_feed || self.holders.last().is_some_and(|holder| holder.is_of_feed);
        let about = is_channel.then(|| Element::of(&tag, space, name));
        if tag.is_empty || self.holders.len() >= MOST_DEPTH {
            self.names.leave(mark);
        } else {
            let base = self.base().within(attribute(&tag, "xml:base"));
            self.holders.push(Holder { written: tag.name, is_channel, is_of_feed, mark, base });
        }
        about.map(Found::About)
    }

    fn enter(&mut self, tag: &Tag<'_>) -> usize {
        self.names.enter(tag.attributes.iter().map(|(name, value)| (*name, value.as_ref())))
    }

    /// The tree of a tag.
    fn grow(&mut self, tag: Tag<'a>, space: Space, name: String, mark: usize) -> Element {
        let mut tree = Tree { root: Element::of(&tag, space, name), open: Vec::new() };
        if tag.is_empty {
            self.names.leave(mark);
            return tree.root;
        }
        let ends_at_next = matches!(tree.root.name.as_str(), "item" | "entry");
        let (mut elements, mut text_bytes) = (0, 0);
        loop {
            let Some(token) = self.tokens.next() else {
                tree.root.is_cut = true;
                break;
            };
            match token {
                Token::Text(text) => {
                    text_bytes += text.len();
                    if text_bytes <= MOST_TEXT_BYTES {
                        tree.push_text(&text);
                    }
                }
                Token::Close(name) => {
                    let is_it = |branch: &Branch<'_>| branch.written.eq_ignore_ascii_case(name);
                    if let Some(at) = tree.open.iter().rposition(is_it) {
                        tree.fold(at, &mut self.names);
                    } else if tag.name.eq_ignore_ascii_case(name) {
                        break;
                    } else if self.holders.iter().any(|holder| holder.written.eq_ignore_ascii_case(name)) {
                        // The end of what this stands in: its own was forgotten.
                        self.kept = Some(Token::Close(name));
                        break;
                    } else if let Some(at) = tree.open.iter().rposition(|open| is_near(open.written, name)) {
                        tree.fold(at, &mut self.names);
                    } else if is_near(tag.name, name) {
                        break;
                    }
                }
                Token::Open(inner) => {
                    if ends_at_next && inner.name.eq_ignore_ascii_case(tag.name) && tree.open.len() <= 1 {
                        self.kept = Some(Token::Open(inner));
                        break;
                    }
                    elements += 1;
                    if elements > MOST_ELEMENTS {
                        continue;
                    }
                    let mark = self.enter(&inner);
                    let (space, name) = self.names.resolve(inner.name);
                    let is_void = !tree.open.is_empty() && VOID.contains(&name.as_str());
                    let is_leaf = inner.is_empty || is_void || tree.open.len() >= MOST_DEPTH;
                    let element = Element::of(&inner, space, name);
                    tree.open.push(Branch { element, written: inner.name, mark });
                    if is_leaf {
                        tree.fold(tree.open.len() - 1, &mut self.names);
                    }
                }
            }
        }
        tree.fold(0, &mut self.names);
        self.names.leave(mark);
        tree.root
    }
}

/// A tree that grows.
struct Tree<'a> {
    root: Element,
    /// The elements that are open below the root, the innermost last.
    open: Vec<Branch<'a>>,
}

struct Branch<'a> {
    element: Element,
    written: &'a str,
    mark: usize,
}

impl Tree<'_> {
    fn innermost(&mut self) -> &mut Vec<Node> {
        match self.open.last_mut() {
            Some(branch) => &mut branch.element.children,
            None => &mut self.root.children,
        }
    }

    fn push_text(&mut self, text: &str) {
        let children = self.innermost();
        match children.last_mut() {
            Some(Node::Text(before)) => before.push_str(text),
            _ => children.push(Node::Text(text.to_owned())),
        }
    }

    /// Puts the open elements from `at` on into those that they stand in.
    fn fold(&mut self, at: usize, names: &mut Names) {
        while self.open.len() > at {
            let Some(branch) = self.open.pop() else { return };
            names.leave(branch.mark);
            self.innermost().push(Node::Element(branch.element));
        }
    }
}

/// Whether an end tag is that of an element but for a prefix that one of them
/// has.
fn is_near(written: &str, end: &str) -> bool {
    let (inner, inner_end) = (local(written), local(end));
    let has_none = inner.len() == written.len() || inner_end.len() == end.len();
    has_none && inner.eq_ignore_ascii_case(inner_end)
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn attribute<'t>(tag: &'t Tag<'_>, name: &str) -> Option<&'t str> {
    let found = tag.attributes.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_ref())
}
