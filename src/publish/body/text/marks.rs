//! What signs stand for in plain text: pictures, raised and struck words.

use super::raised::{lowered, raised};
use super::{CODE, is_address};
use crate::publish::body::walk::{self, Step};

/// Where pictures of formulas come from, whose words are the formula.
const FORMULA_IMAGES: &[&str] = &[
    "latex",
    "codecogs.com",
    "/media/math/render/",
    "chart?cht=tx",
    "math.now.sh",
    "/render/math",
    "mathtex",
    "mimetex",
];

/// What is said of a picture.
pub(super) fn picture(tag: &str) -> String {
    let alt = walk::attribute(tag, "alt").map(str::trim).unwrap_or_default();
    let src = walk::attribute(tag, "src").unwrap_or_default().to_ascii_lowercase();
    // Or a formula by its words: a backslash and a name are TeX.
    let is_tex = alt.split('\\').skip(1).any(|name| name.starts_with(char::is_alphabetic));
    let is_formula = is_tex || FORMULA_IMAGES.iter().any(|part| src.contains(part));
    // A smiley, a letter or a formula as an image is part of its sentence.
    if alt.chars().count() == 1
        || (alt.chars().count() <= 8 && !alt.contains(char::is_alphanumeric))
        || (is_formula && !alt.is_empty())
    {
        alt.to_owned()
    } else {
        format!("[Picture: {alt}]")
    }
}

/// Puts raised or lowered words on the line, as what they mean there.
pub(super) fn write_raised(out: &mut String, from: usize, name: &str, is_link: bool) {
    let inner = out.split_off(from);
    let words = walk::plain(&inner);
    if words.contains(|c| c == CODE || is_address(c)) {
        out.push_str(&inner);
        return;
    }
    let before = walk::unescape(without_tags_at_end(out));
    let said = if name == "sub" { lowered(&before, &words) } else { raised(&before, &words, is_link) };
    out.push_str(&walk::escape(&said));
}

/// The last words that are written, or their end.
pub(super) fn without_tags_at_end(out: &str) -> &str {
    let mut text = out;
    while text.ends_with('>') {
        text = text.rfind('<').map_or("", |at| &text[..at]);
    }
    &text[text.floor_char_boundary(text.len().saturating_sub(100))..]
}

/// Struck words, between two tildes.
#[derive(Default)]
pub(super) struct Struck {
    open: usize,
    /// The first tilde is still to be written.
    is_due: bool,
    /// Where the last words end.
    pub(super) end: usize,
}

impl Struck {
    pub(super) fn open(&mut self) {
        self.is_due |= self.open == 0;
        self.open += 1;
    }

    pub(super) fn write(&mut self, out: &mut String, text: &str) {
        let words = text.trim_start();
        if self.is_due && !words.is_empty() {
            out.push_str(&text[..text.len() - words.len()]);
            out.push('~');
            out.push_str(words);
            self.is_due = false;
        } else {
            out.push_str(text);
        }
        if !words.is_empty() {
            self.end = out.trim_end().len();
        }
    }

    pub(super) fn close(&mut self, out: &mut String) {
        self.open = self.open.saturating_sub(1);
        if self.open == 0 && !std::mem::take(&mut self.is_due) && out.is_char_boundary(self.end) {
            out.insert(self.end, '~');
        }
    }
}

/// Where an address or a picture ended: no word is glued to it.
#[derive(Default)]
pub(super) struct Seam(Option<usize>);

impl Seam {
    pub(super) fn set(&mut self, out: &str) {
        self.0 = Some(out.len());
    }

    /// Puts what parts the two before words that follow at once.
    pub(super) fn part(&mut self, out: &mut String, next: &str) {
        let Some(between) = self.0.take().and_then(|at| out.get(at..)) else { return };
        let is_glued = walk::steps(between).all(|(_, step)| match step {
            Step::Text(_) => false,
            Step::Open { name, .. } | Step::Close(name) => !walk::is_block(name) && name != "br",
        });
        let begins_a_word = |c: char| c.is_alphanumeric() || matches!(c, '[' | '#' | '“' | '(' | '~');
        if is_glued && next.starts_with("[Picture: ") {
            out.push_str("<br>");
        } else if is_glued && next.starts_with(begins_a_word) {
            out.push(' ');
        }
    }
}
