//! No mail, however damaged, ends the reader; and what it gives is bounded.

use proptest::prelude::*;

use super::*;

const SAMPLE: &str = "Return-Path: <>\r\nFrom: MAILER-DAEMON@example.net\r\nTo: bounces+abc@example.org\r\n\
    Subject: Undelivered\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\n\r\n\
    Your mail could not be delivered:\r\n\r\n<kim@example.net>: 550 5.1.1 User unknown\r\n\r\n--b\r\n\
    Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; example.net\r\n\
    Original-Envelope-Id: bounces+env@example.org\r\n\r\nFinal-Recipient: rfc822; kim@example.net\r\n\
    Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\r\n\r\n--b\r\n\
    Content-Type: message/rfc822\r\n\r\nReturn-Path: <bounces+def@example.org>\r\nTo: kim@example.net\r\n\
    Message-ID: <1@example.org>\r\nSubject: A post\r\n\r\nText\r\n--b--\r\n";

#[test]
fn a_report_tells_the_reader_and_how_our_mail_is_found() {
    let report = read(SAMPLE.as_bytes());
    assert_eq!(report.kind, Kind::Bounce);
    let [kim] = report.recipients.as_slice() else { panic!("{report:?}") };
    assert_eq!(
        (kim.address.as_str(), kim.class, kim.status.as_deref()),
        ("kim@example.net", Class::Hard, Some("5.1.1"))
    );
    assert_eq!(kim.diagnostic, "550 5.1.1 User unknown");
    assert_eq!(
        report.sent_to,
        ["bounces+abc@example.org", "bounces+def@example.org", "bounces+env@example.org"]
    );
    assert_eq!(report.original_message_id.as_deref(), Some("1@example.org"));
}

#[test]
fn the_original_recipient_counts_and_what_went_well_does_not() {
    let fields = "Final-Recipient: rfc822; kim@example.net";
    let swapped = SAMPLE.replace(
        fields,
        "Final-Recipient: rfc822; x17@in.house\r\nOriginal-Recipient: rfc822;kim@example.net",
    );
    assert_eq!(read(swapped.as_bytes()).recipients[0].address, "kim@example.net");
    for good in ["delivered", "relayed", "expanded"] {
        let report = read(SAMPLE.replace("Action: failed", &format!("Action: {good}")).as_bytes());
        assert_eq!(report.recipients, [], "{good}");
    }
}

#[test]
fn who_is_not_found_as_our_sender_is_no_reader() {
    for (sender, said) in [
        (
            "From: Blog <post@example.org>",
            "550 Callback verification of <post@example.org> failed: user unknown",
        ),
        ("From: post@example.org", "550 5.1.1 <post@example.org>: user unknown"),
        ("Reply-To: talk@blog.example", "550 5.0.0 domain blog.example does not exist"),
    ] {
        let said = SAMPLE.replace("550 5.1.1 User unknown", said).replace("Status: 5.1.1", "Status: 5.0.0");
        let report =
            read(said.replace("Subject: A post", &format!("{sender}\r\nSubject: A post")).as_bytes());
        assert_eq!(report.recipients[0].class, Class::Sender, "{sender}: {report:?}");
    }
    // Where reader and sender are neighbours, the name tells nothing.
    let near = SAMPLE.replace("Subject: A post", "From: blog@example.net\r\nSubject: A post");
    assert_eq!(read(near.as_bytes()).recipients[0].class, Class::Hard);
}

#[test]
fn the_sentence_that_tells_of_a_failure_names_its_reader() {
    for (line, class) in [
        (
            "Ihre Nachricht an kim@example.net konnte nicht zugestellt werden, weil das Postfach voll ist.",
            Class::Soft,
        ),
        ("收件人邮件地址（kim@example.net）不存在，邮件无法送达。", Class::Hard),
        ("O e-mail para kim@example.net não foi entregue: caixa de entrada cheia.", Class::Soft),
        ("Votre message pour <kim@example.net> n'a pas été remis : utilisateur inconnu.", Class::Hard),
    ] {
        let mail = format!(
            "Return-Path: <>\r\nFrom: MAILER-DAEMON@example.net\r\nTo: bounces@example.org\r\n\
             Subject: Undelivered\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{line}\r\n"
        );
        let report = read(mail.as_bytes());
        let [kim] = report.recipients.as_slice() else { panic!("{line}: {report:?}") };
        assert_eq!((kim.address.as_str(), kim.class), ("kim@example.net", class), "{line}");
    }
}

#[test]
fn a_delay_is_never_hard() {
    let delayed = read(SAMPLE.replace("Action: failed", "Action: delayed").as_bytes());
    assert_eq!(delayed.recipients[0].class, Class::Soft);
}

#[test]
fn a_report_without_its_boundary_is_read_all_the_same() {
    let lost = SAMPLE.replace("boundary=\"b\"", "boundary=\"other\"");
    assert_eq!(read(lost.as_bytes()).recipients[0].address, "kim@example.net");
}

#[test]
fn recipients_are_bounded() {
    let mut many = SAMPLE.split("Final-Recipient").next().expect("before").to_owned();
    for number in 0..5_000 {
        many.push_str(&format!(
            "Final-Recipient: rfc822; u{number}@example.net\nAction: failed\nStatus: 5.1.1\n\n"
        ));
    }
    assert_eq!(read(many.as_bytes()).recipients.len(), MOST_RECIPIENTS);
}

#[test]
fn an_empty_quoted_printable_part_is_survived() {
    let mail = "From: postmaster@example.net\nSubject: Undelivered\nContent-Type: multipart/mixed; boundary=b\n\n\
        --b\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n--b--\n";
    assert_eq!(read(mail.as_bytes()).recipients, []);
}

#[test]
fn mails_in_mails_without_end_are_survived() {
    let deep =
        format!("From: MAILER-DAEMON@example.net\n{}", "Content-Type: message/rfc822\n\n".repeat(100_000));
    assert_eq!(read(deep.as_bytes()).recipients, []);
}

proptest! {
    #[test]
    fn any_bytes_are_a_mail(raw in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = read(&raw);
    }

    #[test]
    fn a_damaged_report_is_read(at in 0..SAMPLE.len(), cut in 0..200_usize, with in "[<>@:;\\-=\"\\r\\n a-c]{0,20}") {
        let mut raw = SAMPLE.as_bytes().to_vec();
        let end = (at + cut).min(raw.len());
        raw.splice(at..end, with.into_bytes());
        let report = read(&raw);
        prop_assert!(report.recipients.len() <= MOST_RECIPIENTS);
    }
}
