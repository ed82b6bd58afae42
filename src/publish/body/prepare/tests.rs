//! What embeds, lazy images and odd markup become.

mod code;
mod embeds;
mod formula;
mod lists;
mod notes;
mod pictures;
mod unseen;

use crate::publish::body::sanitise;

fn safe(html: &str) -> String {
    sanitise(html, Some("https://blog.example/post"))
}

#[test]
fn what_plays_becomes_a_link() {
    for (html, shown) in [
        (
            "<figure><iframe title='A &amp; B' src='https://www.youtube.com/embed/abc?feature=oembed&amp;x=1' allowfullscreen></iframe></figure>",
            "<figure><a href=\"https://www.youtube.com/watch?v=abc\">Watch: A &amp; B</a></figure>",
        ),
        (
            "<p>a <video controls><source src=/v.mp4 type=video/mp4><source src=/v.webm>Your browser does not support the video tag.</video> b</p>",
            "<p>a <br><a href=\"https://blog.example/v.mp4\">Watch: blog.example</a><br> b</p>",
        ),
        (
            "<audio src='https://cdn.example/a.mp3'></audio>",
            "<p><a href=\"https://cdn.example/a.mp3\">Listen: cdn.example</a></p>",
        ),
        ("<iframe src='javascript:alert(1)'></iframe>x", "x"),
    ] {
        assert_eq!(safe(html), shown, "{html}");
    }
}

#[test]
fn lazy_images_are_loaded_once() {
    assert_eq!(
        safe(
            "<img src='data:image/gif;base64,R0lG' data-src='/a.jpg' alt='A'><noscript><img src='/a.jpg' alt='A'></noscript>"
        ),
        "<img src=\"https://blog.example/a.jpg\" alt=\"A\">"
    );
    assert_eq!(
        safe("<noscript><img src='/b.jpg' alt='B'></noscript>"),
        "<img src=\"https://blog.example/b.jpg\" alt=\"B\">"
    );
    assert_eq!(
        safe(
            "<picture><source srcset='/c.webp' type='image/webp'><img srcset='/c-300.jpg 300w, /c-900.jpg 900w, /c-2000.jpg 2000w'></picture>"
        ),
        "<img src=\"https://blog.example/c-900.jpg\">"
    );
}

#[test]
fn pixels_are_dropped_and_pictures_are_not() {
    assert_eq!(safe("<img src='//t.example/p' width=1 height='1'>"), "");
    assert_eq!(safe("<img src='//t.example/p' style='width: 1px; height:1px'>"), "");
    assert!(safe("<img src='//t.example/p' width=1 height=300>").contains("t.example"));
}

#[test]
fn a_formula_is_read_once() {
    assert_eq!(safe("<p>So <math><mi>x</mi><mo>=</mo><mn>1</mn></math>.</p>"), "<p>So x=1.</p>");
    assert_eq!(
        safe(
            "<span class='katex'><span class='katex-mathml'><math><mi>x</mi></math></span><span aria-hidden='true'>x</span></span>"
        ),
        "x"
    );
}

#[test]
fn elements_that_nobody_closed_do_not_count_as_deep() {
    let old = "<p>a<ul><li>b<li>c</ul>".repeat(500);
    assert_eq!(safe(&old).matches("<li>").count(), 1000);
    let loose = "<div><span>a</div>".repeat(500);
    assert_eq!(safe(&loose).matches("<div>").count(), 500);
}
