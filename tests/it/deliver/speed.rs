//! How fast mails leave. A figure for people, not a check: it is left out of
//! the usual run.

use std::sync::Arc;
use std::time::Instant;

use postbell::deliver::Turn;
use postbell::mail::smtp::SmtpTransport;
use tokio::task::JoinSet;

use super::{Rig, settings};
use crate::support::smtp_sink::SmtpSink;
use crate::support::stores::NOW;

/// `cargo test --release --test it -- --ignored --nocapture five_thousand`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn five_thousand_mails_over_ten_connections_to_smtp_sink() {
    let sink = SmtpSink::start();
    let clock = Arc::new(postbell::clock::ManualClock::at(NOW));
    let transport = SmtpTransport::new(settings(sink.port(), 10), clock.clone()).unwrap();
    let mut rig = Rig::over(Arc::new(transport), clock).await;
    let (blog, _) = rig.blog("first", 5_000).await;
    rig.post(&blog, "A post").await;
    let began = Instant::now();
    let mut working = JoinSet::new();
    for mut line in rig.connections.drain(..) {
        working.spawn(async move { while line.turn().await == Turn::Worked {} });
    }
    while let Some(done) = working.join_next().await {
        done.unwrap();
    }
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!(rig.queued().await, 0);
    println!("5,000 mails in {seconds:.1} s: {:.0} a second", 5_000.0 / seconds);
}
