//! Each picture once, and sharp.

use super::safe;

#[test]
fn the_true_picture_is_shown_in_the_place_of_what_stands_in_for_it() {
    for html in [
        "<img src='//cdn.example/sea.jpg?width=30&amp;blur=20' data-src='//cdn.example/sea.jpg?width=900'>",
        "<img src='#' data-lazy-src='//cdn.example/sea.jpg?width=900'>",
        "<img src='about:blank' data-original='//cdn.example/sea.jpg?width=900'>",
        "<img src='/theme/spin.svg' data-src='//cdn.example/sea.jpg?width=900'>",
        "<img src='data:image/png;base64,AAAA' data-srcset='//cdn.example/sea.jpg?width=300 300w, //cdn.example/sea.jpg?width=900 900w'>",
        "<img src='' data-lazy-srcset='//cdn.example/sea.jpg?width=900 2x, //cdn.example/sea.jpg?width=450 1x'>",
        "<picture><source type='image/avif' srcset='/sea.avif'><source data-srcset='//cdn.example/sea.jpg?width=900'><img src='data:,'></picture>",
        "<picture><source srcset='//cdn.example/sea.jpg?width=900 900w,//cdn.example/sea.jpg?width=2400 2400w'></picture>",
        "<amp-img src='//cdn.example/sea.jpg?width=900' width=3 height=2><noscript><img src='//cdn.example/sea.jpg?width=900'></noscript></amp-img>",
        "<img src='/t/sea-300x200.jpg' srcset='/t/sea-300x200.jpg 300w, //cdn.example/sea.jpg?width=900 900w, /t/sea.jpg 4000w'>",
    ] {
        let shown = safe(html);
        assert_eq!(shown.matches("<img").count(), 1, "{html}\n{shown}");
        assert!(shown.contains("src=\"https://cdn.example/sea.jpg?width=900\""), "{html}\n{shown}");
    }
}

#[test]
fn a_picture_that_is_sharp_already_stays() {
    for html in [
        "<img src='/a-1024x683.jpg' srcset='/a-300x200.jpg 300w, /a-1024x683.jpg 1024w, /a.jpg 3000w'>",
        "<img src='/a-1024x683.jpg' width=1024 data-full='/a.jpg'>",
        "<img src='/a-1024x683.jpg' data-lazy-src='/a-1024x683.jpg?is-pending-load=1' srcset='data:,'>",
    ] {
        assert!(safe(html).contains("src=\"https://blog.example/a-1024x683.jpg\""), "{html}\n{}", safe(html));
    }
    // Commas within addresses part nothing.
    let cdn = "<img srcset='https://cdn.example/fetch/w_424,c_limit,f_auto/x.png 424w, https://cdn.example/fetch/w_848,c_limit,f_auto/x.png 848w'>";
    assert_eq!(safe(cdn), "<img src=\"https://cdn.example/fetch/w_848,c_limit,f_auto/x.png\">");
}

#[test]
fn the_copy_for_pages_without_scripts_is_no_second_picture() {
    for html in [
        "<img src='/b.jpg' data-src='/b.jpg?late=1'><noscript><img src='/b.jpg'></noscript>",
        "<noscript><img src='/b.jpg'></noscript><img class=lazyload src='data:image/svg+xml,x' data-src='/b.jpg'>",
        "<figure><img src='/wait.gif' data-src='/b.jpg'><noscript><img src='/b-150x100.jpg'></noscript></figure>",
        "<span><img src='data:,'></span><noscript><img src='/b.jpg'></noscript>",
        "<img src='data:,'>\n<noscript><picture><source srcset='/b.webp'><img src='/b.jpg'></picture></noscript>",
    ] {
        let shown = safe(html);
        assert_eq!(shown.matches("<img").count(), 1, "{html}\n{shown}");
        assert!(shown.contains("src=\"https://blog.example/b.jpg\""), "{html}\n{shown}");
    }
    let two = safe("<p><img src='/b.jpg'></p><noscript><img src='/c.jpg'></noscript>");
    assert!(two.contains("b.jpg") && two.contains("c.jpg"), "{two}");
    assert_eq!(safe("<noscript>Please enable JavaScript to see the comments.</noscript>"), "");
}

#[test]
fn a_size_that_a_style_gives_is_kept() {
    for (style, size) in [
        ("style='width:50px'", "width=\"50\""),
        ("style='width: 120px; height: auto' width=1024 height=768", "width=\"120\""),
        ("style='height:1.5em'", "height=\"24\""),
        ("style='width:40%'", "width=\"40%\""),
        ("style='max-width:300px' width=800 height=600", "width=\"300\""),
    ] {
        assert_eq!(
            safe(&format!("<img src='/a.png' {style}>")),
            format!("<img src=\"https://blog.example/a.png\" {size}>")
        );
    }
    assert_eq!(
        safe("<img src='/a.png' style='max-width:100%;width:100%'>"),
        "<img src=\"https://blog.example/a.png\">"
    );
}

#[test]
fn a_film_shows_its_poster() {
    let shown =
        safe("<video poster='/p.jpg' autoplay loop muted><source src='/v.mp4' type='video/mp4'></video>");
    assert_eq!(
        shown,
        "<p><img src=\"https://blog.example/p.jpg\" alt=\"\"><br><a href=\"https://blog.example/v.mp4\">Watch: blog.example</a></p>"
    );
}

#[test]
fn an_object_that_is_a_picture_is_shown_as_one() {
    for (html, shown) in [
        (
            "<object data='/c.svg' type='image/svg+xml'><img src='/c.png' alt='Clock'></object>",
            "<img src=\"https://blog.example/c.png\" alt=\"Clock\">",
        ),
        (
            "<object data='/c.svg?1'>A clock</object>",
            "<img src=\"https://blog.example/c.svg?1\" alt=\"A clock\">",
        ),
        (
            "<img src='/c.png' title='A clock'>",
            "<img src=\"https://blog.example/c.png\" title=\"A clock\" alt=\"A clock\">",
        ),
        (
            "<img class='kg-bookmark-icon' src='/i.png' alt=''>",
            "<img src=\"https://blog.example/i.png\" alt=\"\" width=\"20\" height=\"20\">",
        ),
    ] {
        assert_eq!(safe(html), shown, "{html}");
    }
}

#[test]
fn a_poster_is_no_placeholder() {
    let shown = safe(
        "<figure data-kg-thumbnail='/t.jpg'><div><video src='/v.mp4' poster='https://img.example/0a/spacer.png'></video></div></figure>",
    );
    assert!(shown.contains("src=\"https://blog.example/t.jpg\"") && !shown.contains("spacer"), "{shown}");
}

#[test]
fn pictures_that_count_readers_are_dropped_whatever_their_size() {
    for counter in [
        "https://www.google-analytics.com/collect?v=1",
        "https://medium.com/_/stat?event=post.clientViewed",
        "http://feeds.feedburner.com/~r/blog/~4/abc",
        "https://pixel.wp.com/b.gif?blog=1",
    ] {
        assert_eq!(safe(&format!("<p>a<img src='{counter}'></p>")), "<p>a</p>", "{counter}");
    }
    assert!(safe("<img src='https://miro.medium.com/a.png'>").contains("<img"));
}
