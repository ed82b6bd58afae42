//! Documents that are packed without a word: a file `feed.xml.gz`, a cache
//! that forgot to say so.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;

use crate::feeds::FetchError;

/// How gzip begins (RFC 1952 §2.3.1).
const GZIP: &[u8] = &[0x1f, 0x8b, 8];

/// The document in these bytes, within the bound; what is not packed stays.
pub(super) fn unpacked(bytes: Vec<u8>, limit_bytes: usize) -> Result<Vec<u8>, FetchError> {
    if !bytes.starts_with(GZIP) {
        return Ok(bytes);
    }
    let mut document = Vec::new();
    let read = MultiGzDecoder::new(bytes.as_slice()).take(limit_bytes as u64 + 1).read_to_end(&mut document);
    if document.len() > limit_bytes {
        return Err(FetchError::TooLarge { limit_bytes });
    }
    // The part that came of a packed document that broke off.
    Ok(if read.is_ok() || !document.is_empty() { document } else { bytes })
}
