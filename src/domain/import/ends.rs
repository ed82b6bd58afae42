//! Words of leaving, bouncing, complaining and blocking: one table for what a
//! heading says by itself, and for what it does to the question beside it.

use std::sync::LazyLock;

use super::fold::fold;
use crate::domain::SuppressionReason::{self, Bounced, Complained, Manual, Unsubscribed};
use Of::{Both, Says, Turns};

/// What words do in a heading.
#[derive(Debug, Clone, Copy)]
enum Of {
    /// They say that somebody is gone, and turn a question round.
    Both(SuppressionReason),
    /// They say that somebody is gone; beside a question they are about
    /// something else, or judged elsewhere.
    Says(SuppressionReason),
    /// They turn a question round, and by themselves are about something else.
    Turns,
}

impl Of {
    const fn reason(self) -> Option<SuppressionReason> {
        match self {
            Both(reason) | Says(reason) => Some(reason),
            Turns => None,
        }
    }

    const fn turns(self) -> bool {
        matches!(self, Both(_) | Turns)
    }
}

type Table = &'static [(Of, &'static [&'static str])];

/// How words begin, folded: English, German, French, Spanish, Italian,
/// Portuguese, Dutch, and what exports in further languages have.
#[rustfmt::skip]
const STEMS: Table = &[
    (Both(Complained), &["complain"]),
    (Says(Complained), &["spam", "abuse", "junk", "beschwer", "plaint", "plaign", "queja", "reclam", "segnalat", "denunci", "klacht"]),
    (Both(Bounced), &["bounc"]),
    (Says(Bounced), &[
        "hardbounc", "undeliver", "unreachable", "invalid", "unzustell", "unerreichbar", "ungultig", "injoign", "npai", "rebot",
        "rimbalz", "devolvid", "devuelt", "onbestelbaar",
    ]),
    (Both(Manual), &["blacklist", "blocklist", "sperr", "esclus"]),
    (Says(Manual), &[
        "blocked", "blockiert", "bloque", "bloqu", "bloccat", "geblokkeerd", "gesperrt", "banned", "suspend", "excluded", "ausgeschloss",
    ]),
    (Both(Unsubscribed), &[
        "unsub", "suppress", "cancel", "stop", "terminat", "remov", "delet", "withdr", "revok", "revoc", "declin", "reject", "refus",
        "discontin", "ceased", "erased", "erasure", "forgotten", "anonym", "abgemeld", "abmeld", "abbestell", "ausgetragen", "austrag",
        "austritt", "gekundig", "kundig", "widerr", "widerspr", "widersproch", "beend", "storn", "gelosch", "losch", "entfern", "deaktiv",
        "abgelehn", "verweiger", "entzogen", "resili", "desabo", "desinscri", "desactiv", "supprim", "annul", "arret", "revoqu", "oppos",
        "desuscri", "anulad", "eliminad", "rechaz", "disiscri", "disdett", "disattiv", "eliminat", "rimoss", "rifiut", "descadastr",
        "removid", "desativ", "revog", "recus", "uitschrij", "uitgeschreven", "afgemeld", "afmeld", "opgezegd", "opzeg", "beeindig",
        "gestopt", "verwijderd", "geannuleerd", "wypis", "usuniet", "anulow", "rezygn", "zrezygn", "wyrejestr", "odsubskryb", "odhlas",
        "odstran", "smazan", "zrusen", "odmit", "avregist", "avprenum", "avanmal", "borttag", "raderad", "uppsagd", "avslutad", "frameld",
        "slettet", "fjernet", "opsagt", "oppsagt", "avmeld", "avsluttet", "peruut", "perutt", "poistet", "poistun", "lopetet", "iptal",
        "leirat", "torolt", "lemond", "dezabon", "odjavlj", "obrisan", "otkazan",
    ]),
    (Says(Unsubscribed), &[
        "optout", "optedout", "unfollow", "deactivat", "disabled", "archiv", "resign", "churn", "quit", "leaving", "leaver", "dropped",
        "donot", "dont", "noemail", "nomail", "nomore", "ausgetreten", "ausgeschieden", "retire", "retrait", "retirad", "abandon",
        "ritirat", "recess", "abbandon", "excluid", "desist", "arquivad", "encerrad", "ehemal",
    ]),
    (Turns, &[
        "disabl", "exclud", "denied", "deactiv", "inactiv", "expired", "lapsed", "gesperr", "inaktiv", "ausgeschlossen", "inactif",
        "exclui", "cessat",
    ]),
];
/// The same as whole words: they begin much else.
#[rustfmt::skip]
const WHOLE: Table = &[
    (Says(Bounced), &["dead"]),
    (Both(Manual), &["exclu", "exclue"]),
    (Says(Manual), &["ban", "block"]),
    (Both(Unsubscribed), &["ended", "baja", "bajas"]),
    (Says(Unsubscribed), &[
        "left", "leave", "gone", "exit", "exited", "depart", "departed", "departure", "out", "former", "lapsed", "verlassen",
        "parti", "partie", "salida", "uscito", "uscita", "saiu", "saida",
    ]),
    (Turns, &[
        "blocked", "blocking", "blockiert", "bloque", "bloquee", "bloqueado", "bloccato", "exclusion", "ends", "objected", "objection",
        "deny", "retire", "retiree", "retirado", "retirada", "retrait", "ritirato", "ritirata",
    ]),
];
/// The same in scripts that leave no blanks, in Arabic, and in what is written
/// in two words, anywhere.
#[rustfmt::skip]
const SIGNS: Table = &[
    (Says(Complained), &["苦情", "迷惑メール", "投诉", "垃圾邮件", "举报", "شكو", "مزعج"]),
    (Says(Bounced), &["バウンス", "不達", "宛先不明", "配信不能", "退信", "无法送达", "مرتد", "ارتداد"]),
    (Says(Manual), &["ブロック", "ブラックリスト", "黑名单", "拉黑", "屏蔽", "محظور", "حظر"]),
    (Both(Unsubscribed), &[
        "停止", "解除", "解約", "退会", "キャンセル", "拒否", "中止", "削除", "撤回", "取消", "取り消", "退订", "退訂", "注销", "删除", "停用", "禁用", "ملغ", "رفض", "سحب",
        "ايقاف", "отпис", "відпис", "одјав", "отмен", "отказ", "удален", "видален", "скасов", "cıkt", "ayrıld", "silind", "διαγραφ",
        "απεγγραφ", "ακυρ", "수신거부", "구독취소", "구독해지", "탈퇴", "해지", "취소", "삭제",
    ]),
    (Says(Unsubscribed), &["脱退", "退出", "撤销", "拒收", "离开", "الغاء", "الغى", "انسح", "منسحب", "مغادر", "غادر", "حذف", "محذوف", "معطل"]),
    (Turns, &["optout", "optedout", "不要", "無効", "しない", "不", "未", "拒绝", "撤", "无效", "الغ", "توقف"]),
];

/// Signs as texts are compared, folded once: cells are asked as well.
static FOLDED: LazyLock<Vec<(Of, String)>> = LazyLock::new(|| {
    SIGNS.iter().flat_map(|(of, signs)| signs.iter().map(|sign| (*of, fold(sign)))).collect()
});

/// What a folded text says of leaving by a sign in it.
pub(super) fn said_by_sign(folded: &str) -> Option<SuppressionReason> {
    let mut said = FOLDED.iter().filter_map(|(of, sign)| Some((of.reason()?, sign)));
    said.find(|(_, sign)| folded.contains(sign.as_str())).map(|(reason, _)| reason)
}

/// What a folded word says of leaving when it stands whole.
pub(super) fn said_whole(word: &str) -> Option<SuppressionReason> {
    let mut said = WHOLE.iter().filter_map(|(of, words)| Some((of.reason()?, words)));
    said.find(|(_, words)| words.contains(&word)).map(|(reason, _)| reason)
}

/// What a folded word says of leaving by how it begins.
pub(super) fn said_by_stem(word: &str) -> Option<SuppressionReason> {
    let mut said = STEMS.iter().filter_map(|(of, stems)| Some((of.reason()?, stems)));
    said.find(|(_, stems)| stems.iter().any(|stem| word.starts_with(stem))).map(|(reason, _)| reason)
}

/// Whether a folded word ends what a question beside it asks for.
pub(super) fn ends_a_question(word: &str) -> bool {
    let turning = |table: Table| table.iter().filter(|(of, _)| of.turns()).flat_map(|(_, words)| *words);
    // The long ones may stand within a word.
    let is_in = |stem: &&&str| word.starts_with(**stem) || stem.len() > 5 && word.contains(**stem);
    turning(WHOLE).any(|whole| *whole == word) || turning(STEMS).any(|stem| is_in(&stem))
}

/// The signs in a folded text that end what a question beside them asks for.
pub(super) fn signs_that_end(folded: &str) -> impl Iterator<Item = &'static str> + '_ {
    let turning = FOLDED.iter().filter(|(of, _)| of.turns()).map(|(_, sign)| sign.as_str());
    turning.filter(move |sign| folded.contains(sign))
}
