//! How often somebody wants mail: a column of it says never, off or none for
//! who wants no mail.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::fold::fold;
use super::leaving::{MAIL, holds_back};
use super::words::{Said, is_null};
use crate::domain::SuppressionReason::Unsubscribed;

/// How often somebody wants mail who wants none.
#[rustfmt::skip]
const NO_MAIL: &[&str] = &[
        "never", "no email", "no emails", "no mail", "no mails", "no e-mails", "nomail", "off", "do not send", "don't send", "stopped", "disabled", "nie",
        "niemals", "gar nicht", "überhaupt nicht", "not at all", "pas du tout", "para nada", "per niente", "helemaal niet", "keine E-Mails", "keine Mails", "keine", "aus", "jamais", "aucun e-mail", "aucun", "pas d'e-mail", "désactivé", "nunca",
        "ningún correo", "ninguno", "sin correos", "desactivado", "mai", "nessuna email", "nessuna", "nessuno", "disattivato", "nenhum e-mail",
        "nenhum", "nenhuma", "desativado", "nooit", "geen", "受信しない", "なし", "配信しない", "停止", "从不", "从未", "不接收", "不发送", "无", "أبدا", "بدون",
        "لا شيء", "لا ترسل", "متوقف",
    ];
/// How often, or that it is at once.
#[rustfmt::skip]
const RHYTHMS: &[&str] = &[
    "daily", "weekly", "biweekly", "fortnightly", "monthly", "quarterly", "yearly", "hourly", "instant", "instantly", "immediate", "immediately",
    "real time", "realtime", "as it happens", "each post", "every post", "once a day", "once a week", "once a month", "every day", "every week",
    "every month", "daily digest", "weekly digest", "monthly digest", "täglich", "wöchentlich", "vierzehntägig", "monatlich", "sofort", "jeden Tag",
    "jede Woche", "bei jedem Beitrag", "quotidien", "quotidienne", "hebdomadaire", "mensuel", "mensuelle", "immédiat", "immédiatement",
    "chaque jour", "chaque semaine", "chaque mois", "diario", "diaria", "diariamente", "semanal", "semanalmente", "mensual", "mensualmente",
    "inmediato", "inmediatamente", "al instante", "cada día", "cada semana", "giornaliero", "giornaliera", "quotidiano", "settimanale", "mensile",
    "immediato", "subito", "ogni giorno", "ogni settimana", "diário", "diária", "mensal", "imediato", "imediatamente", "todos os dias",
    "dagelijks", "wekelijks", "maandelijks", "毎日", "毎週", "毎月", "即時", "すぐに", "隔週", "每天", "每日", "每周", "每月", "立即", "实时", "يوميا", "أسبوعيا", "شهريا", "فورا", "فوري",
];
/// Whether it says that somebody wants no mail.
pub fn is_no_mail(cell: &str) -> bool {
    static FOLDED: LazyLock<HashSet<String>> =
        LazyLock::new(|| NO_MAIL.iter().map(|word| fold(word)).collect());
    cell.len() <= 40 && FOLDED.contains(&fold(cell))
}

/// Whether it says how often somebody wants mail.
pub fn is_rhythm(cell: &str) -> bool {
    static FOLDED: LazyLock<HashSet<String>> =
        LazyLock::new(|| RHYTHMS.iter().map(|word| fold(word)).collect());
    cell.len() <= 40 && FOLDED.contains(&fold(cell))
}

/// Whether a heading is nothing but a word for mails.
pub fn is_of_mails(heading: &str) -> bool {
    let folded = fold(heading);
    MAIL.iter().any(|word| fold(word) == folded)
}

/// What a cell of such a column says.
pub(super) fn cadence(heading: &str, cell: &str, known: Option<bool>, word: Option<Said>) -> Said {
    let is_none = is_null(cell) && cell.chars().any(char::is_alphanumeric);
    let is_digest = fold(heading).contains("digest");
    match word {
        Some(said @ (Said::Gone(_) | Said::Paused)) => said,
        // No digest may be each mail at once; a digest that is off may be no mail.
        _ if is_digest && known == Some(false) => {
            if is_no_mail(cell) {
                Said::Pending
            } else {
                Said::Nothing
            }
        }
        _ if is_no_mail(cell) => Said::Gone(Unsubscribed),
        _ if is_none && is_digest => Said::Pending,
        _ if known == Some(false) || is_none => Said::Gone(Unsubscribed),
        _ if !is_rhythm(cell) && holds_back(cell) => Said::Pending,
        _ => Said::Nothing,
    }
}
