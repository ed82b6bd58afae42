//! A raw mail taken to pieces: its header, what a program or person says in
//! it, the machine-readable blocks, and the header of the mail it gives back.

use mail_parser::{Message, MessageParser, MimeHeaders as _, PartType};

use super::fields::Fields;
use super::text;

/// Read of a mail; what comes after is the returned mail's body.
const LARGEST_BYTES: usize = 4 * 1024 * 1024;
/// Read of a header.
const HEADER_BYTES: usize = 256 * 1024;
/// Kept of the text, and of each of the other pieces.
const PIECE_BYTES: usize = 512 * 1024;
/// More `Content-Type` lines than this, and the mail is read as plain text:
/// each may open another level, and levels are dropped recursively.
const MOST_PARTS: usize = 400;

/// More lines than this that begin like the edge of a part, or more that
/// begin like a field of a header, and it is read as plain text too. A thread
/// of signatures and a log that is sent back have fewer.
const MOST_EDGES: usize = 5_000;
const MOST_FIELDS: usize = 50_000;
const FIELD_NAME_BYTES: usize = 64;

/// What a mail consists of.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    pub(super) header: Fields,
    /// The decoded subject.
    pub(super) subject: String,
    /// Lower case, with its parameters.
    pub(super) content_type: String,
    /// What is said in words.
    pub(super) words: String,
    /// The `message/delivery-status` blocks (RFC 3464 §2).
    pub(super) status: String,
    /// The `message/feedback-report` block (RFC 5965 §3).
    pub(super) feedback: Option<String>,
    /// The header of the mail that is given back, and maybe more of it.
    pub(super) original: String,
    /// A delivery report that is attached as a mail.
    pub(super) inner: Option<Box<Pieces>>,
}

/// Takes a mail to pieces. Any bytes are a mail.
pub(super) fn take_apart(raw: &[u8]) -> Pieces {
    let raw = &raw[..raw.len().min(LARGEST_BYTES)];
    let raw = after_mbox_line(after_blank_lines(raw));
    let mut pieces = Pieces::default();
    let head = String::from_utf8_lossy(&raw[..raw.len().min(HEADER_BYTES)]);
    pieces.header = Fields::of_header(&head);
    pieces.content_type = pieces.header.get("content-type").unwrap_or_default().to_ascii_lowercase();
    pieces.subject = pieces.header.get("subject").unwrap_or_default().to_owned();
    // mail-parser 0.11 overflows on an empty quoted-printable part where
    // overflow is checked; no mail may end the process that reads it.
    let read = std::panic::catch_unwind(|| {
        let message = (count_parts(raw) <= MOST_PARTS && has_few_pieces(raw))
            .then(|| MessageParser::default().parse(raw))??;
        let mut found = Pieces::default();
        sort_parts(&message, &mut found, true);
        found.subject = message.subject().unwrap_or_default().chars().take(1_000).collect();
        Some(found)
    });
    let Ok(Some(found)) = read else {
        let text = String::from_utf8_lossy(raw);
        let body =
            text.split_once("\n\n").or_else(|| text.split_once("\r\n\r\n")).map_or("", |(_, body)| body);
        add_words(body, &mut pieces);
        return pieces;
    };
    Pieces {
        header: pieces.header,
        content_type: pieces.content_type,
        subject: if found.subject.is_empty() { pieces.subject } else { found.subject },
        ..found
    }
}

/// Mails that were saved from a web page begin with white space or a mark.
fn after_blank_lines(raw: &[u8]) -> &[u8] {
    let raw = raw.strip_prefix("\u{feff}".as_bytes()).unwrap_or(raw);
    let mut rest = raw;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        if !rest[..end].iter().all(u8::is_ascii_whitespace) {
            break;
        }
        rest = &rest[end + 1..];
    }
    rest
}

/// Mailboxes in one file put a `From ` line before each mail.
fn after_mbox_line(raw: &[u8]) -> &[u8] {
    if !raw.starts_with(b"From ") {
        return raw;
    }
    let end = raw.iter().position(|byte| *byte == b'\n');
    end.map_or(raw, |end| &raw[end + 1..])
}

fn count_parts(raw: &[u8]) -> usize {
    const NAME: &[u8] = b"content-type";
    raw.windows(NAME.len()).filter(|window| window.eq_ignore_ascii_case(NAME)).take(MOST_PARTS + 1).count()
}

/// Whether so few lines look like the edge of a part or a line of a header
/// that a mail of them stays small: each costs a hundred times its bytes.
fn has_few_pieces(raw: &[u8]) -> bool {
    let (mut edges, mut fields) = (0, 0);
    for line in raw.split(|byte| *byte == b'\n') {
        edges += usize::from(line.starts_with(b"--"));
        fields += usize::from(line[..line.len().min(FIELD_NAME_BYTES)].contains(&b':'));
    }
    edges <= MOST_EDGES && fields <= MOST_FIELDS
}

fn sort_parts(message: &Message, pieces: &mut Pieces, outermost: bool) {
    let mut html = String::new();
    for part in &message.parts {
        let kind = part.content_type().map(|kind| {
            format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()).to_ascii_lowercase()
        });
        let kind = kind.as_deref().unwrap_or("text/plain");
        match (&part.body, kind) {
            (PartType::Multipart(_), _) => {}
            (PartType::Message(original), _) => {
                let raw = original.raw_message();
                let head = &raw[..raw.len().min(PIECE_BYTES)];
                append(&mut pieces.original, &String::from_utf8_lossy(head));
                if outermost && pieces.inner.is_none() && reports_delivery(original) {
                    let mut inner = Pieces::default();
                    sort_parts(original, &mut inner, false);
                    pieces.inner = Some(Box::new(inner));
                }
            }
            (_, "message/delivery-status" | "message/global-delivery-status") => {
                append(&mut pieces.status, &text::of_bytes(part.contents()));
            }
            (_, "message/feedback-report") => {
                append(pieces.feedback.get_or_insert_default(), &String::from_utf8_lossy(part.contents()));
            }
            (_, "text/rfc822-headers" | "message/rfc822" | "message/rfc822-headers" | "message/partial") => {
                append(&mut pieces.original, &String::from_utf8_lossy(part.contents()));
            }
            (PartType::Html(source), _) => append(&mut html, &text::of_html(cut(source))),
            (PartType::Text(words), _) => add_words(words, pieces),
            _ => {}
        }
    }
    if pieces.words.trim().is_empty() {
        add_words(&html, pieces);
    }
}

fn reports_delivery(message: &Message) -> bool {
    message.parts.iter().filter_map(|part| part.content_type()).any(|kind| {
        kind.ctype().eq_ignore_ascii_case("message")
            && kind.subtype().is_some_and(|subtype| subtype.eq_ignore_ascii_case("delivery-status"))
    })
}

/// Words up to where the returned mail begins.
fn add_words(words: &str, pieces: &mut Pieces) {
    let words = cut(words).replace('\r', "");
    let end = text::end_of_words(&words);
    append(&mut pieces.words, &words[..end]);
    append(&mut pieces.original, &words[end..]);
}

fn append(piece: &mut String, more: &str) {
    if piece.len() < PIECE_BYTES {
        piece.push_str(cut(more));
        piece.push_str("\n\n");
    }
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(PIECE_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
