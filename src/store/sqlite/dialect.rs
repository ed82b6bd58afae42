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
/// Nothing is noted of this delivery that is not in its row yet. Notes are no
/// rows here: whoever asks writes them into the deliveries first.
macro_rules! not_noted {
    ($table:literal) => {
        ""
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
pub(super) use {among, each, for_update, in_numbers, in_texts, like, not_noted, one_tally, seal};

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

/// Removes the notes about these deliveries; here they are no rows, and gone
/// when they are in their deliveries.
pub(super) async fn forget_notes(_: &mut Tx, _deliveries: &str) -> Result<()> {
    Ok(())
}
