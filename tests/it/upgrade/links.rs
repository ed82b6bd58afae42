//! One link of each purpose that mails carried before the upgrade.

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use postbell::domain::{DeliveryId, ReturnPath, Sealed};

use super::old::Old;
use crate::support::stores::{address, keys};

crate::for_each_database!(
    questions_that_were_asked_before_the_upgrade_can_be_answered,
    links_to_leave_work_for_ever,
    a_manage_link_of_before_only_mails_a_new_one,
    links_of_before_open_no_row_that_came_later,
    every_row_has_a_seal_of_its_own,
    a_hub_goes_on_with_the_callback_that_it_was_given,
    a_bounce_of_a_mail_from_before_finds_its_delivery,
    a_form_that_was_pasted_before_goes_on_working,
);

async fn questions_that_were_asked_before_the_upgrade_can_be_answered() {
    let upgraded = Old::restore().await.upgrade().await;
    let server = &upgraded.server;
    let confirm = upgraded.link("confirm");
    let page = server.get(confirm).await;
    assert!(page.status == 200 && page.body.contains("<form"), "{}", page.body);
    assert_eq!(server.status("dora@example.org").await, "pending");
    // In the browser that signed up, opening it is enough.
    let answer = server.ask("GET", confirm).header("cookie", upgraded.link("confirm_cookie")).send().await;
    assert_eq!((answer.status, &*server.status("dora@example.org").await), (200, "active"));
    assert_eq!(server.get(upgraded.link("confirm_expired")).await.status, 410);
    assert_eq!(server.post(upgraded.link("confirm_used")).await.status, 200);
}

async fn links_to_leave_work_for_ever() {
    let upgraded = Old::restore().await.upgrade().await;
    let server = &upgraded.server;
    for (link, reader) in [
        ("unsubscribe", "anna@example.org"),
        ("unsubscribe_ended", "carl@example.org"),
        ("unsubscribe_suppressed", "gina@example.org"),
    ] {
        assert_eq!(server.get(upgraded.link(link)).await.status, 200, "{link}");
        let one_click = [("List-Unsubscribe", "One-Click")];
        assert_eq!(server.post_form(upgraded.link(link), &one_click).await.status, 200, "{link}");
        assert!(server.status(reader).await.contains("ended"), "{link}");
    }
}

/// S16
async fn a_manage_link_of_before_only_mails_a_new_one() {
    let upgraded = Old::restore().await.upgrade().await;
    let server = &upgraded.server;
    server.deliver().await;
    let before = server.opened.dump().await;
    for link in [upgraded.link("manage"), upgraded.link("manage_asked")] {
        let page = server.get(link).await;
        assert!(page.status == 200 && page.body.contains("value=\"renew\""), "{}", page.body);
        for told in ["Musings", "Locked", "anna@example.org", "emil@example.org", "erase"] {
            assert!(!page.body.contains(told), "{told}");
        }
        for button in ["erase-for-good", "erase", "leave", "download"] {
            let answer = server.post_form(link, &[("do", button), ("subscription", "2")]).await;
            assert!(answer.body.contains("value=\"renew\""), "{button}");
        }
    }
    assert_eq!(server.opened.dump().await, before);
    assert_eq!(server.post(upgraded.link("manage")).await.status, 200);
    let mail = server.deliver_one().await;
    assert_eq!((&*mail.head.kind, &*mail.head.recipient), ("manage", "anna@example.org"));
    let page = server.get(&server.link(&mail, "manage")).await;
    assert!(page.body.contains("Musings") && page.body.contains("erase"), "{}", page.body);
}

/// S21
async fn links_of_before_open_no_row_that_came_later() {
    let upgraded = Old::restore().await.upgrade().await;
    let server = &upgraded.server;
    // As if the rows of these numbers had come since.
    server.opened.raw("UPDATE unsealed SET last_id = 0").await.unwrap();
    let before = server.opened.dump().await;
    for link in ["confirm", "unsubscribe", "manage", "manage_asked", "hub_callback"] {
        let link = upgraded.link(link);
        for answer in [server.get(link).await, server.post(link).await] {
            assert!(answer.status != 202 && !answer.body.contains("••"), "{link}: {}", answer.body);
        }
    }
    assert_eq!(server.opened.dump().await, before);
}

async fn every_row_has_a_seal_of_its_own() {
    let upgraded = Old::restore().await.upgrade().await;
    for table in ["blogs", "subscribers", "subscriptions", "mailings"] {
        let rows = upgraded.server.opened.rows(table).await;
        assert!(rows > 1);
        let seals = format!("SELECT COUNT(DISTINCT seal) FROM {table} WHERE seal IS NOT NULL");
        assert_eq!(upgraded.server.opened.number(&seals).await, rows, "{table}");
    }
}

async fn a_hub_goes_on_with_the_callback_that_it_was_given() {
    let upgraded = Old::restore().await.upgrade().await;
    let server = &upgraded.server;
    let key = hmac::Key::new(hmac::HMAC_SHA256, upgraded.link("hub_secret").as_bytes());
    let signature = format!("sha256={}", HEXLOWER.encode(hmac::sign(&key, b"<rss/>").as_ref()));
    let next = async || server.opened.number("SELECT next_check_at FROM blogs WHERE slug = 'musings'").await;
    server.opened.raw("UPDATE blogs SET next_check_at = 4000000000000").await.unwrap();
    let before = next().await;
    let callback = upgraded.link("hub_callback");
    let push = server.ask("POST", callback).header("x-hub-signature", &signature).body("text/xml", "<rss/>");
    assert_eq!(push.send().await.status, 202);
    assert!(next().await < before, "the feed is looked at soon");
}

async fn a_bounce_of_a_mail_from_before_finds_its_delivery() {
    let upgraded = Old::restore().await.upgrade().await;
    let store = &upgraded.server.opened.store;
    let path = ReturnPath::of(&address(upgraded.link("bounce_address"))).unwrap();
    let row = store.find_delivery_row(DeliveryId(upgraded.number("delivery"))).await.unwrap().unwrap();
    let last = store.last_unsealed(Sealed::Delivery).await.unwrap();
    for named in [
        path.find(&keys(), upgraded.link("verp")).unwrap(),
        keys().delivery_of_message_id(upgraded.link("message_id")).unwrap(),
    ] {
        assert!(named.opens(&row, last));
    }
}

/// The name of the field that people leave empty may change, the forms on
/// other people's pages do not.
async fn a_form_that_was_pasted_before_goes_on_working() {
    let upgraded = Old::restore().await.upgrade().await;
    let server = &upgraded.server;
    let form = [("email", "paul@example.org"), ("website", "")];
    let request = server.ask("POST", "/b/musings/follow").header("origin", "https://musings.example");
    assert_eq!(request.form(&form).send().await.status, 303);
    assert_eq!(server.status("paul@example.org").await, "pending");
}
