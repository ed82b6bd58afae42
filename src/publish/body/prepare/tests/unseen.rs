//! No words that nobody sees, or can use.

use super::safe;

#[test]
fn what_is_hidden_or_for_use_on_the_page_is_gone() {
    for html in [
        "<p style='display: none !important'>no</p>",
        "<div hidden=''>no</div>",
        "<div style='visibility:hidden'><p>no</p></div>",
        "<template><p>no</p></template>",
        "<button type=button><span>no</span></button>",
        "<div role='button' tabindex=0>no</div>",
        "<form action=x><p>no</p><label>no <input type=email></label><select><option>no</select><textarea>no</textarea></form>",
        "<label>no <input type=text></label>",
        "<dialog>no</dialog>",
        "<span class='screen-reader-text'>no</span>",
        "<div class='mejs-controls'>no</div>",
        "<div class='copy-btn'>no</div>",
        "<div><b>Share this:</b><ul><li><a href='https://www.facebook.com/sharer/sharer.php?u=x'>no</a></li><li><a href='https://twitter.com/intent/tweet?url=x'>no</a></li><li><a href='mailto:?subject=x'>no</a></li></ul></div>",
        "<p>Share: <a href='/post?share=facebook'>no</a> | <a href='/post?share=reddit'>no</a></p>",
        "<span style='position:absolute;left:-9999px'>no</span>",
        "<div style='position:absolute !important;clip:rect(1px, 1px, 1px, 1px)'>no</div>",
        "<div style='mso-hide:all;max-height:0'>no</div>",
        "<div role='dialog' aria-modal='true'>no</div>",
        "<div class='code-toolbar'><div class='toolbar'><span>no</span></div></div>",
        "<div class='kg-audio-player'><span>no</span>/<span>3:21</span></div>",
        "<div class='subscription-widget-wrap-editor'><p>no</p><form><input type=email></form></div>",
        "<div class='yarpp yarpp-related'><h3>no</h3></div>",
        "<style>no</style>",
        "<svg><title>no</title></svg>",
    ] {
        let shown = safe(&format!("<p>yes</p>{html}<p>so</p>"));
        assert_eq!(crate::publish::body::walk::plain(&shown), "yes so", "{html}\n{shown}");
    }
}

#[test]
fn what_is_said_twice_is_read_once() {
    assert_eq!(
        safe("<p>Only <span aria-hidden='true'>$5</span><span class='sr-only'>five dollars</span></p>"),
        "<p>Only <span>$5</span></p>"
    );
    assert_eq!(safe("<h2>Hi<span aria-hidden='true'>Hi</span></h2>"), "<h2>Hi</h2>");
    assert_eq!(
        safe("<a href='https://x.example/'><i></i><span class='sr-only'>Our feed</span></a>"),
        "<a href=\"https://x.example/\"><i></i><span>Our feed</span></a>"
    );
}

#[test]
fn what_is_part_of_the_post_stays() {
    for html in [
        "<h3><button aria-expanded='false'>stay</button></h3>",
        "<section role='tabpanel' hidden>stay</section>",
        "<div hidden='until-found'>stay</div>",
        "<details><summary>stay</summary></details>",
        "<button><a href='https://x.example/'>stay</a></button>",
        "<p>stay <a href='https://twitter.com/intent/tweet?text=x'>tweet it</a></p>",
        "<h2 class='sr-only'>stay</h2>",
    ] {
        assert!(safe(&format!("<p>a</p>{html}")).contains("stay"), "{html}\n{}", safe(html));
    }
    let page = format!("<form><p>{}</p><input></form>", "stay ".repeat(100));
    assert!(safe(&page).contains("stay"));
    assert!(safe("<div style='display:none'><p>stay</p></div>").contains("stay"));
}

#[test]
fn what_only_looks_like_a_tag_is_words() {
    assert_eq!(
        safe("<p>a List<String> of <kim@example.org> here</p>"),
        "<p>a List&lt;String&gt; of &lt;kim@example.org&gt; here</p>"
    );
    assert_eq!(safe("<p>the <path> goes on</p><p>next</p>"), "<p>the  goes on</p><p>next</p>");
    assert_eq!(safe("<p>a <quote>b</quote> c</p>"), "<p>a b c</p>");
}

#[test]
fn what_a_page_moves_in_or_unfolds_is_read() {
    for html in [
        "<p style='opacity:0'>words</p>",
        "<p style='position:relative;left:-9px'>words</p>",
        "<p style='position:absolute;top:-20px'>words</p>",
        "<div style='height:0;overflow:hidden'>words</div>",
        "<p class='powerpress_links'>words</p>",
        "<figure><svg role='img' aria-label='words'><text>3</text></svg></figure>",
    ] {
        let shown = safe(&format!("<p>yes</p>{html}<p>so</p>"));
        assert_eq!(crate::publish::body::walk::plain(&shown), "yes words so", "{html}\n{shown}");
    }
}

#[test]
fn links_of_a_player_that_is_there_are_its_words() {
    let shown = safe(
        "<div><audio controls><source src='/12.mp3?_=1'></audio></div><p class='powerpress_links'>Podcast: <a href='/12.mp3'>Play in new window</a> | <a href='/12.mp3' download>Download</a></p>",
    );
    assert_eq!(shown, "<div><a href=\"https://blog.example/12.mp3?_=1\">Listen: blog.example</a></div>");
}
