//! What belongs to which reader, and which of two columns is nearer (I1).

use super::saying::said_among_others;
use super::tests::judged;
use super::*;
use crate::domain::SuppressionReason::{Bounced, Unsubscribed};

fn found(text: &str) -> Vec<(String, String)> {
    let choices = Choices { status: Some(Said::Active), ..Choices::default() };
    judged("x.csv", text, &choices).unwrap_or_else(|stop| panic!("{text}: {stop:?}"))
}

fn of<'f>(found: &'f [(String, String)], who: &str) -> &'f str {
    found.iter().find(|(shown, _)| shown == who).map_or("absent", |(_, said)| said)
}

#[test]
fn addresses_below_a_word_of_status_have_that_status() {
    for text in [
        "Active,Unsubscribed\na@x.org,b@x.org\nc@x.org,\n,d@x.org",
        "Unsubscribed,Active\nb@x.org,a@x.org\n,c@x.org\nd@x.org,",
        "Aktiv;Abgemeldet\na@x.org;b@x.org\nc@x.org;\n;d@x.org",
    ] {
        let found = found(text);
        for (who, said) in [
            ("a@x.org", "active"),
            ("b@x.org", "unsubscribed"),
            ("c@x.org", "active"),
            ("d@x.org", "unsubscribed"),
        ] {
            assert_eq!(of(&found, who), said, "{text}: {found:?}");
        }
    }
    for text in [
        "Email,Status,Email 2,Status 2\na@x.org,active,b@x.org,unsubscribed",
        "email1,status1,email2,status2\na@x.org,active,b@x.org,unsubscribed",
    ] {
        let stop = judged("x.csv", text, &Choices::default());
        assert!(matches!(stop, Err(Stop::TwoReaders { .. })), "{text}: {stop:?}");
    }
}

#[test]
fn what_a_service_says_of_its_reader_is_nearer_than_labels_and_a_false_is_a_false() {
    for (text, want) in [
        (
            "email,confirmed,blacklisted,optedin,htmlemail,rssfrequency,disabled\na@x.org,1,0,0,1,0,0\nb@x.org,0,0,1,1,,0",
            ["active", "pending"],
        ),
        (
            "uuid,email,attributes,status\n1,a@x.org,\"{\"\"unsubscribed\"\":false}\",enabled\n2,b@x.org,\"{}\",blocklisted",
            ["active", "manual"],
        ),
        (
            "email,subscribed_to_emails,labels\na@x.org,true,Unsubscribed from Tuesday poll\nb@x.org,false,VIP",
            ["active", "unsubscribed"],
        ),
    ] {
        let found = found(text);
        assert_eq!([of(&found, "a@x.org"), of(&found, "b@x.org")], want, "{text}: {found:?}");
    }
    for (attributes, said) in [
        ("{\"unsubscribed\":false,\"city\":\"Rome\"}", Said::Nothing),
        ("{\"unsubscribed\":true}", Said::Gone(Unsubscribed)),
        ("{\"unsubscribed\":\"2024-02-03\"}", Said::Gone(Unsubscribed)),
        ("{\"mail\":{\"status\":\"unsubscribed\"}}", Said::Gone(Unsubscribed)),
        ("{\"tags\":[\"VIP\",\"bounced\"]}", Said::Gone(Bounced)),
        ("{'unsubscribed': 'no', \"unsubscribed\"", Said::Gone(Unsubscribed)),
    ] {
        assert_eq!(said_among_others(attributes), said, "{attributes}");
    }
}

#[test]
fn free_texts_of_a_list_whose_reason_is_told_are_not_asked_about() {
    let text = "status,reason,email\n5.1.1,550 no such user 7,a@x.org\n5.2.2,552 the box is full 8,b@x.org";
    let looked = |name: &str, status: Option<Said>| {
        let rows: Vec<Sampled> = (1..)
            .zip(text.lines())
            .map(|(line, text)| Sampled { line, cells: cells_of(text, ',') })
            .collect();
        let mut survey = Survey::new(Layout::find(&rows, name, true)?);
        for row in &rows[1..] {
            survey.see(row.line, &row.cells.iter().map(String::as_str).collect::<Vec<_>>())?;
        }
        let choices = Choices { status, ..Choices::default() };
        survey.judge(&choices, crate::domain::Timestamp::from_millis(1_800_000_000_000))
    };
    assert!(looked("bounces.csv", None).is_ok());
    assert!(looked("list.csv", Some(Said::Gone(Bounced))).is_ok());
    match looked("list.csv", None) {
        Err(Stop::UnknownWords { words, .. }) => {
            assert!(words.iter().all(|word| !["active", "pending"].contains(&word.likely)), "{words:?}");
        }
        other => panic!("{:?}", other.map(|_| ())),
    }
}
