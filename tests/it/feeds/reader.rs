//! What the reader makes of feeds of all formats, and of broken ones.

use postbell::feeds::{Feed, parse};
use proptest::prelude::*;

const URL: &str = "https://blog.example/feed/";

fn read(document: &str) -> Feed {
    parse(document.as_bytes(), None, URL).unwrap_or_else(|error| panic!("{error}: {document}"))
}

fn titles(feed: &Feed) -> Vec<&str> {
    feed.entries.iter().map(|entry| entry.title.as_str()).collect()
}

#[test]
fn a_feed_says_when_and_where_it_wants_to_be_read() {
    let rss = read(
        r#"<rss version="2.0" xmlns:a="http://www.w3.org/2005/Atom" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
        xmlns:x="http://purl.org/rss/1.0/modules/syndication/"><channel><title>t</title><link>/</link>
        <a:link rel="self" href="/rss"/><a:link rel="hub" href="https://hub.example/"/>
        <a:link rel="hub" href="https://hub.example/"/><a:link rel="next" href="?page=2"/>
        <a:link rel="prev-archive" href="/2025"/><itunes:new-feed-url>https://new.example/rss</itunes:new-feed-url>
        <ttl> 60 </ttl><skipHours><hour>24</hour><hour>3</hour><hour>99</hour></skipHours>
        <skipDays><day>Sunday</day><day>monday</day><day>Someday</day></skipDays>
        <x:updatePeriod>daily</x:updatePeriod><x:updateFrequency>4</x:updateFrequency>
        <generator>Hand &amp; Co</generator></channel></rss>"#,
    );
    assert_eq!(rss.self_url.as_deref(), Some("https://blog.example/rss"));
    assert_eq!(rss.home_url.as_deref(), Some("https://blog.example/"));
    assert_eq!(rss.hub_urls, ["https://hub.example/"]);
    assert_eq!(rss.next_url.as_deref(), Some("https://blog.example/feed/?page=2"));
    assert_eq!(rss.prev_archive_url.as_deref(), Some("https://blog.example/2025"));
    assert_eq!(rss.new_feed_url.as_deref(), Some("https://new.example/rss"));
    assert_eq!((rss.ttl_minutes, rss.update_period_seconds), (Some(60), Some(21_600)));
    assert_eq!((rss.skip_hours.as_slice(), rss.skip_days.as_slice()), (&[0, 3][..], &[0, 6][..]));
    assert_eq!(rss.generator.as_deref(), Some("Hand & Co"));
    assert!(!rss.is_cut);
    let printed = serde_json::to_value(&rss).unwrap();
    let keys: Vec<&String> = printed.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["entries", "home_url", "title"], "what is printed stays as it is");
}

#[test]
fn an_item_of_rdf_has_its_name_and_is_known_by_its_link() {
    let feed = read(
        r##"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>t</title>
        <link>https://blog.example/</link><items><rdf:Seq><rdf:li resource="y"/></rdf:Seq></items></channel>
        <image><title>logo</title></image><item rdf:about="https://blog.example/?p=1"><title>One</title>
        <link>https://blog.example/one</link><dc:date>2026-11-22T10:00+01:00</dc:date><dc:creator>Ann</dc:creator>
        <dc:subject>Tea</dc:subject></item><item rdf:about="https://blog.example/two"><title>Two</title></item></rdf:RDF>"##,
    );
    let (one, two) = (&feed.entries[0], &feed.entries[1]);
    assert_eq!(feed.title, "t");
    assert_eq!(one.id.as_deref(), Some("https://blog.example/?p=1"));
    assert_eq!(one.identity().as_str(), "link:https://blog.example/one");
    assert_eq!(one.published.map(|at| at.rfc3339()).as_deref(), Some("2026-11-22T09:00:00Z"));
    assert_eq!((one.author.as_deref(), one.categories.join(" ")), (Some("Ann"), "Tea".to_owned()));
    assert_eq!(two.identity().as_str(), "id:https://blog.example/two");
}

#[test]
fn old_formats_are_read_like_new_ones() {
    let atom_03 = read(
        r#"<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>Old</title><tagline>On tea</tagline>
        <entry><title mode="escaped" type="text/html">A &amp;amp; B</title><id>tag:1</id>
        <link rel="alternate" type="text/html" href="/a"/><issued>2003-12-13T08:29:29-04:00</issued>
        <modified>2003-12-14</modified><content type="text/html" mode="base64">PGI+aGk8L2I+</content></entry></feed>"#,
    );
    assert_eq!((atom_03.title.as_str(), atom_03.description.as_str()), ("Old", "On tea"));
    let entry = &atom_03.entries[0];
    assert_eq!((entry.title.as_str(), entry.html.as_str()), ("A & B", "<b>hi</b>"));
    assert_eq!(entry.published.map(|at| at.rfc3339()).as_deref(), Some("2003-12-13T12:29:29Z"));
    assert_eq!(entry.updated.map(|at| at.date()).as_deref(), Some("2003-12-14"));

    let cdf = read(
        r#"<CHANNEL HREF="http://www.foosports.com/"><TITLE>Sports</TITLE><ABSTRACT>The latest</ABSTRACT>
        <ITEM HREF="http://www.foosports.com/a.htm" LASTMOD="1994.11.05T08:15-0500"><TITLE>How to ride</TITLE>
        <ABSTRACT>Pick a day</ABSTRACT></ITEM></CHANNEL>"#,
    );
    assert_eq!(cdf.home_url.as_deref(), Some("http://www.foosports.com/"));
    assert_eq!(cdf.entries[0].link.as_deref(), Some("http://www.foosports.com/a.htm"));
    assert_eq!((titles(&cdf), cdf.entries[0].html.as_str()), (vec!["How to ride"], "Pick a day"));
}

#[test]
fn xhtml_keeps_its_markup_and_loses_the_div_around_it() {
    let feed = read(
        r#"<a:feed xmlns:a="http://www.w3.org/2005/Atom" xml:base="https://blog.example/2026/"><a:entry xml:base="11/">
        <a:title type="xhtml"><x:div xmlns:x="http://www.w3.org/1999/xhtml">1 &lt; <x:em>2</x:em></x:div></a:title>
        <a:link href="tea"/><a:content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p class="a&quot;b">x &amp; y<br/>
        z</p><img src="a.png" alt=""/></div></a:content></a:entry></a:feed>"#,
    );
    let entry = &feed.entries[0];
    assert_eq!(entry.title, "1 < 2");
    assert_eq!(entry.link.as_deref(), Some("https://blog.example/2026/11/tea"));
    assert_eq!(
        entry.html.split_whitespace().collect::<Vec<_>>().join(" "),
        "<p class=\"a&quot;b\">x &amp; y<br> z</p><img src=\"a.png\" alt=\"\">"
    );
}

#[test]
fn a_document_that_was_cut_off_gives_its_complete_items() {
    let whole = "<rss><channel><title>t</title><item><title>One</title></item><item><title>Two</title>\
        <description>a &lt;b&gt;long&lt;/b&gt; story</description></item></channel></rss>";
    assert_eq!(titles(&read(whole)), ["One", "Two"]);
    for (cut, wanted) in [
        (whole.len() - 3, &["One", "Two"][..]),
        (whole.len() - "</channel></rss>".len(), &["One", "Two"]),
        (whole.len() - "</item></channel></rss>".len(), &["One"]),
        (whole.find("story").unwrap(), &["One"]),
        (whole.find("Two").unwrap(), &["One"]),
    ] {
        let feed = read(&whole[..cut]);
        assert_eq!((titles(&feed).as_slice(), feed.is_cut), (wanted, true), "{}", &whole[..cut]);
    }
    // Nothing whole came: better no feed than an empty one.
    let early = parse(&whole.as_bytes()[..whole.find("One").unwrap()], None, URL);
    assert_eq!(early.unwrap_err().to_string(), "this is not a feed: it ends before its first item does");
}

#[test]
fn markup_that_is_not_well_formed_is_read_as_it_is_meant() {
    for (name, items) in [
        ("an end that is missing", "<item><title>Tea</title><item><title>Two</title></item>"),
        ("an end too many", "<item><title>Tea</b></title></foo></item><item/>"),
        (
            "an end of another name",
            "<item><author>x</auther><title>y</title></item><item><title>z</title></item>",
        ),
        ("case", "<Item><TITLE>Tea</title></ITEM><item/>"),
        ("quotes forgotten", "<item><guid isPermaLink=false>7</guid><title>Tea</title></item><item/>"),
        ("a quote too many", "<item><guid a=\">7</guid><title>Tea</title></item><item/>"),
        ("a bare less-than", "<item><title>Tea</title><description>1 < 2 <3</description></item><item/>"),
        ("a bare ampersand", "<item><link>/?a=1&b=2&copy=3</link><title>Tea</title></item><item/>"),
        (
            "undeclared prefixes",
            "<item><dc:title>Tea</dc:title><content:encoded>x</content:encoded></item><item/>",
        ),
        ("a declaration inside", "<item><?php echo 1 ?><!nonsense><title>Tea</title></item><item/>"),
        (
            "HTML as it stands",
            "<item><description><p>a<br>b</p></description><title>Tea</title></item><item/>",
        ),
        ("a wrapper nobody knows", "<wrap><item><title>Tea</title></item><item/></wrap>"),
    ] {
        let feed = read(&format!("<rss><channel><title>t</title>{items}</channel></rss>"));
        assert_eq!((feed.entries.len(), feed.is_cut, feed.title.as_str()), (2, false, "t"), "{name}");
        if name != "an end of another name" {
            assert_eq!(feed.entries[0].title, "Tea", "{name}");
        }
    }
    let link = read("<rss><channel><item><link>/?a=1&b=2&copy=3;</link></item></channel></rss>");
    assert_eq!(link.entries[0].link.as_deref(), Some("https://blog.example/?a=1&b=2&copy=3;"));
}

#[test]
fn the_content_type_names_the_charset_and_nothing_else() {
    let document = b"<rss><channel><item><title>\xc7\xe1\xe9</title></item></channel></rss>";
    for (content_type, title) in [
        ("text/html; charset=iso-8859-1", "Çáé"),
        ("application/json; charset=koi8-r", "гАИ"),
        ("text/plain; charset=windows-1251", "Збй"),
    ] {
        let feed = parse(document, Some(content_type), URL).unwrap();
        assert_eq!(feed.entries[0].title, title, "{content_type}");
    }
}

const FEEDS: [&str; 3] = [
    r#"<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY me "Ann">]><rss version="2.0"><channel><title>t</title><ttl>5</ttl>
    <item><title>&me; &amp; &eacute;</title><link>/a</link><guid>1</guid><pubDate>Sun, 22 Nov 2026 15:00:00 +0100</pubDate>
    <content:encoded><![CDATA[<p>long</p>]]></content:encoded><media:content url="/a.png" medium="image"/></item></channel></rss>"#,
    r#"<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title type="html">&lt;b&gt;t</title><entry xml:base="/x/"><id>1</id>
    <title>a</title><link href="b"/><updated>2026-11-22T10:00:00Z</updated><content type="xhtml"><div>c<br/></div></content></entry></feed>"#,
    r#"{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{"id":1,"url":"/a","content_html":"<p>x</p>",
    "date_published":"2026-11-22T10:00:00+01:00","authors":[{"name":"Ann"}],"tags":["a"],"attachments":[{"url":"/a.png","mime_type":"image/png"}]}]}"#,
];

/// Databases refuse it, and browsers drop it.
#[test]
fn no_text_holds_the_character_zero() {
    let packed = "<feed xmlns=\"http://www.w3.org/2005/Atom\"><entry><id>i\0d</id><title>a\0b</title>\
        <content type=\"application/x\">YQBi</content></entry></feed>";
    let json = r#"{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"i\u0000d","title":"a\u0000b","content_text":"a\u0000b"}]}"#;
    for document in [packed, json] {
        let entry = &read(document).entries[0];
        assert_eq!((entry.id.as_deref(), entry.title.as_str()), (Some("id"), "ab"), "{document}");
        assert!(entry.html.contains("ab"), "{entry:?}");
    }
}

/// RSS 2.0 `comments`; Atom `rel=replies` (RFC 4685 §4).
#[test]
fn where_comments_are_written_is_read() {
    let rss = |comments: &str| {
        let feed = read(&format!(
            "<rss xmlns:slash=\"http://purl.org/rss/1.0/modules/slash/\"><channel><item><link>https://blog.example/a</link>\
             <slash:comments>7</slash:comments>{comments}</item></channel></rss>"
        ));
        feed.entries[0].comments_url.clone()
    };
    assert_eq!(
        rss("<comments>https://kim:x@blog.example/a#respond</comments>").as_deref(),
        Some("https://blog.example/a#respond")
    );
    assert_eq!(rss("<comments>7</comments>"), None, "a count is no address");
    assert_eq!((rss(""), rss("<comments>javascript:alert(1)</comments>")), (None, None));
    let atom = |links: &str| {
        let feed = read(&format!(
            "<feed xmlns=\"http://www.w3.org/2005/Atom\"><entry><id>1</id>{links}</entry></feed>"
        ));
        feed.entries[0].comments_url.clone()
    };
    let feed = "<link rel=\"replies\" type=\"application/atom+xml\" href=\"/a/comments.xml\"/>";
    let page = "<link rel=\"replies\" type=\"text/html\" href=\"https://blog.example/a#comment-form\"/>";
    assert_eq!(atom(&format!("{feed}{page}")).as_deref(), Some("https://blog.example/a#comment-form"));
    assert_eq!(atom(feed), None);
}

proptest! {
    #[test]
    fn no_bytes_bring_the_reader_down(bytes in prop::collection::vec(any::<u8>(), 0..400), kind in any::<Option<String>>()) {
        let _ = parse(&bytes, kind.as_deref(), URL);
    }

    #[test]
    fn no_markup_brings_the_reader_down(text in "(<|</|/>|>|&|;|\"|'|=| |<!\\[CDATA\\[|\\]\\]>|<!--|-->|<\\?|<!DOCTYPE|\\[|<item>|</item>|<entry|link|title|xmlns:|xml:base=|#x|日|[0-9]){0,60}") {
        let _ = parse(text.as_bytes(), None, URL);
        let _ = parse(format!("<rss><channel><item>{text}</item></channel></rss>").as_bytes(), None, "");
        let _ = parse(format!("<rss><channel><item><pubDate>{text}</pubDate></item></channel></rss>").as_bytes(), None, "");
    }

    #[test]
    fn a_feed_with_slips_is_read_or_refused(
        feed in 0..FEEDS.len(),
        slips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 0..8),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let mut bytes = FEEDS[feed].as_bytes().to_vec();
        for (at, byte, slip) in slips {
            let at = at.index(bytes.len());
            match slip {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(feed) = parse(&bytes, None, URL) {
            for entry in &feed.entries {
                prop_assert!(!entry.title.contains(['\r', '\n', '\0']));
                prop_assert!(entry.link.iter().chain(&entry.image).all(|link| link.starts_with("http")));
                prop_assert!(!entry.identity().as_str().is_empty());
            }
        }
    }

    #[test]
    fn a_moment_is_read_back_as_it_was_written(seconds in 86_400_i64..4_102_444_800) {
        let at = postbell::domain::Timestamp::from_millis(seconds * 1_000);
        for written in [at.rfc3339(), at.rfc5322()] {
            let feed = read(&format!("<rss><channel><item><pubDate>{written}</pubDate></item></channel></rss>"));
            prop_assert_eq!(feed.entries[0].published, Some(at));
        }
    }
}
