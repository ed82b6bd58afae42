//! Rows of another width than their heading.

use super::fold::tidy;
use super::judge::Judge;
use super::reason::RowReason;
use super::words::{Said, flag, status_word};

impl Judge {
    /// Why nobody knows which cell of a row is which, if so.
    pub(super) fn ragged(&self, cells: &[&str]) -> Option<RowReason> {
        let layout = &self.layout;
        if layout.is_list || cells.len() == layout.width {
            return None;
        }
        let reason = RowReason::Ragged { cells: cells.len(), columns: layout.width };
        let tells = |cell: &&&str| {
            let cell = tidy(cell);
            flag(cell).is_some() || status_word(cell).is_some_and(|said| said != Said::Active)
        };
        let extra = cells.get(layout.width..).unwrap_or_default();
        let speaking: Vec<usize> = self.speaking().collect();
        let is_cut = speaking.iter().any(|at| *at >= cells.len());
        let is_odd = if extra.is_empty() {
            // Cells are missing: at the end, unless one of them stands too far left.
            is_cut && cells.iter().enumerate().any(|(at, cell)| !speaking.contains(&at) && tells(&cell))
        } else {
            let is_filled = extra.iter().any(|cell| !tidy(cell).is_empty());
            is_filled && (!speaking.is_empty() || extra.iter().any(|cell| tells(&cell)))
        };
        is_odd.then_some(reason)
    }
}
