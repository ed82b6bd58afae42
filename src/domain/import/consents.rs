//! Headings that ask for a consent, or whether somebody wants mail, and what
//! turns their question round.

use super::denials::{Denial, denial};
use super::fold::fold;
use super::headings::{Meaning, has_part};
use super::leaving::words_of;
use super::plain::is_plain;
use crate::domain::SuppressionReason::Unsubscribed;
use Meaning::{Gone, Subscribed, Unclear};

/// Parts of a heading of a consent.
#[rustfmt::skip]
pub(super) const CONSENTS: &[&str] = &[
    "consent", "gdpr", "dsgvo", "rgpd", "lgpd", "einwillig", "zustimm", "einverstand", "consens", "toestemming", "zgoda", "zgody", "согласи", "згода",
    "souhlas", "suhlas", "samtyck", "samtykke", "suostumus", "hozzajarul", "동의", "同意", "موافق",
];
/// The same of one that asks whether somebody wants mail, if yes and no stand
/// below it.
#[rustfmt::skip]
pub(super) const ASKS: &[&str] = &[
    "autoriz", "permission", "newsletter", "mailing", "rundbrief", "infolettre", "lettredinformation", "boletin", "boletim",
    "bollettino", "メルマガ", "メールマガジン", "ニュースレター", "通讯", "النشرة", "optin", "optedin", "subscribe", "abonnier", "abonne", "suscri", "iscri", "inscri", "購読",
    "配信", "订阅", "اشتراك", "許可", "承諾", "许可", "mailyou", "emailyou", "mailme", "emailme", "oktoemail", "oktomail", "contactyou",
    "contactme", "sendyou", "keepmeposted", "receive", "marketing", "nieuwsbrief", "biuletyn", "рассылк", "розсилк", "подписк", "підписк",
    "newslettery", "zpravodaj", "nyhetsbrev", "nyhedsbrev", "uutiskirje", "bulten", "hirlevel", "뉴스레터",
];
/// What a column that asks for `meaning` is, by the words that deny in its heading.
pub(super) fn turned(meaning: Meaning, heading: &str, words: &[String]) -> Meaning {
    match denial(heading, words, &[CONSENTS, ASKS]) {
        Denial::None => meaning,
        Denial::Once => Gone(Unsubscribed),
        Denial::Unclear => Unclear,
    }
}

/// The same of a heading that nobody wrote down: it asks for a consent only
/// where all its other words leave it as it is. "Consent missing" is not known
/// by the word in it.
pub(super) fn consent_in(heading: &str, words: &[String]) -> Meaning {
    match turned(Subscribed, heading, words) {
        Subscribed if !is_plain(heading, words, &[CONSENTS, ASKS]) => Unclear,
        meaning => meaning,
    }
}

/// Whether a column is of a consent, which may have been given before somebody left.
pub fn is_consent(heading: &str) -> bool {
    has_part(CONSENTS, &fold(heading))
}

/// Whether words in a heading of status deny, so that yes does not say "follows".
pub fn denies(heading: &str) -> bool {
    denial(heading, &words_of(heading), &[CONSENTS, ASKS]) != Denial::None
}
