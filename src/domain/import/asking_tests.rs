//! Columns in which a yes and a no tell readers apart: they are heard or asked
//! about, whatever else stands in them, beside them or above them (I1).

use super::tests::judged;
use super::*;

/// Whether a reader whose cell is the second of `cells` is kept from mail, or
/// the import asks.
fn is_safe(text: &str, who: &str) -> bool {
    let choices = Choices { status: Some(Said::Active), ..Choices::default() };
    match judged("x.csv", text, &choices) {
        Err(_) => true,
        Ok(found) => {
            !found.iter().any(|(shown, said)| shown == who && ["active", "nothing"].contains(&said.as_str()))
        }
    }
}

fn table(heading: &str, cells: &[&str]) -> String {
    let rows = cells.iter().enumerate().map(|(at, cell)| format!("N,r{at}@x.org,\"{cell}\"\n"));
    format!("name,email,{heading}\n{}", rows.collect::<String>())
}

#[test]
fn one_odd_word_among_yes_and_no_does_not_silence_the_column() {
    let headings = [
        "Newsletter",
        "Foo",
        "Inscrit(e)",
        "Abonné(e)",
        "Suscrito/a",
        "Suscrit@",
        "Iscritto/a",
        "angemeldet?",
        "",
    ];
    for heading in headings {
        for cells in [
            &["ja", "nein", "nicht mehr"][..],
            &["Yes", "No", "Maybe later"],
            &["yes", "no", "?"],
            &["yes", "no", "maybe"],
            &["1", "0", "2"],
            &["1", "0", "-1"],
            &["Yes please", "No thanks", "Not sure"],
            &["Ja, gerne", "Nein, danke", "Vielleicht"],
            &["yes", "No (2024)"],
            &["oui", "non", "plus inscrit"],
            &["👍", "👎"],
        ] {
            assert!(is_safe(&table(heading, cells), "r1@x.org"), "{heading}: {cells:?}");
        }
    }
    let texts: Vec<String> = (0..600).map(|at| format!("said: text {at}")).collect();
    let mut cells = ["yes", "no"].repeat(100);
    cells.extend(texts.iter().map(String::as_str));
    assert!(is_safe(&table("Newsletter", &cells), "r1@x.org"), "free texts");
    let mut cells = vec!["ja"; 300];
    cells[1] = "nein";
    cells.extend(vec!["nein"; 200]);
    cells.push("nicht mehr!");
    assert!(is_safe(&table("Newsletter", &cells), "r1@x.org"), "one of 500");
    for text in ["a@x.org,yes\nb@x.org,no\nc@x.org,no more", "A,a@x.org,ja\nB,b@x.org,nein\nC,c@x.org,evtl."]
    {
        assert!(is_safe(text, "b@x.org"), "{text}");
    }
}

#[test]
fn a_quiet_word_beside_one_of_mail_or_following_hides_no_yes_and_no() {
    for heading in [
        "Blog updates",
        "Follows blog",
        "Blog by email",
        "Email list",
        "Interested",
        "Blog",
        "Private newsletter",
        "Tag: newsletter",
        "Gruppe Rundbrief",
        "Note: send posts",
        "Última carta",
        "Premiers articles",
        "Comments by email",
        "カテゴリ お知らせ",
        "标签 文章",
    ] {
        assert!(is_safe(&table(heading, &["yes", "no", "yes"]), "r1@x.org"), "{heading}");
        assert!(is_safe(&table(heading, &["yes", "no", "later"]), "r1@x.org"), "{heading}");
    }
    for (heading, cells) in [
        ("Points", &["0", "1", "7", "12", "40"][..]),
        ("Emails opened", &["0", "1", "2"]),
        ("Score 2", &["0", "1", "7", "12", "40"]),
        ("Rating", &["★★", "★"]),
        ("VIP", &["yes", "no", "soon"]),
        ("Kids", &["yes", "no"]),
        ("City", &["Oslo", "No", "Rome"]),
    ] {
        let choices = Choices { status: Some(Said::Active), ..Choices::default() };
        assert!(judged("x.csv", &table(heading, cells), &choices).is_ok(), "{heading}");
    }
}

#[test]
fn columns_of_their_own_in_the_export_of_a_service_are_asked_about() {
    let kinds = [
        "Email Address,First Name,{},MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LEID,EUID,NOTES,TAGS\na@x.org,A,{a},2,2023-04-21,2023-04-21,1,e,,\nb@x.org,B,{b},2,2023-04-21,2023-04-21,2,f,,",
        "CONTACT ID;EMAIL;{};EMAIL_BLACKLISTED;ADDED_TIME;MODIFIED_TIME\n1;a@x.org;{a};No;13-04-2022;13-04-2022\n2;b@x.org;{b};No;13-04-2022;13-04-2022",
        "id,email,note,subscribed_to_emails,complimentary_plan,created_at,labels,{}\n1,a@x.org,,true,,2024-01-31,,{a}\n2,b@x.org,,true,,2024-01-31,,{b}",
        "uuid,email,name,attributes,status,{}\n1,a@x.org,A,,enabled,{a}\n2,b@x.org,B,,enabled,{b}",
        "email,subscriber_type,creation_date,{}\na@x.org,regular,2024-01-01,{a}\nb@x.org,regular,2024-01-01,{b}",
        "email,active_subscription,expiry,email_disabled,{}\na@x.org,false,,false,{a}\nb@x.org,false,,false,{b}",
    ];
    for kind in kinds {
        for (heading, yes, no) in [
            ("Posts by email", "yes", "no"),
            ("POSTS_BY_EMAIL", "Yes", "No"),
            ("wants_posts", "yes", "no"),
            ("Asked to leave", "", "2024-05-01"),
            ("Foo", "1", "0"),
        ] {
            let text = kind.replace("{}", heading).replace("{a}", yes).replace("{b}", no);
            assert!(is_safe(&text, "b@x.org"), "{heading}: {text}");
        }
    }
}
