//! The conformance suite of the store: each case runs on each database.

mod blocks;
mod blogs;
mod corrections;
mod feedback;
mod health;
mod import;
mod left;
mod limits;
mod mailbox;
mod mailings;
mod model;
mod nodes;
mod outbox;
mod plans;
mod postgres;
mod posts;
mod proof;
mod rates;
mod relays;
mod reports;
mod rests;
mod sign_up;
mod subscriptions;
mod suppressions;
mod together;
mod transition;
mod upkeep;

use std::sync::Arc;

use postbell::domain::{Blog, Decision, DeliveryStatus, Identity, Mailing, MailingId, PostId};
use postbell::store::sqlite::SqliteStore;
use postbell::store::{FoundPost, Look, LookOutcome, PostFilter, StoreError};

use crate::support::stores::{NOW, Opened, content, here, keys, open};

/// An item of a feed.
fn found(id: &str, decision: Decision) -> FoundPost {
    FoundPost {
        identity: Identity::of(Some(id), None, "", ""),
        link: Some(format!("https://blog.example/{id}")),
        title: format!("Post {id}"),
        published_at: None,
        zone_minutes: None,
        decision,
        reason: "it is new".into(),
        due_at: (decision == Decision::Waiting).then_some(NOW.plus_ms(60_000)),
    }
}

/// Records one item as a look would, and answers its row.
async fn post(opened: &Opened, blog: &Blog, id: &str, decision: Decision) -> PostId {
    let outcome = LookOutcome::Read {
        etag: None,
        last_modified: None,
        posts: vec![found(id, decision)],
        respelled: Vec::new(),
        notice: None,
        moved_to: None,
        gap: None,
    };
    let (feed_url, next_check_at) = (blog.feed_url.clone(), NOW.plus_ms(900_000));
    let look = Look { blog_id: blog.id, feed_url, began_at: NOW, outcome, back: None, next_check_at };
    assert_eq!(opened.store.record_look(&look, NOW).await.unwrap(), 1);
    let identity = Identity::of(Some(id), None, "", "");
    let posts =
        opened.store.list_posts(PostFilter { blog_id: Some(blog.id), decision: None }, 1000).await.unwrap();
    posts.into_iter().find(|post| post.identity == identity).unwrap().id
}

/// A mailing of one post, made at `NOW`.
async fn mailing(opened: &Opened, blog: &Blog, id: &str) -> MailingId {
    let post = post(opened, blog, id, Decision::Held).await;
    opened
        .store
        .mail_post(post, Decision::Held, &content(id), &"approved".into(), NOW)
        .await
        .unwrap()
        .unwrap()
}

/// The mailing as it is now.
async fn see(opened: &Opened, id: MailingId) -> Mailing {
    opened.store.get_mailing(id).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_file_is_made_with_its_folder_and_migrated_as_often_as_one_likes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep").join("er").join("postbell.db");
    let store = SqliteStore::open(&path, keys()).await.unwrap();
    store.migrate().await.unwrap();
    store.migrate().await.unwrap();
    // It holds addresses: nobody else on the machine reads them.
    for name in ["postbell.db", "postbell.db-wal"] {
        let rights = std::fs::metadata(path.with_file_name(name)).unwrap().permissions();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&rights) & 0o777, 0o600, "{name}");
    }
    store.close().await;
    assert!(path.is_file());
    let shared: Arc<dyn postbell::store::Store> = Arc::new(store);
    assert!(matches!(shared.probe().await, Err(StoreError::Unavailable(_))), "it is closed");
}

#[tokio::test]
async fn one_process_serves_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("postbell.db");
    let lock = SqliteStore::lock_serving(&path).unwrap();
    assert!(matches!(SqliteStore::lock_serving(&path), Err(StoreError::Unavailable(_))));
    assert!(folder.path().join("postbell.db.lock").is_file());
    drop(lock);
    SqliteStore::lock_serving(&path).unwrap();
}

/// What a version before the file of notes had noted and not written down.
#[tokio::test]
async fn notes_of_an_older_version_go_into_their_deliveries() {
    let opened = here().await;
    let blog = opened.blog("first").await;
    opened.sign_up(&blog, "ann@example.com", NOW).await;
    let claimed = opened.store.claim("old", NOW, NOW.plus_ms(60_000), 10).await.unwrap();
    for undo in [
        "DELETE FROM _sqlx_migrations WHERE version IN (11, 24)",
        "DROP INDEX mailings_unfolded",
        "ALTER TABLE mailings DROP COLUMN folded_to",
        "ALTER TABLE mailings DROP COLUMN is_folded",
        "DROP VIEW deliveries",
        "DROP VIEW placed",
        "DROP TABLE blocks",
        "DROP INDEX singles_leased",
        "DROP INDEX singles_due",
        "ALTER TABLE singles RENAME TO deliveries",
        "CREATE INDEX deliveries_due ON deliveries (id)",
    ] {
        opened.raw(undo).await.unwrap();
    }
    let older = include_str!("../../migrations/sqlite/0008_note_settlements.sql");
    opened.raw(older.split("-- They are counted").next().unwrap()).await.unwrap();
    let note = format!(
        "INSERT INTO settlements VALUES ({}, 'old', {}, 'sent', NULL, 1, NULL, 250, NULL, 'taken', 0)",
        claimed[0].id,
        NOW.as_millis()
    );
    opened.raw(&note).await.unwrap();
    let opened = open(opened.place.clone(), keys()).await;
    let row = opened.store.get_delivery(claimed[0].id).await.unwrap().unwrap();
    assert_eq!((row.status, row.attempts, row.reply.text.as_str()), (DeliveryStatus::Sent, 1, "taken"));
    assert_eq!(opened.number("SELECT count FROM tallies WHERE status = 'sent'").await, 1);
    assert_eq!(opened.number("SELECT COUNT(*) FROM sqlite_master WHERE name = 'settlements'").await, 0);
}

#[tokio::test]
async fn a_database_that_was_not_migrated_is_broken_and_a_missing_disk_unavailable() {
    use postbell::store::Reports as _;
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("new.db"), keys()).await.unwrap();
    assert!(matches!(store.probe().await, Err(StoreError::Broken(_))));
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refused = SqliteStore::open(&file.join("postbell.db"), keys()).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn a_log_that_cannot_be_written_is_unavailable_until_it_can() {
    use postbell::store::Blogs as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("postbell.db");
    let store = SqliteStore::open(&path, keys()).await.unwrap();
    store.migrate().await.unwrap();
    let blog = store
        .add_blog(&crate::support::stores::new_blog("first"), &[], (None, None), NOW, NOW)
        .await
        .unwrap();
    store.close().await;
    // As root nothing is read-only; a folder in the place of the log is in the way of anybody.
    std::fs::create_dir(folder.path().join("postbell.db-wal")).unwrap();
    let refused = SqliteStore::open(&path, keys()).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
    std::fs::remove_dir(folder.path().join("postbell.db-wal")).unwrap();
    let store = SqliteStore::open(&path, keys()).await.unwrap();
    assert_eq!(store.get_blog(blog.id).await.unwrap().unwrap().slug, blog.slug);
}
