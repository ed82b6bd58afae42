//! What items of a list are counted by: letters, Roman numbers, backwards,
//! from any number.

use crate::publish::body::walk::{self, Step};

/// Where the numbers of a list begin that html2text counts for us: each list
/// has room for as many as a post can hold.
const ROOM: i64 = 1_000_000;

/// The marks of each list that is not counted 1, 2, 3.
#[derive(Debug, Clone, Default)]
pub(super) struct Numbers {
    lists: Vec<Vec<String>>,
}

impl Numbers {
    /// The start tag of a list as html2text gets it. `inside` is what follows
    /// the tag.
    pub(super) fn start(&mut self, tag: &str, inside: &str) -> String {
        let number = |tag: &str, name| walk::attribute(tag, name).and_then(|value| value.parse::<i64>().ok());
        let values: Vec<Option<i64>> = items(inside).map(|item| number(item, "value")).collect();
        let kind = walk::attribute(tag, "type").unwrap_or("1");
        let is_reversed = tag.contains(" reversed=\"");
        let first = number(tag, "start");
        if kind == "1"
            && !is_reversed
            && values.iter().all(Option::is_none)
            && first.is_none_or(|first| first >= 0)
        {
            return tag.to_owned();
        }
        let count = i64::try_from(values.len()).unwrap_or(ROOM);
        let mut next = first.unwrap_or(if is_reversed { count } else { 1 });
        let marks = values.into_iter().map(|value| {
            let nth = value.unwrap_or(next);
            next = if is_reversed { nth - 1 } else { nth + 1 };
            format!("{}. ", counted(nth, kind))
        });
        self.lists.push(marks.collect());
        format!("<ol start=\"{}\">", ROOM * i64::try_from(self.lists.len()).unwrap_or(1))
    }

    /// The mark of an item by its number.
    pub(super) fn mark(&self, nth: i64) -> String {
        let of = |number: i64| usize::try_from(number).ok();
        let list = of(nth / ROOM - 1).and_then(|list| self.lists.get(list));
        let mark = list.and_then(|marks| marks.get(of(nth % ROOM)?));
        mark.cloned().unwrap_or_else(|| format!("{nth}. "))
    }
}

/// The start tags of the items of a list that has just begun.
fn items(inside: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    let within = walk::steps(inside).map_while(move |(_, step)| {
        match step {
            Step::Open { name: "ul" | "ol", .. } => depth += 1,
            Step::Close("ul" | "ol") if depth == 0 => return None,
            Step::Close("ul" | "ol") => depth -= 1,
            Step::Open { name: "li", tag } if depth == 0 => return Some(Some(tag)),
            _ => {}
        }
        Some(None)
    });
    within.flatten()
}

fn counted(nth: i64, kind: &str) -> String {
    let said = match kind {
        "a" | "A" => letters(nth),
        "i" | "I" => roman(nth),
        _ => None,
    };
    match said {
        Some(said) if matches!(kind, "A" | "I") => said.to_uppercase(),
        Some(said) => said,
        None => nth.to_string(),
    }
}

/// a, b … z, aa, ab …
fn letters(nth: i64) -> Option<String> {
    let mut rest = u32::try_from(nth).ok().filter(|nth| *nth > 0)?;
    let mut said = Vec::new();
    while rest > 0 {
        said.push(char::from_digit((rest - 1) % 26 + 10, 36)?);
        rest = (rest - 1) / 26;
    }
    Some(said.into_iter().rev().collect())
}

fn roman(nth: i64) -> Option<String> {
    const SIGNS: [(i64, &str); 13] = [
        (1000, "m"),
        (900, "cm"),
        (500, "d"),
        (400, "cd"),
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ];
    let mut rest = Some(nth).filter(|nth| (1..4_000).contains(nth))?;
    let mut said = String::new();
    for (value, sign) in SIGNS {
        while rest >= value {
            said.push_str(sign);
            rest -= value;
        }
    }
    Some(said)
}
