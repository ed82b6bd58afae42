//! One mail over one connection: MAIL, RCPT, DATA, the text, the dot.
//!
//! With pipelining (RFC 2920) the three commands leave in one write, and
//! where nothing speaks against it in the same write as the text and the dot
//! of the mail before. Whatever is answered, one reply is read for each
//! command, so that none is ever taken for another mail's.

use std::fmt;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::commands::Rset;
use lettre::transport::smtp::response::{Response, Severity};
use tokio::time::timeout;

use super::Pipelining;
use super::connect::{Announced, STEP, SmtpConnection};
use super::judge::{self, Given, after_dot, at_data, at_mail, no_answer};
use super::judge::{reply_from_error, reply_from_response};
use crate::domain::{EmailAddress, Reply};
use crate::mail::{Parcel, SendError};

const DATA: &str = "DATA\r\n";

/// What a refusal at one step means.
type Judge<'a> = &'a (dyn Fn(Reply) -> SendError + Sync);

/// How an exchange ended that did not end well.
pub(super) enum Stopped {
    /// Answered; the connection is good for the next mail.
    Judged(SendError, Box<SmtpConnection>),
    /// Answered, or not; the connection is gone.
    Lost {
        /// What it means for this mail.
        error: SendError,
        /// Whether it broke after the dot, with commands written behind it.
        at_dot: bool,
    },
    /// The server had closed, or closes, before it took the mail.
    Closed(Reply),
}

impl Stopped {
    fn lost(error: SendError) -> Self {
        Self::Lost { error, at_dot: false }
    }
}

/// Text that goes over the wire as it is.
struct Raw<'a>(&'a str);

impl fmt::Display for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Everything but the connection.
pub(super) struct Exchange<'a> {
    /// MAIL and RCPT, each with its line end; not needed once announced.
    pub(super) envelope: String,
    /// What the envelope gives, also once announced.
    pub(super) given: Given<'a>,
    pub(super) text: &'a [u8],
    /// The next mail's envelope, to be written behind the dot.
    pub(super) announce: Option<Announced>,
    pub(super) pipelining: Pipelining,
    pub(super) data_timeout: Duration,
}

impl Exchange<'_> {
    pub(super) async fn over(self, connection: SmtpConnection) -> Result<(Reply, SmtpConnection), Stopped> {
        let connection = if connection.announced.is_some() || self.pipelining != Pipelining::Off {
            self.ask_at_once(connection).await?
        } else {
            self.ask_in_turn(connection).await?
        };
        self.hand_over(connection).await
    }

    /// MAIL, RCPT, DATA, each after the answer to the one before.
    async fn ask_in_turn(&self, mut connection: SmtpConnection) -> Result<SmtpConnection, Stopped> {
        let (mail, rcpt) = self.envelope.split_at(self.envelope.find('\n').map_or(0, |end| end + 1));
        let at_rcpt = |reply| judge::at_rcpt(reply, self.given);
        let steps: [(_, _, _, Judge<'_>); 3] = [
            ("MAIL", mail, Severity::PositiveCompletion, &at_mail),
            ("RCPT", rcpt, Severity::PositiveCompletion, &at_rcpt),
            ("DATA", DATA, Severity::PositiveIntermediate, &at_data),
        ];
        for (step, command, expected, judge) in steps {
            let answer = timeout(STEP, connection.smtp.command(Raw(command))).await;
            if let Some(reply) = refusal(step, answer, expected)? {
                return Err(clear(judge(reply), connection).await);
            }
        }
        Ok(connection)
    }

    /// The same in one write, unless it was written behind the mail before.
    async fn ask_at_once(&self, mut connection: SmtpConnection) -> Result<SmtpConnection, Stopped> {
        let at_rcpt = |reply| judge::at_rcpt(reply, self.given);
        let mail = if connection.announced.take().is_some() {
            timeout(STEP, connection.smtp.read_response()).await
        } else {
            let commands = format!("{}{DATA}", self.envelope);
            timeout(STEP, connection.smtp.command(Raw(&commands))).await
        };
        // Answers are wanted to all three even when the first says no; one
        // that hangs up tells no more than what it said before.
        let mail = refusal("MAIL", mail, Severity::PositiveCompletion)?;
        let rcpt = timeout(STEP, connection.smtp.read_response()).await;
        let rcpt = match refusal("RCPT", rcpt, Severity::PositiveCompletion) {
            Err(_) if mail.is_some() => return Err(lost_after(mail, at_mail)),
            rcpt => rcpt?,
        };
        let data = timeout(STEP, connection.smtp.read_response()).await;
        let data = match refusal("DATA", data, Severity::PositiveIntermediate) {
            Err(_) if mail.is_some() => return Err(lost_after(mail, at_mail)),
            Err(_) if rcpt.is_some() => return Err(lost_after(rcpt, at_rcpt)),
            data => data?,
        };
        let waits_for_text = data.is_none();
        match (mail, rcpt, data) {
            (None, None, None) => Ok(connection),
            (Some(reply), _, _) if waits_for_text => Err(Stopped::lost(at_mail(reply))),
            (Some(reply), _, _) => Err(clear(at_mail(reply), connection).await),
            (None, Some(reply), _) if waits_for_text => {
                Err(end_without_text(at_rcpt(reply), connection).await)
            }
            (None, Some(reply), _) => Err(clear(at_rcpt(reply), connection).await),
            (None, None, Some(reply)) => Err(clear(at_data(reply), connection).await),
        }
    }

    /// The text and the dot, and behind it the next mail's commands.
    async fn hand_over(self, mut connection: SmtpConnection) -> Result<(Reply, SmtpConnection), Stopped> {
        let announced = self.announce.is_some();
        let unknown = |text: String| Stopped::Lost {
            error: SendError::Later(no_answer(format!(
                "{text}; the relay may have the mail already, so it may arrive twice"
            ))),
            at_dot: announced,
        };
        let mut behind = String::from(".\r\n");
        if let Some(next) = self.announce {
            behind.push_str(&next.commands);
            behind.push_str(DATA);
            connection.announced = Some(next);
        }
        let answer = match &connection.outbound {
            Some(outbound) => {
                {
                    let mut out = outbound.bytes();
                    stuff(self.text, &mut out);
                    out.extend_from_slice(behind.as_bytes());
                }
                timeout(self.data_timeout, connection.smtp.read_response()).await
            }
            None => {
                let mut out = Vec::with_capacity(self.text.len() + behind.len() + 64);
                stuff(self.text, &mut out);
                out.extend_from_slice(behind.as_bytes());
                // The mail library writes text only; a mail that it would
                // have to alter does not leave.
                let Ok(out) = std::str::from_utf8(&out) else {
                    return Err(Stopped::lost(SendError::BadMessage(no_answer("the mail is not UTF-8"))));
                };
                timeout(self.data_timeout, connection.smtp.command(Raw(out))).await
            }
        };
        match answer {
            Ok(Ok(answer)) if answer.code().severity == Severity::PositiveCompletion => {
                connection.taken += 1;
                Ok((reply_from_response(&answer), connection))
            }
            Ok(Ok(answer)) => Err(unknown(format!("the mail was answered with {}", answer.code()))),
            Ok(Err(error)) => match reply_from_error(&error) {
                // An answer that refuses is an answer: the mail is not taken.
                Some(reply) if reply.code == Some(421) => Err(Stopped::Closed(reply)),
                Some(reply) => Err(Stopped::Judged(after_dot(reply), Box::new(connection))),
                None => Err(unknown(format!("the connection broke before the answer to the mail: {error}"))),
            },
            Err(_) => Err(unknown(format!("no answer to the mail within {} s", self.data_timeout.as_secs()))),
        }
    }
}

type Answer = Result<Result<Response, Error>, tokio::time::error::Elapsed>;

/// `None` when the answer is the one to go on with, else the reply that refuses.
fn refusal(step: &str, answer: Answer, expected: Severity) -> Result<Option<Reply>, Stopped> {
    let error = match answer {
        Ok(Ok(answer)) if answer.code().severity == expected => return Ok(None),
        // Out of step: whatever comes next could be anyone's answer.
        Ok(Ok(answer)) => {
            let text = format!("{step} was answered with {}", answer.code());
            return Err(Stopped::lost(SendError::Later(no_answer(text))));
        }
        Ok(Err(error)) => error,
        Err(_) => {
            let text = format!("no answer to {step} within {} s", STEP.as_secs());
            return Err(Stopped::lost(SendError::Later(no_answer(text))));
        }
    };
    match reply_from_error(&error) {
        None => Err(Stopped::Closed(no_answer(format!("the connection broke at {step}: {error}")))),
        Some(reply) if reply.code == Some(421) => Err(Stopped::Closed(reply)),
        Some(reply) => Ok(Some(reply)),
    }
}

/// It refused, and then hung up.
fn lost_after(refused: Option<Reply>, judge: impl Fn(Reply) -> SendError) -> Stopped {
    Stopped::lost(judge(refused.unwrap_or_default()))
}

/// Clears a refused transaction, for the next mail.
async fn clear(judged: SendError, mut connection: SmtpConnection) -> Stopped {
    match timeout(STEP, connection.smtp.command(Rset)).await {
        Ok(Ok(_)) => Stopped::Judged(judged, Box::new(connection)),
        _ => Stopped::lost(judged),
    }
}

/// Every recipient was refused, and the server waits for a text all the same:
/// a lone dot ends it (RFC 2920 §3.1). Whatever it says to that, there is
/// nobody to whom it could send.
async fn end_without_text(judged: SendError, mut connection: SmtpConnection) -> Stopped {
    match timeout(STEP, connection.smtp.command(Raw(".\r\n"))).await {
        Ok(Ok(_)) => Stopped::Judged(judged, Box::new(connection)),
        Ok(Err(error)) if reply_from_error(&error).is_some_and(|reply| reply.code != Some(421)) => {
            Stopped::Judged(judged, Box::new(connection))
        }
        _ => Stopped::lost(judged),
    }
}

/// The text with its lines stuffed (RFC 5321 §4.5.2) and its last line ended.
fn stuff(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len() + 512);
    if text.starts_with(b".") {
        out.push(b'.');
    }
    let mut from = 0;
    for at in memchr::memmem::find_iter(text, b"\n.") {
        out.extend_from_slice(&text[from..=at]);
        out.push(b'.');
        from = at + 1;
    }
    out.extend_from_slice(&text[from..]);
    if !text.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
}

/// What no server may have in any mail.
pub(super) fn check(parcel: &Parcel) -> Result<(), SendError> {
    if !is_envelope_address(&parcel.recipient) {
        let text = "the address does not do for a mail";
        return Err(SendError::BadRecipient(no_answer(text)));
    }
    if !parcel.sender.is_empty() && !is_envelope_address(&parcel.sender) {
        let text = "the sender's address does not do for a mail; look at mail.from and the blog's from";
        return Err(SendError::SenderRefused(no_answer(text)));
    }
    if has_bare_line_end(&parcel.bytes) {
        return Err(SendError::BadMessage(no_answer("the mail holds a line end that is not CR LF")));
    }
    Ok(())
}

/// Plain addresses are seen at a glance; the others are judged as at the door.
fn is_envelope_address(address: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'+' | b'=');
    match address.split_once('@') {
        Some((local, domain)) if local.bytes().chain(domain.bytes()).all(is_plain) => {
            !local.is_empty() && !domain.is_empty()
        }
        _ => EmailAddress::parse(address).is_ok_and(|read| read.as_str() == address),
    }
}

/// Servers differ in what they make of a lone CR or LF, and a mail could be
/// written so that one of them sees two.
fn has_bare_line_end(bytes: &[u8]) -> bool {
    let mut lines = 0;
    let is_bare = memchr::memchr_iter(b'\n', bytes).any(|i| {
        lines += 1;
        i == 0 || bytes[i - 1] != b'\r'
    });
    is_bare || memchr::memchr_iter(b'\r', bytes).count() != lines
}

/// MAIL and RCPT of this mail, or why this server cannot have it.
pub(super) fn commands(connection: &SmtpConnection, parcel: &Parcel) -> Result<String, SendError> {
    if let Some(limit) = connection.max_bytes.filter(|limit| parcel.bytes.len() > *limit) {
        return Err(SendError::BadMessage(no_answer(format!(
            "the mail has {} bytes, and the relay takes {limit}",
            parcel.bytes.len()
        ))));
    }
    let (sender, recipient) = (&parcel.sender, &parcel.recipient);
    let text_is_ascii = parcel.bytes.is_ascii();
    let mut parameters = "";
    if !(text_is_ascii && sender.is_ascii() && recipient.is_ascii()) {
        if !connection.offers_smtputf8 {
            let reply = no_answer("the relay does not take addresses beyond ASCII (it offers no SMTPUTF8)");
            return Err(if !recipient.is_ascii() {
                SendError::BadRecipient(reply)
            } else if !sender.is_ascii() {
                SendError::SenderRefused(reply)
            } else {
                SendError::BadMessage(reply)
            });
        }
        let is_8bit = connection.offers_8bitmime && !text_is_ascii;
        parameters = if is_8bit { " SMTPUTF8 BODY=8BITMIME" } else { " SMTPUTF8" };
    }
    Ok(format!("MAIL FROM:<{sender}>{parameters}\r\nRCPT TO:<{recipient}>\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cr_lf_ends_a_line() {
        for good in ["", "a", "a\r\n", "\r\n\r\n", "a\r\nb\r\n.\r\n"] {
            assert!(!has_bare_line_end(good.as_bytes()), "{good:?}");
        }
        for bad in ["\n", "\r", "a\nb", "a\rb", "a\r\n.\n", "a\n.\r\n", "\r\r\n"] {
            assert!(has_bare_line_end(bad.as_bytes()), "{bad:?}");
        }
    }

    #[test]
    fn dots_are_doubled_at_the_beginning_of_lines_and_nowhere_else() {
        let stuffed = |text: &str| {
            let mut out = Vec::new();
            stuff(text.as_bytes(), &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(stuffed(".a\r\n..\r\nb.\r\n."), "..a\r\n...\r\nb.\r\n..\r\n");
        assert_eq!(stuffed("a.b\r\n\r\n.\r\n"), "a.b\r\n\r\n..\r\n");
        assert_eq!(stuffed(""), "\r\n");
    }

    #[test]
    fn an_address_that_could_end_the_command_is_none() {
        for good in ["a@example.org", "o'neil@example.org", "a+b=c@xn--bcher-kva.example", "jörg@example.org"]
        {
            assert!(is_envelope_address(good), "{good}");
        }
        for bad in ["", "@", "a@", "a@b>\r\nRCPT TO:<c@d", "a b@example.org", "a@exa mple.org", "a\r\n@b"] {
            assert!(!is_envelope_address(bad), "{bad:?}");
        }
    }
}
