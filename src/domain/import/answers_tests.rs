//! What needs no question, what an operator's answer overrules, and what is no
//! row of a list at all.

use super::tests::{judged, said};
use super::*;

#[test]
fn what_no_question_is_needed_for_is_not_asked_about() {
    let choices = Choices { status: Some(Said::Active), ..Choices::default() };
    for text in [
        // phpList, by its titles.
        "Email,Is the email of this user confirmed,Is this user blacklisted,Did this user manually confirm,Number of bounces on this user,Entered,Last Modified,Unique ID for User,Send this user HTML emails,Which page was used to subscribe,Last time password was changed,Is this account disabled?,Foreign Key\na@x.org,yes,no,yes,0,2024-01-01,,ab,yes,1,,no,\nb@x.org,yes,no,yes,1,2024-01-01,2024-02-01,cd,no,,2024-01-01,no,7",
        "email,Is this user confirmed\na@x.org,yes\nb@x.org,yes",
        // CleverReach.
        "E-Mail;Vorname;Aktiviert am;Abgemeldet am;Quelle\na@x.org;Kim;2024-01-01 10:00;;web\nb@x.org;;;;web",
        // Patreon, with where its people live.
        "Name,Email,Patron Status,Addressee,Street,City,State,Zip,Country\nKim,a@x.org,Active patron,Kim,Main 1,Austin,TX,73301,US\nLee,b@x.org,Active patron,,,,,,",
        "Email,City,State,Zip,Status\na@x.org,Austin,TX,73301,active\nb@x.org,Boise,ID,83701,active",
        // An address alone has no status either.
        "Email,City,State,Zip\na@x.org,Austin,TX,73301\nb@x.org,Boise,ID,83701",
    ] {
        let found = judged("x.csv", text, &choices).unwrap_or_else(|stop| panic!("{text}: {stop:?}"));
        assert!(["active", "nothing"].contains(&found[0].1.as_str()), "{text}: {found:?}");
    }
    for (text, want) in [
        ("email,Is this user confirmed\na@x.org,no", "pending"),
        ("E-Mail;Aktiviert am;Abgemeldet am\na@x.org;2024-01-01;2024-02-01", "unsubscribed"),
        ("Email,City,State,Zip\na@x.org,Austin,unsubscribed,73301", "unsubscribed"),
        ("Email,Patron Status,City,State,Zip\na@x.org,Former patron,Austin,TX,73301", "unsubscribed"),
    ] {
        let found = judged("x.csv", text, &choices).unwrap_or_else(|stop| panic!("{text}: {stop:?}"));
        assert_eq!(found[0].1, want, "{text}: {found:?}");
    }
    // Kit's status stands between cities of nobody.
    let text = "email,state\na@x.org,TX";
    assert!(matches!(judged("x.csv", text, &choices), Err(Stop::UnknownWords { .. })));
}

#[test]
fn a_line_that_was_commented_out_is_not_taken() {
    for (text, want) in [
        (
            "a@x.org\n# b@x.org\n#c@x.org\n// d@x.org\n//e@x.org\nf@x.org",
            &["nothing", "commented", "commented", "commented", "commented", "nothing"][..],
        ),
        (
            "email,name\na@x.org,Kim\n#b@x.org,Lee\n# Ann,c@x.org\n//d@x.org,Ann",
            &["nothing", "commented", "commented", "commented"],
        ),
        (
            "a@x.org, b@x.org # c@x.org\nd@x.org, e@x.org // once f@x.org",
            &["nothing", "nothing", "commented", "nothing", "nothing", "commented"],
        ),
        // A sign of a number, a heading of Markdown, and a remark.
        ("nr,email\n#1,a@x.org\n#2,b@x.org", &["nothing", "nothing"]),
        ("# Unsubscribed\na@x.org", &["unsubscribed"]),
        ("a@x.org # unsubscribed\nb@x.org", &["unsubscribed", "nothing"]),
    ] {
        assert_eq!(said("x.txt", text), want, "{text}");
    }
}

#[test]
fn a_dump_of_a_database_is_no_list() {
    for text in [
        "INSERT INTO `users` VALUES (1,'a@x.org','active'),(2,'b@x.org','unsubscribed');",
        "-- MySQL dump 10.13\n--\n\nDROP TABLE IF EXISTS `s`;\nINSERT INTO `s` VALUES ('a@x.org');",
        "SET NAMES utf8mb4;\ninsert into s (email) values ('a@x.org');",
        "/*!40101 SET NAMES utf8 */;\nCREATE TABLE s (email text);\nINSERT INTO s VALUES\n('a@x.org'),\n('b@x.org');",
        "--\n-- PostgreSQL database dump\n--\n\nCOPY public.s (email, status) FROM stdin;\na@x.org\tactive\n\\.\n",
        "BEGIN TRANSACTION;\nREPLACE INTO s VALUES('a@x.org');\nCOMMIT;",
        "('a@x.org','active'),\n('b@x.org','left');",
    ] {
        let form = Shape::find(text);
        assert!(matches!(form, Err(Stop::OtherForm { form: "an SQL dump" })), "{text}: {form:?}");
    }
    assert!(Shape::find("email,note\na@x.org,wants to insert into a list").is_ok());
}

#[test]
fn the_operator_has_the_last_word_on_a_column_and_not_on_another() {
    let mapped = |pairs: &[(&str, Said)]| Choices {
        status: Some(Said::Active),
        columns: pairs.iter().map(|(column, said)| (fold(column), *said)).collect(),
        ..Choices::default()
    };
    let gone = Said::Gone(crate::domain::SuppressionReason::Unsubscribed);
    for (text, pairs, want) in [
        (
            "email,Cancelled\na@x.org,yes\nb@x.org,no",
            &[("cancelled", Said::Nothing)][..],
            ["nothing", "nothing"],
        ),
        ("email,Active\na@x.org,yes\nb@x.org,no", &[("active", gone)], ["unsubscribed", "nothing"]),
        ("email,Status\na@x.org,left\nb@x.org,Gast", &[("Status", Said::Nothing)], ["nothing", "nothing"]),
        ("email,joined\na@x.org,2024-01-01\nb@x.org,", &[("Joined", gone)], ["unsubscribed", "nothing"]),
        // Whoever left by another column, or by a word that says so anywhere, has left.
        (
            "email,Cancelled,Opt-out\na@x.org,yes,yes\nb@x.org,yes,no",
            &[("Cancelled", Said::Active)],
            ["unsubscribed", "active"],
        ),
        (
            "email,Status\na@x.org,unsubscribed\nb@x.org,active",
            &[("Status", Said::Nothing)],
            ["unsubscribed", "nothing"],
        ),
    ] {
        let found = judged("x.csv", text, &mapped(pairs)).unwrap_or_else(|stop| panic!("{text}: {stop:?}"));
        assert_eq!([found[0].1.as_str(), found[1].1.as_str()], want, "{text}");
    }
}
