//! One link of each purpose that mails carried before the upgrade.

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use postbell::domain::{DeliveryId, ReturnPath};

use super::old::Old;
use crate::support::stores::{address, keys};

crate::for_each_database!(
    questions_that_were_asked_before_the_upgrade_can_be_answered,
    links_to_leave_work_for_ever,
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
    let delivery = Some(DeliveryId(upgraded.number("delivery")));
    let path = ReturnPath::of(&address(upgraded.link("bounce_address"))).unwrap();
    assert_eq!(path.find(&keys(), upgraded.link("verp")), delivery);
    assert_eq!(keys().delivery_of_message_id(upgraded.link("message_id")), delivery);
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
