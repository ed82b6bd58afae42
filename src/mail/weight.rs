//! What a part weighs in a mail, before it is encoded.

use lettre::message::header::ContentTransferEncoding;

use super::letter::encoding;

/// Bytes that this text has as a part of a mail; some more, never fewer.
pub fn encoded_bytes(part: &str) -> usize {
    match encoding(part) {
        ContentTransferEncoding::QuotedPrintable => quoted_bytes(part),
        // Four for three and the ends of lines; its own are of two bytes.
        _ => (part.len() + part.matches('\n').count()) / 10 * 14 + 16,
    }
}

/// Quoted-printable (RFC 2045 §6.7): an equals sign, what is no plain sign, and
/// white space before the end of a line become three bytes; a line of 76 ends
/// in three more.
fn quoted_bytes(part: &str) -> usize {
    let bytes = part.as_bytes();
    let ends_line = |at: usize| matches!(bytes.get(at + 1), None | Some(b'\r' | b'\n'));
    let is_long = |(at, b): (usize, &u8)| match b {
        b' ' | b'\t' => ends_line(at),
        b'\r' | b'\n' => false,
        b => *b == b'=' || !b.is_ascii_graphic(),
    };
    let quoted = bytes.len() + 2 * bytes.iter().enumerate().filter(|sign| is_long(*sign)).count();
    let ends = bytes.iter().filter(|b| **b == b'\n').count();
    quoted + ends + quoted / 73 * 3
}
