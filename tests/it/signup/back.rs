//! The way back after leaving: the reader's own, for a week, and said as it is.

use postbell::domain::{ConsentKind, DAY_MS, Purpose, SubscriptionId, SubscriptionStatus, SuppressionReason};

use crate::support::server::{Answer, TestServer};
use crate::support::stores::{NOW, address, import_row, keys};

crate::for_each_database!(
    who_left_long_ago_is_brought_back_by_no_forwarded_mail,
    undo_works_whoever_types_the_address_meanwhile,
    what_was_known_of_an_imported_follower_is_said_after_undo,
    a_mail_that_was_never_sent_is_not_what_one_waits_for,
    who_gets_no_mail_is_told_on_their_own_pages_and_nowhere_else,
    how_often_an_address_is_mailed_is_said_as_it_is,
);

async fn server() -> TestServer {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    server
}

async fn press(server: &TestServer, link: &str, what: &str) -> Answer {
    let answer = server.post_form(link, &[("do", what)]).await;
    assert_eq!(answer.status, 200, "{what}: {}", answer.body);
    answer
}

/// A button of the page of all follows, where there is one subscription.
async fn press_there(server: &TestServer, what: &str) -> Answer {
    let id = server.opened.number("SELECT MIN(id) FROM subscriptions").await.to_string();
    let link = server.manage_link("kim@example.org").await;
    server.post_form(&link, &[("do", what), ("subscription", &id)]).await
}

/// S16
async fn who_left_long_ago_is_brought_back_by_no_forwarded_mail() {
    let server = server().await;
    let links = server.follower("musings", "kim@example.org").await;
    press(&server, &links.leave, "leave").await;
    server.clock.advance_ms(90 * DAY_MS);
    press(&server, &links.leave, "undo").await;
    assert_eq!(server.status("kim@example.org").await, "ended");
    for round in ["by the footer's link", "by the page of all follows"] {
        server.sign_up("musings", "kim@example.org").await;
        for (what, after) in [("undo", "pending"), ("leave", "ended"), ("undo", "ended")] {
            if round == "by the footer's link" {
                press(&server, &links.leave, what).await;
            } else {
                press_there(&server, what).await;
            }
            assert_eq!(server.status("kim@example.org").await, after, "{round}: {what}");
        }
    }
    // Who comes back by an answer of their own, and leaves, has a week again.
    server.clock.advance_ms(2 * DAY_MS);
    server.deliver().await;
    server.sign_up("musings", "kim@example.org").await;
    server.post(&server.link(&server.deliver_one().await, "confirm")).await;
    press(&server, &links.leave, "leave").await;
    press(&server, &links.leave, "undo").await;
    assert_eq!(server.status("kim@example.org").await, "active");
}

/// S16
async fn undo_works_whoever_types_the_address_meanwhile() {
    let server = TestServer::start().await;
    server.fed_blog("musings", "Musings").await;
    let links = server.follower("musings", "kim@example.org").await;
    // On the same day no question is mailed, two days later one is.
    for (wait_days, mails) in [(0, 0), (2, 1)] {
        press(&server, &links.leave, "leave").await;
        server.deliver().await;
        server.clock.advance_ms(wait_days * DAY_MS);
        server.sign_up("musings", "kim@example.org").await;
        assert_eq!(server.deliver().await.len(), mails);
        assert_eq!(server.status("kim@example.org").await, "pending");
        let page = server.get(&links.leave).await.body;
        assert!(page.contains("You have left") && page.contains("value=\"undo\""), "{page}");
        assert!(press(&server, &links.leave, "undo").await.body.contains("You follow"));
        assert_eq!(server.status("kim@example.org").await, "active");
    }
    // Also when leave is pressed once more in between, and on the page of all follows.
    press(&server, &links.leave, "leave").await;
    server.sign_up("musings", "kim@example.org").await;
    press(&server, &links.leave, "leave").await;
    server.sign_up("musings", "kim@example.org").await;
    assert!(press_there(&server, "undo").await.body.contains("Each new post comes again"));
    assert_eq!(server.status("kim@example.org").await, "active");
    server.deliver().await;
    server.publish("musings", "Musings", &[("new", "New", "<p>new</p>")]).await;
    assert_eq!(server.deliver_one().await.head.subject, "New");
    // A week after leaving it is over, whoever typed what.
    press(&server, &links.leave, "leave").await;
    server.clock.advance_ms(7 * DAY_MS);
    server.sign_up("musings", "kim@example.org").await;
    assert!(!server.get(&links.leave).await.body.contains("value=\"undo\""));
    press(&server, &links.leave, "undo").await;
    assert_eq!(server.status("kim@example.org").await, "pending");
}

/// I3
async fn what_was_known_of_an_imported_follower_is_said_after_undo() {
    let server = server().await;
    let store = &server.opened.store;
    let blog = store.find_blog("musings").await.unwrap().unwrap();
    let rows = [import_row("kim@example.org", SubscriptionStatus::Active)];
    store.import(blog.id, &rows, ConsentKind::Imported, NOW).await.unwrap();
    let id = SubscriptionId(server.opened.number("SELECT id FROM subscriptions").await);
    let row = store.get_subscription(id).await.unwrap().unwrap().sealed();
    let leave = format!("/unsubscribe/{}", keys().sign(Purpose::Unsubscribe, row, None));
    press(&server, &leave, "leave").await;
    server.deliver().await;
    server.sign_up("musings", "kim@example.org").await;
    let question = server.deliver_one().await;
    let question = String::from_utf8_lossy(&question.raw).into_owned();
    assert!(question.contains("asked to follow") && !question.contains("list of readers"), "{question}");
    press(&server, &leave, "undo").await;
    let page = server.get(&server.manage_link("kim@example.org").await).await.body;
    assert!(page.contains("Imported on"), "nobody confirmed: {page}");
}

async fn a_mail_that_was_never_sent_is_not_what_one_waits_for() {
    let server = server().await;
    server.opened.blog("harbour").await;
    let links = server.follower("musings", "kim@example.org").await;
    press(&server, &links.leave, "leave").await;
    for slug in ["musings", "harbour"] {
        server.sign_up(slug, "kim@example.org").await;
    }
    let page = server.get(&server.manage_link("kim@example.org").await).await.body;
    assert!(!page.contains("in the mail that asks for it"), "{page}");
    assert_eq!(page.matches("value=\"undo\"").count(), 1, "{page}");
    let (musings, harbour) = page.split_once("The harbour").unwrap();
    let (musings, harbour) = match musings.contains("The musings") {
        true => (musings, harbour),
        false => (harbour, musings),
    };
    assert!(musings.contains("You have left") && musings.contains("value=\"undo\""), "{page}");
    assert!(harbour.contains("Not confirmed yet") && harbour.contains("href=\"/b/harbour\""), "{page}");
}

async fn who_gets_no_mail_is_told_on_their_own_pages_and_nowhere_else() {
    use SuppressionReason::{Bounced, Complained, Manual, Unsubscribed};
    let server = server().await;
    let blog = server.opened.store.find_blog("musings").await.unwrap().unwrap();
    for (reason, of) in [
        (Unsubscribed, Some(blog.id)),
        (Manual, Some(blog.id)),
        (Bounced, None),
        (Complained, None),
        (Manual, None),
    ] {
        let told = format!("{reason:?} {of:?}");
        let reader = format!("{}{}@example.org", reason.as_str(), of.is_some());
        let links = server.follower("musings", &reader).await;
        press(&server, &links.leave, "pause").await;
        server.opened.store.suppress(&address(&reader), of, reason, NOW).await.unwrap();
        let is_honest = |page: &Answer| {
            let body = &page.body;
            assert!(body.contains("are stopped"), "{told}: {body}");
            for untrue in ["come again", "comes again", "New posts come", "One blog writes"] {
                assert!(!body.contains(untrue), "{told}: {untrue}: {body}");
            }
        };
        is_honest(&press(&server, &links.leave, "resume").await);
        is_honest(&server.get(&links.leave).await);
        is_honest(&server.get(&links.manage).await);
        is_honest(&server.get(&links.confirm).await);
        for left in [press(&server, &links.leave, "leave").await, server.get(&links.leave).await] {
            is_honest(&left);
            assert!(!left.body.contains("value=\"undo\""), "{told}: {}", left.body);
        }
        is_honest(&press(&server, &links.leave, "undo").await);
        assert_eq!(server.status(&reader).await, "ended", "{told}: nothing would come");
        assert!(!server.get(&links.manage).await.body.contains("value=\"undo\""));
        // Whoever types the address learns nothing of it.
        let form = [("email", &*reader)];
        let inbox = server.post_form("/b/musings/follow", &form).await;
        let inbox = server.get(inbox.header("location")).await;
        let asked = server.post_form("/manage", &form).await;
        for page in [inbox, asked, server.get("/b/musings").await] {
            assert!(page.status == 200 && !page.body.contains("stopped"), "{told}: {}", page.body);
        }
        server.deliver().await;
    }
}

/// S2: the sentences hold on each day, after three questions too.
async fn how_often_an_address_is_mailed_is_said_as_it_is() {
    let server = server().await;
    let links = server.follower("musings", "kim@example.org").await;
    let check_inbox = server.get("/b/musings/check-inbox").await.body;
    let left = press(&server, &links.leave, "leave").await.body;
    server.clock.advance_ms(8 * DAY_MS);
    let left_long_ago = server.get(&links.leave).await.body;
    for page in [&check_inbox, &left, &left_long_ago] {
        assert!(page.contains("three in 90 days at most") && !page.contains("tomorrow"), "{page}");
    }
    assert!(check_inbox.contains("spam") && check_inbox.contains("wait"), "{check_inbox}");
    let form = server.get("/manage").await.body;
    let asked = server.post_form("/manage", &[("email", "kim@example.org")]).await.body;
    for page in [&form, &asked] {
        // A link that was used gives its place back, so it is no bound by itself.
        assert!(
            page.to_lowercase().contains("until a link is used") && page.contains("three a day at most"),
            "{page}"
        );
        assert!(page.contains("spam"), "{page}");
    }
    assert!(!form.contains("comes at once") && !asked.contains("is on its way"), "{form}{asked}");
}
