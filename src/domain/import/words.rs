//! What the words of a status column say, in the nine languages of Postbell;
//! those of further ones are in `tongues`.
//!
//! Sources: the status words that vendors document or that their exports hold
//! (Mailchimp, Substack, Ghost, listmonk, Keila, Buttondown, FeedBurner, Kit,
//! beehiiv, Brevo, ActiveCampaign, MailPoet, Sendy, Campaign Monitor), and
//! what their interfaces call the same in German, French, Spanish, Italian,
//! Portuguese, Japanese, Chinese and Arabic. `fold` makes case, accents and
//! signs equal, so each stands here once.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::fold::{WORD_MOST_BYTES, fold};
use super::tongues;
use crate::domain::SuppressionReason::{self, Bounced, Complained, Manual, Unsubscribed};

/// What a row says of its reader. The later of two counts: nobody is made
/// active who left by another column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Nothing; `--status` may speak for it.
    Nothing,
    /// Follows.
    Active,
    /// Follows, and gets no mail at the moment.
    Paused,
    /// Never confirmed.
    Pending,
    /// Never asked for posts: a customer, a contact.
    Skipped,
    /// Left, bounced, complained, or was blocked.
    Gone(SuppressionReason),
}

impl Said {
    const fn weight(self) -> u8 {
        match self {
            Self::Nothing => 0,
            Self::Active => 1,
            Self::Paused => 2,
            Self::Pending => 3,
            Self::Skipped => 4,
            Self::Gone(Unsubscribed) => 5,
            Self::Gone(Manual) => 6,
            Self::Gone(Bounced) => 7,
            Self::Gone(Complained) => 8,
        }
    }

    /// The one that counts.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if other.weight() > self.weight() { other } else { self }
    }

    /// One word: what `--map-status` takes and reports show.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Pending => "pending",
            Self::Skipped => "skipped",
            Self::Gone(reason) => reason.as_str(),
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        let all = [Self::Nothing, Self::Active, Self::Paused, Self::Pending, Self::Skipped];
        let plain = all.into_iter().find(|said| said.as_str() == word);
        plain.or_else(|| SuppressionReason::parse(word).map(Self::Gone))
    }
}

/// Words, what they say, and whether they say it in any column: a cell that
/// is nothing but `unsubscribed` means it whatever stands above it, while
/// `spam` or `left` may be about something else.
#[rustfmt::skip]
const WORDS: &[(Said, bool, &[&str])] = &[
    (Said::Active, false, &[
        "active", "subscribed", "enabled", "confirmed", "verified", "approved", "granted", "given", "agreed", "accepted", "implied", "explicit", "valid",
        "email subscriber", "reader subscriber", "marketing contact", "genehmigt", "erteilt", "zugestimmt", "accordé", "accordée", "approuvé",
        "approuvée", "otorgado", "concedido", "aprobado", "concesso", "approvato", "aprovado", "同意", "同意済み", "承認済み", "已同意", "已批准", "موافق", "opted in", "opt-in", "optin", "subscriber", "activated",
        "active patron", "express", "implicit", "ok", "cold", "signed up", "aktiv", "abonniert", "bestätigt", "angemeldet", "eingetragen",
        "abonnent", "abonnentin", "freigeschaltet", "abonné", "abonnée", "actif", "inscrit", "inscrite", "confirmé", "confirmée",
        "abonné(e)", "inscrit(e)", "vérifié", "activo", "activa", "suscrito", "suscrita", "suscripto", "suscripta", "confirmado",
        "confirmada", "inscripto", "suscriptor", "attivo", "attiva", "iscritto", "iscritta", "confermato", "confermata", "abbonato",
        "ativo", "ativa", "inscrito", "inscrita", "assinante", "assinado", "購読中", "登録済み", "登録済", "有効", "配信中", "確認済み", "確認済", "登録中",
        "アクティブ", "購読", "已订阅", "订阅", "订阅中", "活跃", "已确认", "已激活", "正常", "启用", "已启用", "已验证", "مشترك", "نشط", "فعال", "مؤكد", "مفعل", "مشتركة",
    ]),
    (Said::Pending, false, &[
        "never", "nie", "niemals", "jamais", "nunca", "mai", "一度も", "从未", "从不", "أبدا", "waitlist", "waitlisted", "declined patron",
        "unconfirmed subscriber", "activation requested", "non-marketing contact", "warteliste", "liste d'attente", "lista de espera",
        "lista d'attesa", "キャンセル待ち", "候补", "قائمة الانتظار",
        "pending", "pending verification", "pending confirmation", "unconfirmed", "unactivated", "not confirmed", "unverified",
        "not verified", "not activated", "awaiting confirmation", "waiting", "opt-in pending", "waiting for confirmation", "unapproved",
        "invited", "confirmation pending", "not yet confirmed", "pending approval", "ausstehend", "unbestätigt", "nicht bestätigt",
        "noch nicht bestätigt", "wartend", "wartet auf bestätigung", "unverifiziert", "en attente", "non confirmé", "non confirmée",
        "en attente de confirmation", "à confirmer", "non vérifié", "pendiente", "sin confirmar", "no confirmado", "no confirmada",
        "pendiente de confirmación", "no verificado", "in attesa", "non confermato", "non confermata", "da confermare",
        "in attesa di conferma", "pendente", "não confirmado", "não confirmada", "aguardando confirmação", "aguardando", "未確認", "保留中",
        "保留", "仮登録", "承認待ち", "確認待ち", "未承認", "未認証", "待确认", "未确认", "待定", "未激活", "等待确认", "待验证", "未验证", "待处理", "قيد الانتظار", "معلق",
        "غير مؤكد", "في انتظار التأكيد", "بانتظار التأكيد", "غير مفعل",
    ]),
    (Said::Pending, false, &["missing", "fehlt", "fehlend", "manque", "manquant", "falta", "manca", "ontbreekt"]),
    (Said::Paused, false, &[
        "paused", "by user", "on hold", "snoozed", "pausiert", "en pause", "pausado", "pausada", "en pausa", "in pausa", "一時停止", "一時停止中", "休止中",
        "已暂停", "暂停", "متوقف مؤقتا", "موقوف مؤقتا",
    ]),
    (Said::Skipped, true, &[
        "nonsubscribed", "non-subscribed", "nonmember", "non-subscriber", "not subscribed", "transactional", "never subscribed", "no permissions set",
        "no opt-in", "not opted in", "nicht abonniert", "non abonné", "no suscrito", "non iscritto", "não inscrito", "未購読", "未订阅",
        "غير مشترك",
    ]),
    (Said::Gone(Unsubscribed), true, &[
        "unsubscribed", "unsubscribe", "unsub", "has unsubscribed", "unfollowed", "on hold opt out", "opted out", "opt-out", "opted-out", "optout", "has opted out", "group unsubscribe",
        "global unsubscribe", "globally unsubscribed", "list unsubscribe", "manually unsubscribed", "do not email", "do not mail",
        "do not contact", "no longer subscribed", "former subscriber", "former patron", "abgemeldet", "abbestellt", "ausgetragen",
        "hat sich abgemeldet", "abonnement beendet", "désabonné", "désabonnée", "désabonné(e)", "désinscrit", "désinscrite",
        "désinscrit(e)", "désinscription", "désabonnement", "dado de baja", "dada de baja", "de baja", "desuscrito", "desuscrita",
        "baja voluntaria", "cancelada suscripción", "no desea recibir", "disiscritto", "disiscritta", "cancellato iscrizione",
        "disiscrizione", "descadastrado", "descadastrada", "desinscrito", "desinscrita", "cancelou a inscrição", "cancelou inscrição",
        "inscrição cancelada", "配信停止", "配信停止済み", "購読解除", "購読解除済み", "購読停止", "退会", "退会済み", "登録解除", "登録解除済み", "已退订", "退订", "取消订阅", "已取消订阅",
        "已取消關注", "已注销", "ألغى الاشتراك", "إلغاء الاشتراك", "تم إلغاء الاشتراك", "ملغى الاشتراك", "ألغت الاشتراك", "منسحب",
    ]),
    (Said::Gone(Unsubscribed), false, &[
        "cancelled", "canceled", "removed", "declined", "denied", "refused", "not granted", "not given", "abgelehnt", "verweigert", "refusé", "refusée",
        "denegado", "rifiutato", "negato", "recusado", "拒否", "拒绝", "رفض", "former", "deleted", "left", "ended", "archived", "stopped", "stop", "disabled",
        "inactive subscriber", "soft deleted", "out", "withdrawn", "revoked", "terminated", "gekündigt", "gelöscht", "entfernt",
        "deaktiviert", "beendet", "widerrufen", "ehemalig", "résilié", "résiliée", "supprimé", "supprimée", "annulé", "annulée",
        "désactivé", "retiré", "parti", "baja", "cancelado", "cancelada", "eliminado", "eliminada", "anulado", "desactivado", "retirado",
        "cancellato", "cancellata", "annullato", "rimosso", "rimossa", "eliminato", "eliminata", "disattivato", "removido", "removida",
        "excluído", "excluída", "desativado", "saiu", "apagado", "解除", "解除済み", "停止", "停止中", "解約", "解約済み", "キャンセル", "キャンセル済み", "削除済み", "削除",
        "已取消", "已删除", "已移除", "已停用", "停用", "已禁用", "注销", "ملغى", "ملغي", "محذوف", "معطل", "غادر",
    ]),
    (Said::Gone(Bounced), true, &[
        "bounced", "hard bounced", "on hold bounce", "hard bounce", "hardbounce", "soft bounced", "soft bounce", "undeliverable", "email bounced",
        "permanent bounce", "permanent failure", "invalid email", "bad email address", "cleaned", "unzustellbar", "nicht zustellbar",
        "gebounct", "gebounced", "non distribuable", "rebondi", "rebotado", "rebotada", "rimbalzato", "rimbalzata", "email devolvido",
        "bounce", "バウンス", "不達", "配信不能", "宛先不明", "退信", "硬退信", "软退信", "无法送达", "已退信", "مرتد", "مرتدة",
    ]),
    (Said::Gone(Bounced), false, &[
        "invalid", "unreachable", "bouncing", "by bounces", "hard", "permanent", "dead", "returned", "rejected", "failed", "ungültig", "zurückgewiesen",
        "unerreichbar", "invalide", "rejeté", "rejetée", "rebond", "injoignable", "inválido", "inválida", "rebote", "devuelto",
        "rechazado", "non valido", "non valida", "respinto", "rimbalzo", "rejeitado", "rejeitada", "devolvido", "devolvida", "retornado",
        "エラー", "無効", "エラー停止", "无效", "已退回", "退回", "غير صالح", "مرفوض", "غير صالحة",
    ]),
    (Said::Gone(Complained), true, &[
        "complained", "complaint", "isp complained", "abused", "spam complaint", "spam report", "spam reported", "marked as spam", "reported spam", "abuse report",
        "reported as spam", "als spam gemeldet", "als spam markiert", "spam-beschwerde", "marqué comme spam", "marqué comme indésirable",
        "signalé comme spam", "marcado como spam", "denunciado como spam", "segnalato come spam", "marcou como spam", "迷惑メール報告",
        "迷惑メール報告済み", "苦情", "已投诉", "投诉", "标记为垃圾邮件", "举报为垃圾邮件", "垃圾邮件投诉", "بلغ عن بريد مزعج", "شكوى",
    ]),
    (Said::Gone(Complained), false, &[
        "spam", "reported", "abuse", "junk", "fbl", "beschwerde", "plainte", "indésirable", "queja", "denunciado", "reclamo", "segnalato",
        "reclamação", "迷惑メール", "垃圾邮件", "举报", "已举报", "بريد مزعج", "مزعج",
    ]),
    (Said::Gone(Manual), true, &[
        "blocklisted", "blacklisted", "blocked subscriber", "by moderator", "block listed", "black listed", "suppressed", "user suppressed", "manual suppression", "on suppression list",
        "auf der sperrliste", "auf der blacklist", "sur liste noire", "en lista negra", "in lista nera", "na lista negra", "ブラックリスト",
        "黑名单", "已拉黑", "القائمة السوداء",
    ]),
    (Said::Gone(Manual), false, &[
        "blocked", "banned", "manual", "excluded", "gesperrt", "blockiert", "ausgeschlossen", "bloqué", "bloquée", "exclu", "bloqueado",
        "bloqueada", "bloccato", "bloccata", "escluso", "ブロック", "ブロック済み", "已屏蔽", "已阻止", "屏蔽", "محظور", "محظورة",
    ]),
];

/// What somebody pays says that they follow; only where a status is said to
/// stand, as "free" is a word for much else.
const TIERS: &[&str] =
    &["free", "paid", "premium", "regular", "gifted", "comp", "member", "owner", "pro", "founding", "trial"];

/// What stands in a cell that holds nothing at all.
const BLANKS: &[&str] = &["null", "nil", "nan", "undefined"];
/// Words and signs for nothing; in a column of status, nobody knows what of.
#[rustfmt::skip]
const NULLS: &[&str] = &[
        "none", "na", "unknown", "never", "keine", "nie", "jamais", "aucun", "nunca", "ninguno", "mai", "nessuno", "nenhum", "なし", "无",
        "لا يوجد", "لا شيء",
    ];
#[rustfmt::skip]
const YES: &[&str] = &[
        "yes", "y", "true", "t", "1", "on", "x", "checked", "ja", "j", "an", "erwünscht", "wahr", "oui", "vrai", "o", "sí", "s", "verdadero", "vero", "sim",
        "verdadeiro", "はい", "有", "真", "是", "对", "نعم", "صحيح",
    ];
#[rustfmt::skip]
const NO: &[&str] = &[
        "nee", "no", "n", "false", "f", "0", "off", "unchecked", "nein", "aus", "unerwünscht", "nicht erwünscht", "kein", "keine", "falsch", "non", "faux", "falso", "não", "いいえ", "無", "偽", "否", "不是", "假",
        "لا", "خطأ",
    ];

static ALL: LazyLock<HashMap<String, (Said, bool)>> = LazyLock::new(|| {
    let own = WORDS.iter().map(|(said, is_sure, words)| (*said, *is_sure, *words));
    let further = tongues::WORDS.iter().map(|(_, said, is_sure, words)| (*said, *is_sure, *words));
    let rows = own.chain(further);
    let words =
        rows.flat_map(|(said, is_sure, words)| words.iter().map(move |word| (fold(word), (said, is_sure))));
    // What is said of somebody who left wins over what the same letters may mean elsewhere.
    let mut all: HashMap<String, (Said, bool)> = HashMap::new();
    for (word, said) in words {
        let entry = all.entry(word).or_insert(said);
        if said.0.weight() > entry.0.weight() {
            *entry = said;
        }
    }
    all
});
static FLAGS: LazyLock<HashMap<String, bool>> = LazyLock::new(|| {
    let flags = |words: &[&str], is_yes| words.iter().map(|word| (fold(word), is_yes)).collect::<Vec<_>>();
    let further = [(tongues::YES, true), (tongues::NO, false)];
    let further = further.into_iter().flat_map(|(words, is_yes)| flags(words, is_yes));
    further.chain(flags(YES, true)).chain(flags(NO, false)).collect()
});

/// What a word of a status column says; `None` for one that nobody knows.
pub fn word(cell: &str) -> Option<Said> {
    if cell.len() > WORD_MOST_BYTES {
        return sure_start(cell);
    }
    let folded = fold(cell);
    let known = ALL.get(&folded).map(|(said, _)| *said);
    let tier = || TIERS.contains(&folded.as_str()).then_some(Said::Active);
    known.or_else(tier).or_else(|| sure_start(cell))
}

/// What a word says wherever it stands.
pub fn sure_word(cell: &str) -> Option<Said> {
    if cell.len() > WORD_MOST_BYTES || cell.len() < 4 {
        return None;
    }
    ALL.get(&fold(cell)).filter(|(_, is_sure)| *is_sure).map(|(said, _)| *said)
}

/// A status word in itself, not counting what anybody may pay.
pub fn status_word(cell: &str) -> Option<Said> {
    (cell.len() <= WORD_MOST_BYTES).then(|| ALL.get(&fold(cell)).map(|(said, _)| *said)).flatten()
}

/// The same of a piece of a remark: "Unsubscribed on 4 March 2024" too.
pub fn sure_piece(piece: &str) -> Option<Said> {
    let is_dated = piece.len() <= WORD_MOST_BYTES && piece.bytes().any(|b| b.is_ascii_digit());
    sure_word(piece).or_else(|| is_dated.then(|| sure_start(piece)).flatten())
}

/// "Unsubscribed on 4 March", "Bounced (550 5.1.1)".
fn sure_start(cell: &str) -> Option<Said> {
    let start: Vec<&str> = cell.split_whitespace().take(3).collect();
    (1..=start.len()).rev().find_map(|count| {
        let (said, is_sure) = *ALL.get(&fold(&start[..count].join(" ")))?;
        (is_sure && matches!(said, Said::Gone(_))).then_some(said)
    })
}

/// Yes or no, if it is one of them.
pub fn flag(cell: &str) -> Option<bool> {
    match cell {
        "1.0" | "✓" | "✔" | "☑" | "✅" | "○" | "◯" | "⭕" => Some(true),
        _ if cell == "☐" || cell == "0.0" || is_cross(cell) => Some(false),
        // MySQL's NULL is no "n".
        "\\N" => None,
        _ if cell.len() > 24 => None,
        _ => FLAGS.get(&fold(cell)).copied(),
    }
}

/// Longest sentence that begins with yes or no.
const ANSWER_MOST_BYTES: usize = 200;
/// Words that are yes and no wherever they are spoken, folded.
#[rustfmt::skip]
const SPOKEN: &[(bool, &[&str])] = &[
    (true, &["yes", "ja", "oui", "si", "sim", "tak", "да", "так", "ano", "evet", "igen", "はい", "是", "نعم"]),
    (false, &["no", "nein", "non", "nao", "nee", "nie", "nej", "нет", "ні", "hayir", "nem", "いいえ", "否", "لا"]),
];

/// Yes or no, with little beside it as well, or as a sentence of its own: "No
/// thanks", "Ja, gerne", "Yes, please send me each post".
pub fn answer(cell: &str) -> Option<bool> {
    if let Some(is_yes) = flag(cell) {
        return Some(is_yes);
    }
    let (first, behind) = cell.split_at(cell.find(|c: char| !c.is_alphanumeric()).unwrap_or(cell.len()));
    let is_few = cell.len() <= 40 && cell.split_whitespace().count() <= 4;
    let is_answer =
        behind.trim_start().starts_with([',', '.', '!', ';', ':', '-', '–', '—', '、', '，', '。']);
    let first = fold(first);
    let is_few = (is_few || is_answer && cell.len() <= ANSWER_MOST_BYTES) && !first.is_empty();
    let said = SPOKEN.iter().find(|(_, words)| words.iter().any(|word| fold(word) == first));
    said.filter(|_| is_few).map(|(is_yes, _)| *is_yes)
}

/// Whether it is a cross: no beside a tick; alone in a column nobody knows.
pub fn is_cross(cell: &str) -> bool {
    ["✗", "✘", "×", "✕", "✖", "❌", "❎"].contains(&cell)
}

/// Whether a cell holds nothing: empty, `NULL`, `0000-00-00 00:00:00`, a rule.
pub fn is_blank(cell: &str) -> bool {
    let is_of = |signs: &[u8]| cell.bytes().all(|b| signs.contains(&b));
    // Moment 0 of a computer, or of a spreadsheet.
    let is_first = ["1970-01-01", "01/01/1970", "1/1/1970", "01.01.1970", "0001-01-01", "1900-01-00"]
        .iter()
        .any(|first| cell.starts_with(first));
    let is_zeros = is_first || cell.len() > 1 && cell.contains('0') && is_of(b"0-:/. T");
    let is_rule = cell.len() > 2 && is_of(b"-=:");
    let is_word = || BLANKS.contains(&fold(cell).as_str()) || ["\\N", "[]", "{}"].contains(&cell);
    cell.is_empty() || cell.len() <= 24 && (is_zeros || is_rule || is_word())
}

/// Whether it says nothing, in a dash or a word as well: `-`, `none`. Any
/// other sign is somebody's own.
pub fn is_null(cell: &str) -> bool {
    static FOLDED: LazyLock<HashSet<String>> =
        LazyLock::new(|| NULLS.iter().map(|word| fold(word)).collect());
    let is_dash = || cell.chars().all(|c| matches!(c, '-' | '–' | '—' | '−' | '_' | '.' | '…' | '/'));
    is_blank(cell) || cell.len() <= 24 && (FOLDED.contains(&fold(cell)) || is_dash())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_nine_languages_say_who_left() {
        for (cell, said) in [
            ("Subscribed", Some(Said::Active)),
            ("UNSUB", Some(Said::Gone(Unsubscribed))),
            ("Opted-Out", Some(Said::Gone(Unsubscribed))),
            ("Abgemeldet", Some(Said::Gone(Unsubscribed))),
            ("Désabonné", Some(Said::Gone(Unsubscribed))),
            ("Dado de baja", Some(Said::Gone(Unsubscribed))),
            ("Disiscritta", Some(Said::Gone(Unsubscribed))),
            ("descadastrado", Some(Said::Gone(Unsubscribed))),
            ("配信停止", Some(Said::Gone(Unsubscribed))),
            ("已退订", Some(Said::Gone(Unsubscribed))),
            ("تم إلغاء الاشتراك", Some(Said::Gone(Unsubscribed))),
            ("Cleaned", Some(Said::Gone(Bounced))),
            ("Marked as spam", Some(Said::Gone(Complained))),
            ("Not confirmed", Some(Said::Pending)),
            ("unactivated", Some(Said::Pending)),
            ("未確認", Some(Said::Pending)),
            ("Unsubscribed (4 March 2024)", Some(Said::Gone(Unsubscribed))),
            ("Not unsubscribed", None),
            ("inactive", None),
            ("whatever", None),
        ] {
            assert_eq!(word(cell), said, "{cell}");
        }
    }

    #[test]
    fn no_word_says_two_things_and_every_flag_is_one() {
        let further = tongues::WORDS.iter().map(|(_, said, _, words)| (said, words));
        for (said, words) in WORDS.iter().map(|(said, _, words)| (said, words)).chain(further) {
            for text in *words {
                assert!(word(text).is_some_and(|found| found.weight() >= said.weight()), "{text}");
            }
        }
        for (cell, is_yes) in
            [("TRUE", true), ("Ja", true), ("WAHR", true), ("no", false), ("FAUX", false), ("0", false)]
        {
            assert_eq!(flag(cell), Some(is_yes), "{cell}");
        }
        for cell in ["", "NULL", "-", "n/a", "0000-00-00 00:00:00", "\\N"] {
            assert!(is_null(cell), "{cell}");
        }
        for cell in ["0", "2024-01-01", "no", "+", "×", "*", "👍", "?"] {
            assert!(!is_null(cell), "{cell}");
        }
        assert!(is_blank("NULL") && !is_blank("-") && !is_blank("none"), "these are words of a status");
    }

    #[test]
    fn what_counts_is_the_harder_of_two() {
        assert_eq!(Said::Active.and(Said::Gone(Unsubscribed)), Said::Gone(Unsubscribed));
        assert_eq!(Said::Gone(Complained).and(Said::Active), Said::Gone(Complained));
        for said in [
            "nothing",
            "active",
            "paused",
            "pending",
            "skipped",
            "unsubscribed",
            "bounced",
            "complained",
            "manual",
        ] {
            assert_eq!(Said::parse(said).map(Said::as_str), Some(said));
        }
    }
}
