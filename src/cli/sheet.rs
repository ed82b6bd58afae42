//! A file of rows as people have it: any delimiter, with or without a
//! heading, a byte order mark, UTF-8 or Windows-1252. Read as a stream, so
//! that a million rows need no more memory than a hundred.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use anyhow::Context as _;
use csv::{ByteRecord, Reader, ReaderBuilder};

use super::sheet_columns::{Columns, Words};

/// How much of the beginning decides about delimiter and columns.
const SAMPLE_BYTES: u64 = 64 * 1024;
const SAMPLE_ROWS: usize = 100;

/// A file of rows, opened.
pub struct Sheet<R> {
    reader: Reader<BufReader<R>>,
    record: ByteRecord,
    columns: Columns,
}

/// One row.
pub struct Row {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Where in the file it ends.
    pub end_bytes: u64,
    /// The cells that the columns name, decoded.
    pub cells: Cells,
}

/// What stands in the known columns.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Cells {
    /// As it stands there; may be empty.
    pub address: String,
    /// A word of status or reason.
    pub status: Option<String>,
    /// A date.
    pub at: Option<String>,
    /// A blog's slug.
    pub blog: Option<String>,
    /// An erased person's hash.
    pub hash: Option<String>,
}

impl Sheet<File> {
    /// Opens a file and finds its delimiter and columns.
    ///
    /// # Errors
    /// What to do about a file that is none of this.
    pub fn open(path: &Path, words: &Words) -> anyhow::Result<Self> {
        let shown = path.display();
        let file = File::open(path).with_context(|| format!("{shown} cannot be read"))?;
        Self::of(file, &shown.to_string(), words)
    }
}

impl<R: Read + Seek> Sheet<R> {
    /// The same of what is open already, told as `shown`.
    ///
    /// # Errors
    /// What to do about a file that is none of this.
    pub fn of(mut file: R, shown: &str, words: &Words) -> anyhow::Result<Self> {
        let mut head = Vec::new();
        file.by_ref()
            .take(SAMPLE_BYTES)
            .read_to_end(&mut head)
            .with_context(|| format!("{shown} cannot be read"))?;
        match head.as_slice() {
            [b'P', b'K', 3, 4, ..] => anyhow::bail!(
                "{shown} is a ZIP or a spreadsheet; unpack it, or save it as CSV, and import that"
            ),
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => {
                anyhow::bail!("{shown} is UTF-16; save it as \"CSV UTF-8\" and import that")
            }
            head if head.contains(&0) => anyhow::bail!("{shown} is no text; name a CSV file"),
            head if head.trim_ascii().is_empty() => anyhow::bail!("{shown} is empty"),
            _ => {}
        }
        let mark = if head.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let delimiter = delimiter_of(&head[mark..]);
        let columns = {
            let mut sample = builder(delimiter).from_reader(&head[mark..]);
            // The last row of the sample may be cut in the middle.
            let is_cut = head.len() as u64 == SAMPLE_BYTES;
            let mut rows: Vec<Vec<String>> = sample
                .byte_records()
                .take(SAMPLE_ROWS)
                .filter_map(Result::ok)
                .map(|r| r.iter().map(decode).collect())
                .collect();
            if is_cut && rows.len() > 1 && rows.len() < SAMPLE_ROWS {
                rows.pop();
            }
            Columns::find(&rows, words).map_err(anyhow::Error::msg).with_context(|| shown.to_owned())?
        };
        file.seek(std::io::SeekFrom::Start(mark as u64))?;
        let reader = builder(delimiter).from_reader(BufReader::with_capacity(1 << 18, file));
        let mut sheet = Self { reader, record: ByteRecord::new(), columns };
        if sheet.columns.has_heading {
            sheet.reader.read_byte_record(&mut sheet.record)?;
        }
        Ok(sheet)
    }

    /// The columns that were found.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// The next row; `None` at the end of the file. Empty lines are skipped.
    ///
    /// # Errors
    /// When the file cannot be read on.
    pub fn next_row(&mut self) -> anyhow::Result<Option<Row>> {
        while self.reader.read_byte_record(&mut self.record)? {
            if self.record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                continue;
            }
            let cell = |at: usize| self.record.get(at).map(decode);
            let filled = |at: Option<usize>| at.and_then(cell).filter(|text| !text.is_empty());
            let cells = Cells {
                address: cell(self.columns.address).unwrap_or_default(),
                status: filled(self.columns.status),
                at: filled(self.columns.at),
                blog: filled(self.columns.blog),
                hash: filled(self.columns.hash),
            };
            let line = self.record.position().map_or(0, csv::Position::line);
            return Ok(Some(Row { line, end_bytes: self.reader.position().byte(), cells }));
        }
        Ok(None)
    }
}

fn builder(delimiter: u8) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(delimiter);
    builder
}

/// The delimiter that splits the first lines into the same number of cells
/// most often; a comma when none does.
fn delimiter_of(head: &[u8]) -> u8 {
    let score = |delimiter: u8| {
        let mut reader = builder(delimiter).from_reader(head);
        let widths: Vec<usize> =
            reader.byte_records().take(20).filter_map(Result::ok).map(|r| r.len()).collect();
        let first = widths.first().copied().unwrap_or(1);
        if first < 2 {
            0
        } else {
            widths.iter().filter(|width| **width == first).count() * 100 + first.min(99)
        }
    };
    // Of equal ones the earlier wins.
    [b'|', b'\t', b';', b','].into_iter().max_by_key(|delimiter| score(*delimiter)).unwrap_or(b',')
}

/// A cell as text without white space around it: UTF-8, or else Windows-1252,
/// which is what old spreadsheets write.
fn decode(cell: &[u8]) -> String {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    let text = match std::str::from_utf8(cell) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            cell.iter()
                .map(|byte| {
                    if (0x80..0xA0).contains(byte) {
                        HIGH[usize::from(byte - 0x80)]
                    } else {
                        char::from(*byte)
                    }
                })
                .collect()
        }
    };
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_the_one_that_splits_evenly() {
        for (text, delimiter) in [
            ("email,name\na@x.org,Kim\n", b','),
            ("email;name\na@x.org;\"Doe, Kim\"\n", b';'),
            ("email\tname\na@x.org\tDoe, Kim\n", b'\t'),
            ("email|name\na@x.org|Kim\n", b'|'),
            ("a@x.org\nb@x.org\n", b','),
            ("email,name\n\"a@x.org\",\"Kim; Doe; x\"\nb@x.org,y\n", b','),
        ] {
            assert_eq!(char::from(delimiter_of(text.as_bytes())), char::from(delimiter), "{text}");
        }
    }

    #[test]
    fn old_spreadsheets_are_decoded() {
        assert_eq!(decode(b" J\xF6rg \x80 "), "Jörg €");
        assert_eq!(decode("Jörg".as_bytes()), "Jörg");
    }
}
