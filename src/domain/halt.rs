//! What holds mails up though nobody of ours asked for it (R17, R7, D12).
//!
//! Each kind is told in six places: by mail to the blog's owner, in `mailing
//! list` and `show`, in `/readyz`, as a metric, and by `doctor`.

use super::Reason;
use super::blog::words;

/// A kind of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halt {
    /// A relay refuses us and rests; it goes on by itself.
    RelayRefusesUs,
    /// A receiving domain does.
    ReceiverRefusesUs,
    /// Mailings are paused, as no relay takes mail from their sender.
    SenderRefused,
    /// Mailings are paused by the reputation brake.
    Braked,
    /// Mailings are paused, as a template makes their mails too large.
    MailTooLarge,
}

words!(Halt {
    RelayRefusesUs = "relay_refuses_us",
    ReceiverRefusesUs = "receiver_refuses_us",
    SenderRefused = "sender_refused",
    Braked = "braked",
    MailTooLarge = "mail_too_large",
});

impl Halt {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::RelayRefusesUs,
        Self::ReceiverRefusesUs,
        Self::SenderRefused,
        Self::Braked,
        Self::MailTooLarge,
    ];

    /// Of a mailing with this reason; `None` where it is not held up, or the
    /// operator wants it so. No arm for the rest: who adds a code has to say.
    pub fn of(reason: &Reason) -> Option<Self> {
        match reason {
            Reason::RelayRefusesUs { domain: None, .. } => Some(Self::RelayRefusesUs),
            Reason::RelayRefusesUs { domain: Some(_), .. } => Some(Self::ReceiverRefusesUs),
            Reason::SenderRefused { .. } => Some(Self::SenderRefused),
            Reason::Braked { .. } | Reason::BrakedByComplaints { .. } => Some(Self::Braked),
            Reason::Said { text } if text.starts_with(Reason::OLD_BRAKED) => Some(Self::Braked),
            Reason::MailTooLarge { .. } => Some(Self::MailTooLarge),
            Reason::Said { .. }
            | Reason::AlreadyThere
            | Reason::WaitsOutGrace { .. }
            | Reason::WaitsForFeed { .. }
            | Reason::WaitsForDate { .. }
            | Reason::DatedFarAhead { .. }
            | Reason::WaitsForApproval
            | Reason::New
            | Reason::NewAfterGrace
            | Reason::Approved
            | Reason::SkippedByHand
            | Reason::Vanished
            | Reason::NotComposed
            | Reason::SiteMoved { .. }
            | Reason::NewId { .. }
            | Reason::NewIdOfHeld { .. }
            | Reason::TooOld { .. }
            | Reason::Flood { .. }
            | Reason::FeedFails { .. }
            | Reason::FeedGone
            | Reason::FeedGuarded { .. }
            | Reason::NotFollowing
            | Reason::NothingToConfirm
            | Reason::QuestionExpired
            | Reason::AskedEnough
            | Reason::NeverConfirmed
            | Reason::ReaderPaused
            | Reason::ReaderRemoved
            | Reason::Suppressed { .. }
            | Reason::MailingCancelled
            | Reason::ReachedNobody { .. }
            | Reason::PausedByHand
            | Reason::CancelledByHand => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_that_of_a_code_and_words_of_before_count() {
        for halt in Halt::ALL {
            assert!(Reason::samples().iter().any(|reason| Halt::of(reason) == Some(halt)), "{halt:?}");
            assert_eq!(Halt::parse(halt.as_str()), Some(halt));
        }
        assert_eq!(Halt::of(&Reason::said("braked: 10 of 200 addresses do not exist")), Some(Halt::Braked));
    }
}
