//! The scheduler role. The cron library is an alarm clock and nothing more:
//! what is due stands in columns, so a missed or doubled ring is harmless.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;

use super::DRAIN;
use crate::clock::Clock;
use crate::deliver::Brake;
use crate::domain::{DAY_MS, MINUTE_MS, Timestamp};
use crate::publish::{Pool, Publisher, Work};
use crate::store::{Store, StoreError};
use crate::upkeep::Upkeep;
use crate::wake::Wake;

/// Each second: feeds that are due, posts whose grace time is over, hubs that
/// are to be asked, mailings that lack deliveries.
const PUBLISH: &str = "* * * * * *";
/// Each five seconds: mailings whose last delivery found its end.
const FINISH: &str = "*/5 * * * * *";
/// Each hour: what nobody needs any more.
const UPKEEP: &str = "0 17 * * * *";
/// Who hangs is noticed this soon.
const GLANCE: Duration = Duration::from_millis(250);
/// At the stop, what is under way has so long; what is cut off then is due at
/// once where it is taken up.
const FINISH_WITHIN: Duration = Duration::from_secs(2);

/// What to lay under the operator's log filter: the alarm clock's crate tells
/// its own doings at INFO, and the readers of HTML each tag of a post that is
/// in a wrong place at WARN, and each word of it at DEBUG.
pub const QUIET: &str = "tokio_cron_scheduler=warn,html5ever=error,selectors=error";

/// What the alarm clock rings for.
pub struct Rings {
    /// Finds new posts and turns them into mailings.
    pub publisher: Publisher,
    /// Removes what nobody needs any more.
    pub upkeep: Upkeep,
    /// Stops blogs that many refuse.
    pub brake: Brake,
    /// For mailings that end.
    pub store: Arc<dyn Store>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// Rings until `stop`. What is due is done once at the start.
///
/// # Errors
/// When the alarm clock cannot be set.
pub async fn schedule(rings: Rings, stop: CancellationToken) -> Result<(), JobSchedulerError> {
    let mut alarm = JobScheduler::new().await?;
    let (looks, posts, hubs, mailed) = (bell(), bell(), bell(), bell());
    let (finish, upkeep) = (bell(), bell());
    for (cron, bell) in [
        (PUBLISH, &looks),
        (PUBLISH, &posts),
        (PUBLISH, &hubs),
        (PUBLISH, &mailed),
        (FINISH, &finish),
        (UPKEEP, &upkeep),
    ] {
        let bell = bell.clone();
        // The job only rings: it never runs beside itself, however long the
        // work takes, and a ring during the work is kept as one.
        alarm
            .add(Job::new_async(cron, move |_, _| {
                let bell = bell.clone();
                Box::pin(async move { bell.notify_one() })
            })?)
            .await?;
    }
    alarm.start().await?;
    let Rings { publisher, upkeep: keeper, brake, store, clock } = rings;
    let work = async {
        tokio::join!(
            work_off(publisher.looks(), &looks, &stop, "feeds were not looked at"),
            work_off(publisher.due_posts(), &posts, &stop, "posts that are due were not mailed"),
            work_off(publisher.hub_questions(), &hubs, &stop, "hubs were not asked"),
            async {
                // A post that was just mailed does not wait for the second.
                while rung_or_woken(&mailed, &publisher.mailed, &stop).await {
                    if let Err(error) = publisher.fan_out_all().await {
                        failed(&error, "deliveries were not written");
                    }
                }
            },
            async {
                // What a process left that was killed between the two.
                let mut is_first = true;
                while rung(&finish, &stop).await {
                    if let Err(error) = brake.tick().await {
                        failed(&error, "the health of blogs was not looked at");
                    }
                    match end_mailings(&*store, clock.now(), is_first).await {
                        Ok(()) => is_first = false,
                        Err(error) => failed(&error, "mailings were not looked at"),
                    }
                }
            },
            async {
                while rung(&upkeep, &stop).await {
                    match keeper.tick().await {
                        Ok(purged) => tracing::debug!(?purged, "what nobody needs is removed"),
                        Err(error) => failed(&error, "old rows were not removed"),
                    }
                }
            },
        );
    };
    let last_call = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        () = work => {}
        () = last_call => {}
    }
    if let Err(error) = alarm.shutdown().await {
        tracing::debug!(%error, "the alarm clock did not stop");
    }
    Ok(())
}

/// Ends mailings, and gives those of them a reason that reached nobody; the
/// first time of a day, which a killed process may have left.
async fn end_mailings(store: &dyn Store, now: Timestamp, is_first: bool) -> Result<(), StoreError> {
    let done = store.finish_mailings(now).await?;
    for mailing in &done {
        tracing::info!(mailing.id = mailing.0, "every delivery of a mailing has its end");
    }
    if done.is_empty() && !is_first {
        return Ok(());
    }
    let since = now.plus_ms(if is_first { -DAY_MS } else { -MINUTE_MS });
    for mailing in store.note_unreached(since, now).await? {
        tracing::error!(
            mailing.id = mailing.0,
            "a mailing reached nobody, or nearly nobody; `postbell mailing show` says why"
        );
    }
    Ok(())
}

fn bell() -> Arc<Notify> {
    let bell = Arc::new(Notify::new());
    bell.notify_one();
    bell
}

/// A ring that never comes, from a clock that was moved, is made up for.
const AT_LEAST_EVERY: Duration = Duration::from_hours(1);

/// Waits for a ring; `false` when it is time to stop. Rings during the work
/// are kept as one, so the work never runs beside itself.
async fn rung(bell: &Notify, stop: &CancellationToken) -> bool {
    tokio::select! {
        biased;
        () = stop.cancelled() => false,
        _ = tokio::time::timeout(AT_LEAST_EVERY, bell.notified()) => true,
    }
}

/// The same, for who is woken by this process too.
async fn rung_or_woken(bell: &Notify, wake: &Wake, stop: &CancellationToken) -> bool {
    tokio::select! {
        is_rung = rung(bell, stop) => is_rung,
        _ = wake.wait(AT_LEAST_EVERY) => true,
    }
}

/// One owner of a pool: the ring only says that more may be due, and what
/// waits for a server waits in a task of its own.
async fn work_off<W: Work>(mut pool: Pool<W>, bell: &Notify, stop: &CancellationToken, what: &str) {
    while !stop.is_cancelled() {
        if let Err(error) = pool.step().await {
            failed(&error, what);
        }
        let is_busy = pool.is_busy();
        tokio::select! {
            is_rung = rung(bell, stop) => if is_rung { pool.ring() },
            () = pool.changed() => {}
            () = tokio::time::sleep(GLANCE), if is_busy => {}
        }
    }
    let drained = tokio::time::timeout(FINISH_WITHIN, pool.drain()).await.unwrap_or(Ok(()));
    if let Err(error) = drained.and(pool.give_up().await) {
        failed(&error, "what was not done could not be given back; it waits until its lease ends");
    }
}

fn failed(error: &StoreError, what: &str) {
    tracing::error!(error = error as &dyn std::error::Error, "{what}; it is tried again at the next ring");
}
