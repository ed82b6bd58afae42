//! Messages of Amazon SNS, and of Scaleway in the same shape: where their certificate is, what they sign, and
//! which topic they are of.
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RsaParameters,
    UnparsedPublicKey,
};
use data_encoding::BASE64;
use serde::Deserialize;

use super::super::{BODY_MAX_BYTES, Refusal, Request};
use super::{House, Once, Proven, TopicProof, basic, certificate, fresh, named};
use crate::domain::Timestamp;

/// What SNS wraps around a message.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    r#type: Option<String>,
    message: Option<String>,
    message_id: Option<String>,
    subject: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
    timestamp: Option<String>,
    token: Option<String>,
    topic_arn: Option<String>,
    signature_version: Option<String>,
    signature: Option<String>,
    #[serde(rename = "SigningCertURL", alias = "SigningCertUrl")]
    signing_cert_url: Option<String>,
}

/// Where the certificate of a message is to be fetched, once and then kept:
/// https on one of the house's own hosts. `None` for raw delivery, which has no
/// signature. Of a message that says another topic nothing is fetched.
///
/// # Errors
/// Not a message, of another topic, or with a certificate from elsewhere.
pub fn certificate_url(request: &Request<'_>, proof: &TopicProof) -> Result<Option<String>, Refusal> {
    let Some(envelope) = Envelope::read(request)? else { return Ok(None) };
    envelope.check_topic(proof)?;
    envelope.certificate_url(&proof.house).map(Some)
}

pub(super) fn prove(
    request: &Request<'_>,
    proof: &TopicProof,
    pem: Option<&str>,
    now: Timestamp,
) -> Result<Proven, Refusal> {
    let Some(envelope) = Envelope::read(request)? else {
        let Some(password) = &proof.raw else {
            return Err(Refusal::Forged(
                "raw delivery has no signature; switch it off for this subscription",
            ));
        };
        return basic::prove(request, std::slice::from_ref(password));
    };
    envelope.check_topic(proof)?;
    envelope.certificate_url(&proof.house)?;
    let pem = pem.ok_or(Refusal::Forged("the certificate is not there"))?;
    let key = certificate::public_key(pem, &proof.house, now)?;
    let text = envelope.text_to_sign()?;
    envelope.check_signature(key, text.as_bytes())?;
    let at = envelope.timestamp.as_deref().and_then(Timestamp::parse_rfc3339);
    let until = fresh(at.ok_or(Refusal::Forged("the Timestamp is none"))?, proof.house.window_ms(), now)?;
    let confirm_url = match envelope.r#type.as_deref() {
        Some("SubscriptionConfirmation") => Some(envelope.subscribe_url(&proof.house)?),
        _ => None,
    };
    Ok(Proven { once: Some(Once { key: named(&[text.as_bytes()]), until }), confirm_url })
}

impl Envelope {
    /// `None` when it is an object without `Type`: raw delivery.
    fn read(request: &Request<'_>) -> Result<Option<Self>, Refusal> {
        if request.body.len() > BODY_MAX_BYTES {
            return Err(Refusal::TooLarge);
        }
        let envelope: Self = serde_json::from_slice(request.body)
            .map_err(|error| Refusal::Malformed(format!("not a message of SNS: {error}")))?;
        Ok(envelope.r#type.is_some().then_some(envelope))
    }

    fn check_topic(&self, proof: &TopicProof) -> Result<(), Refusal> {
        let is_ours = !proof.topic_arn.is_empty() && self.topic_arn.as_deref() == Some(&proof.topic_arn);
        if is_ours {
            Ok(())
        } else {
            Err(Refusal::Forged("it is of another topic than the one in the settings"))
        }
    }

    fn certificate_url(&self, house: &House) -> Result<String, Refusal> {
        let url = self.signing_cert_url.as_deref().and_then(|url| house.certificate_url(url));
        url.map(String::from).ok_or(Refusal::Forged("its certificate is not on a host of the provider's"))
    }

    fn subscribe_url(&self, house: &House) -> Result<String, Refusal> {
        let url = self.subscribe_url.as_deref().and_then(|url| house.subscribe_url(url));
        url.map(String::from).ok_or(Refusal::Forged("its SubscribeURL is not on a host of the provider's"))
    }

    /// Names and values, each on a line, in the order of Amazon's page.
    fn text_to_sign(&self) -> Result<String, Refusal> {
        let fields: &[(&str, &Option<String>)] = match self.r#type.as_deref() {
            Some("Notification") => &[
                ("Message", &self.message),
                ("MessageId", &self.message_id),
                ("Subject", &self.subject),
                ("Timestamp", &self.timestamp),
                ("TopicArn", &self.topic_arn),
                ("Type", &self.r#type),
            ],
            Some("SubscriptionConfirmation" | "UnsubscribeConfirmation") => &[
                ("Message", &self.message),
                ("MessageId", &self.message_id),
                ("SubscribeURL", &self.subscribe_url),
                ("Timestamp", &self.timestamp),
                ("Token", &self.token),
                ("TopicArn", &self.topic_arn),
                ("Type", &self.r#type),
            ],
            _ => return Err(Refusal::Malformed("an SNS envelope of an unknown Type".to_owned())),
        };
        let mut text = String::new();
        for (name, value) in fields {
            match value {
                Some(value) => {
                    for part in [name, "\n", value.as_str(), "\n"] {
                        text.push_str(part);
                    }
                }
                None if *name == "Subject" => {}
                None => return Err(Refusal::Forged("a part of what is signed is missing")),
            }
        }
        Ok(text)
    }

    fn check_signature(&self, key: Vec<u8>, text: &[u8]) -> Result<(), Refusal> {
        let method: &'static RsaParameters = match self.signature_version.as_deref() {
            Some("1") => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            Some("2") => &RSA_PKCS1_2048_8192_SHA256,
            _ => return Err(Refusal::Forged("its SignatureVersion is neither 1 nor 2")),
        };
        let signature = self.signature.as_deref().filter(|text| text.len() <= 2_048);
        let signature = signature.and_then(|text| BASE64.decode(text.as_bytes()).ok());
        let signature = signature.ok_or(Refusal::Forged("the signature is missing or unreadable"))?;
        UnparsedPublicKey::new(method, key)
            .verify(text, &signature)
            .map_err(|_| Refusal::Forged("the signature is wrong"))
    }
}

#[cfg(test)]
mod scaleway_tests;
#[cfg(test)]
mod tests;
