//! A feed that fails: its owner is told once, and when it is back.

use postbell::clock::Clock as _;
use postbell::domain::HOUR_MS;
use postbell::feeds::{FetchError, Wall};

use super::town::{FEED, Town, feed, town};
use crate::support::stores::Opened;

/// What the queued notices say, the oldest first.
async fn notices(town: &Town) -> Vec<serde_json::Value> {
    let now = town.clock.now();
    let mut claimed = town.opened.store.claim("test", now, now.plus_ms(HOUR_MS), 100).await.unwrap();
    claimed.sort_by_key(|delivery| delivery.id);
    let payload = |payload: Option<String>| serde_json::from_str(&payload.unwrap()).unwrap();
    claimed.into_iter().filter(|d| d.kind.as_str() == "notice").map(|d| payload(d.payload)).collect()
}

/// Hours of looks; answers how many there were.
async fn hours(town: &Town, hours: u64) -> u32 {
    let mut looks = 0;
    for _ in 0..hours * 6 {
        town.clock.advance_seconds(600);
        looks += town.publisher.tick().await.unwrap().looks;
    }
    looks
}

async fn a_feed_that_fails_for_a_day_is_told_once_and_when_it_is_back(opened: Opened) {
    let town = town(opened, 0);
    let blog = town.blog().await;
    town.web.break_down(FEED, FetchError::Timeout);
    hours(&town, 23).await;
    assert_eq!(town.deliveries("notice").await, 0, "it may be back within the day");
    let failing = town.opened.store.get_blog(blog.id).await.unwrap().unwrap();
    assert!(failing.failures > 3 && failing.failing_since.is_some(), "{failing:?}");
    hours(&town, 2).await;
    assert_eq!(town.deliveries("notice").await, 1);
    hours(&town, 100).await;
    town.web.put(FEED, &feed(&["new", "old"]));
    hours(&town, 30).await;
    town.web.break_down(FEED, FetchError::Timeout);
    hours(&town, 20).await;
    town.web.put(FEED, &feed(&["new", "old"]));
    hours(&town, 20).await;
    let told = notices(&town).await;
    assert_eq!(told.len(), 2, "once, and once when it was back: {told:?}");
    let of = |at: usize, key: &str| told[at]["unread"][key].clone();
    assert_eq!(of(0, "reason"), serde_json::json!({"code": "feed_fails", "error": "no answer in time"}));
    assert_eq!((of(0, "is_back"), of(1, "is_back")), (false.into(), true.into()));
    assert_eq!(of(0, "since"), of(1, "since"));
    assert_eq!(town.deliveries("post").await, 1);
    let back = town.opened.store.get_blog(blog.id).await.unwrap().unwrap();
    assert_eq!((back.failures, back.failing_since, back.last_error), (0, None, None));
}

async fn a_feed_that_is_gone_for_good_is_told_at_once(opened: Opened) {
    let town = town(opened, 0);
    town.blog().await;
    town.web.break_down(FEED, FetchError::Status { status: 410, retry_after_seconds: None });
    town.next_look().await;
    assert_eq!(town.deliveries("notice").await, 1, "it is asked again after a day");
    town.web.put(FEED, &feed(&["new", "old"]));
    hours(&town, 25).await;
    let told = notices(&town).await;
    assert_eq!(told[0]["unread"]["reason"], serde_json::json!({"code": "feed_gone"}));
    assert_eq!((told.len(), &told[1]["unread"]["is_back"]), (2, &true.into()));
}

async fn a_bot_protection_is_told_by_its_name(opened: Opened) {
    let town = town(opened, 0);
    let blog = town.blog().await;
    let guarded = FetchError::Guarded { wall: Wall("Cloudflare"), status: 403, retry_after_seconds: None };
    town.web.break_down(FEED, guarded);
    hours(&town, 25).await;
    let told = notices(&town).await;
    let reason = serde_json::json!({"code": "feed_guarded", "by": "Cloudflare", "status": 403});
    assert_eq!(told[0]["unread"]["reason"], reason);
    let error = town.opened.store.get_blog(blog.id).await.unwrap().unwrap().last_error.unwrap();
    assert!(error.contains("Cloudflare") && error.contains("User-Agent"), "{error}");
}

/// Another feed has failed at no look yet.
async fn a_new_address_of_the_feed_begins_anew(opened: Opened) {
    let town = town(opened, 0);
    let blog = town.blog().await;
    town.web.break_down(FEED, FetchError::Timeout);
    hours(&town, 25).await;
    let edit = postbell::domain::BlogEdit {
        feed_url: Some("https://blog.example/other".into()),
        ..Default::default()
    };
    let edited = town.opened.store.edit_blog(blog.id, &edit, town.clock.now()).await.unwrap();
    let edited = town.opened.store.get_blog(edited.id).await.unwrap().unwrap();
    assert_eq!((edited.failures, edited.failing_since, edited.told_failing_at), (0, None, None));
}

crate::for_each_store!(
    a_feed_that_fails_for_a_day_is_told_once_and_when_it_is_back,
    a_feed_that_is_gone_for_good_is_told_at_once,
    a_bot_protection_is_told_by_its_name,
    a_new_address_of_the_feed_begins_anew,
);
