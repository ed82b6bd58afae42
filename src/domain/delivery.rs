//! A delivery: one mail to one reader, what may be sent, and what an answer
//! of the mail server means.

use serde::Serialize;

use super::blog::words;
use super::{DAY_MS, HOUR_MS, MINUTE_MS, Reason, SubscriptionStatus, SuppressionReason, Timestamp};

/// What a delivery carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryKind {
    /// The question whether the address wants to follow.
    Confirm,
    /// "You follow already", after a second sign-up.
    Reminder,
    /// The link to one's own follows, after it was asked for.
    Manage,
    /// "You are in."
    Welcome,
    /// "You have left."
    Goodbye,
    /// To the blog's owner: something is held.
    Notice,
    /// From `mail test`.
    Test,
    /// One post, of a mailing.
    Post,
}

words!(DeliveryKind {
    Confirm = "confirm",
    Reminder = "reminder",
    Manage = "manage",
    Welcome = "welcome",
    Goodbye = "goodbye",
    Notice = "notice",
    Test = "test",
    Post = "post",
});

impl DeliveryKind {
    /// All that [`DeliveryKind::priority`] gives, in order.
    pub const PRIORITIES: [i64; 3] = [0, 1, 5];

    /// Order in the queue, the smallest first: what somebody waits for in
    /// front of a screen overtakes what goes to many (R8).
    pub const fn priority(self) -> i64 {
        match self {
            Self::Confirm | Self::Reminder | Self::Manage | Self::Test => 0,
            Self::Welcome | Self::Goodbye | Self::Notice => 1,
            Self::Post => 5,
        }
    }

    /// Whether it goes to who runs a blog, and not to a reader.
    pub const fn is_to_operator(self) -> bool {
        matches!(self, Self::Notice | Self::Test)
    }

    /// Whether it goes to many, with `List-*` headers and a way out.
    pub const fn is_mass(self) -> bool {
        matches!(self, Self::Post)
    }
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryStatus {
    /// Waits for its time, or is held by a sender's lease.
    Queued,
    /// The server took it.
    Sent,
    /// It was refused for good, or too long for now.
    Failed,
    /// It was never handed over, for a reason of ours: left, suppressed,
    /// over a limit, cancelled.
    Withheld,
}

words!(DeliveryStatus {
    Queued = "queued",
    Sent = "sent",
    Failed = "failed",
    Withheld = "withheld",
});

/// Why a delivery is not handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withheld {
    /// The reader is not, or no longer, a follower.
    NotFollowing,
    /// The question was answered already, or nobody waits for it.
    NotPending,
    /// The reader paused.
    Paused,
    /// The address gets no mail.
    Suppressed(SuppressionReason),
    /// The operator cancelled the mailing.
    Cancelled,
}

impl From<Withheld> for Reason {
    fn from(why: Withheld) -> Self {
        match why {
            Withheld::NotFollowing => Self::NotFollowing,
            Withheld::NotPending => Self::NothingToConfirm,
            Withheld::Paused => Self::ReaderPaused,
            Withheld::Cancelled => Self::MailingCancelled,
            Withheld::Suppressed(by) => Self::Suppressed { by },
        }
    }
}

/// Whether a mail of this kind may be handed over now; asked again right
/// before each hand-over, whatever was true when it was queued.
///
/// # Errors
/// Why not.
pub fn may_send(
    kind: DeliveryKind,
    status: Option<SubscriptionStatus>,
    paused: bool,
    suppressed: Option<SuppressionReason>,
) -> Result<(), Withheld> {
    match suppressed {
        None => {}
        Some(SuppressionReason::Unsubscribed)
            if matches!(kind, DeliveryKind::Confirm | DeliveryKind::Goodbye) => {}
        // The operator's own mails are not about any reader.
        Some(_) if matches!(kind, DeliveryKind::Test | DeliveryKind::Notice) => {}
        Some(reason) => return Err(Withheld::Suppressed(reason)),
    }
    match kind {
        DeliveryKind::Confirm if status != Some(SubscriptionStatus::Pending) => Err(Withheld::NotPending),
        DeliveryKind::Post | DeliveryKind::Welcome | DeliveryKind::Reminder
            if status != Some(SubscriptionStatus::Active) =>
        {
            Err(Withheld::NotFollowing)
        }
        DeliveryKind::Post if paused => Err(Withheld::Paused),
        _ => Ok(()),
    }
}

/// What a mail server said: reply code, enhanced status (RFC 3463) and text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// Reply code; `None` when there was no answer.
    pub code: Option<u16>,
    /// `d.d.d`, when the server gives one.
    pub enhanced: Option<String>,
    /// The text, cut to 500 bytes.
    pub text: String,
}

/// What went wrong with one hand-over, told as what may be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendFault {
    /// Not now: try this mail again later.
    Later(Reply),
    /// Never to this reader.
    BadRecipient(Reply),
    /// Never this mail; the reader may be good.
    BadMessage(Reply),
}

/// Tries end after this long (R5, RFC 5321 §4.5.4.1 asks for 4 to 5 days).
pub const RETRY_LIMIT: i64 = 5 * DAY_MS;

/// What becomes of a delivery after a hand-over that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Again at this moment.
    Retry {
        /// When.
        at: Timestamp,
        /// What the server said.
        reply: Reply,
    },
    /// It is over.
    Fail {
        /// What the server said.
        reply: Reply,
    },
}

/// Judges a failed hand-over. `attempt` counts from 1; `queued_at` is when
/// the delivery was first due; `unit_jitter` is uniform in 0..1.
///
/// Waits: 1, 2, 4, … minutes up to 4 hours, 20 % either way.
pub fn judge(
    fault: SendFault,
    attempt: u32,
    queued_at: Timestamp,
    now: Timestamp,
    unit_jitter: f64,
) -> Verdict {
    let reply = match fault {
        SendFault::BadRecipient(reply) | SendFault::BadMessage(reply) => return Verdict::Fail { reply },
        SendFault::Later(reply) => reply,
    };
    if now.since_ms(queued_at) >= RETRY_LIMIT {
        return Verdict::Fail { reply };
    }
    let wait = (MINUTE_MS << attempt.saturating_sub(1).min(12)).min(4 * HOUR_MS);
    #[expect(clippy::cast_possible_truncation, reason = "a fifth of four hours fits")]
    let jitter = (wait as f64 * 0.2 * (unit_jitter.clamp(0.0, 1.0) * 2.0 - 1.0)) as i64;
    Verdict::Retry { at: now.plus_ms(wait + jitter), reply }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    #[test]
    fn a_refusal_for_good_is_not_tried_again() {
        let reply = Reply { code: Some(550), enhanced: Some("5.1.1".into()), text: "no".into() };
        for fault in [SendFault::BadRecipient(reply.clone()), SendFault::BadMessage(reply.clone())] {
            assert_eq!(judge(fault, 1, NOW, NOW, 0.5), Verdict::Fail { reply: reply.clone() });
        }
    }

    #[test]
    fn tries_end_after_five_days() {
        let late = judge(SendFault::Later(Reply::default()), 30, NOW, NOW.plus_ms(RETRY_LIMIT), 0.5);
        assert!(matches!(late, Verdict::Fail { .. }));
    }

    #[test]
    fn only_followers_get_posts_and_only_the_pending_are_asked() {
        use DeliveryKind as K;
        use SubscriptionStatus::{Active, Ended, Pending};
        assert!(may_send(K::Post, Some(Active), false, None).is_ok());
        for status in [None, Some(Pending), Some(Ended)] {
            assert_eq!(may_send(K::Post, status, false, None), Err(Withheld::NotFollowing));
        }
        assert_eq!(may_send(K::Post, Some(Active), true, None), Err(Withheld::Paused));
        assert_eq!(may_send(K::Confirm, Some(Active), false, None), Err(Withheld::NotPending));
        let left = Some(SuppressionReason::Unsubscribed);
        assert!(may_send(K::Confirm, Some(Pending), false, left).is_ok());
        assert!(may_send(K::Goodbye, Some(Ended), false, left).is_ok());
        assert!(may_send(K::Post, Some(Active), false, left).is_err());
        for reason in [SuppressionReason::Bounced, SuppressionReason::Complained, SuppressionReason::Manual] {
            for kind in [K::Confirm, K::Post, K::Goodbye, K::Welcome, K::Reminder, K::Manage] {
                assert!(may_send(kind, Some(Active), false, Some(reason)).is_err());
            }
        }
    }

    proptest! {
        #[test]
        fn waits_grow_and_stay_within_four_hours(attempt in 1_u32..40, jitter in 0.0_f64..=1.0) {
            let Verdict::Retry { at, .. } = judge(SendFault::Later(Reply::default()), attempt, NOW, NOW, jitter)
            else { panic!("a first try is not the last") };
            let wait = at.since_ms(NOW);
            prop_assert!((MINUTE_MS * 4 / 5..=4 * HOUR_MS * 6 / 5).contains(&wait));
        }
    }
}
