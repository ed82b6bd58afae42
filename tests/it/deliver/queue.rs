//! Order and fairness: who goes first, and who stops nobody.

use std::sync::Arc;

use postbell::clock::{Clock as _, ManualClock};
use postbell::deliver::{Connection, LEASE_MS, Turn};
use postbell::domain::{DAY_MS, DeliveryStatus, MINUTE_MS};

use super::{Handed, Recorder, Rig, team};
use crate::support::stores::NOW;

crate::for_each_database!(
    a_confirmation_overtakes_fifty_thousand_posts,
    a_row_that_cannot_be_composed_stops_no_other,
    a_row_that_cannot_be_composed_for_five_days_fails,
    a_mail_that_makes_a_connection_panic_is_tried_again,
    what_was_claimed_and_not_begun_goes_back_to_its_place,
    a_row_whose_lease_ran_out_is_not_handed_over_by_two,
    whoever_rings_a_sender_holds_a_block_or_two,
    a_sender_that_wakes_behind_its_lease_leaves_the_rest_to_others,
);

/// R8: at 50 mails a second, with 50,000 waiting.
async fn a_confirmation_overtakes_fifty_thousand_posts() {
    let clock = Arc::new(ManualClock::at(NOW));
    let tick = clock.clone();
    let recorder = Recorder::new(&clock, 10, Box::new(move |_| tick.advance_ms(20)));
    let mut rig = Rig::over(Arc::new(Handed(recorder.clone())), clock).await;
    let (blog, _) = rig.blog("first", 1).await;
    let mailing = rig.post(&blog, "A post").await;
    // Rows beyond those that will be sent: what they hold is never looked at.
    rig.opened.raw("CREATE TABLE n AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) SELECT i FROM n").await.unwrap();
    for statement in [
        "INSERT INTO subscribers (id, address, address_key, address_hash, created_at) \
         SELECT i + 1000, 'n' || i || '@example.com', 'n' || i || '@example.com', 'h' || i, 0 FROM n"
            .to_owned(),
        format!(
            "INSERT INTO subscriptions (id, blog_id, subscriber_id, status, frequency, created_at, active_since) \
         SELECT i + 1000, {}, i + 1000, 'active', 'instant', 0, 0 FROM n",
            blog.id
        ),
        format!(
            "INSERT INTO singles (kind, priority, mailing_id, blog_id, subscription_id, status, queued_at, next_attempt_at) \
         SELECT 'post', 5, {mailing}, {}, i + 1000, 'queued', {now}, {now} FROM n",
            blog.id,
            now = NOW.as_millis()
        ),
    ] {
        rig.opened.raw(&statement).await.unwrap();
    }
    let mut waits = Vec::new();
    for round in 0..8 {
        for turn in 0..40 + round * 3 {
            let at = turn % rig.connections.len();
            assert_eq!(rig.connections[at].turn().await, Turn::Worked);
        }
        let who = format!("new{round}@example.com");
        let asked_at = rig.clock.now();
        rig.opened.sign_up(&blog, &who, asked_at).await;
        rig.sender.rouse();
        for turn in 0..1_000 {
            if recorder.readers().last() == Some(&who) {
                break;
            }
            let at = turn % rig.connections.len();
            rig.connections[at].turn().await;
        }
        let (at, _) = recorder.taken().into_iter().find(|(_, to)| *to == who).expect("it was handed over");
        waits.push(at.since_ms(asked_at));
    }
    assert!(rig.queued().await > 49_000);
    assert!(waits.iter().all(|wait| *wait <= 2_000), "{waits:?} ms");
}

/// R7
async fn a_row_that_cannot_be_composed_stops_no_other() {
    let clock = Arc::new(ManualClock::at(NOW));
    let recorder = Recorder::new(&clock, 2, Box::new(|_| {}));
    let mut rig = Rig::over(Arc::new(Handed(recorder.clone())), clock).await;
    let (blog, mut readers) = rig.blog("first", 10).await;
    rig.opened
        .raw("UPDATE subscribers SET address = 'no address' WHERE address = 'r4@example.com'")
        .await
        .unwrap();
    rig.post(&blog, "A post").await;
    rig.run_for(MINUTE_MS).await;
    let mut got = recorder.readers();
    got.sort();
    readers.remove(4);
    assert_eq!(got, readers);
}

/// R5: what can never be composed is not tried for ever.
async fn a_row_that_cannot_be_composed_for_five_days_fails() {
    let clock = Arc::new(ManualClock::at(NOW));
    let recorder = Recorder::new(&clock, 1, Box::new(|_| {}));
    let mut rig = Rig::over(Arc::new(Handed(recorder.clone())), clock).await;
    let (blog, readers) = rig.blog("first", 1).await;
    rig.opened.raw("UPDATE subscribers SET address = 'no address'").await.unwrap();
    rig.post(&blog, "A post").await;
    rig.work().await;
    rig.clock.advance_ms(5 * DAY_MS);
    rig.work().await;
    let failed = "SELECT COUNT(*) FROM deliveries WHERE status = 'failed' AND text LIKE '%address%'";
    assert_eq!(rig.opened.number(failed).await, 1);
    assert!(!recorder.readers().contains(&readers[0]));
}

/// R7: a connection's task that ends in a panic gives its row up.
async fn a_mail_that_makes_a_connection_panic_is_tried_again() {
    let clock = Arc::new(ManualClock::at(NOW));
    let left = std::sync::atomic::AtomicI32::new(1);
    let recorder = Recorder::new(
        &clock,
        1,
        Box::new(move |parcel| {
            let strikes = parcel.recipient == "r1@example.com"
                && left.fetch_sub(1, std::sync::atomic::Ordering::SeqCst) > 0;
            assert!(!strikes, "on purpose");
        }),
    );
    let mut rig = Rig::over(Arc::new(Handed(recorder.clone())), clock).await;
    let (blog, _) = rig.blog("first", 3).await;
    rig.post(&blog, "A post").await;
    let mut line = rig.connections.remove(0);
    let ended = tokio::spawn(async move { while line.turn().await == Turn::Worked {} }).await;
    assert!(ended.unwrap_err().is_panic());
    rig.connections.push(Connection::new(rig.sender.clone()));
    rig.work().await;
    for _ in 0..5 {
        rig.pass(LEASE_MS / 3 + 1).await;
        rig.sender.renew().await.unwrap();
    }
    rig.work().await;
    // What the connection had made ready waits for the end of its lease too.
    assert_eq!(recorder.readers(), ["r0@example.com", "r1@example.com", "r2@example.com"]);
}

/// R15
async fn what_was_claimed_and_not_begun_goes_back_to_its_place() {
    let clock = Arc::new(ManualClock::at(NOW));
    let recorder = Recorder::new(&clock, 5, Box::new(|_| {}));
    let mut rig = Rig::over(Arc::new(Handed(recorder.clone())), clock).await;
    let (blog, readers) = rig.blog("first", 30).await;
    rig.post(&blog, "Older").await;
    rig.clock.advance_ms(10_000);
    rig.post(&blog, "Newer").await;
    let mut line = rig.connections.remove(0);
    line.turn().await;
    line.close().await;
    rig.sender.release().await.unwrap();
    // Another process takes over, with no wait for leases.
    let (sender, connections) = team(&rig.opened, Arc::new(Handed(recorder.clone())), &rig.clock, "node-2");
    rig.sender = sender;
    rig.connections = connections;
    rig.connections.truncate(1);
    rig.work().await;
    assert_eq!(recorder.readers()[..30], readers, "the older post first, and each once");
    assert_eq!(recorder.readers().len(), 60);
}

/// R12's one-node case: a lease that ran out while its fact was being written.
async fn a_row_whose_lease_ran_out_is_not_handed_over_by_two() {
    let clock = Arc::new(ManualClock::at(NOW));
    let recorder = Recorder::new(&clock, 5, Box::new(|_| {}));
    let mut rig = Rig::over(Arc::new(Handed(recorder.clone())), clock).await;
    let (blog, readers) = rig.blog("first", 10).await;
    rig.post(&blog, "A post").await;
    assert_eq!(rig.connections[0].turn().await, Turn::Worked);
    rig.connections[0].close().await;
    // The rows in memory lose their leases, and another node takes them.
    rig.clock.advance_ms(LEASE_MS + 1);
    let (other, mut others) = team(&rig.opened, Arc::new(Handed(recorder.clone())), &rig.clock, "node-2");
    let mut second = others.remove(0);
    while second.turn().await == Turn::Worked {}
    other.renew().await.unwrap();
    rig.work().await;
    let mut got = recorder.readers();
    got.sort();
    assert_eq!(got, readers);
    assert!(rig.readers_with(&readers, DeliveryStatus::Sent).await.len() == 10);
}

/// What this node holds now.
async fn held(rig: &Rig, node: &str) -> i64 {
    let held = format!("SELECT COUNT(*) FROM deliveries WHERE status = 'queued' AND lease_owner = '{node}'");
    rig.opened.number(&held).await
}

/// R12: what one holds another cannot send.
async fn whoever_rings_a_sender_holds_a_block_or_two() {
    let clock = Arc::new(ManualClock::at(NOW));
    let recorder = Recorder::new(&clock, 2, Box::new(|_| {}));
    let mut rig = Rig::over(Arc::new(Handed(recorder.clone())), clock).await;
    let (blog, _) = rig.blog("first", 1_300).await;
    rig.post(&blog, "A post").await;
    let other = rig.opened.blog("other").await;
    for n in 0..8 {
        assert_eq!(rig.connections[0].turn().await, Turn::Worked);
        let who = format!("new{n}@example.com");
        rig.opened.sign_up(&other, &who, rig.clock.now()).await;
        rig.sender.rouse();
        for _ in 0..4 {
            rig.connections[0].turn().await;
        }
        assert!(recorder.readers().contains(&who), "{who} overtakes");
    }
    let held = held(&rig, "node-1").await;
    assert!((1..=256).contains(&held), "{held} are held");
}

/// R12
async fn a_sender_that_wakes_behind_its_lease_leaves_the_rest_to_others() {
    let clock = Arc::new(ManualClock::at(NOW));
    let recorder = Recorder::new(&clock, 2, Box::new(|_| {}));
    let mut rig = Rig::over(Arc::new(Handed(recorder.clone())), clock).await;
    let (blog, readers) = rig.blog("first", 2_600).await;
    rig.post(&blog, "A post").await;
    for _ in 0..20 {
        assert_eq!(rig.connections[0].turn().await, Turn::Worked);
    }
    // It stands still; another takes what it held, and is busy with it.
    rig.clock.advance_ms(LEASE_MS + 1);
    let (second, mut others) = team(&rig.opened, Arc::new(Handed(recorder.clone())), &rig.clock, "node-2");
    assert_eq!(others[0].turn().await, Turn::Worked);
    for _ in 0..150 {
        assert_eq!(rig.connections[0].turn().await, Turn::Worked);
        second.rouse();
        assert_eq!(others[0].turn().await, Turn::Worked);
    }
    let held = held(&rig, "node-1").await;
    assert!((1..=256).contains(&held), "{held} are held");
    rig.connections.extend(others);
    rig.work().await;
    let mut got = recorder.readers();
    got.sort();
    got.dedup();
    assert_eq!(got.len(), readers.len());
}
