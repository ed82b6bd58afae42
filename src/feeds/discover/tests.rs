//! What pages name, what is guessed, and what holds comments.

use super::*;
use crate::feeds::parse;

const BLOG: &str = "https://blog.example/";

fn page(html: &str, url: &str) -> Page {
    read_page(html.as_bytes(), None, &[], url)
}

fn named(html: &str, url: &str) -> Vec<String> {
    page(html, url).feeds.into_iter().map(|candidate| candidate.url).collect()
}

#[test]
fn what_the_page_names_comes_with_its_title_and_comments_apart() {
    let html = r#"<html><head>
        <link rel="alternate" type="application/rss+xml" title="Blog &raquo; Comments Feed" href="/comments/feed/">
        <link rel=stylesheet href=/x.css>
        <LINK REL="Alternate" TYPE="application/rss+xml" TITLE="Blog &raquo; Feed" HREF="/?feed=rss2&amp;x=1">
        <link rel="alternate" hreflang="de" href="/de/"></head>"#;
    let page = page(html, BLOG);
    let feed = Candidate { url: "https://blog.example/?feed=rss2&x=1".into(), title: "Blog » Feed".into() };
    assert_eq!(page.feeds, [feed]);
    assert_eq!(page.comments[0].url, "https://blog.example/comments/feed/");
    assert_eq!(page.pages, ["https://blog.example/de/"]);
}

#[test]
fn a_base_element_moves_relative_feeds() {
    let html =
        r#"<base href="https://cdn.example/b/"><link rel=alternate type=application/atom+xml href=atom.xml>"#;
    assert_eq!(named(html, BLOG)[0], "https://cdn.example/b/atom.xml");
}

#[test]
fn links_are_known_by_type_relation_or_look() {
    for link in [
        "<link type=application/rss+xml href=/it>",
        "<link type=application/x-rss+xml rel=alternate href=/it>",
        "<link type=application/rss rel=alternate href=/it>",
        "<link type='text/atom+xml; charset=utf-8' rel=home href=/it>",
        "<link rel=feed href=/it>",
        "<link rel='alternate feed' href=/it>",
        "<link rel=alternate title=RSS href=/it>",
        "<link rel=alternate type=text/xml href=/it>",
        "<link rel=alternate type=application/json href=/it>",
        "<link rel=alternate type=application/rss+xml href='feed:https://blog.example/it'>",
        "<link rel=alternate type=application/rss+xml href='\n/it\n'>",
        "<noscript><link rel=alternate type=application/rss+xml href=/it></noscript>",
        "<!-- <link rel=alternate type=application/rss+xml href=/old> --><body><link rel=alternate type=application/rss+xml href=/it>",
        "<a type=application/atom+xml href=/it>x</a>",
    ] {
        assert_eq!(named(link, BLOG), ["https://blog.example/it"], "{link}");
    }
    for none in [
        "<link rel=alternate href=/it>",
        "<link rel=alternate hreflang=de title='RSS' href=/it>",
        "<link rel=search type=application/opensearchdescription+xml href=/it.xml>",
        "<link rel=alternate type=application/json href=/wp-json/wp/v2/posts>",
        "<link rel=alternate type=text/xml+oembed href=/it>",
        "<link rel=service.post type=application/atom+xml href=/it>",
        "<link rel=service type=application/atomsvc+xml href=/it>",
        "<link rel=EditURI type=application/rsd+xml href=/it>",
        "<link rel=alternate type=application/rss+xml href=''>",
        "<link rel=alternate type=application/rss+xml href='javascript:x'>",
    ] {
        assert_eq!(named(none, BLOG), Vec::<String>::new(), "{none}");
    }
}

#[test]
fn anchors_say_it_in_words_or_by_where_they_lead() {
    let html = r#"<a href="/about">who we are</a> <a href="/tag/cows">moo</a> <a href="/all.xml">all</a>
        <a href="/follow">Abonnieren</a> <a href="/posts.rss"><img src=x alt="RSS"></a> <a href="/sitemap.xml">map</a>"#;
    let all =
        ["https://blog.example/posts.rss", "https://blog.example/follow", "https://blog.example/all.xml"];
    assert_eq!(named(html, BLOG), all);
    // A blogroll is of others; who serves feeds for others is known.
    let html = r#"<a href="https://friend.example/feed/">RSS</a> <a href="https://feeds.burner.example/tea">RSS</a>"#;
    assert_eq!(named(html, BLOG), ["https://feeds.burner.example/tea"]);
}

#[test]
fn the_feed_of_the_whole_comes_before_those_of_parts_and_of_changes() {
    for (url, title) in [
        ("/category/tea/feed/", "Kim » Tea Category Feed"),
        ("/?cat=3&amp;feed=rss2", "Kim » Tee Kategorie-Feed"),
        ("/tag/tea/feed/", ""),
        ("/author/lee/feed/", "Kim » Beiträge von Lee"),
        ("/search/tea/feed/rss2/", "Kim » Search Results for “tea” Feed"),
        ("/taxonomy/term/4/feed", "Tea"),
        ("/index.php?title=Special:RecentChanges&amp;feed=atom", "Kim Atom feed"),
        ("/feed.php", "Recent Changes"),
        ("/feed.php?mode=list&amp;ns=", "Current namespace"),
        ("/podcast.xml", "Podcast"),
        ("/updated.xml", "RSS feed of updated content"),
    ] {
        let link = |url: &str, title: &str| {
            format!("<link rel=alternate type=application/rss+xml title='{title}' href='{url}'>")
        };
        let html = format!("{}{}", link(url, title), link("/all", "Kim"));
        assert_eq!(named(&html, BLOG)[0], "https://blog.example/all", "{url}");
    }
    // DokuWiki names the changes of all, then the folder of the blog.
    let html = "<link rel=feed href=/feed.php title='Recent Changes'><link rel=feed href='/feed.php?plugin=blog&amp;ns=blog'>";
    assert_eq!(named(html, BLOG)[0], "https://blog.example/feed.php?plugin=blog&ns=blog");
    // Who stands there means it; a tagline is no tag.
    let html = "<link rel=feed href=/tag/tea/feed/><link rel=feed href=/feed/>";
    assert_eq!(named(html, "https://blog.example/tag/tea/")[0], "https://blog.example/tag/tea/feed/");
    let html = "<link rel=feed href=/one title='Bypassing categorical thinking'><link rel=feed href=/two>";
    assert_eq!(named(html, BLOG)[0], "https://blog.example/two");
    let html =
        "<html lang=de-AT><link rel=feed hreflang=en href=/en.xml><link rel=feed hreflang=de href=/de.xml>";
    assert_eq!(named(html, BLOG)[0], "https://blog.example/de.xml");
}

#[test]
fn pages_say_it_in_further_ways() {
    for (html, feed) in [
        ("<link rel=alternate type=text/html title=RSS href=/f>", "https://blog.example/f"),
        ("<a href='itpc://blog.example/f'>iTunes</a>", "https://blog.example/f"),
        (
            "<a href='https://feedly.com/i/subscription/feed%2Fhttps%3A%2F%2Felse.example%2Ff%3Fa%3D1'>+</a>",
            "https://else.example/f?a=1",
        ),
        (
            "<a href='https://www.inoreader.com/?add_feed=https://blog.example/f'>+</a>",
            "https://blog.example/f",
        ),
        ("<a href=/f><i class='fa fa-rss'></i></a>", "https://blog.example/f"),
        ("<a href=/f class='icon rss'></a>", "https://blog.example/f"),
        ("<a href=/f><img src='/img/rss.png?v=2' alt=''></a>", "https://blog.example/f"),
        ("<a href='https://else.example/f' rel=alternate title='my feed'></a>", "https://else.example/f"),
        ("<script>x({\"type\":\"application/rss+xml\",\"href\":\"/f\"})</script>", "https://blog.example/f"),
    ] {
        assert!(named(html, BLOG).contains(&feed.to_owned()), "{html}");
    }
    // A generator that does not know where its site is.
    let html = "<link rel=alternate type=application/rss+xml href='https://example.com/notes.rss?x=1'>";
    assert_eq!(
        named(html, BLOG),
        ["https://example.com/notes.rss?x=1", "https://blog.example/notes.rss?x=1"]
    );
    let html = r#"<script>location.replace("/start/")</script><a href=/en/>English</a><a href=/rss.html>RSS</a>
        <a href=/blog/>Blog</a><a hreflang=de href=/deutsch/>Deutsch</a>"#;
    let all = ["start/", "blog/", "rss.html", "en/", "deutsch/"].map(|path| format!("{BLOG}{path}"));
    assert_eq!(page(html, BLOG).pages, all);
}

#[test]
fn comments_are_known_in_many_languages() {
    for title in
        ["Hallo-Kommentar-Feed", "Flux des commentaires", "Feed dei commenti", "コメントフィード", "Reacties"]
    {
        let html =
            format!("<link rel=alternate type=application/rss+xml title='Blog » {title}' href=/p/feed/>");
        let page = page(&html, "https://blog.example/p/");
        assert_eq!((page.feeds.len(), page.comments.len()), (0, 1), "{title}");
    }
}

#[test]
fn further_pages_are_those_to_which_the_page_sends() {
    let found = page(
        r#"<meta http-equiv=Refresh content="0; URL='/en/'"><a href=/blog/>Blog</a> <a href="https://else.example/blog/">Blog</a>
           <frame src=/main.html><iframe src=/ad.html></iframe>"#,
        BLOG,
    );
    assert_eq!(found.refresh.as_deref(), Some("https://blog.example/en/"));
    assert_eq!(found.pages, ["https://blog.example/main.html", "https://blog.example/blog/"]);
    let header = r#"</f.xml>; rel="alternate"; type="application/rss+xml"; title="A, B", <https://hub.example/>; rel=hub"#;
    let page = read_page(b"", None, &[header.to_owned()], BLOG);
    assert_eq!(page.feeds, [Candidate { url: "https://blog.example/f.xml".into(), title: "A, B".into() }]);
    let wide: Vec<u8> = "\u{feff}<link rel=feed href=/f>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read_page(&wide, Some("text/html"), &[], BLOG).feeds.len(), 1);
}

#[test]
fn a_home_below_the_root_is_guessed_first_and_a_post_after_the_root() {
    let of_blog = guesses("https://host.example/blog?x=1#y");
    assert_eq!(of_blog[0], "https://host.example/blog/feed/");
    for url in [
        "https://host.example/feed/",
        "https://host.example/?feed=rss2",
        "https://host.example/feeds/all.atom.xml",
    ] {
        assert!(of_blog.contains(&url.to_owned()), "{url}");
    }
    let of_post = guesses("https://host.example/2026/05/post/");
    let at = |url: &str| of_post.iter().position(|guess| guess == url).expect("there");
    assert_eq!(at("https://host.example/feed/"), 0);
    assert!(at("https://host.example/rss2.xml") < at("https://host.example/2026/05/post/feed/"));
    assert!(of_post.len() < 150, "{}", of_post.len());
    let of_a_person = guesses("https://host.example/~kim/notes.html");
    assert_eq!(of_a_person[0], "https://host.example/~kim/feed/");
    assert!(of_a_person.iter().all(|url| url.contains("/~kim/")), "the root is somebody else's");
    for (page, feed) in [
        ("https://host.example/blogs/news", "https://host.example/blogs/news.atom"),
        ("https://host.example/blog.html", "https://host.example/blog.xml"),
        ("https://host.example/kim", "https://host.example/kim/feed.atom"),
        ("https://host.example/kim", "https://host.example/feed/kim"),
        ("https://host.example/", "https://host.example/?rss=1"),
    ] {
        assert!(guesses(page).contains(&feed.to_owned()), "{feed}");
    }
}

#[test]
fn hosts_with_places_of_their_own_are_known() {
    assert_eq!(guesses("https://medium.com/@kim/a-post")[0], "https://medium.com/feed/@kim");
    assert_eq!(guesses("https://dev.to/kim")[0], "https://dev.to/feed/kim");
    assert_eq!(guesses("https://social.example/@kim")[0], "https://social.example/@kim.rss");
    for (host, feed) in [
        ("kim.blogspot.com", "feeds/posts/default"),
        ("kim.substack.com", "feed"),
        ("kim.ghost.io", "rss/"),
        ("kim.github.io", "feed.xml"),
    ] {
        assert!(guesses(&format!("https://{host}/")).contains(&format!("https://{host}/{feed}")), "{host}");
    }
    assert_eq!(guesses("not an address"), Vec::<String>::new());
}

#[test]
fn what_readers_say_below_posts_is_no_blog() {
    let feed = |title: &str, items: &[(&str, &str)]| {
        let items: String = items
            .iter()
            .map(|(id, title)| format!("<item><guid>{id}</guid><title>{title}</title></item>"))
            .collect();
        let rss = format!("<rss version=\"2.0\"><channel><title>{title}</title>{items}</channel></rss>");
        parse(rss.as_bytes(), None, BLOG).expect("there")
    };
    for (title, items) in [
        ("Comments on: Hello", &[("1", "By: Kim")][..]),
        ("Kommentare zu: Hallo", &[("1", "Von: Kim"), ("2", "Von: Lee")]),
        ("Comments for Blog", &[("1", "Comment on Hello by Kim")]),
        ("こんにちは へのコメント", &[("1", "作成者: Kim"), ("2", "作成者：Lee")]),
        ("Hello", &[("https://b.example/p/#comment-1", "Kim"), ("https://b.example/p/#comment-2", "Lee")]),
        ("Hei", &[("https://b.example/p.html?showComment=17#c88", "Kim")]),
        ("Commentaires sur : Bonjour", &[]),
    ] {
        assert!(holds_comments(&feed(title, items)), "{title}");
    }
    for (title, items) in [
        ("Tea Notes", &[("1", "By: the sea"), ("2", "On tea")][..]),
        ("Comment is free", &[("1", "On tea"), ("2", "Who drinks it"), ("3", "Tea: a history")]),
        ("Tea Notes", &[]),
        ("Links", &[("https://b.example/p/#respond", "One"), ("https://b.example/q", "Two")]),
    ] {
        assert!(!holds_comments(&feed(title, items)), "{title}");
    }
}
