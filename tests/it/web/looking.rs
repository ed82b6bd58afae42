//! GET and HEAD change nothing, anywhere (D5).

use std::collections::BTreeSet;

use crate::support::server::{Links, TestServer, urls, urls_in};

crate::for_each_database!(whoever_follows_every_link_of_every_mail_and_page_changes_nothing,);

/// Addresses of a page: what it links, loads and posts to.
fn targets(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for start in ["href=\"", "src=\"", "action=\""] {
        for (at, _) in html.match_indices(start) {
            let value = html[at + start.len()..].split('"').next().unwrap_or_default();
            found.push(value.replace("&#x2f;", "/").replace("&amp;", "&"));
        }
    }
    found
}

/// D5
async fn whoever_follows_every_link_of_every_mail_and_page_changes_nothing() {
    let server = TestServer::start().await;
    server.fed_blog("musings", "Musings").await;
    let Links { confirm, leave, manage } = server.follower("musings", "kim@example.org").await;
    let lee = server.follower("musings", "lee@example.org").await;
    server.publish("musings", "Musings", &[("a", "A", "<p>see https://musings.example/</p>")]).await;
    // Four at once are held, and the owner is told.
    server
        .publish(
            "musings",
            "Musings",
            &[("b", "B", "b"), ("c", "C", "c"), ("d", "D", "d"), ("e", "E", "e"), ("a", "A", "a")],
        )
        .await;
    server.clock.advance_seconds(86_401);
    server.sign_up("musings", "kim@example.org").await;
    server.sign_up("musings", "pending@example.org").await;
    server.post_form("/manage", &[("email", "kim@example.org")]).await;
    server.post(&lee.leave).await;
    server.deliver().await;

    let mut open: Vec<String> = [
        "/",
        "/privacy",
        "/manage",
        "/b/musings",
        "/b/musings/",
        "/b/musings/follow",
        "/b/musings/check-inbox",
        "/b/musings/followers",
        "/b/musings/followers.svg",
        "/b/musings/embed.js",
        "/mailbox",
        "/mailbox/empty",
        "/healthz",
        "/readyz",
        "/metrics",
        "/robots.txt",
        "/favicon.ico",
        "/nowhere",
        "/demo",
        "/demo/publish",
        "/demo/feed.xml",
    ]
    .map(str::to_owned)
    .to_vec();
    open.extend([confirm.clone(), format!("{confirm}/"), leave, manage]);
    let mut kinds = BTreeSet::new();
    let store = &server.opened.store;
    for head in store.list_mails("", 1_000).await.unwrap() {
        kinds.insert(head.kind.clone());
        let mail = store.get_mail(head.id).await.unwrap().unwrap();
        open.extend(urls(&mail));
    }
    let expected = ["confirm", "goodbye", "manage", "notice", "post", "reminder", "welcome"];
    assert_eq!(kinds.iter().map(String::as_str).collect::<Vec<_>>(), expected);

    let before = server.opened.dump().await;
    let mut done = BTreeSet::new();
    while let Some(next) = open.pop() {
        let path = next.strip_prefix(&server.public_url).unwrap_or(&next);
        let path = path.split('#').next().unwrap_or_default().to_owned();
        if !path.starts_with('/') || path.starts_with("//") || !done.insert(path.clone()) {
            continue;
        }
        assert!(done.len() < 500, "the pages do not end: {done:?}");
        for (name, value) in
            [("accept", "text/html"), ("purpose", "prefetch"), ("from", "scanner@bot.example")]
        {
            let head = server.ask("HEAD", &path).header(name, value).send().await;
            assert!(head.status < 500, "HEAD {path}: {}", head.status);
        }
        let page = server.get(&path).await;
        assert!(page.status < 500, "GET {path}: {}", page.status);
        open.extend(targets(&page.body));
        open.extend(urls_in(&page.body));
        assert_eq!(server.opened.dump().await, before, "GET or HEAD {path} changed something");
    }
    for seen in ["/confirm/", "/unsubscribe/", "/manage/", "/mailbox/"] {
        assert!(done.iter().any(|path| path.starts_with(seen)), "{seen} was not among them");
    }
}
