//! Answers that bend the rules of HTTP as servers of blogs do.

use postbell::feeds::http::{FetchPolicy, HttpSource};
use postbell::feeds::{FetchError, Fetched, Wall};

use super::http::{fetch, gzip_bomb, reply, server, source};

/// The path of a request.
fn path(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or_default()
}

async fn got(port: u16, path: &str) -> (String, String) {
    match fetch(&source(true), &format!("http://127.0.0.1:{port}{path}")).await {
        Ok(Fetched::Document { bytes, url, .. }) => (String::from_utf8(bytes).unwrap(), url),
        other => panic!("{path}: {other:?}"),
    }
}

#[tokio::test]
async fn a_redirect_may_be_written_in_utf_8() {
    let port = server(|head| match path(head) {
        "/" => reply("301 Moved", "Location: /fl\u{fc}gel/\u{30d5}?q=\u{e9}\r\n", b""),
        "/latin" => b"HTTP/1.1 301 Moved\r\nLocation: /fl\xfcgel\r\nContent-Length: 0\r\n\r\n".to_vec(),
        there => reply("200 OK", "", there.as_bytes()),
    })
    .await;
    assert_eq!(got(port, "/").await.0, "/fl%C3%BCgel/%E3%83%95?q=%C3%A9");
    assert_eq!(got(port, "/latin").await.0, "/fl%FCgel");
}

#[tokio::test]
async fn a_broken_line_of_a_head_spoils_no_other() {
    for broken in [
        "X Powered By: foo\r\n",
        "no colon at all\r\n",
        "X-Folded: one\r\n\ttwo\r\n",
        "X-Space : one\r\n",
        "X-\u{fc}: one\r\n",
        ": nothing\r\n",
    ] {
        let port =
            server(move |_| reply("200 OK", &format!("{broken}Content-Type: text/xml\r\n"), b"there")).await;
        assert_eq!(got(port, "/").await.0, "there", "{broken:?}");
    }
}

#[tokio::test]
async fn a_document_that_is_packed_without_a_word_is_unpacked_within_the_bound() {
    let small = gzip_bomb(1);
    let half = small[..small.len() / 2].to_vec();
    let bomb = gzip_bomb(64);
    let port = server(move |head| match path(head) {
        "/small" => reply("200 OK", "Content-Type: application/x-gzip\r\n", &small),
        "/half" => reply("200 OK", "", &half),
        "/no" => reply("200 OK", "", b"\x1f\x8b\x08 and no more"),
        _ => reply("200 OK", "", &bomb),
    })
    .await;
    assert_eq!(got(port, "/small").await.0.len(), 1 << 20);
    assert!((1..1 << 20).contains(&got(port, "/half").await.0.len()), "what came is there");
    let refused = fetch(&source(true), &format!("http://127.0.0.1:{port}/bomb")).await;
    assert!(matches!(refused, Err(FetchError::TooLarge { .. })), "{refused:?}");
    let no = fetch(&source(true), &format!("http://127.0.0.1:{port}/no")).await;
    assert!(matches!(no, Ok(Fetched::Document { bytes, .. }) if bytes.starts_with(b"\x1f\x8b")));
}

#[tokio::test]
async fn what_a_server_says_of_packing_is_not_believed() {
    use std::io::Write as _;
    let (feed, whole) = (b"<rss><channel/></rss>".as_slice(), 1 << 20);
    let packed = gzip_bomb(1);
    let zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    let raw = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    let (mut zlib, mut raw) = (zlib, raw);
    zlib.write_all(feed).unwrap();
    raw.write_all(feed).unwrap();
    let (zlib, raw) = (zlib.finish().unwrap(), raw.finish().unwrap());
    let mut twice = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    twice.write_all(&packed).unwrap();
    let twice = twice.finish().unwrap();
    let port = server(move |head| {
        let gzip = "Content-Encoding: gzip\r\n";
        match path(head) {
            "/plain" => reply("200 OK", gzip, feed),
            "/trailer" => reply("200 OK", gzip, &packed[..packed.len() - 6]),
            "/members" => reply("200 OK", gzip, &[&packed[..], &packed[..]].concat()),
            "/twice" => reply("200 OK", "Content-Encoding: gzip, gzip\r\n", &twice),
            "/zlib" => reply("200 OK", "Content-Encoding: deflate\r\n", &zlib),
            "/raw" => reply("200 OK", "Content-Encoding: Deflate\r\n", &raw),
            _ => reply("200 OK", "Content-Encoding: x-gzip\r\n", &packed),
        }
    })
    .await;
    for (path, bytes) in [
        ("/plain", feed.len()),
        ("/trailer", whole),
        ("/members", 2 * whole),
        ("/twice", whole),
        ("/zlib", feed.len()),
        ("/raw", feed.len()),
        ("/old", whole),
    ] {
        assert_eq!(got(port, path).await.0.len(), bytes, "{path}");
    }
}

/// A server that counts its bytes wrongly has sent all the same; half a
/// document is none.
#[tokio::test]
async fn an_answer_that_breaks_off_behind_its_document_is_read() {
    let port = server(|head| {
        let feed = if head.contains("/half") { "<rss><channel>" } else { "<rss><channel/></rss>\n" };
        let head = "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nConnection: close\r\n";
        format!("{head}Content-Length: 99\r\n\r\n{feed}").into_bytes()
    })
    .await;
    let source = source(true);
    match fetch(&source, &format!("http://127.0.0.1:{port}/whole")).await {
        Ok(Fetched::Document { bytes, validators, .. }) => {
            assert_eq!((bytes.len(), validators), (22, postbell::feeds::Validators::default()));
        }
        other => panic!("{other:?}"),
    }
    let half = fetch(&source, &format!("http://127.0.0.1:{port}/half")).await;
    assert!(matches!(half, Err(FetchError::Broken(_))), "{half:?}");
}

/// Some sites send each visitor around once, to see that the cookie comes back.
#[tokio::test]
async fn a_cookie_lasts_for_one_fetch_at_its_own_host() {
    let cookie = |head: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix("cookie: "));
        line.unwrap_or("none").to_owned()
    };
    let elsewhere = server(move |head| reply("200 OK", "", cookie(head).as_bytes())).await;
    let port = server(move |head| match (path(head), cookie(head).as_str()) {
        ("/away", _) => {
            let to = format!("Set-Cookie: seen=1\r\nLocation: http://localhost:{elsewhere}/\r\n");
            reply("302 Found", &to, b"")
        }
        ("/twice", "none") => reply("302 Found", "Set-Cookie: seen=0\r\nLocation: /twice\r\n", b""),
        (_, "none") | ("/twice", "seen=0") => reply(
            "302 Found",
            "Set-Cookie: seen=1; Path=/; HttpOnly\r\nSet-Cookie: b=2\r\nLocation: /twice\r\n",
            b"",
        ),
        (_, sent) => reply("200 OK", "", sent.as_bytes()),
    })
    .await;
    assert_eq!(got(port, "/").await.0, "seen=1; b=2");
    assert_eq!(got(port, "/twice").await.0, "seen=1; b=2");
    assert_eq!(got(port, "/away").await.0, "none");
}

/// Who keeps programs out is named, with what its owner can do.
#[tokio::test]
async fn a_bot_protection_is_told_from_a_site_that_refuses() {
    let port = server(|head| match path(head) {
        "/header" => reply("403 Forbidden", "Server: cloudflare\r\nCf-Mitigated: challenge\r\n", b""),
        "/page" => reply("503 Service", "Retry-After: 60\r\n", b"<p>Generated by <b>Wordfence</b></p>"),
        "/well" => reply("200 OK", "", b"<html><script id=anubis_challenge>{}</script></html>"),
        "/late" => reply("403 Forbidden", "", &[&[b' '; 200_000][..], b"wordfence"].concat()),
        "/gone" => reply("404 Not Found", "Cf-Mitigated: challenge\r\n", b"captcha"),
        _ => reply("403 Forbidden", "Server: cloudflare\r\n", b"<h1>Forbidden</h1>"),
    })
    .await;
    let asked =
        async |path: &str| fetch(&source(true), &format!("http://127.0.0.1:{port}{path}")).await.unwrap_err();
    let said = asked("/header").await.to_string();
    assert!(said.contains("403: Cloudflare") && said.contains("User-Agent begins with Postbell/"), "{said}");
    let page = asked("/page").await;
    let wordfence =
        FetchError::Guarded { wall: Wall("Wordfence"), status: 503, retry_after_seconds: Some(60) };
    assert_eq!(page, wordfence);
    let well = FetchError::Guarded { wall: Wall("Anubis"), status: 200, retry_after_seconds: None };
    assert_eq!(asked("/well").await, well);
    for (path, status) in [("/late", 403), ("/gone", 404), ("/own", 403)] {
        assert_eq!(asked(path).await, FetchError::Status { status, retry_after_seconds: None }, "{path}");
    }
}

#[tokio::test]
async fn a_site_learns_who_asks_and_where_they_live() {
    let port = server(|head| {
        let line = head.lines().find_map(|line| line.strip_prefix("user-agent: ")).unwrap_or("none");
        reply("200 OK", "", line.as_bytes())
    })
    .await;
    for (public_url, right) in [
        (Some("https://post.example"), "(feed reader; +https://post.example)"),
        (Some("https://post.example/\n"), "(feed reader)"),
        (None, "(feed reader)"),
    ] {
        let policy = FetchPolicy { allow_private: true, ..FetchPolicy::default() };
        let source = HttpSource::new(policy.living_at(public_url)).unwrap();
        match fetch(&source, &format!("http://127.0.0.1:{port}/")).await {
            Ok(Fetched::Document { bytes, .. }) => {
                let said = String::from_utf8(bytes).unwrap();
                assert!(said.starts_with("Postbell/") && said.ends_with(right), "{said}");
            }
            other => panic!("{other:?}"),
        }
    }
}
