//! What may stand behind the options of `blog`, checked at the door.

use super::super::an_address;
use crate::domain::{EmailAddress, Zone, ZoneFault, is_masked};

/// An address, or nothing for an empty text.
#[derive(Debug, Clone)]
pub(super) struct Maybe(pub(super) Option<EmailAddress>);

/// An address, or nothing.
pub(super) fn maybe_address(text: &str) -> Result<Maybe, String> {
    if text.is_empty() { Ok(Maybe(None)) } else { an_address(text).map(|address| Maybe(Some(address))) }
}

/// A time zone, or nothing for an empty text.
#[derive(Debug, Clone)]
pub(super) struct MaybeZone(pub(super) Option<Zone>);

/// A time zone, or nothing.
pub(super) fn maybe_zone(text: &str) -> Result<MaybeZone, ZoneFault> {
    if text.is_empty() { Ok(MaybeZone(None)) } else { text.parse().map(|zone| MaybeZone(Some(zone))) }
}

/// `Name <address>`, or nothing.
pub(super) fn a_sender(text: &str) -> Result<String, String> {
    if text.is_empty() {
        Ok(String::new())
    } else {
        crate::mail::Originator::parse(text).map(|_| text.to_owned())
    }
}

/// An http(s) address.
pub(super) fn a_url(text: &str) -> Result<String, String> {
    not_masked(text)?;
    match url::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url.into()),
        _ => Err("write an address like https://blog.example.org/".to_owned()),
    }
}

/// What was typed or copied as an address, with its secrets.
pub(super) fn not_masked(text: &str) -> Result<String, String> {
    if is_masked(text) {
        return Err(
            "the *** stands for a login or token that is not shown; write that itself in its place, \
                    or leave out the option to keep the address as it is"
                .to_owned(),
        );
    }
    Ok(text.to_owned())
}

/// The origin of an http(s) address.
pub(super) fn an_origin(text: &str) -> Result<String, String> {
    let url = a_url(text)?;
    url::Url::parse(&url).map(|url| url.origin().ascii_serialization()).map_err(|error| error.to_string())
}

/// `#rrggbb`.
pub(super) fn a_colour(text: &str) -> Result<String, String> {
    let is_colour =
        text.len() == 7 && text.starts_with('#') && text[1..].bytes().all(|b| b.is_ascii_hexdigit());
    if is_colour { Ok(text.to_ascii_lowercase()) } else { Err("write a colour like #146b5c".to_owned()) }
}
