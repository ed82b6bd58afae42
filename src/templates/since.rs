//! Since when somebody follows, and what that rests on: a mail or a page
//! never states a consent that nobody gave (I3).

use serde::Serialize;

use crate::domain::{ConfirmedBy, Timestamp};

/// One of these is set, or none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Since {
    /// `4 March 2023`: the reader confirmed then.
    pub confirmed_on: Option<String>,
    /// A file said so.
    pub follows_since: Option<String>,
    /// The file had no date.
    pub imported_on: Option<String>,
    /// By the operator.
    pub added_on: Option<String>,
}

impl Since {
    /// What may be said of this day.
    pub fn of(by: ConfirmedBy, day: Option<String>) -> Self {
        let nothing = Self::default();
        match by {
            ConfirmedBy::Reader => Self { confirmed_on: day, ..nothing },
            ConfirmedBy::File => Self { follows_since: day, ..nothing },
            ConfirmedBy::Import => Self { imported_on: day, ..nothing },
            ConfirmedBy::Operator => Self { added_on: day, ..nothing },
        }
    }

    /// The same of a moment.
    pub fn at(by: ConfirmedBy, at: Option<Timestamp>) -> Self {
        Self::of(by, at.map(Timestamp::long_date))
    }

    /// The day alone.
    pub fn day(&self) -> Option<&str> {
        let days = [&self.confirmed_on, &self.follows_since, &self.imported_on, &self.added_on];
        days.into_iter().find_map(Option::as_deref)
    }
}
