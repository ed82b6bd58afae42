//! How the cells of a line are kept apart: by which sign, and with quotes
//! that may go over lines, or were never closed.

use super::cell::{addresses_in, is_address, is_commented};
use super::reason::Stop;

/// Signs that may stand between cells, the likeliest first. The last two stand
/// in much else, and count only where no other finds as many addresses.
const DELIMITERS: [char; 13] = [',', ';', '\t', '|', '^', '~', '\u{1f}', '\u{1}', '，', '；', '、', ':', ' '];
const LAST_RESORTS: [char; 2] = [':', ' '];
/// Lines that decide.
const LINES: usize = 200;
/// Of these the first, and then those with addresses.
const FIRST_LINES: usize = 5;

/// Beginnings of text that is no table.
const OTHER_FORMS: &[(&str, &str)] = &[
    ("{", "JSON"),
    ("[{", "JSON"),
    ("[\"", "JSON"),
    ("{\\rtf", "RTF"),
    ("<?xml", "XML"),
    ("<!doctype", "HTML"),
    ("<html", "HTML"),
    ("<table", "HTML"),
    ("<opml", "OPML"),
    ("begin:vcard", "vCard"),
    ("%pdf", "PDF"),
    ("dn: ", "LDIF"),
    ("version: 1", "LDIF"),
];

/// How the lines of a dump of a database begin: a statement, and what it is done to.
const STATEMENTS: &[(&str, &[&str])] = &[
    ("insert", &["into", "ignore", "or"]),
    ("replace", &["into"]),
    ("create", &["table", "database"]),
    ("drop", &["table"]),
    ("alter", &["table"]),
    ("lock", &["tables"]),
    ("begin", &["transaction;"]),
    ("set", &["names", "statement_timeout"]),
    ("--", &["mysql", "mariadb", "phpmyadmin", "postgresql"]),
];

/// Whether a text is a dump of a database, or rows cut out of one.
fn is_sql(text: &str) -> bool {
    let is_statement = |line: &str| {
        let mut words = line.split_whitespace().take(2).map(str::to_ascii_lowercase);
        let (Some(first), Some(second)) = (words.next(), words.next()) else { return false };
        let is_known = STATEMENTS.iter().any(|(begin, to)| *begin == first && to.contains(&second.as_str()));
        is_known || first == "copy" && line.trim_end().to_ascii_lowercase().ends_with("from stdin;")
    };
    // "('a@x.org',1)," and nothing else.
    let is_row = |line: &str| {
        let line = line.trim();
        line.starts_with('(') && line.ends_with([',', ';', ')']) && line.contains(['\'', '"'])
    };
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).take(LINES);
    let mut first = lines.clone().take(3);
    lines.any(is_statement) || first.next().is_some_and(is_row) && first.all(is_row)
}

/// The shape of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// What stands between cells.
    pub delimiter: char,
    /// Whether the first line only says so, as Excel's `sep=;` does.
    pub names_it: bool,
}

impl Shape {
    /// Finds it from the beginning of the text.
    ///
    /// # Errors
    /// When it is no table at all.
    pub fn find(head: &str) -> Result<Self, Stop> {
        let text = head.trim_start_matches('\u{feff}').trim_start();
        if text.is_empty() {
            return Err(Stop::Empty);
        }
        let start: String = text.chars().take(40).flat_map(char::to_lowercase).collect();
        if let Some((_, form)) = OTHER_FORMS.iter().find(|(sign, _)| start.starts_with(sign)) {
            return Err(Stop::OtherForm { form });
        }
        if is_sql(text) {
            return Err(Stop::OtherForm { form: "an SQL dump" });
        }
        let first = text.lines().next().unwrap_or_default().trim_matches('"');
        if first.get(..4).is_some_and(|sep| sep.eq_ignore_ascii_case("sep=")) {
            let named = first[4..].chars().next().filter(|_| first[4..].chars().count() <= 2);
            if let Some(delimiter) = named {
                return Ok(Self { delimiter, names_it: true });
            }
        }
        let filled = || {
            let lines = text.split(['\n', '\r']).filter(|line| !line.trim().is_empty());
            lines.filter(|line| !is_commented(&[line], 0))
        };
        // The lines of a long cell tell nothing.
        let tells = |(at, line): &(usize, &str)| *at < FIRST_LINES || line.contains(['@', '＠']);
        let lines: Vec<&str> = filled().enumerate().filter(tells).take(LINES).map(|(_, line)| line).collect();
        let mut best = (Score::default(), ',');
        for delimiter in DELIMITERS {
            // Blanks and colons part cells only where nothing else does.
            let is_split = best.0.even * 10 >= lines.len() * 8;
            if LAST_RESORTS.contains(&delimiter) && is_split && best.0.is_usual {
                continue;
            }
            let score = Score::of(&lines, delimiter);
            if score > best.0 {
                best = (score, delimiter);
            }
        }
        Ok(Self { delimiter: best.1, names_it: false })
    }
}

/// How well a sign splits lines: first by the addresses that stand alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Score {
    addresses: usize,
    is_usual: bool,
    even: usize,
    width: usize,
}

impl Score {
    fn of(lines: &[&str], delimiter: char) -> Self {
        let mut widths = std::collections::BTreeMap::new();
        let mut addresses = 0;
        for line in lines {
            // Long lines are lists: their beginning tells as much.
            let line = line.get(..4_000).unwrap_or(line);
            let cells = cells_of(line, delimiter);
            *widths.entry(cells.len()).or_insert(0_usize) += 1;
            let is_alone = cells.iter().any(|cell| is_address(cell) && !cell.contains('<'));
            addresses += match is_alone {
                true => 2,
                false => usize::from(cells.iter().any(|cell| !addresses_in(cell).is_empty())),
            };
        }
        let usual = widths.into_iter().filter(|(width, _)| *width > 1).max_by_key(|(_, count)| *count);
        let (width, even) = usual.unwrap_or((0, 0));
        Self { addresses, is_usual: !LAST_RESORTS.contains(&delimiter), even, width: width.min(99) }
    }
}

/// Where the quotes of a piece of text stand at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quotes {
    /// Outside: the row is whole.
    Closed,
    /// Within a cell that goes on in the next line, if it ever ends.
    Open,
    /// A cell that went over lines ended in the middle of one: nobody closed
    /// the quote that opened it.
    Broken,
}

/// Looks at the quotes of a row that grows by lines, at each byte once.
#[derive(Debug)]
pub struct QuoteScan {
    delimiter: char,
    /// Where the cell begins that is looked at.
    cell: usize,
    /// Up to where it was looked at.
    seen: usize,
    /// Whether quotes stand where none should, so that the row may go on.
    pub is_sloppy: bool,
}

impl QuoteScan {
    /// Begins.
    pub const fn new(delimiter: char) -> Self {
        Self { delimiter, cell: 0, seen: 0, is_sloppy: false }
    }

    /// How the quotes of `text` stand, which begins with what was seen before.
    pub fn see(&mut self, text: &str) -> Quotes {
        loop {
            let rest = &text[self.cell..];
            let next = match quoted(rest, self.delimiter, self.seen - self.cell) {
                Some(Quoted::Open) => {
                    self.seen = text.len();
                    return Quotes::Open;
                }
                Some(Quoted::Whole { cell, junk, .. }) if cell.contains('\n') && !junk.is_empty() => {
                    return Quotes::Broken;
                }
                Some(Quoted::Whole { junk, next, .. }) => {
                    self.is_sloppy |= junk.contains('"');
                    next
                }
                None => bare(rest, self.delimiter).1,
            };
            let Some(next) = next else { return Quotes::Closed };
            self.cell = text.len() - next.len();
            self.seen = self.cell;
        }
    }
}

enum Quoted<'t> {
    Open,
    Whole {
        cell: &'t str,
        /// What stands between the closing quote and the next delimiter.
        junk: &'t str,
        next: Option<&'t str>,
    },
}

/// A cell that begins with a quote, of which nothing before `seen` closes it.
fn quoted(text: &str, delimiter: char, seen: usize) -> Option<Quoted<'_>> {
    let is_space = |c: char| c == ' ' && delimiter != ' ' || c == '\t' && delimiter != '\t';
    let inner = text.trim_start_matches(is_space).strip_prefix('"')?;
    let mut from = seen.saturating_sub(text.len() - inner.len());
    loop {
        let Some(at) = inner[from..].find('"').map(|at| from + at) else { return Some(Quoted::Open) };
        let after = &inner[at + 1..];
        // Doubled, or as MySQL writes it.
        let is_escaped = inner[..at].ends_with('\\')
            && !after.trim_start_matches(is_space).starts_with(delimiter)
            && !after.trim().is_empty();
        if let Some(rest) = after.strip_prefix('"') {
            from = inner.len() - rest.len();
        } else if is_escaped {
            from = at + 1;
        } else {
            let (junk, next) = bare(after, delimiter);
            return Some(Quoted::Whole { cell: &inner[..at], junk: junk.trim(), next });
        }
    }
}

/// Up to the next delimiter, and what is behind it.
fn bare(text: &str, delimiter: char) -> (&str, Option<&str>) {
    match text.split_once(delimiter) {
        Some((cell, next)) => {
            (cell, Some(if delimiter == ' ' { next.trim_start_matches(' ') } else { next }))
        }
        None => (text, None),
    }
}

/// The cells of a whole row. A quote that nobody closed is a sign like others.
/// What a spreadsheet makes of a row that it took for one cell is that row.
pub fn cells_of(text: &str, delimiter: char) -> Vec<String> {
    let (cells, is_wrapped) = split(text, delimiter);
    let is_row = is_wrapped && cells.iter().skip(1).all(|cell| cell.trim().is_empty());
    let Some(row) = cells.first().filter(|row| is_row && row.contains(delimiter)) else { return cells };
    match split(row, delimiter).0.as_slice() {
        // "Doe, Kim <kim@…>" is a name.
        [_, last] if last.starts_with(' ') && last.trim_end().ends_with('>') => cells,
        inner => inner.to_vec(),
    }
}

/// The cells, and whether quotes stand around the first and nothing else in it.
fn split(text: &str, delimiter: char) -> (Vec<String>, bool) {
    let mut cells = Vec::new();
    let mut is_wrapped = false;
    let mut rest = if delimiter == ' ' { text.trim() } else { text };
    loop {
        let (cell, next) = match quoted(rest, delimiter, 0) {
            Some(Quoted::Whole { cell, junk, next }) => {
                let is_plain = !junk.contains(|c: char| c.is_alphanumeric() || c == '@');
                is_wrapped |= cells.is_empty() && is_plain;
                let cell = cell.replace("\"\"", "\"");
                let is_all = junk.is_empty() || is_wrapped && cells.is_empty();
                (if is_all { cell } else { format!("{cell} {junk}") }, next)
            }
            Some(Quoted::Open) | None => {
                let (cell, next) = bare(rest, delimiter);
                (cell.to_owned(), next)
            }
        };
        cells.push(cell);
        match next {
            Some(next) => rest = next,
            None => return (cells, is_wrapped),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_the_one_that_leaves_addresses_alone() {
        for (text, delimiter) in [
            ("email,name\na@x.org,Kim\n", ','),
            ("email;name\na@x.org;\"Doe, Kim\"\n", ';'),
            ("email\tname\na@x.org\tDoe, Kim\n", '\t'),
            ("email|name\na@x.org|Kim\n", '|'),
            ("email^name\na@x.org^Kim\n", '^'),
            ("a@x.org\nb@x.org\n", ','),
            ("email,name\n\"a@x.org\",\"Kim; Doe; x\"\nb@x.org,y\n", ','),
            ("email name\na@x.org Kim\n", ' '),
            ("\"email;name\"\n\"a@x.org;Kim\"\n", ';'),
            ("\"email,name\";\n\"a@x.org,\"\"Kim\"\"\";\n", ','),
            ("a@x.org b@x.org c@x.org", ' '),
            ("Kim Lee <a@x.org>\nMax Doe <b@x.org>", ','),
            ("sep=;\nemail;status\na@x.org;b,c", ';'),
            ("SEP=\t\r\nemail\tstatus", '\t'),
        ] {
            assert_eq!(Shape::find(text).unwrap().delimiter, delimiter, "{text}");
        }
        for text in ["{\"email\":1}", "<!DOCTYPE html>", "BEGIN:VCARD", "[{\"a\":1}]"] {
            assert!(matches!(Shape::find(text), Err(Stop::OtherForm { .. })), "{text}");
        }
        assert_eq!(Shape::find(" \r\n"), Err(Stop::Empty));
    }

    #[test]
    fn cells_are_split_outside_of_quotes_that_close() {
        for (text, cells) in [
            ("a,\"b, c\",d", &["a", "b, c", "d"][..]),
            ("a,\"say \"\"b\"\"\",", &["a", "say \"b\"", ""]),
            ("a,\"b", &["a", "\"b"]),
            ("a, \"b\" ,c", &["a", "b", "c"]),
            ("\"Doe, Kim\" <kim@x.org>,b", &["Doe, Kim <kim@x.org>", "b"]),
            ("a,\"b \\\"c\\\" d\",e", &["a", "b \\\"c\\\" d", "e"]),
            ("\"a,b\"", &["a", "b"]),
            ("\"a,\"\"b, c\"\",d\",,", &["a", "b, c", "d"]),
            ("\"\"\"a\"\",\"\"b\"\"\"", &["a", "b"]),
            ("\"a,b\";;", &["a", "b"]),
            ("\"a, b\",c", &["a, b", "c"]),
            ("x,\"a,b\"", &["x", "a,b"]),
            ("\"Doe, Kim <kim@x.org>\"", &["Doe, Kim <kim@x.org>"]),
            ("", &[""]),
        ] {
            assert_eq!(cells_of(text, ','), cells, "{text}");
        }
        for (text, quotes) in [
            ("a,\"b\nc\",d", Quotes::Closed),
            ("a,\"b", Quotes::Open),
            ("a,\"b\nc,\"d\"", Quotes::Broken),
            ("a,\"b\" c,d", Quotes::Closed),
            ("a,\"b\n\"\"c\"\"\nd\",\"e\nf\"", Quotes::Closed),
            ("a,\"b\n\"\"c\"\"\nd", Quotes::Open),
        ] {
            assert_eq!(QuoteScan::new(',').see(text), quotes, "{text}");
            // Line by line it is the same.
            let mut scan = QuoteScan::new(',');
            let ends = text.match_indices('\n').map(|(at, _)| at).chain([text.len()]);
            assert_eq!(ends.map(|end| scan.see(&text[..end])).last(), Some(quotes), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_of_a_row_is_lost(text in "[a-c,\" \\\\]{0,30}") {
            let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
            proptest::prop_assert_eq!(letters(&cells_of(&text, ',').concat()), letters(&text));
        }
    }
}
