//! One element of a document with all that is in it: a small tree, as large
//! as an item of a feed and no larger.

use std::borrow::Cow;

use super::links::Base;
use super::names::Space;
use super::tokens::Tag;

/// An element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    /// The vocabulary of its name.
    pub(super) space: Space,
    /// Its name without a prefix, in lower case.
    pub(super) name: String,
    /// Attributes: names in lower case, with their prefixes.
    pub(super) attributes: Vec<(String, String)>,
    /// What is in it, in order.
    pub(super) children: Vec<Node>,
    /// Whether the document ended before the element did.
    pub(super) is_cut: bool,
}

/// What is in an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// Characters.
    Text(String),
    /// Another element.
    Element(Element),
}

/// Elements of HTML that have no end (HTML, "void elements"), but for those
/// whose names feeds use.
pub(super) const VOID: &[&str] = &["area", "br", "col", "embed", "hr", "img", "input", "wbr"];

/// Attributes of HTML that are addresses.
const ADDRESSES: &[&str] = &["background", "cite", "data", "href", "poster", "src"];

/// How the text of an element is written into markup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Texts {
    /// It is markup itself: RSS, where HTML is meant as it stands.
    AreMarkup,
    /// It is text, and `<` a character: XHTML.
    AreText,
}

impl Element {
    /// Of a tag; still empty.
    pub(super) fn of(tag: &Tag<'_>, space: Space, name: String) -> Self {
        let attributes = tag.attributes.iter();
        let attributes =
            attributes.map(|(name, value)| (name.to_ascii_lowercase(), value.to_string())).collect();
        Self { space, name, attributes, children: Vec::new(), is_cut: false }
    }

    /// Whether it has this name in RSS or Atom.
    pub(super) fn is(&self, name: &str) -> bool {
        matches!(self.space, Space::Core | Space::Atom) && self.name == name
    }

    /// Whether it has this name in that vocabulary.
    pub(super) fn is_in(&self, space: Space, name: &str) -> bool {
        self.space == space && self.name == name
    }

    /// An attribute, without white space around it.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// The elements in it.
    pub(super) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The first element in it with this name in RSS or Atom.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.elements().find(|element| element.is(name))
    }

    /// Whether there is no text beside its elements.
    pub(super) fn has_only_elements(&self) -> bool {
        self.children.iter().all(|node| match node {
            Node::Text(text) => text.trim().is_empty(),
            Node::Element(_) => true,
        })
    }

    /// All text in it, as it stands.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        self.collect_text(&mut out);
        out
    }

    /// All text in it, trimmed; `None` when that is nothing.
    pub(super) fn said(&self) -> Option<String> {
        let text = self.text();
        let trimmed = text.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    fn collect_text(&self, out: &mut String) {
        for node in &self.children {
            match node {
                Node::Text(text) => out.push_str(text),
                Node::Element(element) => element.collect_text(out),
            }
        }
    }

    /// The same, with the addresses absolute that an `xml:base` within is for:
    /// no HTML has that. Those outside of one stay relative to `base`.
    pub(super) fn settled(&self, base: &Base) -> Cow<'_, Self> {
        if !self.elements().any(Self::has_base) {
            return Cow::Borrowed(self);
        }
        let mut settled = self.clone();
        settled.settle(base, false);
        Cow::Owned(settled)
    }

    fn has_base(&self) -> bool {
        self.attribute("xml:base").is_some() || self.elements().any(Self::has_base)
    }

    fn settle(&mut self, base: &Base, is_below: bool) {
        for node in &mut self.children {
            let Node::Element(element) = node else { continue };
            let base = base.inside(element);
            let is_below = is_below || element.attribute("xml:base").is_some();
            let addresses =
                element.attributes.iter_mut().filter(|(name, _)| ADDRESSES.contains(&name.as_str()));
            for (_, value) in addresses.filter(|_| is_below) {
                *value = base.absolute(value).unwrap_or_else(|| std::mem::take(value));
            }
            element.settle(&base, is_below);
        }
    }

    /// What is in it, as markup.
    pub(super) fn inner_markup(&self, texts: Texts) -> String {
        let mut out = String::new();
        self.write_inner(texts, &mut out);
        out
    }

    fn write_inner(&self, texts: Texts, out: &mut String) {
        for node in &self.children {
            match node {
                Node::Text(text) if texts == Texts::AreMarkup => out.push_str(text),
                Node::Text(text) => escape(text, out),
                Node::Element(element) => element.write_markup(texts, out),
            }
        }
    }

    fn write_markup(&self, texts: Texts, out: &mut String) {
        out.push('<');
        out.push_str(&self.name);
        for (name, value) in self.attributes.iter().filter(|(name, _)| !name.starts_with("xml")) {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            escape(value, out);
            out.push('"');
        }
        out.push('>');
        if VOID.contains(&self.name.as_str()) && self.children.is_empty() {
            return;
        }
        self.write_inner(texts, out);
        out.push_str("</");
        out.push_str(&self.name);
        out.push('>');
    }
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}
