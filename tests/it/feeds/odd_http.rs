//! Answers that bend the rules of HTTP as servers of blogs do.

use postbell::feeds::{FetchError, Fetched};

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
        there => reply("200 OK", "", there.as_bytes()),
    })
    .await;
    assert_eq!(got(port, "/").await.0, "/fl%C3%BCgel/%E3%83%95?q=%C3%A9");
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
