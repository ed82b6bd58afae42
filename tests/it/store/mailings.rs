//! Mailings and their fan-out.

use postbell::domain::{
    Change, DeliveryKind, MailingId, MailingStatus, SubscriptionId, SubscriptionStatus, SuppressionReason,
};
use postbell::store::{DeliveryCounts, FanOut, NewDelivery, Settled, Settlement, StoreError};

use super::{mailing, see};
use crate::support::stores::{NOW, Opened, address, import_row};

crate::for_each_store!(
    a_fan_out_reaches_each_follower_once_in_steps_of_any_size,
    only_those_who_followed_in_time_get_it_whatever_their_frequency,
    who_followed_before_the_clock_was_moved_back_still_gets_the_post,
    what_is_queued_of_a_cancelled_mailing_is_withheld,
    who_is_imported_after_the_post_does_not_get_it,
    a_mailing_is_done_when_nothing_is_queued,
    a_mailing_paused_while_it_is_filled_goes_on_filling,
    a_status_changes_only_from_the_expected_one,
    a_cancel_that_is_refused_withholds_nothing,
    deliveries_are_counted_by_status,
    cancelling_withholds_what_is_queued_and_leaves_what_is_on_its_way,
    a_mailing_is_sent_again_beside_the_first_time,
    mailings_are_listed_by_blog_newest_first,
);

async fn a_fan_out_reaches_each_follower_once_in_steps_of_any_size(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    for n in 0..3 {
        opened.follow(&blog, &format!("r{n}@example.org"), NOW).await;
        opened.follow(&other, &format!("r{n}@example.org"), NOW).await;
    }
    let slow = mailing(&opened, &blog, "slow").await;
    for _ in 0..3 {
        let step = opened.store.fan_out(slow, 1, NOW).await.unwrap();
        assert_eq!(step, FanOut { written: 1, is_complete: false });
    }
    assert_eq!(see(&opened, slow).await.status, MailingStatus::Filling);
    for _ in 0..2 {
        let step = opened.store.fan_out(slow, 1, NOW).await.unwrap();
        assert_eq!(step, FanOut { written: 0, is_complete: true });
    }
    assert_eq!(see(&opened, slow).await.status, MailingStatus::Sending);
    let quick = mailing(&opened, &blog, "quick").await;
    assert_eq!(
        opened.store.fan_out(quick, 100, NOW).await.unwrap(),
        FanOut { written: 3, is_complete: true }
    );
    // A cursor that is lost, as by a restored backup, doubles nothing.
    opened.raw("UPDATE mailings SET cursor = 0, status = 'filling'").await.unwrap();
    assert_eq!(opened.store.fan_out(quick, 100, NOW).await.unwrap().written, 0);
    let foreign = format!("SELECT COUNT(*) FROM deliveries WHERE blog_id = {}", other.id);
    assert_eq!(opened.number(&(foreign + " AND kind = 'post'")).await, 0);
    assert!(matches!(opened.store.fan_out(MailingId(99), 1, NOW).await, Err(StoreError::Missing(_))));
}

async fn only_those_who_followed_in_time_get_it_whatever_their_frequency(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    let before = NOW.plus_ms(-1000);
    let wanted = opened.follow(&blog, "wanted@example.org", NOW).await;
    opened.sign_up(&blog, "pending@example.org", before).await;
    let ended = opened.follow(&blog, "ended@example.org", before).await;
    opened.change(ended, Change::End, before).await;
    opened.follow(&blog, "late@example.org", NOW.plus_ms(1)).await;
    let paused = opened.follow(&blog, "paused@example.org", before).await;
    opened.change(paused, Change::Pause(None), before).await;
    let back = opened.follow(&blog, "back@example.org", before).await;
    opened.change(back, Change::Pause(Some(NOW)), before).await;
    opened.follow(&blog, "daily@example.org", before).await;
    opened
        .raw("UPDATE subscriptions SET frequency = 'daily' WHERE id = (SELECT MAX(id) FROM subscriptions)")
        .await
        .unwrap();
    for (who, scope, reason) in [
        ("bounced@example.org", None, SuppressionReason::Bounced),
        ("left@example.org", Some(blog.id), SuppressionReason::Unsubscribed),
        ("leftother@example.org", Some(other.id), SuppressionReason::Unsubscribed),
    ] {
        opened.follow(&blog, who, before).await;
        opened.store.suppress(&address(who), scope, reason, before).await.unwrap();
    }
    let id = mailing(&opened, &blog, "a").await;
    let later = NOW.plus_ms(1000);
    assert_eq!(opened.store.fan_out(id, 100, later).await.unwrap(), FanOut { written: 4, is_complete: true });
    let claimed = opened.store.claim("n", later, later.plus_ms(1000), 100).await.unwrap();
    let mut to: Vec<_> =
        claimed.iter().filter(|c| c.kind == DeliveryKind::Post).map(|c| c.address.as_str()).collect();
    to.sort_unstable();
    // There are no digests yet: who chose one must not go without.
    assert_eq!(to, ["back@example.org", "daily@example.org", "leftother@example.org", "wanted@example.org"]);
    assert!(claimed.iter().any(|c| c.subscription_id == Some(wanted)));
}

/// R11
async fn who_followed_before_the_clock_was_moved_back_still_gets_the_post(opened: Opened) {
    let blog = opened.blog("first").await;
    opened.follow(&blog, "reader@example.org", NOW.plus_ms(postbell::domain::DAY_MS)).await;
    let id = mailing(&opened, &blog, "a").await;
    assert_eq!(opened.store.fan_out(id, 100, NOW).await.unwrap().written, 1);
}

async fn what_is_queued_of_a_cancelled_mailing_is_withheld(opened: Opened) {
    use MailingStatus::{Cancelled, Sending};
    let blog = opened.blog("first").await;
    for n in 0..3 {
        opened.follow(&blog, &format!("r{n}@example.org"), NOW).await;
    }
    let (id, other) = (mailing(&opened, &blog, "a").await, mailing(&opened, &blog, "b").await);
    for id in [id, other] {
        // In two blocks.
        opened.store.fan_out(id, 1, NOW).await.unwrap();
        opened.store.fan_out(id, 9, NOW).await.unwrap();
    }
    let lease = NOW.plus_ms(1000);
    let posts = |claimed: Vec<postbell::store::Claimed>| {
        claimed.into_iter().filter(|c| c.mailing_id == Some(id)).map(|c| c.id).collect::<Vec<_>>()
    };
    opened.raw("DELETE FROM singles WHERE mailing_id IS NULL").await.unwrap();
    let held = posts(opened.store.claim("n", NOW, lease, 1).await.unwrap());
    assert_eq!(held.len(), 1);
    assert!(!opened.store.recheck("n", &[held[0]], NOW).await.unwrap().is_empty());
    assert!(opened.store.set_mailing_status(id, Sending, Cancelled, None, NOW).await.unwrap());
    assert!(
        opened.store.recheck("n", &[held[0]], NOW).await.unwrap().is_empty(),
        "it is not handed over any more"
    );
    let withheld = format!("SELECT COUNT(*) FROM deliveries WHERE status = 'withheld' AND mailing_id = {id}");
    opened.store.finish_mailings(NOW).await.unwrap();
    assert_eq!(opened.number(&withheld).await, 2);
    opened.store.finish_mailings(lease).await.unwrap();
    assert_eq!(opened.number(&withheld).await, 3);
    assert_eq!(
        opened.number("SELECT COUNT(*) FROM deliveries WHERE status = 'queued'").await,
        3,
        "the other mailing"
    );
}

async fn who_is_imported_after_the_post_does_not_get_it(opened: Opened) {
    let blog = opened.blog("first").await;
    let mut row = import_row("old@example.org", SubscriptionStatus::Active);
    row.at = Some(NOW.plus_ms(-1_000_000));
    let id = mailing(&opened, &blog, "a").await;
    let kind = postbell::domain::ConsentKind::Imported;
    opened.store.import(blog.id, &[row], kind, NOW.plus_ms(1)).await.unwrap();
    assert_eq!(opened.store.fan_out(id, 100, NOW.plus_ms(2)).await.unwrap().written, 0);
}

async fn a_mailing_is_done_when_nothing_is_queued(opened: Opened) {
    let blog = opened.blog("first").await;
    opened.follow(&blog, "a@example.org", NOW).await;
    let (id, empty) = (mailing(&opened, &blog, "a").await, mailing(&opened, &blog, "b").await);
    assert!(opened.store.finish_mailings(NOW).await.unwrap().is_empty(), "it is not filled");
    opened.store.fan_out(id, 10, NOW).await.unwrap();
    opened.raw("UPDATE subscriptions SET status = 'ended'").await.unwrap();
    opened.store.fan_out(empty, 10, NOW).await.unwrap();
    assert_eq!(opened.store.finish_mailings(NOW).await.unwrap(), [empty]);
    for claimed in opened.store.claim("n", NOW, NOW.plus_ms(1000), 10).await.unwrap() {
        let settled = Settled::Withheld { reason: "test".into() };
        opened.store.settle("n", &[Settlement { id: claimed.id, settled }], NOW).await.unwrap();
    }
    assert_eq!(opened.store.finish_mailings(NOW.plus_ms(9)).await.unwrap(), [id]);
    let done = see(&opened, id).await;
    assert_eq!((done.status, done.finished_at), (MailingStatus::Done, Some(NOW.plus_ms(9))));
    assert!(opened.store.finish_mailings(NOW).await.unwrap().is_empty());
}

async fn a_mailing_paused_while_it_is_filled_goes_on_filling(opened: Opened) {
    use MailingStatus::{Filling, Paused, Sending};
    let blog = opened.blog("first").await;
    for n in 0..2 {
        opened.follow(&blog, &format!("r{n}@example.org"), NOW).await;
    }
    let id = mailing(&opened, &blog, "a").await;
    opened.store.fan_out(id, 1, NOW).await.unwrap();
    assert!(opened.store.set_mailing_status(id, Filling, Paused, Some(&"relay".into()), NOW).await.unwrap());
    assert_eq!(see(&opened, id).await.reason, Some("relay".into()));
    assert_eq!(opened.store.fan_out(id, 9, NOW).await.unwrap(), FanOut { written: 0, is_complete: true });
    assert!(opened.store.list_filling().await.unwrap().is_empty());
    assert!(opened.store.set_mailing_status(id, Paused, Sending, None, NOW).await.unwrap());
    assert_eq!(opened.store.list_filling().await.unwrap(), [id]);
    assert_eq!(opened.store.fan_out(id, 9, NOW).await.unwrap(), FanOut { written: 1, is_complete: true });
}

async fn a_status_changes_only_from_the_expected_one(opened: Opened) {
    use MailingStatus::{Cancelled, Filling, Paused, Sending};
    let blog = opened.blog("first").await;
    let (id, other) = (mailing(&opened, &blog, "a").await, mailing(&opened, &blog, "b").await);
    opened.store.fan_out(id, 9, NOW).await.unwrap();
    assert!(!opened.store.set_mailing_status(id, Filling, Paused, None, NOW).await.unwrap());
    assert!(
        opened
            .store
            .set_mailing_status(id, Sending, Cancelled, Some(&"no".into()), NOW.plus_ms(4))
            .await
            .unwrap()
    );
    assert!(!opened.store.set_mailing_status(id, Sending, Cancelled, Some(&"no".into()), NOW).await.unwrap());
    let cancelled = see(&opened, id).await;
    assert_eq!((cancelled.status, cancelled.finished_at), (Cancelled, Some(NOW.plus_ms(4))));
    assert_eq!(see(&opened, other).await.status, Filling);
}

async fn a_cancel_that_is_refused_withholds_nothing(opened: Opened) {
    use MailingStatus::{Cancelled, Sending};
    let blog = opened.blog("first").await;
    opened.follow(&blog, "reader@example.org", NOW).await;
    let id = mailing(&opened, &blog, "a").await;
    opened.store.fan_out(id, 9, NOW).await.unwrap();
    let lease = NOW.plus_ms(1000);
    opened.store.claim("n", NOW, lease, 9).await.unwrap();
    assert!(opened.store.set_mailing_status(id, Sending, Cancelled, None, NOW).await.unwrap());
    // The lease is over, so a cancel would withhold what is left; this one is none.
    assert!(!opened.store.set_mailing_status(id, Sending, Cancelled, None, lease).await.unwrap());
    assert_eq!(opened.store.delivery_counts(id).await.unwrap().queued, 1);
}

async fn deliveries_are_counted_by_status(opened: Opened) {
    let blog = opened.blog("first").await;
    for n in 0..5 {
        opened.follow(&blog, &format!("r{n}@example.org"), NOW).await;
    }
    let (id, other) = (mailing(&opened, &blog, "a").await, mailing(&opened, &blog, "b").await);
    for id in [id, other] {
        opened.store.fan_out(id, 9, NOW).await.unwrap();
    }
    let all = DeliveryCounts { queued: 5, ..DeliveryCounts::default() };
    assert_eq!(opened.store.delivery_counts(id).await.unwrap(), all);
    let claimed = opened.store.claim("n", NOW, NOW.plus_ms(1000), 99).await.unwrap();
    let reply = || postbell::domain::Reply::default();
    let ends = [
        Settled::Sent { reply: reply() },
        Settled::Sent { reply: reply() },
        Settled::Failed { reply: reply(), is_hard: true },
        Settled::Withheld { reason: "test".into() },
    ];
    let own = claimed.iter().filter(|c| c.mailing_id == Some(id));
    for (claimed, settled) in own.zip(ends) {
        opened.store.settle("n", &[Settlement { id: claimed.id, settled }], NOW).await.unwrap();
    }
    let want = DeliveryCounts { queued: 1, sent: 2, failed: 1, withheld: 1 };
    assert_eq!(opened.store.delivery_counts(id).await.unwrap(), want);
    assert_eq!(opened.store.delivery_counts(other).await.unwrap(), all);
    assert_eq!(opened.store.delivery_counts(MailingId(99)).await.unwrap(), DeliveryCounts::default());
}

async fn cancelling_withholds_what_is_queued_and_leaves_what_is_on_its_way(opened: Opened) {
    use MailingStatus::{Cancelled, Sending};
    let blog = opened.blog("first").await;
    for n in 0..3 {
        opened.follow(&blog, &format!("r{n}@example.org"), NOW).await;
    }
    let (id, other) = (mailing(&opened, &blog, "a").await, mailing(&opened, &blog, "b").await);
    // In two blocks.
    opened.store.fan_out(id, 2, NOW).await.unwrap();
    opened.store.fan_out(id, 9, NOW).await.unwrap();
    // The three confirmations come first.
    let mut on_its_way = opened.store.claim("n", NOW, NOW.plus_ms(1000), 5).await.unwrap();
    on_its_way.retain(|claimed| claimed.mailing_id == Some(id));
    opened.store.fan_out(other, 9, NOW).await.unwrap();
    assert!(opened.store.set_mailing_status(id, Sending, Cancelled, Some(&"no".into()), NOW).await.unwrap());
    let counts = async |id| opened.store.delivery_counts(id).await.unwrap();
    assert_eq!(counts(id).await, DeliveryCounts { queued: 2, withheld: 1, ..DeliveryCounts::default() });
    // One was taken by the server, one comes back from its sender.
    let ends = [Settled::Sent { reply: Default::default() }, Settled::GivenBack { at: NOW }];
    for (claimed, settled) in on_its_way.iter().zip(ends) {
        let settlement = Settlement { id: claimed.id, settled };
        assert_eq!(opened.store.settle("n", &[settlement], NOW).await.unwrap(), 1);
    }
    opened.store.finish_mailings(NOW.plus_ms(1)).await.unwrap();
    assert_eq!(counts(id).await, DeliveryCounts { sent: 1, withheld: 2, ..DeliveryCounts::default() });
    assert_eq!(see(&opened, id).await.status, Cancelled);
    assert_eq!(counts(other).await.queued, 3, "the other mailing is untouched");
    let reasons = r#"SELECT COUNT(*) FROM deliveries WHERE reason = '{"code":"mailing_cancelled"}'"#;
    assert_eq!(opened.number(reasons).await, 2);
}

async fn a_mailing_is_sent_again_beside_the_first_time(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    let to = opened.follow(&blog, "a@example.org", NOW).await;
    let foreign = opened.follow(&other, "a@example.org", NOW).await;
    let id = mailing(&opened, &blog, "a").await;
    opened.store.fan_out(id, 9, NOW).await.unwrap();
    let delivery = NewDelivery {
        kind: DeliveryKind::Post,
        blog_id: Some(blog.id),
        subscription_id: Some(to),
        subscriber_id: None,
        to: None,
        payload: None,
    };
    let first = opened.store.resend(id, to, &delivery, NOW).await.unwrap();
    let second = opened.store.resend(id, to, &delivery, NOW).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(opened.number(&format!("SELECT COUNT(*) FROM deliveries WHERE mailing_id = {id}")).await, 3);
    assert_eq!(opened.store.get_delivery(first).await.unwrap().unwrap().title.as_deref(), Some("a"));
    for missing in [foreign, SubscriptionId(99)] {
        let refused = opened.store.resend(id, missing, &delivery, NOW).await;
        assert!(matches!(refused, Err(StoreError::Missing(_))));
    }
}

async fn mailings_are_listed_by_blog_newest_first(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    let (a, b) = (mailing(&opened, &blog, "a").await, mailing(&opened, &other, "b").await);
    let ids = async |of, limit| {
        let list = opened.store.list_mailings(of, limit).await.unwrap();
        list.into_iter().map(|m| m.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(None, 10).await, [b, a]);
    assert_eq!(ids(None, 1).await, [b]);
    assert_eq!(ids(Some(&blog), 10).await, [a]);
    assert!(opened.store.get_mailing(MailingId(99)).await.unwrap().is_none());
}
