//! Lists and notes: boxes of tasks, struck words, footnotes, headings' own links.

use dom_query::{Document, NodeRef};
use url::Url;

use super::names::{BACK_LINKS, BOXES, HEADING_LINKS, NOTE_NUMBERS, SIDE_NOTES};
use super::tree::{
    HEADINGS, before, elements, get, has_ancestor, is, is_all_of, is_marked, is_there, place_in_post,
    prepend_words, replace_with_text, styled, words,
};
use crate::publish::body::walk::is_block;

/// Arrows with which a note leads back to its mark.
const ARROWS: &[char] =
    &['↩', '↵', '↑', '⤴', '⏎', '←', '↖', '⬆', '⇧', '^', '⮌', '🔙', '\u{fe0e}', '\u{fe0f}', '\u{200b}'];

/// Boxes of one post that are ticked.
const MOST_BOXES: usize = 1_000;

pub(super) fn write_out(doc: &Document, base: Option<&Url>) {
    tick(doc);
    for node in elements(doc, "[style]") {
        read_style(&node);
    }
    for node in elements(doc, "[class]").into_iter().filter(is_there) {
        if is_marked(&node, SIDE_NOTES) {
            // A note beside the text stands within it.
            node.insert_before(&node.tree.new_text(" ("));
            node.insert_after(&node.tree.new_text(") "));
        } else if node.has_class("margin-toggle") {
            node.remove_from_parent();
        } else if node.has_class("kg-bookmark-publisher") {
            // Ghost's cards have a dot between site and author by their style.
            node.insert_before(&node.tree.new_text(" · "));
        } else if is_marked(&node, NOTE_NUMBERS) {
            let number = words(&node);
            let note = node.parent();
            node.remove_from_parent();
            if let Some(note) = note {
                prepend_words(&note, &format!("{number}. "));
            }
        }
    }
    for link in elements(doc, "a") {
        if is_back_link(&link, base) || is_heading_link(&link, base) {
            link.remove_from_parent();
        } else if is_bare_mark(&link, base) {
            link.wrap_html("<sup></sup>");
        }
    }
}

/// Boxes to tick in lists and tables become signs before the words.
fn tick(doc: &Document) {
    let boxes = elements(doc, "input[type=checkbox i], [role=checkbox], [class*=checkbox-o]");
    for node in boxes.into_iter().take(MOST_BOXES) {
        let named = BOXES.iter().find(|(name, ..)| node.has_class(name)).map(|(_, is_ticked, _)| *is_ticked);
        if !is_there(&node) || (named.is_none() && !node.has_attr("type") && !node.has_attr("role")) {
            continue;
        }
        let task = node.ancestors(Some(4)).into_iter().find(|above| is(above, &["li", "td", "dd"]));
        let Some(task) = task else {
            if node.has_name("input") {
                node.remove_from_parent();
            }
            continue;
        };
        let says = |node: &NodeRef<'_>, name| get(node, name).is_some_and(|value| value == "true");
        let is_ticked = named.unwrap_or_else(|| {
            node.has_attr("checked") || says(&node, "aria-checked") || says(&task, "data-checked")
        });
        let sign = if is_ticked { "☑ " } else { "☐ " };
        let first = task
            .descendants()
            .into_iter()
            .skip_while(|inner| inner.id != node.id)
            .find(NodeRef::is_nonempty_text);
        match first {
            Some(first) => {
                first.insert_before(&node.tree.new_text(sign));
                node.remove_from_parent();
            }
            None => replace_with_text(&node, sign),
        }
    }
}

/// What only a style says and words would lose: that they are struck, and
/// which way they are written.
fn read_style(node: &NodeRef<'_>) {
    if styled(node, "direction").is_some_and(|direction| direction == "rtl") && !node.has_attr("dir") {
        node.set_attr("dir", "rtl");
    }
    let align = styled(node, "text-align").filter(|align| matches!(&**align, "right" | "center"));
    if let Some(align) = align.filter(|_| is(node, &["td", "th", "p", "div"]) && !node.has_attr("align")) {
        node.set_attr("align", &align);
    }
    let count = styled(node, "list-style-type").or_else(|| styled(node, "list-style"));
    if let Some(count) = count.filter(|_| node.has_name("ol") && !node.has_attr("type")) {
        let kind = match &*count {
            "lower-alpha" | "lower-latin" => "a",
            "upper-alpha" | "upper-latin" => "A",
            "lower-roman" => "i",
            "upper-roman" => "I",
            _ => "1",
        };
        if kind != "1" {
            node.set_attr("type", kind);
        }
    }
    let is_struck = ["text-decoration", "text-decoration-line"]
        .iter()
        .any(|property| styled(node, property).is_some_and(|value| value.contains("line-through")));
    if !is_struck || is(node, &["s", "del", "strike"]) || has_ancestor(node, &["s", "del", "strike"]) {
        return;
    }
    if is(node, &["span", "font", "ins", "u"]) {
        node.rename("s");
    } else if let Some(first) = node.first_child()
        && !node
            .node_name()
            .is_some_and(|name| matches!(&*name, "ul" | "ol" | "table" | "tr" | "tbody" | "div"))
    {
        let struck = node.tree.new_element("s");
        struck.append_children(&first);
        node.append_child(&struck);
    }
}

fn is_back_link(link: &NodeRef<'_>, base: Option<&Url>) -> bool {
    let is_said = get(link, "role").is_some_and(|role| role == "doc-backlink")
        || is_marked(link, BACK_LINKS)
        || link.has_attr("data-footnote-backref");
    let said = words(link);
    let is_arrow = !said.is_empty() && said.chars().all(|c| ARROWS.contains(&c) || c.is_whitespace());
    is_said || (is_arrow && place_in_post(link, base).is_some())
}

/// A link of a heading to itself, that says nothing: `#`, `¶`.
fn is_heading_link(link: &NodeRef<'_>, base: Option<&Url>) -> bool {
    let Some(heading) = link.ancestors(Some(4)).into_iter().find(|above| is(above, HEADINGS)) else {
        return false;
    };
    let said = words(link);
    if said.chars().any(char::is_alphanumeric) {
        return is_marked(link, HEADING_LINKS) && !is_all_of(link, &heading);
    }
    link.children().iter().all(|child| !child.has_name("img"))
        && (said.is_empty() || place_in_post(link, base).is_some())
}

/// A number that leads to its note, and runs into the word before it.
fn is_bare_mark(link: &NodeRef<'_>, base: Option<&Url>) -> bool {
    let said = words(link);
    let is_number = !said.is_empty() && said.len() <= 3 && said.bytes().all(|b| b.is_ascii_digit());
    is_number
        && place_in_post(link, base).is_some()
        && !has_ancestor(link, &["sup"])
        && before(link).is_some_and(|node| {
            let is_inline = node.node_name().is_none_or(|name| !is_block(&name) && &*name != "br");
            is_inline && link.prev_sibling().is_some_and(|node| !node.text().ends_with(char::is_whitespace))
        })
}
