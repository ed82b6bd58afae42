//! What a page says of feeds, as a browser or a reader of feeds finds it.

use std::cell::RefCell;

use lol_html::{HtmlRewriter, Settings, element, text as text_of};
use url::Url;

use super::links::{
    Link, Sureness, anchor_names_a_feed, is_alternate, is_same_site, leads_to_a_blog, names_a_feed,
};
use super::{Candidate, comments};
use crate::feeds::{reader, text};

/// Only this much of a page is searched; what it names stands in its head.
const SEARCHED_BYTES: usize = 2 * 1024 * 1024;
/// Elements `link`, and elements `a`, that are looked at.
const MOST_LINKS: usize = 200;
const MOST_ANCHORS: usize = 2_000;
/// Of an anchor's words.
const WORDS_BYTES: usize = 100;
/// Further pages that are named.
const MOST_PAGES: usize = 6;

/// What a page says of feeds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Feeds that it names, the likeliest first.
    pub feeds: Vec<Candidate>,
    /// Feeds that it calls comments: of a post, seldom of the blog.
    pub comments: Vec<Candidate>,
    /// Where it sends its visitors on by itself.
    pub refresh: Option<String>,
    /// Pages where its blog may be: frames, languages, what it calls its blog.
    pub pages: Vec<String>,
}

/// What was found while the page was read, as it is written.
#[derive(Default)]
struct Raw {
    base: Option<String>,
    refresh: Option<String>,
    links: Vec<Link>,
    anchors: Vec<Link>,
    frames: Vec<String>,
}

/// What a page at this address says, with the `Link` headers of its answer.
pub fn read_page(bytes: &[u8], content_type: Option<&str>, headers: &[String], url: &str) -> Page {
    let Ok(at) = Url::parse(url) else { return Page::default() };
    let html = reader::decode(&bytes[..bytes.len().min(SEARCHED_BYTES)], content_type);
    let raw = read(&without_noscript(&html));
    let base =
        raw.base.as_deref().and_then(|href| at.join(&text::plain(href)).ok()).unwrap_or_else(|| at.clone());
    let mut found: Vec<(Sureness, Candidate)> = Vec::new();
    let mut page = Page {
        refresh: raw.refresh.as_deref().and_then(|href| join(&base, href)).map(String::from),
        ..Page::default()
    };
    let of_headers = headers.iter().flat_map(|header| links_of(header));
    for link in of_headers.chain(raw.links) {
        let Some(to) = join(&base, &link.href) else { continue };
        if names_a_feed(&link, &to) {
            found.push((Sureness::Said, Candidate { url: to.into(), title: link.words }));
        } else if is_alternate(&link) && !link.hreflang.is_empty() && is_same_site(&at, &to) {
            page.pages.push(to.into());
        }
    }
    for link in raw.anchors {
        let Some(to) = join(&base, &link.href) else { continue };
        if let Some(sureness) = anchor_names_a_feed(&link, &at, &to) {
            found.push((sureness, Candidate { url: to.into(), title: link.words }));
        } else if leads_to_a_blog(&link, &to) && is_same_site(&at, &to) {
            page.pages.push(to.into());
        }
    }
    let frames = raw.frames.iter().filter_map(|src| join(&base, src)).map(String::from);
    page.pages.splice(0..0, frames);
    each_once(&mut page.pages, |url| url.clone());
    page.pages.retain(|other| other != url);
    page.pages.truncate(MOST_PAGES);
    found.sort_by_key(|(sureness, _)| *sureness);
    let (of_comments, feeds) = found
        .into_iter()
        .map(|(_, candidate)| candidate)
        .filter(|candidate| candidate.url != url)
        .partition(comments::is_called_so);
    (page.comments, page.feeds) = (of_comments, feeds);
    each_once(&mut page.feeds, |candidate| candidate.url.clone());
    each_once(&mut page.comments, |candidate| candidate.url.clone());
    page
}

fn read(html: &str) -> Raw {
    let raw = RefCell::new(Raw::default());
    let plain = |attribute: Option<String>| text::plain(&attribute.unwrap_or_default());
    {
        let settings = Settings::new()
            .with_strict(false)
            .append_element_content_handler(element!("base[href]", |el| {
                let base = &mut raw.borrow_mut().base;
                *base = base.take().or_else(|| el.get_attribute("href"));
                Ok(())
            }))
            .append_element_content_handler(element!("meta[http-equiv][content]", |el| {
                if plain(el.get_attribute("http-equiv")).eq_ignore_ascii_case("refresh") {
                    let refresh = &mut raw.borrow_mut().refresh;
                    *refresh = refresh.take().or_else(|| refresh_of(&plain(el.get_attribute("content"))));
                }
                Ok(())
            }))
            .append_element_content_handler(element!("link[href]", |el| {
                let links = &mut raw.borrow_mut().links;
                if links.len() < MOST_LINKS {
                    links.push(Link {
                        href: plain(el.get_attribute("href")),
                        rel: plain(el.get_attribute("rel")).to_ascii_lowercase(),
                        kind: plain(el.get_attribute("type")).to_ascii_lowercase(),
                        words: plain(el.get_attribute("title")),
                        hreflang: plain(el.get_attribute("hreflang")),
                    });
                }
                Ok(())
            }))
            .append_element_content_handler(element!("frame[src], iframe[src]", |el| {
                // A frame of a frameset is the site; an iframe is mostly something else.
                if el.tag_name().eq_ignore_ascii_case("frame") {
                    raw.borrow_mut().frames.push(plain(el.get_attribute("src")));
                }
                Ok(())
            }))
            .append_element_content_handler(element!("a[href], area[href]", |el| {
                let anchors = &mut raw.borrow_mut().anchors;
                if anchors.len() < MOST_ANCHORS {
                    let said =
                        [el.get_attribute("title"), el.get_attribute("aria-label")].map(plain).join(" ");
                    anchors.push(Link {
                        href: plain(el.get_attribute("href")),
                        rel: plain(el.get_attribute("rel")).to_ascii_lowercase(),
                        kind: plain(el.get_attribute("type")).to_ascii_lowercase(),
                        words: text::cut(said.trim(), WORDS_BYTES),
                        hreflang: String::new(),
                    });
                }
                Ok(())
            }))
            .append_element_content_handler(element!("a[href] img[alt]", |el| {
                say(&raw, &plain(el.get_attribute("alt")));
                Ok(())
            }))
            .append_element_content_handler(text_of!("a[href]", |chunk| {
                say(&raw, &text::plain(chunk.as_str()));
                Ok(())
            }));
        let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| {});
        // What was found before a fault still counts.
        if rewriter.write(html.as_bytes()).is_ok() {
            let _ = rewriter.end();
        }
    }
    raw.into_inner()
}

/// Adds to the words of the anchor that is open.
fn say(raw: &RefCell<Raw>, words: &str) {
    if let Some(anchor) = raw.borrow_mut().anchors.last_mut()
        && !words.is_empty()
        && anchor.words.len() + words.len() < WORDS_BYTES
    {
        anchor.words = format!("{} {words}", anchor.words).trim().to_owned();
    }
}

/// What stands in `noscript` is for programs that run no scripts, as we are.
fn without_noscript(html: &str) -> String {
    let mut open = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        open.push_str(before);
        let name = tag[1..].strip_prefix('/').unwrap_or(&tag[1..]);
        let is_it = name.get(..8).is_some_and(|name| name.eq_ignore_ascii_case("noscript"));
        rest = match tag.find('>').filter(|_| is_it) {
            Some(end) => &tag[end + 1..],
            None => {
                open.push('<');
                &tag[1..]
            }
        };
    }
    open.push_str(rest);
    open
}

/// Where `0; url=/en/` leads.
fn refresh_of(content: &str) -> Option<String> {
    let (_, target) = content.split_once([';', ','])?;
    let target = target.trim();
    let is_named = target.get(..3).is_some_and(|name| name.eq_ignore_ascii_case("url"));
    let target = if is_named { target[3..].trim_start().strip_prefix('=')? } else { target };
    let target = target.trim().trim_matches(['\'', '"']);
    (!target.is_empty()).then(|| target.to_owned())
}

/// The links of a `Link` header (RFC 8288).
fn links_of(header: &str) -> Vec<Link> {
    let mut links = Vec::new();
    for part in header.split('<').skip(1).take(MOST_LINKS) {
        let Some((href, parameters)) = part.split_once('>') else { continue };
        let mut link = Link { href: href.to_owned(), ..Link::default() };
        for parameter in parameters.trim_end().trim_end_matches(',').split(';') {
            let Some((name, value)) = parameter.split_once('=') else { continue };
            let value = value.trim().trim_matches('"').to_owned();
            match name.trim().to_ascii_lowercase().as_str() {
                "rel" => link.rel = value.to_ascii_lowercase(),
                "type" => link.kind = value.to_ascii_lowercase(),
                "title" => link.words = text::plain(&value),
                "hreflang" => link.hreflang = value,
                _ => {}
            }
        }
        links.push(link);
    }
    links
}

/// An http address; `feed:` is written before some of them.
fn join(base: &Url, href: &str) -> Option<Url> {
    let href = href.trim();
    let rest = href.get(..5).filter(|name| name.eq_ignore_ascii_case("feed:")).map(|_| &href[5..]);
    let url = match rest {
        Some(rest) if rest.starts_with("//") => base.join(&format!("https:{rest}")).ok()?,
        Some(rest) => base.join(rest).ok()?,
        None if href.is_empty() => return None,
        None => base.join(href).ok()?,
    };
    matches!(url.scheme(), "http" | "https").then_some(url)
}

fn each_once<T>(list: &mut Vec<T>, key: impl Fn(&T) -> String) {
    let mut seen = std::collections::HashSet::new();
    list.retain(|one| seen.insert(key(one)));
}
