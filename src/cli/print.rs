//! Standard output and standard error: tables, JSON, lines.

use std::io::{self, Write as _};

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

use crate::domain::shown::{escaped_html, escaped_json, shown};

/// One line, or several; nothing in them steers the terminal.
pub(super) fn line(text: &str) -> anyhow::Result<()> {
    text_as_is(&format!("{}\n", clean_lines(text)))
}

/// Text that ends as it ends.
pub(super) fn text_as_is(text: &str) -> anyhow::Result<()> {
    bytes(text.as_bytes())
}

/// Bytes as they are.
pub(super) fn bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}

/// HTML; nothing in it steers the terminal, and to a browser it is the same.
pub(super) fn html(html: &str) -> anyhow::Result<()> {
    text_as_is(&format!("{}\n", escaped_html(html)))
}

/// JSON for people and scripts, over several lines.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> anyhow::Result<()> {
    text_as_is(&format!("{}\n", escaped_json(&serde_json::to_string_pretty(value)?)))
}

/// JSON on one line.
pub(super) fn json_line<T: Serialize + ?Sized>(value: &T) -> anyhow::Result<()> {
    text_as_is(&format!("{}\n", escaped_json(&serde_json::to_string(value)?)))
}

/// A fault, on standard error.
pub(super) fn error(text: &str) {
    // There is nobody left to tell when this fails.
    let _ = writeln!(io::stderr().lock(), "postbell: {}", clean_lines(text));
}

/// A remark beside the output, on standard error.
pub(super) fn remark(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", clean_lines(text));
}

/// A question, on standard error, the cursor behind it.
pub(super) fn question(text: &str) -> anyhow::Result<()> {
    let mut out = io::stderr().lock();
    out.write_all(clean_lines(text).as_bytes())?;
    Ok(out.flush()?)
}

/// A table; columns whose heading ends in `#` hold numbers and stand right.
pub(super) fn table(headings: &[&str], rows: Vec<Vec<String>>) -> anyhow::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(headings.iter().map(|heading| {
        let name = heading.trim_end_matches('#');
        let cell = Cell::new(name.to_uppercase());
        if name.len() < heading.len() { cell.set_alignment(CellAlignment::Right) } else { cell }
    }));
    for row in rows {
        table.add_row(row.iter().map(|text| clean(text)));
    }
    for (at, heading) in headings.iter().enumerate() {
        if heading.ends_with('#')
            && let Some(column) = table.column_mut(at)
        {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    line(&table.trim_fmt())
}

/// Two columns without headings, for one thing and what is known of it.
pub(super) fn facts(facts: &[(&str, String)]) -> anyhow::Result<()> {
    let width = facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        line(&format!("{name:width$}  {}", clean(value)))?;
    }
    Ok(())
}

/// Text from elsewhere without what would steer the terminal.
pub(super) fn clean(text: &str) -> String {
    shown(text).into_owned()
}

/// The same over several lines.
fn clean_lines(text: &str) -> String {
    let pieces = text.split_inclusive(['\n', '\t']).map(|piece| {
        let end = piece.len() - usize::from(piece.ends_with(['\n', '\t']));
        format!("{}{}", shown(&piece[..end]), &piece[end..])
    });
    pieces.collect()
}

/// A moment for people; empty when there is none.
pub(super) fn moment(at: Option<crate::domain::Timestamp>) -> String {
    at.map_or(String::new(), |at| at.jiff().strftime("%Y-%m-%d %H:%M").to_string())
}

/// `1,404`.
pub(super) fn number(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        out.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
