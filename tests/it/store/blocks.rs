//! Deliveries that go by the block, while something else happens to them.

use postbell::domain::{
    Change, ConsentKind, DAY_MS, DeliveryStatus, MailingId, MailingStatus, Reply, SubscriptionStatus,
    SuppressionReason,
};
use postbell::store::{Lack, Purged, Settled, Settlement};

use super::mailing;
use crate::support::stores::{NOW, Opened, address, import_row};

crate::for_each_store!(
    what_was_noted_before_a_cancel_was_sent,
    who_is_erased_amid_a_fan_out_has_no_delivery_in_their_name,
    a_retry_while_readers_leave_reaches_those_who_stay_once,
    folding_passes_retried_readers_within_a_block,
    two_who_apply_at_once_count_each_mail_once,
    words_that_a_database_refuses_hold_up_no_other,
    whom_few_or_many_suppressions_name_gets_no_post,
);

/// A mailing, with so many readers.
async fn filled(opened: &Opened, readers: usize, is_filled: bool) -> MailingId {
    let blog = opened.blog("first").await;
    let rows: Vec<_> = (0..readers).map(|n| import_row(&reader(n), SubscriptionStatus::Active)).collect();
    opened.store.import(blog.id, &rows, ConsentKind::Imported, NOW).await.unwrap();
    let id = mailing(opened, &blog, "a").await;
    if is_filled {
        let filled = opened.store.fan_out(id, 1_000, NOW).await.unwrap();
        assert!(filled.is_complete);
    }
    id
}

fn reader(n: usize) -> String {
    format!("r{n}@example.org")
}

fn sent() -> Settled {
    Settled::Sent { reply: Reply { code: Some(250), enhanced: None, text: "taken".into() } }
}

/// Claims and settles whatever is due, and answers whom it was for.
async fn send_all(opened: &Opened) -> Vec<String> {
    let mut reached = Vec::new();
    loop {
        let claimed = opened.store.claim("n", NOW, NOW.plus_ms(15_000), 256).await.unwrap();
        if claimed.is_empty() {
            reached.sort();
            return reached;
        }
        let facts: Vec<_> = claimed.iter().map(|one| Settlement { id: one.id, settled: sent() }).collect();
        opened.store.settle("n", &facts, NOW).await.unwrap();
        reached.extend(claimed.into_iter().map(|one| one.address));
    }
}

/// R1
async fn what_was_noted_before_a_cancel_was_sent(opened: Opened) {
    let id = filled(&opened, 100, true).await;
    let claimed = opened.store.claim("killed", NOW, NOW.plus_ms(15_000), 100).await.unwrap();
    assert_eq!(claimed.len(), 100);
    let facts: Vec<_> = claimed[..30].iter().map(|one| Settlement { id: one.id, settled: sent() }).collect();
    opened.store.note_settlements("killed", &facts, NOW).await.unwrap();
    let (from, to, why) = (MailingStatus::Sending, MailingStatus::Cancelled, "cancelled".into());
    assert!(opened.store.set_mailing_status(id, from, to, Some(&why), NOW).await.unwrap());
    // Its process is gone: what it noted was sent, the rest goes to nobody.
    opened.store.free_leases(None, NOW).await.unwrap();
    opened.store.apply_all_settlements("").await.unwrap();
    assert_eq!(send_all(&opened).await, [""; 0]);
    let later = NOW.plus_ms(20_000);
    assert!(opened.store.claim("n", later, later.plus_ms(1_000), 256).await.unwrap().is_empty());
    let counts = opened.store.count_deliveries(id).await.unwrap();
    assert_eq!((counts.sent, counts.total()), (30, 100));
    for one in &claimed[..30] {
        let row = opened.store.get_delivery(one.id).await.unwrap().unwrap();
        assert_eq!(row.status, DeliveryStatus::Sent);
    }
}

async fn who_is_erased_amid_a_fan_out_has_no_delivery_in_their_name(opened: Opened) {
    let id = filled(&opened, 300, false).await;
    let mut gone = Vec::new();
    for round in 0.. {
        let who = reader(round * 17 % 300);
        let (step, erased) = tokio::join!(opened.store.fan_out(id, 20, NOW), async {
            opened.store.erase_subscriber(&address(&who), NOW).await
        });
        assert!(erased.unwrap(), "{who}");
        gone.push(who);
        if step.unwrap().is_complete {
            break;
        }
    }
    let reached = send_all(&opened).await;
    let mut expected: Vec<String> = (0..300).map(reader).filter(|who| !gone.contains(who)).collect();
    expected.sort();
    assert_eq!(reached, expected);
    let nameless = "SELECT COUNT(*) FROM deliveries d WHERE NOT EXISTS \
        (SELECT 1 FROM subscriptions s WHERE s.id = d.subscription_id) AND d.status = 'sent'";
    assert_eq!(opened.number(nameless).await, 0);
    let counts = opened.store.count_deliveries(id).await.unwrap();
    assert_eq!((counts.sent, counts.queued), (i64::try_from(reached.len()).unwrap(), 0));
}

async fn a_retry_while_readers_leave_reaches_those_who_stay_once(opened: Opened) {
    let id = filled(&opened, 60, true).await;
    let all = opened.texts("SELECT CAST(id AS TEXT) FROM subscriptions ORDER BY id").await;
    let all: Vec<_> =
        all.iter().map(|id| postbell::domain::SubscriptionId(id.parse::<i64>().unwrap())).collect();
    for lost in all.iter().step_by(2) {
        opened.lose_delivery(id, *lost).await;
    }
    assert_eq!(send_all(&opened).await.len(), 30);
    let mut after = None;
    for lost in all.iter().step_by(4) {
        let (step, ()) = tokio::join!(
            opened.store.retry_missed(id, after, 3, NOW),
            opened.change(*lost, Change::End, NOW)
        );
        after = step.unwrap().next;
    }
    opened.store.retry_missed(id, None, 100, NOW).await.unwrap();
    let mut stays = Vec::new();
    for n in all.iter().enumerate().filter(|(n, _)| n % 4 == 2) {
        stays.push(opened.store.get_subscription(*n.1).await.unwrap().unwrap().address.to_string());
    }
    let claimed = opened.store.claim("n", NOW, NOW.plus_ms(15_000), 256).await.unwrap();
    let mut meant: Vec<String> = claimed
        .into_iter()
        .filter(|one| one.status == Some(SubscriptionStatus::Active))
        .map(|one| one.address)
        .collect();
    meant.sort();
    stays.sort();
    assert_eq!(meant, stays);
}

async fn folding_passes_retried_readers_within_a_block(opened: Opened) {
    let id = filled(&opened, 60, true).await;
    let all = opened.texts("SELECT CAST(id AS TEXT) FROM subscriptions ORDER BY id").await;
    let all: Vec<_> =
        all.iter().map(|id| postbell::domain::SubscriptionId(id.parse::<i64>().unwrap())).collect();
    for lost in &all[20..40] {
        opened.lose_delivery(id, *lost).await;
    }
    assert_eq!(send_all(&opened).await.len(), 40);
    assert_eq!(opened.store.retry_missed(id, None, 100, NOW).await.unwrap().retried.missing, 20);
    assert_eq!(send_all(&opened).await.len(), 20);
    opened.store.finish_mailings(NOW).await.unwrap();
    let answers = async || {
        let mut found = Vec::new();
        for n in 0..60 {
            let kim = opened.store.find_subscriber(&address(&reader(n))).await.unwrap().unwrap();
            let all = opened.store.list_deliveries(kim.id, 9).await.unwrap();
            found.push(all.into_iter().map(|one| (one.id, one.status)).collect::<Vec<_>>());
        }
        let missing = opened.store.count_missed(id, Lack::Missing, NOW).await.unwrap();
        (found, opened.store.count_deliveries(id).await.unwrap(), missing)
    };
    let before = answers().await;
    assert!(before.0.iter().all(|all| all.len() == 1));
    let late = NOW.plus_ms(100 * DAY_MS);
    while opened.store.purge(NOW, NOW, late, 100).await.unwrap() != Purged::default() {}
    assert_eq!(answers().await, before);
    assert_eq!(opened.rows("singles").await, 20, "who stand within another block keep their rows");
    assert_eq!(opened.store.retry_missed(id, None, 100, late).await.unwrap().retried.missing, 0);
}

async fn two_who_apply_at_once_count_each_mail_once(opened: Opened) {
    let id = filled(&opened, 200, true).await;
    let claimed = opened.store.claim("a", NOW, NOW.plus_ms(15_000), 200).await.unwrap();
    for part in claimed.chunks(10) {
        let facts: Vec<_> = part.iter().map(|one| Settlement { id: one.id, settled: sent() }).collect();
        opened.store.note_settlements("a", &facts, NOW).await.unwrap();
        let apply = || opened.store.apply_settlements("a", 4);
        let (one, two) = tokio::join!(apply(), apply());
        one.unwrap();
        two.unwrap();
    }
    opened.store.apply_all_settlements("a").await.unwrap();
    assert_eq!(opened.store.count_deliveries(id).await.unwrap().sent, 200);
    assert_eq!(
        opened.number("SELECT CAST(SUM(count) AS BIGINT) FROM tallies WHERE status = 'sent'").await,
        200
    );
}

async fn words_that_a_database_refuses_hold_up_no_other(opened: Opened) {
    let id = filled(&opened, 3, true).await;
    let claimed = opened.store.claim("n", NOW, NOW.plus_ms(15_000), 3).await.unwrap();
    let reply = |text: &str| Reply { code: Some(550), enhanced: Some("5.0.0".into()), text: text.into() };
    let settled = [
        Settled::Failed { reply: reply("no\0body"), is_hard: false },
        Settled::Withheld { reason: "why\0not".into() },
        sent(),
    ];
    let facts: Vec<_> =
        claimed.iter().zip(settled).map(|(one, settled)| Settlement { id: one.id, settled }).collect();
    opened.store.settle("n", &facts, NOW).await.unwrap();
    let counts = opened.store.count_deliveries(id).await.unwrap();
    assert_eq!((counts.failed, counts.withheld, counts.sent), (1, 1, 1));
}

async fn whom_few_or_many_suppressions_name_gets_no_post(opened: Opened) {
    let other = opened.blog("other").await;
    let id = filled(&opened, 90, false).await;
    let blog = opened.store.get_mailing(id).await.unwrap().unwrap().blog_id;
    let suppress = async |from: usize, to: usize| {
        for n in from..to {
            let scope = [None, Some(blog), Some(other.id)][n % 3];
            let reason = SuppressionReason::Manual;
            opened.store.suppress(&address(&reader(n)), scope, reason, NOW).await.unwrap();
        }
    };
    // Of a step for 50 two are few. Nobody of a whole step gets it then, and others behind do.
    suppress(0, 2).await;
    assert_eq!(opened.store.fan_out(id, 50, NOW).await.unwrap().written, 48);
    suppress(50, 90).await;
    let (mut written, mut steps) = (0, 0);
    loop {
        let step = opened.store.fan_out(id, 2, NOW).await.unwrap();
        (written, steps) = (written + step.written, steps + 1);
        if step.is_complete {
            break;
        }
    }
    let others = (50..90).filter(|n| n % 3 == 2).count();
    assert_eq!((written, steps), (others as u64, 21));
    let reached = send_all(&opened).await;
    let mut expected: Vec<String> = (2..50).chain((50..90).filter(|n| n % 3 == 2)).map(reader).collect();
    expected.sort();
    assert_eq!(reached, expected);
}

/// R9, on SQLite: what was written a moment ago is not yet out of the notes.
#[tokio::test]
async fn what_is_still_noted_lets_no_younger_block_go_first() {
    let opened = crate::support::stores::here().await;
    let other = opened.blog("other").await;
    for n in 0..3 {
        opened.sign_up(&other, &format!("new{n}@example.org"), NOW).await;
    }
    filled(&opened, 10, true).await;
    opened.raw("UPDATE singles SET priority = (SELECT priority FROM blocks)").await.unwrap();
    opened.raw("UPDATE blocks SET next_attempt_at = next_attempt_at + 1").await.unwrap();
    let later = NOW.plus_ms(1);
    let claimed = opened.store.claim("n", later, later.plus_ms(15_000), 2).await.unwrap();
    let facts: Vec<_> = claimed
        .iter()
        .map(|one| Settlement { id: one.id, settled: Settled::GivenBack { at: NOW } })
        .collect();
    opened.store.note_settlements("n", &facts, later).await.unwrap();
    let written =
        "UPDATE singles SET lease_owner = NULL, next_attempt_at = queued_at WHERE lease_owner = 'n'";
    assert_eq!(opened.raw(written).await.unwrap(), 2);
    let next = opened.store.claim("n", later, later.plus_ms(15_000), 1).await.unwrap();
    assert_eq!(next.iter().map(|one| one.address.as_str()).collect::<Vec<_>>(), ["new2@example.org"]);
}
