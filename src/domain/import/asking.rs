//! What an import asks about columns and names before its first row: by what
//! stands in them, as no table of headings is ever whole.

use std::collections::BTreeMap;

use super::consents::{denies, is_consent};
use super::facts::Facts;
use super::fold::fold;
use super::headings::{Meaning, asked, is_harmless, is_of_following};
use super::judge::Choices;
use super::leaving::{holds_back, is_not, leans, words_of};
use super::quiet::{is_counted, is_of_mail};
use super::reason::{Stop, UnknownColumn};
use super::saying::{Column, Saying, said_among_others, saying, speaks};
use super::survey::Survey;
use super::words::{Said, answer, flag};
use crate::domain::SuppressionReason::{Manual, Unsubscribed};

/// Values of a column that a stop names.
const NAMED_VALUES: usize = 6;
/// Words and columns that a stop names as being there.
const NAMED_THERE: usize = 30;

/// What a column is by the operator's word; `None` where they said nothing.
///
/// # Errors
/// When they speak of a column that is not there.
pub(super) fn by_operator(survey: &Survey, choices: &Choices) -> Result<Vec<Option<Meaning>>, Stop> {
    let mut meanings = vec![None; survey.columns.len()];
    for (wanted, said) in &choices.columns {
        let is_it = |at: &usize| fold(&survey.layout.name(*at)) == *wanted;
        let found: Vec<usize> = (0..survey.columns.len()).filter(is_it).collect();
        if found.is_empty() {
            let columns = (0..survey.columns.len()).take(NAMED_THERE).map(|at| survey.layout.name(at));
            return Err(Stop::NoColumn { column: wanted.clone(), columns: columns.collect() });
        }
        for at in found {
            meanings[at] = Some(match said {
                Said::Active => Meaning::Subscribed,
                Said::Pending | Said::Paused => Meaning::Waits,
                Said::Gone(reason) => Meaning::Gone(*reason),
                Said::Nothing | Said::Skipped => Meaning::Silent,
            });
        }
    }
    Ok(meanings)
}

/// Columns that nobody knows and that may say who is gone: a yes and a no stand
/// in them, whatever else does, or dates in some rows and nothing in the
/// others. They are asked about where all who say nothing would become active;
/// those whose headings say it either way always are.
///
/// # Errors
/// When there are any.
pub(super) fn check_columns(survey: &Survey, columns: &[Column], choices: &Choices) -> Result<(), Stop> {
    let layout = &survey.layout;
    let is_asked = choices.status == Some(Said::Active) && !layout.is_suppressions;
    let mut unknown = Vec::new();
    for (at, facts) in survey.columns.iter().enumerate().filter(|(at, _)| *at != layout.address) {
        if facts.filled == 0 || layout.is_list {
            continue;
        }
        // In prose yes and no are all that was counted.
        let words = facts.words.as_ref().unwrap_or(&facts.answers);
        let is_answered = |word: &str| choices.words.contains_key(&fold(word));
        let may_say = match columns.iter().find(|column| column.at == at) {
            Some(column) if column.meaning == Meaning::Unclear => {
                facts.dates > 0 || words.keys().any(|word| flag(word).is_some() && !is_answered(word))
            }
            Some(_) => false,
            None => is_asked && may_tell(survey, at, facts, words),
        };
        if may_say {
            let mut values: Vec<(String, u64)> = words.clone().into_iter().collect();
            values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            values.truncate(NAMED_VALUES);
            let blank = survey.rows.saturating_sub(facts.filled);
            unknown.push(UnknownColumn { column: layout.name(at), values, dates: facts.dates, blank });
        }
    }
    if unknown.is_empty() { Ok(()) } else { Err(Stop::UnknownColumns { columns: unknown }) }
}

/// Whether a column that nobody knows may say who is gone.
fn may_tell(survey: &Survey, at: usize, facts: &Facts, words: &BTreeMap<String, u64>) -> bool {
    let heading = survey.layout.headings.get(at).map_or("", String::as_str);
    if survey.layout.meanings.get(at).copied().flatten().is_some() || survey.layout.kind.has_own(heading) {
        return false;
    }
    let leaves = words.keys().any(|word| may_leave(word));
    let is_else = is_harmless(heading) && !(is_of_following(heading) && leaves);
    let is_pair = is_yes_and_no(heading, facts, words);
    is_count_of_leaving(heading, words)
        // Why somebody left is told of who did.
        || leans(heading).is_some() && facts.filled < survey.rows && !is_else
        || is_pair && is_of_mail(heading)
        || !is_else && (leaves || is_pair || tells_apart(facts, words, survey.rows))
}

/// Whether a clear yes and a clear no stand in a column, or two signs: it tells
/// readers apart, whatever other words it holds. One of them is enough below a
/// heading that asks whether somebody wants mail.
fn is_yes_and_no(heading: &str, facts: &Facts, words: &BTreeMap<String, u64>) -> bool {
    let is_digits = |word: &str| word.bytes().all(|b| b.is_ascii_digit());
    if facts.answers.keys().all(|word| is_digits(word)) && facts.counts > 0 {
        let answers: u64 = facts.answers.values().sum();
        let counted = |word: &&String| answer(word).is_none() && word.parse::<f64>().is_ok();
        let is_few = facts.words.is_some() && words.keys().filter(counted).count() <= 2;
        // 0 and 1 among other numbers are so many of things.
        if is_counted(heading) || !is_few && facts.counts * 10 > answers {
            return false;
        }
    }
    let has = |wanted: bool| facts.answers.keys().any(|word| answer(word) == Some(wanted));
    let (yes, no) = (has(true), has(false));
    let is_asking =
        || !facts.answers.keys().all(|word| is_digits(word)) && asked(heading) == Some(Meaning::Subscribed);
    yes && no || words.keys().filter(|word| is_sign(word)).count() > 1 || (yes || no) && is_asking()
}

/// Whether a cell is a sign and nothing else: `+`, `*`.
fn is_sign(word: &str) -> bool {
    word.chars().count() <= 2 && !word.chars().any(char::is_alphanumeric)
}

/// Whether it counts what takes a reader off a list, and not nothing alone.
fn is_count_of_leaving(heading: &str, words: &BTreeMap<String, u64>) -> bool {
    let is_nothing = |word: &String| word.bytes().all(|b| b == b'0');
    leans(heading).is_some()
        && words.keys().all(|word| word.bytes().all(|b| b.is_ascii_digit()))
        && !words.keys().all(is_nothing)
}

/// Whether yes and no, or a date and nothing, part the rows of a column.
fn tells_apart(facts: &Facts, words: &BTreeMap<String, u64>, rows: u64) -> bool {
    let is_flag = |word: &str| flag(word).is_some() || is_sign(word);
    let flags: u64 = words.iter().filter(|(word, _)| is_flag(word)).map(|(_, rows)| rows).sum();
    let has_blank = facts.filled < rows;
    // The same number in each row is one of things.
    let is_digits = |word: &String| word.bytes().all(|b| b.is_ascii_digit());
    let is_number = !has_blank && words.len() == 1 && words.keys().all(is_digits);
    let is_told_apart = match (flags, facts.dates) {
        (_, 0) => !is_number,
        (0, _) => has_blank && facts.numbers == 0,
        // 0 among numbers is so many.
        _ => facts.numbers == 0,
    };
    flags + facts.dates == facts.filled && is_told_apart
}

/// Whether a cell of few words has one of leaving: "cancelled", "former member".
fn may_leave(cell: &str) -> bool {
    cell.split_whitespace().count() <= 3 && leans(cell).is_some() && said_among_others(cell) == Said::Nothing
}

/// Words that the operator explains have to stand somewhere: a slip would let
/// those through whom they meant.
///
/// # Errors
/// When one does not.
pub(super) fn check_words(survey: &Survey, columns: &[Column], choices: &Choices) -> Result<(), Stop> {
    let speaking =
        || columns.iter().filter(|column| speaks(column.meaning)).map(|column| &survey.columns[column.at]);
    if speaking().any(|facts| facts.more > 0) {
        return Ok(());
    }
    let there = || {
        let noted = survey.columns.iter().flat_map(|facts| facts.notes.keys());
        speaking().flat_map(|facts| facts.words.iter().flatten()).map(|(word, _)| word).chain(noted)
    };
    match choices.words.keys().find(|wanted| !there().any(|word| fold(word) == **wanted)) {
        Some(word) => {
            let words = there().take(NAMED_THERE).cloned().collect();
            Err(Stop::NoWord { word: word.clone(), words })
        }
        None => Ok(()),
    }
}

/// The name of a file says it of everybody only where no row says otherwise.
///
/// # Errors
/// When rows do, or when the name may be about something else and nothing but
/// it speaks.
pub(super) fn check_name(survey: &Survey, columns: &[Column], choices: &Choices) -> Result<(), Stop> {
    let layout = &survey.layout;
    let Some(named) = layout.named.as_ref().filter(|named| matches!(named.said, Said::Gone(_))) else {
        return Ok(());
    };
    if layout.is_suppressions || layout.kind == super::Kind::Mailchimp {
        return Ok(());
    }
    let is_active = |column: &&Column| {
        let words = survey.columns[column.at].words.iter().flatten();
        let says = |(word, _): (&String, &u64)| saying(layout, column, word) == Saying::Says(Said::Active);
        matches!(column.meaning, Meaning::Status | Meaning::Subscribed)
            && !is_consent(&layout.name(column.at))
            && words.into_iter().any(says)
    };
    let active = columns.iter().find(is_active).map(|column| layout.name(column.at));
    let is_asked = if named.is_clear {
        active.is_some()
    } else {
        active.is_none() && choices.status == Some(Said::Active)
    };
    if is_asked {
        return Err(Stop::Name { text: named.text.clone(), says: named.said.as_str(), column: active });
    }
    Ok(())
}

/// Whoever follows is not to be taken for one who gets no mail: a list whose
/// name, or a column of it, says that they follow needs the operator's word.
///
/// # Errors
/// When it says so, and nothing in it says why anybody gets no mail.
pub(super) fn check_followers(survey: &Survey, columns: &[Column], choices: &Choices) -> Result<(), Stop> {
    let layout = &survey.layout;
    // With `--reason`, the operator has said it; our own lists say it themselves.
    let is_answered = choices.status.is_some() || layout.column(Meaning::Hash).is_some();
    if !layout.is_suppressions || is_answered || layout.named.is_some() {
        return Ok(());
    }
    let follows = |column: &&Column| {
        let facts = &survey.columns[column.at];
        let words = facts.words.iter().flatten();
        let counted: u64 = words.clone().map(|(_, rows)| rows).sum();
        let says = |(word, _): (&String, &u64)| saying(layout, column, word) == Saying::Says(Said::Active);
        match column.meaning {
            Meaning::Status | Meaning::Subscribed => words.into_iter().any(says),
            // When they confirmed.
            Meaning::Confirmed => facts.filled > counted || words.into_iter().any(says),
            _ => false,
        }
    };
    let column = columns.iter().find(follows).map(|column| layout.name(column.at));
    if layout.followers.is_none() && column.is_none() {
        return Ok(());
    }
    Err(Stop::Followers { text: layout.followers.clone(), column })
}

/// What a word that nobody knows likely means, for a suggestion.
pub(super) fn likely(heading: &str, column: &Column, word: &str, is_suppressions: bool) -> &'static str {
    let said = match column.meaning {
        Meaning::Gone(reason) => Said::Gone(reason),
        _ if column.meaning == Meaning::Unclear || denies(heading) => {
            Said::Gone(leans(heading).unwrap_or(Unsubscribed))
        }
        _ if flag(word) == Some(false) => Said::Gone(Unsubscribed),
        _ => match leans(word) {
            Some(reason) => Said::Gone(reason),
            // In a list of those who get no mail nobody follows.
            None if is_suppressions => Said::Gone(Manual),
            None if holds_back(word) => Said::Pending,
            // "Not sending", "no consent".
            None if words_of(word).iter().any(|word| is_not(word)) => Said::Gone(Unsubscribed),
            None => Said::Active,
        },
    };
    said.as_str()
}
