//! Columns whose headings promise more than they say, in the company of the
//! others.

use std::cmp::Reverse;

use super::fold::fold;
use super::headings::{Meaning, reason_rank};
use super::layout::Sampled;
use super::saying::reason_of_cell;

/// Of several columns that may say why somebody gets no mail the surest does.
pub(super) fn keep_best_reason(rows: &[Sampled], headings: &[String], meanings: &mut [Option<Meaning>]) {
    let known = |at: usize| rows.iter().filter_map(|row| reason_of_cell(row.cells.get(at)?)).count();
    let ranks = headings.iter().enumerate().filter_map(|(at, heading)| Some((at, reason_rank(heading)?)));
    // Where most of it is understood.
    let best = ranks.min_by_key(|(at, rank)| (Reverse(known(*at)), *rank)).map(|(at, _)| at);
    for (at, (heading, meaning)) in headings.iter().zip(meanings).enumerate() {
        if *meaning == Some(Meaning::Status) && reason_rank(heading).is_some() && Some(at) != best {
            *meaning = Some(Meaning::Silent);
        }
    }
}

/// "State" among the parts of a postal address is where somebody lives: between
/// two of them, or beside one where another column has the status. What surely
/// says that somebody left is heard there all the same.
pub(super) fn silence_places(headings: &[String], meanings: &mut [Option<Meaning>]) {
    const STATES: [&str; 5] = ["state", "estado", "stato", "etat", "stan"];
    #[rustfmt::skip]
    const PLACES: [&str; 24] = [
        "city", "town", "street", "street1", "street2", "address1", "address2", "addressline1", "addressline2", "zip", "zipcode",
        "zippostalcode", "postalcode", "postcode", "country", "ciudad", "codigopostal", "citta", "cap", "cidade", "cep", "ville",
        "miasto", "kodpocztowy",
    ];
    let folded: Vec<String> = headings.iter().map(|heading| fold(heading)).collect();
    let is_place = |at: Option<usize>| {
        at.and_then(|at| folded.get(at)).is_some_and(|heading| PLACES.contains(&heading.as_str()))
    };
    for at in 0..folded.len() {
        let places = usize::from(is_place(at.checked_sub(1))) + usize::from(is_place(Some(at + 1)));
        let has_other =
            || (0..folded.len()).any(|other| other != at && meanings[other] == Some(Meaning::Status));
        if meanings[at] == Some(Meaning::Status)
            && STATES.contains(&folded[at].as_str())
            && (places == 2 || places == 1 && has_other())
        {
            meanings[at] = Some(Meaning::Silent);
        }
    }
}

/// phpList says by `confirmed` who gets mail: `optedin` is 1 only for who came
/// by a form of another kind, and `rssfrequency` is of feeds.
pub(super) fn silence_phplist(headings: &[String], meanings: &mut [Option<Meaning>]) {
    let folded: Vec<String> = headings.iter().map(|heading| fold(heading)).collect();
    let has = |name: &str| folded.iter().any(|heading| heading == name);
    let is_its = has("confirmed") && has("blacklisted");
    if !is_its || !["htmlemail", "uniqid", "bouncecount", "subscribepage"].iter().any(|name| has(name)) {
        return;
    }
    for (heading, meaning) in folded.iter().zip(meanings) {
        if ["optedin", "rssfrequency", "subscribepage", "bouncecount"].contains(&heading.as_str()) {
            *meaning = Some(Meaning::Silent);
        }
    }
}
