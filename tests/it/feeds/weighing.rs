//! Large documents are in memory a few at a time.

use std::time::Duration;

use postbell::feeds::http::{FetchPolicy, HttpSource};
use postbell::feeds::{FetchError, Fetched};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::http::{fetch, gzip_bomb, reply, server, source};

fn is_heavy(fetched: &Result<Fetched, FetchError>) -> bool {
    let Ok(Fetched::Document { weight, .. }) = fetched else { panic!("{fetched:?}") };
    weight.is_heavy()
}

/// S20
#[tokio::test]
async fn the_ninth_large_document_waits_until_one_is_dropped_and_a_small_one_does_not() {
    let (large, packed) = (vec![b' '; 2 << 20], gzip_bomb(2));
    let port = server(move |head| {
        let body = if head.starts_with("GET /packed") { &packed } else { &large };
        reply("200 OK", "", body)
    })
    .await;
    let small = server(|_| reply("200 OK", "", b"<rss/>")).await;
    let source = source(true);
    let (large, packed, small) = (
        format!("http://127.0.0.1:{port}/large"),
        format!("http://127.0.0.1:{port}/packed"),
        format!("http://127.0.0.1:{small}/"),
    );
    let mut kept = vec![fetch(&source, &packed).await];
    for _ in 1..8 {
        kept.push(fetch(&source, &large).await);
    }
    assert!(kept.iter().all(is_heavy), "two megabytes, as they came or unpacked");
    let (asking, at) = (source.clone(), large.clone());
    let ninth = tokio::spawn(async move { fetch(&asking, &at).await });
    for _ in 0..100 {
        assert!(!is_heavy(&fetch(&source, &small).await));
    }
    assert!(!ninth.is_finished(), "it waits");
    kept.pop();
    assert!(is_heavy(&ninth.await.unwrap()));
}

/// R18: who drips keeps the place of a large document for a short time.
#[tokio::test]
async fn a_large_document_that_drips_gives_its_place_back() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut peer, _)) = listener.accept().await {
            let _ = peer.read(&mut [0; 4096]).await;
            let _ = peer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n").await;
            let _ = peer.write_all(&[b' '; 2_000_000]).await;
            held.push(peer);
        }
    });
    let large = Duration::from_millis(200);
    let policy = FetchPolicy { allow_private: true, large, at_once: 9, ..FetchPolicy::default() };
    let source = HttpSource::new(policy).unwrap();
    let at = format!("http://127.0.0.1:{port}/");
    let looks = (0..9).map(|_| fetch(&source, &at));
    let all = futures_util::future::join_all(looks);
    // The whole fetch would have a minute.
    let said = tokio::time::timeout(Duration::from_secs(30), all).await.expect("their places are given back");
    assert!(said.iter().all(|said| *said == Err(FetchError::Timeout)), "{said:?}");
}
