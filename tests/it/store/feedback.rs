//! What is said of our mails, and what follows from it (B6).

use postbell::domain::{
    BlogId, Class, DAY_MS, DeliveryId, FeedbackKind, HOUR_MS, SubscriptionStatus, SuppressionReason,
    Timestamp,
};
use postbell::store::{HeardProof, NewFeedback, Recorded, Settled, Settlement, Stray};

use super::mailing;
use crate::support::stores::{NOW, Opened, address};

crate::for_each_store!(
    a_hard_bounce_suppresses_for_all_blogs_and_the_same_report_is_one,
    soft_bounces_suppress_after_three_in_a_week_with_no_mail_between_that_arrived,
    what_was_refused_for_our_sake_suppresses_nobody,
    a_complaint_ends_it_at_once_and_only_the_operator_takes_it_back,
    who_leaves_through_the_provider_leaves_the_blog_of_that_mail,
    the_proven_reader_counts_whatever_the_report_says,
    a_report_about_a_mail_that_is_gone_is_about_nobody,
    mails_that_are_not_understood_are_kept_once,
    a_proof_is_heard_with_what_it_came_with_first_until_it_is_too_old,
    what_was_said_goes_with_the_erased_and_with_the_log,
    a_refusal_that_is_said_again_after_a_crash_is_one_and_that_of_the_next_try_another,
);

fn bounce(mark: &str, to: &str, class: Class) -> NewFeedback {
    NewFeedback {
        mark: mark.into(),
        kind: FeedbackKind::Bounced,
        class: Some(class),
        address: Some(address(to)),
        delivery_id: None,
        source: "mail",
        status: Some("5.1.1".into()),
        diagnostic: Some("no such user\0".into()),
        refused: None,
    }
}

async fn reason(opened: &Opened, to: &str, blog: Option<BlogId>) -> Option<SuppressionReason> {
    opened.store.find_suppression(&address(to), blog).await.unwrap()
}

async fn say(opened: &Opened, said: &NewFeedback, now: Timestamp) -> Recorded {
    opened.store.record_feedback(said, now).await.unwrap()
}

/// Mails a post to everybody; answers the deliveries, each with its reader's address.
async fn mail_all(
    opened: &Opened,
    blog: &postbell::domain::Blog,
    post: &str,
    now: Timestamp,
) -> Vec<(DeliveryId, String)> {
    let mailing = mailing(opened, blog, post).await;
    while !opened.store.fan_out(mailing, 100, now).await.unwrap().is_complete {}
    let claimed = opened.store.claim("n", now, now.plus_ms(60_000), 100).await.unwrap();
    let mut mailed = Vec::new();
    for row in claimed {
        let settled = Settled::Sent { reply: Default::default() };
        let fact = Settlement { id: row.id, settled };
        opened.store.settle("n", &[fact], now).await.unwrap();
        if row.mailing_id == Some(mailing) {
            mailed.push((row.id, row.address));
        }
    }
    mailed
}

/// B6
async fn a_hard_bounce_suppresses_for_all_blogs_and_the_same_report_is_one(opened: Opened) {
    let blog = opened.blog("first").await;
    opened.follow(&blog, "gone@example.org", NOW).await;
    let said = bounce("one", "Gone@example.org", Class::Hard);
    assert_eq!(say(&opened, &said, NOW).await, Recorded::Suppressed(SuppressionReason::Bounced));
    assert_eq!(say(&opened, &said, NOW).await, Recorded::Known);
    assert_eq!(reason(&opened, "gone@example.org", Some(blog.id)).await, Some(SuppressionReason::Bounced));
    assert_eq!(reason(&opened, "gone@example.org", None).await, Some(SuppressionReason::Bounced));
    assert_eq!(reason(&opened, "other@example.org", None).await, None);
    let list = opened.store.list_feedback(&address("gone@example.org"), 10).await.unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!(
        (list[0].class, list[0].source.as_str(), list[0].status.as_deref()),
        (Some(Class::Hard), "mail", Some("5.1.1"))
    );
}

/// B6
async fn soft_bounces_suppress_after_three_in_a_week_with_no_mail_between_that_arrived(opened: Opened) {
    let blog = opened.blog("first").await;
    for reader in ["full@example.org", "lucky@example.org", "slow@example.org"] {
        opened.follow(&blog, reader, NOW.plus_ms(-DAY_MS)).await;
    }
    let mut said = Vec::new();
    for day in 0..3 {
        let now = NOW.plus_ms(day * DAY_MS);
        for (delivery, to) in mail_all(&opened, &blog, &format!("p{day}"), now).await {
            // The second mail to `lucky` arrives.
            if to.starts_with("slow") || (to.starts_with("lucky") && day == 1) {
                continue;
            }
            let mut soft = bounce(&format!("{to}{day}"), &to, Class::Soft);
            soft.delivery_id = Some(delivery);
            said.push((day, to, say(&opened, &soft, now.plus_ms(HOUR_MS)).await));
        }
    }
    said.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
    let of = |who: &str| -> Vec<Recorded> {
        said.iter().filter(|(_, to, _)| to.starts_with(who)).map(|(_, _, recorded)| *recorded).collect()
    };
    let suppressed = Recorded::Suppressed(SuppressionReason::Bounced);
    assert_eq!(of("full"), [Recorded::Noted, Recorded::Noted, suppressed]);
    assert_eq!(of("lucky"), [Recorded::Noted, Recorded::Noted], "one arrived between");
    // Three in more than a week do not count together.
    for week in 0..4 {
        let soft = bounce(&format!("slow{week}"), "slow@example.org", Class::Soft);
        let now = NOW.plus_ms((10 + 4 * week) * DAY_MS);
        assert_eq!(say(&opened, &soft, now).await, Recorded::Noted, "{week}");
    }
}

/// B6
async fn what_was_refused_for_our_sake_suppresses_nobody(opened: Opened) {
    for n in 0..5 {
        let said = bounce(&format!("m{n}"), "good@example.org", Class::Sender);
        assert_eq!(say(&opened, &said, NOW).await, Recorded::Noted);
    }
    assert_eq!(reason(&opened, "good@example.org", None).await, None);
}

/// B1–B3
async fn a_complaint_ends_it_at_once_and_only_the_operator_takes_it_back(opened: Opened) {
    let (first, second) = (opened.blog("first").await, opened.blog("second").await);
    let one = opened.follow(&first, "angry@example.org", NOW).await;
    let two = opened.follow(&second, "angry@example.org", NOW).await;
    let mailed = mail_all(&opened, &first, "p", NOW).await;
    let mut said = bounce("c", "angry@example.org", Class::Hard);
    (said.kind, said.class, said.delivery_id) = (FeedbackKind::Complained, None, Some(mailed[0].0));
    assert_eq!(say(&opened, &said, NOW).await, Recorded::Suppressed(SuppressionReason::Complained));
    let status = async |id| opened.store.get_subscription(id).await.unwrap().unwrap().status;
    assert_eq!(status(one).await, SubscriptionStatus::Ended, "the blog of that mail");
    assert_eq!(status(two).await, SubscriptionStatus::Active, "it gets nothing, but was not asked about");
    assert_eq!(
        reason(&opened, "angry@example.org", Some(second.id)).await,
        Some(SuppressionReason::Complained)
    );
    assert_eq!(
        opened.number("SELECT CAST(COALESCE(SUM(complaints), 0) AS BIGINT) FROM blog_days").await,
        2,
        "each blog that he follows"
    );
    // A bounce does not make less of it, a confirm does not lift it.
    say(&opened, &bounce("b", "angry@example.org", Class::Hard), NOW).await;
    opened.follow(&first, "angry@example.org", NOW.plus_ms(2 * DAY_MS)).await;
    assert_eq!(reason(&opened, "angry@example.org", None).await, Some(SuppressionReason::Complained));
    said.mark = "again".into();
    say(&opened, &said, NOW.plus_ms(1)).await;
    assert_eq!(
        opened.number("SELECT CAST(COALESCE(SUM(complaints), 0) AS BIGINT) FROM blog_days").await,
        2,
        "one reader is one"
    );
    assert!(opened.store.lift_suppression(&address("angry@example.org"), None).await.unwrap());
    assert_eq!(reason(&opened, "angry@example.org", None).await, None);
}

async fn who_leaves_through_the_provider_leaves_the_blog_of_that_mail(opened: Opened) {
    let (first, second) = (opened.blog("first").await, opened.blog("second").await);
    let one = opened.follow(&first, "tired@example.org", NOW).await;
    let two = opened.follow(&second, "tired@example.org", NOW).await;
    let mailed = mail_all(&opened, &second, "p", NOW).await;
    let mut said = bounce("u", "tired@example.org", Class::Hard);
    (said.kind, said.class, said.delivery_id) = (FeedbackKind::Unsubscribed, None, Some(mailed[0].0));
    assert_eq!(say(&opened, &said, NOW).await, Recorded::Suppressed(SuppressionReason::Unsubscribed));
    let status = async |id| opened.store.get_subscription(id).await.unwrap().unwrap().status;
    assert_eq!(
        (status(one).await, status(two).await),
        (SubscriptionStatus::Active, SubscriptionStatus::Ended)
    );
    assert_eq!(reason(&opened, "tired@example.org", Some(first.id)).await, None);
    assert_eq!(
        reason(&opened, "tired@example.org", Some(second.id)).await,
        Some(SuppressionReason::Unsubscribed)
    );
    // Who had left and is asked again by a stranger left then, whatever becomes of the question.
    let left_at = opened.store.get_subscription(two).await.unwrap().unwrap().ended_at;
    opened.sign_up(&second, "tired@example.org", NOW.plus_ms(DAY_MS)).await;
    said.mark = "u2".into();
    say(&opened, &said, NOW.plus_ms(DAY_MS + 1)).await;
    let after = opened.store.get_subscription(two).await.unwrap().unwrap();
    assert_eq!((after.status, after.ended_at), (SubscriptionStatus::Ended, left_at));
    // A fresh confirm is the reader's own word.
    opened.follow(&second, "tired@example.org", NOW.plus_ms(2 * DAY_MS)).await;
    assert_eq!(reason(&opened, "tired@example.org", Some(second.id)).await, None);
}

/// D9
async fn the_proven_reader_counts_whatever_the_report_says(opened: Opened) {
    let blog = opened.blog("first").await;
    opened.follow(&blog, "real@example.org", NOW).await;
    let mailed = mail_all(&opened, &blog, "p", NOW).await;
    let mut said = bounce("x", "victim@example.org", Class::Hard);
    said.delivery_id = Some(mailed[0].0);
    assert_eq!(say(&opened, &said, NOW).await, Recorded::Suppressed(SuppressionReason::Bounced));
    assert_eq!(reason(&opened, "victim@example.org", None).await, None);
    assert_eq!(reason(&opened, "real@example.org", None).await, Some(SuppressionReason::Bounced));
    assert_eq!(
        opened.number("SELECT CAST(COALESCE(SUM(hard), 0) AS BIGINT) FROM blog_days").await,
        1,
        "it counts for the brake"
    );
}

async fn a_report_about_a_mail_that_is_gone_is_about_nobody(opened: Opened) {
    let mut said = bounce("x", "a@example.org", Class::Hard);
    (said.address, said.delivery_id) = (None, Some(DeliveryId(4711)));
    assert_eq!(say(&opened, &said, NOW).await, Recorded::Nobody);
    assert_eq!(opened.rows("feedback").await, 0);
}

/// B4
async fn a_proof_is_heard_with_what_it_came_with_first_until_it_is_too_old(opened: Opened) {
    let until = NOW.plus_ms(9 * HOUR_MS);
    let heard = |proof: &str, said: &str| HeardProof { proof: proof.into(), said: said.into(), until };
    let hear = async |heard: HeardProof, now| opened.store.hear_proof(&heard, now).await.unwrap();
    assert!(hear(heard("mailgun:1", "a"), NOW).await);
    assert!(hear(heard("mailgun:1", "a"), NOW).await, "what was lost on the way comes again");
    assert!(!hear(heard("mailgun:1", "b"), NOW).await, "another report with the same proof");
    assert!(hear(heard("mailgun:2", "b"), NOW).await);
    assert!(!hear(heard("mailgun:1", "b"), until.plus_ms(-1)).await);
    assert_eq!(opened.rows("heard_proofs").await, 2);
    // Of two nodes at once one is first.
    let (one, other) = tokio::join!(hear(heard("mailgun:3", "a"), NOW), hear(heard("mailgun:3", "b"), NOW));
    assert_ne!(one, other);
    assert!(hear(heard("mailgun:4", "c"), until).await);
    assert_eq!(opened.rows("heard_proofs").await, 1, "the old are forgotten");
}

async fn mails_that_are_not_understood_are_kept_once(opened: Opened) {
    for n in [1, 2, 2, 1] {
        let stray = Stray {
            id: 0,
            at: NOW,
            mark: format!("m{n}"),
            reason: "?".into(),
            delivery_id: None,
            raw: vec![0, 255, n],
        };
        opened.store.keep_stray(&stray).await.unwrap();
    }
    let kept = opened.store.list_strays(10).await.unwrap();
    assert_eq!(kept.iter().map(|stray| stray.raw[2]).collect::<Vec<_>>(), [2, 1]);
}

/// S13: what a server says often quotes the address.
async fn what_was_said_goes_with_the_erased_and_with_the_log(opened: Opened) {
    let blog = opened.blog("first").await;
    for reader in ["erased@example.org", "stays@example.org"] {
        opened.follow(&blog, reader, NOW).await;
        say(&opened, &bounce(reader, reader, Class::Hard), NOW).await;
    }
    assert!(opened.store.erase_subscriber(&address("erased@example.org"), NOW).await.unwrap());
    assert_eq!(opened.rows("feedback").await, 1);
    assert_eq!(
        reason(&opened, "erased@example.org", None).await,
        Some(SuppressionReason::Bounced),
        "it outlives him"
    );
    let stray =
        Stray { id: 0, at: NOW, mark: "m".into(), reason: "?".into(), delivery_id: None, raw: vec![1] };
    opened.store.keep_stray(&stray).await.unwrap();
    for (before, left) in [(NOW, 1), (NOW.plus_ms(1), 0)] {
        opened.store.purge(NOW, NOW, before, 100).await.unwrap();
        assert_eq!((opened.rows("feedback").await, opened.rows("strays").await), (left, left));
    }
    assert_eq!(reason(&opened, "stays@example.org", None).await, Some(SuppressionReason::Bounced));
}

/// B6
async fn a_refusal_that_is_said_again_after_a_crash_is_one_and_that_of_the_next_try_another(opened: Opened) {
    let blog = opened.blog("first").await;
    opened.follow(&blog, "gone@example.org", NOW).await;
    let post = mailing(&opened, &blog, "a").await;
    opened.store.fan_out(post, 9, NOW).await.unwrap();
    let claim = async || opened.store.claim("n", NOW, NOW.plus_ms(60_000), 9).await.unwrap();
    let row = claim().await.into_iter().find(|row| row.mailing_id == Some(post)).unwrap();
    let refused = NewFeedback {
        address: None,
        delivery_id: Some(row.id),
        source: "smtp",
        ..bounce(&format!("smtp:{}", row.id), "gone@example.org", Class::Hard)
    };
    assert_eq!(say(&opened, &refused, NOW).await, Recorded::Suppressed(SuppressionReason::Bounced));
    // The process ends before it settles; the next one asks the server again.
    assert_eq!(say(&opened, &refused, NOW.plus_ms(HOUR_MS)).await, Recorded::Known);
    let settled = Settled::Failed { reply: Default::default(), is_hard: true };
    opened.store.settle("n", &[Settlement { id: row.id, settled }], NOW).await.unwrap();
    // The operator knew better, and tried once more.
    assert!(opened.store.lift_suppression(&address("gone@example.org"), None).await.unwrap());
    assert_eq!(say(&opened, &refused, NOW).await, Recorded::Suppressed(SuppressionReason::Bounced));
}
