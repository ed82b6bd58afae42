//! What a reader of the text part would misread, miss, or stumble over.

use super::text_of;
use crate::publish::body::sanitise;

/// The text of a post as a feed says it.
fn text(html: &str) -> String {
    let page = "https://b.example/p";
    text_of(&sanitise(html, Some(page)), Some(page))
}

#[track_caller]
fn reads(cases: &[(&str, &str)]) {
    for (html, expected) in cases {
        assert_eq!(text(html), *expected, "{html}");
    }
}

#[test]
fn numbers_that_are_set_apart_make_no_other_number() {
    reads(&[
        (
            "<p>log<sub>2</sub>8, a<sub>1</sub>0, x<sub>12</sub>5 and CO<sub>2</sub></p>",
            "log₂8, a₁0, x₁₂5 and CO₂",
        ),
        (
            "<p><sup>1</sup>/<sub>2</sub> cup, 1<sup>3</sup>&frasl;<sub>4</sub> spoons</p>",
            "1/2 cup, 1 3/4 spoons",
        ),
        ("<p>a<sup>2</sup>/b<sub>2</sub></p>", "a²/b₂"),
    ]);
}

#[test]
fn lists_are_counted_as_their_writer_counts() {
    reads(&[
        ("<ol reversed><li>c</li><li>b</li><li>a</li></ol>", "3. c\n2. b\n1. a"),
        (
            "<ol><li value=7>g</li><li>h</li></ol><ol start=-1><li>m</li><li>n</li></ol>",
            "7. g\n8. h\n\n-1. m\n0.  n",
        ),
        ("<ol type=a start=26><li>z</li><li>aa</li></ol>", "z.  z\naa. aa"),
        (
            "<ol style='list-style-type: upper-roman'><li>x<ol type=i><li>y</li></ol></li></ol>",
            "I. x\n   i. y",
        ),
        ("<ol type=I start=4000><li>no Roman has this</li></ol>", "4000. no Roman has this"),
        ("<ol><li>a</li></ol>", "1. a"),
    ]);
    let many = format!("<ol reversed>{}</ol>", "<li>x</li>".repeat(300));
    assert!(text(&many).starts_with("300. x\n299. x\n"), "{}", text(&many));
}

#[test]
fn what_stands_between_items_is_not_lost() {
    reads(&[
        (
            "<dl><dt>Flaky</dt><div><p>Not <b>always</b> red.</p></div>And more</dl><p>So</p>",
            "Flaky\n  Not always red.\n\n  And more\n\nSo",
        ),
        ("<dl><div><dt>T</dt><dd>D</dd></div><div><dt>U</dt><dd>E</dd></div></dl>", "T\n  D\nU\n  E"),
        ("<ol><li>a</li><ol><li>b</li></ol><li>c</li></ol>", "1. a\n   1. b\n2. c"),
        ("<ul><li>a</li><p>said of a</p>and this<li>b</li></ul>", "* a\n\n  said of a\n\n  and this\n* b"),
        ("<ul><p>first</p><li>a</li></ul>", "first\n\n* a"),
        ("<menu><li>a</li></menu>", "* a"),
    ]);
}

#[test]
fn links_and_pictures_stand_apart_from_what_follows() {
    reads(&[
        (
            "<p><a href='https://a.example/'>A</a><a href='https://c.example/'><b>C</b></a>, <a href='https://a.example/x'>Rust</a>acean (<a href='https://a.example/y'>y</a>).</p>",
            "A <https://a.example/> C <https://c.example/>, Rust\n<https://a.example/x> acean (y <https://a.example/y>).",
        ),
        ("<p>a<a href='https://a.example/'></a>b</p>", "ab"),
        (
            "<div><img src=/1.jpg alt='before that'><img src=/2.jpg alt='after that'>words</div>",
            "words\n\n[Picture: before that]\n[Picture: after that]",
        ),
        ("<p>So <a href='https://b.example/big.jpg'><img src='/s.jpg' alt=''></a> is it.</p>", "So is it."),
    ]);
}

#[test]
fn no_line_end_comes_into_an_address() {
    let address = "https://www.example.com/page/number";
    for letters in 40..72 {
        let html =
            format!("<p>{}<a href='{address}'>{address}</a>,{}</p>", "a".repeat(letters), "b".repeat(30));
        assert!(text(&html).contains(&format!("<{address}>")), "{letters}: {}", text(&html));
    }
}

#[test]
fn lines_with_addresses_are_as_full_as_others() {
    let words = "Words that are read. ".repeat(4);
    let html = format!("<p>{words}<a href='https://a.example/some/long/address'>Here</a> {words}</p>");
    assert_eq!(
        text(&html),
        "Words that are read. Words that are read. Words that are read. Words\nthat are read. Here <https://a.example/some/long/address> Words that\nare read. Words that are read. Words that are read. Words that are\nread."
    );
    let html = "<h2>A heading that names <a href='https://a.example/some/long/address'>a place</a> and goes on behind it for a while</h2><p>So</p>";
    assert_eq!(
        text(html),
        "A heading that names a place <https://a.example/some/long/address> and\ngoes on behind it for a while\n----------------------------------------------------------------------\n\nSo"
    );
    // A line that its writer ended is not filled up.
    let html = "<p>A line with <a href='https://a.example/some/long/address'>a link</a> that is long<br>and the next</p>";
    assert!(text(html).ends_with("\nand the next"), "{}", text(html));
}

#[test]
fn rules_part_and_quotations_are_marked() {
    reads(&[
        ("<hr><p>a</p><hr><hr><p>b</p><hr>", "a\n\n* * *\n\nb"),
        ("<p>He said <q>she said <q>no</q></q>.</p>", "He said “she said ‘no’”."),
        ("<p><ruby>東京<rt>とうきょう</rt></ruby>へ</p>", "東京(とうきょう)へ"),
    ]);
}

#[test]
fn a_line_of_japanese_begins_with_no_full_stop() {
    for signs in 30..40 {
        let text = text(&format!("<p>{}。{}</p>", "海".repeat(signs), "辺".repeat(40)));
        assert!(!text.contains("\n。"), "{text}");
        assert_eq!(text.matches(['海', '辺', '。']).count(), signs + 41, "{text}");
    }
}

#[test]
fn the_text_begins_with_the_first_words() {
    let words = "<p>First words.</p><p>Second.</p>";
    for (above, shown) in [
        (
            "<figure><img src=/a.jpg alt='The sea at dawn'><figcaption>By Kim</figcaption></figure>",
            "[Picture: The sea at dawn]\n\nBy Kim",
        ),
        (
            "<div><div><p><a href=/a.jpg><img src=/a.jpg alt='The sea at dawn'></a></p></div></div>",
            "[Picture: The sea at dawn]",
        ),
        (
            "<iframe src='https://www.youtube.com/embed/abc'></iframe>",
            "Watch: youtube.com <https://www.youtube.com/watch?v=abc>",
        ),
        ("<hr>", ""),
    ] {
        let text = text(&format!("{above}{words}"));
        let shown = if shown.is_empty() { String::new() } else { format!("{shown}\n\n") };
        assert_eq!(text, format!("First words.\n\n{shown}Second."), "{above}");
    }
    reads(&[
        ("<p><img src=/a.jpg alt='The sea at dawn'><br>Words.</p>", "Words.\n\n[Picture: The sea at dawn]"),
        ("<p><img src=/a.jpg alt='The sea at dawn'></p>", "[Picture: The sea at dawn]"),
        ("<p>Open: the sea.</p><p>More.</p>", "Open: the sea.\n\nMore."),
    ]);
}

#[test]
fn a_caption_that_says_the_same_is_read_once() {
    let figure = |caption: &str| {
        format!(
            "<p>So:</p><figure><img src=/a.jpg alt='Tea &amp; cake'><figcaption>{caption}</figcaption></figure><p>Yes.</p>"
        )
    };
    reads(&[
        (&*figure("<em>Tea</em> &amp; cake"), "So:\n\n[Picture: Tea & cake]\n\nYes."),
        (&*figure("Cake"), "So:\n\n[Picture: Tea & cake]\n\nCake\n\nYes."),
    ]);
}

#[test]
fn soft_hyphens_are_never_read() {
    let cell = "<td>Donau&shy;dampf</td>";
    assert_eq!(
        text(&format!("<p>Donau&shy;dampf</p><table><tr>{cell}{cell}</tr></table>")),
        "Donaudampf\n\nDonaudampf  Donaudampf"
    );
}
