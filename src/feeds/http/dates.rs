//! What time other servers think it is.

use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use reqwest::header::{AGE, DATE, HeaderMap};

use super::headers::text_of;

/// What answers say of the time, for who compares clocks.
#[derive(Debug, Clone, Default)]
pub struct DateNotes(Arc<Mutex<Vec<DateNote>>>);

/// What one answer says of the time.
#[derive(Debug, Clone)]
pub struct DateNote {
    /// Whose answer.
    pub host: String,
    /// Its `Date` with its `Age`, in seconds since 1970.
    pub seconds: i64,
    /// When it came.
    pub at: Instant,
}

impl DateNotes {
    /// What was noted so far.
    pub fn all(&self) -> Vec<DateNote> {
        self.0.lock().clone()
    }

    pub(super) fn note(&self, host: &str, headers: &HeaderMap) {
        let date = text_of(headers, &DATE).and_then(|text| jiff::fmt::rfc2822::parse(&text).ok());
        // A cache keeps the Date of the first answer and says its age (RFC 9111 §5.1).
        let age = text_of(headers, &AGE).and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
        if let Some(date) = date {
            let seconds = date.timestamp().as_second().saturating_add(age.into());
            let note = DateNote { host: host.to_owned(), seconds, at: Instant::now() };
            self.0.lock().push(note);
        }
    }
}
