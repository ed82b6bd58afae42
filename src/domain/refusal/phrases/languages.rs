//! What is said in general in other languages than English.

use super::super::Blame::{Mailbox, Reader};
use super::{Row, row};

pub(super) const ROWS: &[Row] = &[
    row("German", Mailbox, "postfach voll|postfach ist voll|postfach des empfängers ist voll|speicherplatz"),
    row(
        "German",
        Reader,
        "unbekannter benutzer|unbekannter empfänger|empfänger unbekannt|benutzer unbekannt|\
         existiert nicht|nicht gefunden werden|kein solcher benutzer|adresse unbekannt",
    ),
    row("French", Mailbox, "boîte pleine|boite pleine|boîte aux lettres pleine|quota dépassé"),
    row(
        "French",
        Reader,
        "utilisateur inconnu|destinataire inconnu|adresse inconnue|n'existe pas|adresse d'au moins un destinataire invalide|\
         adresse invalide|boîte inconnue|boite inconnue",
    ),
    row("Japanese", Mailbox, "容量|メールボックスがいっぱい"),
    row(
        "Japanese",
        Reader,
        "宛先不明|ユーザが存在しません|ユーザーが存在しません|見つかりませんでした|存在しません",
    ),
];
