//! Lists written by hand, by the line: nobody is active beside whose address,
//! or above whom, words stand that nobody knows (I1).

use super::tests::judged;
use super::*;

fn found(text: &str) -> Result<Vec<(String, String)>, Stop> {
    judged("x.txt", text, &Choices { status: Some(Said::Active), ..Choices::default() })
}

#[test]
fn words_and_signs_beside_some_addresses_are_asked_about() {
    for text in [
        "a@x.org\n- b@x.org\nc@x.org",
        "a@x.org\nNO MORE: b@x.org\nc@x.org",
        "a@x.org\n~~b@x.org~~\nc@x.org",
        "a@x.org\nb@x.org - please remove\nc@x.org",
        "a@x.org\nb@x.org RIP\nc@x.org",
        "a@x.org\nb@x.org RIP\nc@x.org old",
        "a@x.org\nd@x.org\nb@x.org (will nicht)\nc@x.org",
        "a@x.org\nx b@x.org\nc@x.org",
        "Ann Bee a@x.org\nKim Lee d@x.org\nb@x.org wants none\nc@x.org",
    ] {
        let found = found(text);
        let is_out = |(who, said): &(String, String)| who != "b@x.org" || said != "nothing";
        assert!(
            found.as_ref().is_err() || found.as_ref().is_ok_and(|all| all.iter().all(is_out)),
            "{text}: {found:?}"
        );
        assert!(matches!(found, Err(Stop::Beside { .. } | Stop::UnknownWords { .. })), "{text}: {found:?}");
    }
}

#[test]
fn a_line_of_words_between_addresses_is_asked_about() {
    for line in
        ["--- gone ---", "Weg:", "Wollen nicht mehr", "Ne veulent plus recevoir :", "## Nicht anschreiben"]
    {
        let found = found(&format!("a@x.org\n\n{line}\nb@x.org"));
        assert!(matches!(found, Err(Stop::Section { .. })), "{line}: {found:?}");
    }
}

#[test]
fn names_and_titles_of_a_list_need_no_question() {
    for text in [
        "a@x.org\nb@x.org",
        "My readers\na@x.org\nb@x.org",
        "Ann Bee <a@x.org>\nb@x.org\n\"Lee, Kim\" <c@x.org>",
        "a@x.org Ann Bee\nb@x.org Bob\nc@x.org",
        "a@x.org (Ann Bee)\nb@x.org (Bob)\nc@x.org",
        "a@x.org\nNewsletter 2024:\nb@x.org",
        "a@x.org,\nb@x.org,\nc@x.org",
        "a@x.org, b@x.org\nc@x.org",
        "a@x.org\nb@x.org (unsubscribed 3 May 2024)\nc@x.org",
    ] {
        let found = found(text).unwrap_or_else(|stop| panic!("{text}: {stop:?}"));
        assert!(found.iter().any(|(who, said)| who == "a@x.org" && said == "nothing"), "{text}: {found:?}");
    }
}

#[test]
fn a_file_without_an_address_stops() {
    for text in ["username,joined\nann,2023\nbob,2024", "contact,since\nAnn,2023"] {
        assert!(matches!(found(text), Err(Stop::NoAddresses { .. })), "{text}");
    }
    assert!(found("email,status\n").is_ok(), "a heading alone");
}
