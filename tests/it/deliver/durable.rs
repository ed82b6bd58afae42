//! How far sending may run ahead of what is written down.

use std::sync::Arc;
use std::time::Duration;

use postbell::clock::ManualClock;
use postbell::deliver::Turn;
use postbell::domain::DeliveryStatus;
use tokio::task::JoinSet;

use super::{Handed, Recorder, Rig};
use crate::support::stores::{NOTED_AS_SENT, NOW, Opened, Place, on_a_slow_disk};

const CONNECTIONS: usize = 4;

/// What is durable: rows, and notes that are not yet rows.
fn written() -> String {
    format!("SELECT (SELECT COUNT(*) FROM deliveries WHERE status = 'sent') + ({NOTED_AS_SENT})")
}

/// Until the next `COMMIT` nothing can be settled.
async fn hold(opened: &Opened) {
    opened.raw("BEGIN").await.unwrap();
    opened.raw("LOCK TABLE notes, singles, blocks IN EXCLUSIVE MODE").await.unwrap();
}

mod on_sqlite {
    /// R2
    #[tokio::test]
    async fn a_connection_is_never_more_than_two_mails_ahead_of_a_commit_of_50_ms() {
        super::a_slow_disk().await;
    }
}

mod on_postgres {
    use crate::support::stores::{DATABASE, Database};

    /// R2
    #[tokio::test]
    async fn a_connection_is_never_more_than_two_mails_ahead_of_a_commit_of_50_ms() {
        DATABASE.scope(Database::Postgres, super::a_locked_table()).await;
    }
}

/// What is sent stands beside what the file of notes has at the same moment:
/// this thread does both, and no row is written meanwhile.
async fn a_slow_disk() {
    let clock = Arc::new(ManualClock::at(NOW));
    let recorder = Recorder::new(&clock, CONNECTIONS, Box::new(|_| {}));
    let opened = on_a_slow_disk(Duration::from_millis(50)).await;
    let mut rig = Rig::on(opened, Arc::new(Handed(recorder.clone())), clock);
    let (blog, readers) = rig.blog("first", 100).await;
    rig.post(&blog, "A post").await;
    rig.connections[0].turn().await;
    // The first is in its row, and the file empty, before no row can be written.
    while rig.opened.number("SELECT COUNT(*) FROM deliveries WHERE status = 'sent'").await == 0 {
        rig.opened.store.apply_all_settlements("").await.unwrap();
    }
    rig.opened.store.apply_all_settlements("").await.unwrap();
    let no_end = "CREATE TRIGGER no_end BEFORE UPDATE OF states ON blocks \
        BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    rig.opened.raw(no_end).await.unwrap();
    let Place::Folder(folder) = rig.opened.place.clone() else { panic!("it is a file") };
    let durable = || {
        let notes = std::fs::read_to_string(folder.path().join("postbell.db-notes")).unwrap_or_default();
        notes.lines().count()
    };
    let sent = || recorder.readers().len();
    let mut working = JoinSet::new();
    for mut line in rig.connections.drain(..) {
        working.spawn(async move { while matches!(line.turn().await, Turn::Worked) {} });
    }
    let mut most = 0;
    while !working.is_empty() {
        let (sent, durable) = (sent(), 1 + durable());
        assert!(sent <= durable + 2 * CONNECTIONS, "{sent} sent, {durable} written down");
        most = most.max(sent.saturating_sub(durable));
        tokio::time::sleep(Duration::from_millis(1)).await;
        while working.try_join_next().is_some() {}
    }
    assert_eq!(sent(), readers.len());
    assert!(most > CONNECTIONS, "they run ahead, or the test sees nothing: {most}");
    rig.opened.raw("DROP TRIGGER no_end").await.unwrap();
    rig.opened.store.apply_all_settlements("").await.unwrap();
    assert_eq!(rig.readers_with(&readers, DeliveryStatus::Sent).await.len(), readers.len());
}

async fn a_locked_table() {
    let clock = Arc::new(ManualClock::at(NOW));
    let recorder = Recorder::new(&clock, CONNECTIONS, Box::new(|_| {}));
    let mut rig = Rig::over(Arc::new(Handed(recorder.clone())), clock).await;
    let (blog, readers) = rig.blog("first", 400).await;
    rig.post(&blog, "A post").await;
    let mut working = JoinSet::new();
    for mut line in rig.connections.drain(..) {
        working.spawn(async move { while matches!(line.turn().await, Turn::Worked) {} });
    }
    let mut most = 0;
    while rig.opened.number("SELECT COUNT(*) FROM deliveries WHERE status = 'sent'").await < 400 {
        // Nothing can be written while another holds the database.
        hold(&rig.opened).await;
        let written = rig.opened.number(&written()).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let sent = i64::try_from(recorder.readers().len()).unwrap();
        most = most.max(sent - written);
        rig.opened.raw("COMMIT").await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(sent - written <= 2 * CONNECTIONS as i64, "{sent} sent, {written} written down");
    }
    while working.join_next().await.is_some() {}
    assert!(most > CONNECTIONS as i64, "they run ahead, or the test sees nothing: {most}");
    assert_eq!(rig.readers_with(&readers[..10], DeliveryStatus::Sent).await.len(), 10);
}
