//! Small turns between HTML and plain text, for titles and attributes.

use super::{reader, tags};

/// HTML as one line of plain text: known tags dropped, entities decoded,
/// white space and control characters made single spaces.
pub(crate) fn plain(html: &str) -> String {
    one_line(&bare(html))
}

/// The same with the control characters that a document carries by mistake:
/// what it says, not yet what is shown.
pub(super) fn bare(html: &str) -> String {
    if !html.contains(['<', '&']) {
        return spaced(html);
    }
    spaced(&reader::unescape(&tags::undressed(html)))
}

/// Plain text as HTML: escaped, blank lines part paragraphs, line ends kept.
pub(super) fn as_html(text: &str) -> String {
    let escaped = text.trim().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    if escaped.is_empty() {
        return escaped;
    }
    let paragraphs = escaped.replace("\r\n", "\n").replace("\n\n", "</p>\n<p>");
    format!("<p>{}</p>", paragraphs.replace('\n', "<br>\n").replace("</p><br>\n", "</p>\n"))
}

/// Whether text that calls itself plain is HTML all the same.
pub(super) fn looks_like_html(text: &str) -> bool {
    ["</", "/>", "<br", "<p>", "<img "].iter().any(|sign| text.contains(sign))
}

/// HTML as it was meant: what was escaped once too often is read once more.
/// What shows code may mean its references as they stand.
pub(super) fn mended(html: &str) -> String {
    let html = html.trim();
    if !html.contains('&') {
        return html.to_owned();
    }
    let read = if tags::has_tag(html) { None } else { Some(reader::unescape(html)) };
    let whole = read.filter(|read| tags::is_markup(read));
    let html = whole.as_deref().unwrap_or(html);
    let shows_code = ["<code", "<pre", "<kbd", "<samp", "<tt"].iter().any(|tag| html.contains(tag));
    let html = if shows_code { html.into() } else { reader::once_less(html) };
    reader::join_surrogates(&html).into_owned()
}

/// White space made single spaces.
pub(super) fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// White space and control characters made single spaces.
pub(crate) fn one_line(text: &str) -> String {
    spaced(&text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>())
}

/// The beginning of a text, at most `chars` characters, with a `…` where cut.
pub(crate) fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_loses_its_dress_and_keeps_its_words() {
        for (html, text) in [
            ("Plain", "Plain"),
            (" two\n lines\t", "two lines"),
            ("AT&amp;T &#8217; &nbsp; x", "AT&T ’ x"),
            ("R&D", "R&D"),
            ("<b>bold</b> &lt;b&gt;", "bold <b>"),
            ("Vec<T> and 1 < 2", "Vec<T> and 1 < 2"),
            ("a <em class=\"x\">b</em><br/>c", "a b c"),
            ("{{7*7}}", "{{7*7}}"),
            ("evil\r\nBcc: x", "evil Bcc: x"),
            ("<script>alert(1)</script>x", "x"),
            ("a<!-- b -->c <img alt='1 > 0' src=x> d", "ac d"),
            ("A guide to &lt;head&gt;, <b>and</b> <body>", "A guide to <head>, and <body>"),
            ("&lt;script&gt; &amp;lt; &#x1f375;", "<script> &lt; \u{1f375}"),
        ] {
            assert_eq!(plain(html), text, "{html}");
        }
    }

    #[test]
    fn plain_text_becomes_paragraphs() {
        assert_eq!(as_html("a < b\nc\n\nd"), "<p>a &lt; b<br>\nc</p>\n<p>d</p>");
        assert_eq!(as_html("  "), "");
    }
}
