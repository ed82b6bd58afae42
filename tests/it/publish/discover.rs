//! Which feed `blog add` takes, over a web of scripted pages.

use postbell::feeds::FetchError;
use postbell::publish::{AddBlog, PublishError};

use super::town::{Town, feed, town};
use crate::support::stores::Opened;

const AT: &str = "https://blog.example";

async fn added(town: &Town, path: &str) -> Result<String, String> {
    let ask = AddBlog { url: format!("{AT}{path}"), ..AddBlog::default() };
    match town.publisher.add_blog(&ask).await {
        Ok(added) => Ok(added.blog.feed_url.strip_prefix(AT).unwrap().to_owned()),
        Err(PublishError::NoFeed(said)) => Err(said),
        Err(other) => panic!("{other}"),
    }
}

fn comments() -> String {
    "<rss version=\"2.0\"><channel><title>Comments on: Hello</title><link>https://blog.example/2026/p/</link>\
     <item><guid>c1</guid><title>By: Kim</title></item></channel></rss>"
        .to_owned()
}

async fn comments_of_a_post_never_become_the_blog(opened: Opened) {
    let town = town(opened, 0);
    town.web.put(&format!("{AT}/2026/p/"), "<p>a post</p>");
    town.web.put(&format!("{AT}/2026/p/feed/"), &comments());
    let said = added(&town, "/2026/p/").await.unwrap_err();
    assert!(said.contains("and ") && said.contains("more"), "{said}");
    // Not even where the page calls them its feed.
    town.web
        .put(&format!("{AT}/2026/p/"), "<link rel=alternate type=application/rss+xml href=/2026/p/feed/>");
    let said = added(&town, "/2026/p/").await.unwrap_err();
    assert!(said.contains("/2026/p/feed/ (it holds comments, not posts)"), "{said}");
    town.web.put(&format!("{AT}/feed/"), &feed(&["a"]));
    assert_eq!(added(&town, "/2026/p/").await.unwrap(), "/feed/");
}

async fn the_root_and_its_blog_are_asked_before_deep_guesses(opened: Opened) {
    let town = town(opened, 0);
    town.web.put(&format!("{AT}/about"), "<p>who we are</p>");
    town.web.put(&format!("{AT}/about/feed/"), &feed(&["deep"]));
    town.web.put(&format!("{AT}/"), "<a href=/words/>Blog</a>");
    town.web.put(&format!("{AT}/words/"), "<link rel=alternate type=application/atom+xml href=all.atom>");
    town.web.put(&format!("{AT}/words/all.atom"), &feed(&["a"]));
    assert_eq!(added(&town, "/about").await.unwrap(), "/words/all.atom");
}

async fn the_best_is_taken_whatever_else_is_dead_or_empty(opened: Opened) {
    let town = town(opened, 0);
    let dead: String =
        (0..30).map(|n| format!("<link rel=alternate type=application/rss+xml href=/dead{n}.xml>")).collect();
    let named = "<link rel=alternate type=application/rss+xml href=/empty.xml>\
                 <link rel=alternate type=application/rss+xml href=/second.xml>\
                 <link rel=alternate type=application/rss+xml href=/third.xml>";
    town.web.put(&format!("{AT}/"), &format!("{dead}{named}"));
    town.web.break_down(&format!("{AT}/dead3.xml"), FetchError::Timeout);
    town.web.put(&format!("{AT}/empty.xml"), &feed(&[]));
    town.web.put(&format!("{AT}/third.xml"), &feed(&["c"]));
    assert_eq!(added(&town, "/").await.unwrap(), "/third.xml");
}

async fn a_blog_without_posts_yet_is_found_by_what_its_page_names(opened: Opened) {
    let town = town(opened, 0);
    town.web.put(&format!("{AT}/"), "<link rel=alternate type=application/rss+xml href=/empty.xml>");
    town.web.put(&format!("{AT}/empty.xml"), &feed(&[]));
    town.web.put(&format!("{AT}/atom.xml"), &feed(&["a"]));
    assert_eq!(added(&town, "/").await.unwrap(), "/empty.xml");
}

async fn a_page_that_lists_feeds_is_read(opened: Opened) {
    let town = town(opened, 0);
    town.web.put(&format!("{AT}/"), "<a href=/follow/>Subscribe</a>");
    town.web.put(&format!("{AT}/follow/"), "<a href=/all>RSS</a><a href=/tea.xml>Tea</a>");
    town.web.put(&format!("{AT}/all"), &feed(&["a"]));
    town.web.put(&format!("{AT}/tea.xml"), &feed(&["b"]));
    assert_eq!(added(&town, "/").await.unwrap(), "/all");
}

/// A protection that lets feeds pass keeps pages from programs.
async fn a_feed_behind_a_page_that_asks_for_a_browser_is_found(opened: Opened) {
    let town = town(opened, 0);
    let wall =
        FetchError::Guarded { wall: postbell::feeds::Wall("Anubis"), status: 200, retry_after_seconds: None };
    town.web.break_down(&format!("{AT}/"), wall);
    let ask = AddBlog { url: format!("{AT}/"), ..AddBlog::default() };
    let said = town.publisher.add_blog(&ask).await.unwrap_err().to_string();
    assert!(said.contains("Anubis keeps programs out"), "{said}");
    town.web.put(&format!("{AT}/feed.xml"), &feed(&["a"]));
    assert_eq!(added(&town, "/").await.unwrap(), "/feed.xml");
}

async fn the_root_of_a_host_of_many_people_is_nobodys_blog(opened: Opened) {
    let town = town(opened, 0);
    town.web.put(&format!("{AT}/"), "<link rel=alternate type=application/rss+xml href=/feed.xml>");
    town.web.put(&format!("{AT}/feed.xml"), &feed(&["of the university"]));
    town.web.put(&format!("{AT}/~kim/posts/a.html"), "<p>a post</p>");
    assert!(added(&town, "/~kim/posts/a.html").await.is_err());
    town.web.put(&format!("{AT}/~kim/"), "<link rel=alternate type=application/rss+xml href=words.xml>");
    town.web.put(&format!("{AT}/~kim/words.xml"), &feed(&["a"]));
    assert_eq!(added(&town, "/~kim/posts/a.html").await.unwrap(), "/~kim/words.xml");
}

/// Pages that send to each other, and name a thousand feeds that are pages.
async fn a_search_ends(opened: Opened) {
    let town = town(opened, 0);
    let many: String = (0..1_000).map(|n| format!("<a href=/{n}.rss>RSS</a>")).collect();
    let there = format!("<meta http-equiv=refresh content='0;url=/b'><a href=/blog/>blog</a>{many}");
    let back = "<meta http-equiv=refresh content='0;url=/'><a href=/>blog</a>";
    town.web.put(&format!("{AT}/"), &there);
    town.web.put(&format!("{AT}/b"), back);
    town.web.put(&format!("{AT}/blog/"), &there);
    assert!(added(&town, "/").await.unwrap_err().starts_with("no feed was found"));
    let asked = town.web.asked();
    assert!(asked.len() <= 210, "{}", asked.len());
}

crate::for_each_store!(
    comments_of_a_post_never_become_the_blog,
    the_root_and_its_blog_are_asked_before_deep_guesses,
    the_best_is_taken_whatever_else_is_dead_or_empty,
    a_blog_without_posts_yet_is_found_by_what_its_page_names,
    a_page_that_lists_feeds_is_read,
    a_feed_behind_a_page_that_asks_for_a_browser_is_found,
    the_root_of_a_host_of_many_people_is_nobodys_blog,
    a_search_ends,
);
