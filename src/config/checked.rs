//! What is used: every value parsed, every rule held.

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use secrecy::SecretString;

use crate::domain::{EmailAddress, ReturnPath, Timestamp};
use crate::feedback::providers::proof::Proofs;
use crate::inbound::imap::ImapSettings;
use crate::inbound::lmtp::LmtpListen;
use crate::mail::Originator;
use crate::mail::dkim::DkimSettings;
use crate::mail::smtp::SmtpSettings;

/// The whole configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `database.url`.
    pub database: DatabaseUrl,
    /// `http.*`.
    pub http: HttpConfig,
    /// `smtp.*`: the relays in the order in which they are tried; none: the
    /// built-in mailbox.
    pub smtp: Vec<RelayConfig>,
    /// `mail.*`.
    pub mail: MailConfig,
    /// `dkim.*`; `None`: mails are not signed.
    pub dkim: Option<DkimSettings>,
    /// `deliver.*`.
    pub deliver: DeliverConfig,
    /// `bounces.*`.
    pub bounces: BouncesConfig,
    /// `hooks.*`.
    pub hooks: Proofs,
    /// `templates.dir`.
    pub templates_dir: Option<PathBuf>,
    /// `log.*`.
    pub log: LogConfig,
    /// `keep.*`.
    pub keep: KeepConfig,
    /// `feeds.*`.
    pub feeds: FeedsConfig,
    /// `publish.*`.
    pub publish: PublishConfig,
    /// `signup.*`.
    pub signup: SignupConfig,
    /// `secret_file`.
    pub secret_file: PathBuf,
}

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file, created with its folder.
    Sqlite(PathBuf),
    /// A database of a server, which must exist.
    Postgres(PostgresUrl),
}

/// `postgres://USER:PASSWORD@HOST/DATABASE`. What is printed of it lacks user
/// and password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(pub(super) String);

impl PostgresUrl {
    /// All of it, for the driver alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&super::secret::redact(&self.0))
    }
}

impl std::fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PostgresUrl({self})")
    }
}

/// `http.*`.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Where to listen.
    pub listen: SocketAddr,
    /// What links start with, without a slash at the end; `None`: the address
    /// that was bound in the end (only for loopback).
    pub public_url: Option<String>,
    /// Networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Bearer token for `/metrics`.
    pub metrics_token: Option<SecretString>,
}

/// One relay.
#[derive(Debug, Clone)]
pub struct RelayConfig {
    /// How it is reached.
    pub settings: SmtpSettings,
    /// Mails a second over all nodes; 0: unlimited.
    pub rate_per_second: u32,
}

/// `deliver.*`.
#[derive(Debug, Clone, Copy)]
pub struct DeliverConfig {
    /// Hard bounces of a hundred attempts that stop a blog; 0: off.
    pub brake_hard_percent: f64,
    /// Complaints of a hundred mails taken that stop a blog; 0: off.
    pub brake_complaints_percent: f64,
    /// Mails to many on the first day of a warm-up; 0: no warm-up.
    pub warm_up_first_day: u32,
    /// The first day of the warm-up.
    pub warm_up_since: Option<Timestamp>,
}

/// `mail.*`.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// `mail.from`; always set once SMTP is.
    pub from: Option<Originator>,
    /// `mail.notice_from`.
    pub notice_from: Option<Originator>,
    /// `mail.reply_to`.
    pub reply_to: Option<EmailAddress>,
    /// `mail.postal_address`.
    pub postal_address: Option<String>,
    /// `mail.bounce_address`.
    pub return_path: Option<ReturnPath>,
}

/// `log.format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// `bounces.*`.
#[derive(Debug, Clone)]
pub struct BouncesConfig {
    /// The mailbox that is looked into.
    pub imap: Option<ImapSettings>,
    /// Where a mail server hands bounces over.
    pub lmtp: Option<LmtpListen>,
}

/// `log.*`.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// Form.
    pub format: LogFormat,
    /// Filter, as in `RUST_LOG`, which wins.
    pub filter: String,
}

/// `keep.*`, in days.
#[derive(Debug, Clone, Copy)]
pub struct KeepConfig {
    /// Expired pending subscriptions.
    pub pending_days: u32,
    /// Ended subscriptions.
    pub ended_days: u32,
    /// Counters and settled one-off mails.
    pub log_days: u32,
}

/// `feeds.*`.
#[derive(Debug, Clone, Copy)]
pub struct FeedsConfig {
    /// Seconds between two looks, at least 1.
    pub check_every_seconds: u64,
    /// Looks side by side, at least 1.
    pub concurrency: u32,
    /// Let feeds live on private addresses.
    pub allow_private: bool,
}

/// `publish.*`.
#[derive(Debug, Clone, Copy)]
pub struct PublishConfig {
    /// Wait after a post is first seen; 0: mailed in the same tick.
    pub grace_seconds: u64,
    /// More new posts than this in one look: all are held.
    pub max_new_posts: u32,
    /// An item dated older than this is held.
    pub max_age_hours: u32,
}

/// `signup.*`.
#[derive(Debug, Clone, Copy)]
pub struct SignupConfig {
    /// A pending subscription expires.
    pub confirm_within_hours: u32,
    /// Well-formed sign-ups from one address in an hour; 0: unlimited.
    pub per_ip_per_hour: u32,
    /// The same from one /24 or /64.
    pub per_network_per_hour: u32,
    /// The same in this instance.
    pub per_instance_per_hour: u32,
}
