//! R13a: posts are known again by what their feed keeps of id, address, title
//! and moment, from the feed to the mail.

use postbell::domain::{Blog, Decision, Post, Reason};
use postbell::publish::AddBlog;
use postbell::store::PostFilter;

use super::town::{FEED, HOME, Town, feed_of, town};
use crate::support::stores::{NOW, Opened, address};

/// An item with everything that tells it from others.
fn item(id: &str, page: &str, title: &str, moment: &str) -> String {
    format!(
        "<item><title>{title}</title><guid isPermaLink=\"false\">{id}</guid><link>{HOME}{page}</link>\
         <pubDate>{moment}</pubDate><description>words of {title}</description></item>"
    )
}

/// A moment of the days before the tests' present.
fn day(day: u32, time: &str) -> String {
    format!("{day:02} Jan 2027 {time} GMT")
}

/// A blog of this feed with its owner and one follower.
async fn follow(town: &Town, items: &str) -> Blog {
    town.web.put(FEED, &feed_of(items));
    let owner = Some(address("owner@example.org"));
    let blog = town.add(AddBlog { url: FEED.into(), owner, ..AddBlog::default() }).await;
    town.opened.follow(&blog, "reader@example.org", NOW).await;
    town.clock.advance_seconds(1);
    blog
}

async fn look_at(town: &Town, items: &str) -> u32 {
    town.web.put(FEED, &feed_of(items));
    town.next_look().await.mailed
}

async fn posts_of(town: &Town) -> Vec<Post> {
    town.posts().await
}

/// Mailings by their titles, in order.
async fn mailed(town: &Town) -> Vec<String> {
    let posts = town.posts().await.into_iter().filter(|post| post.decision == Decision::Sent);
    posts.map(|post| post.title).collect()
}

async fn items_that_share_one_id_are_known_by_address_title_and_date(opened: Opened) {
    let town = town(opened, 0);
    let of = |name: &str| item("https://blog.example/", name, &name.to_uppercase(), &day(14, "02:00:00"));
    follow(&town, &format!("{}{}", of("two"), of("one"))).await;
    assert_eq!(posts_of(&town).await.len(), 2, "both are there");
    let three = format!("{}{}{}", of("three"), of("two"), of("one"));
    assert_eq!(look_at(&town, &three).await, 1);
    for _ in 0..3 {
        assert_eq!(town.next_look().await.mailed, 0);
    }
    // And when the feed shows the newest alone.
    assert_eq!(look_at(&town, &of("four")).await, 1);
    assert_eq!(look_at(&town, &of("five")).await, 1);
    assert_eq!(look_at(&town, &of("four")).await, 0);
    assert_eq!(mailed(&town).await, ["THREE", "FOUR", "FIVE"]);
    assert_eq!(town.deliveries("notice").await, 0);
}

async fn ids_that_are_new_at_each_look_make_no_post_new(opened: Opened) {
    let town = town(opened, 600);
    let feed_at = |look: usize, newest: usize| -> String {
        let of = |post: usize| {
            let id = (look * 7_919 + post * 104_729) % 1_000_003;
            item(
                &id.to_string(),
                &format!("p{post}"),
                &format!("P{post}"),
                &day(10, &format!("0{post}:00:00")),
            )
        };
        (1..=newest).rev().map(of).collect()
    };
    let mut policy = town.publisher.policy;
    policy.max_age_hours = 10_000;
    let town = Town { publisher: postbell::publish::Publisher { policy, ..town.publisher.clone() }, ..town };
    follow(&town, &feed_at(0, 3)).await;
    for look in 1..10 {
        assert_eq!(look_at(&town, &feed_at(look, if look < 5 { 3 } else { 4 })).await, u32::from(look == 7));
        assert_eq!(posts_of(&town).await.len(), if look < 5 { 3 } else { 4 }, "look {look}");
    }
    assert_eq!(mailed(&town).await, ["P4"], "it outlives its grace time under another id");
    assert_eq!((town.deliveries("post").await, town.deliveries("notice").await), (1, 0));
}

async fn a_post_whose_address_and_title_were_mended_is_not_mailed_again(opened: Opened) {
    let town = town(opened, 0);
    let of = |page: &str, title: &str, moment: &str| item(&format!("{HOME}{page}"), page, title, moment);
    let old = of("old", "Old", &day(13, "08:00:00"));
    follow(&town, &old).await;
    let slip = of("teh-post", "Teh post", &day(15, "07:59:00"));
    assert_eq!(look_at(&town, &format!("{slip}{old}")).await, 1);
    let mended = of("the-post", "The post", &day(15, "07:59:00"));
    for items in [format!("{mended}{old}"), mended.clone(), format!("{mended}{old}")] {
        assert_eq!(look_at(&town, &items).await, 0);
    }
    assert_eq!(mailed(&town).await, ["The post"]);
    // Another one of the same moment is beside it: it is new.
    let beside = of("beside", "Beside", &day(15, "07:59:00"));
    assert_eq!(look_at(&town, &format!("{beside}{mended}{old}")).await, 1);
}

async fn a_large_feed_keeps_its_posts_under_new_ids(opened: Opened) {
    let town = town(opened, 0);
    let of = |prefix: &str, post: usize| {
        item(&format!("{prefix}{post}"), &format!("p{post}"), &format!("P{post}"), "")
    };
    let all =
        |prefix: &str, newest: usize| (1..=newest).rev().map(|post| of(prefix, post)).collect::<String>();
    follow(&town, &all("a", 2_000)).await;
    assert_eq!(town.opened.rows("posts").await, 2_000);
    assert_eq!(look_at(&town, &all("b", 2_001)).await, 1);
    assert_eq!(town.opened.rows("posts").await, 2_001);
    assert_eq!(look_at(&town, &all("b", 2_001)).await, 0);
    assert_eq!(mailed(&town).await, ["P2001"]);
}

/// What an older version wrote of such a feed: a row for each new id.
async fn rows_of_an_older_version_are_read_as_one_post(opened: Opened) {
    let town = town(opened, 0);
    let of = |id: &str, name: &str| item(id, name, &name.to_uppercase(), &day(14, "02:00:00"));
    follow(&town, &format!("{}{}", of("1", "b"), of("2", "a"))).await;
    for (row, reason) in [
        (1, r#"{"code":"new_id","post":1}"#),
        (2, r#"{"code":"site_moved","like":2}"#),
        (2, r#"{"code":"site_moved","like":4}"#),
    ] {
        let copy = format!(
            "INSERT INTO posts (blog_id, identity, link, title, published_at, first_seen_at, decision, reason, decided_at) \
             SELECT blog_id, 'id:old' || (SELECT COUNT(*) FROM posts), link, title, NULL, first_seen_at, 'held', '{reason}', \
             decided_at FROM posts WHERE id = {row}"
        );
        town.opened.raw(&copy).await.unwrap();
    }
    let new = format!("{}{}{}", of("9", "c"), of("8", "b"), of("7", "a"));
    assert_eq!(look_at(&town, &new).await, 1);
    assert_eq!(town.next_look().await.mailed, 0);
    assert_eq!((town.opened.rows("posts").await, town.deliveries("notice").await), (6, 0));
    assert_eq!(mailed(&town).await, ["C"]);
}

/// R13: the same under the same marks is nothing new, whatever else changed.
async fn what_the_feed_says_of_a_known_post_is_kept_up_to_date(opened: Opened) {
    let town = town(opened, 0);
    let blog = follow(&town, &item("1", "teh-post", "Teh post", &day(14, "08:00:00"))).await;
    let new = format!(
        "{}{}",
        item("2", "next", "Next", &day(15, "01:00:00")),
        item("1", "the-post", "The post", &day(14, "08:00:00"))
    );
    assert_eq!(look_at(&town, &new).await, 1);
    // Only what was refreshed tells it now: another id, another moment.
    let new = new.replace(">1<", ">x<").replace("08:00:00", "09:00:00");
    assert_eq!(look_at(&town, &new).await, 0);
    let filter = PostFilter { blog_id: Some(blog.id), decision: None };
    let posts = town.opened.store.list_posts(filter, 10).await.unwrap();
    let first = posts.iter().find(|post| post.title == "The post").unwrap();
    assert_eq!(first.link.as_deref(), Some("https://blog.example/the-post"));
    assert_eq!((first.identity.as_str(), &first.reason), ("id:x", &Reason::AlreadyThere));
    assert_eq!(posts.len(), 2);
}

/// An item of which only these are given.
fn bare_item(id: &str, link: &str, title: &str, moment: &str, words: &str) -> String {
    let part = |name: &str, text: &str| {
        if text.is_empty() { String::new() } else { format!("<{name}>{text}</{name}>") }
    };
    let id = part("guid", id).replace("<guid>", "<guid isPermaLink=\"false\">");
    let (link, moment) = (part("link", link), part("pubDate", moment));
    format!("<item><title>{title}</title>{id}{link}{moment}<description>{words}</description></item>")
}

async fn where_titles_alone_are_kept_the_owner_is_asked_once(opened: Opened) {
    let town = town(opened, 0);
    let feed_at = |look: usize, newest: usize| -> String {
        let of = |post: usize| {
            let id = format!("{look}-{post}");
            bare_item(&id, &format!("{HOME}{id}"), &format!("P{post}"), "", "words")
        };
        (1..=newest).rev().map(of).collect()
    };
    follow(&town, &feed_at(0, 3)).await;
    for look in 1..8 {
        assert_eq!(look_at(&town, &feed_at(look, if look < 4 { 3 } else { 4 })).await, 0);
        let (rows, notices) = if look < 4 { (6, 1) } else { (7, 2) };
        assert_eq!(posts_of(&town).await.len(), rows, "look {look}");
        assert_eq!(town.deliveries("notice").await, notices, "look {look}");
    }
    // What the owner said counts too.
    let asked = town.post("P4").await;
    town.publisher.approve(asked.id).await.unwrap();
    for look in 8..11 {
        assert_eq!(look_at(&town, &feed_at(look, 4)).await, 0);
    }
    assert_eq!((mailed(&town).await, town.deliveries("notice").await), (vec!["P4".to_owned()], 2));
    assert_eq!(posts_of(&town).await.len(), 7);
}

async fn a_feed_of_which_a_title_alone_is_kept_asks_once_whatever_it_is_dated(opened: Opened) {
    let town = town(opened, 0);
    let of = |look: u32| {
        let id = look.to_string();
        bare_item(&id, &format!("{HOME}{id}"), "Now", &format!("15 Jan 2027 00:0{look}:00 GMT"), "words")
    };
    follow(&town, &of(0)).await;
    for look in 1..6 {
        assert_eq!(look_at(&town, &of(look)).await, 0);
        assert_eq!((posts_of(&town).await.len(), town.deliveries("notice").await), (2, 1));
    }
}

async fn counters_and_sessions_in_addresses_make_no_post_new(opened: Opened) {
    let town = town(opened, 0);
    let of = |look: u32, name: &str| {
        let links = [
            format!("{HOME}{name}?utm_source=rss&amp;utm_campaign={look}"),
            format!(
                "{HOME}caf%{}/{name};jsessionid={look}A",
                if look.is_multiple_of(2) { "C3%A9" } else { "c3%a9" }
            ),
        ];
        links.map(|link| bare_item(&link, &link, &format!("{name} {}", link.len()), "", "words")).concat()
    };
    follow(&town, &of(1, "old")).await;
    for look in 2..5 {
        assert_eq!(look_at(&town, &of(look, "old")).await, 0);
    }
    assert_eq!(look_at(&town, &format!("{}{}", of(5, "new"), of(5, "old"))).await, 2);
    assert_eq!(look_at(&town, &format!("{}{}", of(6, "new"), of(6, "old"))).await, 0);
    assert_eq!((town.deliveries("post").await, town.deliveries("notice").await), (2, 0));
}

/// The home is the address of no post, so that it says nothing of any.
async fn a_feed_of_one_item_that_leads_home_is_mailed_each_day(opened: Opened) {
    let town = town(opened, 0);
    for id in ["d", ""] {
        let of = |n: u32| {
            let id = if id.is_empty() { String::new() } else { format!("{id}{n}") };
            bare_item(&id, HOME, &format!("Day {n}"), &day(12 + n, "02:00:00"), &format!("words {n}"))
        };
        let blog = follow(&town, &of(1)).await;
        assert_eq!(look_at(&town, &of(2)).await, 1, "{id}");
        assert_eq!(look_at(&town, &of(2)).await, 0, "{id}");
        assert_eq!(look_at(&town, &of(3)).await, 1, "{id}");
        assert_eq!(town.deliveries("notice").await, 0);
        town.opened.store.remove_blog(blog.id).await.unwrap();
    }
}

/// Notes without titles, of which the moment alone is kept: no site has moved.
async fn notes_that_lead_home_under_new_ids_are_known_by_their_moment(opened: Opened) {
    let town = town(opened, 0);
    let of = |look: u32, n: u32| {
        let id = format!("{look}-{n}");
        bare_item(&id, HOME, "", &day(12 + n, "02:00:00"), &format!("words {n}"))
    };
    follow(&town, &format!("{}{}", of(0, 1), of(0, 0))).await;
    assert_eq!(look_at(&town, &format!("{}{}", of(1, 1), of(1, 0))).await, 0);
    assert_eq!(look_at(&town, &format!("{}{}{}", of(2, 2), of(2, 1), of(2, 0))).await, 1);
    assert_eq!(look_at(&town, &format!("{}{}{}", of(3, 2), of(3, 1), of(3, 0))).await, 0);
    assert_eq!(town.deliveries("notice").await, 0);
}

/// Notes of which everything but the words is new at each look.
async fn notes_of_which_the_words_alone_are_kept_are_not_mailed_at_each_look(opened: Opened) {
    let town = town(opened, 0);
    let of =
        |look: u32, words: &str| bare_item(&format!("{look}-{words}"), HOME, "", "", &format!("<p>{words}"));
    follow(&town, &format!("{}{}", of(0, "two"), of(0, "one"))).await;
    for look in 1..5 {
        assert_eq!(look_at(&town, &format!("{}{}", of(look, "two"), of(look, "one"))).await, 0);
    }
    assert_eq!((town.deliveries("post").await, town.deliveries("notice").await), (0, 1));
    // The first words are what they are called.
    assert_eq!(town.post("two").await.reason, Reason::AlreadyThere);
    assert_eq!(posts_of(&town).await.len(), 4);
}

async fn enclosures_with_a_token_of_each_look_are_no_pages(opened: Opened) {
    let town = town(opened, 0);
    let of = |look: u32, n: u32| {
        let url = format!("https://cdn.example/{n}.mp3?token={look}");
        let enclosure = format!("<enclosure url=\"{url}\" type=\"audio/mpeg\" length=\"1\"/></item>");
        bare_item("", "", &format!("E{n}"), &day(12 + n, "02:00:00"), "words").replace("</item>", &enclosure)
    };
    follow(&town, &format!("{}{}", of(0, 1), of(0, 0))).await;
    assert_eq!(look_at(&town, &format!("{}{}", of(1, 1), of(1, 0))).await, 0);
    assert_eq!(look_at(&town, &format!("{}{}{}", of(2, 2), of(2, 1), of(2, 0))).await, 1);
    assert_eq!(town.deliveries("notice").await, 0);
}

async fn items_without_id_and_address_are_known_though_their_words_were_mended(opened: Opened) {
    let town = town(opened, 0);
    for moment in [&day(14, "02:00:00"), ""] {
        let of = |title: &str, words: &str| bare_item("", "", title, moment, words);
        let blog = follow(&town, &format!("{}{}", of("B", "b"), of("A", "a"))).await;
        let all = |new: &str, old: &str| format!("{}{}{}", of("C", new), of("B", old), of("A", old));
        // A site without ids and addresses has not moved when its words are others.
        assert_eq!(look_at(&town, &all("c", if moment.is_empty() { "b" } else { "x" })).await, 1);
        assert_eq!(look_at(&town, &all("c mended", "y")).await, 0);
        assert_eq!(town.deliveries("notice").await, 0);
        town.opened.store.remove_blog(blog.id).await.unwrap();
    }
}

crate::for_each_store!(
    where_titles_alone_are_kept_the_owner_is_asked_once,
    a_feed_of_which_a_title_alone_is_kept_asks_once_whatever_it_is_dated,
    counters_and_sessions_in_addresses_make_no_post_new,
    a_feed_of_one_item_that_leads_home_is_mailed_each_day,
    notes_that_lead_home_under_new_ids_are_known_by_their_moment,
    notes_of_which_the_words_alone_are_kept_are_not_mailed_at_each_look,
    enclosures_with_a_token_of_each_look_are_no_pages,
    items_without_id_and_address_are_known_though_their_words_were_mended,
    items_that_share_one_id_are_known_by_address_title_and_date,
    ids_that_are_new_at_each_look_make_no_post_new,
    a_post_whose_address_and_title_were_mended_is_not_mailed_again,
    a_large_feed_keeps_its_posts_under_new_ids,
    rows_of_an_older_version_are_read_as_one_post,
    what_the_feed_says_of_a_known_post_is_kept_up_to_date,
);
