//! A document as tags and texts. quick-xml finds them; what it refuses is
//! read here as a browser would, so that there is always a next token until
//! the document ends.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::Event;
use quick_xml::events::attributes::Attributes;

use super::references::{Entities, joined};

/// Attributes of one tag that are read.
const MOST_ATTRIBUTES: usize = 200;

/// A piece of a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `<name …>` or `<name …/>`.
    Open(Tag<'a>),
    /// `</name>`.
    Close(&'a str),
    /// Characters, with references resolved.
    Text(Cow<'a, str>),
}

/// A start tag.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    /// Its name, with the prefix, as written.
    pub(super) name: &'a str,
    /// Names as written, values with references resolved.
    pub(super) attributes: Vec<(&'a str, Cow<'a, str>)>,
    /// Whether it closes itself.
    pub(super) is_empty: bool,
}

/// The tokens of a document.
pub(super) struct Tokens<'a> {
    document: &'a str,
    /// Where the present reader began.
    start: usize,
    reader: Reader<&'a [u8]>,
    entities: Entities,
    /// Whether a `<?` or a `<!DOCTYPE` was met that has no end.
    has_open_declaration: bool,
    /// Whether the document ended inside a tag, a comment or the like.
    pub(super) is_cut: bool,
}

impl<'a> Tokens<'a> {
    /// Of a document.
    pub(super) fn of(document: &'a str) -> Self {
        let mut tokens = Self {
            document,
            start: 0,
            reader: reader(document),
            entities: Entities::default(),
            has_open_declaration: false,
            is_cut: false,
        };
        tokens.go_on_at(0);
        tokens
    }

    /// The next token; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let at = self.position();
            let rest = self.document.get(at..)?;
            if rest.starts_with('<') && !opens_markup(rest) {
                self.go_on_at(at + 1);
                return Some(Token::Text(Cow::Borrowed("<")));
            }
            if self.is_skipped(rest) {
                // What is no declaration is a comment up to the next `>`, as in HTML.
                let Some(end) = rest.find('>') else {
                    self.is_cut = true;
                    return None;
                };
                self.go_on_at(at + end + 1);
                continue;
            }
            match self.reader.read_event() {
                Ok(event) => match event {
                    Event::Start(_) | Event::Empty(_) => {
                        let inside = self.document.get(at + 1..self.position().saturating_sub(1));
                        return Some(self.open(inside.unwrap_or_default()));
                    }
                    Event::End(_) => {
                        let inside = self.document.get(at + 2..self.position().saturating_sub(1));
                        return Some(Token::Close(inside.unwrap_or_default().trim()));
                    }
                    Event::Text(text) => return Some(Token::Text(text.into_inner())),
                    Event::CData(text) => return Some(Token::Text(text.into_inner())),
                    Event::GeneralRef(name) => {
                        let name = name.into_inner();
                        let behind = self.document.get(self.position()..).unwrap_or_default();
                        if let Some((whole, length)) = joined(&name, behind) {
                            self.go_on_at(self.position() + length);
                            return Some(Token::Text(whole.to_string().into()));
                        }
                        let text = self.entities.resolve(&name);
                        return Some(Token::Text(text.unwrap_or_else(|| format!("&{name};").into())));
                    }
                    Event::DocType(doctype) => self.entities.declare(&doctype.into_inner()),
                    Event::Eof => return None,
                    Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                },
                Err(_) => {
                    if let Some(token) = self.recovered(at, rest)? {
                        return Some(token);
                    }
                }
            }
        }
    }

    fn position(&self) -> usize {
        let read = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        self.start.saturating_add(read)
    }

    fn go_on_at(&mut self, at: usize) {
        let rest = &self.document[at.min(self.document.len())..];
        // A reader passes over a byte order mark in front without a word, and
        // `rest` would not be what it reads.
        self.start = self.document.len() - rest.trim_start_matches('\u{feff}').len();
        self.reader = reader(&self.document[self.start..]);
    }

    /// Whether this is `<!…>` or `<?…>` that quick-xml cannot read, or could
    /// only look for its end to the end of the document again and again.
    fn is_skipped(&self, rest: &str) -> bool {
        if rest.starts_with("<?") {
            return self.has_open_declaration;
        }
        let starts = |name: &str| rest.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
        rest.starts_with("<!")
            && !rest.starts_with("<!--")
            && !rest.starts_with("<![CDATA[")
            && (self.has_open_declaration || !starts("<!DOCTYPE"))
    }

    /// After a fault at `at`. The outer `None`: the document ends here.
    fn recovered(&mut self, at: usize, rest: &'a str) -> Option<Option<Token<'a>>> {
        if let Some(inside) = rest.strip_prefix("<![CDATA[") {
            self.is_cut = true;
            self.go_on_at(self.document.len());
            return Some(Some(Token::Text(Cow::Borrowed(inside))));
        }
        let Some(end) = rest.find('>').filter(|_| !rest.starts_with("<!--")) else {
            self.is_cut = true;
            return None;
        };
        if rest.starts_with("<!") || rest.starts_with("<?") {
            self.has_open_declaration = true;
            self.go_on_at(at);
            return Some(None);
        }
        // A quotation mark too many. Each kind of mark can be the last of its
        // kind once, so a document comes here twice at most.
        self.go_on_at(at + end + 1);
        Some(Some(self.open(&rest[1..end])))
    }

    /// The start tag with this between `<` and `>`.
    fn open(&mut self, inside: &'a str) -> Token<'a> {
        let (inside, is_empty) = match inside.strip_suffix('/') {
            Some(inside) => (inside, true),
            None => (inside, false),
        };
        let name_end = inside.find(|c: char| c.is_ascii_whitespace()).unwrap_or(inside.len());
        let mut attributes = Vec::new();
        let mut written = Attributes::html(inside, name_end);
        for attribute in written.with_checks(false).flatten().take(MOST_ATTRIBUTES) {
            let value = match attribute.value {
                Cow::Borrowed(value) => self.entities.unescape(value),
                Cow::Owned(value) => Cow::Owned(self.entities.unescape(&value).into_owned()),
            };
            attributes.push((attribute.key.0, value));
        }
        Token::Open(Tag { name: &inside[..name_end], attributes, is_empty })
    }
}

fn reader(text: &str) -> Reader<&[u8]> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    config.allow_unmatched_ends = true;
    config.check_end_names = false;
    reader
}

/// Whether a `<` begins markup and is not a character.
fn opens_markup(rest: &str) -> bool {
    let mut characters = rest.chars().skip(1);
    match characters.next() {
        Some('!' | '?' | '_' | ':') => true,
        Some('/') => characters.next().is_none_or(|c| c.is_alphabetic() || matches!(c, '_' | ':')),
        Some(c) => c.is_alphabetic(),
        None => true,
    }
}
