//! Code: each line of it, and nothing that stands beside it.
//!
//! Pages draw code as tables with numbers, as boxes in boxes, or as a `pre`
//! for each line. A mail has one `pre` with one text.

use dom_query::{Document, NodeRef};

use super::names::{CODE_BLOCKS, CODE_LINES, CODE_TOOLS, LINE_NUMBERS};
use super::tree::{elements, get, has_ancestor, is, is_marked, is_there, styled, within, words};
use crate::publish::body::walk::{escape, is_block};

/// Deeper elements in code are nobody's writing.
const MOST_LEVELS: usize = 100;

pub(super) fn keep(doc: &Document) {
    for tool in elements(doc, "[class]") {
        // Prism's and SyntaxHighlighter's have a name that others use as well.
        let is_bar = || {
            let around = tool.parent().filter(|_| tool.has_class("toolbar"));
            around.is_some_and(|around| {
                around.has_class("code-toolbar") || around.has_class("syntaxhighlighter")
            })
        };
        if is_marked(&tool, CODE_TOOLS) || is_bar() {
            tool.remove_from_parent();
        }
    }
    for cell in elements(doc, "td, th") {
        if is_there(&cell) && holds_numbers(&cell) {
            cell.remove_from_parent();
        }
    }
    for table in elements(doc, "pre table") {
        drop_counted(&table);
    }
    for block in elements(doc, "[class], [style], code") {
        if is_there(&block) && is_code(&block) && !has_ancestor(&block, &["pre"]) {
            block.rename("pre");
        }
    }
    for pre in elements(doc, "pre") {
        if is_there(&pre) && !has_ancestor(&pre, &["pre"]) {
            let has_code = !within(&pre, &["code"]).is_empty();
            let text = lines_of(&pre);
            let text = text.trim_start_matches('\n');
            pre.set_html(if has_code { format!("<code>{text}</code>") } else { text.to_owned() });
        }
    }
    // The table around one piece of code held its numbers.
    for table in elements(doc, "table") {
        let cells: Vec<_> =
            within(&table, &["td", "th"]).into_iter().filter(|cell| !words(cell).is_empty()).collect();
        if let [cell] = cells.as_slice()
            && !within(cell, &["pre"]).is_empty()
            && let Some(first) = cell.first_child()
        {
            table.insert_siblings_before(&first);
            table.remove_from_parent();
        }
    }
}

/// Whether an element that is no `pre` holds lines as they stand.
pub(super) fn is_code(node: &NodeRef<'_>) -> bool {
    if node.has_name("pre") {
        return false;
    }
    let is_kept = styled(node, "white-space").is_some_and(|space| matches!(&*space, "pre" | "pre-wrap"));
    let is_mono = styled(node, "font-family").is_some_and(|family| {
        ["mono", "consolas", "menlo", "monaco", "courier"].iter().any(|name| family.contains(name))
    });
    if is_marked(node, CODE_BLOCKS) {
        return within(node, &["pre"]).iter().all(|pre| is_marked(pre, CODE_LINES));
    }
    // SyntaxHighlighter's cell, which knows no class of its own.
    if node.has_class("container")
        && node.parent().is_some_and(|cell| is(&cell, &["td"]) && cell.has_class("code"))
    {
        return true;
    }
    let lines = || node.children().iter().filter(|child| is_line(child)).count();
    match node.node_name().as_deref() {
        Some("code") => is_kept && node.text().trim().contains('\n') || lines() > 1,
        Some("div" | "p" | "section") => is_kept && is_mono && within(node, &["pre"]).is_empty(),
        _ => false,
    }
}

/// Whether an element is a line of code by itself.
fn is_line(node: &NodeRef<'_>) -> bool {
    let name = node.node_name().unwrap_or_default();
    if matches!(&*name, "td" | "th") {
        return false;
    }
    is_block(&name)
        || is_marked(node, CODE_LINES)
        || (!matches!(&*name, "code" | "br" | "")
            && styled(node, "display")
                .is_some_and(|display| matches!(&*display, "block" | "flex" | "grid" | "table-row")))
}

/// Whether all that an element says is numbers of lines.
fn is_numbers(node: &NodeRef<'_>) -> bool {
    let text = node.text();
    let is_unselectable = ["user-select", "-webkit-user-select"]
        .iter()
        .any(|property| styled(node, property).is_some_and(|value| value == "none"));
    let is_digits =
        text.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || matches!(c, '.' | ':' | '|' | '│'));
    is_digits && (is_marked(node, LINE_NUMBERS) || (is_unselectable && !text.trim().is_empty()))
}

/// Whether a cell holds the numbers of the lines in the cell beside it: by its
/// name, or since they count on and stand as code does.
fn holds_numbers(cell: &NodeRef<'_>) -> bool {
    let Some(row) = cell.parent() else { return false };
    let cells = row.children_it(false).filter(|other| is(other, &["td", "th"]));
    let others: Vec<_> = cells.filter(|other| other.id != cell.id).take(4).collect();
    if others.is_empty() || others.len() > 3 {
        return false;
    }
    if is_numbers(cell) {
        return true;
    }
    let holds_code =
        |cell: &NodeRef<'_>| !within(cell, &["pre", "code"]).is_empty() || cell.has_class("code");
    if !holds_code(cell) || !others.iter().any(holds_code) {
        return false;
    }
    let lines = lines_of(cell);
    let mut numbers = lines.split_whitespace().map(str::parse::<usize>);
    let Some(Ok(mut last)) = numbers.next() else { return false };
    numbers.all(|number| {
        last += 1;
        number == Ok(last)
    })
}

/// Within code a table has a row for each line, and what counts them on are
/// their numbers, by whatever name.
fn drop_counted(table: &NodeRef<'_>) {
    let rows = within(table, &["tr"]);
    let cells: Vec<_> = rows.iter().filter_map(NodeRef::first_element_child).collect();
    let first = cells.first().and_then(|cell| words(cell).parse::<usize>().ok());
    let counts_on = |first: usize| {
        cells
            .iter()
            .zip(first..)
            .all(|(cell, number)| words(cell) == number.to_string() && cell.next_element_sibling().is_some())
    };
    if cells.len() == rows.len() && first.is_some_and(counts_on) {
        for cell in cells {
            cell.remove_from_parent();
        }
    }
}

/// The text of code, its markup kept.
fn lines_of(code: &NodeRef<'_>) -> String {
    let mut lines = Lines { out: String::new(), at_start: true, is_due: false };
    lines.write(code, 0);
    lines.out
}

/// The text of code as it is put together.
struct Lines {
    out: String,
    at_start: bool,
    /// A line has ended, and nothing said so yet.
    is_due: bool,
}

impl Lines {
    fn write(&mut self, node: &NodeRef<'_>, level: usize) {
        if level > MOST_LEVELS {
            self.text(&node.text());
            return;
        }
        for child in node.children() {
            if child.is_text() {
                self.text(&child.text());
                continue;
            }
            let Some(name) = child.node_name().filter(|_| !is_numbers(&child)) else { continue };
            match &*name {
                "br" => self.text("\n"),
                "img" => {
                    self.text("");
                    self.out.push_str(&child.html());
                }
                "a" | "b" | "strong" | "i" | "em" | "u" | "s" | "del" | "ins" | "mark" | "sup" | "sub" => {
                    self.end_due("");
                    let href = get(&child, "href").map(|href| format!(" href=\"{}\"", escape(&href)));
                    self.out.push_str(&format!("<{name}{}>", href.unwrap_or_default()));
                    self.write(&child, level + 1);
                    self.out.push_str(&format!("</{name}>"));
                }
                _ if is_line(&child) => {
                    self.end_due("");
                    if !self.at_start {
                        self.text("\n");
                    }
                    let from = self.out.len();
                    self.write(&child, level + 1);
                    self.is_due |= !self.at_start || self.out.len() == from;
                }
                _ => self.write(&child, level + 1),
            }
        }
    }

    /// Ends the line that is due, unless the text that follows does.
    fn end_due(&mut self, next: &str) -> usize {
        if !std::mem::take(&mut self.is_due) {
            return 0;
        }
        self.out.push('\n');
        self.at_start = true;
        // What stands between two lines is no third.
        let blank = next.len() - next.trim_start_matches([' ', '\t', '\r']).len();
        if next[blank..].starts_with('\n') { blank + 1 } else { 0 }
    }

    fn text(&mut self, text: &str) {
        if text.is_empty() && !self.is_due {
            return;
        }
        let from = self.end_due(text);
        let rest = &text[from..];
        if let Some(last) = rest.chars().next_back() {
            self.out.push_str(&escape(rest));
            self.at_start = last == '\n';
        }
    }
}
