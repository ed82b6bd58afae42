//! What the date of a post means for its mail.

use postbell::clock::Clock as _;
use postbell::domain::{Blog, BlogEdit, DAY_MS, Decision, Post, Reason, Timestamp};
use postbell::templates::{PostLine, sentence};

use super::town::{FEED, Town, feed_of, item, town};
use crate::support::stores::{NOW, Opened};

/// The feed with the post `new`, dated so.
fn put(town: &Town, date: &str) {
    let new = item("new", "words").replace("<link>", &format!("<pubDate>{date}</pubDate><link>"));
    town.web.put(FEED, &feed_of(&(new + &item("old", "words"))));
}

async fn a_post_dated_in_the_future_is_mailed_at_that_moment(opened: Opened) {
    let town = town(opened, 0);
    town.blog().await;
    let at = Timestamp::from_millis(town.clock.now().plus_ms(9 * DAY_MS).as_millis() / 1_000 * 1_000);
    put(&town, &at.rfc5322());
    assert_eq!(town.next_look().await.mailed, 0);
    let post = town.post("new").await;
    assert_eq!((post.decision, post.due_at), (Decision::Waiting, Some(at)));
    assert_eq!(post.reason, Reason::WaitsForDate { at });
    assert!(sentence(&post.reason).ends_with("UTC; it is mailed then"), "{}", sentence(&post.reason));
    // Put off once more.
    let later = at.plus_ms(DAY_MS);
    put(&town, &later.rfc3339());
    town.clock.advance_ms(at.since_ms(town.clock.now()));
    assert_eq!(town.publisher.tick().await.unwrap().mailed, 0);
    assert_eq!(town.post("new").await.due_at, Some(later));
    town.clock.advance_ms(later.since_ms(town.clock.now()));
    assert_eq!(town.publisher.tick().await.unwrap().mailed, 1);
    assert_eq!((town.post("new").await.decision, town.deliveries("post").await), (Decision::Sent, 1));
}

async fn a_date_that_is_mended_counts_at_the_next_look(opened: Opened) {
    let town = town(opened, 0);
    town.blog().await;
    let plan = town.clock.now().plus_ms(90 * DAY_MS);
    put(&town, &plan.rfc3339());
    assert_eq!(town.next_look().await.mailed, 0);
    let sooner = town.clock.now().plus_ms(2 * DAY_MS);
    put(&town, &sooner.rfc3339());
    assert_eq!(town.next_look().await.mailed, 0);
    assert_eq!(town.publisher.tick().await.unwrap().mailed, 0);
    let post = town.post("new").await;
    assert!(matches!(post.reason, Reason::WaitsForDate { at } if at == post.due_at.unwrap()), "{post:?}");
    assert!(sooner.since_ms(post.due_at.unwrap()) < 1_000, "{post:?}");
    put(&town, &NOW.rfc3339());
    assert_eq!(town.next_look().await.mailed, 0);
    assert_eq!(town.publisher.tick().await.unwrap().mailed, 1);
}

async fn the_day_of_a_post_is_that_of_its_blog(opened: Opened) {
    let town = town(opened, 0);
    let blog = town.blog().await;
    put(&town, "Sun, 29 Nov 2026 23:40:18 -0300");
    town.next_look().await;
    let day = |blog: &Blog, posts: &[Post]| {
        let lines = PostLine::from_posts(blog, posts, 9);
        lines.into_iter().find(|line| line.title == "new").unwrap().date
    };
    assert_eq!(day(&blog, &town.posts().await), "29 November 2026");
    let edit = BlogEdit { time_zone: Some("Asia/Tokyo".parse().ok()), ..BlogEdit::default() };
    let blog = town.opened.store.edit_blog(blog.id, &edit, NOW).await.unwrap();
    assert_eq!(town.opened.store.get_blog(blog.id).await.unwrap().unwrap().time_zone, blog.time_zone);
    assert_eq!(day(&blog, &town.posts().await), "30 November 2026");
    // A clock that the feed names later is known from then on.
    put(&town, "Mon, 30 Nov 2026 02:40:18");
    town.next_look().await;
    assert_eq!(day(&blog, &town.posts().await), "30 November 2026");
}

/// WordPress writes its dates in UTC, and says its zone where it is asked.
async fn the_zone_of_a_wordpress_is_its_own(opened: Opened) {
    let town = town(opened, 0);
    let of = |date: &str| {
        let item = item("new", "words").replace("<link>", &format!("<pubDate>{date}</pubDate><link>"));
        feed_of(&item).replace("<item>", "<generator>https://wordpress.org/?v=6.8</generator><item>")
    };
    let there = "https://blog.example/?rest_route=/&_fields=timezone_string,gmt_offset";
    town.web.put(there, r#"{"timezone_string":"Asia/Tokyo","gmt_offset":9}"#);
    town.web.put(FEED, &of("Sun, 29 Nov 2026 23:40:18 +0000"));
    let zone = |blog: &Blog| blog.time_zone.as_ref().map(ToString::to_string);
    let ask = |zone: Option<&str>| postbell::publish::AddBlog {
        url: FEED.into(),
        again: true,
        slug: None,
        time_zone: zone.map(|zone| zone.parse().unwrap()),
        ..Default::default()
    };
    let blog = town.add(ask(None)).await;
    assert_eq!(zone(&blog).as_deref(), Some("Asia/Tokyo"));
    town.opened.store.remove_blog(blog.id).await.unwrap();
    // Not where somebody says it, nor where the feed has a clock of its own.
    let blog = town.add(ask(Some("Europe/Paris"))).await;
    assert_eq!(zone(&blog).as_deref(), Some("Europe/Paris"));
    town.opened.store.remove_blog(blog.id).await.unwrap();
    town.web.put(FEED, &of("Sun, 29 Nov 2026 23:40:18 +0100"));
    assert_eq!(zone(&town.add(ask(None)).await), None);
}

async fn a_date_that_must_be_a_slip_holds_its_post(opened: Opened) {
    let town = town(opened, 0);
    town.blog().await;
    let at = town.clock.now().plus_ms(400 * DAY_MS);
    put(&town, &at.rfc3339());
    assert_eq!(town.next_look().await.mailed, 0);
    let post = town.post("new").await;
    assert!(matches!(post.reason, Reason::DatedFarAhead { .. }), "{post:?}");
    assert_eq!((post.decision, town.deliveries("notice").await), (Decision::Held, 1));
    assert_eq!(town.publisher.approve(post.id).await.unwrap().decision, Decision::Sent);
}

async fn a_date_that_stands_for_none_is_none(opened: Opened) {
    let town = town(opened, 0);
    town.blog().await;
    put(&town, "Mon, 01 Jan 0001 00:00:00 +0000");
    assert_eq!(town.next_look().await.mailed, 1);
    assert_eq!(town.post("new").await.published_at, None);
}

crate::for_each_store!(
    a_post_dated_in_the_future_is_mailed_at_that_moment,
    a_date_that_is_mended_counts_at_the_next_look,
    the_day_of_a_post_is_that_of_its_blog,
    the_zone_of_a_wordpress_is_its_own,
    a_date_that_must_be_a_slip_holds_its_post,
    a_date_that_stands_for_none_is_none,
);
