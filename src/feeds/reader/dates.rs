//! Moments as feeds write them: RFC 822 and RFC 5322 dates with their many
//! slips, the profile of ISO 8601 that the W3C and RFC 3339 describe, and
//! what else is met in the wild. What can be read in two ways is not read.

use jiff::civil::Date;

use super::date_words::{month, zone};
use crate::domain::Timestamp;

/// No date is longer.
const LONGEST_BYTES: usize = 120;

/// A moment; without a zone it is in UTC.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST_BYTES {
        return None;
    }
    let mut found = Found::default();
    let spaced = spaced(text);
    for word in spaced.split_whitespace() {
        found.take(word)?;
    }
    found.moment()
}

/// In lower case, with spaces between what belongs apart: `T` before a time,
/// commas, brackets, and the Korean words for year, month and day.
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let characters: Vec<char> = text.to_lowercase().chars().collect();
    for (at, c) in characters.iter().copied().enumerate() {
        let before = at.checked_sub(1).and_then(|at| characters.get(at)).copied().unwrap_or(' ');
        let after = characters.get(at + 1).copied().unwrap_or(' ');
        match c {
            ',' | '(' | ')' | '[' | ']' | '"' => out.push(' '),
            't' if before.is_ascii_digit() && (after.is_ascii_digit() || after == ' ') => out.push(' '),
            '년' | '월' => out.push('-'),
            '일' => out.push(' '),
            // `2004년 05월` has a space that is none.
            ' ' if matches!(before, '년' | '월') => {}
            // A letter right behind a time: `10:00Z`, `10:00PM`, `10:00GMT`.
            c if c.is_alphabetic() && before.is_ascii_digit() && out.contains(':') => {
                out.push(' ');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// What the words of a date said so far.
#[derive(Debug, Default)]
struct Found {
    date: Option<(i16, i8, i8)>,
    numbers: Vec<(i16, usize)>,
    month: Option<i8>,
    /// Hours, minutes, seconds.
    time: Option<(i64, i64, i64)>,
    zone_minutes: Option<i32>,
    has_signed_zone: bool,
    afternoon: Option<bool>,
}

impl Found {
    /// Takes a word; `None` when it makes the whole no date.
    fn take(&mut self, word: &str) -> Option<()> {
        match word {
            "am" | "a.m." | "오전" => self.afternoon = Some(false),
            "pm" | "p.m." | "오후" => self.afternoon = Some(true),
            _ if word.contains(':') && !word.starts_with(['+', '-']) && self.time.is_none() => {
                return self.take_time(word);
            }
            _ if self.has_moment() && word.starts_with(['+', '-', '\u{2212}']) => {
                return self.take_offset(word);
            }
            _ if word.bytes().all(|b| b.is_ascii_digit()) => return self.take_digits(word),
            _ => return self.take_word(word),
        }
        Some(())
    }

    fn has_moment(&self) -> bool {
        self.time.is_some() || self.date.is_some() || self.month.is_some() && self.numbers.len() >= 2
    }

    /// `hh:mm`, `hh:mm:ss`, with a fraction, and with a zone right behind it.
    fn take_time(&mut self, word: &str) -> Option<()> {
        let end = word.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.'))).unwrap_or(word.len());
        let (time, behind) = word.split_at(end);
        let mut parts = time.split(':');
        let mut number = |default: Option<i64>| -> Option<i64> {
            match parts.next() {
                Some(part) => part.split('.').next().filter(|digits| digits.len() <= 2)?.parse().ok(),
                None => default,
            }
        };
        let time = (number(None)?, number(None)?, number(Some(0))?);
        if time.0 > 24 || time.1 > 59 || time.2 > 60 || (time.0 == 24 && (time.1, time.2) != (0, 0)) {
            return None;
        }
        self.time = Some(time);
        match behind {
            "" => Some(()),
            _ if behind.starts_with(['+', '-', '\u{2212}']) => self.take_offset(behind),
            _ => self.take_word(behind),
        }
    }

    /// `+hhmm`, `+hh:mm`, `+hh`, `+h`.
    fn take_offset(&mut self, word: &str) -> Option<()> {
        let is_west = !word.starts_with('+');
        let digits: String = word.chars().skip(1).filter(|c| *c != ':').collect();
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            // A dash between date and time.
            return word.chars().skip(1).all(|c| !c.is_alphanumeric()).then_some(());
        }
        let (hours, minutes): (i32, i32) = match digits.len() {
            1 | 2 => (digits.parse().ok()?, 0),
            3 => (digits[..1].parse().ok()?, digits[1..].parse().ok()?),
            4 => (digits[..2].parse().ok()?, digits[2..].parse().ok()?),
            _ => return None,
        };
        let east: i32 = hours * 60 + minutes;
        if hours > 24 || minutes > 59 {
            return None;
        }
        self.zone_minutes = Some(if is_west { -east } else { east });
        self.has_signed_zone = true;
        Some(())
    }

    fn take_digits(&mut self, word: &str) -> Option<()> {
        match word.len() {
            // `20040105`, alone or before a time.
            8 if self.date.is_none() && self.numbers.is_empty() && self.month.is_none() => {
                self.date =
                    Some((word[..4].parse().ok()?, word[4..6].parse().ok()?, word[6..].parse().ok()?));
            }
            1..=4 => self.numbers.push((word.parse().ok()?, word.len())),
            _ => return None,
        }
        Some(())
    }

    fn take_word(&mut self, word: &str) -> Option<()> {
        let is_numeric = word.starts_with(|c: char| c.is_ascii_digit());
        if is_numeric && self.date.is_none() && word.contains(['-', '/', '.']) {
            return self.take_date(word);
        }
        let ordinal = word.strip_suffix(['.', '-']).or_else(|| word.strip_suffix("th"));
        let is_number = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if let Some(day) = ordinal.filter(is_number) {
            return self.take_digits(day);
        }
        // `mar.` is a Tuesday in Rome and Paris; the last month before the time
        // counts, and behind it are the names of zones.
        if let Some(month) = month(word).filter(|_| self.month.is_none() || self.time.is_none()) {
            self.month = Some(month);
            return Some(());
        }
        let name = word.strip_prefix("etc/").unwrap_or(word);
        for greenwich in ["gmt", "utc"] {
            let behind = name.strip_prefix(greenwich).filter(|offset| offset.starts_with(['+', '-']));
            if let Some(offset) = behind {
                return self.take_offset(offset);
            }
        }
        if self.time.is_some() && !self.has_signed_zone {
            self.zone_minutes = zone(name).or(self.zone_minutes);
        }
        // Anything else is the name of a day, or of a zone that nobody knows.
        (!is_numeric).then_some(())
    }

    /// A date in one word: `2004-01-05`, `2004/1/5`, `2004-01`, `2004-365`,
    /// `5-jan-2004`, `2004-julius-13`, `25.12.2004`.
    fn take_date(&mut self, word: &str) -> Option<()> {
        let parts: Vec<&str> = word.split(['-', '/', '.']).filter(|part| !part.is_empty()).collect();
        let number = |part: &str| part.parse::<i16>().ok().filter(|number| *number >= 0);
        let small = |part: &str| part.parse::<i8>().ok().filter(|number| *number >= 0);
        let named = |part: &str| small(part).or_else(|| month(part));
        let is_year = |part: &str| part.len() == 4;
        let dots = word.contains('.');
        self.date = Some(match parts.as_slice() {
            [year, day] if is_year(year) && day.len() == 3 => {
                let first = Date::new(number(year)?, 1, 1).ok()?;
                let day = first.checked_add(jiff::Span::new().days(i64::from(number(day)?) - 1)).ok()?;
                (day.year(), day.month(), day.day())
            }
            [year, month] if is_year(year) => (number(year)?, named(month)?, 1),
            [year, month, day] if is_year(year) => (number(year)?, named(month)?, small(day)?),
            [day, name, year] if small(name).is_none() => {
                (full(number(year)?, year.len()), month(name)?, small(day)?)
            }
            [day, month, year] if is_year(year) && dots => (number(year)?, small(month)?, small(day)?),
            [first, second, year] if is_year(year) => {
                let (first, second) = (small(first)?, small(second)?);
                match (first > 12, second > 12) {
                    (true, false) => (number(year)?, second, first),
                    (false, true) => (number(year)?, first, second),
                    // The fifth of June, or the sixth of May.
                    _ if first == second => (number(year)?, first, second),
                    _ => return None,
                }
            }
            [year, month, day] if year.len() == 2 && word.contains('-') => {
                (full(number(year)?, 2), small(month)?, small(day)?)
            }
            _ => return None,
        });
        Some(())
    }

    fn moment(self) -> Option<Timestamp> {
        let (year, month, day) = match (self.date, self.month, self.numbers.as_slice()) {
            (Some(date), _, _) => date,
            (None, Some(month), [(day, 1..=2), (year, length)]) => {
                (full(*year, *length), month, narrow(*day)?)
            }
            // asctime's year comes last, and so is found; here it came first.
            (None, Some(month), [(year, 4), (day, 1..=2)]) => (*year, month, narrow(*day)?),
            (None, None, [(year, 4)]) => (*year, 1, 1),
            _ => return None,
        };
        // The 31st of June is the 1st of July, as in browsers.
        let first =
            Date::new(year, month, 1).ok().filter(|first| first.year() > 0 && (1..=31).contains(&day))?;
        let date = first.checked_add(jiff::Span::new().days(i64::from(day) - 1)).ok()?;
        let (mut hours, minutes, seconds) = self.time.unwrap_or((0, 0, 0));
        match self.afternoon {
            Some(true) if hours < 12 => hours += 12,
            Some(false) if hours == 12 => hours = 0,
            _ => {}
        }
        let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
        let local = midnight + hours * 3_600 + minutes * 60 + seconds.min(59);
        let second = local - i64::from(self.zone_minutes.unwrap_or(0)) * 60;
        Some(Timestamp::from_millis(second * 1_000))
    }
}

fn narrow(number: i16) -> Option<i8> {
    i8::try_from(number).ok()
}

/// A year of two digits is of this century or the last (RFC 5322 §4.3).
fn full(year: i16, digits: usize) -> i16 {
    match (digits, year) {
        (1 | 2, 0..=49) => year + 2_000,
        (1 | 2, _) | (3, _) => year + 1_900,
        _ => year,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        parse(text).map_or_else(|| "none".into(), Timestamp::rfc3339)
    }

    #[test]
    fn dates_are_read_as_they_are_in_the_wild() {
        for (text, moment) in [
            ("Sun, 22 Nov 2026 15:00:00 +0100", "2026-11-22T14:00:00Z"),
            ("Thu, 01 Jan 2004 19:48:21 GMT", "2004-01-01T19:48:21Z"),
            ("Thu, 01 Jan 04 19:48 EST", "2004-01-02T00:48:00Z"),
            ("01 January 2004 19:48:21", "2004-01-01T19:48:21Z"),
            ("Thursday, January 1, 2004 7:48 PM", "2004-01-01T19:48:00Z"),
            ("Thu, 5 Apr 2012 10:00:00 GMT+0200", "2012-04-05T08:00:00Z"),
            ("Thu, 5 Apr 2012 10:00:00 Etc/GMT", "2012-04-05T10:00:00Z"),
            ("Thu, 5 Apr 2012 10:00:00 -0700 (PDT)", "2012-04-05T17:00:00Z"),
            ("Thu, 5 Apr 2012 10:00:00 GMT -0700", "2012-04-05T17:00:00Z"),
            ("Thu Apr  5 10:00:00 2012", "2012-04-05T10:00:00Z"),
            ("Thu Apr 5 10:00:00 PDT 2012", "2012-04-05T17:00:00Z"),
            ("5-Apr-2012 10:00", "2012-04-05T10:00:00Z"),
            ("Thu, 31 Dec 2003", "2003-12-31T00:00:00Z"),
            ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"),
            ("2026-11-22T10:00:00.123456+05:30", "2026-11-22T04:30:00Z"),
            ("2026-11-22t10:00-05:00", "2026-11-22T15:00:00Z"),
            ("2026-11-22 10:00:00 PST", "2026-11-22T18:00:00Z"),
            ("2026-11-22 10:00:00 +0200", "2026-11-22T08:00:00Z"),
            ("2026-11-22T24:00:00Z", "2026-11-23T00:00:00Z"),
            ("2026-11-22", "2026-11-22T00:00:00Z"),
            ("2026-11", "2026-11-01T00:00:00Z"),
            ("2026", "2026-01-01T00:00:00Z"),
            ("2003-335", "2003-12-01T00:00:00Z"),
            ("20040105", "2004-01-05T00:00:00Z"),
            ("20040105T10:11:12Z", "2004-01-05T10:11:12Z"),
            ("2004년 05월 28일 오후 11:23:04", "2004-05-28T23:23:04Z"),
            ("2004-05-25 오전 11:23:17", "2004-05-25T11:23:17Z"),
            ("2004-július-13T9:15-05:00", "2004-07-13T14:15:00Z"),
            ("Κυρ, 11 Ιούλ 2004 12:00:00 EST", "2004-07-11T17:00:00Z"),
            ("mar. 24 nov. 2026 10:00:00 +0100", "2026-11-24T09:00:00Z"),
            ("Seg, 24 Set 2018 19:18:49 -0300", "2018-09-24T22:18:49Z"),
            ("2003-06-31T12:00:00Z", "2003-07-01T12:00:00Z"),
            ("Fri, 2006/09/15 08:19:53 EDT", "2006-09-15T12:19:53Z"),
            ("Do, 25.12.2004 10:00", "2004-12-25T10:00:00Z"),
            ("12/25/2004 10:00:00 AM", "2004-12-25T10:00:00Z"),
        ] {
            assert_eq!(read(text), moment, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "yesterday",
            "5",
            "05/06/2004",
            "Thu, 32 Jan 2004 10:00:00 GMT",
            "Sat, 00 Foo 0000 99:99:99 XYZ",
            "2004-13-01",
            "25:00",
            "99999999999999",
            "Jan",
            "::",
            "+",
            "2004-01-01T10:61:00Z",
            "日月年",
        ] {
            assert_eq!(read(text), "none", "{text}");
        }
    }
}
