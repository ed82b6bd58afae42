//! What other servers call: the hubs of feeds.

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use postbell::domain::HubState;

use crate::support::server::TestServer;

pub(super) const HUB: &str = "https://hub.example/";
pub(super) const TOPIC: &str = "https://tea.example/feed";

/// The feed of `tea` with these posts before the old one, and more in its head.
pub(super) fn put_feed(server: &TestServer, head: &str, posts: &[&str]) {
    let item = |name: &str| {
        format!(
            "<item><title>{name}</title><guid>{name}</guid><link>https://tea.example/{name}</link>\
         <description>text</description></item>"
        )
    };
    let items: String = posts.iter().chain(&["old"]).map(|name| item(name)).collect();
    server.feeds.put(TOPIC, &format!("<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel>\
         <title>Tea</title><link>https://tea.example/</link><description>-</description>{head}{items}</channel></rss>"));
}

pub(super) async fn looks(server: &TestServer) -> u32 {
    server.publisher.tick().await.unwrap().looks
}

/// S14: who is named no longer has neither callback nor secret.
#[tokio::test]
async fn a_former_hub_moves_nothing() {
    let server = TestServer::start().await;
    put_feed(&server, "", &[]);
    server.fed_blog("tea", "Tea").await;
    let name = async |hub: &str| {
        put_feed(
            &server,
            &if hub.is_empty() { String::new() } else { format!("<atom:link rel=\"hub\" href=\"{hub}\"/>") },
            &[],
        );
        server.clock.advance_seconds(400);
        looks(&server).await;
        server.feeds.asked_hubs().into_iter().next_back()
    };
    let push = async |callback: &str, secret: &str| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let signature = format!("sha256={}", HEXLOWER.encode(hmac::sign(&key, b"x").as_ref()));
        let ask = server.ask("POST", callback).header("x-hub-signature", &signature);
        ask.body("text/plain", "x").send().await.status
    };
    let first = name(HUB).await.unwrap();
    assert_eq!(push(&first["hub.callback"], &first["hub.secret"]).await, 202);
    looks(&server).await;
    let second = name("https://other.example/").await.unwrap();
    assert_ne!(first["hub.callback"], second["hub.callback"]);
    assert_ne!(first["hub.secret"], second["hub.secret"]);
    assert_eq!(push(&first["hub.callback"], &first["hub.secret"]).await, 410);
    // Who has seen the new address has not the new secret.
    server.clock.advance_seconds(130);
    looks(&server).await;
    server.clock.advance_seconds(130);
    assert_eq!(push(&second["hub.callback"], &first["hub.secret"]).await, 202);
    assert_eq!(looks(&server).await, 0, "it is believed no more");
    let question = format!(
        "{}?hub.mode=subscribe&hub.topic=https%3A%2F%2Ftea.example%2Ffeed&hub.challenge=c",
        first["hub.callback"]
    );
    assert_eq!(server.get(&question).await.status, 404);
    // Named again it is another one; named no more, none.
    let again = name(HUB).await.unwrap();
    assert_ne!(first["hub.callback"], again["hub.callback"]);
    name("").await;
    for gone in [&first, &second, &again] {
        assert_eq!(push(&gone["hub.callback"], &gone["hub.secret"]).await, 410);
    }
}

/// S14
#[tokio::test]
async fn a_hub_is_asked_verified_believed_by_its_signature_and_asked_again_before_its_lease_ends() {
    let server = TestServer::start().await;
    put_feed(&server, "", &[]);
    let blog = server.fed_blog("tea", "Tea").await;
    let head = format!("<atom:link rel=\"hub\" href=\"{HUB}\"/><atom:link rel=\"self\" href=\"{TOPIC}\"/>");
    put_feed(&server, &head, &[]);
    server.clock.advance_seconds(400);
    assert_eq!(looks(&server).await, 1);
    let asked = server.feeds.asked_hubs();
    let [ask] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(
        (ask["hub"].as_str(), ask["hub.mode"].as_str(), ask["hub.topic"].as_str()),
        (HUB, "subscribe", TOPIC)
    );
    assert!(ask["hub.secret"].len() >= 32 && ask["hub.secret"].len() < 200);
    let callback = ask["hub.callback"].strip_prefix(&server.public_url).unwrap().to_owned();
    let question = |topic: &str, mode: &str| {
        let topic = topic.replace(':', "%3A").replace('/', "%2F");
        format!("{callback}?hub.mode={mode}&hub.topic={topic}&hub.challenge=c%26h&hub.lease_seconds=864000")
    };
    let state = async || server.opened.store.find_hub(blog.id).await.unwrap().unwrap().state;
    for wrong in [
        question("https://other.example/", "subscribe"),
        question(TOPIC, "unsubscribe"),
        question(TOPIC, "subscribe").replace("websub/", "websub/AAAA"),
        callback.clone(),
    ] {
        let status = server.get(&wrong).await.status;
        assert!(matches!(status, 400 | 404), "{wrong}: {status}");
        assert_eq!(state().await, HubState::Asked);
    }
    let granted = server.get(&question(TOPIC, "subscribe")).await;
    assert_eq!((granted.status, granted.body.as_str()), (200, "c&h"));
    assert_eq!(state().await, HubState::Active);
    assert!(granted.header("content-type").starts_with("text/plain"));

    server.clock.advance_seconds(60);
    put_feed(&server, &head, &["new"]);
    let push = async |method: hmac::Algorithm, name: &str, secret: &str| {
        let key = hmac::Key::new(method, secret.as_bytes());
        let signature = format!("{name}={}", HEXLOWER.encode(hmac::sign(&key, b"<rss/>").as_ref()));
        server
            .ask("POST", &callback)
            .header("x-hub-signature", &signature)
            .body("application/rss+xml", "<rss/>")
            .send()
            .await
            .status
    };
    let secret = ask["hub.secret"].clone();
    assert_eq!(push(hmac::HMAC_SHA256, "sha256", "guessed").await, 202, "a forger learns nothing");
    assert_eq!(server.ask("POST", &callback).body("text/plain", "x").send().await.status, 202);
    assert_eq!(looks(&server).await, 0, "and moves nothing");
    assert_eq!(push(hmac::HMAC_SHA256, "sha256", &secret).await, 202);
    let ticked = server.publisher.tick().await.unwrap();
    assert_eq!((ticked.looks, ticked.mailed), (1, 1));
    server.clock.advance_seconds(60);
    assert_eq!(push(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, "sha1", &secret).await, 202);
    assert_eq!(looks(&server).await, 1);

    assert!(server.feeds.asked_hubs().is_empty());
    server.clock.advance_seconds(9 * 86_400);
    looks(&server).await;
    assert_eq!(server.feeds.asked_hubs().len(), 1, "before the ten days are over");
    assert_eq!(state().await, HubState::Active);
}

#[tokio::test]
async fn a_hub_that_says_no_is_left_alone_for_a_week_and_a_feed_without_hub_has_none() {
    let server = TestServer::start().await;
    put_feed(&server, "", &[]);
    let blog = server.fed_blog("tea", "Tea").await;
    let hub = async || server.opened.store.find_hub(blog.id).await.unwrap();
    put_feed(&server, &format!("<atom:link rel=\"hub\" href=\"{HUB}\"/>"), &[]);
    server.clock.advance_seconds(400);
    looks(&server).await;
    let callback =
        server.feeds.asked_hubs()[0]["hub.callback"].strip_prefix(&server.public_url).unwrap().to_owned();
    let no = format!(
        "{callback}?hub.mode=denied&hub.topic=https%3A%2F%2Ftea.example%2Ffeed&hub.reason=too%0Amany"
    );
    assert_eq!(server.get(&no).await.status, 200);
    let refused = hub().await.unwrap();
    assert_eq!((refused.state, refused.said.as_deref()), (HubState::Refused, Some("too many")));
    server.clock.advance_seconds(6 * 86_400);
    looks(&server).await;
    assert!(server.feeds.asked_hubs().is_empty());
    server.clock.advance_seconds(86_400);
    looks(&server).await;
    assert_eq!(server.feeds.asked_hubs().len(), 1);
    put_feed(&server, "", &["x"]);
    server.clock.advance_seconds(400);
    looks(&server).await;
    assert_eq!(hub().await, None);
    assert_eq!(server.get(&no.replace("denied", "subscribe")).await.status, 404, "nobody asked it");
}
