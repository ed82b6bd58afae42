//! `address check`: what the rules for addresses say.

use std::io::BufRead as _;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{jsonl, print};
use crate::domain::{AddressFault, EmailAddress};

/// Look at email addresses
#[derive(Subcommand)]
pub(super) enum AddressCommand {
    Check(CheckArgs),
}

/// Say which addresses can be mailed, and in which form
///
/// Syntax only; nothing is asked on the network. Without arguments one
/// address a line is read from standard input, with --jsonl one
/// {"address":"…"} a line.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  postbell address check Kim@Example.ORG\n  echo '{\"address\":\"kim@example.org\"}' | postbell address check --jsonl"
)]
pub(super) struct CheckArgs {
    /// The addresses
    addresses: Vec<String>,
    /// Print JSON: one object for one address, else a list
    #[arg(long, conflicts_with = "jsonl")]
    json: bool,
    /// Print one JSON object a line, in order
    #[arg(long)]
    jsonl: bool,
}

pub(super) fn run(command: AddressCommand) -> anyhow::Result<()> {
    let AddressCommand::Check(mut args) = command;
    if args.addresses.is_empty() && args.jsonl {
        return jsonl::answer_each(|line| match line {
            Ok(value) => match value.get("address").and_then(Value::as_str) {
                Some(address) => check(address),
                None => refuse("the line has no text \"address\""),
            },
            Err(reason) => refuse(&reason),
        });
    }
    if args.addresses.is_empty() {
        for line in std::io::stdin().lock().split(b'\n') {
            let line = String::from_utf8_lossy(&line?).trim_end_matches('\r').to_owned();
            if !line.is_empty() {
                args.addresses.push(line);
            }
        }
    }
    let checked: Vec<Value> = args.addresses.iter().map(|address| check(address)).collect();
    if args.jsonl {
        return checked.iter().try_for_each(print::json_line);
    }
    match (args.json, checked.as_slice()) {
        (true, [one]) => print::json(one),
        (true, all) => print::json(all),
        (false, all) => {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let rows = all.iter().map(|c| {
                let valid = if c["valid"] == true { "yes" } else { "no" };
                vec![text(&c["address"]), valid.to_owned(), text(&c["normalized"]), text(&c["reason"])]
            });
            print::table(&["address", "valid", "normalized", "reason"], rows.collect())
        }
    }
}

fn check(address: &str) -> Value {
    // What stands for bytes that are no text names nobody.
    let parsed = if address.contains('\u{fffd}') {
        Err(AddressFault::Malformed)
    } else {
        EmailAddress::parse(address)
    };
    match parsed {
        Ok(good) => json!({"address": address, "valid": true, "normalized": good.as_str(), "reason": null}),
        Err(fault) => {
            json!({"address": address, "valid": false, "normalized": null, "reason": fault.to_string()})
        }
    }
}

fn refuse(reason: &str) -> Value {
    json!({"address": null, "valid": false, "normalized": null, "reason": reason})
}
