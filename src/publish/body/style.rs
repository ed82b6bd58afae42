//! Our look on a sanitised post: styles inlined, classes for dark mode.
//!
//! Mail programs keep neither style sheets nor much of CSS; what must be seen
//! is on the element itself. The classes are those that the mail's own style
//! sheet turns dark.

use css_inline::{CSSInliner, InlineOptions};
use lol_html::html_content::{ContentType, Element};
use lol_html::{RewriteStrSettings, element, rewrite_str};

use super::excerpt::blocks;
use super::walk::{self, Step};

/// As wide as a mail's text may be.
const MAX_WIDTH: u32 = 600;

const SERIF: &str = "font-family:Charter,Georgia,'Noto Serif',serif";
const SANS: &str = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const MONO: &str = "font-family:Consolas,Menlo,'DejaVu Sans Mono',monospace";
const INK: &str = "#1b2421";
const SOFT: &str = "#525b58";
const WASH: &str = "#e4eeea";
const LINE: &str = "#d2d9d6";

const FRAME: &str = "<table role=\"presentation\" class=\"frame\" width=\"100%\" border=\"0\" cellpadding=\"0\" cellspacing=\"0\"><tbody><tr>";

/// The fragment as it stands in a mail. `accent` is a colour that is readable
/// on light paper; `rtl` puts bars and indents to the right.
pub(super) fn styled(html: &str, accent: &str, rtl: bool) -> String {
    let classed = classed(&in_paragraphs(html));
    let inliner = CSSInliner::new(
        InlineOptions::default()
            .load_remote_stylesheets(false)
            .inline_style_tags(false)
            .keep_link_tags(false),
    );
    // It fails only by a style sheet that cannot be read, and this one is ours.
    inliner.inline_fragment(&classed, &sheet(accent, rtl)).unwrap_or(classed)
}

/// Loose words at the top become paragraphs, so that they get the text's look.
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

fn classed(html: &str) -> String {
    let settings = RewriteStrSettings::new()
        .with_strict(false)
        .append_element_content_handler(element!("*", |el| {
            match el.tag_name().as_str() {
                "a" => class(el, "a"),
                "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "dl" | "div" | "address"
                | "details" => {
                    class(el, "ink");
                }
                "figcaption" | "caption" => class(el, "soft"),
                "td" | "th" => class(el, "ink line"),
                "hr" => class(el, "line"),
                "code" | "kbd" | "samp" => class(el, "wash"),
                "pre" => {
                    class(el, "ink");
                    frame(el, &format!("<td class=\"wash\" dir=\"ltr\" bgcolor=\"{WASH}\">"));
                }
                "blockquote" => frame(el, "<td class=\"quote\">"),
                "img" => fit(el),
                _ => {}
            }
            Ok(())
        }))
        // The box around has the colour; a line's hanging space would carry
        // its own out of the box.
        .append_element_content_handler(element!("pre code, pre kbd, pre samp", |el| {
            el.remove_attribute("class");
            Ok(())
        }));
    rewrite_str(html, settings).unwrap_or_else(|_| html.to_owned())
}

fn class(el: &mut Element<'_, '_>, names: &str) {
    // "class" is a valid name, the only thing that could be refused.
    let _ = el.set_attribute("class", names);
}

/// A table of one cell around an element: the one box whose padding, bar and
/// background every mail program draws.
fn frame(el: &mut Element<'_, '_>, cell: &str) {
    el.before(&format!("{FRAME}{cell}"), ContentType::Html);
    el.after("</td></tr></tbody></table>", ContentType::Html);
}

/// No wider than the mail; Outlook knows no `max-width` and reads the attribute.
fn fit(el: &mut Element<'_, '_>) {
    if let Some(width) = el.get_attribute("width").and_then(|width| width.parse::<u32>().ok())
        && width > MAX_WIDTH
    {
        let _ = el.set_attribute("width", &MAX_WIDTH.to_string());
        el.remove_attribute("height");
    }
    if el.get_attribute("height").is_some_and(|height| height.ends_with('%')) {
        el.remove_attribute("height");
    }
    if !el.has_attribute("alt") {
        let _ = el.set_attribute("alt", "");
    }
}

fn sheet(accent: &str, rtl: bool) -> String {
    let (start, end) = if rtl { ("right", "left") } else { ("left", "right") };
    let body = format!("{SERIF};font-size:18px;line-height:29px;color:{INK}");
    let indent = if rtl { "padding:0 28px 0 0" } else { "padding:0 0 0 28px" };
    let heading = format!("{SERIF};font-weight:bold;color:{INK}");
    format!(
        "p{{margin:0 0 20px;{body}}}\
div,address,details{{{body};font-style:normal}}\
h1{{margin:32px 0 12px;font-size:24px;line-height:30px;{heading}}}\
h2{{margin:32px 0 12px;font-size:22px;line-height:28px;{heading}}}\
h3{{margin:28px 0 10px;font-size:19px;line-height:26px;{heading}}}\
h4,h5,h6{{margin:24px 0 8px;font-size:18px;line-height:26px;{heading}}}\
a{{color:{accent};text-decoration:underline}}\
ul,ol{{margin:0 0 20px;{indent};{body}}}\
li{{margin:0 0 8px}}\
li ul,li ol{{margin:8px 0 0}}\
li p{{margin:0 0 8px}}\
dl{{margin:0 0 20px;{body}}}\
dt{{font-weight:bold}}\
dd{{margin:0 0 8px;margin-{start}:28px;margin-{end}:0}}\
img{{max-width:100%;height:auto;border:0}}\
figure{{margin:0 0 24px}}\
figcaption,caption{{margin:8px 0 0;{SANS};font-size:14px;line-height:22px;color:{SOFT};text-align:{start}}}\
caption{{padding:0 0 8px}}\
table.frame{{margin:0 0 24px}}\
td.quote{{border-{start}:3px solid {accent};padding:2px 0;padding-{start}:20px}}\
blockquote{{margin:0;padding:0;font-style:italic;{body}}}\
blockquote p:last-child{{margin:0}}\
td.wash{{background-color:{WASH};padding:16px 18px}}\
pre{{margin:0;{MONO};font-size:14px;line-height:22px;color:{INK};white-space:pre-wrap;word-break:break-word;text-align:left}}\
code,kbd,samp{{{MONO};font-size:15px;background-color:{WASH}}}\
pre code,pre kbd,pre samp{{font-size:14px;background-color:transparent}}\
table:not(.frame){{margin:0 0 24px;border-collapse:collapse}}\
th.line,td.line{{border:1px solid {LINE};padding:8px 10px;{SANS};font-size:15px;line-height:22px;color:{INK};vertical-align:top}}\
th.line{{text-align:{start};font-weight:bold}}\
hr{{margin:32px 0;border:0;border-top:1px solid {LINE}}}\
mark{{background-color:#fff3bf;color:{INK}}}\
small,sub,sup{{line-height:1}}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(html: &str) -> String {
        styled(html, "#0f6b5c", false)
    }

    #[test]
    fn each_element_carries_its_style_and_its_class() {
        let html = mail(
            "<p>a <a href=\"https://x.example/\">b</a></p><pre><code>c\n  d</code></pre><blockquote><p>e</p></blockquote>",
        );
        for part in [
            "<p class=\"ink\" style=\"",
            "font-size: 18px",
            "class=\"a\" href=\"https://x.example/\" style=\"color: #0f6b5c",
            "bgcolor=\"#e4eeea\" dir=\"ltr\"",
            "<code style=\"",
            "background-color: transparent;\">c\n  d</code></pre></td>",
            "<td class=\"quote\" style=\"border-left: 3px solid #0f6b5c",
        ] {
            assert!(html.contains(part), "{part}\n{html}");
        }
        assert!(!html.contains("<html") && !html.contains("<body") && !html.contains("<style"), "{html}");
    }

    #[test]
    fn loose_words_become_a_paragraph() {
        assert!(mail("loose <b>words</b><br>more").starts_with("<p class=\"ink\""));
    }

    #[test]
    fn an_image_is_no_wider_than_the_mail() {
        let html = mail("<img src=\"https://x.example/a.png\" alt=\"A\" width=\"1200\" height=\"800\">");
        assert!(
            html.contains("width=\"600\"") && !html.contains("height=\"800\"") && html.contains("alt=\"A\""),
            "{html}"
        );
        assert!(html.contains("max-width"), "{html}");
        let small = mail("<img src=\"https://x.example/a.png\" width=\"300\" height=\"200\">");
        assert!(
            small.contains("width=\"300\"") && small.contains("height=\"200\"") && small.contains("alt=\"\""),
            "{small}"
        );
    }

    #[test]
    fn bars_and_indents_follow_the_direction_of_writing() {
        let html = styled("<blockquote><p>א</p></blockquote><ul><li>ב</li></ul>", "#0f6b5c", true);
        assert!(html.contains("border-right") && !html.contains("border-left"), "{html}");
    }
}
