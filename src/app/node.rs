//! This process as one of the nodes of a database: its row, and what must be
//! equal on all of them, the secret key and the time.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::database::Database;
use super::{App, Roles};
use crate::domain::{DAY_MS, Timestamp};
use crate::roles;
use crate::store::Node;

/// How long the end waits until the node's row is gone.
const GOODBYE: Duration = Duration::from_secs(1);

/// From here on the operator is told.
const WARN_MS: u64 = 2_000;
/// From here on this node does not send: leases of 15 s are compared with
/// other machines' clocks.
const REFUSE_MS: u64 = 5_000;

impl App {
    /// Says who this process is, once what must be equal on all nodes is.
    pub(super) async fn register(&self, roles: Roles) -> anyhow::Result<Node> {
        let now = self.clock.now();
        let node = Node {
            // Short: it stands in each row that is on its way.
            id: format!("{:010x}", rand::random::<u64>() >> 24),
            host: host(),
            pid: std::process::id(),
            roles: roles.to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            key_mark: self.keys.address_hash("this key"),
            started_at: now,
            seen_at: now,
            held: 0,
        };
        match &self.database {
            Database::Sqlite(..) => {
                // One process serves a database: whatever is leased, and whoever
                // is listed, is of a predecessor that is gone.
                self.store.free_leases(None, now).await?;
                self.store.forget_nodes(Timestamp::from_millis(i64::MAX)).await?;
            }
            Database::Postgres(store) => {
                judge_clock(store.clock_ahead_ms(&*self.clock).await?, roles)?;
                let others = self.store.list_nodes(now).await?;
                judge_key(&node, &others, now)?;
            }
        }
        self.store.beat(&node).await?;
        Ok(node)
    }
}

/// The heartbeat of this node, until it ends.
pub(super) struct Heart {
    stop: CancellationToken,
    beating: JoinHandle<()>,
}

impl Heart {
    /// The last beat: the node's row goes away.
    pub(super) async fn end(self) {
        self.stop.cancel();
        // It only waits for the database, and not for long.
        let _ = tokio::time::timeout(GOODBYE, self.beating).await;
    }
}

impl App {
    /// Lets hints of other nodes wake the sender, and the heart beat.
    pub(super) fn keep_in_touch(&self, node: Node) -> (JoinHandle<()>, Heart) {
        let wake = self.wake.clone();
        let hints = match &self.database {
            Database::Sqlite(..) => tokio::spawn(async {}),
            Database::Postgres(store) => {
                let store = store.clone();
                tokio::spawn(async move { store.listen(|| wake.ring()).await })
            }
        };
        let stop = CancellationToken::new();
        let beating = roles::beat(self.store.clone(), self.clock.clone(), node, stop.clone());
        (hints, Heart { stop, beating: tokio::spawn(beating) })
    }
}

/// The name of this machine, as far as the system tells it.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| std::fs::read_to_string("/etc/hostname"));
    name.map_or_else(|_| "unknown".to_owned(), |name| name.trim().to_owned())
}

/// Whether a node whose clock is so far ahead of the database's may do its work.
fn judge_clock(ahead_ms: i64, roles: Roles) -> anyhow::Result<()> {
    let (off, side) = (ahead_ms.unsigned_abs(), if ahead_ms > 0 { "ahead of" } else { "behind" });
    if off > REFUSE_MS && roles.sender {
        anyhow::bail!(
            "this machine's clock is {off} ms {side} the database's; nodes that send must agree within \
             {REFUSE_MS} ms, or mails go out twice: set the clocks by NTP, or leave `sender` out of --roles"
        );
    }
    if off > WARN_MS {
        tracing::warn!("this machine's clock is {off} ms {side} the database's; set both by NTP");
    }
    Ok(())
}

/// A node with another key would sign links that the others refuse, and would
/// not find who is suppressed.
fn judge_key(node: &Node, others: &[Node], now: Timestamp) -> anyhow::Result<()> {
    let is_other = |other: &&Node| other.key_mark != node.key_mark && now.since_ms(other.seen_at) < DAY_MS;
    if let Some(other) = others.iter().find(is_other) {
        anyhow::bail!(
            "the node on {} has another secret key; copy its secret_file to this machine, then start again",
            other.host
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_needs_the_databases_time_within_five_seconds() {
        let pages = Roles { sender: false, ..Roles::ALL };
        for (ahead_ms, may_send) in
            [(0, true), (4_000, true), (-5_000, true), (5_001, false), (-60_000, false)]
        {
            assert_eq!(judge_clock(ahead_ms, Roles::ALL).is_ok(), may_send, "{ahead_ms}");
            assert!(judge_clock(ahead_ms, pages).is_ok(), "{ahead_ms}");
        }
        let told = judge_clock(-60_000, Roles::ALL).expect_err("it is off").to_string();
        assert!(told.contains("60000 ms behind the database's") && told.contains("NTP"), "{told}");
    }
}
