//! What a relay offers in its answer to EHLO, and the login.

use data_encoding::BASE64;
use lettre::transport::smtp::client::AsyncSmtpConnection;

use super::connect::step;
use super::judge::no_answer;
use crate::mail::SendError;

/// What is offered, as far as we use it; words in any case (RFC 5321 §2.4).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Extensions {
    pub(super) smtputf8: bool,
    pub(super) eight_bit: bool,
    pub(super) pipelining: bool,
    /// `SIZE` (RFC 1870); `None` when there is no limit.
    pub(super) max_bytes: Option<usize>,
    plain: bool,
    login: bool,
}

impl Extensions {
    /// Reads the lines of the answer; the first one is the server's name.
    pub(super) fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut offers = Self::default();
        for line in lines.skip(1) {
            // `AUTH=LOGIN` is what servers say to programs of the last century.
            let line = line.to_ascii_uppercase().replace("AUTH=", "AUTH ");
            let mut words = line.split_ascii_whitespace();
            match words.next().unwrap_or_default() {
                "SMTPUTF8" => offers.smtputf8 = true,
                "8BITMIME" => offers.eight_bit = true,
                "PIPELINING" => offers.pipelining = true,
                // Zero means that there is no fixed limit.
                "SIZE" => {
                    offers.max_bytes =
                        words.next().and_then(|size| size.parse().ok()).filter(|size| *size > 0);
                }
                "AUTH" => {
                    for mechanism in words {
                        offers.plain |= mechanism == "PLAIN";
                        offers.login |= mechanism == "LOGIN";
                    }
                }
                _ => {}
            }
        }
        offers
    }
}

/// Logs in by PLAIN (RFC 4616), or by LOGIN, whose two questions come in
/// the words of each server: the first is for the user, the second for the
/// password.
pub(super) async fn login(
    smtp: &mut AsyncSmtpConnection,
    offers: &Extensions,
    user: &str,
    password: &str,
) -> Result<(), SendError> {
    let both = format!("\0{user}\0{password}");
    let plain = || vec![format!("AUTH PLAIN {}", BASE64.encode(both.as_bytes()))];
    let asked = || {
        let answers = [user, password].map(|text| BASE64.encode(text.as_bytes()));
        std::iter::once("AUTH LOGIN".to_owned()).chain(answers).collect()
    };
    let ways: Vec<Vec<String>> = match (offers.plain, offers.login) {
        (true, true) => vec![plain(), asked()],
        (true, false) => vec![plain()],
        (false, true) => vec![asked()],
        (false, false) => {
            return Err(SendError::RelayRefusesUs(no_answer(
                "the relay offers no login by PLAIN or LOGIN on this connection; look at smtp.url",
            )));
        }
    };
    let mut outcome = Ok(());
    for way in ways {
        outcome = log_in(smtp, way).await;
        // Some do not know what they offer (RFC 4954 §4: 504); the other may do.
        let is_unknown = |error: &SendError| matches!(error.reply().code, Some(500..=504));
        if !outcome.as_ref().is_err_and(is_unknown) {
            break;
        }
    }
    outcome
}

async fn log_in(smtp: &mut AsyncSmtpConnection, commands: Vec<String>) -> Result<(), SendError> {
    let mut is_asked = true;
    for command in commands {
        if !is_asked {
            // It was content with less, a user without a password say.
            break;
        }
        let answer = step("the login", smtp.command(format!("{command}\r\n"))).await?;
        is_asked = answer.has_code(334);
    }
    if is_asked {
        return Err(SendError::RelayRefusesUs(no_answer(
            "the relay asks more at the login than a user and a password",
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_are_read_in_any_case_and_in_the_form_of_old() {
        let all = Extensions {
            smtputf8: true,
            eight_bit: true,
            pipelining: true,
            max_bytes: Some(1000),
            plain: true,
            login: true,
        };
        for lines in [
            "mail\nSMTPUTF8\n8BITMIME\nPIPELINING\nSIZE 1000\nAUTH PLAIN LOGIN",
            "mail\nsmtputf8\n8bitMime\nPipelining\nsize 1000\nauth login cram-md5 plain",
            "mail\n SMTPUTF8 \n8BITMIME\nPIPELINING\nSIZE 1000\nAUTH=LOGIN\nauth=plain\nAUTH X",
        ] {
            assert_eq!(Extensions::read(lines.lines()), all, "{lines}");
        }
        for lines in
            ["", "AUTH PLAIN", "mail\nSIZE", "mail\nSIZE 0", "mail\nSIZES 5", "mail\nAUTHPLAIN\nAUTH"]
        {
            assert_eq!(Extensions::read(lines.lines()), Extensions::default(), "{lines}");
        }
    }
}
