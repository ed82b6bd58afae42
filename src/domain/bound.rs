//! How many mails strangers may cause to one address (S2, S19): one table for
//! every kind of mail. A new kind that somebody can cause by typing or
//! forwarding gets its row here, and the store lets it pass nowhere else.

use super::{DAY_MS, DeliveryKind, HOUR_MS};

/// So many mails within a span that moves along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The most.
    pub most: u32,
    /// Within this span.
    pub within_ms: i64,
}

/// Whose mails are counted together. Always of one canonical address, so that
/// tags and dots do not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// Whatever they are about.
    Address,
    /// Those about one blog.
    Blog,
    /// Those about one subscription: one spelling of the address at one blog.
    Subscription,
}

/// A row of the table: kinds of mail that are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// As it is kept in the database.
    pub name: &'static str,
    /// Whose are counted together.
    pub per: Per,
    /// One or two limits; each must hold.
    pub limits: &'static [Limit],
    /// Whether one whose link was used counts here all the same. Towards
    /// [`ALL_TOGETHER`] it never does.
    pub counts_used: bool,
}

/// All that strangers can cause, together.
pub const ALL_TOGETHER: Limit = Limit { most: 5, within_ms: DAY_MS };

/// Whether the address wants to follow, or that it does already. A question
/// that was answered needs no second one on that day: undo is the way back.
pub const QUESTION: Bound = Bound {
    name: "question",
    per: Per::Blog,
    limits: &[Limit { most: 1, within_ms: DAY_MS }, Limit { most: 3, within_ms: 90 * DAY_MS }],
    counts_used: true,
};

/// The link to one's own follows.
pub const MANAGE: Bound = Bound {
    name: "manage",
    per: Per::Address,
    limits: &[Limit { most: 1, within_ms: HOUR_MS }, Limit { most: 3, within_ms: DAY_MS }],
    counts_used: false,
};

/// What is told of a change: who has the link of a forwarded mail can leave
/// and take it back all day.
pub const CHANGE: Bound = Bound {
    name: "change",
    per: Per::Subscription,
    limits: &[Limit { most: 1, within_ms: DAY_MS }],
    counts_used: true,
};

/// Who can cause a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Anybody, within this bound.
    Stranger(&'static Bound),
    /// Nobody whom we need to fear, for this reason.
    Trusted(&'static str),
}

impl DeliveryKind {
    /// Who can cause a mail of this kind. Without a wildcard, so that nobody
    /// adds a kind without an answer.
    pub const fn cause(self) -> Cause {
        match self {
            Self::Confirm | Self::Reminder => Cause::Stranger(&QUESTION),
            Self::Manage => Cause::Stranger(&MANAGE),
            Self::Goodbye => Cause::Stranger(&CHANGE),
            Self::Welcome => Cause::Trusted("it answers the link of one confirmation, once"),
            Self::Notice => Cause::Trusted("it goes to the owner whom the operator named"),
            Self::Test => Cause::Trusted("the operator sends it"),
            Self::Post => Cause::Trusted("it goes to those who confirmed"),
        }
    }
}

/// Mails that were sent, or are about to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MailCounts {
    /// Within the span of each limit of the bound.
    pub within: [u32; 2],
    /// Within the span of [`ALL_TOGETHER`].
    pub all_together: u32,
}

impl Bound {
    /// Whether one more may go out.
    pub fn allows(&self, counts: &MailCounts) -> bool {
        self.limits.iter().zip(counts.within).all(|(limit, so_far)| so_far < limit.most)
            && counts.all_together < ALL_TOGETHER.most
    }

    /// The longest span that any bound looks back: counts are kept as long.
    pub const fn longest_ms() -> i64 {
        QUESTION.limits[1].within_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S19
    #[test]
    fn each_bound_holds_at_its_number_and_all_together_at_theirs() {
        let counts = |first, second, all_together| MailCounts { within: [first, second], all_together };
        for (bound, allowed, refused) in [
            (QUESTION, vec![counts(0, 0, 0), counts(0, 2, 4)], vec![counts(1, 1, 1), counts(0, 3, 0)]),
            (MANAGE, vec![counts(0, 2, 4)], vec![counts(1, 1, 1), counts(0, 3, 3)]),
            (CHANGE, vec![counts(0, 0, 4), counts(0, 9, 4)], vec![counts(1, 0, 1)]),
        ] {
            for counts in allowed {
                assert!(bound.allows(&counts), "{} {counts:?}", bound.name);
            }
            for counts in refused.into_iter().chain([counts(0, 0, 5)]) {
                assert!(!bound.allows(&counts), "{} {counts:?}", bound.name);
            }
        }
    }

    #[test]
    fn counts_are_kept_as_long_as_any_bound_looks_back() {
        let limits = [QUESTION, MANAGE, CHANGE].map(|bound| bound.limits);
        let longest =
            limits.iter().copied().flatten().chain([&ALL_TOGETHER]).map(|limit| limit.within_ms).max();
        assert_eq!(longest, Some(Bound::longest_ms()));
        assert!(limits.iter().all(|limits| (1..=2).contains(&limits.len())), "MailCounts has two");
    }
}
