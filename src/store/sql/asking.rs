//! What is asked before a sign-up is written down: the facts, why a mail is
//! withheld, and how often a place may ask.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use sqlx::FromRow;

use super::dialect::each;
use super::rows::{Place, count, lines};
use super::{SqlStore, Tx};
use crate::domain::{
    HOUR_MS, Reason, SECOND_MS, SignUpFacts, SignUpStep, SubscriptionStatus, SuppressionReason, Timestamp,
};
use crate::store::{Asker, Result, SignUp};

/// The rule of signing up.
pub(super) type Decide<'d> = &'d (dyn for<'a> Fn(&'a SignUpFacts) -> SignUpStep + Send + Sync);

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
pub(super) fn withheld(facts: &SignUpFacts, step: &SignUpStep) -> Option<Reason> {
    match facts.suppressed {
        _ if step.send => None,
        None | Some(SuppressionReason::Unsubscribed) => Some(Reason::AskedEnough),
        Some(by) => Some(Reason::Suppressed { by }),
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
    /// Counts who asks, in their order: the seconds to wait of each that comes
    /// from a place which had enough of them this hour, `None` for the
    /// others. A refused one is not counted further out, so that one visitor
    /// cannot use up the whole instance's share.
    pub(super) async fn count_asked(
        &self,
        tx: &mut Tx,
        askers: &[Asker],
        now: Timestamp,
    ) -> Result<Vec<Option<u32>>> {
        let places: Vec<Vec<(String, u32)>> = askers.iter().map(|one| self.places(one)).collect();
        let names: BTreeSet<&str> = places.iter().flatten().map(|(bucket, _)| bucket.as_str()).collect();
        if names.is_empty() {
            return Ok(vec![None; askers.len()]);
        }
        // Each counter is held from here on, in the order of the names.
        let before: Vec<(String, i64)> = sqlx::query_as(concat!(
            "INSERT INTO limits (bucket, window_start, count) SELECT bucket, $2, 0 FROM ",
            lines!("$1": 0 "bucket" "TEXT"),
            " WHERE TRUE ON CONFLICT (bucket, window_start) DO UPDATE SET count = limits.count \
             RETURNING bucket, count",
        ))
        .bind(json!(names.iter().map(|name| [name]).collect::<Vec<_>>()).to_string())
        .bind(window_start(now))
        .fetch_all(&mut **tx)
        .await?;
        let mut counts: BTreeMap<String, i64> = before.into_iter().collect();
        let mut answers = Vec::with_capacity(askers.len());
        for place in places {
            let is_over = place.into_iter().any(|(bucket, limit)| {
                let so_far = counts.entry(bucket).or_default();
                *so_far += 1;
                *so_far > i64::from(limit)
            });
            answers.push(is_over.then(|| seconds_left(now)));
        }
        sqlx::query(concat!(
            "INSERT INTO limits (bucket, window_start, count) SELECT bucket, $2, count FROM ",
            lines!("$1": 0 "bucket" "TEXT", 1 "count" "BIGINT"),
            " WHERE TRUE ON CONFLICT (bucket, window_start) DO UPDATE SET count = excluded.count",
        ))
        .bind(json!(counts.iter().collect::<Vec<_>>()).to_string())
        .bind(window_start(now))
        .execute(&mut **tx)
        .await?;
        Ok(answers)
    }

    /// The counters of an address, its network and the instance, with what
    /// each may reach; without those that have no limit. Places are kept as hashes.
    fn places(&self, asker: &Asker) -> Vec<(String, u32)> {
        let hashed = |kind: &str, place: &str| format!("{kind}:{}", self.keys.address_hash(place));
        let limits = asker.limits;
        let all = [
            (hashed("ip", &asker.ip), limits.per_ip),
            (hashed("net", &asker.network), limits.per_network),
            ("all".to_owned(), limits.per_instance),
        ];
        all.into_iter().filter(|(_, limit)| *limit > 0).collect()
    }
}
