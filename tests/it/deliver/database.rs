//! A database that takes nothing for a while.

use std::sync::Arc;

use postbell::clock::{Clock as _, ManualClock};
use postbell::deliver::{LEASE_MS, Turn};
use postbell::domain::DeliveryStatus;

use super::{Handed, Recorder, Rig};
use crate::support::stores::NOW;

crate::for_each_database!(
    what_was_sent_while_the_database_took_nothing_is_written_down_later_and_not_sent_again,
    a_stop_while_the_database_takes_nothing_loses_no_row,
    what_is_only_noted_is_sent_by_nobody_and_written_down_by_whoever_comes_next,
);

/// R10
async fn what_was_sent_while_the_database_took_nothing_is_written_down_later_and_not_sent_again() {
    let clock = Arc::new(ManualClock::at(NOW));
    let recorder = Recorder::new(&clock, 2, Box::new(|_| {}));
    let mut rig = Rig::over(Arc::new(Handed(recorder.clone())), clock).await;
    let (blog, mut readers) = rig.blog("first", 20).await;
    rig.post(&blog, "A post").await;
    rig.connections[0].turn().await;
    // That one is written down while the database still takes it.
    let is_sent = "SELECT COUNT(*) FROM deliveries WHERE status = 'sent'";
    while rig.opened.noted().await + rig.opened.number(is_sent).await == 0 {
        tokio::task::yield_now().await;
    }
    for table in ["notes", "deliveries"] {
        rig.opened.refuse_writes(table, true).await;
    }
    // Each connection sends what it may and then waits for the database.
    let sent_before = recorder.readers().len();
    for _ in 0..4 {
        for turn in rig.work().await {
            assert!(matches!(turn, Turn::Resting(_)), "{turn:?}");
        }
        rig.clock.advance_ms(1_000);
    }
    let in_doubt = recorder.readers().len() - sent_before;
    assert!((1..=4).contains(&in_doubt), "two a connection at most: {in_doubt}");
    // Longer than a lease lasts.
    rig.clock.advance_ms(2 * LEASE_MS);
    for turn in rig.work().await {
        assert!(matches!(turn, Turn::Resting(_)), "{turn:?}");
    }
    for table in ["deliveries", "notes"] {
        rig.opened.refuse_writes(table, false).await;
    }
    rig.clock.advance_ms(1_000);
    rig.run_for(60_000).await;
    let mut got = recorder.readers();
    got.sort();
    readers.sort();
    assert_eq!(got, readers, "nobody lost, nobody twice");
    assert_eq!(rig.readers_with(&readers, DeliveryStatus::Sent).await.len(), 20);
}

/// R10
async fn a_stop_while_the_database_takes_nothing_loses_no_row() {
    let clock = Arc::new(ManualClock::at(NOW));
    let recorder = Recorder::new(&clock, 3, Box::new(|_| {}));
    let mut rig = Rig::over(Arc::new(Handed(recorder.clone())), clock).await;
    let (blog, _) = rig.blog("first", 20).await;
    rig.post(&blog, "A post").await;
    rig.connections[0].turn().await;
    for table in ["notes", "deliveries"] {
        rig.opened.refuse_writes(table, true).await;
    }
    while rig.connections[0].turn().await == Turn::Worked {}
    rig.connections[0].close().await;
    assert!(rig.sender.release().await.is_err());
    for table in ["deliveries", "notes"] {
        rig.opened.refuse_writes(table, false).await;
    }
    let now = rig.clock.now();
    rig.opened.store.free_leases(None, now).await.unwrap();
    let sent = recorder.readers().len();
    assert!(sent <= 3, "{sent}");
    // What is in doubt stays queued: a copy is better than a loss.
    assert!(rig.queued().await >= 17);
}

/// R2, R12: killed between the note and the writing of the row.
async fn what_is_only_noted_is_sent_by_nobody_and_written_down_by_whoever_comes_next() {
    let clock = Arc::new(ManualClock::at(NOW));
    let recorder = Recorder::new(&clock, 1, Box::new(|_| {}));
    let mut rig = Rig::over(Arc::new(Handed(recorder.clone())), clock).await;
    let (blog, readers) = rig.blog("first", 20).await;
    rig.post(&blog, "A post").await;
    // The first makes its claim, then no row of a delivery can be written.
    rig.connections[0].turn().await;
    rig.opened.refuse_writes("deliveries", true).await;
    while rig.connections[0].turn().await == Turn::Worked {}
    let sent = recorder.readers();
    assert!(sent.len() > 1, "a note is all that a connection waits for");
    let noted = || rig.opened.noted();
    // The first may have found its row before the table was closed.
    let written = rig.readers_with(&readers, DeliveryStatus::Sent).await.len();
    assert!(written <= 1 && noted().await > 0, "{written}");
    assert_eq!(noted().await, i64::try_from(sent.len() - written).unwrap());
    rig.opened.refuse_writes("deliveries", false).await;

    // Its lease is over, and it stays away: others take only what is open.
    let store = rig.opened.store.clone();
    let later = rig.clock.now().plus_ms(2 * LEASE_MS);
    let open = store.claim("other", later, later.plus_ms(LEASE_MS), 100).await.unwrap();
    assert_eq!(open.len(), readers.len() - sent.len());
    assert!(open.iter().all(|claimed| !sent.contains(&claimed.address)));
    // The first process is not gone here and may be at it as well.
    let (other, _) = super::team(&rig.opened, Arc::new(Handed(recorder.clone())), &rig.clock, "other");
    while noted().await > 0 {
        other.renew().await.unwrap();
    }
    assert_eq!(rig.readers_with(&readers, DeliveryStatus::Sent).await.len(), sent.len());
}
