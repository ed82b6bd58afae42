//! One connection and the mails that go over it, one after the other.
//!
//! The connection is taken out of the session for each exchange and put back
//! only after a complete, understood answer. Whatever else happens (time
//! limit, broken connection, the future dropped half way) drops it: an answer
//! that comes late must never be taken for the answer to the next mail.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::{Response, Severity};
use tokio::time::timeout;

use super::connect::{Dialer, Line, STEP};
use super::judge::{after_dot, at_data, at_mail, at_rcpt, no_answer, reply_from_error, reply_from_response};
use crate::domain::Reply;
use crate::mail::{Parcel, SendError, Session};

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// One task's session with the relay.
pub(super) struct SmtpSession {
    dialer: Arc<Dialer>,
    line: Option<Line>,
    offers_smtputf8: Option<bool>,
}

/// How an exchange ended that did not end well.
enum Stopped {
    /// Answered; the connection is good for the next mail.
    Judged(SendError, Box<Line>),
    /// Answered, or not; the connection is gone.
    Lost(SendError),
    /// The server had closed, or closes, before it took the mail.
    Closed(Reply),
}

/// The envelope as the mail library takes it.
struct Envelope {
    sender: Option<Address>,
    recipient: Address,
}

impl SmtpSession {
    pub(super) fn new(dialer: Arc<Dialer>) -> Self {
        Self { dialer, line: None, offers_smtputf8: None }
    }

    /// The open connection, or a new one.
    async fn take_line(&mut self) -> Result<Line, SendError> {
        if let Some(line) = self.line.take() {
            return Ok(line);
        }
        let line = self.dialer.connect().await?;
        self.offers_smtputf8 = Some(line.offers_smtputf8);
        Ok(line)
    }
}

#[async_trait]
impl Session for SmtpSession {
    async fn open(&mut self) -> Result<(), SendError> {
        self.line = Some(self.take_line().await?);
        Ok(())
    }

    async fn send(&mut self, parcel: &Parcel) -> Result<Reply, SendError> {
        let envelope = read_envelope(parcel)?;
        // The second round is for a connection that turned out to be closed:
        // idle too long, a mail too many, a relay that restarts.
        for is_last in [false, true] {
            let line = self.take_line().await?;
            match exchange(line, &envelope, &parcel.bytes, self.dialer.settings.data_timeout).await {
                Ok((reply, line)) => {
                    self.line = Some(line);
                    return Ok(reply);
                }
                Err(Stopped::Judged(error, line)) => {
                    self.line = Some(*line);
                    return Err(error);
                }
                Err(Stopped::Lost(error)) => return Err(error),
                Err(Stopped::Closed(reply)) if is_last => return Err(SendError::Later(reply)),
                Err(Stopped::Closed(_)) => {}
            }
        }
        unreachable!("the last round always returns")
    }

    fn offers_smtputf8(&self) -> Option<bool> {
        self.offers_smtputf8
    }

    async fn close(&mut self) {
        if let Some(mut line) = self.line.take() {
            // Nothing depends on how the goodbye is answered.
            let _ = timeout(GOODBYE, line.smtp.command(Quit)).await;
        }
    }
}

fn read_envelope(parcel: &Parcel) -> Result<Envelope, SendError> {
    let recipient = parcel.recipient.parse().map_err(|error| {
        SendError::BadRecipient(no_answer(format!("the address does not do for a mail: {error}")))
    })?;
    let sender = match parcel.sender.as_str() {
        "" => None,
        sender => Some(sender.parse().map_err(|error| {
            SendError::SenderRefused(no_answer(format!(
                "the sender's address does not do for a mail: {error}; look at mail.from and the blog's from"
            )))
        })?),
    };
    if has_bare_line_end(&parcel.bytes) {
        return Err(SendError::BadMessage(no_answer("the mail holds a line end that is not CR LF")));
    }
    Ok(Envelope { sender, recipient })
}

/// Servers differ in what they make of a lone CR or LF, and a mail could be
/// written so that one of them sees two.
fn has_bare_line_end(bytes: &[u8]) -> bool {
    memchr::memchr2_iter(b'\r', b'\n', bytes).any(|i| match bytes[i] {
        b'\r' => bytes.get(i + 1) != Some(&b'\n'),
        _ => i == 0 || bytes[i - 1] != b'\r',
    })
}

/// MAIL, RCPT, DATA, the mail.
async fn exchange(
    mut line: Line,
    envelope: &Envelope,
    bytes: &[u8],
    data_timeout: Duration,
) -> Result<(Reply, Line), Stopped> {
    let parameters = match mail_parameters(&line, envelope, bytes) {
        Ok(parameters) => parameters,
        Err(error) => return Err(Stopped::Judged(error, Box::new(line))),
    };
    let mail = Mail::new(envelope.sender.clone(), parameters);
    let rcpt = Rcpt::new(envelope.recipient.clone(), Vec::new());

    let answer = timeout(STEP, line.smtp.command(mail)).await;
    line = go_on("MAIL", answer, Severity::PositiveCompletion, at_mail, line).await?;
    let answer = timeout(STEP, line.smtp.command(rcpt)).await;
    line = go_on("RCPT", answer, Severity::PositiveCompletion, at_rcpt, line).await?;
    let answer = timeout(STEP, line.smtp.command(Data)).await;
    line = go_on("DATA", answer, Severity::PositiveIntermediate, at_data, line).await?;

    // The end of the last line belongs to the dot.
    let bytes = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
    let unknown = |text: String| {
        Stopped::Lost(SendError::Later(no_answer(format!(
            "{text}; the relay may have the mail already, so it may arrive twice"
        ))))
    };
    match timeout(data_timeout, line.smtp.message(bytes)).await {
        Ok(Ok(answer)) if answer.code().severity == Severity::PositiveCompletion => {
            Ok((reply_from_response(&answer), line))
        }
        Ok(Ok(answer)) => Err(unknown(format!("the mail was answered with {}", answer.code()))),
        Ok(Err(error)) => match reply_from_error(&error) {
            // An answer that refuses is an answer: the mail is not taken.
            Some(reply) if reply.code == Some(421) => Err(Stopped::Closed(reply)),
            Some(reply) => Err(Stopped::Judged(after_dot(reply), Box::new(line))),
            None => Err(unknown(format!("the connection broke before the answer to the mail: {error}"))),
        },
        Err(_) => Err(unknown(format!("no answer to the mail within {} s", data_timeout.as_secs()))),
    }
}

type Answer = Result<Result<Response, Error>, tokio::time::error::Elapsed>;

/// Hands the connection on when the answer is the one to go on with.
async fn go_on(
    step: &str,
    answer: Answer,
    expected: Severity,
    judge: fn(Reply) -> SendError,
    mut line: Line,
) -> Result<Line, Stopped> {
    let error = match answer {
        Ok(Ok(answer)) if answer.code().severity == expected => return Ok(line),
        // Out of step: whatever comes next could be anyone's answer.
        Ok(Ok(answer)) => {
            let text = format!("{step} was answered with {}", answer.code());
            return Err(Stopped::Lost(SendError::Later(no_answer(text))));
        }
        Ok(Err(error)) => error,
        Err(_) => {
            let text = format!("no answer to {step} within {} s", STEP.as_secs());
            return Err(Stopped::Lost(SendError::Later(no_answer(text))));
        }
    };
    let Some(reply) = reply_from_error(&error) else {
        return Err(Stopped::Closed(no_answer(format!("the connection broke at {step}: {error}"))));
    };
    if reply.code == Some(421) {
        return Err(Stopped::Closed(reply));
    }
    let judged = judge(reply);
    // The refused transaction is cleared, for the next mail.
    match timeout(STEP, line.smtp.command(Rset)).await {
        Ok(Ok(_)) => Err(Stopped::Judged(judged, Box::new(line))),
        _ => Err(Stopped::Lost(judged)),
    }
}

/// What MAIL must say about this mail, or why this server cannot have it.
fn mail_parameters(line: &Line, envelope: &Envelope, bytes: &[u8]) -> Result<Vec<MailParameter>, SendError> {
    if let Some(limit) = line.max_bytes.filter(|limit| bytes.len() > *limit) {
        return Err(SendError::BadMessage(no_answer(format!(
            "the mail has {} bytes, and the relay takes {limit}",
            bytes.len()
        ))));
    }
    let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    let sender_is_ascii = envelope.sender.as_ref().is_none_or(is_ascii);
    if is_ascii(&envelope.recipient) && sender_is_ascii && bytes.is_ascii() {
        return Ok(Vec::new());
    }
    if !line.offers_smtputf8 {
        let reply = no_answer("the relay does not take addresses beyond ASCII (it offers no SMTPUTF8)");
        return Err(if !is_ascii(&envelope.recipient) {
            SendError::BadRecipient(reply)
        } else if !sender_is_ascii {
            SendError::SenderRefused(reply)
        } else {
            SendError::BadMessage(reply)
        });
    }
    let mut parameters = vec![MailParameter::SmtpUtfEight];
    if line.offers_8bitmime && !bytes.is_ascii() {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(parameters)
}

#[cfg(test)]
mod tests {
    use super::has_bare_line_end;

    #[test]
    fn only_cr_lf_ends_a_line() {
        for good in ["", "a", "a\r\n", "\r\n\r\n", "a\r\nb\r\n.\r\n"] {
            assert!(!has_bare_line_end(good.as_bytes()), "{good:?}");
        }
        for bad in ["\n", "\r", "a\nb", "a\rb", "a\r\n.\n", "a\n.\r\n", "\r\r\n"] {
            assert!(has_bare_line_end(bad.as_bytes()), "{bad:?}");
        }
    }
}
