//! What an owner wrote of a reader in own words, in a note or as the name of a
//! group. One that may say that somebody wants no mail is asked about like a
//! word of status; what else stands there is nobody's business.

use super::cell::is_address;
use super::ends::{ends_a_question, signs_that_end};
use super::fold::{WORD_MOST_BYTES, fold};
use super::headings::{Meaning, is_harmless, is_of_following};
use super::judge::Choices;
use super::layout::Layout;
use super::leaving::{by_words, gone, is_beside, is_not, joined, leans, words_of};
use super::quiet::is_word_of_mail;
use super::reason::UnknownWord;
use super::saying::{Column, said_among_others};
use super::survey::Survey;
use super::words::{Said, flag};
use crate::domain::SuppressionReason::Unsubscribed;

/// How headings of notes and of groups begin, folded.
#[rustfmt::skip]
const HEADINGS: &[&str] = &[
    "note", "notiz", "nota", "notas", "remark", "remarque", "comment", "kommentar", "coment", "bemerk", "anmerk", "vermerk", "observ", "osserv",
    "opmerk", "info", "uwag", "poznam", "anteckn", "bemaerk", "group", "gruppe", "groupe", "grupo", "gruppo", "categor", "kategor", "segment",
    "備考", "メモ", "备注", "備註", "分组", "グループ", "ملاحظ", "примеч", "заметк", "групп",
];
/// How words begin that say what a denial shortly before them is about: what
/// somebody wants, and the mails.
#[rustfmt::skip]
const WISHES: &[&str] = &[
    "want", "wish", "interes", "write", "get", "letter", "post", "will", "mocht", "moecht", "wunsch", "schreib", "anschreib", "brie", "bekomm",
    "erhalt", "veut", "souhait", "recev", "recoi", "ecri", "quier", "dese", "recib", "escrib", "vuol", "desider", "ricev", "scriv", "quer", "receb",
    "escrev", "consent", "einwillig", "wil", "wens", "ontvang", "chce", "mail", "schick", "wysyl", "brev", "хоч", "пис", "присыл",
];
const NOTHING: &[&str] = &["nothing", "nichts", "rien", "nada", "niente", "niets", "nic", "ничего"];
/// How far behind a denial they stand.
const NEAR_WORDS: usize = 3;
/// How words begin that say that somebody cannot be reached, or is to be taken
/// out, by themselves or beside one for mails.
#[rustfmt::skip]
const OUT: &[&str] = &[
    "off", "optout", "optedout", "raus", "streich", "nehmen", "enlev", "quit", "borrar", "toglier", "sair", "usun", "удал", "wrong", "falsch", "faux",
    "fausse", "erron", "errad", "verkeerd", "bounces", "comes", "zuruck", "until", "till", "bis", "jusqu", "hasta", "fino", "died", "deceas", "passed", "verstorben", "gestorben", "deced", "fallec",
    "falec", "overleden",
];
/// Words that leave a denial a denial: "gar nicht", "no more, thanks".
#[rustfmt::skip]
const BESIDE: &[&str] = &[
    "more", "any", "anymore", "longer", "again", "at", "all", "thanks", "thank", "you", "please", "mehr", "gar", "wieder", "danke", "bitte",
    "uberhaupt", "plus", "du", "tout", "merci", "mas", "gracias", "piu", "grazie", "mais", "obrigado", "meer", "bedankt",
];
/// Words for who is no longer one of a group.
const FORMER: &[&str] =
    &["ex", "past", "former", "formerly", "ancien", "anciens", "antiguo", "antiguos", "antigos"];

/// Whether readers may be told apart by own words below this heading.
pub(super) fn is_noted(layout: &Layout, at: usize) -> bool {
    let heading = layout.headings.get(at).map_or("", String::as_str);
    let is_open = layout.meanings.get(at).copied().flatten().is_none();
    is_open
        && !layout.is_list
        && !layout.kind.has_own(heading)
        && (!is_harmless(heading) || has_notes(heading))
}

fn has_notes(heading: &str) -> bool {
    words_of(heading).iter().any(|word| HEADINGS.iter().any(|stem| word.starts_with(&fold(stem))))
}

/// Whether a cell may say it, and does not surely say it. Short ones are asked
/// about with their column, where no heading of notes stands above them.
pub(super) fn may_refuse(heading: &str, cell: &str) -> bool {
    // Yes and no are for the whole column, and an address is no note.
    if flag(cell).is_some() || is_address(cell) {
        return false;
    }
    let words = joined(&words_of(cell));
    let folded = fold(cell);
    let is_leaning = gone(&folded, &words).is_some()
        || signs_that_end(&folded).any(|sign| sign.chars().count() > 1)
        || by_words(cell, &words) == Some(Meaning::Waits);
    let is_column = is_leaning && words.len() <= 3 && !has_notes(heading) && !is_of_following(heading);
    !is_column && refuses(&words, is_leaning) && said_among_others(cell) == Said::Nothing
}

fn refuses(words: &[String], is_leaning: bool) -> bool {
    let begins = |word: &String, stems: &[&str]| stems.iter().any(|stem| word.starts_with(stem));
    let is_wish = |word: &String| begins(word, WISHES) || is_word_of_mail(word);
    let has_wish = || words.iter().any(is_wish);
    let told = || words.iter().filter(|word| !is_beside(word)).count();
    // "Gone", "left the list", "cancelled", but no "left Berlin".
    let leaves = || words.iter().any(|word| ends_a_question(word)) || has_wish() || told() == 1;
    let is_denial = |at: usize| {
        is_not(&words[at])
            || NOTHING.contains(&words[at].as_str())
            || words[at] == "t" && at > 0 && words[at - 1].ends_with('n')
    };
    // "No letters", "wants nothing".
    let denies_a_wish = |at: usize| {
        words.iter().skip(at + 1).take(NEAR_WORDS).any(is_wish) || at > 0 && is_wish(&words[at - 1])
    };
    let is_bare = || (0..words.len()).all(|at| is_denial(at) || BESIDE.contains(&words[at].as_str()));
    let is_former = || words.len() <= 3 && words.iter().any(|word| FORMER.contains(&word.as_str()));
    is_leaning && leaves()
        || (0..words.len()).any(|at| is_denial(at) && (denies_a_wish(at) || is_bare()))
        || words.iter().any(|word| begins(word, OUT)) && (told() <= 2 || has_wish())
        || is_former()
}

/// The own words of a file, where no column says of each reader who follows.
pub(super) fn unknown_notes(
    survey: &Survey,
    columns: &[Column],
    mapped: &[Option<Meaning>],
    choices: &Choices,
) -> Vec<UnknownWord> {
    let layout = &survey.layout;
    let tells =
        |column: &Column| column.is_filled && matches!(column.meaning, Meaning::Status | Meaning::Subscribed);
    if choices.status != Some(Said::Active) || layout.is_suppressions || columns.iter().any(tells) {
        return Vec::new();
    }
    let is_open = |at: &usize| mapped[*at].is_none() && !columns.iter().any(|column| column.at == *at);
    let open = (0..survey.columns.len()).filter(is_open);
    open.flat_map(|at| survey.columns[at].notes.iter().map(move |(word, rows)| (at, word, rows)))
        .filter(|(_, word, _)| !choices.words.contains_key(&fold(word)))
        .map(|(at, word, rows)| {
            let likely = Said::Gone(leans(word).unwrap_or(Unsubscribed)).as_str();
            UnknownWord { column: layout.name(at), word: word.clone(), rows: *rows, likely }
        })
        .collect()
}

/// What of a cell is kept of it, and named.
pub(super) fn key(cell: &str) -> String {
    cell.chars().take(WORD_MOST_BYTES).collect()
}
