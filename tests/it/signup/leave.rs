//! Leaving: one press, one click, no way back but the reader's own.

use postbell::domain::{DAY_MS, Purpose, SubscriptionId, SuppressionReason};
use postbell::mail::MailParts;

use crate::support::server::TestServer;
use crate::support::stores::{NOW, address, keys};

crate::for_each_database!(
    one_click_leaves_whatever_form_it_has,
    the_link_in_the_header_of_a_post_leaves,
    looking_at_the_page_leaves_nothing,
    leaving_can_be_taken_back_for_seven_days,
    who_leaves_is_told_that_undo_is_the_way_back_today,
    who_never_confirmed_can_leave_and_is_not_made_a_follower_by_undo,
    a_pause_holds_posts_for_30_days,
    the_footers_link_is_for_its_subscription_alone,
    who_complained_gets_nothing_at_all,
    links_of_an_old_key_work_when_a_new_one_is_put_on_top,
);

const MULTIPART: &str =
    "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";

async fn server() -> TestServer {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    server
}

/// D4 (RFC 8058)
async fn one_click_leaves_whatever_form_it_has() {
    let server = server().await;
    let forms = [
        Some(("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click")),
        Some(("multipart/form-data; boundary=b", MULTIPART)),
        Some(("text/plain", "")),
        None,
    ];
    for (n, form) in forms.into_iter().enumerate() {
        let reader = format!("r{n}@example.org");
        let links = server.follower("musings", &reader).await;
        let request = |path: &str| match form {
            Some((kind, body)) => server.ask("POST", path).body(kind, body),
            None => server.ask("POST", path),
        };
        // As a mail program behind a privacy-minded browser engine may send it.
        let answer = request(&links.leave).header("origin", "null").send().await;
        assert_eq!(answer.status, 200, "{form:?}");
        assert_eq!((answer.header("location"), answer.header("set-cookie")), ("", ""));
        assert_eq!(server.status(&reader).await, "ended");
        let goodbye = server.deliver_one().await;
        assert_eq!((&*goodbye.head.kind, &goodbye.head.recipient), ("goodbye", &reader));
        let before = server.opened.dump().await;
        assert_eq!(request(&links.leave).send().await.status, 200, "a second time");
        assert_eq!(server.opened.dump().await, before);
        assert!(server.deliver().await.is_empty());
    }
}

/// D4, D13
async fn the_link_in_the_header_of_a_post_leaves() {
    let server = TestServer::start().await;
    server.fed_blog("musings", "Musings").await;
    server.follower("musings", "kim@example.org").await;
    server.publish("musings", "Musings", &[("new", "New", "<p>new</p>")]).await;
    let post = server.deliver_one().await;
    let headers = MailParts::of(&post.raw).headers;
    let header = headers.iter().find(|(name, _)| name == "List-Unsubscribe").map(|(_, value)| value).unwrap();
    let url = header.trim_matches(['<', '>']);
    let one_click = ("List-Unsubscribe", "One-Click");
    assert_eq!(server.post_form(url, &[one_click]).await.status, 200);
    assert_eq!(server.status("kim@example.org").await, "ended");
    server.deliver().await;
    server.publish("musings", "Musings", &[("newer", "Newer", "<p>newer</p>")]).await;
    assert!(server.deliver().await.is_empty());
}

async fn looking_at_the_page_leaves_nothing() {
    let server = server().await;
    let links = server.follower("musings", "kim@example.org").await;
    let before = server.opened.dump().await;
    let page = server.get(&links.leave).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("referrer-policy"), "same-origin");
    assert!(!page.body.contains("kim@example.org"), "the page masks the address");
    assert_eq!(server.ask("HEAD", &links.leave).send().await.status, 200);
    assert_eq!(server.opened.dump().await, before);
}

async fn leaving_can_be_taken_back_for_seven_days() {
    let server = server().await;
    let links = server.follower("musings", "kim@example.org").await;
    let page = server.post(&links.leave).await;
    assert!(page.body.contains("value=\"undo\""));
    server.clock.advance_ms(7 * DAY_MS - 1);
    let undone = server.post_form(&links.leave, &[("do", "undo")]).await;
    assert_eq!(undone.status, 200);
    assert_eq!(server.status("kim@example.org").await, "active");

    server.post(&links.leave).await;
    server.clock.advance_ms(7 * DAY_MS);
    let page = server.get(&links.leave).await;
    assert!(!page.body.contains("value=\"undo\""), "{}", page.body);
    assert_eq!(server.post_form(&links.leave, &[("do", "undo")]).await.status, 200);
    assert_eq!(server.status("kim@example.org").await, "ended");
}

/// S2 allows one question a day, and that was asked.
async fn who_leaves_is_told_that_undo_is_the_way_back_today() {
    let server = server().await;
    let links = server.follower("musings", "kim@example.org").await;
    let left = server.post(&links.leave).await;
    assert!(left.body.contains("Undo: follow again"), "{}", left.body);
    assert!(left.body.contains("Today it is the way back: an address gets one mail that asks a day"));
    assert!(server.get(&links.leave).await.body.contains("Today it is the way back"), "later, too");
    server.deliver().await;
    server.sign_up("musings", "kim@example.org").await;
    assert!(server.deliver().await.is_empty(), "as the page said");
    let undone = server.post_form(&links.leave, &[("do", "undo")]).await;
    assert_eq!((undone.status, server.status("kim@example.org").await.as_str()), (200, "active"));
}

async fn who_never_confirmed_can_leave_and_is_not_made_a_follower_by_undo() {
    let server = server().await;
    server.sign_up("musings", "kim@example.org").await;
    server.deliver().await;
    let id = SubscriptionId(server.opened.number("SELECT id FROM subscriptions").await);
    let row = server.opened.store.get_subscription(id).await.unwrap().unwrap().sealed();
    let token = keys().sign(Purpose::Unsubscribe, row, None);
    let link = format!("/unsubscribe/{token}");
    assert_eq!(server.post(&link).await.status, 200);
    assert_eq!(server.status("kim@example.org").await, "ended");
    assert!(server.deliver().await.is_empty(), "nothing was followed, so nothing is said");
    server.post_form(&link, &[("do", "undo")]).await;
    assert_eq!(server.status("kim@example.org").await, "ended");
}

async fn a_pause_holds_posts_for_30_days() {
    let server = TestServer::start().await;
    server.fed_blog("musings", "Musings").await;
    let links = server.follower("musings", "kim@example.org").await;
    let page = server.post_form(&links.leave, &[("do", "pause")]).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Paused"));
    server.publish("musings", "Musings", &[("one", "One", "<p>1</p>")]).await;
    assert!(server.deliver().await.is_empty());
    assert_eq!(server.get("/b/musings/followers").await.json()["count"], 1, "the paused are followers");
    server.clock.advance_ms(30 * DAY_MS);
    server.publish("musings", "Musings", &[("two", "Two", "<p>2</p>")]).await;
    assert_eq!(server.deliver_one().await.head.subject, "Two");
}

/// S16
async fn the_footers_link_is_for_its_subscription_alone() {
    let server = server().await;
    let links = server.follower("musings", "kim@example.org").await;
    server.opened.blog("harbour").await;
    server.follower("harbour", "kim@example.org").await;
    let press = async |what: &str| server.post_form(&links.leave, &[("do", what)]).await;
    let pages = [
        server.get(&links.leave).await,
        press("pause").await,
        server.get(&links.leave).await,
        press("resume").await,
        press("leave").await,
        server.get(&links.leave).await,
        press("undo").await,
    ];
    for page in &pages {
        assert_eq!(page.status, 200);
        for told in ["kim@example.org", "The harbour", "/manage/", "subscription="] {
            assert!(!page.body.contains(told), "{told}: {}", page.body);
        }
    }
    assert!(pages[1].body.contains("Paused") && pages[2].body.contains("value=\"resume\""));
    assert!(pages[3].body.contains("Your mails come again") && pages[5].body.contains("value=\"undo\""));
    assert_eq!(server.status("kim@example.org").await, "active active");
    for mail in server.deliver().await {
        let links = crate::support::server::urls(&mail);
        assert!(!links.iter().any(|link| link.contains("/manage/")), "{links:?}");
    }
    // A link to leave opens no other door.
    let token = links.leave.rsplit('/').next().unwrap();
    assert_eq!(server.get(&format!("/manage/{token}")).await.status, 404);
}

/// B1
async fn who_complained_gets_nothing_at_all() {
    let server = TestServer::start().await;
    server.fed_blog("musings", "Musings").await;
    let links = server.follower("musings", "kim@example.org").await;
    let kim = address("kim@example.org");
    server.opened.store.suppress(&kim, None, SuppressionReason::Complained, NOW).await.unwrap();
    server.publish("musings", "Musings", &[("one", "One", "<p>1</p>")]).await;
    server.sign_up("musings", "kim@example.org").await;
    server.post_form("/manage", &[("email", "kim@example.org")]).await;
    assert_eq!(server.post(&links.leave).await.status, 200);
    server.clock.advance_ms(2 * DAY_MS);
    server.sign_up("musings", "kim@example.org").await;
    let mails = server.deliver().await;
    assert!(mails.is_empty(), "{:?}", mails.iter().map(|mail| &mail.head.kind).collect::<Vec<_>>());
    assert_eq!(server.get("/b/musings/followers").await.json()["count"], 0);
}

/// D6: links never go stale.
async fn links_of_an_old_key_work_when_a_new_one_is_put_on_top() {
    let first = server().await;
    let kim = first.follower("musings", "kim@example.org").await;
    let lee = first.follower("musings", "lee@example.org").await;
    first.sign_up("musings", "max@example.org").await;
    let max = first.link(&first.deliver_one().await, "confirm");
    let place = first.opened.place.clone();
    drop(first);
    let secrets = vec![vec![8; 32], vec![7; 32]];
    let second =
        TestServer::with(|setup| (setup.place, setup.secrets) = (Some(place.clone()), secrets)).await;
    assert_eq!(second.post(&kim.leave).await.status, 200);
    assert_eq!(second.get(&lee.manage).await.status, 200);
    assert_eq!(second.post(&max).await.status, 200);
    assert_eq!(second.status("kim@example.org").await, "ended");
    assert_eq!(second.status("max@example.org").await, "active");
    drop(second);
    let retired =
        TestServer::with(|setup| (setup.place, setup.secrets) = (Some(place), vec![vec![8; 32]])).await;
    assert_eq!(retired.post(&lee.leave).await.status, 404);
}
