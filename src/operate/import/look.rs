//! The looks through a file before anything is written: how it is written,
//! what stands where, what nobody knows, and who is gone by any of its rows.

use std::io::{Read, Seek};

use super::ImportFault;
use super::addresses::Addresses;
use super::bytes::Written;
use super::records::{Record, Records, shape_of};
use super::report::{FileFacts, Section};
use crate::domain::import::{
    Choices, Entry, Judge, Layout, Meaning, RowReason, Said, Sampled, Shape, Survey,
};
use crate::domain::{SuppressionReason, Timestamp};

/// Rows from which the layout is found, and how much of them.
const SAMPLE_ROWS: usize = 1_000;
const SAMPLE_BYTES: usize = 2 << 20;

/// What was found out about a file.
pub struct Looked {
    written: Written,
    shape: Shape,
    pub(super) judge: Judge,
    /// Rows above the heading and the heading itself end with this line.
    begins_after: u64,
    /// What rows say of addresses that is less than that they follow.
    pub(super) told: Addresses,
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
            if record.is_open {
                survey.see_open(record.line, record.cells.len())?;
            }
        }
    }
    let judge = survey.judge(choices, now)?;
    let mut looked = Looked { written, shape, judge, begins_after, told: Addresses::new() };
    if !is_suppressions {
        let mut told = Addresses::new();
        looked.each(file, |_, entry| told.tell(&entry, now))?;
        looked.told = told;
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
            status: names(&mut self.judge.speaking().chain(self.judge.heard())),
            dates: names(&mut self.judge.dated()),
            columns_empty: names(&mut self.judge.empty()),
            columns_ignored: names(&mut self.judge.unused()),
            says: match self.reason_of_name() {
                Some(reason) if layout.is_suppressions => Some(reason.as_str()),
                _ => (layout.whole != Said::Nothing).then(|| layout.whole.as_str()),
            },
        }
    }

    /// Why everybody in it gets no mail, by the name of the file, or a line
    /// above its heading. Of a list of those who get none a hint is enough.
    pub fn reason_of_name(&self) -> Option<SuppressionReason> {
        match self.judge.layout().named.as_ref()?.said {
            Said::Gone(reason) => Some(reason),
            _ => None,
        }
    }

    /// The heading, where it speaks for the rows below it.
    pub(super) fn section_above(&self) -> Option<Section> {
        let layout = self.judge.layout();
        let (line, says) = (layout.heading_line, layout.section.as_str());
        let text = layout.headings.concat().trim().chars().take(100).collect();
        (layout.section != Said::Nothing).then_some(Section { line, text, says, rows: 0 })
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
