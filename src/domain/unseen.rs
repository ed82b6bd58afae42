//! Signs that nobody sees: they come along when text is copied from a page or
//! a chat, and mean nothing.

/// Format characters, private use and non-characters (Unicode Cf, Co, Cn).
pub(super) fn is_unseen(c: char) -> bool {
    matches!(u32::from(c),
        0xAD | 0x34F | 0x600..=0x605 | 0x61C | 0x6DD | 0x70F | 0x890..=0x891 | 0x8E2
        | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F | 0x2028..=0x202E
        | 0x2060..=0x206F | 0x3164 | 0xE000..=0xF8FF | 0xFDD0..=0xFDEF | 0xFEFF | 0xFFA0
        | 0xFFF0..=0xFFFB | 0x110BD | 0x110CD | 0x13430..=0x1343F | 0x1BCA0..=0x1BCA3
        | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF | 0xF0000..=0x10FFFF)
        || u32::from(c) & 0xFFFE == 0xFFFE
}

/// Cuts white space and unseen signs off both ends.
pub(super) fn trim_unseen(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_unseen(c) || is_variation(c))
}

/// Whether there is nothing in a text that somebody could have meant.
pub fn is_blank(text: &str) -> bool {
    trim_unseen(text).is_empty()
}

/// Selects how the sign before it looks; pasted after an address it is left over.
fn is_variation(c: char) -> bool {
    matches!(u32::from(c), 0xFE00..=0xFE0F)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_cut_from_both_ends_and_left_within() {
        let unseen = "\u{feff}\u{200b}\u{200e}\u{202a}\u{2066}\u{ad}\u{a0}\u{2060}\u{fe0f}\u{3000}\t\r\n";
        assert_eq!(trim_unseen(&format!("{unseen}a\u{200b}b{unseen}")), "a\u{200b}b");
        assert!(is_blank(unseen) && is_blank("") && !is_blank("."));
    }
}
