//! What PostgreSQL spells otherwise than SQLite, for the statements in
//! `store/sql`: many write at once, so what is read and then written is locked.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::Tx;
use crate::store::Result;

/// Whether others may write between two statements of a transaction.
pub(super) const HAS_MANY_WRITERS: bool = true;

/// `column` is one of the numbers bound as this parameter.
macro_rules! in_numbers {
    ($parameter:literal) => {
        concat!("= ANY(", $parameter, ")")
    };
}
/// The same for texts.
macro_rules! in_texts {
    ($parameter:literal) => {
        concat!("= ANY(", $parameter, ")")
    };
}
/// The column is one of those that this selects, which are looked for first.
macro_rules! in_these {
    ($select:literal) => {
        concat!("= ANY(ARRAY(", $select, "))")
    };
    ($first:literal, $test:expr, $last:literal) => {
        concat!("= ANY(ARRAY(", $first, $test, $last, "))")
    };
}
/// Holds the rows that are read until the transaction ends. Without `and key`
/// rows that refer to them can still be written.
macro_rules! for_update {
    () => {
        " FOR NO KEY UPDATE"
    };
    (of $table:literal) => {
        concat!(" FOR NO KEY UPDATE OF ", $table)
    };
    (and key) => {
        " FOR UPDATE"
    };
    (key share) => {
        " FOR KEY SHARE"
    };
    (skip locked) => {
        " FOR UPDATE SKIP LOCKED"
    };
}
/// The row is one of these; for tables that have no number. As an array, since
/// a join with the list would walk the table.
macro_rules! among {
    ($of:literal) => {
        concat!("ctid = ANY(ARRAY(SELECT ctid FROM ", $of, "))")
    };
}
/// Contains a text, whatever the case of its ASCII letters: columns have the
/// collation "C", which knows no others.
macro_rules! like {
    () => {
        "ILIKE"
    };
}
/// Elements of a list, which is bound as JSON: `position` and `value`.
macro_rules! each {
    ($parameter:literal) => {
        concat!(
            "(SELECT position, value FROM jsonb_array_elements(",
            $parameter,
            "::jsonb) WITH ORDINALITY AS e (value, position)) AS element"
        )
    };
}
/// The seal of a new row.
macro_rules! seal {
    () => {
        "random_seal()"
    };
}
/// A row of the tally of this status: they are summed.
macro_rules! one_tally {
    ($status:literal) => {
        concat!(
            "status = ",
            $status,
            " AND slot = (SELECT MIN(slot) FROM tallies WHERE status = ",
            $status,
            ")"
        )
    };
}
/// Adds to the tally: status, slot, count.
macro_rules! tally {
    () => {
        "INSERT INTO tallies (status, slot, count) VALUES ($1, $2, $3) \
         ON CONFLICT (status, slot) DO UPDATE SET count = tallies.count + excluded.count"
    };
}
/// Writes a list of facts, which is bound as JSON, into deliveries with a row
/// of their own.
macro_rules! apply_singles {
    () => {
        "WITH fact AS MATERIALIZED (SELECT CAST(value ->> 'id' AS BIGINT) AS id, value ->> 'node' AS node, \
                 CAST(value ->> 'at' AS BIGINT) AS at, value ->> 'status' AS status, CAST(value ->> 'next_attempt_at' AS BIGINT) AS next, \
                 CAST(value ->> 'is_try' AS BIGINT) AS is_try, value ->> 'reason' AS reason, CAST(value ->> 'code' AS BIGINT) AS code, \
                 value ->> 'enhanced' AS enhanced, value ->> 'text' AS text, CAST(value ->> 'is_hard' AS BIGINT) AS is_hard \
                 FROM jsonb_array_elements($1::jsonb) AS e (value)), \
             held AS MATERIALIZED (SELECT f.* FROM (SELECT * FROM fact ORDER BY id) AS f \
                 CROSS JOIN LATERAL (SELECT id, status, lease_owner FROM singles \
                     WHERE id = f.id OFFSET 0 FOR NO KEY UPDATE) AS d \
                 WHERE d.status = 'queued' AND d.lease_owner = f.node) \
             UPDATE singles d SET status = f.status, next_attempt_at = f.next, \
             settled_at = CASE WHEN f.next IS NULL THEN f.at END, attempts = d.attempts + f.is_try, \
             reason = f.reason, is_hard = f.is_hard, lease_owner = NULL, \
             /* what was not tried keeps what the server said before */ \
             code = CASE WHEN f.is_try = 1 THEN f.code ELSE d.code END, \
             enhanced = CASE WHEN f.is_try = 1 THEN f.enhanced ELSE d.enhanced END, \
             text = CASE WHEN f.is_try = 1 THEN f.text ELSE d.text END \
             FROM held AS f WHERE d.id = f.id RETURNING d.id, d.blog_id, d.mailing_id"
    };
}
/// Numbers as one text, in any order: 7,9,12.
macro_rules! joined {
    ($column:literal) => {
        concat!("string_agg(CAST(", $column, " AS TEXT), ',')")
    };
}
/// The number of a new block.
macro_rules! block_number {
    ($nth:literal) => {
        "nextval('blocks_id_seq')"
    };
}
pub(super) use {
    among, apply_singles, block_number, each, for_update, in_numbers, in_texts, in_these, joined, like,
    one_tally, seal, tally,
};

/// What `in_numbers!` is bound to.
pub(super) fn numbers(numbers: impl IntoIterator<Item = i64>) -> Vec<i64> {
    numbers.into_iter().collect()
}

/// What `in_texts!` is bound to.
pub(super) fn texts(texts: Vec<&str>) -> Vec<String> {
    texts.into_iter().map(|own| text(own).into_owned()).collect()
}

/// Text from elsewhere as the database can hold it: PostgreSQL's has no NUL.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

/// Waits until no other transaction holds this name, and holds it. For what
/// has no row that could be locked.
pub(super) async fn hold(tx: &mut Tx, name: &str) -> Result<()> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(name)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Waits until nobody holds the first names alone and nobody the others at
/// all, in the order of the names, and holds them.
pub(super) async fn hold_all(tx: &mut Tx, shared: BTreeSet<String>, alone: BTreeSet<&str>) -> Result<()> {
    sqlx::query(
        "SELECT pg_advisory_xact_lock_shared(hashtextextended(name, 0)) FROM unnest($1) AS name \
         UNION ALL SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest($2) AS name",
    )
    .bind(shared.into_iter().collect::<Vec<_>>())
    .bind(alone.into_iter().collect::<Vec<_>>())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whoever takes a number takes it for good.
pub(super) async fn keep_numbers(_: &mut Tx) -> Result<()> {
    Ok(())
}
