//! `&…;`: character references, the names of HTML, and the plain entities
//! that a document type declares for itself. Nothing is fetched, and nothing
//! that a reference says is read for references again.

use std::borrow::Cow;
use std::collections::HashMap;

use web_atoms::NAMED_ENTITIES;

/// No name of HTML is longer (`CounterClockwiseContourIntegral`).
const LONGEST_NAME_BYTES: usize = 40;
/// Entities that a document may declare.
const MOST_DECLARED: usize = 200;
/// The longest text that an entity may stand for.
const LONGEST_DECLARED_BYTES: usize = 1_000;
/// What all uses of declared entities may come to in a document.
const MOST_EXPANDED_BYTES: usize = 100_000;

/// A text with its references resolved; those that nobody knows, and a bare
/// `&`, stay as they are.
pub(in crate::feeds) fn unescape(text: &str) -> Cow<'_, str> {
    replace(text, &mut standard)
}

/// The same of a line that was read already, for one that was escaped twice;
/// `&lt;` and `&gt;` stay, which are words on markup.
pub(super) fn unescape_again(text: &str) -> Cow<'_, str> {
    replace(text, &mut |name| standard(name).filter(|value| !matches!(value.as_ref(), "<" | ">")))
}

/// HTML in which `&amp;nbsp;` is `&nbsp;`, and so with all references.
pub(in crate::feeds) fn once_less(html: &str) -> Cow<'_, str> {
    let mut parts = html.split("&amp;");
    let first = parts.next().unwrap_or_default();
    if first.len() == html.len() {
        return Cow::Borrowed(html);
    }
    let mut out = String::with_capacity(html.len());
    out.push_str(first);
    for part in parts {
        let end = part.bytes().take(LONGEST_NAME_BYTES).position(|b| b == b';');
        let is_reference = end.is_some_and(|end| standard(&part[..end]).is_some());
        out.push_str(if is_reference { "&" } else { "&amp;" });
        out.push_str(part);
    }
    Cow::Owned(out)
}

/// HTML in which the two halves of a character are the character.
pub(in crate::feeds) fn join_surrogates(html: &str) -> Cow<'_, str> {
    replace(html, &mut |name| surrogate(name).map(|_| Cow::Borrowed("\u{fffd}")))
}

/// Entities that a document declares, and how much of them was used.
#[derive(Debug, Default)]
pub(super) struct Entities {
    declared: HashMap<String, String>,
    expanded_bytes: usize,
}

impl Entities {
    /// Takes the internal general entities of a document type (XML 1.0 §4.2.1)
    /// that are plain text; those of parameters and of other files are none.
    pub(super) fn declare(&mut self, doctype: &str) {
        for declaration in doctype.split("<!ENTITY").skip(1) {
            if self.declared.len() >= MOST_DECLARED {
                return;
            }
            let declaration = declaration.trim_start();
            let Some((name, rest)) = declaration.split_once(char::is_whitespace) else { continue };
            let rest = rest.trim_start();
            let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
            let Some((value, _)) = rest[1..].split_once(quote) else { continue };
            let is_plain = value.len() <= LONGEST_DECLARED_BYTES && !value.contains('<');
            if name != "%" && name.len() <= LONGEST_NAME_BYTES && is_plain {
                let value = unescape(value);
                self.declared.entry(name.to_owned()).or_insert_with(|| value.into_owned());
            }
        }
    }

    /// What `&name;` stands for; `None` when nobody knows.
    pub(super) fn resolve(&mut self, name: &str) -> Option<Cow<'static, str>> {
        if let Some(value) = self.declared.get(name) {
            self.expanded_bytes += value.len();
            let value = if self.expanded_bytes > MOST_EXPANDED_BYTES { String::new() } else { value.clone() };
            return Some(Cow::Owned(value));
        }
        standard(name)
    }

    /// A text with its references resolved; those that nobody knows, and a
    /// bare `&`, stay as they are.
    pub(super) fn unescape<'a>(&mut self, text: &'a str) -> Cow<'a, str> {
        replace(text, &mut |name| self.resolve(name))
    }
}

fn replace<'a>(text: &'a str, resolve: &mut dyn FnMut(&str) -> Option<Cow<'static, str>>) -> Cow<'a, str> {
    let Some(first) = text.find('&') else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(after) = rest.strip_prefix('&') {
        let reach = after.len().min(LONGEST_NAME_BYTES);
        let end = memchr::memchr(b';', &after.as_bytes()[..reach]);
        let found = end.and_then(|end| match joined(&after[..end], &after[end + 1..]) {
            Some((whole, length)) => Some((end + 1 + length, Cow::Owned(whole.to_string()))),
            None => Some((end + 1, resolve(&after[..end])?)),
        });
        match found {
            Some((length, value)) => {
                out.push_str(&value);
                rest = &after[length..];
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
        let next = rest.find('&').unwrap_or(rest.len());
        out.push_str(&rest[..next]);
        rest = &rest[next..];
    }
    Cow::Owned(out)
}

/// The character of which this reference is the first half and what is behind
/// it begins with the other, and how long that is. Some programs write each of
/// the two numbers that UTF-16 has for a character.
pub(super) fn joined(name: &str, behind: &str) -> Option<(char, usize)> {
    let high = surrogate(name).filter(|code| *code < 0xDC00)?;
    let other = behind.strip_prefix('&')?;
    let end = other.bytes().take(LONGEST_NAME_BYTES).position(|b| b == b';')?;
    let low = surrogate(&other[..end]).filter(|code| *code >= 0xDC00)?;
    let whole = char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00))?;
    Some((whole, end + 2))
}

/// The number of half a character.
fn surrogate(name: &str) -> Option<u32> {
    number(name).filter(|code| (0xD800..0xE000).contains(code))
}

/// The number of a numeric reference.
fn number(name: &str) -> Option<u32> {
    let number = name.strip_prefix('#')?;
    match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => number.parse().ok(),
    }
}

/// What a reference means without a declaration.
fn standard(name: &str) -> Option<Cow<'static, str>> {
    if name.starts_with('#') {
        return Some(Cow::Owned(character(number(name)?).to_string()));
    }
    if name == "apos" {
        return Some(Cow::Borrowed("'"));
    }
    if name.len() > LONGEST_NAME_BYTES || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let (first, second) = *NAMED_ENTITIES.get(&format!("{name};"))?;
    let characters = [first, second].into_iter().filter(|code| *code != 0).filter_map(char::from_u32);
    let value: String = characters.collect();
    (!value.is_empty()).then_some(Cow::Owned(value))
}

/// The character of a number, as browsers read it (HTML, "numeric character
/// reference end state"): 128 to 159 are those of windows-1252.
fn character(code: u32) -> char {
    match code {
        0 => char::REPLACEMENT_CHARACTER,
        0x80..=0x9F => {
            let byte = [u8::try_from(code).unwrap_or(b'?')];
            let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&byte);
            text.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        _ => char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_and_other_ampersands_stay() {
        let mut entities = Entities::default();
        for (text, expected) in [
            ("a &amp; b &lt;i&gt;", "a & b <i>"),
            ("&apos;&quot;&nbsp;&eacute;&hellip;", "'\"\u{a0}é…"),
            ("&#65;&#x41;&#X41;&#8217;&#146;", "AAA’’"),
            ("&#0;&#xD800;&#99999999;", "\u{fffd}\u{fffd}\u{fffd}"),
            (
                "R & D, AT&T, ?a=1&b=2;c &bogus; &; &#; &#x; &",
                "R & D, AT&T, ?a=1&b=2;c &bogus; &; &#; &#x; &",
            ),
            ("&amp;amp;", "&amp;"),
            ("&fjlig;", "fj"),
            ("&#xD83D;&#xDE00;&#55356;&#57166; &#xDE00;&#xD83D;&#65;", "😀🍎 \u{fffd}\u{fffd}A"),
            ("none", "none"),
        ] {
            assert_eq!(entities.unescape(text), expected, "{text}");
        }
    }

    #[test]
    fn what_was_escaped_once_too_often_is_read_once_more() {
        assert_eq!(
            once_less("R&amp;D &amp;nbsp;&amp;#8217;&amp;amp; &lt; &amp;"),
            "R&amp;D &nbsp;&#8217;&amp; &lt; &amp;"
        );
        assert_eq!(unescape_again("Q&amp;A &lt;b&gt; it&#8217;s &#60;"), "Q&A &lt;b&gt; it’s &#60;");
        assert_eq!(join_surrogates("<i>&#xd83d;&#xde00; &amp; &#55357;"), "<i>😀 &amp; \u{fffd}");
    }

    #[test]
    fn a_document_declares_plain_entities_only() {
        let mut entities = Entities::default();
        entities.declare(
            r#"r [<!ENTITY me "Ann &#38; Bob"><!ENTITY two '&me;&me;'> <!ENTITY x SYSTEM "file:///etc/passwd">
            <!ENTITY % p "q"> <!ENTITY eacute "E"> <!ENTITY markup "<b>"> <!ENTITY"#,
        );
        let text = entities.unescape("&me; &two; &x; &p; &eacute; &markup; &amp;");
        assert_eq!(text, "Ann & Bob &me;&me; &x; &p; E &markup; &");
    }

    #[test]
    fn declared_entities_cannot_swell_a_document() {
        let mut entities = Entities::default();
        entities.declare(&format!("r [<!ENTITY b \"{}\">]", "A".repeat(1_000)));
        let text = entities.unescape(&"&b;".repeat(20_000)).into_owned();
        assert_eq!(text.len(), MOST_EXPANDED_BYTES);
    }
}
