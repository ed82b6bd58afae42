//! Lines and blanks that only a style keeps: poems, letters, scenes.

use dom_query::{Document, NodeRef};

use super::code::is_code;
use super::names::{KEPT_SPACE, VERSES};
use super::tree::{elements, has_ancestor, is, is_marked, styled, within};
use crate::publish::body::walk::{escape, is_block};

/// Blanks before a line that are kept.
const MOST_BLANKS: usize = 40;

pub(super) fn keep(doc: &Document) {
    // A poem is no code: it has its lines, and the post's own letters.
    for pre in elements(doc, "pre") {
        let is_verse =
            is_marked(&pre, VERSES) || pre.parent().is_some_and(|parent| is_marked(&parent, VERSES));
        let is_plain = || {
            let mut inner = pre.descendants().into_iter();
            !inner.any(|node| node.node_name().is_some_and(|name| is_block(&name) || &*name == "code"))
        };
        if is_verse && is_plain() {
            break_lines(&pre, true);
            pre.rename("p");
        }
    }
    for node in elements(doc, "[style], [class]") {
        if let Some(keeps_blanks) = keeps_lines(&node)
            && !is(&node, &["pre", "code", "table", "tbody", "tr"])
            && !is_code(&node)
            && !has_ancestor(&node, &["pre", "code"])
            && within(&node, &["pre"]).is_empty()
        {
            break_lines(&node, keeps_blanks);
        }
    }
}

/// Whether an element's lines end where they are written to end, and whether
/// its blanks are kept as well.
fn keeps_lines(node: &NodeRef<'_>) -> Option<bool> {
    let by_class = || {
        let kept = KEPT_SPACE.iter().find(|(name, ..)| node.has_class(name));
        kept.map(|(_, space, _)| (*space).to_owned())
    };
    match styled(node, "white-space").or_else(by_class)?.as_str() {
        "pre-line" => Some(false),
        "pre" | "pre-wrap" | "break-spaces" => Some(true),
        _ => None,
    }
}

fn break_lines(node: &NodeRef<'_>, keeps_blanks: bool) {
    for text in node.descendants().into_iter().filter(NodeRef::is_text) {
        let said = text.text();
        let is_block = |node: Option<NodeRef<'_>>| {
            node.is_none_or(|node| node.node_name().is_some_and(|name| is_block(&name)))
        };
        let (begins, ends) = (text.prev_sibling().is_none(), text.next_sibling().is_none());
        let is_between =
            said.trim().is_empty() && (is_block(text.prev_sibling()) || is_block(text.next_sibling()));
        let said = if begins { said.trim_start_matches(['\r', '\n']) } else { &said };
        let said = if ends { said.trim_end() } else { said };
        if is_between || !(said.contains('\n') || (keeps_blanks && begins && said.starts_with(' '))) {
            continue;
        }
        let last = said.lines().count().saturating_sub(1);
        let lines = said.lines().enumerate().map(|(nth, line)| {
            // Blanks before a line's end are not seen, those before another element are.
            let line = if nth < last { line.trim_end() } else { line };
            let words = line.trim_start_matches([' ', '\t']);
            let blanks = (line.len() - words.len()).min(MOST_BLANKS);
            let kept =
                if keeps_blanks && (nth > 0 || begins) { "\u{a0}".repeat(blanks) } else { String::new() };
            let line = if nth > 0 || begins { words } else { line };
            escape(&format!("{kept}{line}"))
        });
        let mut html = lines.collect::<Vec<_>>().join("<br>");
        if said.ends_with('\n') {
            html.push_str("<br>");
        }
        text.replace_with_html(html);
    }
}
