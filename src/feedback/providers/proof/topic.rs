//! Whose topics there are, and which hosts are theirs: Amazon's SNS, and
//! Scaleway's Topics and Events, which speaks the same.

use url::Url;

use super::Password;
use crate::domain::HOUR_MS;

/// Scaleway's authorities, for all its regions: the one until 2032, and the
/// one below it until December 2027.
/// <https://www.scaleway.com/en/docs/topics-and-events/reference-content/verifying-webhooks/>
const SCALEWAY: &str = include_str!("scaleway.pem");

/// What a message of a topic is held against.
#[derive(Debug, Clone)]
pub struct TopicProof {
    /// `arn:aws:sns:<region>:<account>:<name>`, or Scaleway's
    /// `arn:scw:sns:<region>:project-<number>:<name>`; no other topic is heard.
    pub topic_arn: String,
    /// For raw delivery, which has no signature: the user and password in the
    /// endpoint's URL.
    pub raw: Option<Password>,
    /// Who signs.
    pub house: House,
}

/// Whose topic it is.
#[derive(Debug, Clone)]
pub enum House {
    /// Amazon's, known by the hosts and names of its certificates.
    Amazon,
    /// Scaleway's: a certificate counts when one of these authorities (PEM)
    /// signed it.
    Scaleway(String),
}

impl TopicProof {
    /// A topic of Amazon's.
    pub fn amazon(topic_arn: &str) -> Self {
        Self { topic_arn: topic_arn.to_owned(), raw: None, house: House::Amazon }
    }

    /// A topic of Scaleway's.
    pub fn scaleway(topic_arn: &str) -> Self {
        Self { topic_arn: topic_arn.to_owned(), raw: None, house: House::Scaleway(SCALEWAY.to_owned()) }
    }
}

impl House {
    /// How long a message is good. Amazon gives up on a web address within an
    /// hour. Scaleway names no end; what comes again has its first time.
    pub(super) fn window_ms(&self) -> i64 {
        match self {
            Self::Amazon => HOUR_MS,
            Self::Scaleway(_) => 8 * HOUR_MS,
        }
    }

    /// The address of a certificate, where it is one of the house's own.
    pub(super) fn certificate_url(&self, text: &str) -> Option<Url> {
        let url = plain_url(text)?;
        let host = url.host_str()?;
        let is_own = match self {
            Self::Amazon => is_amazons(host),
            Self::Scaleway(_) => is_scaleways(host, "messaging.s3.", ".scw.cloud"),
        };
        (is_own && url.path().ends_with(".pem")).then_some(url)
    }

    /// The address that says yes to a topic, where it is one of the house's own.
    pub(super) fn subscribe_url(&self, text: &str) -> Option<Url> {
        let url = plain_url(text)?;
        let host = url.host_str()?;
        let is_own = match self {
            Self::Amazon => is_amazons(host),
            Self::Scaleway(_) => is_scaleways(host, "sns.mnq.", ".scaleway.com"),
        };
        let asks = url.query_pairs().any(|(name, value)| name == "Action" && value == "ConfirmSubscription");
        (is_own && asks).then_some(url)
    }
}

/// An address over https at the usual port, with nobody's name in it.
fn plain_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= 2_048)?;
    let is_plain = url.scheme() == "https" && url.port().is_none() && url.username().is_empty();
    (is_plain && url.password().is_none()).then_some(url)
}

/// `sns.<region>.amazonaws.com`, or `….com.cn`.
fn is_amazons(host: &str) -> bool {
    let stem = host.strip_suffix(".cn").unwrap_or(host).strip_suffix(".amazonaws.com");
    stem.and_then(|stem| stem.strip_prefix("sns.")).is_some_and(is_region)
}

/// A region such as `fr-par` between both ends.
fn is_scaleways(host: &str, start: &str, end: &str) -> bool {
    let region = host.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
    let is_word = |part: &str, len| part.len() == len && part.bytes().all(|b| b.is_ascii_lowercase());
    let parts = region.and_then(|region| region.split_once('-'));
    parts.is_some_and(|(land, town)| is_word(land, 2) && is_word(town, 3))
}

/// Like `eu-central-1` or `us-gov-west-1`. No laxer: `sns.s3-us-west-2` and
/// `sns.s3` are a bucket by the name of `sns`, and anybody's.
pub(super) fn is_region(text: &str) -> bool {
    let mut parts = text.split('-').rev();
    let is_number = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let is_word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    let words = text.matches('-').count();
    text.len() <= 40
        && (2..=4).contains(&words)
        && parts.next().is_some_and(is_number)
        && parts.all(is_word)
        && text.find('-') == Some(2)
}
