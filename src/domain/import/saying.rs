//! What one cell says, by the column it stands in.

use super::cadence::cadence;
use super::dates::{Order, Read, read};
use super::fold::{WORD_MOST_BYTES, fold, tidy};
use super::headings::Meaning;
use super::kind::Kind;
use super::layout::Layout;
use super::leaving::{is_back, is_not, leans, words_of};
use super::names::said_by_section;
use super::words::{Said, flag, is_blank, is_null, sure_piece, word};
use crate::domain::SuppressionReason::Unsubscribed;

/// Longest cell of attributes that is read as such.
const JSON_MOST_BYTES: usize = 64 * 1024;

/// How to read one column that speaks of standing or of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub at: usize,
    pub meaning: Meaning,
    /// Whether yes and no mean nothing in it, as nothing says of what.
    pub is_bare: bool,
    pub order: Option<Order>,
    /// Whether any row has something in it.
    pub is_filled: bool,
    /// Whether those without anything in it were asked: not where no is all
    /// that was noted.
    pub has_yes: bool,
}

/// What a cell of a column says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Saying {
    Says(Said),
    Unknown,
}

/// What a cell says, by its column; without the operator's own words.
pub(super) fn saying(layout: &Layout, column: &Column, cell: &str) -> Saying {
    use Saying::{Says, Unknown};
    let Column { meaning, is_bare, .. } = *column;
    let cell = tidy(cell);
    if let Some(said) = layout.kind.word(cell).filter(|_| meaning == Meaning::Status) {
        return Says(said);
    }
    // In a column of status one sign for yes says nothing of what.
    let is_sign = fold(cell).len() == 1 || !cell.chars().any(char::is_alphanumeric);
    let known = flag(cell).filter(|_| !is_bare || meaning == Meaning::Status);
    // "None" and "never" are words of a status and of how often.
    let is_word = matches!(meaning, Meaning::Status | Meaning::Cadence) && !layout.is_suppressions;
    if known.is_none() && if is_word { is_blank(cell) } else { is_null(cell) } {
        return Says(Said::Nothing);
    }
    let is_date = || read(cell) != Read::No;
    let heading = || layout.name(column.at);
    let word = if layout.is_suppressions { reason_of_cell(cell) } else { word(cell) };
    match meaning {
        Meaning::Status => match (word, known) {
            (Some(said), _) => Says(said),
            (None, Some(true)) if !is_bare && !is_sign => Says(Said::Active),
            (None, None) if is_null(cell) && !column.is_filled => Says(Said::Nothing),
            _ => Unknown,
        },
        Meaning::Subscribed => match (known, word) {
            (Some(true), _) => Says(Said::Active),
            (Some(false), _) => Says(Said::Gone(Unsubscribed)),
            (None, Some(said)) => Says(said),
            // "2023-01-01 (withdrawn)".
            (None, None) if is_date() => Says(leans(cell).map_or(Said::Nothing, Said::Gone)),
            (None, None) => Unknown,
        },
        Meaning::Confirmed => match (known, word) {
            (Some(true), _) => Says(Said::Active),
            (Some(false), _) => Says(Said::Pending),
            (None, Some(said)) => Says(said),
            (None, None) if is_date() => Says(leans(cell).map_or(Said::Active, Said::Gone)),
            (None, None) => Unknown,
        },
        Meaning::Waits => Says(match (known, word) {
            (Some(true), _) => Said::Pending,
            (None, Some(said)) if said != Said::Active => said,
            // Since when they wait.
            (None, None) if is_date() => Said::Pending,
            _ => Said::Nothing,
        }),
        Meaning::Cadence => Says(cadence(&heading(), cell, known, word)),
        Meaning::Gone(reason) => match (known, word) {
            // There the day on which a payment ended: the letters may go on.
            (None, None) if layout.kind == Kind::Substack && fold(&heading()) == "canceldate" => {
                Says(Said::Pending)
            }
            (Some(true), _) => Says(Said::Gone(reason)),
            (Some(false), _) | (None, Some(Said::Active)) => Says(Said::Nothing),
            (None, Some(said)) => Says(said),
            (None, None) if is_date() || is_number(cell) => Says(Said::Gone(reason)),
            // A link to leave by is in every row.
            (None, None) if cell.contains("://") => Says(Said::Nothing),
            // Why somebody left, and by which mail, is said in any words.
            (None, None) if tells_why(&heading()) => Says(Said::Gone(reason)),
            (None, None) => Unknown,
        },
        Meaning::Unclear => word.map_or(Unknown, Says),
        _ => Says(Said::Nothing),
    }
}

/// What a cell of a list of those who get no mail says of why: a word, or a
/// few with one of leaving: `contactFlaggedAsSpam`. What a server answered is
/// longer, or has numbers.
pub(super) fn reason_of_cell(cell: &str) -> Option<Said> {
    let is_short = cell.len() <= 40 && !cell.bytes().any(|b| b.is_ascii_digit());
    let leant = || leans(cell).filter(|_| is_short).map(Said::Gone);
    word(cell).or_else(|| said_by_section(cell)).or_else(leant)
}

/// Whether it is how often something happened.
fn is_number(cell: &str) -> bool {
    cell.len() <= 4 && cell.parse::<u16>().is_ok_and(|count| count > 0)
}

/// Whether a column says why somebody left, or by which mail, as Mailchimp's do.
fn tells_why(heading: &str) -> bool {
    let folded = fold(heading);
    let words = words_of(heading);
    let is_by = words.last().is_some_and(|last| ["from", "by", "via"].contains(&last.as_str()));
    is_by
        || [
            "reason", "campaign", "comment", "cause", "method", "source", "channel", "grund", "quelle",
            "raison", "motif", "motivo", "理由", "原因", "سبب",
        ]
        .iter()
        .any(|part| folded.contains(&fold(part)))
}

/// What a cell says in whose column nothing of the kind is to be expected: a
/// list of tags, a remark.
pub(super) fn said_among_others(cell: &str) -> Said {
    if cell.len() <= JSON_MOST_BYTES
        && cell.trim_start().starts_with('{')
        && let Ok(value) = serde_json::from_str(cell.trim())
    {
        return said_in_json(&value);
    }
    let pieces = || cell.split([',', ';', '|', '[', ']', '"', '\n']).map(tidy);
    let said = pieces().filter_map(sure_piece).fold(Said::Nothing, Said::and);
    pieces().filter_map(said_in_few_words).fold(said, Said::and)
}

/// What attributes say: a name of leaving by its value, where a false is a
/// false, and any text in them. The reader of JSON bounds its depth.
fn said_in_json(value: &serde_json::Value) -> Said {
    use serde_json::Value;
    match value {
        Value::Object(fields) => fields.iter().fold(Said::Nothing, |said, (name, value)| {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Bool(_) | Value::Number(_) => value.to_string(),
                _ => return said.and(said_in_json(value)),
            };
            let is_so = flag(&text) != Some(false) && !is_null(&text);
            let own = sure_piece(name).filter(|_| is_so).unwrap_or(Said::Nothing);
            said.and(own).and(said_in_json(value))
        }),
        Value::Array(items) => items.iter().map(said_in_json).fold(Said::Nothing, Said::and),
        Value::String(text) if !text.trim_start().starts_with('{') => said_among_others(text),
        _ => Said::Nothing,
    }
}

/// "user unsubscribed", "Unsubscribed contacts": a few words, one of them sure.
fn said_in_few_words(piece: &str) -> Option<Said> {
    if piece.len() > WORD_MOST_BYTES
        || !(2..=4).contains(&piece.split(|c: char| !c.is_alphanumeric()).count())
    {
        return None;
    }
    let words = words_of(piece);
    let is_other = |word: &String| is_not(word) || ["link", "url", "survey", "test"].contains(&word.as_str());
    let gone =
        words.iter().filter_map(|word| sure_piece(word)).find(|said| *said == Said::Gone(Unsubscribed));
    gone.filter(|_| !words.iter().any(is_other) && !is_back(piece))
}

/// Whether a column says who follows and who does not.
pub(super) const fn speaks(meaning: Meaning) -> bool {
    matches!(
        meaning,
        Meaning::Status
            | Meaning::Subscribed
            | Meaning::Confirmed
            | Meaning::Waits
            | Meaning::Cadence
            | Meaning::Gone(_)
            | Meaning::Unclear
    )
}

/// Whether a column holds moments that count, so that their order is asked for.
pub(super) const fn is_dated(meaning: Meaning) -> bool {
    matches!(meaning, Meaning::Since(_) | Meaning::Back)
}
