//! When a feed wants to be read: `ttl`, `skipHours` and `skipDays` of RSS 2.0,
//! and the `syndication` module of RSS 1.0 (`sy:updatePeriod`,
//! `sy:updateFrequency`).

use super::element::Element;

/// Days as RSS names them; the first is number 0.
const DAYS: &[&str] = &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
/// A week; nobody means a longer `ttl`.
const LONGEST_TTL_MINUTES: u32 = 7 * 24 * 60;

/// What was said of it so far.
#[derive(Debug, Default)]
pub(super) struct Timing {
    /// Minutes that an answer may be kept.
    pub(super) ttl_minutes: Option<u32>,
    /// Hours of the day in UTC, 0 to 23, in order.
    pub(super) skip_hours: Vec<u8>,
    /// Days of the week in UTC, 0 is Monday, in order.
    pub(super) skip_days: Vec<u8>,
    period_seconds: Option<u32>,
    frequency: Option<u32>,
}

impl Timing {
    /// Takes an element that stands beside the items.
    pub(super) fn take(&mut self, element: &Element) {
        let number = |element: &Element| element.said().and_then(|said| said.parse::<u32>().ok());
        match element.name.as_str() {
            "ttl" => self.ttl_minutes = number(element).filter(|ttl| (1..=LONGEST_TTL_MINUTES).contains(ttl)),
            "skiphours" => {
                // Some count to 24, which is midnight.
                let hours = element.elements().filter_map(number).filter(|hour| *hour <= 24);
                self.skip_hours = hours.filter_map(|hour| u8::try_from(hour % 24).ok()).collect();
                self.skip_hours.sort_unstable();
                self.skip_hours.dedup();
            }
            "skipdays" => {
                let day = |said: String| DAYS.iter().position(|day| said.eq_ignore_ascii_case(day));
                let days = element.elements().filter_map(Element::said).filter_map(day);
                self.skip_days = days.filter_map(|day| u8::try_from(day).ok()).collect();
                self.skip_days.sort_unstable();
                self.skip_days.dedup();
            }
            "updateperiod" => self.period_seconds = element.said().and_then(|said| period(&said)),
            "updatefrequency" => self.frequency = number(element).filter(|times| *times > 0),
            _ => {}
        }
    }

    /// Seconds from one change of the feed to the next, as it says. Without a
    /// period it is a day, without a frequency once.
    pub(super) fn update_period_seconds(&self) -> Option<u32> {
        if self.period_seconds.is_none() && self.frequency.is_none() {
            return None;
        }
        Some((self.period_seconds.unwrap_or(86_400) / self.frequency.unwrap_or(1)).max(1))
    }
}

fn period(said: &str) -> Option<u32> {
    let days = match said.to_ascii_lowercase().as_str() {
        "hourly" => return Some(3_600),
        "daily" => 1,
        "weekly" => 7,
        "monthly" => 30,
        "yearly" => 365,
        _ => return None,
    };
    Some(days * 86_400)
}
