//! Manners towards hosts: so many requests at a time, and none while a host
//! rests that asked for it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;

use crate::feeds::FetchError;

/// Hosts that are remembered before those that nobody asks are forgotten.
const REMEMBERED: usize = 1_000;
/// No host is left alone longer than this for what one answer said.
const LONGEST_REST: Duration = Duration::from_hours(24);

/// The hosts that one process asks.
#[derive(Debug, Clone)]
pub(super) struct Hosts {
    all: Arc<Mutex<HashMap<String, Host>>>,
    at_once: usize,
}

#[derive(Debug)]
struct Host {
    turns: Arc<Semaphore>,
    rests_until: Option<Instant>,
}

/// The right to ask a host; the next one has it when this is dropped.
#[derive(Debug)]
pub(super) struct Turn(
    #[expect(dead_code, reason = "it is given back when it is dropped")] OwnedSemaphorePermit,
);

impl Hosts {
    /// Each is asked by so many at once.
    pub fn new(at_once: usize) -> Self {
        Self { all: Arc::default(), at_once }
    }

    /// Waits until few enough others ask this host.
    ///
    /// # Errors
    /// As the host would answer, while it rests.
    pub async fn turn(&self, host: &str) -> Result<Turn, FetchError> {
        let turns = self.of(host)?;
        let permit = turns.acquire_owned().await.map_err(|_| FetchError::Timeout)?;
        // The one before may have been told to come back later.
        self.of(host)?;
        Ok(Turn(permit))
    }

    /// The host asked to be left alone for so long.
    pub fn rest(&self, host: &str, seconds: u64) {
        let until = Instant::now() + Duration::from_secs(seconds).min(LONGEST_REST);
        if let Some(host) = self.all().get_mut(host) {
            host.rests_until = Some(until);
        }
    }

    fn of(&self, host: &str) -> Result<Arc<Semaphore>, FetchError> {
        let now = Instant::now();
        let mut all = self.all();
        if all.len() >= REMEMBERED && !all.contains_key(host) {
            all.retain(|_, host| {
                Arc::strong_count(&host.turns) > 1 || host.rests_until.is_some_and(|at| at > now)
            });
        }
        let host = all
            .entry(host.to_owned())
            .or_insert_with(|| Host { turns: Arc::new(Semaphore::new(self.at_once)), rests_until: None });
        match host.rests_until.and_then(|at| at.checked_duration_since(now)) {
            Some(left) if !left.is_zero() => Err(FetchError::Status {
                status: reqwest::StatusCode::TOO_MANY_REQUESTS.as_u16(),
                retry_after_seconds: Some(left.as_secs() + 1),
            }),
            _ => Ok(host.turns.clone()),
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Host>> {
        self.all.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_host_is_asked_by_one_at_a_time_and_others_meanwhile() {
        let hosts = Hosts::new(1);
        let first = hosts.turn("a.example").await.unwrap();
        hosts.turn("b.example").await.unwrap();
        let second = tokio::spawn({
            let hosts = hosts.clone();
            async move { hosts.turn("a.example").await }
        });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop(first);
        second.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn who_waits_for_a_host_hears_that_it_rests() {
        let hosts = Hosts::new(1);
        let first = hosts.turn("a.example").await.unwrap();
        let second = tokio::spawn({
            let hosts = hosts.clone();
            async move { hosts.turn("a.example").await.err() }
        });
        tokio::task::yield_now().await;
        hosts.rest("a.example", 600);
        drop(first);
        let said = second.await.unwrap();
        assert!(
            matches!(said, Some(FetchError::Status { status: 429, retry_after_seconds: Some(590..=600) })),
            "{said:?}"
        );
    }

    #[tokio::test]
    async fn hosts_that_nobody_asks_are_forgotten() {
        let hosts = Hosts::new(1);
        let kept = hosts.turn("kept.example").await.unwrap();
        hosts.turn("rests.example").await.unwrap();
        hosts.rest("rests.example", 600);
        for at in 0..2 * REMEMBERED {
            drop(hosts.turn(&format!("{at}.example")).await.unwrap());
        }
        assert!(hosts.all().len() <= REMEMBERED);
        assert!(hosts.all().contains_key("kept.example") && hosts.all().contains_key("rests.example"));
        drop(kept);
    }
}
