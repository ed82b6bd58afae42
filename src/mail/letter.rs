//! A mail as bytes, in pieces: what is equal for all readers of a mailing is
//! encoded once, and a reader's own parts are put between.
//!
//! An ordinary mail is a letter without gaps. Each encoded piece begins on a
//! line of its own, so that pieces can stand side by side whatever their
//! length: quoted-printable by a soft line break, base64 because its groups
//! of three bytes are carried over a gap.

use data_encoding::{BASE64, BASE64_MIME};
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Body, MultiPart, SinglePart};

use super::mime::{head, tidy};
use super::{Email, MimeError};

/// `=_` stands in no encoded part (RFC 2045 §6.7), so one word does for all.
const BOUNDARY: &str = "=_postbell";
/// Stand in the frame for the parts; pre-encoded, so they stay as they are.
const TEXT_PART: &str = "=_text";
const HTML_PART: &str = "=_html";
/// A shorter piece of base64 is encoded with what stands around it.
const SHORT_BYTES: usize = 3;

/// A reader's own value, as it stands in headers and text, and in HTML.
#[derive(Debug, Clone, Copy)]
pub struct Own<'a> {
    /// As it is.
    pub plain: &'a str,
    /// Escaped.
    pub html: &'a str,
}

/// A mail with gaps.
#[derive(Debug)]
pub struct Letter {
    sections: Vec<Section>,
    /// About how long a filled one is.
    size_bytes: usize,
}

#[derive(Debug)]
enum Section {
    /// Headers, and lines between the parts.
    Frame(Vec<Piece>),
    /// A part in quoted-printable.
    Quoted(Vec<Piece>),
    /// A part in base64.
    Base64(Vec<Piece>),
}

#[derive(Debug)]
enum Piece {
    /// Equal for all: the bytes, or for base64 the bytes as three encodings.
    Same(Vec<u8>),
    Phased(Box<Phased>),
    /// The value of this number, and whether it stands in HTML.
    Gap(usize, bool),
}

/// Bytes of base64, encoded from the first, second and third on.
#[derive(Debug)]
struct Phased {
    bytes: Vec<u8>,
    encoded: [Vec<u8>; 3],
}

impl Letter {
    /// Takes a mail apart at its marks: words that stand for a reader's own
    /// values and occur nowhere else. The first must be that of the `Date`
    /// header, which is found by its name.
    ///
    /// # Errors
    /// When the mail cannot be written down.
    pub fn of(email: &Email, marks: &[&str]) -> Result<Self, MimeError> {
        let mut frame = head(email)?.into_bytes();
        let (text, html) = (tidy(&email.text), tidy(&email.html));
        let (text_encoding, html_encoding) = (encoding(&text), encoding(&html));
        let parts = MultiPart::alternative()
            .boundary(BOUNDARY.to_owned())
            .singlepart(part(ContentType::TEXT_PLAIN, TEXT_PART, text_encoding))
            .singlepart(part(ContentType::TEXT_HTML, HTML_PART, html_encoding));
        frame.extend(parts.formatted());
        let frame = String::from_utf8(frame).map_err(|error| MimeError(error.to_string()))?;

        let cut = |text: &'_ str, word: &str| -> Result<(String, String), MimeError> {
            let (before, after) =
                text.split_once(word).ok_or_else(|| MimeError("a part has no place".to_owned()))?;
            Ok((before.to_owned(), after.to_owned()))
        };
        let (head, rest) = cut(&frame, &format!("{TEXT_PART}\r\n"))?;
        let (between, tail) = cut(&rest, &format!("{HTML_PART}\r\n"))?;
        let sections = vec![
            Section::Frame(plain(&head, marks)),
            encoded(&text, text_encoding, marks, false),
            Section::Frame(plain(&between, marks)),
            encoded(&html, html_encoding, marks, true),
            Section::Frame(plain(&tail, marks)),
        ];
        let size_bytes = frame.len() + text.len() + html.len();
        let letter = Self { sections, size_bytes };
        // What a reader's values take, and a little more.
        let blank = vec![Own { plain: "", html: "" }; marks.len()];
        Ok(Self { size_bytes: letter.fill(&blank).len() + 1_024, ..letter })
    }

    /// Whether no piece that is equal for all holds one of these words.
    pub fn is_free_of(&self, words: &[&str]) -> bool {
        let holds = |bytes: &[u8]| words.iter().any(|w| memchr::memmem::find(bytes, w.as_bytes()).is_some());
        self.sections.iter().flat_map(Section::pieces).all(|piece| match piece {
            Piece::Same(bytes) => !holds(bytes),
            Piece::Phased(phased) => !holds(&phased.bytes),
            Piece::Gap(..) => true,
        })
    }

    /// The mail of one reader; values in the order of the marks.
    pub fn fill(&self, values: &[Own<'_>]) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.size_bytes);
        for section in &self.sections {
            section.fill(values, &mut out);
        }
        out
    }
}

impl Section {
    fn pieces(&self) -> &[Piece] {
        match self {
            Self::Frame(pieces) | Self::Quoted(pieces) | Self::Base64(pieces) => pieces,
        }
    }

    fn fill(&self, values: &[Own<'_>], out: &mut Vec<u8>) {
        let value = |gap: usize, is_html: bool| {
            values.get(gap).map_or("", |value| if is_html { value.html } else { value.plain })
        };
        match self {
            Self::Frame(pieces) => {
                for piece in pieces {
                    match piece {
                        Piece::Same(bytes) => out.extend_from_slice(bytes),
                        Piece::Phased(_) => {}
                        Piece::Gap(gap, is_html) => out.extend_from_slice(value(*gap, *is_html).as_bytes()),
                    }
                }
            }
            Self::Quoted(pieces) => {
                for piece in pieces {
                    let is_empty =
                        matches!(piece, Piece::Gap(gap, is_html) if value(*gap, *is_html).is_empty());
                    if !is_empty && !out.ends_with(b"\r\n") {
                        out.extend_from_slice(b"=\r\n");
                    }
                    match piece {
                        Piece::Same(bytes) => out.extend_from_slice(bytes),
                        Piece::Phased(_) => {}
                        Piece::Gap(gap, is_html) => quote(value(*gap, *is_html), out),
                    }
                }
                // It belongs to the boundary; the text's own last line end stays.
                out.extend_from_slice(b"\r\n");
            }
            Self::Base64(pieces) => {
                let mut carried = Vec::with_capacity(64);
                for piece in pieces {
                    match piece {
                        Piece::Same(bytes) => carried.extend_from_slice(bytes),
                        Piece::Gap(gap, is_html) => {
                            carried.extend_from_slice(value(*gap, *is_html).as_bytes())
                        }
                        Piece::Phased(phased) => phased.fill(&mut carried, out),
                    }
                }
                push_base64(&carried, out);
                end_line(out);
            }
        }
    }
}

impl Phased {
    fn of(bytes: Vec<u8>) -> Self {
        let encoded = [0, 1, 2].map(|phase| {
            let whole = (bytes.len() - phase) / 3 * 3;
            BASE64_MIME.encode(&bytes[phase..phase + whole]).into_bytes()
        });
        Self { bytes, encoded }
    }

    /// Completes the group of three that the gap before left open, and leaves
    /// the last one open.
    fn fill(&self, carried: &mut Vec<u8>, out: &mut Vec<u8>) {
        let phase = (3 - carried.len() % 3) % 3;
        carried.extend_from_slice(&self.bytes[..phase]);
        push_base64(carried, out);
        out.extend_from_slice(&self.encoded[phase]);
        carried.clear();
        carried.extend_from_slice(&self.bytes[phase + (self.bytes.len() - phase) / 3 * 3..]);
    }
}

fn push_base64(bytes: &[u8], out: &mut Vec<u8>) {
    // 57 bytes are a line of 76 letters.
    for line in bytes.chunks(57) {
        out.extend_from_slice(BASE64.encode(line).as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

fn end_line(out: &mut Vec<u8>) {
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
}

/// A value in quoted-printable; most need nothing done.
fn quote(value: &str, out: &mut Vec<u8>) {
    let is_plain = |b: u8| b.is_ascii_graphic() && b != b'=';
    if value.bytes().all(is_plain) {
        for (at, line) in value.as_bytes().chunks(75).enumerate() {
            if at > 0 {
                out.extend_from_slice(b"=\r\n");
            }
            out.extend_from_slice(line);
        }
    } else {
        out.extend_from_slice(&quoted(value));
    }
}

fn quoted(text: &str) -> Vec<u8> {
    let body = Body::new_with_encoding(text.to_owned(), ContentTransferEncoding::QuotedPrintable);
    body.expect("quoted-printable takes any text, as lettre's match on it shows").into_vec()
}

/// A part's place in the frame, never the text as it stands: only an encoded
/// body surely keeps to its lines, and cannot hold the boundary.
fn part(kind: ContentType, place: &str, encoding: ContentTransferEncoding) -> SinglePart {
    let body = Body::dangerous_pre_encoded(place.as_bytes().to_vec(), encoding);
    SinglePart::builder().content_type(kind).body(body)
}

pub(super) fn encoding(text: &str) -> ContentTransferEncoding {
    let high = text.bytes().filter(|b| !b.is_ascii()).count();
    // Quoted-printable spends three bytes on each byte that is not ASCII,
    // base64 four on any three.
    if text.len() + 2 * high <= text.len() * 4 / 3 {
        ContentTransferEncoding::QuotedPrintable
    } else {
        ContentTransferEncoding::Base64
    }
}

fn encoded(text: &str, encoding: ContentTransferEncoding, marks: &[&str], is_html: bool) -> Section {
    let pieces = pieces(text, marks, is_html);
    if matches!(encoding, ContentTransferEncoding::QuotedPrintable) {
        let quoted = |piece| match piece {
            Piece::Same(bytes) => Piece::Same(quoted(&String::from_utf8_lossy(&bytes))),
            other => other,
        };
        return Section::Quoted(pieces.into_iter().map(quoted).collect());
    }
    let phased = |piece| match piece {
        // Lines in base64 are the text's own, and those of mail end with CR LF.
        Piece::Same(bytes) => {
            let bytes = String::from_utf8_lossy(&bytes).replace('\n', "\r\n").into_bytes();
            if bytes.len() < SHORT_BYTES {
                Piece::Same(bytes)
            } else {
                Piece::Phased(Box::new(Phased::of(bytes)))
            }
        }
        other => other,
    };
    Section::Base64(pieces.into_iter().map(phased).collect())
}

fn plain(text: &str, marks: &[&str]) -> Vec<Piece> {
    // The date is a value like the others, known by its header.
    let Some((before, after)) = text.split_once("\r\nDate: ").filter(|_| !marks.is_empty()) else {
        return pieces(text, marks, false);
    };
    let rest = after.find("\r\n").map_or("", |end| &after[end..]);
    let mut all = pieces(&format!("{before}\r\nDate: "), marks, false);
    all.push(Piece::Gap(0, false));
    all.extend(pieces(rest, marks, false));
    all
}

/// The text between the marks.
fn pieces(mut text: &str, marks: &[&str], is_html: bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let first = |text: &str| {
        let found = marks.iter().enumerate().filter(|(_, mark)| !mark.is_empty());
        found.filter_map(|(gap, mark)| text.find(mark).map(|at| (at, gap, mark.len()))).min()
    };
    while let Some((at, gap, len)) = first(text) {
        if at > 0 {
            pieces.push(Piece::Same(text.as_bytes()[..at].to_vec()));
        }
        pieces.push(Piece::Gap(gap, is_html));
        text = &text[at + len..];
    }
    if !text.is_empty() {
        pieces.push(Piece::Same(text.as_bytes().to_vec()));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{EmailAddress, Timestamp};
    use crate::mail::{MailParts, Originator};

    const MARKS: [&str; 4] = ["", "xto@xto.example", "xlink", "xday"];

    fn email(to: &str, text: String, html: String) -> Email {
        let address = |text| EmailAddress::parse(text).unwrap();
        Email {
            from: Originator { name: "Käthe".to_owned(), address: address("kim@example.org") },
            to: address(to),
            reply_to: None,
            subject: "Eine Überschrift, die länger ist als eine Zeile, und noch etwas länger".to_owned(),
            date: Timestamp::from_millis(1_800_000_000_000),
            message_id: "1.abc@example.org".to_owned(),
            text,
            html,
            in_reply_to: None,
            leave_by_mail: None,
            one_click: None,
            list_id: None,
            feedback_id: None,
            is_auto: true,
        }
    }

    /// Pieces of text with the number of a gap behind each.
    fn script() -> impl Strategy<Value = Vec<(String, usize)>> {
        let text =
            prop_oneof!["[ -~\n]{0,90}", "\\PC{0,60}", "[あ-んa.\n]{0,100}", "\\.{0,3}", "[ =\t]{0,5}"];
        prop::collection::vec((text, 1_usize..4), 0..8)
    }

    fn spell(script: &[(String, usize)], values: &[&str]) -> String {
        // The parser of this test does not take an empty part.
        let said = |(text, gap): &(String, usize)| format!("{}{}", text.replace('x', "y"), values[*gap]);
        std::iter::once("T".to_owned()).chain(script.iter().map(said)).collect()
    }

    #[test]
    fn a_part_keeps_its_last_line_ends() {
        let mail = email("kim@example.org", "T\n".to_owned(), "<p>T</p>\n\n".to_owned());
        let parts = MailParts::of(&mail.to_bytes().unwrap());
        assert_eq!(parts.text.as_deref(), Some("T\r\n"));
        assert_eq!(parts.html.as_deref(), Some("<p>T</p>\r\n\r\n"));
    }

    proptest! {
        #[test]
        fn a_filled_letter_says_what_the_whole_mail_says(
            text in script(), html in script(), link in "[a-z:/=?]{0,120}", day in "[0-9]{1,2} Mai 20[0-9]{2}"
        ) {
            let values = ["Sun, 17 Jan 2027 08:00:00 +0000", "o'neil@example.org", &link, &day];
            let marked = email(MARKS[1], spell(&text, &MARKS), spell(&html, &MARKS));
            let letter = Letter::of(&marked, &MARKS).unwrap();
            prop_assert!(letter.is_free_of(&["xto", "xlink", "xday"]));
            let mut whole = email(values[1], spell(&text, &values), spell(&html, &values));
            whole.date = Timestamp::parse_rfc3339("2027-01-17T08:00:00Z").unwrap();
            let filled = letter.fill(&values.map(|value| Own { plain: value, html: value }));
            // A part that the whole mail would encode otherwise says the same.
            let parts = |bytes: &[u8]| {
                let mut parts = MailParts::of(bytes);
                parts.headers.retain(|(name, _)| name != "Content-Transfer-Encoding");
                parts
            };
            prop_assert_eq!(parts(&filled), parts(&whole.to_bytes().unwrap()));
            let lines = String::from_utf8(filled).unwrap();
            prop_assert!(lines.ends_with("\r\n"));
            prop_assert!(lines.split("\r\n").all(|line| line.len() <= 78 && !line.contains(['\r', '\n'])));
        }
    }
}
