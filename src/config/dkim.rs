//! `dkim.*`: keys are read at once, so that a file that holds none is told
//! before anything starts.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::raw::RawDkim;
use crate::mail::dkim::{DkimKey, DkimSettings};

/// More than any key has.
const LIMIT_BYTES: u64 = 64 * 1024;

/// Checks it; `fault` gets a key and what to write instead. `None`: mails are
/// not signed, or there was a fault.
pub(super) fn check(raw: &RawDkim, fault: &mut dyn FnMut(&str, String)) -> Option<DkimSettings> {
    let missing: Vec<&str> = [
        ("dkim.domain", raw.domain.is_empty()),
        ("dkim.selector", raw.selector.is_empty()),
        ("dkim.key_file", raw.key_file.is_empty()),
    ]
    .iter()
    .filter_map(|(key, is_missing)| is_missing.then_some(*key))
    .collect();
    if missing.len() == 3 {
        return None;
    }
    for key in &missing {
        fault(key, "is needed to sign; dkim.domain, dkim.selector and dkim.key_file go together".to_owned());
    }
    let domain = domain(&raw.domain);
    if domain.is_none() && !raw.domain.is_empty() {
        fault("dkim.domain", "write the domain of mail.from, like example.org".to_owned());
    }
    for selector in raw.selector.iter().filter(|text| !is_name(text)) {
        fault(
            "dkim.selector",
            format!("{selector:?} is none; write letters, digits and hyphens, like post2026"),
        );
    }
    if raw.selector.len() != raw.key_file.len() && missing.is_empty() {
        fault("dkim.key_file", "name as many files as there are selectors, in the same order".to_owned());
    }
    let mut keys: Vec<DkimKey> = Vec::new();
    let mut exposed = Vec::new();
    for (selector, file) in raw.selector.iter().zip(&raw.key_file) {
        match read(Path::new(file))
            .and_then(|pem| DkimKey::from_pem(selector, &pem).map_err(|advice| format!("{file} {advice}")))
        {
            Ok(key) => keys.push(key),
            Err(advice) => fault("dkim.key_file", advice),
        }
        if is_exposed(Path::new(file)) {
            exposed.push(PathBuf::from(file));
        }
    }
    let twice =
        keys.iter().enumerate().any(|(at, key)| keys[..at].iter().any(|k| k.is_rsa() == key.is_rsa()));
    if twice {
        fault(
            "dkim.key_file",
            "two keys of one kind; name one RSA key, and one Ed25519 key beside it".to_owned(),
        );
    } else if raw.selector.iter().enumerate().any(|(at, text)| raw.selector[..at].contains(text)) {
        fault("dkim.selector", "each key needs a selector of its own".to_owned());
    }
    Some(DkimSettings { domain: domain?, keys, exposed })
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let told = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    if std::fs::metadata(path).map_err(told)?.len() > LIMIT_BYTES {
        return Err(format!("{} is too large for a key", path.display()));
    }
    std::fs::read(path).map_err(told)
}

/// A group may read it, as root and a mail group often share one; all others may not.
fn is_exposed(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o007 != 0)
}

/// As A-labels.
fn domain(text: &str) -> Option<String> {
    let domain = idna::domain_to_ascii_strict(text.trim()).ok()?;
    (domain.contains('.') && is_name(&domain)).then_some(domain)
}

/// Labels of letters, digits, hyphens and underscores, with dots between.
fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_plain = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        (1..=63).contains(&label.len()) && is_plain && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= 190 && text.split('.').all(is_label)
}
