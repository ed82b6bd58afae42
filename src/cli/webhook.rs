//! `webhook decode`: what a provider's request says.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{jsonl, print};
use crate::feedback::providers::{self, BODY_MAX_BYTES, Event, Provider, Request};

/// Look at what mail providers report
#[derive(Subcommand)]
pub(super) enum WebhookCommand {
    Decode(DecodeArgs),
}

/// Print the events in a provider's webhook request
///
/// Nobody's signature is checked here: this shows what a request says, not
/// who sent it. POST /hooks/bounces/{provider} checks that first.
///
/// With --provider the file is the body of one request. With --jsonl one JSON
/// object a line is read from standard input, with "provider", "body" and, if
/// need be, "content_type", "headers" and "n", which comes back in the answer.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  postbell webhook decode --provider mailgun request.json\n  postbell webhook decode --jsonl < requests.jsonl"
)]
pub(super) struct DecodeArgs {
    /// A request's body; - or nothing: standard input
    #[arg(requires = "provider")]
    file: Option<PathBuf>,
    /// Who sent it: ses, sendgrid, postmark, mailgun, brevo, mailjet, resend,
    /// mailersend, mailtrap, sparkpost, smtp2go, scaleway or generic
    #[arg(long, value_parser = provider)]
    provider: Option<Provider>,
    /// The request's Content-Type; form posts need it
    #[arg(long, value_name = "TYPE", default_value = "application/json", requires = "provider")]
    content_type: String,
    /// Print JSON: {"events":[…]}
    #[arg(long, requires = "provider")]
    json: bool,
    /// Read one JSON object a line, and answer each with one, which is the
    /// default without --provider
    #[arg(long, conflicts_with = "provider")]
    jsonl: bool,
}

/// By the names in our URLs, and by the longer one that SES has elsewhere.
fn provider(text: &str) -> Result<Provider, String> {
    if text == "amazon_ses" { Ok(Provider::Ses) } else { text.parse() }
}

pub(super) fn run(command: WebhookCommand) -> anyhow::Result<()> {
    let WebhookCommand::Decode(args) = command;
    let Some(provider) = args.provider else {
        return jsonl::answer_each(|line| match line {
            Ok(value) => {
                let n = value.get("n").cloned().unwrap_or(Value::Null);
                match answer(&value) {
                    Ok(events) => json!({"n": n, "events": events}),
                    Err(reason) => json!({"n": n, "error": reason}),
                }
            }
            Err(reason) => json!({"n": null, "error": reason}),
        });
    };
    let body = body(&args)?;
    let request = Request { content_type: &args.content_type, headers: &[], body: &body };
    let events = read(provider, &request).map_err(anyhow::Error::msg)?;
    if args.json {
        return print::json(&json!({"events": events}));
    }
    if events.is_empty() {
        return print::line("The request is understood and reports nothing that Postbell acts on.");
    }
    print::table(&["type", "address", "class", "status", "when", "said"], events.iter().map(row).collect())
}

fn body(args: &DecodeArgs) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One more than is read says that there is too much.
    let most = BODY_MAX_BYTES as u64 + 1;
    match args.file.as_deref().filter(|file| file.as_os_str() != "-") {
        Some(path) => {
            let file = std::fs::File::open(path);
            let read = file.and_then(|file| file.take(most).read_to_end(&mut bytes));
            read.with_context(|| format!("{} cannot be read", path.display()))?;
        }
        None => {
            std::io::stdin().lock().take(most).read_to_end(&mut bytes)?;
        }
    }
    Ok(bytes)
}

fn answer(line: &Value) -> Result<Vec<Event>, String> {
    let text = |key| line.get(key).and_then(Value::as_str);
    let provider = provider(text("provider").ok_or("the line has no text \"provider\"")?)?;
    let body = text("body").ok_or("the line has no text \"body\"")?;
    let headers: Vec<(&str, &str)> = match line.get("headers").and_then(Value::as_object) {
        Some(headers) => {
            headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect()
        }
        None => Vec::new(),
    };
    let content_type = text("content_type").unwrap_or("application/json");
    read(provider, &Request { content_type, headers: &headers, body: body.as_bytes() })
}

/// A defect in a parser costs one request, not the run.
fn read(provider: Provider, request: &Request<'_>) -> Result<Vec<Event>, String> {
    std::panic::catch_unwind(|| providers::read(provider, request))
        .unwrap_or_else(|_| Err(providers::Refusal::Malformed("it could not be read".to_owned())))
        .map_err(|refusal| refusal.to_string())
}

fn row(event: &Event) -> Vec<String> {
    let word = |value: Value| value.as_str().unwrap_or_default().to_owned();
    vec![
        word(json!(event.kind)),
        event.address.as_ref().map_or("", |address| address.as_str()).to_owned(),
        word(json!(event.class)),
        event.status.clone().unwrap_or_default(),
        print::moment(event.at),
        event.diagnostic.clone().unwrap_or_default(),
    ]
}
