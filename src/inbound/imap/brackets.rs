//! A bound on the brackets of an answer. The client library reads a bracket
//! inside another by calling itself, and has no bound of its own: two thousand
//! of them end the process. They are counted, never matched, so that nothing
//! a server quotes can hide one; what we ask for has a handful.

/// Opening brackets of one answer. A mail's own bytes are not counted. As built
/// for tests the parser takes more than 10 KB of stack for each.
const MOST: usize = 32;
/// Kept of a line, to know whether a mail begins behind it.
const LINE_BYTES: usize = 1_024;

/// Follows what a server says, wherever it is cut into pieces.
#[derive(Debug, Default)]
pub(super) struct Brackets {
    /// The line so far, without what is beyond its bound.
    line: Vec<u8>,
    opened: usize,
    closed: usize,
    /// Bytes of a mail that are still to come.
    mail_bytes: usize,
}

impl Brackets {
    /// The next bytes; `false`: too many brackets, and nothing of it may be parsed.
    pub(super) fn take(&mut self, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        while !rest.is_empty() {
            let of_mail = self.mail_bytes.min(rest.len());
            self.mail_bytes -= of_mail;
            rest = &rest[of_mail..];
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let (line, next) = rest.split_at(end);
            rest = next;
            self.opened += line.iter().filter(|byte| **byte == b'(').count();
            self.closed += line.iter().filter(|byte| **byte == b')').count();
            if self.opened > MOST {
                return false;
            }
            let room = LINE_BYTES.saturating_sub(self.line.len());
            self.line.extend_from_slice(&line[..line.len().min(room)]);
            if line.ends_with(b"\n") {
                match self.mail_behind() {
                    // The answer goes on behind the mail.
                    Some(bytes) => {
                        self.mail_bytes = bytes;
                        self.line.truncate(self.line.len() - 2);
                    }
                    None => *self = Self::default(),
                }
            }
        }
        true
    }

    /// The size of the mail that a line announces: `* 7 FETCH (… BODY[]<0> {900}`,
    /// with every bracket closed but the first. Nothing else that ends in
    /// braces is believed: what the parser does not take for a mail is counted.
    fn mail_behind(&self) -> Option<usize> {
        let line = std::str::from_utf8(&self.line).ok()?.to_ascii_uppercase();
        let line = line.strip_suffix("}\r\n")?;
        let number = line.strip_prefix("* ")?;
        let is_fetch = number.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(" FETCH (");
        let (before, size) = line.rsplit_once(" {")?;
        let part = before.rsplit_once([' ', '(']).map_or(before, |(_, part)| part);
        let origin = part.strip_prefix("BODY[]")?;
        let is_origin = origin.is_empty()
            || origin.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).is_some_and(is_number);
        (is_fetch && is_origin && self.opened == self.closed + 1 && is_number(size))
            .then(|| size.parse().ok())?
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_taken(said: &[u8]) -> bool {
        let whole = Brackets::default().take(said);
        for piece in [1, 2, 7, 100] {
            let mut brackets = Brackets::default();
            assert_eq!(said.chunks(piece).all(|piece| brackets.take(piece)), whole, "in pieces of {piece}");
        }
        whole
    }

    fn deep(before: &str, after: &str) -> Vec<u8> {
        [before.as_bytes(), &[b'('; 2_000], after.as_bytes()].concat()
    }

    #[test]
    fn a_deep_answer_is_refused_wherever_it_hides() {
        for (before, after) in [
            ("", ""),
            ("* 1 FETCH (BODYSTRUCTURE ", "\r\n"),
            ("* OK hello\r\n* THREAD ", ""),
            ("* OK a \"quote\r\n* 1 FETCH (BODY ", ""),
            ("* OK BODY[] {100000}\r\n", ""),
            ("* 1 FETCH (X \"BODY[] {100000}\r\n", ""),
            ("* 1 FETCH (X (a BODY[] {100000}\r\n) BODYSTRUCTURE ", ""),
            ("* 1 FETCH (BODY[HEADER] {100000}\r\n", ""),
            ("* 1 FETCH (BODY[] {1}\r\nx BODYSTRUCTURE ", ""),
            ("* 1 FETCH (BODY[] {3}\n", ""),
        ] {
            assert!(!is_taken(&deep(before, after)), "{before:?}");
        }
    }

    #[test]
    fn brackets_of_a_mail_are_its_own() {
        let mail = deep("a mail\r\n", "\r\n");
        let mut said =
            format!("* 7 fetch (UID 9 FLAGS (\\Seen) BODY[]<0> {{{}}}\r\n", mail.len()).into_bytes();
        said.extend_from_slice(&mail);
        said.extend_from_slice(b" INTERNALDATE \"x\")\r\nA1 OK (done)\r\n");
        let twice = said.repeat(20);
        assert!(is_taken(&twice));
        // Behind the mail they count again.
        said.extend_from_slice(&deep("* ", "\r\n"));
        assert!(!is_taken(&said));
    }
}
