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
        let end = after.bytes().take(LONGEST_NAME_BYTES).position(|b| b == b';');
        match end.and_then(|end| Some((end, resolve(&after[..end])?))) {
            Some((end, value)) => {
                out.push_str(&value);
                rest = &after[end + 1..];
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

/// What a reference means without a declaration.
fn standard(name: &str) -> Option<Cow<'static, str>> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return Some(Cow::Owned(character(code).to_string()));
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
            ("none", "none"),
        ] {
            assert_eq!(entities.unescape(text), expected, "{text}");
        }
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
