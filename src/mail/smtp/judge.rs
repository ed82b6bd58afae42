//! What an answer of the relay means for the mail, its reader, its sender and
//! the relay itself. Pure: replies in, a judgement out. Whom words and status
//! blame is asked of [`blame`]; what it means where it was said is said here.

use lettre::transport::smtp::Error;
use lettre::transport::smtp::response::{Code, Response};

use super::super::SendError;
use super::tidy::ReplyTidy;
use crate::domain::Reply;
use crate::domain::refusal::{Blame, Ours, blame, with_own_sender_named};

/// Kept of a reply's text.
const TEXT_BYTES: usize = 500;

/// A reply of the server's, from the two forms in which lettre gives one.
pub(super) fn reply_from_response(response: &Response) -> Reply {
    let text = response.message().collect::<Vec<_>>().join(" ");
    reply(response.code(), &text)
}

/// The reply that an error carries; `None` when there was no understood answer.
pub(super) fn reply_from_error(error: &Error) -> Option<Reply> {
    let text = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    error.status().map(|code| reply(code, &text))
}

/// Words of ours, where the server said nothing.
pub(super) fn no_answer(text: impl AsRef<str>) -> Reply {
    Reply { code: None, enhanced: None, text: shorten(text.as_ref()) }
}

fn reply(code: Code, text: &str) -> Reply {
    let code = u16::from(code);
    let (enhanced, text) = match text.split_once(' ').unwrap_or((text, "")) {
        (first, rest) if is_enhanced(first, code) => (Some(first.to_owned()), rest),
        _ => (None, text),
    };
    Reply { code: Some(code), enhanced, text: shorten(text) }
}

/// `d.d.d` of the same class as the reply code (RFC 2034 §4, RFC 3463 §2).
fn is_enhanced(word: &str, code: u16) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let is_number = |s: &&str| (1..=3).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(is_number) && parts[0] == (code / 100).to_string()
}

fn shorten(text: &str) -> String {
    let mut text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.len() > TEXT_BYTES {
        let cut = (0..=TEXT_BYTES).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        text.truncate(cut);
    }
    text.trim().to_owned()
}

fn is_permanent(reply: &Reply) -> bool {
    reply.code.is_some_and(|code| code >= 500)
}

/// Syntax, order, or a login that is missing: nothing that this mail or its
/// reader could be blamed for.
fn concerns_us(code: u16) -> bool {
    matches!(code, 500..=504 | 530 | 535)
}

fn blamed(reply: &Reply) -> Blame {
    blame(reply.code, reply.enhanced.as_deref(), &reply.text)
}

/// At the greeting, EHLO, STARTTLS and AUTH.
pub(super) fn at_door(reply: Reply) -> SendError {
    if is_permanent(&reply) { SendError::RelayRefusesUs(reply) } else { SendError::RelayDown(reply) }
}

/// A refusal for now, or a 421 before the connection closed. Most are about
/// the moment, and the lanes read "too fast" out of them; some say that an
/// account is used up or that a login is wanted, to everybody and for hours.
pub(super) fn for_now(reply: Reply) -> SendError {
    // Words of ours blame nobody.
    if reply.code.is_none() {
        return SendError::Later(reply);
    }
    let is_about_us = match blamed(&reply) {
        Blame::Us(Ours::Quota | Ours::Login | Ours::Suspended) => true,
        // Postfix with `defer_unauth_destination`; else "relay" in a refusal
        // for now is mostly the name of a host that is away.
        Blame::Us(Ours::Relaying) => reply.code == Some(454),
        _ => false,
    };
    if is_about_us { SendError::RelayRefusesMail(reply) } else { SendError::Later(reply) }
}

/// At MAIL.
pub(super) fn at_mail(reply: Reply) -> SendError {
    match reply.code {
        // 5.1.7 and 5.1.8 name the sender's address, whatever the code (RFC 3463 §3.2).
        _ if names_sender(&reply) => SendError::SenderRefused(reply),
        Some(code) if concerns_us(code) => SendError::RelayRefusesUs(reply),
        Some(500..) => match blamed(&reply) {
            Blame::Us(ours) if ours != Ours::Sender => SendError::RelayRefusesAll(reply),
            _ => SendError::SenderRefused(reply),
        },
        _ => for_now(reply),
    }
}

/// The addresses that MAIL and RCPT gave.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) sender: &'a str,
    pub(super) reader: &'a str,
}

/// At RCPT. Many servers wait until here with what they have against the
/// client or the sender (Postfix: `smtpd_delay_reject`), so a refusal here is
/// not always the reader's: who is taken for a bad reader gets no mail again.
pub(super) fn at_rcpt(reply: Reply, given: Given<'_>) -> SendError {
    let Some(code) = reply.code.filter(|code| *code >= 500) else { return for_now(reply) };
    // 501 and 504 are about the address that was just named.
    if matches!(code, 500 | 502 | 503 | 530 | 535) {
        return SendError::RelayRefusesUs(reply);
    }
    let text = with_own_sender_named(&reply.text, given.sender, given.reader);
    match blame(reply.code, reply.enhanced.as_deref(), &text) {
        // Behind these words a server may repeat what another one said.
        Blame::Us(Ours::Reputation | Ours::Sender) if text == reply.text && is_about_recipient(&reply) => {
            SendError::BadRecipient(reply)
        }
        Blame::Us(ours) => about_us(ours, reply),
        Blame::Reader => SendError::BadRecipient(reply),
        // RFC 5321 §4.2.3: "User not local", in whatever words.
        Blame::Moment if code == 551 && reply.enhanced.is_none() => SendError::BadRecipient(reply),
        // Tried once, whatever its words promise (R6); the reader is there.
        Blame::Mailbox | Blame::Message | Blame::Moment => SendError::BadMessage(reply),
    }
}

fn is_about_recipient(reply: &Reply) -> bool {
    reply.enhanced.as_deref() == Some("5.1.1")
        && reply.text.to_ascii_lowercase().contains("recipient address rejected")
}

fn names_sender(reply: &Reply) -> bool {
    is_permanent(reply) && matches!(reply.enhanced.as_deref(), Some("5.1.7" | "5.1.8"))
}

/// A refusal for good of something of ours. Who may not write as a sender is
/// told so once and for all; a sender that is not proven (SPF, DKIM, DMARC) is
/// one receiver's judgement, and is over when the records are mended.
fn about_us(ours: Ours, reply: Reply) -> SendError {
    if ours == Ours::Sender && !is_about_proof(&reply) {
        SendError::SenderRefused(reply)
    } else {
        SendError::RelayRefusesMail(reply)
    }
}

/// RFC 7372, RFC 7489, and Microsoft's 5.7.509.
fn is_about_proof(reply: &Reply) -> bool {
    let text = reply.text.to_ascii_lowercase();
    let status = reply.enhanced.as_deref();
    matches!(status, Some("5.7.20" | "5.7.21" | "5.7.22" | "5.7.23" | "5.7.24" | "5.7.26" | "5.7.509"))
        || ["spf", "dkim", "dmarc", "authenticat", "sender policy"].iter().any(|word| text.contains(word))
}

/// At DATA, before the mail.
pub(super) fn at_data(reply: Reply) -> SendError {
    match reply.code {
        Some(code) if concerns_us(code) => SendError::RelayRefusesUs(reply),
        _ => after_dot(reply),
    }
}

/// After the mail. Who took the recipient and refuses now has a filter,
/// whatever it says of the recipient.
pub(super) fn after_dot(reply: Reply) -> SendError {
    if !is_permanent(&reply) {
        return for_now(reply);
    }
    match blamed(&reply) {
        Blame::Us(ours) => about_us(ours, reply),
        _ => SendError::BadMessage(reply),
    }
}

/// What the bytes of one reply, come in pieces of `piece` bytes, would mean at
/// the door, at MAIL, RCPT and DATA and after the dot; `None` when they are no
/// reply. As a session would take them, without a connection.
pub fn judged(bytes: &[u8], piece: usize) -> Option<[SendError; 5]> {
    let (mut tidy, mut text) = (ReplyTidy::default(), Vec::new());
    bytes.chunks(piece.max(1)).for_each(|piece| tidy.read(piece, &mut text));
    let response: Response = std::str::from_utf8(&text).ok()?.parse().ok()?;
    let reply = || reply_from_response(&response);
    let at_rcpt = |reply| at_rcpt(reply, Given::default());
    Some([at_door, at_mail, at_rcpt, at_data, after_dot].map(|judge| judge(reply())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Reply {
        reply_from_response(&format!("{line}\r\n").parse().unwrap())
    }

    fn at_rcpt(reply: Reply) -> SendError {
        super::at_rcpt(reply, Given { sender: "us@mail.our.example", reader: "kim@example.org" })
    }

    fn word(error: &SendError) -> &'static str {
        match error {
            SendError::Later(_) => "later",
            SendError::BadRecipient(_) => "reader",
            SendError::BadMessage(_) => "mail",
            SendError::SenderRefused(_) => "sender",
            SendError::RelayDown(_) => "down",
            SendError::RelayRefusesUs(_) => "refuses us",
            SendError::RelayRefusesMail(_) => "refuses mail",
            SendError::RelayRefusesAll(_) => "refuses all",
        }
    }

    #[test]
    fn each_answer_blames_the_right_one() {
        type At = fn(Reply) -> SendError;
        let table: &[(At, &str, &str)] = &[
            (at_door, "421 4.3.2 shutting down", "down"),
            (at_door, "450 4.7.0 busy", "down"),
            (at_door, "454 4.7.0 login not now", "down"),
            (at_door, "535 5.7.8 wrong password", "refuses us"),
            (at_door, "554 5.7.1 blocked", "refuses us"),
            (at_door, "502 no EHLO", "refuses us"),
            (at_mail, "451 4.3.0 later", "later"),
            (at_mail, "530 5.7.0 login first", "refuses us"),
            (at_mail, "503 5.5.1 order", "refuses us"),
            (at_mail, "550 5.7.1 not this sender", "sender"),
            (at_mail, "501 5.1.7 bad sender address syntax", "sender"),
            (at_mail, "554 no", "sender"),
            (at_mail, "550 5.4.5 your daily sending quota is used up", "refuses all"),
            (at_mail, "554 5.7.1 Client host [192.0.2.7] blocked, see our blocklist", "refuses all"),
            (at_mail, "452 4.7.0 daily sending limit reached", "refuses mail"),
            (at_rcpt, "450 4.2.2 full", "later"),
            (at_rcpt, "454 4.7.1 <a@b>: Relay access denied", "refuses mail"),
            (at_rcpt, "451 4.4.1 connect to relay host timed out", "later"),
            (at_rcpt, "450 4.7.1 too many messages", "later"),
            (at_rcpt, "550 5.1.1 no such user", "reader"),
            (at_rcpt, "550 no such user", "reader"),
            (at_rcpt, "551 moved", "reader"),
            (at_rcpt, "553 5.1.3 bad address", "reader"),
            (at_rcpt, "501 5.1.3 bad recipient address syntax", "reader"),
            // A mailbox that is full is there: it counts for no brake.
            (at_rcpt, "552 5.2.2 full", "mail"),
            (at_rcpt, "552 5.2.3 too long", "mail"),
            (at_rcpt, "550 5.7.1 spam", "mail"),
            (at_rcpt, "550 fnord", "mail"),
            (at_rcpt, "554 5.7.1 relay access denied", "refuses mail"),
            (at_rcpt, "554 5.7.1 <a@b>: Recipient address rejected: hourly quota exceeded", "refuses mail"),
            (at_rcpt, "504 5.5.2 <a@b>: Recipient address rejected: need a full name", "mail"),
            (at_rcpt, "550 5.1.8 <x@y>: Sender address rejected: Domain not found", "sender"),
            (at_rcpt, "553 5.7.1 <x@y>: Sender address rejected: not owned by user", "sender"),
            (at_rcpt, "554 5.7.1 <h[1.2.3.4]>: Client host rejected: Access denied", "refuses mail"),
            (at_rcpt, "530 5.7.0 login first", "refuses us"),
            (
                at_rcpt,
                "550 5.1.1 <a@b>: Recipient address rejected: host said: Client host rejected",
                "reader",
            ),
            (at_rcpt, "550 <us@mail.our.example>: user unknown", "sender"),
            (at_rcpt, "550 5.1.1 <US@mail.our.example>... No such user", "sender"),
            (at_rcpt, "550 Domain mail.our.example does not exist", "sender"),
            (at_rcpt, "550 our.example: host not found", "sender"),
            (at_rcpt, "553 sorry, I could not find us@mail.our.example (#5.1.8)", "sender"),
            (at_rcpt, "550 sender verify failed for us@mail.our.example", "sender"),
            // It names the reader, so it is about the reader.
            (at_rcpt, "550 5.1.1 <kim@example.org>: user unknown (from us@mail.our.example)", "reader"),
            (at_rcpt, "550 Domain your.example does not exist", "reader"),
            (at_rcpt, "554 Service unavailable", "refuses mail"),
            (at_rcpt, "550 Exim 4.94.2 says: no such user", "reader"),
            (at_data, "503 5.5.1 order", "refuses us"),
            (at_data, "554 5.5.1 no", "mail"),
            (after_dot, "452 4.3.1 disk", "later"),
            (after_dot, "454 Throttling failure: daily sending quota exceeded", "refuses mail"),
            (after_dot, "554 5.7.1 spam", "mail"),
            (after_dot, "550 5.1.1 no such user", "mail"),
            (after_dot, "550 5.7.60 Client does not have permissions to send as this sender", "sender"),
            (after_dot, "550 5.7.26 This mail is unauthenticated: SPF and DKIM did not pass", "refuses mail"),
            (after_dot, "554 5.7.1 Your account was suspended from sending", "refuses mail"),
        ];
        for (at, line, expected) in table {
            assert_eq!(word(&at(said(line))), *expected, "{line}");
        }
    }

    #[test]
    fn a_reply_is_taken_apart() {
        let reply = said("550-5.1.1 first\r\n550 5.1.1 second");
        assert_eq!((reply.code, reply.enhanced.as_deref()), (Some(550), Some("5.1.1")));
        assert!(reply.text.starts_with("first"));
        // An address, or a status of another class, is no enhanced status.
        assert_eq!(said("550 1.2.3.4 is blocked").enhanced, None);
        assert_eq!(said("550 4.1.1 odd").enhanced, None);
        assert_eq!(said("250 2.0.0 queued as 1F").text, "queued as 1F");
        assert_eq!(said("250 ").text, "");
    }

    #[test]
    fn a_text_is_kept_short_and_printable() {
        let reply = no_answer("é\u{7}".repeat(400));
        assert!(reply.text.len() <= TEXT_BYTES && !reply.text.contains('\u{7}'));
    }
}
