//! Words of others as they may stand on one line: in a terminal, in a log, in
//! a header of a mail. What steers the terminal, turns the direction of all
//! that follows, or is there without being seen is taken away; letters and
//! emoji that need invisible signs keep them (UTS 55, UTR 36 section 2).

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_segmentation::UnicodeSegmentation as _;

/// More accents on one letter are no writing; they cover the lines around.
const MOST_MARKS: usize = 8;

/// The text without what steers or hides. Line ends become spaces, and no
/// white space is folded.
pub fn shown(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (0x20..0x7F).contains(&b)) {
        return Cow::Borrowed(text);
    }
    let has_rtl = text.chars().any(is_rtl);
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let (mut marks, mut flag) = (0, false);
    while let Some(c) = chars.next() {
        let is_mark = matches!(u32::from(c), 0x300..=0x36F | 0x483..=0x489 | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF);
        marks = if is_mark { marks + 1 } else { 0 };
        flag = c == '\u{1F3F4}' || (flag && is_tag(c));
        match c {
            '\u{1b}' | '\u{9b}' => skip_sequence(c, &mut chars),
            // A line end of two signs is one.
            '\r' if chars.peek() == Some(&'\n') => {}
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => out.push(' '),
            // Between letters of scripts that join, and parts of one emoji.
            '\u{200c}' | '\u{200d}' => {
                let joins =
                    |c: Option<char>| c.is_some_and(|c| !c.is_ascii() && !c.is_whitespace() && !is_unseen(c));
                if joins(out.chars().next_back()) && joins(chars.peek().copied()) {
                    out.push(c);
                }
            }
            // Marks of direction mean something beside letters of that direction alone.
            '\u{200e}' | '\u{200f}' | '\u{61c}' if has_rtl => out.push(c),
            c if is_tag(c) && flag => out.push(c),
            c if is_unseen(c) => {}
            _ if marks > MOST_MARKS => {}
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The same as one line: white space folded.
pub fn one_line(text: &str) -> String {
    shown(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One line of at most so many signs as people count them, and of four times
/// as many bytes at most; cut between words where there are any near.
pub fn short_line(text: &str, most: usize) -> String {
    let line = one_line(text);
    match cut(&line, most, most * 4) {
        None => line,
        Some(room) => {
            let kept = match room.rfind(' ') {
                Some(at) if at * 2 > room.len() => &room[..at],
                _ => room,
            };
            format!("{}…", kept.trim_end())
        }
    }
}

/// The beginning that leaves room for a `…`, ended between two signs; `None`
/// when the text is not longer than `signs` and `bytes`. A sign is what people
/// see as one (UAX 29): a flag, a family, a letter with its accents.
pub fn cut(text: &str, signs: usize, bytes: usize) -> Option<&str> {
    // A sign has a byte at least.
    if text.len() <= signs.min(bytes) {
        return None;
    }
    let room = bytes.saturating_sub('…'.len_utf8());
    let mut end = 0;
    let mut count = 0;
    for (at, sign) in text.grapheme_indices(true) {
        count += 1;
        if count > signs || at + sign.len() > bytes {
            return Some(&text[..end]);
        }
        if count < signs && at + sign.len() <= room {
            end = at + sign.len();
        }
    }
    None
}

/// JSON text in which what steers a terminal or turns its direction is
/// spelled as an escape. Such signs stand in strings alone, so it is the same
/// JSON.
pub fn escaped_json(json: &str) -> Cow<'_, str> {
    spelled(json, |out, c| write!(out, "\\u{:04x}", u32::from(c)))
}

/// HTML in which the same is spelled as references, so it is the same page.
/// Control signs, which have no place in HTML, are left out.
pub fn escaped_html(html: &str) -> Cow<'_, str> {
    spelled(html, |out, c| if c.is_control() { Ok(()) } else { write!(out, "&#x{:x};", u32::from(c)) })
}

/// The text, with what steers, turns or hides in the spelling of its format.
/// The joiners of letters and emoji stay as they are, and so do line ends.
fn spelled(text: &str, spell: impl Fn(&mut String, char) -> std::fmt::Result) -> Cow<'_, str> {
    let is_joiner = |c: char| matches!(c, '\u{200c}' | '\u{200d}');
    let steers = |c: char| match c {
        '\n' | '\t' | '\r' => false,
        c => c.is_control() || (is_unseen(c) && !is_joiner(c)),
    };
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 32);
    for c in text.chars() {
        if steers(c) {
            // A String takes everything.
            let _ = spell(&mut out, c);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// An escape sequence is dropped with its letters (ECMA-48 section 5.4), and a
/// string such as a window's title with what it says.
fn skip_sequence(first: char, chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let kind = if first == '\u{9b}' {
        Some('[')
    } else {
        while chars.next_if(|c| (' '..='/').contains(c)).is_some() {}
        chars.next_if(|c| ('0'..='~').contains(c))
    };
    match kind {
        Some('[') => {
            while chars.next_if(|c| (' '..='?').contains(c)).is_some() {}
            chars.next_if(|c| ('@'..='~').contains(c));
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            while let Some(c) = chars.next_if(|c| !matches!(c, '\n' | '\u{1b}')) {
                if matches!(c, '\u{7}' | '\u{9c}') {
                    break;
                }
            }
        }
        _ => {}
    }
}

/// What turns the direction of writing, or ends a line for some.
fn is_turning(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// Signs that have no look of their own. Joiners, and the tags of flags, are
/// among them and judged by what stands around.
fn is_unseen(c: char) -> bool {
    is_turning(c)
        || is_tag(c)
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180e}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}')
}

fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0000}'..='\u{e007f}')
}

fn is_rtl(c: char) -> bool {
    matches!(u32::from(c), 0x0590..=0x061B | 0x061D..=0x08FF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFC | 0x10800..=0x10FFF | 0x1E800..=0x1EFFF)
}

/// Columns of a text in letters of one width; most signs of East Asia take two.
pub fn columns(text: &str) -> usize {
    text.chars()
        .map(|c| match u32::from(c) {
            0x300..=0x36F | 0x200B..=0x200F | 0xFE00..=0xFE0F => 0,
            _ if is_wide(c) => 2,
            _ => 1,
        })
        .sum()
}

/// Whether a sign takes two columns, and a line may end before and behind it.
pub fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x1100..=0x115F
        | 0x2E80..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0x1F300..=0x1FAFF
        | 0x20000..=0x3FFFD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_or_turns_its_direction_is_gone() {
        for (said, line) in [
            ("Plain, as it is.", "Plain, as it is."),
            ("a\u{1b}[31mred\u{1b}[0m", "ared"),
            ("a\u{1b}]0;title\u{7}b\u{1b}]8;;http://evil.example\u{1b}\\c", "abc"),
            ("a\u{9b}2Jb\u{1b}cd\u{1b}", "abd"),
            ("a\r\nBcc: x\0\u{85}b\u{2028}c\td", "a Bcc: x b c d"),
            ("photo_\u{202e}gpj.exe", "photo_gpj.exe"),
            ("\u{2066}a\u{2069}\u{202a}b\u{202c}\u{feff}c\u{200e}\u{200f}", "abc"),
            ("pay\u{200b}pal\u{ad}\u{2060}", "paypal"),
            ("a\u{200d}b\u{200c} c", "ab c"),
            ("\u{e0041}\u{e0042}x", "x"),
        ] {
            assert_eq!(one_line(said), line, "{said:?}");
        }
        let stacked = format!("a{}b", "\u{301}".repeat(100));
        assert_eq!(one_line(&stacked).chars().count(), 2 + MOST_MARKS);
    }

    #[test]
    fn letters_and_emoji_keep_the_signs_that_they_need() {
        for said in [
            "👩‍👩‍👧 👍🏽 ❤️ 🏳️‍🌈 1️⃣",
            "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F} England",
            "می‌خواهم کتاب‌ها",
            "क्‍ष और श्री",
            "שלום\u{200f}! hello",
            "العربية\u{200e} 123",
            "Grüße, e\u{301}té, 語 한국어",
        ] {
            assert_eq!(shown(said), said);
        }
    }

    #[test]
    fn a_long_line_is_cut_between_signs_and_by_bytes() {
        assert_eq!(short_line("one two three", 9), "one two…");
        assert_eq!(short_line("one two", 9), "one two");
        let families = short_line(&"👨‍👩‍👧‍👦".repeat(50), 20);
        assert!(families.len() <= 80 && families.replace("👨‍👩‍👧‍👦", "") == "…", "{families}");
        assert_eq!(short_line(&"字".repeat(300), 200).graphemes(true).count(), 200);
        assert_eq!(short_line(&"é".repeat(10), 10), "é".repeat(10));
        assert!(short_line(&"x".repeat(1000), 200).len() <= 202);
    }

    #[test]
    fn json_keeps_what_it_says() {
        let said = "a\u{202e}b\u{9b}c\u{7f}\u{feff}";
        let json = serde_json::to_string(&[said]).unwrap();
        let escaped = escaped_json(&json);
        assert!(
            escaped.contains("\\u202e") && !escaped.contains(['\u{202e}', '\u{9b}', '\u{7f}', '\u{feff}']),
            "{escaped}"
        );
        assert_eq!(serde_json::from_str::<Vec<String>>(&escaped).unwrap(), [said]);
    }

    #[test]
    fn html_stays_the_same_page() {
        assert_eq!(
            escaped_html("<p>a\u{202e}b\u{ad}c\u{9b}\u{1b}d\u{e0041}</p>\n"),
            "<p>a&#x202e;b&#xad;cd&#xe0041;</p>\n"
        );
        assert!(matches!(escaped_html("<p>می‌خواهم 👩‍👧</p>\n"), Cow::Borrowed(_)));
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_taken_twice_and_nothing_steers(text in "\\PC{0,20}[\u{0}-\u{1f}\u{80}-\u{9f}\u{200b}-\u{200f}\u{202a}-\u{202e}]{0,6}\\PC{0,20}") {
            let line = one_line(&text);
            let steers = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            proptest::prop_assert!(!line.contains(steers), "{:?}", line);
            proptest::prop_assert!(cut(&line, 10, 30).is_none_or(|cut| cut.len() <= 27 && line.starts_with(cut)));
        }
    }
}
