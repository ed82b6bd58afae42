//! The judgement of a row. A file is looked through once before: what a
//! column holds from top to bottom tells what a cell of it means.

use std::collections::HashMap;

use super::beside::Beside;
use super::cell::{addresses_in, is_commented, without_comment};
use super::dates::{Order, Read, read};
use super::fold::{fold, tidy};
use super::headings::{Meaning, is_letters};
use super::layout::{Layout, own_line};
use super::notes::key;
use super::reason::{DateFault, RowReason};
use super::saying::{Column, Saying, said_among_others, saying, speaks};
use super::words::{Said, flag, is_blank, is_null, word};
use crate::domain::SuppressionReason::Unsubscribed;
use crate::domain::{EmailAddress, Timestamp};

/// 1995: before it nobody kept such a list.
const OLDEST: Timestamp = Timestamp::from_millis(788_918_400_000);

/// Whom a row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// This address.
    Address(EmailAddress),
    /// An erased person, by the hash in a list of ours.
    Hash(String),
}

/// One address of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// It is understood.
    Taken {
        /// Whom it is about.
        who: Who,
        /// What the row says.
        said: Said,
        /// Since when, or when it was gone.
        at: Option<Timestamp>,
        /// Why its date was not used.
        date: Option<DateFault>,
        /// A blog's slug, in a list of ours.
        blog: Option<String>,
    },
    /// It is not taken.
    Refused {
        /// What stands there.
        shown: String,
        /// Why.
        reason: RowReason,
    },
}

/// What an operator answers to what a file leaves open.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// What is said of rows that say nothing.
    pub status: Option<Said>,
    /// Words that nobody knows, folded, and what they mean.
    pub words: HashMap<String, Said>,
    /// Columns, by their folded headings, and what yes or a date in them means:
    /// the operator's word counts more than what is known of the heading.
    pub columns: HashMap<String, Said>,
    /// Which of two numbers is the day.
    pub order: Option<Order>,
}

/// Judges the rows of one file.
#[derive(Debug, Clone)]
pub struct Judge {
    pub(super) layout: Layout,
    pub(super) columns: Vec<Column>,
    pub(super) words: HashMap<String, Said>,
    /// Columns of which nobody knows what they say: a cell that surely says that
    /// its reader left is heard all the same.
    pub(super) is_open: Vec<bool>,
    /// Those of them in which a cell says it.
    pub(super) heard: Vec<usize>,
    /// Those with an owner's own words, which the operator may have explained.
    pub(super) noted: Vec<usize>,
    pub(super) now: Timestamp,
}

impl Judge {
    /// What stands where.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Columns that say who follows, left or confirmed.
    pub fn speaking(&self) -> impl Iterator<Item = usize> {
        self.columns.iter().filter(|column| speaks(column.meaning)).map(|column| column.at)
    }

    /// Columns that nobody knows, and in which a cell says all the same that its
    /// reader left.
    pub fn heard(&self) -> impl Iterator<Item = usize> {
        self.heard.iter().copied()
    }

    /// Columns of dates.
    pub fn dated(&self) -> impl Iterator<Item = usize> {
        self.columns
            .iter()
            .filter(|column| matches!(column.meaning, Meaning::Since(_)))
            .map(|column| column.at)
    }

    /// Columns that are used for nothing.
    pub fn unused(&self) -> impl Iterator<Item = usize> {
        let layout = &self.layout;
        let is_used = move |at: &usize| {
            let own = |column: &Column| column.at == *at;
            let column = self.columns.iter().find(|column| own(column)).map(|column| column.meaning);
            *at == layout.address
                || self.heard.contains(at)
                || layout.others.contains(at)
                || column.is_some_and(|meaning| {
                    speaks(meaning) || matches!(meaning, Meaning::Since(_) | Meaning::Blog | Meaning::Hash)
                })
        };
        let columns = if layout.is_list { 0 } else { layout.meanings.len() };
        (0..columns).filter(move |at| !is_used(at))
    }

    /// Columns of status or dates in which no row has anything.
    pub fn empty(&self) -> impl Iterator<Item = usize> {
        let is_told =
            |column: &&Column| speaks(column.meaning) || matches!(column.meaning, Meaning::Since(_));
        self.columns.iter().filter(is_told).filter(|column| !column.is_filled).map(|column| column.at)
    }

    /// What each address of a row comes to. `section` is what the last line
    /// of its own said; it is changed by the next.
    pub fn row(&self, cells: &[&str], section: &mut Said) -> Vec<Entry> {
        let layout = &self.layout;
        if layout.heading_again(cells).is_some() {
            return vec![refused(&cells.join(" "), RowReason::HeadingAgain)];
        }
        if layout.column(Meaning::Hash).is_some() {
            return vec![self.own_row(cells)];
        }
        if is_commented(cells, layout.address) {
            return self.all_refused(cells, &RowReason::Commented);
        }
        if self.has_sections()
            && let Some((_, text, Some(said))) = own_line(cells)
        {
            *section = said;
            return vec![refused(text, RowReason::Section { says: said.as_str() })];
        }
        let beside = self.beside(cells);
        let said = self.said(cells).and(layout.whole).and(*section).and(beside.said);
        let is_row = beside.is_row && !layout.is_suppressions;
        let reason = || is_row.then_some(RowReason::MoreInCell).or_else(|| self.ragged(cells));
        if !matches!(said, Said::Gone(_))
            && let Some(reason) = reason()
        {
            return self.all_refused(cells, &reason);
        }
        if layout.is_list { self.list(cells, said) } else { self.table(cells, said) }
    }

    /// Whether a line of its own speaks for those below it: in a table each row
    /// speaks for itself.
    fn has_sections(&self) -> bool {
        !self.layout.is_suppressions && !self.layout.is_table() && self.speaking().next().is_none()
    }

    /// What stands beside the addresses of a row: in the cell, in a list in
    /// other cells too.
    fn beside(&self, cells: &[&str]) -> Beside {
        if !self.layout.is_list {
            return cells.get(self.layout.address).map_or(Beside::NOTHING, |own| Beside::of_cell(own));
        }
        let (with, without): (Vec<&str>, Vec<&str>) =
            cells.iter().partition(|cell| cell.contains(['@', '＠']));
        let words = without.into_iter().map(Beside::of_words).fold(Beside::NOTHING, Beside::and);
        match with.as_slice() {
            [] => Beside::NOTHING,
            [only] => words.and(Beside::of_cell(only)),
            // Of whom it is said nobody knows.
            _ => Beside { is_row: words.is_row || words.said != Said::Nothing, said: Said::Nothing },
        }
    }

    fn list(&self, cells: &[&str], said: Said) -> Vec<Entry> {
        let mut entries = Vec::new();
        let is_alone = cells.iter().filter(|cell| cell.contains(['@', '＠'])).count() == 1;
        for cell in cells.iter().filter(|cell| !tidy(cell).is_empty()) {
            let (before, comment) = without_comment(cell);
            let found = addresses_in(before);
            if found.is_empty() && comment.is_empty() {
                let is_name = cells.len() > 1 && cells.iter().any(|other| !addresses_in(other).is_empty());
                // Half of "Doe, Kim" before its address.
                if !is_name {
                    entries.push(refused(cell, RowReason::NotAnAddress));
                }
            }
            let beside = if is_alone { Beside::NOTHING } else { Beside::of_cell(cell) };
            let said = said.and(beside.said);
            let is_unread = beside.is_row && !matches!(said, Said::Gone(_)) && !self.layout.is_suppressions;
            entries.extend(found.into_iter().map(|found| match found {
                Ok(address) if is_unread => refused(address.as_str(), RowReason::MoreInCell),
                found => self.entry(found, said, cells),
            }));
            let commented = addresses_in(comment).into_iter().flatten();
            entries.extend(commented.map(|address| refused(address.as_str(), RowReason::Commented)));
        }
        if entries.is_empty() { vec![refused("", RowReason::NoAddress)] } else { entries }
    }

    fn table(&self, cells: &[&str], said: Said) -> Vec<Entry> {
        let layout = &self.layout;
        let own = cells.get(layout.address).copied().unwrap_or_default();
        let mut found = addresses_in(own).into_iter();
        let mut entries = Vec::new();
        let main = found.next();
        let key = main.as_ref().and_then(|main| main.as_ref().ok()).map(EmailAddress::key);
        let side = |at: usize| layout.sides.iter().find(|(own, _)| *own == at).map(|(_, said)| *said);
        match main {
            Some(main) => {
                let said = side(layout.address).map_or(said, |own| said.and(own));
                entries.push(self.entry(main, said, cells));
            }
            None if tidy(own).is_empty() => {}
            None => entries.push(refused(own, RowReason::NotAnAddress)),
        }
        for second in found {
            let shown = second.map_or_else(|bad| bad, |address| address.to_string());
            entries.push(refused(&shown, RowReason::SecondInCell));
        }
        for (at, cell) in
            cells.iter().enumerate().filter(|(at, cell)| *at != layout.address && cell.contains(['@', '＠']))
        {
            for other in addresses_in(cell).into_iter().flatten() {
                if let Some(own) = side(at) {
                    entries.push(self.entry(Ok(other), said.and(own), cells));
                    continue;
                }
                if key.as_deref() != Some(&other.key()) {
                    entries.push(refused(other.as_str(), RowReason::OtherColumn { column: layout.name(at) }));
                }
            }
        }
        if entries.is_empty() { vec![refused("", RowReason::NoAddress)] } else { entries }
    }

    fn entry(&self, found: Result<EmailAddress, String>, said: Said, cells: &[&str]) -> Entry {
        match found {
            Err(bad) => refused(&bad, RowReason::NotAnAddress),
            Ok(address) if said == Said::Skipped => refused(address.as_str(), RowReason::Contact),
            Ok(address) => {
                let (at, date) = self.date(cells, said);
                Entry::Taken { who: Who::Address(address), said, at, date, blog: self.blog(cells) }
            }
        }
    }

    fn blog(&self, cells: &[&str]) -> Option<String> {
        let cell = tidy(cells.get(self.layout.column(Meaning::Blog)?)?);
        (!cell.is_empty()).then(|| cell.chars().take(100).collect())
    }

    /// A row of a list that we wrote ourselves: read back to the letter.
    fn own_row(&self, cells: &[&str]) -> Entry {
        let cell = |at: Option<usize>| at.and_then(|at| cells.get(at)).map_or("", |cell| cell.trim());
        let (address, hash) = (cell(Some(self.layout.address)), cell(self.layout.column(Meaning::Hash)));
        let said = self.said(cells).and(self.layout.whole);
        let (at, date) = self.date(cells, said);
        // The apostrophe keeps a spreadsheet from running it.
        let who = match (address, EmailAddress::parse(address.strip_prefix('\'').unwrap_or(address))) {
            ("", _) if hash.is_empty() => return refused("", RowReason::NoAddress),
            ("", _) => Who::Hash(hash.to_owned()),
            (_, Ok(address)) => Who::Address(address),
            (_, Err(_)) => return refused(address, RowReason::NotAnAddress),
        };
        Entry::Taken { who, said, at, date, blog: self.blog(cells) }
    }

    /// What a row says, by all its columns.
    fn said(&self, cells: &[&str]) -> Said {
        let mut said = Said::Nothing;
        // What was not asked, as it stands in a row of another width, waits.
        let unheard = if self.layout.is_suppressions { Said::Nothing } else { Said::Pending };
        let back = self.latest(cells, |meaning| meaning == Meaning::Back);
        let mut is_back = false;
        for column in self.columns.iter().filter(|column| speaks(column.meaning)) {
            let cell = cells.get(column.at).copied().unwrap_or_default();
            // Who came back after they left has not left.
            let left = || read(tidy(cell)).at(column.order);
            if back.is_some()
                && column.meaning == Meaning::Gone(Unsubscribed)
                && left().is_some_and(|left| back > Some(left))
            {
                is_back = true;
                continue;
            }
            said = said.and(match saying(&self.layout, column, cell) {
                Saying::Says(own) => own,
                Saying::Unknown => self.words.get(&fold(cell)).copied().unwrap_or(unheard),
            });
        }
        // A cell may say it without a heading that does; but what a service says
        // itself of a reader is nearer than its labels and notes.
        let is_clear = said == Said::Active && cells.len() == self.layout.width;
        let is_noted = |at: usize| is_clear && self.layout.kind.has_own(&self.layout.name(at));
        let others = cells.iter().enumerate().filter(|(at, _)| *at != self.layout.address && !is_noted(*at));
        for (at, cell) in others {
            if self.is_open.get(at).copied().unwrap_or(true) || cells.len() != self.layout.width {
                said = said.and(said_among_others(cell));
            }
        }
        for at in self.noted.iter().filter(|at| self.is_open.get(**at) == Some(&true)) {
            let own = cells.get(*at).and_then(|cell| self.words.get(&fold(&key(tidy(cell)))));
            said = said.and(own.copied().unwrap_or(Said::Nothing));
        }
        let waits = |column: &Column| {
            let cell = tidy(cells.get(column.at).copied().unwrap_or_default());
            let is_asked =
                matches!(column.meaning, Meaning::Confirmed | Meaning::Subscribed | Meaning::Since(1))
                    || is_letters(&self.layout.name(column.at));
            // `NULL`: it has no status, where others have one.
            let is_none = column.meaning == Meaning::Status && !cell.is_empty() && is_blank(cell);
            !self.layout.is_suppressions
                && column.has_yes
                && self.layout.kind != super::Kind::Mailchimp
                && (is_asked && is_null(cell) || is_none)
        };
        if is_back {
            said = said.and(Said::Active);
        }
        // Others confirmed, or said yes, this one did not, and nothing else is said.
        if said == Said::Nothing && self.columns.iter().any(waits) { Said::Pending } else { said }
    }

    /// Every address of a row, for one reason.
    fn all_refused(&self, cells: &[&str], reason: &RowReason) -> Vec<Entry> {
        let found = cells.iter().flat_map(|cell| addresses_in(cell));
        let shown = found.map(|found| found.map_or_else(|bad| bad, |address| address.to_string()));
        let entries: Vec<Entry> = shown.map(|shown| refused(&shown, reason.clone())).collect();
        if entries.is_empty() { vec![refused("", RowReason::NoAddress)] } else { entries }
    }

    /// Since when, or when it was gone; or why that is not known.
    fn date(&self, cells: &[&str], said: Said) -> (Option<Timestamp>, Option<DateFault>) {
        let is_gone = matches!(said, Said::Gone(_));
        let rank = |column: &&Column| match column.meaning {
            Meaning::Gone(_) if is_gone => Some(0),
            Meaning::Back if !is_gone => Some(0),
            // In a list of those who get no mail its date is when that began.
            Meaning::Since(rank) if !is_gone || self.layout.is_suppressions => Some(rank + 1),
            Meaning::Confirmed if !is_gone => Some(1),
            Meaning::Subscribed if !is_gone => Some(3),
            _ => None,
        };
        let mut columns: Vec<(u8, &Column)> =
            self.columns.iter().filter_map(|column| Some((rank(&column)?, column))).collect();
        columns.sort_by_key(|(rank, column)| (*rank, column.at));
        // Of several leavings the last counts.
        let (mut fault, mut last) = (None, None);
        for (rank, column) in columns {
            if rank > 0 && last.is_some() {
                break;
            }
            let cell = tidy(cells.get(column.at).copied().unwrap_or_default());
            if flag(cell).is_some() || is_null(cell) || word(cell).is_some() || cell.starts_with('{') {
                continue;
            }
            let is_when = matches!(column.meaning, Meaning::Since(_));
            match (read(cell), read(cell).at(column.order)) {
                (Read::No, _) => fault = fault.or(is_when.then_some(DateFault::Unreadable)),
                (_, None) => fault = fault.or(Some(DateFault::Ambiguous)),
                (_, Some(at)) if at > self.now => fault = fault.or(Some(DateFault::Future)),
                (_, Some(at)) if at < OLDEST => fault = fault.or(Some(DateFault::TooOld)),
                (_, Some(at)) if rank == 0 => last = last.max(Some(at)),
                (_, Some(at)) => return (Some(at), None),
            }
        }
        if last.is_some() { (last, None) } else { (None, fault) }
    }

    /// The latest moment in columns of a meaning.
    fn latest(&self, cells: &[&str], fits: impl Fn(Meaning) -> bool) -> Option<Timestamp> {
        let columns = self.columns.iter().filter(|column| fits(column.meaning));
        let at = |column: &Column| read(tidy(cells.get(column.at)?)).at(column.order);
        columns.filter_map(at).filter(|at| *at <= self.now && *at >= OLDEST).max()
    }
}

fn refused(shown: &str, reason: RowReason) -> Entry {
    Entry::Refused { shown: shown.trim().chars().take(100).collect(), reason }
}
