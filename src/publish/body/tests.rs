//! Bodies as blogs of all kinds write them.

use super::*;

fn entry(html: &str) -> Entry {
    Entry {
        title: " A\nb ".into(),
        link: Some("https://blog.example/p/".into()),
        html: html.into(),
        ..Entry::default()
    }
}

fn content(html: &str) -> MailingContent {
    content_of(&entry(html), "https://blog.example/", "#0f6b5c", Some("en"))
}

#[test]
fn a_wordpress_post_keeps_its_words_and_its_pictures() {
    let made = content(
        "<!-- wp:image --><figure class=\"wp-block-image size-large\"><img loading=\"lazy\" width=\"1024\" height=\"683\" \
         src=\"/wp-content/uploads/chair-1024x683.jpg\" alt=\"A chair\" class=\"wp-image-7\" srcset=\"/a.jpg 300w\"/>\
         <figcaption class=\"wp-element-caption\">The chair.</figcaption></figure><!-- /wp:image -->\n\
         <p class=\"has-drop-cap\">Héllo &#8220;world&#8221; 🎉 {{7*7}} a]]>b</p>\n\
         <p><a class=\"more-link\" href=\"#more-7\">Continue reading</a></p>]]>",
    );
    assert_eq!(made.title, "A b");
    assert!(
        made.html.contains("src=\"https://blog.example/wp-content/uploads/chair-1024x683.jpg\""),
        "{}",
        made.html
    );
    assert!(
        made.html.contains("“world” 🎉 {{7*7}} a]]&gt;b</p>") && made.html.ends_with("</p>\n</div>"),
        "{}",
        made.html
    );
    assert!(
        made.html.contains("width=\"518\"")
            && !made.html.contains("wp-block")
            && !made.html.contains("drop-cap"),
        "{}",
        made.html
    );
    assert!(
        made.text.starts_with("Héllo “world” 🎉 {{7*7}} a]]>b\n\n[Picture: A chair]\n\nThe chair.\n"),
        "{}",
        made.text
    );
    assert_eq!(made.minutes, 1);
}

#[test]
fn ghost_and_substack_cards_become_plain_parts() {
    let made = content(
        "<div class=\"kg-card kg-bookmark-card\"><a class=\"kg-bookmark-container\" href=\"https://x.example/\"><div class=\"kg-bookmark-title\">Title</div></a></div>\
         <div class=\"subscription-widget-wrap\"><form action=\"/s\"><input type=\"email\"><input type=\"submit\"></form></div>\
         <div class=\"captioned-image-container\"><figure><a href=\"https://cdn.example/a.png\"><div><picture><source type=\"image/webp\" srcset=\"https://cdn.example/a.webp 424w\"><img src=\"https://cdn.example/a.png\" width=\"1456\" height=\"816\" alt=\"\"></picture></div></a></figure></div>\
         <figure class=\"kg-embed-card\"><iframe src=\"https://www.youtube.com/embed/xyz\" title=\"Talk\"></iframe></figure><p>End.</p>",
    );
    assert!(
        made.html.contains("Watch: Talk") && made.html.contains("a.png") && made.html.contains("Title"),
        "{}",
        made.html
    );
    assert!(made.text.contains("Watch: Talk <https://www.youtube.com/watch?v=xyz>"), "{}", made.text);
    assert!(!made.html.contains("<form") && !made.html.contains("<input"), "{}", made.html);
}

#[test]
fn a_hugo_code_block_keeps_its_lines_and_indents() {
    let made = content(
        "<p>See:</p><div class=\"highlight\"><pre tabindex=\"0\" style=\"color:#fff\"><code class=\"language-rust\"><span class=\"line\"><span class=\"k\">fn</span> main() {\n</span><span class=\"line\">    a &lt; b;\n</span>}</code></pre></div>",
    );
    assert!(made.text.contains("    fn main() {\n        a < b;\n    }"), "{}", made.text);
    assert!(made.html.contains("white-space") && !made.html.contains("#fff;"), "{}", made.html);
}

#[test]
fn text_without_tags_gets_paragraphs() {
    let made = content("First line\nsecond & third.\r\n\r\nNext <3 &amp; last.");
    assert_eq!(made.text, "First line\nsecond & third.\n\nNext <3 & last.");
    assert_eq!(made.html.matches("<p>").count(), 2, "{}", made.html);
}

#[test]
fn other_scripts_come_through() {
    let hebrew = content_of(
        &entry("<p dir=\"rtl\">שלום <bdi>abc</bdi></p><blockquote>א</blockquote>"),
        "https://b.example/",
        "#0f6b5c",
        Some("he-IL"),
    );
    assert!(hebrew.html.contains("dir=\"rtl\"") && hebrew.html.contains("border-right"), "{}", hebrew.html);
    let japanese = content(&format!("<p>{}</p>", "日本語の文章。".repeat(200)));
    assert_eq!(japanese.minutes, 3);
    assert!(japanese.summary.chars().count() <= 150 && japanese.summary.ends_with('…'));
}

#[test]
fn a_written_summary_is_the_excerpt_and_a_cut_one_is_not() {
    let body = format!("<p>The body begins here {}</p><p>and goes on.</p>", "and on ".repeat(70));
    let mut with = entry(&body);
    with.summary_html = Some("<p>What this post is about, in words that its writer chose.</p>".into());
    let made = content_of(&with, "", "#0f6b5c", None);
    assert!(made.excerpt_text.starts_with("What this post"), "{}", made.excerpt_text);
    assert!(made.summary.starts_with("What this post"));
    with.summary_html = Some("The body begins here and on and on and on and on [&#8230;]".into());
    assert!(content_of(&with, "", "#0f6b5c", None).excerpt_text.starts_with("The body begins"));
    with.html = String::new();
    assert!(content_of(&with, "", "#0f6b5c", None).text.contains("[…]"));
}

#[test]
fn the_featured_image_is_shown_once() {
    let mut with = entry("<p>a <img src=\"https://i0.example/up/photo-300x200.jpg?w=3\" alt=\"\"></p>");
    with.image = Some("https://blog.example/up/photo.jpg".into());
    assert_eq!(content_of(&with, "", "#0f6b5c", None).image, None);
    with.image = Some("https://blog.example/up/other.jpg".into());
    assert_eq!(content_of(&with, "", "#0f6b5c", None).image, with.image);
}

#[test]
fn nothing_at_all_is_still_a_mail() {
    let made = content_of(&Entry::default(), "", "nonsense", None);
    assert_eq!(
        (made.html.as_str(), made.text.as_str(), made.summary.as_str(), made.minutes),
        ("", "", "", 1)
    );
}

#[test]
fn drawn_emoji_become_letters_again() {
    let wordpress = "<p>Fine <img src=\"https://s.w.org/images/core/emoji/15.0.3/72x72/1f3a1.png\" alt=\"🎡\" \
                     class=\"wp-smiley\" style=\"height: 1em;\" /> day</p>";
    assert_eq!(sanitise(wordpress, None), "<p>Fine 🎡 day</p>");
    let picture =
        "<p><img class=\"emoji\" src=\"https://x.example/a.png\" alt=\"A long text that is no emoji\"></p>";
    assert!(sanitise(picture, None).contains("https://x.example/a.png"));
}
