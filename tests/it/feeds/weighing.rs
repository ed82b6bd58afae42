//! Large documents are in memory a few at a time.

use postbell::feeds::{FetchError, Fetched};

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
