//! Text constructs: titles, summaries and bodies, and what they say they are
//! (RFC 4287 §3.1 and §4.1.3, Atom 0.3 §3.1). RSS does not say it, and its
//! texts are HTML.

use super::super::{tags, text};
use super::element::{Element, Texts};
use super::links::{bare_type, is_markup};
use super::names::Space;
use super::references::{unescape, unescape_again};
use super::without_nul;

/// Titles and names are cut here; nobody reads further in a subject line.
pub(super) const LONGEST_TITLE_CHARS: usize = 1_000;

/// A text, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Construct {
    /// Plain text.
    Text(String),
    /// HTML or XHTML.
    Html(String),
}

impl Construct {
    /// Of an element of RSS: HTML, escaped or as it stands, or XHTML.
    pub(super) fn of_rss(element: &Element) -> Self {
        let is_xhtml =
            element.space == Space::Xhtml || element.elements().any(|inner| inner.space == Space::Xhtml);
        Self::Html(element.inner_markup(if is_xhtml { Texts::AreText } else { Texts::AreMarkup }))
    }

    /// Of an element that RSS and Atom have both: as in Atom, where it says
    /// what it is.
    pub(super) fn of_either(element: &Element) -> Self {
        if element.attribute("type").is_some() { Self::of_atom(element) } else { Self::of_rss(element) }
    }

    /// Of an element that says what it is, as those of Atom and Media RSS do;
    /// where it does not, it is plain text.
    pub(super) fn of_atom(element: &Element) -> Self {
        let kind = element.attribute("type").map(bare_type).unwrap_or_default();
        let mode = element.attribute("mode").unwrap_or_default().to_ascii_lowercase();
        if mode == "base64" || is_packed(&kind, element) {
            return match unpacked(&element.text()) {
                Some(text) if is_markup(&kind) => Self::Html(text),
                Some(text) => Self::Text(text),
                None => Self::Text(String::new()),
            };
        }
        let has_markup = element.elements().next().is_some();
        match kind.as_str() {
            "xhtml" | "application/xhtml+xml" if mode != "escaped" => Self::Html(without_div(element)),
            // Markup as it stands, although it should be escaped, or is said to be text.
            _ if has_markup => Self::Html(without_div(element)),
            kind if is_markup(kind) => Self::Html(element.text()),
            _ => Self::Text(element.text()),
        }
    }

    /// As HTML.
    pub(super) fn html(&self) -> String {
        match self {
            Self::Html(html) => text::mended(html),
            Self::Text(text) if text::looks_like_html(text) => text::mended(text),
            // Text has no references; these were escaped twice.
            Self::Text(text) => match unescape(text) {
                read if tags::is_markup(&read) => text::mended(&read),
                read => text::as_html(&read),
            },
        }
    }

    /// As one line of plain text, cut where nobody reads on.
    pub(super) fn line(&self) -> String {
        // Cut first: nobody's title is megabytes long, and a hostile one costs.
        let line = match self {
            Self::Html(html) => text::bare(&text::cut(html, 10 * LONGEST_TITLE_CHARS)),
            Self::Text(text) => text::spaced(&text::cut(text, 10 * LONGEST_TITLE_CHARS)),
        };
        let line = if line.contains(';') { text::spaced(&unescape_again(&line)) } else { line };
        text::cut(&line, LONGEST_TITLE_CHARS)
    }

    /// Whether it says nothing.
    pub(super) fn is_blank(&self) -> bool {
        let (Self::Text(text) | Self::Html(text)) = self;
        text.trim().is_empty()
    }
}

/// XHTML without the `div` around it, which is no part of it (RFC 4287
/// §3.1.1.3).
fn without_div(element: &Element) -> String {
    let mut elements = element.elements();
    let is_div = |inner: &Element| {
        matches!(inner.space, Space::Xhtml | Space::Atom | Space::Core) && inner.name == "div"
    };
    match (elements.next(), elements.next()) {
        (Some(div), None) if is_div(div) && element.has_only_elements() => div.inner_markup(Texts::AreText),
        _ => element.inner_markup(Texts::AreText),
    }
}

/// Whether the content is Base64: a media type that is neither text nor XML
/// (RFC 4287 §4.1.3.3, rule 6).
fn is_packed(kind: &str, element: &Element) -> bool {
    element.name == "content"
        && element.space == Space::Atom
        && kind.contains('/')
        && !kind.starts_with("text/")
        && !is_markup(kind)
        && element.elements().next().is_none()
}

fn unpacked(text: &str) -> Option<String> {
    let packed: String = text.split_whitespace().collect();
    let bytes = data_encoding::BASE64.decode(packed.as_bytes()).ok()?;
    Some(without_nul(String::from_utf8(bytes).ok()?.into()).into_owned())
}
