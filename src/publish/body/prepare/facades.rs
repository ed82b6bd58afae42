//! Players that a page holds back until they are wanted: in an attribute, in
//! the settings of a program, or in a script that draws them.

use dom_query::NodeRef;
use url::Url;

use super::hosts::SCRIPTS;
use super::tree::{get, is, web};

/// Whether a script, by the tag that begins it, puts something into the post.
pub(in crate::publish::body) fn is_script(tag: &str) -> bool {
    let tag = tag.to_ascii_lowercase();
    SCRIPTS.iter().any(|(host, ..)| tag.contains(host))
}

/// Whether an element stands around a player, perhaps with words.
pub(super) fn is_holder(player: &NodeRef<'_>) -> bool {
    let names = ["data-html", "data-iframe", "data-embed-html", "data-settings"];
    is_block(player) && names.iter().any(|name| player.has_attr(name))
}

/// Whether it is a piece of the page, and no player by its own name.
pub(super) fn is_block(player: &NodeRef<'_>) -> bool {
    is(player, &["div", "section", "figure", "span", "p"])
}

/// Where what is held back is found.
pub(super) fn page(player: &NodeRef<'_>, base: Option<&Url>) -> Option<Url> {
    if player.has_name("x-script") {
        return of_script(player, base);
    }
    let of_markup = ["data-html", "data-iframe", "data-embed-html"].iter().find_map(|name| {
        let markup = get(player, name)?;
        let (_, behind) = markup.split_once("src=")?;
        let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        web(behind[1..].split(quote).next()?, base)
    });
    of_markup.or_else(|| of_settings(player, base))
}

/// A script of a page of its own, which is that page's address and an ending.
fn of_script(script: &NodeRef<'_>, base: Option<&Url>) -> Option<Url> {
    let mut url = web(&get(script, "src")?, base)?;
    let host = url.host_str()?.trim_start_matches("www.").to_owned();
    let (_, from, to) = SCRIPTS.iter().find(|(of, from, _)| host == *of && url.path().starts_with(from))?;
    if *to == "/player/" {
        // One script for all, and what is shown in an attribute.
        let id = get(script, "data-id").filter(|id| id.bytes().all(|b| b.is_ascii_alphanumeric()))?;
        return url.join(&format!("{to}{id}")).ok();
    }
    let path = url.path()[from.len()..].to_owned();
    let path = path.split("/embed").next().unwrap_or_default();
    let page = path.strip_suffix(".js").unwrap_or(path);
    if page.is_empty() {
        return None;
    }
    url.set_path(&format!("{to}{page}"));
    url.set_query(None);
    Some(url)
}

/// Elementor's: `{"video_type":"youtube","youtube_url":"…"}`.
fn of_settings(player: &NodeRef<'_>, base: Option<&Url>) -> Option<Url> {
    let settings: serde_json::Value = serde_json::from_str(&get(player, "data-settings")?).ok()?;
    let kind = settings.get("video_type").and_then(|kind| kind.as_str()).unwrap_or("youtube");
    let url = settings.get(format!("{kind}_url"))?;
    web(url.as_str().or_else(|| url.get("url")?.as_str())?, base)
}
