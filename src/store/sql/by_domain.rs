//! A mailing by the domains of its readers.

use std::collections::HashMap;

use super::blocks::Block;
use super::rows::at;
use crate::domain::{DeliveryStatus, Timestamp};
use crate::store::{Breakdown, DeliveryCounts};

/// Counts by domain.
#[derive(Default)]
pub(super) struct ByDomain {
    counts: HashMap<String, DeliveryCounts>,
    since: Timestamp,
    settled_since: i64,
}

impl ByDomain {
    /// What found its end after that moment is counted by itself.
    pub(super) fn new(since: Timestamp) -> Self {
        Self { since, ..Self::default() }
    }

    pub(super) fn add(&mut self, address: &str, status: DeliveryStatus, settled_at: Option<i64>) {
        let domain = address.rsplit('@').next().unwrap_or_default();
        if !self.counts.contains_key(domain) {
            self.counts.insert(domain.to_owned(), DeliveryCounts::default());
        }
        let Some(own) = self.counts.get_mut(domain) else { return };
        match status {
            DeliveryStatus::Queued => own.queued += 1,
            DeliveryStatus::Sent => own.sent += 1,
            DeliveryStatus::Failed => own.failed += 1,
            DeliveryStatus::Withheld => own.withheld += 1,
        }
        self.settled_since += i64::from(settled_at.is_some_and(|ms| at(ms) > self.since));
    }

    pub(super) fn add_block(&mut self, block: &Block, addresses: &HashMap<i64, String>) {
        // What was said is read of blocks alone that ended lately.
        let is_late = block.settled_at.is_some_and(|ms| at(ms) > self.since);
        let sent_at: HashMap<usize, i64> = if is_late {
            block.replies().into_iter().map(|said| (said.place, said.at)).collect()
        } else {
            HashMap::new()
        };
        for (place, reader) in block.readers.iter().enumerate() {
            if let (Some(address), Some(status)) = (addresses.get(reader), block.status(place)) {
                let ended_at = match status {
                    DeliveryStatus::Withheld => block.settled_at,
                    _ => sent_at.get(&place).copied(),
                };
                self.add(address, status, ended_at);
            }
        }
    }

    pub(super) fn done(self) -> Breakdown {
        let mut domains: Vec<_> = self.counts.into_iter().collect();
        domains.sort_by(|(a, ours), (b, theirs)| theirs.total().cmp(&ours.total()).then_with(|| a.cmp(b)));
        Breakdown { domains, settled_since: self.settled_since }
    }
}
