//! Which links of a page name a feed.

use percent_encoding::percent_decode_str;
use url::Url;

/// An element that leads somewhere.
#[derive(Default)]
pub(super) struct Link {
    pub(super) href: String,
    pub(super) rel: String,
    pub(super) kind: String,
    pub(super) words: String,
    pub(super) hreflang: String,
}

/// How sure it is that a link names a feed, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sureness {
    /// The page says so in the way that programs read.
    Said,
    /// Both where it leads and its words look like it.
    Twice,
    /// Its words alone.
    Words,
    /// Where it leads alone.
    Address,
}

pub(super) fn is_alternate(link: &Link) -> bool {
    link.rel.split_whitespace().any(|word| word == "alternate")
}

/// Relations of what is a feed by its type and no feed of posts.
const OTHER_RELATIONS: &[&str] = &[
    "replies",
    "search",
    "edituri",
    "edit",
    "wlwmanifest",
    "service",
    "service.post",
    "service.edit",
    "stylesheet",
    "preload",
    "prefetch",
    "pingback",
    "hub",
    "meta",
];

pub(super) fn names_a_feed(link: &Link, to: &Url) -> bool {
    let mut relations = link.rel.split_whitespace();
    if relations.any(|word| OTHER_RELATIONS.contains(&word)) || is_an_interface(link, to) {
        return false;
    }
    let is_called_feed = link.rel.split_whitespace().any(|word| word == "feed");
    let kind = link.kind.split(';').next().unwrap_or_default().trim();
    let is_of_feeds = ["rss", "atom", "feed", "rdf+xml"].iter().any(|word| kind.contains(word))
        && !kind.starts_with("application/atomsvc")
        && !kind.starts_with("application/atomcat");
    let is_general = matches!(kind, "text/xml" | "application/xml" | "application/json");
    let looks_like_it = || leads_to_a_feed(to) || says_feed(&link.words);
    is_called_feed
        || is_of_feeds
        || is_alternate(link)
            && (is_general || matches!(kind, "" | "text/html") && link.hreflang.is_empty() && looks_like_it())
}

/// What WordPress and others give to programs: REST, oEmbed, ActivityPub.
fn is_an_interface(link: &Link, to: &Url) -> bool {
    let path = to.path().to_ascii_lowercase();
    path.contains("/wp-json")
        || path.contains("oembed")
        || link.kind.contains("oembed")
        || link.rel.contains("api")
}

pub(super) fn anchor_names_a_feed(link: &Link, page: &Url, to: &Url) -> Option<Sureness> {
    if is_an_interface(link, to) {
        return None;
    }
    let kind = &link.kind;
    let (leads, says) = (leads_to_a_feed(to), says_feed(&link.words));
    let is_said = ["rss", "atom", "feed+json"].iter().any(|word| kind.contains(word))
        || link.rel == "feed"
        || is_alternate(link) && says;
    if is_said {
        return Some(Sureness::Said);
    }
    // A list of friends names feeds, too.
    if !(is_same_site(page, to) || is_of_feeds(to)) {
        return None;
    }
    match (leads, says) {
        (true, true) => Some(Sureness::Twice),
        (false, true) => Some(Sureness::Words),
        (true, false) => Some(Sureness::Address),
        (false, false) => None,
    }
}

/// Readers of feeds, whose buttons carry the address of one.
const READERS: &[&str] = &[
    "add.my.yahoo.com",
    "bazqux.com",
    "feedbin.com",
    "feedly.com",
    "inoreader.com",
    "netvibes.com",
    "newsblur.com",
    "subtome.com",
    "theoldreader.com",
];

/// The feed in an address that adds it to a reader:
/// `https://feedly.com/i/subscription/feed%2Fhttps%3A%2F%2F…`.
pub(super) fn carried_by(button: &Url) -> Option<Url> {
    let host = button.host_str()?;
    let is_its = |reader: &&&str| {
        host == **reader || host.strip_suffix(**reader).is_some_and(|sub| sub.ends_with('.'))
    };
    READERS.iter().find(is_its)?;
    let path = percent_decode_str(button.path()).decode_utf8_lossy();
    let in_path = path.find("http").map(|at| path[at..].to_owned());
    let in_query =
        || button.query_pairs().map(|(_, value)| value.into_owned()).find(|value| value.starts_with("http"));
    let feed = Url::parse(&in_path.or_else(in_query)?).ok()?;
    matches!(feed.scheme(), "http" | "https").then_some(feed)
}

/// Whether an address looks like that of a feed.
fn leads_to_a_feed(to: &Url) -> bool {
    let path = to.path().to_ascii_lowercase();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let is_document = [".rss", ".atom", ".rdf", ".rss2"].iter().any(|end| last.ends_with(end))
        || last.ends_with(".xml") && !last.contains("sitemap") && !last.contains("opensearch");
    let is_word = |text: &str| {
        text.split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| matches!(word, "rss" | "rss2" | "atom" | "feed" | "feeds" | "rdf"))
    };
    is_document
        || is_word(last)
        || path.split('/').any(|part| part == "feed")
        || to.query().is_some_and(|query| is_word(&query.to_ascii_lowercase()))
}

/// Whether words speak of a feed.
fn says_feed(words: &str) -> bool {
    let words = words.to_lowercase();
    let latin = words.split(|c: char| !c.is_alphanumeric()).any(|word| {
        matches!(
            word,
            "rss"
                | "atom"
                | "feed"
                | "feeds"
                | "xml"
                | "webfeed"
                | "newsfeed"
                | "subscribe"
                | "syndicate"
                | "syndication"
                | "abonnieren"
                | "flux"
                | "feedrss"
        )
    });
    latin || ["フィード", "購読", "订阅", "訂閱", "구독", "подпис"].iter().any(|sign| words.contains(sign))
}

/// Whether a link leads to the site in a language: `/en/`.
pub(super) fn leads_to_a_language(link: &Link, to: &Url) -> bool {
    let folder = to.path().trim_matches('/');
    !link.hreflang.is_empty() || folder.len() == 2 && folder.bytes().all(|sign| sign.is_ascii_lowercase())
}

/// Whether two tags name different languages.
pub(super) fn is_in_another_language(one: &str, other: &str) -> bool {
    let primary = |tag: &str| tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    !one.is_empty() && !other.is_empty() && primary(one) != primary(other)
}

/// Whether a link leads to what a site calls its blog.
pub(super) fn leads_to_a_blog(link: &Link, to: &Url) -> bool {
    const CALLED: &[&str] = &[
        "blog",
        "weblog",
        "journal",
        "my blog",
        "the blog",
        "our blog",
        "le blog",
        "el blog",
        "il blog",
        "o blog",
        "ブログ",
        "博客",
        "блог",
        "블로그",
    ];
    let words = link.words.to_lowercase();
    let path = to.path().to_ascii_lowercase();
    CALLED.contains(&words.trim()) || matches!(path.trim_matches('/'), "blog" | "weblog" | "journal")
}

/// The same host, one below the other, with and without www.
pub(super) fn is_same_site(page: &Url, to: &Url) -> bool {
    let bare = |url: &Url| url.host_str().map(|host| host.trim_start_matches("www.").to_owned());
    let (Some(a), Some(b)) = (bare(page), bare(to)) else { return false };
    a == b || a.ends_with(&format!(".{b}")) || b.ends_with(&format!(".{a}"))
}

/// A host that serves feeds for others.
fn is_of_feeds(to: &Url) -> bool {
    to.host_str().is_some_and(|host| {
        let first = host.split('.').next().unwrap_or_default();
        matches!(first, "feeds" | "feed" | "feeds2" | "rss" | "feedpress")
    })
}
