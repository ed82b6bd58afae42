//! The mailbox that bounces come to, under the scheduler role: looked into
//! for as long as the process runs, whatever its server does.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::DRAIN;
use crate::inbound::imap::{BounceMailbox, ImapFault, Look, Mailbox};

/// Before the second try; twice as long before each further one.
const FIRST: Duration = Duration::from_secs(2);
/// Before the second login: servers lock out who knocks often.
const REFUSED: Duration = Duration::from_secs(60);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// Reads the mailbox until `stop`.
pub async fn watch_mailbox(bounces: Arc<BounceMailbox>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        // In a task of its own: what a server says must not end the process.
        let watching = tokio::spawn(watch(bounces.open(), stop.clone()));
        if let Err(error) = watching.await {
            tracing::error!(%error, "the mailbox of bounces was left; it is opened again in a minute");
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(REFUSED) => {}
            }
        }
    }
}

async fn watch(mut mailbox: Mailbox, stop: CancellationToken) {
    let last_call = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::pin!(last_call);
    let mut failures = 0;
    while !stop.is_cancelled() {
        let looked = tokio::select! {
            looked = mailbox.look() => looked,
            // What is cut off here was written down or stays in the mailbox.
            () = &mut last_call => return,
        };
        match looked {
            Ok(look) => {
                failures = 0;
                if look == Look::Whole {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = mailbox.wait() => {}
                    }
                }
            }
            Err(fault) => {
                failures += 1;
                let pause = pause(&fault, failures, rand::random());
                tell(&fault, pause);
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(pause) => {}
                }
            }
        }
    }
    mailbox.hang_up().await;
}

/// Growing, and for each node another by up to a quarter.
fn pause(fault: &ImapFault, failures: u32, chance: f64) -> Duration {
    let first = if matches!(fault, ImapFault::RefusesUs(_)) { REFUSED } else { FIRST };
    let grown = first.saturating_mul(1 << (failures.saturating_sub(1)).min(16)).min(LONGEST);
    grown.mul_f64(0.75 + chance.clamp(0.0, 1.0) / 2.0)
}

fn tell(fault: &ImapFault, pause: Duration) {
    let seconds = pause.as_secs().max(1);
    match fault {
        ImapFault::RefusesUs(said) => tracing::error!(
            "the mailbox of bounces cannot be read: {said}; check bounces.imap_url. Tried again in {seconds} s"
        ),
        ImapFault::Away(said) => {
            tracing::warn!("the mailbox of bounces cannot be read now: {said}; tried again in {seconds} s")
        }
        ImapFault::Store(error) => tracing::warn!(
            error = error as &dyn std::error::Error,
            "bounces stay in their mailbox; tried again in {seconds} s"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_grows_to_five_minutes_and_a_refused_login_waits_a_minute() {
        let away = ImapFault::Away(String::new());
        let refused = ImapFault::RefusesUs(String::new());
        let seconds = |fault, failures| pause(fault, failures, 0.5).as_secs();
        assert_eq!([1, 2, 3, 8, 9, 1_000].map(|n| seconds(&away, n)), [2, 4, 8, 256, 300, 300]);
        assert_eq!([1, 2, 3, 4].map(|n| seconds(&refused, n)), [60, 120, 240, 300]);
        assert!(pause(&away, 1, 0.0) < pause(&away, 1, 1.0));
    }
}
