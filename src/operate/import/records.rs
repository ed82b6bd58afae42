//! From lines to rows: cells within quotes may go over lines, and a quote that
//! nobody closes ends with its own line.

use std::collections::VecDeque;
use std::io::{self, Read, Seek};

use super::bytes::{LINE_MOST_BYTES, Line, Lines, Written};
use crate::domain::import::{Quotes, RowReason, Shape, Stop, addresses_in, cells_of, quotes_of};

/// How far a cell within quotes may go.
const QUOTED_MOST_LINES: usize = 200;
const QUOTED_MOST_BYTES: usize = 64 << 10;
/// How much of a file shows its shape.
const HEAD_BYTES: usize = 256 << 10;

/// One row.
pub(super) struct Record {
    pub line: u64,
    pub cells: Vec<String>,
    /// Why it is not looked at, if so.
    pub refused: Option<RowReason>,
    /// Addresses in lines that its quotes swallowed.
    pub within: Vec<String>,
    pub end_bytes: u64,
}

impl Record {
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }

    pub fn cells(&self) -> Vec<&str> {
        self.cells.iter().map(String::as_str).collect()
    }
}

/// Finds the shape of a file by its beginning.
pub(super) fn shape_of(file: &mut (impl Read + Seek), written: Written) -> io::Result<Result<Shape, Stop>> {
    let mut lines = Lines::open(file, written)?;
    let mut head = String::new();
    while head.len() < HEAD_BYTES
        && let Some(line) = lines.next()?
    {
        head.push_str(&line.text);
        head.push('\n');
    }
    Ok(Shape::find(&head))
}

/// The rows of a file.
pub(super) struct Records<'f, R> {
    lines: Lines<'f, R>,
    /// Lines that were looked at ahead.
    ahead: VecDeque<Line>,
    delimiter: char,
}

impl<'f, R: Read + Seek> Records<'f, R> {
    pub fn open(file: &'f mut R, written: Written, shape: Shape) -> io::Result<Self> {
        let mut records =
            Self { lines: Lines::open(file, written)?, ahead: VecDeque::new(), delimiter: shape.delimiter };
        if shape.names_it {
            // Blank lines may stand before it.
            while records.line()?.is_some_and(|line| line.text.trim().is_empty()) {}
        }
        Ok(records)
    }

    fn line(&mut self) -> io::Result<Option<Line>> {
        match self.ahead.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.lines.next(),
        }
    }

    /// The next row; `None` at the end.
    pub fn next(&mut self) -> io::Result<Option<Record>> {
        let Some(line) = self.line()? else { return Ok(None) };
        let Line { number, mut text, is_cut, mut end_bytes } = line;
        let mut within = Vec::new();
        if is_cut {
            let refused = Some(RowReason::TooLong { most_bytes: LINE_MOST_BYTES });
            let start = text.chars().take(100).collect();
            return Ok(Some(Record { line: number, cells: vec![start], refused, within, end_bytes }));
        }
        if text.contains('"') && quotes_of(&text, self.delimiter) == Quotes::Open {
            let swallowed = self.rest_of(&text)?;
            for line in swallowed {
                text.push('\n');
                text.push_str(&line.text);
                end_bytes = line.end_bytes;
                // Alone it would be a row of the table.
                let cells = cells_of(&line.text, self.delimiter);
                let found = cells.iter().flat_map(|cell| addresses_in(cell)).flatten();
                within.extend(found.map(|address| address.to_string()));
            }
        }
        let cells = cells_of(&text, self.delimiter);
        Ok(Some(Record { line: number, cells, refused: None, within, end_bytes }))
    }

    /// The lines that close the quote which `start` leaves open; none when
    /// nobody closed it.
    fn rest_of(&mut self, start: &str) -> io::Result<Vec<Line>> {
        let mut text = start.to_owned();
        let mut at = 0;
        while at < QUOTED_MOST_LINES && text.len() < QUOTED_MOST_BYTES {
            if at == self.ahead.len() {
                match self.lines.next()? {
                    Some(line) => self.ahead.push_back(line),
                    None => break,
                }
            }
            let Some(line) = self.ahead.get(at) else { break };
            at += 1;
            text.push('\n');
            text.push_str(&line.text);
            // Only a quote changes anything.
            if line.is_cut {
                break;
            }
            if line.text.contains('"') {
                match quotes_of(&text, self.delimiter) {
                    Quotes::Open => {}
                    Quotes::Closed => return Ok(self.ahead.drain(..at).collect()),
                    Quotes::Broken => break,
                }
            }
        }
        Ok(Vec::new())
    }
}
