//! `hooks.*`: what proves that a provider's webhook comes from it.

use secrecy::SecretString;

use super::super::raw::RawHooks;
use super::{Checker, secret_of};
use crate::feedback::providers::Provider;
use crate::feedback::providers::proof::{Password, Proofs, TopicProof};

/// Shorter secrets are guessed.
const SHORTEST: usize = 16;

pub(super) fn hooks(checker: &mut Checker<'_>, raw: &RawHooks) -> Proofs {
    let mut secret = |key: &str, inline: &str, file: &str| -> Vec<SecretString> {
        let found = secret_of(checker, key, inline, file);
        if found.as_ref().is_some_and(|text| text.len() < SHORTEST) {
            checker
                .fault(key, format!("write at least {SHORTEST} letters; `openssl rand -hex 32` makes some"));
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
    let mut shown = |key: &str, inline: &str, file: &str| secret_of(checker, key, inline, file).map(password);
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
    let ses = topic(checker, "ses", &raw.ses_topic_arn, "aws", "eu-west-1:123456789012:bounces");
    let scaleway =
        topic(checker, "scaleway", &raw.scaleway_topic_arn, "scw", "fr-par:project-6f9f0d1c-…:bounces");
    let sendgrid_keys = raw.sendgrid_keys.iter().map(|key| key.trim().to_owned()).collect();
    let postmark = postmark.into_iter().collect();
    Proofs {
        ses: ses.map(TopicProof::amazon),
        scaleway: scaleway.map(TopicProof::scaleway),
        sendgrid_keys,
        postmark,
        mailgun_keys,
        generic_keys,
        passwords,
        keys,
    }
}

/// The ARN of a topic of this provider's house.
fn topic<'a>(
    checker: &mut Checker<'_>,
    provider: &str,
    arn: &'a str,
    house: &str,
    like: &str,
) -> Option<&'a str> {
    let arn = arn.trim();
    if arn.is_empty() || arn.starts_with(&format!("arn:{house}")) && arn.contains(":sns:") {
        return Some(arn).filter(|arn| !arn.is_empty());
    }
    let key = format!("hooks.{provider}_topic_arn");
    checker.fault(&key, format!("write the topic's ARN, like arn:{house}:sns:{like}"));
    None
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
