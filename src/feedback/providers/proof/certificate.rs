//! Amazon's signing certificate: whose it is, until when it holds, and the
//! public key in it. The chain above it is not looked at: the file comes over
//! TLS from Amazon's own host, and ends with the certificate itself.

use x509_cert::Certificate;
use x509_cert::der::{DecodePem as _, Encode as _};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::super::Refusal;
use crate::domain::Timestamp;

/// One certificate has some 2,000 bytes.
const PEM_MAX_BYTES: usize = 64 * 1024;
const END: &str = "-----END CERTIFICATE-----";

/// The public key (DER, SubjectPublicKeyInfo) of a certificate that holds at
/// `now` and is Amazon SNS's.
pub(super) fn public_key(pem: &str, now: Timestamp) -> Result<Vec<u8>, Refusal> {
    let refused = Err(Refusal::Forged("Amazon's certificate cannot be read"));
    let Some(certificate) = read(pem) else { return refused };
    let part = certificate.tbs_certificate();
    let at =
        |time: x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_millis()).unwrap_or(i64::MAX);
    let (from, to) = (at(part.validity().not_before), at(part.validity().not_after));
    if !(from..=to).contains(&now.as_millis()) {
        return Err(Refusal::Forged("Amazon's certificate is out of its time"));
    }
    if !names(&certificate).iter().any(|name| is_sns(name)) {
        return Err(Refusal::Forged("the certificate is not Amazon SNS's"));
    }
    match part.subject_public_key_info().to_der() {
        Ok(key) => Ok(key),
        Err(_) => refused,
    }
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
    stem == "sns" || region.is_some_and(super::sns::is_region)
}
