//! What the two ways of writing a sign-up down have in common: the facts, why
//! a mail is withheld, and where visitors are counted.

use sqlx::FromRow;

use super::SqlStore;
use super::rows::{Place, count};
use crate::domain::{
    HOUR_MS, SECOND_MS, SignUpFacts, SignUpStep, SubscriptionStatus, SuppressionReason, Timestamp, Withheld,
};
use crate::store::{Asker, Result, SignUp};

/// The rule of signing up.
pub(super) type Decide<'d> = &'d (dyn for<'a> Fn(&'a SignUpFacts) -> SignUpStep + Send + Sync);

/// On the delivery that is not sent because the address was asked often enough.
const ASKED_ENOUGH: &str = "the address was asked often enough";

/// What is known of one who signs up.
#[derive(FromRow)]
pub(super) struct FactsRow {
    subscriber: i64,
    status: Option<String>,
    suppressed: Option<String>,
    asked_today: i64,
    asked_in_90_days: i64,
    asked_everywhere_today: i64,
}

impl FactsRow {
    /// The person's row, and the facts.
    pub fn into_facts(self) -> Result<(i64, SignUpFacts)> {
        let place = Place { table: "subscriptions", row: self.subscriber };
        let status = self.status.map(|word| place.need("status", SubscriptionStatus::parse(&word)));
        let suppressed =
            self.suppressed.map(|word| place.need("suppression", SuppressionReason::parse(&word)));
        let facts = SignUpFacts {
            status: status.transpose()?,
            suppressed: suppressed.transpose()?,
            asked_today: count(self.asked_today),
            asked_in_90_days: count(self.asked_in_90_days),
            asked_everywhere_today: count(self.asked_everywhere_today),
        };
        Ok((self.subscriber, facts))
    }
}

/// Why the mail of this step is not sent, if so.
pub(super) fn withheld(facts: &SignUpFacts, step: &SignUpStep) -> Option<&'static str> {
    match facts.suppressed {
        _ if step.send => None,
        None | Some(SuppressionReason::Unsubscribed) => Some(ASKED_ENOUGH),
        Some(reason) => Some(Withheld::Suppressed(reason).as_str()),
    }
}

/// Who asks for a mail by signing up.
pub(super) fn asker(sign_up: &SignUp) -> Asker {
    Asker {
        ip: sign_up.evidence.ip.clone().unwrap_or_default(),
        network: sign_up.network.clone(),
        limits: sign_up.limits,
    }
}

/// When the hour began in which a visitor is counted.
pub(super) fn window_start(now: Timestamp) -> i64 {
    now.as_millis().div_euclid(HOUR_MS) * HOUR_MS
}

/// How long until the next hour begins.
pub(super) fn seconds_left(now: Timestamp) -> u32 {
    let left_ms = window_start(now) + HOUR_MS - now.as_millis();
    count((left_ms + SECOND_MS - 1) / SECOND_MS)
}

impl SqlStore {
    /// The counters of an address and of its network; places are kept as hashes.
    pub(super) fn buckets(&self, asker: &Asker) -> (String, String) {
        let hashed = |kind: &str, place: &str| format!("{kind}:{}", self.keys.address_hash(place));
        (hashed("ip", &asker.ip), hashed("net", &asker.network))
    }
}
