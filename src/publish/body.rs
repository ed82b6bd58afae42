//! Post HTML as it goes into a mail.

use crate::domain::{MailingContent, Timestamp};
use crate::feeds::Entry;

/// Untrusted HTML made safe: nothing active, every URL absolute http(s) or
/// mailto (S7). The same again changes nothing.
pub fn sanitise(_html: &str, _base: Option<&str>) -> String {
    todo!()
}

/// What the mail of an entry carries, but for what differs by reader.
pub fn content_of(_entry: &Entry, _base: &str, _accent: &str, _language: Option<&str>) -> MailingContent {
    let _ = Timestamp::default();
    todo!()
}
