//! Walks over HTML that the sanitiser wrote, tag by tag.
//!
//! Only for that: every tag is closed, every attribute is quoted with `"`,
//! and no entity is there but the few that its writer uses. HTML from outside
//! is never read like this.

/// One step of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step<'h> {
    /// Text, entities as they are.
    Text(&'h str),
    /// A start tag, or one that has no end.
    Open {
        /// Its name.
        name: &'h str,
        /// The tag as it is written.
        tag: &'h str,
    },
    /// An end tag.
    Close(&'h str),
}

/// The steps of a fragment, each with the byte it starts at.
pub(super) fn steps(html: &str) -> impl Iterator<Item = (usize, Step<'_>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = html.get(at..).filter(|rest| !rest.is_empty())?;
        let start = at;
        let length = if rest.starts_with('<') { tag_end(rest) } else { rest.find('<').unwrap_or(rest.len()) };
        at += length;
        let piece = &rest[..length];
        let Some(tag) = piece.strip_prefix('<') else {
            return Some((start, Step::Text(piece)));
        };
        if let Some(name) = tag.strip_prefix('/') {
            return Some((start, Step::Close(name.trim_end_matches('>'))));
        }
        let name = tag.split([' ', '>', '/']).next().unwrap_or_default();
        Some((start, Step::Open { name, tag: piece }))
    })
}

/// Where the tag that `html` starts with ends, behind its `>`.
pub(super) fn tag_end(html: &str) -> usize {
    let mut quoted = false;
    for (at, byte) in html.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return at + 1,
            _ => {}
        }
    }
    html.len()
}

/// An attribute of a tag, entities as they are.
pub(super) fn attribute<'h>(tag: &'h str, name: &str) -> Option<&'h str> {
    let behind = tag.split_once(&format!(" {name}=\""))?.1;
    Some(behind.split_once('"')?.0)
}

/// Whether an element has no end tag.
pub(super) fn is_void(name: &str) -> bool {
    matches!(name, "br" | "hr" | "img" | "col" | "wbr")
}

/// Whether an element stands on lines of its own.
pub(super) fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "ul"
            | "ol"
            | "li"
            | "dl"
            | "dt"
            | "dd"
            | "blockquote"
            | "pre"
            | "table"
            | "caption"
            | "thead"
            | "tbody"
            | "tfoot"
            | "tr"
            | "td"
            | "th"
            | "figure"
            | "figcaption"
            | "hr"
            | "div"
            | "section"
            | "article"
            | "aside"
            | "header"
            | "footer"
            | "main"
            | "address"
            | "details"
            | "summary"
            | "center"
            | "hgroup"
    )
}

/// The words of a fragment, white space folded.
pub(super) fn plain(html: &str) -> String {
    let mut raw = String::with_capacity(html.len());
    for (_, step) in steps(html) {
        match step {
            Step::Text(text) => raw.push_str(&unescape(text)),
            Step::Open { name, .. } | Step::Close(name) if is_block(name) || name == "br" => raw.push(' '),
            Step::Open { .. } | Step::Close(_) => {}
        }
    }
    raw.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The entities that the sanitiser writes, read back.
pub(super) fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&nbsp;", "\u{a0}")
        .replace("&amp;", "&")
}

/// Text as it stands in HTML, between tags and in quotes.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\u{a0}', "&nbsp;")
}
