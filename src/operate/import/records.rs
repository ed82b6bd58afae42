//! From lines to rows: cells within quotes may go over lines, and a quote that
//! nobody closed ends with its own line. Where neither can be told the import
//! stops: a row that is cut in the wrong place says of somebody what is said
//! of another.

use std::collections::VecDeque;
use std::io::{self, Read, Seek};

use super::ImportFault;
use super::bytes::{LINE_MOST_BYTES, Line, Lines, Written};
use crate::domain::import::{QuoteScan, Quotes, RowReason, Shape, Stop, addresses_in, cells_of};

/// How much of a row may stand within quotes that go over lines; each line
/// counts as `LINE_LEAST_BYTES` at least, which is what it costs.
pub const RECORD_MOST_BYTES: usize = LINE_MOST_BYTES;
const LINE_LEAST_BYTES: usize = 64;
/// Lines of a cell from which on rows within it are no coincidence.
const FEW_LINES: usize = 200;
/// How much of a file shows its shape.
const HEAD_BYTES: usize = 256 << 10;

/// One row.
pub(super) struct Record {
    pub line: u64,
    pub cells: Vec<String>,
    /// Why it is not looked at, if so.
    pub refused: Option<RowReason>,
    /// Whether its quotes are not closed, or stand where none should.
    pub is_open: bool,
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
    pub fn next(&mut self) -> Result<Option<Record>, ImportFault> {
        let Some(line) = self.line()? else { return Ok(None) };
        let Line { number, mut text, is_cut, mut end_bytes } = line;
        let (mut within, mut is_open) = (Vec::new(), false);
        if is_cut {
            let refused = Some(RowReason::TooLong { most_bytes: LINE_MOST_BYTES });
            let start = text.chars().take(100).collect();
            let record = Record { line: number, cells: vec![start], refused, is_open, within, end_bytes };
            return Ok(Some(record));
        }
        let mut scan = QuoteScan::new(self.delimiter);
        let quotes = if text.contains('"') { scan.see(&text) } else { Quotes::Closed };
        is_open |= scan.is_sloppy;
        if quotes == Quotes::Open {
            let swallowed = self.rest_of(&text, scan, number)?;
            is_open |= swallowed.is_empty();
            let (lines, mut with) = (swallowed.len(), 0);
            for line in swallowed {
                text.push('\n');
                text.push_str(&line.text);
                end_bytes = line.end_bytes;
                // Alone it would be a row of the table.
                let cells = cells_of(&line.text, self.delimiter);
                let before = within.len();
                let found = cells.iter().flat_map(|cell| addresses_in(cell)).flatten();
                within.extend(found.map(|address| address.to_string()));
                with += usize::from(within.len() > before);
            }
            if lines > FEW_LINES && with * 2 > lines {
                return Err(Stop::OpenQuote { line: number }.into());
            }
        }
        let cells = cells_of(&text, self.delimiter);
        Ok(Some(Record { line: number, cells, refused: None, is_open, within, end_bytes }))
    }

    /// The lines that close the quote which `start` leaves open; none when
    /// nobody closed it.
    fn rest_of(
        &mut self,
        start: &str,
        mut scan: QuoteScan,
        number: u64,
    ) -> Result<VecDeque<Line>, ImportFault> {
        let mut text = start.to_owned();
        let (mut at, mut bytes) = (0, text.len());
        loop {
            if at == self.ahead.len() {
                match self.lines.next()? {
                    Some(line) => self.ahead.push_back(line),
                    None => return Ok(VecDeque::new()),
                }
            }
            let Some(line) = self.ahead.get(at) else { return Ok(VecDeque::new()) };
            at += 1;
            bytes += line.text.len().max(LINE_LEAST_BYTES);
            if line.is_cut || bytes > RECORD_MOST_BYTES {
                return Err(Stop::OpenQuote { line: number }.into());
            }
            text.push('\n');
            text.push_str(&line.text);
            // Only a quote changes anything.
            if line.text.contains('"') {
                match scan.see(&text) {
                    Quotes::Open => {}
                    Quotes::Closed => {
                        let rest = self.ahead.split_off(at);
                        return Ok(std::mem::replace(&mut self.ahead, rest));
                    }
                    Quotes::Broken => return Ok(VecDeque::new()),
                }
            }
        }
    }
}
