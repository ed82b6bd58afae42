//! Lists, verses, and what is held back in attributes and scripts.

use super::safe;

#[test]
fn lists_hold_items_and_nothing_else() {
    for (html, shown) in [
        (
            "<dl><div><dt>a</dt><dd>b</dd></div>c <i>d</i><dt>e</dt></dl>",
            "<dl><dt>a</dt><dd>b</dd><dd>c <i>d</i></dd><dt>e</dt></dl>",
        ),
        (
            "<ul><li>a</li><ul><li>b</li></ul><li>c</li></ul>",
            "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>",
        ),
        ("<ul><h3>a</h3><div><li>b</li></div></ul>", "<h3>a</h3><ul><li>b</li></ul>"),
        ("<ol><p>a</p></ol>", "<p>a</p>"),
        (
            "<ol><a href='https://a.example/'><li>a</li></a></ol>",
            "<ol><li><a href=\"https://a.example/\">a</a></li></ol>",
        ),
        ("<ol><li>a</li><b><i><li>b</li></i></b></ol>", "<ol><li>a</li><li>b</li></ol>"),
        ("<ul>\n<li>a</li>\n<br></ul>", "<ul>\n<li>a</li>\n<br></ul>"),
        ("<ol style='list-style: lower-alpha'><li>a</li></ol>", "<ol type=\"a\"><li>a</li></ol>"),
        ("<ol start='-3'><li>a</li></ol>", "<ol start=\"-3\"><li>a</li></ol>"),
        ("<ruby>漢<rt>kan</rt></ruby>", "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>"),
        (
            "<ruby>漢<rp>（</rp><rt>kan</rt><rp>）</rp></ruby>",
            "<ruby>漢<rp>（</rp><rt>kan</rt><rp>）</rp></ruby>",
        ),
    ] {
        assert_eq!(safe(html), shown, "{html}");
        assert_eq!(safe(shown), shown, "again");
    }
}

/// S7
#[test]
fn formats_that_nobody_ended_leave_lists_at_rest() {
    let items = "<li>one <b>b</b></li>\n<li>two</li>\n";
    for open in
        ["<strong>", "<b><i>", "<a href='https://a.example/'>", "<font><u>", "<div><em>", "<dl>", "<h3>"]
    {
        for (list, end) in
            [("<ul>", "</ul>"), ("<ol>", "</ol>"), ("<dl><dt>t", "</dl>"), ("<ul><li><ol>", "</ol></ul>")]
        {
            let html = format!(
                "<p>a</p>{list}{items}<li>x {open}y</li>\n{items}{end}<p>b</p><dl><dd>{open}c<dt>d</dl>"
            );
            let once = safe(&html);
            assert_eq!(safe(&once), once, "{html}");
            for word in ["one", "two", "x", "y", "b", "c", "d"] {
                assert!(once.contains(word), "{html}: {word}\n{once}");
            }
        }
    }
}

#[test]
fn lines_and_blanks_that_a_style_keeps_stay() {
    for (html, shown) in [
        (
            "<div style='white-space: pre-line'>\nthe rope\nthe  boat\n\nthe sea\n</div>",
            "<div>the rope<br>the  boat<br><br>the sea</div>",
        ),
        (
            "<p style='white-space:pre-wrap'>a\n   b <b>c\n  d</b></p>",
            "<p>a<br>&nbsp;&nbsp;&nbsp;b <b>c<br>&nbsp;&nbsp;d</b></p>",
        ),
        ("<p class='text whitespace-pre-line'>a\nb</p>", "<p>a<br>b</p>"),
        ("<div style='white-space:pre-wrap'><p>a</p>\n\n<p>b</p></div>", "<div><p>a</p>\n\n<p>b</p></div>"),
        (
            "<pre class='wp-block-verse'>The sea\n  is <em>wide</em></pre>",
            "<p>The sea<br>&nbsp;&nbsp;is <em>wide</em></p>",
        ),
        (
            "<div class='preformatted-block'><label class='hide-text'>Text in this block</label><pre class='text'>a\n b</pre></div>",
            "<div><p>a<br>&nbsp;b</p></div>",
        ),
        ("<p style='white-space:nowrap'>a\nb</p>", "<p>a\nb</p>"),
        ("<div style='font-family:monospace;white-space:pre'>a\n  b</div>", "<pre>a\n  b</pre>"),
        ("<pre class='verse'><code>a\n b</code></pre>", "<pre><code>a\n b</code></pre>"),
    ] {
        assert_eq!(safe(html), shown, "{html}");
    }
}

#[test]
fn what_is_held_back_is_linked() {
    for (html, href) in [
        (
            "<script src='https://gist.github.com/kim/0a1b2c.js?file=x.rb'></script>",
            "https://gist.github.com/kim/0a1b2c",
        ),
        (
            "<script src='//asciinema.org/a/123.js' id='asciicast-123' async></script>",
            "https://asciinema.org/a/123",
        ),
        ("<script src='//jsfiddle.net/kim/ab1/embed/js,result/'></script>", "https://jsfiddle.net/kim/ab1"),
        (
            "<script class='speakerdeck-embed' data-id='4e8b' src='//speakerdeck.com/assets/embed.js'></script>",
            "https://speakerdeck.com/player/4e8b",
        ),
        (
            "<script src='https://www.buzzsprout.com/1/2-title.js?container_id=x'></script>",
            "https://www.buzzsprout.com/1/2-title",
        ),
        (
            "<div class='sqs-video-wrapper' data-html='&lt;iframe src=\"//www.youtube.com/embed/abc?wmode=x\"&gt;'></div>",
            "https://www.youtube.com/watch?v=abc",
        ),
        (
            "<div class='epyt-facade' data-facadesrc='https://www.youtube.com/embed/abc?x=1'><img src='/p.jpg'></div>",
            "https://www.youtube.com/watch?v=abc",
        ),
        (
            "<div class='elementor-widget-video' data-settings='{\"video_type\":\"vimeo\",\"vimeo_url\":\"https:\\/\\/vimeo.com\\/77\"}'><div></div></div>",
            "https://vimeo.com/77",
        ),
        (
            "<div class='elementor-widget-video' data-settings='{\"video_type\":\"hosted\",\"hosted_url\":{\"url\":\"/a.mp4\"}}'></div>",
            "https://blog.example/a.mp4",
        ),
        (
            "<youtube-video src='https://www.youtube.com/watch?v=abc' controls></youtube-video>",
            "https://www.youtube.com/watch?v=abc",
        ),
        (
            "<div class='fb-post' data-href='https://www.facebook.com/kim/posts/1'></div>",
            "https://www.facebook.com/kim/posts/1",
        ),
    ] {
        let safe = safe(&format!("<p>a</p>{html}<p>b</p>"));
        assert_eq!(safe.matches(&format!("<a href=\"{href}\">")).count(), 1, "{html}\n{safe}");
        assert_eq!(safe.matches("<a ").count(), 1, "{safe}");
    }
    let holder = "<div data-html='&lt;iframe src=\"https://vimeo.com/77\"&gt;'>A talk</div>";
    assert_eq!(safe(holder), "<div><p><a href=\"https://vimeo.com/77\">Watch: vimeo.com</a></p>A talk</div>");
    let holder =
        "<div data-html='&lt;iframe&gt;'>A <b>talk</b> <iframe src='https://vimeo.com/77'></iframe></div>";
    assert_eq!(safe(holder).matches("<a ").count(), 1, "{}", safe(holder));
    let frame = "<iframe data-settings='{}' src='https://vimeo.com/77'>A talk</iframe>";
    assert_eq!(safe(frame).matches("<a ").count(), 1, "{}", safe(frame));
    let waiting = "<div class='youtube' data-id='abc' data-settings='{}'>Loading</div>";
    assert!(safe(waiting).contains("watch?v=abc"), "{}", safe(waiting));
    for none in [
        "<script src='https://cdn.example/x.js'></script>",
        "<script src='//speakerdeck.com/assets/embed.js'></script>",
        "<div data-html='&lt;iframe src=\"javascript:alert(1)\"&gt;'></div>",
        "<div class='elementor-widget-video' data-settings='{'></div>",
    ] {
        assert!(!safe(none).contains("<a "), "{none}");
    }
}
