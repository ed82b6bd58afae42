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
use crate::publish::Publisher;
use crate::store::Store;
use crate::upkeep::Upkeep;

/// Each second: feeds that are due, posts whose grace time is over.
const PUBLISH: &str = "* * * * * *";
/// Each five seconds: mailings whose last delivery found its end.
const FINISH: &str = "*/5 * * * * *";
/// Each hour: what nobody needs any more.
const UPKEEP: &str = "0 17 * * * *";

/// What to lay under the operator's log filter: the alarm clock's crate tells
/// its own doings at INFO, and the parser of HTML each tag of a post that is
/// in a wrong place at WARN, which say nothing about ours.
pub const QUIET: &str = "tokio_cron_scheduler=warn,html5ever=error";

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
    let (publish, finish, upkeep) = (bell(), bell(), bell());
    for (cron, bell) in [(PUBLISH, &publish), (FINISH, &finish), (UPKEEP, &upkeep)] {
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
            async {
                while rung(&publish, &stop).await {
                    if let Err(error) = publisher.tick().await {
                        failed(&error, "feeds were not looked at");
                    }
                }
            },
            async {
                while rung(&finish, &stop).await {
                    if let Err(error) = brake.tick().await {
                        failed(&error, "the health of blogs was not looked at");
                    }
                    match store.finish_mailings(clock.now()).await {
                        Ok(done) => done.iter().for_each(|mailing| {
                            tracing::info!(mailing.id = mailing.0, "every delivery of a mailing has its end");
                        }),
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

fn bell() -> Arc<Notify> {
    let bell = Arc::new(Notify::new());
    bell.notify_one();
    bell
}

/// Waits for a ring; `false` when it is time to stop. Rings during the work
/// are kept as one, so the work never runs beside itself.
async fn rung(bell: &Notify, stop: &CancellationToken) -> bool {
    /// A ring that never comes, from a clock that was moved, is made up for.
    const AT_LEAST_EVERY: Duration = Duration::from_secs(3_600);
    tokio::select! {
        biased;
        () = stop.cancelled() => false,
        _ = tokio::time::timeout(AT_LEAST_EVERY, bell.notified()) => true,
    }
}

fn failed(error: &crate::store::StoreError, what: &str) {
    tracing::error!(error = error as &dyn std::error::Error, "{what}; it is tried again at the next ring");
}
