//! Tables as text: columns where they fit, else a paragraph for each row.

use crate::publish::body::walk::{self, Step};

/// More columns stand below each other in no mail, and span no rows.
const MOST_COLUMNS: usize = 40;
/// Between two columns.
const GAP: usize = 2;

/// A cell as it is written in the HTML.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell<'h> {
    pub(super) html: &'h str,
    is_head: bool,
    columns: usize,
    rows: usize,
}

/// What stands in a table, apart from its cells.
#[derive(Debug, Default)]
pub(super) struct Table<'h> {
    pub(super) captions: Vec<&'h str>,
    pub(super) rows: Vec<Vec<Cell<'h>>>,
}

impl<'h> Table<'h> {
    /// The table of which this is the inside.
    pub(super) fn read(inside: &'h str) -> Self {
        let mut table = Self::default();
        let mut depth = 0_usize;
        // Where the open cell or caption begins.
        let mut open: Option<(usize, Cell<'h>)> = None;
        for (at, step) in walk::steps(inside) {
            match step {
                Step::Open { name: "table", .. } => depth += 1,
                Step::Close("table") => depth = depth.saturating_sub(1),
                Step::Open { name: "tr", .. } if depth == 0 => table.rows.push(Vec::new()),
                Step::Open { name: name @ ("td" | "th" | "caption"), tag } if depth == 0 => {
                    let span = |attribute| {
                        let span =
                            walk::attribute(tag, attribute).and_then(|span| span.parse::<usize>().ok());
                        span.filter(|span| (2..=20).contains(span)).unwrap_or(1)
                    };
                    let (columns, rows) = (span("colspan"), span("rowspan"));
                    open = Some((at + tag.len(), Cell { html: "", is_head: name == "th", columns, rows }));
                }
                Step::Close("td" | "th") if depth == 0 => {
                    if let (Some((from, cell)), Some(row)) = (open.take(), table.rows.last_mut()) {
                        row.push(Cell { html: &inside[from..at], ..cell });
                    }
                }
                Step::Close("caption") if depth == 0 => {
                    table.captions.extend(open.take().map(|(from, _)| &inside[from..at]));
                }
                _ => {}
            }
        }
        table.rows.retain(|row| !row.is_empty());
        table
    }

    /// Whether it only puts blocks in their places, and has no columns to read along.
    pub(super) fn is_layout(&self) -> bool {
        const BLOCKS: &[&str] = &[
            "table",
            "pre",
            "ul",
            "ol",
            "dl",
            "blockquote",
            "hr",
            "figure",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
        ];
        let holds_block = |cell: &Cell<'_>| {
            walk::steps(cell.html)
                .any(|(_, step)| matches!(step, Step::Open { name, .. } if BLOCKS.contains(&name)))
        };
        self.rows.iter().all(|row| row.len() < 2) || self.rows.iter().flatten().any(holds_block)
    }

    /// The words of its cells, in their columns; and whether the first row
    /// names these.
    pub(super) fn grid(&self, mut words: impl FnMut(&str) -> String) -> (Vec<Vec<String>>, bool) {
        // What reaches down from the rows above: rows left, and the words.
        let mut above: Vec<(usize, String)> = Vec::new();
        let mut grid = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let mut line: Vec<String> = Vec::new();
            let mut fill = |line: &mut Vec<String>| {
                while let Some((left, words)) = above.get_mut(line.len()).filter(|(left, _)| *left > 0) {
                    *left -= 1;
                    line.push(words.clone());
                }
            };
            fill(&mut line);
            let mut down = Vec::new();
            for cell in row {
                let said = words(cell.html);
                down.push((line.len(), cell.rows - 1, said.clone()));
                line.push(said);
                line.extend((1..cell.columns).map(|_| String::new()));
                fill(&mut line);
            }
            for (at, rows, said) in down.into_iter().filter(|(at, ..)| *at < MOST_COLUMNS) {
                above.resize(above.len().max(at + 1), (0, String::new()));
                above[at] = (rows, said);
            }
            grid.push(line);
        }
        (
            grid,
            self.rows.len() > 1 && self.rows.first().is_some_and(|row| row.iter().all(|cell| cell.is_head)),
        )
    }
}

/// The rows as lines with columns below each other, if they fit in a line.
pub(super) fn columns(
    grid: &[Vec<String>],
    is_headed: bool,
    width: usize,
    count: impl Fn(&str) -> usize,
) -> Option<String> {
    let most = grid.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..most)
        .map(|nth| grid.iter().filter_map(|row| row.get(nth)).map(|cell| count(cell)).max().unwrap_or(0))
        .collect();
    if most > MOST_COLUMNS || widths.iter().sum::<usize>() + GAP * most.saturating_sub(1) > width {
        return None;
    }
    let mut out = String::new();
    for (nth, row) in grid.iter().enumerate() {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width.saturating_sub(count(cell)) + GAP));
        }
        out.push_str(line.trim_end());
        out.push('\n');
        if nth == 0 && is_headed {
            let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            out.push_str(rules.join(&" ".repeat(GAP)).trim_end());
            out.push('\n');
        }
    }
    Some(out)
}

/// Each row as a paragraph: under the names of its columns, or cell by cell.
pub(super) fn records(grid: &[Vec<String>], is_headed: bool) -> String {
    let mut out = String::new();
    let (heads, rows) = match grid.split_first() {
        Some((heads, rows)) if is_headed => (heads.as_slice(), rows),
        _ => (&[][..], grid),
    };
    for row in rows {
        let cells = row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()).map(|(nth, cell)| {
            let head = heads.get(nth).map(|head| head.trim_end_matches(':')).filter(|head| !head.is_empty());
            let cell = walk::escape(cell);
            head.map_or(cell.clone(), |head| format!("{}: {cell}", walk::escape(head)))
        });
        let cells: Vec<String> = cells.collect();
        if !cells.is_empty() {
            out.push_str(&format!("<p>{}</p>", cells.join(if is_headed { "<br>" } else { " | " })));
        }
    }
    out
}
