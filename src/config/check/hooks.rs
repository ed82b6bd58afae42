//! `hooks.*`: what proves that a provider's webhook comes from it.

use secrecy::SecretString;

use super::super::raw::RawHooks;
use super::{Desk, secret_of};
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
    let postmark = secret_of(desk, "hooks.postmark_secret", &raw.postmark_secret, &raw.postmark_secret_file);
    let postmark = postmark.map(|text| match text.split_once(':') {
        Some((user, password)) => {
            Password::Basic { user: user.to_owned(), password: SecretString::from(password.to_owned()) }
        }
        None => Password::Header(SecretString::from(text)),
    });
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
    Proofs { ses, sendgrid_keys, postmark: postmark.into_iter().collect(), mailgun_keys, generic_keys }
}
