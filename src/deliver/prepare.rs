//! The next mail, made ready: a claimed row, judged and composed.

use super::queue::{Held, Next};
use super::sender::Sender;
use crate::domain::{DeliveryKind, RETRY_LIMIT, Reply, SubscriptionStatus, Timestamp, may_send};
use crate::mail::Parcel;
use crate::store::{Claimed, Settled, Settlement, StoreError};

/// A row with its mail.
pub(super) struct Ready {
    pub(super) held: Held,
    pub(super) parcel: Parcel,
}

/// What became of the next row.
pub(super) enum Prepared {
    Ready(Ready),
    /// It is not to be sent now.
    Settled(Settlement),
    /// There is none.
    Idle(Timestamp),
}

/// The next row, judged and composed.
pub(super) async fn prepare(sender: &Sender) -> Result<Prepared, StoreError> {
    let held = match sender.queue.next().await? {
        Next::Mail(held) => *held,
        Next::Idle(until) => return Ok(Prepared::Idle(until)),
    };
    let id = held.claimed.id;
    let prepared = prepare_row(sender, held).await;
    if prepared.is_err() {
        // The row stays leased and comes back when the lease ends.
        sender.leases.forget([id]);
    }
    prepared
}

async fn prepare_row(sender: &Sender, held: Held) -> Result<Prepared, StoreError> {
    let now = sender.clock.now();
    let claimed = &held.claimed;
    let id = claimed.id;
    if let Some(settled) = withheld(claimed, now) {
        return Ok(Prepared::Settled(Settlement { id, settled }));
    }
    let error = match sender.composer.compose(claimed, now).await? {
        Ok(parcel) => return Ok(Prepared::Ready(Ready { held, parcel })),
        Err(error) => error,
    };
    tracing::error!(
        delivery.id = id.0,
        delivery.kind = claimed.kind.as_str(),
        error = &error as &dyn std::error::Error,
        "a mail cannot be composed; it is tried again each 5 minutes for 5 days"
    );
    let settled = if now.since_ms(claimed.queued_at) >= RETRY_LIMIT {
        Settled::Failed { reply: Reply { text: error.to_string(), ..Reply::default() } }
    } else {
        Settled::GivenBack { at: now.plus_ms(5 * 60_000) }
    };
    Ok(Prepared::Settled(Settlement { id, settled }))
}

/// Why a row is not to be sent, if so.
pub(super) fn withheld(claimed: &Claimed, now: Timestamp) -> Option<Settled> {
    if let Err(why) = may_send(claimed.kind, claimed.status, claimed.is_paused, claimed.suppressed) {
        return Some(Settled::Withheld { reason: why.as_str() });
    }
    let is_expired =
        claimed.status == Some(SubscriptionStatus::Pending) && claimed.expires_at.is_some_and(|at| now >= at);
    (claimed.kind == DeliveryKind::Confirm && is_expired)
        .then_some(Settled::Withheld { reason: "the question expired before it could be sent" })
}

pub(super) fn report_unprepared(error: &StoreError) {
    tracing::error!(error = error as &dyn std::error::Error, "the outbox cannot be read; it is tried again");
}
