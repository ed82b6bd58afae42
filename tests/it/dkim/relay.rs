//! The whole program with keys: what leaves it is signed, whatever it is.

use serde_json::Value;

use super::{dkim, keys};
use crate::support::feed_site::FeedSite;
use crate::support::house::{House, client, until};
use crate::support::postfix::Postfix;
use crate::support::python::verify_dkim;
use crate::support::smtp_sink::SmtpSink;

fn env(more: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let mut env = keys().env();
    env.extend(more.iter().map(|(key, value)| (*key, (*value).to_owned())));
    env
}

fn house(url: &str, more: &[(&'static str, &str)]) -> House {
    let env = env(more);
    let env: Vec<(&'static str, &str)> = env.iter().map(|(key, value)| (*key, value.as_str())).collect();
    House::new(url, &env)
}

fn verify(mails: &[Vec<u8>]) -> Vec<Value> {
    let records: Vec<_> = dkim().records().collect();
    verify_dkim(&records, mails.iter().map(Vec::as_slice))
}

/// D2
#[tokio::test]
async fn a_post_a_confirmation_and_a_test_mail_leave_signed() {
    let sink = SmtpSink::start();
    let postfix = Postfix::start(sink.port());
    let site = FeedSite::start();
    let house = house(&postfix.url(), &[]);
    house.add_blog(&site.url());
    let readers: Vec<String> = (0..12).map(|n| format!("r{n}@example.com")).collect();
    house.import(&readers, "active");
    let process = house.serve();
    site.publish("Signed");
    let asked = client()
        .post(format!("{}/b/kim/follow", process.url()))
        .header("content-type", "application/json")
        .body("{\"email\":\"new@example.com\"}");
    assert_eq!(asked.send().await.unwrap().status(), 202);
    let said = house.run(&["mail", "test", "tester@example.com"]);
    assert!(said.contains("250"), "{said}");
    until("all mails have arrived", || sink.mails().len() == readers.len() + 2).await;

    let mails = sink.mails();
    let of = |subject: &str| mails.iter().filter(|mail| mail.text().contains(subject)).count();
    assert_eq!(of("Subject: Signed"), readers.len());
    let raw: Vec<_> = mails.into_iter().map(|mail| mail.raw).collect();
    for seen in verify(&raw) {
        let signatures = seen["signatures"].as_array().unwrap();
        assert_eq!(signatures.len(), 2, "{seen}");
        assert!(signatures.iter().all(|signature| signature["is_valid"] == true), "{seen}");
    }
    let output = process.output();
    for (name, record) in dkim().records() {
        assert!(output.contains(&name) && output.contains(&record), "{output}");
    }
    assert!(!output.contains("WARN"), "{output}");
}

#[tokio::test]
async fn a_sender_of_another_house_is_signed_all_the_same_and_warned_of_once() {
    let sink = SmtpSink::start();
    let site = FeedSite::start();
    let house = house(&sink.url(), &[("MAIL__FROM", "Kim <kim@elsewhere.example>")]);
    house.add_blog(&site.url());
    let readers: Vec<String> = (0..5).map(|n| format!("r{n}@example.com")).collect();
    house.import(&readers, "active");
    let process = house.serve();
    site.publish("Signed");
    until("all mails have arrived", || sink.mails().len() == readers.len()).await;
    let raw: Vec<_> = sink.mails().into_iter().map(|mail| mail.raw).collect();
    for seen in verify(&raw) {
        assert!(seen["signatures"].as_array().unwrap().iter().all(|one| one["is_valid"] == true), "{seen}");
    }
    assert_eq!(process.output().matches("elsewhere.example").count(), 1, "{}", process.output());
}
