//! Is this row of a file somebody who left? One judgement over tables, for
//! every door that takes a list of readers (I1): headings, words of status,
//! dates, names of files, shapes. No I/O: bytes become rows elsewhere.
//!
//! [`Layout::find`] reads the first rows, [`Survey`] looks through all of
//! them, and [`Judge`] then judges each.

#[cfg(test)]
mod answers_tests;
mod asking;
#[cfg(test)]
mod asking_tests;
mod beside;
mod cadence;
mod cell;
#[cfg(test)]
mod columns_tests;
mod consents;
#[cfg(test)]
mod consents_tests;
mod dates;
mod denials;
#[cfg(test)]
mod denials_tests;
mod ends;
mod facts;
mod fold;
mod guess;
mod headings;
mod judge;
mod kind;
mod layout;
mod leaving;
mod loose;
#[cfg(test)]
mod loose_tests;
mod names;
mod notes;
#[cfg(test)]
mod notes_tests;
mod plain;
mod quiet;
mod ragged;
mod reason;
#[cfg(test)]
mod rows_tests;
mod saying;
#[cfg(test)]
mod services_tests;
mod shape;
mod sides;
#[cfg(test)]
mod sides_tests;
mod silenced;
mod survey;
#[cfg(test)]
mod tests;
mod tongues;
#[cfg(test)]
mod tongues_tests;
mod words;

pub use cell::{addresses_in, is_address};
pub use dates::Order;
pub use fold::fold;
pub use headings::Meaning;
pub use judge::{Choices, Entry, Judge, Who};
pub use kind::Kind;
pub use layout::{Layout, Sampled};
pub use reason::{DateFault, RowReason, Stop, UnknownColumn, UnknownWord};
pub use shape::{QuoteScan, Quotes, Shape, cells_of};
pub use survey::Survey;
pub use words::Said;
