//! Many who sign up at the same moment.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::support::server::TestServer;

/// R4: each is answered, and each is written down with a mail of its own.
#[tokio::test]
async fn a_crowd_that_signs_up_at_once_gets_a_mail_each() {
    const CROWD: usize = 200;
    let server = Arc::new(TestServer::start().await);
    server.opened.blog("musings").await;
    let mut asking = JoinSet::new();
    for n in 0..CROWD {
        let server = server.clone();
        asking.spawn(async move { server.sign_up("musings", &format!("r{n}@example.org")).await.status });
    }
    while let Some(status) = asking.join_next().await {
        assert_eq!(status.unwrap(), 202);
    }
    for table in ["subscribers", "subscriptions", "consents", "confirmations", "deliveries"] {
        assert_eq!(server.opened.rows(table).await, CROWD as i64, "{table}");
    }
    let mut reached: Vec<String> =
        server.deliver().await.into_iter().map(|mail| mail.head.recipient).collect();
    reached.sort();
    reached.dedup();
    assert_eq!(reached.len(), CROWD);
}
