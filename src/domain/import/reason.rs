//! What an import says no to, as codes with values. Sentences are made where
//! they are shown.

use serde::Serialize;

/// Why a row, or an address in it, was not taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum RowReason {
    /// There is no address in it.
    NoAddress,
    /// What stands there is none.
    NotAnAddress,
    /// It stands in the file before.
    Twice,
    /// The file says elsewhere that this address is gone.
    GoneInTheFile,
    /// The file says elsewhere that this address gets less mail than here, or
    /// nobody can tell what it says there.
    LessInTheFile,
    /// It speaks for the rows below it.
    Section {
        /// What it says of them.
        says: &'static str,
    },
    /// Its cell holds more than an address, as if it were a row.
    MoreInCell,
    /// Another column than that of the addresses.
    OtherColumn {
        /// Its heading, or its number.
        column: String,
    },
    /// The second of a cell.
    SecondInCell,
    /// Its line, or what is left of it, was commented out.
    Commented,
    /// It stands above the heading.
    AboveHeading,
    /// The heading again.
    HeadingAgain,
    /// It stands within quotes that go over lines.
    WithinQuotes,
    /// Other than the heading has cells, so that nobody knows what is what.
    Ragged {
        /// How many it has.
        cells: usize,
        /// How many the heading has.
        columns: usize,
    },
    /// The line is longer than any table's.
    TooLong {
        /// The bound.
        most_bytes: usize,
    },
    /// A contact who never asked for posts.
    Contact,
    /// It left here.
    LeftHere,
    /// It is suppressed here.
    SuppressedHere,
    /// It left elsewhere, and confirmed here since.
    FollowsHere,
    /// In a list of those who get no mail: the file says that it gets mail.
    Active,
    /// The hash of an erased person that cannot be read.
    NoHash,
    /// The same, under another key.
    OtherKey,
    /// The file names a blog that is not here.
    NoBlog {
        /// What it names.
        blog: String,
    },
}

/// Words in a column that nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnknownWord {
    /// The column's heading, or its number.
    pub column: String,
    /// As it stands there.
    pub word: String,
    /// In how many rows.
    pub rows: u64,
    /// What it likely means.
    pub likely: &'static str,
}

/// A column that may say who is gone, under a heading that nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnknownColumn {
    /// Its heading, or its number.
    pub column: String,
    /// What stands there, in how many rows.
    pub values: Vec<(String, u64)>,
    /// In how many rows a date stands there.
    pub dates: u64,
    /// In how many nothing does.
    pub blank: u64,
}

/// Why an import stops before its first row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Stop {
    /// There is nothing in it.
    Empty,
    /// An archive or a spreadsheet's own form.
    Packed,
    /// Not text at all.
    NotText,
    /// Text of another kind: JSON, HTML, cards.
    OtherForm {
        /// Which.
        form: &'static str,
    },
    /// No column holds addresses.
    NoAddresses {
        /// The beginning of its first line.
        seen: Vec<String>,
    },
    /// Words in a column of status that nobody knows.
    UnknownWords {
        /// The most frequent first.
        words: Vec<UnknownWord>,
        /// How many more there are.
        more: usize,
    },
    /// Columns that may say who is gone, and nobody knows their headings.
    UnknownColumns {
        /// From the left.
        columns: Vec<UnknownColumn>,
    },
    /// `--map-column` names a column that is not there.
    NoColumn {
        /// What it names.
        column: String,
        /// The columns that are there.
        columns: Vec<String>,
    },
    /// A list of those who get no mail looks like one of those who follow.
    Followers {
        /// The name of the file, or the line, that says so.
        text: Option<String>,
        /// The column that does.
        column: Option<String>,
    },
    /// `--map-status` names a word that stands in no column of status.
    NoWord {
        /// The word.
        word: String,
        /// The words that do.
        words: Vec<String>,
    },
    /// The name of the file, or a line above its heading, may say of everybody
    /// what its rows do not.
    Name {
        /// The name, or the line.
        text: String,
        /// What it says, or may say.
        says: &'static str,
        /// A column that says of some that they follow.
        column: Option<String>,
    },
    /// `--map-status` names a word whose meaning is known.
    KnownWord {
        /// The word.
        word: String,
        /// What it means.
        means: &'static str,
    },
    /// A quotation that is not closed where its row ends, or goes on over
    /// what look like rows.
    OpenQuote {
        /// Where it begins.
        line: u64,
    },
    /// A line of its own in a table, that may speak for the rows below it.
    Section {
        /// Where it stands.
        line: u64,
        /// What it says.
        text: String,
    },
    /// Words or signs beside some addresses of a list alone.
    Beside {
        /// The first such line.
        line: u64,
        /// What stands there.
        text: String,
    },
    /// A second column of addresses with a status of its own.
    TwoReaders {
        /// The column of addresses.
        address: String,
        /// That of their status.
        status: String,
    },
    /// A status that stands once for several rows, as in merged cells.
    Merged {
        /// The column.
        column: String,
    },
    /// Two tables, one below the other.
    AnotherHeading {
        /// Where the second begins.
        line: u64,
    },
    /// A line for each field, not a row for each reader.
    Records {
        /// Where that shows.
        line: u64,
    },
}

/// Why a date of the file was not used; the row was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DateFault {
    /// Day and month could be either.
    Ambiguous,
    /// It lies ahead.
    Future,
    /// From before there were lists.
    TooOld,
    /// It cannot be read.
    Unreadable,
}
