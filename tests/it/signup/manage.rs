//! One's own follows: seen, changed, downloaded, erased.

use postbell::domain::{ConsentKind, DAY_MS, HOUR_MS, SubscriptionStatus};
use postbell::store::ImportOutcome;

use crate::support::server::TestServer;
use crate::support::stores::{address, import_row};

crate::for_each_database!(
    the_link_comes_by_mail_and_the_answer_tells_nothing,
    every_follow_of_the_address_can_be_changed,
    nobody_changes_the_follows_of_another,
    a_new_generation_ends_the_manage_links_of_before,
    the_download_holds_what_is_known_and_nothing_of_others,
    erasing_removes_the_person_and_keeps_only_a_hash_that_no_import_revives,
);

async fn server() -> TestServer {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    server.opened.blog("harbour").await;
    server
}

async fn id_of(server: &TestServer, reader: &str, blog: &str) -> String {
    let id = format!(
        "SELECT s.id FROM subscriptions s JOIN subscribers b ON b.id = s.subscriber_id \
         JOIN blogs g ON g.id = s.blog_id WHERE b.address = '{reader}' AND g.slug = '{blog}'"
    );
    server.opened.number(&id).await.to_string()
}

/// S1
async fn the_link_comes_by_mail_and_the_answer_tells_nothing() {
    let server = server().await;
    server.follower("musings", "kim@example.org").await;
    let follower = server.post_form("/manage", &[("email", "Kim@example.org")]).await;
    let stranger = server.post_form("/manage", &[("email", "who@example.org")]).await;
    assert_eq!((follower.status, &follower.body), (200, &stranger.body));
    assert_eq!(stranger.status, 200);
    let mail = server.deliver_one().await;
    assert_eq!((&*mail.head.kind, &*mail.head.recipient), ("manage", "kim@example.org"));
    let link = server.link(&mail, "manage");
    assert_eq!(server.get(&link).await.status, 200);
    // Once an hour at most.
    server.post_form("/manage", &[("email", "kim@example.org")]).await;
    assert!(server.deliver().await.is_empty());
    server.clock.advance_ms(HOUR_MS + 1);
    server.post_form("/manage", &[("email", "kim@example.org")]).await;
    assert_eq!(server.deliver().await.len(), 1);
    let wrong = server.post_form("/manage", &[("email", "nobody")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("<form"));
    server.clock.advance_ms(DAY_MS);
    let page = server.get(&link).await;
    assert!(page.status == 410 && page.body.contains("value=\"renew\""), "{}", page.body);
    assert!(!page.body.contains("kim@example.org"));
    assert_eq!(server.post_form(&link, &[("do", "erase-for-good")]).await.status, 410);
    assert_eq!(server.status("kim@example.org").await, "active");
    assert_eq!(server.post_form(&link, &[("do", "renew")]).await.status, 200);
    assert_eq!(server.deliver_one().await.head.kind, "manage");
}

async fn every_follow_of_the_address_can_be_changed() {
    let server = server().await;
    let links = server.follower("musings", "kim@example.org").await;
    server.follower("harbour", "kim@example.org").await;
    let page = server.get(&links.manage).await;
    assert!(page.body.contains("The musings") && page.body.contains("The harbour"), "{}", page.body);
    let id = id_of(&server, "kim@example.org", "musings").await;
    let press = async |what: &str| {
        let answer = server.post_form(&links.manage, &[("subscription", &*id), ("do", what)]).await;
        assert_eq!(answer.status, 200, "{what}: {}", answer.body);
        answer.body
    };
    assert!(press("pause").await.contains("Paused"));
    assert_eq!(
        server.opened.number("SELECT COUNT(*) FROM subscriptions WHERE paused_at IS NOT NULL").await,
        1
    );
    press("resume").await;
    assert_eq!(
        server.opened.number("SELECT COUNT(*) FROM subscriptions WHERE paused_at IS NOT NULL").await,
        0
    );
    press("leave").await;
    assert_eq!(server.status("kim@example.org").await, "active ended");
    assert_eq!(server.deliver_one().await.head.kind, "goodbye");
    press("undo").await;
    assert_eq!(server.status("kim@example.org").await, "active active");
    let unknown = server.post_form(&links.manage, &[("subscription", &*id), ("do", "promote")]).await;
    assert_eq!(unknown.status, 400);
}

/// S5: a link opens the follows of its own address only.
async fn nobody_changes_the_follows_of_another() {
    let server = server().await;
    let kim = server.follower("musings", "kim@example.org").await;
    server.follower("musings", "lee@example.org").await;
    let lee = id_of(&server, "lee@example.org", "musings").await;
    let before = server.opened.dump().await;
    for what in ["leave", "pause", "resume", "undo"] {
        let answer = server.post_form(&kim.manage, &[("subscription", &lee), ("do", what)]).await;
        assert_eq!(answer.status, 404, "{what}");
    }
    for id in ["999999", "-1", "0"] {
        let answer = server.post_form(&kim.manage, &[("subscription", id), ("do", "leave")]).await;
        assert_eq!(answer.status, 404, "{id}");
    }
    assert_eq!(server.post_form(&kim.manage, &[("subscription", "x"), ("do", "leave")]).await.status, 400);
    assert_eq!(server.opened.dump().await, before);
}

/// S21
async fn a_new_generation_ends_the_manage_links_of_before() {
    let server = server().await;
    let links = server.follower("musings", "kim@example.org").await;
    assert_eq!(server.get(&links.manage).await.status, 200);
    server.opened.raw("UPDATE subscribers SET generation = generation + 1").await.unwrap();
    assert_eq!(server.get(&links.manage).await.status, 410);
    assert_eq!(server.post_form(&links.manage, &[("do", "erase-for-good")]).await.status, 410);
    server.post_form("/manage", &[("email", "kim@example.org")]).await;
    let anew = server.link(&server.deliver_one().await, "manage");
    assert_eq!(server.get(&anew).await.status, 200);
    assert_eq!(server.post(&links.leave).await.status, 200, "a link to leave works for ever");
}

async fn the_download_holds_what_is_known_and_nothing_of_others() {
    let server = server().await;
    let links = server.follower("musings", "kim@example.org").await;
    server.follower("musings", "lee@example.org").await;
    let answer = server.post_form(&links.manage, &[("do", "download")]).await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-disposition").starts_with("attachment"));
    assert_eq!(answer.header("cache-control"), "no-store");
    let data = answer.json();
    assert_eq!(data["subscriber"]["address"], "kim@example.org");
    assert_eq!(data["subscriptions"][0]["status"], "active");
    let consent: Vec<&str> =
        data["consent"].as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(consent, ["requested", "confirmed"]);
    assert_eq!(data["consent"][0]["ip"], "127.0.0.1");
    let kinds: Vec<&str> =
        data["mails"].as_array().unwrap().iter().map(|mail| mail["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["confirm", "welcome"]);
    assert!(!answer.body.contains("lee@"));
}

/// S13
async fn erasing_removes_the_person_and_keeps_only_a_hash_that_no_import_revives() {
    let server = server().await;
    let links = server.follower("musings", "kim.erased@example.org").await;
    server.follower("harbour", "kim.erased@example.org").await;
    server.follower("musings", "lee@example.org").await;
    let asked = server.post_form(&links.manage, &[("do", "erase")]).await;
    assert!(asked.body.contains("erase-for-good"), "it asks once more");
    assert_eq!(server.status("kim.erased@example.org").await, "active active");
    let done = server.post_form(&links.manage, &[("do", "erase-for-good")]).await;
    assert_eq!(done.status, 200);
    let dump = server.opened.dump().await;
    let hex: String = "kim.erased".bytes().map(|byte| format!("{byte:02X}")).collect();
    for (table, rows) in &dump {
        let text = rows.join("\n");
        assert!(!text.to_lowercase().contains("kim.erased"), "{table} still names the person");
        assert!(!text.contains(&hex), "{table} still holds a mail");
    }
    assert_eq!(dump["suppressions"].len(), 2, "a hash for each blog");
    assert_eq!(server.status("lee@example.org").await, "active");
    for link in [&links.manage, &links.confirm] {
        assert_eq!(server.get(link).await.status, 410, "{link}");
        assert_eq!(server.post(link).await.status, 410, "{link}");
    }
    // A mail program's click has nothing left to do.
    assert!(server.get(&links.leave).await.body.contains("There is nothing to stop"));
    assert_eq!(server.post(&links.leave).await.status, 200);
    let blog = server.opened.store.find_blog("musings").await.unwrap().unwrap();
    let rows = [import_row("Kim.Erased@example.org", SubscriptionStatus::Active)];
    let outcome =
        server.opened.store.import(blog.id, &rows, ConsentKind::Imported, blog.created_at).await.unwrap();
    assert_eq!(outcome, [ImportOutcome::Suppressed]);
    assert!(server.deliver().await.is_empty());
    // The person may still come back by an own wish.
    server.clock.advance_ms(2 * DAY_MS);
    server.sign_up("musings", "kim.erased@example.org").await;
    let confirm = server.link(&server.deliver_one().await, "confirm");
    assert_eq!(server.post(&confirm).await.status, 200);
    assert!(
        server
            .opened
            .store
            .find_suppression(&address("kim.erased@example.org"), Some(blog.id))
            .await
            .unwrap()
            .is_none()
    );
}
