//! The sender role: one task a connection, and one that renews the leases.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::DRAIN;
use crate::deliver::{Connection, RENEW_EVERY_MS, Sender, Turn};
use crate::domain::Timestamp;
use crate::wake::Wake;

/// The longest that a connection sleeps without looking at the queue:
/// another process may have written to it.
const POLL: Duration = Duration::from_millis(1_000);
/// A connection that had nothing to send for so many polls is closed.
const IDLE_POLLS: u32 = 20;

/// Sends until `stop`; mails in flight finish, rows not begun go back.
///
/// On a thread of its own: the connections wake each other and the settler
/// thousands of times a second, which costs far less without a second thread
/// that has to be woken too.
pub async fn send(sender: Arc<Sender>, wake: Wake, stop: CancellationToken) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return tracing::error!(%error, "no thread can be had for sending; start again"),
    };
    let work = move || runtime.block_on(send_here(sender, wake, stop));
    if let Err(error) = tokio::task::spawn_blocking(work).await {
        tracing::error!(%error, "sending ended");
    }
}

async fn send_here(sender: Arc<Sender>, wake: Wake, stop: CancellationToken) {
    if let Err(error) = sender.recall().await {
        tracing::debug!(error = &error as &dyn std::error::Error, "what the relay taught us is not known");
    }
    let mut connections = JoinSet::new();
    for _ in 0..sender.connections() {
        connections.spawn(run_connection(sender.clone(), wake.clone(), stop.clone()));
    }
    let renewing = tokio::spawn(renew(sender.clone()));
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => {}
            ended = connections.join_next() => {
                // A connection ends by itself only in a panic: one bad mail must
                // not end the sending.
                if let Some(Err(error)) = ended {
                    tracing::error!(%error, "a connection's task ended; another takes its place");
                }
                if !stop.is_cancelled() {
                    connections.spawn(run_connection(sender.clone(), wake.clone(), stop.clone()));
                }
            }
        }
    }
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, drained).await.is_err() {
        tracing::warn!(
            "a relay did not answer in time for the stop; at most one copy per connection can follow"
        );
        connections.abort_all();
    }
    renewing.abort();
    if let Err(error) = sender.release().await {
        tracing::warn!(error = &error as &dyn std::error::Error, "claims were not given back; they run out");
    }
}

async fn run_connection(sender: Arc<Sender>, wake: Wake, stop: CancellationToken) {
    let mut connection = Connection::new(sender.clone());
    let mut idle_polls = 0;
    while !stop.is_cancelled() {
        match connection.turn().await {
            Turn::Worked => idle_polls = 0,
            Turn::Idle(until) => {
                idle_polls += 1;
                if idle_polls == IDLE_POLLS {
                    connection.hang_up().await;
                }
                tokio::select! {
                    () = stop.cancelled() => {}
                    is_rung = wake.wait(pause(&sender, until)) => if is_rung { sender.rouse() },
                }
            }
            Turn::Resting(until) => {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(pause(&sender, until)) => {}
                }
            }
        }
    }
    connection.close().await;
}

/// Until then, but no longer than a poll.
fn pause(sender: &Sender, until: Timestamp) -> Duration {
    Duration::from_millis(sender.ms_until(until).max(1)).min(POLL)
}

async fn renew(sender: Arc<Sender>) {
    let mut ticks = tokio::time::interval(Duration::from_millis(RENEW_EVERY_MS.unsigned_abs()));
    loop {
        ticks.tick().await;
        if let Err(error) = sender.renew().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "leases were not renewed");
        }
    }
}
