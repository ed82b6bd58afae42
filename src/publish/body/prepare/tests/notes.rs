//! Tasks, struck words, notes.

use super::safe;

#[test]
fn a_task_says_whether_it_is_done() {
    for html in [
        "<ul><li><input type='checkbox' disabled checked> a</li><li><input type='checkbox' disabled> b</li></ul>",
        "<ul class='task-list'><li><label><input type='checkbox' checked=''>a</label></li><li><label><input type='checkbox'>b</label></li></ul>",
        "<ul><li data-checked='true'><label><input type='checkbox'></label><div><p>a</p></div></li><li data-checked='false'><label><input type='checkbox'></label><div><p>b</p></div></li></ul>",
        "<ul><li><span role='checkbox' aria-checked='true'></span> a</li><li><span role='checkbox' aria-checked='false'></span> b</li></ul>",
        "<ul><li><div class='checkbox checkbox-on'></div><span>a</span></li><li><div class='checkbox checkbox-off'></div><span>b</span></li></ul>",
    ] {
        assert_eq!(crate::publish::body::walk::plain(&safe(html)), "☑ a ☐ b", "{html}\n{}", safe(html));
    }
}

#[test]
fn what_a_style_strikes_is_struck() {
    assert_eq!(
        safe("<p>now <span style='text-decoration: line-through;'>9</span> 7</p>"),
        "<p>now <s>9</s> 7</p>"
    );
    assert_eq!(
        safe("<p style='text-decoration:line-through'>old <b>all</b></p>"),
        "<p><s>old <b>all</b></s></p>"
    );
    assert_eq!(safe("<ul style='direction:rtl'><li>א</li></ul>"), "<ul dir=\"rtl\"><li>א</li></ul>");
}

#[test]
fn notes_keep_their_marks_and_lose_their_arrows() {
    for back in [
        "<a href='#fnref:1' class='reversefootnote' role='doc-backlink'>&#8617;</a>",
        "<a href='#x-1' aria-label='Jump back'>↩︎</a>",
        "<a href='https://blog.example/post#x'>↑</a>",
        "<a href='#r' class='footnote-backref'>Back to text</a>",
    ] {
        let html = format!(
            "<p>So.<sup id='fnref:1'><a href='#fn:1'>1</a></sup></p><ol><li id='fn:1'><p>True. {back}</p></li></ol>"
        );
        assert_eq!(
            safe(&html),
            "<p>So.<sup><a href=\"https://blog.example/post#fn:1\">1</a></sup></p><ol><li><p>True. </p></li></ol>",
            "{back}"
        );
    }
    let bare = safe(
        "<p>word<a href='#footnote-2'>2</a></p><div class='footnote'><a class='footnote-number' href='#a'>2</a><div><p>Note.</p></div></div>",
    );
    assert!(bare.contains("word<sup><a href=") && bare.contains("<p>2. Note.</p>"), "{bare}");
    assert_eq!(safe("<p>a<span class='sidenote'>b</span>c</p>"), "<p>a (<span>b</span>) c</p>");
    assert_eq!(
        safe("<p><a href='https://x.example/'>↑</a></p>"),
        "<p><a href=\"https://x.example/\">↑</a></p>"
    );
}

#[test]
fn a_heading_keeps_its_words_and_loses_its_anchor() {
    for html in [
        "<h2 id=a>On it<a class='headerlink' href='#a'>¶</a></h2>",
        "<h2><a href='#a' aria-hidden='true'><svg></svg></a>On it</h2>",
    ] {
        assert_eq!(safe(html), "<h2>On it</h2>", "{html}");
    }
    assert!(safe("<h2><a class='header-anchor' href='#a'>On it</a></h2>").contains("On it"));
}

#[test]
fn the_side_on_which_words_stand_is_kept() {
    for (html, shown) in [
        ("<p style='text-align: center'>a</p>", "<p align=\"center\">a</p>"),
        ("<p style='text-align:justify'>a</p>", "<p>a</p>"),
        ("<h2 style='text-align:center'>a</h2>", "<h2>a</h2>"),
        (
            "<table><tbody><tr><td style='text-align:right'>1</td></tr></tbody></table>",
            "<table><tbody><tr><td align=\"right\">1</td></tr></tbody></table>",
        ),
    ] {
        assert_eq!(safe(html), shown, "{html}");
    }
}
