//! What all processes have written down of refusals, looked at together: rows
//! that none of them saw, what is taken back, and who is to be told (R17).

use super::count_mails;
use super::sender::Sender;
use crate::domain::Timestamp;
use crate::domain::streak::across;
use crate::store::{NewRest, StoreError, Suspect};

/// Taken back in one transaction.
const BACK_AT_ONCE: u32 = 250;

impl Sender {
    /// Looks for rows that processes have written down together, rests what
    /// they are about, takes back what was blamed on readers, and learns what
    /// other processes found out.
    ///
    /// # Errors
    /// The store's; it is done again with the next renewal of the leases.
    pub(super) async fn look_at_rests(&self) -> Result<(), StoreError> {
        // What one connection finds, the next does not find again.
        let _turn = self.looking.lock().await;
        let now = self.clock.now();
        for suspect in self.store.list_suspects(now).await? {
            for domain in across(&suspect.written).into_iter().flatten() {
                self.rest_suspect(&suspect, domain, now).await?;
            }
        }
        for suspect in self.store.list_unreached(now).await? {
            self.rest_suspect(&suspect, None, now).await?;
        }
        let mut taken = 0;
        loop {
            let back = self.store.take_back(BACK_AT_ONCE, now).await?;
            if back.is_empty() {
                break;
            }
            taken += back.len();
            for kind in back {
                count_mails(kind.as_str(), "taken_back");
            }
        }
        if taken > 0 {
            tracing::warn!(
                mails = taken,
                "refusals were taken back: these mails wait again, and nobody is suppressed for them"
            );
            self.queue.ring();
        }
        // Whose post came amid a rest hears of it now, not with the next probe.
        for relay in self.store.tell_rests(now).await? {
            if let Some(index) = self.index_of(&relay).filter(|index| self.failover().refuses_mail(*index)) {
                self.allow_knock(index);
            }
            self.queue.ring();
        }
        self.adopt(now).await
    }

    pub(super) fn index_of(&self, relay: &str) -> Option<usize> {
        self.relays.iter().position(|known| known.transport.name() == relay)
    }

    /// Rests whom a row of refusals turned out to be about.
    async fn rest_suspect(
        &self,
        suspect: &Suspect,
        domain: Option<String>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        metrics::counter!("postbell_streaks_total").increment(1);
        tracing::error!(
            relay = suspect.relay,
            receiver = domain.as_deref(),
            smtp.text = suspect.cause.said,
            "many readers in a row were refused: it is taken to be about us, and taken back"
        );
        let rest = NewRest {
            relay: suspect.relay.clone(),
            until: now.plus_ms(super::REFUSED_REST_MS),
            domain,
            cause: suspect.cause.clone(),
            shape: Some(suspect.shape.clone()),
            blog_id: suspect.blog_id,
        };
        if self.store.rest(&rest, now).await? > 0 {
            self.queue.ring();
        }
        Ok(())
    }
}
