//! What strangers do stands in the log once a minute, however often they do it.

use postbell::bounds::Sum;
use postbell::feedback::providers::proof::{Password, Proofs};
use postbell::web::Bounds;

use crate::support::server::TestServer;
use crate::support::told::Told;

/// S20
#[tokio::test]
async fn a_stranger_does_not_write_the_log_full() {
    let told = Told::default();
    let log = tracing_subscriber::fmt().with_writer(told.clone()).with_ansi(false).finish();
    let _guard = tracing::subscriber::set_default(log);
    let server = TestServer::with(|setup| {
        setup.proofs =
            Proofs { postmark: vec![Password::Header("secret".to_owned().into())], ..Proofs::default() };
        setup.bounds = Bounds { bodies: Sum::new(1_000, 1_000), small_bytes: 0, ..Bounds::default() };
    })
    .await;
    server.fed_blog("tea", "Tea").await;
    let ping = "<methodCall><methodName>weblogUpdates.ping</methodName><params><param><value>Tea</value></param>\
                <param><value>https://tea.example/</value></param></params></methodCall>";
    let all = async || {
        let report = server.ask("POST", "/hooks/bounces/postmark").header("x-postbell-secret", "guess");
        assert_eq!(report.body("application/json", "{}").send().await.status, 403);
        assert_eq!(server.ask("POST", "/hooks/ping").body("text/xml", ping).send().await.status, 200);
        let large = server.ask("POST", "/manage").body("application/json", "a".repeat(1_000));
        assert_eq!(large.send().await.status, 503);
    };
    for _ in 0..20 {
        all().await;
    }
    let lines = |what: &str| told.text().lines().filter(|line| line.contains(what)).count();
    let kinds =
        ["a provider's report was refused", "a blog says that it has something new", "too much came at once"];
    for kind in kinds {
        assert_eq!(lines(kind), 1, "{}", told.text());
    }
    let before = told.text().lines().count();
    all().await;
    assert_eq!(told.text().lines().count(), before, "{}", told.text());
    server.clock.advance_seconds(60);
    all().await;
    for kind in kinds {
        assert_eq!(lines(kind), 2, "{}", told.text());
    }
    assert_eq!(lines("untold=20"), 3, "{}", told.text());
}
