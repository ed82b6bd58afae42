//! What stands where in a file: its heading, its column of addresses, and the
//! meaning of the others, found from its first rows.

use std::collections::HashSet;

use super::cell::{addresses_in, is_address, is_commented};
use super::fold::{fold, tidy};
use super::headings::{Meaning, is_address_heading, meaning, meaning_in_suppressions};
use super::kind::Kind;
use super::leaving::leans;
use super::names::{Named, ends_section, named, said_by_section, speaks_of_followers};
use super::reason::Stop;
use super::sides::{check_pairs, is_of_old, is_side_by_side, sides};
use super::silenced::{keep_best_reason, silence_phplist, silence_places};
use super::words::Said;

/// How far down a heading may stand.
const HEADING_WITHIN_ROWS: usize = 40;
/// Cells of a first line that a message shows.
const SHOWN_CELLS: usize = 12;

/// One of the first rows.
#[derive(Debug, Clone)]
pub struct Sampled {
    /// Its line, from 1.
    pub line: u64,
    /// Its cells.
    pub cells: Vec<String>,
}

/// What stands where. Columns are counted from 0.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Whose export it is.
    pub kind: Kind,
    /// The heading, where there is one, as it stands there.
    pub headings: Vec<String>,
    /// Its line; 0 where there is none.
    pub heading_line: u64,
    /// The addresses.
    pub address: usize,
    /// Columns that hold addresses too, which are not taken.
    pub others: Vec<usize>,
    /// Columns of addresses whose headings say what became of those in them.
    pub sides: Vec<(usize, Said)>,
    /// Whether each cell is an address: a list, not a table.
    pub is_list: bool,
    /// What each column is; `None` where the heading tells nothing.
    pub meanings: Vec<Option<Meaning>>,
    /// Cells of a row.
    pub width: usize,
    /// What the file's name, or a line above the heading, surely says of
    /// everybody.
    pub whole: Said,
    /// The same with what it may say.
    pub named: Option<Named>,
    /// The same of those up to the next such line.
    pub section: Said,
    /// Whether it is a list of those who get no mail.
    pub is_suppressions: bool,
    /// The file's name, or a line above the heading, if it speaks of those who
    /// follow.
    pub followers: Option<String>,
}

impl Layout {
    /// Finds it.
    ///
    /// # Errors
    /// What the file is instead.
    pub fn find(rows: &[Sampled], name: &str, is_suppressions: bool) -> Result<Self, Stop> {
        let is_kept = |row: &&Sampled| {
            let cells: Vec<&str> = row.cells.iter().map(String::as_str).collect();
            !is_commented(&cells, 0)
        };
        let rows: &[Sampled] = &rows.iter().filter(is_kept).cloned().collect::<Vec<_>>();
        let heading = heading_at(rows);
        let (above, below) = match heading {
            Some(at) => (&rows[..at], &rows[at + 1..]),
            None => (&rows[..0], rows),
        };
        let headings = heading.map(|at| rows[at].cells.clone()).unwrap_or_default();
        let width = if headings.is_empty() { usual_width(rows) } else { headings.len() };
        let mean = if is_suppressions { meaning_in_suppressions } else { meaning };
        let mut meanings: Vec<Option<Meaning>> = headings.iter().map(|heading| mean(heading)).collect();
        if is_suppressions {
            keep_best_reason(below, &headings, &mut meanings);
        }
        silence_places(&headings, &mut meanings);
        silence_phplist(&headings, &mut meanings);
        // A slug stands in our lists of those who get no mail alone.
        for meaning in meanings.iter_mut().filter(|own| **own == Some(Meaning::Blog) && !is_suppressions) {
            *meaning = None;
        }
        meanings.resize(width.max(meanings.len()), None);
        let widest = below.iter().map(|row| row.cells.len()).max().unwrap_or(0).max(meanings.len());
        let candidates = candidates(below, &headings, &meanings, widest);
        // "Username" above names is no column of addresses without any.
        let has_cells =
            |at: usize| below.iter().any(|row| row.cells.get(at).is_some_and(|cell| !tidy(cell).is_empty()));
        let is_named = |at: usize| match meanings[at] {
            Some(Meaning::Address(0 | 1)) => true,
            Some(Meaning::Address(2)) => !has_cells(at),
            _ => false,
        };
        let by_heading = || (0..meanings.len()).find(|at| is_named(*at));
        let address = candidates.first().copied().or_else(by_heading).ok_or_else(|| Stop::NoAddresses {
            seen: rows
                .first()
                .map(|row| row.cells.iter().take(SHOWN_CELLS).cloned().collect())
                .unwrap_or_default(),
        })?;
        // "May we email you?" has no addresses below it.
        for (at, meaning) in meanings.iter_mut().enumerate() {
            let is_address = matches!(meaning, Some(Meaning::Address(_)));
            // "Confirm your email" has the address again.
            let is_again = *meaning == Some(Meaning::Confirmed) && candidates.contains(&at);
            if at != address && (is_address && !candidates.contains(&at) || is_again) {
                *meaning = None;
            }
        }
        let sides = sides(&headings, &candidates);
        sides.iter().for_each(|(at, _)| meanings[*at] = Some(Meaning::Address(3)));
        if is_side_by_side(below, &headings, &candidates) {
            return Err(Stop::AnotherHeading { line: heading.map_or(0, |at| rows[at].line) });
        }
        check_pairs(&headings, &meanings, &candidates[1.min(candidates.len())..])?;
        // A link to leave by is no title.
        let titles = above.iter().flat_map(|row| &row.cells).filter(|cell| !cell.contains("://"));
        let filled: Vec<&String> = headings.iter().filter(|cell| is_worded(cell)).collect();
        // "Bounced address": what the addresses below it are.
        let of_addresses = headings.get(address).filter(|_| filled.len() > 1 && sides.is_empty());
        let of_addresses = of_addresses.and_then(|heading| named_by_heading(heading));
        let said_of_all = || titles.clone().map(String::as_str).chain([name]);
        let followers = said_of_all().find(|text| speaks_of_followers(text)).map(str::to_owned);
        let mut names: Vec<Named> = of_addresses.into_iter().chain(said_of_all().filter_map(named)).collect();
        let kind = Kind::of(&headings);
        names.iter_mut().for_each(|named| named.is_clear |= kind == Kind::Mailchimp);
        let clear = names.iter().filter(|named| named.is_clear);
        let whole = clear.fold(Said::Nothing, |said, named| said.and(named.said));
        let surest = names.iter().position(|named| named.is_clear && named.said == whole).unwrap_or(0);
        let named = names.into_iter().nth(surest);
        let section = match filled.as_slice() {
            // Nobody follows by a line that stands above them.
            [only] => said_by_section(only).filter(|said| *said != Said::Active).unwrap_or(Said::Nothing),
            _ => Said::Nothing,
        };
        let is_side = |at: &usize| sides.iter().any(|(own, _)| own == at);
        Ok(Self {
            kind,
            heading_line: heading.map_or(0, |at| rows[at].line),
            is_list: is_list(below, &headings),
            others: candidates.into_iter().filter(|at| *at != address && !is_side(at)).collect(),
            whole: if is_suppressions { Said::Nothing } else { whole },
            named,
            headings,
            address,
            meanings,
            width,
            section,
            is_suppressions,
            followers,
            sides,
        })
    }

    /// A column for a message: its heading, else its number from 1.
    pub fn name(&self, column: usize) -> String {
        let heading = self.headings.get(column).map(|heading| heading.trim()).filter(|text| !text.is_empty());
        heading.map_or_else(|| (column + 1).to_string(), str::to_owned)
    }

    /// Whether it is a table by its heading, where each row speaks for itself.
    pub fn is_table(&self) -> bool {
        !self.is_list && self.headings.iter().filter(|cell| is_worded(cell)).count() > 1
    }

    /// The column of this meaning.
    pub fn column(&self, meaning: Meaning) -> Option<usize> {
        self.meanings.iter().position(|own| *own == Some(meaning))
    }

    /// Whether a row is the heading of a table, and whether it is our own again.
    pub fn heading_again(&self, cells: &[&str]) -> Option<bool> {
        let is_heading = cells.len() > 1
            && !cells.iter().any(|cell| cell.contains('@'))
            && cells.iter().any(|cell| is_address_heading(cell));
        let is_own = || {
            let same = |(own, cell): (&String, &&str)| fold(own) == fold(cell);
            self.headings.len() == cells.len() && self.headings.iter().zip(cells).all(same)
        };
        is_heading.then(is_own)
    }
}

/// What the heading of the addresses says of all of them; unclear where it
/// only has a word of leaving.
fn named_by_heading(heading: &str) -> Option<Named> {
    named(heading).filter(|named| named.said != Said::Active).or_else(|| {
        let said = Said::Gone(leans(heading)?);
        Some(Named { said, is_clear: false, text: heading.trim().chars().take(100).collect() })
    })
}

fn is_worded(cell: &str) -> bool {
    cell.chars().any(char::is_alphabetic)
}

/// What a line of its own says of those below it, if anybody knows, and in
/// which column it stands: words in one cell, beside numbers at most.
pub(super) fn own_line<'c>(cells: &[&'c str]) -> Option<(usize, &'c str, Option<Said>)> {
    let mut worded = cells.iter().enumerate().filter(|(_, cell)| is_worded(cell));
    let (at, only) = worded.next().filter(|_| !cells.iter().any(|cell| cell.contains(['@', '＠'])))?;
    let said = match said_by_section(tidy(only)) {
        Some(Said::Active) => Some(Said::Nothing),
        Some(said) => Some(said),
        None => match ends_section(only) {
            Some(false) => return None,
            Some(true) => Some(Said::Nothing),
            None => None,
        },
    };
    worded.next().is_none().then_some((at, *only, said))
}

fn heading_at(rows: &[Sampled]) -> Option<usize> {
    let has_address =
        |row: &Sampled| row.cells.iter().any(|cell| cell.contains('@') && !addresses_in(cell).is_empty());
    let is_whole = |row: &Sampled| row.cells.iter().any(|cell| is_address(cell));
    let first = rows.iter().take(HEADING_WITHIN_ROWS);
    // One that names its addresses, below at most one row that holds some.
    let named =
        first.clone().position(|row| !is_whole(row) && row.cells.iter().any(|cell| is_address_heading(cell)));
    if let Some(at) = named.filter(|at| rows[..*at].iter().filter(|row| is_whole(row)).count() <= 1) {
        return Some(at);
    }
    // Else the row before the first that holds one.
    let at = rows.iter().take(HEADING_WITHIN_ROWS).position(has_address).and_then(|at| at.checked_sub(1));
    let without =
        || rows.iter().take(HEADING_WITHIN_ROWS).position(|row| !has_address(row)).filter(|at| *at == 0);
    at.or_else(|| without().filter(|_| !rows.iter().any(has_address)))
}

fn usual_width(rows: &[Sampled]) -> usize {
    let mut counts: Vec<(usize, usize)> = Vec::new();
    for row in rows {
        match counts.iter_mut().find(|(width, _)| *width == row.cells.len()) {
            Some((_, count)) => *count += 1,
            None => counts.push((row.cells.len(), 1)),
        }
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map_or(0, |(width, _)| width)
}

/// Columns that hold addresses, the likeliest first.
fn candidates(
    rows: &[Sampled],
    headings: &[String],
    meanings: &[Option<Meaning>],
    width: usize,
) -> Vec<usize> {
    let mut found = Vec::new();
    for at in 0..width.min(1_000) {
        let cells = rows.iter().filter_map(|row| row.cells.get(at)).filter(|cell| !cell.trim().is_empty());
        let (mut filled, mut with) = (0_usize, 0_usize);
        let mut distinct: HashSet<String> = HashSet::new();
        for cell in cells {
            filled += 1;
            if let Some(Ok(address)) = addresses_in(cell).into_iter().find(Result::is_ok) {
                with += 1;
                distinct.insert(address.key());
            }
        }
        let rank = match meanings.get(at) {
            Some(Some(Meaning::Address(rank))) => *rank,
            // Where the heading says something else it may still be one.
            _ if with * 10 >= filled * 8 => 9,
            // Where nothing better is found.
            _ => 10,
        };
        if with > 0 {
            found.push((at, rank, distinct.len()));
        }
    }
    let best = found.iter().map(|(_, rank, _)| *rank).min().unwrap_or(0);
    found.retain(|(_, rank, _)| *rank < 10 || best == 10);
    let most = found.iter().map(|(.., distinct)| *distinct).max().unwrap_or(0);
    // A column of the same few addresses is whose list it is, not who is on it.
    let is_same = |distinct: usize| most > 1 && distinct * 2 <= most;
    let is_old = |at: usize| headings.get(at).is_some_and(|heading| is_of_old(heading));
    found.sort_by_key(|(at, rank, distinct)| (is_same(*distinct), is_old(*at), *rank, *at));
    found.into_iter().map(|(at, ..)| at).collect()
}

/// Whether addresses stand side by side, with nothing that tells of them.
fn is_list(rows: &[Sampled], headings: &[String]) -> bool {
    let widest = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    if widest <= 1 {
        return true;
    }
    let cells = rows.iter().flat_map(|row| &row.cells).filter(|cell| !cell.trim().is_empty());
    let (filled, with) = cells.fold((0_usize, 0_usize), |(filled, with), cell| {
        (filled + 1, with + usize::from(!addresses_in(cell).is_empty()))
    });
    headings.len() <= 1 && (with * 10 >= filled * 9 || is_scattered(rows))
}

/// Whether some addresses stand alone in their lines, and words or signs before
/// others.
fn is_scattered(rows: &[Sampled]) -> bool {
    let alone = rows.iter().filter_map(|row| {
        let mut with = row.cells.iter().enumerate().filter(|(_, cell)| cell.contains(['@', '＠']));
        let (at, _) = with.next().filter(|_| with.next().is_none())?;
        Some((at, row.cells.len()))
    });
    let (columns, widths): (HashSet<usize>, HashSet<usize>) = alone.unzip();
    columns.len() > 1 && widths.contains(&1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(text: &str) -> Result<Layout, Stop> {
        let cells = |line: &str| line.split(',').map(str::to_owned).collect();
        let rows: Vec<Sampled> =
            (1..).zip(text.lines()).map(|(line, text)| Sampled { line, cells: cells(text) }).collect();
        Layout::find(&rows, "list.csv", false)
    }

    #[test]
    fn columns_are_found_by_heading_and_by_content() {
        for (text, address, heading_line) in [
            ("name,E-Mail,Status\nKim,kim@x.org,active", 1, 1),
            ("kim@x.org\nlee@x.org", 0, 0),
            ("Kim,kim@x.org\nLee,lee@x.org", 1, 0),
            ("address,login\nMain Street 1,kim@x.org", 1, 1),
            ("My list,,\nmade for boss@x.org,,\nemail,name,status\nkim@x.org,Kim,active", 0, 3),
            ("owner,reader\nboss@x.org,a@x.org\nboss@x.org,b@x.org", 1, 1),
            ("who,what\nkim@x.org,x\nlee@x.org,y", 0, 1),
            ("email\nnobody", 0, 1),
            ("Email,Contact owner\na@x.org,boss@x.org\nb@x.org,boss@x.org", 0, 1),
        ] {
            let found = layout(text).unwrap();
            assert_eq!((found.address, found.heading_line), (address, heading_line), "{text}");
        }
        assert!(
            matches!(layout("name,town\nKim,Ulm"), Err(Stop::NoAddresses { seen }) if seen == ["name", "town"])
        );
        assert!(layout("a@x.org,b@x.org,c@x.org").unwrap().is_list);
        assert!(!layout("a@x.org,Kim\nb@x.org,Lee").unwrap().is_list);
        assert_eq!(layout("Unsubscribed\na@x.org").unwrap().section.as_str(), "unsubscribed");
    }
}
