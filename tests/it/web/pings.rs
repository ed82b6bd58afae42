//! Pings: a blog's program says that there is a new post. They make us look
//! sooner, and cost the blog little whoever sends how many.

use postbell::feeds::FetchError;

use super::hooks::{TOPIC, looks, put_feed};
use crate::support::server::{Answer, TestServer};

crate::for_each_database!(
    a_ping_of_a_blog_we_know_makes_us_look_at_once,
    a_ping_that_names_no_blog_of_ours_or_is_none_changes_nothing,
    many_pings_cost_the_blog_a_look_a_minute_and_ever_fewer_for_nothing,
    a_ping_right_after_a_look_that_was_due_is_served_at_once,
    pings_end_no_rest_and_hide_no_validators,
);

fn call(method: &str, values: &[&str]) -> String {
    let params: String = values
        .iter()
        .map(|value| format!("<param><value><string>{value}</string></value></param>"))
        .collect();
    format!(
        "<?xml version=\"1.0\"?><methodCall><methodName>{method}</methodName><params>{params}</params></methodCall>"
    )
}

async fn ping(server: &TestServer, body: String) -> Answer {
    server.ask("POST", "/hooks/ping").body("text/xml", body).send().await
}

fn is_thanked(answer: &Answer) -> bool {
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "text/xml; charset=utf-8"),
        "{answer:?}"
    );
    answer.body.contains("<boolean>0</boolean>")
}

async fn a_ping_of_a_blog_we_know_makes_us_look_at_once() {
    let server = TestServer::start().await;
    server.fed_blog("tea", "Tea").await;
    server.clock.advance_seconds(10);
    assert_eq!(looks(&server).await, 0, "the next look is minutes away");
    for (call, posts) in [
        (call("weblogUpdates.ping", &["Tea", "http://www.tea.example"]), &["one"][..]),
        (
            call(
                "weblogUpdates.extendedPing",
                &["Tea", "https://elsewhere.example/", "https://tea.example/x", TOPIC],
            ),
            &["two", "one"],
        ),
        (call("weblogUpdates.ping", &["Tea", "HTTP://WWW.Tea.Example/"]), &["three", "two", "one"]),
    ] {
        server.clock.advance_seconds(60);
        put_feed(&server, "", posts);
        assert!(is_thanked(&ping(&server, call).await));
        assert_eq!(looks(&server).await, 1);
    }
}

async fn a_ping_that_names_no_blog_of_ours_or_is_none_changes_nothing() {
    let server = TestServer::start().await;
    server.fed_blog("tea", "Tea").await;
    server.clock.advance_seconds(10);
    for body in [
        call("weblogUpdates.ping", &["Tea", "https://tea.example.evil/"]),
        call("weblogUpdates.ping", &["Tea", "https://other.example/"]),
        call("pingback.ping", &["https://tea.example/", "https://tea.example/"]),
        "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><methodCall/>".to_owned(),
        "hello".to_owned(),
        String::new(),
    ] {
        assert!(!is_thanked(&ping(&server, body).await));
    }
    assert_eq!(looks(&server).await, 0);
    assert_eq!(server.get("/hooks/ping").await.status, 405);
}

/// S20: a look a minute at most, and ever fewer while they find nothing.
async fn many_pings_cost_the_blog_a_look_a_minute_and_ever_fewer_for_nothing() {
    let server = TestServer::start().await;
    put_feed(&server, "", &[]);
    server.fed_blog("tea", "Tea").await;
    let ping = async || ping(&server, call("weblogUpdates.ping", &["Tea", "https://tea.example/"])).await;
    let mut at = Vec::new();
    for second in (0..4_000).step_by(5) {
        assert!(is_thanked(&ping().await));
        if looks(&server).await > 0 {
            at.push(second);
        }
        server.clock.advance_seconds(5);
    }
    assert_eq!(at[..2], [0, 120]);
    // From here on pings are for nothing: each look is the one that was due anyway.
    assert!((13..=17).contains(&at.len()), "{at:?}");
    // One that tells of a post is believed again, a minute after the look that
    // it caused: the loop's last ping may have had its look already.
    put_feed(&server, "", &["new"]);
    server.clock.advance_seconds(400);
    ping().await;
    assert_eq!(looks(&server).await, 1);
    server.clock.advance_seconds(59);
    ping().await;
    assert_eq!(looks(&server).await, 0);
    server.clock.advance_seconds(1);
    assert_eq!(looks(&server).await, 1);
}

/// S20: a look that was due anyway holds up none that a ping causes, and a
/// flood in any minute causes one.
async fn a_ping_right_after_a_look_that_was_due_is_served_at_once() {
    let server = TestServer::start().await;
    put_feed(&server, "", &[]);
    server.fed_blog("tea", "Tea").await;
    let ping = async || ping(&server, call("weblogUpdates.ping", &["Tea", "https://tea.example/"])).await;
    let mut posts = Vec::new();
    for name in ["one", "two", "three"] {
        server.clock.advance_seconds(400);
        assert_eq!(looks(&server).await, 1, "it was due");
        posts.insert(0, name);
        put_feed(&server, "", &posts);
        let mut caused = 0;
        for _ in 0..60 {
            assert!(is_thanked(&ping().await));
            let ticked = server.publisher.tick().await.unwrap();
            assert!(caused > 0 || (ticked.looks, ticked.mailed) == (1, 1), "{ticked:?}");
            caused += ticked.looks;
            server.clock.advance_seconds(1);
        }
        assert_eq!(caused, 1, "{name}");
        assert_eq!(looks(&server).await, 1, "the next minute has its own");
    }
}

/// S20: never before the rest that its server asked for, never past a 410.
async fn pings_end_no_rest_and_hide_no_validators() {
    let server = TestServer::start().await;
    put_feed(&server, "", &[]);
    server.fed_blog("tea", "Tea").await;
    let ping = async || ping(&server, call("weblogUpdates.ping", &["Tea", "https://tea.example/"])).await;
    server.clock.advance_seconds(100);
    assert!(is_thanked(&ping().await));
    assert_eq!(looks(&server).await, 1);
    assert_eq!(server.feeds.seen().etag.as_deref(), Some("\"1\""), "the server may answer 304");
    for (status, retry_after_seconds, rest) in
        [(429, Some(7_200), 7_200), (503, Some(3_600), 3_600), (500, None, 500), (410, None, 50_000)]
    {
        server.clock.advance_seconds(100_000);
        server.feeds.fail(TOPIC, FetchError::Status { status, retry_after_seconds });
        looks(&server).await;
        for _ in 0..10 {
            server.clock.advance_seconds(rest / 11);
            assert!(is_thanked(&ping().await));
            assert_eq!(looks(&server).await, 0, "{status}");
        }
    }
}
