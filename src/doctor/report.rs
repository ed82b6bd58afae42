//! What the doctor says: one finding a check, each with what to do next.

use serde::Serialize;

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As it should be.
    Ok,
    /// Mails go out, but something should be mended.
    Warning,
    /// A send would fail, or large receivers would refuse it.
    Fault,
    /// It cannot be known from here, or what it needs is missing.
    NotChecked,
}

impl Status {
    /// As it is shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Fault => "fault",
            Self::NotChecked => "not checked",
        }
    }
}

/// A DNS record to publish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Full name, without the last dot.
    pub name: String,
    /// `TXT`, `MX`, `PTR`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its value; a long text in one piece.
    pub value: String,
}

impl Record {
    /// A TXT record.
    pub fn txt(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), kind: "TXT", value: value.into() }
    }

    /// As a line of a zone file. A text is cut into strings of at most 255
    /// bytes, which readers put together again (RFC 1035 §3.3.14, RFC 7208 §3.3).
    pub fn zone_line(&self) -> String {
        let value = match self.kind {
            "TXT" => quoted(&self.value),
            _ => self.value.clone(),
        };
        format!("{}.  {}  {value}", self.name, self.kind)
    }
}

/// Quoted strings of at most 255 bytes, side by side.
fn quoted(text: &str) -> String {
    let mut pieces = vec![String::new()];
    let mut length = 0;
    for c in text.chars() {
        if length + c.len_utf8() > 255 {
            pieces.push(String::new());
            length = 0;
        }
        length += c.len_utf8();
        if let Some(piece) = pieces.last_mut() {
            if matches!(c, '"' | '\\') {
                piece.push('\\');
            }
            piece.push(c);
        }
    }
    let pieces: Vec<String> = pieces.into_iter().map(|piece| format!("\"{piece}\"")).collect();
    pieces.join(" ")
}

/// What to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A command to run.
    Run(String),
    /// A DNS record to publish.
    Publish(Record),
    /// Anything else, as a sentence without its end.
    Do(String),
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The group that it belongs to, like `domain`.
    pub area: &'static str,
    /// What was looked at, like `example.org`; may be empty.
    pub about: String,
    /// Who uses it, like `mail.from`, `blog kim`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<String>,
    /// The check, like `spf`.
    pub check: &'static str,
    /// How it went.
    pub status: Status,
    /// What was found, as a sentence without its end.
    pub text: String,
    /// What to do about it; empty only when all is well.
    pub next: Vec<Step>,
}

impl Finding {
    /// With a step to take.
    #[must_use]
    pub fn next(mut self, step: Step) -> Self {
        self.next.push(step);
        self
    }

    /// With a command to run.
    #[must_use]
    pub fn run(self, command: impl Into<String>) -> Self {
        self.next(Step::Run(command.into()))
    }

    /// With a record to publish.
    #[must_use]
    pub fn publish(self, record: Record) -> Self {
        self.next(Step::Publish(record))
    }

    /// With something else to do.
    #[must_use]
    pub fn advise(self, advice: impl Into<String>) -> Self {
        self.next(Step::Do(advice.into()))
    }
}

/// The findings of one area, as they come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Area {
    name: &'static str,
    about: String,
    used_by: Vec<String>,
}

impl Area {
    pub(super) fn new(name: &'static str, about: impl Into<String>) -> Self {
        Self { name, about: about.into(), used_by: Vec::new() }
    }

    pub(super) fn used_by(self, users: &[String]) -> Self {
        Self { used_by: users.to_vec(), ..self }
    }

    pub(super) fn ok(&self, check: &'static str, text: impl Into<String>) -> Finding {
        self.finding(check, Status::Ok, text)
    }

    pub(super) fn warning(&self, check: &'static str, text: impl Into<String>) -> Finding {
        self.finding(check, Status::Warning, text)
    }

    pub(super) fn fault(&self, check: &'static str, text: impl Into<String>) -> Finding {
        self.finding(check, Status::Fault, text)
    }

    pub(super) fn not_checked(&self, check: &'static str, text: impl Into<String>) -> Finding {
        self.finding(check, Status::NotChecked, text)
    }

    pub(super) fn finding(&self, check: &'static str, status: Status, text: impl Into<String>) -> Finding {
        Finding {
            area: self.name,
            about: self.about.clone(),
            used_by: self.used_by.clone(),
            check,
            status,
            text: text.into(),
            next: Vec::new(),
        }
    }
}

/// All findings, in the order in which they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report(pub Vec<Finding>);

impl Report {
    /// How many checks ended so.
    pub fn count(&self, status: Status) -> usize {
        self.0.iter().filter(|finding| finding.status == status).count()
    }

    /// The worst of them; what was not checked is no worse than a warning.
    pub fn status(&self) -> Status {
        if self.count(Status::Fault) > 0 {
            Status::Fault
        } else if self.count(Status::Warning) > 0 {
            Status::Warning
        } else {
            Status::Ok
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_into_strings_of_255_bytes() {
        assert_eq!(Record::txt("a.example", "v=spf1 -all").zone_line(), "a.example.  TXT  \"v=spf1 -all\"");
        let line = Record::txt("a.example", "x".repeat(256)).zone_line();
        assert_eq!(line, format!("a.example.  TXT  \"{}\" \"x\"", "x".repeat(255)));
        let line = Record::txt("a.example", "x".repeat(255)).zone_line();
        assert_eq!(line, format!("a.example.  TXT  \"{}\"", "x".repeat(255)));
        assert_eq!(Record::txt("a.example", "a\"b").zone_line(), "a.example.  TXT  \"a\\\"b\"");
        let mx = Record { name: "a.example".into(), kind: "MX", value: "10 b.example.".into() };
        assert_eq!(mx.zone_line(), "a.example.  MX  10 b.example.");
    }
}
