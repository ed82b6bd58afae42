//! Bounces, complaints, automatic answers and ordinary mail that others
//! collected, with what two other programs make of them; and the main
//! families of bounces in a few lines of our own.

use std::collections::BTreeSet;

use postbell::feedback::Class;
use postbell::feedback::mail::{Kind, Report, read};
use serde_json::Value;

use crate::support::corpora;

mod languages;
mod ordinary;
mod reports;

/// Stands in the set where a complaint hides its reader, so that only our
/// own token in the mail tells who it is.
const HIDDEN: &str = "undisclosed-recipient-in-headers@";

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    right: usize,
    wrong: Vec<String>,
}

impl Counts {
    fn count(&mut self, is_right: bool, wrong: impl FnOnce() -> String) {
        self.all += 1;
        self.right += usize::from(is_right);
        if !is_right {
            self.wrong.push(wrong());
        }
    }

    fn percent(&self) -> f64 {
        100.0 * self.right as f64 / self.all.max(1) as f64
    }
}

#[test]
fn bounces_are_understood_and_good_readers_are_kept() {
    let Some(folder) = corpora::folder("bounces and complaints (bounces.jsonl)") else { return };
    let lines = std::fs::read_to_string(folder.join("bounces.jsonl")).expect("bounces.jsonl");
    let [mut dsn, mut free, mut hard, mut complaints] = std::array::from_fn(|_| Counts::default());
    let (mut lost, mut acted_on, mut answers) = (Vec::new(), Vec::new(), Vec::new());
    for line in lines.lines() {
        let case: Value = serde_json::from_str(line).expect("one JSON object a line");
        let file = case["file"].as_str().expect("file");
        let report = read(&std::fs::read(folder.join(file)).expect(file));
        let named = named(&report);
        let expected = || -> BTreeSet<String> {
            let list = case["addresses"].as_array().into_iter().flatten();
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let wrong = || format!("{file}: {named:?} {:?}", report.kind);
        match case["kind"].as_str().expect("kind") {
            kind @ ("none" | "autoreply") => {
                if !named.is_empty() {
                    acted_on.push(wrong());
                }
                if kind == "autoreply" && report.kind != Kind::Autoreply {
                    answers.push(wrong());
                }
            }
            "complaint" if case["addresses_firm"] == true => {
                let is_hidden = expected().iter().any(|address| address.starts_with(HIDDEN));
                let is_right = if is_hidden { named.is_empty() } else { named == expected() };
                complaints.count(report.kind == Kind::Complaint && is_right, wrong);
            }
            "bounce" if case["addresses_firm"] == true => {
                let of = if case["has_dsn"] == true { &mut dsn } else { &mut free };
                of.count(report.kind == Kind::Bounce && named == expected(), wrong);
                for (address, judged) in case["per_address"].as_object().into_iter().flatten() {
                    let ours =
                        report.recipients.iter().find(|ours| ours.address.eq_ignore_ascii_case(address));
                    let Some(ours) = ours.filter(|_| judged["class_firm"] == true) else { continue };
                    let (is_hard, said) = (judged["class"] == "hard", ours.class == Class::Hard);
                    let wrong =
                        || format!("{file} {}: {:?} {}", judged["reason"], ours.class, ours.diagnostic);
                    hard.count(is_hard == said, wrong);
                    if said && !is_hard {
                        lost.push(wrong());
                    }
                }
            }
            _ => {}
        }
    }
    for (name, counts) in
        [("DSN", &dsn), ("free-form", &free), ("hard or not", &hard), ("complaints", &complaints)]
    {
        println!("{name}: {} of {} = {:.1} %", counts.right, counts.all, counts.percent());
        counts.wrong.iter().for_each(|wrong| println!("  {wrong}"));
    }
    println!("good readers called hard: {lost:#?}");
    assert!(dsn.all > 150 && free.all > 100 && hard.all > 200, "too few cases were read");
    assert!(dsn.percent() >= 99.0 && free.percent() >= 85.0);
    assert!(hard.percent() >= 98.5);
    assert!(lost.len() * 200 <= hard.all, "good readers called hard: {lost:#?}");
    assert_eq!(complaints.wrong, Vec::<String>::new());
    assert_eq!(acted_on, Vec::<String>::new());
    assert_eq!(answers, Vec::<String>::new());
}

/// Each case was wrong once; its right value lies beside it.
#[test]
fn the_cases_that_were_judged_wrong_are_judged_right() {
    let Some(folder) = corpora::folder("cases of bounces (cases/bounces)") else { return };
    let mut seen = 0;
    for entry in std::fs::read_dir(folder.join("cases/bounces")).expect("cases/bounces") {
        let path = entry.expect("an entry").path();
        let Some(stem) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".right.json")) else {
            continue;
        };
        seen += 1;
        let right: Value =
            serde_json::from_slice(&std::fs::read(&path).expect(stem)).expect("one JSON object");
        let report = read(&std::fs::read(path.with_file_name(format!("{stem}.eml"))).expect(stem));
        let kind = serde_json::to_value(report.kind).expect("a word");
        assert_eq!(kind, right["kind"], "{stem}: {report:?}");
        let address = right["address"].as_str().expect("address").to_owned();
        assert_eq!(named(&report), BTreeSet::from([address]), "{stem}");
        if let Some(class) = right["class"].as_str() {
            assert_eq!(report.recipients[0].class.as_str(), class, "{stem}: {report:?}");
        }
        if let Some(wrong) = right["status_not"].as_str() {
            assert_ne!(report.recipients[0].status.as_deref(), Some(wrong), "{stem}");
        }
    }
    assert!(seen >= 9, "only {seen} cases were read");
}

fn named(report: &Report) -> BTreeSet<String> {
    report.recipients.iter().map(|recipient| recipient.address.to_lowercase()).collect()
}

const ORIGINAL: &str = "Return-Path: <bounces+token@news.example.org>\nFrom: <news@news.example.org>\n\
    To: kim@example.net\nMessage-ID: <1@news.example.org>\nSubject: A post\n\nText\n";

/// Header fields, words, and what they mean for kim@example.net.
const FAMILIES: &[(&str, &str, &str, Class)] = &[
    (
        "Postfix, old",
        "From: MAILER-DAEMON@example.com (Mail Delivery System)\nSubject: Undelivered Mail Returned to Sender\n",
        "This is the mail system at host mx.example.com.\n\nI'm sorry to have to inform you that your message could\n\
         not be delivered to one or more recipients.\n\nFor further assistance, please send mail to <postmaster@example.com>\n\n\
         <kim@example.net>: host mx.example.net[192.0.2.1] said: 550 5.1.1\n    <kim@example.net>: User unknown\n",
        Class::Hard,
    ),
    (
        "qmail",
        "From: MAILER-DAEMON@example.com\nSubject: failure notice\n",
        "Hi. This is the qmail-send program at example.com.\nI'm afraid I wasn't able to deliver your message.\n\n\
         <kim@example.net>:\nSorry, I couldn't find any host named example.net. (#5.1.2)\n\n--- Below this line is a copy of the message.\n\n",
        Class::Hard,
    ),
    (
        "Exim",
        "From: Mail Delivery System <Mailer-Daemon@example.com>\nAuto-Submitted: auto-replied\nX-Failed-Recipients: kim@example.net\n\
         Subject: Mail delivery failed: returning message to sender\n",
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered\n\
         to one or more of its recipients. The following address(es) failed:\n\n  kim@example.net\n    host mx.example.net [192.0.2.1]\n\
         SMTP error from remote mail server after RCPT TO:<kim@example.net>:\n    552 5.2.2 mailbox full\n\n\
         ------ This is a copy of the message, including all the headers. ------\n\n",
        Class::Soft,
    ),
    (
        "Exchange",
        "From: System Administrator <postmaster@example.com>\nSubject: Undeliverable: A post\n",
        "Your message\n\n  To:      list@news.example.org\n  Subject: A post\n\ndid not reach the following recipient(s):\n\n\
         kim@example.net on Fri, 4 Oct 2002 17:12:28 -0400\n    The recipient name is not recognized\n\n",
        Class::Hard,
    ),
    (
        "Sendmail",
        "From: Mail Delivery Subsystem <MAILER-DAEMON@example.com>\nSubject: Returned mail: see transcript for details\n",
        "   ----- Transcript of session follows -----\n>>> RCPT To:<kim@example.net>\n<<< 550 5.7.1 listed in a blocklist\n\n\
         ----- Unsent message follows -----\n",
        Class::Sender,
    ),
    (
        "IMail",
        "From: Postmaster <postmaster@example.com>\nSubject: Undeliverable Mail\n",
        "Unknown user: kim@example.net\n\nOriginal message follows.\n\n",
        Class::Hard,
    ),
    (
        "Exchange, with a scanner's footer",
        "From: postmaster@example.com\nSubject: Delivery Status Notification (Failure)\n",
        "Delivery to the following recipients failed.\n\n       kim@example.net\n\n550 no mailbox found\n\n\
         -- \nThis mail was scanned for viruses and spam by a gateway.\n\nOriginal message follows.\n\n",
        Class::Hard,
    ),
    (
        "a second server after a first that was away",
        "From: Mail Delivery Subsystem <MAILER-DAEMON@example.com>\nSubject: Returned mail: see transcript for details\n",
        "   ----- Transcript of session follows -----\n451 4.4.1 reply: read error from mx1.example.net.\n\
         ... while talking to mx2.example.net.:\n>>> RCPT To:<kim@example.net>\n<<< 550 <kim@example.net>... User unknown\n\
         550 <kim@example.net>... User unknown\n\n ----- Unsent message follows -----\n",
        Class::Hard,
    ),
    (
        "in French",
        "From: Mail Delivery System <MAILER-DAEMON@example.com>\nSubject: Message non remis\n",
        "Votre message n'a pas pu \u{ea}tre remis.\n\n<kim@example.net>: 550 Bo\u{ee}te inconnue\n\n\
         ------ This is a copy of the message, including all the headers. ------\n\n",
        Class::Hard,
    ),
    (
        "relaying refused",
        "From: MAILER-DAEMON@example.com\nSubject: failure notice\n",
        "Hi. This is the qmail-send program at example.com.\n\n<kim@example.net>:\n192.0.2.1 does not like recipient.\n\
         Remote host said: 553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)\n\n\
         --- Below this line is a copy of the message.\n\n",
        Class::Sender,
    ),
    (
        "a delay",
        "From: Mail Delivery Subsystem <mailer-daemon@example.com>\nSubject: Delivery Status Notification (Delay)\n",
        "THIS IS A WARNING MESSAGE ONLY.\n\nDelivery to the following recipient has been delayed:\n\n     kim@example.net\n\n\
         Message will be retried for 2 more day(s)\n\n----- Message header follows -----\n\n",
        Class::Soft,
    ),
    (
        "only the original tells",
        "Return-Path: <>\nFrom: postmaster@example.com\nSubject: Delivery failure\n",
        "The mail below could not be delivered: the disk is full.\n\n--- Original message follows.\n\n",
        Class::Soft,
    ),
];

#[test]
fn each_family_of_bounces_names_its_reader_and_our_token() {
    for (name, header, words, class) in FAMILIES {
        for (before, newline) in [("", "\n"), ("", "\r\n"), ("   \n\n", "\n"), ("\u{feff}\n", "\r\n")] {
            let raw = format!("{before}{header}To: bounces@news.example.org\n\n{words}{ORIGINAL}")
                .replace('\n', newline);
            let report = read(raw.as_bytes());
            assert_eq!(report.kind, Kind::Bounce, "{name}");
            assert_eq!(named(&report), BTreeSet::from(["kim@example.net".to_owned()]), "{name}");
            assert_eq!(report.recipients[0].class, *class, "{name}: {report:?}");
            assert!(report.sent_to.contains(&"bounces@news.example.org".to_owned()), "{name}: {report:?}");
            assert!(
                report.sent_to.contains(&"bounces+token@news.example.org".to_owned()),
                "{name}: {report:?}"
            );
            assert_eq!(report.original_message_id.as_deref(), Some("1@news.example.org"), "{name}");
        }
    }
}

#[test]
fn a_complaint_names_its_reader() {
    let raw = format!(
        "From: fbl@example.net\nSubject: FW: A post\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nThis is an abuse report.\n\n--b\n\
         Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\nOriginal-Rcpt-To: <kim@example.net>\n\
         Original-Mail-From: <bounces+other@news.example.org>\n\n--b\nContent-Type: message/rfc822\n\n{ORIGINAL}\n--b--\n"
    );
    let report = read(raw.as_bytes());
    assert_eq!(report.kind, Kind::Complaint);
    assert_eq!(named(&report), BTreeSet::from(["kim@example.net".to_owned()]));
    assert!(report.sent_to.contains(&"bounces+other@news.example.org".to_owned()), "{report:?}");
}

/// A mail, a report or a mail in a mail can be opened without end.
#[test]
fn ten_thousand_levels_of_parts_mails_and_reports_are_read_or_left() {
    let levels = 10_000;
    let nested = |open: &dyn Fn(usize) -> String| {
        let mut raw = "From: MAILER-DAEMON@example.net\nSubject: Undelivered\n".to_owned();
        (0..levels).for_each(|level| raw.push_str(&open(level)));
        raw.push_str("\n\n<kim@example.net>: 550 User unknown\n");
        raw
    };
    let parts = nested(&|n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n"));
    let folded = nested(&|n| format!("Content-Type:\n multipart/mixed; boundary=b{n}\n\n--b{n}\n"));
    let spaced = nested(&|n| format!("Content-Type : multipart/mixed; boundary=b{n}\n\n--b{n}\n"));
    let mails = nested(&|_| "Content-Type: message/rfc822\n\n".to_owned());
    let digests = format!("Content-Type: multipart/digest; boundary=b\n\n{}", "--b\n\n".repeat(levels));
    let reports = nested(&|n| {
        format!(
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b{n}\n\n--b{n}\n\
             Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; k{n}@example.net\nAction: failed\n\n--b{n}\n"
        )
    });
    let globals = nested(&|_| "Content-Type: message/global\n\n".to_owned());
    for raw in [parts, folded, spaced, mails, digests, reports, globals] {
        // As small as that of a worker.
        let read = std::thread::Builder::new().stack_size(512 * 1024).spawn(move || read(raw.as_bytes()));
        let report = read.expect("a thread").join().expect("it is read");
        assert!(report.recipients.len() <= 500);
    }
}

#[test]
fn automatic_answers_and_peoples_mails_are_about_nobody() {
    let answers = [
        "From: kim@example.net\nAuto-Submitted: auto-replied\nSubject: Re: A post\n",
        "From: kim@example.net\nPrecedence: auto_reply\nSubject: Re: A post\n",
        "From: kim@example.net\nX-Autoreply: yes\nSubject: hello\n",
        "From: kim@example.net\nSubject: Out of office: A post\n",
        "From: kim@example.net\nSubject: =?utf-8?Q?R=C3=A9ponse_automatique?= : A post\n",
        "Return-Path: <>\nFrom: kim@example.net\nSubject: Abwesenheitsnotiz\n",
    ];
    for header in answers {
        let report =
            read(format!("{header}\nI am away; mail to pat@example.net could not be read.\n").as_bytes());
        assert_eq!((report.kind, report.recipients), (Kind::Autoreply, vec![]), "{header}");
    }
    let ordinary = [
        "From: Kim <kim@example.net>\nSubject: Re: your post\n\nDid you know that pat@example.net is unknown?\n",
        "From: Kim <kim@example.net>\nSubject: A mail failed\n\n> <pat@example.net>: User unknown\n\nWhat does this mean?\n",
        "Return-Path: <>\nFrom: Kim at the Stock Exchange <kim@example.net>\nSubject: late\n\nMy parcel is delayed.\n",
        "From: Shop <bounce@shop.example>\nSubject: Your order\n\nReturning customers: mail delivery of your order failed.\n",
        "From: Kim <kim@example.net>\nSubject: the post office\n\nMy parcel could not be delivered.\npat@example.net\n",
        "Return-Path: <>\nFrom: News <news@example.net>\nList-Unsubscribe: <https://news.example/u>\nSubject: Delivery failed? Read on\n\nA notice names an address:\n\npat@example.net\n",
    ];
    for raw in ordinary {
        let report = read(raw.as_bytes());
        assert_eq!((report.kind, report.recipients), (Kind::None, vec![]), "{raw}");
    }
}

/// A mail that is given back by a gateway, with what its report says.
fn by_gateway(server: &str, status: &str, words: &str) -> Report {
    let raw = format!(
        "From: MAILER-DAEMON@example.net\nSubject: Undelivered\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n{words}\n\n--b\n\
         Content-Type: message/delivery-status\n\n{server}Final-Recipient: rfc822;kim@example.net\n\
         Action: failed\nStatus: {status}\nDiagnostic-Code: smtp; 550 kim@example.net... No such user\n\n--b--\n"
    );
    read(raw.as_bytes())
}

#[test]
fn nobody_is_given_up_by_who_tells_no_name_or_has_not_given_up() {
    let class = |report: &Report| report.recipients[0].class;
    assert_eq!(
        class(&by_gateway("Reporting-MTA: dns; mx.example.net\n\n", "5.0.0", "It failed.")),
        Class::Hard
    );
    assert_eq!(class(&by_gateway("", "5.0.0", "It failed.")), Class::Soft, "who says so?");
    assert_eq!(class(&by_gateway("", "5.1.1", "It failed.")), Class::Hard, "its status tells");
    for still in [
        "has not yet been delivered",
        "attempts will continue for some time",
        "THIS IS A WARNING MESSAGE ONLY",
    ] {
        let raw = format!(
            "From: Mailer-Daemon@example.net\nSubject: Warning: message delayed 24 hours\n\n{still}:\n\n\
             kim@example.net\n  450 4.1.1 User unknown\n"
        );
        assert_eq!(class(&read(raw.as_bytes())), Class::Soft, "{still}");
    }
    let arrived = "Return-Path: <>\nFrom: MAILER-DAEMON@example.net\nSubject: Return receipt\n\n\
        ----- The following addresses had successful delivery notifications -----\n\
        <kim@example.net>  (successfully delivered to mailbox)\n";
    assert_eq!(read(arrived.as_bytes()).recipients, []);
}
