//! The token of a link, as it comes in the path: the one place where what mail
//! programs glue to a link is cut off. A full stop, brackets, a closing slash,
//! signs of quoted-printable, invisible characters and whatever else stands
//! behind the letters of a token are none of it.

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::request::Parts;

use super::error::Refused;

/// Longer than any token of ours.
const LONGEST: usize = 200;

/// The token of a route that ends in `{*token}`, free of what is not its own.
/// Whether it is one of ours is for [`crate::domain::Keys`] to say.
pub(super) struct Token(pub(super) String);

impl<S: Sync> FromRequestParts<S> for Token {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let door = route.split('{').next().unwrap_or_default();
        // Not what the router decoded: that refuses whatever is no UTF-8, and a
        // program that writes Latin-1 glues such bytes.
        let rest = parts.uri.path().strip_prefix(door).unwrap_or_default();
        cut(rest).map(Self).ok_or(Refused::NotFound)
    }
}

/// Where a path without a token leads when what is glued to it is cut off; a
/// path of ours, and another than it was.
pub(super) fn without_junk(path: &str) -> Option<String> {
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(path).take(LONGEST).collect();
    let is_ours = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/');
    let (clean, junk) = bytes.split_at(bytes.iter().take_while(|byte| is_ours(byte)).count());
    let is_name_of_a_file = matches!(junk, [b'.', next, ..] if next.is_ascii_alphanumeric());
    let clean = std::str::from_utf8(clean).ok()?.trim_end_matches('/');
    // `//host` is another place.
    let is_page = clean.starts_with('/') && !clean.contains("//") && clean != path;
    (is_page && !is_name_of_a_file).then(|| clean.to_owned())
}

/// The first run of letters that tokens are made of.
fn cut(segment: &str) -> Option<String> {
    let bytes = percent_encoding::percent_decode_str(segment);
    let is_ours = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let token: String = bytes
        .skip_while(|byte| !byte.is_ascii_alphanumeric())
        .take_while(is_ours)
        .take(LONGEST)
        .map(char::from)
        .collect();
    (!token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_around_a_token_is_none_of_it() {
        let glued = [
            "",
            ".",
            ",",
            ")",
            ">",
            "/",
            "//",
            "%20",
            "%3E",
            "=",
            "%3D",
            "%3d",
            "=3D",
            "%253D",
            "%22",
            "\"",
            "'",
            "%E2%80%9D",
            "]",
            "%5D",
            ";",
            "!",
            "?",
            "%3F",
            "%0D%0A",
            "%0A",
            "%C2%A0",
            "%A0",
            "%E2%80%8B",
            "%EF%BB%BF",
            "&gt;",
            "%26gt%3B",
            "&utm_source=x",
            "*",
            "|",
            "%E3%80%82",
            "</a>",
            "/%20",
            ").",
            "%5C",
            "/again",
        ];
        for token in ["eeb3xyz", "AgAAAA-_z-"] {
            for junk in glued {
                assert_eq!(cut(&format!("{token}{junk}")).as_deref(), Some(token), "{junk}");
                assert_eq!(cut(&format!("%3C{token}{junk}")).as_deref(), Some(token), "{junk}");
            }
        }
        for nothing in ["", ".", "%20", "%", "%zz/"] {
            assert!(cut(nothing).is_none_or(|token| token == "zz"), "{nothing}");
        }
    }
}
