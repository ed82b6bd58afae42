//! Who has a mailing, who lacks it, and their second chance.

use postbell::domain::{
    Blog, Change, DeliveryKind, MailingId, MailingStatus, Reason, Reply, SubscriptionId, SuppressionReason,
    Timestamp,
};
use postbell::store::{
    Claimed, DeliveryCounts, Lack, MissedReader, NewDelivery, Retried, RetryStep, Settled, Settlement,
};

use super::{mailing, see};
use crate::support::stores::{NOW, Opened, address};

crate::for_each_store!(
    each_reader_is_counted_and_named_where_they_stand,
    who_could_not_have_got_it_is_not_missed,
    whom_the_fan_out_has_not_reached_is_not_missed,
    a_retry_queues_what_failed_and_who_is_missing_once,
    a_retry_spares_who_left_paused_or_is_suppressed,
    of_several_copies_the_best_one_counts,
    two_retries_at_once_double_nothing,
    a_cancelled_mailing_is_not_retried,
    a_mailing_is_broken_down_by_domain_over_many_pages,
);

const WORDS: &str = "no such user";

fn reply() -> Reply {
    Reply { code: Some(550), enhanced: Some("5.1.1".into()), text: WORDS.into() }
}

/// A blog whose mailing went to these readers, in this order.
async fn mailed(opened: &Opened, slug: &str, readers: &[&str]) -> (Blog, MailingId, Vec<SubscriptionId>) {
    let blog = opened.blog(slug).await;
    let mut subscriptions = Vec::new();
    for reader in readers {
        let to = format!("{reader}@example.org");
        subscriptions.push(opened.follow(&blog, &to, NOW.plus_ms(-1_000)).await);
    }
    let id = mailing(opened, &blog, "post").await;
    assert!(opened.store.fan_out(id, 100, NOW).await.unwrap().is_complete);
    (blog, id, subscriptions)
}

/// Settles the mailing's delivery to one reader.
async fn settle(opened: &Opened, id: MailingId, to: SubscriptionId, settled: Settled) {
    let claimed = opened.store.claim("n", NOW, NOW.plus_ms(1_000), 999).await.unwrap();
    let own = claimed.iter().find(|c| c.mailing_id == Some(id) && c.subscription_id == Some(to)).unwrap();
    assert_eq!(opened.store.settle("n", &[Settlement { id: own.id, settled }], NOW).await.unwrap(), 1);
    opened.store.free_leases(None, NOW).await.unwrap();
}

async fn missed(opened: &Opened, id: MailingId, lack: Lack, now: Timestamp) -> Vec<MissedReader> {
    let all = opened.store.list_missed(id, lack, None, 100, now).await.unwrap();
    let count = opened.store.count_missed(id, lack, now).await.unwrap();
    assert_eq!(count, i64::try_from(all.len()).unwrap(), "{lack:?}");
    all
}

async fn names(opened: &Opened, id: MailingId, lack: Lack) -> Vec<String> {
    let all = missed(opened, id, lack, NOW.plus_ms(5)).await;
    all.into_iter().map(|reader| reader.address.replace("@example.org", "")).collect()
}

async fn forget(opened: &Opened, id: MailingId, to: SubscriptionId) {
    opened.lose_delivery(id, to).await;
}

async fn retry(opened: &Opened, id: MailingId) -> Retried {
    retry_in_steps(opened, id, 100).await
}

/// All steps of a retry.
async fn retry_in_steps(opened: &Opened, id: MailingId, limit: u32) -> Retried {
    let (mut all, mut after) = (Retried::default(), None);
    loop {
        let step = opened.store.retry_missed(id, after, limit, NOW.plus_ms(9)).await.unwrap();
        all.failed += step.retried.failed;
        all.missing += step.retried.missing;
        after = step.next;
        if after.is_none() {
            return all;
        }
    }
}

async fn each_reader_is_counted_and_named_where_they_stand(opened: Opened) {
    let readers = ["sent", "failed", "withheld", "later", "fresh", "missing"];
    let (_, id, to) = mailed(&opened, "first", &readers).await;
    let (_, other, _) = mailed(&opened, "second", &["sent", "failed"]).await;
    settle(&opened, id, to[0], Settled::Sent { reply: Reply::default() }).await;
    settle(&opened, id, to[1], Settled::Failed { reply: reply(), is_hard: false }).await;
    settle(&opened, id, to[2], Settled::Withheld { reason: Reason::ReaderPaused }).await;
    settle(&opened, id, to[3], Settled::Retry { at: NOW.plus_ms(77), reply: reply() }).await;
    forget(&opened, id, to[5]).await;

    let counts = DeliveryCounts { queued: 2, sent: 1, failed: 1, withheld: 1 };
    assert_eq!(opened.store.count_deliveries(id).await.unwrap(), counts);
    assert_eq!(opened.store.count_deliveries(MailingId(99)).await.unwrap(), DeliveryCounts::default());
    assert_eq!(names(&opened, id, Lack::Missing).await, ["missing"]);
    assert_eq!(names(&opened, id, Lack::Queued).await, ["later", "fresh"]);
    let failed = missed(&opened, id, Lack::Failed, NOW).await;
    let expected = MissedReader {
        subscription_id: to[1],
        address: "failed@example.org".into(),
        reason: None,
        attempts: 1,
        next_attempt_at: None,
        reply: reply(),
    };
    assert_eq!(failed, [expected]);
    let withheld = missed(&opened, id, Lack::Withheld, NOW).await;
    assert_eq!(withheld[0].reason, Some(Reason::ReaderPaused));
    let later = &missed(&opened, id, Lack::Queued, NOW).await[0];
    assert_eq!((later.next_attempt_at, &*later.reply.text), (Some(NOW.plus_ms(77)), WORDS));

    let page = opened.store.list_missed(id, Lack::Queued, Some(to[3]), 1, NOW).await.unwrap();
    assert_eq!(page[0].subscription_id, to[4]);
    assert_eq!(opened.store.list_missed(id, Lack::Queued, None, 1, NOW).await.unwrap().len(), 1);
    assert_eq!(names(&opened, other, Lack::Queued).await, ["sent", "failed"]);
    assert!(names(&opened, other, Lack::Missing).await.is_empty());
}

async fn who_could_not_have_got_it_is_not_missed(opened: Opened) {
    let blog = opened.blog("first").await;
    let before = NOW.plus_ms(-1_000);
    let follow = async |name: &str, at| opened.follow(&blog, &format!("{name}@example.org"), at).await;
    opened.sign_up(&blog, "pending@example.org", before).await;
    opened.change(follow("left", before).await, Change::End, before).await;
    opened.change(follow("paused", before).await, Change::Pause(None), before).await;
    let rested = follow("rested", before).await;
    opened.change(rested, Change::Pause(Some(NOW.plus_ms(2))), before).await;
    let resumed = follow("resumed", before).await;
    opened.change(resumed, Change::Pause(None), before).await;
    let returned = follow("returned", before).await;
    opened.change(returned, Change::End, before).await;
    follow("suppressed", before).await;
    let bounced = SuppressionReason::Bounced;
    opened.store.suppress(&address("suppressed@example.org"), None, bounced, before).await.unwrap();
    let lost = follow("lost", before).await;
    let id = mailing(&opened, &blog, "post").await;
    assert_eq!(opened.store.fan_out(id, 100, NOW).await.unwrap().written, 1);
    forget(&opened, id, lost).await;

    opened.change(resumed, Change::Resume, NOW.plus_ms(1)).await;
    opened.change(returned, Change::Undo, NOW.plus_ms(1)).await;
    follow("late", NOW.plus_ms(1)).await;
    assert_eq!(names(&opened, id, Lack::Missing).await, ["lost"]);
    assert_eq!(retry(&opened, id).await, Retried { failed: 0, missing: 1 });
}

async fn whom_the_fan_out_has_not_reached_is_not_missed(opened: Opened) {
    let blog = opened.blog("first").await;
    let mut to = Vec::new();
    for n in 0..4 {
        to.push(opened.follow(&blog, &format!("r{n}@example.org"), NOW.plus_ms(-1_000)).await);
    }
    let id = mailing(&opened, &blog, "post").await;
    assert!(!opened.store.fan_out(id, 2, NOW).await.unwrap().is_complete);
    assert!(names(&opened, id, Lack::Missing).await.is_empty());
    forget(&opened, id, to[0]).await;
    assert_eq!(names(&opened, id, Lack::Missing).await, ["r0"]);
    assert_eq!(retry(&opened, id).await, Retried { failed: 0, missing: 1 });
    while !opened.store.fan_out(id, 2, NOW).await.unwrap().is_complete {}
    assert_eq!(opened.store.count_deliveries(id).await.unwrap().queued, 4);
}

async fn a_retry_queues_what_failed_and_who_is_missing_once(opened: Opened) {
    let (_, id, to) = mailed(&opened, "first", &["a", "b", "c", "d", "e"]).await;
    let (_, other, theirs) = mailed(&opened, "second", &["a"]).await;
    settle(&opened, other, theirs[0], Settled::Failed { reply: reply(), is_hard: false }).await;
    settle(&opened, id, to[0], Settled::Sent { reply: Reply::default() }).await;
    for reader in &to[1..3] {
        settle(&opened, id, *reader, Settled::Failed { reply: reply(), is_hard: false }).await;
    }
    settle(&opened, id, to[3], Settled::Withheld { reason: Reason::NotFollowing }).await;
    forget(&opened, id, to[4]).await;
    assert_eq!(opened.store.finish_mailings(NOW).await.unwrap(), [id, other]);

    let rows = opened.rows("deliveries").await;
    let could = opened.store.count_retryable(id, NOW.plus_ms(9)).await.unwrap();
    assert_eq!(could, Retried { failed: 2, missing: 1 });
    assert_eq!(opened.rows("deliveries").await, rows, "counting queues nothing");
    assert_eq!(see(&opened, id).await.status, MailingStatus::Done);

    let step = opened.store.retry_missed(id, None, 2, NOW.plus_ms(9)).await.unwrap();
    let expected = RetryStep { retried: Retried { failed: 1, missing: 0 }, next: Some(to[1]) };
    assert_eq!(step, expected, "two followers were looked at");
    assert_eq!(retry_in_steps(&opened, id, 2).await, Retried { failed: 1, missing: 1 });
    assert_eq!(retry(&opened, id).await, Retried::default());
    let counts = DeliveryCounts { queued: 3, sent: 1, failed: 0, withheld: 1 };
    assert_eq!(opened.store.count_deliveries(id).await.unwrap(), counts);
    let mailing = see(&opened, id).await;
    assert_eq!((mailing.status, mailing.finished_at), (MailingStatus::Sending, None));
    // As new: the days of trying begin again.
    let claimed = opened.store.claim("n", NOW.plus_ms(9), NOW.plus_ms(99), 99).await.unwrap();
    let own: Vec<_> = claimed.iter().filter(|c| c.mailing_id == Some(id)).collect();
    assert_eq!(own.len(), 3);
    assert!(own.iter().all(|c| c.attempts == 0 && c.queued_at == NOW.plus_ms(9)), "{own:?}");

    assert_eq!(see(&opened, other).await.status, MailingStatus::Done, "the other one is untouched");
    assert_eq!(opened.store.count_deliveries(other).await.unwrap().failed, 1);
    assert_eq!(retry(&opened, MailingId(99)).await, Retried::default());
}

async fn a_retry_spares_who_left_paused_or_is_suppressed(opened: Opened) {
    let (blog, id, to) = mailed(&opened, "first", &["left", "paused", "bounced", "stays"]).await;
    for reader in &to {
        settle(&opened, id, *reader, Settled::Failed { reply: reply(), is_hard: false }).await;
    }
    opened.change(to[0], Change::End, NOW).await;
    opened.change(to[1], Change::Pause(None), NOW).await;
    let bounced = SuppressionReason::Bounced;
    opened.store.suppress(&address("bounced@example.org"), Some(blog.id), bounced, NOW).await.unwrap();
    assert_eq!(names(&opened, id, Lack::Failed).await.len(), 4, "they did not get it");
    assert_eq!(opened.store.count_retryable(id, NOW).await.unwrap(), Retried { failed: 1, missing: 0 });
    assert_eq!(retry(&opened, id).await, Retried { failed: 1, missing: 0 });
    assert_eq!(names(&opened, id, Lack::Queued).await, ["stays"]);
}

async fn of_several_copies_the_best_one_counts(opened: Opened) {
    let (blog, id, to) = mailed(&opened, "first", &["gotit", "waits", "twice"]).await;
    for reader in &to {
        settle(&opened, id, *reader, Settled::Failed { reply: reply(), is_hard: false }).await;
        let copy = NewDelivery {
            kind: DeliveryKind::Post,
            blog_id: Some(blog.id),
            subscription_id: Some(*reader),
            subscriber_id: None,
            to: None,
            payload: None,
        };
        opened.store.resend(id, *reader, &copy, NOW).await.unwrap();
    }
    settle(&opened, id, to[0], Settled::Sent { reply: Reply::default() }).await;
    settle(&opened, id, to[2], Settled::Failed { reply: reply(), is_hard: false }).await;
    assert_eq!(names(&opened, id, Lack::Queued).await, ["waits"]);
    assert_eq!(names(&opened, id, Lack::Failed).await, ["twice"]);
    assert_eq!(retry(&opened, id).await, Retried { failed: 1, missing: 0 });
    assert_eq!(opened.store.count_deliveries(id).await.unwrap().queued, 2);
}

async fn two_retries_at_once_double_nothing(opened: Opened) {
    let readers: Vec<String> = (0..40).map(|n| format!("r{n}")).collect();
    let readers: Vec<&str> = readers.iter().map(String::as_str).collect();
    let (_, id, to) = mailed(&opened, "first", &readers).await;
    for reader in &to[..20] {
        forget(&opened, id, *reader).await;
    }
    let claimed = opened.store.claim("n", NOW, NOW.plus_ms(1_000), 999).await.unwrap();
    let failed = |one: &Claimed| Settlement {
        id: one.id,
        settled: Settled::Failed { reply: reply(), is_hard: false },
    };
    let facts: Vec<Settlement> =
        claimed.iter().filter(|one| one.mailing_id == Some(id)).map(failed).collect();
    assert_eq!(opened.store.settle("n", &facts, NOW).await.unwrap(), 20);
    let (a, b) = tokio::join!(retry_in_steps(&opened, id, 3), retry_in_steps(&opened, id, 3));
    assert_eq!((a.failed + b.failed, a.missing + b.missing), (20, 20));
    assert_eq!(opened.store.count_deliveries(id).await.unwrap().queued, 40);
}

async fn a_cancelled_mailing_is_not_retried(opened: Opened) {
    let (_, id, to) = mailed(&opened, "first", &["a", "b"]).await;
    settle(&opened, id, to[0], Settled::Failed { reply: reply(), is_hard: false }).await;
    forget(&opened, id, to[1]).await;
    let (from, gone) = (MailingStatus::Sending, MailingStatus::Cancelled);
    assert!(opened.store.set_mailing_status(id, from, gone, None, NOW).await.unwrap());
    assert_eq!(retry(&opened, id).await, Retried::default());
    assert_eq!(opened.store.count_deliveries(id).await.unwrap().queued, 0);
}

/// More readers than one page holds.
async fn a_mailing_is_broken_down_by_domain_over_many_pages(opened: Opened) {
    let (blog, id, to) = mailed(&opened, "first", &["a", "b", "c"]).await;
    settle(&opened, id, to[0], Settled::Sent { reply: Reply::default() }).await;
    settle(&opened, id, to[1], Settled::Failed { reply: reply(), is_hard: false }).await;
    let count = 20_500;
    let numbers = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < {})",
        999 + count
    );
    for rows in [
        format!(
            "INSERT INTO subscribers (id, address, address_key, address_hash, created_at) {numbers} \
             SELECT i, 'r' || i || CASE WHEN i % 4 = 0 THEN '@big.example' ELSE '@bigger.example' END, \
             'r' || i, 'h' || i, 0 FROM n"
        ),
        format!(
            "INSERT INTO subscriptions (id, blog_id, subscriber_id, status, frequency, created_at, active_since) {numbers} \
             SELECT i, {}, i, 'active', 'instant', 0, 0 FROM n",
            blog.id
        ),
        format!(
            "INSERT INTO singles (kind, priority, mailing_id, blog_id, subscription_id, status, queued_at, settled_at) {numbers} \
             SELECT 'post', 5, {id}, {}, i, 'sent', 0, 0 FROM n",
            blog.id
        ),
    ] {
        opened.raw(&rows).await.unwrap();
    }
    let seen = opened.store.break_down(id, NOW.plus_ms(-1)).await.unwrap();
    let sent = |sent| DeliveryCounts { sent, ..DeliveryCounts::default() };
    let expected = [
        ("bigger.example".to_owned(), sent(count / 4 * 3)),
        ("big.example".to_owned(), sent(count / 4)),
        ("example.org".to_owned(), DeliveryCounts { queued: 1, sent: 1, failed: 1, withheld: 0 }),
    ];
    assert_eq!(seen.domains, expected);
    assert_eq!(seen.settled_since, 2);
    assert_eq!(opened.store.break_down(id, NOW).await.unwrap().settled_since, 0);
    assert!(opened.store.break_down(MailingId(99), NOW).await.unwrap().domains.is_empty());
}
