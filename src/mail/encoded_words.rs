//! Words of a header that are not plain (RFC 2047).

use data_encoding::BASE64;

/// Lines are folded here (RFC 2047 §2, RFC 5322 §2.1.1).
const LINE: usize = 76;
/// Bytes of one encoded word: with the longest name of ours it fits a line.
const WORD_BYTES: usize = 39;

/// Text of one line as the value of a header: plain words stay readable, the
/// others are encoded, and with `all` each is.
///
/// A blank between two encoded words is dropped (§6.2), but not by every mail
/// program where it is the end of a line. So words side by side are one, and
/// what is longer ends behind a word, its blank within.
pub(super) fn folded(name: &str, text: &str, all: bool) -> String {
    let mut pieces: Vec<String> = Vec::new();
    let mut run = String::new();
    for word in text.split(' ') {
        if all || !word.bytes().all(|b| b.is_ascii_graphic()) {
            if !run.is_empty() {
                run.push(' ');
            }
            run.push_str(word);
        } else {
            pieces.extend(encoded(&run));
            run.clear();
            pieces.push(word.to_owned());
        }
    }
    pieces.extend(encoded(&run));

    let (mut value, mut line) = (String::new(), name.len() + 1);
    for piece in pieces {
        let is_first = value.is_empty();
        if !is_first && line + 1 + piece.len() > LINE {
            value.push_str("\r\n");
            line = 0;
        }
        if !is_first {
            value.push(' ');
        }
        value.push_str(&piece);
        line += 1 + piece.len();
    }
    value
}

fn encoded(run: &str) -> Vec<String> {
    let (mut words, mut rest) = (Vec::new(), run);
    while !rest.is_empty() {
        let room = &rest[..rest.floor_char_boundary(WORD_BYTES)];
        let end = match room.rfind(' ') {
            Some(at) if room.len() < rest.len() && at * 2 > room.len() => at + 1,
            _ => room.len(),
        };
        words.push(format!("=?utf-8?b?{}?=", BASE64.encode(&rest.as_bytes()[..end])));
        rest = &rest[end..];
    }
    words
}
