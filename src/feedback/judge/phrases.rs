//! What refusals say, and whom it blames: the first row that matches counts.
//! In lower case; `a*b` asks for both in this order. The phrases are those
//! of the servers' own sources and the providers' published lists of errors.

use Class::{Hard, Sender, Soft};

use super::Class;

/// Phrases and the class they mean.
pub(super) const TABLE: &[(&[&str], Class)] = &[
    // The sender is not proven: SPF, DKIM, DMARC (RFC 7372, RFC 7489).
    (
        &[
            "dmarc", "spf check", "spf fail", "fails spf", "spf record", "dkim", "unauthenticated email",
            "unauthenticated mail", "sender policy framework", "openspf.", "authentication-required",
            "authentication requirements", "not authenticated", "does not pass authentication", "spf:",
            "(spf)", "senderid", "sender id",
        ],
        Sender,
    ),
    // The sending host has no name or a bad one.
    (
        &["reverse dns", "ptr record", "no ptr", "cannot find your hostname", "cannot find your reverse", "rdns",
          "missing ptr", "has no ptr", "no reverse", "fix reverse"],
        Sender,
    ),
    // Lists of bad senders, and reputation.
    (
        &[
            "spamhaus", "blacklist", "black list", "blocklist", "block list", "blocked", "rbl", "dnsbl", "barracudacentral", "poor reputation",
            "bad reputation", "low reputation", "reputation of", "reputation", "banned sending ip", "access denied, banned",
            "client host rejected", "invalid ip for sending", "not allowed to send mail", "listed at", "listed in",
            "is on our", "open relay", "refused by our", "your ip", "ip address is not allowed",
        ],
        Sender,
    ),
    // The content.
    (
        &[
            "spam", "junk mail", "unsolicited", "virus", "malware", "content rejected", "message content", "contains a url",
            "prohibited", "banned content", "banned filename", "attachment", "phish", "bulk mail", "suspicious",
            "content filter", "message rejected due to content", "illegal header", "header rejected", "not rfc",
            "rfc 5322", "rfc5322", "rfc 2822", "rfc2822", "bare lf", "bare <lf>", "8bitmime", "smtputf8",
        ],
        Sender,
    ),
    // A full mailbox.
    (
        &[
            "mailbox full", "mailbox is full", "mail box full", "mailbox quota", "mailfolder is full", "over quota",
            "overquota", "over-quota", "quota exceeded", "exceeded quota", "exceeded * quota", "quota violation", "exceeding * quota",
            "exceeds * quota", "disk quota", "user is over", "out of storage", "insufficient system storage",
            "storage quota", "not enough space", "no space left", "disk full", "mailbox has exceeded",
            "mailbox size limit", "mailbox exceeded", "exceeded storage", "inbox is full", "too much mail", "mail quota", "quota",
        ],
        Soft,
    ),
    // The size of the mail.
    (
        &["message too large", "message too big", "message size exceeds", "size limit", "maximum message size",
          "message size limit", "exceeds maximum size", "too large", "message is too big"],
        Sender,
    ),
    // There is no such host.
    (
        &[
            "host unknown", "unknown host", "host not found", "domain not found", "no such domain", "name or service not known",
            "nxdomain", "domain does not exist", "unrouteable mail domain", "unrouteable address", "unroutable address", "unrouteable domain",
            "couldn't find any host", "no such host", "bad destination host", "domain must exist", "null mx", "nullmx", "does not accept mail",
            "accepts no mail", "no mx record found", "could not find a mail exchanger", "couldn't find a mail exchanger", "address family mismatch",
            "unknown domain", "illegal host", "mail domain mentioned", "badaddr: domain", "recipient address has null mx",
        ],
        Hard,
    ),
    // The mailbox is closed for now.
    (
        &[
            "account is locked", "account locked", "account disabled", "account is disabled", "account has been disabled", "account that you tried to reach is disabled",
            "disabled or discontinued", "suspended", "account is inactive", "inactive", "temporarily disabled", "mailbox disabled",
            "mailbox is disabled", "account closed", "is deactivated", "has been deactivated", "account expired", "currently suspended", "user account disabled",
        ],
        Soft,
    ),
    // The reader has moved.
    (&["has moved", "user has moved", "no longer on server", "address has changed", "changed address", "has been replaced", "recipient's address has changed"], Hard),
    // There is no such reader.
    (
        &[
            "user unknown", "unknown user", "no such user", "user not found", "unknown recipient", "recipient unknown", "recipient not found",
            "no such recipient", "no such address", "no such mailbox", "mailbox not found", "mailbox does not exist", "mailbox unknown",
            "does not exist", "doesn't exist", "addressee unknown", "invalid recipient", "invalid mailbox", "invalid address", "not a valid user",
            "no mailbox here", "no mailbox by that name", "unknown or illegal alias", "not listed in", "not our customer", "recipient name is not recognized",
            "user not known", "unknown address", "address unknown", "no account by that name", "not a known user", "bad address", "user doesn't exist",
            "unknown local", "no local mailbox", "not a local", "recipient address rejected: undeliverable", "undeliverable address", "address does not exist", "email address you entered couldn't be found",
            "isn't a valid", "is not a valid mailbox", "no valid recipients", "not a valid recipient", "no user", "account does not exist", "unknown account", "resolver.adr.recip", "recipnotfound",
            "recipient is not exist", "not exist", "bad-mailbox", "user invalid", "user is unknown", "recipient rejected", "no such person", "non-existent", "nonexistent", "this user doesn't have",
        ],
        Hard,
    ),
    // Too much at once.
    (
        &["too many connections", "too many", "rate limit", "rate-limit", "throttl", "try again later", "temporarily deferred", "temporarily rejected",
          "greylist", "greylisted", "connection frequency", "receiving mail at a rate", "too fast", "concurrent"],
        Soft,
    ),
    // Relaying, and what is said of the sender's address.
    (
        &["relay access denied", "relaying denied", "relay denied", "not permitted to relay", "relay not permitted", "unable to relay", "relaying not", "not a relay",
          "sender address rejected", "sender rejected", "sender is not", "sender denied", "domain of sender", "sender domain", "mail from", "bad sender", "your email address",
          "policy", "not authorized", "not allowed", "access denied", "administrative prohibition", "prohibited", "message rejected", "mail rejected", "transaction failed", "starttls", "security", "violat"],
        Sender,
    ),
    // The way there.
    (
        &["connection timed out", "timed out", "timeout", "connection refused", "no route to host", "network is unreachable", "unable to connect", "lost connection",
          "connection reset", "mail loop", "loops back", "too many hops", "hop count", "loop detected", "connection dropped", "not responding", "did not respond", "in the queue too long",
          "retry time", "retry timeout", "delivery time expired", "expired", "message could not be delivered for", "host is not reachable", "not reachable", "unreachable", "temporary", "temporarily", "service unavailable",
          "mailbox unavailable", "recipient refused", "refused to accept", "command output", "command died", "can't create", "procmail", "local configuration error", "server error"],
        Soft,
    ),
];
