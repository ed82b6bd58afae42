//! Cheap repairs of documents that the reader refuses, tried only then.

/// The document as UTF-8 when it is UTF-16 (by its mark, or by the zeros in
/// `<?` or `{"`), and without anything before its first `<` or `{`.
pub(super) fn unwrapped(bytes: &[u8]) -> Option<Vec<u8>> {
    let wide = |unit: fn([u8; 2]) -> u16| -> Vec<u8> {
        let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair)).collect();
        without_encoding(&String::from_utf16_lossy(&units)).into_bytes()
    };
    let utf8 = match bytes {
        [0xFE, 0xFF, ..] | [0, b'<' | b'{', ..] => Some(wide(u16::from_be_bytes)),
        [0xFF, 0xFE, ..] | [b'<' | b'{', 0, ..] => Some(wide(u16::from_le_bytes)),
        _ => None,
    };
    let document = utf8.as_deref().unwrap_or(bytes);
    let start = document.iter().position(|b| matches!(b, b'<' | b'{'))?;
    if start == 0 && utf8.is_none() {
        return None;
    }
    Some(document[start..].to_vec())
}

/// The text with an XML declaration that names no encoding.
fn without_encoding(text: &str) -> String {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    match (text.starts_with("<?xml"), text.find("?>")) {
        (true, Some(end)) => text[end + 2..].to_owned(),
        _ => text.to_owned(),
    }
}

/// The document as UTF-8 when its bytes are not what it says: Latin-1 when it
/// says nothing, else with the bad bytes replaced.
pub(super) fn as_utf8(bytes: &[u8]) -> Option<Vec<u8>> {
    if std::str::from_utf8(bytes).is_ok() {
        return None;
    }
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).to_ascii_lowercase();
    if !head.contains("encoding=") {
        let text: String = bytes.iter().map(|b| char::from(*b)).collect();
        return Some(without_encoding(&text).into_bytes());
    }
    head.contains("utf-8").then(|| String::from_utf8_lossy(bytes).into_owned().into_bytes())
}

/// A JSON Feed with the fields that the reader insists on, and with its ids as
/// text.
pub(super) fn as_json_feed(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut feed: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let feed = feed.as_object_mut()?;
    feed.get("items")?.as_array()?;
    feed.insert("version".into(), "https://jsonfeed.org/version/1.1".into());
    if !feed.get("title").is_some_and(serde_json::Value::is_string) {
        feed.insert("title".into(), "".into());
    }
    for item in feed.get_mut("items")?.as_array_mut()? {
        let Some(item) = item.as_object_mut() else { continue };
        if let Some(number) = item.get("id").filter(|id| id.is_number()) {
            let id = number.to_string();
            item.insert("id".into(), id.into());
        }
        if let Some(serde_json::Value::Array(attachments)) = item.get_mut("attachments") {
            attachments.retain(|one| one["url"].is_string() && one["mime_type"].is_string());
        }
    }
    serde_json::to_vec(feed).ok()
}

/// Namespaces of the fathers, and those that the reader knows for them.
const OLD_NAMESPACES: &[(&str, &str)] = &[
    ("http://purl.org/atom/ns#", "http://www.w3.org/2005/Atom"),
    ("http://my.netscape.com/rdf/simple/0.9/", "http://purl.org/rss/1.0/"),
    ("http://channel.netscape.com/rdf/simple/0.9/", "http://purl.org/rss/1.0/"),
];

/// An Atom 0.3 or RSS 0.90 document in the words of their successors, without
/// which the reader finds no entries in them.
pub(super) fn as_present_day(bytes: &[u8]) -> Option<Vec<u8>> {
    let head = &bytes[..bytes.len().min(4_000)];
    let (old, new) =
        OLD_NAMESPACES.iter().find(|(old, _)| memchr::memmem::find(head, old.as_bytes()).is_some())?;
    let mut text = std::str::from_utf8(bytes).ok()?.replacen(old, new, 1);
    if new.ends_with("Atom") {
        for (old, new) in [("issued>", "published>"), ("modified>", "updated>"), ("tagline", "subtitle")] {
            text = text.replace(&format!("<{old}"), &format!("<{new}"));
            text = text.replace(&format!("</{old}"), &format!("</{new}"));
        }
        text = text.replace("type=\"application/xhtml+xml\"", "type=\"xhtml\"");
    }
    Some(text.into_bytes())
}

/// The document with an `<rss>` element that says version 2.0, which is how
/// every version is read.
pub(super) fn as_rss_2(bytes: &[u8]) -> Option<Vec<u8>> {
    let at = memchr::memmem::find(bytes, b"<rss")?;
    let after = at + b"<rss".len();
    if !matches!(bytes.get(after), Some(b'>' | b' ' | b'\t' | b'\r' | b'\n')) {
        return None;
    }
    let end = after + memchr::memchr(b'>', &bytes[after..])?;
    let mut attributes = String::from_utf8_lossy(&bytes[after..end]).into_owned();
    if let Some(start) = attributes.find("version") {
        let value = &attributes[start..];
        let quote = value.find(['"', '\''])?;
        let close = value[quote + 1..].find(&value[quote..=quote])? + quote + 2;
        attributes.replace_range(start..start + close, "");
    }
    let head = format!("<rss version=\"2.0\"{}{attributes}", if attributes.is_empty() { "" } else { " " });
    Some([&bytes[..at], head.as_bytes(), &bytes[end..]].concat())
}

/// The document without what XML does not allow: control characters go, a
/// stray `&` and the named entities of HTML are spelt out. Only outside of
/// CDATA and comments, where `&` is a plain character.
pub(super) fn well_formed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 16);
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if let Some(end) = verbatim(rest) {
            out.extend(rest[..end].iter().filter(|b| is_allowed(**b)));
            at += end;
        } else if rest[0] == b'&' {
            at += reference(rest, &mut out);
        } else {
            if is_allowed(rest[0]) {
                out.push(rest[0]);
            }
            at += 1;
        }
    }
    out
}

/// The length of the CDATA section or comment that starts here.
fn verbatim(rest: &[u8]) -> Option<usize> {
    let close: &[u8] = if rest.starts_with(b"<![CDATA[") {
        b"]]>"
    } else if rest.starts_with(b"<!--") {
        b"-->"
    } else {
        return None;
    };
    memchr::memmem::find(rest, close).map(|found| found + close.len())
}

/// Writes what a `&` at the start of `rest` means and answers how many bytes
/// that took.
fn reference(rest: &[u8], out: &mut Vec<u8>) -> usize {
    let name_end = rest.iter().take(34).position(|b| *b == b';');
    let name = name_end.map_or(&[][..], |end| &rest[1..end]);
    let is_xml = matches!(name, b"amp" | b"lt" | b"gt" | b"quot" | b"apos")
        || (name.first() == Some(&b'#') && name.len() > 1 && name[1..].iter().all(u8::is_ascii_alphanumeric));
    if is_xml {
        out.extend_from_slice(&rest[..name.len() + 2]);
        return name.len() + 2;
    }
    if !name.is_empty() && name.iter().all(u8::is_ascii_alphanumeric) {
        let entity = String::from_utf8_lossy(&rest[..name.len() + 2]);
        let decoded = super::text::plain(&format!("x{entity}x"));
        if decoded != format!("x{entity}x") {
            for c in decoded[1..decoded.len() - 1].chars() {
                out.extend_from_slice(format!("&#{};", u32::from(c)).as_bytes());
            }
            return name.len() + 2;
        }
    }
    out.extend_from_slice(b"&amp;");
    1
}

const fn is_allowed(byte: u8) -> bool {
    byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r')
}

/// The document without empty titles, summaries and bodies, each of which
/// makes the reader refuse the whole of an Atom feed.
pub(super) fn without_empty_texts(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'<', &bytes[at..]) {
        out.extend_from_slice(&bytes[at..at + found]);
        at += found;
        let rest = &bytes[at..];
        if let Some(end) = verbatim(rest) {
            out.extend_from_slice(&rest[..end]);
            at += end;
        } else if let Some(end) = empty_text(rest) {
            at += end;
        } else {
            out.push(b'<');
            at += 1;
        }
    }
    out.extend_from_slice(&bytes[at..]);
    out
}

/// The length of the empty text element that starts here.
fn empty_text(rest: &[u8]) -> Option<usize> {
    let name: &[u8] = [&b"title"[..], b"subtitle", b"summary", b"content", b"rights", b"tagline", b"info"]
        .into_iter()
        .find(|name| {
            rest[1..].starts_with(name)
                && matches!(rest.get(1 + name.len()), Some(b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n'))
        })?;
    let end = memchr::memchr(b'>', &rest[..rest.len().min(2000)])?;
    let attributes = &rest[1 + name.len()..end];
    // An empty body with an address of its own is no empty body.
    if memchr::memmem::find(attributes, b"src").is_some() {
        return None;
    }
    if attributes.ends_with(b"/") {
        return Some(end + 1);
    }
    let inside = &rest[end + 1..];
    let blanks = inside.iter().take_while(|b| b.is_ascii_whitespace()).count();
    let close = [b"</", name, b">"].concat();
    inside[blanks..].starts_with(&close).then_some(end + 1 + blanks + close.len())
}

/// The document with a content type that the reader does not know called HTML.
pub(super) fn with_known_type(bytes: &[u8], odd: &str) -> Option<Vec<u8>> {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    let before = text.len();
    for quote in ['"', '\''] {
        text = text.replace(&format!("type={quote}{odd}{quote}"), &format!("type={quote}html{quote}"));
    }
    (text.len() != before && odd != "html").then(|| text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn stray_ampersands_and_names_of_html_are_spelt_out() {
        let mended = well_formed(b"a & b &nbsp;&amp; &bogus; &#8217;\x01<![CDATA[x & y]]><!-- & -->&");
        assert_eq!(text(mended), "a &amp; b &#32;&amp; &amp;bogus; &#8217;<![CDATA[x & y]]><!-- & -->&amp;");
    }

    #[test]
    fn atom_0_3_is_put_into_the_words_of_atom_1_0() {
        let old = "<feed xmlns=\"http://purl.org/atom/ns#\"><tagline>x</tagline><issued>1</issued></feed>";
        let new = "<feed xmlns=\"http://www.w3.org/2005/Atom\"><subtitle>x</subtitle><published>1</published></feed>";
        assert_eq!(text(as_present_day(old.as_bytes()).unwrap()), new);
        assert_eq!(as_present_day(new.as_bytes()), None);
    }

    #[test]
    fn every_rss_is_read_as_2_0() {
        for (from, to) in [
            ("<rss><channel>", "<rss version=\"2.0\"><channel>"),
            (
                "<?xml?><rss version='0.93' xmlns:a=\"b\"><c>",
                "<?xml?><rss version=\"2.0\"   xmlns:a=\"b\"><c>",
            ),
        ] {
            assert_eq!(text(as_rss_2(from.as_bytes()).unwrap()), to);
        }
        assert_eq!(as_rss_2(b"<feed>"), None);
    }

    #[test]
    fn empty_texts_go_and_others_stay() {
        let mended = without_empty_texts(
            b"<title/><title type=\"html\"> </title><title>x</title><content src=\"a\"/><summary></summary><titles/>",
        );
        assert_eq!(text(mended), "<title>x</title><content src=\"a\"/><titles/>");
    }
}
