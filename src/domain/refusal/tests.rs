//! One table: what was said, and whom it blames.

use proptest::prelude::*;

use super::Class::{Hard, Sender, Soft};
use super::*;

#[test]
fn refusals_are_judged_by_words_then_status_then_code() {
    let table = [
        // (code, status, text, class)
        (Some(550), Some("5.1.1"), "<kim@example.org>: Recipient address rejected: User unknown", Hard),
        (Some(550), None, "No such user here", Hard),
        (Some(550), Some("5.1.2"), "Host unknown (Name server: example.org: host not found)", Hard),
        (Some(556), Some("5.1.10"), "Recipient address has null MX", Hard),
        (Some(551), Some("5.1.6"), "not our user", Hard),
        (Some(550), Some("5.4.1"), "5.4.1 Recipient address rejected: Access denied", Hard),
        (Some(552), Some("5.2.2"), "The email account that you tried to reach is over quota", Soft),
        (Some(550), Some("5.1.1"), "mailbox is full", Soft),
        (Some(550), Some("5.2.1"), "The account has been disabled", Soft),
        (Some(451), Some("4.7.1"), "Greylisted, please try again later", Soft),
        (Some(450), None, "User unknown", Soft),
        (Some(450), Some("4.1.1"), "User unknown in local recipient table", Soft),
        (Some(421), Some("4.4.2"), "connection dropped", Soft),
        (Some(550), Some("5.7.26"), "This mail is unauthenticated", Sender),
        (Some(550), Some("5.1.1"), "Blocked by Spamhaus", Sender),
        (Some(553), Some("5.1.8"), "Domain of sender address bounces@example.org does not exist", Sender),
        (Some(552), Some("5.3.4"), "Message size exceeds fixed limit", Sender),
        (Some(554), Some("5.7.1"), "Message rejected", Sender),
        (Some(550), Some("5.7.1"), "Relaying denied", Sender),
        (
            Some(550),
            Some("5.1.1"),
            "host mx.antispam.example.org said: <nospam@example.org>: User unknown",
            Hard,
        ),
        (Some(550), None, "Requested action not taken: mailbox unavailable", Soft),
        (Some(550), Some("5.0.0"), "x", Soft),
        (None, None, "", Soft),
        (Some(999), Some("nonsense"), "\u{1F512}", Soft),
    ];
    for (code, status, text, class) in table {
        assert_eq!(classify(code, status, text), class, "{code:?} {status:?} {text}");
    }
}

#[test]
fn who_took_the_recipient_and_refuses_the_mail_filters_it() {
    let said = "550 Unknown user kim@example.org";
    assert_eq!(of_report(Some("5.0.0"), said, "").class, Hard);
    assert_eq!(of_report(Some("5.0.0"), said, "(in reply to end of DATA command)").class, Soft);
}

#[test]
fn who_gave_up_on_an_unknown_user_means_it() {
    assert_eq!(of_report(Some("4.1.1"), "450 4.1.1 User unknown", "").class, Hard);
    assert_eq!(of_report(Some("4.4.3"), "450 4.4.3 Host not found", "").class, Soft);
}

#[test]
fn a_status_that_says_nothing_gives_way_to_one_that_does() {
    assert_eq!(of_report(Some("5.0.0"), "smtp; 550 5.1.1 no", "").status.as_deref(), Some("5.1.1"));
    assert_eq!(of_report(Some("5.1.1"), "smtp; 550 no", "").status.as_deref(), Some("5.1.1"));
}

#[test]
fn statuses_and_codes_are_found_and_nothing_else_is_taken_for_one() {
    assert_eq!(enhanced_in("host [4.3.2.1]:25 said: 550-5.7.26 no"), Some("5.7.26"));
    assert_eq!(enhanced_in("(#5.1.2)"), Some("5.1.2"));
    assert_eq!(enhanced_in("version 6.1.2, 5.1"), None);
    assert_eq!(code_in("192.0.2.450 said 200 of 550"), Some(550));
    assert_eq!(code_in("user550 at 5504"), None);
}

proptest! {
    #[test]
    fn any_words_are_judged(code in any::<Option<u16>>(), status in any::<Option<String>>(), text in any::<String>()) {
        let _ = classify(code, status.as_deref(), &text);
        let _ = of_report(status.as_deref(), &text, &text);
    }
}
