//! From a scripted feed through the store to a mailing.

use std::sync::Arc;

use async_trait::async_trait;
use postbell::clock::Clock as _;
use postbell::domain::{Approval, Decision, HOUR_MS, Reason};
use postbell::feeds::{FeedSource, FetchError, Fetched, Validators};
use postbell::publish::{AddBlog, PublishError, Publisher};
use postbell::store::PostFilter;
use postbell::templates::sentence;
use tokio::sync::Notify;

use super::town::{FEED, HOME, feed, feed_of, item, town};
use crate::support::stores::{NOW, Opened};

async fn a_blog_is_added_by_its_home_page_with_its_posts_as_seen(opened: Opened) {
    let town = town(opened, 0);
    town.web.put(
        "https://blog.example",
        r#"<link rel=alternate type=application/rss+xml href="https://blog.example/feed/">"#,
    );
    town.web.put(FEED, &feed(&["b", "a"]));
    let ask = AddBlog { url: "blog.example".into(), ..AddBlog::default() };
    let added = town.publisher.add_blog(&ask).await.unwrap();
    assert_eq!((added.posts, added.same_feed_as.len()), (2, 0));
    let blog = added.blog;
    assert_eq!(
        (blog.slug.as_str(), blog.title.as_str(), blog.description.as_str()),
        ("tea-notes", "Tea Notes", "On tea")
    );
    assert_eq!(
        (blog.home_url.as_str(), blog.feed_url.as_str(), blog.accent.as_str()),
        (HOME, FEED, "#0f6b5c")
    );
    assert_eq!(blog.origins, ["https://blog.example", "https://www.blog.example"]);
    for post in town.posts().await {
        assert_eq!(post.decision, Decision::Skipped);
        assert_eq!(post.reason, Reason::AlreadyThere);
    }
    town.opened.follow(&blog, "reader@example.org", NOW).await;
    assert_eq!(town.next_look().await.looks, 1);
    assert_eq!(town.deliveries("post").await, 0);
}

async fn a_blog_without_a_named_feed_is_found_at_a_well_known_path(opened: Opened) {
    let town = town(opened, 0);
    town.web.put("https://plain.example/", "<html><body>no links</body></html>");
    town.web.put("https://plain.example/atom.xml", &feed(&["a"]));
    let blog = town.add(AddBlog { url: "https://plain.example/".into(), ..AddBlog::default() }).await;
    assert_eq!(blog.feed_url, "https://plain.example/atom.xml");
    town.web.put("https://none.example/", "<html></html>");
    let none =
        town.publisher.add_blog(&AddBlog { url: "https://none.example/".into(), ..AddBlog::default() }).await;
    let Err(PublishError::NoFeed(said)) = none else { panic!("{none:?}") };
    assert!(said.starts_with(
        "no feed was found; give the address of the feed itself. Tried: https://none.example/ ("
    ));
    assert!(said.contains("https://none.example/feed/ (the server answered 404)"), "{said}");
}

/// Where a blog of links leads is not the blog's own.
async fn a_blog_of_links_takes_no_sign_up_from_where_it_links(opened: Opened) {
    let town = town(opened, 0);
    let items = |links: &[&str]| {
        let item = |(at, link): (usize, &&str)| {
            format!(
                "<item><guid isPermaLink=\"false\">{at}</guid><title>{at}</title><link>{link}</link></item>"
            )
        };
        let items: String = links.iter().enumerate().map(item).collect();
        format!("<rss version=\"2.0\"><channel><title>L</title><link>{HOME}</link>{items}</channel></rss>")
    };
    let origins = async |slug: &str, links: &[&str]| {
        town.web.put(FEED, &items(links));
        let slug = Some(slug.parse().unwrap());
        town.add(AddBlog { url: FEED.into(), slug, ..AddBlog::default() }).await.origins
    };
    let own = ["https://blog.example", "https://www.blog.example"];
    let elsewhere =
        ["https://a.example/1", "https://b.example/2", "https://b.example/3", "https://c.example/4"];
    assert_eq!(origins("links", &elsewhere).await, own);
    let mut moved =
        origins("moved", &["https://new.example/1", "https://new.example/2", "https://c.example/3"]).await;
    moved.sort();
    let all = [
        "https://blog.example",
        "https://new.example",
        "https://www.blog.example",
        "https://www.new.example",
    ];
    assert_eq!(moved, all, "most posts are there");
}

async fn a_blog_keeps_what_it_was_asked_for(opened: Opened) {
    let town = town(opened, 0);
    town.web.redirect("http://blog.example/rss", FEED, &feed(&["a"]));
    let ask = AddBlog {
        url: "http://blog.example/rss".into(),
        slug: Some("tea".parse().unwrap()),
        title: Some("Tea!".into()),
        origins: vec!["https://shop.example/path".into()],
        approve: Approval::Always,
        ..AddBlog::default()
    };
    let blog = town.add(ask.clone()).await;
    assert_eq!((blog.slug.as_str(), blog.title.as_str(), blog.feed_url.as_str()), ("tea", "Tea!", FEED));
    assert_eq!(blog.origins[..2], ["https://shop.example", "https://www.shop.example"]);
    let again = town.publisher.add_blog(&ask).await.unwrap_err();
    assert!(matches!(again, PublishError::Store(postbell::store::StoreError::Taken(_))), "{again}");
    let bad = AddBlog { origins: vec!["shop".into()], slug: Some("x".parse().unwrap()), ..ask };
    assert!(matches!(town.publisher.add_blog(&bad).await, Err(PublishError::Refused(_))));
}

async fn without_grace_a_new_post_is_mailed_in_the_same_tick_once(opened: Opened) {
    let town = town(opened, 0);
    town.blog().await;
    town.web.put(FEED, &feed(&["new", "old"]));
    town.web.asked();
    let ticked = town.next_look().await;
    assert_eq!((ticked.looks, ticked.mailed, ticked.deliveries), (1, 1, 1));
    assert_eq!(town.web.asked().len(), 1, "what was just read is not fetched again");
    assert_eq!(town.post("new").await.decision, Decision::Sent);
    for _ in 0..3 {
        assert_eq!(town.next_look().await.mailed, 0);
    }
    town.web.put(FEED, &feed_of(&(item("old", "edited") + &item("new", "edited"))));
    assert_eq!(town.next_look().await.mailed, 0);
    assert_eq!(town.deliveries("post").await, 1);
}

async fn a_post_mended_in_the_grace_time_is_mailed_as_it_is_then(opened: Opened) {
    let town = town(opened, 600);
    town.blog().await;
    town.web.put(FEED, &feed_of(&(item("new", "a sllip") + &item("old", "words"))));
    assert_eq!(town.next_look().await.mailed, 0);
    assert_eq!(town.post("new").await.decision, Decision::Waiting);
    town.web.put(FEED, &feed_of(&(item("new", "no slip") + &item("old", "words"))));
    town.clock.advance_seconds(601);
    assert_eq!(town.publisher.tick().await.unwrap().mailed, 1);
    let mailing = town.post("new").await.mailing_id.unwrap();
    let mailing = town.opened.store.get_mailing(mailing).await.unwrap().unwrap();
    assert!(mailing.content.text.contains("no slip"), "{}", mailing.content.text);
    assert_eq!(town.deliveries("post").await, 1);
}

async fn a_post_that_vanishes_in_the_grace_time_is_not_mailed(opened: Opened) {
    let town = town(opened, 600);
    town.blog().await;
    town.web.put(FEED, &feed(&["oops", "old"]));
    town.next_look().await;
    town.web.put(FEED, &feed(&["old"]));
    town.clock.advance_seconds(601);
    assert_eq!(town.publisher.tick().await.unwrap().mailed, 0);
    let post = town.post("oops").await;
    assert_eq!(post.decision, Decision::Skipped);
    assert_eq!(post.reason, Reason::Vanished);
    let approved = town.publisher.approve(post.id).await;
    assert!(matches!(approved, Err(PublishError::Refused(_))), "{approved:?}");
}

async fn half_a_feed_keeps_its_missing_post_waiting(opened: Opened) {
    let town = town(opened, 600);
    town.blog().await;
    town.web.put(FEED, &feed(&["old", "new"]));
    town.next_look().await;
    // The server gave up in the middle of the second post.
    let whole = feed(&["old", "new"]);
    town.web.put(FEED, &whole[..whole.len() - 60]);
    town.clock.advance_seconds(601);
    assert_eq!(town.publisher.tick().await.unwrap().mailed, 0);
    let post = town.post("new").await;
    assert_eq!(post.decision, Decision::Waiting);
    let said = sentence(&post.reason);
    assert!(said.ends_with("it ended too early, and without this post"), "{said}");
    town.web.put(FEED, &whole);
    town.clock.advance_seconds(3_600);
    assert_eq!(town.publisher.tick().await.unwrap().mailed, 1);
}

async fn a_feed_that_is_down_keeps_its_post_waiting(opened: Opened) {
    let town = town(opened, 600);
    town.blog().await;
    town.web.put(FEED, &feed(&["new", "old"]));
    town.next_look().await;
    for error in [
        FetchError::Timeout,
        FetchError::Network("down".into()),
        FetchError::Status { status: 503, retry_after_seconds: Some(60) },
    ] {
        town.web.break_down(FEED, error);
        town.clock.advance_seconds(2000);
        assert_eq!(town.publisher.tick().await.unwrap().mailed, 0);
        let post = town.post("new").await;
        assert_eq!(post.decision, Decision::Waiting);
        assert!(matches!(post.reason, Reason::WaitsForFeed { .. }), "{post:?}");
        assert!(post.due_at.unwrap() > town.clock.now());
    }
    town.web.put(FEED, &feed(&["new", "old"]));
    town.clock.advance_seconds(4000);
    assert_eq!(town.publisher.tick().await.unwrap().mailed, 1);
}

async fn a_flood_is_held_the_owner_is_told_once_and_approves(opened: Opened) {
    let town = town(opened, 0);
    let blog = town.blog().await;
    town.web.put(FEED, &feed(&["d", "c", "b", "a", "old"]));
    let ticked = town.next_look().await;
    assert_eq!((ticked.mailed, town.deliveries("post").await, town.deliveries("notice").await), (0, 0, 1));
    for _ in 0..3 {
        town.web.put(FEED, &feed(&["d", "c", "b", "a"]));
        town.next_look().await;
        town.web.put(FEED, &feed(&["d", "c", "b", "a", "old"]));
        town.next_look().await;
    }
    assert_eq!(town.deliveries("notice").await, 1);
    let held = PostFilter { blog_id: Some(blog.id), decision: Some(Decision::Held) };
    let held = town.opened.store.list_posts(held, 10).await.unwrap();
    assert_eq!(held.len(), 4);
    assert_eq!(held[0].reason, Reason::Flood { posts: 4, max_posts: 3 });
    let approved = town.publisher.approve(held[0].id).await.unwrap();
    assert_eq!((approved.decision, approved.reason), (Decision::Sent, Reason::Approved));
    assert_eq!(town.publisher.skip(held[1].id).await.unwrap().decision, Decision::Skipped);
    assert!(matches!(town.publisher.skip(held[0].id).await, Err(PublishError::Refused(_))));
    assert!(matches!(town.publisher.approve(held[0].id).await, Err(PublishError::Refused(_))));
    assert_eq!(town.publisher.tick().await.unwrap().deliveries, 1);
    assert_eq!(town.publisher.approve(held[1].id).await.unwrap().decision, Decision::Sent);
}

async fn a_notice_says_what_is_held_and_why(opened: Opened) {
    let town = town(opened, 0);
    town.blog().await;
    let names: Vec<String> = (0..25).map(|n| format!("post {n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    town.web.put(FEED, &feed(&names));
    town.next_look().await;
    let node = "test";
    let now = town.clock.now();
    let claimed = town.opened.store.claim(node, now, now.plus_ms(HOUR_MS), 100).await.unwrap();
    let notice = claimed.iter().find(|delivery| delivery.kind.as_str() == "notice").unwrap();
    assert_eq!(notice.address, "owner@example.org");
    let payload: serde_json::Value = serde_json::from_str(notice.payload.as_deref().unwrap()).unwrap();
    assert_eq!(payload["posts"].as_array().unwrap().len(), 20);
    assert_eq!(payload["more"], 5);
    let flood = serde_json::json!({"code": "flood", "posts": 25, "max_posts": 3});
    assert_eq!(payload["posts"][0]["reason"], flood);
}

async fn one_bad_blog_stops_no_other(opened: Opened) {
    let town = town(opened, 0);
    for name in ["down", "broken", "panics", "good"] {
        let url = format!("https://{name}.example/feed");
        town.web.put(&url, &feed(&["old"]));
        let slug = Some(name.parse().unwrap());
        let blog = town.add(AddBlog { url, slug, ..AddBlog::default() }).await;
        town.opened.follow(&blog, "reader@example.org", NOW).await;
    }
    town.clock.advance_seconds(1);
    town.web.break_down("https://down.example/feed", FetchError::Timeout);
    town.web.put("https://broken.example/feed", "<html>not a feed</html>");
    town.web.put("https://panics.example/feed", "PANIC");
    town.web.put("https://good.example/feed", &feed(&["new", "old"]));
    let ticked = town.next_look().await;
    assert_eq!((ticked.looks, ticked.mailed, ticked.deliveries), (4, 1, 1));
    let blog = |slug: &'static str| async { town.opened.store.find_blog(slug).await.unwrap().unwrap() };
    let down = blog("down").await;
    assert_eq!((down.failures, down.last_error.as_deref()), (1, Some("no answer in time")));
    let broken = blog("broken").await;
    assert_eq!(broken.last_error.as_deref(), Some("this is not a feed: it is a web page"));
    assert_eq!(blog("good").await.failures, 0);
}

async fn a_failing_feed_is_asked_less_often_and_its_retry_after_is_kept(opened: Opened) {
    let town = town(opened, 0);
    let blog = town.blog().await;
    town.web.break_down(FEED, FetchError::Status { status: 429, retry_after_seconds: Some(7200) });
    assert!(matches!(town.publisher.check(&blog).await, Err(PublishError::Fetch(_))));
    let blog = town.opened.store.get_blog(blog.id).await.unwrap().unwrap();
    assert!(blog.next_check_at.since_ms(town.clock.now()) >= 2 * HOUR_MS);
    town.web.put(FEED, &feed(&["new", "old"]));
    assert_eq!(town.publisher.check(&blog).await.unwrap(), 1);
    let blog = town.opened.store.get_blog(blog.id).await.unwrap().unwrap();
    assert_eq!((blog.failures, blog.last_error.clone()), (0, None));
    assert_eq!(town.publisher.check(&blog).await.unwrap(), 0, "304");
}

async fn many_followers_are_written_in_steps_to_the_end(opened: Opened) {
    let town = town(opened, 0);
    let blog = town.blog().await;
    for n in 0..40 {
        town.opened.follow(&blog, &format!("r{n}@example.org"), NOW).await;
    }
    town.web.put(FEED, &feed(&["two", "one", "old"]));
    let ticked = town.next_look().await;
    assert_eq!((ticked.mailed, ticked.deliveries), (2, 82));
    assert!(town.opened.store.list_filling().await.unwrap().is_empty());
}

/// A web that never answers.
#[derive(Default)]
struct Silent {
    asked: Notify,
}

#[async_trait]
impl FeedSource for Silent {
    async fn fetch(&self, _url: &str, _validators: &Validators) -> Result<Fetched, FetchError> {
        self.asked.notify_one();
        std::future::pending().await
    }

    async fn ask_hub(&self, _: &str, _: &[(&str, &str)]) -> Result<(), FetchError> {
        std::future::pending().await
    }
}

/// R12
async fn what_a_killed_process_had_in_hand_is_taken_up_a_minute_later(opened: Opened) {
    let town = town(opened, 600);
    town.blog().await;
    let killed_in_mid_fetch = || async {
        let web = Arc::new(Silent::default());
        let killed = Publisher { source: web.clone(), ..town.publisher.clone() };
        tokio::select! {
            _ = killed.tick() => unreachable!("the web never answers"),
            () = web.asked.notified() => {}
        }
    };
    town.web.put(FEED, &feed(&["new", "old"]));
    town.clock.advance_seconds(400);
    killed_in_mid_fetch().await;
    assert_eq!(town.publisher.tick().await.unwrap().looks, 0, "it may be at work");
    town.clock.advance_seconds(75);
    assert_eq!(town.publisher.tick().await.unwrap().looks, 1);

    town.clock.advance_seconds(600);
    killed_in_mid_fetch().await;
    assert_eq!(town.publisher.tick().await.unwrap().mailed, 0);
    town.clock.advance_seconds(75);
    assert_eq!(town.publisher.tick().await.unwrap().mailed, 1);
    assert_eq!(town.deliveries("post").await, 1);
}

crate::for_each_store!(
    a_blog_is_added_by_its_home_page_with_its_posts_as_seen,
    a_blog_without_a_named_feed_is_found_at_a_well_known_path,
    a_blog_of_links_takes_no_sign_up_from_where_it_links,
    a_blog_keeps_what_it_was_asked_for,
    without_grace_a_new_post_is_mailed_in_the_same_tick_once,
    a_post_mended_in_the_grace_time_is_mailed_as_it_is_then,
    a_post_that_vanishes_in_the_grace_time_is_not_mailed,
    half_a_feed_keeps_its_missing_post_waiting,
    a_feed_that_is_down_keeps_its_post_waiting,
    a_flood_is_held_the_owner_is_told_once_and_approves,
    a_notice_says_what_is_held_and_why,
    one_bad_blog_stops_no_other,
    what_a_killed_process_had_in_hand_is_taken_up_a_minute_later,
    a_failing_feed_is_asked_less_often_and_its_retry_after_is_kept,
    many_followers_are_written_in_steps_to_the_end,
);
