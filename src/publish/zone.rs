//! Where the days of a WordPress begin: its feeds write all dates in UTC, and it
//! says its own zone to whoever asks for that.

use std::time::Duration;

use tokio::time::timeout;
use url::Url;

use super::Publisher;
use crate::domain::{Zone, with_login_of};
use crate::feeds::{Feed, Fetched, Validators};

/// A blog is added without its zone sooner than late.
const ASKED_FOR: Duration = Duration::from_secs(8);
const LONGEST_BYTES: usize = 64 * 1024;

impl Publisher {
    /// The zone that the WordPress of this feed says; none for UTC, which its
    /// dates are in already, and where it says nothing.
    pub(super) async fn zone_of(&self, feed: &Feed, feed_url: &str) -> Option<Zone> {
        let is_wordpress = feed.generator.as_deref().is_some_and(|name| name.contains("wordpress"));
        let is_in_utc = feed.entries.iter().all(|entry| entry.zone_minutes == Some(0));
        let home =
            feed.home_url.as_deref().filter(|_| is_wordpress && is_in_utc && !feed.entries.is_empty())?;
        let mut at = Url::parse(home).ok()?;
        at.set_fragment(None);
        at.set_query(Some("rest_route=/&_fields=timezone_string,gmt_offset"));
        let at = with_login_of(at.as_str(), feed_url);
        let asked = timeout(ASKED_FOR, self.source.fetch(&at, &Validators::default())).await;
        match asked.ok()?.ok()? {
            Fetched::Document { bytes, .. } if bytes.len() <= LONGEST_BYTES => said_in(&bytes),
            _ => None,
        }
    }
}

fn said_in(answer: &[u8]) -> Option<Zone> {
    let said: serde_json::Value = serde_json::from_slice(answer).ok()?;
    let name = said["timezone_string"].as_str().unwrap_or_default();
    if !name.is_empty() {
        return name.parse().ok().filter(|_| !matches!(name, "UTC" | "Etc/UTC"));
    }
    // Hours, of which some have a half; as a number or as text.
    let hours = said["gmt_offset"].as_f64().or_else(|| said["gmt_offset"].as_str()?.parse().ok())?;
    let sign = if hours < 0.0 { '-' } else { '+' };
    let quarters = (hours.abs() * 4.0).round();
    let quarters = (0..=56_u8).find(|count| f64::from(*count) >= quarters).filter(|count| *count > 0)?;
    format!("{sign}{:02}:{:02}", quarters / 4, quarters % 4 * 15).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_read_by_name_or_by_hours() {
        for (answer, zone) in [
            (r#"{"timezone_string":"Europe/Paris","gmt_offset":1}"#, Some("Europe/Paris")),
            (r#"{"timezone_string":"","gmt_offset":-3.5}"#, Some("-03:30")),
            (r#"{"timezone_string":"","gmt_offset":"5.75"}"#, Some("+05:45")),
            (r#"{"timezone_string":"","gmt_offset":0}"#, None),
            (r#"{"timezone_string":"UTC","gmt_offset":0}"#, None),
            (r#"{"timezone_string":"Mars/Olympus","gmt_offset":1}"#, None),
            (r#"{"timezone_string":"","gmt_offset":1e300}"#, None),
            (r#"{"code":"rest_disabled"}"#, None),
            ("<html>", None),
        ] {
            assert_eq!(said_in(answer.as_bytes()).as_ref().map(Zone::as_str), zone, "{answer}");
        }
    }
}
