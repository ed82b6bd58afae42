//! The beginning of a post: its first blocks, its summary, how long it takes to read.

use super::walk::{self, Step};
use crate::domain::shown::cut;

/// An excerpt ends at the border of a block near this many words.
const EXCERPT_WORDS: usize = 120;
/// A single block much longer than that is cut within.
const BLOCK_WORDS: usize = 200;
/// An excerpt has no more bytes, whatever its words.
const EXCERPT_BYTES: usize = 16_000;
/// Of a block that is cut within, so many signs are kept.
const CUT_SIGNS: usize = EXCERPT_WORDS * 6;
/// What a mail program shows beside the subject.
const SUMMARY_SIGNS: usize = 150;

/// The top-level blocks of a sanitised fragment, in order; what stands loose
/// between them is a block too.
pub(super) fn blocks(html: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (at, step) in walk::steps(html) {
        match step {
            Step::Open { name, tag } => {
                if depth == 0 && walk::is_block(name) {
                    found.push(&html[start..at]);
                    start = at;
                }
                if !walk::is_void(name) {
                    depth += 1;
                } else if depth == 0 && name == "hr" {
                    start = at + tag.len();
                    found.push(&html[at..start]);
                }
            }
            Step::Close(name) => {
                depth = depth.saturating_sub(1);
                if depth == 0 && walk::is_block(name) {
                    let end = at + name.len() + "</>".len();
                    found.push(&html[start..end]);
                    start = end;
                }
            }
            Step::Text(_) => {}
        }
    }
    found.push(&html[start..]);
    found.retain(|block| !block.trim().is_empty());
    found
}

/// The first blocks, up to about 120 words.
pub(super) fn beginning(html: &str) -> String {
    let blocks = blocks(html);
    // One wrapper around all: its inside is what has borders.
    if let [only] = blocks.as_slice()
        && let Some(inside) = unwrapped(only)
    {
        return beginning(inside);
    }
    let mut taken = String::new();
    // Words, and those of them that stand in no heading.
    let (mut words, mut said) = (0, 0);
    // Of each block that was taken: where it begins, whether it is a heading.
    let mut from = Vec::new();
    for block in blocks {
        let plain = walk::plain(block);
        let more = count_words(&plain).whole();
        let is_large = taken.len() + block.len() > EXCERPT_BYTES;
        if said > 0 && (words + more > EXCERPT_WORDS || is_large) {
            break;
        }
        if words + more > BLOCK_WORDS || is_large {
            from.push((taken.len(), false));
            taken.push_str("<p>");
            taken.push_str(&if plain.is_empty() {
                first_picture(block).to_owned()
            } else {
                walk::escape(&first_words(&plain, CUT_SIGNS))
            });
            taken.push_str("</p>");
            break;
        }
        let is_heading = is_heading(block.trim_start());
        said += if is_heading { 0 } else { more };
        from.push((taken.len(), is_heading));
        taken.push_str(block);
        words += more;
        if words >= EXCERPT_WORDS {
            break;
        }
    }
    // A heading without what it heads says nothing.
    while let [_, .., (at, true)] = from[..] {
        taken.truncate(at);
        from.pop();
    }
    taken
}

fn is_heading(block: &str) -> bool {
    ["<h1", "<h2", "<h3", "<h4", "<h5", "<h6", "<hr"].iter().any(|tag| block.starts_with(tag))
}

/// The first picture of a block that has no words.
fn first_picture(block: &str) -> &str {
    let mut pictures = walk::steps(block).filter_map(|(_, step)| match step {
        Step::Open { name: "img", tag } => Some(tag),
        _ => None,
    });
    pictures.next().unwrap_or_default()
}

/// The inside of a block that is only a wrapper.
pub(super) fn unwrapped(block: &str) -> Option<&str> {
    let block = block.trim();
    let (_, Step::Open { name, tag }) = walk::steps(block).next()? else {
        return None;
    };
    if !matches!(name, "div" | "section" | "article" | "main" | "center") {
        return None;
    }
    block[tag.len()..].strip_suffix(&format!("</{name}>"))
}

/// Plain text of at most 150 signs, cut between words.
pub(super) fn summary(html: &str) -> String {
    let paragraphs: Vec<String> = flat(html)
        .into_iter()
        .filter(|block| {
            !block.starts_with("<h") && !block.starts_with("<figure") && !block.starts_with("<pre")
        })
        .map(walk::plain)
        .filter(|words| !words.is_empty())
        .collect();
    let words = if paragraphs.is_empty() { walk::plain(html) } else { paragraphs.join(" ") };
    first_words(&words, SUMMARY_SIGNS)
}

/// Blocks with wrappers opened.
fn flat(html: &str) -> Vec<&str> {
    let mut flat = Vec::new();
    let mut waiting: Vec<&str> = blocks(html).into_iter().rev().collect();
    while let Some(block) = waiting.pop() {
        match unwrapped(block) {
            Some(inside) => waiting.extend(blocks(inside).into_iter().rev()),
            None => flat.push(block),
        }
    }
    flat
}

/// At most so many signs as people count them, cut between words where there
/// are any.
pub(super) fn first_words(text: &str, most: usize) -> String {
    let text = text.trim();
    let Some(room) = cut(text, most, most * 6) else {
        return text.to_owned();
    };
    let cut = match room.rfind(char::is_whitespace) {
        // Without spaces nearby, as in Chinese or Japanese, any place is between words.
        Some(space) if room.len() - space < 120 => &room[..space],
        _ => room,
    };
    let cut =
        cut.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '–' | '—' | '-'));
    format!("{cut}…")
}

/// Words of a text: those between spaces, and characters of scripts that have none.
pub(super) struct Words {
    spaced: usize,
    signs: usize,
}

impl Words {
    /// All together; two signs make about a word.
    fn whole(&self) -> usize {
        self.spaced + self.signs / 2
    }

    /// Minutes to read them, at least 1: 220 words or 500 signs a minute.
    pub(super) fn minutes(&self) -> u32 {
        let minutes = (self.spaced * 500 + self.signs * 220).div_ceil(220 * 500);
        u32::try_from(minutes).unwrap_or(u32::MAX).max(1)
    }
}

pub(super) fn count_words(plain: &str) -> Words {
    let signs = plain.chars().filter(|c| is_sign(*c)).count();
    let spaced = plain
        .split(|c: char| c.is_whitespace() || is_sign(c))
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .count();
    Words { spaced, signs }
}

/// Chinese, Japanese, and other scripts written without spaces.
fn is_sign(c: char) -> bool {
    matches!(u32::from(c), 0x0E00..=0x0EFF | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x3400..=0x4DBF
        | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraph(words: usize) -> String {
        format!("<p>{}</p>", vec!["word"; words].join(" "))
    }

    #[test]
    fn an_excerpt_ends_between_blocks() {
        let html = [paragraph(50), paragraph(50), "<h2>Next</h2>".to_owned(), paragraph(50)].join("\n");
        assert_eq!(
            beginning(&html),
            format!("{}{}", paragraph(50), "\n".to_owned() + &paragraph(50)).replace('\n', "")
        );
        assert_eq!(beginning(&format!("<div><div>{html}</div></div>")), beginning(&html));
        assert_eq!(beginning("loose <b>words</b>"), "loose <b>words</b>");
        assert_eq!(beginning(""), "");
    }

    #[test]
    fn an_excerpt_ends_with_no_heading_and_is_never_large() {
        let all = ["<p>a</p>", "<h2>b</h2>", "<hr>"].concat();
        assert_eq!(beginning(&all), "<p>a</p>");
        assert_eq!(beginning("<h2>b</h2>"), "<h2>b</h2>");
        let long = format!("<h2>b</h2>{}", paragraph(900));
        assert!(beginning(&long).contains("<h2>b</h2><p>word word") && beginning(&long).len() < 900);
        let pictures = format!("<p>{}</p>", "<img src=\"https://a.example/b.png\">".repeat(900));
        assert_eq!(beginning(&pictures), "<p><img src=\"https://a.example/b.png\"></p>");
        let families = beginning(&format!("<p>{}</p>", "👨‍👩‍👧‍👦".repeat(9_000)));
        assert!(families.len() < 6_000 && families.ends_with("👨‍👩‍👧‍👦…</p>"), "{families}");
    }

    #[test]
    fn a_single_endless_paragraph_is_cut_between_words() {
        let cut = beginning(&paragraph(900));
        assert!(cut.starts_with("<p>word") && cut.ends_with("word…</p>") && cut.len() < 800, "{cut}");
    }

    #[test]
    fn a_summary_is_short_and_whole_words() {
        let html = format!("<h2>Title</h2><div><p>A &amp; B.</p>{}</div>", paragraph(100));
        let summary = summary(&html);
        assert!(summary.starts_with("A & B. word word") && summary.ends_with("word…"), "{summary}");
        assert!(summary.chars().count() <= 150);
        assert_eq!(first_words(&"読".repeat(400), 150).chars().count(), 150);
    }

    #[test]
    fn reading_takes_a_minute_for_220_words_or_500_signs() {
        for (text, minutes) in
            [("word ".repeat(220), 1), ("word ".repeat(221), 2), ("読".repeat(1001), 3), (String::new(), 1)]
        {
            assert_eq!(count_words(&text).minutes(), minutes);
        }
    }
}
