//! From a claimed row to a mail that may go now: asked again what is true of
//! its reader, admitted by its relay, composed.

use std::sync::Arc;

use super::LEASE_MARGIN_MS;
use super::compose::ComposeError;
use super::queue::{Held, Next, is_fresh};
use super::relay::{Admission, Pass, Relay};
use super::sender::Sender;
use crate::domain::{
    DeliveryKind, MailingStatus, RETRY_LIMIT, Reason, Reply, SubscriptionStatus, Timestamp, may_send,
};
use crate::mail::Parcel;
use crate::store::{Claimed, NewDelivery, Settled, Settlement, StoreError};

/// A row with its mail.
pub(super) struct Ready {
    pub(super) held: Held,
    pub(super) parcel: Parcel,
    pub(super) pass: Pass,
}

/// What became of the next row.
#[expect(clippy::large_enum_variant, reason = "moved once; a box would be an allocation a mail")]
pub(super) enum Prepared {
    Ready(Ready),
    /// It is not to be sent now.
    Settled(Settlement),
    /// There is none.
    Idle(Timestamp),
    /// There are some, and none may go before then.
    Wait(Timestamp),
}

/// The next row that may go over this relay now, judged and composed.
pub(super) async fn prepare(sender: &Sender, relay: &Arc<Relay>) -> Result<Prepared, StoreError> {
    loop {
        let held = match sender.queue.next().await? {
            Next::Mail(held) => *held,
            Next::Idle(until) => return Ok(Prepared::Idle(until)),
            Next::Parked(until) => return Ok(Prepared::Wait(until)),
        };
        let id = held.claimed.id;
        let prepared = admit(sender, relay, held).await;
        if prepared.is_err() {
            // The row stays leased and comes back when the lease ends.
            sender.leases.forget([id]);
        }
        if let Some(prepared) = prepared? {
            return Ok(prepared);
        }
    }
}

/// Asks whether a row may go now; `None` when it waits and others may go.
async fn admit(sender: &Sender, relay: &Arc<Relay>, held: Held) -> Result<Option<Prepared>, StoreError> {
    let now = sender.clock.now();
    let id = held.claimed.id;
    let later =
        |at: Timestamp| Ok(Some(Prepared::Settled(Settlement { id, settled: Settled::GivenBack { at } })));
    if let Some(settled) = withheld(&held.claimed, now) {
        return Ok(Some(Prepared::Settled(Settlement { id, settled })));
    }
    if let Some(until) = relay.known.domain_rests(&held.claimed.address, now) {
        return later(until);
    }
    if let Some(until) = relay.meter.take(now).await? {
        sender.queue.put_back(held);
        return Ok(Some(Prepared::Wait(until)));
    }
    match relay.enter(&held.claimed.address, held.kept, now) {
        Admission::Go(pass) => {
            if held.claimed.kind.is_mass()
                && let Some(tomorrow) = sender.warm_up.take(now).await?
            {
                relay.meter.put_back();
                return later(tomorrow);
            }
            return prepare_row(sender, held, pass).await.map(Some);
        }
        Admission::Wait { until, kept } => {
            relay.meter.put_back();
            if sender.queue.park(Held { kept, ..held }, until) { Ok(None) } else { later(until) }
        }
        Admission::PutOff(at) => {
            relay.meter.put_back();
            later(at)
        }
        Admission::RelayWaits(until) => {
            relay.meter.put_back();
            sender.queue.put_back(held);
            Ok(Some(Prepared::Wait(until)))
        }
    }
}

/// A notice that goes where nothing else may: over this relay, out of turn.
pub(super) async fn prepare_notice(
    sender: &Sender,
    relay: &Arc<Relay>,
    held: Held,
) -> Result<Option<Prepared>, StoreError> {
    let now = sender.clock.now();
    match relay.enter(&held.claimed.address, held.kept, now) {
        Admission::Go(pass) => prepare_row(sender, held, pass).await.map(Some),
        _ => {
            sender.queue.put_back(held);
            Ok(None)
        }
    }
}

async fn prepare_row(sender: &Sender, held: Held, pass: Pass) -> Result<Prepared, StoreError> {
    let now = sender.clock.now();
    let claimed = &held.claimed;
    let id = claimed.id;
    let error = match sender.composer.compose(claimed, now).await? {
        Ok(parcel) => return Ok(Prepared::Ready(Ready { held, parcel, pass })),
        Err(ComposeError::TooLarge(bytes)) => {
            let settled = too_large(sender, claimed, bytes).await?;
            return Ok(Prepared::Settled(Settlement { id, settled }));
        }
        Err(error) => error,
    };
    // The operator can mend settings and templates; nobody brings back a row.
    let is_final = matches!(error, ComposeError::Lost(_)) || now.since_ms(claimed.queued_at) >= RETRY_LIMIT;
    let next = if is_final { "never" } else { "each 5 minutes for 5 days" };
    tracing::error!(
        delivery.id = id.0,
        delivery.kind = claimed.kind.as_str(),
        error = &error as &dyn std::error::Error,
        next,
        "a mail cannot be composed"
    );
    let settled = if is_final {
        Settled::Failed { reply: Reply { text: error.to_string(), ..Reply::default() }, is_hard: false }
    } else {
        Settled::GivenBack { at: now.plus_ms(5 * 60_000) }
    };
    Ok(Prepared::Settled(Settlement { id, settled }))
}

/// A mail that its template makes too large does not get smaller by waiting.
/// A mailing is paused until the template is mended, so that no reader loses
/// the post; a single mail ends with the reason.
async fn too_large(sender: &Sender, claimed: &Claimed, bytes: usize) -> Result<Settled, StoreError> {
    let now = sender.clock.now();
    let reason = Reason::MailTooLarge { bytes: bytes as u64, since: None };
    let since = Reason::MailTooLarge { bytes: bytes as u64, since: Some(now) };
    tracing::error!(
        delivery.id = claimed.id.0,
        delivery.kind = claimed.kind.as_str(),
        mail.bytes = bytes,
        "a template makes a mail of more than 200 KB, which is not sent; see `postbell template check`"
    );
    let Some(mailing) = claimed.mailing_id else { return Ok(Settled::Withheld { reason }) };
    let paused = MailingStatus::Paused;
    for from in [MailingStatus::Sending, MailingStatus::Filling] {
        if sender.store.set_mailing_status(mailing, from, paused, Some(&since), now).await? {
            tell_owner(sender, claimed, &reason).await?;
        }
    }
    // One that is done, with a mail sent again by hand, cannot be paused.
    let status = sender.store.get_mailing(mailing).await?.map(|mailing| mailing.status);
    Ok(if status == Some(paused) {
        Settled::GivenBack { at: claimed.queued_at.min(now) }
    } else {
        Settled::Withheld { reason }
    })
}

/// Once a pause: whoever pauses the mailing tells its blog's owner.
async fn tell_owner(sender: &Sender, claimed: &Claimed, reason: &Reason) -> Result<(), StoreError> {
    let now = sender.clock.now();
    let (Some(blog), Some(mailing)) = (claimed.blog_id, claimed.mailing_id) else { return Ok(()) };
    let owner = sender.store.get_blog(blog).await?.and_then(|blog| blog.owner);
    let Some(owner) = owner else { return Ok(()) };
    let told = serde_json::json!({"since": now, "reason": reason, "mailing": mailing.0});
    let notice = NewDelivery {
        kind: DeliveryKind::Notice,
        blog_id: Some(blog),
        subscription_id: None,
        subscriber_id: None,
        to: Some(owner),
        payload: Some(serde_json::json!({"mail_too_large": told}).to_string()),
    };
    sender.store.enqueue(&notice, now).await?;
    sender.queue.ring();
    Ok(())
}

/// Why a row is not to be sent, if so.
pub(super) fn withheld(claimed: &Claimed, now: Timestamp) -> Option<Settled> {
    if let Err(why) = may_send(claimed.kind, claimed.status, claimed.is_paused, claimed.suppressed) {
        return Some(Settled::Withheld { reason: why.into() });
    }
    let is_expired =
        claimed.status == Some(SubscriptionStatus::Pending) && claimed.expires_at.is_some_and(|at| now >= at);
    (claimed.kind == DeliveryKind::Confirm && is_expired)
        .then_some(Settled::Withheld { reason: Reason::QuestionExpired })
}

/// The row with facts that are fresh enough and a lease that is long enough;
/// `None` when it is no longer ours.
pub(super) async fn fresh(sender: &Sender, held: Held) -> Result<Option<Held>, StoreError> {
    let now = sender.clock.now();
    let id = held.claimed.id;
    let lease_left = sender.leases.end(id).map_or(0, |end| end.since_ms(now));
    if is_fresh(held.read_at, now) && lease_left >= LEASE_MARGIN_MS {
        return Ok(Some(held));
    }
    if lease_left < LEASE_MARGIN_MS {
        sender.renew().await?;
        if sender.leases.end(id).is_none_or(|end| end.since_ms(now) < LEASE_MARGIN_MS) {
            return Ok(None);
        }
    }
    let kept = held.kept;
    // With all that wait behind it: a slow receiver's block is asked about once a
    // second, and not for each of its mails.
    let mut ids = sender.queue.stale(now);
    ids.push(id);
    let mut claimed = sender.store.recheck(&sender.node, &ids, now).await?;
    let own = claimed.iter().position(|claimed| claimed.id == id).map(|at| claimed.swap_remove(at));
    sender.queue.refresh(claimed, now);
    Ok(own.map(|claimed| Held { claimed, read_at: now, kept }))
}
