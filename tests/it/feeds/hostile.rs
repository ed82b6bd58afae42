//! Documents that are made to be slow or large: each is one small thing a
//! great many times, and must end soon whatever the thing is.

use std::time::Duration;

use postbell::feeds::parse;

use crate::support::cpu::Cpu;

/// So long that looking again at the rest for each of the things would take
/// many seconds.
const BYTES: usize = 250_000;
/// Of work, whatever else the machine does. Far above what is needed: what is
/// slower is quadratic, and would take a release build seconds for a feed of 4 MB.
const LONGEST: Duration = Duration::from_secs(1);

fn many(thing: &str, bytes: usize) -> String {
    thing.repeat(bytes / thing.len())
}

#[test]
fn a_small_thing_many_times_ends_soon() {
    let rss = |inside: &str| format!("<rss><channel><title>t</title>{inside}</channel></rss>");
    let item = |inside: &str| rss(&format!("<item>{inside}</item>"));
    let titles = |thing: &str| {
        rss(&many(&format!("<item><title><![CDATA[{}]]></title></item>", many(thing, 9_990)), BYTES))
    };
    let json =
        |inside: &str| format!("{{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[{inside}{{}}]}}");
    let mut documents = Vec::new();
    for thing in [
        "<![CDATA[",
        "<!--",
        "<!-->",
        "<?",
        "<?x>",
        "<!x>",
        "<!x",
        "<![x]>",
        "<!DOCTYPE [",
        "<!DOCTYPE [>",
        "<!DOCTYPE x>",
        "</a>",
        "</item>",
        "<a \"",
        "<a '><b \">",
        "<a",
        "<",
        "&",
        "<item>",
        "<item/>",
        "<channel>",
        "<channel/>",
        "<x>",
        "<x xmlns=\"http://www.w3.org/2005/Atom\">",
        "<x xml:base=\"a/\">",
        "<link>http://a/</link>",
    ] {
        documents.push((format!("feed of {thing}"), rss(&many(thing, BYTES))));
    }
    for thing in [
        "<b>",
        "<b/>",
        "<link>http://a/</link>",
        "<category>a</category>",
        "<media:content/>",
        "<media:group>",
        "</b>",
        "<pubDate>1 2 3</pubDate>",
        "&x;",
        "<guid/>",
        "<author>(@</author>",
        "<title/>",
    ] {
        documents.push((format!("item of {thing}"), item(&many(thing, BYTES))));
    }
    for thing in ["<b>", "<b", "<b \"", "<!--", "</", "<script>", "&", "&amp;", "<a><b>", "<b '\">"] {
        documents.push((format!("titles of {thing}"), titles(thing)));
    }
    for thing in ["{},", "[],", "7,", "{\"id\":1},", "\n"] {
        documents.push((format!("JSON of {thing}"), json(&many(thing, BYTES))));
    }
    documents.push(("attributes".into(), rss(&format!("<item {}>", many("a=\"1\" ", BYTES)))));
    documents.push(("names of spaces".into(), rss(&format!("<item {}>", many("xmlns:a=\"u\" ", BYTES)))));
    documents
        .push(("entities".into(), format!("<!DOCTYPE x [{}]>{}", many("<!ENTITY a \"b\">", BYTES), rss(""))));
    documents.push(("deep JSON".into(), json(&many("[", BYTES))));
    documents.push(("braces".into(), many("{", BYTES)));
    for (name, document) in documents {
        let cpu = Cpu::start();
        let _ = parse(document.as_bytes(), None, "https://blog.example/feed/");
        let took = cpu.took();
        assert!(took < LONGEST, "{name}: {took:?}");
    }
}

#[test]
fn a_feed_has_no_more_entries_than_are_read() {
    for document in [
        format!("<rss><channel>{}</channel></rss>", "<item/>".repeat(60_000)),
        format!("{{\"items\":[{}{{}}]}}", "{},".repeat(60_000)),
    ] {
        let feed = parse(document.as_bytes(), None, "").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(feed.entries.len(), 50_000);
    }
}
