//! Why something was held, skipped, withheld or paused: a code with its
//! values. `templates/reasons.rs` makes the sentence, where it is shown.

use serde::{Deserialize, Serialize};

use super::{PostId, RestCause, SuppressionReason, Timestamp};

/// Why. Stored as JSON, `{"code":"too_old","age_hours":80,…}`; a code is never
/// renamed, as old rows carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Reason {
    /// Words that were written before there were codes, or that somebody else said.
    Said {
        /// As they are shown.
        text: String,
    },

    // Posts.
    /// The blog was added when the feed had it already.
    AlreadyThere,
    /// New; it waits so long, is read again and mailed.
    WaitsOutGrace {
        /// `publish.grace_seconds`; 0: it is mailed at once.
        seconds: u64,
    },
    /// Its feed could not be read again.
    WaitsForFeed {
        /// What went wrong, in the words of the reader.
        error: String,
    },
    /// Dated in the future; it is mailed when that has come.
    WaitsForDate {
        /// What it is dated.
        at: Timestamp,
    },
    /// Dated so far in the future that it may be a slip.
    DatedFarAhead {
        /// What it is dated.
        at: Timestamp,
    },
    /// The blog's owner wants to see each post.
    WaitsForApproval,
    /// New, and mailed at once.
    New,
    /// New, and mailed after the grace time.
    NewAfterGrace,
    /// The operator said so.
    Approved,
    /// The operator said so.
    SkippedByHand,
    /// It left the feed in the grace time. Nobody got it, so when it comes
    /// back it is new.
    Vanished,
    /// Making a mail of it failed.
    NotComposed,
    /// All ids of the feed changed.
    SiteMoved {
        /// The post that it seems to be.
        like: Option<PostId>,
    },
    /// A post on record, which the feed gives another id now.
    NewId {
        /// That post.
        post: PostId,
    },
    /// The same, of a post that is held.
    NewIdOfHeld {
        /// That post.
        post: PostId,
        /// Why it is held.
        because: Box<Reason>,
    },
    /// Dated long before it was seen.
    TooOld {
        /// Hours between both.
        age_hours: u64,
        /// `publish.max_age_hours`.
        max_hours: u32,
    },
    /// Too many new posts in one look.
    Flood {
        /// How many.
        posts: u64,
        /// `publish.max_new_posts`.
        max_posts: u32,
    },

    // Feeds.
    /// A feed cannot be read.
    FeedFails {
        /// Why, in the words of the reader.
        error: String,
    },
    /// A feed's server says that it is gone for good (410).
    FeedGone,
    /// What guards the site against programs keeps us out.
    FeedGuarded {
        /// Who does.
        by: String,
        /// HTTP status.
        status: u16,
    },

    // Deliveries.
    /// The reader is not, or no longer, a follower.
    NotFollowing,
    /// The question was answered already, or nobody waits for it.
    NothingToConfirm,
    /// The question would come too late.
    QuestionExpired,
    /// The address was asked as often as it may be.
    AskedEnough,
    /// Nobody with this address has ever followed anything.
    NeverConfirmed,
    /// The reader paused.
    ReaderPaused,
    /// The reader's row is gone.
    ReaderRemoved,
    /// The address gets no mail.
    Suppressed {
        /// Why not.
        by: SuppressionReason,
    },
    /// The operator ended the mailing.
    MailingCancelled,

    // Deliveries and mailings.
    /// A template of the operator's makes more of it than a mail may have.
    MailTooLarge {
        /// How much.
        bytes: u64,
        /// Of a mailing: since when it is paused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Timestamp>,
    },

    // Mailings.
    /// The operator said so.
    PausedByHand,
    /// The operator said so.
    CancelledByHand,
    /// The relay does not take mail from its sender.
    SenderRefused {
        /// Reply code.
        smtp_code: Option<u16>,
        /// The server's words.
        said: String,
        /// Since when; rows of before do not say.
        #[serde(default)]
        since: Option<Timestamp>,
    },
    /// The brake (D12): of so many addresses that were written to, so many do
    /// not exist.
    Braked {
        /// How many do not.
        hard: i64,
        /// Of how many.
        attempts: i64,
        /// Since when.
        since: Timestamp,
    },
    /// The brake: of so many mails that were taken, so many were called spam.
    BrakedByComplaints {
        /// How many were.
        complaints: i64,
        /// Of how many.
        accepted: i64,
        /// Since when.
        since: Timestamp,
    },
    /// It is over, and nobody or nearly nobody got it.
    ReachedNobody {
        /// How many were refused for good.
        failed: i64,
        /// How many got it.
        sent: i64,
        /// Since when it is over.
        since: Timestamp,
        /// What was said to one of them.
        cause: RestCause,
    },
    /// A relay, or a receiving domain behind it, refuses us; it goes on by itself.
    RelayRefusesUs {
        /// The relay.
        relay: String,
        /// The domain; `None`: the relay as a whole.
        domain: Option<String>,
        /// Since when.
        since: Timestamp,
        /// Why, with the server's words.
        cause: RestCause,
    },
}

impl Reason {
    /// A pattern of what [`Reason::WaitsForDate`] is stored as.
    pub const WAITS_FOR_DATE: &'static str = "{\"code\":\"waits_for_date\"%";
    /// What [`Reason::Vanished`] was stored as before there were codes.
    pub const OLD_VANISHED: &'static str = "it vanished from the feed before it was mailed";
    /// With this began what the brake stored before there were codes.
    pub const OLD_BRAKED: &'static str = "braked: ";
    /// What [`Reason::MailingCancelled`] was stored as before there were codes.
    pub const OLD_CANCELLED: &'static str = "the mailing was cancelled";

    /// Words as they are.
    pub fn said(text: impl Into<String>) -> Self {
        Self::Said { text: text.into() }
    }

    /// For the store. Words stay words, unless they could be taken for a code.
    pub fn to_stored(&self) -> String {
        match self {
            Self::Said { text } if !text.starts_with('{') => text.clone(),
            code => serde_json::to_string(code).expect("words and numbers are always JSON"),
        }
    }

    /// From the store. What no code is known for is words: rows from before
    /// there were codes, and those of a newer version.
    pub fn from_stored(stored: &str) -> Self {
        match stored {
            Self::OLD_VANISHED => Self::Vanished,
            Self::OLD_CANCELLED => Self::MailingCancelled,
            json if json.starts_with('{') => serde_json::from_str(json).unwrap_or_else(|_| Self::said(json)),
            words => Self::said(words),
        }
    }

    /// One of each code, for tests that walk them all.
    #[cfg(test)]
    pub(crate) fn samples() -> Vec<Self> {
        let (post, error) = (PostId(41), "the server answered 500".to_owned());
        let since = Timestamp::from_millis(1_800_000_000_000);
        let cause = RestCause { ours: None, code: Some(550), enhanced: None, said: "no".to_owned() };
        let refuses_us = |domain: Option<&str>| Self::RelayRefusesUs {
            relay: "smtp.example.org:587".to_owned(),
            domain: domain.map(str::to_owned),
            since,
            cause: cause.clone(),
        };
        let by_all = [
            SuppressionReason::Bounced,
            SuppressionReason::Complained,
            SuppressionReason::Manual,
            SuppressionReason::Unsubscribed,
        ]
        .map(|by| Self::Suppressed { by });
        let codes = vec![
            Self::said("dated 4 March 2023"),
            Self::AlreadyThere,
            Self::WaitsOutGrace { seconds: 600 },
            Self::WaitsOutGrace { seconds: 0 },
            Self::WaitsForFeed { error },
            Self::WaitsForDate { at: since },
            Self::DatedFarAhead { at: since },
            Self::WaitsForApproval,
            Self::New,
            Self::NewAfterGrace,
            Self::Approved,
            Self::SkippedByHand,
            Self::Vanished,
            Self::NotComposed,
            Self::SiteMoved { like: None },
            Self::SiteMoved { like: Some(post) },
            Self::NewId { post },
            Self::NewIdOfHeld { post, because: Box::new(Self::Flood { posts: 4, max_posts: 3 }) },
            Self::TooOld { age_hours: 240, max_hours: 72 },
            Self::TooOld { age_hours: 47, max_hours: 24 },
            Self::Flood { posts: 4, max_posts: 3 },
            Self::FeedFails { error: "no answer in time".to_owned() },
            Self::FeedGone,
            Self::FeedGuarded { by: "Cloudflare".to_owned(), status: 403 },
            Self::NotFollowing,
            Self::NothingToConfirm,
            Self::QuestionExpired,
            Self::AskedEnough,
            Self::NeverConfirmed,
            Self::ReaderPaused,
            Self::ReaderRemoved,
            Self::MailingCancelled,
            Self::MailTooLarge { bytes: 250_000, since: None },
            Self::MailTooLarge { bytes: 250_000, since: Some(since) },
            Self::PausedByHand,
            Self::CancelledByHand,
            Self::SenderRefused {
                smtp_code: Some(550),
                said: "not this sender".to_owned(),
                since: Some(since),
            },
            Self::Braked { hard: 10, attempts: 200, since },
            Self::BrakedByComplaints { complaints: 5, accepted: 5_000, since },
            Self::ReachedNobody { failed: 12, sent: 0, since, cause: cause.clone() },
            Self::ReachedNobody { failed: 12, sent: 1, since, cause: cause.clone() },
            refuses_us(None),
            refuses_us(Some("a.example")),
        ];
        codes.into_iter().chain(by_all).collect()
    }
}

impl From<&str> for Reason {
    fn from(text: &str) -> Self {
        Self::said(text)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_comes_back_from_the_store() {
        for reason in Reason::samples() {
            assert_eq!(Reason::from_stored(&reason.to_stored()), reason);
            let begins = reason.to_stored().starts_with(Reason::WAITS_FOR_DATE.trim_end_matches('%'));
            assert_eq!(begins, matches!(reason, Reason::WaitsForDate { .. }));
        }
        // serde names all codes when it is given one that is none.
        let none = serde_json::from_str::<Reason>(r#"{"code":""}"#).unwrap_err().to_string();
        let all: BTreeSet<&str> = none.split('`').skip(3).step_by(2).collect();
        let json =
            |reason: &Reason| serde_json::to_value(reason).unwrap()["code"].as_str().unwrap().to_owned();
        let walked: BTreeSet<String> = Reason::samples().iter().map(json).collect();
        assert_eq!(walked.iter().map(String::as_str).collect::<BTreeSet<_>>(), all, "{none}");
    }

    #[test]
    fn words_of_old_rows_are_read_as_they_are() {
        for words in [
            "dated 3 days before it was seen",
            "braked: 10 of 200",
            "",
            "{braces}",
            "{\"code\":\"of tomorrow\"}",
        ] {
            assert_eq!(Reason::from_stored(words), Reason::said(words));
        }
        assert_eq!(Reason::from_stored(Reason::OLD_VANISHED), Reason::Vanished);
        assert_eq!(Reason::from_stored(Reason::OLD_CANCELLED), Reason::MailingCancelled);
        // Words that look like a code are not taken for one.
        let words = Reason::said(Reason::New.to_stored());
        assert_eq!(Reason::from_stored(&words.to_stored()), words);
    }
}
