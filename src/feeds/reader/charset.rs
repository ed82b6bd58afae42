//! From bytes to text: which charset a document is in, found the way browsers
//! find it, and its decoding. Pure; works on the bytes at hand only.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// An XML declaration stands within this many bytes.
const DECLARED_WITHIN_BYTES: usize = 1_000;
/// The guess of a charset that nobody names looks at this much.
const GUESSED_FROM_BYTES: usize = 64 * 1024;

/// The document as text, without its mark. What no charset can read becomes
/// U+FFFD.
///
/// The order is that of the XML media types (RFC 7303 §3): a mark, the
/// `charset` of the content type, the XML declaration. A name that the bytes
/// contradict is not believed; where nothing is left, it is UTF-8 if it can
/// be, else what the bytes look like.
pub(in crate::feeds) fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some(text) = utf_32(bytes) {
        return Cow::Owned(text);
    }
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[length..]).0;
    }
    if let Some(encoding) = wide_without_mark(bytes) {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    if let Some(text) = of_surrogates(bytes) {
        return Cow::Owned(text);
    }
    let valid = std::str::from_utf8(bytes);
    let named = content_type.and_then(charset_of).into_iter().chain(declared(bytes));
    for encoding in named {
        if encoding == UTF_8 {
            match valid {
                Ok(text) => return Cow::Borrowed(text),
                Err(_) if is_mostly_utf_8(bytes) => return String::from_utf8_lossy(bytes),
                Err(_) => continue,
            }
        }
        // UTF-8 that calls itself Latin-1 or ASCII is a common slip, and
        // Latin-1 that happens to be valid UTF-8 is none.
        if let (true, Ok(text)) = (encoding == WINDOWS_1252, valid) {
            return Cow::Borrowed(text);
        }
        let (text, has_faults) = encoding.decode_without_bom_handling(bytes);
        if !has_faults || valid.is_err() {
            return text;
        }
    }
    match valid {
        Ok(text) => Cow::Borrowed(text),
        Err(_) if is_mostly_utf_8(bytes) => String::from_utf8_lossy(bytes),
        Err(_) => guessed(bytes).decode_without_bom_handling(bytes).0,
    }
}

/// The `charset` parameter of a content type (RFC 9110 §8.3).
fn charset_of(content_type: &str) -> Option<&'static Encoding> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| ascii_compatible(value.trim().trim_matches(['"', '\''])))?
    })
}

/// The encoding that the XML declaration names (XML 1.0 §4.3.3).
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(DECLARED_WITHIN_BYTES)];
    let start = memchr::memmem::find(head, b"<?xml")?;
    let declaration = &head[start..];
    let end = memchr::memchr(b'>', declaration)?;
    let declaration = std::str::from_utf8(&declaration[..end]).ok()?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    ascii_compatible(value[1..].split(quote).next()?.trim())
}

/// A name that was read as ASCII is not that of UTF-16.
fn ascii_compatible(label: &str) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label_no_replacement(label.as_bytes())?;
    Some(if encoding == UTF_16BE || encoding == UTF_16LE { UTF_8 } else { encoding })
}

/// UTF-16 is known by the zeros in its first characters (XML 1.0 appendix F).
fn wide_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [0, b'<' | b'{' | b' ' | b'\n' | b'\r', ..] => Some(UTF_16BE),
        [b'<' | b'{' | b' ' | b'\n' | b'\r', 0, ..] => Some(UTF_16LE),
        _ => None,
    }
}

/// UTF-32, by its mark or by its zeros; browsers have dropped it, old feeds
/// have not.
fn utf_32(bytes: &[u8]) -> Option<String> {
    let unit: fn([u8; 4]) -> u32 = match bytes {
        [0, 0, 0xFE, 0xFF, ..] | [0, 0, 0, b'<' | b'{', ..] => u32::from_be_bytes,
        [0xFF, 0xFE, 0, 0, ..] | [b'<' | b'{', 0, 0, 0, ..] => u32::from_le_bytes,
        _ => return None,
    };
    let units = bytes.as_chunks::<4>().0.iter().map(|four| unit(*four));
    let text = units.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
    Some(text.skip_while(|c| *c == '\u{feff}').collect())
}

/// UTF-8 but for characters that are written as two surrogates of three bytes
/// each (CESU-8), as Java and old databases do.
fn of_surrogates(bytes: &[u8]) -> Option<String> {
    let is_pair = |six: &[u8]| matches!(six, [0xED, 0xA0..=0xAF, _, 0xED, 0xB0..=0xBF, _]);
    let begins_pair = |at: usize| bytes.get(at..at + 6).is_some_and(is_pair);
    memchr::memchr_iter(0xED, bytes).find(|at| begins_pair(*at))?;
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(0xED, rest) {
        plain.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let length = match rest.get(..6).filter(|six| is_pair(six)) {
            Some(six) => {
                let unit =
                    |three: &[u8]| 0xD000 | (u16::from(three[1] & 0x3F) << 6) | u16::from(three[2] & 0x3F);
                let units = [unit(&six[..3]), unit(&six[3..])];
                let character = char::decode_utf16(units).next()?.ok()?;
                plain.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                6
            }
            None => {
                plain.push(0xED);
                1
            }
        };
        rest = &rest[length..];
    }
    plain.extend_from_slice(rest);
    // Other charsets have such bytes, too, and are no UTF-8.
    String::from_utf8(plain).ok()
}

/// Whether there are more characters of several bytes that are UTF-8 than
/// bytes that are not.
fn is_mostly_utf_8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += chunk.invalid().len();
    }
    good > bad
}

/// What bytes look like of which nobody says what they are.
fn guessed(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    // What is ASCII says nothing, and may be long.
    let start = bytes.iter().position(|b| !b.is_ascii()).unwrap_or(0);
    let end = bytes.len().min(start + GUESSED_FROM_BYTES);
    detector.feed(&bytes[start..end], true);
    detector.guess(None, Utf8Detection::Deny)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn a_charset_is_found_where_browsers_find_it() {
        let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>caf\xe9 \x93</a>";
        let cases: &[(&[u8], Option<&str>, &str)] = &[
            (b"<a>\xc3\xa9</a>", None, "é"),
            (b"\xef\xbb\xbf<a>\xc3\xa9</a>", Some("text/xml; charset=big5"), "é"),
            (latin, None, "café \u{201c}"),
            (latin, Some("text/xml"), "café \u{201c}"),
            (b"<a>caf\xe9</a>", Some("text/xml; Charset=\"iso-8859-1\""), "café"),
            // The header comes first ...
            (b"<?xml version='1.0' encoding='iso-8859-2'?><a>\xe6</a>", Some("a/b;charset=koi8-r"), "Ф"),
            // ... but not against the bytes.
            (latin, Some("text/xml; charset=utf-8"), "café"),
            (b"<?xml version='1.0' encoding='us-ascii'?><a>caf\xc3\xa9</a>", None, "café"),
            (b"<?xml version='1.0' encoding='utf-16'?><a>caf\xc3\xa9</a>", None, "café"),
            (b"<?xml version='1.0' encoding='no-such'?><a>caf\xc3\xa9</a>", None, "café"),
            (b"<?xml version='1.0' encoding='utf-8'?><a>\xc3\xa9\xc3\xa9 \xff</a>", None, "éé \u{fffd}"),
            (b"<a>\xc3\xa9 \xed\xa0\xbd\xed\xb8\x80 \xed\x95\x9c</a>", None, "é \u{1f600} 한"),
            (b"<a>d\xe9j\xe0 vu, na\xefve, \xe9t\xe9</a>", None, "déjà vu, naïve, été"),
            (b"<a>\xa5\xb7\xa5\xe7\xa1\xbc\xa5\xc8\xa5\xab\xa5\xc3\xa5\xc8</a>", None, "ショートカット"),
        ];
        for (bytes, content_type, word) in cases {
            let text = decode(bytes, *content_type);
            assert!(text.contains(word), "{word}: {text} {content_type:?}");
        }
    }

    #[test]
    fn wide_characters_are_read_with_a_mark_and_without() {
        let text = "<a>\u{1f375} tea</a>";
        let utf_32 = |unit: fn(u32) -> [u8; 4]| text.chars().flat_map(|c| unit(u32::from(c))).collect();
        let marked = format!("\u{feff}{text}");
        let cases: [Vec<u8>; 6] = [
            wide(text, u16::to_be_bytes),
            wide(text, u16::to_le_bytes),
            wide(&marked, u16::to_be_bytes),
            wide(&marked, u16::to_le_bytes),
            utf_32(u32::to_be_bytes),
            utf_32(u32::to_le_bytes),
        ];
        for bytes in cases {
            assert_eq!(decode(&bytes, None), text, "{:?}", &bytes[..4]);
        }
    }
}
