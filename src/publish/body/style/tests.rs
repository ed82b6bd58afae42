//! What bodies look like in a mail, and what the look costs.

use super::super::{content_of, sanitise};
use crate::feeds::Entry;

fn made(html: &str, language: &str) -> String {
    let entry = Entry { html: html.into(), link: Some("https://b.example/p".into()), ..Entry::default() };
    let made = content_of(&entry, "https://b.example/", "#0f6b5c", Some(language));
    assert!(!made.is_cut, "{} bytes", html.len());
    made.html
}

fn mail(html: &str) -> String {
    made(html, "en")
}

#[track_caller]
fn holds(html: &str, parts: &[&str]) {
    for part in parts {
        assert!(html.contains(part), "{part}\n{html}");
    }
}

/// D8
#[test]
fn the_look_costs_little_whatever_a_post_is_made_of() {
    let list = |n: usize| format!("<ul>{}</ul>", "<li>One more thing</li>".repeat(n));
    let cells = "<td>1</td><td>2</td><td>3</td><td>4</td><td>5</td>";
    let bodies = [
        ("480 short paragraphs", "<p>“No,” she said. “Not the number again.”</p>".repeat(480)),
        ("a table of 100 rows", format!("<p>Results:</p><table>{}</table>", format!("<tr>{cells}</tr>").repeat(100))),
        ("a list of lists", list(40).repeat(20)),
        ("links", "<p><a href=\"https://blog.example/another/post\">Another post</a></p>".repeat(300)),
        ("a page of headings", "<h2>A heading of some words</h2><p>A line of words below it.</p>".repeat(150)),
        ("names of functions", "<p>Call <code>open()</code>, then <code>close()</code>, and nothing else.</p>".repeat(200)),
        ("talk", "<blockquote><p>A line that somebody said once, and what the other one said then.</p></blockquote><p>And what I say to that, which is as long as what is quoted.</p>".repeat(80)),
        ("commands", "<p>A sentence on what the next command does, and why it is needed here.</p><pre><code>cargo build --release --locked</code></pre><p>And a sentence on what it has said, for those who read along.</p>".repeat(60)),
        ("pictures", "<figure><img src=\"https://blog.example/2026/11/a-picture-of-the-day.jpg\" alt=\"What is seen on it\" width=\"900\" height=\"600\"><figcaption>What is said of it below.</figcaption></figure>".repeat(100)),
    ];
    for (name, body) in bodies {
        let (clean, made) = (sanitise(&body, Some("https://b.example/p")), mail(&body));
        assert!(
            made.len() <= 2_000 + clean.len() * 22 / 10,
            "{name}: {} of {} bytes",
            made.len(),
            clean.len()
        );
    }
}

#[test]
fn a_body_is_readable_where_style_sheets_are_dropped() {
    let html = mail(
        "<p>a <a href=\"https://x.example/\">b</a> <code>e</code></p><h2>h</h2><pre><code>c\n  d</code></pre>",
    );
    holds(
        &html,
        &[
            "<div class=\"post ink\" style=\"font-family:Charter,",
            "font-size:18px;line-height:1.6;color:#1b2421",
            "<p>a <a href=\"https://x.example/\" class=\"a\" style=\"color:#0c6a5b\">b</a>",
            // Some mail programs have a colour of their own for code.
            "<code style=\"color:inherit\">e</code>",
            "<h2 style=\"font-size:22px",
            "white-space:pre-wrap",
            "background-color:#e4eeea",
            ">c\n  d</pre>",
        ],
    );
    assert!(!html.contains("<html") && !html.contains("<body") && !html.contains("<style"), "{html}");
}

#[test]
fn loose_words_become_a_paragraph() {
    assert!(mail("loose <b>words</b><br>more").contains("<p>loose <b>words</b><br>more</p>"));
}

/// D8
#[test]
fn a_picture_is_as_wide_as_the_pane_at_most() {
    let wide = mail("<p><img src=\"https://x.example/a.png\" alt=\"A\" width=\"1200\" height=\"800\"></p>");
    holds(&wide, &["width=\"518\"", "style=\"width:100%;max-width:518px", "alt=\"A\""]);
    assert!(!wide.contains("height=\"800\""), "{wide}");
    let small = mail("<p><img src=\"https://x.example/a.png\" width=\"300\" height=\"200\"></p>");
    holds(&small, &["width=\"300\"", "height=\"200\"", "\"max-width:100%;height:auto", "alt=\"\""]);
    let unknown = mail("<p><img src=\"https://x.example/a.png\"></p>");
    holds(&unknown, &["style=\"max-width:100%\""]);
    assert!(!unknown.contains(";width:100%") && !unknown.contains("\"width:100%"), "{unknown}");
}

#[test]
fn a_quotation_has_one_bar_and_no_colours_of_the_mail_program() {
    let html = mail("<blockquote><p>e</p></blockquote>");
    holds(&html, &["border:0;border-left:3px solid #0c6a5b", "background:none", "color:inherit"]);
    assert_eq!(html.matches("border-left").count(), 1, "{html}");
    assert!(!html.contains("<td"), "{html}");
}

#[test]
fn bars_follow_the_direction_of_writing() {
    let html = made("<blockquote><p>א</p></blockquote>", "he");
    assert!(html.contains("border-right") && !html.contains("border-left"), "{html}");
    let within = mail(
        "<div dir=\"rtl\"><blockquote>א</blockquote></div><blockquote dir=\"rtl\">א</blockquote><blockquote>a</blockquote>",
    );
    assert_eq!(
        (within.matches("border-right").count(), within.matches("border-left").count()),
        (2, 1),
        "{within}"
    );
}

#[test]
fn elements_that_mail_programs_drop_become_those_that_they_keep() {
    let html = mail(
        "<section><figure><img src=\"https://x.example/a.png\"><figcaption>b</figcaption></figure></section>\
         <p><bdi>c</bdi> <mark>d</mark> <time>e</time> <kbd>h</kbd></p><details><summary>f</summary><p>g</p></details>",
    );
    for gone in ["section", "figure", "figcaption", "bdi", "mark", "time", "details", "summary", "kbd"] {
        assert!(
            !html.contains(&format!("<{gone}")) && !html.contains(&format!("</{gone}")),
            "{gone}\n{html}"
        );
    }
    holds(
        &html,
        &["<span dir=\"auto\">c</span>", "class=\"soft\"", ">b</div>", ">d</span>", ">f</div>", ">h</code>"],
    );
}

#[test]
fn words_in_a_table_are_whole_and_a_wide_one_is_moved() {
    let html = mail("<table><tr><th>Hours</th><th>b</th></tr><tr><td>c</td><td>d</td></tr></table>");
    holds(
        &html,
        &[
            "<div style=\"overflow-x:auto\"><table",
            "word-break:normal",
            "border=\"1\" cellpadding=\"8\"",
            "<td>c</td>",
        ],
    );
    // A frame around a picture is no table.
    let framed =
        mail("<table><tr><td><img src=\"https://x.example/a.png\"></td></tr><tr><td>b</td></tr></table>");
    assert!(!framed.contains("border=\"1\""), "{framed}");
}

#[test]
fn only_letters_that_have_a_slanted_form_are_slanted() {
    let html = mail(
        "<blockquote><p>Words</p></blockquote><blockquote><p>海はどこから来たのか。OK</p></blockquote><blockquote><p>الكلمات</p></blockquote>",
    );
    assert_eq!(html.matches("font-style:normal").count(), 2, "{html}");
    holds(&html, &["color:inherit\"><p>Words"]);
}

#[test]
fn words_of_either_direction_begin_on_their_side() {
    let html = mail("<div dir='rtl'><p>שלום</p></div><p dir='auto'>שלום</p>");
    holds(&html, &["text-align:start\">", "<div dir=\"rtl\"><p>", "<p dir=\"auto\">"]);
}
