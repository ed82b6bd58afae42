//! How fast, over which relay, and when to stop.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use postbell::clock::{Clock as _, ManualClock};
use postbell::deliver::{BrakePolicy, Pacing, RelayPlan};
use postbell::domain::{DAY_MS, HOUR_MS, MINUTE_MS, MailingStatus, Reply, Timestamp};
use postbell::mail::{Parcel, SendError, Session, Transport};

use super::Rig;
use crate::support::stores::{DATABASE, Database, NOW};

crate::for_each_database!(
    a_rate_that_is_set_is_never_passed_and_nearly_reached,
    after_an_hour_without_the_relay_the_oldest_go_first_and_within_the_rate,
    the_second_relay_sends_while_the_first_is_down_and_no_longer,
    a_receiver_gets_no_more_mails_at_once_than_it_takes,
    a_blog_stops_at_five_bad_addresses_of_a_hundred_and_not_before,
    a_new_sender_sends_twice_as_much_each_day,
);

/// A relay that takes so many mails in any second, measured by the test's clock.
struct Strict {
    name: &'static str,
    clock: Arc<ManualClock>,
    per_second: usize,
    connections: usize,
    /// Each mail takes so long.
    takes_ms: i64,
    is_down: AtomicBool,
    recent: Mutex<VecDeque<Timestamp>>,
    /// When, to whom, and what the mail says.
    taken: Mutex<Vec<(Timestamp, String, String)>>,
    refused: AtomicUsize,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

impl Strict {
    fn new(name: &'static str, clock: &Arc<ManualClock>, per_second: usize) -> Self {
        Self {
            name,
            clock: clock.clone(),
            per_second,
            connections: 10,
            takes_ms: 0,
            is_down: AtomicBool::new(false),
            recent: Mutex::default(),
            taken: Mutex::default(),
            refused: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
        }
    }

    fn count(&self) -> usize {
        self.taken.lock().unwrap().len()
    }

    fn readers(&self) -> Vec<String> {
        self.taken.lock().unwrap().iter().map(|(_, to, _)| to.clone()).collect()
    }

    /// The most that it took in any second.
    fn fastest(&self) -> usize {
        let taken = self.taken.lock().unwrap();
        let within =
            |from: Timestamp| taken.iter().filter(|t| (0..1_000).contains(&t.0.since_ms(from))).count();
        taken.iter().map(|(at, ..)| within(*at)).max().unwrap_or(0)
    }

    fn judge(&self, parcel: &Parcel) -> Result<Reply, SendError> {
        let reply = |code, enhanced: &str, text: &str| Reply {
            code: Some(code),
            enhanced: Some(enhanced.to_owned()),
            text: text.to_owned(),
        };
        if parcel.recipient.starts_with("gone") {
            return Err(SendError::BadRecipient(reply(550, "5.1.1", "no such user")));
        }
        let now = self.clock.now();
        let mut recent = self.recent.lock().unwrap();
        while recent.front().is_some_and(|at| now.since_ms(*at) >= 1_000) {
            recent.pop_front();
        }
        if recent.len() >= self.per_second {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return Err(SendError::Later(reply(450, "4.7.0", "too many mails a second")));
        }
        recent.push_back(now);
        let text = String::from_utf8_lossy(&parcel.bytes).into_owned();
        self.taken.lock().unwrap().push((now, parcel.recipient.clone(), text));
        Ok(reply(250, "2.0.0", "ok"))
    }
}

/// The test keeps the relay, the sender has this.
struct Handed(Arc<Strict>);

impl Transport for Handed {
    fn name(&self) -> &str {
        self.0.name
    }

    fn connections(&self) -> usize {
        self.0.connections
    }

    fn session(&self) -> Box<dyn Session> {
        Box::new(Handed(self.0.clone()))
    }
}

#[async_trait]
impl Session for Handed {
    async fn open(&mut self) -> Result<(), SendError> {
        if self.0.is_down.load(Ordering::SeqCst) {
            return Err(SendError::RelayDown(Reply { text: "no way there".to_owned(), ..Reply::default() }));
        }
        Ok(())
    }

    async fn send(&mut self, parcel: &Parcel, _: Option<&Parcel>) -> Result<Reply, SendError> {
        let relay = &self.0;
        let in_flight = relay.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        relay.most_in_flight.fetch_max(in_flight, Ordering::SeqCst);
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        relay.clock.advance_ms(relay.takes_ms);
        let answer = relay.judge(parcel);
        relay.in_flight.fetch_sub(1, Ordering::SeqCst);
        answer
    }

    async fn close(&mut self) {}
}

fn plan(relay: &Arc<Strict>, rate_per_second: u32) -> RelayPlan {
    RelayPlan { transport: Arc::new(Handed(relay.clone())), rate_per_second }
}

async fn rig_of(relay: Strict, rate_per_second: u32, pacing: Pacing) -> (Rig, Arc<Strict>) {
    let (clock, relay) = (relay.clock.clone(), Arc::new(relay));
    let rig = Rig::paced(vec![plan(&relay, rate_per_second)], pacing, clock).await;
    (rig, relay)
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(NOW))
}

/// D11
async fn a_rate_that_is_set_is_never_passed_and_nearly_reached() {
    let (mut rig, relay) = rig_of(Strict::new("relay", &clock(), 20), 20, Pacing::NONE).await;
    let (blog, readers) = rig.blog("first", 400).await;
    rig.post(&blog, "A post").await;
    rig.run_for(MINUTE_MS).await;
    assert_eq!((relay.count(), relay.refused.load(Ordering::SeqCst)), (readers.len(), 0));
    assert!(relay.fastest() <= 20, "{} in a second", relay.fastest());
    let lasted_ms = rig.clock.now().since_ms(NOW);
    assert!((19_000..25_000).contains(&lasted_ms), "{lasted_ms} ms");
}

/// D11
#[tokio::test]
async fn a_relay_that_finds_us_too_fast_says_so_less_than_twice_in_a_hundred_mails() {
    // Long, and nothing in it depends on the database.
    DATABASE.scope(Database::Sqlite, too_fast()).await;
}

async fn too_fast() {
    let (mut rig, relay) = rig_of(Strict::new("relay", &clock(), 20), 0, Pacing::NONE).await;
    let (blog, readers) = rig.blog("first", 3_000).await;
    rig.post(&blog, "A post").await;
    rig.run_for(HOUR_MS).await;
    let refused = relay.refused.load(Ordering::SeqCst);
    assert_eq!(relay.count(), readers.len());
    assert!(refused > 0 && refused * 50 < readers.len(), "{refused} of {}", readers.len());
    let lasted_ms = rig.clock.now().since_ms(NOW);
    assert!(lasted_ms < 6 * MINUTE_MS, "{lasted_ms} ms for what takes 150 s at best");
}

/// R9
async fn after_an_hour_without_the_relay_the_oldest_go_first_and_within_the_rate() {
    let (mut rig, relay) = rig_of(Strict::new("relay", &clock(), 1_000), 20, Pacing::NONE).await;
    relay.is_down.store(true, Ordering::SeqCst);
    let (blog, readers) = rig.blog("first", 100).await;
    rig.post(&blog, "Older").await;
    rig.run_for(30 * MINUTE_MS).await;
    rig.post(&blog, "Newer").await;
    rig.run_for(30 * MINUTE_MS).await;
    assert_eq!((relay.count(), rig.queued().await), (0, 200));
    relay.is_down.store(false, Ordering::SeqCst);
    rig.run_for(5 * MINUTE_MS).await;
    assert_eq!(relay.count(), 2 * readers.len());
    assert!(relay.fastest() <= 22, "{} in a second", relay.fastest());
    let taken = relay.taken.lock().unwrap();
    let newer_at = taken.iter().position(|(_, _, mail)| mail.contains("Newer")).unwrap();
    // Ten connections hold a few rows each.
    assert!(newer_at >= 100 - 2 * 10 * 3, "the first newer one was number {newer_at}");
}

/// R7
async fn the_second_relay_sends_while_the_first_is_down_and_no_longer() {
    let clock = clock();
    let (first, second) = (Strict::new("first", &clock, 1_000), Strict::new("second", &clock, 1_000));
    let (first, second) = (Arc::new(first), Arc::new(second));
    let mut rig = Rig::paced(vec![plan(&first, 0), plan(&second, 0)], Pacing::NONE, clock).await;
    let (blog, readers) = rig.blog("first", 60).await;
    first.is_down.store(true, Ordering::SeqCst);
    rig.post(&blog, "One").await;
    rig.work().await;
    assert_eq!((first.count(), second.count()), (0, 60), "without a wait");
    rig.clock.advance_ms(MINUTE_MS);
    first.is_down.store(false, Ordering::SeqCst);
    rig.post(&blog, "Two").await;
    rig.run_for(MINUTE_MS).await;
    assert_eq!(first.count() + second.count(), 120);
    let before = second.count();
    rig.clock.advance_ms(MINUTE_MS);
    rig.post(&blog, "Three").await;
    rig.run_for(MINUTE_MS).await;
    assert_eq!((second.count(), first.count() + second.count()), (before, 180), "the first has it again");
    assert_eq!(first.readers().iter().chain(&second.readers()).filter(|to| **to == readers[0]).count(), 3);
}

/// D11
async fn a_receiver_gets_no_more_mails_at_once_than_it_takes() {
    let (mut rig, relay) = rig_of(Strict::new("relay", &clock(), 100_000), 0, Pacing::NONE).await;
    let (blog, _) = rig.blog("first", 0).await;
    for n in 0..60 {
        rig.opened.follow(&blog, &format!("r{n}@orange.fr"), NOW).await;
    }
    rig.opened.raw("DELETE FROM singles").await.unwrap();
    rig.post(&blog, "A post").await;
    rig.run_for(MINUTE_MS).await;
    assert_eq!(relay.count(), 60);
    // What is ready waits behind what is on the wire, and counts.
    assert!(relay.most_in_flight.load(Ordering::SeqCst) <= 3);
}

/// D12
async fn a_blog_stops_at_five_bad_addresses_of_a_hundred_and_not_before() {
    for (bad, expected) in [(9, MailingStatus::Sending), (10, MailingStatus::Paused)] {
        let mut relay = Strict::new("relay", &clock(), 1_000);
        (relay.connections, relay.takes_ms) = (1, 100);
        let pacing = Pacing { brake: BrakePolicy::default(), ..Pacing::NONE };
        let (mut rig, relay) = rig_of(relay, 0, pacing).await;
        let (blog, _) = rig.blog("first", 0).await;
        let reader = |n: usize| {
            // The last bad one is number 200.
            let is_bad = n < bad - 1 || n == 199;
            format!("{}{n}@example.com", if is_bad { "gone" } else { "r" })
        };
        for n in 0..300 {
            rig.opened.follow(&blog, &reader(n), NOW).await;
        }
        rig.opened.raw("DELETE FROM singles").await.unwrap();
        let mailing = rig.post(&blog, "A post").await;
        rig.work().await;
        let seen = rig.opened.store.get_mailing(mailing).await.unwrap().unwrap();
        assert_eq!(seen.status, expected, "{bad} bad");
        if expected == MailingStatus::Sending {
            assert_eq!(relay.count(), 300 - bad);
            continue;
        }
        let shown = seen.reason.as_ref().map(postbell::templates::sentence).unwrap();
        assert!(shown.starts_with("braked: 10 of 200 addresses do not exist, since 20"), "{shown}");
        // What was read within the last second may still go, and the owner's notice.
        let posts = || relay.readers().iter().filter(|to| to.ends_with("@example.com")).count();
        assert!((190..=202).contains(&posts()), "{}", posts());
        rig.run_for(MINUTE_MS).await;
        assert_eq!(relay.readers().iter().filter(|to| *to == "owner@example.org").count(), 1);
        let (from, to) = (MailingStatus::Paused, MailingStatus::Sending);
        let now = rig.clock.now();
        assert!(rig.opened.store.set_mailing_status(mailing, from, to, None, now).await.unwrap());
        rig.sender.rouse();
        rig.run_for(HOUR_MS).await;
        assert_eq!(posts(), 290, "it is not braked again for what was pardoned");
    }
}

/// D11
async fn a_new_sender_sends_twice_as_much_each_day() {
    let pacing = Pacing { warm_up_first_day: 50, warm_up_since: Some(NOW), ..Pacing::NONE };
    let (mut rig, relay) = rig_of(Strict::new("relay", &clock(), 1_000), 0, pacing).await;
    let (blog, _) = rig.blog("first", 200).await;
    rig.post(&blog, "A post").await;
    for (day, expected) in [(0, 50), (1, 150), (2, 200)] {
        rig.work().await;
        assert_eq!(relay.count(), expected, "day {day}");
        rig.clock.advance_ms(DAY_MS);
        rig.sender.rouse();
    }
}
