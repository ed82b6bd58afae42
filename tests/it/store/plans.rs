//! What a statement reads grows with what it gives, whatever PostgreSQL knows
//! of the tables: their plans are made while an instance is young, and may be
//! kept for ever.

use postbell::domain::{
    Change, ConsentKind, DeliveryId, DeliveryKind, Evidence, Reply, Timestamp, Transition, sign_up_step,
};
use postbell::store::postgres::PostgresStore;
use postbell::store::{
    Mailings as _, Outbox as _, SETTLED_AT_ONCE, Settled, Settlement, SignedUp, Subscriptions as _,
};

use super::mailing;
use crate::support::places::Place;
use crate::support::stores::{self, DATABASE, Database, NOW, Opened, keys, sign_up};

/// What PostgreSQL has counted of the tables when it makes its plans.
#[derive(Clone, Copy, Debug)]
enum Counted {
    /// Nothing, ever.
    Never,
    /// That they are empty.
    Empty,
    /// Some twenty rows.
    Young,
    /// All rows, of a full instance.
    Full,
}

/// Followers of the grown instance; of each third something is noted.
const FOLLOWERS: i64 = 30_000;
/// Rows of one table, or entries of one index, that may be read for the some
/// hundred rows that are given.
const MOST: i64 = 8_000;

#[tokio::test]
async fn no_plan_of_a_young_instance_reads_a_grown_one_through() {
    for counted in [Counted::Never, Counted::Empty, Counted::Young, Counted::Full] {
        DATABASE.scope(Database::Postgres, grown(counted)).await;
    }
}

async fn grown(counted: Counted) {
    let opened = stores::here().await;
    let Place::Postgres(own) = opened.place.clone() else { panic!("it runs on PostgreSQL") };
    // Nobody counts but this test.
    for table in opened.texts("SELECT relname FROM pg_stat_user_tables").await {
        opened.raw(&format!("ALTER TABLE {table} SET (autovacuum_enabled = false)")).await.unwrap();
    }
    let analyze = async || opened.raw("ANALYZE").await.unwrap();
    if let Counted::Empty = counted {
        // Notes came and went, but for the last one.
        for statement in [
            "INSERT INTO notes (node, facts) SELECT 'other', '[]' FROM generate_series(1, 10000) n",
            "DELETE FROM notes WHERE id <= 9999",
            "VACUUM notes",
        ] {
            opened.raw(statement).await.unwrap();
        }
        analyze().await;
    }
    let blog = opened.blog("tide").await;
    let first = mailing(&opened, &blog, "first").await;
    let others = opened.number(CONNECTIONS).await;
    let process = PostgresStore::open(&own.url, keys()).await.unwrap();
    if let Counted::Full = counted {
        grow(&opened).await;
        analyze().await;
    }
    // From the sixth time on a plan is kept.
    for round in 0..8 {
        let now = NOW.plus_ms(round * 60_000);
        work(&opened, &process, &format!("young{round}"), now, 3).await;
        process.fan_out(first, 2, now).await.unwrap();
    }
    if let Counted::Young = counted {
        analyze().await;
        for round in 8..16 {
            work(&opened, &process, &format!("young{round}"), NOW.plus_ms(round * 60_000), 3).await;
            process.fan_out(first, 2, NOW.plus_ms(round * 60_000)).await.unwrap();
        }
    }
    if !matches!(counted, Counted::Full) {
        grow(&opened).await;
    }
    // What was read until now is told before.
    opened.texts("SELECT CAST(pg_stat_force_next_flush() AS TEXT)").await;
    let before = reads(&opened).await;
    let rows = 40;
    work(&opened, &process, "grown", NOW.plus_ms(3_600_000), rows).await;
    let second = mailing(&opened, &blog, "second").await;
    process.fan_out(second, 100, NOW.plus_ms(3_600_000)).await.unwrap();
    // Connections tell what they read when they end.
    process.close().await;
    while opened.number(CONNECTIONS).await > others {
        tokio::task::yield_now().await;
    }
    for (name, read) in reads(&opened).await {
        let read = read - before.iter().find(|(its, _)| *its == name).map_or(0, |(_, read)| *read);
        assert!(read < MOST, "{counted:?}: {read} rows or entries of {name} were read");
    }
}

/// All that sending and signing up ask, about so many people.
async fn work(opened: &Opened, process: &PostgresStore, name: &str, now: Timestamp, rows: u32) {
    let blog = opened.store.find_blog("tide").await.unwrap().unwrap();
    let sign_ups: Vec<_> =
        (0..rows).map(|n| sign_up(&blog, &format!("{name}.{n}@example.org"), now)).collect();
    for signed_up in process.sign_up_all(&sign_ups, &sign_up_step, now).await {
        let SignedUp::Accepted { subscription_id, .. } = signed_up.unwrap() else {
            panic!("there is no limit")
        };
        let confirmed = Transition {
            change: Change::Activate,
            consent: ConsentKind::Confirmed,
            mail: Some(DeliveryKind::Welcome),
        };
        process.transition(subscription_id, &|_| Some(confirmed), &Evidence::default(), now).await.unwrap();
    }
    let until = now.plus_ms(30_000);
    let claimed: Vec<DeliveryId> =
        process.claim(name, now, until, 3 * rows).await.unwrap().iter().map(|one| one.id).collect();
    assert!(claimed.len() >= 2 * rows as usize, "{}", claimed.len());
    process.recheck(name, &claimed, now).await.unwrap();
    process.renew(name, &claimed, until).await.unwrap();
    let reply = || Reply { code: Some(250), enhanced: None, text: "ok".into() };
    let settled = |n: usize| match n % 4 {
        0 => Settled::Retry { at: now.plus_ms(1_000), reply: reply() },
        1 => Settled::GivenBack { at: now },
        _ => Settled::Sent { reply: reply() },
    };
    let facts: Vec<_> =
        claimed.iter().enumerate().map(|(n, id)| Settlement { id: *id, settled: settled(n) }).collect();
    process.note_settlements(name, &facts, now).await.unwrap();
    process.apply_settlements(name, SETTLED_AT_ONCE).await.unwrap();
}

/// An instance that grew, with a post that waits to be sent and notes of
/// another process.
async fn grow(opened: &Opened) {
    for statement in [
        "INSERT INTO subscribers (address, address_key, address_hash, created_at) \
         SELECT a, a, a, 0 FROM (SELECT 'grown' || n || '@example.org' AS a FROM generate_series(1, FOLLOWERS) n) g",
        "INSERT INTO subscriptions (blog_id, subscriber_id, status, frequency, created_at, confirmed_at, active_since) \
         SELECT b.id, s.id, 'active', 'instant', 0, 0, 0 FROM blogs b, subscribers s WHERE s.address LIKE 'grown%'",
        "INSERT INTO consents (at, kind, blog_id, subscription_id, subscriber_id) \
         SELECT 0, 'confirmed', blog_id, id, subscriber_id FROM subscriptions WHERE created_at = 0",
        "INSERT INTO suppressions (address_hash, reason, created_at) \
         SELECT 'gone' || n, 'bounced', 0 FROM generate_series(1, FOLLOWERS) n",
        "INSERT INTO confirmations (canonical_hash, blog_id, at, counted, bound, address_hash) \
         SELECT address_hash, 1, 0, 1, 'question', address_hash FROM subscribers WHERE created_at = 0",
        "INSERT INTO limits (bucket, window_start, count) SELECT 'place' || n, 0, 1 FROM generate_series(1, FOLLOWERS) n",
        "INSERT INTO mailings (blog_id, kind, status, title, created_at, content) \
         SELECT b.id, 'post', 'sending', t.title, 0, '{}' FROM blogs b, (VALUES ('Grown'), ('Blocks')) AS t (title)",
        // Two of them: one by one, as of an older version, and by the block. Another
        // process sends a part of them.
        "INSERT INTO singles (kind, priority, mailing_id, blog_id, subscription_id, status, queued_at, \
             lease_owner, next_attempt_at) \
         SELECT 'post', 5, m.id, m.blog_id, s.id, 'queued', 0, CASE WHEN s.id % 3 = 0 THEN 'other' END, \
             CASE WHEN s.id % 3 = 0 THEN 9000000000000 ELSE 0 END \
         FROM mailings m, subscriptions s WHERE m.title = 'Grown' AND s.created_at = 0",
        "INSERT INTO blocks (kind, priority, mailing_id, blog_id, first_subscription_id, last_subscription_id, \
             open, queued_at, lease_owner, next_attempt_at, states, readers) \
         SELECT 'post', 5, m.id, m.blog_id, MIN(s.id), MAX(s.id), COUNT(*), 0, \
             CASE WHEN s.id / 64 % 3 = 0 THEN 'other' END, \
             CASE WHEN s.id / 64 % 3 = 0 THEN 9000000000000 ELSE 0 END, repeat('q', COUNT(*)::int), \
             string_agg(s.id::text, ',' ORDER BY s.id) \
         FROM mailings m, subscriptions s WHERE m.title = 'Blocks' AND s.created_at = 0 \
         GROUP BY m.id, m.blog_id, s.id / 64",
        "INSERT INTO notes (node, facts) \
         SELECT 'other', '[' || string_agg('[' || id || ',\"other\",0,\"sent\",null,1,null,250,null,\"ok\",0]', ',') || ']' \
         FROM singles WHERE lease_owner = 'other' AND id % 30 = 0 GROUP BY id / 100",
    ] {
        opened.raw(&statement.replace("FOLLOWERS", &FOLLOWERS.to_string())).await.unwrap();
    }
}

/// What was read of each table and by each index, in rows.
async fn reads(opened: &Opened) -> Vec<(String, i64)> {
    let mut reads = Vec::new();
    for name in opened.texts("SELECT relname FROM pg_stat_user_tables ORDER BY relname").await {
        let read = opened.number(&format!("SELECT CAST(COALESCE(seq_tup_read, 0) AS BIGINT) FROM pg_stat_user_tables WHERE relname = '{name}'")).await;
        reads.push((name, read));
    }
    for name in opened.texts("SELECT indexrelname FROM pg_stat_user_indexes ORDER BY indexrelname").await {
        let read = opened
            .number(&format!("SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = '{name}'"))
            .await;
        reads.push((name, read));
    }
    reads
}

const CONNECTIONS: &str = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
    AND application_name = 'postbell'";
