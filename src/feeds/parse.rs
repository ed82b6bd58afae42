//! What a document says, if it is a feed: read by feed-rs, whose panics stay
//! here, and brought into our words.

use std::panic::{AssertUnwindSafe, catch_unwind};

use feed_rs::model;
use feed_rs::parser::{Builder, ParseErrorKind, ParseFeedError};
use url::Url;

use super::{Entry, Feed, mend, text};
use crate::domain::Timestamp;

/// The largest document that is read.
pub const LARGEST_BYTES: usize = 10 * 1024 * 1024;

/// Titles and names are cut here; nobody reads further in a subject line.
const LONGEST_TITLE_CHARS: usize = 1_000;

/// Content types unknown to the reader that are called HTML before it gives up.
const MOST_ODD_TYPES: usize = 3;

/// Why a document is no feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not a feed: {0}")]
pub struct ParseError(pub String);

/// Reads RSS, Atom, RDF or JSON Feed; relative addresses are resolved
/// against `url`. Never panics, whatever the bytes. Takes up to seconds for
/// hostile documents: call it from a blocking thread.
///
/// # Errors
/// When the document is no feed.
pub fn parse(bytes: &[u8], _content_type: Option<&str>, url: &str) -> Result<Feed, ParseError> {
    if bytes.len() > LARGEST_BYTES {
        return Err(ParseError(format!("it is larger than {LARGEST_BYTES} bytes")));
    }
    let base = Url::parse(url).ok();
    let unwrapped = mend::unwrapped(bytes);
    let document = unwrapped.as_deref().unwrap_or(bytes);
    let renewed = mend::as_present_day(document);
    match read_mending(renewed.as_deref().unwrap_or(document), base.as_ref()) {
        // Turning the model into our words calls foreign code as well.
        Ok(model) => caught(|| normalised(model, base.as_ref())),
        Err(_) if looks_like_a_page(bytes) => Err(ParseError("it is a web page".into())),
        Err(error) => Err(error),
    }
}

/// Runs foreign code; its panic is a refusal.
fn caught<T>(read: impl FnOnce() -> T) -> Result<T, ParseError> {
    catch_unwind(AssertUnwindSafe(read))
        .map_err(|_| ParseError("its markup is broken beyond what can be read".into()))
}

/// Mends one kind of fault; `None` when the document does not have it.
type Repair = fn(&[u8]) -> Option<Vec<u8>>;

/// As it is; then mended, one repair after the other, until it can be read.
fn read_mending(bytes: &[u8], base: Option<&Url>) -> Result<model::Feed, ParseError> {
    let reason = match read(bytes, base) {
        Ok(feed) => return Ok(feed),
        Err(refused) => refused.reason,
    };
    let repairs: [Repair; 5] = [
        mend::as_json_feed,
        mend::as_utf8,
        mend::as_rss_2,
        |document| Some(mend::without_empty_texts(document)),
        |document| Some(mend::well_formed(document)),
    ];
    let mut document = bytes.to_vec();
    for repair in repairs {
        match repair(&document) {
            Some(mended) => document = mended,
            None => continue,
        }
        for _ in 0..=MOST_ODD_TYPES {
            let refused = match read(&document, base) {
                Ok(feed) => return Ok(feed),
                Err(refused) => refused,
            };
            match refused.odd_type.as_deref().and_then(|odd| mend::with_known_type(&document, odd)) {
                Some(known) => document = known,
                None => break,
            }
        }
    }
    Err(ParseError(reason))
}

struct Refused {
    reason: String,
    /// The content type that the reader does not know, when that was it.
    odd_type: Option<String>,
}

fn read(bytes: &[u8], base: Option<&Url>) -> Result<model::Feed, Refused> {
    let read = caught(|| {
        Builder::new()
            .base_uri(base.map(Url::as_str))
            .sanitize_content(false)
            // An id that is made up changes with the title, and every edit
            // would look like a new post.
            .id_generator(|_, _, _| String::new())
            .build()
            .parse(bytes)
    });
    match read {
        Ok(Ok(feed)) => Ok(feed),
        Ok(Err(error)) => {
            let odd_type = match &error {
                ParseFeedError::ParseError(ParseErrorKind::UnknownMimeType { mime, .. }) => {
                    Some(mime.clone())
                }
                _ => None,
            };
            Err(Refused { reason: text::cut(&text::one_line(&error.to_string()), 200), odd_type })
        }
        Err(ParseError(reason)) => Err(Refused { reason, odd_type: None }),
    }
}

fn looks_like_a_page(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(2_000)]).to_ascii_lowercase();
    head.contains("<!doctype html") || head.contains("<html")
}

fn normalised(feed: model::Feed, base: Option<&Url>) -> Feed {
    let is_rss = !matches!(feed.feed_type, model::FeedType::Atom | model::FeedType::JSON);
    let author = author_of(&feed.authors);
    Feed {
        title: feed.title.map(|t| title_of(&t, is_rss)).unwrap_or_default(),
        description: feed.description.map(|t| text::cut(&title_of(&t, is_rss), 500)).unwrap_or_default(),
        home_url: home_of(&feed.links, base),
        language: feed.language.map(|l| l.trim().to_owned()).filter(|l| !l.is_empty() && l.len() <= 35),
        entries: feed
            .entries
            .into_iter()
            .map(|entry| entry_of(entry, is_rss, author.as_ref(), base))
            .collect(),
        ..Feed::default()
    }
}

fn entry_of(entry: model::Entry, is_rss: bool, feed_author: Option<&String>, base: Option<&Url>) -> Entry {
    let id = Some(entry.id.trim().to_owned()).filter(|id| !id.is_empty());
    let image = image_of(&entry, base);
    let content = entry.content.as_ref().map(|c| html_of(c.body.as_deref(), &c.content_type, is_rss));
    let summary = entry.summary.as_ref().map(|s| html_of(Some(&s.content), &s.content_type, is_rss));
    let described = || {
        let text = entry.media.iter().find_map(|m| m.description.as_ref());
        text.map(|t| html_of(Some(&t.content), &t.content_type, false))
    };
    let filled = |html: Option<String>| html.filter(|html| !html.trim().is_empty());
    let (html, summary_html) = match (filled(content), filled(summary)) {
        (Some(body), summary) => (body, summary),
        (None, Some(summary)) => (summary, None),
        (None, None) => (filled(described()).unwrap_or_default(), None),
    };
    let mut categories: Vec<String> = Vec::new();
    for category in &entry.categories {
        let name = text::cut(&text::plain(category.label.as_deref().unwrap_or(&category.term)), 200);
        if !name.is_empty() && !categories.contains(&name) {
            categories.push(name);
        }
    }
    Entry {
        // A guid that is an address is the post's page where no link is given.
        link: link_of(&entry.links, base).or_else(|| {
            id.as_deref()
                .filter(|id| id.starts_with("http://") || id.starts_with("https://"))
                .and_then(|id| absolute(id, base))
        }),
        id,
        title: entry.title.map(|t| title_of(&t, is_rss)).unwrap_or_default(),
        author: author_of(&entry.authors).or_else(|| feed_author.cloned()),
        published: entry.published.map(|at| Timestamp::from_millis(at.timestamp_millis())),
        updated: entry.updated.map(|at| Timestamp::from_millis(at.timestamp_millis())),
        categories,
        html,
        summary_html,
        image,
        is_known_by_link: false,
    }
}

/// RSS does not say what its titles are, and blogs put HTML there; Atom and
/// JSON Feed say it.
fn title_of(title: &model::Text, is_rss: bool) -> String {
    // Cut first: nobody's title is megabytes long, and a hostile one costs.
    let content = text::cut(&title.content, 10 * LONGEST_TITLE_CHARS);
    let line = if is_rss || is_html(title.content_type.as_str()) {
        text::plain(&content)
    } else {
        text::one_line(&content)
    };
    text::cut(&line, LONGEST_TITLE_CHARS)
}

fn is_html(content_type: &str) -> bool {
    content_type.contains("html") || content_type.contains("xml")
}

fn html_of(body: Option<&str>, content_type: &impl std::fmt::Display, is_rss: bool) -> String {
    let body = body.unwrap_or_default();
    if is_rss || is_html(&content_type.to_string()) || text::looks_like_html(body) {
        body.trim().to_owned()
    } else {
        text::as_html(body)
    }
}

fn author_of(people: &[model::Person]) -> Option<String> {
    people
        .iter()
        .filter_map(|person| person.name.as_deref())
        .map(|name| text::plain(name).trim_matches(['(', ')', ' ']).to_owned())
        .find(|name| !name.is_empty())
        .map(|name| text::cut(&name, 200))
}

/// An absolute http(s) address. Where nothing is known to resolve against (a
/// file on disk) a relative one stays as the feed has it.
fn absolute(href: &str, base: Option<&Url>) -> Option<String> {
    let href = href.trim();
    if href.is_empty() {
        return None;
    }
    let resolved = match (Url::parse(href), base) {
        (Ok(url), _) => url,
        (Err(url::ParseError::RelativeUrlWithoutBase), Some(base)) => base.join(href).ok()?,
        (Err(url::ParseError::RelativeUrlWithoutBase), None) => return Some(href.to_owned()),
        (Err(_), _) => return None,
    };
    matches!(resolved.scheme(), "http" | "https").then(|| resolved.into())
}

fn link_of(links: &[model::Link], base: Option<&Url>) -> Option<String> {
    let pages = || {
        links.iter().filter(|link| {
            link.target.is_none()
                && matches!(link.rel.as_deref(), None | Some("alternate"))
                && !is_attachment(link)
        })
    };
    let is_page = |link: &&model::Link| link.media_type.as_deref().is_none_or(is_html);
    pages().filter(is_page).chain(pages()).find_map(|link| absolute(&link.href, base))
}

/// Attachments of a JSON Feed come as links with a media type and no relation.
fn is_attachment(link: &model::Link) -> bool {
    link.rel.is_none() && link.media_type.as_deref().is_some_and(|kind| !is_html(kind))
}

fn home_of(links: &[model::Link], base: Option<&Url>) -> Option<String> {
    let home = link_of(links, base)?;
    // A JSON Feed without a home page gives its own address in that place.
    (base.map(Url::as_str) != Some(home.as_str())).then_some(home)
}

fn image_of(entry: &model::Entry, base: Option<&Url>) -> Option<String> {
    let is_picture = |kind: Option<&str>, url: &str| match kind {
        Some(kind) => kind.starts_with("image/") && !kind.contains("svg"),
        None => {
            let path = url.split(['?', '#']).next().unwrap_or(url).to_ascii_lowercase();
            [".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif"].iter().any(|end| path.ends_with(end))
        }
    };
    let contents = entry.media.iter().flat_map(|media| &media.content).filter_map(|content| {
        let url = content.url.as_ref()?.as_str();
        let kind = content.content_type.as_ref().map(ToString::to_string);
        is_picture(kind.as_deref(), url).then(|| url.to_owned())
    });
    let links = entry.links.iter().filter_map(|link| {
        let encloses = matches!(link.rel.as_deref(), None | Some("enclosure"));
        let kind = link.media_type.as_deref()?;
        (encloses && is_picture(Some(kind), &link.href)).then(|| link.href.clone())
    });
    let thumbnails =
        entry.media.iter().flat_map(|media| &media.thumbnails).map(|thumbnail| thumbnail.image.uri.clone());
    contents
        .chain(links)
        .chain(thumbnails)
        .filter_map(|url| absolute(&url, base))
        .find(|url| url.starts_with("http"))
}
