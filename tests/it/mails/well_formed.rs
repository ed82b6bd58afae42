//! What a strict parser says (D1).

use postbell::mail::{Email, Originator};
use postbell::templates::{
    BrakedMail, ConfirmMail, GoodbyeMail, MailTemplate, ManageMail, NoticeMail, PostMail, ReminderMail,
    Rendered, Templates, TestMail, WelcomeMail,
};
use serde_json::json;

use super::one_of_each;
use crate::support::python::read_mails;
use crate::support::stores::{NOW, address};

fn judge(mails: &[(String, &[u8])]) {
    let read = read_mails(mails.iter().map(|(_, raw)| *raw));
    for ((whose, raw), read) in mails.iter().zip(read) {
        assert_eq!(read["defects"], json!([]), "{whose}");
        assert_eq!(read["bare"], false, "{whose} has a line end that is not CRLF");
        assert!(read["longest_line"].as_u64().unwrap() <= 998, "{whose}");
        assert_eq!(read["type"], "multipart/alternative", "{whose}");
        assert_eq!(read["parts"], json!(["text/plain utf-8", "text/html utf-8"]), "{whose}");
        let names: Vec<&str> =
            read["names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        for name in ["from", "to", "date", "message-id", "subject", "mime-version"] {
            assert_eq!(names.iter().filter(|have| **have == name).count(), 1, "{whose}: {name}");
        }
        let html = read["html"].as_str().unwrap();
        assert!(html.len() < 100 * 1024 && raw.len() < 200 * 1024, "{whose}");
        assert!(!read["subject"].as_str().unwrap().is_empty(), "{whose}");
        assert!(!read["text"].as_str().unwrap().trim().is_empty(), "{whose}");
        for pixel in ["width=\"1\"", "height=\"1\"", "display:none\" width"] {
            assert!(!html.contains(pixel), "{whose} has a pixel: {pixel}");
        }
    }
}

/// D1, D8
#[tokio::test]
async fn pythons_parser_finds_no_defect_in_any_mail_of_a_trip() {
    let (_server, mails) = one_of_each().await;
    let mails: Vec<(String, &[u8])> = mails.iter().map(|mail| (mail.head.kind.clone(), &*mail.raw)).collect();
    judge(&mails);
}

/// D1
#[test]
fn pythons_parser_finds_no_defect_in_any_sample() {
    let templates = Templates::load(None).unwrap();
    let mut mails = Vec::new();
    add::<ConfirmMail>(&templates, &mut mails);
    add::<ReminderMail>(&templates, &mut mails);
    add::<WelcomeMail>(&templates, &mut mails);
    add::<GoodbyeMail>(&templates, &mut mails);
    add::<ManageMail>(&templates, &mut mails);
    add::<NoticeMail>(&templates, &mut mails);
    add::<BrakedMail>(&templates, &mut mails);
    add::<TestMail>(&templates, &mut mails);
    add::<PostMail>(&templates, &mut mails);
    let mails: Vec<(String, &[u8])> = mails.iter().map(|(whose, raw)| (whose.clone(), &**raw)).collect();
    judge(&mails);
}

fn add<T: MailTemplate>(templates: &Templates, mails: &mut Vec<(String, Vec<u8>)>) {
    for (at, sample) in T::samples().iter().enumerate() {
        mails.push((format!("{} {at}", T::NAME), packed(T::NAME, at, templates.mail(sample).unwrap())));
    }
}

/// A rendered sample as a mail.
pub(crate) fn packed(name: &str, at: usize, rendered: Rendered) -> Vec<u8> {
    let Rendered { subject, html, text, .. } = rendered;
    let email = Email {
        from: Originator { name: "Harbour Notes".to_owned(), address: address("post@mail.example.org") },
        to: address("kim@example.com"),
        reply_to: None,
        subject,
        date: NOW,
        message_id: format!("{at}.{name}@mail.example.org"),
        text,
        html,
        in_reply_to: None,
        leave_by_mail: None,
        one_click: None,
        list_id: None,
        feedback_id: None,
        is_auto: true,
    };
    email.to_bytes().unwrap()
}
