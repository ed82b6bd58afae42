//! JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1). A field of another type
//! than it should have counts as missing; a number counts as text.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::text;
use super::super::{Entry, Feed};
use super::MOST_ENTRIES;
use super::about::language;
use super::dates;
use super::image::is_picture;
use super::links::Base;
use super::text_construct::Construct;
use super::without_nul;

/// An item, or another value beside the items, that is longer is not read.
const LARGEST_VALUE_BYTES: usize = 4 * 1024 * 1024;
/// People, hubs, tags and attachments of one item that are read.
const MOST_OF_A_KIND: usize = 100;
/// Names are cut here.
const LONGEST_NAME_CHARS: usize = 200;
/// Descriptions are cut here.
const LONGEST_DESCRIPTION_CHARS: usize = 500;

/// Reads a feed; `None` when it is none.
pub(super) fn feed(document: &str, base: &Base) -> Option<Feed> {
    match serde_json::from_str::<Document<'_>>(document) {
        Ok(parts) => read(&parts, base),
        // Line breaks and tabs as they are in the middle of strings.
        Err(_) if document.contains(|c: char| c.is_ascii_control()) => {
            let clean = document.replace(|c: char| c.is_ascii_control(), " ");
            read(&serde_json::from_str::<Document<'_>>(&clean).ok()?, base)
        }
        Err(_) => None,
    }
}

/// The top of a feed; its values are read one by one, so that memory follows
/// the largest and not the document.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow, default)]
    version: Option<&'a RawValue>,
    #[serde(borrow, default)]
    title: Option<&'a RawValue>,
    #[serde(borrow, default)]
    description: Option<&'a RawValue>,
    #[serde(borrow, default)]
    home_page_url: Option<&'a RawValue>,
    #[serde(borrow, default)]
    feed_url: Option<&'a RawValue>,
    #[serde(borrow, default)]
    next_url: Option<&'a RawValue>,
    #[serde(borrow, default)]
    language: Option<&'a RawValue>,
    #[serde(borrow, default)]
    author: Option<&'a RawValue>,
    #[serde(borrow, default)]
    authors: Option<&'a RawValue>,
    #[serde(borrow, default)]
    hubs: Option<&'a RawValue>,
    #[serde(borrow, default)]
    items: Option<Items<'a>>,
}

/// The items, each unread; no more than are wanted.
struct Items<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Items<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Items<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of items")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Items<'de>, A::Error> {
                let mut items = Vec::new();
                while items.len() < MOST_ENTRIES {
                    match list.next_element()? {
                        Some(item) => items.push(item),
                        None => return Ok(Items(items)),
                    }
                }
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Items(items))
            }
        }
        deserializer.deserialize_seq(InOrder)
    }
}

fn read(document: &Document<'_>, base: &Base) -> Option<Feed> {
    let value = |raw: Option<&RawValue>| raw.and_then(value).unwrap_or_default();
    let is_versioned = said(&value(document.version)).is_some_and(|version| version.contains("jsonfeed"));
    if document.items.is_none() && !is_versioned {
        return None;
    }
    let line = |raw| Construct::Text(said(&value(raw)).unwrap_or_default()).line();
    let address = |raw| said(&value(raw)).and_then(|url| base.absolute(&url));
    let author = name(&value(document.authors), &value(document.author));
    let hubs = value(document.hubs);
    let hubs = list(&hubs).filter_map(|hub| base.absolute(&said(&hub["url"])?));
    let items = document.items.iter().flat_map(|items| &items.0);
    let items = items.filter_map(|raw| self::value(raw)).filter(Value::is_object);
    let home_url = address(document.home_page_url);
    let of_home = base.or_page(home_url.as_deref());
    Some(Feed {
        title: line(document.title),
        description: text::cut(&line(document.description), LONGEST_DESCRIPTION_CHARS),
        home_url,
        self_url: address(document.feed_url),
        next_url: address(document.next_url),
        hub_urls: hubs.collect(),
        language: said(&value(document.language)).as_deref().and_then(language),
        entries: items.map(|item| entry(&item, author.as_ref(), &of_home)).collect(),
        ..Feed::default()
    })
}

fn entry(item: &Value, feed_author: Option<&String>, base: &Base) -> Entry {
    let field = |name: &str| said(&item[name]);
    let address = |name: &str| field(name).and_then(|url| base.absolute(&url));
    let summary = field("summary").map(|summary| Construct::Text(summary).html());
    let html = field("content_html").map(|html| Construct::Html(html).html());
    let body = html.or_else(|| field("content_text").map(|text| Construct::Text(text).html()));
    let (html, summary_html) = match (body, summary) {
        (Some(body), summary) => (body, summary),
        (None, summary) => (summary.unwrap_or_default(), None),
    };
    let id = field("id");
    let page = address("url").or_else(|| address("external_url"));
    let published = field("date_published").as_deref().and_then(dates::parse);
    let by_id = || id.as_deref().filter(|id| id.starts_with("http")).and_then(|id| base.absolute(id));
    let attached = list(&item["attachments"]).find_map(|attachment| {
        let url = said(&attachment["url"])?;
        is_picture(Some(&said(&attachment["mime_type"])?), &url).then(|| base.absolute(&url))?
    });
    let page = page.or_else(by_id);
    let enclosed =
        list(&item["attachments"]).find_map(|attachment| base.absolute(&said(&attachment["url"])?));
    let is_link_borrowed = page.is_none() && enclosed.is_some();
    let mut categories: Vec<String> = Vec::new();
    for tag in list(&item["tags"]).filter_map(said) {
        let tag = text::cut(&text::one_line(&tag), LONGEST_NAME_CHARS);
        if !tag.is_empty() && !categories.contains(&tag) {
            categories.push(tag);
        }
    }
    let image = address("image").or(attached).or_else(|| address("banner_image"));
    Entry {
        link: page.or(enclosed),
        is_link_borrowed,
        title: Construct::Text(field("title").unwrap_or_default()).line(),
        author: name(&item["authors"], &item["author"]).or_else(|| feed_author.cloned()),
        published: published.map(|written| written.at),
        zone_minutes: published.and_then(|written| written.zone_minutes),
        updated: field("date_modified").as_deref().and_then(dates::parse).map(|written| written.at),
        image: image.filter(|url| url.starts_with("http")),
        id,
        categories,
        html,
        summary_html,
        ..Entry::default()
    }
}

fn value(raw: &RawValue) -> Option<Value> {
    let text = raw.get();
    if text.len() > LARGEST_VALUE_BYTES {
        return None;
    }
    serde_json::from_str(text).or_else(|_| serde_json::from_str(&without_halves(text))).ok()
}

/// JSON in which half a character, as programs leave it that cut texts, is
/// U+FFFD: no text can hold it.
fn without_halves(json: &str) -> String {
    let code = |at: &str| {
        let hex = at.strip_prefix("\\u")?.get(..4)?;
        u32::from_str_radix(hex, 16).ok()
    };
    let is_low = |at: &str| code(at).is_some_and(|code| (0xDC00..0xE000).contains(&code));
    let (mut out, mut rest) = (String::with_capacity(json.len()), json);
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let is_high = code(escape).is_some_and(|code| (0xD800..0xDC00).contains(&code));
        let length = match () {
            () if is_high && escape.get(6..).is_some_and(is_low) => 12,
            () if is_high || is_low(escape) => {
                out.push_str("\\ufffd");
                rest = &escape[6..];
                continue;
            }
            // The sign behind a backslash may be another one.
            () => 1 + escape[1..].chars().next().map_or(0, char::len_utf8),
        };
        out.push_str(&escape[..length]);
        rest = &escape[length..];
    }
    out + rest
}

/// A text or a number, trimmed; `None` when it is neither, or empty.
fn said(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => without_nul(text.trim().into()).into_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten().take(MOST_OF_A_KIND)
}

/// The first name in `authors` (version 1.1), or that of `author` (1.0).
fn name(authors: &Value, author: &Value) -> Option<String> {
    let people = list(authors).chain([author]);
    let names = people.filter_map(|person| said(&person["name"]).or_else(|| said(person)));
    names.map(|name| text::cut(&text::one_line(&name), LONGEST_NAME_CHARS)).find(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_wrong_type_cost_only_themselves() {
        let feed = feed(
            r#"{"version":"https://jsonfeed.org/version/1.1","title":7,"home_page_url":["x"],"hubs":[{"type":"WebSub",
            "url":"https://hub.example/"},3],"next_url":"?page=2","authors":["Ann"],"items":[
            {"id":7.5,"title":"\uD83D\uDE00 \ud83d \\ud83d","content_text":"a < b","tags":["x",1,"x",{}],"author":{"name":"Bo"}},
            3, {"id":"b","url":"/b","external_url":"https://other.example/","content_html":{"a":1},"attachments":7}]}"#,
            &Base::of("https://blog.example/feed.json"),
        )
        .unwrap();
        assert_eq!((feed.title.as_str(), feed.home_url), ("7", None));
        assert_eq!(feed.hub_urls, ["https://hub.example/"]);
        assert_eq!(feed.next_url.as_deref(), Some("https://blog.example/feed.json?page=2"));
        assert_eq!(feed.entries.len(), 2);
        let (one, two) = (&feed.entries[0], &feed.entries[1]);
        assert_eq!(one.title, "😀 \u{fffd} \\ud83d");
        assert_eq!((one.id.as_deref(), one.html.as_str()), (Some("7.5"), "<p>a &lt; b</p>"));
        assert_eq!((one.categories.join(" "), one.author.as_deref()), ("x 1".to_owned(), Some("Bo")));
        assert_eq!(
            (two.link.as_deref(), two.author.as_deref()),
            (Some("https://blog.example/b"), Some("Ann"))
        );
    }

    #[test]
    fn line_breaks_within_strings_are_forgiven_and_other_json_is_no_feed() {
        let base = Base::default();
        let broken = "{\"version\":\"https://jsonfeed.org/version/1\",\"title\":\"a\n\tb\",\"items\":[]}";
        assert_eq!(feed(broken, &base).unwrap().title, "a b");
        for other in ["{}", "[]", "{\"items\":{}}", "{\"items\":[", "7", "", "{\"title\":\"x\"}"] {
            assert!(feed(other, &base).is_none(), "{other}");
        }
    }
}
