//! What a column is, by its heading: in the words of those who export lists,
//! and in nine languages. Sources: the header lines of the vendors' exports.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::consents::{ASKS, CONSENTS, consent_in, denies, turned};
use super::denials::is_denied_again;
use super::fold::{fold, without_gender};
use super::leaving::{by_words, leans, words_of};
use super::quiet::{is_quiet, tells_of_following};
use crate::domain::SuppressionReason::{self, Bounced, Complained, Manual, Unsubscribed};

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The address; the lower, the surer.
    Address(u8),
    /// A word of status.
    Status,
    /// Yes for who follows, no for who does not; or since when.
    Subscribed,
    /// Yes, or when, for who confirmed.
    Confirmed,
    /// Yes for who did not confirm yet.
    Waits,
    /// How often, or which letters; never, or none, for who wants no mail.
    Cadence,
    /// Yes, when, or why, for who is gone.
    Gone(SuppressionReason),
    /// It asks for one of these, and nobody knows which way round.
    Unclear,
    /// When somebody came back who had left.
    Back,
    /// Since when; the lower, the nearer to a consent.
    Since(u8),
    /// A blog's slug, in a list of ours.
    Blog,
    /// An erased person's hash, in a list of ours.
    Hash,
    /// Known to say nothing of all this.
    Silent,
}

use Meaning::{Address, Back, Cadence, Confirmed, Gone, Silent, Since, Status, Subscribed, Unclear, Waits};

#[rustfmt::skip]
const HEADINGS: &[(Meaning, &[&str])] = &[
    (Address(0), &[
        "email", "e-mail", "email address", "e-mail address", "subscriber email", "email-adresse", "e-mail-adresse", "adresse e-mail",
        "adresse email", "adresse électronique", "courriel", "correo electrónico", "correo", "dirección de correo",
        "dirección de correo electrónico", "indirizzo email", "indirizzo e-mail", "posta elettronica", "endereço de e-mail",
        "endereço de email", "メールアドレス", "eメール", "eメールアドレス", "电子邮件", "电子邮箱", "邮箱", "邮件地址", "电子邮件地址", "邮箱地址", "البريد الإلكتروني",
        "عنوان البريد الإلكتروني", "deine e-mail adresse", "your email", "your email address", "what's your email?", "email id", "e-post",
        "e-postadress", "эл. почта", "email 1 value", "e-mail 1 - value", "e-mailadres", "adres e-mail", "adres email", "электронная почта",
        "адрес электронной почты", "електронна пошта", "e-mailová adresa", "e-mailadresse", "e-postadresse", "sähköposti", "sähköpostiosoite",
        "e-posta", "e-posta adresi", "e-mail cím", "adresă de e-mail", "이메일", "이메일 주소",
    ]),
    (Address(1), &["user email", "contact email", "primary email", "mail", "mail address", "mailadresse", "メール", "邮件", "البريد", "emails", "email1"]),
    (Address(2), &["subscriber", "address", "adresse", "recipient", "contact", "username", "login", "adresses"]),
    (Status, &[
        "status", "state", "subscription status", "subscriber status", "email status", "subscriber type", "contact status",
        "marketing status", "member status", "mailing status", "list status", "opt-in status", "email marketing status", "patron status",
        "zustand", "abostatus", "statut", "état", "estado", "stato", "situação", "ステータス", "状態", "登録状況", "配信状況", "状态", "订阅状态", "状况",
        "الحالة", "حالة الاشتراك", "حالة", "статус", "состояние", "стан", "stan", "stav", "tila", "durum", "állapot", "stare", "κατάσταση", "상태",
        "tilstand", "tillstånd", "toestand", "abonelik durumu", "tilauksen tila", "stav odběru", "stan subskrypcji", "구독 상태", "구독상태",
    ]),
    (Subscribed, &[
        "subscribed", "is subscribed", "subscribed to emails", "accepts email marketing", "accepts marketing", "opt-in", "opted in",
        "email opt-in", "consent", "consent given", "has consent", "consented", "agreed", "gdpr consent", "newsletter consent", "accept", "receive emails", "receives emails", "wants emails", "wants email", "wants mail", "email consent",
        "marketing consent", "mailable", "email enabled", "emails enabled", "send emails", "subscribe", "engagement optin",
        "email permission", "permission", "enabled", "active", "is active", "follows", "abonniert", "aktiv", "abonné", "inscrit", "actif",
        "suscrito", "activo", "iscritto", "attivo", "inscrito", "ativo", "einwilligung", "zustimmung", "consentement", "consentimiento", "consenso",
        "consentimento", "toestemming", "同意", "الموافقة", "購読中", "購読", "有効", "已订阅", "订阅", "مشترك", "نشط",
    ]),
    (Confirmed, &[
        "aktiviert", "aktiviert am", "activé le", "activado el", "attivato il", "ativado em", "freigeschaltet am", "confirmed", "is confirmed", "confirmed at", "confirmed on", "confirm time", "confirmation time", "confirmation date",
        "date confirmed", "verified", "is verified", "email verified", "verified at", "email verified at", "double opt-in", "double optin",
        "doi", "activated", "activated at", "opt-in confirmed", "bestätigt", "bestätigt am", "confirmé", "confirmé le", "confirmado",
        "confirmado el", "confermato", "confermato il", "confirmado em", "確認済み", "確認日", "已确认", "确认时间", "مؤكد", "تاريخ التأكيد",
    ]),
    (Gone(Unsubscribed), &[
        "unsubscribed", "removed on", "deactivated", "deactivated at", "stop time", "stop date", "deaktiviert", "deaktiviert am", "désactivé le",
        "desactivado el", "disattivato il", "desativado em", "stop status", "unsub time", "unsubscribed at", "unsubscribed on", "unsubscribe date", "unsubscription date", "deleted at",
        "date deleted", "email disabled", "cancel date", "cancelled at", "canceled at", "left at", "ended at", "removed at", "deleted", "is deleted", "is removed", "has left",
        "removed", "archived at", "do not email", "do not contact", "do not mail", "donotemail", "no email", "no mail", "dnc", "opted out",
        "opt-out", "opt out", "has opted out of email", "unsubscribed from all email", "disabled", "left", "date left", "exit date",
        "abgemeldet", "abgemeldet am", "abmeldedatum", "abmeldung", "ausgetragen", "ausgetragen am", "gelöscht am", "gekündigt am",
        "désabonné", "désabonné le", "date de désabonnement", "désinscrit", "désinscrit le", "date de désinscription", "supprimé le",
        "baja", "fecha de baja", "dado de baja", "desuscrito", "cancelado", "fecha de cancelación", "disiscritto", "disiscritto il",
        "data disiscrizione", "data di disiscrizione", "cancellato", "cancellato il", "descadastrado", "descadastrado em",
        "data de descadastro", "cancelado em", "data de cancelamento", "desinscrito", "配信停止", "配信停止日", "退会", "退会日", "購読解除", "購読解除日", "解除日",
        "登録解除", "已退订", "退订", "退订时间", "退订日期", "取消订阅时间", "取消订阅", "取消订阅日期", "تاريخ إلغاء الاشتراك", "ألغى الاشتراك", "إلغاء الاشتراك",
        "تاريخ الإلغاء",
    ]),
    (Gone(Bounced), &[
        "clean time", "cleaned at", "email bounced", "email bounced date", "email bounced reason", "on hold", "npai", "cleaned", "bounced", "bounced at", "bounce date", "hard bounced", "hard bounce", "undeliverable",
        "email invalid", "invalid email", "is bounced", "unzustellbar", "rebotado", "rimbalzato", "バウンス", "不達", "退信", "مرتد",
    ]),
    (Gone(Complained), &[
        "complained", "complained at", "plaignant", "plainte", "queja", "reclamo", "reclamação", "beschwerde", "苦情", "complaint", "complaint date", "marked as spam", "spam complaint", "reported spam", "is spam",
        "spam reported at", "投诉", "شكوى",
    ]),
    (Gone(Manual), &[
        "email blacklisted", "blacklisted", "blocklisted", "blocklisted at", "blocked", "blocked at", "suppressed", "suppressed at",
        "is suppressed", "is blocked", "banned", "gesperrt", "bloqué", "bloqueado", "bloccato", "已屏蔽", "黑名单", "محظور",
    ]),
    (Since(1), &["optin time", "opt-in date", "opt-in time", "opted in at"]),
    (Since(2), &[
        "subscribed at", "subscribed on", "subscribed date", "subscription date", "date subscribed", "subscribe date", "signup date",
        "sign-up date", "signed up at", "sign up date", "joined at", "joined", "join date", "date joined", "since", "follows since",
        "following since", "subscriber since", "member since", "abonniert am", "anmeldedatum", "angemeldet am", "date d'inscription",
        "inscrit le", "abonné le", "date d'abonnement", "fecha de suscripción", "fecha de alta", "suscrito el", "data iscrizione",
        "data di iscrizione", "iscritto il", "data de inscrição", "inscrito em", "登録日", "登録日時", "購読開始日", "订阅时间", "订阅日期", "注册时间", "注册日期",
        "تاريخ الاشتراك",
    ]),
    (Since(3), &[
        "created at", "created", "created on", "creation date", "date created", "date added", "added at", "added", "added time",
        "added on", "date registered", "registered at", "registration date", "create date", "created (utc)", "connected on", "timestamp",
        "erstellt", "erstellt am", "hinzugefügt am", "créé le", "date de création", "date d'ajout", "fecha de creación", "creado",
        "data creazione", "data di creazione", "creato il", "data de criação", "criado em", "作成日", "作成日時", "追加日", "创建时间", "添加时间",
        "تاريخ الإنشاء", "تاريخ الإضافة",
    ]),
    (Since(4), &["date", "time", "datum", "fecha", "data", "日付", "日期", "时间", "تاريخ", "التاريخ"]),
    (Meaning::Blog, &["blog"]),
    (Meaning::Hash, &["address_hash"]),
    (Cadence, &[
        "prefer digests", "digest", "delivery", "delivery mode", "email delivery", "email preference", "email preferences", "email level",
        "receiving emails for", "send me", "schedule", "rhythmus", "turnus", "periodicidad", "periodicidade", "cadenza", "cadência", "配信頻度",
        "発送頻度", "邮件频率",
    ]),
    (Silent, &[
        "us state", "state/province", "province", "active subscription", "country", "city", "region", "name", "first name", "last name",
        "user status", "mailing list mode", "follows you", "autosubscribe", "checked in at", "last changed", "updated at", "last modified", "modified time", "expiry", "expires at",
        "first payment at", "paid upgrade date", "clean campaign title", "send this user html emails",
        "htmlemail",
    ]),
];

/// For a list of those who get no mail: why.
#[rustfmt::skip]
const REASONS: &[&str] = &[
        "suppression reason", "reason", "type", "event", "bounce type", "status", "state", "suppression type", "category", "grund",
        "raison", "motivo", "motif", "razón", "causa", "reden", "powód", "理由", "原因", "سبب",
    ];

/// Parts of a heading that nobody knows whole: what the column then is.
#[rustfmt::skip]
const PARTS: &[(Meaning, &[&str])] = &[
    (Gone(Complained), &["complain", "asspam", "spamreport"]),
    (Gone(Bounced), &[
        "hardbounce", "emailbounce", "bouncedat", "bouncedate", "bouncereason", "cleantime", "cleandate", "cleancampaign", "emailbad",
        "bademail", "emailisbad", "email1isbad", "unzustellbar",
    ]),
    (Gone(Manual), &["blacklist", "blocklist", "blacklisted", "excluded", "suspended"]),
    (Waits, &["optinpending", "pendingoptin", "ispending", "unconfirmed", "notconfirmed", "unverified", "notverified"]),
    (Gone(Unsubscribed), &[
        "unsub", "optout", "optedout", "emaildisabled", "disabledemail", "donotemail", "dontemail", "notemail", "nomail", "noemail",
        "abgemeldet", "abmelde", "austragung", "ausgetragen", "desabonn", "desinscri", "fechadebaja", "dadodebaja", "dadadebaja",
        "desuscri", "disiscri", "descadastr", "cancelamento", "配信停止", "購読解除", "退会", "退订", "取消订阅", "الغاءالاشتراك",
    ]),
    (Subscribed, &["subscribedto", "acceptsemail", "acceptsmarketing", "emailoptin", "emailconsent"]),
    (Cadence, &[
        "frequency", "cadence", "digest", "notification", "haufigkeit", "frequence", "frecuencia", "frequenza", "frequencia", "frequentie", "頻度", "频率",
        "التكرار",
    ]),
];

/// First or last words of headings of a moment.
#[rustfmt::skip]
const MOMENTS: &[&str] = &[
    "at", "on", "date", "time", "timestamp", "am", "datum", "le", "el", "il", "em", "fecha", "data", "日", "日時", "日期", "时间", "تاريخ",
];

/// Words of a heading that is about something else: another way to reach
/// somebody, a link, a number of things, money.
#[rustfmt::skip]
const ELSEWHERE: &[&str] = &[
    "push", "url", "token", "hash", "key", "uuid", "guid", "secret", "order", "payment", "charge", "billing", "donation",
    "track", "tracking", "marital", "fulfillment", "financial", "employment", "http", "shipping", "stripe", "invoice", "cookie", "cookies",
];
const ELSEWHERE_PARTS: &[&str] = &[
    "sms", "phone", "whatsapp", "注文", "支払", "予約", "回数", "订单", "支付", "付款", "次数", "طلب", "دفع",
];
/// Beside these "status" is not what stands in the column.
const NOT_THE_STATUS: &[&str] =
    &["date", "at", "on", "time", "timestamp", "code", "message", "reason", "id", "changed", "updated"];

/// The same; but by a link, or of a lead, a column may say who left.
const PERHAPS_ELSEWHERE: &[&str] =
    &["page", "link", "count", "number", "rate", "total", "drops", "lead", "relationship"];
/// How a heading names mail.
const MAIL_PARTS: &[&str] =
    &["email", "e-mail", "newsletter", "courriel", "correo", "メール", "邮件", "البريد"];

pub(super) fn has_part(parts: &[&str], folded: &str) -> bool {
    parts.iter().any(|part| folded.contains(&fold(part)))
}

fn is_elsewhere(folded: &str, words: &[String]) -> bool {
    ELSEWHERE_PARTS.iter().any(|part| folded.contains(part))
        || has_word(ELSEWHERE, words)
        || has_word(PERHAPS_ELSEWHERE, words)
}

fn has_word(list: &[&str], words: &[String]) -> bool {
    words.iter().any(|word| list.contains(&word.as_str()))
}

static ALL: LazyLock<HashMap<String, Meaning>> = LazyLock::new(|| {
    let mut all = HashMap::new();
    for (meaning, names) in HEADINGS {
        for name in *names {
            all.entry(fold(name)).or_insert(*meaning);
        }
    }
    all
});

/// What a column is by its heading; `None` when nobody knows the heading.
pub fn meaning(heading: &str) -> Option<Meaning> {
    let folded = fold(heading);
    if folded.is_empty() || heading.len() > 200 {
        return None;
    }
    if let Some(known) = ALL.get(&folded) {
        return Some(*known);
    }
    if let Some(known) = without_gender(heading).and_then(|plain| ALL.get(&fold(&plain))) {
        return Some(*known);
    }
    let words = words_of(heading);
    if is_elsewhere(&folded, &words) {
        return elsewhere(heading, &folded, &words);
    }
    let told = by_words(heading, &words);
    if told == Some(Back) {
        return told;
    }
    let part = PARTS.iter().find(|(_, parts)| has_part(parts, &folded));
    match part {
        Some((meaning @ (Subscribed | Cadence), _)) => return Some(turned(*meaning, heading, &words)),
        Some((Gone(_), _)) if is_denied_again(heading, &words) => return Some(Unclear),
        Some((meaning, _)) => return Some(*meaning),
        None => {}
    }
    // "Email status - other", but no "Status date".
    let is_status = ["status", "statut", "статус", "ステータス"].iter().any(|end| folded.ends_with(end))
        || words.iter().any(|word| word == "status")
            && !words.iter().any(|word| NOT_THE_STATUS.contains(&word.as_str()));
    let is_consent_date = has_part(CONSENTS, &folded) && is_moment(&words);
    let is_address =
        ["email", "メールアドレス", "邮箱", "courriel", "correo"].iter().any(|part| folded.contains(part));
    match () {
        () if is_status => Some(Status),
        () if is_consent_date => Some(consent_in(heading, &words)),
        // That somebody gets mail is believed if yes and no stand below it.
        () if told.is_some() && told != Some(Subscribed) => told,
        // Above what is one, or it is not believed.
        () if is_address => Some(Address(3)),
        () => None,
    }
}

/// What a column is whose heading has a word for something else. One that
/// speaks of leaving, and of mail beside it, is heard or asked about.
fn elsewhere(heading: &str, folded: &str, words: &[String]) -> Option<Meaning> {
    if leans(heading).is_none() && !denies(heading) {
        return Some(Silent);
    }
    if !has_part(MAIL_PARTS, folded) {
        // Asked about by what stands below it.
        let is_perhaps = has_word(PERHAPS_ELSEWHERE, words) && !has_word(ELSEWHERE, words);
        return (!is_perhaps).then_some(Silent);
    }
    match PARTS.iter().find(|(_, parts)| has_part(parts, folded)) {
        Some((Gone(_), _)) if is_denied_again(heading, words) => Some(Unclear),
        Some((meaning @ Gone(_), _)) => Some(*meaning),
        _ if words.iter().any(|word| word == "url") => Some(Silent),
        _ => Some(Unclear),
    }
}

/// What a heading asks, should yes and no stand below it: whether somebody
/// wants mail, or wants none.
pub fn asked(heading: &str) -> Option<Meaning> {
    let (folded, words) = (fold(heading), words_of(heading));
    if is_elsewhere(&folded, &words) {
        return None;
    }
    let is_asking = has_part(CONSENTS, &folded) || has_part(ASKS, &folded);
    if is_asking { Some(consent_in(heading, &words)) } else { by_words(heading, &words) }
}

/// Whether a heading has a word for something else than mail.
pub fn is_about_else(heading: &str) -> bool {
    is_elsewhere(&fold(heading), &words_of(heading))
}

/// Whether a heading is about following, so that a word of leaving below it
/// is about that.
pub fn is_of_following(heading: &str) -> bool {
    tells_of_following(&words_of(heading))
}

/// Whether a heading that nobody knows is about something else than who wants mail.
pub fn is_harmless(heading: &str) -> bool {
    is_quiet(heading, &words_of(heading))
}

/// Whether a column names the letters that somebody gets.
pub fn is_letters(heading: &str) -> bool {
    fold(heading) == "receivingemailsfor"
}

/// The same in a list of those who get no mail: the reason takes the place of
/// the status.
pub fn meaning_in_suppressions(heading: &str) -> Option<Meaning> {
    if reason_rank(heading).is_some() {
        return Some(Status);
    }
    match meaning(heading) {
        // When, and not more than that.
        Some(Gone(Manual)) if is_moment(&words_of(heading)) => Some(Since(3)),
        None | Some(Silent) if fold(heading) == "lastupdatetime" => Some(Since(4)),
        meaning => meaning,
    }
}

/// How surely a heading names why somebody gets no mail; the lower, the surer.
pub fn reason_rank(heading: &str) -> Option<usize> {
    let folded = fold(heading);
    // "Blocklisted reason".
    let folded = folded.strip_prefix("blocklisted").or(folded.strip_prefix("blocked")).unwrap_or(&folded);
    REASONS.iter().position(|reason| fold(reason) == folded)
}

/// Whether a heading is of a moment.
fn is_moment(words: &[String]) -> bool {
    let is_one = |word: Option<&String>| word.is_some_and(|word| MOMENTS.contains(&word.as_str()));
    is_one(words.first()) || is_one(words.last())
}

/// Whether it is surely the heading of a column of addresses.
pub fn is_address_heading(cell: &str) -> bool {
    // Asked of the cells of every row, so the parts of headings are not looked at.
    cell.len() <= 100 && matches!(ALL.get(&fold(cell)), Some(Address(0..=2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_known_in_nine_languages_and_by_their_parts() {
        for (heading, known) in [
            ("E-Mail-Adresse", Some(Address(0))),
            ("電子", None),
            ("メールアドレス", Some(Address(0))),
            ("Work email", Some(Address(3))),
            ("UNSUB_TIME", Some(Gone(Unsubscribed))),
            ("UNSUB_REASON_OTHER", Some(Gone(Unsubscribed))),
            ("CLEAN_CAMPAIGN_ID", Some(Gone(Bounced))),
            ("EMAIL_BLACKLISTED", Some(Gone(Manual))),
            ("SMS_BLACKLISTED", Some(Silent)),
            ("unsubscribe_url", Some(Silent)),
            ("Opted out of marketing", Some(Gone(Unsubscribed))),
            ("subscribed_to_emails", Some(Subscribed)),
            ("Date de désinscription", Some(Gone(Unsubscribed))),
            ("退订时间", Some(Gone(Unsubscribed))),
            ("Newsletter Status", Some(Status)),
            ("active_subscription", Some(Silent)),
            ("تاريخ الاشتراك", Some(Since(2))),
            ("Account Status", Some(Status)),
            ("Email status - other", Some(Status)),
            ("approval_status", Some(Status)),
            ("Last Charge Status", Some(Silent)),
            ("HasHardBounced", Some(Gone(Bounced))),
            ("isOptInPending", Some(Waits)),
            ("delivery frequency", Some(Cadence)),
            ("Häufigkeit", Some(Cadence)),
            ("gdpr_consent_date", Some(Subscribed)),
            ("Einwilligung", Some(Subscribed)),
            ("Favourite colour", None),
            ("", None),
        ] {
            assert_eq!(meaning(heading), known, "{heading}");
        }
        assert_eq!(meaning_in_suppressions("Reason"), Some(Status));
    }
}
