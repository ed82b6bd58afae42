//! The looks through a file before anything is written: how it is written,
//! what stands where, what nobody knows, and who is gone by any of its rows.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::io::{Read, Seek};

use super::ImportFault;
use super::bytes::Written;
use super::records::{Record, Records, shape_of};
use super::report::FileFacts;
use crate::domain::import::{
    Choices, Entry, Judge, Layout, Meaning, RowReason, Said, Sampled, Shape, Survey, Who,
};
use crate::domain::{EmailAddress, Timestamp};

/// Rows from which the layout is found, and how much of them.
const SAMPLE_ROWS: usize = 1_000;
const SAMPLE_BYTES: usize = 2 << 20;

/// Addresses, by 128 bits of a keyed hash each: a million need 32 MB.
pub(super) struct Addresses {
    keys: HashSet<u128>,
    hashers: [RandomState; 2],
}

impl Addresses {
    pub fn new() -> Self {
        Self { keys: HashSet::new(), hashers: [RandomState::new(), RandomState::new()] }
    }

    fn key(&self, address: &EmailAddress) -> u128 {
        let key = address.key();
        let [high, low] = self.hashers.each_ref().map(|hasher| u128::from(hasher.hash_one(&key)));
        high << 64 | low
    }

    /// Adds it; `false` when it was there.
    pub fn insert(&mut self, address: &EmailAddress) -> bool {
        let key = self.key(address);
        self.keys.insert(key)
    }

    pub fn contains(&self, address: &EmailAddress) -> bool {
        self.keys.contains(&self.key(address))
    }
}

/// What was found out about a file.
pub struct Looked {
    written: Written,
    shape: Shape,
    pub(super) judge: Judge,
    /// Rows above the heading and the heading itself end with this line.
    begins_after: u64,
    pub(super) gone: Addresses,
}

/// Looks through a file; writes nothing.
///
/// # Errors
/// What to change or to answer first.
pub fn look(
    file: &mut (impl Read + Seek),
    name: &str,
    is_suppressions: bool,
    choices: &Choices,
    now: Timestamp,
) -> Result<Looked, ImportFault> {
    let written = Written::find(file)??;
    let shape = shape_of(file, written)??;
    let mut sample = Vec::new();
    let mut records = Records::open(file, written, shape)?;
    let mut bytes = 0;
    while sample.len() < SAMPLE_ROWS
        && bytes < SAMPLE_BYTES
        && let Some(record) = records.next()?
    {
        if record.refused.is_none() && !record.is_blank() {
            bytes += record.cells.iter().map(String::len).sum::<usize>();
            sample.push(Sampled { line: record.line, cells: record.cells });
        }
    }
    let layout = Layout::find(&sample, name, is_suppressions)?;
    let begins_after = layout.heading_line;
    let mut survey = Survey::new(layout);
    let mut records = Records::open(file, written, shape)?;
    while let Some(record) = records.next()? {
        if record.line > begins_after && record.refused.is_none() && !record.is_blank() {
            survey.see(record.line, &record.cells())?;
        }
    }
    let judge = survey.judge(choices, now)?;
    let mut looked = Looked { written, shape, judge, begins_after, gone: Addresses::new() };
    if !is_suppressions {
        let mut gone = Addresses::new();
        looked.each(file, |_, entry| {
            if let Entry::Taken { who: Who::Address(address), said: Said::Gone(_), .. } = entry {
                gone.insert(&address);
            }
        })?;
        looked.gone = gone;
    }
    Ok(looked)
}

/// A row that was judged.
pub(super) struct Judged {
    pub line: u64,
    pub entries: Vec<Entry>,
    pub end_bytes: u64,
}

/// The rows of a file, judged one after the other.
pub(super) struct JudgedRows<'f, R> {
    records: Records<'f, R>,
    section: Said,
}

impl Looked {
    /// What was found out, for a report.
    pub fn facts(&self) -> FileFacts {
        let layout = self.judge.layout();
        let names = |columns: &mut dyn Iterator<Item = usize>| columns.map(|at| layout.name(at)).collect();
        FileFacts {
            kind: layout.kind,
            encoding: self.written.name(),
            delimiter: self.shape.delimiter,
            heading_line: layout.heading_line,
            addresses: layout.name(layout.address),
            other_addresses: names(&mut layout.others.iter().copied()),
            status: names(&mut self.judge.speaking()),
            dates: names(&mut self.judge.dated()),
            says: (layout.whole != Said::Nothing).then(|| layout.whole.as_str()),
        }
    }

    /// Whether the file is a list that we wrote ourselves.
    pub fn is_ours(&self) -> bool {
        self.judge.layout().column(Meaning::Hash).is_some()
    }

    pub(super) fn rows<'f, R: Read + Seek>(&self, file: &'f mut R) -> Result<JudgedRows<'f, R>, ImportFault> {
        let records = Records::open(file, self.written, self.shape)?;
        Ok(JudgedRows { records, section: self.judge.layout().section })
    }

    /// Every address of the file as it was judged, with its line.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn each<R: Read + Seek>(
        &self,
        file: &mut R,
        mut seen: impl FnMut(u64, Entry),
    ) -> Result<(), ImportFault> {
        let mut rows = self.rows(file)?;
        while let Some(row) = rows.next(self)? {
            row.entries.into_iter().for_each(|entry| seen(row.line, entry));
        }
        Ok(())
    }
}

impl<R: Read + Seek> JudgedRows<'_, R> {
    /// The next row that is not blank; `None` at the end.
    pub fn next(&mut self, looked: &Looked) -> Result<Option<Judged>, ImportFault> {
        while let Some(record) = self.records.next()? {
            if record.is_blank() || record.line == looked.begins_after {
                continue;
            }
            let entries = self.judge(&record, looked);
            if entries.is_empty() {
                continue;
            }
            return Ok(Some(Judged { line: record.line, entries, end_bytes: record.end_bytes }));
        }
        Ok(None)
    }

    fn judge(&mut self, record: &Record, looked: &Looked) -> Vec<Entry> {
        let refused = |shown: &str, reason: &RowReason| Entry::Refused {
            shown: shown.to_owned(),
            reason: reason.clone(),
        };
        let cells = record.cells();
        let mut entries = match &record.refused {
            Some(reason) => vec![refused(&record.cells.concat(), reason)],
            None if record.line < looked.begins_after => {
                let found = cells.iter().flat_map(|cell| crate::domain::import::addresses_in(cell)).flatten();
                found.map(|address| refused(address.as_str(), &RowReason::AboveHeading)).collect()
            }
            None => looked.judge.row(&cells, &mut self.section),
        };
        // What quotes swallowed is told once, and as that.
        let is_swallowed = |entry: &Entry| match entry {
            Entry::Refused { shown, reason: RowReason::OtherColumn { .. } } => record.within.contains(shown),
            _ => false,
        };
        entries.retain(|entry| !is_swallowed(entry));
        entries.extend(record.within.iter().map(|address| refused(address, &RowReason::WithinQuotes)));
        entries
    }
}
