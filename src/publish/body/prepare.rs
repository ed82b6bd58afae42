//! What is done to post HTML before it is sanitised: what a mail cannot show
//! becomes something that it can, and depth is bounded.
//!
//! Nothing here makes HTML safe; the allow-list behind it does.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use lol_html::html_content::{Attribute, ContentType, Element};
use lol_html::{HandlerResult, RewriteStrSettings, element, rewrite_str, text};
use url::Url;

use super::sanitise::absolute;
use super::walk::{escape, unescape};

/// Deeper elements lose their tags. No post that somebody wrote is as deep,
/// and parsers and mail programs take their time with depth.
const MAX_DEPTH: usize = 60;
/// Formatting elements are opened anew in every paragraph that follows, so a
/// few of them multiply.
const MAX_OPEN_FORMATS: usize = 12;

/// Tables within tables, and tables that nobody closed.
pub(super) const MAX_OPEN_TABLES: usize = 12;

/// Where lazy-loading scripts keep the true address of an image.
const LAZY: &[&str] = &["data-src", "data-lazy-src", "data-original", "data-orig-src", "data-actualsrc"];

/// MathML that carries letters, or only holds such.
const MATH: &[&str] = &[
    "math",
    "semantics",
    "mrow",
    "mi",
    "mo",
    "mn",
    "ms",
    "mtext",
    "msup",
    "msub",
    "msubsup",
    "mfrac",
    "msqrt",
    "mroot",
    "mstyle",
    "mspace",
    "mover",
    "munder",
    "munderover",
    "mtable",
    "mtr",
    "mtd",
    "mpadded",
    "menclose",
    "mmultiscripts",
];

/// HTML with embeds as links, lazy images loaded, pixels gone, depth bounded.
pub(super) fn prepare(html: &str, base: Option<&Url>) -> String {
    let depth = Rc::new(Cell::new((0_usize, 0_usize)));
    let tables = Rc::new(Cell::new(0_usize));
    let lifted = RefCell::new(Vec::<String>::new());
    // Whether the present player has its link.
    let linked = Cell::new(false);
    let unscripted = RefCell::new(String::new());
    let settings = RewriteStrSettings::new()
        .with_strict(false)
        .append_element_content_handler(element!("*", |el| {
            match el.tag_name().as_str() {
                "img" => image(el, base, &mut lifted.borrow_mut()),
                "iframe" | "embed" => replace_embed(el, "src", base),
                "object" | "video" | "audio" => linked.set(open_embed(el, base)),
                "source" => {
                    // Of several sources of one video the first is linked.
                    let link = link_to(el, "src", base).filter(|_| !is_picture(el) && !linked.get());
                    if let Some(link) = link {
                        el.before(&link, ContentType::Html);
                        linked.set(true);
                    }
                }
                "noscript" => el.remove_and_keep_content(),
                // KaTeX writes each formula twice; the other one is shown.
                "span" if get(el, "class").is_some_and(|class| class == "katex-mathml") => el.remove(),
                "annotation" | "annotation-xml" => el.remove(),
                // No mail program draws MathML, but its letters can be read.
                // No mail shows these, and to a parser they are walls behind
                // which elements stay open that look closed from here.
                "marquee" | "applet" | "template" | "button" | "select" => el.remove_and_keep_content(),
                "table" => bound_tables(el, &tables)?,
                name if MATH.contains(&name) => el.remove_and_keep_content(),
                _ => {}
            }
            if !el.removed() {
                bound_depth(el, &depth)?;
            }
            Ok(())
        }))
        .append_element_content_handler(text!("noscript", |chunk| {
            let mut whole = unscripted.borrow_mut();
            whole.push_str(chunk.as_str());
            chunk.remove();
            if chunk.last_in_text_node() {
                let shown = lifted.borrow().iter().any(|url| whole.contains(url.as_str()));
                if !shown {
                    chunk.before(&whole, ContentType::Html);
                }
                whole.clear();
            }
            Ok(())
        }))
        .append_element_content_handler(text!("video, audio, object", |chunk| {
            // "Your browser does not support the video tag."
            let lower = chunk.as_str().to_lowercase();
            if lower.contains("browser") && lower.contains("support") {
                chunk.remove();
            }
            Ok(())
        }));
    // It fails only by a handler's error or a memory bound, and has neither;
    // unprepared HTML is still sanitised.
    rewrite_str(html, settings).unwrap_or_else(|_| html.to_owned())
}

/// Takes the tags of what is too deep, and keeps the content. What is open is
/// set back to what it was at the start of an element when that ends, so
/// elements that were never closed do not add up.
fn bound_depth(el: &mut Element<'_, '_>, depth: &Rc<Cell<(usize, usize)>>) -> HandlerResult {
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
    depth.set((before.0 + 1, before.1 + usize::from(format)));
    let depth = Rc::clone(depth);
    el.on_end_tag(Box::new(move |_| {
        depth.set(before);
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

fn get(el: &Element<'_, '_>, name: &str) -> Option<String> {
    el.get_attribute(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// Gives a lazy image its address; drops pixels and images without any.
fn image(el: &mut Element<'_, '_>, base: Option<&Url>, lifted: &mut Vec<String>) {
    if is_pixel(el) {
        el.remove();
        return;
    }
    if is_emoji(el) {
        let letter = get(el, "alt").unwrap_or_default();
        el.replace(&unescape(&letter), ContentType::Text);
        return;
    }
    let usable = |url: &str| absolute(&unescape(url), base).is_some_and(|url| !url.starts_with("mailto:"));
    let plain = get(el, "src").filter(|src| usable(src));
    let lazy = LAZY
        .iter()
        .find_map(|name| get(el, name))
        .or_else(|| {
            ["srcset", "data-srcset", "data-lazy-srcset"].iter().find_map(|name| best_of(&get(el, name)?))
        })
        .filter(|src| usable(src));
    match (plain, lazy) {
        (Some(src), Some(lazy)) if is_placeholder(&src) => lift(el, lazy, lifted),
        (None, Some(lazy)) => lift(el, lazy, lifted),
        (None, None) => {
            let alt = get(el, "alt").unwrap_or_default();
            el.replace(&unescape(&alt), ContentType::Text);
        }
        (Some(_), _) => {}
    }
}

fn lift(el: &mut Element<'_, '_>, url: String, lifted: &mut Vec<String>) {
    if lifted.len() < 500 {
        lifted.push(url.clone());
    }
    // "src" is a valid name, the only thing that could be refused.
    let _ = el.set_attribute("src", &url.replace('"', "&quot;"));
}

/// WordPress draws emoji as pictures from another host; in a mail the letter
/// itself is better: it needs no picture and nobody learns who reads.
fn is_emoji(el: &Element<'_, '_>) -> bool {
    let names = get(el, "class").unwrap_or_default();
    let is_drawn = names.split_ascii_whitespace().any(|name| matches!(name, "wp-smiley" | "emoji"))
        || get(el, "src").is_some_and(|src| src.contains("s.w.org/images/core/emoji/"));
    is_drawn && get(el, "alt").is_some_and(|alt| !alt.trim().is_empty() && alt.chars().count() <= 16)
}

/// An image of one dot counts readers and shows nothing.
fn is_pixel(el: &Element<'_, '_>) -> bool {
    let tiny = |name| get(el, name).is_some_and(|v| matches!(v.trim_end_matches("px"), "0" | "1"));
    if tiny("width") && tiny("height") {
        return true;
    }
    let style: String = get(el, "style").unwrap_or_default().to_lowercase().split_whitespace().collect();
    let says = |rule: &str| style.split(';').any(|part| part == rule);
    (says("width:1px") && says("height:1px")) || says("display:none") || (says("width:0") && says("height:0"))
}

fn is_placeholder(src: &str) -> bool {
    let lower = src.to_lowercase();
    ["placeholder", "blank.", "spacer", "transparent", "1x1", "lazy", "loading.", "pixel."]
        .iter()
        .any(|word| lower.contains(word))
}

/// The widest candidate of a `srcset` up to twice a mail's width, else the first.
fn best_of(srcset: &str) -> Option<String> {
    let width = |candidate: &str| {
        candidate
            .split_whitespace()
            .nth(1)?
            .strip_suffix('w')?
            .parse::<u32>()
            .ok()
            .filter(|width| *width <= 1200)
    };
    let candidates = srcset.split(", ").map(|candidate| candidate.trim().trim_end_matches(','));
    let widest = candidates
        .clone()
        .filter(|candidate| width(candidate).is_some())
        .max_by_key(|candidate| width(candidate));
    let best = widest.or_else(|| candidates.clone().next())?;
    best.split_whitespace().next().map(str::to_owned)
}

fn is_picture(el: &Element<'_, '_>) -> bool {
    el.has_attribute("srcset") || get(el, "type").is_some_and(|kind| kind.starts_with("image/"))
}

fn replace_embed(el: &mut Element<'_, '_>, from: &str, base: Option<&Url>) {
    match link_to(el, from, base) {
        Some(link) => el.replace(&link, ContentType::Html),
        None => el.remove(),
    }
}

/// The element goes, a link stands before what is in it: sources and words.
/// Answers whether there is one.
fn open_embed(el: &mut Element<'_, '_>, base: Option<&Url>) -> bool {
    let from = if el.tag_name() == "object" { "data" } else { "src" };
    let link = link_to(el, from, base);
    if let Some(link) = &link {
        el.before(link, ContentType::Html);
    }
    el.remove_and_keep_content();
    link.is_some()
}

/// A plain link to what was embedded.
fn link_to(el: &Element<'_, '_>, from: &str, base: Option<&Url>) -> Option<String> {
    let source = get(el, from).or_else(|| get(el, "data-src")).or_else(|| get(el, "data-lazy-src"))?;
    let url = absolute(&unescape(&source), base).filter(|url| url.starts_with("http"))?;
    let url = page_of(&Url::parse(&url).ok()?);
    let host = url.host_str()?.trim_start_matches("www.").to_owned();
    let audio = el.tag_name() == "audio"
        || get(el, "type").is_some_and(|kind| kind.starts_with("audio/"))
        || ["spotify", "soundcloud", "bandcamp", "podcast"].iter().any(|word| host.contains(word));
    let verb = if audio { "Listen" } else { "Watch" };
    let name = get(el, "title").map_or(host, |title| unescape(&title));
    Some(format!("<a href=\"{}\">{verb}: {}</a>", escape(url.as_str()), escape(&name)))
}

/// The page of a player, where it is known: a player alone may refuse to play.
fn page_of(url: &Url) -> Url {
    let host = url.host_str().unwrap_or_default().trim_start_matches("www.");
    let parts: Vec<&str> = url.path().trim_matches('/').split('/').collect();
    let page = match (host, parts.as_slice()) {
        ("youtube.com" | "youtube-nocookie.com", ["embed" | "v", id]) if *id != "videoseries" => {
            Some(format!("https://www.youtube.com/watch?v={id}"))
        }
        ("player.vimeo.com", ["video", id]) => Some(format!("https://vimeo.com/{id}")),
        ("open.spotify.com", ["embed", rest @ ..]) => {
            Some(format!("https://open.spotify.com/{}", rest.join("/")))
        }
        _ => None,
    };
    page.and_then(|page| Url::parse(&page).ok()).unwrap_or_else(|| url.clone())
}

#[cfg(test)]
mod tests;
