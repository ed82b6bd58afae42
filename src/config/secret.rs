//! Secrets: read from a file of their own, and never shown.

use std::path::Path;

/// Largest file that is taken for a secret.
const LIMIT_BYTES: u64 = 64 * 1024;

/// Reads a secret from a file; white space around it does not belong to it.
///
/// # Errors
/// What to do about a file that holds none.
pub(super) fn read_file(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let length = std::fs::metadata(path).map_err(|error| format!("{shown} cannot be read: {error}"))?.len();
    if length > LIMIT_BYTES {
        return Err(format!("{shown} is too large for a secret; name a file that holds nothing else"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    let text = text.trim();
    if text.is_empty() {
        return Err(format!("{shown} is empty; write the secret into it"));
    }
    if text.lines().count() > 1 {
        return Err(format!("{shown} has several lines; write the secret alone into it"));
    }
    Ok(text.to_owned())
}

/// What may be shown of a secret: that there is one, and of a URL all but its
/// user and password.
pub(super) fn redact(text: &str) -> String {
    match (text.split_once("://"), text.rsplit_once('@')) {
        _ if text.is_empty() => String::new(),
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://***@{rest}"),
        (Some(_), None) => text.to_owned(),
        (None, _) => "***".to_owned(),
    }
}
