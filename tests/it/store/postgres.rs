//! What only PostgreSQL has: a server that may not be there, and other
//! processes on the same database.

use std::sync::Arc;

use futures_util::future::join_all;
use postbell::domain::DeliveryKind;
use postbell::store::postgres::PostgresStore;
use postbell::store::{Blogs as _, NewDelivery, Outbox as _, Reports as _, StoreError};
use tokio::sync::Notify;

use crate::support::places::{OwnDatabase, Place};
use crate::support::stores::{self, DATABASE, Database, Opened, address, keys};

/// An empty store, and its database, which others may open too.
async fn here() -> (Opened, Arc<OwnDatabase>) {
    let opened = DATABASE.scope(Database::Postgres, stores::here()).await;
    let Place::Postgres(own) = opened.place.clone() else { panic!("it runs on PostgreSQL") };
    (opened, own)
}

#[tokio::test]
async fn several_nodes_may_migrate_at_once_and_again() {
    let own = OwnDatabase::bare().await;
    let migrate = || async {
        let store = PostgresStore::open(&own.url, keys()).await.unwrap();
        store.migrate().await.unwrap();
        store
    };
    let (one, _, _, _) = tokio::join!(migrate(), migrate(), migrate(), migrate());
    one.migrate().await.unwrap();
    one.probe().await.unwrap();
    one.close().await;
    assert!(matches!(one.probe().await, Err(StoreError::Unavailable(_))), "it is closed");
}

#[tokio::test]
async fn a_database_that_was_not_migrated_is_broken_and_a_server_that_is_not_there_unavailable() {
    let own = OwnDatabase::bare().await;
    let store = PostgresStore::open(&own.url, keys()).await.unwrap();
    assert!(matches!(store.probe().await, Err(StoreError::Broken(_))));
    let nobody = format!("postgres://127.0.0.1:{}/x", crate::support::ports::free());
    assert!(matches!(PostgresStore::open(&nobody, keys()).await, Err(StoreError::Unavailable(_))));
    let missing = own.url.replace("test_", "no_test_");
    assert!(matches!(PostgresStore::open(&missing, keys()).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(
        PostgresStore::open("postgres://x/y?sslmode=no", keys()).await,
        Err(StoreError::Broken(_))
    ));
}

/// R10
#[tokio::test]
async fn a_database_that_may_only_be_read_is_unavailable_until_it_may_be_written() {
    let (opened, own) = here().await;
    let set = |on: &str| format!("ALTER DATABASE {} SET default_transaction_read_only = {on}", own.name());
    opened.raw(&set("on")).await.unwrap();
    let store = PostgresStore::open(&own.url, keys()).await.unwrap();
    assert!(matches!(store.probe().await, Err(StoreError::Unavailable(_))));
    opened.raw(&set("off")).await.unwrap();
    PostgresStore::open(&own.url, keys()).await.unwrap().probe().await.unwrap();
}

/// R10
#[tokio::test]
async fn connections_that_the_server_ended_are_replaced() {
    let (opened, _) = here().await;
    let blog = opened.blog("first").await;
    let ended = opened.number(ALL_OTHERS).await;
    assert!(ended >= 1, "the store had a connection");
    // One call may meet a connection that had just been used.
    let mut looks = Vec::new();
    for _ in 0..20 {
        looks.push(opened.store.get_blog(blog.id).await);
    }
    assert!(looks.last().is_some_and(Result::is_ok));
    let failed = looks.iter().filter(|look| look.is_err()).count();
    assert!(failed <= usize::try_from(ended).unwrap(), "{failed} of {ended}");
    let is_told = |look: &Result<_, StoreError>| !matches!(look, Err(StoreError::Broken(_)));
    assert!(looks.iter().all(is_told), "{looks:?}");
}

/// Six processes fit into the 100 connections that PostgreSQL allows as it
/// comes, and a sender's work keeps to few of them, whose caches stay warm.
#[tokio::test]
async fn a_process_opens_sixteen_connections_at_most_and_sends_over_five() {
    let (opened, own) = here().await;
    let blog = opened.blog("first").await;
    let process = PostgresStore::open(&own.url, keys()).await.unwrap();
    let before = opened.number(CONNECTIONS).await;
    let sending = async || {
        let claiming = (0..50).map(|_| process.claim("node", stores::NOW, stores::NOW, 1));
        let noting = (0..50).map(|_| process.note_settlements("node", &[], stores::NOW));
        let (claimed, noted) = tokio::join!(join_all(claiming), join_all(noting));
        assert!(claimed.iter().all(Result::is_ok) && noted.iter().all(Result::is_ok));
    };
    sending().await;
    assert_eq!(opened.number(CONNECTIONS).await - before, 5);
    let looks = join_all((0..200).map(|_| process.get_blog(blog.id)));
    let writes = join_all((0..200).map(|_| process.look_soon(blog.id, stores::NOW)));
    let (looks, writes, ()) = tokio::join!(looks, writes, sending());
    assert!(looks.iter().all(Result::is_ok) && writes.iter().all(Result::is_ok));
    assert_eq!(opened.number(CONNECTIONS).await - before, 15, "one was there before");
    process.close().await;
}

const CONNECTIONS: &str = "SELECT COUNT(*) FROM pg_stat_activity \
    WHERE datname = current_database() AND application_name = 'postbell'";

/// What a claim reads must not grow with the queue.
#[tokio::test]
async fn a_claim_walks_the_index_of_what_is_due_and_not_the_whole_queue() {
    let (opened, own) = here().await;
    opened.blog("first").await;
    for statement in [
        "INSERT INTO mailings (blog_id, kind, status, title, created_at, content) \
         SELECT id, 'post', 'sending', 'News', 0, '{}' FROM blogs",
        "INSERT INTO singles (kind, priority, mailing_id, blog_id, status, queued_at, next_attempt_at) \
         SELECT 'post', 5, id, blog_id, 'queued', 0, 0 FROM mailings CROSS JOIN generate_series(1, 60000)",
        "ANALYZE",
    ] {
        opened.raw(statement).await.unwrap();
    }
    let sending = PostgresStore::open(&own.url, keys()).await.unwrap();
    let claimed = sending.claim("node", stores::NOW, stores::NOW.plus_ms(60_000), 100).await.unwrap();
    assert_eq!(claimed.len(), 100);
    // A connection tells what it read when it ends.
    sending.close().await;
    let mut read = 0;
    while read < 100 {
        tokio::task::yield_now().await;
        read = opened.number(READ_OF_DELIVERIES).await;
    }
    assert!(read < 1_000, "{read} rows and entries of an index were read for 100 of 60,000");
}

const READ_OF_DELIVERIES: &str = "SELECT CAST(t.seq_tup_read + SUM(i.idx_tup_read) AS BIGINT) \
    FROM pg_stat_user_tables t JOIN pg_stat_user_indexes i ON i.relid = t.relid \
    WHERE t.relname = 'singles' GROUP BY t.seq_tup_read";

const ALL_OTHERS: &str = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

#[tokio::test]
async fn a_mail_that_another_process_queues_is_told_also_after_the_connection_was_lost() {
    let (opened, own) = here().await;
    let listening = PostgresStore::open(&own.url, keys()).await.unwrap();
    let told = Arc::new(Notify::new());
    let ring = told.clone();
    let task = tokio::spawn(async move { listening.listen(|| ring.notify_one()).await });
    told.notified().await; // it listens
    let mail = NewDelivery {
        kind: DeliveryKind::Test,
        blog_id: None,
        subscription_id: None,
        subscriber_id: None,
        to: Some(address("a@example.org")),
        payload: None,
    };
    let now = stores::NOW;
    opened.store.enqueue(&mail, now).await.unwrap();
    told.notified().await;
    opened.number(ALL_OTHERS).await;
    told.notified().await; // it listens again, and says so
    let sending = PostgresStore::open(&own.url, keys()).await.unwrap();
    sending.enqueue(&mail, now).await.unwrap();
    told.notified().await;
    task.abort();
}
