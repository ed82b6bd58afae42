//! What stands above and below the line, on it: `m²`, `x^n`, `word[1]`, `1st`.

/// Ends of ordinals and of short forms, in French and English mostly.
const ENDINGS: &[&str] = &[
    "st", "nd", "rd", "th", "er", "re", "ère", "eme", "ème", "me", "mme", "lle", "os", "gr", "rs", "tm",
    "sm", "™", "®", "©", "ª", "º",
];
/// Such ends behind digits.
const LETTERS: &[&str] = &["e", "o", "a"];
/// Longer words are no unit.
const MOST_UNIT_SIGNS: usize = 3;

/// Raised words behind what is written already; `is_link`: they are a link
/// within the post.
pub(super) fn raised(before: &str, words: &str, is_link: bool) -> String {
    let lower = words.to_lowercase();
    let is_number = words.bytes().all(|b| b.is_ascii_digit());
    let last = before.chars().next_back().unwrap_or(' ');
    let run = last_word(before);
    if words.is_empty() {
        return String::new();
    }
    if is_link {
        return if words.starts_with(['[', '(']) { words.to_owned() } else { format!("[{words}]") };
    }
    let is_ending = ENDINGS.contains(&&*lower) || (last.is_ascii_digit() && LETTERS.contains(&&*lower));
    if is_ending
        || words.starts_with('[')
        || (run.chars().count() > 1
            && !last.is_ascii_digit()
            && !is_number
            && words.chars().all(char::is_alphabetic))
    {
        return words.to_owned();
    }
    let is_base = last.is_alphanumeric() || matches!(last, ')' | ']' | '}');
    let is_note = is_number && (!is_base || (last.is_alphabetic() && run.chars().count() > MOST_UNIT_SIGNS));
    if is_note {
        format!("[{words}]")
    } else if is_base {
        as_signs(words).unwrap_or_else(|| format!("^{}", atom(words)))
    } else {
        words.to_owned()
    }
}

/// Lowered words: numbers as their own signs, `log₂8`, and a short sign behind
/// a name.
pub(super) fn lowered(before: &str, words: &str) -> String {
    const SIGNS: [char; 10] = ['₀', '₁', '₂', '₃', '₄', '₅', '₆', '₇', '₈', '₉'];
    let sign = |c: char| SIGNS.get(usize::try_from(c.to_digit(10)?).ok()?).copied();
    if let Some(signs) = words.chars().map(sign).collect::<Option<String>>() {
        return signs;
    }
    let is_short = words.chars().count() <= 3 && words.chars().all(char::is_alphanumeric);
    let is_name = last_word(before).starts_with(char::is_lowercase);
    if is_short && is_name { format!("_{words}") } else { words.to_owned() }
}

/// Numbers have raised signs of their own.
fn as_signs(words: &str) -> Option<String> {
    const SIGNS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let sign = |c: char| match c {
        '-' | '−' => Some('⁻'),
        _ => c.to_digit(10).and_then(|digit| SIGNS.get(usize::try_from(digit).ok()?).copied()),
    };
    words.chars().map(sign).collect()
}

fn atom(words: &str) -> String {
    if words.chars().count() == 1 || words.bytes().all(|b| b.is_ascii_digit()) {
        words.to_owned()
    } else {
        format!("({words})")
    }
}

/// The letters and digits at the end of a text.
fn last_word(text: &str) -> &str {
    let start = text.char_indices().rev().take_while(|(_, c)| c.is_alphanumeric()).last();
    start.map_or("", |(at, _)| &text[at..])
}

/// The fraction that HTML begins with, a raised number over a lowered one, and
/// its length there.
pub(super) fn fraction(html: &str) -> Option<(String, usize)> {
    let number = |html: &'_ str, name: &str| -> Option<usize> {
        let inner = html.strip_prefix(&format!("<{name}>"))?;
        let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
        (digits > 0 && inner[digits..].starts_with(&format!("</{name}>"))).then_some(digits)
    };
    let tags = "<sup></sup>".len();
    let above = number(html, "sup")?;
    let rest = &html[tags + above..];
    let slash = rest.chars().next().filter(|c| matches!(c, '/' | '⁄' | '∕'))?.len_utf8();
    let below = number(&rest[slash..], "sub")?;
    let digits = |html: &str, count: usize| html["<sup>".len()..][..count].to_owned();
    let said = format!("{}/{}", digits(html, above), digits(&rest[slash..], below));
    Some((said, 2 * tags + above + slash + below))
}
