//! Who refuses us and rests, what was refused, and the taking back of what was
//! taken for the readers' fault (R17).

use async_trait::async_trait;

use super::{NewDelivery, Result};
use crate::domain::streak::{Seen, Written};
use crate::domain::{BlogId, DeliveryKind, MailingId, Reason, Rest, RestCause, Timestamp};

/// A refusal for good that may turn out to be about us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Over which relay.
    pub relay: String,
    /// The receiving domain.
    pub domain: String,
    /// What it has in common with others.
    pub shape: String,
    /// The process.
    pub node: String,
    /// What it saw.
    pub seen: Seen,
}

/// A rest that begins or goes on.
#[derive(Debug, Clone)]
pub struct NewRest {
    /// The relay.
    pub relay: String,
    /// The receiving domain; `None`: the relay as a whole.
    pub domain: Option<String>,
    /// Until when.
    pub until: Timestamp,
    /// Why.
    pub cause: RestCause,
    /// The refusal that many readers had in common.
    pub shape: Option<String>,
    /// Whose mail was refused: its owner is told, beside those of blogs with
    /// a mailing under way.
    pub blog_id: Option<BlogId>,
}

/// Refusals of one shape over one relay, newest first.
#[derive(Debug, Clone)]
pub struct Suspect {
    /// The relay.
    pub relay: String,
    /// The shape.
    pub shape: String,
    /// The refusals.
    pub written: Vec<Written>,
    /// What was said last.
    pub cause: RestCause,
    /// Whose mail was refused last.
    pub blog_id: Option<BlogId>,
}

/// A rest with the refusals by which it was found out.
#[derive(Debug, Clone)]
pub struct KnownRest {
    /// The rest.
    pub rest: Rest,
    /// Shapes, for a day.
    pub shapes: Vec<String>,
}

/// A sender of mails to one that no relay takes.
#[derive(Debug, Clone)]
pub struct RefusedSender {
    /// Of which blog; `None`: of mails that are of none.
    pub blog_id: Option<BlogId>,
    /// By whom, and since when.
    pub rest: Rest,
}

/// Rests.
#[async_trait]
pub trait Rests: Send + Sync {
    /// Begins a rest, or goes on with one that ended less than a day ago, and
    /// queues a notice to each owner who was not told of it. Answers how many.
    async fn rest(&self, rest: &NewRest, now: Timestamp) -> Result<u32>;

    /// Queues a notice to each owner of a blog with a mailing under way who was
    /// not told of a relay's rest that is open. Answers of which relays.
    async fn tell_rests(&self, now: Timestamp) -> Result<Vec<String>>;

    /// Notes that a relay refuses the sender of a blog's mails to one, and
    /// queues the notice of it, once a day for a blog. Answers whether it did.
    async fn note_sender_refused(
        &self,
        blog: Option<BlogId>,
        relay: &str,
        cause: &RestCause,
        notice: Option<&NewDelivery>,
        now: Timestamp,
    ) -> Result<bool>;

    /// Whose mails to one wait as their sender is refused, at most a thousand.
    /// They are tried each five minutes: who was not refused for a while is well.
    async fn list_refused_senders(&self, now: Timestamp) -> Result<Vec<RefusedSender>>;

    /// Pauses a mailing under way whose sender is refused, and queues the
    /// notice of it: both or none. `false` when it was not under way.
    async fn pause_refused(
        &self,
        mailing: MailingId,
        reason: &Reason,
        notice: Option<&NewDelivery>,
        now: Timestamp,
    ) -> Result<bool>;

    /// It takes mail again.
    async fn end_rest(&self, relay: &str, domain: Option<&str>, now: Timestamp) -> Result<()>;

    /// Ends the rests of relays that are not among these: they are not used.
    async fn end_other_rests(&self, relays: &[String], now: Timestamp) -> Result<()>;

    /// Every rest that is open, or ended less than a day ago.
    async fn list_rests(&self, now: Timestamp) -> Result<Vec<KnownRest>>;

    /// What was refused within ten minutes and is not known to be about us;
    /// forgets what is older than a day.
    async fn list_suspects(&self, now: Timestamp) -> Result<Vec<Suspect>>;

    /// Small mailings that are over and reached nobody: one suspect each, where
    /// within the hour all who are not known to be dead were refused in one
    /// shape over one relay, no reader of any blog was served since, and it is
    /// not known to be about us.
    async fn list_unreached(&self, now: Timestamp) -> Result<Vec<Suspect>>;

    /// Takes back up to `limit` refusals of the known shapes: deliveries go
    /// back to the queue with their try, suppressions that they wrote are
    /// lifted, their feedback says why, mailings that were done go on, and the
    /// brake's figures are without them. Answers the kind of each; a delivery
    /// whose settlement is not applied yet is left for the next call.
    async fn take_back(&self, limit: u32, now: Timestamp) -> Result<Vec<DeliveryKind>>;
}
