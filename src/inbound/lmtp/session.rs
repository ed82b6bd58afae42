//! One conversation by LMTP: who may be written to, and an answer for each
//! recipient that says what is durable by then.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use super::LmtpReceiver;
use super::command::Command;
use super::wire::{Line, MAIL_BYTES, Mail, Wire};

/// Recipients of one mail; the rest is to be brought again (RFC 5321 §4.5.3.1.10).
const MOST_RECIPIENTS: usize = 50;
/// Commands that are none, before the conversation ends.
const MOST_FAULTS: u32 = 20;

/// What was agreed on so far.
#[derive(Debug, Default)]
struct Talk {
    has_greeted: bool,
    /// Of the mail that was begun; empty for a bounce.
    sender: Option<String>,
    recipients: Vec<String>,
    faults: u32,
}

/// What follows from a command.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Say(String),
    /// The mail comes now.
    TakeMail,
    /// The last words.
    Close(&'static str),
}

fn say(line: &str) -> Step {
    Step::Say(line.to_owned())
}

/// Speaks until the other side has enough, or `stop`: a mail that is on its
/// way is taken first.
///
/// # Errors
/// When the connection breaks; what was answered by then holds.
pub async fn converse<S>(stream: S, receiver: &LmtpReceiver, stop: &CancellationToken) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut wire = Wire::new(stream);
    let mut talk = Talk::default();
    wire.say(&format!("220 {} LMTP Postbell", receiver.path.domain()));
    loop {
        let line = tokio::select! {
            biased;
            line = wire.line() => line?,
            () = stop.cancelled() => {
                wire.say("421 4.3.2 stopping; come again later");
                return wire.flush().await;
            }
        };
        let step = match line {
            Line::Whole(line) => talk.answer(Command::read(&line), receiver),
            Line::TooLong => talk.fault("500 5.5.2 the line is too long"),
            Line::Ended => return Ok(()),
        };
        match step {
            Step::Say(answer) => wire.say(&answer),
            Step::Close(answer) => {
                wire.say(answer);
                return wire.flush().await;
            }
            Step::TakeMail => {
                wire.say("354 the mail, and a dot on a line of its own");
                let (sender, recipients) = talk.end();
                match wire.mail(receiver.mails.share(None), receiver.rate).await? {
                    Mail::Whole(kept) => take(&mut wire, receiver, &sender, &recipients, &kept.mail).await?,
                    Mail::NoRoom => {
                        let now = receiver.recorder.clock.now();
                        if let Some(untold) = receiver.lines.tell("no room", now) {
                            tracing::warn!(
                                untold,
                                "too many mails come by LMTP at once; the mail server brings them again"
                            );
                        }
                        for _ in &recipients {
                            wire.say("452 4.3.1 too many mails at once; bring it again later");
                        }
                    }
                    Mail::TooLarge => {
                        for _ in &recipients {
                            wire.say("552 5.3.4 the mail is too large");
                        }
                    }
                    Mail::Ended => return Ok(()),
                }
            }
        }
    }
}

/// Writes down what the mail says to each recipient, and answers.
async fn take<S>(
    wire: &mut Wire<S>,
    receiver: &LmtpReceiver,
    sender: &str,
    recipients: &[String],
    mail: &[u8],
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    for recipient in recipients {
        // As whoever delivers a mail at last notes from and for whom it was:
        // a bounce is known by its empty sender, and the mail is one of its
        // own for each of several recipients.
        let mut raw = format!("Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n").into_bytes();
        raw.extend_from_slice(mail);
        let answer = match receiver.recorder.take_mail(raw, Some(recipient)).await {
            Ok(_) => "250 2.0.0 taken",
            Err(error) => {
                if let Some(untold) = receiver.lines.tell("not taken", receiver.recorder.clock.now()) {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        untold,
                        "a bounce was not taken; the mail server brings it again"
                    );
                }
                "451 4.3.0 not now; bring it again later"
            }
        };
        wire.say(answer);
    }
    wire.flush().await
}

impl Talk {
    fn answer(&mut self, command: Command, receiver: &LmtpReceiver) -> Step {
        match command {
            Command::Quit => Step::Close("221 2.0.0 goodbye"),
            Command::Nothing => say("250 2.0.0 here"),
            Command::Verify => say("252 2.5.2 write to it, and it will be seen"),
            Command::Reset => {
                self.end();
                say("250 2.0.0 forgotten")
            }
            Command::Hello => {
                self.end();
                self.has_greeted = true;
                Step::Say(format!(
                    "250-{}\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n\
                     250 SIZE {MAIL_BYTES}",
                    receiver.path.domain()
                ))
            }
            Command::WrongHello => self.fault("500 5.5.1 this is LMTP: say LHLO"),
            // A browser that was led here speaks HTTP first.
            Command::Unknown if !self.has_greeted => Step::Close("500 5.5.1 this is LMTP"),
            Command::Unknown => self.fault("500 5.5.1 no such command"),
            Command::Malformed => self.fault("501 5.5.4 the command cannot be read"),
            Command::UnknownParameter => self.fault("555 5.5.4 that parameter was not offered"),
            _ if !self.has_greeted => self.fault("503 5.5.1 say LHLO first"),
            Command::Mail { .. } if self.sender.is_some() => self.fault("503 5.5.1 one mail at a time"),
            Command::Mail { bytes: Some(bytes), .. } if bytes > MAIL_BYTES as u64 => {
                say("552 5.3.4 the mail is too large")
            }
            Command::Mail { sender, .. } => {
                self.sender = Some(sender);
                say("250 2.1.0 go on")
            }
            Command::Recipient(_) if self.sender.is_none() => self.fault("503 5.5.1 say MAIL first"),
            Command::Recipient(_) if self.recipients.len() >= MOST_RECIPIENTS => {
                say("452 4.5.3 too many recipients; bring the rest again")
            }
            Command::Recipient(address) if receiver.path.takes(&receiver.keys, &address) => {
                self.recipients.push(address);
                say("250 2.1.5 known")
            }
            Command::Recipient(_) => say("550 5.1.1 no such address here"),
            Command::Data if self.recipients.is_empty() => self.fault("503 5.5.1 nobody is to get it"),
            Command::Data => Step::TakeMail,
        }
    }

    /// Counted: who only errs is sent away.
    fn fault(&mut self, answer: &str) -> Step {
        self.faults += 1;
        if self.faults > MOST_FAULTS {
            return Step::Close("421 4.7.0 too many faults");
        }
        say(answer)
    }

    /// Forgets the mail that was begun; gives its sender and recipients.
    fn end(&mut self) -> (String, Vec<String>) {
        (self.sender.take().unwrap_or_default(), std::mem::take(&mut self.recipients))
    }
}
