//! The layers, one over the other: built-in, file, environment, flags. Each
//! value remembers where it was written, so that a fault can name the place.

use std::collections::BTreeMap;

use strsim::levenshtein;
use toml::Value;

use super::fault::{Fault, Origin};
use super::raw::{KEYS, Kind};
use super::{DEFAULT, Sources};

/// Variables of ours that are no settings.
const NOT_SETTINGS: &[&str] = &["POSTBELL_CONFIG", "POSTBELL_CORPORA", "POSTBELL_PYTHON", "POSTBELL_TEST"];

/// A value and where it was written.
pub(super) struct Written {
    pub value: Value,
    pub origin: Origin,
}

/// Every key with the value that wins.
pub(super) type Merged = BTreeMap<&'static str, Written>;

/// Lays the layers over each other. What cannot be used is left out, with a fault.
pub(super) fn merge(sources: &Sources, faults: &mut Vec<Fault>) -> Merged {
    let mut merged = Merged::new();
    take_toml(&mut merged, DEFAULT, &Origin::BuiltIn, faults);
    if let Some(path) = &sources.file {
        let origin = Origin::File(path.clone());
        match std::fs::read_to_string(path) {
            Ok(text) => take_toml(&mut merged, text.trim_start_matches('\u{feff}'), &origin, faults),
            Err(error) => faults.push(Fault::new(
                origin,
                "",
                format!("cannot be read ({error}); name another file with --config, or write the defaults there: postbell config default"),
            )),
        }
    }
    for (name, text) in &sources.env {
        let Some(rest) = name.strip_prefix("POSTBELL_") else { continue };
        if NOT_SETTINGS.iter().any(|known| name.starts_with(known)) {
            continue;
        }
        let key = rest.to_ascii_lowercase().replace("__", ".");
        take_text(&mut merged, &key, text, &Origin::Environment, faults);
    }
    for (key, text) in &sources.flags {
        take_text(&mut merged, key, text, &Origin::Flag, faults);
    }
    merged
}

fn take_toml(merged: &mut Merged, text: &str, origin: &Origin, faults: &mut Vec<Fault>) {
    let table = match text.parse::<toml::Table>() {
        Ok(table) => table,
        Err(error) => {
            // Only place and kind: the line itself may hold a password.
            let at = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = text.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() + 1;
            let advice = format!("line {line} is not TOML: {}", error.message().replace('\n', " "));
            faults.push(Fault::new(origin.clone(), "", advice));
            return;
        }
    };
    for (section, value) in table {
        match value {
            Value::Table(keys) if !keys.is_empty() => {
                for (key, value) in keys {
                    take_value(merged, &format!("{section}.{key}"), value, origin, faults);
                }
            }
            Value::Table(_) if is_section(&section) => {}
            value => take_value(merged, &section, value, origin, faults),
        }
    }
}

fn is_section(name: &str) -> bool {
    KEYS.iter().any(|(key, _)| key.split_once('.').is_some_and(|(section, _)| section == name))
}

fn take_value(merged: &mut Merged, key: &str, value: Value, origin: &Origin, faults: &mut Vec<Fault>) {
    let Some((key, kind)) = known(key, origin, faults) else { return };
    let value = match value {
        Value::String(text) if kind == Kind::Texts => {
            Value::Array(Some(text).filter(|t| !t.is_empty()).map(Value::String).into_iter().collect())
        }
        value => value,
    };
    match misfit(&value, kind) {
        None => {
            merged.insert(key, Written { value, origin: origin.clone() });
        }
        Some(advice) => faults.push(Fault::new(origin.clone(), key, advice)),
    }
}

/// What to write instead, where a value is not of its key's kind.
pub(super) fn misfit(value: &Value, kind: Kind) -> Option<&'static str> {
    let fits = match (value, kind) {
        (Value::String(_), Kind::Text | Kind::Secret)
        | (Value::Integer(_), Kind::Number | Kind::Decimal)
        | (Value::Float(_), Kind::Decimal)
        | (Value::Boolean(_), Kind::Switch) => true,
        (Value::Array(items), Kind::List | Kind::Texts) => items.iter().all(Value::is_str),
        (Value::Array(items), Kind::Relays) => items.iter().all(Value::is_table),
        _ => false,
    };
    (!fits).then_some(match kind {
        Kind::Text | Kind::Secret => "write a text in quotes, like \"…\"",
        Kind::Number => "write a whole number without quotes, like 10",
        Kind::Decimal => "write a number without quotes, like 0.1",
        Kind::Switch => "write true or false, without quotes",
        Kind::List => "write a list of texts, like [\"10.0.0.0/8\"]",
        Kind::Texts => "write a text in quotes, or a list of two, like [\"…\", \"…\"]",
        Kind::Relays => "write each relay under a heading of its own, [[smtp.relay]]",
    })
}

fn take_text(merged: &mut Merged, key: &str, text: &str, origin: &Origin, faults: &mut Vec<Fault>) {
    let Some((key, kind)) = known(key, origin, faults) else { return };
    let value = match kind {
        Kind::Text | Kind::Secret => Some(Value::String(text.to_owned())),
        Kind::Number => text.trim().parse().ok().map(Value::Integer),
        Kind::Decimal => text.trim().parse().ok().map(Value::Float),
        Kind::Switch => text.trim().parse().ok().map(Value::Boolean),
        Kind::Relays => None,
        Kind::List | Kind::Texts => Some(Value::Array(
            text.split(',')
                .map(str::trim)
                .filter(|t| !t.is_empty())
                .map(|t| Value::String(t.to_owned()))
                .collect(),
        )),
    };
    match value {
        Some(value) => {
            merged.insert(key, Written { value, origin: origin.clone() });
        }
        None => {
            let advice = match kind {
                Kind::Switch => "write true or false",
                Kind::Decimal => "write a number, like 0.1",
                Kind::Relays => "several relays are written in a file, under [[smtp.relay]] each",
                _ => "write a whole number, like 10",
            };
            faults.push(Fault::new(origin.clone(), key, advice));
        }
    }
}

/// The key as this program spells it; a fault for any other.
fn known(key: &str, origin: &Origin, faults: &mut Vec<Fault>) -> Option<(&'static str, Kind)> {
    if let Some((name, kind)) = KEYS.iter().find(|(name, _)| *name == key) {
        return Some((name, *kind));
    }
    let advice = match nearest(key) {
        Some(near) => format!("there is no such key; did you mean {}?", origin.spell(near)),
        None => "there is no such key; `postbell config default` lists them all".to_owned(),
    };
    faults.push(Fault::new(origin.clone(), key, advice));
    None
}

/// The known key that differs by the fewest letters, if it is near at all.
fn nearest(key: &str) -> Option<&'static str> {
    let whole = KEYS.iter().map(|(name, _)| (levenshtein(key, name), *name));
    // A key written without its section, or in another one.
    let last = key.rsplit('.').next().unwrap_or(key);
    let tail = KEYS.iter().filter_map(|(name, _)| {
        let (_, tail) = name.split_once('.')?;
        Some((levenshtein(last, tail) + 1, *name))
    });
    let (by, name) = whole.chain(tail).min()?;
    (by <= 1 + key.chars().count() / 5).then_some(name)
}
