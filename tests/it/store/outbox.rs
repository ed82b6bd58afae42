//! The outbox: claiming, leases, settling.

use postbell::domain::{
    Change, DeliveryId, DeliveryKind, DeliveryStatus, MailingStatus, Reply, SubscriptionStatus,
    SuppressionReason, Timestamp,
};
use postbell::store::{Asker, Claimed, NewDelivery, Settled, Settlement};

use super::mailing;
use crate::support::stores::{NOW, Opened, address};

crate::for_each_store!(
    a_mail_is_claimed_once_while_its_lease_runs,
    claims_go_by_priority_and_then_by_age,
    mailings_that_rest_are_not_claimed,
    a_claim_knows_what_is_needed_to_judge,
    a_recheck_sees_what_happened_since_the_claim,
    a_late_holder_neither_settles_nor_renews,
    a_lease_that_is_renewed_holds_longer,
    each_outcome_is_written_as_it_is,
    a_settlement_counts_once,
    leases_of_a_node_that_died_are_freed_in_their_old_order,
    the_next_due_moment_is_known,
    deliveries_of_a_person_are_listed,
);

fn mail(kind: DeliveryKind, to: &str) -> NewDelivery {
    NewDelivery {
        kind,
        blog_id: None,
        subscription_id: None,
        subscriber_id: None,
        to: Some(address(to)),
        payload: Some("{\"a\":1}".into()),
    }
}

async fn queue(opened: &Opened, kind: DeliveryKind, now: Timestamp) -> DeliveryId {
    opened.store.enqueue(&mail(kind, "a@example.org"), now).await.unwrap()
}

async fn claim(opened: &Opened, node: &str, now: Timestamp, limit: u32) -> Vec<Claimed> {
    opened.store.claim(node, now, now.plus_ms(15_000), limit).await.unwrap()
}

async fn settle(opened: &Opened, node: &str, id: DeliveryId, settled: Settled) -> u64 {
    opened.store.settle(node, &[Settlement { id, settled }], NOW.plus_ms(100)).await.unwrap()
}

fn reply(code: u16) -> Reply {
    Reply { code: Some(code), enhanced: Some("2.0.0".into()), text: "said".into() }
}

async fn a_mail_is_claimed_once_while_its_lease_runs(opened: Opened) {
    let id = queue(&opened, DeliveryKind::Test, NOW).await;
    assert!(claim(&opened, "a", NOW.plus_ms(-1), 10).await.is_empty(), "it is not due");
    assert!(opened.store.claim("a", NOW, NOW.plus_ms(15_000), 0).await.unwrap().is_empty());
    let claimed = claim(&opened, "a", NOW, 10).await;
    assert_eq!((claimed.len(), claimed[0].id), (1, id));
    assert_eq!((claimed[0].address.as_str(), claimed[0].attempts), ("a@example.org", 0));
    assert_eq!(claimed[0].leased_until, NOW.plus_ms(15_000));
    assert_eq!(claimed[0].payload.as_deref(), Some("{\"a\":1}"));
    for node in ["a", "b"] {
        assert!(claim(&opened, node, NOW.plus_ms(14_999), 10).await.is_empty());
    }
    assert_eq!(claim(&opened, "b", NOW.plus_ms(15_000), 10).await[0].id, id, "a lease that ran out is due");
}

async fn claims_go_by_priority_and_then_by_age(opened: Opened) {
    let blog = opened.blog("first").await;
    opened.follow(&blog, "r@example.org", NOW.plus_ms(-9000)).await;
    opened.raw("DELETE FROM singles").await.unwrap();
    let bulk = mailing(&opened, &blog, "a").await;
    opened.store.fan_out(bulk, 10, NOW.plus_ms(-5000)).await.unwrap();
    let welcome = queue(&opened, DeliveryKind::Welcome, NOW).await;
    let young = queue(&opened, DeliveryKind::Test, NOW).await;
    let old = queue(&opened, DeliveryKind::Test, NOW.plus_ms(-10)).await;
    let later = queue(&opened, DeliveryKind::Test, NOW.plus_ms(10)).await;
    let ids = |claimed: Vec<Claimed>| claimed.into_iter().map(|c| c.id).collect::<Vec<_>>();
    assert_eq!(ids(claim(&opened, "n", NOW, 3).await), [old, young, welcome]);
    let rest = claim(&opened, "n", NOW, 3).await;
    assert_eq!((rest.len(), rest[0].mailing_id), (1, Some(bulk)));
    assert_eq!(ids(claim(&opened, "n", NOW.plus_ms(10), 3).await), [later]);
}

async fn mailings_that_rest_are_not_claimed(opened: Opened) {
    use MailingStatus::{Cancelled, Paused, Sending};
    let blog = opened.blog("first").await;
    opened.follow(&blog, "r@example.org", NOW).await;
    opened.raw("DELETE FROM singles").await.unwrap();
    let id = mailing(&opened, &blog, "a").await;
    let other = mailing(&opened, &blog, "b").await;
    for mailing in [id, other] {
        opened.store.fan_out(mailing, 10, NOW).await.unwrap();
    }
    opened.store.set_mailing_status(id, Sending, Paused, None, NOW).await.unwrap();
    opened.store.set_mailing_status(other, Sending, Cancelled, None, NOW).await.unwrap();
    assert!(claim(&opened, "n", NOW, 10).await.is_empty());
    assert_eq!(opened.store.next_due().await.unwrap(), None);
    assert_eq!(opened.store.gauges(NOW).await.unwrap().oldest_due_at, None);
    opened.store.set_mailing_status(id, Paused, Sending, None, NOW).await.unwrap();
    assert_eq!(opened.store.next_due().await.unwrap(), Some(NOW));
    assert_eq!(claim(&opened, "n", NOW, 10).await[0].mailing_id, Some(id));
}

async fn a_claim_knows_what_is_needed_to_judge(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    let pending = opened.sign_up(&blog, "Kim@Example.org", NOW).await;
    let claimed = claim(&opened, "n", NOW, 10).await.remove(0);
    assert_eq!((claimed.kind, claimed.status), (DeliveryKind::Confirm, Some(SubscriptionStatus::Pending)));
    assert_eq!((claimed.subscription_id, claimed.blog_id), (Some(pending), Some(blog.id)));
    assert_eq!(claimed.address, "Kim@example.org");
    assert_eq!(claimed.expires_at, Some(NOW.plus_ms(48 * 3_600_000)));
    assert_eq!((claimed.suppressed, claimed.is_paused, claimed.confirmed_at), (None, false, None));
    assert!(claimed.subscriber_id.is_some());

    opened.change(pending, Change::Activate, NOW).await;
    opened.change(pending, Change::Pause(Some(NOW.plus_ms(20_000))), NOW).await;
    let kim = address("kim@example.org");
    opened.store.suppress(&kim, Some(other.id), SuppressionReason::Unsubscribed, NOW).await.unwrap();
    let again = claim(&opened, "n", NOW.plus_ms(15_000), 10).await.remove(0);
    assert_eq!((again.status, again.confirmed_at), (Some(SubscriptionStatus::Active), Some(NOW)));
    assert_eq!((again.is_paused, again.suppressed), (true, None), "the other blog does not count");
    opened.store.suppress(&kim, Some(blog.id), SuppressionReason::Unsubscribed, NOW).await.unwrap();
    let again = claim(&opened, "n", NOW.plus_ms(30_000), 10).await.remove(0);
    assert_eq!((again.is_paused, again.suppressed), (false, Some(SuppressionReason::Unsubscribed)));
    opened.store.suppress(&kim, None, SuppressionReason::Complained, NOW).await.unwrap();
    let again = claim(&opened, "n", NOW.plus_ms(60_000), 10).await.remove(0);
    assert_eq!(again.suppressed, Some(SuppressionReason::Complained), "the strongest");
}

async fn a_recheck_sees_what_happened_since_the_claim(opened: Opened) {
    let blog = opened.blog("first").await;
    let subscription = opened.follow(&blog, "r@example.org", NOW).await;
    let id = claim(&opened, "a", NOW, 10).await[0].id;
    assert!(opened.store.recheck("b", &[id], NOW).await.unwrap().is_empty());
    let before = opened.store.recheck("a", &[id], NOW).await.unwrap().remove(0);
    assert_eq!(before.status, Some(SubscriptionStatus::Active));
    opened.change(subscription, Change::End, NOW).await;
    let after = opened.store.recheck("a", &[id], NOW).await.unwrap().remove(0);
    assert_eq!(after.status, Some(SubscriptionStatus::Ended), "a leased one is left to its sender");
    opened.store.suppress(&address("r@example.org"), None, SuppressionReason::Manual, NOW).await.unwrap();
    let after = opened.store.recheck("a", &[id], NOW).await.unwrap().remove(0);
    assert_eq!(after.suppressed, Some(SuppressionReason::Manual));
    settle(&opened, "a", id, Settled::Withheld { reason: "left".into() }).await;
    assert!(opened.store.recheck("a", &[id], NOW).await.unwrap().is_empty());
}

async fn a_late_holder_neither_settles_nor_renews(opened: Opened) {
    let id = queue(&opened, DeliveryKind::Test, NOW).await;
    claim(&opened, "late", NOW, 10).await;
    claim(&opened, "next", NOW.plus_ms(15_000), 10).await;
    for settled in [
        Settled::Sent { reply: reply(250) },
        Settled::Retry { at: NOW, reply: reply(450) },
        Settled::Failed { reply: reply(550), is_hard: true },
        Settled::Withheld { reason: "x".into() },
        Settled::GivenBack { at: NOW },
    ] {
        assert_eq!(settle(&opened, "late", id, settled).await, 0);
    }
    assert!(opened.store.renew("late", &[id], NOW.plus_ms(99_000)).await.unwrap().is_empty());
    assert!(!opened.store.recheck("next", &[id], NOW).await.unwrap().is_empty());
    assert_eq!(opened.store.gauges(NOW).await.unwrap().sent, 0);
    assert_eq!(settle(&opened, "next", id, Settled::Sent { reply: reply(250) }).await, 1);
}

async fn a_lease_that_is_renewed_holds_longer(opened: Opened) {
    let id = queue(&opened, DeliveryKind::Test, NOW).await;
    let other = queue(&opened, DeliveryKind::Test, NOW.plus_ms(1)).await;
    claim(&opened, "a", NOW, 1).await;
    let until = NOW.plus_ms(30_000);
    assert_eq!(opened.store.renew("a", &[id, other], until).await.unwrap(), [id]);
    let claimed = claim(&opened, "b", NOW.plus_ms(29_999), 10).await;
    assert_eq!(claimed.iter().map(|c| c.id).collect::<Vec<_>>(), [other]);
}

async fn each_outcome_is_written_as_it_is(opened: Opened) {
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(queue(&opened, DeliveryKind::Test, NOW).await);
    }
    claim(&opened, "n", NOW, 10).await;
    let later = NOW.plus_ms(60_000);
    let settled = [
        Settled::Sent { reply: reply(250) },
        Settled::Retry { at: later, reply: reply(450) },
        Settled::Failed { reply: reply(550), is_hard: true },
        Settled::Withheld { reason: "left".into() },
        Settled::GivenBack { at: NOW },
    ];
    let all: Vec<_> = ids.iter().zip(settled).map(|(id, settled)| Settlement { id: *id, settled }).collect();
    let at = NOW.plus_ms(100);
    assert_eq!(opened.store.settle("n", &all, at).await.unwrap(), 5);
    assert_eq!(opened.store.settle("n", &all, at).await.unwrap(), 0, "a second time changes nothing");
    let mut rows = Vec::new();
    for id in &ids {
        rows.push(opened.store.get_delivery(*id).await.unwrap().unwrap());
    }
    use DeliveryStatus::{Failed, Queued, Sent, Withheld};
    assert_eq!(rows.iter().map(|r| r.status).collect::<Vec<_>>(), [Sent, Queued, Failed, Withheld, Queued]);
    assert_eq!(rows.iter().map(|r| r.attempts).collect::<Vec<_>>(), [1, 1, 1, 0, 0]);
    let due: Vec<_> = rows.iter().map(|r| r.next_attempt_at).collect();
    assert_eq!(due, [None, Some(later), None, None, Some(NOW)]);
    let over: Vec<_> = rows.iter().map(|r| r.settled_at).collect();
    assert_eq!(over, [Some(at), None, Some(at), Some(at), None]);
    assert_eq!(
        rows.iter().map(|r| r.reply.code).collect::<Vec<_>>(),
        [Some(250), Some(450), Some(550), None, None]
    );
    assert_eq!((&rows[2].reply, rows[3].reason.clone()), (&reply(550), Some("left".into())));
    // The tries so far and the last answer are there at the next one.
    let again = claim(&opened, "n", later, 10).await;
    assert_eq!(again.iter().map(|c| (c.id, c.attempts)).collect::<Vec<_>>(), [(ids[4], 0), (ids[1], 1)]);
    settle(&opened, "n", ids[1], Settled::GivenBack { at: later }).await;
    let kept = opened.store.get_delivery(ids[1]).await.unwrap().unwrap();
    assert_eq!((kept.attempts, kept.reply.code), (1, Some(450)));
}

async fn a_settlement_counts_once(opened: Opened) {
    let (a, b) =
        (queue(&opened, DeliveryKind::Test, NOW).await, queue(&opened, DeliveryKind::Test, NOW).await);
    assert_eq!(opened.store.gauges(NOW).await.unwrap().queued, 2);
    claim(&opened, "n", NOW, 10).await;
    for _ in 0..2 {
        settle(&opened, "n", a, Settled::Sent { reply: reply(250) }).await;
        settle(&opened, "n", b, Settled::Failed { reply: reply(550), is_hard: true }).await;
    }
    let gauges = opened.store.gauges(NOW).await.unwrap();
    assert_eq!((gauges.sent, gauges.failed, gauges.queued), (1, 1, 0));
}

async fn leases_of_a_node_that_died_are_freed_in_their_old_order(opened: Opened) {
    let first = queue(&opened, DeliveryKind::Test, NOW).await;
    let second = queue(&opened, DeliveryKind::Test, NOW.plus_ms(1)).await;
    let third = queue(&opened, DeliveryKind::Test, NOW.plus_ms(2)).await;
    claim(&opened, "dead", NOW, 1).await;
    claim(&opened, "alive", NOW.plus_ms(1), 1).await;
    let now = NOW.plus_ms(10);
    assert_eq!(opened.store.free_leases(Some("dead"), now).await.unwrap(), 1);
    assert_eq!(opened.store.free_leases(Some("dead"), now).await.unwrap(), 0);
    let claimed = claim(&opened, "next", now, 10).await;
    assert_eq!(claimed.iter().map(|c| c.id).collect::<Vec<_>>(), [first, third]);
    assert_eq!(settle(&opened, "dead", first, Settled::GivenBack { at: now }).await, 0);
    assert_eq!(opened.store.free_leases(None, now).await.unwrap(), 3);
    assert_eq!(claim(&opened, "x", now, 10).await[1].id, second);
}

async fn the_next_due_moment_is_known(opened: Opened) {
    assert_eq!(opened.store.next_due().await.unwrap(), None);
    queue(&opened, DeliveryKind::Welcome, NOW).await;
    queue(&opened, DeliveryKind::Test, NOW.plus_ms(5)).await;
    assert_eq!(opened.store.next_due().await.unwrap(), Some(NOW));
    claim(&opened, "n", NOW, 1).await;
    assert_eq!(opened.store.next_due().await.unwrap(), Some(NOW.plus_ms(5)));
    claim(&opened, "n", NOW.plus_ms(5), 1).await;
    assert_eq!(opened.store.next_due().await.unwrap(), Some(NOW.plus_ms(15_000)), "the end of a lease");
}

async fn deliveries_of_a_person_are_listed(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    opened.follow(&blog, "a@example.org", NOW).await;
    opened.follow(&other, "a@example.org", NOW).await;
    opened.follow(&blog, "b@example.org", NOW).await;
    opened.store.request_manage_link(&address("a@example.org"), &Asker::default(), NOW).await.unwrap();
    let id = mailing(&opened, &blog, "Title").await;
    opened.store.fan_out(id, 10, NOW).await.unwrap();
    let person = opened.store.find_subscriber(&address("a@example.org")).await.unwrap().unwrap().id;
    let list = opened.store.list_deliveries(person, 10).await.unwrap();
    let kinds: Vec<_> = list.iter().map(|d| d.kind.as_str()).collect();
    assert_eq!(kinds, ["confirm", "confirm", "manage", "post"]);
    assert_eq!((list[3].title.as_deref(), list[3].mailing_id), (Some("Title"), Some(id)));
    assert_eq!((list[0].blog_id, list[1].blog_id), (Some(blog.id), Some(other.id)));
    assert_eq!(opened.store.list_deliveries(person, 1).await.unwrap().len(), 1);
    assert!(opened.store.get_delivery(DeliveryId(99)).await.unwrap().is_none());
}
