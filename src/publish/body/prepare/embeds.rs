//! What plays or runs in a page becomes a link that says what it is, each
//! once and on a line of its own.

use std::collections::HashSet;

use dom_query::{Document, NodeRef};
use url::Url;

use super::hosts::{AUDIO, FORMS, LITE, MAPS, NO_TITLES, VIDEO};
use super::tree::{
    before, behind, elements, get, is, is_there, picture, put_alone, styled, unwrap, web, within, words,
};
use crate::publish::body::walk::escape;

const PLAYERS: &str = "iframe, embed, object, video, audio, amp-video, amp-audio, amp-iframe, amp-video-iframe, \
    amp-facebook, amp-reddit, amp-pinterest, amp-tiktok, amp-twitter, amp-instagram, amp-gist, amp-soundcloud, \
    amp-youtube, amp-vimeo, amp-dailymotion, amp-wistia-player, [videoid], [data-videoid], [video-id], \
    [data-video-id], [data-youtube-id], [data-yt-id], [data-vimeo-id], [class*=youtube][data-id], [class*=vimeo][data-id]";

/// More in one post are nobody's writing.
const MOST_PLAYERS: usize = 300;

/// What it is, as the link says it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Video,
    Audio,
    Map,
    Form,
    File,
    Other,
}

pub(super) fn link(doc: &Document, base: Option<&Url>) {
    let mut linked: HashSet<String> = HashSet::new();
    for (nth, player) in elements(doc, PLAYERS).into_iter().enumerate() {
        if nth >= MOST_PLAYERS {
            unwrap(&player);
            continue;
        }
        if !is_there(&player) {
            continue;
        }
        let Some((url, kind)) = source_of(&player, base) else {
            // Sources and fallbacks may still say something.
            if is(&player, &["object", "video", "audio"]) {
                unwrap(&player)
            } else {
                player.remove_from_parent()
            }
            continue;
        };
        let poster = get(&player, "poster").and_then(|src| picture(&src, base));
        if is_unseen(&player) || is_linked_beside(&player, &url, base) || !linked.insert(file_of(&url)) {
            player.remove_from_parent();
            continue;
        }
        let said =
            format!("<a href=\"{}\">{}</a>", escape(url.as_str()), escape(&label(&player, &url, kind)));
        match poster {
            Some(poster) => {
                put_alone(&player, &format!("<img src=\"{}\" alt=\"\"><br>{said}", escape(poster.as_str())));
            }
            None => put_alone(&player, &said),
        }
    }
    // WordPress writes what it cannot embed in a feed as its bare address.
    for wrapper in elements(doc, ".wp-block-embed__wrapper") {
        let said = words(&wrapper);
        if wrapper.has_only_text()
            && !said.contains(' ')
            && let Some(url) = web(&said, None)
        {
            let (page, kind) = (page_of(&url), kind_of(&url));
            wrapper.set_html(format!(
                "<a href=\"{}\">{}</a>",
                escape(page.as_str()),
                escape(&label(&wrapper, &page, kind))
            ));
        }
    }
    files_once(doc, base);
}

/// A button to load a file down beside the link to the same file.
fn files_once(doc: &Document, base: Option<&Url>) {
    for button in elements(doc, "a[download], a.wp-block-file__button").into_iter().take(MOST_PLAYERS) {
        let Some(url) = get(&button, "href").and_then(|href| web(&href, base)) else { continue };
        let leads_there = |link: &NodeRef<'_>| {
            link.id != button.id
                && get(link, "href").and_then(|href| web(&href, base)).is_some_and(|other| other == url)
        };
        if button.parent().is_some_and(|parent| within(&parent, &["a"]).iter().take(20).any(leads_there)) {
            button.remove_from_parent();
        }
    }
}

/// Where a player's page or file is, and what it plays.
fn source_of(player: &NodeRef<'_>, base: Option<&Url>) -> Option<(Url, Kind)> {
    let name = player.node_name()?;
    let marks = format!("{name} {}", player.class().unwrap_or_default()).to_lowercase();
    for (mark, attributes, address) in LITE.iter().filter(|(mark, ..)| marks.contains(mark)) {
        let id = attributes.iter().find_map(|attribute| get(player, attribute));
        if let Some(id) = id.filter(|id| !id.contains(['/', ' ', '?', '#', '&'])) {
            let url = Url::parse(&format!("{address}{id}")).ok()?;
            let is_video = !mark.starts_with("amp-") || *mark == "amp-wistia";
            let kind = if is_video { Kind::Video } else { kind_of(&url) };
            return Some((url, kind));
        }
    }
    let own = [
        "src",
        "data",
        "data-src",
        "data-lazy-src",
        "data-litespeed-src",
        "data-cookieblock-src",
        "data-cmp-src",
    ]
    .iter()
    .chain(&["data-orig-src", "data-original", "data-url", "data-href", "data-iframe-src", "data-embed-src"])
    .filter_map(|attribute| get(player, attribute))
    .find_map(|src| web(&src, base));
    let of_source = || {
        let sources = within(player, &["source", "embed"]);
        let src = sources.iter().find_map(|source| get(source, "src").or_else(|| get(source, "data-src")));
        src.and_then(|src| web(&src, base))
    };
    let of_parameter = || {
        let parameters = within(player, &["param"]);
        let movie = parameters
            .iter()
            .find(|param| get(param, "name").is_some_and(|name| matches!(&*name, "movie" | "src")));
        movie.and_then(|param| get(param, "value")).and_then(|src| web(&src, base))
    };
    let of_fallback = || {
        let links = within(player, &["a"]);
        links.iter().find_map(|link| get(link, "href")).and_then(|href| web(&href, base))
    };
    let url = own.or_else(of_source).or_else(of_parameter).or_else(of_fallback)?;
    let kind = match &*name {
        "audio" | "amp-audio" => Kind::Audio,
        "video" | "amp-video" => Kind::Video,
        _ if get(player, "type").is_some_and(|kind| kind.starts_with("audio/")) => Kind::Audio,
        _ if get(player, "type").is_some_and(|kind| kind.starts_with("video/")) => Kind::Video,
        _ => kind_of(&url),
    };
    // Bandcamp and others put the page's link into the frame, for who shows none.
    let page = within_frame(player, base).unwrap_or_else(|| page_of(&url));
    Some((page, kind))
}

fn within_frame(player: &NodeRef<'_>, base: Option<&Url>) -> Option<Url> {
    if !player.has_name("iframe") {
        return None;
    }
    let inner = player.text();
    let href = inner.split_once("href=\"")?.1.split_once('"')?.0;
    web(href, base)
}

fn is_unseen(player: &NodeRef<'_>) -> bool {
    let is_dot =
        |name| get(player, name).is_some_and(|size| matches!(size.trim_end_matches("px"), "0" | "1"));
    // WordPress shows the quotation until the frame is there.
    let is_quoted = player.has_class("wp-embedded-content")
        && before(player)
            .is_some_and(|quote| quote.has_name("blockquote") && !within(&quote, &["a"]).is_empty());
    // Of AMP's elements these are a ratio.
    let is_frame = is(player, &["iframe", "embed", "object"]);
    is_quoted
        || (is_frame && is_dot("width") && is_dot("height"))
        || styled(player, "display").is_some_and(|display| display == "none")
}

/// Whether a link to the same file stands beside the player.
fn is_linked_beside(player: &NodeRef<'_>, url: &Url, base: Option<&Url>) -> bool {
    let near = [before(player), behind(player), player.parent().and_then(|parent| behind(&parent))];
    let file = file_of(url);
    near.into_iter().flatten().filter(NodeRef::is_element).any(|node| {
        let links = if node.has_name("a") { vec![node] } else { within(&node, &["a"]) };
        links
            .iter()
            .take(20)
            .filter_map(|link| get(link, "href"))
            .filter_map(|href| web(&href, base))
            .any(|other| file_of(&other) == file)
    })
}

/// An address without what only counts who asks for it.
fn file_of(url: &Url) -> String {
    let is_file = url.path().rsplit('/').next().is_some_and(|file| file.contains('.'));
    let mut file = url.clone();
    file.set_fragment(None);
    if is_file {
        file.set_query(None);
    }
    file.into()
}

fn label(player: &NodeRef<'_>, url: &Url, kind: Kind) -> String {
    let host = url.host_str().unwrap_or_default().trim_start_matches("www.").to_owned();
    let said = ["title", "playlabel", "data-title"].iter().find_map(|name| get(player, name));
    let title = said.filter(|title| !NO_TITLES.contains(&title.to_lowercase().as_str()));
    let verb = match kind {
        Kind::Video => "Watch",
        Kind::Audio => "Listen",
        _ => "Open",
    };
    let name = title.unwrap_or_else(|| match kind {
        Kind::Map => format!("map on {host}"),
        Kind::Form => format!("form on {host}"),
        Kind::File => url.path().rsplit('/').next().unwrap_or_default().to_owned(),
        _ => host,
    });
    format!("{verb}: {name}")
}

fn kind_of(url: &Url) -> Kind {
    let (host, path) = (url.host_str().unwrap_or_default(), url.path().to_ascii_lowercase());
    let is_any = |table: &[(&str, &str)]| table.iter().any(|(of, at)| host.contains(of) && path.contains(at));
    let file = path.rsplit('/').next().unwrap_or_default();
    let ends = |endings: &[&str]| endings.iter().any(|ending| file.ends_with(ending));
    if ends(&[".pdf", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".odt", ".epub", ".zip"]) {
        Kind::File
    } else if ends(&[".mp3", ".m4a", ".ogg", ".oga", ".opus", ".wav", ".flac"]) {
        Kind::Audio
    } else if ends(&[".mp4", ".webm", ".mov", ".ogv", ".m4v"]) {
        Kind::Video
    } else if is_any(FORMS) {
        Kind::Form
    } else if is_any(MAPS) {
        Kind::Map
    } else if is_any(AUDIO) {
        Kind::Audio
    } else if is_any(VIDEO) {
        Kind::Video
    } else {
        Kind::Other
    }
}

/// The page of a player, where it is known: a player alone may refuse to play.
fn page_of(url: &Url) -> Url {
    let host = url.host_str().unwrap_or_default().trim_start_matches("www.");
    let asked =
        |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let parts: Vec<&str> = url.path().trim_matches('/').split('/').collect();
    let page = match (host, parts.as_slice()) {
        ("youtube.com" | "youtube-nocookie.com", ["embed", "videoseries"]) => {
            asked("list").map(|list| format!("https://www.youtube.com/playlist?list={list}"))
        }
        ("youtube.com" | "youtube-nocookie.com", ["embed" | "v" | "shorts", id]) => {
            Some(format!("https://www.youtube.com/watch?v={id}"))
        }
        ("player.vimeo.com", ["video", id]) => Some(format!("https://vimeo.com/{id}")),
        ("dailymotion.com" | "geo.dailymotion.com", ["embed", "video", id]) => {
            Some(format!("https://www.dailymotion.com/video/{id}"))
        }
        ("player.twitch.tv", _) => asked("channel")
            .or_else(|| asked("video").map(|id| format!("videos/{id}")))
            .map(|page| format!("https://www.twitch.tv/{page}")),
        ("open.spotify.com", ["embed", rest @ ..]) => {
            Some(format!("https://open.spotify.com/{}", rest.join("/")))
        }
        ("cdn.embedly.com", _) => asked("url"),
        // Mastodon and its kin.
        (_, [name, id, "embed"]) if name.starts_with('@') => {
            url.join("/").ok().map(|root| format!("{root}{name}/{id}"))
        }
        _ => None,
    };
    page.and_then(|page| web(&page, None)).unwrap_or_else(|| url.clone())
}
