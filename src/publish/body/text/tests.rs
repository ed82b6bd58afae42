//! What posts look like as text.

use super::*;

mod reading;

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

#[test]
fn struck_words_and_raised_ones_keep_what_they_mean() {
    for (html, text) in [
        ("<p>Was <del>ten</del> <ins>five</ins>.</p>", "Was ~ten~ five."),
        ("<p><s> all <b>of</b> it </s> <del></del>no</p>", "~all of it~ no"),
        (
            "<p>x<sup>2</sup> and 10<sup>-6</sup> and e<sup>kt</sup> m<sup>3</sup></p>",
            "x² and 10⁻⁶ and e^(kt) m³",
        ),
        (
            "<p>the 1<sup>st</sup>, 2<sup>e</sup> of XIX<sup>e</sup>, Name<sup>TM</sup></p>",
            "the 1st, 2e of XIXe, NameTM",
        ),
        ("<p>H<sub>2</sub>O and a<sub>n</sub></p>", "H₂O and a_n"),
        ("<p>word<sup>4</sup> and end.<sup>12</sup></p>", "word[4] and end.[12]"),
        (
            "<p>so<sup><a href=\"https://b.example/p#fn\">4</a></sup>, or<a href=\"https://b.example/p#fn\"><sup>*</sup></a></p>",
            "so[4], or[*]",
        ),
        (
            "<p>is <img src=\"https://s0.wp.com/latex.php?latex=x\" alt=\"\\frac{1}{3}\"> so</p>",
            "is \\frac{1}{3} so",
        ),
    ] {
        assert_eq!(text_of(html, Some("https://b.example/p")), text, "{html}");
    }
}

#[test]
fn code_side_by_side_is_all_there() {
    let html = "<table><tr><th>Was</th><th>Is</th></tr><tr><td><pre>a = 1\n  b</pre></td><td><pre>a = 2</pre></td></tr></table>";
    assert_eq!(text_of(html, None), "Was\nIs\n\n    a = 1\n      b\n\n    a = 2");
}

#[test]
fn a_table_is_read_along_its_columns_or_row_by_row() {
    let small = "<table><caption>Reading</caption><thead><tr><th>Day</th><th>Pages</th></tr></thead><tbody><tr><td>Monday</td><td>12</td></tr>\
                 <tr><td>土曜日</td><td><a href=\"https://x.example/\">many</a></td></tr></tbody></table>";
    assert_eq!(
        text_of(small, None),
        "Reading\n\nDay     Pages\n------  -------------------------\nMonday  12\n土曜日  many <https://x.example/>"
    );
    let long = "words and more of them ".repeat(4);
    let wide = format!(
        "<table><tr><th>Name</th><th>Use</th></tr><tr><td>One</td><td>{long}</td></tr><tr><td>Two</td><td></td></tr></table>"
    );
    assert_eq!(
        text_of(&wide, None),
        "Name: One\nUse: words and more of them words and more of them words and more of\nthem words and more of them\n\nName: Two"
    );
    let many = format!("<table><tr>{}</tr></table>", "<td>cell</td>".repeat(200));
    assert_eq!(text_of(&many, None).matches("cell").count(), 200);
}

#[test]
fn a_list_of_terms_and_a_list_of_tasks_read_as_such() {
    assert_eq!(
        text_of("<dl><dt>Term</dt><dd>What it is</dd></dl><ul><li>☑ done</li><li>☐ open</li></ul>", None),
        "Term\n  What it is\n\n* ☑ done\n* ☐ open"
    );
}
