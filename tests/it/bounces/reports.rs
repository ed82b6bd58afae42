//! Feedback reports: what each type says, and what is no complaint.

use std::collections::BTreeSet;

use postbell::feedback::Class;
use postbell::feedback::mail::{Feedback, Kind, read};

use super::{ORIGINAL, named};

/// RFC 6430 and RFC 6591, and the form of Microsoft's before RFC 5965.
#[test]
fn what_a_reader_did_not_say_is_no_complaint_and_the_former_hotmails_is_one() {
    let of = |kind: &str| {
        let raw = format!(
            "From: fbl@example.net\nSubject: FW: A post\n\
             Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nA report.\n\n--b\n\
             Content-Type: message/feedback-report\n\nFeedback-Type: {kind}\nVersion: 1\n\
             Original-Rcpt-To: <kim@example.net>\n\n--b\nContent-Type: message/rfc822\n\n{ORIGINAL}\n--b--\n"
        );
        read(raw.as_bytes())
    };
    let not_spam = of("not-spam");
    assert_eq!((not_spam.kind, not_spam.feedback), (Kind::None, Some(Feedback::NotSpam)));
    assert_eq!(not_spam.recipients, [], "nothing follows");
    for (kind, feedback, class) in [
        ("abuse", Feedback::Abuse, Class::Hard),
        ("Fraud", Feedback::Abuse, Class::Hard),
        ("opt-out", Feedback::OptOut, Class::Hard),
        // Kept for the operator, and no reader's doing.
        ("auth-failure", Feedback::NoComplaint, Class::Sender),
        ("virus", Feedback::NoComplaint, Class::Sender),
        ("dmarc", Feedback::NoComplaint, Class::Sender),
        ("other", Feedback::NoComplaint, Class::Sender),
    ] {
        let report = of(kind);
        assert_eq!((report.kind, report.feedback), (Kind::Complaint, Some(feedback)), "{kind}");
        assert_eq!(report.recipients[0].class, class, "{kind}");
    }
    let hotmail = |from: &str| {
        let raw = format!(
            "From: <{from}>\nSubject: complaint about message from 192.0.2.9\n\
             Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n\
             X-HmXmrOriginalRecipient: pat@hotmail.example\n{ORIGINAL}\n--b--\n"
        );
        read(raw.as_bytes())
    };
    let report = hotmail("staff@hotmail.com");
    assert_eq!(
        (report.kind, named(&report)),
        (Kind::Complaint, BTreeSet::from(["pat@hotmail.example".to_owned()]))
    );
    assert_eq!(hotmail("kim@example.net").kind, Kind::None);
}
