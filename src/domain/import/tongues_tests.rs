//! Files in languages that Postbell does not speak itself: who left is heard,
//! or asked about (I1).

use super::tests::{judged, said};
use super::*;

/// A heading of a status, who follows, who waits, and who is gone.
const STATUSES: &[(&str, &str, &str, &[&str])] = &[
    ("Abonneestatus", "Ingeschreven", "Niet bevestigd", &["Uitgeschreven", "afgemeld", "Opgezegd"]),
    ("Stan", "zapisany", "Niepotwierdzony", &["wypisany", "Wypisała się", "usunięty"]),
    ("Статус", "Подписан", "Не подтверждён", &["отписан", "Отписалась", "удалён", "Заблокирован"]),
    ("Статус підписки", "підписаний", "очікує підтвердження", &["відписаний", "Відписалася"]),
    ("Stav", "přihlášený", "čeká na potvrzení", &["odhlášen", "Odhlásená", "smazán"]),
    ("Prenumerationsstatus", "prenumererar", "Väntar", &["Avregistrerad", "avprenumererad"]),
    ("Tilmeldingsstatus", "Tilmeldt", "Ubekræftet", &["afmeldt", "Frameldt", "slettet"]),
    ("Abonnementsstatus", "Påmeldt", "venter", &["avmeldt", "Meldt av"]),
    ("Tila", "Tilaaja", "odottaa vahvistusta", &["tilaus peruttu", "poistettu"]),
    ("Durum", "Abone", "Onay bekliyor", &["Abonelikten çıktı", "iptal edildi", "Engellendi"]),
    ("Állapot", "feliratkozott", "függőben", &["Leiratkozott", "törölt"]),
    ("Stare", "abonat", "în așteptare", &["dezabonat", "șters"]),
    ("Κατάσταση", "ενεργός", "εκκρεμεί", &["Διαγράφηκε"]),
    ("상태", "구독 중", "대기", &["수신거부", "구독 취소", "반송"]),
    ("Status", "pretplaćen", "na čekanju", &["odjavljen"]),
];

#[test]
fn a_status_in_other_languages_is_heard() {
    let choices = Choices { status: Some(Said::Active), ..Choices::default() };
    for (heading, follows, waits, gone) in STATUSES {
        for word in *gone {
            // Below its own heading, and below one that nobody knows.
            for heading in [heading, "Xyz"] {
                let text = format!("email,{heading}\na@x.org,{follows}\nb@x.org,{word}\nc@x.org,{waits}\n");
                let found =
                    judged("x.csv", &text, &choices).unwrap_or_else(|stop| panic!("{text}: {stop:?}"));
                let says = |at: usize| found[at].1.as_str();
                assert!(["active", "nothing"].contains(&says(0)), "{text}: {found:?}");
                assert!(["unsubscribed", "bounced", "manual"].contains(&says(1)), "{text}: {found:?}");
                assert_eq!(says(2), "pending", "{text}: {found:?}");
            }
        }
    }
}

#[test]
fn a_word_of_a_language_that_nobody_knows_is_asked_about_below_a_status() {
    for heading in ["статус", "stan", "stav", "durum", "tila", "Állapot", "κατάσταση", "상태", "Status"]
    {
        let text = format!("email,{heading}\na@x.org,qwx\nb@x.org,zrrt\n");
        let found = judged("x.csv", &text, &Choices { status: Some(Said::Active), ..Choices::default() });
        assert!(matches!(found, Err(Stop::UnknownWords { .. })), "{heading}: {found:?}");
    }
}

#[test]
fn yes_and_no_and_days_of_leaving_in_other_languages_are_heard_or_asked_about() {
    for (heading, out, stays) in [
        ("uitgeschreven op", "2024-01-02", ""),
        ("Wypisany", "tak", "nie"),
        ("data wypisania", "2024-01-02", ""),
        ("Отписан", "да", "нет"),
        ("дата отписки", "2024-01-02", ""),
        ("odhlášen", "ano", "ne"),
        ("Avregistrerad", "ja", "nej"),
        ("Leiratkozott", "igen", "nem"),
        ("рассылка", "нет", "да"),
        ("Uutiskirje", "ei", "kyllä"),
        ("bülten", "hayır", "evet"),
        ("Wants", "нет", "да"),
    ] {
        let text = format!("email,{heading}\na@x.org,{out}\nb@x.org,{stays}\n");
        match judged("x.csv", &text, &Choices { status: Some(Said::Active), ..Choices::default() }) {
            Ok(found) => assert!(!["active", "nothing"].contains(&found[0].1.as_str()), "{text}: {found:?}"),
            Err(Stop::UnknownWords { .. } | Stop::UnknownColumns { .. }) => {}
            Err(stop) => panic!("{text}: {stop:?}"),
        }
    }
}

#[test]
fn the_name_of_a_file_says_it_in_other_languages() {
    for name in [
        "Отписавшиеся.csv",
        "wypisani.csv",
        "odhlášení.csv",
        "afmeldte.csv",
        "avregistrerade 2024.csv",
        "leiratkozottak.csv",
        "dezabonați.csv",
        "수신거부.csv",
    ] {
        assert_eq!(said(name, "email\na@x.org"), ["unsubscribed"], "{name}");
    }
}
