//! What is known beforehand of those who receive mail.
//!
//! Few publish figures, and those who do mean a server that knocks at their
//! own door. Most of us hand over to a relay, which paces itself, so these are
//! generous: beyond them lies what [`super::Lane`] learns from the answers.

/// What one receiving group takes before it has said anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Mails of one node on their way at once.
    pub connections: u32,
}

/// The name under which a provider's domains count as one; the domain itself
/// where nothing is known of it. `domain` is in lower case.
pub fn group_of(domain: &str) -> &str {
    match domain {
        "gmail.com" | "googlemail.com" => "google",
        "outlook.com" | "hotmail.com" | "hotmail.co.uk" | "hotmail.fr" | "hotmail.de" | "hotmail.it"
        | "hotmail.es" | "live.com" | "live.co.uk" | "live.fr" | "live.nl" | "msn.com" | "outlook.de"
        | "outlook.fr" | "outlook.es" | "passport.com" => "microsoft",
        "yahoo.com" | "yahoo.co.uk" | "yahoo.fr" | "yahoo.de" | "yahoo.it" | "yahoo.es" | "yahoo.ca"
        | "yahoo.co.in" | "yahoo.com.br" | "yahoo.com.au" | "ymail.com" | "rocketmail.com" | "aol.com"
        | "aol.de" | "aim.com" | "verizon.net" | "att.net" | "sbcglobal.net" | "bellsouth.net" => "yahoo",
        "icloud.com" | "me.com" | "mac.com" => "apple",
        "gmx.de" | "gmx.net" | "gmx.at" | "gmx.ch" | "gmx.com" | "web.de" | "mail.com" | "1und1.de" => "gmx",
        "orange.fr" | "wanadoo.fr" => "orange",
        "comcast.net" | "xfinity.com" => "comcast",
        other => other,
    }
}

/// The profile of a group that [`group_of`] named.
///
/// Figures: Apple and Orange as in the traffic shaping that KumoMTA ships
/// (`shaping.toml`: 10 and 3 connections; it cites support.apple.com/102322 and
/// postmastery.com for Orange), Comcast 25 (postmaster.comcast.net). Google,
/// Microsoft and Yahoo publish none (Yahoo: "treat our resources with
/// respect"); 20 is twice what one node opens by default.
pub fn profile_of(group: &str) -> Profile {
    let connections = match group {
        "google" | "microsoft" | "yahoo" | "gmx" => 20,
        "apple" => 10,
        "orange" => 3,
        "comcast" => 25,
        _ => u32::MAX,
    };
    Profile { connections }
}
