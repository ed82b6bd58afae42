//! A feed's own words: titles, addresses and bodies as they were meant.

use postbell::feeds::{Entry, Feed};
use postbell::publish::body::content_of;

use super::{read, rss};

fn first(feed: Feed) -> Entry {
    feed.entries.into_iter().next().unwrap()
}

fn item(inner: &str) -> Entry {
    first(read(&rss(&format!("<item>{inner}</item>"))))
}

fn atom(inner: &str) -> Entry {
    first(read(&format!(
        r#"<feed xmlns="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"><title>t</title>
        <link href="https://blog.example/"/><entry>{inner}</entry></feed>"#
    )))
}

fn json(inner: &str) -> Entry {
    first(read(&format!(
        r#"{{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{{{inner}}}]}}"#
    )))
}

#[test]
fn a_title_keeps_the_names_of_tags_that_it_speaks_of() {
    for (written, title) in [
        ("What belongs into &lt;head&gt;", "What belongs into <head>"),
        ("<![CDATA[Why <script> tags wait]]>", "Why <script> tags wait"),
        ("Map&lt;String, List&lt;String&gt;&gt; in Java", "Map<String, List<String>> in Java"),
        ("Between &lt;ul&gt; and &lt;/ul&gt;", "Between <ul> and </ul>"),
        ("An &lt;i&gt;old&lt;/i&gt; tea", "An old tea"),
        ("<b>Raw</b> tea", "Raw tea"),
        ("Fish &amp;amp;amp; chips it&amp;amp;#8217;s", "Fish & chips it’s"),
        ("&#xD83C;&#xDF75; tea &amp;#55356;&amp;#57205; &#xD83C;", "🍵 tea 🍵 \u{fffd}"),
    ] {
        assert_eq!(item(&format!("<title>{written}</title>")).title, title, "{written}");
    }
    let said = atom(r#"<title type="text">The &lt;b&gt; and &lt;/b&gt; of Q&amp;amp;A</title>"#);
    assert_eq!(said.title, "The <b> and </b> of Q&A");
    assert_eq!(
        json(r#""title":"Use <em> \ud83d sparely &#8211; \ud83c\udf75""#).title,
        "Use <em> \u{fffd} sparely – 🍵"
    );
}

#[test]
fn an_address_without_a_scheme_or_escaped_twice_is_meant_all_the_same() {
    for (written, link) in [
        ("//blog.example/a", "https://blog.example/a"),
        ("www.blog.example/a", "https://www.blog.example/a"),
        ("blog.example/a?b=1", "https://blog.example/a?b=1"),
        ("https://blog.example/?a=1&amp;amp;b=2&amp;#038;c=3", "https://blog.example/?a=1&b=2&c=3"),
        ("/a", "https://blog.example/a"),
    ] {
        assert_eq!(item(&format!("<link>{written}</link>")).link.as_deref(), Some(link), "{written}");
        let json_link = written.replace("&amp;amp;", "&amp;").replace("&amp;#038;", "&#038;");
        assert_eq!(json(&format!(r#""url":"{json_link}""#)).link.as_deref(), Some(link), "{written}");
    }
}

#[test]
fn items_of_rss_stand_where_their_channel_does() {
    let moved = r#"<rss version="2.0"><channel><title>t</title><link>https://kim.example/notes/</link>
        <item><link>tea</link><enclosure url="/tea.png" type="image/png"/></item></channel></rss>"#;
    let entry = first(read(moved));
    assert_eq!(entry.link.as_deref(), Some("https://kim.example/notes/tea"));
    assert_eq!(entry.image.as_deref(), Some("https://kim.example/tea.png"));
    let said = moved.replace("<item>", r#"<item xml:base="https://other.example/x/">"#);
    assert_eq!(first(read(&said)).link.as_deref(), Some("https://other.example/x/tea"));
}

#[test]
fn an_item_without_a_page_lends_the_address_of_its_enclosure() {
    let sound = r#"<enclosure url="/one.mp3" type="audio/mpeg" length="1"/>"#;
    let entry = item(&format!("<title>One</title>{sound}"));
    assert_eq!(entry.link.as_deref(), Some("https://blog.example/one.mp3"));
    assert!(
        entry.identity().as_str().starts_with("hash:"),
        "it is known as before: {}",
        entry.identity().as_str()
    );
    assert_eq!(item(&format!("<link>/one</link>{sound}")).link.as_deref(), Some("https://blog.example/one"));
    let guid = item(&format!("<guid>https://blog.example/?p=1</guid>{sound}"));
    assert_eq!(guid.link.as_deref(), Some("https://blog.example/?p=1"));
    let linked = atom(r#"<id>urn:1</id><link rel="enclosure" href="https://cdn.example/1.mp3"/>"#);
    assert_eq!(linked.link.as_deref(), Some("https://cdn.example/1.mp3"));
    let attached = json(r#""id":"1","attachments":[{"url":"/1.mp3","mime_type":"audio/mpeg"}]"#);
    assert_eq!(attached.link.as_deref(), Some("https://blog.example/1.mp3"));
}

/// The addresses in the mail of an entry.
fn addresses(entry: &Entry) -> Vec<String> {
    let html = content_of(entry, "https://nowhere.example/", "#0f6b5c", None).html;
    let values = html.split(['"']).filter(|piece| piece.starts_with("http"));
    values.map(str::to_owned).collect()
}

#[test]
fn addresses_in_a_body_are_relative_to_what_the_feed_says() {
    const BODY: &str =
        "&lt;p&gt;&lt;a href=\"pot\"&gt;a&lt;/a&gt; &lt;img src=\"/tea.png\" alt=\"b\"&gt;&lt;/p&gt;";
    let base = |around: &str, own: &str, page: &str| {
        addresses(&first(read(&format!(
            r#"<feed xmlns="http://www.w3.org/2005/Atom" {around}><title>t</title><link href="https://blog.example/"/>
            <entry xml:base="2026/"><id>1</id><link href="{page}"/><content type="html" {own}>{BODY}</content></entry></feed>"#
        ))))
    };
    let (site, page) = (r#"xml:base="https://site.example/""#, "https://blog.example/one/");
    assert_eq!(base(site, "", page), ["https://site.example/2026/pot", "https://site.example/tea.png"]);
    assert_eq!(
        base(site, r#"xml:base="https://img.example/x/""#, page),
        ["https://img.example/x/pot", "https://img.example/tea.png"]
    );
    assert_eq!(base(site, r#"xml:base="12/""#, page)[0], "https://site.example/2026/12/pot");
    assert_eq!(base("", r#"xml:base="javascript:alert(1)""#, page)[0], "https://blog.example/feed/2026/pot");

    let of_rss =
        |link: &str| addresses(&item(&format!("<link>{link}</link><description>{BODY}</description>")));
    assert_eq!(of_rss("/one/"), ["https://blog.example/one/pot", "https://blog.example/tea.png"]);
    let elsewhere = ["https://blog.example/pot", "https://blog.example/tea.png"];
    assert_eq!(of_rss("https://news.example/article"), elsewhere, "a blog of links");
    let json = first(read(
        r#"{"version":"https://jsonfeed.org/version/1","home_page_url":"https://blog.example/","items":[{"id":"1",
        "external_url":"https://news.example/article","content_html":"<a href='pot'>a</a> <img src='/tea.png' alt='b'>"}]}"#,
    ));
    assert_eq!(addresses(&json), elsewhere);
}

#[test]
fn xhtml_may_have_bases_within() {
    let entry = atom(
        r#"<id>1</id><link href="https://blog.example/one/"/><content type="xhtml">
        <div xmlns="http://www.w3.org/1999/xhtml" xml:base="https://site.example/a/"><p><a href="x">x</a></p>
        <p xml:base="../b/"><a href="y">y</a> <a xml:base="/c/" href="z">z</a></p></div></content>"#,
    );
    let wanted = ["https://site.example/a/x", "https://site.example/b/y", "https://site.example/c/z"];
    assert_eq!(addresses(&entry), wanted);
}

#[test]
fn what_was_escaped_twice_is_read_twice() {
    let whole = "<p>Tea &amp; <a href=\"https://x.example\">cake</a></p>";
    for entry in [
        item(
            "<description>&amp;lt;p&amp;gt;Tea &amp;amp;amp; &amp;lt;a href=&amp;quot;https://x.example&amp;quot;&amp;gt;cake&amp;lt;/a&amp;gt;&amp;lt;/p&amp;gt;</description>",
        ),
        atom(
            "<content type=\"text\">&amp;lt;p&amp;gt;Tea &amp;amp;amp; &amp;lt;a href=\"https://x.example\"&amp;gt;cake&amp;lt;/a&amp;gt;&amp;lt;/p&amp;gt;</content>",
        ),
        json(
            r#""content_html":"&lt;p&gt;Tea &amp;amp; &lt;a href=&quot;https://x.example&quot;&gt;cake&lt;/a&gt;&lt;/p&gt;""#,
        ),
        json(
            r#""content_text":"&lt;p&gt;Tea &amp;amp; &lt;a href=&quot;https://x.example&quot;&gt;cake&lt;/a&gt;&lt;/p&gt;""#,
        ),
    ] {
        assert_eq!(entry.html, whole);
    }
    // In part.
    let part = item(
        "<description>&lt;p&gt;Fish &amp;amp;amp; chips&amp;amp;#8217; R&amp;amp;D&lt;/p&gt;</description>",
    );
    assert_eq!(part.html, "<p>Fish &amp; chips&#8217; R&amp;D</p>");
    // What shows code means it.
    let code = "<p>Write <code>&amp;amp;</code> for &amp;lt;</p>";
    assert_eq!(item(&format!("<description><![CDATA[{code}]]></description>")).html, code);
    // Text that is about markup is none.
    let about = item("<description>Use &amp;lt;b&amp;gt; and &amp;lt;/b&amp;gt;.</description>");
    assert_eq!(about.html, "Use &lt;b&gt; and &lt;/b&gt;.");
    let halves = item("<description><![CDATA[<p>&#55356;&#57205; &#xD83C;</p>]]></description>");
    assert_eq!(halves.html, "<p>🍵 \u{fffd}</p>");
}

#[test]
fn a_summary_that_is_text_has_no_references() {
    let entry = atom(
        r#"<summary type="text">Tea&amp;nbsp;time, it&amp;#8217;s 5 &amp;lt; 6 &amp;quot;now</summary>"#,
    );
    assert_eq!(entry.html, "<p>Tea\u{a0}time, it’s 5 &lt; 6 \"now</p>");
}

#[test]
fn the_whole_post_is_the_body_wherever_it_stands() {
    let words = "and the whole story of how it was brewed ".repeat(8);
    let whole = format!("<p>Tea {words}</p>");
    let escaped = whole.replace('<', "&lt;").replace('>', "&gt;");
    for entry in [
        item(&format!(
            "<description>{escaped}</description><content:encoded>&lt;p&gt;Tea&lt;/p&gt;</content:encoded>"
        )),
        item(&format!("<description>Tea</description><content:encoded>{escaped}</content:encoded>")),
        item(&format!(
            r#"<description>Tea</description><x:div xmlns:x="http://www.w3.org/1999/xhtml"><x:p>Tea {words}</x:p></x:div>"#
        )),
        item(&format!(r#"<body xmlns="http://www.w3.org/1999/xhtml"><p>Tea {words}</p></body>"#)),
        atom(&format!("<dc:description>{escaped}</dc:description>")),
        atom(&format!("<summary type=\"html\">{escaped}</summary><content type=\"html\">Tea</content>")),
    ] {
        assert_eq!(entry.html, whole);
    }
    let gallery = item(&format!(
        "<description>{escaped}</description><content:encoded>&lt;img src=\"/a.png\"&gt;</content:encoded>"
    ));
    assert_eq!(gallery.html, "<img src=\"/a.png\">", "a picture is a post");
    let kept = item(r#"<description><div xmlns="http://www.w3.org/1999/xhtml">1 &lt; 2</div></description>"#);
    assert_eq!(kept.html, "<div>1 &lt; 2</div>");
}

#[test]
fn vocabularies_that_are_forgotten_are_guessed() {
    let rdf = read(
        "<rdf:RDF><channel><title>t</title><link>https://blog.example/</link></channel>
        <item><title>One</title><link>https://blog.example/1</link></item></rdf:RDF>",
    );
    assert_eq!((rdf.entries.len(), rdf.title.as_str()), (1, "t"));
    assert_eq!(read("<RDF><item><title>One</title></item></RDF>").entries.len(), 1);
    let people = r#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><Person/></rdf:RDF>"#;
    assert!(postbell::feeds::parse(people.as_bytes(), None, "").is_err(), "RDF of something else");

    for feed in [
        "<rss><channel><x:title>t</title><item><title>One</x:title></item><item><dc:creator>Kim</creator>
        <title>Two</title></item></channel></rss>",
        "<rss:rss><rss:channel><title>t</rss:title><rss:item><title>One</title></item><item><title>Two</title></item>
        </channel></rss>",
    ] {
        let feed = read(feed);
        let titles: Vec<&str> = feed.entries.iter().map(|entry| entry.title.as_str()).collect();
        assert_eq!(titles, ["One", "Two"]);
    }
}
