//! Documents that are packed: as their answer says, twice, without a word (a
//! file `feed.xml.gz`, a cache that forgot to say so), or not although it says so.

use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use crate::feeds::FetchError;

/// How gzip begins (RFC 1952 §2.3.1).
const GZIP: &[u8] = &[0x1f, 0x8b, 8];

/// A document that is packed more often is left so.
const MOST_LAYERS: usize = 3;

/// Whether there is something to unpack.
pub(super) fn is_packed(bytes: &[u8], coding: &str) -> bool {
    bytes.starts_with(GZIP) || coding.eq_ignore_ascii_case("deflate")
}

/// The document in these bytes, within the bound; what is not packed stays.
/// `coding` is what the answer calls it.
pub(super) fn unpacked(bytes: Vec<u8>, coding: &str, limit_bytes: usize) -> Result<Vec<u8>, FetchError> {
    let mut bytes = bytes;
    for _ in 0..MOST_LAYERS {
        if !bytes.starts_with(GZIP) {
            break;
        }
        match read(MultiGzDecoder::new(bytes.as_slice()), limit_bytes)? {
            // The part that came of a packed document that broke off.
            (document, is_whole) if is_whole || !document.is_empty() => bytes = document,
            _ => break,
        }
    }
    // Servers mean either by this name (RFC 9110 §8.4.1.2).
    if coding.eq_ignore_ascii_case("deflate") {
        for read in [
            read(ZlibDecoder::new(bytes.as_slice()), limit_bytes)?,
            read(DeflateDecoder::new(bytes.as_slice()), limit_bytes)?,
        ] {
            if let (document, true) = read {
                return Ok(document);
            }
        }
    }
    Ok(bytes)
}

/// What a packed document holds, and whether it is whole.
fn read(packed: impl Read, limit_bytes: usize) -> Result<(Vec<u8>, bool), FetchError> {
    let mut document = Vec::new();
    let read = packed.take(limit_bytes as u64 + 1).read_to_end(&mut document);
    if document.len() > limit_bytes {
        return Err(FetchError::TooLarge { limit_bytes });
    }
    Ok((document, read.is_ok()))
}
