//! How each blog's mails fare, and the brake's hand on its mailings.

use postbell::domain::{
    Blog, DAY_MS, DeliveryKind, MailingId, MailingStatus, Reason, SuppressionReason, Timestamp,
};
use postbell::store::{Health, NewDelivery};

use super::{mailing, see};
use crate::support::stores::{NOW, Opened, address};

crate::for_each_store!(
    a_week_counts_of_blogs_that_are_sending_and_have_something_against_them,
    a_brake_pauses_every_mailing_of_its_blog_and_no_other_and_tells_the_owner_once,
    who_resumes_a_braked_mailing_pardons_what_was_counted_and_nothing_later,
    a_complaint_counts_once_for_each_blog_of_its_reader,
    a_mailing_is_let_go_for_the_reason_that_it_is_paused_for_and_no_other,
);

async fn count(opened: &Opened, blog: &Blog, days_ago: i64, attempts: i64, hard: i64) {
    let day = NOW.as_millis() / DAY_MS - days_ago;
    let (id, accepted) = (blog.id, attempts - hard);
    let row = format!(
        "INSERT INTO blog_days (blog_id, day, attempts, accepted, hard) VALUES ({id}, {day}, {attempts}, {accepted}, {hard})"
    );
    opened.raw(&row).await.unwrap();
}

fn notice(blog: &Blog) -> NewDelivery {
    NewDelivery {
        kind: DeliveryKind::Notice,
        blog_id: Some(blog.id),
        subscription_id: None,
        subscriber_id: None,
        to: Some(address("owner@example.org")),
        payload: None,
    }
}

async fn unwell(opened: &Opened, now: Timestamp) -> Vec<(i64, i64, i64)> {
    let all = opened.store.list_unwell(now).await.unwrap();
    all.into_iter().map(|(blog, health)| (blog.0, health.attempts, health.hard)).collect()
}

async fn a_week_counts_of_blogs_that_are_sending_and_have_something_against_them(opened: Opened) {
    let (bad, good, idle) = (opened.blog("bad").await, opened.blog("good").await, opened.blog("idle").await);
    for (days_ago, attempts) in [(0, 1), (6, 20), (7, 300), (8, 4_000)] {
        count(&opened, &bad, days_ago, attempts, 1).await;
        count(&opened, &good, days_ago, attempts, 0).await;
        count(&opened, &idle, days_ago, attempts, 1).await;
    }
    mailing(&opened, &bad, "one").await;
    mailing(&opened, &good, "two").await;
    assert_eq!(unwell(&opened, NOW).await, [(bad.id.0, 21, 2)]);
    assert_eq!(unwell(&opened, NOW.plus_ms(DAY_MS)).await, [(bad.id.0, 1, 1)]);
    assert_eq!(unwell(&opened, NOW.plus_ms(7 * DAY_MS)).await, []);
}

fn too_much() -> Reason {
    Reason::Braked { hard: 10, attempts: 200, since: NOW }
}

async fn status(opened: &Opened, mailing: MailingId) -> (MailingStatus, Option<Reason>) {
    let mailing = see(opened, mailing).await;
    (mailing.status, mailing.reason)
}

async fn a_brake_pauses_every_mailing_of_its_blog_and_no_other_and_tells_the_owner_once(opened: Opened) {
    let (bad, good) = (opened.blog("bad").await, opened.blog("good").await);
    let (filling, sending) = (mailing(&opened, &bad, "1").await, mailing(&opened, &bad, "2").await);
    let other = mailing(&opened, &good, "1").await;
    opened.follow(&bad, "kim@example.com", NOW).await;
    opened.store.fan_out(sending, 100, NOW).await.unwrap();
    let braked = opened.store.brake(bad.id, &too_much(), Some(&notice(&bad)), NOW).await.unwrap();
    assert_eq!(braked, [filling, sending]);
    for mailing in [filling, sending] {
        let paused = (MailingStatus::Paused, Some(too_much()));
        assert_eq!(status(&opened, mailing).await, paused);
    }
    assert_eq!(status(&opened, other).await.0, MailingStatus::Filling);
    assert_eq!(opened.store.brake(bad.id, &too_much(), Some(&notice(&bad)), NOW).await.unwrap(), []);
    assert_eq!(opened.number("SELECT COUNT(*) FROM deliveries WHERE kind = 'notice'").await, 1);
}

async fn who_resumes_a_braked_mailing_pardons_what_was_counted_and_nothing_later(opened: Opened) {
    let blog = opened.blog("bad").await;
    let id = mailing(&opened, &blog, "1").await;
    let resume = async || {
        let (from, to) = (MailingStatus::Paused, MailingStatus::Sending);
        assert!(opened.store.set_mailing_status(id, from, to, None, NOW).await.unwrap());
    };
    count(&opened, &blog, 0, 200, 10).await;
    count(&opened, &blog, 1, 100, 5).await;
    // A pause of the operator's own is no verdict.
    let (from, to) = (MailingStatus::Filling, MailingStatus::Paused);
    assert!(
        opened.store.set_mailing_status(id, from, to, Some(&"by the operator".into()), NOW).await.unwrap()
    );
    resume().await;
    assert_eq!(unwell(&opened, NOW).await, [(blog.id.0, 300, 15)]);
    for round in 0..2 {
        opened.store.brake(blog.id, &too_much(), None, NOW).await.unwrap();
        resume().await;
        assert_eq!(unwell(&opened, NOW).await, [], "round {round}");
        count(&opened, &blog, 0, 7, 1).await;
        assert_eq!(unwell(&opened, NOW).await, [(blog.id.0, 7, 1)], "round {round}");
    }
    assert_eq!(
        opened.number("SELECT CAST(SUM(attempts) AS BIGINT) FROM blog_days").await,
        314,
        "nothing is forgotten"
    );
}

async fn a_complaint_counts_once_for_each_blog_of_its_reader(opened: Opened) {
    let (first, second, third) =
        (opened.blog("one").await, opened.blog("two").await, opened.blog("three").await);
    for blog in [&first, &second] {
        opened.follow(blog, "kim@example.com", NOW).await;
    }
    opened.sign_up(&third, "kim@example.com", NOW).await;
    for blog in [&first, &second, &third] {
        mailing(&opened, blog, "1").await;
    }
    for _ in 0..2 {
        let kim = address("kim@example.com");
        opened.store.suppress(&kim, None, SuppressionReason::Complained, NOW).await.unwrap();
    }
    opened.store.suppress(&address("lee@example.com"), None, SuppressionReason::Manual, NOW).await.unwrap();
    let complained = Health { complaints: 1, ..Health::default() };
    let expected = [(first.id, complained), (second.id, complained)];
    assert_eq!(opened.store.list_unwell(NOW).await.unwrap(), expected);
}

async fn a_mailing_is_let_go_for_the_reason_that_it_is_paused_for_and_no_other(opened: Opened) {
    let blog = opened.blog("bad").await;
    let (filling, other) = (mailing(&opened, &blog, "1").await, mailing(&opened, &blog, "2").await);
    let (from, to) = (MailingStatus::Filling, MailingStatus::Paused);
    assert!(
        opened.store.set_mailing_status(other, from, to, Some(&Reason::PausedByHand), NOW).await.unwrap()
    );
    count(&opened, &blog, 0, 200, 10).await;
    opened.store.brake(blog.id, &too_much(), None, NOW).await.unwrap();
    let paused = opened.store.list_paused().await.unwrap();
    assert_eq!(paused.iter().map(|paused| paused.mailing).collect::<Vec<_>>(), [filling, other]);
    let since = Reason::Braked { hard: 0, attempts: 190, since: NOW };
    assert!(!opened.store.let_go(filling, &since, NOW).await.unwrap(), "it was counted anew meanwhile");
    assert!(opened.store.let_go(filling, &too_much(), NOW).await.unwrap());
    assert!(!opened.store.let_go(filling, &too_much(), NOW).await.unwrap());
    assert_eq!(status(&opened, filling).await, (MailingStatus::Filling, None));
    assert_eq!(status(&opened, other).await.0, MailingStatus::Paused);
    assert_eq!(unwell(&opened, NOW).await, [(blog.id.0, 200, 10)], "nothing is pardoned");
}
