//! Fetching, against small servers of our own on loopback.

use std::time::Duration;

use postbell::feeds::http::{FetchPolicy, HttpSource};
use postbell::feeds::{FeedSource, FetchError, Fetched, Validators};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// So many megabytes of spaces as gzip: a thousandth of that on the wire.
pub(super) fn gzip_bomb(megabytes: usize) -> Vec<u8> {
    use std::io::Write as _;
    let mut child = std::process::Command::new("gzip")
        .args(["-9", "-c"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        for _ in 0..megabytes {
            input.write_all(&vec![b' '; 1 << 20]).unwrap();
        }
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output.stdout
}

/// A server that answers every request with what `answer` makes of its head,
/// and closes. Answers its port.
pub(super) async fn server(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut peer, _)) = listener.accept().await {
            let mut head = Vec::new();
            let mut buffer = [0; 4096];
            while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                match peer.read(&mut buffer).await {
                    Ok(0) | Err(_) => break,
                    Ok(read) => head.extend_from_slice(&buffer[..read]),
                }
            }
            let _ = peer.write_all(&answer(&String::from_utf8_lossy(&head))).await;
            let _ = peer.shutdown().await;
        }
    });
    port
}

pub(super) fn reply(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

pub(super) fn source(allow_private: bool) -> HttpSource {
    HttpSource::new(FetchPolicy { allow_private, ..FetchPolicy::default() }).unwrap()
}

pub(super) async fn fetch(source: &HttpSource, url: &str) -> Result<Fetched, FetchError> {
    source.fetch(url, &Validators::default()).await
}

#[tokio::test]
async fn a_document_comes_with_its_validators_and_a_second_question_is_conditional() {
    let port = server(|head| {
        if head.to_lowercase().contains("if-none-match: \"v1\"") {
            return reply("304 Not Modified", "", b"");
        }
        assert!(head.to_lowercase().contains("user-agent: postbell/"));
        reply(
            "200 OK",
            "ETag: \"v1\"\r\nLast-Modified: Sun, 22 Nov 2026 15:00:00 GMT\r\n\
             Date: Sun, 22 Nov 2026 15:01:00 GMT\r\nContent-Type: text/xml\r\n",
            b"<rss/>",
        )
    })
    .await;
    let (source, url) = (source(true), format!("http://127.0.0.1:{port}/feed"));
    let Fetched::Document { bytes, content_type, url: at, validators, .. } =
        fetch(&source, &url).await.unwrap()
    else {
        panic!("a first question has no 304")
    };
    assert_eq!(
        (bytes.as_slice(), content_type.as_deref(), at.as_str()),
        (&b"<rss/>"[..], Some("text/xml"), url.as_str())
    );
    assert_eq!(validators.etag.as_deref(), Some("\"v1\""));
    assert_eq!(source.fetch(&url, &validators).await.unwrap(), Fetched::Unchanged);
}

/// R13
///
/// A second post within the second of the first changes neither header.
#[tokio::test]
async fn validators_of_a_change_of_this_minute_are_not_trusted() {
    for (headers, trusted) in [
        (
            "ETag: \"1\"\r\nLast-Modified: Sun, 22 Nov 2026 15:00:00 GMT\r\nDate: Sun, 22 Nov 2026 15:00:00 GMT\r\n",
            false,
        ),
        (
            "ETag: \"1\"\r\nLast-Modified: Sun, 22 Nov 2026 15:00:00 GMT\r\nDate: Sun, 22 Nov 2026 15:00:59 GMT\r\n",
            false,
        ),
        (
            "ETag: \"1\"\r\nLast-Modified: Sun, 22 Nov 2026 15:00:00 GMT\r\nDate: Sun, 22 Nov 2026 15:01:00 GMT\r\n",
            true,
        ),
        // A clock that went back, no clock, and a moment that nobody reads.
        (
            "ETag: \"1\"\r\nLast-Modified: Sun, 22 Nov 2026 15:00:00 GMT\r\nDate: Sun, 22 Nov 2026 14:00:00 GMT\r\n",
            false,
        ),
        ("ETag: \"1\"\r\nLast-Modified: Sun, 22 Nov 2026 15:00:00 GMT\r\n", false),
        ("ETag: \"1\"\r\nLast-Modified: yesterday\r\nDate: Sun, 22 Nov 2026 15:01:00 GMT\r\n", false),
        ("ETag: \"1\"\r\nDate: Sun, 22 Nov 2026 15:01:00 GMT\r\n", true),
    ] {
        let port = server(move |_| reply("200 OK", headers, b"<rss/>")).await;
        let got = fetch(&source(true), &format!("http://127.0.0.1:{port}/")).await.unwrap();
        let Fetched::Document { validators, .. } = got else { panic!("a first question has no 304") };
        assert_eq!(validators.etag.is_some(), trusted, "{headers}");
        assert!(trusted || validators == Validators::default(), "{headers}");
    }
}

#[tokio::test]
async fn inner_addresses_are_refused_however_they_are_written() {
    let port = server(|_| reply("200 OK", "", b"secret")).await;
    let guarded = source(false);
    for host in [
        "127.0.0.1",
        "localhost",
        "0.0.0.0",
        "0",
        "2130706433",
        "0x7f.1",
        "017700000001",
        "127.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.168.0.1",
        "[fe80::1]",
        "[fd00::1]",
        "user:pass@127.0.0.1",
    ] {
        let said = fetch(&guarded, &format!("http://{host}:{port}/")).await;
        assert!(matches!(said, Err(FetchError::Private(_))), "{host}: {said:?}");
    }
    assert!(fetch(&source(true), &format!("http://localhost:{port}/")).await.is_ok());
}

#[tokio::test]
async fn only_http_and_https_are_fetched() {
    for url in
        ["ftp://blog.example/", "file:///etc/passwd", "gopher://x/", "data:text/xml,x", "blog.example", ""]
    {
        assert!(matches!(fetch(&source(true), url).await, Err(FetchError::BadUrl(_))), "{url}");
    }
}

#[tokio::test]
async fn redirects_are_followed_five_times_and_not_to_other_schemes() {
    let port = server(|head| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let left: u32 = path.trim_start_matches("/r").parse().unwrap_or(0);
        match (path, left) {
            ("/file", _) => reply("302 Found", "Location: file:///etc/passwd\r\n", b""),
            (_, 0) => reply("200 OK", "", b"there"),
            (_, left) => reply("301 Moved", &format!("Location: /r{}\r\n", left - 1), b""),
        }
    })
    .await;
    let source = source(true);
    let Ok(Fetched::Document { url, .. }) = fetch(&source, &format!("http://127.0.0.1:{port}/r10")).await
    else {
        panic!("ten are followed")
    };
    assert!(url.ends_with("/r0"), "{url}");
    assert_eq!(fetch(&source, &format!("http://127.0.0.1:{port}/r11")).await, Err(FetchError::Redirects));
    assert!(matches!(
        fetch(&source, &format!("http://127.0.0.1:{port}/file")).await,
        Err(FetchError::BadUrl(_))
    ));
}

/// A feed moves with what is said for good on the way, and only so far.
#[tokio::test]
async fn what_is_moved_for_good_is_told_from_what_is_elsewhere_for_now() {
    let port = server(|head| match head.split(' ').nth(1).unwrap_or_default() {
        "/old" => reply("301 Moved", "Location: /new\r\n", b""),
        "/older" => reply("308 Moved", "Location: /old\r\n", b""),
        "/away" => reply("302 Found", "Location: /old\r\n", b""),
        "/half" => reply("301 Moved", "Location: /today\r\n", b""),
        "/today" => reply("307 For now", "Location: /new\r\n", b""),
        _ => reply("200 OK", "", b"there"),
    })
    .await;
    for (path, to) in
        [("new", None), ("old", Some("new")), ("older", Some("new")), ("away", None), ("half", Some("today"))]
    {
        let at = |path: &str| format!("http://127.0.0.1:{port}/{path}");
        let Ok(Fetched::Document { url, moved_to, .. }) = fetch(&source(true), &at(path)).await else {
            panic!("{path} is there")
        };
        assert_eq!((url, moved_to), (at("new"), to.map(at)), "{path}");
    }
}

/// S18: a login stays with its server, also where that sends us on by a whole address.
#[tokio::test]
async fn a_login_goes_to_its_own_server_and_to_no_other() {
    let seen = |head: &str| head.lines().find(|line| line.starts_with("authorization")).map(str::to_owned);
    let elsewhere =
        server(move |head| reply("200 OK", "", seen(head).unwrap_or("nothing".into()).as_bytes())).await;
    let home = std::sync::Arc::new(std::sync::OnceLock::<u16>::new());
    let port = server({
        let home = home.clone();
        move |head| match (head.split(' ').nth(1).unwrap_or_default(), seen(head)) {
            (_, login) if login.as_deref() != Some("authorization: Basic a2ltOnNlc2FtZQ==") => {
                reply("401 Unauthorized", "", b"")
            }
            ("/away", _) => reply("302 Found", &format!("Location: http://127.0.0.1:{elsewhere}/\r\n"), b""),
            ("/relative", _) => reply("301 Moved", "Location: /feed\r\n", b""),
            ("/whole", _) => {
                let at = home.get().unwrap();
                reply("301 Moved", &format!("Location: http://127.0.0.1:{at}/feed\r\n"), b"")
            }
            (_, login) => reply("200 OK", "", login.unwrap_or_default().as_bytes()),
        }
    })
    .await;
    home.set(port).unwrap();
    let at = |path: &str| format!("http://kim:sesame@127.0.0.1:{port}/{path}");
    for (path, told, to) in [
        ("feed", "authorization: Basic a2ltOnNlc2FtZQ==", None),
        ("relative", "authorization: Basic a2ltOnNlc2FtZQ==", Some(at("feed"))),
        ("whole", "authorization: Basic a2ltOnNlc2FtZQ==", Some(at("feed"))),
        ("away", "nothing", None),
    ] {
        let Ok(Fetched::Document { bytes, moved_to, .. }) = fetch(&source(true), &at(path)).await else {
            panic!("{path} is there")
        };
        assert_eq!((String::from_utf8(bytes).unwrap().as_str(), moved_to), (told, to), "{path}");
    }
    let unread = fetch(&source(true), "ftp://kim:sesame@a.example/").await.unwrap_err().to_string();
    assert!(!unread.contains("sesame") && unread.contains("a.example"), "{unread}");
    // S8 holds for addresses with a login, too.
    let inner = fetch(&source(false), &at("feed")).await;
    assert!(matches!(inner, Err(FetchError::Private(_))), "{inner:?}");
}

/// RFC 3229: what is new and nothing else, for those who have the rest.
#[tokio::test]
async fn a_difference_is_asked_for_by_those_who_know_the_rest_and_told_apart() {
    let port = server(|head| {
        let head = head.to_lowercase();
        if head.contains("a-im: feed") && head.contains("if-none-match: \"v1\"") {
            return reply("226 IM Used", "IM: feed\r\nETag: \"v2\"\r\n", b"news");
        }
        assert!(!head.contains("a-im"), "a first question wants all");
        reply("200 OK", "ETag: \"v1\"\r\n", b"all")
    })
    .await;
    let (source, url) = (source(true), format!("http://127.0.0.1:{port}/"));
    let Ok(Fetched::Document { is_delta: false, validators, .. }) = fetch(&source, &url).await else {
        panic!("the whole")
    };
    let second = source.fetch(&url, &validators).await;
    let Ok(Fetched::Document { is_delta: true, bytes, validators, .. }) = second else {
        panic!("{second:?}")
    };
    assert_eq!((bytes.as_slice(), validators.etag.as_deref()), (&b"news"[..], Some("\"v2\"")));
}

#[tokio::test]
async fn what_is_larger_than_the_bound_is_refused_after_decompression() {
    let bomb = gzip_bomb(64);
    assert!(bomb.len() < 200_000, "{}", bomb.len());
    let small = gzip_bomb(1);
    let port = server(move |head| {
        let body = if head.starts_with("GET /small") { &small } else { &bomb };
        reply("200 OK", "Content-Encoding: gzip\r\n", body)
    })
    .await;
    let source = source(true);
    let said = fetch(&source, &format!("http://127.0.0.1:{port}/bomb")).await;
    assert_eq!(said, Err(FetchError::TooLarge { limit_bytes: 10 * 1024 * 1024 }));
    let Ok(Fetched::Document { bytes, .. }) = fetch(&source, &format!("http://127.0.0.1:{port}/small")).await
    else {
        panic!("one megabyte is fine")
    };
    assert_eq!(bytes.len(), 1 << 20);
}

#[tokio::test]
async fn errors_of_the_server_are_told_with_their_retry_after() {
    let port = server(|_| reply("503 Busy", "Retry-After: 90\r\n", b"busy")).await;
    let said = fetch(&source(true), &format!("http://127.0.0.1:{port}/")).await;
    assert_eq!(said, Err(FetchError::Status { status: 503, retry_after_seconds: Some(90) }));
}

#[tokio::test]
async fn a_server_that_drips_or_is_silent_or_gone_ends_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let policy =
        FetchPolicy { allow_private: true, timeout: Duration::from_millis(200), ..FetchPolicy::default() };
    let hasty = HttpSource::new(policy).unwrap();
    // Accepted by the kernel, answered by nobody.
    assert_eq!(fetch(&hasty, &format!("http://127.0.0.1:{port}/")).await, Err(FetchError::Timeout));
    let first_byte = Duration::from_millis(200);
    let policy = FetchPolicy { allow_private: true, first_byte, ..FetchPolicy::default() };
    assert_eq!(
        fetch(&HttpSource::new(policy).unwrap(), &format!("http://127.0.0.1:{port}/")).await,
        Err(FetchError::Timeout)
    );
    drop(listener);
    assert!(matches!(fetch(&hasty, &format!("http://127.0.0.1:{port}/")).await, Err(FetchError::Network(_))));
    // A body that never ends.
    let port = server(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this".to_vec()).await;
    assert!(matches!(fetch(&hasty, &format!("http://127.0.0.1:{port}/")).await, Err(FetchError::Broken(_))));
}

/// R18: who waits can tell a server that is at work from one that hangs.
#[tokio::test]
async fn each_answer_and_each_piece_of_it_is_a_sign_of_life() {
    use postbell::feeds::{FeedSource as _, Pulse, Validators};
    let port = server(|head| {
        if head.starts_with("GET /from") {
            return reply("302 Found", "Location: /to\r\n", b"");
        }
        reply("200 OK", "", b"<rss/>")
    })
    .await;
    let (pulse, from) = (Pulse::default(), format!("http://127.0.0.1:{port}/from"));
    source(true).fetch_telling(&from, &Validators::default(), &pulse).await.unwrap();
    assert!(pulse.beats() >= 3, "two heads and a body: {pulse:?}");
}

#[tokio::test]
async fn a_host_is_asked_one_thing_at_a_time_and_left_alone_when_it_asks_for_that() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    let (asked, most, now) =
        (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let counts = (asked.clone(), most.clone());
    tokio::spawn(async move {
        let (asked, most) = counts;
        while let Ok((mut peer, _)) = listener.accept().await {
            let (asked, most, now) = (asked.clone(), most.clone(), now.clone());
            tokio::spawn(async move {
                most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                let mut buffer = [0; 4096];
                let read = peer.read(&mut buffer).await.unwrap_or(0);
                // Who would ask beside this one has had the time to.
                for _ in 0..1_000 {
                    tokio::task::yield_now().await;
                }
                asked.fetch_add(1, SeqCst);
                let is_busy = buffer[..read].starts_with(b"GET /busy");
                now.fetch_sub(1, SeqCst);
                let answer = if is_busy {
                    reply("429 Too Many Requests", "Retry-After: 900\r\n", b"")
                } else {
                    reply("200 OK", "", b"<rss/>")
                };
                let _ = peer.write_all(&answer).await;
                let _ = peer.shutdown().await;
            });
        }
    });
    let source = source(true);
    let url = |path: &str| format!("http://127.0.0.1:{port}/{path}");
    let urls: Vec<String> = (0..8).map(|at| url(&at.to_string())).collect();
    let all = futures_util::future::join_all(urls.iter().map(|url| fetch(&source, url))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!((asked.load(SeqCst), most.load(SeqCst)), (8, 1));

    let busy = fetch(&source, &url("busy")).await;
    assert_eq!(busy, Err(FetchError::Status { status: 429, retry_after_seconds: Some(900) }));
    let other = fetch(&source, &url("other")).await;
    assert!(
        matches!(other, Err(FetchError::Status { status: 429, retry_after_seconds: Some(890..=900) })),
        "{other:?}"
    );
    assert_eq!(asked.load(SeqCst), 9, "the other feed of the host is not asked for either");
}
