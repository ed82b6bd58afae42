//! Readers who leave while their mail is on its way.

use std::sync::Arc;

use postbell::clock::{Clock as _, ManualClock};
use postbell::deliver::Turn;
use postbell::domain::{Change, DeliveryStatus, Reason, SuppressionReason};

use super::{Handed, Recorder, Rig};
use crate::support::stores::{NOW, address};

crate::for_each_database!(
    who_leaves_between_claim_and_hand_over_gets_nothing,
    who_is_suppressed_or_erased_or_pauses_between_claim_and_hand_over_gets_nothing,
    who_leaves_while_the_connection_is_being_made_gets_nothing,
    a_mail_that_nobody_can_ever_compose_fails_at_once,
);

struct Sending {
    rig: Rig,
    recorder: Arc<Recorder>,
    readers: Vec<String>,
}

/// Twenty rows are claimed and one of them is sent.
async fn begun() -> Sending {
    let clock = Arc::new(ManualClock::at(NOW));
    let recorder = Recorder::new(&clock, 10, Box::new(|_| {}));
    let mut rig = Rig::over(Arc::new(Handed(recorder.clone())), clock).await;
    let (blog, readers) = rig.blog("first", 20).await;
    rig.post(&blog, "A post").await;
    assert_eq!(rig.connections[0].turn().await, Turn::Worked);
    // The one that was sent may be settled already.
    let free = "SELECT COUNT(*) FROM deliveries WHERE status = 'queued' AND lease_owner IS NULL";
    assert_eq!(rig.opened.number(free).await, 0);
    Sending { rig, recorder, readers }
}

impl Sending {
    async fn finish(&mut self) {
        // A follower who left is told so; that mail is not counted here.
        self.rig.opened.raw("DELETE FROM singles WHERE mailing_id IS NULL").await.unwrap();
        while self.rig.connections[0].turn().await == Turn::Worked {}
    }
}

/// D6
async fn who_leaves_between_claim_and_hand_over_gets_nothing() {
    let mut sending = begun().await;
    let who = &sending.readers[19];
    let found = sending.rig.opened.store.find_subscriber(&address(who)).await.unwrap().unwrap();
    let own = sending.rig.opened.store.list_subscriptions(found.id).await.unwrap();
    sending.rig.opened.change(own[0].id, Change::End, sending.rig.clock.now()).await;
    sending.rig.pass(4_900).await;
    sending.finish().await;
    assert_eq!(sending.recorder.readers(), sending.readers[..19]);
    let row = sending.rig.delivery(&sending.readers[19]).await;
    assert_eq!(row.status, DeliveryStatus::Withheld);
    assert_eq!(row.reason, Some(Reason::NotFollowing));
}

/// D6
async fn who_is_suppressed_or_erased_or_pauses_between_claim_and_hand_over_gets_nothing() {
    let mut sending = begun().await;
    let store = sending.rig.opened.store.clone();
    let now = sending.rig.clock.now();
    store.suppress(&address(&sending.readers[17]), None, SuppressionReason::Manual, now).await.unwrap();
    assert!(store.erase_subscriber(&address(&sending.readers[18]), now).await.unwrap());
    let found = store.find_subscriber(&address(&sending.readers[19])).await.unwrap().unwrap();
    let own = store.list_subscriptions(found.id).await.unwrap();
    sending.rig.opened.change(own[0].id, Change::Pause(None), now).await;
    sending.rig.pass(4_900).await;
    sending.finish().await;
    assert_eq!(sending.recorder.readers(), sending.readers[..17]);
}

/// D6: a relay that is slow to greet leaves time to leave.
async fn who_leaves_while_the_connection_is_being_made_gets_nothing() {
    let clock = Arc::new(ManualClock::at(NOW));
    let recorder = Recorder::new(&clock, 1, Box::new(|_| {}));
    let opened = crate::support::stores::here().await;
    let slow = Arc::new(SlowToGreet {
        recorder: recorder.clone(),
        store: opened.store.clone(),
        clock: clock.clone(),
    });
    let (sender, connections) = super::team(&opened, slow, &clock, "node-1");
    let mut rig = Rig { opened, clock, sender, connections };
    let (blog, _) = rig.blog("first", 1).await;
    rig.post(&blog, "A post").await;
    rig.work().await;
    assert!(recorder.readers().is_empty());
    assert_eq!(rig.delivery("r0@example.com").await.status, DeliveryStatus::Withheld);
}

/// Takes ten seconds to connect, in which the reader leaves.
struct SlowToGreet {
    recorder: Arc<Recorder>,
    store: Arc<dyn postbell::store::Store>,
    clock: Arc<ManualClock>,
}

impl postbell::mail::Transport for SlowToGreet {
    fn name(&self) -> &str {
        "slow"
    }

    fn connections(&self) -> usize {
        1
    }

    fn session(&self) -> Box<dyn postbell::mail::Session> {
        let (recorder, store, clock) = (self.recorder.clone(), self.store.clone(), self.clock.clone());
        Box::new(Connecting { greeted: false, store, clock, then: Handed(recorder) })
    }
}

struct Connecting {
    greeted: bool,
    store: Arc<dyn postbell::store::Store>,
    clock: Arc<ManualClock>,
    then: Handed,
}

#[async_trait::async_trait]
impl postbell::mail::Session for Connecting {
    async fn open(&mut self) -> Result<(), postbell::mail::SendError> {
        if !std::mem::replace(&mut self.greeted, true) {
            let now = self.clock.now();
            self.store
                .suppress(&address("r0@example.com"), None, SuppressionReason::Manual, now)
                .await
                .unwrap();
            self.clock.advance_seconds(10);
        }
        Ok(())
    }

    async fn send(
        &mut self,
        parcel: &postbell::mail::Parcel,
        next: Option<&postbell::mail::Parcel>,
    ) -> Result<postbell::domain::Reply, postbell::mail::SendError> {
        self.open().await?;
        self.then.send(parcel, next).await
    }

    async fn close(&mut self) {}
}

/// R6: it is not tried for five days, and holds up nobody.
async fn a_mail_that_nobody_can_ever_compose_fails_at_once() {
    let clock = Arc::new(ManualClock::at(NOW));
    let recorder = Recorder::new(&clock, 2, Box::new(|_| {}));
    let mut rig = Rig::over(Arc::new(Handed(recorder.clone())), clock).await;
    let (blog, _) = rig.blog("first", 2).await;
    let spoil = "UPDATE subscribers SET address = 'no address' WHERE address = 'r0@example.com'";
    assert_eq!(rig.opened.raw(spoil).await.unwrap(), 1);
    rig.post(&blog, "A post").await;
    rig.work().await;
    assert_eq!(recorder.readers(), ["r1@example.com"]);
    assert_eq!(rig.queued().await, 0);
    let failed = "SELECT COUNT(*) FROM deliveries WHERE status = 'failed'";
    assert_eq!(rig.opened.number(failed).await, 1);
}
