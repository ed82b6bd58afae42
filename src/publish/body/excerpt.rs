//! The beginning of a post: its first blocks, its summary, how long it takes to read.

use super::walk::{self, Step};

/// An excerpt ends at the border of a block near this many words.
const EXCERPT_WORDS: usize = 120;
/// A single block much longer than that is cut within.
const BLOCK_WORDS: usize = 200;
/// What a mail program shows beside the subject.
const SUMMARY_CHARS: usize = 150;

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
    let mut words = 0;
    for block in blocks {
        let more = count_words(&walk::plain(block)).whole();
        if words > 0 && words + more > EXCERPT_WORDS {
            break;
        }
        if words + more > BLOCK_WORDS {
            taken.push_str("<p>");
            taken.push_str(&walk::escape(&first_words(&walk::plain(block), EXCERPT_WORDS * 6)));
            taken.push_str("</p>");
            break;
        }
        taken.push_str(block);
        words += more;
        if words >= EXCERPT_WORDS {
            break;
        }
    }
    // A heading without what it heads says nothing.
    while let Some(last) = self::blocks(&taken).last().copied()
        && ["<h1", "<h2", "<h3", "<h4", "<h5", "<h6", "<hr"].iter().any(|tag| last.starts_with(tag))
        && last.len() < taken.len()
    {
        taken.truncate(taken.len() - last.len());
        taken.truncate(taken.trim_end().len());
    }
    taken
}

/// The inside of a block that is only a wrapper.
fn unwrapped(block: &str) -> Option<&str> {
    let block = block.trim();
    let (_, Step::Open { name, tag }) = walk::steps(block).next()? else {
        return None;
    };
    if !matches!(name, "div" | "section" | "article" | "main" | "center") {
        return None;
    }
    block[tag.len()..].strip_suffix(&format!("</{name}>"))
}

/// Plain text of at most 150 characters, cut between words.
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
    first_words(&words, SUMMARY_CHARS)
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

/// At most so many characters, cut between words where there are any.
pub(super) fn first_words(text: &str, most_chars: usize) -> String {
    let text = text.trim();
    if text.chars().count() <= most_chars {
        return text.to_owned();
    }
    let end = text.char_indices().nth(most_chars - 1).map_or(text.len(), |(at, _)| at);
    let room = &text[..end];
    let cut = match room.rfind(char::is_whitespace) {
        // Without spaces nearby, as in Chinese or Japanese, any place is between words.
        Some(space) if end - space < 120 => &room[..space],
        _ => room,
    };
    // Not within a sign that is drawn from several, such as a flag or a family.
    let cut = cut.trim_end_matches(['\u{200d}', '\u{fe0f}']);
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
