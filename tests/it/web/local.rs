//! What only this machine may see: the mailbox and, without a token, the numbers.

use crate::support::server::TestServer;

crate::for_each_database!(
    the_mailbox_opens_for_this_machine,
    nobody_else_learns_that_there_is_a_mailbox,
    with_smtp_there_is_no_mailbox,
    the_numbers_ask_for_their_token,
    without_a_token_the_numbers_are_for_this_machine,
);

const DOORS: [(&str, &str); 8] = [
    ("GET", "/mailbox"),
    ("HEAD", "/mailbox"),
    ("GET", "/mailbox?q=a&q=b"),
    ("GET", "/mailbox/1"),
    ("GET", "/mailbox/x"),
    ("GET", "/mailbox/1/html"),
    ("POST", "/mailbox/empty"),
    ("DELETE", "/mailbox"),
];

async fn the_mailbox_opens_for_this_machine() {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    server.follower("musings", "kim@example.org").await;
    let page = server.get("/mailbox").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("kim@example.org"));
    for part in ["html", "text", "headers", "raw"] {
        assert_eq!(server.get(&format!("/mailbox/1?part={part}")).await.status, 200, "{part}");
    }
    let frame = server.get("/mailbox/1/html").await;
    assert_eq!(frame.status, 200);
    let policy = frame.header("content-security-policy");
    assert!(policy.contains("sandbox") && !policy.contains("allow-scripts"), "{policy}");
    assert_eq!(server.get("/mailbox/99").await.status, 404);
    for host in ["localhost:8080", "127.0.0.1", "[::1]:8080", "LOCALHOST"] {
        assert_eq!(server.ask("GET", "/mailbox").header("host", host).send().await.status, 200, "{host}");
    }
    assert_eq!(server.post("/mailbox/empty").await.status, 303);
    assert_eq!(server.opened.rows("mails").await, 0);
}

async fn nobody_else_learns_that_there_is_a_mailbox() {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    server.follower("musings", "kim@example.org").await;
    let strange: Vec<(&str, &str)> = vec![
        ("host", "mail.musings.example"),
        ("host", "127.0.0.1.evil.example"),
        ("host", "localhost.evil.example:80"),
        ("host", "192.0.2.7:8080"),
        ("host", "0.0.0.0:8080"),
        ("forwarded", "for=192.0.2.7"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-for", ""),
        ("x-forwarded-host", "localhost"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-anything", "1"),
    ];
    for (name, value) in strange {
        for (method, path) in DOORS {
            let answer = server.ask(method, path).header(name, value).send().await;
            assert_eq!(answer.status, 404, "{method} {path} with {name}: {value}");
            assert!(!answer.body.contains("kim@example.org"));
        }
    }
    assert_eq!(server.opened.rows("mails").await, 2);
}

async fn with_smtp_there_is_no_mailbox() {
    let server = TestServer::with(|setup| setup.relay = Some("relay.example:25")).await;
    for (method, path) in DOORS {
        assert_eq!(server.ask(method, path).send().await.status, 404, "{method} {path}");
    }
}

async fn the_numbers_ask_for_their_token() {
    let server = TestServer::with(|setup| setup.metrics_token = Some("a-long-secret")).await;
    let ask = |authorization: Option<&'static str>| {
        let request = server.ask("GET", "/metrics");
        match authorization {
            Some(value) => request.header("authorization", value).send(),
            None => request.send(),
        }
    };
    for bad in [
        None,
        Some("Bearer a-long-secre"),
        Some("Bearer "),
        Some("a-long-secret"),
        Some("Basic a-long-secret"),
    ] {
        let answer = ask(bad).await;
        assert_eq!(answer.status, 404, "{bad:?}");
        assert!(!answer.body.contains("postbell_"));
    }
    let good = ask(Some("Bearer a-long-secret")).await;
    assert_eq!(good.status, 200);
    assert!(good.header("content-type").starts_with("text/plain"));
    assert!(good.body.contains("postbell_followers"), "{}", good.body);
}

async fn without_a_token_the_numbers_are_for_this_machine() {
    let server = TestServer::start().await;
    assert_eq!(server.get("/metrics").await.status, 200);
    for (name, value) in
        [("host", "mail.musings.example"), ("x-forwarded-for", "127.0.0.1"), ("forwarded", "for=x")]
    {
        assert_eq!(server.ask("GET", "/metrics").header(name, value).send().await.status, 404, "{name}");
    }
}
