//! From a home page to its feed.

use lol_html::{HtmlRewriter, Settings, element};
use url::Url;

use super::text;

/// An address at which a feed may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Absolute.
    pub url: String,
    /// What the page says of it; may be empty.
    pub title: String,
}

/// Where blogs keep their feeds when they do not say so, the likeliest first.
const WELL_KNOWN: &[&str] = &[
    "feed/",
    "feed",
    "rss.xml",
    "atom.xml",
    "index.xml",
    "feed.xml",
    "feed.json",
    "rss",
    "?feed=rss2",
    "rss/",
    "feeds/posts/default",
];

/// Only this much of a page is searched; what it names stands in its head.
const SEARCHED_BYTES: usize = 2 * 1024 * 1024;

/// Where the feed of this page may be, the likeliest first: what the page
/// names (`rel=alternate`), with feeds of comments behind those of posts, then
/// well-known paths below the page and at the root.
pub fn candidates(html: &[u8], url: &str) -> Vec<Candidate> {
    let Ok(page) = Url::parse(url) else { return Vec::new() };
    let (mut found, comments): (Vec<_>, Vec<_>) =
        named(html, &page).into_iter().partition(|candidate| !is_of_comments(candidate));
    found.extend(on_medium(&page));
    for folder in folders(&page) {
        for path in WELL_KNOWN {
            if let Ok(url) = folder.join(path) {
                found.push(Candidate { url: url.into(), title: String::new() });
            }
        }
    }
    // Still before guesses would be too early: a page that names nothing but
    // its comments has its posts at one of the well-known paths.
    found.extend(comments);
    let mut seen = std::collections::HashSet::new();
    found.retain(|candidate| seen.insert(candidate.url.clone()));
    found
}

/// What the page names.
fn named(html: &[u8], page: &Url) -> Vec<Candidate> {
    let mut base: Option<String> = None;
    let mut links: Vec<(String, String)> = Vec::new();
    {
        let settings = Settings::new()
            .with_strict(false)
            .append_element_content_handler(element!("base[href]", |el| {
                if base.is_none() {
                    base = el.get_attribute("href");
                }
                Ok(())
            }))
            .append_element_content_handler(element!("link[rel][href]", |el| {
                let attribute = |name: &str| text::plain(&el.get_attribute(name).unwrap_or_default());
                if links.len() < 100 && names_a_feed(&attribute("rel"), &attribute("type")) {
                    links.push((attribute("href"), attribute("title")));
                }
                Ok(())
            }));
        let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| {});
        // What was found before a fault still counts.
        if rewriter.write(&html[..html.len().min(SEARCHED_BYTES)]).is_ok() {
            let _ = rewriter.end();
        }
    }
    let base = base.and_then(|href| page.join(&text::plain(&href)).ok()).unwrap_or_else(|| page.clone());
    links
        .into_iter()
        .filter_map(|(href, title)| {
            let url = base.join(href.trim()).ok()?;
            matches!(url.scheme(), "http" | "https").then(|| Candidate { url: url.into(), title })
        })
        .collect()
}

fn names_a_feed(rel: &str, kind: &str) -> bool {
    let rel = rel.to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_alternate = rel.split_whitespace().any(|word| word == "alternate" || word == "feed");
    let is_feed = matches!(
        kind.as_str(),
        "application/rss+xml"
            | "application/atom+xml"
            | "application/rdf+xml"
            | "application/feed+json"
            | "text/rss+xml"
            | "text/xml"
            | "application/xml"
    );
    // `application/json` is also what WordPress says of its REST links.
    is_alternate && (is_feed || (kind == "application/json" && !rel.contains("api")))
}

fn is_of_comments(candidate: &Candidate) -> bool {
    let path = candidate.url.to_ascii_lowercase();
    path.contains("/comments/")
        || path.contains("comments-rss")
        || path.contains("feed=comments")
        || candidate.title.to_lowercase().contains("comment")
        || path.contains("/wp-json/")
        || path.contains("oembed")
}

/// Medium keeps a writer's feed at `/feed/@name`.
fn on_medium(page: &Url) -> Option<Candidate> {
    let writer = page.path_segments()?.next().filter(|name| name.len() > 1 && name.starts_with('@'))?;
    let url = page.join(&format!("/feed/{writer}")).ok()?;
    Some(Candidate { url: url.into(), title: String::new() })
}

/// The page's own folder, then the root.
fn folders(page: &Url) -> Vec<Url> {
    let mut root = page.clone();
    root.set_query(None);
    root.set_fragment(None);
    let mut own = root.clone();
    root.set_path("/");
    if !own.path().ends_with('/') {
        let path = format!("{}/", own.path());
        own.set_path(&path);
    }
    if own == root { vec![root] } else { vec![own, root] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(html: &str, url: &str) -> Vec<String> {
        candidates(html.as_bytes(), url).into_iter().map(|c| c.url).collect()
    }

    #[test]
    fn what_the_page_names_comes_first_and_comments_last() {
        let html = r#"<html><head>
            <link rel="alternate" type="application/rss+xml" title="Blog &raquo; Comments Feed" href="/comments/feed/">
            <link rel=stylesheet href=/x.css>
            <LINK REL="Alternate" TYPE="application/rss+xml" TITLE="Blog &raquo; Feed" HREF="/?feed=rss2&amp;x=1">
            <link rel="alternate" hreflang="de" href="/de/"></head>"#;
        let found = candidates(html.as_bytes(), "https://blog.example/");
        assert_eq!(found[0].url, "https://blog.example/?feed=rss2&x=1");
        assert_eq!(found[0].title, "Blog » Feed");
        assert_eq!(found[1].url, "https://blog.example/feed/");
        assert_eq!(found.last().unwrap().url, "https://blog.example/comments/feed/");
    }

    #[test]
    fn a_base_element_moves_relative_feeds() {
        let html = r#"<base href="https://cdn.example/b/"><link rel=alternate type=application/atom+xml href=atom.xml>"#;
        assert_eq!(urls(html, "https://blog.example/")[0], "https://cdn.example/b/atom.xml");
    }

    #[test]
    fn a_blog_below_the_root_is_guessed_there_first() {
        let guesses = urls("", "https://host.example/blog?x=1#y");
        assert_eq!(guesses[0], "https://host.example/blog/feed/");
        assert!(guesses.contains(&"https://host.example/feed/".to_owned()));
        assert!(guesses.contains(&"https://host.example/?feed=rss2".to_owned()));
    }

    #[test]
    fn hosts_with_places_of_their_own_are_known() {
        assert_eq!(urls("", "https://medium.com/@kim/a-post")[0], "https://medium.com/feed/@kim");
        assert!(
            urls("", "https://kim.blogspot.com/")
                .contains(&"https://kim.blogspot.com/feeds/posts/default".to_owned())
        );
        for (host, feed) in
            [("kim.substack.com", "feed"), ("kim.ghost.io", "rss/"), ("kim.github.io", "feed.xml")]
        {
            assert!(
                urls("", &format!("https://{host}/")).contains(&format!("https://{host}/{feed}")),
                "{host}"
            );
        }
    }

    #[test]
    fn nothing_is_guessed_for_what_is_no_page() {
        assert_eq!(urls("", "not an address"), Vec::<String>::new());
        let html = "<link rel=alternate type=application/rss+xml href='javascript:x'>";
        assert!(urls(html, "https://a.example/").iter().all(|u| u.starts_with("https://")));
    }
}
