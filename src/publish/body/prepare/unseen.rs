//! What nobody sees on the page, or nobody can use in a mail: hidden elements,
//! buttons, forms, bars for sharing.

use std::collections::HashSet;

use dom_query::{Document, NodeId, NodeRef};
use url::Url;

use super::hosts::SHARING;
use super::names::{HEARD_ONLY, NO_WORDS, PLAYER_LINKS};
use super::tree::{
    HEADINGS, before, behind, elements, get, is, is_all_of, is_marked, is_there, replace_with_text, styled,
    unwrap, within, words,
};
use crate::publish::body::sanitise::{TAGS, absolute};

const FIELDS: &[&str] = &["input", "textarea", "x-select", "select", "x-button"];
/// A form with more words around its fields holds a post.
const MOST_FORM_WORDS: usize = 60;
/// Words beside the links of a bar for sharing: "Share this".
const MOST_BAR_WORDS: usize = 8;
/// Bars for sharing that are looked for.
const MOST_BARS: usize = 30;

pub(super) fn remove(doc: &Document, base: Option<&Url>) {
    let has_sound = !elements(doc, "audio").is_empty();
    for node in
        elements(doc, "x-template, svg, dialog:not([open]), noembed, noframes, [aria-modal=true], [class]")
    {
        if node.has_name("svg") {
            name_drawing(&node);
        } else if is(&node, &["x-template", "dialog", "noembed", "noframes"])
            || get(&node, "aria-modal").is_some()
            || is_marked(&node, NO_WORDS)
            || (has_sound && is_marked(&node, PLAYER_LINKS))
        {
            node.remove_from_parent();
        }
    }
    remove_hidden(doc);
    // Those who see the page do not see these words; where nothing else is
    // there, they say what the picture of it says.
    for node in elements(doc, "[class]").into_iter().filter(|node| is_marked(node, HEARD_ONLY)) {
        let whole =
            node.ancestors(Some(3)).into_iter().find(|above| is(above, &["a", "th", "dt", "summary"]));
        let is_heading = is(&node, HEADINGS);
        let is_all = whole.is_some_and(|whole| is_all_of(&node, &whole));
        if !is_all && !is_heading {
            node.remove_from_parent();
        }
    }
    for node in elements(doc, "[aria-hidden=true]") {
        let said = words(&node);
        let is_twin = |other: Option<NodeRef<'_>>| {
            other.is_some_and(|other| {
                other.text().trim() == said || get(&other, "aria-label").is_some_and(|label| label == said)
            })
        };
        if !said.is_empty() && (is_twin(before(&node)) || is_twin(behind(&node))) {
            node.remove_from_parent();
        }
    }
    remove_forms(doc);
    remove_bars(doc, base);
}

/// What no mail knows goes, and what is in it stays. What bears a name of SVG
/// or MathML without being any would take its words with it.
pub(super) fn unwrap_unknown(doc: &Document) {
    for node in elements(doc, "*") {
        let is_html = node.qual_name_ref().is_some_and(|name| &*name.ns == "http://www.w3.org/1999/xhtml");
        if is_html && !is(&node, TAGS) && !is(&node, &["html", "script", "style"]) {
            unwrap(&node);
        }
    }
}

/// No mail shows a drawing. One that is a figure is missed, and its name says
/// what it showed; the others are signs.
fn name_drawing(svg: &NodeRef<'_>) {
    let is_figure = svg.parent().is_some_and(|parent| parent.has_name("figure"));
    let title = || within(svg, &["title"]).first().map(words).filter(|title| !title.is_empty());
    match get(svg, "aria-label").or_else(title).filter(|_| is_figure) {
        Some(name) => replace_with_text(svg, &name),
        None => svg.remove_from_parent(),
    }
}

fn remove_hidden(doc: &Document) {
    let hidden: Vec<_> = elements(doc, "[hidden], [style]").into_iter().filter(is_hidden).collect();
    let ids: HashSet<NodeId> = hidden.iter().map(|node| node.id).collect();
    if hidden.is_empty() {
        return;
    }
    // What is there as a whole only after a script is the post.
    let count = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
    let outer =
        hidden.iter().filter(|node| !node.ancestors(None).iter().any(|above| ids.contains(&above.id)));
    let unseen: usize = outer.map(|node| count(&node.text())).sum();
    if unseen > 0 && unseen >= count(&doc.text()) && elements(doc, "img, iframe, video").is_empty() {
        return;
    }
    for node in hidden {
        node.remove_from_parent();
    }
}

fn is_hidden(node: &NodeRef<'_>) -> bool {
    // The sides of tabs that are not in front, and what stands for a player.
    if get(node, "role").is_some_and(|role| role == "tabpanel") || is(node, &["img", "iframe", "html"]) {
        return false;
    }
    let says = |property, value| styled(node, property).is_some_and(|said| said == value);
    node.attr("hidden").is_some_and(|hidden| !hidden.eq_ignore_ascii_case("until-found"))
        || says("display", "none")
        || says("mso-hide", "all")
        || is_off_page(node)
        || (says("visibility", "hidden")
            && styled(node, "animation-name").is_none()
            && !node.has_class("wow"))
}

/// Moved out of sight, or cut down to a dot: words for who hears the page.
fn is_off_page(node: &NodeRef<'_>) -> bool {
    if !styled(node, "position").is_some_and(|position| matches!(&*position, "absolute" | "fixed")) {
        return false;
    }
    let is_far = |property: &&str| {
        let digits = |far: &str| far.bytes().take_while(u8::is_ascii_digit).count();
        styled(node, property).is_some_and(|at| at.strip_prefix('-').is_some_and(|far| digits(far) > 3))
    };
    let is_dot = |clip: String| {
        let sides = clip.strip_prefix("rect(").unwrap_or_default().trim_end_matches(')').to_owned();
        let mut sides =
            sides.split([',', ' ']).map(|side| side.trim_end_matches("px")).filter(|s| !s.is_empty());
        !clip.is_empty() && sides.clone().count() == 4 && sides.all(|side| matches!(side, "0" | "1"))
    };
    ["left", "right", "top", "bottom"].iter().any(is_far)
        || styled(node, "clip").is_some_and(is_dot)
        || styled(node, "clip-path").is_some_and(|path| matches!(&*path, "inset(50%)" | "inset(100%)"))
}

fn remove_forms(doc: &Document) {
    let count = |node: &NodeRef<'_>| node.text().split_whitespace().count();
    let signs = |node: &NodeRef<'_>| node.text().chars().filter(|c| !c.is_whitespace()).count();
    let all = signs(&doc.root());
    for form in elements(doc, "form").into_iter().filter(is_there) {
        let fields = within(&form, FIELDS);
        let is_post = || {
            let inner = form.descendants();
            let in_fields: usize =
                inner.iter().filter(|node| is(node, FIELDS) || node.has_name("label")).map(count).sum();
            let whole = count(&form);
            // Of a post behind a password this is all there is to read.
            whole.saturating_sub(in_fields) > MOST_FORM_WORDS || signs(&form) == all
        };
        if fields.is_empty() || is_post() {
            unwrap(&form);
        } else {
            form.remove_from_parent();
        }
    }
    for button in elements(doc, "x-button, [role=button]:not([href])").into_iter().filter(is_there) {
        let is_title = button
            .ancestors(Some(3))
            .iter()
            .any(|above| is(above, HEADINGS) || is(above, &["summary", "dt"]));
        let opens = get(&button, "aria-expanded").is_some() && get(&button, "aria-haspopup").is_none();
        let holds = !within(&button, &["a", "img", "picture", "p", "h1", "h2", "h3", "h4", "pre"]).is_empty();
        if is_title || opens || holds {
            if button.has_name("x-button") {
                unwrap(&button);
            }
        } else {
            button.remove_from_parent();
        }
    }
    for label in elements(doc, "label").into_iter().filter(is_there) {
        if !within(&label, FIELDS).is_empty() {
            label.remove_from_parent();
        }
    }
    for field in elements(doc, "textarea, x-select, datalist, progress, meter") {
        field.remove_from_parent();
    }
}

/// Several links to share the post, and hardly a word beside them.
fn remove_bars(doc: &Document, base: Option<&Url>) {
    let links: Vec<_> = elements(doc, "a[href]").into_iter().filter(|link| shares(link, base)).collect();
    let mut looked_at = 0;
    for link in links {
        if looked_at >= MOST_BARS || !is_there(&link) {
            continue;
        }
        looked_at += 1;
        let above = link.ancestors(None).into_iter().take_while(|above| !above.has_name("html"));
        if let Some(bar) =
            above.take_while(|above| is_bar(above, base)).last().filter(|bar| within(bar, &["a"]).len() > 1)
        {
            bar.remove_from_parent();
        }
    }
}

fn is_bar(node: &NodeRef<'_>, base: Option<&Url>) -> bool {
    let (links, others): (Vec<_>, Vec<_>) =
        within(node, &["a"]).into_iter().partition(|link| shares(link, base));
    let is_only = others.iter().all(|link| words(link).is_empty() || get(link, "href").is_none());
    let in_links: usize = links.iter().map(|link| words(link).split_whitespace().count()).sum();
    let beside = words(node).split_whitespace().count().saturating_sub(in_links);
    let has_picture = within(node, &["img"])
        .iter()
        .any(|image| !image.ancestors(None).iter().any(|above| above.has_name("a")));
    is_only
        && beside <= MOST_BAR_WORDS
        && !has_picture
        && within(node, &["pre", "video", "audio", "iframe"]).is_empty()
}

fn shares(link: &NodeRef<'_>, base: Option<&Url>) -> bool {
    let Some(href) = get(link, "href") else { return false };
    let lower = href.to_ascii_lowercase();
    if lower.starts_with("mailto:?")
        || lower.starts_with("whatsapp:")
        || lower.starts_with("javascript:window.print")
    {
        return true;
    }
    let Some(url) = absolute(&href, base).and_then(|url| Url::parse(&url).ok()) else { return false };
    let host = url.host_str().unwrap_or_default().trim_start_matches("www.").trim_start_matches("m.");
    let path = url.path().to_ascii_lowercase();
    SHARING.iter().any(|(of, at)| (host == *of || host.ends_with(&format!(".{of}"))) && path.starts_with(at))
        || url.query_pairs().any(|(name, value)| name == "share" && !value.is_empty())
}
