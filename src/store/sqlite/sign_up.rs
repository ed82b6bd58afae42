//! Where visitors are counted in SQLite, one at a time.

use super::asking::{Decide, seconds_left, window_start};
use super::{SqliteStore, Tx};
use crate::domain::Timestamp;
use crate::store::{Asker, Result, SignUp, SignedUp};

impl SqliteStore {
    pub(super) async fn record_sign_up(
        &self,
        sign_up: &SignUp,
        decide: Decide<'_>,
        now: Timestamp,
    ) -> Result<SignedUp> {
        self.record_sign_ups(std::slice::from_ref(sign_up), decide, now).await.remove(0)
    }

    /// Counts this sign-up; answers the seconds to wait when one place has
    /// had enough of them this hour. A refused one is not counted further
    /// out, so that one visitor cannot use up the whole instance's share.
    pub(super) async fn count_limits(
        &self,
        tx: &mut Tx,
        asker: &Asker,
        now: Timestamp,
    ) -> Result<Option<u32>> {
        for (bucket, limit) in self.places(asker) {
            let so_far: i64 = sqlx::query_scalar(
                "INSERT INTO limits (bucket, window_start, count) VALUES ($1, $2, 1) \
                 ON CONFLICT (bucket, window_start) DO UPDATE SET count = limits.count + 1 RETURNING count",
            )
            .bind(bucket)
            .bind(window_start(now))
            .fetch_one(&mut **tx)
            .await?;
            if so_far > i64::from(limit) {
                return Ok(Some(seconds_left(now)));
            }
        }
        Ok(None)
    }

    /// The counters of an address, its network and the instance, with what
    /// each may reach; without those that have no limit.
    pub(super) fn places(&self, asker: &Asker) -> Vec<(String, u32)> {
        let limits = asker.limits;
        let (ip, network) = self.buckets(asker);
        let all =
            [(ip, limits.per_ip), (network, limits.per_network), ("all".to_owned(), limits.per_instance)];
        all.into_iter().filter(|(_, limit)| *limit > 0).collect()
    }
}
