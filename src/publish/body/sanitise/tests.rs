//! Safety, rest and bounds of the sanitiser.

use proptest::prelude::*;

use super::*;

const BASE: Option<&str> = Some("https://blog.example/2026/post/");

#[test]
fn every_url_is_absolute_or_gone() {
    for (html, safe) in [
        ("<a href='../x?a=1&b=2'>x</a>", "<a href=\"https://blog.example/2026/x?a=1&amp;b=2\">x</a>"),
        ("<a href='#fn1'>1</a>", "<a href=\"https://blog.example/2026/post/#fn1\">1</a>"),
        ("<img src='//cdn.example/a.png' alt=A>", "<img src=\"https://cdn.example/a.png\" alt=\"A\">"),
        ("<a href='mailto:kim@example.org'>m</a>", "<a href=\"mailto:kim@example.org\">m</a>"),
        ("<a href='java\tscript:alert(1)'>x</a>", "<a>x</a>"),
        ("<a href='data:text/html,x'>x</a>", "<a>x</a>"),
        ("<img src='data:image/gif;base64,R0'>", ""),
        ("<img src='mailto:kim@example.org' alt='a &amp; b'>", "a &amp; b"),
    ] {
        assert_eq!(sanitise(html, BASE), safe, "{html}");
    }
    assert_eq!(
        sanitise("<a href='/x'>x</a><a href='//y.example'>y</a>", None),
        "<a>x</a><a href=\"https://y.example/\">y</a>"
    );
}

#[test]
fn nothing_active_is_left_and_the_words_are() {
    let html = "<p id=a class=b style='x' onclick='y'>a<script>1</script><form><button>b</button></form>\
                <svg onload=1><text>c</text></svg><!-- d --></p><title>e</title>]]>";
    assert_eq!(sanitise(html, BASE), "<p>a</p><p></p>e]]&gt;");
}

#[test]
fn deep_nesting_and_endless_input_end_soon() {
    for html in [
        "<div>".repeat(40_000) + "deep",
        format!("{}deep{}", "<div>".repeat(40_000), "</div>".repeat(40_000)),
        "<div><table></div>".repeat(15_000) + "deep",
        "<b><i><p>".repeat(15_000) + "deep",
        "<blockquote><ul><li>".repeat(15_000) + "deep",
        format!("<p {}>x</p>deep", (0..250_000).map(|n| format!("a{n} ")).collect::<String>()),
        format!("<p>x</p {}>deep", (0..250_000).map(|n| format!("a{n} ")).collect::<String>()),
        "<font a=1><font a=2><font a=3><p>x".repeat(10_000) + "deep",
    ] {
        let begun = std::time::Instant::now();
        let safe = sanitise(&html, None);
        assert!(begun.elapsed().as_secs() < 5, "{:?} {}", begun.elapsed(), &html[..24]);
        assert!(safe.contains("deep"));
        assert_eq!(sanitise(&safe, None), safe);
    }
    let long = sanitise(&"<p>words and words</p>".repeat(500_000), None);
    assert!(long.len() <= Room::BODY.bytes);
}

#[test]
fn a_pre_keeps_its_lines_however_often_it_is_read() {
    let safe = sanitise("<pre>\n\n\n\n\n\n\n\n\n\n\n\n<code>a\n  b</code></pre>", None);
    assert_eq!(safe, "<pre><code>a\n  b</code></pre>");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn the_same_again_changes_nothing(parts in proptest::collection::vec(prop_oneof![
        Just("<table>"), Just("<tr><td>"), Just("</table>"), Just("<a href=x>"), Just("</a>"), Just("<b>"),
        Just("<p>"), Just("</p>"), Just("<svg>"), Just("<math><mtext>"), Just("<style>"), Just("<select>"),
        Just("<noscript><img src=//a/b>"), Just("</noscript>"), Just("<pre>\n\n"), Just("<li>"), Just("&lt;b&gt;"),
        Just("<video><source src=//v.example/a.mp4>"), Just("</video>"), Just("<iframe src=//a.example>"), Just("</iframe>"),
        Just("<template>"), Just("<form>"), Just("<img data-src=//a/b src=x>"), Just("text"), Just("<!--"), Just("-->"),
        Just("<textarea>"), Just("<h1>"), Just("</div>"), Just("<div>"), Just("<frameset>"), Just("<plaintext>"),
    ], 0..14)) {
        let once = sanitise(&parts.concat(), BASE);
        prop_assert_eq!(&sanitise(&once, BASE), &once);
    }
}

#[test]
fn a_link_to_write_a_mail_keeps_its_address_and_adds_no_header() {
    for (href, kept) in [
        ("mailto:kim@b.example", Some("mailto:kim@b.example")),
        ("MAILTO:kim@b.example?subject=Hi%20there", Some("mailto:kim@b.example?subject=Hi%20there")),
        ("mailto:kim@b.example?subject=a&body=b%0D%0A%0D%0Ac", Some("mailto:kim@b.example")),
        ("&#109;ailto:kim&#64;b.example", Some("mailto:kim@b.example")),
        ("mailto: kim@b.example", Some("mailto:kim@b.example")),
        ("mailto://kim@b.example", Some("mailto:kim@b.example")),
        ("mailto:kim@b.example%0ABcc:all@b.example", None),
        ("mailto:?subject=a", None),
    ] {
        let safe = sanitise(&format!("<a href=\"{href}\">x</a>"), None);
        let wanted = kept.map_or("<a>x</a>".to_owned(), |url| format!("<a href=\"{url}\">x</a>"));
        assert_eq!(safe, wanted, "{href}");
        assert_eq!(sanitise(&safe, None), safe);
    }
}
