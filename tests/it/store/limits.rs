//! What is counted at each request is found by an index, however much there is.

use crate::support::stores::{DATABASE, Database, Opened};

crate::for_each_store!(no_statement_walks_the_counters_of_a_million_places,);

/// S2, S19
async fn no_statement_walks_the_counters_of_a_million_places(opened: Opened) {
    let is_sqlite = DATABASE.get() == Database::Sqlite;
    let numbers = match is_sqlite {
        true => {
            "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT i FROM n)"
        }
        false => "(SELECT i::bigint FROM generate_series(1, 1000000) i)",
    };
    let fill = [
        format!("INSERT INTO limits SELECT 'follow:' || i, 3600000 * (i % 50), 1 FROM {numbers} AS n"),
        format!(
            "INSERT INTO confirmations (canonical_hash, blog_id, at, counted, bound) \
             SELECT 'hash' || (i / 9), 1, i, i % 2, 'question' FROM {numbers} AS n"
        ),
    ];
    for statement in fill {
        opened.raw(&statement).await.unwrap();
    }
    opened.raw("ANALYZE").await.unwrap();
    let (source, row) = match is_sqlite {
        true => (include_str!("../../../src/store/sqlite/dialect.rs"), "rowid IN (SELECT rowid FROM "),
        false => {
            (include_str!("../../../src/store/postgres/dialect.rs"), "ctid = ANY(ARRAY(SELECT ctid FROM ")
        }
    };
    let ends = row.matches('(').count();
    let old = "limits WHERE window_start < $1 ORDER BY window_start LIMIT $2";
    let past = "confirmations WHERE at < $1 ORDER BY at LIMIT $2";
    let upsert = "INSERT INTO limits (bucket, window_start, count) SELECT bucket, $2, 0 FROM ";
    let counted = "SELECT COUNT(*) FROM confirmations c WHERE c.canonical_hash = ";
    for (source, text) in [
        (source, row),
        (include_str!("../../../src/store/sql/upkeep.rs"), old),
        (include_str!("../../../src/store/sql/upkeep.rs"), past),
        (include_str!("../../../src/store/sql/asking.rs"), upsert),
        (include_str!("../../../src/store/sql/caused.rs"), counted),
    ] {
        assert!(source.contains(text), "the statement is another now: {text}");
    }
    for statement in [
        format!("DELETE FROM limits WHERE {row}{old}{}", ")".repeat(ends)),
        format!(
            "{upsert}(SELECT CAST($1 AS TEXT) AS bucket) AS line WHERE TRUE \
             ON CONFLICT (bucket, window_start) DO UPDATE SET count = limits.count RETURNING bucket"
        ),
        format!("{counted}$1 AND c.counted = 1 AND c.at > $2 AND c.used_at IS NULL"),
        format!("DELETE FROM confirmations WHERE {row}{past}{}", ")".repeat(ends)),
    ] {
        let plan = opened.plan(&statement).await;
        for walk in
            ["Seq Scan on limits", "Seq Scan on confirmations", "SCAN limits", "SCAN confirmations", "SCAN c"]
        {
            let walks = plan
                .lines()
                .any(|line| line.trim_end().ends_with(walk) || line.contains(&format!("{walk} ")));
            assert!(!walks, "{statement}\n{plan}");
        }
    }
}
