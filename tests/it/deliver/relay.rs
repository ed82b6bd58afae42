//! A relay that is down, refuses us, or refuses a sender.

use std::sync::Arc;

use postbell::clock::Clock as _;
use postbell::deliver::{REFUSED_REST_MS, Turn};
use postbell::domain::{DeliveryStatus, HOUR_MS, MINUTE_MS, MailingStatus};
use postbell::templates::sentence;
use secrecy::SecretString;

use super::{Handed, Recorder, Rig, settings};
use crate::support::fault_smtp::{FaultSmtp, Judgement};
use crate::support::stores::new_blog;

crate::for_each_database!(
    an_hour_without_the_relay_loses_nothing_and_the_oldest_goes_first,
    a_relay_that_refuses_us_rests_and_is_probed_with_growing_pauses,
    a_wrong_password_loses_nothing,
    a_connection_too_many_waits_alone_and_the_others_send_on,
    a_refused_sender_pauses_his_mailing_and_no_other_until_the_operator_resumes_it,
    a_mailing_paused_in_mid_send_stops_within_a_second_of_work,
    a_mail_sent_again_by_hand_to_a_refusing_relay_does_not_go_round_and_round,
);

/// R9
async fn an_hour_without_the_relay_loses_nothing_and_the_oldest_goes_first() {
    let server = FaultSmtp::start(&[]);
    let port = server.port;
    drop(server);
    let mut rig = Rig::over_smtp(settings(port, 1)).await;
    let (blog, readers) = rig.blog("first", 20).await;
    rig.post(&blog, "Older").await;
    rig.run_for(30 * MINUTE_MS).await;
    rig.post(&blog, "Newer").await;
    rig.run_for(30 * MINUTE_MS).await;
    assert_eq!(rig.queued().await, 40);
    let server = FaultSmtp::start_on(port, &[]);
    rig.run_for(2 * MINUTE_MS).await;
    for title in ["Older", "Newer"] {
        assert_eq!(server.judge(&readers, Some(title)), Judgement::default());
    }
    let titles: Vec<_> = server.accepted().into_iter().filter_map(|mail| mail.subject).collect();
    assert!(titles[..20].iter().all(|title| title.contains("Older")), "{titles:?}");
    for reader in &readers {
        for row in rig.deliveries(reader).await {
            assert_eq!((row.status, row.attempts), (DeliveryStatus::Sent, 1), "a rest counts no try");
        }
    }
}

/// R7
async fn a_relay_that_refuses_us_rests_and_is_probed_with_growing_pauses() {
    let server = FaultSmtp::start(&[("greet554", "1"), ("times", "2")]);
    let mut rig = Rig::over_smtp(settings(server.port, 1)).await;
    let (blog, readers) = rig.blog("first", 5).await;
    rig.post(&blog, "A post").await;
    for rest_ms in [REFUSED_REST_MS, 2 * REFUSED_REST_MS] {
        let began = rig.clock.now();
        let turns = rig.work().await;
        assert_eq!(turns, [Turn::Resting(began.plus_ms(rest_ms))]);
        rig.clock.advance_ms(rest_ms - 1);
        assert_eq!(rig.work().await, turns, "it is not probed before");
        rig.clock.advance_ms(1);
    }
    rig.work().await;
    assert_eq!(server.judge(&readers, Some("A post")), Judgement::default());
    for reader in &readers {
        assert_eq!(rig.delivery(reader).await.attempts, 1);
    }
}

/// R7
async fn a_wrong_password_loses_nothing() {
    let server = FaultSmtp::start(&[("auth535", "1"), ("times", "3"), ("login", "kim:secret")]);
    let mut login = settings(server.port, 2);
    login.credentials = Some(("kim".to_owned(), SecretString::from("secret")));
    let mut rig = Rig::over_smtp(login).await;
    let (blog, readers) = rig.blog("first", 5).await;
    rig.post(&blog, "A post").await;
    rig.run_for(HOUR_MS).await;
    assert_eq!(server.judge(&readers, Some("A post")), Judgement::default());
    for reader in &readers {
        assert_eq!(rig.delivery(reader).await.attempts, 1);
    }
}

/// R7
async fn a_connection_too_many_waits_alone_and_the_others_send_on() {
    let server = FaultSmtp::start(&[("connections", "2"), ("slow", "0.01")]);
    let mut rig = Rig::over_smtp(settings(server.port, 5)).await;
    let (blog, readers) = rig.blog("first", 60).await;
    rig.post(&blog, "A post").await;
    let resting = |turn: &&Turn| matches!(turn, Turn::Resting(_));
    let turns = rig.work().await;
    // A line that had not connected yet may rest with those that were refused.
    assert!((3..5).contains(&turns.iter().filter(resting).count()), "{turns:?}");
    rig.post(&blog, "Another").await;
    rig.work().await;
    for title in ["A post", "Another"] {
        assert_eq!(server.judge(&readers, Some(title)), Judgement::default());
    }
    let knocks = server.connections();
    assert!(knocks <= 5, "a refused connection does not knock again before its rest is over: {knocks}");
}

/// R7
async fn a_refused_sender_pauses_his_mailing_and_no_other_until_the_operator_resumes_it() {
    let server = FaultSmtp::start(&[("mail550", "1"), ("only", "other@")]);
    let mut rig = Rig::over_smtp(settings(server.port, 4)).await;
    let (good, readers) = rig.blog("good", 10).await;
    let mut other = new_blog("other");
    other.mail_from = Some("Other <other@example.org>".to_owned());
    let now = rig.clock.now();
    let other = rig.opened.store.add_blog(&other, &[], (None, None), now, now).await.unwrap();
    for reader in &readers {
        rig.opened.follow(&other, reader, now).await;
    }
    rig.opened.raw("DELETE FROM singles").await.unwrap();
    let refused = rig.post(&other, "Refused").await;
    rig.post(&good, "Good").await;
    rig.run_for(HOUR_MS).await;
    assert_eq!(server.judge(&readers, Some("Good")), Judgement::default());
    assert_eq!(server.judge(&readers, Some("Refused")).lost.len(), 10);
    let paused = rig.opened.store.get_mailing(refused).await.unwrap().unwrap();
    assert_eq!(paused.status, MailingStatus::Paused);
    assert!(sentence(&paused.reason.unwrap()).contains("550 this sender is not allowed"));

    let port = server.port;
    drop(server);
    let server = FaultSmtp::start_on(port, &[]);
    let now = rig.clock.now();
    let (from, to) = (MailingStatus::Paused, MailingStatus::Sending);
    assert!(rig.opened.store.set_mailing_status(refused, from, to, None, now).await.unwrap());
    rig.run_for(HOUR_MS).await;
    assert_eq!(server.judge(&readers, Some("Refused")), Judgement::default());
    for reader in &readers {
        assert!(rig.deliveries(reader).await.iter().all(|row| row.attempts == 1), "never as a bounce");
    }
}

/// R7
async fn a_mailing_paused_in_mid_send_stops_within_a_second_of_work() {
    let clock = Arc::new(postbell::clock::ManualClock::at(crate::support::stores::NOW));
    let tick = clock.clone();
    let recorder = Recorder::new(&clock, 10, Box::new(move |_| tick.advance_ms(200)));
    let mut rig = Rig::over(Arc::new(Handed(recorder.clone())), clock).await;
    let (blog, _) = rig.blog("first", 60).await;
    let mailing = rig.post(&blog, "A post").await;
    let mut line = rig.connections.remove(0);
    for _ in 0..3 {
        assert_eq!(line.turn().await, Turn::Worked);
    }
    let now = rig.clock.now();
    let (from, to) = (MailingStatus::Sending, MailingStatus::Paused);
    assert!(rig.opened.store.set_mailing_status(mailing, from, to, None, now).await.unwrap());
    while line.turn().await == Turn::Worked {}
    assert!(recorder.readers().len() <= 3 + 5, "{:?}", recorder.readers());
}

/// R7
async fn a_mail_sent_again_by_hand_to_a_refusing_relay_does_not_go_round_and_round() {
    let server = FaultSmtp::start(&[("mail550", "1"), ("times", "1")]);
    let mut rig = Rig::over_smtp(settings(server.port, 1)).await;
    let (blog, readers) = rig.blog("first", 1).await;
    let mailing = rig.post(&blog, "A post").await;
    rig.opened.raw("UPDATE mailings SET status = 'done'").await.unwrap();
    let began = rig.clock.now();
    let turns = rig.work().await;
    assert!(matches!(turns[..], [Turn::Idle(_)]), "{turns:?}");
    assert_eq!(rig.opened.store.next_due().await.unwrap(), Some(began.plus_ms(5 * MINUTE_MS)));
    rig.run_for(HOUR_MS).await;
    assert_eq!(server.judge(&readers, None), Judgement::default());
    assert_eq!(rig.opened.store.get_mailing(mailing).await.unwrap().unwrap().status, MailingStatus::Done);
}
