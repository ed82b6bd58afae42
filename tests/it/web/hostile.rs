//! What a feed or a visitor writes stays text (S6, S10), and a defect stays
//! in its request (S15).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use postbell::clock::{Clock, ManualClock};
use postbell::domain::Timestamp;
use postbell::mail::MailParts;
use serde_json::json;

use crate::support::python::read_mails;
use crate::support::server::TestServer;
use crate::support::stores::NOW;

crate::for_each_database!(
    the_words_of_a_feed_arrive_as_they_are_and_make_no_header,
    line_ends_and_nulls_in_what_a_visitor_sends_make_no_header,
    a_panic_ends_its_own_request_only,
);

const TITLE: &str = "Tea {{7*7}} {% raw %}\r\nBcc: x@evil.example\r\n\r\n<script>alert(1)</script> \"q\" %s";

/// S6, S10
async fn the_words_of_a_feed_arrive_as_they_are_and_make_no_header() {
    let server = TestServer::start().await;
    server.fed_blog("musings", TITLE).await;
    server.follower("musings", "kim@example.org").await;
    let body = "<p>Sum: {{7*7}} {% for x in y %} ${7*7} &lt;b&gt;</p><script>alert(1)</script>\r\nBcc: y@evil.example";
    server.publish("musings", TITLE, &[("new", TITLE, body)]).await;
    server.clock.advance_seconds(100_000);
    server.sign_up("musings", "kim@example.org").await;
    server.sign_up("musings", "lee@example.org").await;
    server.post_form("/manage", &[("email", "kim@example.org")]).await;
    let mut mails = server.deliver().await;
    let store = &server.opened.store;
    for head in store.list_mails("kim@example.org", 100).await.unwrap() {
        mails.push(store.get_mail(head.id).await.unwrap().unwrap());
    }
    for (mail, read) in mails.iter().zip(read_mails(mails.iter().map(|mail| &*mail.raw))) {
        let kind = &mail.head.kind;
        assert_eq!(read["defects"], json!([]), "{kind}");
        let names: Vec<&str> =
            read["names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert!(!names.contains(&"bcc") && !names.contains(&"cc"), "{kind}: {names:?}");
        let html = read["html"].as_str().unwrap();
        assert!(!html.contains("<script"), "{kind}");
        let parts = MailParts::of(&mail.raw);
        assert!(!parts.subject.contains(['\r', '\n']), "{kind}");
        if kind == "post" {
            assert!(parts.subject.contains("{{7*7}} {% raw %} Bcc: x@evil.example"), "{}", parts.subject);
            assert!(html.contains("Sum: {{7*7}} {% for x in y %} ${7*7} &lt;b&gt;"), "{html}");
            assert!(read["text"].as_str().unwrap().contains("Sum: {{7*7}} {% for x in y %} ${7*7} <b>"));
        }
        assert!(!html.contains("49") || html.contains("{{7*7}}") || !html.contains("Tea 49"), "{kind}");
        assert!(!parts.subject.contains("49"), "{kind}: {}", parts.subject);
    }
    for path in ["/", "/b/musings"] {
        let page = server.get(path).await.body;
        assert!(page.contains("{{7*7}}") && !page.contains("<script"), "{page}");
    }
}

/// S6
async fn line_ends_and_nulls_in_what_a_visitor_sends_make_no_header() {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    for address in [
        "kim@example.org\r\nBcc: x@evil.example",
        "kim\r\n@example.org",
        "kim\0@example.org",
        "\"kim\r\nBcc: x@evil.example\"@example.org",
        "kim@example.org\u{2028}Bcc: x",
        "kim@example.org, x@evil.example",
        "kim@example.org>\r\nRCPT TO:<x@evil.example",
        "kim@exa\u{85}mple.org",
    ] {
        let answer = server.sign_up("musings", address).await;
        assert_eq!(answer.status, 422, "{address:?}");
        let answer = server.post_form("/manage", &[("email", address)]).await;
        assert_eq!(answer.status, 422, "{address:?}");
    }
    assert_eq!(server.opened.rows("subscribers").await, 0);
    for (field, value) in
        [("source", "a\r\nBcc: x\0"), ("next", "https://musings.example/\r\nSet-Cookie: a=b")]
    {
        let answer =
            server.post_form("/b/musings/follow", &[("email", "kim@example.org"), (field, value)]).await;
        assert_eq!(answer.status, 303, "{field}");
        assert_eq!(answer.headers.iter().filter(|(name, _)| name == "set-cookie").count(), 1);
    }
    let mail = server.deliver_one().await;
    assert!(!String::from_utf8_lossy(&mail.raw).contains("Bcc"));
}

/// A clock that panics once when it is told to.
struct Trap {
    inner: ManualClock,
    is_armed: AtomicBool,
}

impl Clock for Trap {
    fn now(&self) -> Timestamp {
        assert!(!self.is_armed.swap(false, Ordering::SeqCst), "the trap");
        self.inner.now()
    }
}

/// S15
async fn a_panic_ends_its_own_request_only() {
    let trap = Arc::new(Trap { inner: ManualClock::at(NOW), is_armed: AtomicBool::new(false) });
    let clock = trap.clone();
    let server = TestServer::with(|setup| setup.page_clock = Some(clock)).await;
    server.opened.blog("musings").await;
    assert_eq!(server.get("/b/musings").await.status, 200);
    for _ in 0..3 {
        trap.is_armed.store(true, Ordering::SeqCst);
        let broken = server.get("/b/musings").await;
        assert_eq!(broken.status, 500);
        assert!(!broken.body.contains("trap"), "{}", broken.body);
        assert_eq!(broken.header("x-content-type-options"), "nosniff");
        assert_eq!(server.get("/b/musings").await.status, 200);
        assert_eq!(server.get("/healthz").await.status, 200);
    }
    server.follower("musings", "kim@example.org").await;
}
