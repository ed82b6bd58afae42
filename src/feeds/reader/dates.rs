//! Moments as feeds write them: RFC 822 and RFC 5322 dates with their many
//! slips, the profile of ISO 8601 that the W3C and RFC 3339 describe, and
//! what else is met in the wild. What can be read in two ways is not read.

use jiff::civil::{Date, ISOWeekDate, Weekday, date};
use jiff::tz::TimeZone;

use super::date_signs::spaced;
use super::date_words::{month, zone};
use crate::domain::{DAY_MS, SECOND_MS, Timestamp, zone_named};

/// No date is longer.
const LONGEST_BYTES: usize = 120;

/// A moment, as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) at: Timestamp,
    /// Of the clock that it was written by: minutes east of Greenwich.
    pub(super) zone_minutes: Option<i32>,
}

/// A moment; without a zone it is in UTC.
pub(super) fn parse(text: &str) -> Option<Written> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST_BYTES {
        return None;
    }
    if let Some(at) = counted(text) {
        return Some(Written { at, zone_minutes: Some(0) });
    }
    let mut found = Found::default();
    let spaced = spaced(text);
    for word in spaced.split_whitespace() {
        found.take(word)?;
    }
    found.moment()
}

/// Seconds or milliseconds since 1970, since 1973 at the earliest.
fn counted(text: &str) -> Option<Timestamp> {
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    let number: i64 = text.parse().ok().filter(|_| is_number)?;
    match text.len() {
        9 | 10 => Some(Timestamp::from_millis(number * SECOND_MS)),
        13 => Some(Timestamp::from_millis(number)),
        _ => None,
    }
}

/// What the words of a date said so far.
#[derive(Debug, Default)]
struct Found {
    date: Option<(i16, i8, i8)>,
    numbers: Vec<(i16, usize)>,
    month: Option<i8>,
    /// Whether the word for month was said, and its number follows.
    is_month_next: bool,
    /// Hours, minutes, seconds.
    time: Option<(i64, i64, i64)>,
    zone_minutes: Option<i32>,
    has_signed_zone: bool,
    /// A place, whose clocks changed over the years.
    place: Option<TimeZone>,
    afternoon: Option<bool>,
}

impl Found {
    /// Takes a word; `None` when it makes the whole no date.
    fn take(&mut self, word: &str) -> Option<()> {
        let is_number = word.bytes().all(|b| b.is_ascii_digit());
        match word {
            "am" | "a.m." | "ص" | "πμ" => self.afternoon = Some(false),
            "pm" | "p.m." | "م" | "μμ" => self.afternoon = Some(true),
            "tháng" | "thg" => self.is_month_next = true,
            _ if self.time.is_none() && word.contains(':') && begins_with_digit(word) => {
                return self.take_time(word);
            }
            _ if self.has_moment() && word.starts_with(['+', '-', '\u{2212}']) => {
                return self.take_offset(word);
            }
            _ if self.time.is_none() && self.has_moment() && self.take_bare_time(word).is_some() => {}
            _ if is_number => return self.take_digits(word),
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
        self.set_time(number(None)?, number(None)?, number(Some(0))?)?;
        self.take_behind_time(behind)
    }

    /// A time without colons, behind its date: `143000Z`, `14h30`, `14.30`, `2pm`.
    fn take_bare_time(&mut self, word: &str) -> Option<()> {
        let end = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
        let (digits, behind) = word.split_at(end);
        let pair = |at: usize| digits.get(at..at + 2)?.parse::<i64>().ok();
        match digits.len() {
            4 | 6 if self.date.is_some() => {
                self.set_time(pair(0)?, pair(2)?, pair(4).unwrap_or(0))?;
                let fraction = behind
                    .strip_prefix('.')
                    .map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
                self.take_behind_time(fraction.unwrap_or(behind))
            }
            1 | 2 => {
                let hours = digits.parse().ok()?;
                let minutes = behind
                    .strip_prefix(['h', '.'])
                    .map(|rest| rest.trim_end_matches(|c: char| !c.is_ascii_digit()));
                match (behind, minutes) {
                    ("am" | "pm", _) => self.afternoon = Some(behind == "pm"),
                    (_, Some("")) if behind.starts_with('h') => {}
                    (_, Some(minutes)) if minutes.len() == 2 => {
                        return self.set_time(hours, minutes.parse().ok()?, 0);
                    }
                    _ => return None,
                }
                self.set_time(hours, 0, 0)
            }
            _ => None,
        }
    }

    fn set_time(&mut self, hours: i64, minutes: i64, seconds: i64) -> Option<()> {
        if hours > 24 || minutes > 59 || seconds > 60 || (hours == 24 && (minutes, seconds) != (0, 0)) {
            return None;
        }
        self.time = Some((hours, minutes, seconds));
        Some(())
    }

    fn take_behind_time(&mut self, behind: &str) -> Option<()> {
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
        let is_first = self.date.is_none() && self.numbers.is_empty() && self.month.is_none();
        match word.len() {
            // `20040105`, alone, before a time, or with one.
            8 | 12 | 14 if is_first => {
                self.date =
                    Some((word[..4].parse().ok()?, word[4..6].parse().ok()?, word[6..8].parse().ok()?));
                if word.len() > 8 {
                    return self.take_bare_time(&word[8..]);
                }
            }
            1 | 2 if self.is_month_next => {
                self.is_month_next = false;
                self.month = Some(word.parse().ok().filter(|month| (1..=12).contains(month))?);
            }
            1..=4 => self.numbers.push((word.parse().ok()?, word.len())),
            _ => return None,
        }
        Some(())
    }

    fn take_word(&mut self, word: &str) -> Option<()> {
        const ORDINALS: &[&str] = &["", "st", "nd", "rd", "th", "er", "e", "º", "ª"];
        let end = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
        if end > 0 && ORDINALS.contains(&word[end..].trim_end_matches(['.', '-'])) {
            return self.take_digits(&word[..end]);
        }
        let is_numeric = end > 0;
        if is_numeric && self.date.is_none() && word.contains(['-', '/', '.', 'w']) {
            return self.take_date(word);
        }
        // `mar.` is a Tuesday in Rome and Paris; the last month before the time
        // counts, and behind a whole date are days of the week and zones.
        let is_open = self.month.is_none() || self.time.is_none() && self.numbers.len() < 2;
        if let Some(month) = month(word).filter(|_| is_open && !is_numeric) {
            self.month = Some(month);
            // `jan-13-2025`
            let numbers = word.split(['-', '/']).skip(1).filter(|part| begins_with_digit(part));
            return numbers.take(3).try_for_each(|part| self.take_word(part));
        }
        if word.contains('/')
            && let Some(place) = zone_named(word)
        {
            self.place = Some(place);
            return Some(());
        }
        let name = word.strip_prefix("etc/").unwrap_or(word);
        let end = name.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(name.len());
        let (letters, behind) = name.split_at(end);
        if !letters.is_empty() && behind.starts_with(['+', '-']) && begins_with_digit(&behind[1..]) {
            return if self.has_moment() { self.take_offset(behind) } else { Some(()) };
        }
        if self.time.is_some() && !self.has_signed_zone {
            self.zone_minutes = zone(name).or(self.zone_minutes);
        }
        // Anything else is the name of a day, or of a zone that nobody knows.
        (!is_numeric).then_some(())
    }

    /// A date in one word: `2004-01-05`, `2004/1/5`, `2004-01`, `2004-365`,
    /// `2004-W53-6`, `5-jan-2004`, `2004-julius-13`, `25.12.2004`.
    fn take_date(&mut self, word: &str) -> Option<()> {
        let parts: Vec<&str> = word.split(['-', '/', '.']).filter(|part| !part.is_empty()).collect();
        let number = |part: &str| part.parse::<i16>().ok().filter(|number| *number >= 0);
        let small = |part: &str| part.parse::<i8>().ok().filter(|number| *number >= 0);
        let named = |part: &str| small(part).or_else(|| month(part));
        let is_year = |part: &str| part.len() == 4;
        let dots = word.contains('.');
        self.date = Some(match parts.as_slice() {
            [week] => week_day(week.get(..4)?, week.get(4..7)?, week.get(7..).filter(|day| !day.is_empty()))?,
            [year, week, day @ ..] if is_year(year) && week.starts_with('w') => {
                week_day(year, week, day.first().copied())?
            }
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
            [year, month, day] if year.len() == 2 && word.contains('-') && day.len() <= 2 => {
                (full(number(year)?, 2), small(month)?, small(day)?)
            }
            [day, month, year] if dots => (full(number(year)?, year.len()), small(month)?, small(day)?),
            [first, second, year] if is_year(year) || year.len() == 2 => {
                let (first, second, year) = (small(first)?, small(second)?, full(number(year)?, year.len()));
                match (first > 12, second > 12) {
                    (true, false) => (year, second, first),
                    (false, true) => (year, first, second),
                    // The fifth of June, or the sixth of May.
                    _ if first == second => (year, first, second),
                    _ => return None,
                }
            }
            _ => return None,
        });
        Some(())
    }

    fn moment(self) -> Option<Written> {
        let (year, month, day) = match (self.date, self.month, self.numbers.as_slice()) {
            (Some(date), _, _) => date,
            (None, Some(month), [(day, 1..=2), (year, length)]) => {
                (full(*year, *length), month, narrow(*day)?)
            }
            // asctime's year comes last, and so is found; here it came first.
            (None, Some(month), [(year, 4), (day, 1..=2)]) => (*year, month, narrow(*day)?),
            (None, Some(month), [(year, 4)]) => (*year, month, 1),
            (None, None, [(year, 4)]) => (*year, 1, 1),
            _ => return None,
        };
        // The 31st of June is the 1st of July, as in browsers.
        let first = Date::new(year, month, 1).ok().filter(|_| (1..=31).contains(&day))?;
        let date = first.checked_add(jiff::Span::new().days(i64::from(day) - 1)).ok()?;
        let (mut hours, minutes, seconds) = self.time.unwrap_or((0, 0, 0));
        match self.afternoon {
            Some(true) if hours < 12 => hours += 12,
            Some(false) if hours == 12 => hours = 0,
            _ => {}
        }
        let midnight = date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
        let local = midnight + hours * 3_600 + minutes * 60 + seconds.min(59);
        let place = self.place.filter(|_| !self.has_signed_zone);
        let by_place = || {
            let local = jiff::Timestamp::from_second(local).ok()?.to_zoned(TimeZone::UTC).datetime();
            Some(place?.to_timestamp(local).ok()?.as_second())
        };
        let zone_minutes = match by_place() {
            Some(second) => i32::try_from((local - second) / 60).ok(),
            None => self.zone_minutes,
        };
        let at = Timestamp::from_millis((local - i64::from(zone_minutes.unwrap_or(0)) * 60) * SECOND_MS);
        (!is_nothing(date, at)).then_some(Written { at, zone_minutes })
    }
}

/// Days on which programs begin to count, in Windows, in databases and in
/// spreadsheets.
const FIRST_DAYS: [Date; 5] =
    [date(1601, 1, 1), date(1753, 1, 1), date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1)];

/// Whether this is how a program writes that it has no date: the first moment
/// or day of its counting, or the last.
fn is_nothing(day: Date, at: Timestamp) -> bool {
    let is_first = FIRST_DAYS.contains(&day) || at.as_millis().abs() < DAY_MS;
    is_first || !(1000..3000).contains(&day.year())
}

/// A day of a week of ISO 8601; the first, when only the week is named.
fn week_day(year: &str, week: &str, day: Option<&str>) -> Option<(i16, i8, i8)> {
    let day = Weekday::from_monday_one_offset(day.map_or(Some(1), |day| day.parse().ok())?).ok()?;
    let week = week.strip_prefix('w')?.parse().ok()?;
    let date = ISOWeekDate::new(year.parse().ok()?, week, day).ok()?.date();
    Some((date.year(), date.month(), date.day()))
}

fn begins_with_digit(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
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
mod tests;
