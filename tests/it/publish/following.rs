//! Following a feed through its life: it moves, ends, says when it wants to be
//! read, drops posts between two looks, and gives old posts new names.

use postbell::domain::{Decision, Reason};
use postbell::feeds::FetchError;
use postbell::publish::{PublishError, Publisher};

use super::town::{FEED, HOME, Town, feed, feed_of, item, town};
use crate::support::stores::{NOW, Opened};

const OLD: &str = "https://blog.example/old-feed";

fn head(more: &str, items: &str) -> String {
    format!(
        "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\" \
             xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\" \
             xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">\
             <channel><title>Tea Notes</title><link>{HOME}</link><description>On tea</description>{more}{items}\
             </channel></rss>"
    )
}

fn items(names: &[&str]) -> String {
    names.iter().map(|name| item(name, "text")).collect()
}

/// An item with an id, a link, a title and a date.
fn dated(id: &str, link: &str, title: &str, day: u32) -> String {
    format!(
        "<item><title>{title}</title><guid isPermaLink=\"false\">{id}</guid><link>{link}</link>\
             <pubDate>{day:02} Jan 2027 08:00:00 GMT</pubDate><description>text</description></item>"
    )
}

async fn blog_of(town: &Town) -> postbell::domain::Blog {
    town.opened.store.find_blog("tea-notes").await.unwrap().unwrap()
}

async fn a_feed_that_moves_for_good_is_read_where_it_lives(opened: Opened) {
    let town = town(opened, 0);
    town.blog().await;
    town.opened.raw(&format!("UPDATE blogs SET feed_url = '{OLD}'")).await.unwrap();
    town.web.redirect(OLD, FEED, &feed(&["new", "old"]));
    assert_eq!(town.next_look().await.mailed, 1);
    assert_eq!(blog_of(&town).await.feed_url, FEED);
    // The old place may go now.
    town.web.break_down(OLD, FetchError::Timeout);
    town.web.put(FEED, &feed(&["newer", "new", "old"]));
    town.web.asked();
    assert_eq!(town.next_look().await.mailed, 1);
    assert_eq!(town.web.asked(), [FEED]);
}

async fn a_feed_that_says_where_it_went_is_believed_once_another_is_there(opened: Opened) {
    let town = town(opened, 0);
    town.blog().await;
    let new = "https://new.example/feed";
    let moved = format!("<itunes:new-feed-url>{new}</itunes:new-feed-url>");
    town.web.put(FEED, &head(&moved, &items(&["old"])));
    town.next_look().await;
    assert_eq!(blog_of(&town).await.feed_url, FEED, "nothing is there yet");
    town.web.put(new, "<html>soon</html>");
    town.next_look().await;
    assert_eq!(blog_of(&town).await.feed_url, FEED, "what is there is no feed");
    town.web.put(new, &head(&moved, &items(&["new", "old"])));
    assert_eq!(town.next_look().await.mailed, 1);
    assert_eq!(blog_of(&town).await.feed_url, new);
}

async fn a_feed_that_is_gone_for_good_is_asked_again_after_a_day_and_then_each_week(opened: Opened) {
    let town = town(opened, 0);
    town.blog().await;
    town.web.break_down(FEED, FetchError::Status { status: 410, retry_after_seconds: None });
    assert_eq!(town.next_look().await.looks, 1);
    let gone = blog_of(&town).await;
    assert!(gone.last_error.as_deref().unwrap().contains("410"), "{gone:?}");
    for days in [1, 7, 7] {
        town.clock.advance_seconds(days * 86_400 - 60);
        assert_eq!(town.publisher.tick().await.unwrap().looks, 0, "{days} days are not over");
        town.clock.advance_seconds(120);
        assert_eq!(town.publisher.tick().await.unwrap().looks, 1, "{days} days are over");
    }
    town.web.put(FEED, &feed(&["new", "old"]));
    town.clock.advance_seconds(7 * 86_400);
    assert_eq!(town.publisher.tick().await.unwrap().mailed, 1, "it was a slip");
}

async fn a_feeds_hints_count_only_for_those_who_look_seldom(opened: Opened) {
    let town = town(opened, 0);
    town.blog().await;
    let hourly =
        "<ttl>30</ttl><sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>";
    town.web.put(FEED, &head(hourly, &items(&["old"])));
    for (every, shortest, longest) in [(60, 54, 66), (300, 270, 330), (600, 3_240, 3_960)] {
        let mut policy = town.publisher.policy;
        policy.check_every_seconds = every;
        let publisher = Publisher { policy, ..town.publisher.clone() };
        let blog = blog_of(&town).await;
        town.opened.raw("UPDATE blogs SET etag = NULL").await.unwrap();
        publisher.check(&blog).await.unwrap();
        let now = postbell::clock::Clock::now(&*town.clock);
        let wait = blog_of(&town).await.next_check_at.since_ms(now) / 1000;
        assert!((shortest..=longest).contains(&wait), "every {every} s became {wait} s");
    }
}

/// R13
async fn posts_that_the_feed_dropped_between_two_looks_are_read_from_its_pages(opened: Opened) {
    read_on(opened, "<atom:link rel=\"next\" href=\"/feed/2\"/>", "https://blog.example/feed/2").await;
}

/// R13
async fn posts_that_wordpress_dropped_between_two_looks_are_read_from_its_pages(opened: Opened) {
    let by = "<generator>https://wordpress.org/?v=6.8</generator>";
    read_on(opened, by, "https://blog.example/feed/?paged=2").await;
}

async fn read_on(opened: Opened, more: &str, second: &str) {
    let town = town(opened, 0);
    town.blog().await;
    town.web.put(FEED, &head(more, &items(&["c", "b"])));
    town.web.put(second, &head("", &items(&["a", "old"])));
    let ticked = town.next_look().await;
    assert_eq!(ticked.mailed, 3, "the one that the feed no longer shows too");
    assert!(town.web.asked().contains(&second.to_owned()));
    assert_eq!(blog_of(&town).await.gap, None);
    let names: Vec<String> = town.posts().await.into_iter().map(|post| post.title).collect();
    assert_eq!(names, ["old", "a", "b", "c"], "in the order of writing");
}

async fn a_gap_that_no_page_closes_is_said(opened: Opened) {
    let town = town(opened, 0);
    town.web.put(FEED, &feed_of(&dated("old", HOME, "Old", 1)));
    town.add(postbell::publish::AddBlog { url: FEED.into(), ..Default::default() }).await;
    town.clock.advance_seconds(1);
    let newer = format!(
        "{}{}",
        dated("c", "https://blog.example/c", "C", 14),
        dated("b", "https://blog.example/b", "B", 13)
    );
    town.web.put(FEED, &head("<generator>https://wordpress.org/?v=6.8</generator>", &newer));
    // This server does not know pages: it gives the first one again.
    town.web.put("https://blog.example/feed/?paged=2", &head("", &newer));
    town.next_look().await;
    let gap = blog_of(&town).await.gap.expect("it is said");
    assert!(
        gap.starts_with("between 2027-01-01T08:00:00Z and 2027-01-13T08:00:00Z more may have been published"),
        "{gap}"
    );
    assert_eq!(town.posts().await.len(), 3, "what is there is taken");
    // The next look overlaps: nothing more is read.
    town.web.asked();
    town.web.put(FEED, &head("", &format!("{}{newer}", dated("d", "https://blog.example/d", "D", 15))));
    town.next_look().await;
    assert_eq!(town.web.asked(), [FEED]);
}

/// R13
async fn a_post_under_a_new_id_is_not_mailed_again(opened: Opened) {
    let town = town(opened, 0);
    let (a, b) = (dated("1", "http://blog.example/a", "A", 14), dated("2", "http://blog.example/b", "B", 13));
    let c = dated("3", "http://blog.example/c", "", 15);
    town.web.put(FEED, &feed_of(&format!("{a}{b}{c}")));
    let blog = town.add(postbell::publish::AddBlog { url: FEED.into(), ..Default::default() }).await;
    town.opened.follow(&blog, "reader@example.org", NOW).await;
    town.clock.advance_seconds(1);
    for again in [
        // The same page under https and www.
        dated("x1", "https://www.blog.example/a/", "A", 14),
        // Another address, but title and moment are the same.
        dated("x2", "https://blog.example/2027/a", "A", 14),
        // The same without a title.
        dated("x3", "https://blog.example/2027/c", "", 15),
    ] {
        town.web.put(FEED, &feed_of(&format!("{again}{b}")));
        assert_eq!(town.next_look().await.mailed, 0, "{again}");
        let posts = town.posts().await;
        assert_eq!(posts.len(), 3, "no row is made of it");
        assert!(posts.iter().all(|post| post.reason == Reason::AlreadyThere), "{posts:?}");
        let link = again.split("<link>").nth(1).and_then(|rest| rest.split('<').next());
        assert!(posts.iter().any(|post| post.link.as_deref() == link), "it is known as it is now: {posts:?}");
    }
}

/// R13
async fn untitled_posts_of_one_day_are_two_where_the_feed_says_no_time(opened: Opened) {
    let town = town(opened, 0);
    let known = dated("1", "http://blog.example/a", "A", 13);
    let of_today =
        |id: &str| dated(id, &format!("https://blog.example/{id}"), "", 15).replace("08:00:00", "00:00:00");
    town.web.put(FEED, &feed_of(&format!("{}{known}", of_today("2"))));
    let blog = town.add(postbell::publish::AddBlog { url: FEED.into(), ..Default::default() }).await;
    town.opened.follow(&blog, "reader@example.org", NOW).await;
    town.clock.advance_seconds(1);
    town.web.put(FEED, &feed_of(&format!("{}{known}", of_today("3"))));
    assert_eq!(town.next_look().await.mailed, 1);
}

/// R13: two with one title are two; so are two at one address.
async fn posts_that_share_only_a_title_or_only_an_address_are_two(opened: Opened) {
    let town = town(opened, 0);
    town.web.put(FEED, &feed_of(&dated("1", HOME, "Monday", 12)));
    let blog = town.add(postbell::publish::AddBlog { url: FEED.into(), ..Default::default() }).await;
    town.opened.follow(&blog, "reader@example.org", NOW).await;
    town.clock.advance_seconds(1);
    let known = dated("0", "https://blog.example/0", "Zero", 11);
    town.opened
        .raw(
            "INSERT INTO posts (blog_id, identity, title, first_seen_at, decision, reason, decided_at) \
                     VALUES (1, 'id:0', 'Zero', 1, 'skipped', '', 1)",
        )
        .await
        .unwrap();
    town.web.put(FEED, &feed_of(&format!("{}{known}", dated("2", "https://blog.example/2", "Monday", 14))));
    assert_eq!(town.next_look().await.mailed, 1, "one title, two posts");
    town.web.put(FEED, &feed_of(&format!("{}{known}", dated("3", HOME, "Tuesday", 15))));
    assert_eq!(town.next_look().await.mailed, 1, "one address, two posts");
}

/// R13
async fn a_post_that_gets_a_new_id_while_it_waits_is_mailed_once(opened: Opened) {
    let town = town(opened, 600);
    let b = dated("2", "https://blog.example/b", "B", 13);
    town.web.put(FEED, &feed_of(&b));
    let blog = town.add(postbell::publish::AddBlog { url: FEED.into(), ..Default::default() }).await;
    town.opened.follow(&blog, "reader@example.org", NOW).await;
    town.clock.advance_seconds(1);
    for id in ["1", "x1"] {
        let a = dated(id, "https://blog.example/a", "A", 14);
        town.web.put(FEED, &feed_of(&format!("{a}{b}")));
        town.next_look().await;
    }
    for _ in 0..4 {
        town.next_look().await;
    }
    assert_eq!(town.deliveries("post").await, 1);
}

/// R13: nobody got it. A cache between us and the feed may have shown an old copy.
async fn a_post_that_vanished_before_its_mail_is_new_when_it_comes_back(opened: Opened) {
    let town = town(opened, 600);
    let a = dated("1", "https://blog.example/a", "A", 14);
    town.web.put(FEED, &feed_of(""));
    let blog = town.add(postbell::publish::AddBlog { url: FEED.into(), ..Default::default() }).await;
    town.opened.follow(&blog, "reader@example.org", NOW).await;
    town.clock.advance_seconds(1);
    for (items, looks, decision) in [
        (&*a, 1, Decision::Waiting),
        ("", 3, Decision::Skipped),
        (&*a, 1, Decision::Waiting),
        (&*a, 3, Decision::Sent),
    ] {
        town.web.put(FEED, &feed_of(items));
        for _ in 0..looks {
            town.next_look().await;
        }
        assert_eq!(town.post("A").await.decision, decision);
        assert_eq!(town.deliveries("post").await, i64::from(decision == Decision::Sent), "{decision:?}");
    }
    town.web.put(FEED, &feed_of(""));
    town.next_look().await;
    town.web.put(FEED, &feed_of(&a));
    town.next_look().await;
    assert_eq!(town.posts().await.len(), 1);
    assert_eq!(town.deliveries("post").await, 1, "once mailed, it is known");
}

/// R14
async fn a_site_that_moves_holds_its_new_post_with_the_reason(opened: Opened) {
    let town = town(opened, 0);
    let of = |prefix: &str, names: &[&str]| {
        let items: String = (10..)
            .zip(names)
            .map(|(day, name)| dated(&format!("{prefix}{name}"), &format!("{prefix}{name}"), name, day))
            .collect();
        feed_of(&items)
    };
    town.web.put(FEED, &of("http://blog.example/", &["a", "b"]));
    let blog = town.add(postbell::publish::AddBlog { url: FEED.into(), ..Default::default() }).await;
    town.opened.follow(&blog, "reader@example.org", NOW).await;
    town.clock.advance_seconds(1);
    town.web.put(FEED, &of("https://new.example/", &["a", "b", "c"]));
    assert_eq!(town.next_look().await.mailed, 0);
    let reasons: Vec<(String, Reason)> = town
        .posts()
        .await
        .into_iter()
        .filter(|post| post.decision == Decision::Held)
        .map(|post| (post.title, post.reason))
        .collect();
    // The others are known by title and moment.
    assert_eq!(reasons, [("c".to_owned(), Reason::SiteMoved { like: None })]);
    assert_eq!(town.posts().await.len(), 3);
}

async fn one_look_of_a_day_takes_the_whole_feed(opened: Opened) {
    let town = town(opened, 0);
    town.blog().await;
    town.next_look().await;
    let mut whole = 0;
    for _ in 0..24 {
        town.clock.advance_seconds(3_600);
        // A whole answer forgets it, a 304 does not.
        town.opened.raw("UPDATE blogs SET last_modified = 'mark'").await.unwrap();
        town.publisher.check(&blog_of(&town).await).await.unwrap();
        whole += u32::from(blog_of(&town).await.last_modified.is_none());
    }
    assert_eq!(whole, 1);
}

async fn a_refused_hub_and_a_broken_feed_stop_no_look(opened: Opened) {
    let town = town(opened, 0);
    let blog = town.blog().await;
    town.web.put(FEED, "no feed at all");
    let Err(PublishError::NoFeed(_)) = town.publisher.check(&blog).await else { panic!("it is no feed") };
    town.web
        .put(FEED, &head("<atom:link rel=\"hub\" href=\"https://hub.example/\"/>", &items(&["new", "old"])));
    assert_eq!(town.publisher.check(&blog).await.unwrap(), 1);
    assert!(town.opened.store.find_hub(blog.id).await.unwrap().is_none(), "no hub can reach this desk");
}

crate::for_each_store!(
    a_feed_that_moves_for_good_is_read_where_it_lives,
    a_feed_that_says_where_it_went_is_believed_once_another_is_there,
    a_feed_that_is_gone_for_good_is_asked_again_after_a_day_and_then_each_week,
    a_feeds_hints_count_only_for_those_who_look_seldom,
    posts_that_the_feed_dropped_between_two_looks_are_read_from_its_pages,
    posts_that_wordpress_dropped_between_two_looks_are_read_from_its_pages,
    one_look_of_a_day_takes_the_whole_feed,
    a_gap_that_no_page_closes_is_said,
    a_post_under_a_new_id_is_not_mailed_again,
    untitled_posts_of_one_day_are_two_where_the_feed_says_no_time,
    posts_that_share_only_a_title_or_only_an_address_are_two,
    a_post_that_gets_a_new_id_while_it_waits_is_mailed_once,
    a_post_that_vanished_before_its_mail_is_new_when_it_comes_back,
    a_site_that_moves_holds_its_new_post_with_the_reason,
    a_refused_hub_and_a_broken_feed_stop_no_look,
);
