//! What is only guessed blames nobody: a server that does not know says what
//! may be, and what would follow if. Such clauses are left out; those around
//! them count.

/// Words of a guess, in plain form. A bare "may" or "could" is left to
/// [`is_guess`]: "may not receive" and "no user could be found" are none.
const GUESSES: &[&str] = &[
    // English.
    "might",
    "can have",
    "can harm",
    "can hurt",
    "can damage",
    "can affect",
    "can lead",
    "can cause",
    "possibly",
    "perhaps",
    "maybe",
    "probably",
    "presumably",
    // German and Dutch.
    "moglicherweise",
    "moeglicherweise",
    "vielleicht",
    "vermutlich",
    "misschien",
    "mogelijkerwijs",
    "wellicht",
    // French, Italian and Romanian.
    "peut-etre",
    "il se peut",
    "eventuellement",
    "pourrait",
    "forse",
    "potrebbe",
    "probabil",
    // Spanish and Portuguese.
    "quiza",
    "tal vez",
    "puede que",
    "podria",
    "posiblemente",
    "talvez",
    "pode ser que",
    "possivelmente",
    // The North.
    "kanske",
    "kanskje",
    "maske",
    "mahdollisesti",
    "ehka",
    // Slavic.
    "byc moze",
    "prawdopodobnie",
    "mozda",
    "возможно",
    "может быть",
    "вероятно",
    "можливо",
    "може би",
    "можда",
    // Others.
    "muhtemelen",
    "ίσως",
    "mungkin",
    "可能",
    "也许",
    "也許",
    "かもしれ",
    "아마",
    "수도 있",
    "אולי",
    "ייתכן",
    "ربما",
];

/// What may follow "may not" in a guess; else it forbids.
const MAY_NOT: [&str; 3] = ["be ", "exist", "have "];

/// Words that a condition begins with.
const CONDITIONS: &[&str] = &[
    "if ",
    "in case ",
    "falls ",
    "wenn ",
    "sofern ",
    "si vous ",
    "si votre ",
    "si le ",
    "si la ",
    "s'il ",
    "si su ",
    "si el ",
    "si usted ",
    "se il ",
    "se l'",
    "se voce ",
    "se o seu ",
    "als u ",
    "als je ",
    "als uw ",
    "jesli ",
    "jezeli ",
    "pokud ",
    "om du ",
    "om din ",
    "hvis ",
    "jos ",
    "если ",
    "якщо ",
    "ако ",
    "eger ",
    "εάν ",
    "jika ",
    "如果",
];

/// Before a condition, in the same clause.
const BEFORE: [&str; 5] = ["or ", "and ", "but ", "even ", "also "];

/// Ends of a clause.
const ENDS: [&str; 14] =
    [". ", "! ", "? ", "; ", ", ", ": ", "(", ")", " - ", " -- ", "。", "，", "；", "、"];

/// The text, in its plain form, without the clauses that guess.
pub(super) fn without_guesses(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // "возможно, …": the word alone, and what is guessed behind a comma.
    let mut is_begun = false;
    for clause in clauses(text) {
        // A gap, so that what stood around it is no one sentence.
        out.push_str(if is_begun || is_guess(clause) { ". " } else { clause });
        let words = clause.trim_matches(|c: char| !c.is_alphabetic());
        is_begun = clause.trim_end().ends_with(',') && GUESSES.contains(&words);
    }
    out
}

/// The clauses of a text, each with its end.
pub(super) fn clauses(text: &str) -> Vec<&str> {
    let ends = ENDS.iter().flat_map(|end| text.match_indices(end).map(|(at, end)| at + end.len()));
    let mut ends: Vec<usize> = ends.chain([text.len()]).collect();
    ends.sort_unstable();
    let mut from = 0;
    ends.into_iter().map(|end| &text[std::mem::replace(&mut from, end)..end]).collect()
}

fn is_guess(clause: &str) -> bool {
    let may = |at: usize| {
        let after = &clause[at + " may ".len()..];
        match after.strip_prefix("not ") {
            Some(after) => MAY_NOT.iter().any(|word| after.starts_with(word)),
            None => !after.starts_with("only "),
        }
    };
    let could = |words: &str| clause.split_once(words).is_some_and(|(before, _)| !before.contains("no "));
    let is_said = |words: &str| {
        // "невозможно" has another word inside it; not all scripts have gaps.
        let is_apart = |at: usize| words.starts_with('可') || !clause[..at].ends_with(char::is_alphabetic);
        clause.match_indices(words).any(|(at, _)| is_apart(at))
    };
    let mut begin = clause.trim_start();
    while let Some(after) = BEFORE.iter().find_map(|word| begin.strip_prefix(word)) {
        begin = after;
    }
    clause.match_indices(" may ").any(|(at, _)| may(at))
        || could(" could be ")
        || could(" could have ")
        || GUESSES.iter().any(|words| is_said(words))
        || CONDITIONS.iter().any(|word| begin.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::super::text::plain;
    use super::*;

    #[test]
    fn clauses_that_guess_are_left_out_and_those_around_them_stay() {
        for (text, left) in [
            ("the user may be gone, or is he? no.", ". or is he? no."),
            ("unknown user: perhaps a slip of the pen", "unknown user: . "),
            ("you may not relay", "you may not relay"),
            ("he may only receive mail of his house", "he may only receive mail of his house"),
            ("the address may not exist. full", ". full"),
            ("it could not be delivered", "it could not be delivered"),
            ("no such user could be found", "no such user could be found"),
            ("full; or if you write again, gone", "full; . gone"),
            ("falls ihre ip gesperrt ist, schreiben sie uns", ". schreiben sie uns"),
            ("perhaps, he is gone. full", ". . full"),
            ("доставка невозможна, это невозможно", "доставка невозможна, это невозможно"),
        ] {
            assert_eq!(without_guesses(text), left);
        }
    }

    #[test]
    fn words_of_guesses_are_written_as_they_are_looked_for() {
        for word in GUESSES.iter().chain(CONDITIONS) {
            assert_eq!(plain(word), word.trim(), "{word:?}");
        }
    }
}
