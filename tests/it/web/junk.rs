//! What mail programs glue to a link is ignored, on every link.

use postbell::domain::Purpose;

use crate::support::server::TestServer;
use crate::support::stores::{NOW, keys};

crate::for_each_database!(
    what_mail_programs_glue_to_a_link_is_ignored,
    what_is_glued_to_a_page_without_a_token_leads_to_the_page,
);

/// As it stands in the request: what a client sends as it is, it encodes itself.
const GLUED: &[&str] = &[
    ".",
    ",",
    ")",
    "%3E",
    "/",
    "//",
    "%20",
    "%20%20",
    "=",
    "%3D",
    "=3D",
    "=20",
    "%22",
    "'",
    "%E2%80%9D",
    "%5D",
    "]",
    ";",
    "!",
    "?",
    "%3F",
    "%0D%0A",
    "%0A",
    "%09",
    "%E2%80%8B",
    "%EF%BB%BF",
    "%C2%A0",
    "%A0",
    "&gt;",
    "%26gt%3B",
    "&nbsp;",
    ").",
    "%3C/a%3E",
    "*",
    "%7C",
    "%E3%80%82",
    "%E2%80%A6",
    "%60",
    ":",
    "%5C",
    "%253D",
    "%2520",
];
const QUERIES: &[&str] = &[
    "?utm_source=newsletter&utm_medium=email",
    "?fbclid=IwAR0",
    ".?mc_cid=1&mc_eid=2",
    "/?",
    "?=",
    "&utm_id=7",
];

async fn what_mail_programs_glue_to_a_link_is_ignored() {
    let server = TestServer::start().await;
    let blog = server.fed_blog("musings", "Musings").await;
    let links = server.follower("musings", "kim@example.org").await;
    let store = &server.opened.store;
    store
        .record_hub(blog.id, Some(("https://hub.example/", "https://musings.example/feed")), "a-seal", NOW)
        .await
        .unwrap();
    let hub = store.find_hub(blog.id).await.unwrap().unwrap();
    let hub = keys().sign(Purpose::Hub, hub.sealed(&blog), None);
    let hub = format!("/hooks/websub/{hub}");
    for junk in GLUED.iter().chain(QUERIES) {
        for link in [&links.confirm, &links.leave, &links.manage] {
            let answer = server.get(&format!("{link}{junk}")).await;
            assert_eq!(answer.status, 200, "GET {link}{junk}");
        }
        assert_eq!(server.post(&format!("{}{junk}", links.confirm)).await.status, 200, "{junk}");
        let form = [("do", "download")];
        assert_eq!(server.post_form(&format!("{}{junk}", links.manage), &form).await.status, 200, "{junk}");
        let push = server.ask("POST", &format!("{hub}{junk}")).body("text/xml", "<rss/>").send().await;
        assert_eq!(push.status, 202, "{hub}{junk}");
        // One click, and back.
        let one_click = [("List-Unsubscribe", "One-Click")];
        let left = server.post_form(&format!("{}{junk}", links.leave), &one_click).await;
        assert_eq!(left.status, 200, "{junk}");
        assert!(left.body.contains(&format!("action=\"{}\"", links.leave)), "the page knows the link itself");
        assert_eq!(server.status("kim@example.org").await, "ended", "{junk}");
        server.post_form(&format!("{}{junk}", links.leave), &[("do", "undo")]).await;
        assert_eq!(server.status("kim@example.org").await, "active", "{junk}");
    }
    for nothing in ["/confirm/%2C", "/unsubscribe/%3E", "/manage/%A0", "/hooks/websub/%20", "/confirm/%"] {
        assert!(matches!(server.get(nothing).await.status, 400 | 404), "{nothing}");
    }
}

async fn what_is_glued_to_a_page_without_a_token_leads_to_the_page() {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    for page in ["/manage", "/privacy"] {
        for junk in
            [".", ",", ")", "%3E", "%20", "=", "%22", "]", ";", "!", "%E2%80%8B", "%A0", "&gt;", ").", "/."]
        {
            let answer = server.get(&format!("{page}{junk}")).await;
            assert_eq!((answer.status, answer.header("location")), (308, page), "{page}{junk}");
        }
    }
    for elsewhere in
        ["//evil.example.", "/%2f%2fevil.example.", "/\\evil.example.", "/nowhere.", "/.", "/wp-login.php"]
    {
        let answer = server.get(elsewhere).await;
        let to = answer.header("location");
        assert!(to.is_empty() || to.starts_with('/') && !to.starts_with("//"), "{elsewhere}: {to}");
        if !to.is_empty() {
            assert_eq!(server.get(to).await.status, 404, "{elsewhere}: {to}");
        }
    }
    // What is posted is posted to the page itself.
    assert_eq!(server.post_form("/manage.", &[("email", "kim@example.org")]).await.status, 404);
}
