//! Where changes come from (S5), and the headers around every answer (S4, S11).

use crate::support::server::TestServer;

crate::for_each_database!(
    a_change_comes_from_our_own_pages_from_a_program_or_not_at_all,
    one_click_is_taken_from_any_origin_and_a_button_is_not,
    a_refused_change_changes_nothing,
    every_answer_wears_the_headers_that_keep_it_safe,
    a_body_that_is_too_large_is_refused,
);

/// S5
async fn a_change_comes_from_our_own_pages_from_a_program_or_not_at_all() {
    let public = "https://mail.musings.example";
    let server = TestServer::with(|setup| setup.public_url = Some("https://mail.musings.example")).await;
    server.opened.blog("musings").await;
    let links = server.follower("musings", "kim@example.org").await;
    let host = server.url.strip_prefix("http://").unwrap().to_owned();
    let own = format!("http://{host}");
    let evil = "https://evil.example";
    let cases: Vec<(Vec<(&str, &str)>, u16)> = vec![
        (vec![], 200),
        (vec![("sec-fetch-site", "same-origin")], 200),
        (vec![("sec-fetch-site", "none")], 200),
        (vec![("sec-fetch-site", "same-origin"), ("origin", "null")], 200),
        (vec![("origin", public)], 200),
        (vec![("origin", "HTTPS://MAIL.MUSINGS.EXAMPLE")], 200),
        (vec![("origin", &own)], 200),
        (vec![("sec-fetch-site", "cross-site"), ("origin", public)], 200),
        (vec![("origin", evil)], 403),
        (vec![("sec-fetch-site", "cross-site"), ("origin", evil)], 403),
        (vec![("sec-fetch-site", "same-site"), ("origin", "https://other.musings.example")], 403),
        (vec![("origin", "https://mail.musings.example.evil.example")], 403),
        (vec![("origin", "https://mail.musings.example:8443")], 403),
        (vec![("origin", "http://mail.musings.example")], 403),
        (vec![("origin", "https://musings.example")], 403),
        (vec![("origin", "null")], 403),
        (vec![("origin", "")], 403),
        (vec![("origin", evil), ("host", "mail.musings.example")], 403),
    ];
    let changes = [
        (links.confirm.clone(), "", true),
        (links.manage.clone(), "do=download", true),
        ("/manage".to_owned(), "email=kim%40example.org", true),
        // One click comes from mail programs, which may hide where they are.
        (links.leave.clone(), "do=pause", false),
    ];
    for (path, body, is_null_refused) in changes {
        for (headers, expected) in &cases {
            let mut request = server.ask("POST", &path).body("application/x-www-form-urlencoded", body);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let is_null = headers == &vec![("origin", "null")];
            let expected = if is_null && !is_null_refused { 200 } else { *expected };
            let answer = request.send().await;
            assert_eq!(answer.status, expected, "{path} {headers:?}: {}", answer.body);
        }
    }
}

/// S5, RFC 8058: the token proves a click, whatever origin its program names.
async fn one_click_is_taken_from_any_origin_and_a_button_is_not() {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    let evil = "https://mail.evil.example";
    let multipart =
        "--x\r\ncontent-disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--";
    let clicks = [
        ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click", "cross-site"),
        ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click", "same-site"),
        ("multipart/form-data; boundary=x", multipart, "cross-site"),
    ];
    let mut readers = Vec::new();
    for number in 0..clicks.len() {
        readers.push(server.follower("musings", &format!("reader{number}@example.org")).await);
    }
    for (links, (form, body, site)) in readers.into_iter().zip(clicks) {
        let post = |body: &'static str| {
            let asked = server.ask("POST", &links.leave).body(form, body);
            asked.header("origin", evil).header("sec-fetch-site", site)
        };
        for button in ["do=pause", "do=resume", "do=undo", "", "List-Unsubscribe=One-Click&do=pause"] {
            assert_eq!(post(button).send().await.status, 403, "{button}");
        }
        let left = post(body).send().await;
        assert_eq!(
            (left.status, left.body.contains("You have left")),
            (200, true),
            "{body:?}: {}",
            left.body
        );
    }
    let wrong = server.ask("POST", "/unsubscribe/eeb3xyz").header("origin", evil);
    assert_eq!(wrong.send().await.status, 404, "who has no right is told so");
}

async fn a_refused_change_changes_nothing() {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    let links = server.follower("musings", "kim@example.org").await;
    let before = server.opened.dump().await;
    for path in [&links.confirm, &links.manage, &"/manage".to_owned(), &"/mailbox/empty".to_owned()] {
        let answer = server.ask("POST", path).header("origin", "https://evil.example").send().await;
        assert_eq!(answer.status, 403, "{path}");
    }
    for method in ["PUT", "DELETE", "PATCH"] {
        assert_eq!(server.ask(method, &links.leave).send().await.status, 405, "{method}");
    }
    assert_eq!(server.opened.dump().await, before);
}

/// S4, S11
async fn every_answer_wears_the_headers_that_keep_it_safe() {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    let links = server.follower("musings", "kim@example.org").await;
    let mails = server.opened.store.list_mails("", 10).await.unwrap();
    let frame = format!("/mailbox/{}/html", mails[0].id);
    let mut asks: Vec<(&str, String)> = [
        "/",
        "/privacy",
        "/manage",
        "/b/musings",
        "/b/nobody",
        "/b/musings/check-inbox",
        "/b/musings/followers",
        "/b/musings/followers.svg",
        "/b/musings/embed.js",
        "/b/musings/style.css",
        "/mailbox",
        "/assets/site.css",
        "/assets/nothing",
        "/favicon.ico",
        "/robots.txt",
        "/healthz",
        "/readyz",
        "/metrics",
        "/nowhere",
        "/confirm/x",
        "/demo",
    ]
    .iter()
    .map(|path| ("GET", (*path).to_owned()))
    .collect();
    asks.extend([&links.confirm, &links.leave, &links.manage, &frame].map(|path| ("GET", path.clone())));
    asks.extend([&links.confirm, &links.leave, &links.manage].map(|path| ("POST", path.clone())));
    asks.push(("POST", "/b/musings/follow".to_owned()));
    asks.push(("DELETE", "/b/musings".to_owned()));
    asks.push(("OPTIONS", "/b/musings/follow".to_owned()));
    for (method, path) in asks {
        let answer = server.ask(method, &path).send().await;
        let whose = format!("{method} {path} ({})", answer.status);
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{whose}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{whose}: {policy}");
        let frames = if path == frame { "frame-ancestors 'self'" } else { "frame-ancestors 'none'" };
        assert!(policy.contains(frames), "{whose}: {policy}");
        assert!(!policy.contains("script-src") && !policy.contains("unsafe-eval"), "{whose}: {policy}");
        let has_form =
            answer.header("content-type").starts_with("text/html") && answer.body.contains("<form");
        let expected = if has_form { "same-origin" } else { "no-referrer" };
        assert_eq!(answer.header("referrer-policy"), expected, "{whose}");
        assert!(!answer.body.contains("<script"), "{whose} has a script");
        let is_page = answer.header("content-type").starts_with("text/html");
        assert!(
            !is_page || path == frame || !answer.body.contains(" style=\""),
            "{whose} has an inline style"
        );
        assert_ne!(answer.header("x-request-id"), "", "{whose}");
        if [&links.confirm, &links.leave, &links.manage].contains(&&path) {
            assert_eq!(answer.header("cache-control"), "no-store", "{whose}");
        }
    }
}

async fn a_body_that_is_too_large_is_refused() {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    let links = server.follower("musings", "kim@example.org").await;
    let large = "x".repeat(100_000);
    for path in ["/b/musings/follow", &links.leave, "/manage"] {
        let request = server.ask("POST", path).body("application/x-www-form-urlencoded", large.clone());
        let answer = request.header("accept", "application/json").send().await;
        assert_eq!(answer.status, 413, "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
    }
    assert_eq!(server.status("kim@example.org").await, "active");
}
