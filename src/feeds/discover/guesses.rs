//! Where blogs keep their feeds when they do not say so.

use url::Url;

/// Paths below a blog's folder, the likeliest first, with who uses them.
const WELL_KNOWN: &[&str] = &[
    "feed/", // WordPress, Substack, Write.as
    "feed",
    "rss.xml",             // Astro, Gatsby, Drupal, Nikola, Webflow
    "atom.xml",            // Jekyll, Hexo, Zola, Movable Type
    "index.xml",           // Hugo
    "feed.xml",            // Jekyll, Eleventy, Micro.blog
    "rss/",                // Ghost
    "rss",                 // Tumblr, Tistory
    "?feed=rss2",          // WordPress without permalinks
    "feeds/posts/default", // Blogger
    "feed.json",           // Micro.blog, Eleventy
    "feeds/all.atom.xml",  // Pelican
    "index.rdf",           // Movable Type, Typepad
    "rss2.xml",            // Hexo
    "feed.atom",           // TYPO3, Sphinx
    "feed.rss",
    "index.rss", // Ikiwiki, Greymatter
    "index.atom",
    "atom",
    "atom/",         // Textpattern
    "feed/feed.xml", // Eleventy
    "feed/atom/",
    "feed/index.xml",
    "feeds/index.rss2",  // Serendipity
    "feeds/all.rss.xml", // Pelican
    "feeds/posts",
    "blog-feed.xml",         // Wix
    "?format=rss",           // Squarespace
    "?format=feed&type=rss", // Joomla
    "spip.php?page=backend", // SPIP
    "backend.php",
    "rss.php",
    "feed.php", // DokuWiki
    "data/rss", // LiveJournal
    "1/feed",   // Weebly
    "posts.rss",
    "posts.atom", // Posthaven
    "latest.rss",
    "xml/rss.xml",
    "index.json", // Hugo
    "feed/rss",   // HTMLy
    "?rss=1",     // Textpattern
    "feed/atom",  // Dotclear
    "index.php?feed/atom",
    "feed.php?rss",             // PluXml
    "?x=feed:rss2",             // FlatPress
    "blog1.php?tempskin=_rss2", // b2evolution
    "rss/blog/",                // Jimdo
    "RSS",                      // Plone
];

/// Endings that make a feed of a page: Grav, Shopify, Quarto, HEY World.
const ENDINGS: &[&str] = &[".rss", ".atom", ".xml", "/feed.atom"];

/// Of these, those that are tried in folders that are no likely home.
const TRIED_DEEP: usize = 12;

/// Folders that a blog has to itself, below the root of its site.
const HOMES: &[&str] =
    &["blog", "weblog", "blogs", "journal", "news", "notes", "articles", "posts", "writing"];

/// Where the feed of the blog at this address may be, the likeliest first: in
/// the folder of a blog or a person, at the root, in other folders above the page.
pub fn guesses(url: &str) -> Vec<String> {
    let Ok(page) = Url::parse(url) else { return Vec::new() };
    let mut all: Vec<String> = Vec::new();
    let mut push = |url: Option<Url>| {
        if let Some(url) = url.map(String::from).filter(|url| !all.contains(url)) {
            all.push(url);
        }
    };
    of_a_person(&page).for_each(|url| push(Some(url)));
    for folder in folders(url).into_iter().filter(|folder| folder.path().starts_with(root_of(&page).path())) {
        let most = if is_home(&folder) { WELL_KNOWN.len() } else { TRIED_DEEP };
        WELL_KNOWN[..most].iter().for_each(|path| push(folder.join(path).ok()));
        if folder.path() == "/" {
            // A site that has its blog below it.
            [
                "blog/index.xml",
                "blog/feed.xml",
                "blog/feed/",
                "blog/rss.xml",
                "blog/atom.xml",
                "blog?format=rss",
                "news/rss.xml",
            ]
            .iter()
            .for_each(|path| push(folder.join(path).ok()));
        }
    }
    let path = page.path().trim_end_matches('/');
    let stem = path.strip_suffix(".html").unwrap_or(path);
    if !stem.is_empty() {
        ENDINGS.iter().for_each(|end| push(page.join(&format!("{stem}{end}")).ok()));
        // A writer among others.
        let is_alone = !stem[1..].contains(['/', '.']);
        push(page.join(&format!("/feed{stem}")).ok().filter(|_| is_alone));
    }
    all
}

/// The root of the site that a page belongs to: on a host of many people the
/// folder of one of them, as the root is somebody else's.
pub fn root_of(page: &Url) -> Url {
    let first = page.path_segments().and_then(|mut segments| segments.next()).unwrap_or_default();
    let folder = if first.starts_with('~') { format!("/{first}/") } else { "/".to_owned() };
    page.join(&folder).unwrap_or_else(|_| page.clone())
}

/// The folders above a page, the likeliest home of its blog first.
fn folders(url: &str) -> Vec<Url> {
    let Ok(mut folder) = Url::parse(url) else { return Vec::new() };
    folder.set_query(None);
    folder.set_fragment(None);
    let mut above = Vec::new();
    let path = folder.path().trim_end_matches('/').to_owned();
    for (at, _) in path.match_indices('/').chain([(path.len(), "")]) {
        folder.set_path(&format!("{}/", &path[..at]));
        above.push(folder.clone());
    }
    above.dedup();
    above.truncate(5);
    // The root, then downwards; a folder that is a home goes before.
    let (mut ranked, others): (Vec<_>, Vec<_>) =
        above.into_iter().partition(|folder| folder.path() != "/" && is_home(folder));
    ranked.reverse();
    ranked.extend(others);
    ranked
}

/// The root of a site, or the folder of a blog, a person, or a language.
fn is_home(folder: &Url) -> bool {
    let Some(last) = folder.path().trim_end_matches('/').rsplit('/').next() else { return true };
    let last = last.to_ascii_lowercase();
    last.is_empty()
        || HOMES.contains(&last.as_str())
        || last.starts_with(['~', '@'])
        || (last.len() == 2 && last.bytes().all(|b| b.is_ascii_lowercase()))
}

/// Hosts of many people keep a writer's feed at a place of their own.
fn of_a_person(page: &Url) -> impl Iterator<Item = Url> {
    let host = page.host_str().unwrap_or_default().trim_start_matches("www.");
    let first = page.path_segments().and_then(|mut segments| segments.next()).unwrap_or_default();
    let writer = first.strip_prefix('@').filter(|name| !name.is_empty());
    let mut places = Vec::new();
    match (host, writer) {
        ("medium.com", Some(_)) => places.push(format!("/feed/{first}")),
        ("dev.to", None) if !first.is_empty() => places.push(format!("/feed/{first}")),
        // Mastodon and its kin, and writers on a domain of Medium's.
        (_, Some(_)) => places.extend([format!("/{first}.rss"), format!("/feed/{first}")]),
        _ => {}
    }
    places.into_iter().filter_map(|place| page.join(&place).ok()).collect::<Vec<_>>().into_iter()
}
