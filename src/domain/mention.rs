//! Whether a kept mail mentions an address, however it is written there: as it
//! is, as part of a return path, or behind an encoding (RFC 2045, RFC 2047,
//! RFC 3461). One mention too many costs a kept mail; one too few leaves the
//! address of a person who was erased.

use data_encoding::BASE64_NOPAD;

use super::EmailAddress;

/// Shorter runs of base64 hold no address.
const RUN_BYTES: usize = 8;

/// Whether `raw` mentions the address.
pub fn mentions(raw: &[u8], address: &EmailAddress) -> bool {
    let (local, domain) = (address.local().to_lowercase(), address.domain().to_lowercase());
    let forms = [format!("{local}@{domain}"), format!("{local}={domain}"), address.key()];
    let is_in = |bytes: &[u8]| {
        // UTF-16 is ASCII with zeros between.
        let bytes: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        forms.iter().any(|form| holds(&text, form))
    };
    is_in(raw) || is_in(&unquoted(raw)) || base64_runs(raw).any(|run| is_in(&run))
}

/// Whether a text holds this address and not one that only ends or begins so.
fn holds(text: &str, form: &str) -> bool {
    text.match_indices(form).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let mut behind = text[at + form.len()..].chars();
        let ends = match (behind.next(), behind.next()) {
            (Some('.'), Some(next)) => !next.is_alphanumeric(),
            (Some(next), _) => !next.is_alphanumeric() && next != '-',
            (None, _) => true,
        };
        ends && !before.is_some_and(|c| c.is_alphanumeric() || c == '.')
    })
}

/// Without the escapes `=40`, `%40` and `+40`, and without soft line ends.
fn unquoted(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((first, behind)) = rest.split_first() {
        let hex = |byte: u8| char::from(byte).to_digit(16);
        let escaped = match behind {
            [a, b, ..] if matches!(first, b'=' | b'%' | b'+') => hex(*a).zip(hex(*b)),
            _ => None,
        };
        (rest, _) = match (escaped, first, behind) {
            (Some((a, b)), ..) => (&behind[2..], out.push(u8::try_from(a * 16 + b).unwrap_or(b'?'))),
            (None, b'=', [b'\r', b'\n', after @ ..] | [b'\n', after @ ..]) => (after, ()),
            _ => (behind, out.push(*first)),
        };
    }
    out
}

/// What stands behind base64: runs that go on over ends of lines.
fn base64_runs(raw: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'\r' | b'\n');
    raw.split(move |byte| !is_letter(byte)).flat_map(|run| {
        let whole: Vec<u8> = run.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
        // A word of plain text may stand glued before a block: each line counts alone too.
        let lines = run.split(|byte| matches!(byte, b'\r' | b'\n')).map(<[u8]>::to_vec);
        let from: Vec<Vec<u8>> = lines.chain([whole]).filter(|run| run.len() >= RUN_BYTES).collect();
        from.into_iter().filter_map(|run| {
            let whole = &run[..run.len() - usize::from(run.len() % 4 == 1)];
            BASE64_NOPAD.decode(whole).or_else(|_| BASE64_NOPAD.decode(&run[..run.len() / 4 * 4])).ok()
        })
    })
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;

    use super::*;

    #[test]
    fn an_address_is_found_however_a_mail_writes_it() {
        let kim = EmailAddress::parse("Kim.Lee+tag@example.org").unwrap();
        let block =
            BASE64.encode(b"Your mail to <kim.lee+tag@example.org> could not be delivered, we are sorry.\n");
        let wide: Vec<u8> = "to kim.lee+tag@example.org".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for raw in [
            "To: KIM.LEE+tag@Example.ORG".to_owned(),
            "<mailto:kim.lee+tag@example.org>.".to_owned(),
            "bounces-kim.lee+tag=example.org@list.example".to_owned(),
            "kim.lee+tag=40example.org".to_owned(),
            "kim.le=\r\ne+tag@exam=\nple.org".to_owned(),
            "X=kim.lee%2Btag%40example.org&y".to_owned(),
            "Original-Recipient: rfc822;kim.lee+2Btag@example.org".to_owned(),
            format!("Subject: =?utf-8?B?{}?=", BASE64.encode(b"kim.lee+tag@example.org")),
            format!("\r\n\r\n{}\r\n{}\r\n--x", &block[..40], &block[40..]),
            BASE64.encode(&wide),
        ] {
            assert!(mentions(raw.as_bytes(), &kim), "{raw}");
        }
        assert!(mentions(&wide, &kim));
    }

    #[test]
    fn the_address_of_another_is_not_taken_for_it() {
        let kim = EmailAddress::parse("kim@example.org").unwrap();
        for raw in [
            "joakim@example.org",
            "jo.kim@example.org",
            "kim@example.org.uk",
            "kim@example.organic",
            "kim@",
            "",
        ] {
            assert!(!mentions(raw.as_bytes(), &kim), "{raw}");
        }
        assert!(mentions(b"kim@example.org. And", &kim));
    }
}
