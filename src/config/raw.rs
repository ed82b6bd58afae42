//! What may be written: every key, its kind and its range.

use serde::Deserialize;
use validator::Validate;

/// What kind of value a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text.
    Text,
    /// Text that is shown to nobody.
    Secret,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Switch,
    /// Several texts.
    List,
    /// One text or several.
    Texts,
    /// A number that may have a point.
    Decimal,
    /// `[[smtp.relay]]`: tables with the keys of `[smtp]`.
    Relays,
}

/// Every key there is.
pub(super) const KEYS: &[(&str, Kind)] = &[
    ("secret_file", Kind::Text),
    ("database.url", Kind::Secret),
    ("database.url_file", Kind::Text),
    ("http.listen", Kind::Text),
    ("http.public_url", Kind::Text),
    ("http.trusted_proxies", Kind::List),
    ("http.metrics_token", Kind::Secret),
    ("http.metrics_token_file", Kind::Text),
    ("smtp.url", Kind::Secret),
    ("smtp.url_file", Kind::Text),
    ("smtp.ca_file", Kind::Text),
    ("smtp.connections", Kind::Number),
    ("smtp.pipelining", Kind::Text),
    ("smtp.rate_per_second", Kind::Number),
    ("smtp.data_timeout_seconds", Kind::Number),
    ("smtp.relay", Kind::Relays),
    ("deliver.brake_hard_percent", Kind::Decimal),
    ("deliver.brake_complaints_percent", Kind::Decimal),
    ("deliver.warm_up_first_day", Kind::Number),
    ("deliver.warm_up_since", Kind::Text),
    ("mail.from", Kind::Text),
    ("mail.notice_from", Kind::Text),
    ("mail.reply_to", Kind::Text),
    ("mail.postal_address", Kind::Text),
    ("mail.bounce_address", Kind::Text),
    ("bounces.imap_url", Kind::Secret),
    ("bounces.imap_url_file", Kind::Text),
    ("bounces.imap_ca_file", Kind::Text),
    ("bounces.imap_done_folder", Kind::Text),
    ("bounces.imap_every_seconds", Kind::Number),
    ("bounces.lmtp_listen", Kind::Text),
    ("hooks.ses_topic_arn", Kind::Text),
    ("hooks.scaleway_topic_arn", Kind::Text),
    ("hooks.sendgrid_keys", Kind::List),
    ("hooks.postmark_secret", Kind::Secret),
    ("hooks.postmark_secret_file", Kind::Text),
    ("hooks.mailgun_key", Kind::Secret),
    ("hooks.mailgun_key_file", Kind::Text),
    ("hooks.brevo_secret", Kind::Secret),
    ("hooks.brevo_secret_file", Kind::Text),
    ("hooks.mailjet_secret", Kind::Secret),
    ("hooks.mailjet_secret_file", Kind::Text),
    ("hooks.sparkpost_secret", Kind::Secret),
    ("hooks.sparkpost_secret_file", Kind::Text),
    ("hooks.smtp2go_secret", Kind::Secret),
    ("hooks.smtp2go_secret_file", Kind::Text),
    ("hooks.resend_key", Kind::Secret),
    ("hooks.resend_key_file", Kind::Text),
    ("hooks.mailersend_key", Kind::Secret),
    ("hooks.mailersend_key_file", Kind::Text),
    ("hooks.mailtrap_key", Kind::Secret),
    ("hooks.mailtrap_key_file", Kind::Text),
    ("hooks.generic_secret", Kind::Secret),
    ("hooks.generic_secret_file", Kind::Text),
    ("dkim.domain", Kind::Text),
    ("dkim.selector", Kind::Texts),
    ("dkim.key_file", Kind::Texts),
    ("templates.dir", Kind::Text),
    ("log.format", Kind::Text),
    ("log.filter", Kind::Text),
    ("feeds.check_every_seconds", Kind::Number),
    ("feeds.concurrency", Kind::Number),
    ("feeds.allow_private", Kind::Switch),
    ("publish.grace_seconds", Kind::Number),
    ("publish.max_new_posts", Kind::Number),
    ("publish.max_age_hours", Kind::Number),
    ("signup.confirm_within_hours", Kind::Number),
    ("signup.per_ip_per_hour", Kind::Number),
    ("signup.per_network_per_hour", Kind::Number),
    ("signup.per_instance_per_hour", Kind::Number),
    ("keep.pending_days", Kind::Number),
    ("keep.ended_days", Kind::Number),
    ("keep.log_days", Kind::Number),
];

/// The whole, as written, every layer merged. No `Debug`: it holds secrets.
#[derive(Deserialize, Validate)]
pub(super) struct Raw {
    pub secret_file: String,
    pub database: RawDatabase,
    pub http: RawHttp,
    #[validate(nested)]
    pub smtp: RawSmtp,
    #[validate(nested)]
    pub deliver: RawDeliver,
    pub mail: RawMail,
    #[validate(nested)]
    pub bounces: RawBounces,
    pub hooks: RawHooks,
    pub dkim: RawDkim,
    pub templates: RawTemplates,
    #[validate(nested)]
    pub log: RawLog,
    #[validate(nested)]
    pub feeds: RawFeeds,
    #[validate(nested)]
    pub publish: RawPublish,
    #[validate(nested)]
    pub signup: RawSignup,
    #[validate(nested)]
    pub keep: RawKeep,
}

#[derive(Deserialize)]
pub(super) struct RawDatabase {
    pub url: String,
    pub url_file: String,
}

#[derive(Deserialize)]
pub(super) struct RawHttp {
    pub listen: String,
    pub public_url: String,
    pub trusted_proxies: Vec<String>,
    pub metrics_token: String,
    pub metrics_token_file: String,
}

#[derive(Deserialize, Validate)]
pub(super) struct RawSmtp {
    pub url: String,
    pub url_file: String,
    pub ca_file: String,
    #[validate(range(min = 1, max = 500, message = "write a number from 1 to 500"))]
    pub connections: i64,
    pub pipelining: String,
    #[validate(range(min = 1, max = 3600, message = "write a number of seconds from 1 to 3600"))]
    pub data_timeout_seconds: i64,
    #[validate(range(min = 0, max = 100_000, message = "write 0 for unlimited, or a number up to 100000"))]
    pub rate_per_second: i64,
    pub relay: Vec<toml::Table>,
}

#[derive(Deserialize, Validate)]
pub(super) struct RawDeliver {
    #[validate(range(min = 0.0, max = 100.0, message = "write a percentage, or 0 for no brake"))]
    pub brake_hard_percent: f64,
    #[validate(range(min = 0.0, max = 100.0, message = "write a percentage, or 0 for no brake"))]
    pub brake_complaints_percent: f64,
    #[validate(range(
        min = 0,
        max = 1_000_000,
        message = "write 0 for no warm-up, or a number up to 1000000"
    ))]
    pub warm_up_first_day: i64,
    pub warm_up_since: String,
}

#[derive(Deserialize)]
pub(super) struct RawMail {
    pub from: String,
    pub notice_from: String,
    pub reply_to: String,
    pub postal_address: String,
    pub bounce_address: String,
}

#[derive(Deserialize, Validate)]
pub(super) struct RawBounces {
    pub imap_url: String,
    pub imap_url_file: String,
    pub imap_ca_file: String,
    pub imap_done_folder: String,
    #[validate(range(min = 1, max = 86_400, message = "write a number of seconds from 1 to 86400, a day"))]
    pub imap_every_seconds: i64,
    pub lmtp_listen: String,
}

#[derive(Deserialize)]
pub(super) struct RawHooks {
    pub ses_topic_arn: String,
    pub scaleway_topic_arn: String,
    pub sendgrid_keys: Vec<String>,
    pub postmark_secret: String,
    pub postmark_secret_file: String,
    pub mailgun_key: String,
    pub mailgun_key_file: String,
    pub brevo_secret: String,
    pub brevo_secret_file: String,
    pub mailjet_secret: String,
    pub mailjet_secret_file: String,
    pub sparkpost_secret: String,
    pub sparkpost_secret_file: String,
    pub smtp2go_secret: String,
    pub smtp2go_secret_file: String,
    pub resend_key: String,
    pub resend_key_file: String,
    pub mailersend_key: String,
    pub mailersend_key_file: String,
    pub mailtrap_key: String,
    pub mailtrap_key_file: String,
    pub generic_secret: String,
    pub generic_secret_file: String,
}

#[derive(Deserialize)]
pub(super) struct RawDkim {
    pub domain: String,
    pub selector: Vec<String>,
    pub key_file: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct RawTemplates {
    pub dir: String,
}

#[derive(Deserialize, Validate)]
pub(super) struct RawLog {
    pub format: String,
    #[validate(length(
        min = 1,
        message = "write what is logged, such as \"info\" or \"postbell=debug,info\""
    ))]
    pub filter: String,
}

#[derive(Deserialize, Validate)]
pub(super) struct RawFeeds {
    #[validate(range(
        min = 1,
        max = 604_800,
        message = "write a number of seconds from 1 to 604800, a week"
    ))]
    pub check_every_seconds: i64,
    #[validate(range(min = 1, max = 512, message = "write a number from 1 to 512"))]
    pub concurrency: i64,
    pub allow_private: bool,
}

#[derive(Deserialize, Validate)]
pub(super) struct RawPublish {
    #[validate(range(
        min = 0,
        max = 604_800,
        message = "write a number of seconds from 0 to 604800, a week"
    ))]
    pub grace_seconds: i64,
    #[validate(range(min = 0, max = 100_000, message = "write a number from 0 to 100000"))]
    pub max_new_posts: i64,
    #[validate(range(min = 1, max = 876_000, message = "write a number of hours from 1 to 876000"))]
    pub max_age_hours: i64,
}

#[derive(Deserialize, Validate)]
pub(super) struct RawSignup {
    #[validate(range(min = 1, max = 8_760, message = "write a number of hours from 1 to 8760, a year"))]
    pub confirm_within_hours: i64,
    #[validate(range(
        min = 0,
        max = 1_000_000_000,
        message = "write 0 for unlimited, or a number up to 1000000000"
    ))]
    pub per_ip_per_hour: i64,
    #[validate(range(
        min = 0,
        max = 1_000_000_000,
        message = "write 0 for unlimited, or a number up to 1000000000"
    ))]
    pub per_network_per_hour: i64,
    #[validate(range(
        min = 0,
        max = 1_000_000_000,
        message = "write 0 for unlimited, or a number up to 1000000000"
    ))]
    pub per_instance_per_hour: i64,
}

#[derive(Deserialize, Validate)]
pub(super) struct RawKeep {
    #[validate(range(min = 1, max = 36_500, message = "write a number of days from 1 to 36500"))]
    pub pending_days: i64,
    #[validate(range(min = 1, max = 36_500, message = "write a number of days from 1 to 36500"))]
    pub ended_days: i64,
    #[validate(range(min = 1, max = 36_500, message = "write a number of days from 1 to 36500"))]
    pub log_days: i64,
}
