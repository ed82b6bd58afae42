//! What refusals say, and whom each phrase blames: one table, as data. Its
//! parts are in the order in which they count: what one program or provider
//! says in particular, then what all say in general, by language, then
//! things with what is wrong with them, then words that tell little by themselves. In each part the first row that matches
//! counts. Phrases are in lower case with `|` between them; `a*b` asks for
//! both, in this order.

mod english;
mod kinds;
mod languages;
mod now;
mod providers;
mod weak;

use super::Blame;

/// Phrases of one source that blame the same.
#[derive(Debug)]
pub(super) struct Row {
    /// Who says so: a program, a provider or a language.
    #[cfg_attr(not(test), expect(dead_code, reason = "the source of the data, for who reads it"))]
    pub(super) from: &'static str,
    pub(super) blame: Blame,
    pub(super) says: &'static str,
}

const fn row(from: &'static str, blame: Blame, says: &'static str) -> Row {
    Row { from, blame, says }
}

/// Phrases of one program or provider, looked for in the whole text.
pub(super) const PARTICULAR: &[Row] = providers::ROWS;

/// What is said in general, looked for in a text without names.
pub(super) const GENERAL: [&[Row]; 2] = [english::ROWS, languages::ROWS];

/// A thing and what is wrong with it, wherever both stand near each other.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) blame: Blame,
    pub(super) things: &'static str,
    /// Empty: the thing alone tells.
    pub(super) faults: &'static str,
}

const fn kind(blame: Blame, things: &'static str, faults: &'static str) -> Kind {
    Kind { blame, things, faults }
}

/// Said in words that no phrase has.
pub(super) const KINDS: &[Kind] = kinds::ROWS;

/// What is wrong with the sender, in words that are said of a reader too.
pub(super) const OF_SENDER: &[Kind] = kinds::OF_SENDER;

/// Who may be missing, and where.
pub(super) const READERS: [&str; 3] = [kinds::READERS, kinds::DOMAINS, kinds::PEOPLE];
/// What may be missing, and is no reader.
pub(super) const OTHERS: &str = kinds::OTHERS;
/// Where a mail has domains and addresses that are no reader's.
pub(super) const IN_A_MAIL: &str = kinds::IN_A_MAIL;
/// Readers, in words that are said of nothing in a mail.
pub(super) const PEOPLE_ONLY: &str = kinds::PEOPLE_ONLY;
/// In which words.
pub(super) const MISSING: &str = kinds::MISSING;
/// Before what is missing.
pub(super) const NONE: &str = kinds::NONE;

/// What is addressed, be it a mailbox or a domain.
pub(super) const ADDRESSES: &str = kinds::ADDRESSES;
/// Where mail goes, and the way there.
pub(super) const PLACES: [&str; 2] = [kinds::DOMAINS, kinds::HOSTS];
/// Ends of longer words for that.
pub(super) const DOMAIN_ENDS: [&str; 3] = kinds::DOMAIN_ENDS;

/// The faults of a mailbox that is full.
pub(super) const FULL: &str = kinds::FULL;

/// Words of the moment, beside which no reader is blamed.
pub(super) const NOW: &[Row] = now::ROWS;

/// Counts where neither these nor a status tell.
pub(super) const WEAK: &[Row] = weak::ROWS;
