//! Pictures: each once, and sharp.
//!
//! Pages load them late: a small or empty picture stands in the place of the
//! true one until a script puts it there, and a copy waits for who has none.

use std::collections::HashSet;

use dom_query::{Document, NodeRef};
use url::Url;

use super::hosts::COUNTERS;
use super::names::{LAZY, PLACEHOLDERS, SITE_SIGNS};
use super::tree::{
    before, behind, elements, get, has_ancestor, is, is_marked, picture, replace_with_text, styled, unwrap,
    within, words,
};

/// As wide as a mail shows a picture, and twice that, for fine screens.
const SHOWN_WIDTH: u32 = 600;
const FINE_WIDTH: u32 = 1_200;
/// Copies for pages without scripts that are compared with what is there.
const MOST_COPIES: usize = 300;

pub(super) fn load(doc: &Document, base: Option<&Url>) {
    for amp in elements(doc, "amp-img, amp-anim") {
        amp.remove_children();
        amp.rename("img");
    }
    for object in elements(doc, "object[data]") {
        draw(&object);
    }
    for several in elements(doc, "picture") {
        // Without an image a browser shows nothing, and yet there are some.
        if within(&several, &["img"]).is_empty() && !within(&several, &["source"]).is_empty() {
            several.append_html("<img>");
        }
    }
    let (copies, images): (Vec<_>, Vec<_>) =
        elements(doc, "img").into_iter().partition(|image| has_ancestor(image, &["x-noscript"]));
    let images: Vec<Image<'_>> =
        images.into_iter().chain(copies).filter_map(|node| Image::of(node, base)).collect();
    let shown: HashSet<String> = images
        .iter()
        .filter(|image| !has_ancestor(&image.node, &["x-noscript"]))
        .filter_map(|image| image.url.as_ref().map(Url::to_string))
        .collect();
    for (nth, copy) in elements(doc, "x-noscript").into_iter().enumerate() {
        if nth < MOST_COPIES {
            join_copy(&copy, &images, &shown);
        } else {
            unwrap(&copy);
        }
    }
    for image in images {
        image.write();
    }
}

/// An object that is a picture, as drawings are put into pages: the picture
/// that it holds for who cannot draw it, else its own file.
fn draw(object: &NodeRef<'_>) {
    let data = get(object, "data").unwrap_or_default();
    let file = data.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let is_picture = get(object, "type").is_some_and(|kind| kind.starts_with("image/"))
        || [".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp"].iter().any(|ending| file.ends_with(ending));
    if !is_picture {
        return;
    }
    if let Some(fallback) = within(object, &["img"]).first() {
        object.replace_with(fallback);
        return;
    }
    let image = object.tree.new_element("img");
    image.set_attr("src", &data);
    image.set_attr("alt", &words(object));
    object.replace_with(&image);
}

struct Image<'d> {
    node: NodeRef<'d>,
    /// Where it is, if that can be known.
    url: Option<Url>,
    is_lazy: bool,
}

impl<'d> Image<'d> {
    /// The picture, unless it is a dot or a letter.
    fn of(node: NodeRef<'d>, base: Option<&Url>) -> Option<Self> {
        if is_pixel(&node) || is_counter(&node, base) {
            node.remove_from_parent();
            return None;
        }
        if is_emoji(&node) {
            replace_with_text(&node, &get(&node, "alt").unwrap_or_default());
            return None;
        }
        size_by_style(&node);
        if is_marked(&node, SITE_SIGNS) {
            node.set_attr("width", "20");
            node.set_attr("height", "20");
        }
        if !node.has_attr("alt")
            && let Some(title) = get(&node, "title")
        {
            node.set_attr("alt", &title);
        }
        let plain = get(&node, "src").and_then(|src| picture(&src, base));
        let late = LAZY.iter().filter_map(|(name, _)| get(&node, name)).find_map(|src| picture(&src, base));
        let is_lazy = late.is_some() || plain.is_none();
        let url = match (plain, late) {
            // The same picture: which of both is the larger?
            (Some(plain), Some(late)) if plain.path() == late.path() && hint(&late) <= hint(&plain) => {
                Some(plain)
            }
            (_, Some(late)) => Some(late),
            (plain, None) => plain,
        };
        Some(Self { url: finest(&node, url, base), node, is_lazy })
    }

    fn write(&self) {
        match &self.url {
            Some(url) => self.node.set_attr("src", url.as_str()),
            None if self.node.parent().is_some() => {
                replace_with_text(&self.node, &get(&self.node, "alt").unwrap_or_default());
            }
            None => {}
        }
    }
}

/// The best of the sizes that are offered, where the one that is named is
/// none, stands in for another, or is smaller than it is shown.
fn finest(node: &NodeRef<'_>, named: Option<Url>, base: Option<&Url>) -> Option<Url> {
    let mut offered = Vec::new();
    for attribute in node.attrs() {
        let name = attribute.name.local.to_string();
        if name == "srcset" || (name.starts_with("data-") && name.ends_with("srcset")) {
            offered.extend(candidates(&attribute.value, base));
        }
    }
    if offered.is_empty() && node.parent().is_some_and(|parent| parent.has_name("picture")) {
        let before = std::iter::successors(before(node), before);
        let mut sources: Vec<_> = before.take_while(|node| node.has_name("source")).collect();
        sources.reverse();
        // Outlook draws no WebP, and few programs AVIF.
        sources.sort_by_key(|source| match get(source, "type").as_deref() {
            Some("image/avif" | "image/jxl") => 2,
            Some("image/webp") => 1,
            _ => 0,
        });
        let of_source = |source: &NodeRef<'_>| {
            let sets = ["srcset", "data-srcset", "data-lazy-srcset"]
                .into_iter()
                .filter_map(|name| get(source, name));
            sets.flat_map(|set| candidates(&set, base)).collect::<Vec<_>>()
        };
        offered = sources.iter().map(of_source).find(|found| !found.is_empty()).unwrap_or_default();
    }
    let Some(named) = named else { return best(offered).map(|(url, _)| url) };
    let known = offered.iter().find(|(url, _)| *url == named).map(|(_, width)| *width);
    let width = known.filter(|width| *width > 4).unwrap_or_else(|| hint(&named));
    let shown =
        get(node, "width").and_then(|width| width.trim_end_matches("px").parse().ok()).unwrap_or(SHOWN_WIDTH);
    if width < shown.min(SHOWN_WIDTH) || is_placeholder(&named) {
        return best(offered)
            .filter(|(_, better)| *better <= 4 || *better > width)
            .map_or(Some(named), |(url, _)| Some(url));
    }
    Some(named)
}

/// Of several sizes the largest that a mail can use, else the smallest.
fn best(offered: Vec<(Url, u32)>) -> Option<(Url, u32)> {
    let largest =
        offered.iter().filter(|(_, width)| *width <= FINE_WIDTH).max_by_key(|(_, width)| *width).cloned();
    largest.or_else(|| offered.into_iter().min_by_key(|(_, width)| *width))
}

/// The addresses of a `srcset` as the standard reads it, each with its width,
/// or how many times the size it is shown in.
fn candidates(srcset: &str, base: Option<&Url>) -> Vec<(Url, u32)> {
    let mut found = Vec::new();
    let mut rest = srcset;
    while found.len() < 50 {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        let Some(end) = rest.find(char::is_whitespace).or(Some(rest.len())).filter(|end| *end > 0) else {
            break;
        };
        let (address, behind) = rest.split_at(end);
        let mut size = "";
        if let Some(whole) = address.strip_suffix(',') {
            found.extend(picture(whole, base).map(|url| (url, 1)));
            rest = behind;
            continue;
        }
        (size, rest) = behind.split_once(',').unwrap_or((behind, size));
        let width = size.split_whitespace().find_map(|size| {
            let number = size.strip_suffix('w').or_else(|| size.strip_suffix('x'))?;
            number.split('.').next()?.parse::<u32>().ok()
        });
        found.extend(picture(address, base).map(|url| (url, width.unwrap_or(1))));
    }
    found
}

/// The width that an address asks its server for; the most where it asks for none.
fn hint(url: &Url) -> u32 {
    const ASKED: &[&str] = &["w", "width", "resize", "fit", "size", "imwidth", "wid"];
    let number = |text: &str| {
        let digits = text.find(|c: char| !c.is_ascii_digit()).map_or(text, |end| &text[..end]);
        digits.parse::<u32>().ok()
    };
    let asked = url.query_pairs().find(|(name, _)| ASKED.contains(&&*name.to_lowercase()));
    if let Some(width) = asked.and_then(|(_, value)| number(&value)) {
        return width;
    }
    let of_part = |part: &str| {
        // WordPress: photo-300x200.jpg
        let sized =
            part.rsplit_once('.').and_then(|(stem, _)| stem.rsplit_once('-')).and_then(|(_, size)| {
                let (width, height) = size.split_once('x')?;
                number(height)?;
                number(width)
            });
        // Ghost: size/w300; Cloudinary: w_300,c_limit; Blogger: s320; Google: =w300
        let asked = part.split([',', '=']).find_map(|piece| {
            let rest = piece
                .strip_prefix("w_")
                .or_else(|| piece.strip_prefix('w'))
                .or_else(|| piece.strip_prefix('s'))?;
            let rest = rest.split('-').next()?;
            (!rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit())).then(|| number(rest)).flatten()
        });
        sized.or(asked)
    };
    url.path_segments().and_then(|mut parts| parts.find_map(of_part)).unwrap_or(u32::MAX)
}

pub(super) fn is_placeholder(url: &Url) -> bool {
    let file = url.path().rsplit('/').next().unwrap_or_default().to_lowercase();
    PLACEHOLDERS.iter().any(|word| file.contains(word))
        || url.query().is_some_and(|query| query.contains("blur"))
}

/// What is there for pages without scripts: the same picture again, or words
/// that ask for scripts, or something of its own.
fn join_copy(copy: &NodeRef<'_>, images: &[Image<'_>], shown: &HashSet<String>) {
    let inner = within(copy, &["img"]);
    if inner.is_empty() {
        let words = words(copy).to_lowercase();
        if words.contains("javascript")
            || words.is_empty() && within(copy, &["iframe", "a", "video", "audio"]).is_empty()
        {
            copy.remove_from_parent();
        } else {
            unwrap(copy);
        }
        return;
    }
    let of = |node: &NodeRef<'_>| images.iter().find(|image| image.node.id == node.id);
    let first = inner.first().and_then(of);
    let beside = |node: Option<NodeRef<'_>>| {
        let node = node.filter(NodeRef::is_element).filter(|node| !is(node, &["x-noscript", "p"]))?;
        let found = if node.has_name("img") {
            Some(node.id)
        } else {
            within(&node, &["img"]).last().map(|node| node.id)
        };
        images.iter().position(|image| Some(image.node.id) == found)
    };
    let near = beside(before(copy)).into_iter().chain(beside(behind(copy)));
    let twin = near.filter_map(|nth| images.get(nth)).find(|image| {
        let same = |other: &Image<'_>| stem(image.url.as_ref()) == stem(other.url.as_ref());
        image.is_lazy || first.is_some_and(same)
    });
    if inner.len() == 1
        && let Some(twin) = twin
    {
        let sharper = first.and_then(|first| first.url.as_ref()).filter(|url| {
            twin.url.as_ref().is_none_or(|shown| {
                is_placeholder(shown) || (hint(shown) < SHOWN_WIDTH && hint(url) > hint(shown))
            })
        });
        if let (Some(_), Some(first)) = (sharper, inner.first()) {
            twin.node.replace_with(first);
        }
        copy.remove_from_parent();
        return;
    }
    for image in &inner {
        if of(image).and_then(|image| image.url.as_ref()).is_some_and(|url| shown.contains(url.as_str())) {
            image.remove_from_parent();
        }
    }
    unwrap(copy);
}

/// The name of a picture's file without what says its size.
fn stem(url: Option<&Url>) -> Option<String> {
    let file = url?.path().rsplit('/').next()?;
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let is_size = |size: &str| size.contains('x') && size.bytes().all(|b| b.is_ascii_digit() || b == b'x');
    let unsized_stem = stem.rsplit_once('-').filter(|(_, size)| is_size(size)).map(|(before, _)| before);
    Some(unsized_stem.unwrap_or(stem).to_owned())
}

/// WordPress draws emoji as pictures from another host; in a mail the letter
/// itself is better: it needs no picture and nobody learns who reads.
fn is_emoji(node: &NodeRef<'_>) -> bool {
    let is_drawn = ["wp-smiley", "emoji"].iter().any(|name| node.has_class(name))
        || get(node, "src").is_some_and(|src| src.contains("s.w.org/images/core/emoji/"));
    is_drawn && get(node, "alt").is_some_and(|alt| alt.chars().count() <= 16)
}

/// An image of one dot counts readers and shows nothing.
fn is_pixel(node: &NodeRef<'_>) -> bool {
    let is_dot = |size: String| matches!(size.trim_end_matches("px"), "0" | "1");
    let both = |width: Option<String>, height: Option<String>| {
        width.is_some_and(is_dot) && height.is_some_and(is_dot)
    };
    both(get(node, "width"), get(node, "height"))
        || both(styled(node, "width"), styled(node, "height"))
        || styled(node, "display").is_some_and(|display| display == "none")
}

/// A picture of any size that is there to count.
fn is_counter(node: &NodeRef<'_>, base: Option<&Url>) -> bool {
    let url = get(node, "src").and_then(|src| picture(&src, base));
    url.is_some_and(|url| {
        let host = url.host_str().unwrap_or_default();
        COUNTERS.iter().any(|(of, at)| host.ends_with(of) && url.path().starts_with(at))
    })
}

/// A size that only the style says becomes one that a mail keeps.
fn size_by_style(node: &NodeRef<'_>) {
    let pixels = |property: &str| {
        let value = styled(node, property)?;
        let (number, unit) =
            value.split_at(value.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(value.len()));
        let number: f32 = number.parse().ok()?;
        let pixels = match unit {
            "px" => number,
            "em" | "rem" => number * 16.0,
            _ => return None,
        };
        (1.0..5_000.0).contains(&pixels).then(|| format!("{pixels:.0}"))
    };
    let own = get(node, "width").and_then(|own| own.trim_end_matches("px").parse::<u32>().ok());
    // A bound makes a picture smaller and never larger.
    let bound =
        pixels("max-width").filter(|most| most.parse().is_ok_and(|most: u32| most < own.unwrap_or(200)));
    let (width, height) = (pixels("width").or(bound), pixels("height"));
    if let Some(width) = width {
        node.set_attr("width", &width);
        match height {
            Some(height) => node.set_attr("height", &height),
            None if own != width.parse().ok() => node.remove_attr("height"),
            None => {}
        }
    } else if let Some(height) = height {
        let is_other = get(node, "height").is_some_and(|own| own != height);
        node.set_attr("height", &height);
        if is_other {
            node.remove_attr("width");
        }
    } else if let Some(percent) =
        styled(node, "width").filter(|width| width.ends_with('%') && width != "100%")
        && !node.has_attr("width")
    {
        node.set_attr("width", &percent);
    }
}
