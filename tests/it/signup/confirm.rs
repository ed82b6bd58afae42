//! The link of the confirmation.

use postbell::domain::{DAY_MS, HOUR_MS};

use crate::support::server::TestServer;

crate::for_each_database!(
    the_cookie_is_bound_to_the_confirm_path_and_to_no_script,
    the_browser_that_signed_up_confirms_by_opening_the_link,
    a_browser_that_says_that_it_navigates_confirms_as_well,
    whoever_only_looks_confirms_nothing,
    a_post_needs_no_body_and_a_second_one_says_so_kindly,
    a_link_that_is_not_ours_is_not_found,
    an_expired_link_offers_a_new_mail,
    an_expired_link_of_a_row_that_is_gone_stays_expired,
    who_confirms_while_they_are_erased_is_told_that_it_is_gone,
    a_confirm_link_from_before_leaving_revives_nobody,
);

struct Asked {
    server: TestServer,
    link: String,
    cookie: String,
}

/// One who signed up with the form and has the mail open.
async fn asked() -> Asked {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    let answer = server.post_form("/b/musings/follow", &[("email", "kim@example.org")]).await;
    let link = server.link(&server.deliver_one().await, "confirm");
    Asked { link, cookie: answer.cookie(), server }
}

async fn the_cookie_is_bound_to_the_confirm_path_and_to_no_script() {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    let answer = server.sign_up("musings", "kim@example.org").await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("pb_signup="));
    for attribute in ["; Path=/confirm", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"));
    let secure = TestServer::with(|setup| setup.public_url = Some("https://mail.musings.example")).await;
    secure.opened.blog("musings").await;
    let answer = secure.sign_up("musings", "kim@example.org").await;
    assert!(answer.header("set-cookie").ends_with("; Secure"), "{}", answer.header("set-cookie"));
}

/// D5
async fn the_browser_that_signed_up_confirms_by_opening_the_link() {
    let Asked { server, link, cookie } = asked().await;
    let page = server.ask("GET", &link).header("cookie", &format!("other=1; {cookie}")).send().await;
    assert_eq!(page.status, 200);
    assert_eq!(server.status("kim@example.org").await, "active");
    let welcome = server.deliver_one().await;
    assert_eq!(welcome.head.kind, "welcome");
    let again = server.ask("GET", &link).header("cookie", &cookie).send().await;
    assert_eq!(again.status, 200);
    assert!(server.deliver().await.is_empty());
}

/// D5
async fn a_browser_that_says_that_it_navigates_confirms_as_well() {
    let Asked { server, link, cookie } = asked().await;
    let opened = server.ask("GET", &link).header("cookie", &cookie);
    let opened = opened.header("sec-fetch-dest", "document").header("sec-fetch-mode", "navigate");
    assert_eq!(opened.send().await.status, 200);
    assert_eq!(server.status("kim@example.org").await, "active");
}

/// D5
async fn whoever_only_looks_confirms_nothing() {
    let Asked { server, link, cookie } = asked().await;
    let other = server.sign_up("musings", "lee@example.org").await.cookie();
    server.deliver().await;
    let before = server.opened.dump().await;
    let mut looks: Vec<(&str, Vec<(&str, &str)>)> = vec![
        ("GET", vec![]),
        ("HEAD", vec![]),
        ("HEAD", vec![("cookie", &cookie)]),
        ("GET", vec![("cookie", &cookie), ("sec-purpose", "prefetch")]),
        ("GET", vec![("cookie", &cookie), ("sec-purpose", "prefetch;prerender")]),
        ("GET", vec![("cookie", &cookie), ("purpose", "prefetch")]),
        ("GET", vec![("cookie", &cookie), ("purpose", "Prefetch")]),
        ("GET", vec![("cookie", &other)]),
        ("GET", vec![("cookie", "pb_signup=AAAA")]),
        ("GET", vec![("cookie", &cookie), ("purpose", "preview")]),
        ("GET", vec![("cookie", &cookie), ("x-purpose", "preview")]),
        ("GET", vec![("cookie", &cookie), ("x-purpose", "prefetch")]),
        ("GET", vec![("cookie", &cookie), ("x-moz", "prefetch")]),
        ("GET", vec![("cookie", &cookie), ("purpose", ""), ("purpose", "prefetch")]),
        ("GET", vec![("cookie", &cookie), ("sec-fetch-dest", "document"), ("sec-purpose", "prefetch")]),
    ];
    // What a page loads is no navigation.
    for what in
        ["image", "script", "style", "iframe", "frame", "embed", "object", "empty", "", "Document, image"]
    {
        looks.push(("GET", vec![("cookie", &cookie), ("sec-fetch-dest", what)]));
    }
    for (method, headers) in looks {
        let mut request = server.ask(method, &link);
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        let answer = request.send().await;
        assert_eq!(answer.status, 200, "{method} {headers:?}");
        assert_eq!(server.opened.dump().await, before, "{method} {headers:?}");
        if method == "GET" {
            let button = format!("<form class=\"act\" method=\"post\" action=\"{link}\">");
            assert!(answer.body.contains(&button), "{}", answer.body);
            assert!(!answer.body.contains("kim@example.org"));
        }
    }
}

async fn a_post_needs_no_body_and_a_second_one_says_so_kindly() {
    let Asked { server, link, .. } = asked().await;
    assert_eq!(server.post(&link).await.status, 200);
    assert_eq!(server.status("kim@example.org").await, "active");
    assert_eq!(server.deliver_one().await.head.kind, "welcome");
    let before = server.opened.dump().await;
    assert_eq!(server.post(&link).await.status, 200);
    assert_eq!(server.ask("POST", &link).body("text/plain", "anything").send().await.status, 200);
    assert_eq!(server.get(&link).await.status, 200);
    // Also when the link is old by now.
    server.clock.advance_ms(30 * DAY_MS);
    assert_eq!(server.post(&link).await.status, 200);
    assert_eq!(server.get(&link).await.status, 200);
    assert_eq!(server.opened.dump().await, before);
}

/// S4
async fn a_link_that_is_not_ours_is_not_found() {
    let Asked { server, link, .. } = asked().await;
    let token = link.rsplit('/').next().unwrap().to_owned();
    let leave = {
        server.post(&link).await;
        server.link(&server.deliver_one().await, "unsubscribe")
    };
    let other_purpose = leave.rsplit('/').next().unwrap();
    let cut = &token[..token.len() - 1];
    let mut flipped = token.clone();
    let first = if flipped.remove(9) == 'a' { 'b' } else { 'a' };
    flipped.insert(9, first);
    for bad in [cut, &flipped, other_purpose, "x", "%00", "..%2f..", &"A".repeat(44), &format!("{token}2")] {
        for method in ["GET", "HEAD", "POST"] {
            let answer = server.ask(method, &format!("/confirm/{bad}")).send().await;
            assert_eq!(answer.status, 404, "{method} {bad}");
        }
        let again = server.post_form(&format!("/confirm/{bad}"), &[("do", "again")]).await;
        assert_eq!(again.status, 404, "{bad}");
        assert_eq!(server.post(&format!("/manage/{bad}")).await.status, 404, "{bad}");
    }
    for bad in [cut, &flipped, &token] {
        assert_eq!(server.post(&format!("/unsubscribe/{bad}")).await.status, 404, "{bad}");
        assert_eq!(server.get(&format!("/manage/{bad}")).await.status, 404, "{bad}");
    }
    assert_eq!(server.status("kim@example.org").await, "active");
}

async fn an_expired_link_offers_a_new_mail() {
    let Asked { server, link, cookie } = asked().await;
    server.clock.advance_ms(72 * HOUR_MS);
    for page in [server.ask("GET", &link).header("cookie", &cookie).send().await, server.post(&link).await] {
        assert_eq!(page.status, 410);
        assert!(page.body.contains(&format!("action=\"{link}\"")), "{}", page.body);
    }
    assert_eq!(server.status("kim@example.org").await, "pending");
    let again = server.post_form(&link, &[("do", "again")]).await;
    assert_eq!((again.status, again.header("location")), (303, "/b/musings/check-inbox"));
    let mail = server.deliver_one().await;
    assert_eq!(mail.head.kind, "confirm");
    assert_eq!(server.post(&server.link(&mail, "confirm")).await.status, 200);
    assert_eq!(server.status("kim@example.org").await, "active");
}

async fn an_expired_link_of_a_row_that_is_gone_stays_expired() {
    let Asked { server, link, .. } = asked().await;
    server.clock.advance_ms(72 * HOUR_MS);
    let kim = crate::support::stores::address("kim@example.org");
    assert!(server.opened.store.erase_subscriber(&kim, crate::support::stores::NOW).await.unwrap());
    assert_eq!(server.get(&link).await.status, 410);
    assert_eq!(server.post(&link).await.status, 410);
    assert_eq!(server.post_form(&link, &[("do", "again")]).await.status, 410);
}

async fn a_confirm_link_from_before_leaving_revives_nobody() {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    let cookie = server.sign_up("musings", "kim@example.org").await.cookie();
    let confirm = server.link(&server.deliver_one().await, "confirm");
    server.post(&confirm).await;
    let leave = server.link(&server.deliver_one().await, "unsubscribe");
    server.clock.advance_seconds(3_600);
    assert_eq!(server.post(&leave).await.status, 200);
    assert_eq!(server.deliver_one().await.head.kind, "goodbye");
    let try_all = async || {
        let before = server.opened.dump().await;
        assert_eq!(server.post(&confirm).await.status, 200);
        assert_eq!(server.ask("GET", &confirm).header("cookie", &cookie).send().await.status, 200);
        assert_eq!(server.opened.dump().await, before);
    };
    try_all().await;
    assert_eq!(server.status("kim@example.org").await, "ended");
    // Somebody types the address again: the old link is still not the answer.
    server.clock.advance_seconds(3_600);
    server.sign_up("musings", "kim@example.org").await;
    try_all().await;
    assert_eq!(server.status("kim@example.org").await, "pending");
    // The next question is.
    server.clock.advance_ms(DAY_MS);
    server.sign_up("musings", "kim@example.org").await;
    let anew = server.link(&server.deliver_one().await, "confirm");
    assert_eq!(server.post(&anew).await.status, 200);
    assert_eq!(server.status("kim@example.org").await, "active");
}

/// Whichever comes first, the page is one that the link has before or after.
async fn who_confirms_while_they_are_erased_is_told_that_it_is_gone() {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    for number in 0..12 {
        let address = format!("reader{number}@example.org");
        server.sign_up("musings", &address).await;
        let link = server.link(&server.deliver_one().await, "confirm");
        let address = crate::support::stores::address(&address);
        let confirm = async || server.post(&link).await.status;
        let erase = async || {
            server.opened.store.erase_subscriber(&address, crate::support::stores::NOW).await.unwrap();
            200
        };
        let statuses = tokio::join!(confirm(), erase(), confirm(), confirm());
        for status in [statuses.0, statuses.2, statuses.3] {
            assert!(matches!(status, 200 | 410), "{statuses:?}");
        }
        assert_eq!(confirm().await, 410);
        server.deliver().await;
    }
}
