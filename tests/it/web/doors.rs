//! What strangers may make us hold (S20): no body of who has no right, bodies
//! and places bounded in sum, and nobody waited for who moves nothing.

use std::time::{Duration, Instant};

use postbell::bounds::{LeastRate, Sum};
use postbell::feedback::providers::proof::{Password, Proofs};
use postbell::web::Bounds;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::support::process::{Process, peak_mb};
use crate::support::server::TestServer;

/// Longer than any answer takes, shorter than a body is waited for.
const SOON: Duration = Duration::from_secs(10);

fn host(url: &str) -> &str {
    url.strip_prefix("http://").expect("it is http")
}

/// Says `head` and whatever of the body, and nothing more; gives the connection.
async fn begin(url: &str, request: &str, body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(host(url)).await.expect("it is open");
    stream.write_all(format!("{request}\r\nhost: x\r\n\r\n").as_bytes()).await.expect("it is written");
    stream.write_all(body).await.expect("it is written");
    stream
}

/// The head of the answer; empty when there is none.
async fn answer(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    let mut piece = [0; 4_096];
    while !said.windows(4).any(|end| end == b"\r\n\r\n") {
        match tokio::time::timeout(SOON, stream.read(&mut piece)).await.expect("an answer in time") {
            Ok(0) | Err(_) => break,
            Ok(count) => said.extend_from_slice(&piece[..count]),
        }
    }
    String::from_utf8_lossy(&said).to_ascii_lowercase()
}

fn status(head: &str) -> &str {
    head.get(9..12).unwrap_or("none")
}

fn bounds(change: impl FnOnce(&mut Bounds)) -> Bounds {
    let mut bounds = Bounds { peers: Sum::new(usize::MAX, usize::MAX), ..Bounds::default() };
    change(&mut bounds);
    bounds
}

/// S20: the head tells, and not a byte of the body is waited for.
#[tokio::test]
async fn who_has_no_right_is_answered_before_the_body_is_read() {
    let server = TestServer::with(|setup| {
        setup.proofs = Proofs {
            sendgrid_keys: vec!["AAAA".to_owned()],
            postmark: vec![Password::Header("secret".into())],
            generic_keys: vec!["secret".into()],
            ..Proofs::default()
        };
    })
    .await;
    server.opened.blog("musings").await;
    let form = "content-type: application/x-www-form-urlencoded";
    let refused = [
        ("/hooks/websub/AAAA", "x-hub-signature: sha256=00", "404"),
        ("/hooks/bounces/nobody", form, "404"),
        ("/hooks/bounces/mailgun", form, "404"),
        ("/hooks/bounces/postmark", "x-postbell-secret: guess", "403"),
        ("/hooks/bounces/sendgrid", form, "403"),
        ("/hooks/bounces/generic", "x-postbell-signature: 00", "403"),
        ("/hooks/bounces/generic", "x-postbell-signature: 00\r\nx-postbell-timestamp: 1", "403"),
        ("/unsubscribe/AAAA", form, "404"),
        ("/manage/AAAA", form, "404"),
        ("/confirm/AAAA", form, "404"),
        ("/b/nobody/follow", form, "404"),
        ("/b/musings/follow", "content-type: text/plain", "415"),
        ("/b/musings/follow", "content-type: application/json\r\norigin: https://evil.example", "403"),
        ("/manage", "origin: https://evil.example", "403"),
        ("/demo/publish", form, "404"),
        ("/nowhere", form, "404"),
        ("/manage", form, "413"),
        ("/b/musings/follow", form, "413"),
        ("/hooks/ping", form, "413"),
    ];
    for (path, head, expected) in refused {
        let request = format!("POST {path} HTTP/1.1\r\n{head}\r\ncontent-length: 2000000");
        let said = answer(&mut begin(&server.url, &request, b"a").await).await;
        assert_eq!(status(&said), expected, "{path} {head}: {said}");
    }
}

/// S20: a byte counts twice, since what it is kept in may be that large.
#[tokio::test]
async fn bodies_under_way_are_bounded_in_sum_and_for_one_client() {
    let server = TestServer::with(|setup| {
        setup.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        setup.bounds = bounds(|bounds| {
            (bounds.bodies, bounds.small_bytes) = (Sum::new(20_000, 8_000), 0);
        });
    })
    .await;
    let post = |client: &str, bytes: usize| {
        format!("POST /manage HTTP/1.1\r\nx-forwarded-for: {client}\r\ncontent-length: {bytes}")
    };
    let held = |bytes: usize| vec![b'a'; bytes];
    let mut first = begin(&server.url, &post("192.0.2.1", 5_000), &held(4_000)).await;
    // Once its bytes are counted, the same client has no more room.
    let refused = until(async || {
        let said = answer(&mut begin(&server.url, &post("192.0.2.1", 500), &held(500)).await).await;
        (status(&said) == "503").then_some(said)
    })
    .await;
    assert!(refused.contains("retry-after: "), "{refused}");
    let second = begin(&server.url, &post("192.0.2.2", 5_000), &held(4_000)).await;
    // For a third there are 2,000 left.
    until(async || {
        let said = answer(&mut begin(&server.url, &post("192.0.2.3", 2_500), &held(2_500)).await).await;
        (status(&said) == "503").then_some(())
    })
    .await;
    let said = answer(&mut begin(&server.url, &post("192.0.2.3", 1_500), &held(1_500)).await).await;
    assert_eq!(status(&said), "422", "there is room for this: {said}");
    // Gone is given back, and one that is over the bound itself is told so.
    drop(second);
    first.write_all(&held(1_000)).await.unwrap();
    assert_eq!(status(&answer(&mut first).await), "503");
    until(async || {
        let said = answer(&mut begin(&server.url, &post("192.0.2.4", 3_500), &held(3_500)).await).await;
        (status(&said) == "422").then_some(())
    })
    .await;
}

/// S20, D3: while large bodies hold all there is.
#[tokio::test]
async fn a_form_a_ping_and_one_click_always_fit_in() {
    let server = TestServer::with(|setup| {
        setup.bounds = bounds(|bounds| bounds.bodies = Sum::new(20_000, 20_000));
    })
    .await;
    server.opened.blog("musings").await;
    let link = server.follower("musings", "kim@example.org").await.leave;
    let head = "POST /manage HTTP/1.1\r\ncontent-length: 50000";
    let _held = begin(&server.url, head, &[b'a'; 4_096 + 10_000]).await;
    until(async || {
        let said = answer(&mut begin(&server.url, head, &[b'a'; 6_000]).await).await;
        (status(&said) == "503").then_some(())
    })
    .await;
    let form = "content-type: application/x-www-form-urlencoded";
    let one_click = "List-Unsubscribe=One-Click";
    for (path, body) in [
        ("/b/musings/follow", "email=lee%40example.org"),
        ("/hooks/ping", "<a/>"),
        (link.as_str(), one_click),
    ] {
        let request = format!("POST {path} HTTP/1.1\r\n{form}\r\ncontent-length: {}", body.len());
        let said = answer(&mut begin(&server.url, &request, body.as_bytes()).await).await;
        assert!(matches!(status(&said), "200" | "303"), "{path}: {said}");
    }
}

/// S20: when the house is nearly full, who says nothing makes room soon.
#[tokio::test]
async fn the_last_places_are_not_held_by_half_a_head() {
    let server = TestServer::with(|setup| {
        setup.bounds = bounds(|bounds| {
            (bounds.places, bounds.head_within) = (8, Duration::from_secs(6));
        });
    })
    .await;
    let half = async || {
        let mut stream = TcpStream::connect(host(&server.url)).await.unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nx: ").await.unwrap();
        stream
    };
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(half().await);
    }
    let began = Instant::now();
    let mut said = String::new();
    let mut late = begin(&server.url, "GET /healthz HTTP/1.1", b"").await;
    let mut piece = [0; 512];
    let read = tokio::time::timeout(Duration::from_secs(4), late.read(&mut piece)).await;
    if let Ok(Ok(count)) = read {
        said.push_str(&String::from_utf8_lossy(&piece[..count]));
    }
    assert!(said.starts_with("HTTP/1.1 200"), "{said} after {:?}", began.elapsed());
}

async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + SOON;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "it does not come");
        tokio::task::yield_now().await;
    }
}

/// S20: a body may take long, as long as it comes.
#[tokio::test]
async fn who_neither_sends_nor_reads_is_let_go_and_who_is_slow_is_served() {
    let server = TestServer::with(|setup| {
        setup.bounds =
            bounds(|bounds| bounds.rate = LeastRate { window: Duration::from_millis(300), bytes: 30 });
    })
    .await;
    server.opened.blog("musings").await;
    let request = "POST /manage HTTP/1.1\r\ncontent-length: 1000";
    let mut silent = begin(&server.url, request, b"email=").await;
    assert_eq!(status(&answer(&mut silent).await), "408");
    let mut trickling = begin(&server.url, request, b"email=").await;
    let began = Instant::now();
    let mut said = String::new();
    while said.is_empty() && began.elapsed() < SOON {
        let _ = trickling.write_all(b"a").await;
        let mut piece = [0; 512];
        if let Ok(Ok(count)) =
            tokio::time::timeout(Duration::from_millis(50), trickling.read(&mut piece)).await
        {
            said = String::from_utf8_lossy(&piece[..count]).into_owned();
        }
    }
    assert_eq!(status(&said), "408", "20 bytes a second are too few");
    let mut slow = begin(&server.url, request, b"email=").await;
    for _ in 0..70 {
        slow.write_all(&[b'a'; 14]).await.unwrap();
        let mut early = [0];
        assert!(tokio::time::timeout(Duration::from_millis(25), slow.read(&mut early)).await.is_err());
    }
    slow.write_all(&[b'a'; 14]).await.unwrap();
    assert_eq!(status(&answer(&mut slow).await), "422", "it took six windows, and came");

    // Asks for page after page and reads none of them.
    let stream = TcpStream::connect(host(&server.url)).await.unwrap();
    let mut deaf = stream;
    let ask = b"GET /b/musings HTTP/1.1\r\nhost: x\r\n\r\n".repeat(50);
    let began = Instant::now();
    let is_let_go = loop {
        match tokio::time::timeout(Duration::from_millis(100), deaf.write_all(&ask)).await {
            Ok(Err(_)) => break true,
            _ if began.elapsed() > 3 * SOON => break false,
            _ => {}
        }
    };
    assert!(is_let_go, "it still has its place");
}

/// S20
#[tokio::test]
async fn one_client_has_so_many_places_and_a_proxy_has_all() {
    let many = |setup: &mut crate::support::server::Setup| {
        setup.bounds = bounds(|bounds| {
            (bounds.peers, bounds.behind) = (Sum::new(usize::MAX, 3), Sum::new(usize::MAX, 3));
        });
    };
    let server = TestServer::with(many).await;
    let half = "POST /manage HTTP/1.1\r\ncontent-length: 1000";
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(begin(&server.url, half, b"a").await);
    }
    let over = until(async || {
        let mut stream = TcpStream::connect(host(&server.url)).await.unwrap();
        let mut said = String::new();
        let read = tokio::time::timeout(Duration::from_secs(1), stream.read_to_string(&mut said)).await;
        read.is_ok().then_some(said)
    })
    .await;
    assert!(over.starts_with("HTTP/1.1 503 ") && over.contains("retry-after: 5"), "{over}");
    // Another client has places of its own, and gone is given back.
    let other = tokio::net::TcpSocket::new_v4().unwrap();
    other.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut other = other.connect(host(&server.url).parse().unwrap()).await.unwrap();
    other.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert_eq!(status(&answer(&mut other).await), "200");
    held.pop();
    until(async || {
        let mut stream = begin(&server.url, "GET /healthz HTTP/1.1", b"").await;
        (status(&answer(&mut stream).await) == "200").then_some(())
    })
    .await;

    // Through a proxy the head tells whose places they are.
    let server = TestServer::with(|setup| {
        many(setup);
        setup.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let from = |client: &str| format!("{half}\r\nx-forwarded-for: {client}");
    let mut held = Vec::new();
    for client in ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2", "2001:db8::1"] {
        held.push(begin(&server.url, &from(client), b"a").await);
    }
    until(async || {
        let said = answer(&mut begin(&server.url, &from("192.0.2.1"), &[b'a'; 1_000]).await).await;
        (status(&said) == "503" && said.contains("retry-after")).then_some(())
    })
    .await;
    let said = answer(&mut begin(&server.url, &from("192.0.2.2"), &[b'a'; 1_000]).await).await;
    assert_eq!(status(&said), "422", "{said}");
}

/// S20: what took 1,477 MB.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nine_hundred_large_bodies_for_nobody_cost_no_memory() {
    /// At rest it is some 50 MB, as built for tests; each connection takes a
    /// few buffers.
    const MOST_MB: u64 = 100;
    /// Where the proof stands in the body, the sum of bodies comes on top, and
    /// what reading them takes.
    const MOST_UNPROVEN_MB: u64 = 220;
    let folder = tempfile::tempdir().unwrap();
    let env = [
        ("HTTP__LISTEN", "127.0.0.1:0"),
        ("HTTP__TRUSTED_PROXIES", "127.0.0.1/32"),
        ("HOOKS__MAILGUN_KEY", "a-secret-of-many-letters"),
    ];
    let process = Process::start(folder.path(), &["serve"], &env);
    let before = peak_mb(&process);
    for (path, most_mb) in [
        ("/hooks/websub/AAAA", MOST_MB),
        ("/hooks/bounces/ses", MOST_MB),
        ("/b/nobody/follow", MOST_MB),
        ("/hooks/bounces/mailgun", MOST_UNPROVEN_MB),
    ] {
        let mut sending = JoinSet::new();
        for n in 0..900_u32 {
            let url = process.url().to_owned();
            sending.spawn(async move {
                let client = format!("192.0.{}.{}", n / 250, n % 250);
                let request = format!(
                    "POST {path} HTTP/1.1\r\nx-forwarded-for: {client}\r\ncontent-length: 2000000\r\n\
                     content-type: application/json"
                );
                let mut stream = begin(&url, &request, b"").await;
                let body = vec![b'a'; 100_000];
                for _ in 0..20 {
                    // It is answered and closed long before the end.
                    if stream.write_all(&body).await.is_err() {
                        break;
                    }
                }
            });
        }
        sending.join_all().await;
        let after = peak_mb(&process);
        println!("{path}: {before} MB before, {after} MB at most");
        assert!(after < most_mb, "{path}: {before} MB before, {after} MB at most");
    }
    let said = answer(&mut begin(process.url(), "GET /healthz HTTP/1.1", b"").await).await;
    assert_eq!(status(&said), "200");
}

/// S15: what is nested without end is refused, and the process goes on.
#[tokio::test]
async fn deep_bodies_end_in_a_refusal() {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    for (open, close) in [("[", "]"), ("{\"email\":", "}")] {
        let deep = format!("{}1{}", open.repeat(5_000), close.repeat(5_000));
        let asked = server.ask("POST", "/b/musings/follow").body("application/json", deep);
        assert_eq!(asked.send().await.status, 400, "{open}");
    }
    // A field that nobody knows is passed over, which takes no stack.
    let nested = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let unknown = format!("{{\"email\":\"a@example.org\",\"x\":{nested}}}");
    let asked = server.ask("POST", "/b/musings/follow").body("application/json", unknown);
    assert_eq!(asked.send().await.status, 202);
    for piece in ["<value>", "<a>", "<value><struct><member>"] {
        let deep = format!("<methodCall><methodName>weblogUpdates.ping</methodName>{}", piece.repeat(700));
        let said = server.ask("POST", "/hooks/ping").body("text/xml", deep).send().await;
        assert_eq!(said.status, 200);
        assert!(said.body.contains("<boolean>1</boolean>"), "{}", said.body);
    }
    let deep = format!("/hooks/websub/AAAA?hub.mode={}", "[".repeat(5_000));
    assert_eq!(server.get(&deep).await.status, 404);
    assert_eq!(server.get("/healthz").await.status, 200);
}
