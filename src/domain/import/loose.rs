//! Lists written by hand: words, signs and lines of their own beside and
//! between addresses, where no heading says what they are.

use super::beside::Beside;
use super::cell::is_marked;
use super::fold::{fold, tidy};
use super::layout::{Layout, own_line};
use super::names::is_of_list;
use super::reason::Stop;
use super::words::{Said, status_word};

/// Characters of a line that a stop shows.
const SHOWN_CHARS: usize = 100;

/// What was seen of such a list so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Loose {
    /// Whether it is such a list at all.
    is_loose: bool,
    /// Rows with an address.
    addressed: u64,
    /// Of these, those with what may be a name beside it.
    named: u64,
    /// Those with other words, or a sign.
    odd: u64,
    first_named: Option<Stop>,
    first_odd: Option<Stop>,
    /// A line of words that nobody knows, and no address below it yet.
    line: Option<Stop>,
    /// Whether a line above says that those below it are gone.
    is_gone: bool,
    /// Rows with an address that has no sign at it, and the first that has one.
    plain: u64,
    first_marked: Option<Stop>,
}

impl Loose {
    /// Takes a row in.
    ///
    /// # Errors
    /// When a line that nobody understands stands between addresses.
    pub fn see(&mut self, layout: &Layout, line: u64, cells: &[&str]) -> Result<(), Stop> {
        if layout.is_suppressions {
            return Ok(());
        }
        self.see_marks(layout, line, cells);
        if layout.is_table() {
            return Ok(());
        }
        // In a table no address stands alone in its line.
        self.is_loose |= layout.is_list || cells.len() == 1 && cells[0].contains(['@', '＠']);
        let text = cells.join(" ");
        if !text.contains(['@', '＠']) {
            match own_line(cells) {
                Some((_, _, Some(said))) => {
                    self.is_gone = matches!(said, Said::Gone(_) | Said::Pending | Said::Skipped);
                    self.line = None;
                }
                _ if self.is_loose && self.addressed > 0 && !self.is_gone && !is_of_list(&text) => {
                    self.line = Some(Stop::Section { line, text: shown(&text) });
                }
                _ => {}
            }
            return Ok(());
        }
        if let Some(stop) = self.line.take() {
            return Err(stop);
        }
        self.addressed += 1;
        if layout.section == Said::Nothing && !self.is_gone {
            self.see_beside(line, cells, &text);
        }
        Ok(())
    }

    /// A sign at an address alone tells its reader from the others.
    fn see_marks(&mut self, layout: &Layout, line: u64, cells: &[&str]) {
        let own = cells.iter().enumerate().filter(|(at, _)| layout.is_list || *at == layout.address);
        for (_, cell) in own.filter(|(_, cell)| cell.contains(['@', '＠'])) {
            if is_marked(cell) {
                self.first_marked.get_or_insert_with(|| Stop::Beside { line, text: shown(cell) });
            } else {
                self.plain += 1;
            }
        }
    }

    fn see_beside(&mut self, line: u64, cells: &[&str], text: &str) {
        // Names stand before an address in angles.
        if text.matches(['@', '＠']).count() != 1 || text.contains('<') {
            return;
        }
        let said = cells.iter().map(|cell| Beside::of_cell(cell)).fold(Beside::NOTHING, Beside::and).said;
        let parts = text.split(|c: char| c.is_whitespace() || "()[],;|\"'".contains(c));
        let words: Vec<&str> = parts.filter(|word| !word.is_empty() && !word.contains(['@', '＠'])).collect();
        let beside = words.join(" ");
        let bare = tidy(&beside);
        let is_before = cells.len() > 1 && cells.first().is_some_and(|cell| tidy(cell).is_empty());
        let without = cells.iter().filter(|cell| !cell.contains(['@', '＠']));
        let is_said = without.map(|cell| Beside::of_words(cell)).any(|own| own.said != Said::Nothing);
        if bare.is_empty() && !is_before || said != Said::Nothing || is_said || status_word(bare).is_some() {
            return;
        }
        let stop = || Some(Stop::Beside { line, text: shown(text) });
        if is_name(&words) {
            self.named += 1;
            self.first_named = self.first_named.take().or_else(stop);
        } else {
            self.odd += 1;
            self.first_odd = self.first_odd.take().or_else(stop);
        }
    }

    /// Ends.
    ///
    /// # Errors
    /// When words or signs stand beside some of the addresses, and others have
    /// none: what they say of them, nobody knows.
    pub fn check(&self) -> Result<(), Stop> {
        // Most have a name, or few: then it is something else.
        let are_names = self.named * 2 >= self.addressed;
        let odd = if are_names { self.odd } else { self.odd + self.named };
        let is_all = self.odd + self.named == self.addressed;
        if let Some(stop) = self.first_marked.as_ref().filter(|_| self.plain > 0) {
            return Err(stop.clone());
        }
        let first = self.first_odd.as_ref().or(self.first_named.as_ref());
        match first {
            Some(stop) if self.is_loose && odd > 0 && !is_all => Err(stop.clone()),
            _ => Ok(()),
        }
    }
}

/// "Ann Bee", "Bob (Kim's)", but no "RIP" and no "please remove".
fn is_name(words: &[&str]) -> bool {
    let is_part = |word: &&str| {
        word.starts_with(|c: char| c.is_uppercase() || c.is_alphabetic() && !c.is_lowercase())
            && (word.chars().skip(1).any(char::is_lowercase) || !fold(word).is_ascii())
    };
    (1..=4).contains(&words.len()) && words.iter().all(is_part)
}

fn shown(text: &str) -> String {
    text.trim().chars().take(SHOWN_CHARS).collect()
}
