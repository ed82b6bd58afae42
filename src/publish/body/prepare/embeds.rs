//! What plays or runs in a page becomes a link that says what it is, each
//! once and on a line of its own.

use dom_query::{Document, NodeRef};
use url::Url;

use super::facades;
use super::hosts::{AUDIO, BEFORE_TITLES, FORMS, LITE, MAPS, NO_TITLES, VIDEO};
use super::pictures::is_placeholder;
use super::tree::{
    before, behind, elements, get, is, is_there, picture, put_alone, styled, unwrap, web, within, words,
};
use crate::publish::body::walk::escape;

const PLAYERS: &str = "iframe, embed, object, video, audio, amp-video, amp-audio, amp-iframe, amp-video-iframe, \
    amp-facebook, amp-reddit, amp-pinterest, amp-tiktok, amp-twitter, amp-instagram, amp-gist, amp-soundcloud, \
    amp-youtube, amp-vimeo, amp-dailymotion, amp-wistia-player, [videoid], [data-videoid], [video-id], \
    [data-video-id], [data-youtube-id], [data-yt-id], [data-vimeo-id], [class*=youtube][data-id], [class*=vimeo][data-id], \
    x-script, youtube-video, vimeo-video, spotify-audio, hls-video, media-player, [data-facadesrc], \
    [data-html*=iframe], [data-iframe*=iframe], [data-embed-html*=iframe], .elementor-widget-video[data-settings], \
    .fb-post[data-href]:empty, .fb-video[data-href]:empty";

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
    for (nth, player) in elements(doc, PLAYERS).into_iter().enumerate() {
        if nth >= MOST_PLAYERS {
            unwrap(&player);
            continue;
        }
        if !is_there(&player) {
            continue;
        }
        if player.has_name("blockquote") {
            cite(&player, base);
            continue;
        }
        if facades::is_holder(&player)
            && !words(&player).is_empty()
            && let Some(url) = facades::page(&player, base)
        {
            // It says more than that it plays, and may hold the player as well.
            if within(&player, &["iframe", "video"]).is_empty() {
                let (page, kind) = (page_of(&url), kind_of(&url));
                let said = escape(&label(&player, &page, kind));
                player.prepend_html(format!("<p><a href=\"{}\">{said}</a></p>", escape(page.as_str())));
            }
            continue;
        }
        let Some((url, kind)) = source_of(&player, base) else {
            // Sources and fallbacks may still say something.
            if is(&player, &["object", "video", "audio"]) {
                unwrap(&player);
            } else if !facades::is_block(&player) {
                player.remove_from_parent();
            }
            continue;
        };
        let poster = poster_of(&player, base);
        if is_unseen(&player) || is_linked_beside(&player, &url, base) {
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

/// A quotation of a film keeps its words, and says where the film is.
fn cite(quote: &NodeRef<'_>, base: Option<&Url>) {
    let Some(url) = get(quote, "cite").and_then(|cite| web(&cite, base)) else { return };
    let leads_there = |link: &NodeRef<'_>| {
        get(link, "href")
            .and_then(|href| web(&href, base))
            .is_some_and(|other| file_of(&other) == file_of(&url))
    };
    if !within(quote, &["a"]).iter().take(20).any(leads_there) {
        let said = escape(&label(quote, &url, kind_of(&url)));
        quote.append_html(format!("<p><a href=\"{}\">{said}</a></p>", escape(url.as_str())));
    }
}

/// The picture that a film shows before it plays.
fn poster_of(player: &NodeRef<'_>, base: Option<&Url>) -> Option<Url> {
    let own = get(player, "poster").and_then(|src| picture(&src, base)).filter(|url| !is_placeholder(url));
    own.or_else(|| {
        // Ghost's own stands around it.
        let thumbnail = player.ancestors(Some(3)).iter().find_map(|above| get(above, "data-kg-thumbnail"));
        thumbnail.and_then(|src| picture(&src, base))
    })
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
    .chain(&["data-facadesrc"])
    .filter(|_| &*name != "x-script")
    .filter_map(|attribute| get(player, attribute))
    .find_map(|src| web(&src, base));
    let of_source = || {
        let sources = within(player, &["source", "embed"]);
        let sources =
            sources.iter().filter_map(|source| get(source, "src").or_else(|| get(source, "data-src")));
        // Of one film in several forms the one that all play.
        let src = sources.min_by_key(|src| !src.contains(".mp4") && !src.contains(".mp3"));
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
    let url = own
        .or_else(|| facades::page(player, base))
        .or_else(of_source)
        .or_else(of_parameter)
        .or_else(of_fallback)?;
    let kind = match &*name {
        "audio" | "amp-audio" | "spotify-audio" => Kind::Audio,
        "video" | "amp-video" | "hls-video" | "media-player" => Kind::Video,
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

/// Whether a link to the same file stands beside the player, or beside what
/// holds nothing but the player.
fn is_linked_beside(player: &NodeRef<'_>, url: &Url, base: Option<&Url>) -> bool {
    let file = file_of(url);
    let leads_there = |node: NodeRef<'_>| {
        let links = if node.has_name("a") { vec![node] } else { within(&node, &["a"]) };
        links
            .iter()
            .take(20)
            .filter_map(|link| get(link, "href"))
            .filter_map(|href| web(&href, base))
            .any(|other| file_of(&other) == file)
    };
    let mut at = *player;
    for level in 0..3 {
        let (above, below) = (before(&at), behind(&at));
        let is_alone = above.is_none() && below.is_none();
        // Words further up that lead there are a sentence of their own.
        let above = above.filter(|node| level == 0 || is_all_link(node));
        if above.into_iter().chain(below).filter(NodeRef::is_element).any(leads_there) {
            return true;
        }
        match at.parent().filter(|parent| !parent.has_name("html") && (is_alone || level == 0)) {
            Some(parent) => at = parent,
            None => return false,
        }
    }
    false
}

/// Whether all that an element says is one link.
fn is_all_link(node: &NodeRef<'_>) -> bool {
    node.has_name("a") || within(node, &["a"]).first().is_some_and(|link| words(link) == words(node))
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
    let said = ["title", "playlabel", "data-title", "video-title"].iter().find_map(|name| get(player, name));
    let title = said.map(|said| without_beginning(&said).to_owned());
    let title = title.filter(|title| !NO_TITLES.contains(&title.to_lowercase().as_str()));
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

/// A title without what the player says before it.
fn without_beginning(said: &str) -> &str {
    let beginning = BEFORE_TITLES
        .iter()
        .find(|before| said.get(..before.len()).is_some_and(|begun| begun.eq_ignore_ascii_case(before)));
    beginning.map_or(said, |before| &said[before.len()..])
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
            // A film that is shown from a moment on is shown from there.
            let from = asked("start")
                .or_else(|| asked("t"))
                .filter(|from| from.bytes().all(|b| b.is_ascii_alphanumeric()));
            let from = from.filter(|from| from != "0").map(|from| format!("&t={from}")).unwrap_or_default();
            Some(format!("https://www.youtube.com/watch?v={id}{from}"))
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
