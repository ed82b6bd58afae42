//! What a page says of feeds, as a browser or a reader of feeds finds it.

use std::cell::RefCell;

use lol_html::{HtmlRewriter, Settings, element, text as text_of};
use url::Url;

use super::links::{
    Link, Sureness, anchor_names_a_feed, carried_by, is_alternate, is_in_another_language, is_same_site,
    leads_to_a_blog, leads_to_a_language, names_a_feed,
};
use super::{Candidate, comments, parts, scripts};
use crate::feeds::{reader, text};

/// Only this much of a page is searched; what it names stands in its head.
const SEARCHED_BYTES: usize = 2 * 1024 * 1024;
/// Elements `link`, and elements `a`, that are looked at.
const MOST_LINKS: usize = 200;
const MOST_ANCHORS: usize = 2_000;
/// Of an anchor's words.
const WORDS_BYTES: usize = 100;
/// Further pages that are named, and of these such as may list feeds.
const MOST_PAGES: usize = 6;
const MOST_LISTS: usize = 2;

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
    language: String,
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
    let mut found: Vec<(Rank, Candidate)> = Vec::new();
    let mut page = Page {
        refresh: raw.refresh.as_deref().and_then(|href| join(&base, href)).map(String::from),
        ..Page::default()
    };
    let rank = |sureness, to: &Url, link: &Link| {
        let is_foreign = is_in_another_language(&link.hreflang, &raw.language);
        (sureness, parts::is_of_a_part(to, &link.words, &at), is_foreign)
    };
    let of_headers = headers.iter().flat_map(|header| links_of(header));
    for link in of_headers.chain(raw.links) {
        let Some(to) = join(&base, &link.href) else { continue };
        if names_a_feed(&link, &to) {
            if !is_same_site(&at, &to)
                && let Some(here) = same_path_here(&at, &to)
            {
                found.push((rank(Sureness::Address, &here, &link), candidate(here, "")));
            }
            found.push((rank(Sureness::Said, &to, &link), candidate(to, &link.words)));
        } else if is_alternate(&link) && !link.hreflang.is_empty() && is_same_site(&at, &to) {
            page.pages.push(to.into());
        }
    }
    let (mut blogs, mut lists) = (Vec::new(), Vec::new());
    for link in raw.anchors {
        let Some(to) = join(&base, &link.href) else { continue };
        let is_here = is_same_site(&at, &to);
        if let Some(feed) = carried_by(&to) {
            found.push((rank(Sureness::Twice, &feed, &link), candidate(feed, "")));
            continue;
        }
        let is_for_a_reader = of_a_program(&link.href).is_some().then_some(Sureness::Said);
        if let Some(sureness) = is_for_a_reader.or_else(|| anchor_names_a_feed(&link, &at, &to)) {
            if is_here && sureness != Sureness::Address {
                lists.push(to.to_string());
            }
            found.push((rank(sureness, &to, &link), candidate(to, &link.words)));
        } else if leads_to_a_blog(&link, &to) && is_here {
            blogs.push(to.into());
        } else if leads_to_a_language(&link, &to) && is_here {
            page.pages.push(to.into());
        }
    }
    let in_scripts = scripts::feeds_in(&html);
    let named = in_scripts.iter().filter_map(|href| join(&base, href)).filter(|to| is_same_site(&at, to));
    found.extend(named.map(|to| (rank(Sureness::Address, &to, &Link::default()), candidate(to, ""))));
    let sent_on = scripts::sent_on_to(&html).and_then(|href| join(&base, href));
    let sent_on = sent_on.filter(|to| is_same_site(&at, to)).map(String::from);
    let frames = raw.frames.iter().filter_map(|src| join(&base, src)).map(String::from);
    // A link that says RSS may lead to a page that lists feeds.
    let first = frames.chain(sent_on).chain(blogs).chain(lists.into_iter().take(MOST_LISTS));
    page.pages.splice(0..0, first.collect::<Vec<_>>());
    each_once(&mut page.pages, |url| url.clone());
    page.pages.retain(|other| other != url);
    page.pages.truncate(MOST_PAGES);
    found.sort_by_key(|(rank, _)| *rank);
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

/// How sure it is, whether it is of a part only, whether in another language.
type Rank = (Sureness, bool, bool);

fn candidate(to: Url, title: &str) -> Candidate {
    Candidate { url: to.into(), title: title.to_owned() }
}

/// The same place on the site of the page: a generator that was not told where
/// its site is writes the address of another.
fn same_path_here(page: &Url, to: &Url) -> Option<Url> {
    let mut here = page.join(to.path()).ok()?;
    here.set_query(to.query());
    Some(here)
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
            .append_element_content_handler(element!("html[lang]", |el| {
                raw.borrow_mut().language = plain(el.get_attribute("lang"));
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
                        hreflang: plain(el.get_attribute("hreflang")),
                    });
                }
                Ok(())
            }))
            .append_element_content_handler(element!("a[href] img", |el| {
                let shown = plain(el.get_attribute("src"));
                let name = shown.rsplit('/').next().unwrap_or_default().split(['?', '#']).next();
                say(&raw, &plain(el.get_attribute("alt")));
                say(&raw, name.unwrap_or_default());
                Ok(())
            }))
            // Fonts of signs: `fa fa-rss`.
            .append_element_content_handler(element!(
                "a[href][class], a[href] i[class], a[href] span[class]",
                |el| {
                    let class = plain(el.get_attribute("class")).to_ascii_lowercase();
                    let mut names = class.split(|sign: char| !sign.is_ascii_alphanumeric());
                    if names.any(|name| name == "rss") {
                        say(&raw, "rss");
                    }
                    Ok(())
                }
            ))
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

/// What is written in place of `http:` or before it, to open a program.
const PROGRAMS: &[&str] = &["feed:", "itpc:", "pcast:", "podcast:"];

/// The address in a link that opens a program.
fn of_a_program(href: &str) -> Option<&str> {
    let href = href.trim();
    let begins = |name: &&&str| href.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    PROGRAMS.iter().find(begins).map(|name| &href[name.len()..])
}

/// An http address.
fn join(base: &Url, href: &str) -> Option<Url> {
    let href = of_a_program(href).unwrap_or(href).trim();
    let url = if href.is_empty() { None } else { base.join(href).ok() };
    url.filter(|url| matches!(url.scheme(), "http" | "https"))
}

fn each_once<T>(list: &mut Vec<T>, key: impl Fn(&T) -> String) {
    let mut seen = std::collections::HashSet::new();
    list.retain(|one| seen.insert(key(one)));
}
