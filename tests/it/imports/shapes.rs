//! No row vanishes, whatever a file looks like: each address in it is taken, or
//! refused with its reason, or the import stops and says why (I2).

use std::collections::BTreeSet;
use std::io::Cursor;

use postbell::domain::Timestamp;
use postbell::domain::import::{Choices, Entry, Who};
use postbell::operate::Actor;
use postbell::operate::import::{ImportFault, Wish, import_followers, look};
use proptest::prelude::*;

use crate::support::stores::{NOW, Opened, here};

/// How the bytes of a file are written.
#[derive(Debug, Clone, Copy)]
enum Written {
    Utf8,
    Utf8Marked,
    WideLittle,
    WideLittleMarked,
    WideBig,
    WideBigMarked,
    Windows,
}

impl Written {
    fn bytes(self, text: &str) -> Vec<u8> {
        let wide = |of: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(of).collect::<Vec<u8>>();
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Utf8Marked => [&b"\xEF\xBB\xBF"[..], text.as_bytes()].concat(),
            Self::WideLittle => wide(u16::to_le_bytes),
            Self::WideLittleMarked => [&b"\xFF\xFE"[..], &wide(u16::to_le_bytes)[..]].concat(),
            Self::WideBig => wide(u16::to_be_bytes),
            Self::WideBigMarked => [&b"\xFE\xFF"[..], &wide(u16::to_be_bytes)[..]].concat(),
            Self::Windows => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect(),
        }
    }
}

/// A row: its name, how the address is dressed, whether quotes stand around
/// cells, whether one is never closed, and a second address.
#[derive(Debug, Clone)]
struct Row {
    name: String,
    dress: u8,
    is_quoted: bool,
    is_broken: bool,
    has_second: bool,
    blank_after: bool,
}

fn row() -> impl Strategy<Value = Row> {
    let name = "[A-Za-z\u{e9}\u{fc} ,;'|\"-]{0,12}";
    let odd = || prop::bool::weighted(0.1);
    (name, 0_u8..5, any::<bool>(), odd(), odd(), odd()).prop_map(
        |(name, dress, is_quoted, is_broken, has_second, blank_after)| Row {
            name,
            dress,
            is_quoted,
            is_broken,
            has_second,
            blank_after,
        },
    )
}

#[derive(Debug, Clone)]
struct File {
    rows: Vec<Row>,
    delimiter: char,
    titles: usize,
    has_heading: bool,
    address_first: bool,
    line_end: &'static str,
    ends_open: bool,
    written: Written,
}

fn file() -> impl Strategy<Value = File> {
    let written = prop::sample::select(vec![
        Written::Utf8,
        Written::Utf8Marked,
        Written::WideLittle,
        Written::WideLittleMarked,
        Written::WideBig,
        Written::WideBigMarked,
        Written::Windows,
    ]);
    let delimiter = prop::sample::select(vec![',', ';', '\t', '|']);
    let line_end = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    let head = (0_usize..3, any::<bool>(), any::<bool>(), any::<bool>());
    (prop::collection::vec(row(), 1..14), delimiter, head, line_end, written).prop_map(
        |(rows, delimiter, (titles, has_heading, address_first, ends_open), line_end, written)| File {
            rows,
            delimiter,
            titles,
            has_heading,
            address_first,
            line_end,
            ends_open,
            written,
        },
    )
}

impl File {
    /// Its text, and the addresses in it.
    fn text(&self) -> (String, Vec<String>) {
        let (mut lines, mut addresses) = (Vec::new(), Vec::new());
        lines.extend((0..self.titles).map(|at| format!("My readers, part {at}")));
        let sign = self.delimiter.to_string();
        let in_order = |address: &str, name: &str, second: &str| match self.address_first {
            true => [address, name, second].join(&sign),
            false => [name, address, second].join(&sign),
        };
        if self.has_heading {
            lines.push(in_order("email", "name", "other"));
        }
        for (at, row) in self.rows.iter().enumerate() {
            let address = format!("reader{at}@example.org");
            let dressed = match row.dress {
                0 => format!("Kim <{address}>"),
                1 => format!("mailto:{address}"),
                _ => address.clone(),
            };
            addresses.push(address);
            let quoted = |cell: &str| match row.is_quoted {
                true => format!("\"{}\"", cell.replace('"', "\"\"")),
                false => cell.to_owned(),
            };
            let name = if row.is_broken { format!("\"{}", row.name) } else { quoted(&row.name) };
            let second = if row.has_second { format!("second{at}@example.org") } else { String::new() };
            lines.push(in_order(&quoted(&dressed), &name, &second));
            addresses.extend(row.has_second.then_some(second));
            lines.extend(row.blank_after.then(String::new));
        }
        let mut text = lines.join(self.line_end);
        text.push_str(if self.ends_open { "" } else { self.line_end });
        (text, addresses)
    }
}

/// What `found` and the report come to for these bytes; `None` when it stops.
fn accounted(
    opened: &Opened,
    runtime: &tokio::runtime::Runtime,
    bytes: &[u8],
) -> Option<(BTreeSet<String>, u64)> {
    let choices = Choices { status: Some(postbell::domain::import::Said::Active), ..Choices::default() };
    let mut file = Cursor::new(bytes);
    let now: Timestamp = NOW;
    let looked = match look(&mut file, "list.csv", false, &choices, now) {
        Ok(looked) => looked,
        Err(ImportFault::Stopped(_)) => return None,
        Err(fault) => panic!("{fault:?}"),
    };
    let mut shown = BTreeSet::new();
    let mut entries = 0;
    looked
        .each(&mut file, |_, entry| {
            entries += 1;
            shown.insert(match entry {
                Entry::Taken { who: Who::Address(address), .. } => address.to_string(),
                Entry::Taken { who: Who::Hash(text), .. } | Entry::Refused { shown: text, .. } => text,
            });
        })
        .unwrap();
    let report = runtime.block_on(async {
        let blog = opened.store.list_blogs().await.unwrap().remove(0);
        let wish = Wish { choices, is_dry_run: true, confirm: None };
        let store = opened.store.as_ref();
        import_followers(
            store,
            &Actor::Operator,
            &blog,
            &mut file,
            "list.csv",
            &looked,
            &wish,
            now,
            &mut |_| {},
        )
        .await
        .unwrap()
    });
    let parts = [
        report.active,
        report.paused,
        report.pending,
        report.unchanged,
        report.left,
        report.suppressed,
        report.refused,
    ];
    assert_eq!(parts.iter().sum::<u64>(), report.rows, "the parts are the whole");
    assert_eq!(report.rows, entries, "each entry is counted");
    assert_eq!(report.reasons.iter().map(|one| one.rows).sum::<u64>(), report.refused, "each has its reason");
    Some((shown, report.rows))
}

/// I2
#[test]
fn every_address_of_every_file_is_taken_or_refused_or_the_import_stops() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let opened = runtime.block_on(async {
        let opened = here().await;
        opened.blog("kim").await;
        opened
    });
    let stops = std::cell::Cell::new(0);
    let config = ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(file in file())| {
        let (text, addresses) = file.text();
        match accounted(&opened, &runtime, &file.written.bytes(&text)) {
            None => stops.set(stops.get() + 1),
            Some((shown, _)) => {
                for address in addresses {
                    prop_assert!(
                        shown.iter().any(|text| text.contains(&address)),
                        "{address} vanished from\n{text}\n{shown:?}"
                    );
                }
            }
        }
    });
    println!("{} of 1,500 files stop", stops.get());
    assert!(stops.get() < 300, "{} of 1,500 files stop", stops.get());
}
