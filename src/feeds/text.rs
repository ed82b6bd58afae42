//! Small turns between HTML and plain text, for titles and attributes.

use super::reader;

/// Elements that a title may be dressed in. What only looks like a tag, as in
/// `Vec<T>`, is text and stays.
const DRESS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "body",
    "br",
    "center",
    "cite",
    "code",
    "del",
    "dfn",
    "div",
    "em",
    "figure",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "hr",
    "html",
    "i",
    "iframe",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "nobr",
    "ol",
    "p",
    "picture",
    "pre",
    "q",
    "s",
    "samp",
    "script",
    "section",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "sup",
    "svg",
    "table",
    "td",
    "time",
    "title",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "video",
    "wbr",
];

/// Elements whose text nobody sees.
const UNSEEN: &[&str] = &["script", "style"];

/// HTML as one line of plain text: known tags dropped, entities decoded,
/// white space and control characters made single spaces.
pub(super) fn plain(html: &str) -> String {
    one_line(&bare(html))
}

/// The same with the control characters that a document carries by mistake:
/// what it says, not yet what is shown.
pub(super) fn bare(html: &str) -> String {
    if !html.contains(['<', '&']) {
        return spaced(html);
    }
    let mut bare = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        bare.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, behind)| behind);
        } else if let Some((name, behind)) = dress(rest) {
            let is_unseen = UNSEEN.contains(&name.to_ascii_lowercase().as_str());
            rest = if is_unseen { behind_end(name, behind) } else { behind };
        } else {
            bare.push('<');
        }
    }
    bare.push_str(rest);
    spaced(&reader::unescape(&bare))
}

/// The name of the tag of which this follows its `<`, and what is behind it,
/// when it is a tag that [`plain`] drops.
fn dress(after: &str) -> Option<(&str, &str)> {
    let inside = after.strip_prefix('/').unwrap_or(after);
    let end = inside.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inside.len());
    let (name, attributes) = inside.split_at(end);
    let closes = attributes.starts_with(|c: char| c == '>' || c == '/' || c.is_whitespace());
    if !closes || !DRESS.contains(&name.to_ascii_lowercase().as_str()) {
        return None;
    }
    // No tag reaches over the next `<`, so that each character is looked at
    // once, whatever the quotation marks.
    let reach = attributes.find('<').unwrap_or(attributes.len());
    let mut quote = None;
    let outside = attributes[..reach].bytes().position(|b| match (quote, b) {
        (None, b'"' | b'\'') => {
            quote = Some(b);
            false
        }
        (Some(open), b) if open == b => {
            quote = None;
            false
        }
        (None, b'>') => true,
        _ => false,
    });
    let end = outside.or_else(|| attributes[..reach].find('>'))?;
    Some((name, &attributes[end + 1..]))
}

/// What is behind the end tag of this name; nothing, when there is none.
fn behind_end<'a>(name: &str, text: &'a str) -> &'a str {
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once("</") {
        let is_it = behind.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
        if is_it {
            return behind.split_once('>').map_or("", |(_, behind)| behind);
        }
        rest = behind;
    }
    ""
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
    text.contains("</") || text.contains("/>") || text.contains("<br") || text.contains("<p>")
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
            ("a <em class=\"x\">b</em><br/>c", "a bc"),
            ("{{7*7}}", "{{7*7}}"),
            ("evil\r\nBcc: x", "evil Bcc: x"),
            ("<script>alert(1)</script>x", "x"),
            ("<SCRIPT>if (a </ b) {}</Script >x<style>", "x"),
            ("a<!-- b -->c <img alt='1 > 0' src=x> d", "ac d"),
            ("<b unclosed <i>x</i", "<b unclosed x</i"),
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
