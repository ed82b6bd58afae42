//! From what was written to what is used; every rule is looked at, so that
//! every fault is told.

mod bounces;
mod hooks;
mod smtp;

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use secrecy::SecretString;
use validator::{Validate, ValidationErrors, ValidationErrorsKind};

use super::fault::{Fault, Origin};
use super::layers::Merged;
use super::raw::{Raw, RawDatabase, RawDeliver, RawHttp, RawMail};
use super::{
    Config, DatabaseUrl, DeliverConfig, FeedsConfig, HttpConfig, KeepConfig, LogConfig, LogFormat,
    MailConfig, PostgresUrl, PublishConfig, SignupConfig, dkim, secret,
};
use crate::domain::{EmailAddress, ReturnPath, Timestamp, is_masked};
use crate::mail::Originator;

/// The merged values and the faults found in them so far.
struct Checker<'a> {
    merged: &'a Merged,
    faults: &'a mut Vec<Fault>,
}

impl Checker<'_> {
    fn fault(&mut self, key: &str, advice: impl Into<String>) {
        self.faults.push(Fault::new(self.origin(key), key, advice));
    }

    fn origin(&self, key: &str) -> Origin {
        // A relay of several has its faults where the list is written.
        let key = key.split_once('[').map_or(key, |(list, _)| list);
        self.merged.get(key).map_or(Origin::Whole, |written| written.origin.clone())
    }

    /// The value, or its fault and `None`.
    fn keep<T>(&mut self, key: &str, result: Result<T, String>) -> Option<T> {
        result.map_err(|advice| self.fault(key, advice)).ok()
    }
}

/// Whether it was copied from what `config show` prints.
fn holds_mask(value: &toml::Value) -> bool {
    match value {
        toml::Value::String(text) => text == "***" || is_masked(text),
        toml::Value::Array(items) => items.iter().any(holds_mask),
        toml::Value::Table(table) => table.values().any(holds_mask),
        _ => false,
    }
}

/// Checks the merged values. `None` when nothing whole can be made of them.
pub(super) fn check(merged: &Merged, faults: &mut Vec<Fault>) -> Option<Config> {
    let raw = read(merged, faults)?;
    let mut checker = Checker { merged, faults };
    if let Err(errors) = raw.validate() {
        ranges(&mut checker, "", &errors);
    }
    for (key, _) in merged.iter().filter(|(_, written)| holds_mask(&written.value)) {
        checker.fault(key, "the *** stands for a secret that is not shown; write that itself in its place");
    }
    let database = database(&mut checker, &raw.database);
    let http = http(&mut checker, &raw.http);
    let smtp = smtp::relays(&mut checker, &raw.smtp);
    let mail = mail(&mut checker, &raw.mail, !smtp.is_empty());
    let has_address = !raw.mail.bounce_address.trim().is_empty();
    let bounces = bounces::bounces(&mut checker, &raw.bounces, has_address);
    let hooks = hooks::hooks(&mut checker, &raw.hooks);
    let deliver = deliver(&mut checker, &raw.deliver);
    let dkim = dkim::check(&raw.dkim, &mut |key, advice| checker.fault(key, advice));
    let format = match raw.log.format.as_str() {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("write \"text\" or \"json\"".to_owned()),
    };
    let format = checker.keep("log.format", format);
    if let Err(error) = tracing_subscriber::EnvFilter::builder().parse(&raw.log.filter) {
        checker.fault(
            "log.filter",
            format!("write a filter like \"info\" or \"postbell=debug,info\" ({error})"),
        );
    }
    if raw.secret_file.is_empty() {
        checker.fault("secret_file", "write the path of the key file, like \"data/secret.key\"");
    }
    Some(Config {
        database: database?,
        http: http?,
        smtp,
        mail: mail?,
        dkim,
        deliver: deliver?,
        bounces,
        hooks,
        templates_dir: path(&raw.templates.dir),
        log: LogConfig { format: format?, filter: raw.log.filter },
        keep: KeepConfig {
            pending_days: small(raw.keep.pending_days),
            ended_days: small(raw.keep.ended_days),
            log_days: small(raw.keep.log_days),
        },
        feeds: FeedsConfig {
            check_every_seconds: small(raw.feeds.check_every_seconds).into(),
            concurrency: small(raw.feeds.concurrency),
            allow_private: raw.feeds.allow_private,
        },
        publish: PublishConfig {
            grace_seconds: small(raw.publish.grace_seconds).into(),
            max_new_posts: small(raw.publish.max_new_posts),
            max_age_hours: small(raw.publish.max_age_hours),
        },
        signup: SignupConfig {
            confirm_within_hours: small(raw.signup.confirm_within_hours),
            per_ip_per_hour: small(raw.signup.per_ip_per_hour),
            per_network_per_hour: small(raw.signup.per_network_per_hour),
            per_instance_per_hour: small(raw.signup.per_instance_per_hour),
        },
        secret_file: PathBuf::from(raw.secret_file),
    })
}

/// The merged values as one typed whole. The layers have checked each
/// value's kind, and the built-in layer has every key.
fn read(merged: &Merged, faults: &mut Vec<Fault>) -> Option<Raw> {
    let mut table = toml::Table::new();
    for (key, written) in merged {
        match key.split_once('.') {
            None => {
                table.insert((*key).to_owned(), written.value.clone());
            }
            Some((section, key)) => {
                let section = table.entry(section).or_insert_with(|| toml::Table::new().into());
                if let toml::Value::Table(section) = section {
                    section.insert(key.to_owned(), written.value.clone());
                }
            }
        }
    }
    table.try_into::<Raw>().map_err(|error| faults.push(Fault::new(Origin::Whole, "", error.message()))).ok()
}

fn ranges(checker: &mut Checker<'_>, section: &str, errors: &ValidationErrors) {
    for (field, kind) in errors.errors() {
        let key = if section.is_empty() { field.to_string() } else { format!("{section}.{field}") };
        match kind {
            ValidationErrorsKind::Struct(inner) => ranges(checker, &key, inner),
            ValidationErrorsKind::Field(errors) => {
                for error in errors {
                    let advice = error.message.as_deref().unwrap_or("write a value in range");
                    checker.fault(&key, advice);
                }
            }
            ValidationErrorsKind::List(_) => {}
        }
    }
}

/// A number whose range was checked; one out of range has its fault already.
fn small(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}

fn path(text: &str) -> Option<PathBuf> {
    Some(text).filter(|t| !t.is_empty()).map(PathBuf::from)
}

fn database(checker: &mut Checker<'_>, raw: &RawDatabase) -> Option<DatabaseUrl> {
    let key = "database.url";
    let faults = checker.faults.len();
    let text = secret_of(checker, key, &raw.url, &raw.url_file).unwrap_or_default();
    if checker.faults.len() > faults {
        return None;
    }
    let url = database_url(&text);
    checker.keep(if text == raw.url { key } else { "database.url_file" }, url)
}

fn database_url(url: &str) -> Result<DatabaseUrl, String> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return postgres(url);
    }
    match url.strip_prefix("sqlite://") {
        Some(path) if !path.is_empty() && !path.contains('?') => Ok(DatabaseUrl::Sqlite(path.into())),
        _ => Err(
            "write sqlite://PATH, like sqlite://data/postbell.db, or postgres://USER:PASSWORD@HOST/DATABASE"
                .to_owned(),
        ),
    }
}

/// No sentence of a fault shows any part of the line: it may hold a password.
fn postgres(text: &str) -> Result<DatabaseUrl, String> {
    let advice = "write postgres://USER:PASSWORD@HOST/DATABASE, special characters of the password as %XX, \
                  with ?sslmode=verify-full behind it over a network";
    let url = url::Url::parse(text).map_err(|_| advice.to_owned())?;
    if url.path().trim_matches('/').is_empty() {
        return Err(format!("the name of the database is missing; {advice}"));
    }
    if url.query_pairs().any(|(key, _)| key == "password") {
        return Err(format!("the password belongs before the @; {advice}"));
    }
    Ok(DatabaseUrl::Postgres(PostgresUrl(text.to_owned())))
}

/// A secret that is given inline or in a file: the later layer wins, and in
/// one layer only one of the two may be written.
fn secret_of(checker: &mut Checker<'_>, key: &str, inline: &str, file: &str) -> Option<String> {
    let file_key = format!("{key}_file");
    let rank = |key: &str| match checker.merged.get(key).map(|written| &written.origin) {
        Some(Origin::File(_)) => 1,
        Some(Origin::Environment) => 2,
        Some(Origin::Flag) => 3,
        _ => 0,
    };
    let (inline_rank, file_rank) = (rank(key), rank(&file_key));
    if !inline.is_empty() && !file.is_empty() && inline_rank == file_rank {
        checker.fault(&file_key, format!("write either {key} or {file_key}, not both"));
        return None;
    }
    if file.is_empty() || (inline_rank > file_rank) {
        return Some(inline.to_owned()).filter(|text| !text.is_empty());
    }
    let read = secret::read_file(file.as_ref());
    checker.keep(&file_key, read)
}

fn http(checker: &mut Checker<'_>, raw: &RawHttp) -> Option<HttpConfig> {
    let listen = raw
        .listen
        .replace("localhost:", "127.0.0.1:")
        .parse::<SocketAddr>()
        .map_err(|_| "write an IP address and a port, like 127.0.0.1:8080 or [::]:8080".to_owned());
    let listen = checker.keep("http.listen", listen);
    let public_url = match raw.public_url.trim() {
        "" => None,
        text => {
            let url = public_url(text);
            checker.keep("http.public_url", url)
        }
    };
    let mut trusted_proxies = Vec::new();
    for text in &raw.trusted_proxies {
        match network(text) {
            Some(network) => trusted_proxies.push(network),
            None => checker.fault(
                "http.trusted_proxies",
                format!("{text:?} is not a network; write it like 10.0.0.0/8, fd00::/8 or 192.0.2.7"),
            ),
        }
    }
    let token = secret_of(checker, "http.metrics_token", &raw.metrics_token, &raw.metrics_token_file);
    if token.as_ref().is_some_and(|t| t.len() < 16 || !t.bytes().all(|b| b.is_ascii_graphic())) {
        checker.fault(
            "http.metrics_token",
            "write at least 16 letters, digits and signs without spaces; `openssl rand -hex 32` makes some",
        );
    }
    Some(HttpConfig {
        listen: listen?,
        public_url,
        trusted_proxies,
        metrics_token: token.map(SecretString::from),
    })
}

fn public_url(text: &str) -> Result<String, String> {
    let advice = || {
        "write what readers type, scheme and host and nothing more, like https://post.example.org".to_owned()
    };
    let url = url::Url::parse(text).map_err(|_| advice())?;
    let is_plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let is_anonymous = url.username().is_empty() && url.password().is_none();
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || !is_plain || !is_anonymous {
        return Err(advice());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// A network, or one address. Whoever comes by IPv4 counts as that, also
/// where it is written within IPv6.
fn network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse().ok().or_else(|| Some(IpNet::from(text.parse::<std::net::IpAddr>().ok()?.to_canonical())))
}

fn mail(checker: &mut Checker<'_>, raw: &RawMail, has_smtp: bool) -> Option<MailConfig> {
    let mut sender = |key: &str, text: &str| match text.trim() {
        "" => None,
        text => checker.keep(key, Originator::parse(text)),
    };
    let from = sender("mail.from", &raw.from);
    let notice_from = sender("mail.notice_from", &raw.notice_from);
    if has_smtp && raw.from.trim().is_empty() {
        // It is missing where the relay was named.
        let origins = ["smtp.url", "smtp.url_file", "smtp.relay"].map(|key| checker.origin(key));
        let origin = origins.into_iter().find(|origin| *origin != Origin::BuiltIn).unwrap_or(Origin::Whole);
        checker.faults.push(Fault::new(
            origin,
            "mail.from",
            "is needed once smtp.url is set; write \"Name <address>\"",
        ));
    }
    let reply_to = match raw.reply_to.trim() {
        "" => None,
        text => {
            let address = EmailAddress::parse(text)
                .map_err(|_| "write one email address, like kim@example.org".to_owned());
            checker.keep("mail.reply_to", address)
        }
    };
    let postal_address = Some(raw.postal_address.trim().to_owned()).filter(|text| !text.is_empty());
    let return_path = match raw.bounce_address.trim() {
        "" => None,
        text => {
            let base = EmailAddress::parse(text).map_err(|_| {
                "write the address that receives bounces, like bounces@mail.example.org".to_owned()
            });
            let path = base.and_then(|base| ReturnPath::of(&base).map_err(|fault| fault.to_string()));
            checker.keep("mail.bounce_address", path)
        }
    };
    Some(MailConfig { from, notice_from, reply_to, postal_address, return_path })
}

fn deliver(checker: &mut Checker<'_>, raw: &RawDeliver) -> Option<DeliverConfig> {
    if raw.warm_up_first_day > 0 && raw.warm_up_since.trim().is_empty() {
        let origin = checker.origin("deliver.warm_up_first_day");
        let advice = "is needed for a warm-up: the day it begins, like \"2027-01-15\"";
        checker.faults.push(Fault::new(origin, "deliver.warm_up_since", advice));
    }
    let since = match raw.warm_up_since.trim() {
        "" => Ok(None),
        text => {
            Timestamp::from_date(text).map(Some).ok_or_else(|| "write a day, like \"2027-01-15\"".to_owned())
        }
    };
    Some(DeliverConfig {
        brake_hard_percent: raw.brake_hard_percent,
        brake_complaints_percent: raw.brake_complaints_percent,
        warm_up_first_day: small(raw.warm_up_first_day),
        warm_up_since: checker.keep("deliver.warm_up_since", since)?,
    })
}

impl Config {
    /// What must hold before pages are served: links that begin with an
    /// address of this machine are of use on this machine only.
    ///
    /// # Errors
    /// What to set.
    pub fn check_serving(&self) -> Result<(), Vec<Fault>> {
        if self.http.listen.ip().to_canonical().is_loopback() {
            return Ok(());
        }
        let advice = match &self.http.public_url {
            Some(url) if url.starts_with("https://") => return Ok(()),
            Some(_) => {
                "must begin with https:// while http.listen is reachable from elsewhere; put a proxy with TLS in front"
            }
            None => {
                "must be set while http.listen is reachable from elsewhere: what readers type, like https://post.example.org"
            }
        };
        Err(vec![Fault::new(Origin::Whole, "http.public_url", advice)])
    }
}
