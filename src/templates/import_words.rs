//! What an import says no to, in sentences.

use crate::domain::import::{DateFault, RowReason, Stop, UnknownColumn};

/// Why a row was not taken.
pub fn sentence_of_row(reason: &RowReason) -> String {
    let plain = match reason {
        RowReason::NoAddress => "there is no address",
        RowReason::NotAnAddress => "this is not an email address",
        RowReason::Twice => "it stands in the file before",
        RowReason::GoneInTheFile => "another row of the file says that it left",
        RowReason::LessInTheFile => {
            "another row of the file says that it gets less mail, or cannot be understood"
        }
        RowReason::MoreInCell => "its cell holds more than an address, as if it were a row of its own",
        RowReason::Section { says } => {
            return format!("it was taken as a heading of the rows below it, which says {says:?} of them");
        }
        RowReason::SecondInCell => "it is the second address of its cell",
        RowReason::Commented => "it was commented out, with # or //",
        RowReason::AboveHeading => "it stands above the heading",
        RowReason::HeadingAgain => "this is the heading again",
        RowReason::WithinQuotes => "it stands within a quotation that goes over lines",
        RowReason::Contact => "it never asked for posts",
        RowReason::LeftHere => "it left before",
        RowReason::SuppressedHere => "it is suppressed",
        RowReason::FollowsHere => "it left elsewhere, and its owner confirmed here since",
        RowReason::Active => "the file says that it gets mail",
        RowReason::NoHash => "this is neither an address nor the hash of one",
        RowReason::OtherKey => {
            "it was erased under another secret key; import with the secret_file of that time"
        }
        RowReason::OtherColumn { column } => {
            return format!("it stands in another column of addresses, {column:?}");
        }
        RowReason::Ragged { cells, columns } => {
            return format!(
                "the row has {cells} cells and the heading {columns}, so its status may stand anywhere"
            );
        }
        RowReason::TooLong { most_bytes } => return format!("the line is longer than {most_bytes} bytes"),
        RowReason::NoBlog { blog } => return format!("there is no blog {blog:?}"),
    };
    plain.to_owned()
}

/// Why an import stops before its first row, and what to do.
pub fn sentence_of_stop(stop: &Stop) -> String {
    match stop {
        Stop::Empty => "it is empty".to_owned(),
        Stop::Packed => {
            "it is a ZIP or a spreadsheet; unpack it, or save it as CSV, and import that".to_owned()
        }
        Stop::NotText => "it is no text; name a CSV file".to_owned(),
        Stop::OtherForm { form } => format!(
            "it is {form}; nothing was read of it. Save the list as CSV, with a heading and a row for each reader, and \
             import that"
        ),
        Stop::NoAddresses { seen } => format!(
            "no column holds addresses; name the column of them \"email\" (the first line is: {})",
            seen.join(", ")
        ),
        Stop::UnknownWords { words, more } => {
            let mut text = "nothing was imported, because nobody knows what these words mean:\n".to_owned();
            for unknown in words {
                text.push_str(&format!(
                    "  {:?} in column {:?}, {}\n",
                    unknown.word,
                    unknown.column,
                    rows_of(unknown.rows)
                ));
            }
            if *more > 0 {
                text.push_str(&format!("  and {more} more\n"));
            }
            let (word, likely) =
                words.first().map_or(("WORD", "active"), |unknown| (unknown.word.as_str(), unknown.likely));
            let answer = shell(&format!("{word}={likely}"));
            text.push_str(&format!(
                "Say of each what it means, such as --map-status{answer}; the others are active, pending, paused, \
                 unsubscribed, bounced, complained, manual, skipped, and nothing for a word that says nothing"
            ));
            text
        }
        Stop::UnknownColumns { columns } => unknown_columns(columns),
        Stop::NoColumn { column, columns } => format!(
            "--map-column names {column:?}, and there is no such column; there are: {}",
            columns.join(", ")
        ),
        Stop::Followers { text, column } => followers(text.as_deref(), column.as_deref()),
        Stop::NoWord { word, words } => format!(
            "--map-status names {word:?}, which stands in no column of status; the words there are: {}",
            if words.is_empty() { "none".to_owned() } else { words.join(", ") }
        ),
        Stop::Name { text, says, column } => {
            let against = match column {
                Some(column) => format!(
                    "says that everybody in it is {says}, and the column {column:?} says active of some"
                ),
                None => format!("may say that everybody in it is {says}, and its rows say nothing"),
            };
            format!(
                "nothing was imported: the name of the file, a line above its heading, or the heading of its addresses, {text:?}, {against}. If they \
                 are gone, import it with `suppression import --reason {says}`; if not, give the file another name, \
                 take the line out, or call that column \"email\""
            )
        }
        Stop::KnownWord { word, means } => {
            format!("{word:?} is known to mean {means}, and --map-status changes no such word")
        }
        Stop::OpenQuote { line } => format!(
            "a quotation opens in line {line}, and where it ends cannot be told; close it, or take its sign away"
        ),
        Stop::Section { line, text } => format!(
            "line {line} says {text:?} and names nobody; if it speaks for the rows below it, say it in each of them \
             or make two files of it, else take the line away"
        ),
        Stop::Beside { line, text } => format!(
            "line {line} is {text:?}, and beside other addresses nothing stands; nobody knows what it says of the \
             reader. Put those who left into a file of their own, and take the words and signs away from those who \
             follow, or make a table of it, with a heading"
        ),
        Stop::TwoReaders { address, status } => format!(
            "each row has two readers: the column {address:?} holds addresses, and {status:?} their status. Make two \
             files of it, one for each, and import both"
        ),
        Stop::Merged { column } => format!(
            "in the column {column:?} each word stands once, and nothing below it; nobody knows whether it speaks for \
             those rows. Say it in each of them"
        ),
        Stop::AnotherHeading { line } => {
            format!("another heading stands in line {line}; make two files of it, and import each")
        }
        Stop::Records { line } => {
            format!("around line {line} it has a line for each field; save it with a row for each reader")
        }
    }
}

fn rows_of(count: u64) -> String {
    format!("{count} {}", if count == 1 { "row" } else { "rows" })
}

/// Columns to be asked about, and how to answer.
fn unknown_columns(columns: &[UnknownColumn]) -> String {
    let mut text =
        "nothing was imported, because nobody knows whether these columns say who left:\n".to_owned();
    for unknown in columns {
        let mut parts: Vec<String> =
            unknown.values.iter().map(|(value, rows)| format!("{value:?} in {}", rows_of(*rows))).collect();
        parts.extend((unknown.dates > 0).then(|| format!("a date in {}", rows_of(unknown.dates))));
        parts.extend((unknown.blank > 0).then(|| format!("nothing in {}", rows_of(unknown.blank))));
        text.push_str(&format!("  {:?}: {}\n", unknown.column, parts.join(", ")));
    }
    let column = columns.first().map_or("COLUMN", |unknown| unknown.column.as_str());
    let [nothing, left, active] =
        ["nothing", "unsubscribed", "active"].map(|said| shell(&format!("{column}={said}")));
    text.push_str(&format!(
        "Say of each what yes, or a date, in it means: --map-column{nothing} if it is about something else, \
         --map-column{left} if it is for those who left, --map-column{active} if no is for those who left"
    ));
    text
}

/// A value behind the name of a flag, as a shell reads it: in quotes, each
/// apostrophe of it outside of them. One that begins as a flag does is bound to
/// its name. What is no letter counts for nothing, so a line's end may be a blank.
fn shell(value: &str) -> String {
    let value: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let bound = if value.starts_with('-') { '=' } else { ' ' };
    format!("{bound}'{}'", value.replace('\'', "'\\''"))
}

/// A list of those who get no mail that looks like one of those who do.
fn followers(text: Option<&str>, column: Option<&str>) -> String {
    let said = match (text, column) {
        (Some(text), _) => {
            format!("{text:?} speaks of people who follow, and nothing in the file says why they get no mail")
        }
        (None, column) => format!(
            "the column {:?} says that people in it follow, and nothing in the file says why anybody gets no mail",
            column.unwrap_or_default()
        ),
    };
    format!(
        "nothing was imported: {said}. If they follow, import it with `postbell import`; if they are to get no mail, \
         say why, such as --reason unsubscribed or --reason manual"
    )
}

/// Why a date was not used.
pub const fn sentence_of_date(fault: DateFault) -> &'static str {
    match fault {
        DateFault::Ambiguous => "day and month could be either; say --dates dmy or --dates mdy",
        DateFault::Future => "it lies ahead",
        DateFault::TooOld => "it is from before 1995",
        DateFault::Unreadable => "it cannot be read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::import::UnknownWord;

    #[test]
    fn what_is_printed_to_be_pasted_is_read_by_a_shell_as_it_is_meant() {
        for word in ["it's over", "Stammleser", "-x", "a'b'c", "$HOME `id` \\", "''", "#x"] {
            let unknown =
                UnknownWord { column: "status".to_owned(), word: word.to_owned(), rows: 1, likely: "active" };
            let text = sentence_of_stop(&Stop::UnknownWords { words: vec![unknown], more: 0 });
            let (_, behind) = text.split_once("--map-status").expect("a flag");
            let end = behind.find("; the others").expect("an end");
            let line = format!("printf %s --map-status{}", &behind[..end]);
            let said = std::process::Command::new("sh").args(["-c", &line]).output().expect("a shell");
            let said = String::from_utf8_lossy(&said.stdout).into_owned();
            let read = said.strip_prefix("--map-status").expect("the flag");
            assert_eq!(read.trim_start_matches('='), format!("{word}=active"), "{line}");
        }
    }
}
