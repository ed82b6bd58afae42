//! What an answer means for the row, its reader, its sender and the relay: who
//! is to blame is judged, what follows is done here.

use super::count_mails;
use super::pace::Why;
use super::queue::Held;
use super::rests::{Blamed, domain_of};
use super::sender::Sender;
use super::settler::Weighed;
use super::whereabouts::Found;
use crate::domain::refusal::Ours;
use crate::domain::streak::{KNOWN_DOMAIN, Scope, is_unknown_mailbox, shape_of, unknown_domain};
use crate::domain::{
    DeliveryKind, MailingStatus, REFUSED_SENDER_AGAIN_MS, RETRY_LIMIT, Reason, Reply, RestCause, SendFault,
    Timestamp, Verdict, judge,
};
use crate::mail::SendError;
use crate::store::{DeliveryCounts, NewDelivery, Refused, Settled, StoreError};

/// In a row as long as this, readers count for no brake (D12) before it is
/// known whether the row is about them.
const SUSPECT_RUN: u32 = 3;

/// Readers of a mailing that is small enough to be looked at as a whole.
const MOST_SMALL: i64 = 100;

/// When an owner's notice that was refused for good is tried again, at the
/// soonest; later and later with its age.
const NOTICE_AGAIN_MS: i64 = 30_000;

/// What became of a mail.
pub(super) struct Outcome {
    pub(super) settled: Settled,
    /// Of a refusal for good: how it was weighed.
    pub(super) weighed: Option<Box<Weighed>>,
}

impl From<Settled> for Outcome {
    fn from(settled: Settled) -> Self {
        Self { settled, weighed: None }
    }
}

/// What an answer means for the row, and for the relay.
pub(super) async fn judged(
    sender: &Sender,
    relay: usize,
    held: &Held,
    sent: Result<Reply, SendError>,
    began_at: Timestamp,
) -> Result<Outcome, StoreError> {
    let claimed = &held.claimed;
    let kind = claimed.kind.as_str();
    let error = match sent {
        Ok(reply) => {
            sender.note_taken(relay, claimed, began_at).await;
            count_mails(kind, "sent");
            return Ok(Settled::Sent { reply }.into());
        }
        Err(error) => error,
    };
    match error.into_fault() {
        Ok(SendFault::Later(reply)) => {
            sender.relay_answers(relay);
            Ok(settled_by(sender, held, SendFault::Later(reply)).into())
        }
        Ok(fault) => refused_for_good(sender, relay, held, fault).await,
        Err(SendError::SenderRefused(reply)) => {
            if sender.failover().has_other(relay, sender.clock.now()) {
                let cause = RestCause::of_sender(&reply);
                return refuses_us(sender, relay, held, Scope::Relay, reply, cause).await;
            }
            sender.relay_answers(relay);
            Ok(pause_sender(sender, relay, held, &reply).await?.into())
        }
        Err(SendError::RelayRefusesMail(reply)) => {
            let cause = RestCause::of(&reply);
            let scope = sender.named(relay, claimed, cause.ours.is_some_and(Ours::is_receivers));
            refuses_us(sender, relay, held, scope, reply, cause).await
        }
        Err(SendError::RelayRefusesAll(reply)) => {
            let (scope, cause) = (sender.named(relay, claimed, false), RestCause::of(&reply));
            refuses_us(sender, relay, held, scope, reply, cause).await
        }
        Err(error) => {
            let reply = error.reply();
            let why = match error {
                SendError::RelayDown(_) => Why::Down,
                _ => Why::Door(RestCause::of(reply).ours),
            };
            sender.rest_relay(relay, why, RestCause::of(reply), claimed).await?;
            Ok(Settled::GivenBack { at: claimed.queued_at.min(sender.clock.now()) }.into())
        }
    }
}

/// A refusal for good in words that do not name us: the mail's or its
/// reader's, unless many others got the same.
async fn refused_for_good(
    sender: &Sender,
    relay: usize,
    held: &Held,
    fault: SendFault,
) -> Result<Outcome, StoreError> {
    let claimed = &held.claimed;
    let is_reader = matches!(fault, SendFault::BadRecipient(_));
    let (SendFault::BadRecipient(reply) | SendFault::BadMessage(reply) | SendFault::Later(reply)) = &fault;
    let reply = reply.clone();
    let unknown_domain = if is_reader { unknown_domain(&reply) } else { None };
    let found = match unknown_domain {
        Some(_) => sender.whereabouts.find(domain_of(&claimed.address)).await,
        None => Found::CannotTell,
    };
    if found == Found::There {
        return contradicted(sender, relay, held, reply).await;
    }
    if found == Found::Gone {
        sender.note_domain_well(&sender.relays[relay], domain_of(&claimed.address)).await;
    }
    let is_dead = found == Found::Gone || (is_reader && is_unknown_mailbox(&reply));
    // Without a code it is our own word about a mail.
    if reply.code.is_none() || is_dead {
        sender.relay_answers(relay);
        let weighed = Box::new(Weighed { is_reader, refused: None });
        return Ok(Outcome { settled: settled_by(sender, held, fault), weighed: Some(weighed) });
    }
    let shape = unknown_domain.unwrap_or_else(|| shape_of(&reply, &claimed.address));
    let seen = match sender.weigh(relay, claimed, &shape) {
        Blamed::Ours(scope) => {
            let cause = RestCause::of(&reply);
            return refuses_us(sender, relay, held, scope, reply, cause).await;
        }
        Blamed::TheirOwn(seen) => seen,
    };
    let is_notice = claimed.kind.is_to_operator();
    match seen.about {
        Some(scope) if is_notice => {
            sender.found(relay, scope, claimed, RestCause::of(&reply), shape.clone()).await?;
        }
        Some(scope) => {
            sender.learn(relay, scope, claimed, shape.clone());
            sender.rest(relay, scope, claimed, RestCause::of(&reply)).await?;
        }
        None => sender.relay_answers(relay),
    }
    if is_notice {
        return Ok(notice_again(sender, held, fault).into());
    }
    let refused = Refused {
        relay: sender.relays[relay].transport.name().to_owned(),
        domain: domain_of(&claimed.address).to_owned(),
        shape,
        node: sender.node.clone(),
        seen,
    };
    let mut settled = settled_by(sender, held, fault);
    if let Settled::Failed { is_hard, .. } = &mut settled {
        *is_hard &= seen.any_run < SUSPECT_RUN && seen.domain_run < SUSPECT_RUN;
    }
    Ok(Outcome { settled, weighed: Some(Box::new(Weighed { is_reader, refused: Some(refused) })) })
}

/// The relay finds no such domain, and there is one: its name server is out of
/// order, or the domain's is for some. The reader is tried again.
async fn contradicted(
    sender: &Sender,
    relay: usize,
    held: &Held,
    reply: Reply,
) -> Result<Outcome, StoreError> {
    let claimed = &held.claimed;
    let cause = RestCause::of(&reply);
    let seen = match sender.weigh(relay, claimed, KNOWN_DOMAIN) {
        Blamed::Ours(scope) => return refuses_us(sender, relay, held, scope, reply, cause).await,
        Blamed::TheirOwn(seen) => seen,
    };
    tracing::warn!(
        relay = sender.relays[relay].transport.name(),
        receiver = domain_of(&claimed.address),
        smtp.code = cause.code,
        smtp.text = cause.said,
        "the relay does not find this domain, which is there; the mail is tried again. If it is said of \
         more than one, ask who runs the relay whether its DNS works"
    );
    let scope = match seen.about {
        None if is_everybody(sender, relay, held).await? => Some(Scope::Relay),
        about => about,
    };
    if let Some(scope) = scope {
        sender.found(relay, scope, claimed, cause.clone(), KNOWN_DOMAIN.to_owned()).await?;
        return refuses_us(sender, relay, held, scope, reply, cause).await;
    }
    sender.relay_answers(relay);
    Ok(settled_by(sender, held, SendFault::Later(reply)).into())
}

/// Whether a small mailing reached nobody yet, and this refusal is that of
/// all whom it tried.
async fn is_everybody(sender: &Sender, relay: usize, held: &Held) -> Result<bool, StoreError> {
    let Some(mailing) = held.claimed.mailing_id else { return Ok(false) };
    if !sender.may_be_everybody(relay, KNOWN_DOMAIN) {
        return Ok(false);
    }
    sender.settler.apply().await;
    let DeliveryCounts { queued, sent, failed, .. } = sender.store.count_deliveries(mailing).await?;
    Ok(sent == 0 && queued + failed <= MOST_SMALL)
}

/// The owner has to hear of it, whatever the words: it is tried for days.
fn notice_again(sender: &Sender, held: &Held, fault: SendFault) -> Settled {
    let now = sender.clock.now();
    let age_ms = now.since_ms(held.claimed.queued_at);
    if age_ms >= RETRY_LIMIT {
        return settled_by(sender, held, fault);
    }
    Settled::GivenBack { at: now.plus_ms(NOTICE_AGAIN_MS.max(age_ms / 4)) }
}

/// It is about us: the mail waits, uncounted, behind those that were not
/// tried, so that a probe asks for another reader (R17).
async fn refuses_us(
    sender: &Sender,
    relay: usize,
    held: &Held,
    scope: Scope,
    reply: Reply,
    cause: RestCause,
) -> Result<Outcome, StoreError> {
    let (claimed, now) = (&held.claimed, sender.clock.now());
    let until = sender.rest(relay, scope, claimed, cause).await?;
    // The relay is the operator's to mend, whenever that is; a domain that
    // refuses us for as long as we try is not.
    if scope == Scope::Domain && now.since_ms(claimed.queued_at) >= RETRY_LIMIT {
        return Ok(Settled::Failed { reply, is_hard: false }.into());
    }
    // Later than those that were queued at this moment.
    let at = if scope == Scope::Domain { until } else { now.plus_ms(1) };
    Ok(Settled::GivenBack { at }.into())
}

fn settled_by(sender: &Sender, held: &Held, fault: SendFault) -> Settled {
    let (claimed, now) = (&held.claimed, sender.clock.now());
    let attempt = claimed.attempts + 1;
    let is_hard = matches!(fault, SendFault::BadRecipient(_));
    let settled = match judge(fault, attempt, claimed.queued_at, now, rand::random()) {
        Verdict::Retry { at, reply } => Settled::Retry { at, reply },
        Verdict::Fail { reply } => Settled::Failed { reply, is_hard },
    };
    report(claimed.id.0, claimed.kind.as_str(), attempt, &settled);
    settled
}

/// No relay takes mail from this sender: only what has it waits (R7).
async fn pause_sender(
    sender: &Sender,
    relay: usize,
    held: &Held,
    reply: &Reply,
) -> Result<Settled, StoreError> {
    let now = sender.clock.now();
    let Some(mailing) = held.claimed.mailing_id else {
        tracing::error!(
            delivery.id = held.claimed.id.0,
            smtp.code = reply.code,
            smtp.text = reply.text,
            "the relay refuses this sender; check mail.from and mail.notice_from; tried again in 5 minutes"
        );
        let notice = notice(sender, relay, held, reply).await?;
        let (name, cause) = (sender.relays[relay].transport.name(), RestCause::of_sender(reply));
        if sender.store.note_sender_refused(held.claimed.blog_id, name, &cause, notice.as_ref(), now).await? {
            sender.queue.ring();
        }
        return Ok(Settled::GivenBack { at: now.plus_ms(REFUSED_SENDER_AGAIN_MS) });
    };
    let said = RestCause::of(reply).said;
    let reason = Reason::SenderRefused { smtp_code: reply.code, said, since: Some(now) };
    let notice = notice(sender, relay, held, reply).await?;
    if sender.store.pause_refused(mailing, &reason, notice.as_ref(), now).await? {
        tracing::error!(
            mailing.id = mailing.0,
            smtp.code = reply.code,
            smtp.text = reply.text,
            "the relay refuses this sender: the mailing is paused; mend the From address, \
             then run `postbell mailing resume`"
        );
        sender.queue.ring();
    }
    // Another connection may have paused it. One that is done, with a mail
    // sent again by hand, cannot be: without a wait that mail would go round
    // and round.
    let status = sender.store.get_mailing(mailing).await?.map(|mailing| mailing.status);
    let at = if status == Some(MailingStatus::Paused) {
        held.claimed.queued_at.min(now)
    } else {
        now.plus_ms(REFUSED_SENDER_AGAIN_MS)
    };
    Ok(Settled::GivenBack { at })
}

/// Tells the blog's owner, if it has one.
async fn notice(
    sender: &Sender,
    relay: usize,
    held: &Held,
    reply: &Reply,
) -> Result<Option<NewDelivery>, StoreError> {
    let Some(blog_id) = held.claimed.blog_id else { return Ok(None) };
    let owner = sender.store.get_blog(blog_id).await?.and_then(|blog| blog.owner);
    let Some(owner) = owner else { return Ok(None) };
    let payload = serde_json::json!({"sender_refused": {
        "relay": sender.relays[relay].transport.name(),
        "since": sender.clock.now(),
        "cause": RestCause::of_sender(reply),
        "mailing": held.claimed.mailing_id.map(|id| id.0),
    }});
    Ok(Some(NewDelivery {
        kind: DeliveryKind::Notice,
        blog_id: Some(blog_id),
        subscription_id: None,
        subscriber_id: None,
        to: Some(owner),
        payload: Some(payload.to_string()),
    }))
}

fn report(id: i64, kind: &'static str, attempt: u32, settled: &Settled) {
    match settled {
        Settled::Retry { at, reply } => {
            count_mails(kind, "deferred");
            tracing::info!(
                delivery.id = id, delivery.attempt = attempt, smtp.code = reply.code, next_attempt_at = %at,
                "a mail was not taken for now"
            );
        }
        Settled::Failed { reply, .. } => {
            count_mails(kind, "failed");
            tracing::warn!(
                delivery.id = id,
                delivery.attempt = attempt,
                smtp.code = reply.code,
                "a mail was refused for good; see `postbell subscriber why`"
            );
        }
        _ => {}
    }
}
