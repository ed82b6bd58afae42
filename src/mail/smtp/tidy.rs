//! Replies as the mail library can read them.
//!
//! It refuses a reply of a bare code (`250` and the line end), which RFC 5321
//! §4.2 tells clients to accept, and any text that is not UTF-8, which servers
//! send in their country's letters. A refused 250 would be a mail that was
//! taken and is sent again. It waits for ever behind a line that ends in LF
//! alone. And it knows the words of an answer to EHLO in capitals only, where
//! RFC 5321 §2.4 allows any case, and not in the form `AUTH=LOGIN` that servers
//! of old have; nor an answer without the server's name. What refuses an EHLO
//! holds no such words: it stays as it was said, for the operator. Nor does it
//! read a code like 571, which servers use beside those of the RFC: the first
//! digit counts then (§4.3.2), and `554`, `450` and `250` say it.

/// What one byte may become, at most.
pub(super) const GROWS: usize = 4;

/// Follows the lines of a server, wherever they are cut into pieces.
#[derive(Debug, Default)]
pub(super) struct ReplyTidy {
    /// Bytes of the line so far.
    column: usize,
    /// Whether all of them are digits.
    is_code: bool,
    /// Whether what comes answers an EHLO.
    pub(super) is_hello: bool,
    /// Whether the line offers something: it answers an EHLO, and agrees.
    is_offer: bool,
    /// Whether its word is `AUTH`, so far.
    is_auth: bool,
    /// The line's first byte.
    first: u8,
    /// Whether its code is none of RFC 5321's.
    is_odd: bool,
    /// Whether a CR came last.
    is_after_cr: bool,
}

impl ReplyTidy {
    /// Appends to `out` what is to be read instead of `bytes`: at most
    /// [`GROWS`] times as many.
    pub(super) fn read(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for byte in bytes {
            if self.column == 0 {
                (self.is_code, self.first, self.is_odd) = (true, *byte, false);
                self.is_offer = self.is_hello && *byte == b'2';
            }
            let byte = match *byte {
                byte if !byte.is_ascii() => b'?',
                byte if self.is_offer => byte.to_ascii_uppercase(),
                byte => byte,
            };
            self.is_auth = match self.column {
                0 => true,
                column @ 4..8 => self.is_auth && byte == b"AUTH"[column - 4],
                _ => self.is_auth,
            };
            let byte =
                if self.is_offer && self.is_auth && self.column == 8 && byte == b'=' { b' ' } else { byte };
            let byte = match (self.column, byte) {
                (1, b'6'..=b'9') if matches!(self.first, b'2' | b'4' | b'5') => {
                    self.is_odd = true;
                    b'5'
                }
                (2, b'0'..=b'9') if self.is_odd => {
                    if self.first == b'5' {
                        b'4'
                    } else {
                        b'0'
                    }
                }
                (_, byte) => byte,
            };
            let ends = byte == b'\r' || byte == b'\n' && !self.is_after_cr;
            if ends && self.column == 3 && self.is_code {
                out.push(b' ');
            }
            if ends && self.is_offer && (3..=4).contains(&self.column) {
                out.push(b'?');
            }
            if ends && byte == b'\n' {
                out.push(b'\r');
            }
            self.is_after_cr = byte == b'\r';
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
            assert_eq!(tidied(b"250-a\n250\n250 b\n", piece), "250-a\r\n250 \r\n250 b\r\n");
            assert_eq!(tidied(b"250 ok\r\n2.0\r\nabc\r\n", piece), "250 ok\r\n2.0\r\nabc\r\n");
            assert_eq!(tidied(b"550 Empf\xe4nger\r\n", piece), "550 Empf?nger\r\n");
            assert_eq!(tidied(b"571-a 571\r\n571\r\n", piece), "554-a 571\r\n554 \r\n");
            assert_eq!(tidied(b"471 no\r\n299 ok\r\n", piece), "450 no\r\n250 ok\r\n");
        }
    }

    #[test]
    fn the_words_of_an_offer_become_capitals_and_nothing_else_does() {
        let said = b"250-mail\r\n250-auth=login plain\r\n250-Auth login\r\n250-size 9\r\n250 x=autH\r\n";
        let hello = |said: &[u8], piece: usize| {
            let (mut tidy, mut out) = (ReplyTidy { is_hello: true, ..ReplyTidy::default() }, Vec::new());
            said.chunks(piece).for_each(|piece| tidy.read(piece, &mut out));
            assert!(out.len() <= said.len() * GROWS);
            String::from_utf8(out).unwrap()
        };
        for piece in 1..20 {
            for nameless in ["250\r\n", "250 \r\n", "250\n", "250 \n"] {
                assert_eq!(hello(nameless.as_bytes(), piece), "250 ?\r\n", "it has to have a name");
            }
            let refused = "550-Go away,\r\n550 See https://a.example/Why?Auth=x\r\n";
            assert_eq!(hello(refused.as_bytes(), piece), refused);
            assert_eq!(
                hello(said, piece),
                "250-MAIL\r\n250-AUTH LOGIN PLAIN\r\n250-AUTH LOGIN\r\n250-SIZE 9\r\n250 X=AUTH\r\n"
            );
            assert_eq!(tidied(b"250-auth=x\r\n250-AUTH=x\r\n", piece), "250-auth=x\r\n250-AUTH=x\r\n");
        }
    }
}
