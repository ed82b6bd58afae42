//! A line of LMTP as a command; bytes in, never a panic.

/// What the other side asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// `LHLO name`
    Hello,
    /// `HELO`, `EHLO`: that would be SMTP.
    WrongHello,
    /// `MAIL FROM:<…>`, empty for a bounce, with the size that is announced.
    Mail { sender: String, bytes: Option<u64> },
    /// `RCPT TO:<…>`
    Recipient(String),
    /// `DATA`
    Data,
    /// `RSET`
    Reset,
    /// `NOOP`
    Nothing,
    /// `VRFY`
    Verify,
    /// `QUIT`
    Quit,
    /// The verb is known, what stands behind it cannot be read.
    Malformed,
    /// A parameter of `MAIL` or `RCPT` that was not offered.
    UnknownParameter,
    /// No verb of ours.
    Unknown,
}

impl Command {
    /// Reads a line without its end.
    pub(super) fn read(line: &[u8]) -> Self {
        let Ok(line) = std::str::from_utf8(line) else { return Self::Malformed };
        let line = line.trim_end();
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "LHLO" if !rest.trim().is_empty() => Self::Hello,
            "LHLO" => Self::Malformed,
            "HELO" | "EHLO" => Self::WrongHello,
            "MAIL" => mail(rest),
            "RCPT" => recipient(rest),
            "DATA" if rest.is_empty() => Self::Data,
            "RSET" if rest.is_empty() => Self::Reset,
            "QUIT" if rest.is_empty() => Self::Quit,
            "DATA" | "RSET" | "QUIT" => Self::Malformed,
            "NOOP" => Self::Nothing,
            "VRFY" => Self::Verify,
            _ => Self::Unknown,
        }
    }
}

fn mail(rest: &str) -> Command {
    let Some((sender, parameters)) = path(rest, "FROM:") else { return Command::Malformed };
    let mut bytes = None;
    for parameter in parameters.split_ascii_whitespace() {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match name.to_ascii_uppercase().as_str() {
            "SIZE" => match value.parse() {
                Ok(size) => bytes = Some(size),
                Err(_) => return Command::Malformed,
            },
            "BODY" if value.eq_ignore_ascii_case("7BIT") || value.eq_ignore_ascii_case("8BITMIME") => {}
            "SMTPUTF8" if value.is_empty() => {}
            _ => return Command::UnknownParameter,
        }
    }
    Command::Mail { sender: sender.to_owned(), bytes }
}

fn recipient(rest: &str) -> Command {
    match path(rest, "TO:") {
        Some(("", _)) | None => Command::Malformed,
        Some((_, parameters)) if !parameters.trim().is_empty() => Command::UnknownParameter,
        Some((address, _)) => Command::Recipient(address.to_owned()),
    }
}

/// What stands in angle brackets behind the word, and what behind them.
fn path<'a>(rest: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let head = rest.get(..word.len())?;
    if !head.eq_ignore_ascii_case(word) {
        return None;
    }
    let rest = rest[word.len()..].trim_start().strip_prefix('<')?;
    let (address, parameters) = rest.split_once('>')?;
    let is_clean = !address.chars().any(|c| c.is_control() || c == ' ' || c == '<');
    (is_clean && (parameters.is_empty() || parameters.starts_with(' '))).then_some((address, parameters))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn commands_are_read_in_any_case() {
        let to = |address: &str| Command::Recipient(address.to_owned());
        let from = |sender: &str, bytes| Command::Mail { sender: sender.to_owned(), bytes };
        for (line, command) in [
            ("LHLO mail.example.org", Command::Hello),
            ("lhlo [127.0.0.1]", Command::Hello),
            ("LHLO", Command::Malformed),
            ("EHLO mail.example.org", Command::WrongHello),
            ("HELO mail.example.org", Command::WrongHello),
            ("MAIL FROM:<>", from("", None)),
            ("mail from:<a@b.example> size=77 body=8bitmime SMTPUTF8", from("a@b.example", Some(77))),
            ("MAIL FROM: <a@b.example>", from("a@b.example", None)),
            ("MAIL FROM:<> SIZE=x", Command::Malformed),
            ("MAIL FROM:<> SIZE=-1", Command::Malformed),
            ("MAIL FROM:<> RET=HDRS", Command::UnknownParameter),
            ("MAIL FROM:a@b.example", Command::Malformed),
            ("MAIL", Command::Malformed),
            ("MAIL TO:<>", Command::Malformed),
            ("RCPT TO:<a@b.example>", to("a@b.example")),
            ("rcpt to:<Ä@b.example>", to("Ä@b.example")),
            ("RCPT TO:<a b@b.example>", Command::Malformed),
            ("RCPT TO:<a@b.example>x", Command::Malformed),
            ("RCPT TO:<>", Command::Malformed),
            ("RCPT TO:<a@b.example> NOTIFY=NEVER", Command::UnknownParameter),
            ("RCPT", Command::Malformed),
            ("DATA", Command::Data),
            ("DATA now", Command::Malformed),
            ("RSET", Command::Reset),
            ("NOOP hello", Command::Nothing),
            ("VRFY kim", Command::Verify),
            ("quit", Command::Quit),
            ("GET / HTTP/1.1", Command::Unknown),
            ("", Command::Unknown),
        ] {
            assert_eq!(Command::read(line.as_bytes()), command, "{line}");
        }
        assert_eq!(Command::read(b"RCPT TO:<\xff@b.example>"), Command::Malformed);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            Command::read(&bytes);
        }

        #[test]
        fn no_text_behind_a_verb_panics_or_brings_a_line_end(
            verb in "(MAIL FROM:|RCPT TO:|mail|rcpt )", text in "[^\n]{0,60}"
        ) {
            if let Command::Recipient(address) = Command::read(format!("{verb}{text}").as_bytes()) {
                prop_assert!(!address.chars().any(char::is_control));
            }
        }
    }
}
