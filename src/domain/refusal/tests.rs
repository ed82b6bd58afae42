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

#[test]
fn whom_a_reply_blames_is_the_reader_the_mail_us_or_the_moment() {
    use super::Blame::{Mailbox, Message, Moment, Reader, Us};
    use super::Ours::*;
    let table = [
        // (code, status, text, blame)
        (
            553,
            Some("5.7.1"),
            "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
            Us(Relaying),
        ),
        (554, Some("5.7.1"), "<kim@example.org>: Relay access denied", Us(Relaying)),
        (550, None, "kim@example.org: we do not relay for others", Us(Relaying)),
        (550, Some("5.1.90"), "You have reached the daily limit for message recipients", Us(Quota)),
        (550, Some("5.4.5"), "Daily user sending limit exceeded", Us(Quota)),
        (
            550,
            None,
            "Domain blog.example has exceeded the max emails per hour (300/300 (100%)) allowed",
            Us(Quota),
        ),
        (454, None, "Throttling failure: Maximum sending rate exceeded.", Us(Rate)),
        (421, Some("4.7.28"), "Our system has detected an unusual rate of mail", Us(Rate)),
        (550, None, "Please turn on SMTP Authentication in your mail client", Us(Login)),
        (530, Some("5.7.0"), "Must log in first", Us(Login)),
        (535, None, "no", Us(Login)),
        (
            553,
            Some("5.7.1"),
            "<news@example.net>: Sender address rejected: not owned by user kim",
            Us(Sender),
        ),
        (550, Some("5.7.60"), "SMTP; Client does not have permissions to send as this sender", Us(Sender)),
        (550, Some("5.7.26"), "This mail is unauthenticated", Us(Sender)),
        (554, None, "Sending paused for this account", Us(Suspended)),
        (550, Some("5.7.1"), "Your account has been suspended, write to support", Us(Suspended)),
        (
            554,
            Some("5.7.1"),
            "Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
            Us(Reputation),
        ),
        (552, Some("5.2.2"), "Quota exceeded (mailbox for user is full)", Mailbox),
        (550, Some("5.2.1"), "The account has been suspended", Mailbox),
        (450, Some("4.2.1"), "The user is receiving mail at a rate that prevents more", Mailbox),
        (554, Some("5.7.1"), "Message rejected as spam", Message),
        (552, Some("5.3.4"), "Message size exceeds fixed limit", Message),
        (550, Some("5.1.1"), "User unknown", Reader),
        (550, Some("5.5.0"), "Requested action not taken: mailbox unavailable (S2017062302)", Reader),
        (450, Some("4.1.1"), "User unknown", Moment),
        (550, Some("5.4.4"), "Host not found, try again", Moment),
        (451, Some("4.7.1"), "Greylisted", Moment),
        (550, None, "no", Moment),
    ];
    for (code, status, text, right) in table {
        assert_eq!(blame(Some(code), status, text), right, "{code} {status:?} {text}");
    }
}

#[test]
fn phrases_are_lower_case_and_each_row_names_its_source() {
    for row in phrases::GENERAL.iter().copied().chain([phrases::PARTICULAR, phrases::WEAK]).flatten() {
        assert!(!row.from.is_empty(), "{row:?}");
        for words in row.says.split('|') {
            assert_eq!(words.to_lowercase(), words, "{}: a phrase is written as it is looked for", row.from);
            assert!(words.len() > 3, "{}: {words:?} is in too many texts", row.from);
        }
    }
}
