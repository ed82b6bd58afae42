//! The certificate that signs messages: whose it is, until when it holds, and
//! the public key in it. Above Amazon's nothing is looked at: the file comes
//! over TLS from its own host, and ends with the certificate itself. Scaleway
//! asks to look who signed it.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use x509_cert::Certificate;
use x509_cert::der::{DecodePem as _, Encode as _};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::super::Refusal;
use super::House;
use crate::domain::Timestamp;

/// One certificate has some 2,000 bytes.
const PEM_MAX_BYTES: usize = 64 * 1024;
const END: &str = "-----END CERTIFICATE-----";

/// The public key (DER, SubjectPublicKeyInfo) of a certificate that holds at
/// `now` and is the house's.
pub(super) fn public_key(pem: &str, house: &House, now: Timestamp) -> Result<Vec<u8>, Refusal> {
    let refused = Err(Refusal::Forged("the certificate cannot be read"));
    let Some(certificate) = read(pem) else { return refused };
    if !holds_at(&certificate, now) {
        return Err(Refusal::Forged("the certificate is out of its time"));
    }
    match house {
        House::Amazon if !names(&certificate).iter().any(|name| is_sns(name)) => {
            Err(Refusal::Forged("the certificate is not Amazon SNS's"))
        }
        House::Scaleway(authorities) if !is_signed_by(&certificate, authorities, now) => {
            Err(Refusal::Forged("the certificate is not signed by Scaleway"))
        }
        _ => certificate.tbs_certificate().subject_public_key_info().to_der().or(refused),
    }
}

fn holds_at(certificate: &Certificate, now: Timestamp) -> bool {
    let at =
        |time: x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_millis()).unwrap_or(i64::MAX);
    let validity = certificate.tbs_certificate().validity();
    (at(validity.not_before)..=at(validity.not_after)).contains(&now.as_millis())
}

/// Whether one of these authorities (PEM) signed it, with RSA and SHA-256 as
/// Scaleway's do.
fn is_signed_by(certificate: &Certificate, authorities: &str, now: Timestamp) -> bool {
    let part = certificate.tbs_certificate();
    let (Ok(text), Some(signature)) = (part.to_der(), certificate.signature().as_bytes()) else {
        return false;
    };
    let signed = |authority: &Certificate| {
        let own = authority.tbs_certificate();
        let key = own.subject_public_key_info().to_der().unwrap_or_default();
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key);
        own.subject() == part.issuer() && holds_at(authority, now) && key.verify(&text, signature).is_ok()
    };
    Certificate::load_pem_chain(authorities.as_bytes()).unwrap_or_default().iter().any(signed)
}

/// The first certificate of a PEM file.
fn read(pem: &str) -> Option<Certificate> {
    let begin = pem.find("-----BEGIN CERTIFICATE-----").filter(|_| pem.len() <= PEM_MAX_BYTES)?;
    let end = begin + pem[begin..].find(END)? + END.len();
    Certificate::from_pem(&pem[begin..end]).ok()
}

/// The names it is for: the alternative ones, and without those the common one.
fn names(certificate: &Certificate) -> Vec<String> {
    let part = certificate.tbs_certificate();
    if let Ok(Some((_, SubjectAltName(names)))) = part.get_extension::<SubjectAltName>() {
        return names
            .iter()
            .filter_map(|name| match name {
                GeneralName::DnsName(name) => Some(name.as_str().to_ascii_lowercase()),
                _ => None,
            })
            .collect();
    }
    let common = part.subject().common_name().ok().flatten();
    common.map(|name| name.value().to_ascii_lowercase()).into_iter().collect()
}

/// `sns.amazonaws.com`, and the names that some regions have instead, such as
/// `sns-signing.eu-south-1.amazonaws.com` and `sns-cn-north-1.amazonaws.com.cn`.
fn is_sns(name: &str) -> bool {
    let stem = name.strip_suffix(".cn").unwrap_or(name);
    let Some(stem) = stem.strip_suffix(".amazonaws.com") else { return false };
    let region = ["sns-signing.", "sns.", "sns-"].iter().find_map(|start| stem.strip_prefix(start));
    stem == "sns" || region.is_some_and(super::topic::is_region)
}
