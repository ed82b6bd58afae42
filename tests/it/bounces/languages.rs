//! Returned mails in words of many languages, and by gateways of no known
//! name.

use postbell::feedback::Class;
use postbell::feedback::mail::{Kind, Report, read};

fn returned(from: &str, fields: &str, subject: &str, words: &str) -> Report {
    let raw = format!(
        "Return-Path: <>\nFrom: {from}\nTo: bounces@news.example.org\n{fields}\
         Content-Type: text/plain; charset=utf-8\nSubject: {subject}\n\n{words}\n"
    );
    read(raw.as_bytes())
}

fn is_about_kim(report: &Report) -> bool {
    report.kind == Kind::Bounce
        && matches!(report.recipients.as_slice(), [one] if one.address == "kim@example.net")
}

const LABELS: &[&str] = &[
    "宛先: ",
    "受信者: ",
    "宛先メールアドレス：",
    "收件人：",
    "收件人邮件地址： ",
    "收件者：",
    "받는 사람: ",
    "수신자: ",
    "Recipient: ",
    "Failed recipient: ",
    "To: ",
    "   To: ",
    "Empfänger: ",
    "EMPFÄNGER: ",
    "An: ",
    "Adresse: ",
    "Destinataire : ",
    "Destinataire\u{a0}: ",
    "À : ",
    "Destinatario: ",
    "Para: ",
    "Destinatário: ",
    "Indirizzo: ",
    "Ontvanger: ",
    "Mottagare: ",
    "Modtager: ",
    "Vastaanottaja: ",
    "Odbiorca: ",
    "Příjemce: ",
    "Príjemca: ",
    "Címzett: ",
    "Destinatar: ",
    "Primatelj: ",
    "Alıcı: ",
    "Παραλήπτης: ",
    "Получатель: ",
    "Кому: ",
    "Одержувач: ",
    "Penerima: ",
    "Người nhận: ",
];

#[test]
fn the_reader_behind_a_label_is_found_in_any_language() {
    for label in LABELS {
        for (before, after) in [("", ""), ("<", ">"), ("mailto:", "")] {
            let words = format!(
                "Your mail could not be delivered.\n\n{label}{before}kim@example.net{after}\nReason: user unknown\n"
            );
            let report = returned("MAILER-DAEMON@example.com", "", "Undelivered", &words);
            assert!(is_about_kim(&report), "{label}{before}: {report:?}");
            assert_eq!(report.recipients[0].class, Class::Hard, "{label}{before}");
        }
    }
}

/// Subject and words, of which either tells that the mail did not arrive.
const FAILURES: &[(&str, &str)] = &[
    ("Mail konnte nicht zugestellt werden", "Ihre Nachricht konnte nicht übermittelt werden:"),
    ("Zustellung fehlgeschlagen", "Die Mail ist nicht zustellbar:"),
    ("Échec de la remise", "Votre message n'a pas été distribué à :"),
    ("Message non distribué", "Le message n'a pu être délivré à :"),
    ("Mensaje devuelto", "No se ha podido entregar el mensaje a:"),
    ("Mensaje no entregado", "Su mensaje no fue entregado a:"),
    ("Mensagem não entregue", "Não foi possível entregar sua mensagem a:"),
    ("Falha na entrega", "Sua mensagem não pôde ser entregue a:"),
    ("Mancata consegna", "Il messaggio non è stato recapitato a:"),
    ("Messaggio non consegnato", "Impossibile consegnare il messaggio a:"),
    ("Niet bezorgd", "Uw bericht kon niet worden bezorgd bij:"),
    ("Leveransfel", "Ditt meddelande kunde inte levereras till:"),
    ("Leveringsfejl", "Din besked kunne ikke leveres til:"),
    ("Leveringsfeil", "Meldingen kunne ikke leveres til:"),
    ("Toimitus epäonnistui", "Viestiäsi ei voitu toimittaa:"),
    ("Niedostarczona wiadomość", "Wiadomość nie została dostarczona do:"),
    ("Nedoručitelná zpráva", "Zprávu nebylo možné doručit:"),
    ("Nedoručiteľná správa", "Správu nebolo možné doručiť:"),
    ("Kézbesíthetetlen", "Az üzenetet nem sikerült kézbesíteni:"),
    ("Mesaj nelivrat", "Mesajul nu a putut fi livrat către:"),
    ("Poruka nije isporučena", "Vašu poruku nije moguće dostaviti:"),
    ("İletilemedi", "Mesajınız teslim edilemedi:"),
    ("Αδυναμία παράδοσης", "Το μήνυμα δεν παραδόθηκε:"),
    ("Сообщение не доставлено", "Ваше сообщение не доставлено:"),
    ("Ошибка доставки", "Не удалось доставить письмо:"),
    ("Лист не доставлено", "Не вдалося доставити лист:"),
    ("配信不能", "次の宛先に配信できませんでした:"),
    ("送信エラー", "メールをお届けできませんでした"),
    ("系统退信", "您的邮件无法投递到:"),
    ("郵件無法送達", "您的郵件無法送達:"),
    ("메일 전송 실패", "다음 수신자에게 전송되지 못했습니다:"),
    ("반송된 메일", "메일을 전달할 수 없습니다"),
    ("Pesan tidak terkirim", "Pesan Anda tidak dapat dikirim ke:"),
    ("Thư không gửi được", "Thư của bạn không gửi được tới:"),
];

#[test]
fn a_returned_mail_is_known_in_any_language() {
    let of = |subject: &str, words: &str| {
        returned("MAILER-DAEMON@example.com", "", subject, &format!("{words}\n\nkim@example.net\n"))
    };
    for (subject, words) in FAILURES {
        for (subject, words) in [(*subject, ""), ("Mail", *words)] {
            let report = of(subject, words);
            assert!(is_about_kim(&report), "{subject} {words}: {report:?}");
        }
    }
}

#[test]
fn a_gateway_of_no_known_name_is_known_by_its_subject_and_what_it_gives_back() {
    let words = "It went wrong.\n\n<kim@example.net>: 550 5.1.1 user unknown\n";
    let given_back = "It went wrong.\n\nkim@example.net\n\nReceived: from mail.news.example.org\n\
        From: <news@news.example.org>\nTo: kim@example.net\nMessage-ID: <1@news.example.org>\n\nText\n";
    for from in ["noreply@gw.example", "Gate <gate@gw.example>", "quarantine@gw.example"] {
        for fields in ["", "Auto-Submitted: auto-generated\n", "Auto-Submitted: auto-replied\n"] {
            for subject in ["Undeliverable: A post", "Unzustellbar: A post", "Échec de remise"] {
                let report = returned(from, fields, subject, words);
                assert!(is_about_kim(&report), "{from} {fields} {subject}: {report:?}");
                assert_eq!(report.recipients[0].class, Class::Hard, "{from} {fields} {subject}");
                let report = returned(from, fields, subject, given_back);
                assert!(is_about_kim(&report), "{from} {fields} {subject}: {report:?}");
            }
            let report = returned(from, fields, "A post", "We will be back.\n\nkim@example.net\n");
            assert_ne!(report.kind, Kind::Bounce, "{from} {fields}");
        }
    }
}
