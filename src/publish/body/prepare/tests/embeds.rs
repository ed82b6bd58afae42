//! What plays elsewhere is a link, once, on its own line.

use super::safe;

#[test]
fn a_link_says_what_it_leads_to() {
    for (html, href, said) in [
        (
            "<iframe src='https://www.google.com/maps/embed?pb=1'></iframe>",
            "https://www.google.com/maps/embed?pb=1",
            "Open: map on google.com",
        ),
        (
            "<iframe data-src='https://form.typeform.com/to/x'></iframe>",
            "https://form.typeform.com/to/x",
            "Open: form on form.typeform.com",
        ),
        (
            "<iframe src='https://app.example/widget'></iframe>",
            "https://app.example/widget",
            "Open: app.example",
        ),
        (
            "<iframe src='https://w.soundcloud.com/player/?url=x' title='Song'></iframe>",
            "https://w.soundcloud.com/player/?url=x",
            "Listen: Song",
        ),
        (
            "<iframe src='https://tube.example/videos/embed/abc'></iframe>",
            "https://tube.example/videos/embed/abc",
            "Watch: tube.example",
        ),
        (
            "<iframe src='https://www.youtube-nocookie.com/embed/abc?x=1' title='YouTube video player'></iframe>",
            "https://www.youtube.com/watch?v=abc",
            "Watch: youtube.com",
        ),
        (
            "<lite-youtube videoid='abc' playlabel='A talk'><a href='https://youtube.com/watch?v=abc'>Play</a></lite-youtube>",
            "https://www.youtube.com/watch?v=abc",
            "Watch: A talk",
        ),
        (
            "<amp-vimeo data-videoid='77' width=1 height=1></amp-vimeo>",
            "https://vimeo.com/77",
            "Watch: vimeo.com",
        ),
        (
            "<amp-audio src='/a.ogg'><div fallback>No audio here</div></amp-audio>",
            "https://blog.example/a.ogg",
            "Listen: blog.example",
        ),
        (
            "<amp-iframe src='https://app.example/widget'><amp-img placeholder src='/p.png'></amp-img></amp-iframe>",
            "https://app.example/widget",
            "Open: app.example",
        ),
        (
            "<div class='rll-youtube-player' data-id='abc'></div><noscript><iframe src='https://www.youtube.com/embed/abc'></iframe></noscript>",
            "https://www.youtube.com/watch?v=abc",
            "Watch: youtube.com",
        ),
        (
            "<object data='/paper.pdf' type='application/pdf'>No PDF here.</object>",
            "https://blog.example/paper.pdf",
            "Open: paper.pdf",
        ),
        (
            "<object><param name='movie' value='https://www.youtube.com/v/abc'><embed src='https://www.youtube.com/v/abc'></object>",
            "https://www.youtube.com/watch?v=abc",
            "Watch: youtube.com",
        ),
        (
            "<iframe src='https://social.example/@kim/12/embed' class='mastodon-embed'></iframe>",
            "https://social.example/@kim/12",
            "Open: social.example",
        ),
        (
            "<iframe src='https://www.youtube.com/embed/abc?start=90&amp;rel=0'></iframe>",
            "https://www.youtube.com/watch?v=abc&amp;t=90",
            "Watch: youtube.com",
        ),
        (
            "<iframe src='https://open.spotify.com/embed/track/1' title='Spotify Embed: A song'></iframe>",
            "https://open.spotify.com/track/1",
            "Listen: A song",
        ),
        (
            "<video><source src='/v.webm'><source src='/v.mp4'></video>",
            "https://blog.example/v.mp4",
            "Watch: blog.example",
        ),
        (
            "<figure><div class='wp-block-embed__wrapper'>\nhttps://www.youtube.com/watch?v=abc\n</div></figure>",
            "https://www.youtube.com/watch?v=abc",
            "Watch: youtube.com",
        ),
    ] {
        let shown = safe(html);
        let link = format!("<a href=\"{href}\">{said}</a>");
        assert!(shown.contains(&link) && shown.matches("<a ").count() == 1, "{html}\n{shown}");
        assert_eq!(crate::publish::body::walk::plain(&shown), said, "{html}\n{shown}");
    }
}

#[test]
fn links_to_players_are_never_glued() {
    let frame = "<iframe src='https://a.example/1'></iframe><iframe src='https://b.example/2'></iframe>";
    for (html, lines) in [
        (frame.to_owned(), 2),
        (format!("<p>x {frame} y</p>"), 4),
        (format!("<div><span>{frame}</span></div>"), 2),
    ] {
        let text = crate::publish::body::text::text_of(&safe(&html), None);
        assert_eq!(text.lines().filter(|line| !line.is_empty()).count(), lines, "{html}\n{text}");
    }
}

#[test]
fn a_file_has_one_link() {
    for html in [
        "<figure><audio controls><source src='/e.mp3?_=1' type='audio/mpeg'><a href='/e.mp3'>/e.mp3</a></audio></figure>",
        "<div class='wp-block-file'><object data='/e.pdf'></object><a href='/e.pdf'>The paper</a><a href='/e.pdf' class='wp-block-file__button' download>Download</a></div>",
        "<p><audio src='/e.mp3'></audio></p><p><a href='/e.mp3'>Play it</a></p>",
        "<blockquote class='wp-embedded-content'><a href='https://o.example/p'>A post</a></blockquote><iframe class='wp-embedded-content' src='https://o.example/p/embed'></iframe>",
    ] {
        assert_eq!(safe(html).matches("<a ").count(), 1, "{html}\n{}", safe(html));
    }
}

#[test]
fn the_same_film_twice_is_two_links_where_words_stand_between() {
    let frame = "<iframe src='https://www.youtube.com/embed/abc'></iframe>";
    for (html, links) in [
        (format!("{frame}<p>And at the end:</p>{frame}"), 2),
        (format!("<figure><div>{frame}</div></figure>{frame}"), 1),
        (format!("{frame}<noscript>{frame}</noscript>"), 1),
        (
            format!(
                "<p>I saw <a href='https://www.youtube.com/watch?v=abc'>this</a>.</p><p>Of tea:</p>{frame}"
            ),
            2,
        ),
    ] {
        assert_eq!(safe(&html).matches("<a ").count(), links, "{html}\n{}", safe(&html));
    }
}

#[test]
fn a_quoted_film_keeps_its_words_and_leads_to_itself() {
    let shown = safe(
        "<blockquote class='tiktok-embed' cite='https://www.tiktok.com/@kim/video/7' data-video-id='7'><section><a href='https://www.tiktok.com/@kim'>@kim</a><p>Dancing</p></section></blockquote>",
    );
    assert_eq!(
        shown,
        "<blockquote><section><a href=\"https://www.tiktok.com/@kim\">@kim</a><p>Dancing</p></section><p><a href=\"https://www.tiktok.com/@kim/video/7\">Watch: tiktok.com</a></p></blockquote>"
    );
}
