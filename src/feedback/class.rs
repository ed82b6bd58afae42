//! Who is to blame for a mail that did not arrive.

use serde::{Deserialize, Serialize};

/// What a refusal says about its reader (B6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// There is no such reader: no mail any more.
    Hard,
    /// Not now: a full mailbox, a server that is away.
    Soft,
    /// The content or the sender was refused; the reader is good.
    Sender,
}
