//! What only this machine may see: the mailbox and, without a token, the numbers.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::server::TestServer;

crate::for_each_database!(
    the_mailbox_opens_for_this_machine,
    nobody_else_learns_that_there_is_a_mailbox,
    a_request_that_names_another_host_too_is_not_local,
    behind_a_bare_proxy_nothing_is_local,
    whoever_asks_how_often_readiness_is_looked_at_once_a_second,
    readiness_tells_nobody_else_what_somebody_asked_for,
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
        ("via", "1.1 proxy"),
        ("x-real-ip", "127.0.0.1"),
        ("cf-connecting-ip", "127.0.0.1"),
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

async fn a_request_that_names_another_host_too_is_not_local() {
    let server = TestServer::start().await;
    let host = server.url.strip_prefix("http://").unwrap();
    for (target, hosts, expected) in [
        ("/mailbox".to_owned(), vec![host], "200"),
        (format!("http://{host}/mailbox"), vec![host], "200"),
        ("/mailbox".to_owned(), vec![host, "evil.example"], "404"),
        ("/mailbox".to_owned(), vec!["evil.example", host], "404"),
        ("/mailbox".to_owned(), vec![host, host], "404"),
        ("http://evil.example/mailbox".to_owned(), vec![host], "404"),
    ] {
        let hosts: String = hosts.iter().map(|host| format!("host: {host}\r\n")).collect();
        let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
        let request = format!("GET {target} HTTP/1.1\r\n{hosts}connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        assert_eq!(said.get(9..12), Some(expected), "{target} {hosts}: {said}");
    }
}

/// A proxy that adds no header makes its visitors look like this machine; but
/// then links lead to the proxy.
async fn behind_a_bare_proxy_nothing_is_local() {
    for public_url in ["https://mail.musings.example", "http://mail.musings.example", "https://192.0.2.7"] {
        let server = TestServer::with(|setup| setup.public_url = Some(public_url)).await;
        server.opened.blog("musings").await;
        assert_eq!(server.sign_up("musings", "kim@example.org").await.status, 202);
        server.deliver().await;
        for (method, path) in DOORS.into_iter().chain([("GET", "/metrics")]) {
            for host in ["127.0.0.1", "localhost"] {
                let answer = server.ask(method, path).header("host", host).send().await;
                assert_eq!(answer.status, 404, "{public_url}: {method} {path}");
            }
        }
        assert_eq!(server.opened.rows("mails").await, 1);
    }
    for public_url in ["http://localhost:8080", "http://127.0.0.9", "http://[::1]:8080"] {
        let server = TestServer::with(|setup| setup.public_url = Some(public_url)).await;
        assert_eq!(server.get("/mailbox").await.status, 200, "{public_url}");
        assert_eq!(server.get("/metrics").await.status, 200, "{public_url}");
    }
    let server = TestServer::with(|setup| {
        setup.public_url = Some("https://mail.musings.example");
        setup.metrics_token = Some("a-long-secret");
    })
    .await;
    let asked = server.ask("GET", "/metrics").header("authorization", "Bearer a-long-secret");
    assert_eq!(asked.header("via", "1.1 proxy").send().await.status, 200);
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
    assert_eq!(ask(Some("bearer a-long-secret")).await.status, 200, "RFC 9110: in any case");
    let good = ask(Some("Bearer a-long-secret")).await;
    assert_eq!(good.status, 200);
    assert!(good.header("content-type").starts_with("text/plain"));
    assert!(good.body.contains("postbell_followers"), "{}", good.body);
}

async fn without_a_token_the_numbers_are_for_this_machine() {
    let server = TestServer::start().await;
    assert_eq!(server.get("/metrics").await.status, 200);
    for (name, value) in [
        ("host", "mail.musings.example"),
        ("x-forwarded-for", "127.0.0.1"),
        ("forwarded", "for=x"),
        ("via", "1.1 x"),
    ] {
        assert_eq!(server.ask("GET", "/metrics").header(name, value).send().await.status, 404, "{name}");
    }
}

/// S20
async fn whoever_asks_how_often_readiness_is_looked_at_once_a_second() {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    assert_eq!(server.get("/readyz").await.json(), json!({"status": "ready", "queued": 0, "codes": []}));
    assert_eq!(server.sign_up("musings", "kim@example.org").await.status, 202);
    for _ in 0..5 {
        assert_eq!(server.get("/readyz").await.json()["queued"], 0, "within the second");
    }
    server.clock.advance_seconds(1);
    assert_eq!(server.get("/readyz").await.json()["queued"], 1);
    // A clock that was set back keeps nothing for ever.
    server.clock.advance_seconds(-100);
    assert_eq!(server.sign_up("musings", "lee@example.org").await.status, 202);
    assert_eq!(server.get("/readyz").await.json()["queued"], 2);
}

/// S1: the queue grows when a follower asks for the link, and not for others.
async fn readiness_tells_nobody_else_what_somebody_asked_for() {
    for token in [None, Some("a-long-secret")] {
        let server = TestServer::with(|setup| {
            (setup.public_url, setup.metrics_token) = (Some("https://mail.musings.example"), token);
        })
        .await;
        server.opened.blog("musings").await;
        server.follower("musings", "kim@example.org").await;
        let asks = [None, Some("Bearer wrong"), Some("Bearer ")];
        let mut answers = Vec::new();
        for email in ["who@example.org", "kim@example.org"] {
            assert_eq!(server.post_form("/manage", &[("email", email)]).await.status, 200);
            server.clock.advance_seconds(1);
            for bearer in asks {
                let ask = server.ask("GET", "/readyz");
                let ask = bearer.iter().fold(ask, |ask, bearer| ask.header("authorization", bearer));
                let answer = ask.send().await;
                assert_eq!(answer.json(), json!({"status": "ready", "codes": []}), "{email} {bearer:?}");
                answers.push((answer.status, answer.header("content-length").to_owned()));
            }
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        let numbers = server.ask("GET", "/readyz").header("authorization", "Bearer a-long-secret");
        let numbers = numbers.send().await.json();
        assert_eq!(numbers.get("queued"), token.map(|_| json!(1)).as_ref(), "{token:?}");
    }
    // On this machine a token shuts out who has none, and a proxy is not this machine.
    let guarded = TestServer::with(|setup| setup.metrics_token = Some("a-long-secret")).await;
    assert_eq!(guarded.get("/readyz").await.json().get("queued"), None);
    let open = TestServer::start().await;
    assert_eq!(open.get("/readyz").await.json()["queued"], 0);
    let forwarded = open.ask("GET", "/readyz").header("x-forwarded-for", "192.0.2.7").send().await;
    assert_eq!(forwarded.json(), json!({"status": "ready", "codes": []}));
}
