//! Servers that hang delay nobody else (R18). Time stands still but where a
//! test moves it, and a server answers when the test lets it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use postbell::clock::Clock as _;
use postbell::deliver::{Brake, BrakePolicy};
use postbell::domain::{Blog, Decision};
use postbell::feeds::{FeedSource, FetchError, Fetched, Validators};
use postbell::publish::{AddBlog, HubCallbacks, Pool, Publisher, Work};
use postbell::roles::{Rings, schedule};
use postbell::upkeep::{self, Upkeep};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::town::{FEED, Town, Web, feed, feed_of, item, town};
use crate::support::stores::{NOW, Opened, keys};

/// How often each host was asked, and by how many at the same time.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    now: usize,
    most: usize,
    all: usize,
}

/// A web whose hanging hosts answer when the door is opened.
struct Doors {
    web: Arc<Web>,
    hosts: Mutex<HashMap<String, Count>>,
    asked: watch::Sender<usize>,
    is_open: watch::Sender<bool>,
}

impl Doors {
    fn count(&self, host: &str) -> Count {
        self.hosts.lock().unwrap().get(host).copied().unwrap_or_default()
    }

    /// Waits until so many questions were asked in all.
    async fn asked(&self, questions: usize) {
        let mut asked = self.asked.subscribe();
        in_time(asked.wait_for(|asked| *asked >= questions)).await.unwrap();
    }

    async fn enter(&self, url: &str) -> Inside<'_> {
        let inside = self.begin(url);
        self.asked.send_modify(|asked| *asked += 1);
        if url.contains("hangs") {
            self.is_open.subscribe().wait_for(|is_open| *is_open).await.unwrap();
        }
        inside
    }

    fn begin(&self, url: &str) -> Inside<'_> {
        let host = url.split('/').nth(2).unwrap().to_owned();
        let mut hosts = self.hosts.lock().unwrap();
        let count = hosts.entry(host.clone()).or_default();
        (count.now, count.all) = (count.now + 1, count.all + 1);
        count.most = count.most.max(count.now);
        Inside(self, host)
    }
}

struct Inside<'a>(&'a Doors, String);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.hosts.lock().unwrap().get_mut(&self.1).unwrap().now -= 1;
    }
}

#[async_trait]
impl FeedSource for Doors {
    async fn fetch(&self, url: &str, validators: &Validators) -> Result<Fetched, FetchError> {
        let _inside = self.enter(url).await;
        self.web.fetch(url, validators).await
    }

    async fn ask_hub(&self, hub: &str, form: &[(&str, &str)]) -> Result<(), FetchError> {
        let _inside = self.enter(hub).await;
        self.web.ask_hub(hub, form).await
    }
}

/// A town behind doors, with so many places.
fn doors(opened: Opened, grace_seconds: u64, places: u32) -> (Town, Arc<Doors>, Publisher) {
    let town = town(opened, grace_seconds);
    let (asked, is_open) = (watch::Sender::new(0), watch::Sender::new(false));
    let doors = Arc::new(Doors { web: town.web.clone(), hosts: Mutex::default(), asked, is_open });
    let mut publisher = Publisher { source: doors.clone(), ..town.publisher.clone() };
    publisher.policy.concurrency = places;
    (town, doors, publisher)
}

/// A blog that is due from now on, in the order in which they are added.
async fn due_blog(town: &Town, slug: &str, url: &str) -> Blog {
    town.web.put(url, &feed(&["old"]));
    let ask = AddBlog { url: url.to_owned(), slug: Some(slug.parse().unwrap()), ..AddBlog::default() };
    let blog = town.add(ask).await;
    town.opened.raw("UPDATE blogs SET next_check_at = id WHERE is_claimed = 0").await.unwrap();
    blog
}

async fn due_blogs(town: &Town, names: &str, count: usize) {
    for n in 1..=count {
        due_blog(town, &format!("{names}-{n}"), &format!("https://{names}-{n}.example/feed")).await;
    }
}

/// Waits until so many pieces of work ended in all.
async fn ended<W: Work>(pool: &mut Pool<W>, count: u32) {
    while pool.ended < count {
        in_time(pool.changed()).await;
    }
}

/// What waits in vain fails; nothing here takes longer on a busy machine.
async fn in_time<F: Future>(wait: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(120), wait).await.expect("it waits for somebody")
}

/// Blogs that were looked at in this moment, and went well or not.
async fn looked_at(town: &Town, failures: &str) -> i64 {
    let now = town.clock.now().as_millis();
    let query = format!("SELECT COUNT(*) FROM blogs WHERE last_checked_at = {now} AND failures {failures}");
    town.opened.number(&query).await
}

async fn hosts_that_hang_hold_up_no_other_blog(opened: Opened) {
    let (town, doors, publisher) = doors(opened, 0, 8);
    due_blogs(&town, "hangs", 20).await;
    due_blogs(&town, "well", 5).await;
    town.clock.advance_seconds(60);
    let mut looks = publisher.looks();
    // Six at once; two go on in the slow quarter and the others make room.
    for asked in [6, 12, 18] {
        looks.step().await.unwrap();
        doors.asked(asked).await;
        town.clock.advance_seconds(2);
    }
    looks.step().await.unwrap();
    doors.asked(24).await;
    ended(&mut looks, 4).await;
    looks.step().await.unwrap();
    ended(&mut looks, 5).await;
    assert_eq!(looked_at(&town, "= 0").await, 5, "six seconds after they were due");
    // Who was broken off did not fail, is left alone by others, and has its turn.
    let mut others = publisher.looks();
    others.step().await.unwrap();
    assert_eq!((others.is_busy(), *doors.asked.borrow()), (false, 25));
    doors.is_open.send_replace(true);
    while looks.is_busy() {
        looks.step().await.unwrap();
        if looks.is_busy() {
            looks.changed().await;
        }
    }
    assert_eq!(looked_at(&town, "= 0").await, 25, "slow, and well");
}

async fn a_host_that_hung_begins_in_a_slow_place(opened: Opened) {
    let (town, doors, publisher) = doors(opened, 0, 4);
    due_blogs(&town, "hangs", 2).await;
    town.clock.advance_seconds(60);
    let mut looks = publisher.looks();
    looks.step().await.unwrap();
    doors.asked(2).await;
    town.clock.advance_seconds(2);
    looks.step().await.unwrap();
    // One is in the slow place, the other waits for it and asks nobody.
    due_blogs(&town, "well", 3).await;
    looks.ring();
    looks.step().await.unwrap();
    ended(&mut looks, 3).await;
    assert_eq!((looked_at(&town, "= 0").await, *doors.asked.borrow()), (3, 5));
}

async fn many_blogs_of_one_host_ask_it_four_at_a_time(opened: Opened) {
    let (town, doors, publisher) = doors(opened, 0, 64);
    for n in 0..10 {
        due_blog(&town, &format!("crowd-{n}"), &format!("https://hangs.example/{n}")).await;
    }
    due_blogs(&town, "well", 3).await;
    town.clock.advance_seconds(60);
    let mut looks = publisher.looks();
    looks.step().await.unwrap();
    ended(&mut looks, 3).await;
    assert_eq!(looked_at(&town, "= 0").await, 3);
    doors.asked(7).await;
    assert_eq!(doors.count("hangs.example").now, 4);
    doors.is_open.send_replace(true);
    while looks.is_busy() {
        looks.step().await.unwrap();
        if looks.is_busy() {
            looks.changed().await;
        }
    }
    let count = doors.count("hangs.example");
    assert_eq!((count.most, count.all), (4, 10));
}

async fn a_look_that_outlasts_its_lease_is_claimed_by_nobody_else(opened: Opened) {
    let (town, doors, publisher) = doors(opened, 0, 2);
    due_blogs(&town, "hangs", 1).await;
    town.clock.advance_seconds(60);
    let (mut looks, mut others) = (publisher.looks(), publisher.looks());
    looks.step().await.unwrap();
    doors.asked(1).await;
    for _ in 0..8 {
        town.clock.advance_seconds(30);
        looks.step().await.unwrap();
        others.ring();
        others.step().await.unwrap();
        assert!(!others.is_busy());
    }
    doors.is_open.send_replace(true);
    ended(&mut looks, 1).await;
    assert_eq!((looked_at(&town, "= 0").await, doors.count("hangs-1.example").all), (1, 1));
}

async fn posts_that_outlast_their_lease_are_mailed_once(opened: Opened) {
    let (town, doors, publisher) = doors(opened, 600, 2);
    let url = "https://hangs-1.example/feed";
    let blog = due_blog(&town, "hangs-1", url).await;
    town.opened.follow(&blog, "reader@example.org", NOW).await;
    town.web.put(url, &feed(&["new", "old"]));
    town.next_look().await;
    town.clock.advance_seconds(601);
    let (mut posts, mut others) = (publisher.due_posts(), publisher.due_posts());
    posts.step().await.unwrap();
    doors.asked(1).await;
    for _ in 0..8 {
        town.clock.advance_seconds(30);
        posts.step().await.unwrap();
        others.ring();
        others.step().await.unwrap();
        assert!(!others.is_busy());
    }
    // At the stop it goes back, and another node has it at once.
    posts.give_up().await.unwrap();
    doors.is_open.send_replace(true);
    others.ring();
    others.step().await.unwrap();
    ended(&mut others, 1).await;
    assert_eq!((others.mailed, town.post("new").await.decision), (1, Decision::Sent));
}

async fn what_was_not_done_at_the_stop_is_due_at_once(opened: Opened) {
    let (town, doors, publisher) = doors(opened, 0, 8);
    due_blogs(&town, "hangs", 6).await;
    town.clock.advance_seconds(60);
    let mut looks = publisher.looks();
    looks.step().await.unwrap();
    doors.asked(6).await;
    looks.give_up().await.unwrap();
    doors.is_open.send_replace(true);
    let mut others = publisher.looks();
    others.step().await.unwrap();
    ended(&mut others, 6).await;
    assert_eq!(looked_at(&town, "= 0").await, 6);
}

/// The whole scheduler: more hosts hang than there are places, and hubs too.
async fn a_due_mail_waits_for_no_look_and_no_hub(opened: Opened) {
    let (town, doors, mut publisher) = doors(opened, 600, 8);
    publisher.hubs = Some(HubCallbacks { public_url: "https://mail.example".to_owned(), keys: keys() });
    let blog = town.blog().await;
    town.web.put(FEED, &feed(&["new", "old"]));
    town.next_look().await;
    due_blogs(&town, "hangs", 20).await;
    for hub in 1..=8 {
        let id = blog.id.0 + hub;
        town.opened
            .raw(&format!(
                "INSERT INTO hubs (blog_id, hub, topic, seal, state, ask_at) \
                 VALUES ({id}, 'https://hangs-hub-{hub}.example/', 'https://t.example/', 'x', 'wanted', 1)"
            ))
            .await
            .unwrap();
    }
    let stop = CancellationToken::new();
    let store = town.opened.store.clone();
    let rings = Rings {
        publisher,
        upkeep: Upkeep {
            store: store.clone(),
            clock: town.clock.clone(),
            policy: upkeep::Policy { pending_days: 30, ended_days: 365, log_days: 90 },
        },
        brake: Brake {
            store: store.clone(),
            clock: town.clock.clone(),
            policy: BrakePolicy { hard_percent: 0.0, complaints_percent: 0.0 },
        },
        store,
        clock: town.clock.clone(),
    };
    let running = tokio::spawn(schedule(rings, stop.clone()));
    // Six looks and eight hubs hang by now.
    doors.asked(14).await;
    town.clock.advance_seconds(601);
    let mailed = async {
        while town.deliveries("post").await == 0 {
            tokio::task::yield_now().await;
        }
    };
    in_time(mailed).await;
    stop.cancel();
    running.await.unwrap().unwrap();
    let claimed = "SELECT COUNT(*) FROM blogs WHERE is_claimed = 1";
    assert_eq!(town.opened.number(claimed).await, 0, "all is given back at the stop");
}

/// A blog whose address changes while its old one hangs is looked at there.
async fn a_new_address_does_not_wait_for_the_old_one(opened: Opened) {
    let (town, doors, publisher) = doors(opened, 0, 8);
    let blog = due_blog(&town, "moves", "https://hangs.example/feed").await;
    town.opened.follow(&blog, "reader@example.org", NOW).await;
    town.clock.advance_seconds(60);
    let mut looks = publisher.looks();
    looks.step().await.unwrap();
    doors.asked(1).await;
    town.web.put(FEED, &feed_of(&(item("new", "words") + &item("old", "words"))));
    let edit = postbell::domain::BlogEdit { feed_url: Some(FEED.to_owned()), ..Default::default() };
    town.opened.store.edit_blog(blog.id, &edit, town.clock.now()).await.unwrap();
    // Nor is it put off with the leases of what hangs.
    town.clock.advance_seconds(30);
    looks.step().await.unwrap();
    let mut others = publisher.looks();
    others.step().await.unwrap();
    ended(&mut others, 1).await;
    assert_eq!(others.mailed, 1);
}

crate::for_each_store!(
    hosts_that_hang_hold_up_no_other_blog,
    a_host_that_hung_begins_in_a_slow_place,
    many_blogs_of_one_host_ask_it_four_at_a_time,
    a_look_that_outlasts_its_lease_is_claimed_by_nobody_else,
    posts_that_outlast_their_lease_are_mailed_once,
    what_was_not_done_at_the_stop_is_due_at_once,
    a_due_mail_waits_for_no_look_and_no_hub,
    a_new_address_does_not_wait_for_the_old_one,
);
