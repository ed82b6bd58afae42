//! What a column is by what it holds, where nobody knows its heading.

use super::cadence::{is_no_mail, is_of_mails, is_rhythm};
use super::facts::Facts;
use super::fold::tidy;
use super::headings::{Meaning, asked};
use super::words::{flag, is_null, status_word, word};

impl Facts {
    /// Whether a column without a known heading is one of status or consent by
    /// what it holds; and whether yes and no are all that it holds and nothing
    /// says of what.
    pub(super) fn guess(&self, heading: Option<&String>) -> Option<(Meaning, bool)> {
        let words = self.words.as_ref().filter(|_| self.filled > 0)?;
        let share = |fits: &dyn Fn(&str) -> bool| {
            let is_filled = |word: &str| flag(word).is_some() || !is_null(word);
            words
                .iter()
                .filter(|(word, _)| fits(word) && is_filled(word))
                .map(|(_, count)| count)
                .sum::<u64>()
        };
        let known = share(&|text| status_word(text).is_some());
        let is_flag = |text: &str| flag(text).is_some();
        let fits = share(&|text| is_flag(text) || status_word(text).is_some());
        match heading.and_then(|heading| asked(heading)) {
            Some(Meaning::Subscribed) if share(&is_flag) > 0 && fits == self.filled => {
                return Some((Meaning::Subscribed, false));
            }
            // When somebody left tells it as well as a yes.
            Some(turned) if turned != Meaning::Subscribed && (fits + self.dates) * 10 >= self.filled * 8 => {
                return Some((turned, false));
            }
            _ => {}
        }
        if known * 10 >= self.filled * 8 {
            return Some((Meaning::Status, false));
        }
        let is_mail = heading.is_some_and(|heading| is_of_mails(heading));
        let has = |fits: &dyn Fn(&str) -> bool| words.iter().any(|(word, _)| fits(word));
        let is_often = |text: &str| is_rhythm(text) || is_no_mail(text) || word(text).is_some();
        if (has(&is_rhythm) || is_mail && has(&is_no_mail))
            && (is_mail || words.keys().all(|word| is_often(word)))
        {
            return Some((Meaning::Cadence, false));
        }
        let is_nameless = heading.is_none_or(|heading| tidy(heading).is_empty());
        // Signs without a heading mark somebody, and nobody knows what as.
        let marks = |text: &str| is_flag(text) || !text.chars().any(char::is_alphanumeric);
        (is_nameless && share(&marks) == self.filled).then_some((Meaning::Status, true))
    }
}
