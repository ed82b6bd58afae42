//! Our look on a sanitised post: what mail programs need on the element, and
//! the rest by the mail's own style sheet (`post.html`).
//!
//! A wrapper has the text's look and all inherit it, so that a body stays
//! readable where style sheets are dropped (Gmail's apps with accounts of
//! others, its page on phones; caniemail.com `html-style`), and no paragraph
//! or cell costs more than it says. On the element itself is what does not
//! come by inheritance: sizes of headings and pictures, bars, boxes, and
//! colours where a mail program has its own.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use lol_html::html_content::{ContentType, Element};
use lol_html::{HandlerResult, RewriteStrSettings, element, rewrite_str};

use super::excerpt::blocks;
use super::walk::{self, Step};

/// As wide as the text is on a desk.
const PANE_WIDTH: u32 = 518;

const TEXT: &str = "font-family:Charter,Georgia,Noto Serif,serif;font-size:18px;line-height:1.6;color:#1b2421;text-align:start";
const CODE: &str = "padding:12px 16px;font-size:14px;font-style:normal;white-space:pre-wrap;text-align:left;\
                    background-color:#e4eeea;color:#1b2421";

/// The fragment as it stands in a mail. `accent` is a colour that is readable
/// on light paper; `rtl` puts bars to the right.
pub(super) fn styled(html: &str, accent: &str, rtl: bool) -> String {
    let html = in_paragraphs(html);
    if html.is_empty() {
        return html;
    }
    format!("<div class=\"post ink\" style=\"{TEXT}\">\n{}\n</div>", dressed(&html, accent, rtl))
}

/// Loose words at the top become paragraphs, so that they stand apart.
fn in_paragraphs(html: &str) -> String {
    let mut out = String::with_capacity(html.len() + 64);
    for block in blocks(html) {
        let is_block =
            matches!(walk::steps(block).next(), Some((_, Step::Open { name, .. })) if walk::is_block(name));
        if is_block {
            out.push_str(block);
        } else {
            let block = block.trim();
            let inner = block.trim_start_matches("<br>").trim_end_matches("<br>").trim();
            if !inner.is_empty() {
                out.push_str(&format!("<p>{inner}</p>"));
            }
        }
        out.push('\n');
    }
    out.trim_end().to_owned()
}

fn dressed(html: &str, accent: &str, rtl: bool) -> String {
    let tables = RefCell::new(tables(html).into_iter());
    let slants = RefCell::new(slants(html).into_iter());
    let is_rtl = Rc::new(Cell::new(rtl));
    let settings = RewriteStrSettings::new()
        .with_strict(false)
        .append_element_content_handler(element!("*", |el| {
            turn(el, &is_rtl)?;
            match el.tag_name().as_str() {
                "a" => put(el, "a", &format!("color:{accent}")),
                "h1" => put(el, "", "font-size:24px;line-height:1.3"),
                "h2" => put(el, "", "font-size:22px;line-height:1.3"),
                "h3" | "h4" | "h5" | "h6" => put(el, "", "font-size:19px;line-height:1.3"),
                "blockquote" => {
                    let is_slanted = slants.borrow_mut().next().unwrap_or(true);
                    let upright = if is_slanted { "" } else { ";font-style:normal" };
                    put(el, "quote", &format!("{}{upright}", quotation(accent, is_rtl.get())));
                }
                "pre" => {
                    // Code is written from left to right in every language, and
                    // around it the mail may say that all stands to the right.
                    set(el, "dir", "ltr");
                    put(el, "ink wash", CODE);
                }
                // Some mail programs print code in pink, and drop keys.
                "code" | "samp" => put(el, "", "color:inherit"),
                "kbd" => {
                    rename(el, "code");
                    put(el, "", "color:inherit");
                }
                "img" => fit(el),
                "table" => table(el, tables.borrow_mut().next().unwrap_or_default()),
                "caption" => put(el, "soft", "font-size:14px;color:#525b58;caption-side:top"),
                "figcaption" => {
                    rename(el, "div");
                    put(el, "soft", "font-size:14px;color:#525b58");
                }
                "summary" => {
                    rename(el, "div");
                    put(el, "", "font-weight:bold");
                }
                // Roundcube drops these, and their look with them.
                "figure" | "details" => {
                    rename(el, "div");
                    put(el, "gap", "");
                }
                "section" | "article" | "aside" | "header" | "footer" | "main" | "hgroup" => {
                    rename(el, "div")
                }
                "bdi" => {
                    rename(el, "span");
                    if !el.has_attribute("dir") {
                        set(el, "dir", "auto");
                    }
                }
                "time" => rename(el, "span"),
                "mark" => {
                    rename(el, "span");
                    put(el, "", "background-color:#fff3bf;color:#1b2421");
                }
                _ => {}
            }
            Ok(())
        }))
        // A line's hanging space would carry a colour of its own out of the box.
        .append_element_content_handler(element!("pre code, pre kbd, pre samp", |el| {
            el.remove_and_keep_content();
            Ok(())
        }));
    rewrite_str(html, settings).unwrap_or_else(|_| html.to_owned())
}

/// Which way is written from here to the end of the element.
fn turn(el: &mut Element<'_, '_>, is_rtl: &Rc<Cell<bool>>) -> HandlerResult {
    let Some(dir) = el.get_attribute("dir").filter(|dir| dir != "auto") else { return Ok(()) };
    let before = is_rtl.replace(dir == "rtl");
    if walk::is_void(&el.tag_name()) {
        is_rtl.set(before);
        return Ok(());
    }
    let is_rtl = Rc::clone(is_rtl);
    el.on_end_tag(Box::new(move |_| {
        is_rtl.set(before);
        Ok(())
    }))
}

/// One bar, whatever the mail program draws around quotations.
fn quotation(accent: &str, is_rtl: bool) -> String {
    let (side, padding) = if is_rtl { ("right", "0 20px 0 0") } else { ("left", "0 0 0 20px") };
    format!(
        "margin:0 0 24px;padding:{padding};border:0;border-{side}:3px solid {accent};background:none;color:inherit"
    )
}

/// Of each quotation, in the order of their start tags, whether its letters
/// are printed slanted: those of Europe are, others are pulled out of shape.
fn slants(html: &str) -> Vec<bool> {
    // Letters of Europe, and others.
    let mut counts: Vec<(usize, usize)> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for (_, step) in walk::steps(html) {
        match step {
            Step::Open { name: "blockquote", .. } => {
                open.push(counts.len());
                counts.push((0, 0));
            }
            Step::Close("blockquote") => {
                open.pop();
            }
            Step::Text(text) => {
                if let Some(count) = open.last().and_then(|at| counts.get_mut(*at)) {
                    let letters = text.chars().filter(|c| c.is_alphabetic());
                    let (ours, others): (Vec<char>, Vec<char>) =
                        letters.partition(|c| matches!(c, ..'\u{590}' | '\u{1e00}'..'\u{2c00}'));
                    *count = (count.0 + ours.len(), count.1 + others.len());
                }
            }
            Step::Open { .. } | Step::Close(_) => {}
        }
    }
    counts.into_iter().map(|(ours, others)| ours >= others).collect()
}

/// What a table is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Table {
    /// Rows and columns.
    Grid,
    /// Something stands in it: no row has two cells, or a table is inside.
    #[default]
    Frame,
}

/// Of each table, in the order of their start tags.
fn tables(html: &str) -> Vec<Table> {
    let mut found: Vec<Table> = Vec::new();
    // Of those that are open: which, and the cells of the present row.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut holders = Vec::new();
    for (_, step) in walk::steps(html) {
        match step {
            Step::Open { name: "table", .. } => {
                holders.extend(open.last().map(|(at, _)| *at));
                open.push((found.len(), 0));
                found.push(Table::Frame);
            }
            Step::Close("table") => {
                open.pop();
            }
            Step::Open { name: "tr", .. } => {
                if let Some((_, cells)) = open.last_mut() {
                    *cells = 0;
                }
            }
            Step::Open { name: "td" | "th", .. } => {
                if let Some((at, cells)) = open.last_mut() {
                    *cells += 1;
                    if *cells == 2 {
                        found[*at] = Table::Grid;
                    }
                }
            }
            _ => {}
        }
    }
    for at in holders {
        found[at] = Table::Frame;
    }
    found
}

/// A grid has its lines by attributes, which no mail program drops, and is
/// moved to the side where it is too wide: words in it are never torn.
fn table(el: &mut Element<'_, '_>, kind: Table) {
    let is_wide = |width: String| width.parse::<u32>().is_ok_and(|width| width > PANE_WIDTH);
    if el.get_attribute("width").is_some_and(is_wide) {
        el.remove_attribute("width");
    }
    if kind == Table::Frame {
        return put(el, "gap", "");
    }
    el.before("<div style=\"overflow-x:auto\">", ContentType::Html);
    el.after("</div>", ContentType::Html);
    set(el, "border", "1");
    set(el, "cellpadding", "8");
    set(el, "cellspacing", "0");
    put(
        el,
        "ink grid",
        "margin:0 0 24px;border-collapse:collapse;font-size:15px;line-height:1.5;word-break:normal",
    );
}

/// No wider than the pane: in a layout of tables a percentage alone keeps a
/// large picture from widening it, and Outlook reads the attribute. A smaller
/// one has no such width: Thunderbird bounds all pictures by a rule of its own
/// in the place of ours, and drew formulas as wide as the pane.
fn fit(el: &mut Element<'_, '_>) {
    let width = el.get_attribute("width").and_then(|width| width.parse::<u32>().ok());
    if let Some(width) = width
        && width > PANE_WIDTH
    {
        set(el, "width", &PANE_WIDTH.to_string());
        el.remove_attribute("height");
    }
    if el.get_attribute("height").is_some_and(|height| height.ends_with('%')) {
        el.remove_attribute("height");
    }
    if !el.has_attribute("alt") {
        set(el, "alt", "");
    }
    let mut style = match width {
        Some(width) if width >= PANE_WIDTH => format!("width:100%;max-width:{PANE_WIDTH}px"),
        _ => "max-width:100%".to_owned(),
    };
    if el.has_attribute("height") {
        style.push_str(";height:auto");
    }
    put(el, "", &style);
}

fn put(el: &mut Element<'_, '_>, class: &str, style: &str) {
    for (name, value) in [("class", class), ("style", style)] {
        if !value.is_empty() {
            set(el, name, value);
        }
    }
}

fn set(el: &mut Element<'_, '_>, name: &str, value: &str) {
    // Our names are valid, the only thing that could be refused.
    let _ = el.set_attribute(name, value);
}

fn rename(el: &mut Element<'_, '_>, name: &str) {
    let _ = el.set_tag_name(name);
}

#[cfg(test)]
mod tests;
