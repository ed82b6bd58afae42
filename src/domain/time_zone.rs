//! Time zones: where it is which day.

use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};

/// The zones of IANA, as they came with this program: a machine may have none.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// No name of a zone is longer.
const LONGEST_NAME_BYTES: usize = 40;

/// The zone with this name in the list of IANA, whatever its case:
/// `Europe/Paris`.
pub fn zone_named(name: &str) -> Option<TimeZone> {
    if name.len() > LONGEST_NAME_BYTES { None } else { ZONES.get(name).ok() }
}
