//! Rows as spreadsheets and people leave them: whole rows in quotes, lines
//! between rows, one address twice, very long cells. Whoever left by any row
//! is not active, and nobody else is lost (I1, I2).

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use postbell::domain::import::{Choices, Entry, Said, Stop, Who};
use postbell::domain::{Blog, DAY_MS, EmailAddress, SubscriptionStatus};
use postbell::operate::Actor;
use postbell::operate::import::{ImportFault, Looked, Report, Wish, import_followers, look};
use postbell::store::SubscriberFilter;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::support::stores::{NOW, Opened};

crate::for_each_store!(
    who_left_by_any_row_of_a_drawn_file_is_not_active_and_nobody_is_lost,
    of_two_rows_of_one_address_that_counts_which_allows_less_mail,
    of_two_leavings_the_newest_counts_against_a_confirmation_between_them,
);

fn choices() -> Choices {
    Choices { status: Some(Said::Active), ..Choices::default() }
}

fn looked(bytes: &[u8]) -> Result<Looked, Stop> {
    match look(&mut Cursor::new(bytes), "list.csv", false, &choices(), NOW) {
        Ok(looked) => Ok(looked),
        Err(ImportFault::Stopped(stop)) => Err(stop),
        Err(fault) => panic!("{fault:?}"),
    }
}

async fn import(opened: &Opened, blog: &Blog, bytes: &[u8], looked: &Looked) -> Report {
    let wish = Wish { choices: choices(), is_dry_run: false, confirm: None };
    let (store, mut file) = (opened.store.as_ref(), Cursor::new(bytes));
    let mut progress = |_| {};
    let done = import_followers(
        store,
        &Actor::Operator,
        blog,
        &mut file,
        "list.csv",
        looked,
        &wish,
        NOW,
        &mut progress,
    );
    done.await.unwrap()
}

async fn with_status(opened: &Opened, blog: &Blog, status: SubscriptionStatus) -> BTreeSet<String> {
    let mut filter =
        SubscriberFilter { blog_id: Some(blog.id), status: Some(status), ..SubscriberFilter::default() };
    let mut found = BTreeSet::new();
    loop {
        let page = opened.store.page_subscriptions(&filter, 1_000).await.unwrap();
        let Some(last) = page.last() else { return found };
        filter.after = Some(last.id);
        found.extend(page.iter().map(|one| one.address.to_lowercase()));
    }
}

/// What a row says, as words say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    Follows,
    Nothing,
    Waits,
    Gone,
}

const WORDS: [(Truth, &[&str]); 4] = [
    (Truth::Follows, &["active", "Subscribed", "aktiv", "inscrito"]),
    (Truth::Nothing, &[""]),
    (Truth::Waits, &["unconfirmed", "Pending", "nicht bestätigt"]),
    (Truth::Gone, &["unsubscribed", "left", "Bounced", "spam", "Abgemeldet", "désabonné", "配信停止"]),
];

/// How a row is written.
#[derive(Debug, Clone, Copy)]
enum Style {
    Plain,
    EachCell,
    Whole,
    WholeAndMore,
}

#[derive(Debug, Clone)]
struct Row {
    /// Whose; fewer than rows, so that some have several.
    who: usize,
    says: Truth,
    word: usize,
    name: String,
    style: Style,
    is_upper: bool,
    is_dressed: bool,
    /// Lines of its note.
    lines: usize,
    /// A row without an address behind it, and its word.
    lone: Option<&'static str>,
}

fn row() -> impl Strategy<Value = Row> {
    let says = prop::sample::select(vec![Truth::Follows, Truth::Nothing, Truth::Waits, Truth::Gone]);
    let styles = vec![Style::Plain, Style::EachCell, Style::Whole, Style::WholeAndMore];
    let lines = prop_oneof![8 => Just(0_usize), 2 => 1_usize..4, 1 => 250_usize..400];
    let lone = prop::sample::select(vec!["active", "Spam", "unsubscribed", "bounced"]);
    let lone = prop::option::weighted(0.15, lone);
    let name = "[A-Za-z\u{e9}\u{fc} ,;'|\"-]{0,12}";
    let odd = || prop::bool::weighted(0.15);
    (0_usize..9, says, 0_usize..8, name, prop::sample::select(styles), (odd(), odd()), lines, lone).prop_map(
        |(who, says, word, name, style, (is_upper, is_dressed), lines, lone)| Row {
            who,
            says,
            word,
            name,
            style,
            is_upper,
            is_dressed,
            lines,
            lone,
        },
    )
}

#[derive(Debug, Clone)]
struct File {
    rows: Vec<Row>,
    delimiter: char,
    titles: usize,
    order: Vec<usize>,
    /// A list with lines between in place of a table.
    is_list: bool,
    line_end: &'static str,
    encoding: u8,
}

fn file() -> impl Strategy<Value = File> {
    let delimiter = prop::sample::select(vec![',', ';', '\t', '|']);
    let line_end = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    let order = Just(vec![0, 1, 2, 3]).prop_shuffle();
    let rows = prop::collection::vec(row(), 2..14);
    (rows, delimiter, 0_usize..2, order, prop::bool::weighted(0.2), line_end, 0_u8..4).prop_map(
        |(rows, delimiter, titles, order, is_list, line_end, encoding)| File {
            rows,
            delimiter,
            titles,
            order,
            is_list,
            line_end,
            encoding,
        },
    )
}

impl Row {
    fn address(&self) -> String {
        let address = format!("reader{}@example.org", self.who);
        let address = if self.is_upper { address.to_uppercase() } else { address };
        if self.is_dressed { format!("Kim <{address}>") } else { address }
    }

    fn word(&self) -> &'static str {
        let (_, words) = WORDS.iter().find(|(truth, _)| *truth == self.says).unwrap();
        words[self.word % words.len()]
    }
}

impl File {
    fn line(&self, cells: [&str; 4], style: Style) -> String {
        let needs = |cell: &str| cell.contains([self.delimiter, '"', '\n', '\r']);
        let doubled = |text: &str| text.replace('"', "\"\"");
        let is_each = matches!(style, Style::EachCell);
        let quoted = |at: &usize| match is_each || needs(cells[*at]) {
            true => format!("\"{}\"", doubled(cells[*at])),
            false => cells[*at].to_owned(),
        };
        let line = self.order.iter().map(quoted).collect::<Vec<_>>().join(&self.delimiter.to_string());
        match style {
            Style::Plain | Style::EachCell => line,
            Style::Whole => format!("\"{}\"", doubled(&line)),
            Style::WholeAndMore => format!("\"{}\"{}", doubled(&line), self.delimiter.to_string().repeat(3)),
        }
    }

    /// Its text, and what its rows say of each.
    fn text(&self) -> (String, BTreeMap<String, Vec<Truth>>) {
        let mut lines: Vec<String> = (0..self.titles).map(|at| format!("My readers, part {at}")).collect();
        let mut truths: BTreeMap<String, Vec<Truth>> = BTreeMap::new();
        let mut tell = |who: usize, says| {
            truths.entry(format!("reader{who}@example.org")).or_default().push(says);
        };
        if self.is_list {
            for (at, row) in self.rows.iter().enumerate() {
                // A heading begins with each row, so that each is of its own kind.
                let says = match at % 3 {
                    0 => ("Active subscribers", Truth::Follows),
                    1 => ("Unsubscribed:", Truth::Gone),
                    _ => ("Bounced", Truth::Gone),
                };
                lines.extend([says.0.to_owned(), row.address()]);
                tell(row.who, says.1);
            }
            return (lines.join(self.line_end), truths);
        }
        lines.push(self.line(["email", "status", "name", "note"], Style::Plain));
        for row in &self.rows {
            let note = (0..row.lines).map(|at| format!("<p class=\"x\">{at}")).collect::<Vec<_>>();
            let note = note.join(self.line_end);
            lines.push(self.line([&row.address(), row.word(), &row.name, &note], row.style));
            tell(row.who, row.says);
            lines.extend(row.lone.map(|word| self.line(["", word, "", ""], Style::Plain)));
        }
        (lines.join(self.line_end) + self.line_end, truths)
    }

    fn bytes(&self, text: &str) -> Vec<u8> {
        let wide = || text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        match self.encoding {
            0 => text.as_bytes().to_vec(),
            1 => [&b"\xEF\xBB\xBF"[..], text.as_bytes()].concat(),
            2 => [&b"\xFF\xFE"[..], &wide()[..]].concat(),
            _ => wide(),
        }
    }
}

/// I1 I2
async fn who_left_by_any_row_of_a_drawn_file_is_not_active_and_nobody_is_lost(opened: Opened) {
    const FILES: usize = 400;
    let mut runner = TestRunner::deterministic();
    let (mut stops, mut gone, mut follow) = (0, 0, 0);
    for number in 0..FILES {
        let file = file().new_tree(&mut runner).unwrap().current();
        let (text, truths) = file.text();
        let bytes = file.bytes(&text);
        let Ok(looked) = looked(&bytes) else {
            stops += 1;
            continue;
        };
        let mut shown = BTreeSet::new();
        let mut seen = |_, entry| {
            shown.insert(match entry {
                Entry::Taken { who: Who::Address(address), .. } => address.to_string().to_lowercase(),
                Entry::Taken { who: Who::Hash(text), .. } | Entry::Refused { shown: text, .. } => {
                    text.to_lowercase()
                }
            });
        };
        looked.each(&mut Cursor::new(&bytes), &mut seen).unwrap();
        let blog = opened.blog(&format!("b{number}")).await;
        let report = import(&opened, &blog, &bytes, &looked).await;
        let active = with_status(&opened, &blog, SubscriptionStatus::Active).await;
        let text: Vec<&str> = text.split(['\n', '\r']).filter(|line| !line.starts_with("<p")).collect();
        let (text, facts) = (text.join("\n"), (&report.file, &report.reasons));
        for (address, says) in truths {
            assert!(shown.iter().any(|text| text.contains(&address)), "{address} vanished from\n{text}");
            let is_less = says.iter().any(|says| matches!(says, Truth::Waits | Truth::Gone));
            gone += usize::from(is_less);
            follow += usize::from(!is_less);
            assert_eq!(active.contains(&address), !is_less, "{address} {says:?}\n{text}\n{facts:?}");
        }
    }
    println!("{stops} of {FILES} files stop; {gone} addresses must not follow, {follow} must");
    assert!(stops < FILES / 10, "{stops} of {FILES} files stop");
}

/// I1
async fn of_two_rows_of_one_address_that_counts_which_allows_less_mail(opened: Opened) {
    use SubscriptionStatus::{Active, Pending};
    let kinds = ["unsubscribed", "bounced", "complained", "unconfirmed", "active"];
    let names = |kind: &str, order: &str| format!("{kind}-{order}@example.org");
    let row = |address: &str, status: &str, date: &str| format!("{address},{status},{date}\n");
    let mut text = "email,status,date\n".to_owned();
    // The first of each pair here, the other thousands of rows below.
    for kind in kinds {
        text.push_str(&row(&names(kind, "near"), "active", "2026-01-01"));
        text.push_str(&row(&names(kind, "near").to_uppercase(), kind, "2020-01-01"));
        text.push_str(&row(&names(kind, "before"), kind, "2020-01-01"));
        text.push_str(&row(&names(kind, "after"), "active", "2020-01-01"));
    }
    for number in 0..5_000 {
        text.push_str(&row(&format!("other{number}@example.org"), "active", ""));
    }
    for kind in kinds {
        text.push_str(&row(&format!("Kim <{}>", names(kind, "before")), "active", "2026-01-01"));
        text.push_str(&row(&names(kind, "after"), kind, "2021-01-01"));
    }
    let blog = opened.blog("kim").await;
    let looked = looked(text.as_bytes()).unwrap();
    let report = import(&opened, &blog, text.as_bytes(), &looked).await;
    let mut active = with_status(&opened, &blog, Active).await;
    active.retain(|address| !address.starts_with("other"));
    let orders = ["after", "before", "near"];
    let all = |kind: &str| orders.map(|order| names(kind, order)).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(active, all("active"), "{:?}", report.reasons);
    assert_eq!(with_status(&opened, &blog, Pending).await, all("unconfirmed"));
    assert_eq!((report.left, report.suppressed, report.contradicted), (3, 6, 12), "{:?}", report.reasons);
    // A second import of the same file changes nothing of it.
    import(&opened, &blog, text.as_bytes(), &looked).await;
    assert_eq!(with_status(&opened, &blog, Active).await.len(), 5_003);
}

/// I1: who confirmed here between two leavings of the file has left.
async fn of_two_leavings_the_newest_counts_against_a_confirmation_between_them(opened: Opened) {
    let blog = opened.blog("kim").await;
    let confirmed = NOW.plus_ms(-10 * DAY_MS);
    for name in ["first", "last", "columns", "bounced", "before"] {
        opened.follow(&blog, &format!("{name}@example.org"), confirmed).await;
    }
    let day = |days: i64| NOW.plus_ms(days * DAY_MS).date();
    let (old, new) = (day(-20), day(-5));
    let text = format!(
        "email,unsubscribed_at,cancelled_at,bounced_at\n\
         first@example.org,{old},,\nlast@example.org,{new},,\ncolumns@example.org,{old},{new},\n\
         bounced@example.org,,,{old}\nbefore@example.org,{old},,\n\
         first@example.org,{new},,\nlast@example.org,{old},,\nbounced@example.org,{new},,\nbefore@example.org,{old},,\n"
    );
    let looked = looked(text.as_bytes()).unwrap();
    let report = import(&opened, &blog, text.as_bytes(), &looked).await;
    assert_eq!((report.left, report.suppressed), (3, 1), "{:?}", report.reasons);
    let mut cut_off = Vec::new();
    for name in ["first", "last", "columns", "bounced", "before"] {
        let address = EmailAddress::parse(&format!("{name}@example.org")).unwrap();
        if opened.store.find_suppression(&address, Some(blog.id)).await.unwrap().is_some() {
            cut_off.push(name);
        }
    }
    assert_eq!(cut_off, ["first", "last", "columns", "bounced"]);
}

/// A cell in quotes, of so many lines and so many bytes each.
fn long_cell(lines: usize, bytes: usize) -> String {
    let line = |at: usize| format!("\"\"{at}\"\" {}", "x".repeat(bytes));
    format!("\"{}\"", (0..lines).map(line).collect::<Vec<_>>().join("\n"))
}

/// I2 S20
#[test]
fn a_quoted_cell_is_a_cell_up_to_the_bound_of_a_record_and_never_shifts_a_row() {
    let table = |cell: &str| {
        format!("email,bio,status\na@example.org,{cell},unsubscribed\nb@example.org,x,active\n").into_bytes()
    };
    for (lines, bytes) in [(3, 10), (199, 10), (201, 10), (10_000, 50), (50, 20_000), (40_000, 0)] {
        let bytes = table(&long_cell(lines, bytes));
        let mut said = Vec::new();
        let seen = |_, entry| {
            if let Entry::Taken { said: says, .. } = entry {
                said.push(says.as_str());
            }
        };
        looked(&bytes).unwrap().each(&mut Cursor::new(&bytes), seen).unwrap();
        assert_eq!(said, ["unsubscribed", "active"], "{lines} lines");
    }
    let stops = |bytes: &[u8]| match looked(bytes) {
        Err(Stop::OpenQuote { line }) => line,
        other => panic!("{:?}", other.map(|_| "no stop")),
    };
    for cell in [long_cell(6, 1 << 20), long_cell(70_000, 0), "\"said \"hi\"\nand left".to_owned()] {
        assert_eq!(stops(&table(&cell)), 2);
    }
    // Nobody closes it, and cells of its row are missing: they may be below.
    assert_eq!(stops(&table("\"Kim\nx")), 2);
    let rows: String = (0..300).map(|at| format!("c{at}@example.org,x,active\n")).collect();
    let text = format!("email,status,bio\na@example.org,active,\"Kim\n{rows}b@example.org,left,\"\n");
    assert_eq!(stops(text.as_bytes()), 2, "rows within what may be a cell");
}
