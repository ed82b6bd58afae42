//! The signs of dates: what stands between their words in other scripts, as
//! spaces, dashes and colons.

/// Before and after noon, in front of or behind a time.
const HALVES: &[(&str, &str)] = &[
    ("午前", " am "),
    ("上午", " am "),
    ("오전", " am "),
    ("午後", " pm "),
    ("下午", " pm "),
    ("오후", " pm "),
    ("a. m.", " am "),
    ("p. m.", " pm "),
];

/// In lower case, with spaces between what belongs apart: `T` before a time,
/// commas, brackets, and the words for year, month, day and hour of East Asia.
pub(super) fn spaced(text: &str) -> String {
    let mut text = text.to_lowercase();
    for (half, latin) in HALVES {
        text = text.replace(half, latin);
    }
    let signs: Vec<char> = text.chars().map(latin_digit).collect();
    let mut out = String::with_capacity(text.len() + 16);
    for (at, c) in signs.iter().copied().enumerate() {
        let before = at.checked_sub(1).map_or(' ', |at| signs[at]);
        let after = signs.get(at + 1).copied().unwrap_or(' ');
        let next = signs[at + 1..].iter().copied().find(|c| *c != ' ').unwrap_or(' ');
        match c {
            // A fraction of a second.
            ',' if before.is_ascii_digit() && after.is_ascii_digit() && ends_in_time(&out) => out.push('.'),
            ',' | '(' | ')' | '[' | ']' | '"' | '、' | '，' | '（' | '）' => out.push(' '),
            't' if before.is_ascii_digit() && (after.is_ascii_digit() || after == ' ') => out.push(' '),
            // `2004년 05월` has a space that is none.
            ' ' if matches!(before, '年' | '년' | '月' | '월' | '時' | '时' | '点' | '點' | '시') => {
            }
            '年' | '년' | '月' | '월' if before.is_ascii_digit() => out.push('-'),
            '日' | '号' | '號' | '일' | '秒' | '초' if before.is_ascii_digit() => out.push(' '),
            '時' | '时' | '点' | '點' | '시' if before.is_ascii_digit() => {
                out.push_str(if next.is_ascii_digit() { ":" } else { ":00 " });
            }
            '分' | '분' if before.is_ascii_digit() => {
                out.push(if next.is_ascii_digit() { ':' } else { ' ' })
            }
            // A letter right behind a time: `10:00Z`, `10:00PM`, `10:00GMT`.
            c if c.is_alphabetic() && before.is_ascii_digit() && out.contains(':') => {
                out.push(' ');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

fn ends_in_time(out: &str) -> bool {
    out.rsplit(' ').next().is_some_and(|word| word.contains(':'))
}

/// The digits of Arabic, Persian, Hindi, and those as wide as Chinese signs.
fn latin_digit(c: char) -> char {
    const ZEROS: [u32; 4] = [0x0660, 0x06F0, 0x0966, 0xFF10];
    let value = ZEROS.iter().find_map(|zero| u32::from(c).checked_sub(*zero).filter(|value| *value < 10));
    match (value.and_then(|value| char::from_digit(value, 10)), c) {
        (Some(digit), _) => digit,
        (None, '：') => ':',
        (None, '／') => '/',
        (None, c) => c,
    }
}
