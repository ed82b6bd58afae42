//! Time zones: where it is which day.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use serde::{Serialize, Serializer};

use super::{DAY_MS, MINUTE_MS, Timestamp};

/// The zones of IANA, as they came with this program: a machine may have none.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// No name of a zone is longer.
const LONGEST_NAME_BYTES: usize = 40;
/// Farther from Greenwich is no clock.
const MOST_MINUTES: i32 = 14 * 60;

/// The zone with this name in the list of IANA, whatever its case:
/// `Europe/Paris`.
pub fn zone_named(name: &str) -> Option<TimeZone> {
    if name.len() > LONGEST_NAME_BYTES { None } else { ZONES.get(name).ok() }
}

/// A time zone by its name, or by its offset from Greenwich.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    name: String,
    clocks: TimeZone,
}

/// Why a text is no zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a time zone like Europe/Paris, or an offset like +01:00")]
pub struct ZoneFault;

impl Zone {
    /// As it is stored and shown.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// How far its clocks are ahead of Greenwich at a moment.
    fn ahead_ms(&self, at: Timestamp) -> i64 {
        i64::from(self.clocks.to_offset(at.jiff()).seconds()) * 1_000
    }
}

impl FromStr for Zone {
    type Err = ZoneFault;

    fn from_str(text: &str) -> Result<Self, ZoneFault> {
        if let Some(minutes) = offset(text) {
            let offset = Offset::from_seconds(minutes * 60).map_err(|_| ZoneFault)?;
            let sign = if minutes < 0 { '-' } else { '+' };
            let name = format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60);
            return Ok(Self { name, clocks: TimeZone::fixed(offset) });
        }
        let clocks = zone_named(text).ok_or(ZoneFault)?;
        Ok(Self { name: clocks.iana_name().ok_or(ZoneFault)?.to_owned(), clocks })
    }
}

/// Minutes east of Greenwich: `+01:00`, `-0330`.
fn offset(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-'])?.replacen(':', "", 1);
    let is_number = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit());
    let (hours, minutes): (i32, i32) =
        (digits.get(..2)?.parse().ok().filter(|_| is_number)?, digits.get(2..)?.parse().ok()?);
    let all = hours * 60 + minutes;
    (minutes < 60 && all <= MOST_MINUTES).then_some(if text.starts_with('-') { -all } else { all })
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

/// A moment by the clock of a blog, as if that were UTC's: its day is the day
/// of the post.
///
/// `written` is the clock that the feed wrote it by, in minutes east of
/// Greenwich. A feed that names none means its own day, and so does midnight,
/// which is a day without a time. Many programs write all in UTC, so the zone
/// that the owner set counts more.
pub fn local(at: Timestamp, written: Option<i32>, zone: Option<&Zone>) -> Timestamp {
    let Some(written) = written else { return at };
    let by_feed = at.plus_ms(i64::from(written) * MINUTE_MS);
    match zone {
        Some(zone) if by_feed.as_millis() % DAY_MS != 0 => at.plus_ms(zone.ahead_ms(at)),
        _ => by_feed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_a_place_or_an_offset() {
        for (text, name) in [
            ("Europe/Paris", Some("Europe/Paris")),
            ("america/sao_paulo", Some("America/Sao_Paulo")),
            ("UTC", Some("UTC")),
            ("+0530", Some("+05:30")),
            ("-03:00", Some("-03:00")),
            ("+15:00", None),
            ("+1", None),
            ("+1:00:", None),
            ("Paris", None),
            ("", None),
            ("../etc/passwd", None),
        ] {
            assert_eq!(text.parse::<Zone>().ok().as_ref().map(Zone::as_str), name, "{text}");
        }
    }

    #[test]
    fn the_day_is_that_of_the_blog() {
        let zone = |name: &str| name.parse::<Zone>().unwrap();
        for (at, written, named, day) in [
            ("2026-11-30T02:40:18Z", Some(-180), None, "29 November 2026"),
            ("2026-11-30T02:40:18Z", Some(0), None, "30 November 2026"),
            ("2026-11-30T02:40:18Z", Some(0), Some("America/Sao_Paulo"), "29 November 2026"),
            ("2026-07-31T22:30:00Z", Some(0), Some("Europe/Paris"), "1 August 2026"),
            ("2026-11-30T22:30:00Z", Some(0), Some("Europe/Paris"), "30 November 2026"),
            ("2026-11-30T22:30:00Z", Some(-180), Some("+0900"), "1 December 2026"),
            // Days without a time, and clocks that nobody names.
            ("2026-11-30T00:00:00Z", Some(0), Some("America/Sao_Paulo"), "30 November 2026"),
            ("2026-11-29T23:00:00Z", Some(60), Some("America/Sao_Paulo"), "30 November 2026"),
            ("2026-11-30T02:40:18Z", None, Some("America/Sao_Paulo"), "30 November 2026"),
        ] {
            let moment = Timestamp::parse_rfc3339(at).unwrap();
            let zone = named.map(zone);
            assert_eq!(local(moment, written, zone.as_ref()).long_date(), day, "{at} {written:?} {named:?}");
        }
    }
}
