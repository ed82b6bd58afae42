//! What SQLite spells otherwise than PostgreSQL, for the statements in
//! `store/sql`. One writer at a time needs no lock on rows: they are empty here.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::Tx;
use crate::store::Result;

/// Whether others may write between two statements of a transaction.
pub(super) const HAS_MANY_WRITERS: bool = false;

/// `column` is one of the numbers bound as this parameter.
macro_rules! in_numbers {
    ($parameter:literal) => {
        concat!("IN (SELECT value FROM json_each(", $parameter, "))")
    };
}
/// The same for texts.
macro_rules! in_texts {
    ($parameter:literal) => {
        concat!("IN (SELECT value FROM json_each(", $parameter, "))")
    };
}
/// The column is one of those that this selects, which are looked for first.
macro_rules! in_these {
    ($select:literal) => {
        concat!("IN (", $select, ")")
    };
    ($first:literal, $test:expr, $last:literal) => {
        concat!("IN (", $first, $test, $last, ")")
    };
}
/// Holds the rows that are read until the transaction ends.
macro_rules! for_update {
    () => {
        ""
    };
    (of $table:literal) => {
        ""
    };
    (and key) => {
        ""
    };
    (key share) => {
        ""
    };
    (skip locked) => {
        ""
    };
}
/// The row is one of these; for tables that have no number.
macro_rules! among {
    ($of:literal) => {
        concat!("rowid IN (SELECT rowid FROM ", $of, ")")
    };
}
/// Contains a text, whatever the case of its ASCII letters.
macro_rules! like {
    () => {
        "LIKE"
    };
}
/// Elements of a list, which is bound as JSON: `position` and `value`.
macro_rules! each {
    ($parameter:literal) => {
        concat!("(SELECT key AS position, value FROM json_each(", $parameter, ")) AS element")
    };
}
/// The seal of a new row.
macro_rules! seal {
    () => {
        "random()"
    };
}
/// A row of the tally of this status.
macro_rules! one_tally {
    ($status:literal) => {
        concat!("status = ", $status)
    };
}
/// Adds to the tally: status, slot (there is one here), count.
macro_rules! tally {
    () => {
        "INSERT INTO tallies (status, count) SELECT $1, $3 WHERE $2 = $2 \
         ON CONFLICT (status) DO UPDATE SET count = count + excluded.count"
    };
}
/// Writes a list of facts, which is bound as JSON, into deliveries with a row
/// of their own.
macro_rules! apply_singles {
    () => {
        "WITH fact AS MATERIALIZED (SELECT value ->> 'id' AS id, value ->> 'node' AS node, value ->> 'at' AS at, \
             value ->> 'status' AS status, value ->> 'next_attempt_at' AS next, value ->> 'is_try' AS is_try, value ->> 'reason' AS reason, \
             value ->> 'code' AS code, value ->> 'enhanced' AS enhanced, value ->> 'text' AS text, value ->> 'is_hard' AS is_hard \
             FROM json_each($1)) \
         UPDATE singles SET status = f.status, next_attempt_at = f.next, \
         settled_at = CASE WHEN f.next IS NULL THEN f.at END, attempts = attempts + f.is_try, \
         reason = f.reason, is_hard = f.is_hard, lease_owner = NULL, \
         /* what was not tried keeps what the server said before */ \
         code = CASE WHEN f.is_try = 1 THEN f.code ELSE singles.code END, \
         enhanced = CASE WHEN f.is_try = 1 THEN f.enhanced ELSE singles.enhanced END, \
         text = CASE WHEN f.is_try = 1 THEN f.text ELSE singles.text END \
         FROM fact AS f WHERE singles.id = f.id \
         /* says the same again: from the few facts to their rows, never through all rows */ \
         AND singles.id IN (SELECT id FROM fact) \
         AND singles.status = 'queued' AND singles.lease_owner = f.node RETURNING id, blog_id, mailing_id"
    };
}
/// Numbers as one text, in any order: 7,9,12.
macro_rules! joined {
    ($column:literal) => {
        concat!("group_concat(", $column, ")")
    };
}
/// The number of the nth new block: blocks and singles take theirs from one
/// row, which [`keep_numbers`] moves.
macro_rules! block_number {
    ($nth:literal) => {
        concat!(
            "(SELECT COALESCE(MAX(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'singles') + 256 * ",
            $nth
        )
    };
}
pub(super) use {
    among, apply_singles, block_number, each, for_update, in_numbers, in_texts, in_these, joined, like,
    one_tally, seal, tally,
};

/// A list of numbers as JSON: one statement text for any number of rows.
pub(super) fn json_numbers(numbers: impl IntoIterator<Item = i64>) -> String {
    let numbers: Vec<String> = numbers.into_iter().map(|n| n.to_string()).collect();
    format!("[{}]", numbers.join(","))
}

/// What `in_numbers!` is bound to.
pub(super) fn numbers(numbers: impl IntoIterator<Item = i64>) -> String {
    json_numbers(numbers)
}

/// What `in_texts!` is bound to.
pub(super) fn texts(texts: Vec<&str>) -> String {
    serde_json::Value::from(texts).to_string()
}

/// Text from elsewhere as the database can hold it, which is any.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    text.into()
}

/// Waits until no other transaction holds this name.
pub(super) async fn hold(_: &mut Tx, _name: &str) -> Result<()> {
    Ok(())
}

/// Waits until no other transaction holds these names.
pub(super) async fn hold_all(_: &mut Tx, _shared: BTreeSet<String>, _alone: BTreeSet<&str>) -> Result<()> {
    Ok(())
}

/// Whoever takes a number next takes one behind those of all blocks.
pub(super) async fn keep_numbers(tx: &mut Tx) -> Result<()> {
    for statement in [
        "INSERT INTO sqlite_sequence (name, seq) SELECT 'singles', 0 \
         WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'singles')",
        "UPDATE sqlite_sequence SET seq = MAX(seq, (SELECT COALESCE(MAX(id) + 255, 0) FROM blocks)) WHERE name = 'singles'",
    ] {
        sqlx::query(statement).execute(&mut **tx).await?;
    }
    Ok(())
}
