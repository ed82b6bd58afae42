//! What the name of a file, or a line between its rows, says of everybody in
//! it. Names are written freely: words are bent, glued together and stand
//! beside others. A blog may be about spam, so a word that means much else
//! counts only where nothing but it and words for a list stand in the name.

use super::fold::fold;
use super::leaving::{joined, leans};
use super::words::{Said, status_word, sure_word};
use crate::domain::SuppressionReason::{Bounced, Complained, Manual, Unsubscribed};

/// How words, folded, begin that say it wherever they stand. Of two the first
/// counts: "suppression_unsubscribes" are those who left.
#[rustfmt::skip]
const STEMS: &[(Said, &[&str])] = &[
    (Said::Gone(Unsubscribed), &[
        "unsubs", "optout", "optedout", "abgemeld", "abmeld", "abbestell", "ausgetragen", "austragungen", "desabonn", "desinscri",
        "desuscri", "disiscri", "descadastr", "dadosdebaja", "dadasdebaja", "dadodebaja", "bajas", "uitgeschreven", "afgemeld",
        "отпис", "відпис", "wypisan", "odhlasen", "afmeldt", "avregistr", "avprenum", "avmeldt", "frameldt", "leiratkoz", "dezabon", "odjavljen",
    ]),
    (Said::Gone(Bounced), &["bounced", "bounces", "hardbounc", "softbounc", "undeliverable", "unzustellbar"]),
    (Said::Gone(Complained), &["complaints", "complainers", "spamcomplain", "spamreport"]),
    (Said::Gone(Manual), &["blocklist", "blacklist", "suppress", "sperrliste", "listenoire", "listanegra", "listanera"]),
    (Said::Pending, &[
        "unconfirmed", "unverified", "notconfirmed", "unactivated", "unbestatigt", "nichtbestatigt", "nonconfirm", "nonconferm",
        "sinconfirmar", "noconfirmad", "naoconfirmad",
    ]),
    (Said::Skipped, &["nonsubscribed", "nonsubscriber"]),
];

/// The same in languages that write words together, anywhere in the name.
#[rustfmt::skip]
const SIGNS: &[(Said, &[&str])] = &[
    (Said::Gone(Unsubscribed), &[
        "配信停止", "購読解除", "購読停止", "退会", "登録解除", "解約", "退订", "取消订阅", "退訂", "注销", "إلغاء الاشتراك", "الملغى اشتراكهم", "منسحب", "ألغوا الاشتراك",
        "수신거부", "구독취소", "구독해지", "탈퇴",
    ]),
    (Said::Gone(Bounced), &["バウンス", "不達", "宛先不明", "退信", "مرتد"]),
    (Said::Gone(Complained), &["迷惑メール報告", "投诉", "شكاوى"]),
    (Said::Gone(Manual), &["ブラックリスト", "黑名单", "القائمة السوداء"]),
    (Said::Pending, &["未確認", "未承認", "仮登録", "確認待ち", "未确认", "待确认", "未验证", "غير مؤكد", "قيد الانتظار"]),
];

/// More words that say it beside words for a list alone.
#[rustfmt::skip]
const ALONE: &[(Said, &[&str])] = &[
    (Said::Gone(Unsubscribed), &[
        "quit", "quitters", "leavers", "ex", "past", "kundigungen", "ehemals", "ancien", "anciens", "anciennes", "antiguo", "antiguos", "antigos",
        "vecchi", "解除", "解除済み", "已取消", "ملغى",
    ]),
    (Said::Gone(Bounced), &["bounce", "dead", "npai", "erreurs", "errors"]),
    // Nobody knows what for: no mail until they confirm.
    (Said::Pending, &[
        "inactive", "inaktiv", "inaktive", "inactif", "inactifs", "inactivo", "inactivos", "inattivi", "inativos", "休眠", "非アクティブ", "不活跃",
        "غير نشط",
    ]),
];

/// Words of a status that are as often about something else than those in the
/// list: typed by hand, out now.
const ELSE: &[&str] = &["manual", "permanent", "hard", "out", "stop", "cold", "failed"];

/// Words for a list and those on it, folded.
#[rustfmt::skip]
const LISTS: &[&str] = &[
    "list", "lists", "liste", "listen", "lista", "export", "exports", "email", "emails", "mail", "mails", "mailing", "mailinglist", "address",
    "addresses", "adresse", "adressen", "adresses", "direcciones", "indirizzi", "enderecos", "contact", "contacts", "kontakte", "contactos",
    "contatti", "contatos", "subscriber", "subscribers", "subscription", "subscriptions", "abonnent", "abonnenten", "abos", "abonne", "abonnes",
    "suscriptores", "iscritti", "abbonati", "assinantes", "inscritos", "reader", "readers", "leser", "lecteurs", "lectores", "lettori",
    "leitores", "follower", "followers", "member", "members", "mitglieder", "membres", "miembros", "membri", "membros", "user", "users",
    "nutzer", "people", "those", "who", "that", "have", "has", "of", "from", "der", "die", "das", "les", "des", "de", "los", "las", "gli",
    "audience", "newsletter", "csv", "txt", "data", "all", "alle", "tous", "todos", "tutti", "new", "old", "copy", "final",
];

/// Beside these the list is of others than those that the word is about.
#[rustfmt::skip]
const WITHOUT: &[&str] = &[
    "not", "no", "non", "nicht", "without", "except", "excluding", "excl", "minus", "ohne", "sans", "sin", "senza", "sem", "kein", "keine",
];
/// Beside these it is of both, and nobody knows who is who.
#[rustfmt::skip]
const WITH: &[&str] = &[
    "and", "or", "plus", "with", "incl", "including", "subscribed", "active", "und", "mit", "inkl", "aktive", "et", "avec", "y", "con", "e",
];
/// Words of a name; a line of more is prose.
const NAME_MOST_WORDS: usize = 8;

/// Beside these a word of leaving may be about a page, a link, a repair, or
/// about what was taken out of the list.
#[rustfmt::skip]
const DOUBTS: &[&str] = &[
    "free", "frei", "libre", "less", "safe", "proof", "fix", "fixed", "link", "links", "button", "page", "form", "footer", "test", "template",
    "rate", "policy", "how", "howto", "to", "bug", "issue", "removed", "cleaned", "cleansed", "scrubbed", "entfernt", "bereinigt", "seite",
    "lien", "enlace", "pagina", "nettoye", "nettoyee", "limpia", "limpio", "pulita", "pulito",
];
/// The same in languages that write words together.
#[rustfmt::skip]
const DOUBT_SIGNS: &[&str] = &[
    "abmeldelink", "abmeldeseite", "abmeldeform", "リンク", "ページ", "なし", "除外", "链接", "页面", "除去", "رابط", "صفحة",
];
/// Words that name the act of leaving, not those who left: clear only where
/// all beside them are words for a list.
#[rustfmt::skip]
const ACTS: &[&str] = &[
    "unsubscribe", "unsubscribing", "unsubscription", "unsub", "optout", "abmeld", "abmeldung", "abmelden", "abbestellen", "abbestellung",
    "desabonnement", "desinscription", "desuscripcion", "disiscrizione", "descadastro", "suppress",
];
/// Words of time beside them.
#[rustfmt::skip]
const TIMES: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "january", "february", "march", "april", "june", "july",
    "august", "september", "october", "november", "december", "januar", "februar", "marz", "mai", "juni", "juli", "oktober", "dezember",
    "today", "my", "our", "meine", "mes", "mis", "google", "mailchimp", "sendgrid", "brevo", "substack", "ghost", "postmark", "mailgun", "ses",
    "group", "global", "report", "reports", "results", "log", "backup", "download", "reason", "reasons", "date", "dates",
];

/// What the name of a file says of everybody in it, or a line above its heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What it says, or may say.
    pub said: Said,
    /// Whether it surely says it, and is about nothing else.
    pub is_clear: bool,
    /// The name, or the line.
    pub text: String,
}

/// What a name says, and how surely.
pub fn named(text: &str) -> Option<Named> {
    let said = said_by_name(text)?;
    let tokens = joined(&tokens(text));
    let is_beside = |token: &str| {
        LISTS.contains(&token) || TIMES.contains(&token) || token.bytes().any(|b| b.is_ascii_digit())
    };
    let has = |word: &str| tokens.iter().any(|token| token == word);
    let glued = tokens.concat();
    let has_doubt = DOUBTS.iter().any(|word| has(word) && *word != "cleaned" && *word != "removed")
        || DOUBT_SIGNS.iter().any(|sign| glued.contains(&fold(sign)));
    let leaves = tokens.iter().filter(|token| leans(token).is_some()).count();
    // "unsubscribes removed": a list without them.
    let is_taken_out = (has("removed") || has("cleaned")) && leaves > usize::from(has("removed"));
    let is_act = tokens.iter().any(|token| ACTS.contains(&token.as_str()))
        && !tokens.iter().all(|token| ACTS.contains(&token.as_str()) || is_beside(token));
    // Mailchimp's word for those who bounced is anybody's for a good list.
    let is_cleaned = has("cleaned") && said == Said::Gone(Bounced) && !has("export");
    let is_clear = !(has_doubt || is_taken_out || is_act || is_cleaned);
    Some(Named { said, is_clear, text: text.chars().take(100).collect() })
}

/// Whether a name speaks of those who follow, and of nobody who left:
/// "subscribed_members_export", "abonnés".
pub fn speaks_of_followers(text: &str) -> bool {
    #[rustfmt::skip]
    const FOLLOWERS: [&str; 14] = [
        "subscribed", "subscriber", "subscribers", "follower", "followers", "active", "confirmed", "abonnenten", "abonnes", "suscriptores",
        "iscritti", "abbonati", "assinantes", "inscritos",
    ];
    let tokens = tokens(text);
    let has = |words: &[&str]| tokens.iter().any(|token| words.contains(&token.as_str()));
    has(&FOLLOWERS)
        && !has(WITHOUT)
        && tokens.len() <= NAME_MOST_WORDS
        && named(text).is_none()
        && leans(text).is_none()
}

fn tokens(name: &str) -> Vec<String> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let parts = stem.split(|c: char| !c.is_alphanumeric());
    parts.map(fold).filter(|token| !token.is_empty()).take(40).collect()
}

/// What the name of a file, or a line above its heading, says of everybody in
/// the file.
pub fn said_by_name(name: &str) -> Option<Said> {
    let tokens = tokens(name);
    let (said, rest) = found(&tokens).or_else(|| {
        let glued = tokens.concat();
        let is_in = |sign: &&str| glued.contains(&fold(sign));
        let sign = SIGNS.iter().find(|(_, signs)| signs.iter().any(&is_in));
        sign.map(|(said, _)| (*said, Vec::new()))
    })?;
    let has = |words: &[&str]| rest.iter().any(|token| words.contains(&token.as_str()));
    match () {
        () if has(WITHOUT) => None,
        () if has(WITH) || rest.len() > NAME_MOST_WORDS => Some(Said::Pending),
        () => Some(said),
    }
}

/// What words in a row say, and the words beside them.
fn found(tokens: &[String]) -> Option<(Said, Vec<&String>)> {
    let runs = || {
        (1..=3).flat_map(|count| {
            tokens.windows(count).enumerate().map(move |(at, run)| (at, count, run.concat()))
        })
    };
    let rest = |at: usize, count: usize| tokens[..at].iter().chain(&tokens[at + count..]).collect::<Vec<_>>();
    for (said, stems) in STEMS {
        let begins = |run: &str| stems.iter().any(|stem| run.starts_with(stem));
        if let Some((at, count, _)) =
            runs().find(|(.., run)| begins(run) || run == "unsub" && *said == STEMS[0].0)
        {
            return Some((*said, rest(at, count)));
        }
    }
    for (at, count, run) in runs() {
        let beside = rest(at, count);
        let is_alone = beside.iter().all(|token| {
            LISTS.contains(&token.as_str())
                || WITHOUT.contains(&token.as_str())
                || WITH.contains(&token.as_str())
                || token.bytes().any(|b| b.is_ascii_digit())
        });
        // Cleaned lists are what is left after cleaning, but for Mailchimp's own word.
        let is_cleaned = run == "cleaned";
        let sure = sure_word(&run).filter(|_| !is_cleaned && run != "bounce");
        let said = sure.or_else(|| if is_alone && !(is_cleaned && at > 0) { alone(&run) } else { None });
        if let Some(said) = said {
            return Some((said, beside));
        }
    }
    None
}

/// What a word says that stands alone, in the forms that languages bend it to.
fn alone(word: &str) -> Option<Said> {
    let letters: Vec<char> = word.chars().collect();
    let shorter = |by: usize| {
        letters
            .len()
            .checked_sub(by)
            .filter(|left| *left >= 4)
            .map(|left| letters[..left].iter().collect::<String>())
    };
    let forms = [Some(word.to_owned()), shorter(1), shorter(2), shorter(1).map(|stem| stem + "o")];
    forms.into_iter().flatten().filter(|form| !ELSE.contains(&form.as_str())).find_map(|form| {
        let own =
            ALONE.iter().find(|(_, words)| words.iter().any(|own| fold(own) == form)).map(|(said, _)| *said);
        own.or_else(|| status_word(&form)).filter(|said| !matches!(said, Said::Active | Said::Nothing))
    })
}

/// A line of its own between addresses: what is said of those below it.
pub fn said_by_section(line: &str) -> Option<Said> {
    status_word(line).or_else(|| said_by_name(line))
}

/// Whether a line has nothing but words for a list, signs and times.
pub fn is_of_list(line: &str) -> bool {
    let tokens =
        line.split(|c: char| !c.is_alphanumeric()).map(fold).filter(|token| token.chars().count() > 1);
    let is_known = |token: &str| {
        LISTS.contains(&token) || TIMES.contains(&token) || token.bytes().all(|b| b.is_ascii_digit())
    };
    tokens.into_iter().all(|token| is_known(&token))
}

/// Whether such a line says that those below it follow: a word for that beside
/// words for a list. `None` where it says something of the kind, and nobody
/// knows what: "No longer active".
pub fn ends_section(line: &str) -> Option<bool> {
    let tokens = || line.split(|c: char| !c.is_alphanumeric()).map(fold).filter(|token| !token.is_empty());
    let is_number = |token: &str| token.bytes().all(|b| b.is_ascii_digit());
    let follows = |token: &str| {
        let stem = token.trim_end_matches(['s', 'e', 'n', 'r']);
        [token, stem].iter().any(|form| status_word(form) == Some(Said::Active))
    };
    let is_list = |token: &str| token != "old" && LISTS.contains(&token);
    let fits = |token: String| follows(&token) || is_list(&token) || is_number(&token);
    let is_told = tokens().any(|token| {
        let tells = follows(&token) || status_word(&token).is_some();
        tells && !LISTS.contains(&token.as_str())
    });
    if is_told && !tokens().all(fits) { None } else { Some(is_told) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_may_say_it_of_everybody() {
        const LEFT: Option<Said> = Some(Said::Gone(Unsubscribed));
        const BOUNCED: Option<Said> = Some(Said::Gone(Bounced));
        for (name, said) in [
            ("unsubscribed_email_audience_export_1a2b.csv", LEFT),
            ("cleaned_members_export_1a2b.csv", BOUNCED),
            ("nonsubscribed_email_audience_export_1a2b.csv", Some(Said::Skipped)),
            ("My opt-outs 2024.csv", LEFT),
            ("all_unsubscribed.csv", LEFT),
            ("suppression_unsubscribes.csv", LEFT),
            ("Hard bounces.csv", BOUNCED),
            ("dead addresses.csv", BOUNCED),
            ("abgemeldet.csv", LEFT),
            ("abgemeldete.csv", LEFT),
            ("Abmeldeliste Mai.csv", LEFT),
            ("gelöschte Kontakte.csv", LEFT),
            ("ehemalige Leser.csv", LEFT),
            ("désabonnés.csv", LEFT),
            ("anciens abonnés.csv", LEFT),
            ("cancelados.csv", LEFT),
            ("disiscritti.csv", LEFT),
            ("cancellati.csv", LEFT),
            ("descadastrados.csv", LEFT),
            ("uitgeschreven.csv", LEFT),
            ("退会者リスト.csv", LEFT),
            ("配信停止.csv", LEFT),
            ("退订用户.csv", LEFT),
            ("المنسحبون.csv", LEFT),
            ("people who left.csv", LEFT),
            ("removed_subscribers.csv", LEFT),
            ("lista negra.csv", Some(Said::Gone(Manual))),
            ("non confirmés.csv", Some(Said::Pending)),
            ("pendientes.csv", Some(Said::Pending)),
            ("未確認.csv", Some(Said::Pending)),
            ("inactive.csv", Some(Said::Pending)),
            ("active-and-unsubscribed.csv", Some(Said::Pending)),
            ("subscribed_email_audience_export_1a2b.csv", None),
            ("all-without-unsubscribed.csv", None),
            ("Leser ohne Abgemeldete.csv", None),
            ("subscribers-cleaned.csv", None),
            ("spam-diary.csv", None),
            ("left-foot.csv", None),
            ("The Removed.csv", None),
            ("Café Bounce.csv", None),
            ("manual list.csv", None),
            ("abonnés.csv", None),
            ("followers.csv", None),
        ] {
            assert_eq!(said_by_name(name), said, "{name}");
        }
    }

    #[test]
    fn a_name_that_may_be_about_something_else_is_not_clear() {
        for name in [
            "optout-free.csv",
            "unsubscribe-link-fixed.csv",
            "opt-out page.csv",
            "cleaned-list.csv",
            "cleaned.csv",
            "unsubscribes removed.csv",
            "bounces-cleaned.csv",
            "abmeldelink repariert.csv",
            "Abmeldung Reiseblog.csv",
            "désabonnement lien.csv",
            "配信停止リンク.csv",
            "退订链接.csv",
            "Unsubscribe link: https://blog.example/leave",
        ] {
            assert!(named(name).is_none_or(|named| !named.is_clear), "{name}: {:?}", named(name));
        }
        for name in [
            "unsubscribed_email_audience_export_1a2b.csv",
            "cleaned_members_export_1a2b.csv",
            "unsubscribed from Kim's blog.csv",
            "My opt-outs 2024.csv",
            "opt-out list May.csv",
            "removed_subscribers.csv",
            "Abmeldeliste Mai.csv",
            "désabonnés voyage.csv",
            "退会者リスト.csv",
            "suppression_unsubscribes.csv",
        ] {
            assert!(named(name).is_some_and(|named| named.is_clear), "{name}: {:?}", named(name));
        }
    }
}
