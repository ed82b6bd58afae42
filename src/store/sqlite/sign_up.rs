//! What signing up is judged by in SQLite: where visitors are counted, and
//! why a mail is withheld.

use sqlx::{Sqlite, Transaction};

use super::SqliteStore;
use super::rows::count;
use crate::domain::{HOUR_MS, SECOND_MS, SignUpFacts, SignUpStep, SuppressionReason, Timestamp, Withheld};
use crate::store::{Asker, Result};

/// The rule of signing up.
pub(super) type Decide<'d> = &'d (dyn for<'a> Fn(&'a SignUpFacts) -> SignUpStep + Send + Sync);

/// On the delivery that is not sent because the address was asked often enough.
const ASKED_ENOUGH: &str = "the address was asked often enough";

/// When the hour began in which a visitor is counted.
pub(super) fn window_start(now: Timestamp) -> i64 {
    now.as_millis().div_euclid(HOUR_MS) * HOUR_MS
}

/// How long until the next hour begins.
pub(super) fn seconds_left(now: Timestamp) -> u32 {
    let left_ms = window_start(now) + HOUR_MS - now.as_millis();
    count((left_ms + SECOND_MS - 1) / SECOND_MS)
}

/// Why the mail of this step is not sent, if so.
pub(super) fn withheld(facts: &SignUpFacts, step: &SignUpStep) -> Option<&'static str> {
    match facts.suppressed {
        _ if step.send => None,
        None | Some(SuppressionReason::Unsubscribed) => Some(ASKED_ENOUGH),
        Some(reason) => Some(Withheld::Suppressed(reason).as_str()),
    }
}

impl SqliteStore {
    /// Counts this sign-up; answers the seconds to wait when one place has
    /// had enough of them this hour. A refused one is not counted further
    /// out, so that one visitor cannot use up the whole instance's share.
    pub(super) async fn count_limits(
        &self,
        tx: &mut Transaction<'static, Sqlite>,
        asker: &Asker,
        now: Timestamp,
    ) -> Result<Option<u32>> {
        for (bucket, limit) in self.buckets(asker) {
            let so_far: i64 = sqlx::query_scalar(
                "INSERT INTO limits (bucket, window_start, count) VALUES ($1, $2, 1) \
                 ON CONFLICT (bucket, window_start) DO UPDATE SET count = limits.count + 1 RETURNING count",
            )
            .bind(&bucket)
            .bind(window_start(now))
            .fetch_one(&mut **tx)
            .await?;
            if limit > 0 && so_far > i64::from(limit) {
                return Ok(Some(seconds_left(now)));
            }
        }
        Ok(None)
    }

    /// The counters of an address, its network and the instance, with what
    /// each of them may reach; places are kept as hashes.
    pub(super) fn buckets(&self, asker: &Asker) -> [(String, u32); 3] {
        let limits = asker.limits;
        let hashed = |kind: &str, place: &str| format!("{kind}:{}", self.keys.address_hash(place));
        [
            (hashed("ip", &asker.ip), limits.per_ip),
            (hashed("net", &asker.network), limits.per_network),
            ("all".to_owned(), limits.per_instance),
        ]
    }
}
