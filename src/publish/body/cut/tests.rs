//! Posts that are too long for a mail, and those that are just not.

use super::super::{content_of, walk};
use crate::domain::MailingContent;
use crate::feeds::Entry;

fn made(html: &str) -> MailingContent {
    let entry = Entry { html: html.into(), link: Some("https://b.example/p".into()), ..Entry::default() };
    content_of(&entry, "https://b.example/", "#0f6b5c", Some("en"))
}

/// Whether each element ends, in the order of HTML.
fn is_closed(html: &str) -> bool {
    let mut open = Vec::new();
    for (_, step) in walk::steps(html) {
        match step {
            walk::Step::Open { name, .. } if !walk::is_void(name) => open.push(name.to_owned()),
            walk::Step::Close(name) if open.pop().as_deref() != Some(name) => return false,
            _ => {}
        }
    }
    open.is_empty()
}

/// D8
#[test]
fn a_post_that_is_too_long_ends_at_the_end_of_a_block_in_both_parts() {
    let line = |n: usize| format!("Line number {n} of many, which goes on to here.");
    let all =
        |open: &str, close: &str| (0..4_000).map(|n| format!("{open}{}{close}", line(n))).collect::<String>();
    let bodies = [
        ("paragraphs", all("<p>", "</p>")),
        ("in a wrapper", format!("<div><section>{}</section></div>", all("<p>", "</p>"))),
        ("a list", format!("<p>All:</p><ol>{}</ol>", all("<li>", "</li>"))),
        ("a table", format!("<table>{}</table>", all("<tr><td>a</td><td>", "</td></tr>"))),
        ("headings", all("<h2>a</h2><p>", "</p>")),
        ("a quotation", format!("<blockquote>{}</blockquote>", all("<p><em>", "</em></p>"))),
        ("code", format!("<p>So:</p><pre><code>{}</code></pre>", all("", "\n"))),
        ("a word of a sentence", format!("<p>{}</p>", all("", " "))),
        ("a word of loose words", format!("{}<table><tr><td>a</td></tr></table>", all("", " "))),
    ];
    for (name, body) in bodies {
        let made = made(&body);
        assert!(
            made.is_cut && is_closed(&made.html),
            "{name}: {} {}",
            made.is_cut,
            &made.html[made.html.len() - 300..]
        );
        assert!((40_000..=92_160).contains(&made.html.len()), "{name}: {} bytes", made.html.len());
        assert!(made.html.contains(&line(0)) && made.text.contains("Line number 0 of"), "{name}");
        let last = (0..4_000).rev().find(|n| made.html.contains(&format!("number {n} ")));
        let last = line(last.unwrap_or_default());
        let words = |text: &str| walk::plain(text).replace('…', "").trim_end().to_owned();
        let (html, text) = (words(&made.html), words(&made.text));
        if !name.starts_with("a word") {
            assert!(html.ends_with(&last), "{name}: {}", &html[html.len() - 80..]);
        }
        let end = |text: &str| text.split_whitespace().next_back().map(str::to_owned);
        assert_eq!(end(&html), end(&text), "{name}: both parts end with the same word");
        assert!(!made.html.trim_end().ends_with("</h2>"), "{name}");
    }
}

/// S20
#[test]
fn signs_that_grow_when_they_are_encoded_are_counted_as_such() {
    for (name, body) in [
        ("signs of three bytes", "<p>字字字字字字字字字字字字。</p>".repeat(2_500)),
        ("equals signs", "<p>===============================</p>".repeat(2_000)),
    ] {
        let made = made(&body);
        assert!(made.is_cut && made.html.len() > 20_000, "{name}: {} bytes", made.html.len());
        assert!(made.html.len() + made.text.len() < 150_000, "{name}");
    }
}

#[test]
fn a_post_that_fits_is_whole() {
    let made = made(&"<p>A paragraph of some words, as they are written.</p>".repeat(1_000));
    assert!(!made.is_cut && made.text.matches("A paragraph").count() == 1_000);
}
