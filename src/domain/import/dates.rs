//! Dates as files have them. Without a zone a date is UTC. A day and a month
//! that could be either are read by what the rest of their column shows, or
//! not at all.

use jiff::civil::{Date, Time};

use super::fold::{fold, tidy};
use crate::domain::{DAY_MS, Timestamp};

/// Which of two numbers is the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The first: 31/12/2024.
    DayFirst,
    /// The second: 12/31/2024.
    MonthFirst,
}

/// What a cell says of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// This one.
    At(Timestamp),
    /// This one, which shows the order of its column.
    Shows(Order, Timestamp),
    /// One of two.
    Either(Timestamp, Timestamp),
    /// None that can be read.
    No,
}

impl Read {
    /// The moment, when the order is this one.
    pub fn at(self, order: Option<Order>) -> Option<Timestamp> {
        match (self, order) {
            (Self::At(at) | Self::Shows(_, at), _) => Some(at),
            (Self::Either(at, _), Some(Order::DayFirst)) | (Self::Either(_, at), Some(Order::MonthFirst)) => {
                Some(at)
            }
            (Self::Either(..), None) | (Self::No, _) => None,
        }
    }
}

/// Beginnings of months, folded, and the words that only begin so in one
/// language: January to December.
const MONTHS: [&[&str]; 12] = [
    &["jan", "jän", "janv", "ene", "gen", "يناير"],
    &["feb", "fev", "fév", "fevr", "فبراير"],
    &["mar", "mär", "mrz", "مارس"],
    &["apr", "avr", "abr", "ابريل"],
    &["may", "mai", "mag", "مايو"],
    &["jun", "juin", "giu", "يونيو"],
    &["jul", "juil", "lug", "يوليو"],
    &["aug", "aou", "aoû", "ago", "اغسطس"],
    &["sep", "set", "سبتمبر"],
    &["oct", "okt", "ott", "out", "اكتوبر"],
    &["nov", "نوفمبر"],
    &["dec", "dez", "dic", "déc", "ديسمبر"],
];

/// Names of zones and their minutes east of UTC.
#[rustfmt::skip]
const ZONES: &[(&str, i64)] = &[
    ("z", 0), ("utc", 0), ("gmt", 0), ("wet", 0), ("bst", 60), ("west", 60), ("cet", 60), ("mez", 60),
    ("cest", 120), ("mesz", 120), ("eet", 120), ("eest", 180), ("msk", 180), ("ist", 330), ("jst", 540),
    ("est", -300), ("edt", -240), ("cst", -360), ("cdt", -300), ("mst", -420), ("mdt", -360), ("pst", -480),
    ("pdt", -420), ("brt", -180),
];

/// Longest text that is read as a date.
const MOST_BYTES: usize = 80;

/// Reads a cell.
pub fn read(cell: &str) -> Read {
    let text = tidy(cell);
    if text.is_empty() || text.len() > MOST_BYTES || !text.chars().any(char::is_numeric) {
        return Read::No;
    }
    // Go's monotonic clock says nothing of the day.
    let text = text.split(" m=").next().unwrap_or(text);
    let text: String = text.chars().map(plain_digit).collect();
    number(&text).map_or_else(|| written(&text).unwrap_or(Read::No), Read::At)
}

/// Whether a cell is a year, or a month of one, and nothing else: "2021",
/// "12/2021", "Dez 2021". It is no day, but it is when something was.
pub fn is_month_or_year(cell: &str) -> bool {
    let text: String = tidy(cell).chars().take(MOST_BYTES).map(plain_digit).collect();
    let tokens = tokens(&text);
    let number = |token: &str| token.parse::<u16>().ok();
    let is_year =
        |token: &str| token.len() == 4 && number(token).is_some_and(|year| (1990..2100).contains(&year));
    let is_month = |token: &str| match number(token) {
        Some(month) => token.len() <= 2 && (1..=12).contains(&month),
        None => month_of(token).is_some(),
    };
    match tokens.as_slice() {
        [(year, _)] => is_year(year) && text.bytes().all(|b| b.is_ascii_digit()),
        [(month, _), (year, _)] if is_month(month) => is_year(year),
        [(year, sign), (month, _)] => *sign != '.' && is_year(year) && is_month(month),
        _ => false,
    }
}

/// Arabic and full-width digits as those of ASCII; the signs between Chinese and Japanese
/// numbers as ours.
fn plain_digit(c: char) -> char {
    match u32::from(c) {
        n @ 0x660..=0x669 => char::from(b'0' + u8::try_from(n - 0x660).unwrap_or(0)),
        n @ 0x6F0..=0x6F9 => char::from(b'0' + u8::try_from(n - 0x6F0).unwrap_or(0)),
        n @ 0xFF10..=0xFF19 => char::from(b'0' + u8::try_from(n - 0xFF10).unwrap_or(0)),
        0x5E74 | 0x6708 => '-',
        0x65E5 => ' ',
        0x6642 | 0x65F6 | 0x70B9 | 0x5206 | 0xFF1A => ':',
        0x79D2 => ' ',
        0xFF0F => '/',
        _ => c,
    }
}

/// Seconds, milliseconds, the days of a spreadsheet, `20240304`, `20240304050607`.
fn number(text: &str) -> Option<Timestamp> {
    let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite() && *value > 0.0)?;
    if !text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let digits = text.split('.').next().map_or(0, str::len);
    let day = |text: &str| {
        let (y, m, d) =
            (text.get(..4)?.parse().ok()?, text.get(4..6)?.parse().ok()?, text.get(6..8)?.parse().ok()?);
        Date::new(y, m, d).ok()
    };
    #[expect(clippy::cast_possible_truncation, reason = "the digits bound it")]
    let whole = value as i64;
    match digits {
        // Days since 1899-12-30, of the years 1995 to 2119.
        5 if (34_700.0..80_000.0).contains(&value) => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_precision_loss,
                reason = "a few million seconds"
            )]
            let ms = ((value - 25_569.0) * DAY_MS as f64 / 1000.0).round() as i64 * 1000;
            Some(Timestamp::from_millis(ms))
        }
        8 if !text.contains('.') => moment(day(text)?, Time::midnight(), 0),
        9 | 10 => Some(Timestamp::from_millis(whole.checked_mul(1000)?)),
        13 => Some(Timestamp::from_millis(whole)),
        16 => Some(Timestamp::from_millis(whole / 1000)),
        14 if !text.contains('.') => {
            let part = |at: usize| text.get(at..at + 2)?.parse::<i8>().ok();
            moment(day(text)?, Time::new(part(8)?, part(10)?, part(12)?, 0).ok()?, 0)
        }
        _ => None,
    }
}

fn moment(date: Date, time: Time, zone_minutes: i64) -> Option<Timestamp> {
    let utc = date.to_datetime(time).to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp::from_millis(utc.timestamp().as_millisecond() - zone_minutes * 60_000))
}

/// A date in numbers and words, with or without a time.
fn written(text: &str) -> Option<Read> {
    let (day_part, clock) = split_clock(text);
    let (time, zone) = match clock {
        Some(clock) => read_clock(clock)?,
        None => (Time::midnight(), 0),
    };
    let at = |date: Date| moment(date, time, zone);
    let mut numbers: Vec<(&str, char)> = Vec::new();
    let mut month = None;
    for token in tokens(day_part) {
        if token.0.bytes().all(|b| b.is_ascii_digit()) {
            numbers.push(token);
        } else if let Some(found) = month_of(token.0) {
            month = Some(found);
        } else if numbers.len() > 3 || token.0.chars().count() > 14 {
            return None;
        }
    }
    let value = |at: usize| numbers.get(at).and_then(|(digits, _)| digits.parse::<i16>().ok());
    let is_year = |at: usize| numbers.get(at).is_some_and(|(digits, _)| digits.len() == 4);
    let small = |n: i16| i8::try_from(n).ok();
    if let Some(month) = month {
        // 12 Mar 2025; March 12, 2025; 2025 März 12.
        let (a, b) = (value(0)?, value(1)?);
        if numbers.len() != 2 {
            return None;
        }
        let (year, day) = if is_year(0) { (a, b) } else { (century(b, is_year(1)), a) };
        return at(Date::new(year, month, small(day)?).ok()?).map(Read::At);
    }
    if numbers.len() != 3 {
        return None;
    }
    let (a, b, c) = (value(0)?, value(1)?, value(2)?);
    if is_year(0) {
        return at(Date::new(a, small(b)?, small(c)?).ok()?).map(Read::At);
    }
    // "1 High Street 2 LS1" is where somebody lives.
    let signs: Vec<char> = numbers.iter().map(|(_, sign)| *sign).collect();
    if signs[0] != signs[1] || !['/', '.', '-', '–'].contains(&signs[0]) {
        return None;
    }
    let year = century(c, is_year(2));
    let as_day_first = Date::new(year, small(b)?, small(a)?).ok().and_then(at);
    let as_month_first = Date::new(year, small(a)?, small(b)?).ok().and_then(at);
    // With dots the day is first, wherever dates are written so.
    let has_dots = numbers.first().is_some_and(|(_, sign)| *sign == '.');
    Some(match (as_day_first, as_month_first) {
        (Some(day), _) if has_dots => Read::At(day),
        (Some(day), Some(month)) if day == month => Read::At(day),
        (Some(day), Some(month)) => Read::Either(day, month),
        (Some(day), None) => Read::Shows(Order::DayFirst, day),
        (None, Some(month)) => Read::Shows(Order::MonthFirst, month),
        (None, None) => return None,
    })
}

fn century(year: i16, is_whole: bool) -> i16 {
    match year {
        _ if is_whole => year,
        0..=94 => 2000 + year,
        95..=99 => 1900 + year,
        _ => year,
    }
}

/// Runs of letters or of digits, each with the sign behind it.
fn tokens(text: &str) -> Vec<(&str, char)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(char::is_alphanumeric) {
        rest = &rest[start..];
        let is_digit = rest.starts_with(|c: char| c.is_ascii_digit());
        let end =
            rest.find(|c: char| !c.is_alphanumeric() || c.is_ascii_digit() != is_digit).unwrap_or(rest.len());
        found.push((&rest[..end], rest[end..].chars().next().unwrap_or(' ')));
        rest = &rest[end..];
    }
    found
}

fn month_of(word: &str) -> Option<i8> {
    let folded = fold(word);
    let begins = |names: &&[&str]| names.iter().any(|name| folded.starts_with(&fold(name)));
    // Weekdays that begin as a month does: martes, mardi, Martedì.
    if folded.chars().count() < 3
        || ["mardi", "martes", "martedi", "juev", "mart"]
            .iter()
            .any(|day| folded == *day || folded.starts_with("juev"))
    {
        return None;
    }
    // The longest that fits: `juil` is no `juin`, `mai` no `mar`.
    let at = MONTHS.iter().position(begins)?;
    i8::try_from(at + 1).ok()
}

/// The part before a time, and the time: `T` or a space stands between.
fn split_clock(text: &str) -> (&str, Option<&str>) {
    let Some(colon) = text.find(':') else { return (text, None) };
    let start = text[..colon].trim_end_matches(|c: char| c.is_ascii_digit()).len();
    // A time may stand before its date too.
    let after = &text[start..];
    let time_ends = after.find(|c: char| !(c.is_ascii_digit() || ":.".contains(c))).unwrap_or(after.len());
    if start == 0 && time_ends < after.len() {
        return (&after[time_ends..], Some(&after[..time_ends]));
    }
    let before = text[..start].trim_end();
    (before.strip_suffix(['T', 't']).unwrap_or(before), Some(after))
}

/// `7:01:33 PM GMT+2`, `09:30:00.123456 +0000 UTC`, `15:06:27.713Z`.
fn read_clock(text: &str) -> Option<(Time, i64)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(text.len());
    let (clock, rest) = text.split_at(end);
    let clock = clock.split('.').next()?;
    let parts: Option<Vec<i8>> =
        clock.split(':').filter(|part| !part.is_empty()).map(|part| part.parse().ok()).collect();
    let parts = parts?;
    let (mut hour, minute) = (*parts.first()?, *parts.get(1).unwrap_or(&0));
    let second = parts.get(2).copied().unwrap_or(0).min(59);
    let half = fold(rest);
    if (half.starts_with("pm")
        || rest.contains("午後")
        || rest.contains("下午")
        || rest.trim_start().starts_with("م"))
        && hour < 12
    {
        hour += 12;
    } else if half.starts_with("am") && hour == 12 {
        hour = 0;
    }
    Some((Time::new(hour, minute, second, 0).ok()?, zone_of(rest)))
}

/// Minutes east of UTC; 0 where nobody knows.
fn zone_of(text: &str) -> i64 {
    let text = text.split('[').next().unwrap_or(text);
    if let Some(at) = text.find(['+', '-', '−']) {
        let is_west = !text[at..].starts_with('+');
        let rest: String =
            text[at..].chars().skip(1).take_while(|c| c.is_ascii_digit() || *c == ':').collect();
        let digits = rest.replace(':', "");
        let minutes = match digits.len() {
            1 | 2 => digits.parse::<i64>().map_or(0, |hours| hours * 60),
            4 => digits.parse::<i64>().map_or(0, |both| both / 100 * 60 + both % 100),
            _ => 0,
        };
        return if is_west { -minutes } else { minutes };
    }
    let named =
        text.split_whitespace().rev().map(fold).find_map(|word| ZONES.iter().find(|(name, _)| *name == word));
    named.map_or(0, |(_, minutes)| *minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_all_forms_are_read() {
        for (cell, want) in [
            ("2018-02-05 19:28:23", "2018-02-05T19:28:23Z"),
            ("2018-08-27T15:06:27.713Z", "2018-08-27T15:06:27Z"),
            ("2025-01-01", "2025-01-01T00:00:00Z"),
            ("2024-03-01 09:30:00.123456 +0000 UTC", "2024-03-01T09:30:00Z"),
            ("2024-03-01 09:30:00.1 +0100 CET m=+0.001", "2024-03-01T08:30:00Z"),
            ("2024-03-13 00:03:09.183465+00:00", "2024-03-13T00:03:09Z"),
            ("2023-03-24 10:23:10 UTC", "2023-03-24T10:23:10Z"),
            ("2021-02-04 07:55:20 +0000", "2021-02-04T07:55:20Z"),
            ("06/17/2009 09:52", "2009-06-17T09:52:00Z"),
            ("31.12.2024 23:59", "2024-12-31T23:59:00Z"),
            ("01.02.2024", "2024-02-01T00:00:00Z"),
            ("2026/05/28 7:01:33 PM GMT+2", "2026-05-28T17:01:33Z"),
            ("12 Mar 2025", "2025-03-12T00:00:00Z"),
            ("March 5, 2024", "2024-03-05T00:00:00Z"),
            ("5. März 2024", "2024-03-05T00:00:00Z"),
            ("5 août 2024", "2024-08-05T00:00:00Z"),
            ("mardi 5 mars 2024", "2024-03-05T00:00:00Z"),
            ("5 de maio de 2024", "2024-05-05T00:00:00Z"),
            ("14 juillet 2024", "2024-07-14T00:00:00Z"),
            ("14 juin 2024", "2024-06-14T00:00:00Z"),
            ("Tue, 05 Mar 2024 10:00:00 +0100", "2024-03-05T09:00:00Z"),
            ("2024年3月5日", "2024-03-05T00:00:00Z"),
            ("2024年3月5日 10:20", "2024-03-05T10:20:00Z"),
            ("٥ مارس ٢٠٢٤", "2024-03-05T00:00:00Z"),
            ("45291.5", "2023-12-31T12:00:00Z"),
            ("1709528767", "2024-03-04T05:06:07Z"),
            ("1709528767000", "2024-03-04T05:06:07Z"),
            ("20240304", "2024-03-04T00:00:00Z"),
            ("3/3/2024", "2024-03-03T00:00:00Z"),
            ("10:20 5 May 2024", "2024-05-05T10:20:00Z"),
        ] {
            let found = read(cell).at(None).map(Timestamp::rfc3339);
            assert_eq!(found.as_deref(), Some(want), "{cell}");
        }
        for cell in
            ["", "yes", "7", "03/04/2024", "12-04-2022 09:30", "99/99/2024", "Kim 5", "550 5.1.1 unknown"]
        {
            assert_eq!(read(cell).at(None), None, "{cell}");
        }
        for (cell, is_one) in [
            ("2021", true),
            ("12/2021", true),
            ("2021-03", true),
            ("Dez 2021", true),
            ("March 2021", true),
            ("1821", false),
            ("13/2021", false),
            ("2021.03", false),
            ("Kim 2021", false),
            ("12.3.2021", false),
            ("", false),
        ] {
            assert_eq!(is_month_or_year(cell), is_one, "{cell}");
        }
        let day = |order| read("12-04-2022 09:30").at(Some(order)).map(Timestamp::rfc3339);
        assert_eq!(day(Order::DayFirst).as_deref(), Some("2022-04-12T09:30:00Z"));
        assert_eq!(day(Order::MonthFirst).as_deref(), Some("2022-12-04T09:30:00Z"));
        assert!(matches!(read("17/06/2009"), Read::Shows(Order::DayFirst, _)));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(cell in "\\PC{0,40}") {
            let _ = read(&cell);
        }
    }
}
