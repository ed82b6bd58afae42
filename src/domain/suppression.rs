//! A suppression: an address that gets no mail, for one blog or for all.

use serde::{Deserialize, Serialize};

use super::blog::words;
use super::{BlogId, Timestamp};

/// Why an address gets no mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SuppressionReason {
    /// Its server said that it does not exist. All blogs, nothing of any kind.
    Bounced,
    /// Its owner called our mail spam. All blogs, nothing of any kind.
    Complained,
    /// The operator said so. All blogs, nothing of any kind.
    Manual,
    /// Left elsewhere (an import, a provider's event), or erased. One blog;
    /// a confirmation that the reader asked for and one goodbye still go.
    Unsubscribed,
}

words!(SuppressionReason {
    Bounced = "bounced",
    Complained = "complained",
    Manual = "manual",
    Unsubscribed = "unsubscribed",
});

impl SuppressionReason {
    /// Whether a later entry for the same scope replaces this reason: only the
    /// operator takes a complaint back, the others yield to what is stronger.
    pub fn yields_to(self, later: Self) -> bool {
        self == Self::Unsubscribed || later == Self::Complained
    }
}

/// One entry of the list.
#[derive(Debug, Clone, Serialize)]
pub struct Suppression {
    /// Its row: newer ones have higher numbers.
    #[serde(skip)]
    pub id: i64,
    /// The keyed hash by which the address is known.
    #[serde(skip)]
    pub address_hash: String,
    /// The address, unless its owner was erased.
    pub address: Option<String>,
    /// The blog; `None`: all.
    pub blog_id: Option<BlogId>,
    /// Why.
    pub reason: SuppressionReason,
    /// Since when.
    pub created_at: Timestamp,
}
