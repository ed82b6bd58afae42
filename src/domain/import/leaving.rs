//! Headings that no table has, judged by their words: "Ended on", "has quit",
//! `mailEnabled`, "Kündigungsdatum". A heading is clear when it holds nothing
//! but such a word and words for a list, a reader, or a moment; any other word
//! may make it about something else.

use super::ends::{said_by_sign, said_by_stem, said_whole};
use super::fold::fold;
use super::headings::Meaning::{self, Back, Confirmed, Gone, Subscribed, Unclear, Waits};
use crate::domain::SuppressionReason::{self, Bounced, Complained, Manual, Unsubscribed};

/// How words begin that say that somebody waits, or takes no part: no mail
/// until they confirm.
#[rustfmt::skip]
const WAITS: &[&str] = &[
    "inactiv", "inaktiv", "inactif", "inattiv", "inativ", "dormant", "pending", "waiting", "awaiting", "unconfirmed", "unverified",
    "unactivated", "ausstehend", "unbestatigt", "wartet", "wartend", "attente", "pendient", "pendente", "attesa", "aguardando", "ruhend",
    "inactief", "onbevestigd", "wachtend", "nieaktyw", "oczekuj", "niepotwierdz", "neaktivn", "nepotvrz", "nepotvrd", "obekraft", "ubekreft",
    "vantar", "vantande", "afvent", "avvent", "vahvistamat", "odottaa", "beklem", "fuggoben", "neconfirm",
];
#[rustfmt::skip]
const WAITS_SIGNS: &[&str] = &[
    "休眠", "非アクティブ", "未確認", "待确认", "待激活", "待验证", "确认待", "確認待", "承認待", "仮登録", "未激活", "未确认", "未验证", "不活跃", "غيرنشط", "غيرموكد", "قيدالانتظار",
    "неподтвержд", "непідтвердж", "ожида", "очіку", "неактив", "ubekræft", "대기", "미확인", "미인증",
];

/// How words begin that say that somebody confirmed.
#[rustfmt::skip]
const CONFIRMS: &[&str] = &[
    "confirm", "verified", "verification", "validated", "activated", "activation", "bestatig", "verifiziert", "freigeschaltet", "conferm",
    "verifie", "verific", "valide", "validad", "validat", "bevestigd", "doubleoptin", "doi", "approved", "genehmigt",
    "freigegeben", "approuv", "aprobad", "approvat", "aprovad", "aktiviert", "potwierdz", "potvrz", "potvrd", "bekraft", "bekreft", "vahvist",
];
const CONFIRMS_SIGNS: &[&str] =
    &["確認", "認証", "确认", "验证", "موكد", "تاكيد", "подтвержд", "підтвердж", "bekræft", "확인", "인증"];

/// How words begin that say that somebody came back.
#[rustfmt::skip]
const BACK: &[&str] = &[
    "resub", "reactivat", "rejoin", "reoptin", "wiederangemeldet", "wiederanmeld", "reaktiviert", "reabonn", "reinscri", "resuscri",
    "reactivad", "reiscri", "riattivat", "reativad", "再登録", "再購読", "重新订阅", "再次订阅", "اعادةالاشتراك",
];

/// Words for mail, and how words begin that say that somebody gets it.
#[rustfmt::skip]
pub(super) const MAIL: &[&str] = &[
    "mail", "mails", "email", "emails", "mailing", "mailings", "newsletter", "newsletters", "rundbrief", "courriel", "courriels", "infolettre",
    "correo", "correos", "boletin", "posta", "bollettino", "boletim", "nieuwsbrief", "message", "messages", "updates", "posts", "alerts",
    "benachrichtigungen", "メール", "メルマガ", "邮件", "通知", "البريد",
];
#[rustfmt::skip]
const GETS: &[&str] = &[
    "enabled", "enable", "send", "sending", "allow", "active", "receive", "receives", "receiving", "get", "gets", "accept", "accepts",
    "want", "wants", "wanted", "ok", "okay", "permit", "permitted", "allowed", "accepted", "aktiv", "aktiviert", "erlaubt", "erwunscht", "senden",
    "zusenden", "erhalten", "erhalt", "empfangen", "empfangt", "gewunscht", "recoit", "recevoir", "envoyer", "actif", "active", "autorise",
    "accepte", "souhaite", "activo", "recibe", "recibir", "enviar", "acepta", "desea", "permitido", "attivo", "attiva", "riceve", "ricevere",
    "inviare", "accetta", "abilitata", "abilitato", "ativo", "recebe", "receber", "aceita", "deseja", "ontvangt", "ontvangen", "toegestaan",
];
/// How words begin that say the same of a reader without a word for mail.
const ACTIVE: &[&str] = &["activ", "aktiv", "actif", "attiv", "ativ", "actief"];
#[rustfmt::skip]
const GETS_SIGNS: &[&str] = &[
    "メール受信", "メール配信", "メール許可", "メール希望", "接收邮件", "发送邮件", "允许邮件", "邮件接收", "استلامالبريد", "ارسالالبريد",
];

/// Words that deny, folded.
#[rustfmt::skip]
const NOTS: &[&str] = &[
    "not", "no", "never", "non", "nicht", "kein", "keine", "keinen", "nie", "pas", "ne", "jamais", "sin", "nunca", "nao", "sem", "senza", "ohne",
    "niet", "geen", "niks", "inte", "ikke", "не", "doesnt", "isnt", "wasnt", "hasnt",
];
const NOTS_SIGNS: &[&str] =
    &["未", "没", "していない", "لميتم", "غير", "неотпис", "невідпис", "неотмен", "неудал"];

/// Words that leave a heading as it is: readers and lists, moments, helpers.
#[rustfmt::skip]
const BESIDE: &[&str] = &[
    "e", "mail", "mails", "email", "emails", "newsletter", "newsletters", "mailing", "list", "lists", "subscriber", "subscribers",
    "subscription", "subscriptions", "contact", "contacts", "user", "member", "reader", "follower", "account", "address", "person", "profile",
    "record", "marketing", "status", "state", "flag", "type", "reason", "date", "time", "timestamp", "datetime", "day", "at", "on", "in", "by",
    "of", "for", "from", "the", "this", "that", "a", "to", "did", "is", "was", "has", "have", "had", "been", "be", "got", "yet", "already", "since", "when", "who", "utc",
    "gmt", "ts", "all", "global", "globally", "hard", "permanently", "permanent", "manually", "longer", "more", "mehr", "own", "self", "double", "opt", "optin", "registration", "signup", "anmeldung", "inscription", "inscripcion",
    "ist", "hat", "wurde", "sich", "am", "um", "datum", "zeit", "zeitpunkt", "tag", "seit", "von", "vom", "der", "die", "das", "des", "grund",
    "nutzer", "kontakt", "abonnent", "leser", "mitglied", "konto", "abo", "abonnement", "liste", "verteiler", "rundbrief", "noch", "bereits",
    "est", "ete", "le", "la", "l", "d", "de", "du", "s", "heure", "jour", "abonne", "compte", "lettre", "infolettre", "depuis", "motif",
    "raison", "utilisateur", "membre", "courriel", "encore", "es", "esta", "ha", "sido", "el", "se", "del", "fecha", "hora", "dia", "contacto",
    "suscriptor", "suscripcion", "lista", "cuenta", "correo", "boletin", "desde", "motivo", "usuario", "fue", "il", "di", "della", "dell",
    "data", "ora", "stato", "si", "contatto", "iscritto", "iscrizione", "da", "dal", "utente", "ancora", "e", "o", "em", "do", "foi", "contato",
    "assinante", "assinatura", "inscricao", "conta", "op", "heeft", "van", "het", "een", "abonnee", "nieuwsbrief",
];

/// What a heading is by its words alone; `None` where they tell nothing, or
/// one of them may be about something else.
pub fn by_words(heading: &str, words: &[String]) -> Option<Meaning> {
    let folded = fold(heading);
    if came_back(&folded, words) {
        return Some(Back);
    }
    if heading.contains(['=', '＝']) {
        return gone(&folded, words).map(|_| Unclear);
    }
    if !folded.is_ascii() {
        return by_signs(&folded, words);
    }
    let joined = joined(words);
    let nots = joined.iter().filter(|word| is_not(word)).count();
    let told: Vec<&String> = joined.iter().filter(|word| !is_not(word) && !is_beside(word)).collect();
    let is_all = |fits: &dyn Fn(&str) -> bool| !told.is_empty() && told.iter().all(|word| fits(word));
    let starts = |stems: &'static [&str]| move |word: &str| stems.iter().any(|stem| word.starts_with(stem));
    let is_gets = |word: &str| GETS.contains(&word);
    let is_of_mail = || joined.iter().any(|word| MAIL.contains(&word.as_str()));
    match nots.min(2) {
        0 if is_all(&|word| reason_of(word).is_some()) => gone(&folded, &joined).map(Gone),
        0 | 1 if is_all(&starts(WAITS)) => Some(if nots == 0 { Waits } else { Unclear }),
        0 if is_all(&starts(CONFIRMS)) || is_double_opt_in(&joined) => Some(Confirmed),
        1 if is_all(&starts(CONFIRMS)) => Some(Waits),
        // "Not bounced": yes for who is well, and nobody knows what blank is.
        1 | 2 if is_all(&|word| reason_of(word).is_some()) => Some(Unclear),
        0 | 1 if is_all(&starts(ACTIVE)) || is_all(&is_gets) && is_of_mail() => {
            Some(if nots == 0 { Subscribed } else { Gone(Unsubscribed) })
        }
        // "Keine E-Mails", but no "Newsletter No. 5".
        1 if told.is_empty() && is_of_mail() && joined.last().is_some_and(|last| last != "no") => {
            Some(Gone(Unsubscribed))
        }
        _ => None,
    }
}

/// Whether a text says that somebody came back.
pub fn is_back(text: &str) -> bool {
    came_back(&fold(text), &words_of(text))
}

fn came_back(folded: &str, words: &[String]) -> bool {
    BACK.iter().any(|stem| begins(words, &fold(stem)) || folded.starts_with(&fold(stem)))
}

/// Of which kind a text is one of leaving, if it has a word of it; that word
/// need not be what the text is about.
pub fn leans(text: &str) -> Option<SuppressionReason> {
    gone(&fold(text), &joined(&words_of(text)))
}

/// Whether a text may say that somebody gets no mail.
pub fn holds_back(text: &str) -> bool {
    leans(text).is_some() || matches!(by_words(text, &words_of(text)), Some(Waits | Unclear))
}

/// The same as [`leans`], of its words.
pub fn gone(folded: &str, words: &[String]) -> Option<SuppressionReason> {
    said_by_sign(folded).or_else(|| words.iter().filter_map(|word| reason_of(word)).max_by_key(rank))
}

/// The words of a text, folded: between signs, and where a capital begins one.
pub fn words_of(heading: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in heading.chars() {
        if !c.is_alphanumeric() || was_lower && c.is_uppercase() {
            words.push(String::new());
        }
        if let Some(last) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            last.push(c);
        }
        was_lower = c.is_lowercase();
    }
    words.iter().map(|word| fold(word)).filter(|word| !word.is_empty()).collect()
}

fn by_signs(folded: &str, words: &[String]) -> Option<Meaning> {
    let has = |signs: &[&str]| signs.iter().any(|sign| folded.contains(&fold(sign)));
    if has(WAITS_SIGNS) {
        return Some(Waits);
    }
    let is_denied = has(NOTS_SIGNS);
    match (gone(folded, words), is_denied) {
        (Some(reason), false) => Some(Gone(reason)),
        (Some(_), true) => Some(Unclear),
        (None, _) if has(CONFIRMS_SIGNS) => Some(if is_denied { Waits } else { Confirmed }),
        (None, false) if has(GETS_SIGNS) => Some(Subscribed),
        _ => None,
    }
}

/// The words, with what is written apart made one: opt-out, do not, double opt-in.
pub fn joined(words: &[String]) -> Vec<String> {
    const PAIRS: &[(&str, &str)] =
        &[("opt", "out"), ("opted", "out"), ("do", "not"), ("don", "t"), ("hard", "bounced")];
    let mut joined: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        match joined.last_mut() {
            Some(last) if PAIRS.contains(&(last.as_str(), word.as_str())) => last.push_str(word),
            _ => joined.push(word.clone()),
        }
    }
    joined
}

/// Whether a word denies.
pub fn is_not(word: &str) -> bool {
    NOTS.contains(&word)
}

fn is_double_opt_in(words: &[String]) -> bool {
    let has = |word: &str| words.iter().any(|own| own == word);
    words.iter().all(|word| is_beside(word)) && has("double") && (has("optin") || has("opt"))
}

/// Whether a word leaves a heading as it is.
pub fn is_beside(word: &str) -> bool {
    BESIDE.contains(&word) || word.bytes().all(|b| b.is_ascii_digit())
}

fn begins(words: &[String], stem: &str) -> bool {
    words.iter().any(|word| word.starts_with(stem))
}

fn reason_of(word: &str) -> Option<SuppressionReason> {
    // Several of them are a count: cancellations of orders, bounces so far.
    let is_count =
        word.ends_with("ations") || word.ends_with("count") || word == "bounces" || word == "stops";
    said_whole(word).or_else(|| said_by_stem(word).filter(|_| !is_count))
}

const fn rank(reason: &SuppressionReason) -> u8 {
    match reason {
        Unsubscribed => 0,
        Manual => 1,
        Bounced => 2,
        Complained => 3,
    }
}
