//! Lines as they stand in a mail: how wide, where one ends that wrapping made,
//! what comes before the words.

use super::{CODE, GAP, HEADING, WIDTH};
use crate::domain::shown::{columns, is_wide};

/// Signs with which no line begins where lines end between any two (JIS X 4051).
const CLOSING: &[char] = &[
    '、', '。', '，', '．', '」', '』', '）', '】', '〉', '》', '〕', '］', '｝', '！', '？', '：', '；',
    'ー', '々', 'っ', 'ッ', 'ゃ', 'ゅ', 'ょ', 'ャ', 'ュ', 'ョ', '・', '…',
];
/// So many of them may stand beyond the width.
const MOST_CLOSING: usize = 2;

/// What comes before the words of a line (quotation bars, blanks, the mark of
/// an item), and the words.
pub(super) fn parts(line: &str) -> (&str, &str) {
    let bars = line.find(|c: char| c != ' ' && c != '>').unwrap_or(0);
    let marker = line[bars..].split_once(' ').map(|(marker, _)| marker).filter(|marker| is_marker(marker));
    line.split_at(bars + marker.map_or(0, |marker| marker.len() + 1))
}

fn is_marker(word: &str) -> bool {
    let is_number = |mark: &str| {
        let roman = mark.len() < 6 && mark.bytes().all(|b| b"ivxlcdmIVXLCDM".contains(&b));
        let letter = mark.len() == 1 && mark.bytes().all(|b| b.is_ascii_alphabetic());
        !mark.is_empty()
            && (mark.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit()) || roman || letter)
    };
    word == "*" || word.strip_suffix('.').is_some_and(is_number)
}

/// What further lines of a block start with: its quote bars, and spaces for the rest.
pub(super) fn continuation(lead: &str) -> String {
    lead.chars().map(|c| if c == '>' { '>' } else { ' ' }).collect()
}

/// Whether wrapping made the end of a line: the next word had no room in it.
pub(super) fn is_soft(line: &str, next: &str) -> bool {
    let ((lead, words), (next_lead, next_words)) = (parts(line), parts(next));
    let first = next_words.split(' ').next().unwrap_or_default();
    // Between two wide signs a line ends without a blank.
    let is_between_wide = words.ends_with(is_wide) && next_words.starts_with(is_wide);
    !words.is_empty()
        && !first.is_empty()
        && continuation(lead) == next_lead
        && !next.contains([CODE, GAP])
        && line.contains(HEADING) == next.contains(HEADING)
        && !is_between_wide
        && columns(line) + 1 + columns(first) > WIDTH
}

/// The lines, none of which begins with a sign that closes.
pub(super) fn closed(wrapped: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in wrapped.lines() {
        let (lead, words) = parts(line);
        let rest = words.trim_start_matches(CLOSING);
        let closing = &words[..words.len() - rest.len()];
        if !closing.is_empty()
            && closing.chars().count() <= MOST_CLOSING
            && let Some(last) = lines.last_mut()
            && columns(last) + 1 >= WIDTH
            && continuation(parts(last).0) == lead
        {
            last.push_str(closing);
            if !rest.trim().is_empty() {
                lines.push(format!("{lead}{}", rest.trim_start()));
            }
        } else {
            lines.push(line.to_owned());
        }
    }
    lines
}

/// Headings underlined, no spaces at line ends, one empty line at most, and no
/// rule where there is nothing to part.
pub(super) fn tidied(text: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut underline: Option<(String, usize)> = None;
    let is_empty = |line: &str| line.chars().all(|c| matches!(c, '>' | ' '));
    for line in text.lines() {
        let heading = line.contains(HEADING);
        if !heading && let Some((lead, width)) = underline.take() {
            out.push(format!("{lead}{}", "-".repeat(width)));
        }
        let line = if heading {
            let (lead, words) = line.split_once(HEADING).unwrap_or(("", line));
            let words = words.replace(HEADING, "");
            let width = columns(words.trim()).max(underline.as_ref().map_or(0, |(_, width)| *width));
            underline = (width > 0).then(|| (continuation(lead), width.min(WIDTH)));
            format!("{lead}{words}")
        } else {
            line.replace(GAP, "")
        };
        // No mail program ends a plain line at a blank of ours: all are alike.
        let line = line.replace('\u{a0}', " ");
        let line = line.trim_end().to_owned();
        if is_empty(&line) && out.last().is_none_or(|last| is_empty(last)) {
            continue;
        }
        // One rule is enough, and above the first words there is none.
        let said = out.iter().rev().find(|line| !is_empty(line));
        if is_rule(&line) && said.is_none_or(|last| is_rule(last)) {
            continue;
        }
        out.push(line);
    }
    if let Some((lead, width)) = underline {
        out.push(format!("{lead}{}", "-".repeat(width)));
    }
    while out.last().is_some_and(|line| is_empty(line) || is_rule(line)) {
        out.pop();
    }
    out.join("\n").trim_matches('\n').to_owned()
}

fn is_rule(line: &str) -> bool {
    line == "* * *"
}
