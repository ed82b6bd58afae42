//! What people write into a list by hand: notes, groups, signs at an address,
//! two tables in one. Nobody who left is active by it, and no ordinary table
//! is asked about (I1).

use super::tests::judged;
use super::*;

fn found(text: &str) -> Result<Vec<(String, String)>, Stop> {
    judged("x.csv", text, &Choices { status: Some(Said::Active), ..Choices::default() })
}

fn table(heading: &str, cells: &[&str]) -> String {
    let rows = cells.iter().enumerate().map(|(at, cell)| format!("N,r{at}@x.org,\"{cell}\"\n"));
    format!("name,email,{heading}\n{}", rows.collect::<String>())
}

/// Whether this reader follows by the file.
fn follows(found: &Result<Vec<(String, String)>, Stop>, who: &str) -> bool {
    let is_on = |(shown, said): &(String, String)| shown == who && (said == "active" || said == "nothing");
    found.as_ref().is_ok_and(|all| all.iter().any(is_on))
}

#[test]
fn a_note_that_somebody_wants_no_mail_is_asked_about() {
    for (heading, note) in [
        ("Notes", "asked me to stop"),
        ("Notes", "doesn't want mails any more"),
        ("Remark", "stop"),
        ("Remark", "No more mail please"),
        ("Comment", "please remove"),
        ("Info", "keine Mails mehr"),
        ("Notiz", "möchte keine Post mehr"),
        ("Bemerkung", "Abbestellung 12.3.2021"),
        ("Notas", "se dio de baja en marzo"),
        ("Remarque", "ne veut plus rien recevoir"),
        ("Nota", "non vuole più ricevere"),
        ("Opmerking", "wil geen brieven meer"),
        ("Observações", "não quer receber"),
        ("Group", "Ex-readers"),
        ("Kategorie", "Ehemalige"),
        ("Gruppe", "Ausgetretene"),
        ("Wie oft", "gar nicht"),
        ("Notes", "not interested"),
        ("Notes", "opt out pls"),
        ("Notes", "inactive since 2019"),
        ("Bemerkung", "will keinen Rundbrief"),
        ("Bemerkung", "nicht mehr schicken"),
        ("Opmerking", "uitschrijven"),
        ("備考", "配信不要"),
        ("Opmerking", "wil niks meer"),
        ("Bemerkung", "möchte nichts mehr"),
        ("Bemerkung", "keine Einwilligung"),
        ("Notes", "never write to her again"),
        ("Notes", "she'd rather not get these"),
        ("Notes", "take off list"),
        ("Notes", "wrong address"),
        ("Info", "nicht mehr anschreiben"),
        ("Info", "aus Verteiler nehmen"),
        ("Nota", "no le interesa"),
        ("Uwagi", "nie chce maili"),
        ("Примечание", "не хочет писем"),
    ] {
        for cells in [&["", note, "met at the fair", ""][..], &["a friend", note], &["", note]] {
            let found = found(&table(heading, cells));
            assert!(!follows(&found, "r1@x.org"), "{heading}: {note}: {found:?}");
        }
    }
}

#[test]
fn until_when_or_why_is_asked_about_where_it_stands_in_some_rows() {
    for (heading, cell) in [
        ("Mitglied bis", "2021"),
        ("Member until", "Dec 2021"),
        ("Abo Ende", "12/2021"),
        ("Abo", "ja (bis 2021)"),
        ("Reason for leaving", "moved"),
        ("Grund Austritt Mitglied", "Umzug"),
    ] {
        let found = found(&table(heading, &["", cell, "", ""]));
        assert!(!follows(&found, "r1@x.org"), "{heading}: {cell}: {found:?}");
    }
    for (heading, cells) in [
        ("Geburtsjahr", &["1991", "2001", ""][..]),
        ("Member no.", &["2021", "10023", ""]),
        ("Straße", &["Am Stopp 3", "Kein Weg 5", ""]),
        ("unsubscribe_key", &["a1", "b2", "c3"]),
    ] {
        let found = found(&table(heading, cells));
        assert!(follows(&found, "r1@x.org"), "{heading}: {found:?}");
    }
}

#[test]
fn a_note_is_answered_by_its_words_or_by_its_column() {
    let text = table("Notes", &["", "asked me to stop", "cancelled lunch", "left Berlin in 2020"]);
    let Err(Stop::UnknownWords { words, .. }) = found(&text) else { panic!("{text}") };
    let asked: Vec<&str> = words.iter().map(|unknown| unknown.word.as_str()).collect();
    assert_eq!(asked, ["asked me to stop", "cancelled lunch"]);
    let words = [("asked me to stop", Said::parse("unsubscribed")), ("cancelled lunch", Some(Said::Nothing))];
    let words = words.into_iter().map(|(word, said)| (fold(word), said.expect("a status"))).collect();
    let mut choices = Choices { status: Some(Said::Active), words, ..Choices::default() };
    let said = judged("x.csv", &text, &choices).expect("answered");
    let said: Vec<&str> = said.iter().map(|(_, said)| said.as_str()).collect();
    assert_eq!(said, ["nothing", "unsubscribed", "nothing", "nothing"]);
    choices.words.clear();
    choices.columns.insert("notes".to_owned(), Said::Nothing);
    assert!(judged("x.csv", &text, &choices).is_ok(), "the column says nothing");
}

#[test]
fn no_answer_is_suggested_that_revives_who_is_denied() {
    for word in ["Not sending", "No consent", "Não autorizado", "nicht erreichbar"] {
        let Err(Stop::UnknownWords { words, .. }) =
            found(&format!("email,status\na@x.org,{word}\nb@x.org,active"))
        else {
            panic!("{word}")
        };
        assert_ne!(words[0].likely, "active", "{word}");
    }
}

#[test]
fn ordinary_notes_and_groups_need_no_question() {
    for (heading, cells) in [
        (
            "Notes",
            &[
                "",
                "doesn't eat meat",
                "no longer at Acme, writes for the paper now",
                "met in 2020",
                "left Berlin",
                "retired teacher",
                "works at home",
            ][..],
        ),
        ("Bemerkung", &["kennt Oma", "nicht aus Ulm", "kein Auto"]),
        ("Company", &["Stop & Shop", "Left Bank Books", "Exit Games"]),
        ("Name 2", &["Block", "Dead Kennedy", "Quit"]),
        ("City", &["Parting", "Out Skerries"]),
        ("Job title", &["Exit planner", "Block editor"]),
        ("Tags", &["webinar-cancelled", "blog"]),
        ("Group", &["Readers", "Press", "Friends"]),
        ("_replyto", &["kim@ex.example", "no-mail@ex.example"]),
        ("How did you hear about us?", &["A friend", "No idea"]),
    ] {
        let found = found(&table(heading, cells));
        assert!(follows(&found, "r1@x.org"), "{heading}: {found:?}");
    }
}

#[test]
fn a_sign_at_some_addresses_alone_is_asked_about() {
    for marked in
        ["*b@x.org", "!b@x.org", "~b@x.org", "(b@x.org)", "[b@x.org]", "/b@x.org/", "-b@x.org", "b@x.org*"]
    {
        for text in
            [format!("a@x.org\n{marked}\nc@x.org"), format!("name,email\nA,a@x.org\nB,{marked}\nC,c@x.org")]
        {
            let found = found(&text);
            assert!(found.is_err(), "{text}: {found:?}");
        }
    }
    for text in [
        "<a@x.org>\n<b@x.org>\nc@x.org",
        "'a@x.org'\n\"b@x.org\"\nc@x.org",
        "mailto:a@x.org\nb@x.org",
        "(a@x.org)\n(b@x.org)",
        "a@x.org;\nb@x.org",
        "_b@x.org\na@x.org",
    ] {
        let found = found(text);
        assert!(follows(&found, "a@x.org"), "{text}: {found:?}");
    }
}

#[test]
fn two_tables_in_one_file_are_told_apart_or_asked_about() {
    for text in [
        "Sheet: Active\nName,Email\nAnn,a@x.org\nSheet: Left\nName,Email\nBob,b@x.org",
        "Readers 2024\nName,Email\nAnn,a@x.org\nNo longer reading\nName,Email\nBob,b@x.org",
        "Active,,Former,\nName,Email,Name,Email\nAnn,a@x.org,Bob,b@x.org\nCle,c@x.org,,",
        "# Active\na@x.org\n# Unsubscribed\nb@x.org",
        "Status,Email\nActive,a@x.org\n,c@x.org\nUnsubscribed,d@x.org\n,b@x.org",
    ] {
        let found = found(text);
        let is_cut_off = found
            .as_ref()
            .is_ok_and(|all| all.iter().any(|(who, said)| who == "a@x.org" && said == "unsubscribed"));
        assert!(!follows(&found, "b@x.org") && !is_cut_off, "{text}: {found:?}");
    }
    // One export behind the other.
    let found = found("Name,Email\nAnn,a@x.org\nName,Email\nBob,b@x.org");
    assert!(follows(&found, "a@x.org") && follows(&found, "b@x.org"), "{found:?}");
}

#[test]
fn yes_and_no_in_sentences_and_signs_are_asked_about() {
    for cells in [
        &["Yes, please send me the posts", "No, don't send me anything"][..],
        &["Ja - ich freue mich auf jeden Beitrag", "Nein. Bitte keine Mails an mich"],
        &["+", "-"],
        &["+", "–", "+"],
    ] {
        for heading in ["Question 3", "Newsletter", "Foo"] {
            let found = found(&table(heading, cells));
            assert!(!follows(&found, "r1@x.org"), "{heading}: {cells:?}: {found:?}");
        }
    }
}

#[test]
fn the_newer_of_two_addresses_is_taken() {
    for text in [
        "name,old email,new email\nA,o@x.org,a@x.org\nB,p@x.org,b@x.org",
        "name,Alte E-Mail,E-Mail neu\nA,o@x.org,a@x.org\nB,p@x.org,b@x.org",
        "email,previous email\na@x.org,o@x.org\nb@x.org,p@x.org",
    ] {
        let found = found(text);
        assert!(follows(&found, "a@x.org") && !follows(&found, "o@x.org"), "{text}: {found:?}");
    }
}

#[test]
fn what_is_about_something_else_cuts_off_nobody() {
    for text in [
        "email,unsubscribed_at\na@x.org,1970-01-01 00:00:00\nb@x.org,2024-01-31 10:00:00",
        "email,deleted at\na@x.org,01/01/1970\nb@x.org,2024-01-31",
        "Email Address,Name,Date,State,Consent to track\na@x.org,,2024-01-01,Active,No\nb@x.org,,2024-01-01,Unsubscribed,Yes",
        "email,Email Status,Email Status Changed\na@x.org,subscribed,2024-01-01\nc@x.org,subscribed,\nb@x.org,unsubscribed,2024-01-01",
        "email,AOV\na@x.org,10\nc@x.org,0\nb@x.org (unsubscribed),0",
        "email,Newsletter\na@x.org,\nc@x.org,\nb@x.org,no",
        "email,status\na@x.org,\nc@x.org,\nb@x.org,unsubscribed",
        "email,status,eu_consent\na@x.org,active,granted\nc@x.org,active,unknown\nd@x.org,active,unknown\nb@x.org,active,denied",
        "Email,Status,Unsubscribed From\na@x.org,Subscribed,\nb@x.org,Unsubscribed,Blog",
        "email,status\na@x.org,active\nc@x.org,active\nd@x.org,\nb@x.org,unsubscribed",
        "email,AOV,status\na@x.org,10,active\nc@x.org,0,active\nb@x.org,0,unsubscribed",
        "email,Address,status\na@x.org,1 High St Leeds LS1 1AA GB,active\nc@x.org,,active\nb@x.org,,unsubscribed",
    ] {
        let found = found(text);
        assert!(follows(&found, "a@x.org") && !follows(&found, "b@x.org"), "{text}: {found:?}");
    }
}

#[test]
fn a_list_of_those_who_get_no_mail_says_why_in_any_column_and_words() {
    use crate::domain::SuppressionReason::{Bounced, Complained, Manual, Unsubscribed};
    for (name, text, want) in [
        (
            "blocklisted_contacts.csv",
            "EMAIL;BLOCKED_AT;REASON\na@x.org;12-04-2022;Unsubscribed via email\nb@x.org;13-04-2022;Flagged as spam\nc@x.org;14-04-2022;Admin blocked",
            [Unsubscribed, Complained, Manual],
        ),
        (
            "blocklist.csv",
            "Email;Blocklisted reason;Date\na@x.org;contactUnsubscribed;2023-01-31\nb@x.org;contactFlaggedAsSpam;2023-01-31\nc@x.org;hardBounce;2023-01-31",
            [Unsubscribed, Complained, Bounced],
        ),
        (
            "suppressions.csv",
            "Recipient,Type,Reason\na@x.org,unsubscribes,NO_LONGER_WANT\nb@x.org,spam_complaints,\nc@x.org,hard_bounces,550 5.1.1 no such user",
            [Unsubscribed, Complained, Bounced],
        ),
        (
            "liste noire.csv",
            "courriel,motif\na@x.org,désabonnement\nb@x.org,plainte\nc@x.org,adresse bloquée",
            [Unsubscribed, Complained, Manual],
        ),
    ] {
        let shape = Shape::find(text).expect("a table");
        let cells = |line: &str| cells_of(line, shape.delimiter);
        let rows: Vec<Sampled> =
            (1..).zip(text.lines()).map(|(line, text)| Sampled { line, cells: cells(text) }).collect();
        let mut survey = Survey::new(Layout::find(&rows, name, true).expect("a list"));
        let row = |row: &Sampled| row.cells.clone();
        for sampled in &rows[1..] {
            survey
                .see(sampled.line, &row(sampled).iter().map(String::as_str).collect::<Vec<_>>())
                .expect("a row");
        }
        let now = crate::domain::Timestamp::from_millis(1_800_000_000_000);
        let judge = survey.judge(&Choices::default(), now).unwrap_or_else(|stop| panic!("{text}: {stop:?}"));
        let said = |sampled: &Sampled| {
            let cells = row(sampled);
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            let mut section = Said::Nothing;
            match judge.row(&cells, &mut section).remove(0) {
                Entry::Taken { said, .. } => said,
                refused @ Entry::Refused { .. } => panic!("{refused:?}"),
            }
        };
        let found: Vec<Said> = rows[1..].iter().map(said).collect();
        assert_eq!(found, want.map(Said::Gone), "{text}");
    }
}
