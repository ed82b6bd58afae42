//! From a report to the record: whose mail it is about, proven, and what is
//! written down. A report that proves nothing suppresses nobody (D9).

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use tokio::sync::Semaphore;

use super::{mail, providers};
use crate::clock::Clock;
use crate::domain::{Class, DeliveryClaim, DeliveryId, FeedbackKind, Keys, ReturnPath, Sealed};
use crate::store::{HeardProof, NewFeedback, Recorded, Store, StoreError, Stray};

/// Kept of a mail that was not understood.
const STRAY_BYTES: usize = 64 * 1024;

/// Mails that are taken to pieces at the same time, by all doors: what that
/// takes is a few times the mail.
static READING: Semaphore = Semaphore::const_new(2);

/// What became of a mail that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is about this delivery, and this came of it.
    Recorded(DeliveryId, Recorded),
    /// A program answered for a reader who is there; nothing follows.
    Ignored,
    /// It is kept for the operator, for this reason.
    Kept(&'static str),
}

/// Writes reports down.
pub struct Recorder {
    /// The store.
    pub store: Arc<dyn Store>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What signs envelope senders and `Message-ID`s.
    pub keys: Keys,
    /// Where bounces go.
    pub return_path: Option<ReturnPath>,
}

impl Recorder {
    /// A mail that came to the bounce address. `sent_to` is what its envelope
    /// said, when somebody knows.
    ///
    /// # Errors
    /// The store's; nothing is lost, the mail is to be brought again.
    pub async fn take_mail(&self, raw: Vec<u8>, sent_to: Option<&str>) -> Result<Taken, StoreError> {
        let mark = format!("mail:{}", HEXLOWER.encode(digest(&SHA256, &raw).as_ref()));
        let turn = READING.acquire().await;
        let read = tokio::task::spawn_blocking(move || (mail::read(&raw), raw)).await;
        drop(turn);
        let Ok((report, raw)) = read else {
            return Err(StoreError::Unavailable("the mail could not be read".into()));
        };
        let leaves = match report.feedback {
            Some(mail::Feedback::OptOut) => self.delivery_of(&report, sent_to).await?,
            // Only who has the mail knows where to send this.
            _ if report.asks_to_leave => self.delivery_of_path(&report, sent_to).await?,
            _ => None,
        };
        if let Some(delivery) = leaves {
            let feedback = NewFeedback {
                mark,
                kind: FeedbackKind::Unsubscribed,
                class: None,
                address: None,
                delivery_id: Some(delivery),
                source: "mail",
                status: None,
                diagnostic: None,
                refused: None,
            };
            return Ok(Taken::Recorded(delivery, self.record(&feedback).await?));
        }
        let kind = match report.kind {
            mail::Kind::Bounce => FeedbackKind::Bounced,
            mail::Kind::Complaint => FeedbackKind::Complained,
            mail::Kind::Autoreply => return Ok(Taken::Ignored),
            mail::Kind::None => {
                let reason = match report.feedback {
                    Some(mail::Feedback::NotSpam) => {
                        "a reader takes a complaint back; `postbell suppression lift` takes back what it did"
                    }
                    _ => "it is no bounce and no complaint",
                };
                return self.keep(mark, raw, self.delivery_of(&report, sent_to).await?, reason).await;
            }
        };
        let Some(delivery) = self.delivery_of(&report, sent_to).await? else {
            return self
                .keep(
                    mark,
                    raw,
                    self.delivery_of(&report, sent_to).await?,
                    "nothing in it proves that it is about a mail of ours",
                )
                .await;
        };
        // A mail of ours has one reader; a report that names several names aliases of him.
        let about = report.recipients.first();
        if kind == FeedbackKind::Bounced && about.is_none() {
            // A notice of success, say: it is about a mail of ours and blames nobody.
            return self
                .keep(
                    mark,
                    raw,
                    self.delivery_of(&report, sent_to).await?,
                    "it names nobody whom the mail did not reach",
                )
                .await;
        }
        if kind == FeedbackKind::Complained && about.is_some_and(|about| about.class == Class::Sender) {
            return self
                .keep(
                    mark,
                    raw,
                    self.delivery_of(&report, sent_to).await?,
                    "no reader complains in it: a program reports a forged or infected mail, or something else",
                )
                .await;
        }
        let feedback = NewFeedback {
            mark,
            kind,
            class: about.filter(|_| kind == FeedbackKind::Bounced).map(|recipient| recipient.class),
            address: None,
            delivery_id: Some(delivery),
            source: "mail",
            status: about.and_then(|recipient| recipient.status.clone()),
            diagnostic: about.map(|recipient| recipient.diagnostic.clone()),
            refused: None,
        };
        let recorded = self.record(&feedback).await?;
        Ok(Taken::Recorded(delivery, recorded))
    }

    /// Whether a report that was proven may count: its proof comes for the
    /// first time, or with the same body again.
    ///
    /// # Errors
    /// The store's; the provider is to bring it again.
    pub async fn may_count(
        &self,
        provider: providers::Provider,
        once: &providers::proof::Once,
        body: &[u8],
    ) -> Result<bool, StoreError> {
        let heard = HeardProof {
            proof: format!("{provider}:{}", once.key),
            said: HEXLOWER.encode(digest(&SHA256, body).as_ref()),
            until: once.until,
        };
        self.store.hear_proof(&heard, self.clock.now()).await
    }

    /// What a provider reported, its origin proven before.
    ///
    /// # Errors
    /// The store's; the provider is to bring it again.
    pub async fn take_events(
        &self,
        provider: providers::Provider,
        events: &[providers::Event],
    ) -> Result<u32, StoreError> {
        let mut recorded = 0;
        for event in events {
            // Who stands on a provider's list gets no mail by it: what put the
            // reader there may have been before it reported to us.
            let (kind, class) = match event.listed.unwrap_or(event.kind) {
                providers::Kind::Bounced => (FeedbackKind::Bounced, Some(event.class.unwrap_or(Class::Soft))),
                providers::Kind::Complained => (FeedbackKind::Complained, None),
                providers::Kind::Unsubscribed => (FeedbackKind::Unsubscribed, None),
                providers::Kind::Deferred | providers::Kind::Rejected | providers::Kind::Delivered => {
                    continue;
                }
            };
            let named = event.message_id.as_deref().and_then(|id| self.keys.delivery_of_message_id(id));
            let delivery = self.proven(named).await?;
            if delivery.is_none() && event.address.is_none() {
                continue;
            }
            let said = serde_json::to_vec(event).unwrap_or_default();
            let feedback = NewFeedback {
                mark: format!("{provider}:{}", HEXLOWER.encode(digest(&SHA256, &said).as_ref())),
                kind,
                class,
                address: event.address.clone(),
                delivery_id: delivery,
                source: provider.name(),
                status: event.status.clone(),
                diagnostic: event.diagnostic.clone(),
                refused: None,
            };
            self.record(&feedback).await?;
            recorded += 1;
        }
        Ok(recorded)
    }

    async fn record(&self, feedback: &NewFeedback) -> Result<Recorded, StoreError> {
        let recorded = self.store.record_feedback(feedback, self.clock.now()).await?;
        metrics::counter!("postbell_feedback_total", "kind" => feedback.kind.as_str(), "source" => feedback.source)
            .increment(1);
        if let Recorded::Suppressed(reason) = recorded {
            tracing::info!(
                delivery.id = feedback.delivery_id.map(|id| id.0),
                reason = reason.as_str(),
                "a reader gets no mail any more"
            );
        }
        Ok(recorded)
    }

    async fn keep(
        &self,
        mark: String,
        mut raw: Vec<u8>,
        delivery_id: Option<DeliveryId>,
        reason: &'static str,
    ) -> Result<Taken, StoreError> {
        raw.truncate(STRAY_BYTES);
        let stray = Stray { id: 0, at: self.clock.now(), mark, reason: reason.to_owned(), delivery_id, raw };
        self.store.keep_stray(&stray).await?;
        Ok(Taken::Kept(reason))
    }

    /// The delivery that a report proves to be about: by the envelope sender
    /// that only we can make, else by the `Message-ID` that only we can make.
    async fn delivery_of(
        &self,
        report: &mail::Report,
        sent_to: Option<&str>,
    ) -> Result<Option<DeliveryId>, StoreError> {
        if let Some(delivery) = self.delivery_of_path(report, sent_to).await? {
            return Ok(Some(delivery));
        }
        let id = report.original_message_id.as_deref();
        self.proven(id.and_then(|id| self.keys.delivery_of_message_id(id))).await
    }

    async fn delivery_of_path(
        &self,
        report: &mail::Report,
        sent_to: Option<&str>,
    ) -> Result<Option<DeliveryId>, StoreError> {
        let Some(path) = &self.return_path else { return Ok(None) };
        let mut candidates = sent_to.into_iter().chain(report.sent_to.iter().map(String::as_str));
        self.proven(candidates.find_map(|address| path.find(&self.keys, address))).await
    }

    /// The delivery that a token of ours was made for, when it is still there:
    /// its number may be another mail's by now.
    async fn proven(&self, named: Option<DeliveryClaim>) -> Result<Option<DeliveryId>, StoreError> {
        let Some(named) = named else { return Ok(None) };
        let Some(row) = self.store.find_delivery_row(named.id).await? else { return Ok(None) };
        let last = match named.is_first_form() {
            true => self.store.last_unsealed(Sealed::Delivery).await?,
            false => 0,
        };
        Ok(named.opens(&row, last).then_some(row.id))
    }
}
