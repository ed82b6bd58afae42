//! Small turns between HTML and plain text, for titles and attributes.

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

/// HTML as one line of plain text: known tags dropped, entities decoded,
/// white space and control characters made single spaces.
pub(super) fn plain(html: &str) -> String {
    if !html.contains(['<', '&']) {
        return one_line(html);
    }
    let mut safe = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        safe.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        safe.push_str(if opens_dress(rest) { "<" } else { "&lt;" });
    }
    safe.push_str(rest);
    let bare = ammonia::Builder::empty().clean(&safe).to_string();
    one_line(&bare.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}

/// Whether what follows a `<` is a tag that [`plain`] drops, or a comment.
fn opens_dress(after: &str) -> bool {
    if after.starts_with("!--") {
        return true;
    }
    let name = after.strip_prefix('/').unwrap_or(after);
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    let closes = name[end..].starts_with(|c: char| c == '>' || c == '/' || c.is_whitespace());
    closes && name.contains('>') && DRESS.contains(&name[..end].to_ascii_lowercase().as_str())
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

/// White space and control characters made single spaces.
pub(crate) fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
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
