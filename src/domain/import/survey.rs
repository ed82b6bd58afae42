//! The look through a whole file before its first row is judged: words that
//! nobody knows, the order of days and months, columns that tell by what they
//! hold.

use std::collections::{BTreeMap, HashMap};

use super::asking::{by_operator, check_columns, check_followers, check_name, check_words, likely};
use super::cadence::is_no_mail;
use super::cell::is_commented;
use super::consents::{denies, is_consent};
use super::dates::{Order, Read, is_month_or_year, read};
use super::facts::Facts;
use super::fold::{fold, tidy};
use super::headings::{Meaning, is_about_else};
use super::judge::{Choices, Judge};
use super::layout::{Layout, own_line};
use super::loose::Loose;
use super::notes::{is_noted, may_refuse, unknown_notes};
use super::reason::{Stop, UnknownWord};
use super::saying::{Column, Saying, is_dated, said_among_others, saying, speaks};
use super::words::{Said, flag, is_blank, is_null};
use crate::domain::Timestamp;

/// Words that a stop names.
const NAMED_WORDS: usize = 30;
/// Columns that are looked at; more than these are no list of readers.
const COLUMNS_MOST: usize = 1_000;

/// What was seen of a file so far.
#[derive(Debug, Clone)]
pub struct Survey {
    pub(super) layout: Layout,
    pub(super) columns: Vec<Facts>,
    /// Whether an owner's own words may stand in a column.
    is_noted: Vec<bool>,
    /// Rows that were seen.
    pub(super) rows: u64,
    /// A line of its own that no address is below yet, its column, and whether
    /// it is known what it says.
    own_line: Option<(usize, bool, Stop)>,
    /// The first with addresses below it.
    headed: Option<(usize, Stop)>,
    loose: Loose,
    /// Where the last row ends, and whether it had an address.
    last: (u64, bool),
}

impl Survey {
    /// Begins.
    pub fn new(layout: Layout) -> Self {
        let fresh = Facts { words: Some(BTreeMap::new()), ..Facts::default() };
        let width = layout.meanings.len().max(layout.width).min(COLUMNS_MOST);
        Self {
            columns: vec![fresh; width],
            is_noted: (0..width).map(|at| is_noted(&layout, at)).collect(),
            layout,
            rows: 0,
            own_line: None,
            headed: None,
            loose: Loose::default(),
            last: (0, true),
        }
    }

    /// What stands where.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Takes a row in.
    ///
    /// # Errors
    /// When the row shows that this is no table of readers.
    pub fn see(&mut self, line: u64, cells: &[&str]) -> Result<(), Stop> {
        match self.layout.heading_again(cells) {
            Some(false) => return Err(Stop::AnotherHeading { line }),
            // Below a title, or blank lines, it begins another table.
            Some(true) if self.is_parted(line) => return Err(Stop::AnotherHeading { line }),
            Some(true) => return Ok(()),
            None => {}
        }
        let breaks: usize = cells.iter().map(|cell| cell.matches('\n').count()).sum();
        self.last = (line.saturating_add(breaks as u64), cells.iter().any(|cell| cell.contains(['@', '＠'])));
        if is_commented(cells, self.layout.address) {
            return Ok(());
        }
        self.see_own_line(line, cells)?;
        self.loose.see(&self.layout, line, cells)?;
        if self.layout.is_list {
            return Ok(());
        }
        if let [name, value, ..] = cells
            && self.layout.address == 1
            && super::headings::is_address_heading(tidy(name))
            && value.contains('@')
            && cells.len() == 2
        {
            return Err(Stop::Records { line });
        }
        // Of a row whose cells are shifted nothing is learned.
        let extra = cells.get(self.layout.width..).unwrap_or_default();
        if extra.iter().any(|cell| !tidy(cell).is_empty()) {
            return Ok(());
        }
        self.rows += 1;
        for (at, cell) in cells.iter().enumerate().take(self.columns.len()) {
            let meaning = self.layout.meanings.get(at).copied().flatten();
            if !self.columns[at].is_heard && !meaning.is_some_and(speaks) && at != self.layout.address {
                self.columns[at].is_heard = said_among_others(cell) != Said::Nothing;
            }
            if at == self.layout.address || matches!(meaning, Some(Meaning::Silent | Meaning::Address(_))) {
                continue;
            }
            let is_told = meaning.is_some_and(|meaning| speaks(meaning) || is_dated(meaning));
            let facts = &mut self.columns[at];
            let cell = tidy(cell);
            if meaning.is_none() {
                facts.hear(cell);
            }
            if self.is_noted[at] && may_refuse(self.layout.headings.get(at).map_or("", String::as_str), cell)
            {
                facts.note(cell);
            }
            if !is_told && facts.words.is_none() {
                facts.filled += u64::from(!cell.is_empty());
                continue;
            }
            if flag(cell).is_none() && is_null(cell) {
                // "-" beside "active" has to be asked for.
                let is_asked = meaning == Some(Meaning::Status) && !self.layout.is_suppressions;
                // "Never" beside "weekly" is how often.
                if !is_blank(cell) && (is_asked || meaning.is_none() && is_no_mail(cell)) {
                    facts.count(cell, meaning);
                }
                continue;
            }
            facts.filled += 1;
            facts.is_on_top |= self.rows == 1;
            if let Read::Shows(order, _) = read(cell) {
                facts.day_first |= order == Order::DayFirst;
                facts.month_first |= order == Order::MonthFirst;
            }
            let is_open = matches!(meaning, None | Some(Meaning::Unclear));
            let is_rough = is_open && is_month_or_year(cell);
            if is_open && flag(cell).is_none() && (is_rough || read(cell) != Read::No) {
                let is_number = cell.len() < 8 && cell.bytes().all(|b| b.is_ascii_digit() || b == b'.');
                facts.dates += 1;
                facts.numbers += u64::from(is_number && !is_rough);
                continue;
            }
            facts.count(cell, meaning);
        }
        Ok(())
    }

    /// Whether what begins in this line is parted from the rows above it, and
    /// no column says of each reader who follows.
    fn is_parted(&self, line: u64) -> bool {
        let (end, has_address) = self.last;
        let is_told = self.layout.meanings.iter().flatten().any(|meaning| speaks(*meaning));
        !is_told && end > 0 && (line > end + 1 || !has_address)
    }

    /// A line of its own speaks for nobody until an address is below it.
    fn see_own_line(&mut self, line: u64, cells: &[&str]) -> Result<(), Stop> {
        if let Some((at, text, said)) = own_line(cells)
            && said != Some(Said::Nothing)
            && (at == self.layout.address || at == 0)
        {
            let stop = Stop::Section { line, text: text.trim().chars().take(100).collect() };
            let is_clear = said.is_some();
            self.own_line = Some((at, is_clear, stop));
        } else if cells.iter().any(|cell| cell.contains('@')) {
            match self.own_line.take() {
                Some((_, false, stop)) if !self.layout.is_suppressions && !self.layout.is_table() => {
                    return Err(stop);
                }
                Some((at, true, stop)) if self.headed.is_none() => self.headed = Some((at, stop)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes in that a quotation in this row, of `cells` cells, is not closed.
    ///
    /// # Errors
    /// When cells of the row must be in the lines below it: whose they are
    /// then, nobody knows.
    pub fn see_open(&self, line: u64, cells: usize) -> Result<(), Stop> {
        let is_whole = self.layout.is_list || self.layout.heading_line == 0 || cells >= self.layout.width;
        if is_whole { Ok(()) } else { Err(Stop::OpenQuote { line }) }
    }

    /// Ends: what judges the rows.
    ///
    /// # Errors
    /// What has to be answered first.
    pub fn judge(self, choices: &Choices, now: Timestamp) -> Result<Judge, Stop> {
        let mut columns = Vec::new();
        let mapped = by_operator(&self, choices)?;
        // What other columns show tells of one that shows nothing.
        let order_of_all = self.columns.iter().fold(Facts::default(), Facts::and_order).order();
        for (at, facts) in self.columns.iter().enumerate().filter(|(at, _)| *at != self.layout.address) {
            let own = self.layout.meanings.get(at).copied().flatten();
            let guessed = if own.is_none() { facts.guess(self.layout.headings.get(at)) } else { None };
            let (meaning, is_bare) = match mapped[at].or(own) {
                // Yes below "Cancellation status" is no "follows".
                Some(Meaning::Status) => {
                    (Meaning::Status, self.layout.headings.get(at).is_some_and(|heading| denies(heading)))
                }
                Some(meaning) => (meaning, facts.is_crossed()),
                None => match guessed {
                    Some(guessed) => guessed,
                    None => continue,
                },
            };
            let shown = if facts.day_first || facts.month_first { facts.order() } else { order_of_all };
            let order = choices.order.or(shown).or(self.layout.kind.order());
            let is_filled = facts.filled > 0;
            // A consent that nobody gave was asked for; of a letter only no was noted.
            let is_asked = meaning != Meaning::Subscribed
                || is_consent(&self.layout.name(at))
                || facts.filled > facts.nos();
            let has_yes = is_filled && is_asked;
            columns.push(Column { at, meaning, is_bare, order, is_filled, has_yes });
        }
        self.check_own_line(&columns)?;
        self.check_merged(&columns)?;
        self.loose.check()?;
        let mut unknown = self.unknown(&columns, choices);
        unknown.extend(unknown_notes(&self, &columns, &mapped, choices));
        if !unknown.is_empty() {
            unknown.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.word.cmp(&b.word)));
            let more = unknown.len().saturating_sub(NAMED_WORDS);
            unknown.truncate(NAMED_WORDS);
            return Err(Stop::UnknownWords { words: unknown, more });
        }
        self.check_choices(&columns, choices)?;
        check_words(&self, &columns, choices)?;
        check_columns(&self, &columns, choices)?;
        // What the file says of each reader is nearer than what its name says
        // of all, if it says it of any. Mailchimp's kinds are told by the name.
        let is_told = columns.iter().any(|column| self.tells(column));
        if !is_told {
            check_name(&self, &columns, choices)?;
            check_followers(&self, &columns, choices)?;
        }
        let mut layout = self.layout;
        if layout.kind != super::Kind::Mailchimp && is_told {
            layout.whole = Said::Nothing;
        }
        let is_open = |at: usize| match layout.meanings[at] {
            // A cell that surely says it is heard below any heading that says nothing.
            _ if mapped[at] == Some(Meaning::Silent) => true,
            None => true,
            // Not the standing for text messages.
            Some(Meaning::Silent) => !layout.headings.get(at).is_some_and(|heading| is_about_else(heading)),
            Some(_) => false,
        };
        let is_open: Vec<bool> = (0..layout.meanings.len()).map(is_open).collect();
        let is_heard = |at: &usize| {
            is_open.get(*at) == Some(&true)
                && self.columns[*at].is_heard
                && !columns.iter().any(|column| column.at == *at && speaks(column.meaning))
                && !layout.kind.has_own(&layout.name(*at))
        };
        let heard = (0..self.columns.len()).filter(is_heard).collect();
        let noted = (0..self.columns.len()).filter(|at| !self.columns[*at].notes.is_empty()).collect();
        Ok(Judge { layout, columns, words: choices.words.clone(), is_open, heard, noted, now })
    }

    /// In a table a line of its own may be a heading of the rows below it, or
    /// a row without its address, which a word of status alone is.
    fn check_own_line(&self, columns: &[Column]) -> Result<(), Stop> {
        let speaking = || columns.iter().filter(|column| speaks(column.meaning));
        let is_table =
            !self.layout.is_suppressions && (self.layout.is_table() || speaking().next().is_some());
        match &self.headed {
            Some((at, stop)) if is_table && !speaking().any(|column| column.at == *at) => Err(stop.clone()),
            _ => Ok(()),
        }
    }

    /// A word of status that stands once, with blank cells below it, may speak
    /// for those too.
    fn check_merged(&self, columns: &[Column]) -> Result<(), Stop> {
        let is_merged = |column: &&Column| {
            let facts = &self.columns[column.at];
            let words = || facts.words.iter().flatten();
            self.layout.meanings.get(column.at) == Some(&Some(Meaning::Status))
                && facts.is_on_top
                && facts.filled * 2 <= self.rows
                && words().count() > 1
                && words().all(|(_, rows)| *rows == 1)
        };
        match columns.iter().find(is_merged) {
            Some(column) if !self.layout.is_suppressions => {
                Err(Stop::Merged { column: self.layout.name(column.at) })
            }
            _ => Ok(()),
        }
    }

    /// Whether a column says of anybody that they do not follow.
    fn tells(&self, column: &Column) -> bool {
        if !speaks(column.meaning) || matches!(column.meaning, Meaning::Confirmed | Meaning::Cadence) {
            return false;
        }
        let facts = &self.columns[column.at];
        let words = facts.words.iter().flatten();
        let counted: u64 = words.clone().map(|(_, rows)| rows).sum();
        let says = |word: &str| match saying(&self.layout, column, word) {
            Saying::Says(said) => !matches!(said, Said::Nothing | Said::Active),
            Saying::Unknown => true,
        };
        // The other cells are dates.
        let is_dated = matches!(column.meaning, Meaning::Gone(_)) && facts.filled > counted;
        is_dated || words.into_iter().any(|(word, _)| says(word))
    }

    fn unknown(&self, columns: &[Column], choices: &Choices) -> Vec<UnknownWord> {
        let mut unknown = Vec::new();
        let named = self.layout.named.as_ref().map(|named| named.said);
        let is_told = choices.status.is_some() || matches!(named, Some(Said::Gone(_)));
        let can_be = |column: &&Column| {
            speaks(column.meaning) && !matches!(column.meaning, Meaning::Waits | Meaning::Cadence)
        };
        for column in columns.iter().filter(can_be) {
            let name = || self.layout.name(column.at);
            let facts = &self.columns[column.at];
            let words = facts.words.iter().flatten();
            // Why, in free words, where it is said of everybody already.
            if self.layout.is_suppressions && is_told {
                continue;
            }
            let not_known = words.filter(|(word, _)| {
                // Which way round yes and no are is asked of the column.
                let is_of_column = column.meaning == Meaning::Unclear && flag(word).is_some();
                saying(&self.layout, column, word) == Saying::Unknown
                    && !is_of_column
                    && !choices.words.contains_key(&fold(word))
            });
            let likely = |word: &str| {
                let heading = self.layout.headings.get(column.at).map_or("", String::as_str);
                likely(heading, column, word, self.layout.is_suppressions)
            };
            unknown.extend(not_known.map(|(word, rows)| UnknownWord {
                column: name(),
                word: word.clone(),
                rows: *rows,
                likely: likely(word),
            }));
            if facts.more > 0 {
                let likely = likely("");
                unknown
                    .push(UnknownWord { column: name(), word: "…".to_owned(), rows: facts.more, likely });
            }
        }
        unknown
    }

    /// A word whose meaning is known stays what it is: no flag makes those
    /// active who left (I1).
    fn check_choices(&self, columns: &[Column], choices: &Choices) -> Result<(), Stop> {
        let map: &HashMap<_, _> = &choices.words;
        for column in columns.iter().filter(|column| speaks(column.meaning)) {
            for text in self.columns[column.at].words.iter().flatten().map(|(text, _)| text) {
                let Some(wish) = map.get(&fold(text)) else { continue };
                match saying(&self.layout, column, text) {
                    Saying::Says(said) if said != *wish => {
                        return Err(Stop::KnownWord { word: text.clone(), means: said.as_str() });
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}
