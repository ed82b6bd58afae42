//! What was seen of one column, row by row.

use std::collections::BTreeMap;

use super::dates::{Order, Read, read};
use super::fold::{WORD_MOST_BYTES, tidy};
use super::headings::Meaning;
use super::notes::key;
use super::saying::speaks;
use super::words::{answer, flag, is_cross, word};

/// Different words of one column that are counted; a column of more is prose.
const WORDS_MOST: usize = 500;

#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub filled: u64,
    /// Dates of a column whose heading nobody knows.
    pub dates: u64,
    /// Of these, short numbers, which are days in a spreadsheet alone.
    pub numbers: u64,
    pub day_first: bool,
    pub month_first: bool,
    /// Cells by what stands there; `None`: prose.
    pub words: Option<BTreeMap<String, u64>>,
    /// Words past the bound.
    pub more: u64,
    /// Yes and no in a column whose heading nobody knows, beside whatever else.
    pub answers: BTreeMap<String, u64>,
    /// Whether a cell surely says that its reader left.
    pub is_heard: bool,
    /// Numbers in it that are neither.
    pub counts: u64,
    /// Whether the first row has something in it.
    pub is_on_top: bool,
    /// Own words in it that may say that somebody wants no mail.
    pub notes: BTreeMap<String, u64>,
}

impl Facts {
    /// Whether crosses are all that it holds: no, or "this one".
    pub(super) fn is_crossed(&self) -> bool {
        let mut words = self.words.iter().flatten().peekable();
        words.peek().is_some() && self.more == 0 && words.all(|(word, _)| is_cross(tidy(word)))
    }

    /// Rows that say no.
    pub(super) fn nos(&self) -> u64 {
        let said = self.words.iter().flatten().filter(|(word, _)| flag(word) == Some(false));
        said.map(|(_, rows)| rows).sum()
    }

    /// The order of its dates, where they show one.
    pub(super) const fn order(&self) -> Option<Order> {
        match (self.day_first, self.month_first) {
            (true, false) => Some(Order::DayFirst),
            (false, true) => Some(Order::MonthFirst),
            _ => None,
        }
    }

    pub(super) fn and_order(self, other: &Self) -> Self {
        let (day_first, month_first) =
            (self.day_first || other.day_first, self.month_first || other.month_first);
        Self { day_first, month_first, ..self }
    }

    pub(super) fn hear(&mut self, cell: &str) {
        if let Some(count) = self.answers.get_mut(cell) {
            *count += 1;
        } else if answer(cell).is_some() && self.answers.len() < WORDS_MOST {
            self.answers.insert(cell.to_owned(), 1);
        } else {
            self.counts += u64::from(cell.parse::<f64>().is_ok());
        }
    }

    pub(super) fn note(&mut self, cell: &str) {
        let key = key(cell);
        if self.notes.len() < WORDS_MOST || self.notes.contains_key(&key) {
            *self.notes.entry(key).or_default() += 1;
        }
    }

    pub(super) fn count(&mut self, cell: &str, meaning: Option<Meaning>) {
        // What is a date needs no counting; each is another.
        let is_date = meaning.is_some_and(|meaning| !matches!(meaning, Meaning::Status | Meaning::Unclear))
            && read(cell) != Read::No;
        let Some(words) = &mut self.words else { return };
        if is_date || meaning.is_some_and(|meaning| !speaks(meaning)) {
            return;
        }
        if let Some(count) = words.get_mut(cell) {
            *count += 1;
        } else if words.len() < WORDS_MOST && (cell.len() <= WORD_MOST_BYTES || meaning.is_some()) {
            words.insert(cell.chars().take(WORD_MOST_BYTES).collect(), 1);
        } else if meaning.is_some() {
            self.more += u64::from(word(cell).is_none() && flag(cell).is_none());
        } else {
            self.words = None;
        }
    }
}
