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

/// What may be shown of a secret: that there is one, and of a URL what names
/// the place.
pub(super) fn redact(text: &str) -> String {
    if text.is_empty() || text.contains("://") { masked(text) } else { "***".to_owned() }
}

/// Any value as it may be shown: an address without its secrets.
pub(super) fn masked(text: &str) -> String {
    // `Kim <kim@example.org>` is no login.
    if text.contains("://") { crate::domain::masked(text) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_url_all_is_shown_but_its_secrets() {
        for (written, shown) in [
            ("postgres://kim:pw@db.example/post", "postgres://***@db.example/post"),
            (
                "postgres://db.example/post?user=kim&password=pw&sslmode=require",
                "postgres://db.example/post?user=kim&password=***&sslmode=require",
            ),
            (
                "postgres:///post?sslpassword=a%20b;SSLKey=/etc/key",
                "postgres:///post?sslpassword=***;SSLKey=/etc/key",
            ),
            ("postgres://h/d?pass%77ord=pw", "postgres://h/d?pass%77ord=***"),
            ("smtp://kim:p@ss/w?rd@mail.example:587", "smtp://***@mail.example:587"),
            ("smtps://token@mail.example", "smtps://***@mail.example"),
            (
                "https://a.example/feed?api_key=1&x=2&access_token=3#token=4",
                "https://a.example/feed?api_key=***&x=2&access_token=***#token=***",
            ),
            ("https://a.example/feed?password=a@b&x=1", "https://a.example/feed?password=***&x=1"),
            ("sqlite://data/postbell.db", "sqlite://data/postbell.db"),
            ("Kim <kim@example.org>", "Kim <kim@example.org>"),
            ("", ""),
        ] {
            assert_eq!(masked(written), shown, "{written}");
        }
        assert_eq!((redact("s3cret").as_str(), redact("").as_str()), ("***", ""));
        assert_eq!(
            redact("imaps://kim:pw@mail.example/INBOX?auth=x"),
            "imaps://***@mail.example/INBOX?auth=***"
        );
    }
}
