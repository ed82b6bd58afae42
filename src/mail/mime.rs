//! A mail as bytes: MIME and header encoding by the mail library.

use super::{Email, MimeError};

pub(super) fn build(_email: &Email) -> Result<Vec<u8>, MimeError> {
    todo!()
}
