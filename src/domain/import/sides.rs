//! Several columns of addresses: by their headings each may say of its own
//! addresses what became of them, or each reader of a row has a status of
//! their own.

use super::cell::addresses_in;
use super::fold::fold;
use super::headings::{Meaning, meaning};
use super::layout::Sampled;
use super::leaving::words_of;
use super::reason::Stop;
use super::saying::speaks;
use super::words::{Said, status_word};

/// Which of the columns of addresses say by their headings what became of
/// those in them: "Active", "Unsubscribed".
pub(super) fn sides(headings: &[String], columns: &[usize]) -> Vec<(usize, Said)> {
    let side = |at: &usize| {
        let heading = headings.get(*at)?;
        let said = match meaning(heading) {
            Some(Meaning::Address(0..=2)) => return None,
            Some(Meaning::Subscribed) => Said::Active,
            Some(Meaning::Gone(reason)) => Said::Gone(reason),
            Some(Meaning::Waits) => Said::Pending,
            _ => status_word(heading)?,
        };
        Some((*at, said))
    };
    if columns.len() < 2 { Vec::new() } else { columns.iter().filter_map(side).collect() }
}

/// "Email, Status, Email 2, Status 2": two readers in a row.
///
/// # Errors
/// When it is so.
pub(super) fn check_pairs(
    headings: &[String],
    meanings: &[Option<Meaning>],
    others: &[usize],
) -> Result<(), Stop> {
    let number = |heading: &String| words_of(heading).into_iter().find(|word| word.parse::<u8>().is_ok());
    let glued = |heading: &String| {
        heading.trim().chars().last().filter(char::is_ascii_digit).map(|digit| digit.to_string())
    };
    let numbered = |heading: &String| number(heading).or_else(|| glued(heading));
    let is_of_status = |heading: &str, own: &Option<Meaning>| {
        let plain = heading.trim_end_matches(|c: char| c.is_ascii_digit() || c.is_whitespace());
        own.is_some_and(speaks) || meaning(plain).is_some_and(speaks)
    };
    let of_status = || headings.iter().zip(meanings).filter(|(heading, own)| is_of_status(heading, own));
    for heading in others.iter().filter_map(|at| headings.get(*at)) {
        let Some(own) = numbered(heading) else { continue };
        if let Some((status, _)) = of_status().find(|(status, _)| numbered(status).as_ref() == Some(&own)) {
            return Err(Stop::TwoReaders { address: heading.clone(), status: status.clone() });
        }
    }
    Ok(())
}

/// Whether a heading is that of what was somebody's address before.
pub(super) fn is_of_old(heading: &str) -> bool {
    #[rustfmt::skip]
    const OLD: [&str; 24] = [
        "old", "former", "previous", "prior", "past", "ex", "alt", "alte", "alter", "altes", "bisher", "bisherige", "ehemalige", "fruhere", "ancien",
        "ancienne", "precedent", "precedente", "antiguo", "antigua", "anterior", "antigo", "vecchia", "oude",
    ];
    words_of(heading).iter().any(|word| OLD.contains(&word.as_str()))
}

/// Whether two columns of addresses have one heading, and hold two readers in a
/// row: two tables, side by side.
pub(super) fn is_side_by_side(rows: &[Sampled], headings: &[String], columns: &[usize]) -> bool {
    let Some((first, others)) = columns.split_first() else { return false };
    let heading = |at: usize| headings.get(at).map(|heading| fold(heading)).filter(|text| !text.is_empty());
    let address = |row: &Sampled, at: usize| {
        row.cells
            .get(at)
            .and_then(|cell| addresses_in(cell).into_iter().flatten().next())
            .map(|found| found.key())
    };
    let same = others.iter().filter(|at| heading(**at).is_some() && heading(**at) == heading(*first));
    let differs = |at: &usize| {
        rows.iter().any(|row| {
            let (own, other) = (address(row, *first), address(row, *at));
            own.is_some() && other.is_some() && own != other
        })
    };
    same.into_iter().any(differs)
}
