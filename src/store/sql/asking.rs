//! How often a place may ask for something.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::dialect::each;
use super::rows::{count, lines};
use super::{SqlStore, Tx};
use crate::domain::{HOUR_MS, SECOND_MS, SignUpFacts, SignUpStep, Timestamp, places_of};
use crate::store::{Asked, Asker, Result, SignUp};

/// The rule of signing up.
pub(super) type Decide<'d> = &'d (dyn for<'a> Fn(&'a SignUpFacts) -> SignUpStep + Send + Sync);

/// Who asks for a mail by signing up.
pub(super) fn asker(sign_up: &SignUp) -> Asker {
    Asker {
        ip: sign_up.evidence.ip.clone().unwrap_or_default(),
        flow: sign_up.flow,
        is_hosted: sign_up.is_hosted,
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
    /// Counts who asks, in their order: which of them come from a place that
    /// had enough of them this hour. The widest place is the instance: over its
    /// limit only our own pages are heard. A refused one is not counted further
    /// out, so that one visitor cannot use up the whole instance's share.
    pub(super) async fn count_asked(
        &self,
        tx: &mut Tx,
        askers: &[Asker],
        now: Timestamp,
    ) -> Result<Vec<Asked>> {
        let places: Vec<Vec<Bucket>> = askers.iter().map(|one| self.buckets(one)).collect();
        let names: BTreeSet<&str> = places.iter().flatten().map(|bucket| bucket.name.as_str()).collect();
        if names.is_empty() {
            return Ok(vec![Asked::Taken; askers.len()]);
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
        let retry_after_seconds = seconds_left(now);
        let answers = askers.iter().zip(places).map(|(asker, places)| {
            let full = places.into_iter().find(|bucket| {
                let so_far = counts.entry(bucket.name.clone()).or_default();
                *so_far += 1;
                *so_far > i64::from(bucket.limit)
            });
            match full {
                Some(Bucket { is_instance: false, .. }) => Asked::Limited { retry_after_seconds },
                Some(_) if !asker.is_hosted => Asked::Pressed { retry_after_seconds },
                _ => Asked::Taken,
            }
        });
        let answers = answers.collect();
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

    /// The counters of the places that one asks from, the nearest first, and
    /// last the instance's; without those that have no limit. Places are kept
    /// as hashes.
    fn buckets(&self, asker: &Asker) -> Vec<Bucket> {
        let flow = asker.flow.as_str();
        let places = asker.ip.parse().map(|ip| places_of(ip, asker.limits.per_ip, asker.limits.per_network));
        let near = places.unwrap_or_default().into_iter().map(|(place, limit)| Bucket {
            name: format!("{flow}:{}", self.keys.address_hash(&place)),
            limit,
            is_instance: false,
        });
        let limit = asker.limits.per_instance;
        let all = Bucket { name: format!("{flow}:all"), limit, is_instance: true };
        near.chain((limit > 0).then_some(all)).collect()
    }
}

/// One counter.
struct Bucket {
    name: String,
    limit: u32,
    is_instance: bool,
}
