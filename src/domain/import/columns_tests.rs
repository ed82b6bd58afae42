//! Headings and what stands below them, in nine languages, each with the right
//! verdict under `--status active` (I1). Half of the headings are drawn by
//! rule: a word of leaving in each of the forms that files give it.

use super::tests::judged;
use super::*;

/// What is right for a reader.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Right {
    /// Left, bounced, complained, blocked, or waiting: no mail.
    Out,
    /// The column says nothing against them.
    In,
    /// Nobody can know: the import stops.
    Asked,
}
use Right::{Asked, In, Out};

/// A heading, a cell of who is out below it, and one of who stays.
const OUT: &[(&[&str], &str, &str)] = &[
    (
        &[
            "cancelled",
            "GDPR erased",
            "forgotten",
            "inactive",
            "spam",
            "quit",
            "opt out",
            "do_not_mail",
            "removed",
            "archived",
            "blocked",
            "disabled",
            "Unsubscribed?",
            "dead",
            "junk",
            "Has Left",
            "is_cancelled",
            "isQuit",
            "userDeleted",
            "contact_removed",
            "AccountDeleted",
            "Email Invalid",
            "invalid",
            "terminated",
            "declined",
            "refused",
            "Opted-Out",
            "no longer subscribed",
            "no_longer_active",
            "abgemeldet",
            "gekündigt",
            "ausgetreten",
            "gelöscht",
            "deaktiviert",
            "hat sich abgemeldet",
            "inaktiv",
            "nicht mehr aktiv",
            "keine E-Mails",
            "résilié",
            "désactivé",
            "supprimé",
            "inactif",
            "non confirmé",
            "cancelado",
            "dado de baja",
            "inactivo",
            "eliminado",
            "no activo",
            "disdetto",
            "rimosso",
            "inattivo",
            "non attivo",
            "removido",
            "cancelado em",
            "inativo",
            "não ativo",
            "afgemeld",
            "uitgeschreven",
            "已取消",
            "已退订",
            "解約",
            "退会済み",
            "削除済み",
            "休眠",
            "ملغى",
            "محذوف",
            "غير نشط",
        ],
        "yes",
        "no",
    ),
    (
        &[
            "mail_enabled",
            "send_email",
            "sendMail",
            "emails_allowed",
            "Email OK",
            "wants newsletter",
            "gets mail",
            "account_active",
            "is_active",
            "email_confirmed",
            "Email bestätigt",
            "E-Mail erlaubt",
            "erhält Newsletter",
            "reçoit la newsletter",
            "courriel confirmé",
            "recibe correo",
            "correo confirmado",
            "riceve newsletter",
            "recebe email",
            "ontvangt nieuwsbrief",
            "メール受信",
            "接收邮件",
        ],
        "false",
        "true",
    ),
    (
        &[
            "Ended",
            "Stopped",
            "Left on",
            "deactivated_at",
            "deleted_at",
            "quitDate",
            "ended_on",
            "date_left",
            "Date of leaving",
            "exit_date",
            "cancelledAt",
            "cancellation_date",
            "Inactive since",
            "spam_reported_on",
            "Kündigungsdatum",
            "Austritt",
            "Austrittsdatum",
            "Abgemeldet seit",
            "Gelöscht am",
            "Widerruf am",
            "Löschdatum",
            "Résiliation",
            "Date de résiliation",
            "Désactivé le",
            "Date de départ",
            "Retiré le",
            "Fecha de cancelación",
            "Cancelado el",
            "Fecha de baja",
            "Data disdetta",
            "Data di recesso",
            "Rimosso il",
            "Data de cancelamento",
            "Removido em",
            "Data de saída",
            "Encerrado em",
            "Uitschrijfdatum",
            "Afgemeld op",
            "Opgezegd op",
            "解約日",
            "退会日時",
            "停止日",
            "取消日期",
            "注销时间",
            "تاريخ الإلغاء",
            "تاريخ المغادرة",
        ],
        "2024-02-03",
        "",
    ),
    (
        &[
            "digest",
            "frequency",
            "notifications",
            "emails",
            "Newsletter",
            "Zustellung",
            "fréquence",
            "配信頻度",
        ],
        "off",
        "weekly",
    ),
    (
        &["frequency", "emails", "Rhythmus", "How often", "fréquence", "frecuencia", "frequenza"],
        "never",
        "daily",
    ),
    (&["emails", "notifications", "frequency"], "disabled", "weekly"),
    (&["confirmed", "double_opt_in", "doi_confirmed", "verified"], "", "1"),
    (
        &[
            "confirmed_at",
            "double_opt_in_at",
            "Bestätigt am",
            "email_confirmed_at",
            "confirmé le",
            "確認日時",
        ],
        "",
        "2024-02-03",
    ),
];

/// Nobody knows what these ask.
const ASKED: &[(&[&str], &str, &str)] = &[
    (&["kein Interesse", "Ne plus contacter", "wrong address", "deliverable"], "yes", "no"),
    (&["Foo", "Gorps", "Flag 7", "Vermerk", "Truc", "Cosa", "その他", "其他"], "yes", "no"),
    (&["Foo", "Bemerkt", "ok?"], "x", ""),
    (&["Foo", "Gorps am", "Ende", "Fin", "Cosa il", "何日"], "2024-02-03", ""),
    (&["not bounced", "never cancelled", "Nicht gekündigt", "未取消", "not_blocked"], "false", "true"),
];

/// These are about something else.
const IN: &[(&[&str], &str, &str)] = &[
    (
        &[
            "VIP",
            "is_premium",
            "Paid plan",
            "complimentary_plan",
            "Premium",
            "customer",
            "Gender known",
            "HTML",
            "text format",
            "Test user",
            "Is Bestseller",
            "Tag: travel",
            "interest_food",
            "Category Tech",
            "Gruppe A",
            "is_staff",
            "terms accepted",
            "Kunde",
            "Kategorie Reisen",
            "client",
            "Groupe B",
            "cliente",
            "Grupo C",
            "categoria sport",
            "有料会員",
            "付费",
            "カテゴリA",
            "标签",
            "عميل",
            "Datenschutz",
            "Phone blocked",
            "sms_opt_out",
            "order cancelled",
            "bouncecount",
        ],
        "yes",
        "no",
    ),
    (
        &[
            "Birthday",
            "updated_at",
            "Last opened",
            "last_click",
            "Last sent",
            "lastLogin",
            "First purchase",
            "Email last opened at",
            "created_at",
            "Geburtstag",
            "Zuletzt geöffnet",
            "Letzter Klick",
            "Aktualisiert am",
            "Date de naissance",
            "Dernière ouverture",
            "Mis à jour le",
            "Fecha de nacimiento",
            "Última apertura",
            "Actualizado el",
            "Data di nascita",
            "Ultimo clic",
            "Aggiornato il",
            "Data de nascimento",
            "Última abertura",
            "Atualizado em",
            "誕生日",
            "最終開封日",
            "更新日時",
            "生日",
            "最后打开时间",
            "修改时间",
            "تاريخ الميلاد",
            "آخر فتح",
            "trial_ended_at",
            "expires_at",
            "imported_at",
            "Paid until",
        ],
        "2024-02-03",
        "",
    ),
    (
        &[
            "First name",
            "Country",
            "Company",
            "signup source",
            "Language",
            "Vorname",
            "Pays",
            "Ciudad",
            "国",
            "语言",
        ],
        "Kim",
        "Lee",
    ),
];

/// Words of leaving, and how a file may dress them.
const WORDS: &[(&str, &[&str])] = &[
    (
        "unsubscribed cancelled deactivated deleted removed archived blocked bounced stopped withdrawn",
        &["is_{}", "{}_at", "{}At", "Email {}", "user-{}", "{} on", "Has been {}", "date {}"],
    ),
    (
        "abgemeldet gekündigt gelöscht deaktiviert gesperrt",
        &["{}", "{} am", "ist_{}", "Kontakt {}", "{} seit"],
    ),
    ("désabonné résilié supprimé désactivé bloqué", &["{}", "{} le", "est {}", "contact_{}", "date {}"]),
    ("desuscrito cancelado eliminado desactivado bloqueado", &["{}", "{} el", "esta_{}", "Contacto {}"]),
    ("disiscritto cancellato rimosso disattivato bloccato", &["{}", "{} il", "contatto_{}", "data {}"]),
    ("descadastrado cancelado removido desativado bloqueado", &["{}", "{} em", "foi_{}", "data {}"]),
    ("退会 解約 配信停止 削除", &["{}", "{}日", "{}済み", "{}日時"]),
    ("退订 取消 注销 删除", &["{}", "已{}", "{}时间", "{}日期"]),
    ("إلغاء حذف انسحاب", &["{}", "تاريخ {}"]),
];

/// What an import makes of two readers, by a column.
pub(super) fn verdicts(heading: &str, first: &str, second: &str) -> [Right; 2] {
    let text = format!("email,{heading}\na@x.org,{first}\nb@x.org,{second}\n");
    let choices = Choices { status: Some(Said::Active), ..Choices::default() };
    match judged("x.csv", &text, &choices) {
        Err(_) => [Asked, Asked],
        Ok(entries) => {
            let of =
                |at: usize| if ["active", "nothing"].contains(&entries[at].1.as_str()) { In } else { Out };
            [of(0), of(1)]
        }
    }
}

#[test]
fn headings_in_nine_languages_are_heard_by_their_words_and_asked_about_by_their_shape() {
    let mut cases: Vec<(String, &str, &str, [Right; 2])> = Vec::new();
    for (table, right) in [(OUT, [Out, In]), (ASKED, [Asked, Asked]), (IN, [In, In])] {
        for (headings, first, second) in table {
            cases.extend(headings.iter().map(|heading| ((*heading).to_owned(), *first, *second, right)));
        }
    }
    for (words, forms) in WORDS {
        for (word, form) in words.split(' ').flat_map(|word| forms.iter().map(move |form| (word, form))) {
            let heading = form.replace("{}", word);
            cases.push((heading.clone(), "yes", "no", [Out, In]));
            cases.push((heading, "2024-02-03", "", [Out, In]));
        }
    }
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(heading, first, second, right)| {
            let found = verdicts(heading, first, second);
            (found != *right).then(|| format!("{heading}: {first:?} {second:?} {found:?}, right {right:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
