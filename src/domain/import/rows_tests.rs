//! Rows that are no rows, rows in one cell, and cells that say nothing (I1).

use super::tests::{judged, said};
use super::*;

fn asked() -> Choices {
    Choices { status: Some(Said::Active), ..Choices::default() }
}

#[test]
fn a_row_without_an_address_speaks_for_nobody_below_it() {
    for (text, want) in [
        (
            "email,name,status\na@x.org,A,active\n,,unsubscribed\nb@x.org,B,active",
            &["active", "no_address", "active"][..],
        ),
        ("email,status\na@x.org,unsubscribed\n,active\nb@x.org,", &["unsubscribed", "no_address", "nothing"]),
        ("email,name,note\na@x.org,A,\n,,Spam\nb@x.org,B,", &["nothing", "no_address", "nothing"]),
        // Nobody knows the heading, or there is none: the words tell.
        ("email,Mailing\na@x.org,subscribed\n,unsubscribed\nb@x.org,", &["active", "no_address", "nothing"]),
        ("a@x.org,subscribed\n,Spam\nb@x.org,subscribed", &["active", "no_address", "active"]),
        // Here the first column is the status.
        ("status,email\nactive,a@x.org\nSpam,\nactive,b@x.org", &["active", "no_address", "active"]),
    ] {
        assert_eq!(said("x.csv", text), want, "{text}");
    }
}

#[test]
fn a_line_of_its_own_in_a_list_speaks_for_those_below_it_until_the_next() {
    for (text, want) in [
        (
            "a@x.org\nUnsubscribed:\nb@x.org\nActive subscribers (2)\nc@x.org\nd@x.org",
            &["nothing", "section", "unsubscribed", "section", "nothing", "nothing"][..],
        ),
        ("Unsubscribed,12\na@x.org,\nAktive Leser,1\nb@x.org,", &["unsubscribed", "section", "nothing"]),
        ("Abgemeldet: 12 , \na@x.org,Kim", &["unsubscribed"]),
        ("a@x.org,Kim\nBounced,\nb@x.org,Lee", &["nothing", "section", "bounced"]),
        (
            "email\na@x.org\nSpam\nb@x.org\nTeam Ulm\nc@x.org",
            &["nothing", "section", "complained", "not_an_address", "complained"],
        ),
        // It makes nobody active that nothing else does.
        ("Active\na@x.org", &["nothing"]),
    ] {
        assert_eq!(said("x.txt", text), want, "{text}");
    }
}

#[test]
fn a_line_of_its_own_in_a_table_is_asked_about() {
    for text in [
        "email,name\na@x.org,A\nUnsubscribed,\nb@x.org,B",
        "name,email,status\nA,a@x.org,active\nBounced,,\nB,b@x.org,",
        "name,email\nA,a@x.org\nAbgemeldet:,\nB,b@x.org",
    ] {
        let found = judged("x.csv", text, &asked());
        assert!(matches!(found, Err(Stop::Section { line: 3, .. })), "{text}: {found:?}");
    }
    for line in ["No longer active", "nicht mehr aktiv", "were active until May"] {
        let text = format!("email\na@x.org\n{line}\nb@x.org");
        let found = judged("x.txt", &text, &asked());
        assert!(matches!(found, Err(Stop::Section { line: 3, .. })), "{text}: {found:?}");
    }
    // Nobody is below it.
    assert_eq!(
        said("x.csv", "email,name\na@x.org,A\nUnsubscribed,3"),
        ["nothing", "not_an_address"],
        "a sum at the end"
    );
}

#[test]
fn a_row_in_one_cell_is_read_as_a_row() {
    for (text, want) in [
        ("\"email,status\"\n\"a@x.org,unsubscribed\"\n\"b@x.org,active\"", &["unsubscribed", "active"][..]),
        ("email,status\n\"a@x.org,unsubscribed\"\nb@x.org,active", &["unsubscribed", "active"]),
        ("email,status\n\"a@x.org,unsubscribed\",,\nb@x.org,active,,", &["unsubscribed", "active"]),
        (
            "email,name,status\n\"a@x.org,\"\"Doe, Kim\"\",left\"\nb@x.org,Lee,active",
            &["unsubscribed", "active"],
        ),
        ("email;status\n\"a@x.org;left\";\nb@x.org;active", &["unsubscribed", "active"]),
        ("\"email;status\"\n\"a@x.org;left\"\n\"b@x.org;\"", &["unsubscribed", "nothing"]),
        // Within another cell's bounds it cannot be told what is what.
        ("id,email,status\n1,\"a@x.org,left\",\n2,b@x.org,active", &["unsubscribed", "active"]),
        ("id,email,name\n1,\"a@x.org,0,x\",\n2,b@x.org,Lee", &["more_in_cell", "nothing"]),
        ("email;name\na@x.org,Stammleser\nb@x.org;Lee", &["more_in_cell", "nothing"]),
        ("email,name\na@x.org - unsubscribed,Kim\nb@x.org,Lee", &["unsubscribed", "nothing"]),
        ("email,name\na@x.org (left),Kim\nLee <b@x.org>,Lee", &["unsubscribed", "nothing"]),
        // A list whose lines say more.
        (
            "a@x.org\nb@x.org\nc@x.org\nd@x.org\ne@x.org\nf@x.org\ng@x.org\nh@x.org\ni@x.org\nj@x.org;removed",
            &[
                "nothing",
                "nothing",
                "nothing",
                "nothing",
                "nothing",
                "nothing",
                "nothing",
                "nothing",
                "nothing",
                "unsubscribed",
            ],
        ),
        ("\"Doe, Kim <a@x.org>\"\n\"Lee <b@x.org>\"", &["nothing", "nothing"]),
    ] {
        assert_eq!(said("x.csv", text), want, "{text}");
    }
}

#[test]
fn signs_of_a_status_that_nobody_knows_are_asked_about() {
    for (left, stays) in [
        ("×", "○"),
        ("-", "+"),
        ("*", ""),
        ("👍", "👎"),
        ("✔️", ""),
        ("y", "n"),
        ("1", "0"),
        ("x", ""),
        ("?", ""),
    ] {
        let text = format!("email,status\na@x.org,{left}\nb@x.org,{stays}\n");
        let found = judged("x.csv", &text, &asked());
        assert!(matches!(found, Err(Stop::UnknownWords { .. })), "{text}: {found:?}");
    }
    let nameless = judged("x.csv", "a@x.org,*\nb@x.org,\n", &asked());
    assert!(matches!(nameless, Err(Stop::UnknownWords { .. })), "{nameless:?}");
    assert_eq!(said("x.csv", "email,status\na@x.org,—\nb@x.org,N/A\n"), ["nothing", "nothing"]);
    // Each sign is a word of its own, and can be answered.
    let words = [("○", Said::Active), ("×", Said::Gone(crate::domain::SuppressionReason::Unsubscribed))];
    let words = words.iter().map(|(word, said)| (fold(word), *said)).collect();
    let choices = Choices { words, ..asked() };
    let found = judged("x.csv", "email,status\na@x.org,×\nb@x.org,○\n", &choices).expect("it is answered");
    assert_eq!(found.iter().map(|(_, said)| said.as_str()).collect::<Vec<_>>(), ["unsubscribed", "active"]);
}

#[test]
fn ticks_and_crosses_are_yes_and_no_beside_each_other() {
    for (text, want) in [
        ("email,subscribed\na@x.org,✗\nb@x.org,✓", &["unsubscribed", "active"][..]),
        ("email,subscribed\na@x.org,×\nb@x.org,○", &["unsubscribed", "active"]),
        ("email,unsubscribed\na@x.org,☑\nb@x.org,☐", &["unsubscribed", "nothing"]),
        ("email,unsubscribed\na@x.org,✅\nb@x.org,❌", &["unsubscribed", "nothing"]),
        ("email,unsubscribed\na@x.org,✔\u{fe0f}\nb@x.org,", &["unsubscribed", "nothing"]),
    ] {
        assert_eq!(said("x.csv", text), want, "{text}");
    }
    for text in [
        "email,unsubscribed\na@x.org,❌\nb@x.org,",
        "email,subscribed\na@x.org,✗\nb@x.org,",
        "email,consent\na@x.org,+\nb@x.org,",
    ] {
        let found = judged("x.csv", text, &asked());
        assert!(matches!(found, Err(Stop::UnknownWords { .. })), "{text}: {found:?}");
    }
}

#[test]
fn who_has_no_status_or_moment_where_others_have_one_waits() {
    for (text, want) in [
        ("email,status\na@x.org,NULL\nb@x.org,active", &["pending", "active"][..]),
        ("email,status\na@x.org,\\N\nb@x.org,active", &["pending", "active"]),
        ("email,status\na@x.org,nil\nb@x.org,active", &["pending", "active"]),
        ("email,status\na@x.org,undefined\nb@x.org,active", &["pending", "active"]),
        ("email,status\na@x.org,NULL\nb@x.org,NULL", &["nothing", "nothing"]),
        ("email,opted_in_at\na@x.org,\nb@x.org,2024-01-02", &["pending", "nothing"]),
        ("email,opt-in date\na@x.org,NULL\nb@x.org,2024-01-02", &["pending", "nothing"]),
        ("email,confirmed_at\na@x.org,\nb@x.org,2024-01-02", &["pending", "active"]),
        ("email,confirmed_at\na@x.org,\nb@x.org,", &["nothing", "nothing"]),
        ("email,subscribed\na@x.org,\\N\nb@x.org,yes", &["pending", "active"]),
        ("email,unsubscribed_at\na@x.org,\\N\nb@x.org,2024-01-02", &["nothing", "unsubscribed"]),
    ] {
        assert_eq!(said("x.csv", text), want, "{text}");
    }
}
