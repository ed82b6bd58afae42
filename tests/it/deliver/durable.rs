//! How far sending may run ahead of what is written down.

use std::sync::Arc;
use std::time::Duration;

use postbell::clock::ManualClock;
use postbell::deliver::Turn;
use postbell::domain::DeliveryStatus;
use tokio::task::JoinSet;

use super::{Handed, Recorder, Rig};
use crate::support::stores::{NOW, Opened, Place};

crate::for_each_database!(a_connection_is_never_more_than_two_mails_ahead_of_a_commit_of_50_ms,);

const CONNECTIONS: usize = 4;

/// What is durable: rows, and notes that are not yet rows.
const WRITTEN: &str = "SELECT (SELECT COUNT(*) FROM deliveries WHERE status = 'sent') \
     + (SELECT COUNT(*) FROM settlements WHERE status = 'sent')";

/// Until the next `COMMIT` nothing can be settled.
async fn hold(opened: &Opened) {
    if let Place::Postgres(_) = opened.place {
        opened.raw("BEGIN").await.unwrap();
        opened.raw("LOCK TABLE settlements, deliveries IN EXCLUSIVE MODE").await.unwrap();
    } else {
        opened.raw("BEGIN IMMEDIATE").await.unwrap();
    }
}

/// R2
async fn a_connection_is_never_more_than_two_mails_ahead_of_a_commit_of_50_ms() {
    let clock = Arc::new(ManualClock::at(NOW));
    let recorder = Recorder::new(&clock, CONNECTIONS, Box::new(|_| {}));
    let mut rig = Rig::over(Arc::new(Handed(recorder.clone())), clock).await;
    let (blog, readers) = rig.blog("first", 400).await;
    rig.post(&blog, "A post").await;
    let mut working = JoinSet::new();
    for mut line in rig.lines.drain(..) {
        working.spawn(async move { while matches!(line.turn().await, Turn::Worked) {} });
    }
    let mut most = 0;
    while rig.opened.number("SELECT COUNT(*) FROM deliveries WHERE status = 'sent'").await < 400 {
        // Nothing can be written while another holds the database.
        hold(&rig.opened).await;
        let written = rig.opened.number(WRITTEN).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let sent = i64::try_from(recorder.readers().len()).unwrap();
        most = most.max(sent - written);
        rig.opened.raw("COMMIT").await.unwrap();
        // SQLite asks for the lock only now and then.
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(sent - written <= 2 * CONNECTIONS as i64, "{sent} sent, {written} written down");
    }
    while working.join_next().await.is_some() {}
    assert!(most > CONNECTIONS as i64, "they run ahead, or the test sees nothing: {most}");
    assert_eq!(rig.readers_with(&readers[..10], DeliveryStatus::Sent).await.len(), 10);
}
