//! What is done to post HTML before it is sanitised: what a mail cannot show
//! becomes something that it can, and depth is bounded.
//!
//! Nothing here makes HTML safe; the allow-list behind it does.

use std::cell::Cell;
use std::rc::Rc;

use dom_query::Document;
use lol_html::html_content::{Attribute, Element};
use lol_html::{HandlerResult, RewriteStrSettings, element, rewrite_str};
use url::Url;

use super::walk::is_block;

mod code;
mod embeds;
mod facades;
mod formula;
mod hosts;
mod lists;
mod names;
mod notes;
mod pictures;
mod tree;
mod unseen;
mod verse;

pub(super) use facades::is_script;

/// Deeper elements lose their tags. No post that somebody wrote is as deep,
/// and parsers and mail programs take their time with depth.
const MAX_DEPTH: usize = 60;
/// Formatting elements are opened anew in every paragraph that follows, so a
/// few of them multiply.
const MAX_OPEN_FORMATS: usize = 12;

/// Tables within tables, and tables that nobody closed.
pub(super) const MAX_OPEN_TABLES: usize = 12;

/// HTML of which a mail can show all: formulas as lines, code as text, players
/// as links, each picture once, and without what nobody sees.
pub(super) fn prepare(html: &str, base: Option<&Url>) -> String {
    let doc = Document::fragment(bounded(html));
    formula::write_out(&doc);
    notes::write_out(&doc, base);
    unseen::remove(&doc, base);
    lists::mend(&doc);
    verse::keep(&doc);
    code::keep(&doc);
    pictures::load(&doc, base);
    embeds::link(&doc, base);
    unseen::unwrap_unknown(&doc);
    doc.html_root().try_inner_html().map(|html| html.to_string()).unwrap_or_default()
}

/// HTML of bounded depth, in which a parser opens and closes what we see
/// opened and closed.
fn bounded(html: &str) -> String {
    let depth = Rc::new(Cell::new((0_usize, 0_usize, 0_usize)));
    let tables = Rc::new(Cell::new(0_usize));
    let settings =
        RewriteStrSettings::new().with_strict(false).append_element_content_handler(element!("*", |el| {
            match el.tag_name().as_str() {
                // To a parser these are walls behind which elements stay open
                // that look closed from here; under another name they are not.
                name @ ("template" | "button" | "select") => el.set_tag_name(&format!("x-{name}"))?,
                "marquee" | "applet" => el.remove_and_keep_content(),
                "table" => bound_tables(el, &tables)?,
                _ => {}
            }
            if !el.removed() {
                bound_depth(el, &depth)?;
            }
            Ok(())
        }));
    // It fails only by a handler's error or a memory bound, and has neither;
    // unprepared HTML is still sanitised.
    rewrite_str(html, settings).unwrap_or_else(|_| html.to_owned())
}

/// Takes the tags of what is too deep, and keeps the content. What is open is
/// set back to what it was at the start of an element when that ends, so
/// elements that were never closed do not add up. Counted are all that are
/// open, formatting elements, and blocks.
fn bound_depth(el: &mut Element<'_, '_>, depth: &Rc<Cell<(usize, usize, usize)>>) -> HandlerResult {
    let name = el.tag_name();
    // These close each other without end tags, and never stand in themselves
    // but through another element, which counts.
    let implied =
        matches!(name.as_str(), "p" | "li" | "dt" | "dd" | "tr" | "td" | "th" | "option" | "thead" | "tbody");
    if implied
        || !el.can_have_content()
        || matches!(name.as_str(), "br" | "hr" | "img" | "input" | "wbr" | "col")
    {
        return Ok(());
    }
    let format = matches!(
        name.as_str(),
        "a" | "b"
            | "big"
            | "code"
            | "em"
            | "font"
            | "i"
            | "nobr"
            | "s"
            | "small"
            | "strike"
            | "strong"
            | "tt"
            | "u"
    );
    if format && name != "a" {
        // A parser keeps three of a kind open at most, and those with other
        // attributes are another kind.
        for attribute in el.attributes().iter().map(Attribute::name).collect::<Vec<_>>() {
            el.remove_attribute(&attribute);
        }
    }
    let before = depth.get();
    if before.0 >= MAX_DEPTH || (format && before.1 >= MAX_OPEN_FORMATS) {
        el.remove_and_keep_content();
        return Ok(());
    }
    depth.set((before.0 + 1, before.1 + usize::from(format), before.2 + usize::from(is_block(&name))));
    let depth = Rc::clone(depth);
    el.on_end_tag(Box::new(move |_| {
        let now = depth.get();
        // The end of a formatting element closes no block in it.
        let is_astride = format && now.2 > before.2;
        depth.set(if is_astride { (now.0.saturating_sub(1), before.1, now.2) } else { before });
        Ok(())
    }))
}

/// Tables are counted until their own end tag: another element's end, which
/// closes them here, does not close them to a parser.
fn bound_tables(el: &mut Element<'_, '_>, open: &Rc<Cell<usize>>) -> HandlerResult {
    if open.get() >= MAX_OPEN_TABLES {
        el.remove_and_keep_content();
        return Ok(());
    }
    open.set(open.get() + 1);
    let open = Rc::clone(open);
    el.on_end_tag(Box::new(move |_| {
        open.set(open.get().saturating_sub(1));
        Ok(())
    }))
}

#[cfg(test)]
mod tests;
