//! What stands beside an address in its cell: a name, a word of status, or the
//! rest of a row that was put into one cell.

use super::cell::is_address;
use super::fold::tidy;
use super::words::{Said, flag, status_word, sure_piece};

/// What it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Beside {
    /// What it says of the address.
    pub said: Said,
    /// Whether it is the rest of a row, and nobody knows which cells.
    pub is_row: bool,
}

impl Beside {
    pub(super) const NOTHING: Self = Self { said: Said::Nothing, is_row: false };

    pub(super) fn and(self, other: Self) -> Self {
        Self { said: self.said.and(other.said), is_row: self.is_row || other.is_row }
    }

    /// Of words without an address.
    pub(super) fn of_words(words: &str) -> Self {
        let is_row = flag(tidy(words)).is_some();
        let words = tidy(words).trim_matches(|c: char| !c.is_alphanumeric());
        let said = sure_piece(words).or_else(|| status_word(words)).filter(|said| *said != Said::Active);
        Self { said: said.unwrap_or(Said::Nothing), is_row }
    }

    /// Of all but the addresses in a cell.
    pub(super) fn of_cell(cell: &str) -> Self {
        let text = tidy(cell);
        let is_bare = |text: &str| is_address(text) && !text.contains('<');
        if !text.contains(['@', '＠']) || is_bare(text) {
            return Self::NOTHING;
        }
        let pieces = || text.split([',', ';', '|', '\t', '\n']).filter(|piece| !tidy(piece).is_empty());
        // An address between signs as in a table, and what is none.
        let is_row = pieces().any(&is_bare) && pieces().any(|piece| !piece.contains(['@', '＠']));
        pieces().map(Self::of_piece).fold(Self { is_row, ..Self::NOTHING }, Self::and)
    }

    fn of_piece(piece: &str) -> Self {
        // "Left <left@…>": who is named so has not left, unless it is plain.
        let (name, rest) = piece.split_once('<').unwrap_or(("", piece));
        let name = sure_piece(tidy(name)).filter(|said| *said != Said::Active).unwrap_or(Said::Nothing);
        let tokens: Vec<&str> = rest.split(|c: char| c.is_whitespace() || "()[]<>/".contains(c)).collect();
        let runs = tokens.split(|token| token.contains(['@', '＠']));
        runs.map(|run| Self::of_words(&run.join(" "))).fold(Self { said: name, is_row: false }, Self::and)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SuppressionReason::{Bounced, Unsubscribed};

    #[test]
    fn names_are_told_from_words_of_status_and_the_rest_of_a_row() {
        const LEFT: Said = Said::Gone(Unsubscribed);
        for (cell, said, is_row) in [
            ("kim@x.org", Said::Nothing, false),
            ("Kim <kim@x.org>", Said::Nothing, false),
            ("\"Doe, Kim\" <kim@x.org>", Said::Nothing, false),
            ("Left <kim@x.org>", Said::Nothing, false),
            ("Unsubscribed <kim@x.org>", LEFT, false),
            ("Kim <kim@x.org> left", LEFT, false),
            ("[kim](mailto:kim@x.org)", Said::Nothing, false),
            ("Email: kim@x.org", Said::Nothing, false),
            ("kim@x.org (Kim)", Said::Nothing, false),
            ("kim@x.org (bounced)", Said::Gone(Bounced), false),
            ("kim@x.org - left", LEFT, false),
            ("a@x.org, b@x.org", Said::Nothing, false),
            ("kim@x.org,unsubscribed", LEFT, true),
            ("Kim,kim@x.org,Stammleser", Said::Nothing, true),
            ("kim@x.org;;x", Said::Nothing, true),
            ("kim@x.org false", Said::Nothing, true),
        ] {
            assert_eq!(Beside::of_cell(cell), Beside { said, is_row }, "{cell}");
        }
    }
}
