//! Replies as the mail library can read them.
//!
//! It refuses a reply of a bare code (`250` and the line end), which RFC 5321
//! §4.2 tells clients to accept, and any text that is not UTF-8, which servers
//! send in their country's letters. A refused 250 would be a mail that was
//! taken and is sent again.

/// Follows the lines of a server, wherever they are cut into pieces.
#[derive(Debug, Default)]
pub(super) struct ReplyTidy {
    /// Bytes of the line so far.
    column: usize,
    /// Whether all of them are digits.
    is_code: bool,
}

impl ReplyTidy {
    /// Appends to `out` what is to be read instead of `bytes`: at most twice as many.
    pub(super) fn read(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for byte in bytes {
            let byte = if byte.is_ascii() { *byte } else { b'?' };
            if self.column == 0 {
                self.is_code = true;
            }
            if byte == b'\r' && self.column == 3 && self.is_code {
                out.push(b' ');
            }
            self.is_code &= byte.is_ascii_digit();
            self.column = if byte == b'\n' { 0 } else { self.column + 1 };
            out.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tidied(bytes: &[u8], piece: usize) -> String {
        let (mut tidy, mut out) = (ReplyTidy::default(), Vec::new());
        bytes.chunks(piece).for_each(|piece| tidy.read(piece, &mut out));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_bare_code_and_foreign_letters_can_be_read_however_they_come() {
        for piece in 1..20 {
            assert_eq!(tidied(b"250\r\n", piece), "250 \r\n");
            assert_eq!(tidied(b"250-a\r\n250\r\n", piece), "250-a\r\n250 \r\n");
            assert_eq!(tidied(b"250 ok\r\n2.0\r\nabc\r\n", piece), "250 ok\r\n2.0\r\nabc\r\n");
            assert_eq!(tidied(b"550 Empf\xe4nger\r\n", piece), "550 Empf?nger\r\n");
        }
    }
}
