//! Clocks that jump.

use std::sync::Arc;

use postbell::clock::{Clock as _, ManualClock};
use postbell::deliver::Turn;
use postbell::domain::{Change, DAY_MS};

use super::{Handed, Recorder, Rig, settings};
use crate::support::fault_smtp::{FaultSmtp, Judgement};
use crate::support::stores::NOW;

crate::for_each_database!(
    jumps_of_a_day_both_ways_double_nothing_and_skip_nothing,
    a_relay_at_rest_does_not_rest_for_a_day_when_the_clock_is_moved_back,
    a_leave_counts_also_when_the_clock_was_moved_back,
);

/// R11
async fn jumps_of_a_day_both_ways_double_nothing_and_skip_nothing() {
    for jumps in [[DAY_MS, -DAY_MS], [-DAY_MS, DAY_MS]] {
        let clock = Arc::new(ManualClock::at(NOW));
        let recorder = Recorder::new(&clock, 2, Box::new(|_| {}));
        let mut rig = Rig::over(Arc::new(Handed(recorder.clone())), clock).await;
        let (blog, mut readers) = rig.blog("first", 30).await;
        rig.post(&blog, "A post").await;
        for jump in jumps {
            for line in &mut rig.connections {
                for _ in 0..4 {
                    line.turn().await;
                }
            }
            rig.clock.advance_ms(jump);
            rig.sender.renew().await.unwrap();
        }
        rig.run_for(2 * DAY_MS).await;
        let mut got = recorder.readers();
        got.sort();
        readers.sort();
        assert_eq!(got, readers);
    }
}

/// R11, R7
async fn a_relay_at_rest_does_not_rest_for_a_day_when_the_clock_is_moved_back() {
    let server = FaultSmtp::start(&[("greet554", "1"), ("times", "1")]);
    let mut rig = Rig::over_smtp(settings(server.port, 1)).await;
    let (blog, readers) = rig.blog("first", 3).await;
    rig.clock.advance_ms(DAY_MS);
    rig.post(&blog, "A post").await;
    assert!(matches!(rig.work().await[..], [Turn::Resting(_)]));
    rig.clock.advance_ms(-DAY_MS);
    for table in ["singles", "blocks"] {
        let due = format!("UPDATE {table} SET next_attempt_at = {}", NOW.as_millis());
        rig.opened.raw(&due).await.unwrap();
    }
    rig.work().await;
    assert_eq!(server.judge(&readers, Some("A post")), Judgement::default());
}

/// R11, D6
async fn a_leave_counts_also_when_the_clock_was_moved_back() {
    let clock = Arc::new(ManualClock::at(NOW));
    let recorder = Recorder::new(&clock, 10, Box::new(|_| {}));
    let mut rig = Rig::over(Arc::new(Handed(recorder.clone())), clock).await;
    let (blog, readers) = rig.blog("first", 5).await;
    rig.post(&blog, "A post").await;
    let mut line = rig.connections.remove(0);
    line.turn().await;
    rig.clock.advance_ms(-DAY_MS);
    let last = rig.opened.store.find_subscriber(&crate::support::stores::address(&readers[4])).await.unwrap();
    let own = rig.opened.store.list_subscriptions(last.unwrap().id).await.unwrap();
    rig.opened.change(own[0].id, Change::End, rig.clock.now()).await;
    while line.turn().await == Turn::Worked {}
    assert_eq!(recorder.readers(), readers[..4]);
}
