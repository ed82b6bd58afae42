//! A refusal of us is never a reader's fault (R17): by words.

use std::collections::BTreeMap;

use postbell::clock::Clock as _;
use postbell::deliver::{Pacing, RelayPlan};
use postbell::domain::{DAY_MS, DeliveryStatus, HOUR_MS, MINUTE_MS, MailingStatus, SubscriptionStatus};
use postbell::mail::SendError;
use postbell::mail::smtp::SmtpTransport;
use serde_json::json;

use super::{Rig, settings};
use crate::support::corpora;
use crate::support::fault_smtp::{FaultSmtp, Judgement};
use crate::support::stores::{NOW, import_row};

crate::for_each_database!(
    whatever_refuses_us_loses_nobody_blames_nobody_and_is_told_once,
    the_next_relay_takes_over_and_carries_the_notice,
    a_relay_that_takes_mail_for_its_own_people_alone_gets_the_notice_and_rests_on,
    one_domain_that_names_us_holds_up_no_other,
    who_may_not_send_as_another_is_paused_and_his_owner_told,
);

/// What services and programs say when they refuse the one who sends, as
/// their own documentation or sources have it; where each is from stands
/// beside it.
pub const OURS: &[&str] = &[
    // support.google.com/a/answer/3726730
    "550-5.4.5 Daily user sending limit exceeded. For more information on Gmail\r\n550 5.4.5 sending limits go to https://support.google.com/a/answer/166852 {id} - gsmtp",
    "550 5.4.5 Daily SMTP relay sending limit exceeded for customer. {id} - gsmtp",
    "550-5.7.1 Invalid credentials for relay [192.0.2.7]. The IP address you've registered\r\n550 5.7.1 {id} - gsmtp",
    // learn.microsoft.com/exchange: limits and NDR codes
    "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
    "550 5.7.501 Access denied, spam abuse detected from your account, {rcpt}",
    "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process message [{id}]",
    // docs.aws.amazon.com/ses: SMTP responses
    "454 Throttling failure: Daily message quota exceeded.",
    "554 Sending paused for this account. For more information, please check the inbox of the email address",
    // sendgrid.com/docs: error 451, "Maximum credits exceeded"
    "550 Maximum credits exceeded",
    // help.mailgun.com: disabled domains
    "550 5.7.1 Domain mg.example.org is not allowed to send: Your account is temporarily disabled. Reference {id}",
    // OVH: help pages on blocked outgoing mail
    "550 5.7.1 Your account was blocked for sending spam, see https://help.example/{id}",
    // zoho.com/mail/help/errors
    "550 5.4.6 Unusual sending activity detected. Please try after sometime. Your account is blocked from sending",
    // yandex.com/support/mail: error codes
    "550 5.7.0 Daily sending limit exceeded, too many messages per day for {id}",
    // GoDaddy: "Relay quota exceeded"
    "550 User kim@example.org has exceeded its 24-hour sending limit. Messages to 250 recipients out of 250 allowed",
    // Postfix: smtpd_relay_restrictions, policy services, sasl
    "554 5.7.1 <{rcpt}>: Relay access denied",
    "454 4.7.1 <{rcpt}>: Relay access denied",
    "554 5.7.1 <{rcpt}>: Recipient address rejected: Hourly quota exceeded, try again later",
    // Exim: default configuration, cPanel's patch
    "550 relay not permitted",
    "550-Please turn on SMTP Authentication in your mail client.\r\n550 host (name) [192.0.2.7] is not permitted to relay through this server without authentication.",
    "550 Domain example.org has exceeded the max emails per hour (200/200 (100%)) allowed. Message discarded. {id}",
    // qmail: rcpthosts
    "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
    // Sendmail
    "550 5.7.1 <{rcpt}>... Relaying denied. Proper authentication required.",
    // Courier
    "513 Relaying denied.",
    // Hetzner, IONOS, all-inkl: outgoing limits
    "550 Your mail sending limit for today is reached. {id}",
    "550 Requested action not taken: you have reached the limit of emails you can send per hour",
    // Proton, Fastmail, Mailbox: closed to bulk
    "554 5.7.1 Your account has been suspended from sending due to abuse. Ticket {id}",
    "550 5.7.0 Authentication required",
];

/// The cases of the issue, where the machine has them.
fn cases() -> Vec<String> {
    let Some(folder) = corpora::folder("refusals of a sender") else { return Vec::new() };
    let files = std::fs::read_dir(folder.join("cases/smtp")).into_iter().flatten().flatten();
    let texts = files.filter_map(|file| std::fs::read_to_string(file.path()).ok());
    texts.map(|text| text.trim().to_owned()).filter(|text| text.starts_with(['4', '5'])).collect()
}

/// A blog with readers at so many domains in turn.
pub async fn blog_of_domains(
    rig: &Rig,
    slug: &str,
    readers: usize,
    domains: usize,
) -> (postbell::domain::Blog, Vec<String>) {
    let blog = rig.opened.blog(slug).await;
    let readers: Vec<String> = (0..readers).map(|n| format!("r{n}@d{}.example", n % domains)).collect();
    let rows: Vec<_> = readers.iter().map(|to| import_row(to, SubscriptionStatus::Active)).collect();
    let imported = postbell::domain::ConsentKind::Imported;
    rig.opened.store.import(blog.id, &rows, imported, NOW).await.unwrap();
    (blog, readers)
}

/// How many notices an owner got of each subject.
pub fn notices(server: &FaultSmtp) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for mail in server.accepted().into_iter().filter(|mail| mail.rcpt == "owner@example.org") {
        *all.entry(mail.subject.unwrap_or_default()).or_default() += 1;
    }
    all
}

/// The judgement alone, so that all that are judged wrong are told at once.
#[test]
fn each_text_is_judged_to_be_about_us() {
    let judged = |text: &&String| {
        let bytes = text.replace("{rcpt}", "kim@example.org").replace("{id}", "1F2E3D");
        let all = postbell::mail::smtp::judged(format!("{bytes}\r\n").as_bytes(), 4_096);
        let [_, _, rcpt, _, dot] = all.unwrap_or_else(|| panic!("no reply: {text}"));
        !matches!((rcpt, dot), (SendError::RelayRefusesMail(_), SendError::RelayRefusesMail(_)))
    };
    let texts: Vec<String> = OURS.iter().map(|text| (*text).to_owned()).chain(cases()).collect();
    let wrong: Vec<_> = texts.iter().filter(judged).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// R17, R7
async fn whatever_refuses_us_loses_nobody_blames_nobody_and_is_told_once() {
    let server = FaultSmtp::obedient();
    let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
    let (blog, readers) = blog_of_domains(&rig, "first", 8, 4).await;
    let texts: Vec<String> = OURS.iter().map(|text| (*text).to_owned()).chain(cases()).collect();
    let mut told = 0;
    for text in &texts {
        for (at, after) in [("rcpt", 0), ("dot", 0), ("rcpt", 4), ("dot", 4)] {
            let title = format!("T{told}e");
            server.order(&json!({"refuse": text, "at": at, "after": after}));
            rig.post(&blog, &title).await;
            rig.work().await;
            let seen = format!("{text} at {at} after {after}");
            assert_eq!(rig.opened.rows("suppressions").await, 0, "{seen}");
            let lost = server.judge(&readers, Some(&title)).lost.len();
            assert!((8 - after - 1..=8 - after + 1).contains(&lost), "{lost} of {seen}");
            let tries = rig.opened.number(
                "SELECT CAST(COALESCE(SUM(attempts), 0) AS BIGINT) FROM deliveries WHERE status = 'queued'",
            );
            assert_eq!(tries.await, 0, "no try is counted: {seen}");
            let failed = rig.opened.number("SELECT COUNT(*) FROM deliveries WHERE status = 'failed'").await;
            assert_eq!(failed, 0, "{seen}");
            let open = rig.opened.store.list_rests(rig.clock.now()).await.unwrap();
            assert!(open.iter().any(|known| known.rest.is_open() && known.rest.domain.is_none()), "{seen}");
            let said = &open[0].rest.cause.said;
            assert!(!said.is_empty() && !said.contains("@d"), "{said}");

            // It stays so for three hours, and then it relents.
            rig.run_for(3 * HOUR_MS).await;
            server.order(&json!({}));
            rig.run_for(7 * HOUR_MS).await;
            assert_eq!(server.judge(&readers, Some(&title)), Judgement::default(), "{seen}");
            told += 1;
            assert_eq!(notices(&server).values().sum::<usize>(), told, "{seen}");
            rig.clock.advance_ms(2 * DAY_MS);
        }
    }
    assert!(notices(&server).keys().all(|subject| subject.contains("mails wait")), "{:?}", notices(&server));
    assert_eq!(rig.opened.number("SELECT MAX(attempts) FROM deliveries").await, 1);
    assert_eq!(rig.opened.number("SELECT COUNT(*) FROM rests WHERE ended_at IS NULL").await, 0);
}

/// R17
async fn the_next_relay_takes_over_and_carries_the_notice() {
    let (first, second) = (FaultSmtp::obedient(), FaultSmtp::start(&[]));
    first.order(&json!({"refuse": "550 5.4.5 Daily user sending limit exceeded", "at": "dot", "after": 5}));
    let clock = std::sync::Arc::new(postbell::clock::ManualClock::at(NOW));
    let plan = |server: &FaultSmtp| RelayPlan {
        transport: std::sync::Arc::new(SmtpTransport::new(settings(server.port, 2), clock.clone()).unwrap()),
        rate_per_second: 0,
    };
    let mut rig = Rig::paced(vec![plan(&first), plan(&second)], Pacing::NONE, clock.clone()).await;
    let (blog, readers) = blog_of_domains(&rig, "first", 30, 5).await;
    rig.post(&blog, "News").await;
    rig.run_for(MINUTE_MS).await;
    let both: Vec<_> = first.accepted().into_iter().chain(second.accepted()).collect();
    assert_eq!(Judgement::of(both, &readers, Some("News")), Judgement::default());
    assert_eq!(notices(&second).values().sum::<usize>(), 1);
    assert!(first.accepted().len() >= 5);
}

/// R17
async fn a_relay_that_takes_mail_for_its_own_people_alone_gets_the_notice_and_rests_on() {
    let server = FaultSmtp::obedient();
    server.order(&json!({"refuse": "550 relay not permitted", "spare": ["owner@example.org"]}));
    let mut rig = Rig::over_smtp(settings(server.port, 3)).await;
    let (blog, readers) = blog_of_domains(&rig, "first", 20, 5).await;
    let mailing = rig.post(&blog, "News").await;
    rig.work().await;
    assert_eq!(notices(&server).values().sum::<usize>(), 1, "at once");
    let gauges = rig.opened.store.gauges(rig.clock.now()).await.unwrap();
    assert_eq!(gauges.resting_relays, 1, "what it takes for its own says nothing of others");
    // The probes grow: 5, 10, 20, 40, 60 minutes in the first three hours.
    rig.run_for(3 * HOUR_MS).await;
    let refused = rig.opened.number("SELECT (refused_at - since) / 60000 FROM rests").await;
    assert_eq!(refused, 135);
    assert_eq!(notices(&server).values().sum::<usize>(), 1, "and once");
    server.order(&json!({}));
    rig.run_for(2 * HOUR_MS).await;
    assert_eq!(server.judge(&readers, Some("News")), Judgement::default());
    rig.opened.store.finish_mailings(rig.clock.now()).await.unwrap();
    assert_eq!(rig.opened.store.get_mailing(mailing).await.unwrap().unwrap().status, MailingStatus::Done);
}

/// R17, R7
async fn one_domain_that_names_us_holds_up_no_other() {
    let server = FaultSmtp::obedient();
    let refuse = "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)";
    server.order(&json!({"refuse": refuse, "only": ["@d3.example"]}));
    let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
    let (blog, readers) = blog_of_domains(&rig, "first", 60, 6).await;
    rig.post(&blog, "News").await;
    // The first one rests the relay; its probes serve others.
    rig.run_for(24 * HOUR_MS).await;
    let lost = server.judge(&readers, Some("News")).lost;
    assert!(lost.iter().filter(|reader| !reader.ends_with("@d3.example")).count() == 0, "{lost:?}");
    assert_eq!(rig.opened.rows("suppressions").await, 0);
    server.order(&json!({}));
    rig.run_for(12 * HOUR_MS).await;
    assert_eq!(server.judge(&readers, Some("News")), Judgement::default());
    assert_eq!(rig.opened.store.gauges(rig.clock.now()).await.unwrap().resting_domains, 0);
}

/// R7, R17
async fn who_may_not_send_as_another_is_paused_and_his_owner_told() {
    for refuse in [
        "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
        "554 5.2.252 SendAsDenied; post@example.org not allowed to send as other@example.org",
        "553 5.7.1 <post@example.org>: Sender address rejected: not owned by user kim",
    ] {
        let server = FaultSmtp::obedient();
        server.order(&json!({"refuse": refuse, "at": "dot", "spare": ["owner@example.org"]}));
        let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
        let (blog, readers) = blog_of_domains(&rig, "first", 10, 5).await;
        let mailing = rig.post(&blog, "News").await;
        rig.run_for(HOUR_MS).await;
        let paused = rig.opened.store.get_mailing(mailing).await.unwrap().unwrap();
        assert_eq!(paused.status, MailingStatus::Paused, "{refuse}");
        assert_eq!(notices(&server).values().sum::<usize>(), 1, "{refuse}");
        assert_eq!(rig.opened.store.gauges(rig.clock.now()).await.unwrap().resting_relays, 0);
        server.order(&json!({}));
        let (from, to) = (MailingStatus::Paused, MailingStatus::Sending);
        let now = rig.clock.now();
        assert!(rig.opened.store.set_mailing_status(mailing, from, to, None, now).await.unwrap());
        rig.sender.rouse();
        rig.run_for(HOUR_MS).await;
        assert_eq!(server.judge(&readers, Some("News")), Judgement::default(), "{refuse}");
        for reader in &readers {
            let row = rig.delivery(reader).await;
            assert_eq!((row.status, row.attempts), (DeliveryStatus::Sent, 1), "never as a bounce");
        }
    }
}
