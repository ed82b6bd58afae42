//! Words of a status in languages that Postbell does not speak itself, as
//! interfaces of mailing programs in them call it. Letters have no marks that
//! `fold` takes away elsewhere, so each stands as it is written.

use super::words::Said::{self, Active, Gone, Pending, Skipped};
use crate::domain::SuppressionReason::{Bounced, Complained, Manual, Unsubscribed};

/// A language, what its words say, whether they say it in any column, and
/// the words.
type Row = (&'static str, Said, bool, &'static [&'static str]);

#[rustfmt::skip]
pub(super) const WORDS: &[Row] = &[
    ("Dutch", Active, false, &["actief", "ingeschreven", "geabonneerd", "aangemeld", "bevestigd", "abonnee"]),
    ("Dutch", Pending, false, &["in afwachting", "niet bevestigd", "nog niet bevestigd", "onbevestigd", "wachtend", "wacht op bevestiging"]),
    ("Dutch", Skipped, true, &["niet ingeschreven", "niet geabonneerd"]),
    ("Dutch", Gone(Unsubscribed), true, &["uitgeschreven", "afgemeld", "uitschrijving", "heeft zich afgemeld", "heeft zich uitgeschreven"]),
    ("Dutch", Gone(Unsubscribed), false, &["opgezegd", "verwijderd", "geannuleerd", "beëindigd", "gestopt", "geweigerd"]),
    ("Dutch", Gone(Bounced), true, &["onbestelbaar"]),
    ("Dutch", Gone(Bounced), false, &["ongeldig"]),
    ("Dutch", Gone(Complained), true, &["als spam gemeld", "als spam gemarkeerd"]),
    ("Dutch", Gone(Complained), false, &["klacht"]),
    ("Dutch", Gone(Manual), true, &["zwarte lijst", "op zwarte lijst", "op de zwarte lijst"]),
    ("Dutch", Gone(Manual), false, &["geblokkeerd"]),
    ("Polish", Active, false, &[
        "aktywny", "aktywna", "zapisany", "zapisana", "subskrybent", "subskrybuje", "subskrybowany", "zasubskrybowany", "potwierdzony",
        "potwierdzona",
    ]),
    ("Polish", Pending, false, &["oczekujący", "oczekująca", "oczekuje", "oczekuje na potwierdzenie", "niepotwierdzony", "niepotwierdzona"]),
    ("Polish", Skipped, true, &["niezapisany", "niezapisana", "nie zapisany"]),
    ("Polish", Gone(Unsubscribed), true, &[
        "wypisany", "wypisana", "wypisał się", "wypisała się", "odsubskrybowany", "odsubskrybowana", "wyrejestrowany", "wyrejestrowana",
        "zrezygnował", "zrezygnowała", "anulował subskrypcję", "subskrypcja anulowana",
    ]),
    ("Polish", Gone(Unsubscribed), false, &["usunięty", "usunięta", "anulowany", "anulowana", "rezygnacja", "zakończony", "zakończona", "odmowa"]),
    ("Polish", Gone(Bounced), true, &["niedostarczalny", "niedoręczalny"]),
    ("Polish", Gone(Bounced), false, &["nieprawidłowy", "błędny", "odbity", "zwrot"]),
    ("Polish", Gone(Complained), true, &["zgłoszony jako spam", "oznaczony jako spam", "skarga na spam"]),
    ("Polish", Gone(Complained), false, &["skarga"]),
    ("Polish", Gone(Manual), true, &["czarna lista", "na czarnej liście"]),
    ("Polish", Gone(Manual), false, &["zablokowany", "zablokowana"]),
    ("Russian", Active, false, &[
        "активен", "активна", "активный", "активная", "активно", "подписан", "подписана", "подписчик", "подписчица", "подтвержден", "подтверждена",
    ]),
    ("Russian", Pending, false, &[
        "не подтвержден", "не подтверждена", "неподтвержденный", "неподтвержденная", "не подтвердил", "ожидает", "ожидает подтверждения", "в ожидании", "ожидание",
    ]),
    ("Russian", Skipped, true, &["не подписан", "не подписана"]),
    ("Russian", Gone(Unsubscribed), true, &[
        "отписан", "отписана", "отписался", "отписалась", "отписавшийся", "отписавшаяся", "отписка", "отписано", "отказ от подписки", "отказ от рассылки",
        "отказался от рассылки", "отказалась от рассылки", "подписка отменена",
    ]),
    ("Russian", Gone(Unsubscribed), false, &[
        "удален", "удалена", "отменен", "отменена", "отказ", "отказался", "отказалась", "исключен", "исключена", "отключен", "отключена", "ушел", "ушла",
    ]),
    ("Russian", Gone(Bounced), true, &["не доставлено", "недоставлено", "недоставляемый", "возврат письма"]),
    ("Russian", Gone(Bounced), false, &["недействителен", "недействительный", "неверный", "ошибка", "возврат", "недоступен"]),
    ("Russian", Gone(Complained), true, &["пожаловался", "пожаловалась", "пожаловался на спам", "жалоба на спам", "пометил как спам", "отмечено как спам"]),
    ("Russian", Gone(Complained), false, &["жалоба", "спам"]),
    ("Russian", Gone(Manual), true, &["черный список", "в черном списке"]),
    ("Russian", Gone(Manual), false, &["заблокирован", "заблокирована"]),
    ("Ukrainian", Active, false, &[
        "активний", "активна", "підписаний", "підписана", "підписник", "підписано", "підтверджений", "підтверджена", "підтверджено",
    ]),
    ("Ukrainian", Pending, false, &["не підтверджено", "непідтверджений", "непідтверджена", "очікує", "очікує підтвердження", "очікування"]),
    ("Ukrainian", Skipped, true, &["не підписаний", "не підписана"]),
    ("Ukrainian", Gone(Unsubscribed), true, &["відписаний", "відписана", "відписано", "відписався", "відписалася", "відписалась", "відписка"]),
    ("Ukrainian", Gone(Unsubscribed), false, &["видалений", "видалена", "видалено", "скасований", "скасовано", "відмовився", "відмовилася", "вимкнено"]),
    ("Ukrainian", Gone(Bounced), false, &["недоставлено", "не доставлено", "недійсний", "помилка"]),
    ("Ukrainian", Gone(Complained), false, &["скарга", "поскаржився", "поскаржилася"]),
    ("Ukrainian", Gone(Manual), false, &["заблокований", "заблокована", "заблоковано", "чорний список", "у чорному списку"]),
    ("Czech and Slovak", Active, false, &[
        "aktivní", "aktívny", "přihlášen", "přihlášena", "přihlášený", "přihlášená", "prihlásený", "prihlásená", "odběratel", "odoberateľ", "potvrzen",
        "potvrzeno", "potvrzený", "potvrdený", "potvrdené",
    ]),
    ("Czech and Slovak", Pending, false, &[
        "čeká", "čekající", "čeká na potvrzení", "nepotvrzen", "nepotvrzeno", "nepotvrzený", "nepotvrzená", "čaká", "čakajúci", "čaká na potvrdenie",
        "nepotvrdený", "nepotvrdená",
    ]),
    ("Czech and Slovak", Skipped, true, &["nepřihlášen", "nepřihlášený", "neprihlásený"]),
    ("Czech and Slovak", Gone(Unsubscribed), true, &[
        "odhlášen", "odhlášena", "odhlášený", "odhlášená", "odhlášeno", "odhlásil se", "odhlásila se", "odhlásený", "odhlásená", "odhlásil sa",
        "zrušil odběr", "odběr zrušen",
    ]),
    ("Czech and Slovak", Gone(Unsubscribed), false, &[
        "odstraněn", "odstraněna", "odstraněno", "odstránený", "smazán", "smazána", "smazaný", "zmazaný", "vymazán", "vymazaný", "zrušen", "zrušeno",
        "zrušený", "odmítnut", "odmítl", "ukončeno",
    ]),
    ("Czech and Slovak", Gone(Bounced), false, &["nedoručitelný", "nedoručeno", "nedoručiteľný", "neplatný", "neplatná"]),
    ("Czech and Slovak", Gone(Complained), false, &["stížnost", "sťažnosť", "označeno jako spam", "nahlášen jako spam"]),
    ("Czech and Slovak", Gone(Manual), false, &["blokován", "blokovaný", "zablokován", "zablokovaný", "černá listina", "čierna listina"]),
    ("Swedish", Active, false, &["prenumererar", "prenumerant", "bekräftad", "anmäld", "aktiverad", "registrerad"]),
    ("Swedish", Pending, false, &["väntar", "väntande", "väntar på bekräftelse", "obekräftad", "ej bekräftad", "inte bekräftad"]),
    ("Swedish", Skipped, true, &["prenumererar inte", "ej prenumerant"]),
    ("Swedish", Gone(Unsubscribed), true, &[
        "avregistrerad", "avregistrerat", "avprenumererad", "avprenumererat", "avanmäld", "har avanmält sig", "prenumeration avslutad", "avslutad prenumeration",
    ]),
    ("Swedish", Gone(Unsubscribed), false, &["borttagen", "raderad", "uppsagd", "avslutad", "avaktiverad", "inaktiverad", "nekad", "avböjd"]),
    ("Swedish", Gone(Bounced), false, &["studsad", "studsade", "obeställbar", "ogiltig"]),
    ("Swedish", Gone(Complained), false, &["klagomål", "spamanmäld", "markerad som spam", "markerat som skräppost"]),
    ("Swedish", Gone(Manual), false, &["blockerad", "spärrad", "svartlistad"]),
    ("Danish and Norwegian", Active, false, &["abonneret", "abonnerer", "tilmeldt", "påmeldt", "bekræftet", "bekreftet", "aktiveret", "aktivert"]),
    ("Danish and Norwegian", Pending, false, &[
        "afventer", "avventer", "venter", "afventer bekræftelse", "venter på bekreftelse", "ubekræftet", "ikke bekræftet", "ubekreftet", "ikke bekreftet",
    ]),
    ("Danish and Norwegian", Skipped, true, &["ikke tilmeldt", "ikke påmeldt", "abonnerer ikke"]),
    ("Danish and Norwegian", Gone(Unsubscribed), true, &[
        "afmeldt", "frameldt", "har afmeldt sig", "avmeldt", "meldt av", "har meldt seg av", "avabonnert", "abonnement opsagt", "abonnement avsluttet",
    ]),
    ("Danish and Norwegian", Gone(Unsubscribed), false, &[
        "slettet", "fjernet", "opsagt", "oppsagt", "annulleret", "kansellert", "ophørt", "opphørt", "avsluttet", "afsluttet", "deaktiveret", "deaktivert", "afvist",
    ]),
    ("Danish and Norwegian", Gone(Bounced), false, &["ugyldig", "kan ikke leveres", "ikke leveret", "ikke levert", "returneret", "returnert", "afvist af server"]),
    ("Danish and Norwegian", Gone(Complained), false, &["klage", "klaget", "markeret som spam", "merket som spam", "spamklage"]),
    ("Danish and Norwegian", Gone(Manual), false, &["blokeret", "blokkert", "spærret", "sperret", "sortlistet", "svartelistet"]),
    ("Finnish", Active, false, &["aktiivinen", "tilaaja", "tilannut", "tilattu", "vahvistettu"]),
    ("Finnish", Pending, false, &["odottaa", "odottaa vahvistusta", "vahvistamaton", "ei vahvistettu", "odottava"]),
    ("Finnish", Skipped, true, &["ei tilaaja", "ei tilannut"]),
    ("Finnish", Gone(Unsubscribed), true, &["peruuttanut tilauksen", "perunut tilauksen", "tilaus peruttu", "tilaus peruutettu", "tilaus päättynyt"]),
    ("Finnish", Gone(Unsubscribed), false, &["peruutettu", "peruttu", "perunut", "poistunut", "poistettu", "lopettanut", "lopetettu", "päättynyt", "eronnut"]),
    ("Finnish", Gone(Bounced), false, &["palautunut", "palautettu", "toimittamaton", "virheellinen"]),
    ("Finnish", Gone(Complained), false, &["valitus", "valittanut", "merkitty roskapostiksi"]),
    ("Finnish", Gone(Manual), false, &["estetty", "mustalla listalla"]),
    ("Turkish", Active, false, &["aktif", "abone", "abone oldu", "onaylandı", "onaylı", "onaylanmış", "kayıtlı"]),
    ("Turkish", Pending, false, &["beklemede", "bekliyor", "onay bekliyor", "onaylanmadı", "onaylanmamış", "doğrulanmadı", "onaysız"]),
    ("Turkish", Skipped, true, &["abone değil"]),
    ("Turkish", Gone(Unsubscribed), true, &[
        "abonelikten çıktı", "abonelikten çıkmış", "abonelikten çıkıldı", "abonelikten ayrıldı", "abonelik iptal", "abonelik iptal edildi",
        "aboneliği iptal edildi", "aboneliğini iptal etti", "listeden çıktı",
    ]),
    ("Turkish", Gone(Unsubscribed), false, &["iptal", "iptal edildi", "iptal etti", "ayrıldı", "çıktı", "silindi", "reddetti", "devre dışı"]),
    ("Turkish", Gone(Bounced), false, &["geçersiz", "geri döndü", "teslim edilemedi", "ulaşılamadı"]),
    ("Turkish", Gone(Complained), false, &["şikayet", "şikayet etti", "spam olarak işaretlendi"]),
    ("Turkish", Gone(Manual), false, &["engellendi", "engelli", "kara liste", "kara listede", "yasaklandı"]),
    ("Hungarian", Active, false, &["aktív", "feliratkozott", "feliratkozó", "megerősített", "megerősítve"]),
    ("Hungarian", Pending, false, &["függőben", "megerősítetlen", "megerősítésre vár", "nincs megerősítve", "várakozik"]),
    ("Hungarian", Skipped, true, &["nem iratkozott fel"]),
    ("Hungarian", Gone(Unsubscribed), true, &["leiratkozott", "leiratkozva", "leiratkozó"]),
    ("Hungarian", Gone(Unsubscribed), false, &["törölt", "törölve", "lemondott", "lemondva", "megszűnt", "kilépett", "elutasítva"]),
    ("Hungarian", Gone(Bounced), false, &["visszapattant", "kézbesíthetetlen", "érvénytelen"]),
    ("Hungarian", Gone(Complained), false, &["panasz", "spamnek jelölte"]),
    ("Hungarian", Gone(Manual), false, &["letiltva", "letiltott", "tiltott", "blokkolt", "feketelistán"]),
    ("Romanian", Active, false, &["activ", "activă", "abonat", "abonată", "confirmat", "confirmată"]),
    ("Romanian", Pending, false, &["în așteptare", "neconfirmat", "neconfirmată"]),
    ("Romanian", Gone(Unsubscribed), true, &["dezabonat", "dezabonată", "s-a dezabonat"]),
    ("Romanian", Gone(Unsubscribed), false, &["șters", "ștearsă", "anulat", "anulată", "eliminat", "retras", "refuzat", "dezactivat"]),
    ("Romanian", Gone(Bounced), false, &["respins", "nelivrat", "nevalid", "invalid"]),
    ("Romanian", Gone(Complained), false, &["plângere", "reclamație", "marcat ca spam"]),
    ("Romanian", Gone(Manual), false, &["blocat", "blocată"]),
    ("Greek", Active, false, &["ενεργός", "ενεργή", "ενεργό", "εγγεγραμμένος", "εγγεγραμμένη", "συνδρομητής", "επιβεβαιωμένος", "επιβεβαιωμένη"]),
    ("Greek", Pending, false, &["σε εκκρεμότητα", "εκκρεμεί", "μη επιβεβαιωμένος", "μη επιβεβαιωμένη", "αναμονή", "σε αναμονή"]),
    ("Greek", Gone(Unsubscribed), true, &["διαγράφηκε", "διαγραμμένος", "διαγραμμένη", "απεγγραφή", "απεγγεγραμμένος", "κατάργηση εγγραφής", "διαγραφή"]),
    ("Greek", Gone(Unsubscribed), false, &["ακυρώθηκε", "αποχώρησε", "ακυρωμένος", "αφαιρέθηκε"]),
    ("Greek", Gone(Bounced), false, &["μη έγκυρο", "μη παραδοτέο", "άκυρο", "επεστράφη"]),
    ("Greek", Gone(Complained), false, &["παράπονο", "καταγγελία", "ανεπιθύμητο"]),
    ("Greek", Gone(Manual), false, &["αποκλεισμένος", "αποκλεισμένη", "μπλοκαρισμένος"]),
    ("Korean", Active, false, &["활성", "구독", "구독중", "구독 중", "구독자", "구독함", "확인됨", "인증됨", "수신동의", "수신 동의"]),
    ("Korean", Pending, false, &["대기", "대기중", "대기 중", "확인 대기", "승인 대기", "미확인", "미인증"]),
    ("Korean", Skipped, true, &["미구독", "구독 안 함"]),
    ("Korean", Gone(Unsubscribed), true, &["수신거부", "수신 거부", "구독취소", "구독 취소", "구독취소됨", "구독해지", "구독 해지", "탈퇴", "탈퇴함"]),
    ("Korean", Gone(Unsubscribed), false, &["해지", "취소", "취소됨", "삭제", "삭제됨", "중지", "비활성화", "거부"]),
    ("Korean", Gone(Bounced), false, &["반송", "반송됨", "오류", "유효하지 않음", "전송 실패"]),
    ("Korean", Gone(Complained), false, &["스팸신고", "스팸 신고", "신고", "신고됨", "스팸"]),
    ("Korean", Gone(Manual), false, &["차단", "차단됨", "블랙리스트"]),
    ("Croatian and Serbian", Active, false, &["aktivan", "aktivna", "pretplaćen", "pretplaćena", "pretplatnik", "prijavljen", "potvrđen", "активан", "претплаћен"]),
    ("Croatian and Serbian", Pending, false, &["na čekanju", "čeka potvrdu", "nepotvrđen", "nepotvrđena", "на чекању"]),
    ("Croatian and Serbian", Gone(Unsubscribed), true, &["odjavljen", "odjavljena", "odjavio se", "odjavila se", "одјављен", "одјавио се"]),
    ("Croatian and Serbian", Gone(Unsubscribed), false, &["obrisan", "obrisana", "izbrisan", "otkazan", "otkazano", "uklonjen", "обрисан", "отказан"]),
    ("Croatian and Serbian", Gone(Manual), false, &["blokiran", "blokirana", "блокиран"]),
    ("Indonesian and Vietnamese", Gone(Unsubscribed), true, &["berhenti berlangganan", "berhenti langganan", "đã hủy đăng ký", "hủy đăng ký", "bỏ đăng ký"]),
    ("Indonesian and Vietnamese", Active, false, &["aktif", "berlangganan", "đã đăng ký", "đang hoạt động"]),
    ("Hebrew", Active, false, &["פעיל", "רשום", "מנוי", "מאושר"]),
    ("Hebrew", Pending, false, &["ממתין", "ממתין לאישור", "לא מאושר"]),
    ("Hebrew", Gone(Unsubscribed), true, &["הוסר", "הסיר את עצמו", "ביטל הרשמה", "הסרה מרשימה", "הוסר מהרשימה"]),
];

/// Yes and no. "Nie" is no in one of them, and never in another.
#[rustfmt::skip]
pub(super) const YES: &[&str] = &[
    "tak", "да", "так", "ano", "áno", "kyllä", "evet", "igen", "da", "ναι", "예", "네", "כן",
];
#[rustfmt::skip]
pub(super) const NO: &[&str] = &[
    "nej", "нет", "ні", "не", "ne", "ei", "hayır", "nem", "nu", "όχι", "아니요", "아니오", "לא",
];
