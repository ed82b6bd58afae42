//! As much of a post as a mail has room for, in both its parts.

use super::walk::{self, Step};
use crate::domain::shown::cut;
use crate::domain::{BODY_LIMIT_BYTES, MAX_MAIL_BYTES};
use crate::mail::encoded_bytes;

/// Each try is shorter by what was too much, so two or three do.
const MAX_TRIES: usize = 8;
/// What headers, signature and all around a body may take of a mail.
const AROUND_BYTES: usize = 30_000;

/// The HTML and the text that `make` makes of a body, and whether only of its
/// beginning. Both are empty where no beginning fits.
pub(super) fn fitted(body: &str, make: impl Fn(&str) -> (String, String)) -> (String, String, bool) {
    let mut room = body.len().min(BODY_LIMIT_BYTES);
    for _ in 0..MAX_TRIES {
        let begun = beginning(body, room);
        let (html, text) = make(begun.as_deref().unwrap_or(body));
        let share = share(&html, &text);
        if share <= 100 {
            return (html, text, begun.is_some());
        }
        room = room / share * 97;
    }
    (String::new(), String::new(), true)
}

/// How much of the room of a mail the two parts take, in percent.
fn share(html: &str, text: &str) -> usize {
    let encoded = encoded_bytes(html) + encoded_bytes(text);
    let html = (html.len() * 100).div_ceil(BODY_LIMIT_BYTES);
    html.max((encoded * 100).div_ceil(MAX_MAIL_BYTES - AROUND_BYTES))
}

/// A place where a body may end.
struct Place<'h> {
    at: usize,
    open: Vec<&'h str>,
    /// What is added to show that a sentence goes on.
    mark: &'static str,
}

/// The first blocks of a sanitised fragment, with the ends of what is open;
/// `None` when it has no more than `most` bytes. A block that alone is more
/// than half of that ends between two of its words, or lines of code.
fn beginning(html: &str, most: usize) -> Option<String> {
    if html.len() <= most {
        return None;
    }
    let mut open: Vec<&str> = Vec::new();
    let (mut block, mut within) = (None, None);
    for (at, step) in walk::steps(html) {
        match step {
            Step::Open { name, tag } => {
                if at + tag.len() > most {
                    break;
                }
                if !walk::is_void(name) {
                    open.push(name);
                } else if name == "img" {
                    within = Some(Place { at: at + tag.len(), open: open.clone(), mark: "" });
                }
            }
            Step::Close(name) => {
                open.pop();
                let at = at + name.len() + "</>".len();
                if at > most {
                    break;
                }
                if ends_a_block(name) {
                    block = Some(Place { at, open: open.clone(), mark: "" });
                }
            }
            Step::Text(text) if at + text.len() <= most => {}
            Step::Text(text) => {
                let is_code = open.contains(&"pre");
                let head = cut(text, usize::MAX, most.saturating_sub(at)).unwrap_or_default();
                let end = head.rfind(|c: char| if is_code { c == '\n' } else { c.is_whitespace() });
                // Without spaces, as in Chinese or Japanese, any place is between words.
                let end = end.filter(|end| is_code || head.len() - end < 400).unwrap_or(head.len());
                // Not within an entity.
                let end = head[..end].rfind('&').filter(|at| !head[*at..end].contains(';')).unwrap_or(end);
                if end > 0 {
                    within = Some(Place {
                        at: at + end,
                        open: open.clone(),
                        mark: if is_code { "" } else { "…" },
                    });
                }
                break;
            }
        }
    }
    let block = block.filter(|block: &Place<'_>| block.at >= most / 2);
    let Some(place) = block.or(within) else { return Some(String::new()) };
    let ends = place.open.iter().rev().map(|name| format!("</{name}>"));
    Some(format!("{}{}{}", &html[..place.at], place.mark, ends.collect::<String>()))
}

/// Whether a body may end behind this: not between a heading and what it
/// heads, nor within a row.
fn ends_a_block(name: &str) -> bool {
    walk::is_block(name)
        && !matches!(
            name,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "td" | "th" | "thead" | "caption" | "dt" | "summary"
        )
}

#[cfg(test)]
mod tests;
