//! What posts look like as text.

use super::*;

#[test]
fn a_post_reads_well_as_text() {
    let html = "<p>For years I read the news the way one eats crisps: by the handful, standing up, and without ever being full.</p>\
        <figure><img src=\"https://b.example/c.jpg\" alt=\"a kitchen chair\"><figcaption>The chair.</figcaption></figure>\
        <h2>Why less was more</h2><p>A week is <em>a fine</em> filter.</p>\
        <blockquote><p>“You are not behind,” my neighbour said. “You are only early for things that do not last.”</p></blockquote>\
        <ol><li><b>I can act on it.</b> A meeting.</li><li>I can explain it, if I can tell it to a friend in two minutes flat.</li></ol>\
        <ul><li>one<ul><li>two</li></ul></li></ul>\
        <pre><code># once a week\ncurl -s https://musings.example/feed/ | grep \"&lt;title&gt;\" | sort | uniq | head -n 3 | tac\n</code></pre>\
        <p><a href=\"https://musings.example/news-hour\">Leave a comment</a> or <a href=\"https://x.example/\">x.example</a>, \
        <a href=\"https://b.example/p#fn1\">1</a>.</p>";
    let expected = "\
For years I read the news the way one eats crisps: by the handful,
standing up, and without ever being full.

[Picture: a kitchen chair]

The chair.

Why less was more
-----------------

A week is a fine filter.

> “You are not behind,” my neighbour said. “You are only early for
> things that do not last.”

1. I can act on it. A meeting.
2. I can explain it, if I can tell it to a friend in two minutes flat.

* one
  * two

    # once a week
    curl -s https://musings.example/feed/ | grep \"<title>\" | sort | uniq | head -n 3 | tac

Leave a comment <https://musings.example/news-hour> or
<https://x.example/>, 1.";
    assert_eq!(text_of(html, Some("https://b.example/p")), expected);
}

#[test]
fn lines_stay_under_72_but_for_addresses_and_code() {
    let long = format!("https://b.example/{}", "very-long/".repeat(12));
    let html = format!(
        "<blockquote><p>{} <a href=\"{long}\">here</a> {}</p></blockquote><ul><li>{} <a href=\"{long}\">{long}</a></li></ul>",
        "some words ".repeat(20),
        "more words ".repeat(20),
        "item ".repeat(30)
    );
    let text = text_of(&html, None);
    for line in text.lines() {
        assert!(columns(line) < 72 || line.contains(&long), "{line}");
    }
    assert_eq!(text.matches(&long).count(), 2, "{text}");
    assert!(
        text.lines().all(|line| line.starts_with('>')
            || line.starts_with("* ")
            || line.starts_with("  ")
            || line.is_empty()),
        "{text}"
    );
}

#[test]
fn scripts_without_spaces_are_wrapped_by_columns() {
    let text = text_of(&format!("<h2>漢字</h2><p>{}</p>", "読書".repeat(60)), None);
    assert!(text.starts_with("漢字\n----\n"), "{text}");
    assert!(text.lines().all(|line| columns(line) < 72));
}

#[test]
fn a_table_keeps_its_cells() {
    let text = text_of(
        "<table><tr><th>Day</th><th>Pages</th></tr><tr><td>Monday</td><td>12</td></tr></table>",
        None,
    );
    assert!(text.contains("Monday") && text.contains("12") && !text.contains('│'), "{text}");
}

#[test]
fn cells_that_span_rows_and_columns_lose_no_word() {
    for table in [
        "<table><tr><td colspan=\"9\">a</td></tr><tr><td rowspan=\"9\">b</td><td>c</td></tr></table>",
        "<table><tr><td rowspan=\"3\">a</td><td colspan=\"2\">b</td></tr><tr><td>c</td></tr></table>",
        "<table><tr><td rowspan=\"99999\" colspan=\"99999\">a</td><td colspan=\"0\">b</td></tr><tr><td colspan=\"3\">c</td></tr></table>",
    ] {
        let text = text_of(table, None);
        assert!(text.len() < 300 && ["a", "b", "c"].iter().all(|word| text.contains(word)), "{text}");
    }
}

#[test]
fn addresses_stand_in_brackets_that_none_of_them_has() {
    let text = text_of(
        "<p>See <a href=\"https://x.example/wiki/Rust_(language)\">Rust</a>, \
         <a href=\"https://x.example/a\">x.example/a</a>, or write to \
         <a href=\"mailto:kim@b.example?subject=Hi%20there&amp;body=a\">Kim</a> \
         (<a href=\"mailto:pat@b.example\">pat@b.example</a>).</p>",
        None,
    );
    assert_eq!(
        text,
        "See Rust <https://x.example/wiki/Rust_(language)>,\n<https://x.example/a>, or write to Kim <kim@b.example> (pat@b.example)."
    );
}
