//! How mail programs are called in `From`, and what stands beside an address
//! that failed. In lower case, without marks.

/// What a mail program's name has, in `From`.
pub(super) const PROGRAMS: &[&str] = &[
    "mailer-daemon",
    "mailerdaemon",
    "mailer_daemon",
    "mail-daemon",
    "postmaster",
    "mail delivery",
    "maildelivery",
    "mail.delivery",
    "mail deliver",
    "mdaemon",
    "delivery subsystem",
    "delivery system",
    "system administrator",
    "mail_service",
    "mail administrator",
    "mail system",
    "mailsystem",
    "mail router",
    "mail server",
    "mailserver",
    "post_master",
    "smtp gateway",
];

/// What an address of `From` has that no person's has.
pub(super) const DAEMONS: &[&str] =
    &["mailer-daemon", "mailerdaemon", "mailer_daemon", "mail-daemon", "mdaemon"];

/// Names that people and newsletters bear too: such a mail must also give
/// back ours, or name a reader as programs do.
pub(super) const MAYBE_PROGRAMS: &[&str] = &[
    "bounce",
    "majordomo-owner",
    "exchange",
    "mmdf",
    "interscan",
    "internet mail",
    "antivirus",
    "anti-virus",
];

/// Said of an address in the same or the next line, when it failed.
pub(super) const SAID_OF_ADDRESS: &[&str] = &[
    "undeliverable to",
    "delivered to",
    "deliver",
    "failed",
    "rejected",
    "refused",
    "unknown",
    "addressed to",
    "quota",
    "recipient",
    "full",
    "not found",
    "no such",
    "invalid",
    "does not exist",
    "doesn't exist",
    "error",
    "unable",
    "could not",
    "couldn't",
    "cannot",
    "disabled",
    "not exist",
    "denied",
    "unreachable",
    "exceed",
    "undeliver",
    "bounced",
    "not accept",
    "rcpt to",
    "does not like",
];
