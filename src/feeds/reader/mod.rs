//! The reader of feeds: RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, CDF and JSON
//! Feed, as they are in the wild. A function from bytes to a feed: nothing is
//! fetched or written, no input makes it panic, and its time and memory follow
//! the length of the document.

mod about;
mod atom;
mod body;
mod charset;
mod date_signs;
mod date_words;
mod dates;
mod element;
mod image;
mod item;
mod json;
mod links;
mod names;
mod references;
mod rss;
mod text_construct;
mod timing;
mod tokens;
mod walk;

use std::borrow::Cow;

use super::{Entry, Feed};
use crate::domain::without_login;
use about::About;
pub(super) use charset::decode;
use links::{Base, base_of};
pub(super) use references::{join_surrogates, once_less, unescape};
use walk::{Found, Walk};

/// The largest document that is read.
pub const LARGEST_BYTES: usize = 10 * 1024 * 1024;
/// Entries of a document that are read, from its beginning.
pub const MOST_ENTRIES: usize = 50_000;
/// No longer home page is taken.
const LONGEST_HOME_BYTES: usize = 2_000;

/// Why a document is no feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not a feed: {0}")]
pub struct ParseError(pub String);

/// Reads RSS, Atom, RDF, CDF or JSON Feed; relative addresses are resolved
/// against `url`, and `content_type` counts for its charset only. Never
/// panics, whatever the bytes. Takes up to a second for hostile documents:
/// call it from a blocking thread.
///
/// # Errors
/// When the document is no feed.
pub fn parse(bytes: &[u8], content_type: Option<&str>, url: &str) -> Result<Feed, ParseError> {
    let mut feed = document(bytes, content_type, url)?;
    for entry in feed.entries.iter_mut().filter(|entry| entry.base.is_none()) {
        let page = entry.link.as_deref().filter(|_| !entry.is_link_borrowed);
        entry.base = base_of(page, feed.home_url.as_deref(), url);
    }
    // These are shown and mailed; hubs and further pages are only asked.
    let shown = feed
        .entries
        .iter_mut()
        .flat_map(|entry| [&mut entry.link, &mut entry.image, &mut entry.base, &mut entry.comments_url]);
    for url in shown.chain([&mut feed.home_url]).flatten() {
        *url = without_login(url);
    }
    // It stands in each mail of the blog.
    feed.home_url = feed.home_url.filter(|url| url.len() <= LONGEST_HOME_BYTES);
    Ok(feed)
}

fn document(bytes: &[u8], content_type: Option<&str>, url: &str) -> Result<Feed, ParseError> {
    if bytes.len() > LARGEST_BYTES {
        return Err(ParseError(format!("it is larger than {LARGEST_BYTES} bytes")));
    }
    let text = without_nul(charset::decode(bytes, content_type));
    let base = Base::of(url);
    // Warnings of a program stand before its document now and then.
    let start = text.find(['<', '{']).ok_or_else(|| ParseError(nothing_in(&text).into()))?;
    let document = &text[start..];
    let json = if document.starts_with('{') { json::feed(document, &base) } else { None };
    if let Some(feed) = json {
        return Ok(feed);
    }
    let start = document.find('<').ok_or_else(|| ParseError("it is JSON, but no JSON Feed".into()))?;
    xml(&document[start..], base)
}

/// Reads a document of elements.
fn xml(document: &str, base: Base) -> Result<Feed, ParseError> {
    let mut walk = Walk::through(document, base);
    let mut about = About::default();
    let mut entries: Vec<Entry> = Vec::new();
    while let Some(found) = walk.next() {
        match found {
            Found::About(element) => about.take(&element, walk.base()),
            // Half a post is none: it comes whole at the next look.
            Found::Item(element) if element.is_cut => {}
            Found::Item(_) if entries.len() >= MOST_ENTRIES => {}
            Found::Item(element) if element.name == "entry" => {
                entries.push(atom::entry(&element, walk.base()))
            }
            Found::Item(element) => {
                let base = walk.base().or_page(about.page().as_deref());
                entries.push(rss::entry(&element, &base));
            }
        }
    }
    match walk.root {
        _ if walk.is_page => return Err(ParseError("it is a web page".into())),
        Some(root) if !walk.is_feed => {
            let root = super::text::cut(&super::text::one_line(root), 40);
            return Err(ParseError(format!("there is no channel, feed or item in its <{root}>")));
        }
        // What came may be the beginning of anything.
        Some(_) if walk.is_cut && entries.is_empty() => {
            return Err(ParseError("it ends before its first item does".into()));
        }
        Some(_) => {}
        None => return Err(ParseError("there is no element in it".into())),
    }
    for entry in &mut entries {
        entry.author = entry.author.take().or_else(|| about.author.clone());
    }
    Ok(Feed { entries, is_cut: walk.is_cut, ..about.feed() })
}

/// A character that no text means, and that databases refuse.
fn without_nul(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "")) } else { text }
}

fn nothing_in(text: &str) -> &'static str {
    if text.trim().is_empty() { "it is empty" } else { "it is neither XML nor JSON" }
}
