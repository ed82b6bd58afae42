//! `doctor`: what would go wrong, and what to do about it.

use std::io::IsTerminal as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::{Invocation, print};
use crate::clock::SystemClock;
use crate::config::LogFormat;
use crate::doctor::{Asked, Finding, Report, Status, Step, examine};
use crate::telemetry;

/// Look at everything that mails need, and say what to do
///
/// Settings, files, database, feeds, SMTP login and TLS, SPF, DKIM, DMARC, MX,
/// reverse DNS, templates, clock. Sends nothing, changes nothing, and works
/// while serve runs. Each line is ok, warning, fault or not checked; exit code
/// 1 when there is a fault, that is when a send would fail.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  postbell doctor\n  postbell doctor --resolver 9.9.9.9\n  postbell doctor --ip 203.0.113.7 --json"
)]
pub(super) struct DoctorArgs {
    /// Ask this name server, in place of the machine's own; port 53 if none is said
    #[arg(long, value_name = "ADDRESS[:PORT]", value_parser = name_server)]
    resolver: Option<SocketAddr>,
    /// A public address that mails leave from, when it is not this machine's own; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    ip: Vec<IpAddr>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn name_server(text: &str) -> Result<SocketAddr, String> {
    let alone = text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53));
    alone.or_else(|_| text.parse()).map_err(|_| "write an address, like 9.9.9.9 or 127.0.0.1:5353".to_owned())
}

pub(super) async fn run(args: DoctorArgs, invocation: &Invocation) -> anyhow::Result<()> {
    // It tells its findings itself.
    telemetry::init(LogFormat::Text, "off");
    let asked = Asked { resolver: args.resolver, addresses: args.ip };
    let waiting = waiting();
    let report = examine(&invocation.sources(), asked, Arc::new(SystemClock)).await;
    waiting.finish_and_clear();
    if args.json {
        print::json(&json!({
            "status": report.status(),
            "counts": {
                "ok": report.count(Status::Ok),
                "warning": report.count(Status::Warning),
                "fault": report.count(Status::Fault),
                "not_checked": report.count(Status::NotChecked),
            },
            "checks": report.0,
        }))?;
    } else {
        print::text_as_is(&Paper::of_this_terminal().report(&report))?;
    }
    match report.count(Status::Fault) {
        0 => Ok(()),
        1 => anyhow::bail!("a send would fail: 1 fault, mended as its line says"),
        many => anyhow::bail!("a send would fail: {many} faults, mended as their lines say"),
    }
}

/// A sign of life on a terminal.
fn waiting() -> indicatif::ProgressBar {
    let bar = indicatif::ProgressBar::new_spinner().with_message("Looking at everything that mails need");
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// What it is written on.
struct Paper {
    /// Columns; `None`: lines are not broken.
    width: Option<usize>,
    has_colours: bool,
}

/// Columns of a status, and of a check's name.
const STATUS: usize = 11;
const CHECK: usize = 14;

impl Paper {
    fn of_this_terminal() -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        // https://no-color.org
        let wants_none = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let width =
            comfy_table::Table::new().width().map(usize::from).filter(|width| is_terminal && *width > 0);
        Self { width: width.map(|width| width.clamp(50, 110)), has_colours: is_terminal && !wants_none }
    }

    fn report(&self, report: &Report) -> String {
        let mut out = String::new();
        let mut heading = String::new();
        for finding in &report.0 {
            let own = heading_of(finding);
            if own != heading {
                out.push_str(if out.is_empty() { "" } else { "\n" });
                out.push_str(&self.ink("1", &own));
                out.push('\n');
                heading = own;
            }
            self.finding(&mut out, finding);
        }
        out.push_str(&format!("\n{}\n", self.sum(report)));
        out
    }

    fn finding(&self, out: &mut String, finding: &Finding) {
        let status = format!("{:STATUS$}", finding.status.as_str());
        let ink = match finding.status {
            Status::Ok => "32",
            Status::Warning => "33",
            Status::Fault => "1;31",
            Status::NotChecked => "2",
        };
        let check = format!("{:CHECK$}", finding.check.replace('_', " "));
        let indent = 2 + STATUS + 2 + CHECK + 1;
        let text = self.broken(&print::clean(&finding.text), indent);
        out.push_str(&format!("  {}  {check} {text}\n", self.ink(ink, &status)));
        for step in &finding.next {
            let (mark, step) = match step {
                Step::Run(command) => ("run", print::clean(command)),
                // In one piece, to be copied.
                Step::Publish(record) => ("DNS", print::clean(&record.zone_line())),
                Step::Do(advice) => ("→", self.broken(&print::clean(advice), indent + 2)),
            };
            out.push_str(&format!("{}{} {step}\n", " ".repeat(indent), self.ink("36", mark)));
        }
    }

    fn sum(&self, report: &Report) -> String {
        let count = |status, one: &str, many: &str| {
            let count = report.count(status);
            format!("{count} {}", if count == 1 { one } else { many })
        };
        let checks = report.0.len();
        let mut sum = format!(
            "{checks} {}: {}, {}, {}",
            if checks == 1 { "check" } else { "checks" },
            count(Status::Ok, "ok", "ok"),
            count(Status::Warning, "warning", "warnings"),
            count(Status::Fault, "fault", "faults"),
        );
        if report.count(Status::NotChecked) > 0 {
            sum.push_str(&format!(", {}", count(Status::NotChecked, "not checked", "not checked")));
        }
        sum
    }

    fn ink(&self, code: &str, text: &str) -> String {
        if self.has_colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Broken between words, further lines indented. A word that is longer
    /// than a line stands alone.
    fn broken(&self, text: &str, indent: usize) -> String {
        let Some(room) = self.width.map(|width| width.saturating_sub(indent).max(20)) else {
            return text.to_owned();
        };
        let mut out = String::new();
        let mut column = 0;
        for word in text.split(' ') {
            let length = word.chars().count();
            if column > 0 && column + 1 + length > room {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                column = 0;
            } else if column > 0 {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += length;
        }
        out
    }
}

fn heading_of(finding: &Finding) -> String {
    let name = match finding.area {
        "settings" => "Settings",
        "files" => "Files",
        "database" => "Database",
        "feeds" => "Feeds",
        "relay" => "Mail server",
        "mailings" => "Mailings",
        "bounces" => "Bounces at",
        "domain" => "Mails from",
        "signature" => "Signatures",
        "address" => "Address",
        "templates" => "Templates",
        "web" => "Pages",
        "clock" => "Clock",
        _ => "The rest",
    };
    let name = if finding.about.is_empty() && finding.area == "domain" { "DNS" } else { name };
    let users = match finding.used_by.as_slice() {
        [] => String::new(),
        users => format!(" ({})", users.join(", ")),
    };
    format!("{name} {}{users}", print::clean(&finding.about)).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_server_is_an_address_with_or_without_a_port() {
        for (text, expected) in [
            ("9.9.9.9", "9.9.9.9:53"),
            ("127.0.0.1:5353", "127.0.0.1:5353"),
            ("::1", "[::1]:53"),
            ("[::1]:5353", "[::1]:5353"),
        ] {
            assert_eq!(name_server(text).map(|at| at.to_string()).as_deref(), Ok(expected));
        }
        assert!(name_server("dns.example.org").is_err());
    }

    #[test]
    fn long_texts_are_broken_and_records_are_not() {
        let record = crate::doctor::Record::txt("a.example", "x ".repeat(60));
        let finding = Finding {
            area: "domain",
            about: "example.org".into(),
            used_by: vec!["mail.from".into()],
            check: "spf",
            status: Status::Fault,
            text: "one two three four five six seven eight".into(),
            next: vec![Step::Publish(record.clone()), Step::Run("postbell migrate".into())],
        };
        let report = Report(vec![finding]);
        let paper = |width| Paper { width, has_colours: false }.report(&report);
        let narrow = paper(Some(50));
        assert!(narrow.contains("  fault        spf            one two three four\n"), "{narrow}");
        assert!(narrow.contains(&record.zone_line()), "{narrow}");
        assert!(paper(None).contains("one two three four five six seven eight\n"));
        assert!(narrow.ends_with("\n1 check: 0 ok, 0 warnings, 1 fault\n"), "{narrow}");
        let coloured = Paper { width: None, has_colours: true }.report(&report);
        assert!(coloured.contains("\u{1b}[1;31mfault"), "{coloured}");
    }
}
