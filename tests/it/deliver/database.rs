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
);

/// R10
async fn what_was_sent_while_the_database_took_nothing_is_written_down_later_and_not_sent_again() {
    let clock = Arc::new(ManualClock::at(NOW));
    let recorder = Recorder::new(&clock, 2, Box::new(|_| {}));
    let mut rig = Rig::over(Arc::new(Handed(recorder.clone())), clock).await;
    let (blog, mut readers) = rig.blog("first", 20).await;
    rig.post(&blog, "A post").await;
    rig.lines[0].turn().await;
    rig.opened.refuse_updates("deliveries", true).await;
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
    rig.opened.refuse_updates("deliveries", false).await;
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
    rig.lines[0].turn().await;
    rig.opened.refuse_updates("deliveries", true).await;
    while rig.lines[0].turn().await == Turn::Worked {}
    rig.lines[0].close().await;
    assert!(rig.sender.release().await.is_err());
    rig.opened.refuse_updates("deliveries", false).await;
    let now = rig.clock.now();
    rig.opened.store.free_leases(None, now).await.unwrap();
    let sent = recorder.readers().len();
    assert!(sent <= 3, "{sent}");
    // What is in doubt stays queued: a copy is better than a loss.
    assert!(rig.queued().await >= 17);
}
