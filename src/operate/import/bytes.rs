//! From the bytes of a file to its lines: UTF-8, UTF-16, or what old
//! spreadsheets write; lines that end by LF, CR or both; none longer than a
//! bound, so that memory has one.

use std::io::{self, Read, Seek, SeekFrom};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::domain::import::Stop;

/// The longest line that is read; the rest of a longer one is skipped.
pub const LINE_MOST_BYTES: usize = 4 << 20;
const PIECE_BYTES: usize = 64 << 10;

/// How the bytes of a file are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    encoding: &'static Encoding,
    /// Bytes of the mark at its beginning.
    mark: u64,
}

impl Written {
    /// The encoding's name.
    pub fn name(&self) -> &'static str {
        self.encoding.name()
    }

    /// Reads the whole file once, and finds it out.
    pub fn find(file: &mut (impl Read + Seek)) -> io::Result<Result<Self, Stop>> {
        file.seek(SeekFrom::Start(0))?;
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
        let mut piece = vec![0; PIECE_BYTES];
        let (mut kept, mut total, mut is_utf8, mut has_null) = (Vec::new(), 0_u64, true, false);
        let mut is_blank = true;
        loop {
            let count = file.read(&mut piece)?;
            let bytes = &piece[..count];
            if total == 0 && count > 0 {
                match bytes {
                    [b'P', b'K', 3, 4, ..] | [0xD0, 0xCF, 0x11, 0xE0, ..] | [0x1F, 0x8B, ..] => {
                        return Ok(Err(Stop::Packed));
                    }
                    [0xFF, 0xFE, ..] => return Ok(Ok(Self { encoding: UTF_16LE, mark: 2 })),
                    [0xFE, 0xFF, ..] => return Ok(Ok(Self { encoding: UTF_16BE, mark: 2 })),
                    _ => {}
                }
                if let Some(encoding) = sixteen(bytes) {
                    return Ok(Ok(Self { encoding, mark: 0 }));
                }
                if bytes.starts_with(b"\xEF\xBB\xBF") {
                    return Ok(Ok(Self { encoding: UTF_8, mark: 3 }));
                }
            }
            if count == 0 {
                is_utf8 &= kept.is_empty();
                break;
            }
            total += count as u64;
            has_null |= bytes.contains(&0);
            is_blank &= bytes.trim_ascii().is_empty();
            detector.feed(bytes, false);
            if is_utf8 {
                // A letter may be cut between two pieces.
                kept.extend_from_slice(bytes);
                match std::str::from_utf8(&kept) {
                    Ok(_) => kept.clear(),
                    Err(fault) if fault.error_len().is_none() => drop(kept.drain(..fault.valid_up_to())),
                    Err(_) => {
                        is_utf8 = false;
                        kept.clear();
                    }
                }
            }
        }
        detector.feed(b"", true);
        Ok(match (is_blank, has_null, is_utf8) {
            (true, ..) => Err(Stop::Empty),
            (_, true, _) => Err(Stop::NotText),
            (.., true) => Ok(Self { encoding: UTF_8, mark: 0 }),
            (.., false) => Ok(Self { encoding: detector.guess(None, Utf8Detection::Deny), mark: 0 }),
        })
    }
}

/// UTF-16 without a mark: every second byte of its beginning is zero.
fn sixteen(bytes: &[u8]) -> Option<&'static Encoding> {
    let pairs: Vec<[u8; 2]> =
        bytes.chunks_exact(2).take(200).filter_map(|pair| pair.try_into().ok()).collect();
    let zeros = |at: usize| pairs.iter().filter(|pair| pair[at] == 0).count() * 10 >= pairs.len() * 8;
    match (pairs.len() > 3, zeros(0), zeros(1)) {
        (true, true, false) => Some(UTF_16BE),
        (true, false, true) => Some(UTF_16LE),
        _ => None,
    }
}

/// One line.
pub(super) struct Line {
    /// Its number, from 1.
    pub number: u64,
    /// Its text; of a line that is too long, its beginning.
    pub text: String,
    /// Whether it was longer than [`LINE_MOST_BYTES`].
    pub is_cut: bool,
    /// Bytes of the file that were read when it ended, about.
    pub end_bytes: u64,
}

/// The lines of a file.
pub(super) struct Lines<'f, R> {
    file: &'f mut R,
    /// For what is no superset of ASCII byte by byte; the others are decoded line by line.
    decoder: Option<Decoder>,
    encoding: &'static Encoding,
    buffer: Vec<u8>,
    from: usize,
    is_over: bool,
    after_cr: bool,
    number: u64,
    read_bytes: u64,
}

impl<'f, R: Read + Seek> Lines<'f, R> {
    /// From the beginning.
    pub fn open(file: &'f mut R, written: Written) -> io::Result<Self> {
        file.seek(SeekFrom::Start(written.mark))?;
        let encoding = written.encoding;
        let is_whole = encoding != UTF_8 && !encoding.is_single_byte();
        Ok(Self {
            file,
            decoder: is_whole.then(|| encoding.new_decoder_without_bom_handling()),
            encoding,
            buffer: Vec::new(),
            from: 0,
            is_over: false,
            after_cr: false,
            number: 0,
            read_bytes: written.mark,
        })
    }

    /// The next line; `None` at the end.
    pub fn next(&mut self) -> io::Result<Option<Line>> {
        let mut line: Vec<u8> = Vec::new();
        let (mut is_cut, mut has_begun) = (false, false);
        loop {
            if self.from == self.buffer.len() && !self.fill()? {
                if !has_begun {
                    return Ok(None);
                }
                return Ok(Some(self.line(&line, is_cut)));
            }
            if std::mem::take(&mut self.after_cr) && self.buffer.get(self.from) == Some(&b'\n') {
                self.from += 1;
                continue;
            }
            let rest = &self.buffer[self.from..];
            let end = memchr::memchr2(b'\n', b'\r', rest);
            let piece = &rest[..end.unwrap_or(rest.len())];
            let room = LINE_MOST_BYTES - line.len();
            is_cut |= piece.len() > room;
            line.extend_from_slice(&piece[..piece.len().min(room)]);
            has_begun = true;
            self.from += piece.len();
            if end.is_some() {
                self.after_cr = self.buffer[self.from] == b'\r';
                self.from += 1;
                return Ok(Some(self.line(&line, is_cut)));
            }
        }
    }

    fn line(&mut self, bytes: &[u8], is_cut: bool) -> Line {
        self.number += 1;
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => self.encoding.decode_without_bom_handling(bytes).0.into_owned(),
        };
        let ahead = (self.buffer.len() - self.from) as u64;
        Line { number: self.number, text, is_cut, end_bytes: self.read_bytes.saturating_sub(ahead) }
    }

    /// Reads on; `false` at the end of the file.
    fn fill(&mut self) -> io::Result<bool> {
        self.buffer.clear();
        self.from = 0;
        while self.buffer.is_empty() && !self.is_over {
            let mut piece = vec![0; PIECE_BYTES];
            let count = self.file.read(&mut piece)?;
            self.read_bytes += count as u64;
            self.is_over = count == 0;
            piece.truncate(count);
            match &mut self.decoder {
                None => self.buffer = piece,
                Some(decoder) => {
                    let most = decoder.max_utf8_buffer_length(count).unwrap_or(PIECE_BYTES * 4);
                    let mut text = String::with_capacity(most);
                    let _ = decoder.decode_to_string(&piece, &mut text, count == 0);
                    self.buffer = text.into_bytes();
                }
            }
        }
        Ok(!self.buffer.is_empty())
    }
}
