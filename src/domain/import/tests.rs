//! Tests over whole files, from rows to judgements: a row that says that its
//! reader left is never active, whatever the shape (I1).

use proptest::prelude::*;

use super::*;
use crate::domain::Timestamp;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// Address and what is said of each row, or why the file stops.
pub(super) fn judged(name: &str, text: &str, choices: &Choices) -> Result<Vec<(String, String)>, Stop> {
    let shape = Shape::find(text)?;
    let lines = (1..).zip(text.lines()).skip(usize::from(shape.names_it));
    let rows: Vec<Sampled> =
        lines.map(|(line, text)| Sampled { line, cells: cells_of(text, shape.delimiter) }).collect();
    let layout = Layout::find(&rows, name, false)?;
    let begins_after = layout.heading_line;
    let below: Vec<&Sampled> = rows.iter().filter(|row| row.line > begins_after).collect();
    let cells = |row: &Sampled| row.cells.clone();
    let mut survey = Survey::new(layout);
    for row in &below {
        survey.see(row.line, &cells(row).iter().map(String::as_str).collect::<Vec<_>>())?;
    }
    let judge = survey.judge(choices, NOW)?;
    let mut section = judge.layout().section;
    let entries = below
        .iter()
        .flat_map(|row| judge.row(&cells(row).iter().map(String::as_str).collect::<Vec<_>>(), &mut section));
    let entries: Vec<(String, String)> = entries
        .map(|entry| match entry {
            Entry::Taken { who: Who::Address(address), said, .. } => {
                (address.to_string(), said.as_str().to_owned())
            }
            Entry::Taken { who: Who::Hash(hash), said, .. } => (hash, said.as_str().to_owned()),
            Entry::Refused { shown, reason } => (
                shown,
                serde_json::to_value(reason).expect("codes are JSON")["code"]
                    .as_str()
                    .expect("a code")
                    .to_owned(),
            ),
        })
        .collect();
    Ok(entries)
}

pub(super) fn said(name: &str, text: &str) -> Vec<String> {
    let entries = judged(name, text, &Choices::default()).unwrap_or_else(|stop| panic!("{text}: {stop:?}"));
    entries.into_iter().map(|(_, said)| said).collect()
}

#[test]
fn each_kind_of_export_says_who_left() {
    for (name, text, want) in [
        (
            "unsubscribed_email_audience_export_1.csv",
            "Email Address,LEID,EUID\na@x.org,1,2",
            &["unsubscribed"][..],
        ),
        (
            "x.csv",
            "Email Address,UNSUB_TIME,UNSUB_REASON,LEID,EUID\na@x.org,2024-01-01 00:00:00,Too many,1,2",
            &["unsubscribed"],
        ),
        (
            "x.csv",
            "Email Address,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,LEID,EUID\na@x.org,2020-03-23 17:30:05,May,1,2",
            &["bounced"],
        ),
        ("nonsubscribed_x.csv", "Email Address,LEID,EUID\na@x.org,1,2", &["contact"]),
        (
            "x.csv",
            "email,active_subscription,expiry,plan,email_disabled,created_at\na@x.org,false,,other,true,2024-01-01\nb@x.org,false,,other,false,2024-01-01",
            &["unsubscribed", "nothing"],
        ),
        (
            "x.csv",
            "id,email,name,subscribed_to_emails,complimentary_plan,created_at,deleted_at\n1,a@x.org,,false,false,2024-01-31T08:00:00.000Z,\n2,b@x.org,,true,false,2024-01-31T08:00:00.000Z,2024-02-01T00:00:00.000Z\n3,c@x.org,,true,false,2024-01-31T08:00:00.000Z,",
            &["unsubscribed", "unsubscribed", "active"],
        ),
        (
            "x.csv",
            "uuid,email,name,attributes,status,created_at,updated_at\n1,a@x.org,A,{},blocklisted,x,x\n2,b@x.org,B,{},enabled,2024-03-01 09:30:00.1 +0000 UTC,x\n3,c@x.org,C,{},disabled,x,x",
            &["manual", "active", "manual"],
        ),
        (
            "x.csv",
            "Email,First name,Last name,Data,Status,External ID\na@x.org,,,{},unreachable,\nb@x.org,,,{},active,",
            &["bounced", "active"],
        ),
        (
            "x.csv",
            "id,email,subscriber_type,creation_date\n1,a@x.org,unactivated,2024-01-01\n2,b@x.org,churned,2024-01-01\n3,c@x.org,complained,2024-01-01\n4,d@x.org,removed,x\n5,e@x.org,paused,x",
            &["pending", "active", "complained", "unsubscribed", "paused"],
        ),
        (
            "x.csv",
            "Email,Subscribed,Status,\na@x.org,06/17/2009 09:52,Active,\nb@x.org,06/18/2009 09:52,Pending Verification,",
            &["active", "pending"],
        ),
        (
            "x.csv",
            "first_name,email_address,state,created_at\nA,a@x.org,inactive,2025-03-03\nB,b@x.org,cancelled,2025-03-03\nC,c@x.org,active,2025-03-03",
            &["paused", "unsubscribed", "active"],
        ),
        (
            "x.csv",
            "Email,Status,Created At,Subscription Tier\na@x.org,inactive,2024-01-01,free\nb@x.org,active,2024-01-01,free",
            &["unsubscribed", "active"],
        ),
        (
            "x.csv",
            "EMAIL;LASTNAME;EMAIL_BLACKLISTED;SMS_BLACKLISTED;ADDED_TIME\na@x.org;A;Yes;No;12-04-2022 09:30\nb@x.org;B;No;Yes;12-04-2022 09:30",
            &["manual", "nothing"],
        ),
        (
            "x.csv",
            "email,confirmed_at,country\na@x.org,2024-01-01T00:00:00Z,DE\nb@x.org,,DE",
            &["active", "pending"],
        ),
        (
            "x.csv",
            "Name,Email,Patron Status\nA,a@x.org,Former patron\nB,b@x.org,Active patron",
            &["unsubscribed", "active"],
        ),
        (
            "x.csv",
            "First Name,Last Name,Email,Accepts Email Marketing\nA,A,a@x.org,no\nB,B,b@x.org,yes",
            &["unsubscribed", "active"],
        ),
    ] {
        assert_eq!(said(name, text), want, "{text}");
    }
}

#[test]
fn whatever_the_shape_who_left_is_told() {
    for (name, text, want) in [
        ("x.csv", "email,unsubscribed\na@x.org,true\nb@x.org,false", &["unsubscribed", "nothing"][..]),
        (
            "i-unsubscribed-at.csv",
            "email,created_at,unsubscribed_at\na@x.org,2024-01-01,2025-01-01\nb@x.org,2024-01-01,",
            &["unsubscribed", "nothing"],
        ),
        (
            "x.csv",
            "Mein Export,,\nemail,name,status\na@x.org,Lee,Abgemeldet\nb@x.org,Kim,Aktiv",
            &["unsubscribed", "active"],
        ),
        ("x.csv", "sep=;\nemail;status\na@x.org;désabonné\nb@x.org;abonné", &["unsubscribed", "active"]),
        ("x.csv", "メールアドレス,状態\na@x.org,配信停止\nb@x.org,購読中", &["unsubscribed", "active"]),
        // Nobody knows the heading; the words tell.
        ("x.csv", "email,Mailing\na@x.org,unsubscribed\nb@x.org,subscribed", &["unsubscribed", "active"]),
        (
            "x.csv",
            "email,what they wrote\na@x.org,Unsubscribed\nb@x.org,hello there\nc@x.org,good day",
            &["unsubscribed", "nothing", "nothing"],
        ),
        // Without a heading, with a blank or a doubled one.
        ("x.csv", "a@x.org,unsubscribed\nb@x.org,subscribed", &["unsubscribed", "active"]),
        ("x.csv", "email,,\na@x.org,Lee,bounced\nb@x.org,Kim,", &["bounced", "nothing"]),
        (
            "x.csv",
            "email,status,status\na@x.org,active,unsubscribed\nb@x.org,active,active",
            &["unsubscribed", "active"],
        ),
        // Cells that are too many or too few.
        (
            "x.csv",
            "email,name,note,status\na@x.org,Doe, Kim,,inactiv\nb@x.org,Lee,,active",
            &["ragged", "active"],
        ),
        ("x.csv", "email,name,status\na@x.org,unsubscribed\nb@x.org,Lee,active", &["unsubscribed", "active"]),
        ("x.csv", "email,name,unsubscribed\na@x.org,true\nb@x.org,Lee,false", &["ragged", "nothing"]),
        ("x.csv", "email,name\na@x.org,Lee,unsubscribed\nb@x.org,Kim", &["unsubscribed", "nothing"]),
        // Lists with lines between.
        (
            "x.txt",
            "Active\na@x.org\nUnsubscribed:\nb@x.org\nc@x.org",
            &["nothing", "section", "unsubscribed", "unsubscribed"],
        ),
        ("unsubscribed.txt", "a@x.org, b@x.org", &["unsubscribed", "unsubscribed"]),
        (
            "x.md",
            "| email | status |\n|---|---|\n| a@x.org | Opted out |",
            &["not_an_address", "unsubscribed"],
        ),
    ] {
        assert_eq!(said(name, text), want, "{text}");
    }
}

/// Nobody is taken for active whom another column than that of the status
/// speaks against.
#[test]
fn consents_tags_and_how_often_are_heard() {
    for (text, want) in [
        ("email,consent\na@x.org,no\nb@x.org,yes\nc@x.org,", &["unsubscribed", "active", "pending"][..]),
        ("email,consent_given\na@x.org,FALSE\nb@x.org,TRUE", &["unsubscribed", "active"]),
        ("email,opt-in\na@x.org,\nb@x.org,1", &["pending", "active"]),
        ("email,Einwilligung\na@x.org,nein\nb@x.org,ja", &["unsubscribed", "active"]),
        ("email,GDPR consent date\na@x.org,\nb@x.org,2024-01-02", &["pending", "nothing"]),
        ("email,May we email you?\na@x.org,no\nb@x.org,yes", &["unsubscribed", "active"]),
        (
            "Email,Email Marketing Consent\na@x.org,NEVER_SUBSCRIBED\nb@x.org,SUBSCRIBED",
            &["contact", "active"],
        ),
        ("email,terms accepted\na@x.org,no\nb@x.org,yes", &["nothing", "nothing"]),
        ("email,status\na@x.org,never\nb@x.org,active", &["pending", "active"]),
        ("email,status\na@x.org,-\nb@x.org,", &["nothing", "nothing"]),
        ("email,tags\na@x.org,\"blog, Unsubscribed\"\nb@x.org,\"blog, news\"", &["unsubscribed", "nothing"]),
        ("email,labels\na@x.org,x;bounced\nb@x.org,x;y", &["bounced", "nothing"]),
        ("email,Gruppen\na@x.org,x|Abgemeldet\nb@x.org,x|y", &["unsubscribed", "nothing"]),
        ("email,notes\na@x.org,Unsubscribed 2024-02-03\nb@x.org,met in Ulm", &["unsubscribed", "nothing"]),
        ("email,frequency\na@x.org,never\nb@x.org,weekly", &["unsubscribed", "nothing"]),
        ("email,cadence\na@x.org,none\nb@x.org,daily", &["unsubscribed", "nothing"]),
        ("email,Häufigkeit\na@x.org,nie\nb@x.org,monatlich", &["unsubscribed", "nothing"]),
        ("email,notifications\na@x.org,no emails\nb@x.org,all", &["unsubscribed", "nothing"]),
        ("email,prefer_digests\na@x.org,false\nb@x.org,true", &["nothing", "nothing"]),
        (
            "email,approval_status\na@x.org,declined\nb@x.org,pending_approval\nc@x.org,approved",
            &["unsubscribed", "pending", "active"],
        ),
        (
            "Email,Subscription type,Activity,Cancel date,Receiving emails for\na@x.org,Free,5,,Kim\n\
             b@x.org,Free,5,,\nc@x.org,Free,5,2024-01-02,Kim",
            &["nothing", "pending", "pending"],
        ),
        (
            "Channel id,Status,Tier,Created at,Engagement OptIn,Email\n1,2,0,2024-01-01,1,a@x.org\n1,1,0,2024-01-01,1,b@x.org",
            &["unsubscribed", "active"],
        ),
        (
            "Email,Account Status,SMS Status\na@x.org,Unsubscribed,x\nb@x.org,Active,Unsubscribed",
            &["unsubscribed", "active"],
        ),
        (
            "email,isOptInPending,IsSpamComplaining\na@x.org,true,false\nb@x.org,false,true",
            &["pending", "complained"],
        ),
    ] {
        assert_eq!(said("x.csv", text), want, "{text}");
    }
    // A name speaks unless a column tells who left.
    assert_eq!(said("abgemeldete.csv", "email,consent\na@x.org,yes"), ["unsubscribed"]);
    assert_eq!(said("unsubscribed.csv", "Email,Subscribed\na@x.org,2024-01-01"), ["unsubscribed"]);
    let dash = judged("x.csv", "email,status\na@x.org,-\nb@x.org,active", &Choices::default());
    assert!(matches!(dash, Err(Stop::UnknownWords { .. })), "{dash:?}");
    let none = judged("x.csv", "email,status\na@x.org,None\nb@x.org,active", &Choices::default());
    assert!(matches!(none, Err(Stop::UnknownWords { .. })), "{none:?}");
}

#[test]
fn what_nobody_knows_stops_the_import_until_it_is_answered() {
    let text = "email,status\na@x.org,Stammleser\nb@x.org,Stammleser\nc@x.org,unsubscribed\nd@x.org,inactive";
    let Err(Stop::UnknownWords { words, more: 0 }) = judged("x.csv", text, &Choices::default()) else {
        panic!("it did not stop")
    };
    let found: Vec<_> = words.iter().map(|w| (w.column.as_str(), w.word.as_str(), w.rows)).collect();
    assert_eq!(found, [("status", "Stammleser", 2), ("status", "inactive", 1)]);
    let map = |pairs: &[(&str, Said)]| Choices {
        words: pairs.iter().map(|(word, said)| (fold(word), *said)).collect(),
        ..Choices::default()
    };
    let answered = map(&[("stammleser", Said::Active), ("Inactive", Said::Nothing)]);
    let said: Vec<String> = judged("x.csv", text, &answered)
        .expect("it is JSON, or was answered")
        .into_iter()
        .map(|(_, said)| said)
        .collect();
    assert_eq!(said, ["active", "active", "unsubscribed", "nothing"]);
    let forbidden =
        map(&[("stammleser", Said::Active), ("inactive", Said::Active), ("unsubscribed", Said::Active)]);
    assert!(matches!(judged("x.csv", text, &forbidden), Err(Stop::KnownWord { .. })), "no flag revives");
    for (text, code) in [
        ("email,status\na@x.org,active\nname,email\nKim,b@x.org", "another_heading"),
        ("a@x.org,true\nb@x.org,false", "unknown_words"),
        ("email,a@x.org\nstatus,unsubscribed\nemail,b@x.org", "records"),
    ] {
        let stop = judged("x.csv", text, &Choices::default()).expect_err(text);
        assert_eq!(
            serde_json::to_value(&stop).expect("it is JSON, or was answered")["code"],
            code,
            "{text}: {stop:?}"
        );
    }
}

/// Words that say that somebody left, in each language.
const LEFT: [&str; 12] = [
    "unsubscribed",
    "Opted out",
    "bounced",
    "complained",
    "blocklisted",
    "Abgemeldet",
    "Désabonné",
    "dado de baja",
    "disiscritto",
    "descadastrado",
    "配信停止",
    "已退订",
];

proptest! {
    /// I1: whatever stands around it.
    #[test]
    fn a_row_that_says_left_is_never_active_whatever_the_shape(
        word in prop::sample::select(&LEFT[..]),
        delimiter in prop::sample::select(vec![',', ';', '\t', '|']),
        heading in prop::sample::select(vec!["status", "Abo", "", "State", "note"]),
        quote in prop::bool::ANY,
        title in prop::bool::ANY,
        has_heading in prop::bool::ANY,
        upper in prop::bool::ANY,
        more in 0_usize..3,
        at in 0_usize..3,
    ) {
        let word = if upper { word.to_uppercase() } else { word.to_owned() };
        let quoted = |cell: &str| if quote { format!("\"{cell}\"") } else { cell.to_owned() };
        let row = |address: &str, word: &str| {
            let mut cells = vec![quoted(address), quoted("Kim")];
            cells.insert(at, quoted(word));
            cells.extend((0..more).map(|_| String::new()));
            cells.join(&delimiter.to_string())
        };
        let mut text = String::new();
        if title && has_heading {
            text.push_str("My list\n");
        }
        if has_heading {
            let mut cells = vec!["email".to_owned(), "name".to_owned()];
            cells.insert(at, heading.to_owned());
            text.push_str(&cells.join(&delimiter.to_string()));
            text.push('\n');
        }
        text.push_str(&format!("{}\n{}\n", row("left@x.org", &word), row("stays@x.org", "subscribed")));
        if let Ok(entries) = judged("list.csv", &text, &Choices { status: Some(Said::Active), ..Choices::default() }) {
            for (shown, said) in entries {
                let is_gone = ["unsubscribed", "bounced", "complained", "manual", "ragged"].contains(&said.as_str());
                prop_assert!(!shown.contains("left@") || is_gone, "{text}: {said}");
            }
        }
    }
}
