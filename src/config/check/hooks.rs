//! `hooks.*`: what proves that a provider's webhook comes from it.

use secrecy::SecretString;

use super::super::raw::RawHooks;
use super::{Desk, secret_of};
use crate::feedback::providers::Provider;
use crate::feedback::providers::proof::{Password, Proofs, SesProof};

/// Shorter secrets are guessed.
const SHORTEST: usize = 16;

pub(super) fn hooks(desk: &mut Desk<'_>, raw: &RawHooks) -> Proofs {
    let mut secret = |key: &str, inline: &str, file: &str| -> Vec<SecretString> {
        let found = secret_of(desk, key, inline, file);
        if found.as_ref().is_some_and(|text| text.len() < SHORTEST) {
            desk.fault(key, format!("write at least {SHORTEST} letters; `openssl rand -hex 32` makes some"));
        }
        found.into_iter().map(SecretString::from).collect()
    };
    let mailgun_keys = secret("hooks.mailgun_key", &raw.mailgun_key, &raw.mailgun_key_file);
    let generic_keys = secret("hooks.generic_secret", &raw.generic_secret, &raw.generic_secret_file);
    let keys = [
        (Provider::Resend, "hooks.resend_key", &raw.resend_key, &raw.resend_key_file),
        (Provider::Mailersend, "hooks.mailersend_key", &raw.mailersend_key, &raw.mailersend_key_file),
        (Provider::Mailtrap, "hooks.mailtrap_key", &raw.mailtrap_key, &raw.mailtrap_key_file),
    ];
    let keys = keys.into_iter().flat_map(|(provider, key, inline, file)| {
        secret(key, inline, file).into_iter().map(move |secret| (provider, secret)).collect::<Vec<_>>()
    });
    let keys = keys.collect();
    let mut shown = |key: &str, inline: &str, file: &str| secret_of(desk, key, inline, file).map(password);
    let postmark = shown("hooks.postmark_secret", &raw.postmark_secret, &raw.postmark_secret_file);
    let passwords = [
        (Provider::Brevo, shown("hooks.brevo_secret", &raw.brevo_secret, &raw.brevo_secret_file)),
        (Provider::Mailjet, shown("hooks.mailjet_secret", &raw.mailjet_secret, &raw.mailjet_secret_file)),
        (
            Provider::Sparkpost,
            shown("hooks.sparkpost_secret", &raw.sparkpost_secret, &raw.sparkpost_secret_file),
        ),
        (Provider::Smtp2go, shown("hooks.smtp2go_secret", &raw.smtp2go_secret, &raw.smtp2go_secret_file)),
    ];
    let passwords = passwords.into_iter().filter_map(|(provider, password)| Some((provider, password?)));
    let passwords = passwords.collect();
    let ses = match raw.ses_topic_arn.trim() {
        "" => None,
        arn if arn.starts_with("arn:aws") && arn.contains(":sns:") => {
            Some(SesProof { topic_arn: arn.to_owned(), raw: None })
        }
        _ => {
            desk.fault(
                "hooks.ses_topic_arn",
                "write the topic's ARN, like arn:aws:sns:eu-west-1:123456789012:bounces",
            );
            None
        }
    };
    let sendgrid_keys = raw.sendgrid_keys.iter().map(|key| key.trim().to_owned()).collect();
    let postmark = postmark.into_iter().collect();
    Proofs { ses, sendgrid_keys, postmark, mailgun_keys, generic_keys, passwords, keys }
}

/// `user:password`, or the secret of a header.
fn password(text: String) -> Password {
    match text.split_once(':') {
        Some((user, password)) => {
            Password::Basic { user: user.to_owned(), password: SecretString::from(password.to_owned()) }
        }
        None => Password::Header(SecretString::from(text)),
    }
}
