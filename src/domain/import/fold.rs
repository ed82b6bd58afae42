//! How words of a file are compared: without case, accents, width, white
//! space and signs, so that `E-Mail`, `ÉMAIL` and `ｅｍａｉｌ` are one.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longest text that can be a word; a longer one is prose.
pub const WORD_MOST_BYTES: usize = 120;

/// Letters and digits alone, lower case, without accents. Of a text without
/// any the signs, as `○` and `×` are two words.
pub fn fold(text: &str) -> String {
    let letters = letters_of(text);
    if !letters.is_empty() {
        return letters;
    }
    tidy(text).nfkd().filter(|c| !c.is_whitespace() && !c.is_control() && !is_combining_mark(*c)).collect()
}

fn letters_of(text: &str) -> String {
    if text.is_ascii() {
        return text
            .bytes()
            .filter(u8::is_ascii_alphanumeric)
            .map(|b| char::from(b.to_ascii_lowercase()))
            .collect();
    }
    let letters = text.nfkd().filter(|c| c.is_alphanumeric() && !is_combining_mark(*c));
    letters.flat_map(char::to_lowercase).collect()
}

/// The plain form of a word that is written for both genders: "Inscrit(e)",
/// "Suscrito/a", "Suscrit@".
pub fn without_gender(text: &str) -> Option<String> {
    const ENDINGS: &[&str] = &["e", "a", "es", "as", "s", "in", "innen", "ne", "o", "r"];
    let text = tidy(text).trim_end_matches(['?', ':']).trim_end();
    if let Some(stem) = text.strip_suffix('@') {
        return Some(format!("{stem}o"));
    }
    let text = text.strip_suffix(')').unwrap_or(text);
    let (stem, ending) = text.rsplit_once(['(', '/', '·', '•', '.', '*', ':', '-', '_'])?;
    let is_word = stem.ends_with(char::is_alphabetic);
    (is_word && ENDINGS.contains(&fold(ending).as_str())).then(|| stem.to_owned())
}

/// Without what nobody sees or means around a cell: white space, marks of
/// byte order and direction, quotes of any kind, Excel's `="…"`.
pub fn tidy(cell: &str) -> &str {
    let is_around = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
            // How a sign is to be drawn.
            || matches!(c, '\u{fe0e}' | '\u{fe0f}')
            || matches!(c, '"' | '“' | '”' | '„' | '‟' | '«' | '»' | '‘' | '’' | '‚' | '‛' | '`' | '\'' | '´')
    };
    let mut text = cell.trim_matches(is_around);
    while let Some(rest) = text.strip_prefix('=').filter(|rest| rest.starts_with('"')) {
        text = rest.trim_matches(is_around);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_by_their_letters() {
        for (text, folded) in [
            ("E-Mail_Address ", "emailaddress"),
            ("Désabonné(e)", "desabonnee"),
            ("ｅｍａｉｌ", "email"),
            ("配信停止！", "配信停止"),
            ("  ", ""),
            (" ○", "○"),
            ("＋", "+"),
            ("✔\u{fe0f}", "✔"),
        ] {
            assert_eq!(fold(text), folded);
        }
        assert_eq!(fold("إلغاء"), fold("الغاء"), "with or without its hamza");
    }

    #[test]
    fn what_stands_around_a_cell_is_not_part_of_it() {
        for cell in [
            "kim@x.org",
            " \u{a0}kim@x.org\u{200b}",
            "“kim@x.org”",
            "'kim@x.org",
            "=\"kim@x.org\"",
            "\u{feff}kim@x.org\r",
        ] {
            assert_eq!(tidy(cell), "kim@x.org", "{cell:?}");
        }
    }
}
