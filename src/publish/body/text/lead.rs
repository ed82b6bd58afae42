//! The text part begins with the post's first words: mail programs show them
//! beside From and Subject. Pictures and players that stand above come below.

use std::borrow::Cow;

use super::marks::picture;
use crate::publish::body::excerpt::{blocks, unwrapped};
use crate::publish::body::walk::{self, Step};

/// More blocks of pictures than this are what the post is about.
const MOST_ABOVE: usize = 6;
/// Wrappers in wrappers that are opened: each costs a look at all that is in it.
const MOST_WRAPPERS: usize = 8;
/// What a link to a player begins with.
const PLAYERS: [&str; 3] = ["Watch: ", "Listen: ", "Open: "];

/// The same post, its first words first.
pub(super) fn words_first(html: &str) -> Cow<'_, str> {
    let pieces = opened(html);
    let Some(first) = pieces.iter().take(MOST_ABOVE).position(|piece| has_words(piece)) else {
        return Cow::Borrowed(html);
    };
    let (pictures, words) = apart(pieces[first]);
    if first == 0 && pictures.is_empty() {
        return Cow::Borrowed(html);
    }
    let mut out = String::with_capacity(html.len() + 200);
    put(&mut out, words);
    for piece in pieces[..first].iter().filter(|piece| !piece.starts_with("<hr")) {
        put(&mut out, piece);
    }
    put(&mut out, pictures);
    for piece in &pieces[first + 1..] {
        put(&mut out, piece);
    }
    Cow::Owned(out)
}

/// The blocks of a post, with wrappers opened down to the first words.
fn opened(html: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut waiting: Vec<&str> = blocks(html).into_iter().rev().collect();
    let (mut wrappers, mut is_found) = (0, false);
    while let Some(block) = waiting.pop() {
        let inside = Some(block).filter(|_| !is_found && wrappers < MOST_WRAPPERS).and_then(unwrapped);
        if let Some(inside) = inside {
            wrappers += 1;
            waiting.extend(blocks(inside).into_iter().rev());
        } else {
            is_found = is_found || has_words(block);
            pieces.push(block);
        }
    }
    pieces
}

/// A piece of a post, on lines of its own.
fn put(out: &mut String, piece: &str) {
    let is_block =
        matches!(walk::steps(piece).next(), Some((_, Step::Open { name, .. })) if walk::is_block(name));
    if is_block || piece.trim().is_empty() {
        out.push_str(piece);
    } else {
        out.push_str(&format!("<p>{piece}</p>"));
    }
}

/// Whether a block says something: not below a picture, nor that a player is there.
fn has_words(block: &str) -> bool {
    let (mut caption, mut links) = (0_usize, 0_usize);
    let (mut said, mut is_link) = (String::new(), true);
    for (_, step) in walk::steps(block) {
        match step {
            Step::Open { name: "figcaption", .. } => caption += 1,
            Step::Close("figcaption") => caption = caption.saturating_sub(1),
            Step::Open { name: "img", tag } if !picture(tag).starts_with("[Picture") => {
                said.push_str(&picture(tag))
            }
            Step::Open { name: "a", .. } => links += 1,
            Step::Close("a") => links = links.saturating_sub(1),
            Step::Text(text) if caption == 0 => {
                is_link &= links > 0 || text.trim().is_empty();
                said.push_str(text);
            }
            _ => {}
        }
    }
    let said = said.trim();
    let is_of_a_player = is_link && PLAYERS.iter().any(|player| said.starts_with(player));
    !said.is_empty() && !is_of_a_player
}

/// The pictures with which a paragraph begins, and the paragraph without them.
fn apart(block: &str) -> (&str, &str) {
    let inner = match walk::steps(block).next() {
        Some((_, Step::Open { name: "p" | "div", tag })) => &block[tag.len()..],
        Some((_, Step::Open { name, .. })) if walk::is_block(name) => return ("", block),
        _ => block,
    };
    let (mut end, mut depth) = (0, 0_usize);
    for (at, step) in walk::steps(inner) {
        match step {
            Step::Open { name: "img", tag } if picture(tag).starts_with("[Picture") => {
                if depth == 0 {
                    end = at + tag.len();
                }
            }
            Step::Open { name: "a" | "span", .. } => depth += 1,
            Step::Close(name @ ("a" | "span")) => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    end = at + name.len() + "</>".len();
                }
            }
            Step::Open { name: "br", tag } if depth == 0 && end > 0 => end = at + tag.len(),
            Step::Text(text) if text.trim().is_empty() => {}
            _ => break,
        }
    }
    if end == 0 || !inner[..end].contains("<img") { ("", block) } else { (&inner[..end], &inner[end..]) }
}
