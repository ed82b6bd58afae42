//! Lists hold items and nothing else, and readings stand in brackets.
//!
//! Browsers show all that is in a list. Others read its items alone, and what
//! stands between those would be lost.

use dom_query::{Document, NodeRef};

use super::tree::{before, elements, is, unwrap, within, words};

const ITEMS: &[&str] = &["li", "dt", "dd"];
/// Wrappers in wrappers that are opened.
const MOST_WRAPPERS: usize = 5;
/// What is in these belongs to no list around them.
const HOLDERS: &[&str] = &["ul", "ol", "dl", "table", "blockquote"];
/// Readings of one post that get brackets.
const MOST_READINGS: usize = 3_000;

pub(super) fn mend(doc: &Document) {
    for list in elements(doc, "menu, dir") {
        list.rename("ul");
    }
    for list in elements(doc, "ul, ol") {
        join_items(&list);
    }
    for list in elements(doc, "dl") {
        explain_loose(&list);
    }
    bracket_readings(doc);
}

/// What stands between two items belongs to the first of them, as a list that
/// was put in by hand does; what stands before all, before the list.
fn join_items(list: &NodeRef<'_>) {
    open_wrappers(list, &["li"]);
    let mut item: Option<NodeRef<'_>> = None;
    for child in list.children() {
        if child.has_name("li") {
            item = Some(child);
        } else if !is_nothing(&child) && (is(&child, HOLDERS) || !holds_items(&child, ITEMS)) {
            match &item {
                Some(item) => item.append_child(&child),
                None => list.insert_before(&child),
            }
        }
    }
    if item.is_none() && within(list, &["li"]).is_empty() {
        list.remove_from_parent();
    }
}

/// What is neither a term nor said of one is said of the one before it.
fn explain_loose(list: &NodeRef<'_>) {
    open_wrappers(list, &["dt", "dd"]);
    let mut loose: Option<NodeRef<'_>> = None;
    for child in list.children() {
        if is(&child, &["dt", "dd"]) || (!is(&child, HOLDERS) && holds_items(&child, ITEMS)) {
            loose = None;
        } else if let Some(said) = &loose {
            said.append_child(&child);
        } else if !is_nothing(&child) {
            let said = list.tree.new_element("dd");
            child.insert_before(&said);
            said.append_child(&child);
            loose = Some(said);
        }
    }
}

/// Takes away what stands around items: boxes, and formats that nobody ended.
fn open_wrappers(list: &NodeRef<'_>, items: &[&str]) {
    for _ in 0..MOST_WRAPPERS {
        let is_wrapper = |child: &NodeRef<'_>| {
            child.is_element() && !is(child, items) && !is(child, HOLDERS) && holds_items(child, items)
        };
        let wrappers: Vec<_> = list.children().into_iter().filter(is_wrapper).collect();
        if wrappers.is_empty() {
            return;
        }
        for wrapper in wrappers {
            match wrapper.element_children().as_slice() {
                // A link around an item is one around what is in it.
                [item] if wrapper.has_name("a") => {
                    wrapper.insert_before(item);
                    if let Some(first) = item.first_child() {
                        wrapper.append_children(&first);
                    }
                    item.append_child(&wrapper);
                }
                _ => unwrap(&wrapper),
            }
        }
    }
}

/// Whether there are items in an element that are no other list's: moved into
/// an item, a parser would put them out again.
fn holds_items(node: &NodeRef<'_>, items: &[&str]) -> bool {
    within(node, items).iter().any(|item| {
        let above = item.ancestors(None);
        !above.iter().take_while(|above| above.id != node.id).any(|above| is(above, HOLDERS))
    })
}

fn is_nothing(node: &NodeRef<'_>) -> bool {
    node.is_comment() || (node.is_text() && !node.is_nonempty_text()) || node.has_name("br")
}

/// How a word is read stands above it; where nothing draws it there, it would
/// be part of the word.
fn bracket_readings(doc: &Document) {
    for reading in elements(doc, "rt").into_iter().take(MOST_READINGS) {
        let is_open = before(&reading).is_some_and(|bracket| {
            bracket.has_name("rp") && !words(&bracket).starts_with([')', '）', '】', '》'])
        });
        if !is_open {
            let (left, right) = (doc.tree.new_element("rp"), doc.tree.new_element("rp"));
            left.set_text("(");
            right.set_text(")");
            reading.insert_before(&left);
            reading.insert_after(&right);
        }
    }
}
