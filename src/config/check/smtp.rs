//! `[smtp]` and each `[[smtp.relay]]`: one relay, or several in order.

use std::time::Duration;

use toml::{Table, Value};
use validator::Validate as _;

use super::{Checker, path, ranges, secret_of, small};
use crate::config::layers::misfit;
use crate::config::raw::{KEYS, RawSmtp};
use crate::config::{RelayConfig, relay_url};
use crate::mail::smtp::{Pipelining, SmtpSettings};

/// Keys that name one relay; a relay of the list does not take them from `[smtp]`.
const ITS_OWN: [&str; 3] = ["url", "url_file", "relay"];

/// The relays in the order in which they are tried: that of `smtp.url` first.
pub(super) fn relays(checker: &mut Checker<'_>, raw: &RawSmtp) -> Vec<RelayConfig> {
    let mut relays: Vec<RelayConfig> = relay(checker, raw, "smtp").into_iter().collect();
    for (index, written) in raw.relay.iter().enumerate() {
        let name = format!("smtp.relay[{}]", index + 1);
        let Some(raw) = whole(checker, written, &name) else { continue };
        if let Err(errors) = raw.validate() {
            ranges(checker, &name, &errors);
        }
        match relay(checker, &raw, &name) {
            Some(relay) => relays.push(relay),
            None if raw.url.is_empty() && raw.url_file.is_empty() => {
                checker.fault(&format!("{name}.url"), "is missing; write smtp://HOST:PORT");
            }
            None => {}
        }
    }
    relays
}

/// A relay of the list with what it leaves out, which is as in `[smtp]`.
fn whole(checker: &mut Checker<'_>, written: &Table, name: &str) -> Option<RawSmtp> {
    let mut table = Table::new();
    for (key, written) in checker.merged {
        if let Some(key) = key.strip_prefix("smtp.").filter(|key| !ITS_OWN.contains(key)) {
            table.insert(key.to_owned(), written.value.clone());
        }
    }
    for key in ["url", "url_file"] {
        table.insert(key.to_owned(), Value::String(String::new()));
    }
    table.insert("relay".to_owned(), Value::Array(Vec::new()));
    let mut is_whole = true;
    for (key, value) in written {
        let known = KEYS.iter().find(|(known, _)| known.strip_prefix("smtp.") == Some(key) && key != "relay");
        let advice = match known {
            None => Some("there is no such key; a relay takes those of [smtp]"),
            Some((_, kind)) => misfit(value, *kind),
        };
        match advice {
            Some(advice) => {
                checker.fault(&format!("{name}.{key}"), advice);
                is_whole = false;
            }
            None => {
                table.insert(key.clone(), value.clone());
            }
        }
    }
    if is_whole { table.try_into().ok() } else { None }
}

/// One relay; `None` where no address is written, or a bad one.
fn relay(checker: &mut Checker<'_>, raw: &RawSmtp, name: &str) -> Option<RelayConfig> {
    let ca_pem = roots(checker, &format!("{name}.ca_file"), &raw.ca_file);
    let key = format!("{name}.url");
    let text = secret_of(checker, &key, &raw.url, &raw.url_file)?;
    let key = if text == raw.url { key } else { format!("{name}.url_file") };
    let relay = checker.keep(&key, relay_url::parse(&text))?;
    let pipelining = match raw.pipelining.trim() {
        "auto" => Ok(Pipelining::Auto),
        "commands" => Ok(Pipelining::Commands),
        "off" => Ok(Pipelining::Off),
        _ => Err("write auto, commands or off".to_owned()),
    };
    let pipelining = checker.keep(&format!("{name}.pipelining"), pipelining)?;
    let settings = SmtpSettings {
        host: relay.host,
        port: relay.port,
        tls: relay.tls,
        credentials: relay.credentials,
        ca_pem,
        connections: small(raw.connections) as usize,
        pipelining,
        data_timeout: Duration::from_secs(small(raw.data_timeout_seconds).into()),
    };
    Some(RelayConfig { settings, rate_per_second: small(raw.rate_per_second) })
}

/// A PEM file of further roots, if one is named.
pub(super) fn roots(checker: &mut Checker<'_>, key: &str, file: &str) -> Option<Vec<u8>> {
    let path = path(file)?;
    let pem = match std::fs::read(&path) {
        Ok(pem) if memchr::memmem::find(&pem, b"-----BEGIN CERTIFICATE-----").is_some() => Ok(pem),
        Ok(_) => {
            Err(format!("{} holds no certificate; name a PEM file with BEGIN CERTIFICATE", path.display()))
        }
        Err(error) => Err(format!("{} cannot be read: {error}", path.display())),
    };
    checker.keep(key, pem)
}
