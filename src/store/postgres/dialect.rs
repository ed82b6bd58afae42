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
/// Nothing is noted of this delivery that is not in its row yet. A question for
/// each, never a join: notes come and go too fast for their table to be counted.
macro_rules! not_noted {
    ($table:literal) => {
        concat!("AND (SELECT 1 FROM settlements f WHERE f.delivery_id = ", $table, ".id LIMIT 1) IS NULL")
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
pub(super) use {among, each, for_update, in_numbers, in_texts, like, not_noted, one_tally, seal};

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

/// Removes the notes about these deliveries.
pub(super) async fn forget_notes(tx: &mut Tx, deliveries: &[i64]) -> Result<()> {
    sqlx::query("DELETE FROM settlements WHERE delivery_id = ANY($1)")
        .bind(deliveries)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
