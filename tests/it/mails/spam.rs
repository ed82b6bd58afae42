//! What SpamAssassin says, without network (D7).

use std::collections::HashMap;
use std::process::{Command, Stdio};

use mail_parser::{HeaderValue, MessageParser};
use postbell::mail::MailParts;
use postbell::templates::{
    BrakedMail, ConfirmMail, GoodbyeMail, MailTemplate, ManageMail, NoticeMail, PostMail, ReminderMail,
    Templates, TestMail, WelcomeMail,
};

use super::one_of_each;

/// A mail's score, and the rules that it met.
#[derive(Debug)]
struct Score {
    points: f64,
    rules: String,
}

/// The scores of mails, in order, by one run: each start takes seconds.
fn scores(mails: &[Vec<u8>]) -> Vec<Score> {
    let mut mbox = Vec::new();
    for mail in mails {
        let date =
            MailParts::of(mail).headers.into_iter().find(|(name, _)| name == "Date").map(|(_, value)| value);
        let date = date.expect("each mail has a date");
        // As a mail looks once it has arrived.
        let arrived = format!(
            "From post@mail.example.org Fri Jan 15 08:00:00 2027\n\
             Received: from mail.example.org (mail.example.org [93.184.216.34])\n\
             \tby mx.example.com (Postfix) with ESMTPS id 4F1C2A\n\tfor <kim@example.com>; {date}\n"
        );
        mbox.extend(arrived.into_bytes());
        for line in String::from_utf8(mail.clone()).expect("7 bit").replace("\r\n", "\n").lines() {
            if line.starts_with("From ") {
                mbox.push(b'>');
            }
            mbox.extend(line.bytes());
            mbox.push(b'\n');
        }
        mbox.push(b'\n');
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("mails.mbox");
    std::fs::write(&file, mbox).expect("the folder takes files");
    let output = Command::new("spamassassin")
        .args(["--local", "--test-mode", "--prefspath=/dev/null", "--mbox"])
        .arg(&file)
        .env("HOME", folder.path())
        .stdin(Stdio::null())
        .output()
        .expect("spamassassin runs; scripts/setup installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    // It answers in an order of its own.
    let mut scores: HashMap<String, Score> = said
        .split("\nFrom post@mail.example.org ")
        .map(|mail| score(mail.split_once('\n').expect("an envelope line").1))
        .collect();
    let id =
        |mail: &[u8]| MessageParser::new().parse(mail).and_then(|mail| mail.message_id().map(str::to_owned));
    mails
        .iter()
        .map(|mail| scores.remove(&id(mail).expect("an id")).expect("a score for each mail"))
        .collect()
}

fn score(mail: &str) -> (String, Score) {
    let mail = MessageParser::new().parse(mail.as_bytes()).expect("a mail");
    let status = mail.header_raw("X-Spam-Status").map(str::to_owned).unwrap_or_default();
    let status: String = status.split_whitespace().collect::<Vec<_>>().join(" ");
    let word = |name: &str| status.split_once(name).map(|(_, rest)| rest.to_owned());
    let points =
        word("score=").and_then(|rest| rest.split(' ').next().and_then(|points| points.parse().ok()));
    let rules = word("tests=").unwrap_or_default();
    let rules = rules.split(" autolearn").next().unwrap_or_default().replace(", ", ",");
    let score = Score { points: points.unwrap_or_else(|| panic!("no score in {status:?}")), rules };
    (mail.message_id().expect("an id").to_owned(), score)
}

/// D7
#[tokio::test]
async fn a_spam_filter_has_little_against_our_mails() {
    let (_server, caught) = one_of_each().await;
    let mut names: Vec<String> = caught.iter().map(|mail| mail.head.kind.clone()).collect();
    let mut mails: Vec<Vec<u8>> = caught.iter().map(|mail| mail.raw.clone()).collect();
    let templates = Templates::load(None).unwrap();
    samples::<ConfirmMail>(&templates, &mut names, &mut mails);
    samples::<ReminderMail>(&templates, &mut names, &mut mails);
    samples::<WelcomeMail>(&templates, &mut names, &mut mails);
    samples::<GoodbyeMail>(&templates, &mut names, &mut mails);
    samples::<ManageMail>(&templates, &mut names, &mut mails);
    samples::<NoticeMail>(&templates, &mut names, &mut mails);
    samples::<BrakedMail>(&templates, &mut names, &mut mails);
    samples::<TestMail>(&templates, &mut names, &mut mails);
    samples::<PostMail>(&templates, &mut names, &mut mails);
    let post = caught.iter().find(|mail| mail.head.kind == "post").unwrap();
    names.push("bare".to_owned());
    mails.push(bare(&post.raw));
    let scores = scores(&mails);
    let told: String = names
        .iter()
        .zip(&scores)
        .map(|(name, score)| format!("{:5.1} {name} {}\n", score.points, score.rules))
        .collect();
    println!("D7: SpamAssassin without network\n{told}");
    let bare = scores.last().unwrap().points;
    for (name, score) in names.iter().zip(&scores) {
        let allowed = if name == "post" { bare + 0.5 } else { 1.0 };
        assert!(score.points <= allowed + 1e-9, "{name} has {} points: {}", score.points, score.rules);
    }
}

/// The ordinary samples: the long, empty and hostile ones say what no blog says.
fn samples<T: MailTemplate>(templates: &Templates, names: &mut Vec<String>, mails: &mut Vec<Vec<u8>>) {
    for (which, sample) in T::samples().iter().enumerate().filter(|(at, _)| [0, 3].contains(at)) {
        let rendered = templates.mail(sample).unwrap();
        let mail = super::well_formed::packed(T::NAME, which, rendered);
        names.push(format!("{} sample {which}", T::NAME));
        mails.push(mail);
    }
}

/// The text of a post in a minimal mail of one part.
fn bare(raw: &[u8]) -> Vec<u8> {
    let parts = MailParts::of(raw);
    let text = parts.text.unwrap().replace("\r\n", "\n");
    let body = text.split_once("You get this because").expect("a footer").0.trim();
    let mut mail = String::new();
    for name in ["From", "To", "Subject", "Date", "Message-ID"] {
        let value = parts.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value).unwrap();
        let value = if name == "Message-ID" { value.replace('<', "<bare.") } else { value.clone() };
        mail.push_str(&format!("{name}: {value}\r\n"));
    }
    mail.push_str("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    let encoded = data_encoding::BASE64.encode(body.as_bytes());
    for line in encoded.as_bytes().chunks(76) {
        mail.push_str(std::str::from_utf8(line).unwrap());
        mail.push_str("\r\n");
    }
    assert!(matches!(
        MessageParser::new().parse(mail.as_bytes()).unwrap().header("Subject"),
        Some(HeaderValue::Text(_))
    ));
    mail.into_bytes()
}
