//! The clock, compared with what answers from elsewhere say of the time. A
//! wrong one breaks TLS, and signatures of the future.

use std::time::Instant;

use super::report::{Area, Finding};
use crate::clock::Clock;
use crate::feeds::http::DateNote;

/// More than this is wrong.
const MOST_SECONDS: i64 = 300;

pub(super) fn look(notes: &[DateNote], ahead_of_database_ms: Option<i64>, clock: &dyn Clock) -> Vec<Finding> {
    let now = clock.now().as_millis() / 1_000;
    let mut witnesses: Vec<(String, i64)> = notes
        .iter()
        .map(|note| {
            let since = i64::try_from(Instant::now().duration_since(note.at).as_secs()).unwrap_or(0);
            (note.host.clone(), now - since - note.seconds)
        })
        .collect();
    witnesses.extend(ahead_of_database_ms.map(|ahead| ("the database".to_owned(), ahead / 1_000)));
    vec![judge(&witnesses)]
}

/// Of several witnesses the one that agrees most is right: the others' clocks
/// are as likely to be wrong as this one.
fn judge(witnesses: &[(String, i64)]) -> Finding {
    let area = Area::new("clock", "");
    let Some((host, ahead)) = witnesses.iter().min_by_key(|(_, ahead)| ahead.unsigned_abs()) else {
        return area
            .not_checked("clock", "nobody answered whose time this machine's could be compared with")
            .run("timedatectl");
    };
    if ahead.abs() <= MOST_SECONDS {
        let many =
            if witnesses.len() == 1 { String::new() } else { format!(" (best of {})", witnesses.len()) };
        return area.ok("clock", format!("within {} s of {host}{many}", ahead.abs().max(1)));
    }
    let side = if *ahead > 0 { "ahead of" } else { "behind" };
    let minutes = (ahead.abs() + 30) / 60;
    area.fault(
        "clock",
        format!("this machine's clock is {minutes} minutes {side} that of {host}; TLS and DKIM fail"),
    )
    .run("timedatectl set-ntp true")
    .advise("or set it by another NTP client")
}

#[cfg(test)]
mod tests {
    use super::super::report::Status;
    use super::*;

    #[test]
    fn five_minutes_are_forgiven() {
        for (ahead, status) in [
            (&[][..], Status::NotChecked),
            (&[0], Status::Ok),
            (&[300], Status::Ok),
            (&[-300], Status::Ok),
            (&[301], Status::Fault),
            (&[-3_600], Status::Fault),
            (&[9_000, 2], Status::Ok),
            (&[9_000, 8_000], Status::Fault),
        ] {
            let witnesses: Vec<(String, i64)> = ahead.iter().map(|a| ("a.example".to_owned(), *a)).collect();
            assert_eq!(judge(&witnesses).status, status, "{ahead:?}");
        }
        let told = judge(&[("a.example".to_owned(), -3_600)]).text;
        assert!(told.contains("60 minutes behind that of a.example"), "{told}");
    }
}
