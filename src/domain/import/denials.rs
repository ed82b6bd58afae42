//! Words of a heading that turn its question round: "Newsletter cancelled" is
//! yes for who gets none.

use super::ends::{ends_a_question, signs_that_end};
use super::fold::fold;

/// What a heading does to the yes and no below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// Nothing.
    None,
    /// Yes is for who is gone.
    Once,
    /// Nobody knows: a denial of a denial, or a legend of its own.
    Unclear,
}

/// Words that deny what stands beside them, folded.
#[rustfmt::skip]
const NOTS: &[&str] = &[
    "no", "not", "never", "dont", "doesnt", "didnt", "wont", "cannot", "nicht", "kein", "keine", "keinen", "keiner", "nie", "pas", "ne",
    "off", "nein", "nee", "jamais", "nunca", "nao", "لا", "غير", "عدم", "بدون",
];
/// Words that deny or end, or mean something else: non-profit, the year's end.
#[rustfmt::skip]
const PERHAPS: &[&str] = &[
    "past", "previous", "previously", "plus", "aus", "non", "without", "ohne", "sans", "sin", "senza", "sem", "end", "left", "block", "quit", "former", "ex", "dead", "hold", "suspended",
    "paused", "pause", "snoozed", "pausiert", "pausado", "pausada", "muted",
];
const YES_AND_NO: &[(&str, &str)] =
    &[("yes", "no"), ("y", "n"), ("ja", "nein"), ("oui", "non"), ("si", "no"), ("sim", "nao")];

/// What a heading of these words, folded, does to the question in it. `asking`
/// are the parts that ask it: what is glued to them is a word as well.
pub fn denial(heading: &str, words: &[String], asking: &[&[&str]]) -> Denial {
    let (nots, ends) = counts(heading, words, asking);
    let is_number = words.last().is_some_and(|last| last == "no") && nots == 1 && ends == 0;
    let is_perhaps = || {
        let pieces = words.iter().flat_map(|word| pieces_of(word, asking));
        pieces.into_iter().any(|piece| PERHAPS.contains(&piece)) && !is_choice(words, "non")
    };
    match nots + ends {
        _ if has_legend(heading) || is_number || is_perhaps() => Denial::Unclear,
        0 => Denial::None,
        1 => Denial::Once,
        _ => Denial::Unclear,
    }
}

/// Whether a heading of who is gone is itself denied: "Not bounced".
pub fn is_denied_again(heading: &str, words: &[String]) -> bool {
    let (nots, ends) = counts(heading, words, &[]);
    has_legend(heading) || nots > 1 || nots > 0 && ends > 0
}

/// "0=yes 1=no".
fn has_legend(heading: &str) -> bool {
    heading.contains(['=', '＝'])
}

fn counts(heading: &str, words: &[String], asking: &[&[&str]]) -> (usize, usize) {
    let has = |word: &str| words.iter().any(|own| own == word);
    let (mut nots, mut ends) = (0, 0);
    let kept: Vec<&String> = words.iter().filter(|word| !is_choice(words, word)).collect();
    for (at, word) in kept.iter().enumerate() {
        // "ne … pas", "don't" in its two halves: one.
        let is_half = *word == "ne" && has("pas");
        let is_dont = ["don", "doesn", "didn", "won"].contains(&word.as_str())
            && kept.get(at + 1).is_some_and(|next| *next == "t");
        let pieces = pieces_of(word, asking);
        let is_any = |fits: &dyn Fn(&str) -> bool| pieces.iter().any(|piece| fits(piece));
        if is_dont || !is_half && is_any(&|piece| NOTS.contains(&piece)) {
            nots += 1;
        } else if is_any(&ends_a_question) {
            ends += 1;
        }
    }
    let folded = fold(heading);
    // The longest tells; what it holds is not counted again.
    ends += usize::from(signs_that_end(&folded).next().is_some());
    // 未取消: not cancelled.
    let doubled = ["不", "未"].iter().map(|not| folded.matches(not).count()).sum::<usize>();
    let mut others = signs_that_end(&folded).filter(|sign| sign.chars().count() > 1 && !sign.contains('不'));
    nots += usize::from(doubled > 1 || doubled == 1 && others.next().is_some());
    (nots, ends)
}

/// Whether a word is half of "yes/no".
pub fn is_choice(words: &[String], word: &str) -> bool {
    let has = |word: &str| words.iter().any(|own| own == word);
    YES_AND_NO.iter().any(|(yes, no)| (*yes == word || *no == word) && has(yes) && has(no))
}

/// The word, and what stands before and behind a part of it that asks.
fn pieces_of<'w>(word: &'w str, asking: &[&[&str]]) -> Vec<&'w str> {
    let mut pieces = vec![word];
    for part in asking.iter().copied().flatten() {
        if let Some((before, behind)) = word.split_once(part) {
            pieces.extend([before, behind].into_iter().filter(|piece| !piece.is_empty()));
        }
    }
    pieces
}
