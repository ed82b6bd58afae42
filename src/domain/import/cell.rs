//! The addresses in a cell: bare, or as mail programs and pages write them.

use super::fold::tidy;
use crate::domain::EmailAddress;

/// Longest text that may be one address with its name.
const ONE_MOST_BYTES: usize = 1_000;

/// Every address in a cell, in order, each with what stands there of it; an
/// `Err` is a piece with an `@` that is no address.
pub fn addresses_in(cell: &str) -> Vec<Result<EmailAddress, String>> {
    let text = tidy(cell);
    if !text.contains(['@', '＠']) {
        return Vec::new();
    }
    if text.len() <= ONE_MOST_BYTES
        && let Some(address) = one(text)
    {
        return vec![Ok(address)];
    }
    let pieces: Vec<&str> = if text.contains('<') && text.contains('>') {
        text.split(['<', '>']).filter(|piece| piece.contains('@')).flat_map(split).collect()
    } else {
        split(text).collect()
    };
    pieces.into_iter().map(|piece| one(piece).ok_or_else(|| piece.chars().take(100).collect())).collect()
}

/// Whether a row of these cells was commented out: its first cell, or that of
/// its address, begins with `#` or `//`. A line without an address may be a
/// heading, and `#1` a number.
pub(super) fn is_commented(cells: &[&str], address: usize) -> bool {
    let first = cells.iter().find(|cell| !tidy(cell).is_empty());
    let mut begins = first.into_iter().chain(cells.get(address)).map(|cell| tidy(cell));
    cells.iter().any(|cell| cell.contains(['@', '＠']))
        && begins.any(|text| is_mark(text, text.contains('@')))
}

/// Whether somebody put a sign at the one address in a cell, or around it:
/// `*kim@…`, `(kim@…)`.
pub(super) fn is_marked(cell: &str) -> bool {
    let text = tidy(cell).trim_end_matches([';', ',']);
    let is_one =
        text.matches(['@', '＠']).count() == 1 && !text.contains(|c: char| c.is_whitespace() || c == '<');
    is_one
        && (text.starts_with(|c| "*!~?^$%|+-/([{".contains(c))
            || text.ends_with(|c| "*!~?^$%|+-/)]}".contains(c)))
}

/// A cell in two: what stands before a sign of a comment, and the rest, where
/// that holds an address.
pub(super) fn without_comment(cell: &str) -> (&str, &str) {
    let marks = cell.match_indices(['#', '/']).map(|(at, _)| at);
    let stands_alone = |at: &usize| cell[..*at].is_empty() || cell[..*at].ends_with(char::is_whitespace);
    let mut marks = marks.filter(stands_alone).filter(|at| is_mark(&cell[*at..], cell[*at..].contains('@')));
    match marks.next().filter(|at| cell[*at..].contains('@')) {
        Some(at) => cell.split_at(at),
        None => (cell, ""),
    }
}

fn is_mark(text: &str, has_address: bool) -> bool {
    text.starts_with("//") || text == "#" || text.starts_with("# ") || has_address && text.starts_with('#')
}

/// Whether the whole cell is one address.
pub fn is_address(cell: &str) -> bool {
    let text = tidy(cell);
    text.contains('@') && text.len() <= ONE_MOST_BYTES && one(text).is_some()
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || ";,|/()[]".contains(c))
        .filter(|piece| piece.contains(['@', '＠']))
}

/// One address, with what is glued to it cut off.
fn one(text: &str) -> Option<EmailAddress> {
    let text = text.trim_matches(|c: char| "<>,;:()[]".contains(c) || c.is_whitespace());
    let text = tidy(text);
    let is_link = text.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    let text = if is_link { text[7..].split('?').next().unwrap_or_default() } else { text };
    EmailAddress::parse(text)
        .or_else(|fault| match text.strip_suffix('.') {
            Some(sentence) => EmailAddress::parse(sentence),
            None => Err(fault),
        })
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(cell: &str) -> Vec<String> {
        addresses_in(cell)
            .into_iter()
            .map(|found| found.map_or_else(|bad| format!("!{bad}"), |a| a.to_string()))
            .collect()
    }

    #[test]
    fn addresses_are_found_however_they_are_dressed() {
        for cell in [
            "kim@x.org",
            "Kim <kim@x.org>",
            "\"Doe, Kim\" <kim@x.org>",
            "<kim@x.org>",
            "mailto:kim@x.org",
            "MAILTO:kim@x.org?subject=Hi",
            "<mailto:kim@x.org>",
            "[kim](mailto:kim@x.org)",
            "kim@x.org (Kim)",
            "'kim@x.org'",
            "“kim@x.org”",
            "kim@x.org;",
            "kim@x.org.",
            "\u{feff}kim@x.org\u{200b}",
            "=\"kim@x.org\"",
            "Email: kim@x.org",
        ] {
            assert_eq!(found(cell), ["kim@x.org"], "{cell}");
        }
        assert_eq!(found("a@x.org;b@x.org"), ["a@x.org", "b@x.org"]);
        assert_eq!(found("A <a@x.org>, B <b@x.org>"), ["a@x.org", "b@x.org"]);
        assert_eq!(found("a@x.org b@x"), ["a@x.org", "!b@x"]);
        assert_eq!(found("Kim"), Vec::<String>::new());
        assert_eq!(found("kim@nowhere"), ["!kim@nowhere"]);
        assert!(!is_address("a@x.org b@x.org") && is_address("mailto:a@x.org"));
    }
}
