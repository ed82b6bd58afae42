//! What may be configured, checked: `raw` is what may be written, `layers`
//! lays file, environment and flags over the defaults, `check` turns it into
//! `checked`, which is what is used. Faults are told all at once.

mod check;
mod checked;
mod dkim;
mod fault;
mod imap_url;
mod layers;
mod raw;
mod relay_url;
mod secret;

use std::path::PathBuf;

pub use checked::{
    BouncesConfig, Config, DatabaseUrl, DeliverConfig, FeedsConfig, HttpConfig, KeepConfig, LogConfig,
    LogFormat, MailConfig, PostgresUrl, PublishConfig, RelayConfig, SignupConfig,
};
pub use fault::{Fault, Faults, Origin};

/// The built-in settings, with a comment for each.
pub const DEFAULT: &str = include_str!("../../config/default.toml");

/// Where settings come from, beside the built-in ones; later wins.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// A TOML file.
    pub file: Option<PathBuf>,
    /// The environment; what does not begin with `POSTBELL_` is ignored.
    pub env: Vec<(String, String)>,
    /// Key and value from the command line.
    pub flags: Vec<(String, String)>,
}

/// One setting as it holds in the end.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Setting {
    /// Like `http.listen`.
    pub key: &'static str,
    /// Its value; secrets are redacted.
    pub value: serde_json::Value,
    /// Where it was written.
    pub from: String,
}

/// Reads, merges and checks.
///
/// # Errors
/// Every fault there is.
pub fn load(sources: &Sources) -> Result<Config, Faults> {
    let mut faults = Vec::new();
    let merged = layers::merge(sources, &mut faults);
    let config = check::check(&merged, &mut faults);
    match config {
        Some(config) if faults.is_empty() => Ok(config),
        _ => Err(Faults(faults)),
    }
}

/// The settings that hold in the end, in the order of the built-in file;
/// whether they are good is for [`load`] to say.
///
/// # Errors
/// What cannot be read at all.
pub fn effective(sources: &Sources) -> Result<Vec<Setting>, Faults> {
    let mut faults = Vec::new();
    let mut merged = layers::merge(sources, &mut faults);
    if !faults.is_empty() {
        return Err(Faults(faults));
    }
    let settings = raw::KEYS.iter().filter_map(|(key, kind)| {
        let written = merged.remove(key)?;
        let value = match (kind, written.value) {
            (raw::Kind::Secret, toml::Value::String(text)) => secret::redact(&text).into(),
            (raw::Kind::Relays, toml::Value::Array(relays)) => {
                relays.iter().filter_map(toml::Value::as_table).map(shown_relay).collect()
            }
            (_, toml::Value::Float(number)) => number.into(),
            (_, toml::Value::Integer(number)) => number.into(),
            (_, toml::Value::Boolean(is_on)) => is_on.into(),
            (_, toml::Value::Array(items)) => {
                items.iter().filter_map(toml::Value::as_str).map(secret::masked).collect::<Vec<_>>().into()
            }
            (_, toml::Value::String(text)) => secret::masked(&text).into(),
            (_, other) => secret::masked(&other.to_string()).into(),
        };
        Some(Setting { key, value, from: written.origin.to_string() })
    });
    Ok(settings.collect())
}

/// A relay of the list, its password left out.
fn shown_relay(relay: &toml::Table) -> serde_json::Value {
    let shown = relay.iter().map(|(key, value)| {
        let value = match value {
            toml::Value::String(text) if key == "url" => secret::redact(text).into(),
            toml::Value::String(text) => secret::masked(text).into(),
            toml::Value::Integer(number) => (*number).into(),
            other => other.to_string().into(),
        };
        (key.clone(), value)
    });
    serde_json::Value::Object(shown.collect())
}
