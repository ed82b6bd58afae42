//! Tests of feeds: what documents say, and how they are fetched.

mod corpora;
mod hostile;
mod http;
mod odd_http;
mod reader;
mod weighing;
mod words;

use postbell::feeds::{Feed, parse};

const URL: &str = "https://blog.example/feed/";

fn read(document: &str) -> Feed {
    parse(document.as_bytes(), None, URL).unwrap_or_else(|error| panic!("{error}: {document}"))
}

fn rss(items: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
        xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Ann &amp;amp; Bob</title><link>/</link>
        <description>About &lt;b&gt;things&lt;/b&gt;</description><language>en-GB</language>{items}</channel></rss>"#
    )
}

#[test]
fn a_post_is_never_known_by_an_id_that_was_made_up() {
    let atom = |title: &str| {
        format!(
            r#"<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><title>{title}</title>
            <link href="/a"/></entry></feed>"#
        )
    };
    let rdf = |title: &str| {
        format!(
            r##"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
            <channel rdf:about="x"><title>t</title><link>http://a.example/</link></channel>
            <item rdf:about="y"><title>{title}</title><link>https://blog.example/a</link></item></rdf:RDF>"##
        )
    };
    let json = |title: &str| {
        format!(
            r#"{{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{{"title":"{title}","url":"https://blog.example/a"}}]}}"#
        )
    };
    let rss2 = |title: &str| rss(&format!("<item><title>{title}</title><link>/a</link></item>"));
    let rss_old = |title: &str| {
        rss(&format!("<item><title>{title}</title><link>/a</link></item>")).replace("\"2.0\"", "\"0.91\"")
    };
    for (before, after) in [
        (atom("slip"), atom("mended")),
        (rdf("slip"), rdf("mended")),
        (json("slip"), json("mended")),
        (rss2("slip"), rss2("mended")),
        (rss_old("slip"), rss_old("mended")),
    ] {
        // RDF gives its items names, which are no ids to know them by: most
        // are the items' addresses, and those stay what they are known by.
        let own = before.contains("rdf:about=\"y\"").then_some("y");
        let (before, after) = (read(&before), read(&after));
        assert_eq!(before.entries[0].id.as_deref(), own);
        assert_ne!(before.entries[0].title, after.entries[0].title);
        assert_eq!(before.entries[0].identity(), after.entries[0].identity());
        assert_eq!(before.entries[0].identity().as_str(), "link:https://blog.example/a");
    }
}

#[test]
fn a_post_without_id_and_link_is_known_by_what_it_says() {
    let one = read(&rss("<item><description>words</description></item>"));
    let same = read(&rss("<item><description>words</description></item>"));
    let other = read(&rss("<item><description>other words</description></item>"));
    assert_eq!(one.entries[0].identity(), same.entries[0].identity());
    assert_ne!(one.entries[0].identity(), other.entries[0].identity());
}

#[test]
fn an_rss_item_is_read_with_all_that_it_has() {
    let feed =
        read(&rss(r#"<item><title>Salt &amp;amp; &lt;em&gt;pepper&lt;/em&gt;</title><link>/2026/salt</link>
        <guid isPermaLink="false">tag:1</guid><pubDate>Sun, 22 Nov 2026 15:00:00 +0100</pubDate>
        <author>ann@blog.example (Ann)</author><category>Food</category><category>Food</category>
        <description>short</description><content:encoded><![CDATA[<p>long</p>]]></content:encoded>
        <media:thumbnail url="/t.jpg"/><enclosure url="/cover.png" type="image/png" length="1"/></item>"#));
    assert_eq!(feed.title, "Ann & Bob");
    assert_eq!(feed.description, "About things");
    assert_eq!(feed.home_url.as_deref(), Some("https://blog.example/"));
    assert_eq!(feed.language.as_deref(), Some("en-gb"));
    let entry = &feed.entries[0];
    assert_eq!(entry.id.as_deref(), Some("tag:1"));
    assert_eq!(entry.link.as_deref(), Some("https://blog.example/2026/salt"));
    assert_eq!(entry.title, "Salt & pepper");
    assert_eq!(entry.author.as_deref(), Some("Ann"));
    assert_eq!(entry.categories, ["Food"]);
    assert_eq!(entry.published.map(|at| at.rfc3339()).as_deref(), Some("2026-11-22T14:00:00Z"));
    assert_eq!((entry.html.as_str(), entry.summary_html.as_deref()), ("<p>long</p>", Some("short")));
    assert_eq!(entry.image.as_deref(), Some("https://blog.example/cover.png"));
}

#[test]
fn a_guid_that_is_an_address_stands_in_for_a_missing_link() {
    let feed = read(&rss("<item><title>x</title><guid>https://blog.example/?p=7</guid></item>"));
    assert_eq!(feed.entries[0].link.as_deref(), Some("https://blog.example/?p=7"));
}

#[test]
fn an_atom_entry_says_which_of_its_texts_are_html() {
    let feed = read(
        r#"<feed xmlns="http://www.w3.org/2005/Atom"><title>a &lt; b</title><author><name>Zoe</name></author>
        <link rel="self" href="https://blog.example/feed/"/><link href="https://blog.example/"/>
        <entry><id> urn:1 </id><title type="html">Vec&amp;lt;T&amp;gt; &amp;amp; co</title>
        <link rel="replies" href="/r"/><link rel="alternate" type="text/html" href="one"/>
        <updated>2026-11-22T10:00:00Z</updated><content>2 &lt; 3</content></entry>
        <entry><id>urn:2</id><title/><link href="two"/><updated>2026-11-22T10:00:00Z</updated>
        <content type="html">&lt;p&gt;untitled&lt;/p&gt;</content></entry></feed>"#,
    );
    assert_eq!(feed.title, "a < b");
    assert_eq!(feed.home_url.as_deref(), Some("https://blog.example/"));
    let (one, two) = (&feed.entries[0], &feed.entries[1]);
    assert_eq!(one.id.as_deref(), Some("urn:1"));
    assert_eq!(one.title, "Vec<T> & co");
    assert_eq!(one.link.as_deref(), Some("https://blog.example/feed/one"));
    assert_eq!(one.author.as_deref(), Some("Zoe"));
    assert_eq!(one.html, "<p>2 &lt; 3</p>");
    assert_eq!((two.title.as_str(), two.html.as_str()), ("", "<p>untitled</p>"));
}

#[test]
fn documents_that_are_a_little_broken_are_read_all_the_same() {
    let latin_1 = |text: &str| text.chars().map(|c| u8::try_from(c).unwrap()).collect::<Vec<u8>>();
    let good = rss("<item><title>Tea</title><guid>1</guid></item>");
    let wide = |order: fn(u16) -> [u8; 2], mark: bool| -> Vec<u8> {
        let text = good.replace("UTF-8", "UTF-16");
        let text = if mark { format!("\u{feff}{text}") } else { text };
        text.encode_utf16().flat_map(order).collect()
    };
    for (name, document) in [
        ("blank lines first", format!("\n\n {good}").into_bytes()),
        ("a mark and words first", format!("\u{feff}Warning: x\n{good}").into_bytes()),
        ("no version", good.replace(" version=\"2.0\"", "").into_bytes()),
        ("an odd version", good.replace("\"2.0\"", "\"0.94\"").into_bytes()),
        ("a bare ampersand", good.replace("About", "R & D &nbsp; About").into_bytes()),
        ("a control character", good.replace("About", "Ab\u{1}out").into_bytes()),
        (
            "Latin-1 that says nothing",
            latin_1(&good.replace(" encoding=\"UTF-8\"", "").replace("About", "Ab\u{f6}ut")),
        ),
        ("UTF-8 with a bad byte", latin_1(&good.replace("About", "Ab\u{f6}ut"))),
        (
            "a JSON Feed with numbers for ids",
            br#"{"version":"https://jsonfeed.org/version/1","items":[{"id":7,"title":"Tea"}]}"#.to_vec(),
        ),
        ("UTF-16, big end first", wide(u16::to_be_bytes, true)),
        ("UTF-16, little end first", wide(u16::to_le_bytes, true)),
        ("UTF-16 without a mark", wide(u16::to_be_bytes, false)),
    ] {
        let feed = parse(&document, None, URL).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(feed.entries[0].title, "Tea", "{name}");
    }
}

#[test]
fn what_is_no_feed_is_refused_with_a_reason() {
    let page = parse(b"<!DOCTYPE html><html><body>hi</body></html>", None, URL).unwrap_err();
    assert_eq!(page.to_string(), "this is not a feed: it is a web page");
    let list = parse(b"<list><item><title>Tea</title></item></list>", None, URL).unwrap_err();
    assert_eq!(list.to_string(), "this is not a feed: there is no channel, feed or item in its <list>");
    for document in [
        &b""[..],
        b"hello",
        b"{}",
        b"<x/>",
        b"<body><item/></body>",
        b"\xff\xfe\x00",
        b"<rss",
        b"<rss version=\"",
        b"&",
    ] {
        assert!(parse(document, None, URL).is_err(), "{document:?}");
    }
    assert!(parse(&vec![b' '; 11_000_000], None, URL).is_err());
}
