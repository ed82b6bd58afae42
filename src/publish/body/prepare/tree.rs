//! What the parts of preparing share: looking at elements, moving them.

use dom_query::{Document, NodeRef};
use url::Url;

use super::super::sanitise::absolute;
use super::super::walk::is_block;

pub(super) const HEADINGS: &[&str] = &["h1", "h2", "h3", "h4", "h5", "h6"];

/// The elements that a selector of ours names, in the order of the post.
pub(super) fn elements<'d>(doc: &'d Document, selector: &str) -> Vec<NodeRef<'d>> {
    doc.try_select(selector).map(|found| found.nodes().to_vec()).unwrap_or_default()
}

pub(super) fn is(node: &NodeRef<'_>, names: &[&str]) -> bool {
    names.iter().any(|name| node.has_name(name))
}

/// The elements of these names in an element.
pub(super) fn within<'d>(node: &NodeRef<'d>, names: &[&str]) -> Vec<NodeRef<'d>> {
    node.descendants().into_iter().filter(|inner| is(inner, names)).collect()
}

/// An attribute that says something.
pub(super) fn get(node: &NodeRef<'_>, name: &str) -> Option<String> {
    node.attr(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// Whether the element has a class of a table of names.
pub(super) fn is_marked(node: &NodeRef<'_>, table: &[(&str, &str)]) -> bool {
    node.class()
        .is_some_and(|names| names.split_ascii_whitespace().any(|name| table.iter().any(|row| row.0 == name)))
}

/// What an element's own style says of a property.
pub(super) fn styled(node: &NodeRef<'_>, property: &str) -> Option<String> {
    let style = node.attr("style")?;
    let rules = style.split(';').filter_map(|rule| rule.split_once(':'));
    let mut said = rules.filter(|(name, _)| name.trim().eq_ignore_ascii_case(property));
    let (_, value) = said.next_back()?;
    Some(value.trim().trim_end_matches("!important").trim_end().to_ascii_lowercase())
}

/// The words of an element, white space folded.
pub(super) fn words(node: &NodeRef<'_>) -> String {
    node.text().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether an element that was found before is still part of the post.
pub(super) fn is_there(node: &NodeRef<'_>) -> bool {
    node.ancestors(None).last().is_some_and(NodeRef::is_fragment)
}

pub(super) fn has_ancestor(node: &NodeRef<'_>, names: &[&str]) -> bool {
    node.ancestors(None).iter().any(|above| is(above, names))
}

/// The element goes, what is in it stays.
pub(super) fn unwrap(node: &NodeRef<'_>) {
    if let Some(first) = node.first_child() {
        node.insert_siblings_before(&first);
    }
    node.remove_from_parent();
}

pub(super) fn replace_with_text(node: &NodeRef<'_>, text: &str) {
    let text = node.tree.new_text(text);
    node.replace_with(&text);
}

/// Puts words before the first words of an element.
pub(super) fn prepend_words(node: &NodeRef<'_>, text: &str) -> bool {
    let first = node.descendants().into_iter().find(NodeRef::is_nonempty_text);
    if let Some(first) = &first {
        let text = node.tree.new_text(text);
        first.insert_before(&text);
    }
    first.is_some()
}

/// Whether an element stands within lines.
fn is_in_lines(node: &NodeRef<'_>) -> bool {
    node.node_name().is_some_and(|name| {
        !is_block(&name) && !name.contains('-') && !matches!(&*name, "html" | "picture" | "form" | "nav")
    })
}

/// Whether an element holds lines, and no blocks.
fn holds_lines(node: &NodeRef<'_>) -> bool {
    const LINES: &[&str] =
        &["p", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "figcaption", "caption", "summary", "address"];
    is_in_lines(node) || is(node, LINES)
}

fn is_blank(node: &NodeRef<'_>) -> bool {
    node.is_comment() || (node.is_text() && !node.is_nonempty_text())
}

/// What stands beside an element and is seen.
fn beside<'d>(from: &NodeRef<'d>, next: impl Fn(&NodeRef<'d>) -> Option<NodeRef<'d>>) -> Option<NodeRef<'d>> {
    let mut at = next(from);
    while let Some(node) = at.filter(is_blank) {
        at = next(&node);
    }
    at
}

/// What stands before an element and is seen.
pub(super) fn before<'d>(node: &NodeRef<'d>) -> Option<NodeRef<'d>> {
    beside(node, NodeRef::prev_sibling)
}

/// What stands behind an element and is seen.
pub(super) fn behind<'d>(node: &NodeRef<'d>) -> Option<NodeRef<'d>> {
    beside(node, NodeRef::next_sibling)
}

fn is_mute(node: &NodeRef<'_>) -> bool {
    !node.descendants_it().any(|inner| inner.is_nonempty_text() || inner.has_name("img"))
}

/// Whether an element says all that one above it says.
pub(super) fn is_all_of(node: &NodeRef<'_>, whole: &NodeRef<'_>) -> bool {
    let mut at = Some(*node);
    while let Some(node) = at.filter(|node| node.id != whole.id) {
        let says =
            |other: Option<NodeRef<'_>>| other.is_some_and(|other| other.is_text() || !is_mute(&other));
        if says(before(&node)) || says(behind(&node)) {
            return false;
        }
        at = node.parent();
    }
    true
}

/// Puts HTML on a line of its own, in the place of an element.
pub(super) fn put_alone(node: &NodeRef<'_>, html: &str) {
    let is_other = |node: Option<NodeRef<'_>>| node.is_some_and(|node| !node.has_name("br"));
    let mut at = *node;
    while let Some(parent) = at.parent().filter(is_in_lines) {
        if is_other(before(&at)) || is_other(behind(&at)) {
            break;
        }
        at = parent;
    }
    let (above, below) = (is_other(before(&at)), is_other(behind(&at)));
    let parent = at.parent();
    if at.id != node.id || parent.as_ref().is_some_and(holds_lines) {
        if above {
            at.before_html("<br>");
        }
        if below {
            at.after_html("<br>");
        }
        node.replace_with_html(html);
    } else if above || below || parent.is_none_or(|parent| parent.has_name("html")) {
        node.replace_with_html(format!("<p>{html}</p>"));
    } else {
        node.replace_with_html(html);
    }
}

/// The address of a picture that a value names: not the page itself, nor the
/// front page of its site.
pub(super) fn picture(value: &str, base: Option<&Url>) -> Option<Url> {
    web(value, base).filter(|url| url.path() != "/" || url.query().is_some())
}

/// The web address that a value names, if it names one other than the page itself.
pub(super) fn web(value: &str, base: Option<&Url>) -> Option<Url> {
    let value = value.trim();
    if value.starts_with('#') {
        return None;
    }
    let url = absolute(value, base).filter(|url| url.starts_with("http"))?;
    let url = Url::parse(&url).ok()?;
    let is_page = base.is_some_and(|base| {
        base.host_str() == url.host_str() && base.path() == url.path() && base.query() == url.query()
    });
    (!is_page).then_some(url)
}

/// Where in the same post a link leads to.
pub(super) fn place_in_post(link: &NodeRef<'_>, base: Option<&Url>) -> Option<String> {
    let href = get(link, "href")?;
    if let Some(place) = href.strip_prefix('#') {
        return Some(place.to_owned());
    }
    let (page, place) = href.split_once('#')?;
    let here = base?;
    let page = here.join(page).ok()?;
    (page.host_str() == here.host_str()
        && page.path().trim_end_matches('/') == here.path().trim_end_matches('/'))
    .then(|| place.to_owned())
}
