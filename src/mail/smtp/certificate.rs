//! When a certificate ends. The TLS library judges certificates and does not
//! tell this one date; a reader of whole certificates would be ten crates.

use crate::domain::{SECOND_MS, Timestamp};

/// Tags of DER (X.690 §8.1.2).
const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// The version's, which may be left out.
const VERSION: u8 = 0xa0;

/// `notAfter` (RFC 5280 §4.1.2.5); `None` when this is no certificate.
pub(super) fn ends(der: &[u8]) -> Option<Timestamp> {
    let (certificate, _) = inner(der, SEQUENCE)?;
    let (body, _) = inner(certificate, SEQUENCE)?;
    let rest = inner(body, VERSION).map_or(body, |(_, rest)| rest);
    let (_, rest) = inner(rest, INTEGER)?;
    // Algorithm, issuer.
    let (_, rest) = inner(rest, SEQUENCE)?;
    let (_, rest) = inner(rest, SEQUENCE)?;
    let (validity, _) = inner(rest, SEQUENCE)?;
    let (_, after) = value(validity)?;
    moment(after)
}

/// The contents of the first value, when it has this tag, and what follows it.
fn inner(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    (*der.first()? == tag).then(|| value(der)).flatten()
}

fn value(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = usize::from(*der.get(1)?);
    let (length, start) = match length {
        0..=0x7f => (length, 2),
        0x81..=0x84 => {
            let digits = der.get(2..2 + (length - 0x80))?;
            (digits.iter().fold(0, |sum, digit| (sum << 8) | usize::from(*digit)), 2 + digits.len())
        }
        _ => return None,
    };
    let end = start.checked_add(length)?;
    Some((der.get(start..end)?, der.get(end..)?))
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`; of two digits, 50 and more are of
/// the last century (RFC 5280 §4.1.2.5.1).
fn moment(der: &[u8]) -> Option<Timestamp> {
    let (text, _) = inner(der, UTC_TIME).or_else(|| inner(der, GENERALIZED_TIME))?;
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let text = match (der[0], text.get(..2)?.parse::<u8>().ok()?) {
        (UTC_TIME, 50..) => format!("19{text}"),
        (UTC_TIME, _) => format!("20{text}"),
        _ => text.to_owned(),
    };
    let time = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", &text).ok()?;
    let seconds = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    Some(Timestamp::from_millis(seconds.checked_mul(SECOND_MS)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wrap(tag: u8, contents: &[u8]) -> Vec<u8> {
        let length = contents.len();
        let mut der = match u8::try_from(length) {
            Ok(short @ 0..=0x7f) => vec![tag, short],
            Ok(long) => vec![tag, 0x81, long],
            Err(_) => vec![tag, 0x82, (length >> 8) as u8, (length & 0xff) as u8],
        };
        der.extend(contents);
        der
    }

    fn certificate(times: &[u8], has_version: bool, issuer_bytes: usize) -> Vec<u8> {
        let version = if has_version { wrap(VERSION, &wrap(INTEGER, &[2])) } else { Vec::new() };
        let parts = [
            version,
            wrap(INTEGER, &[1, 2, 3]),
            wrap(SEQUENCE, b"algorithm"),
            wrap(SEQUENCE, &vec![7; issuer_bytes]),
            wrap(SEQUENCE, times),
            wrap(SEQUENCE, b"subject and key"),
        ];
        let body = wrap(SEQUENCE, &parts.concat());
        wrap(SEQUENCE, &[body, wrap(SEQUENCE, b"algorithm"), wrap(3, b"signature")].concat())
    }

    #[test]
    fn the_end_is_read_in_both_forms() {
        let from = wrap(UTC_TIME, b"260101000000Z");
        for (to, expected) in [
            (wrap(UTC_TIME, b"270102030405Z"), "2027-01-02T03:04:05Z"),
            (wrap(UTC_TIME, b"491231235959Z"), "2049-12-31T23:59:59Z"),
            (wrap(UTC_TIME, b"500101000000Z"), "1950-01-01T00:00:00Z"),
            (wrap(GENERALIZED_TIME, b"20510102030405Z"), "2051-01-02T03:04:05Z"),
        ] {
            for (has_version, issuer_bytes) in [(true, 20), (false, 20), (true, 200), (true, 400)] {
                let der = certificate(&[from.clone(), to.clone()].concat(), has_version, issuer_bytes);
                assert_eq!(ends(&der).map(Timestamp::rfc3339).as_deref(), Some(expected));
            }
        }
        assert_eq!(ends(&certificate(&[from, wrap(UTC_TIME, b"2701Z")].concat(), true, 9)), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80), cut in 0..120_usize, at in 0..120_usize, byte in any::<u8>()) {
            let _ = ends(&bytes);
            let times = [wrap(UTC_TIME, b"260101000000Z"), wrap(UTC_TIME, b"270101000000Z")].concat();
            let mut der = certificate(&times, true, 20);
            if let Some(own) = der.get_mut(at) { *own = byte; }
            let _ = (ends(&der), ends(&der[..cut.min(der.len())]));
        }
    }
}
