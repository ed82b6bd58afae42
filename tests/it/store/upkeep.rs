//! Erasing a person, and removing what nobody needs any more.

use postbell::domain::{
    Change, ConsentKind, DAY_MS, DeliveryKind, DeliveryStatus, HOUR_MS, Reply, SubscriptionStatus,
    SuppressionReason, sign_up_step,
};
use postbell::store::{
    ImportOutcome, KeptMail, KeptMailHead, Lack, MissedReader, Purged, Settled, Settlement, SignUpLimits,
};

use super::mailing;
use crate::support::stores::{NOW, Opened, address, import_row, sign_up};

crate::for_each_store!(
    an_erased_person_leaves_a_hash_and_nameless_deliveries,
    an_erased_person_is_not_imported_again,
    expired_questions_are_removed_with_their_people,
    who_left_and_did_not_answer_has_still_left,
    those_who_ended_long_ago_leave_a_hash,
    the_log_is_kept_as_long_as_it_is_needed,
    a_purge_goes_in_steps,
    an_old_mailing_is_folded_and_answers_as_before,
    rows_of_an_older_version_are_folded_and_answer_as_before,
);

async fn an_erased_person_leaves_a_hash_and_nameless_deliveries(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    let kim = address("kim@example.org");
    opened.follow(&blog, "Kim@example.org", NOW).await;
    opened.follow(&other, "kim@example.org", NOW).await;
    opened.follow(&blog, "lee@example.org", NOW).await;
    opened.store.suppress(&kim, None, SuppressionReason::Manual, NOW).await.unwrap();
    let claimed = opened.store.claim("n", NOW, NOW.plus_ms(1000), 1).await.unwrap().remove(0);
    let reply = Reply { code: Some(550), enhanced: None, text: "<Kim@example.org> is not here".into() };
    let settlement = Settlement { id: claimed.id, settled: Settled::Failed { reply, is_hard: true } };
    opened.store.settle("n", &[settlement], NOW).await.unwrap();
    for recipient in ["Kim@example.org", "lee@example.org"] {
        let head = KeptMailHead {
            id: 0,
            delivery_id: None,
            at: NOW,
            sender: "blog@example.org".into(),
            recipient: recipient.into(),
            subject: "Hello".into(),
            kind: "post".into(),
            size_bytes: 0,
        };
        opened.store.keep_mail(&KeptMail { head, raw: b"Hello".to_vec() }, 10, 1000).await.unwrap();
    }
    let deliveries = opened.rows("deliveries").await;

    assert!(opened.store.erase_subscriber(&kim, NOW).await.unwrap());

    assert!(opened.store.find_subscriber(&kim).await.unwrap().is_none());
    assert!(opened.store.find_subscriber(&address("lee@example.org")).await.unwrap().is_some());
    assert_eq!((opened.rows("subscriptions").await, opened.rows("consents").await), (1, 2));
    assert_eq!((opened.rows("deliveries").await, opened.rows("mails").await), (deliveries, 1));
    let failed = opened.store.get_delivery(claimed.id).await.unwrap().unwrap();
    assert_eq!((failed.status, failed.reply.code), (DeliveryStatus::Failed, Some(550)));
    for (table, columns) in [
        ("deliveries", "COALESCE(text, '') || COALESCE(to_address, '') || COALESCE(payload, '')"),
        ("suppressions", "COALESCE(address, '')"),
        ("subscribers", "address || address_key"),
        ("mails", "recipient"),
    ] {
        let query = format!("SELECT COUNT(*) FROM {table} WHERE {columns} LIKE '%kim%'");
        assert_eq!(opened.number(&query).await, 0, "{table}");
    }
    // Nothing is sent to an address that is gone.
    let left = opened.store.claim("n", NOW.plus_ms(2000), NOW.plus_ms(9000), 10).await.unwrap();
    assert_eq!(left.iter().map(|c| c.address.as_str()).collect::<Vec<_>>(), ["lee@example.org"]);
    assert!(!opened.store.erase_subscriber(&kim, NOW).await.unwrap());
}

async fn an_erased_person_is_not_imported_again(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    opened.follow(&blog, "kim@example.org", NOW).await;
    opened.store.erase_subscriber(&address("KIM@example.org"), NOW).await.unwrap();
    let row = [import_row("kim@example.org", SubscriptionStatus::Active)];
    let again = opened.store.import(blog.id, &row, ConsentKind::Imported, NOW).await.unwrap();
    assert_eq!(again, [ImportOutcome::Suppressed]);
    let elsewhere = opened.store.import(other.id, &row, ConsentKind::Imported, NOW).await.unwrap();
    assert_eq!(elsewhere, [ImportOutcome::Added], "where he never was");
}

async fn expired_questions_are_removed_with_their_people(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    opened.sign_up(&blog, "gone@example.org", NOW).await;
    opened.sign_up(&blog, "both@example.org", NOW).await;
    opened.follow(&other, "both@example.org", NOW).await;
    let expiry = NOW.plus_ms(48 * HOUR_MS);
    let kept = opened.store.purge(expiry, NOW, NOW, 10).await.unwrap();
    assert_eq!(kept, Purged::default());
    let purged = opened.store.purge(expiry.plus_ms(1), NOW, NOW, 10).await.unwrap();
    assert_eq!(purged, Purged { pending: 2, ended: 0, log: 0 });
    assert!(opened.store.find_subscriber(&address("gone@example.org")).await.unwrap().is_none());
    assert!(opened.store.find_subscriber(&address("both@example.org")).await.unwrap().is_some());
    assert_eq!(opened.rows("subscriptions").await, 1);
    let claimed = opened.store.claim("n", NOW, NOW.plus_ms(1000), 10).await.unwrap();
    assert_eq!(claimed.len(), 1, "what was queued for them is withheld");
    assert_eq!(claimed[0].blog_id, Some(other.id));
    assert!(opened.store.list_suppressions(None, 1).await.unwrap().is_empty());
}

async fn who_left_and_did_not_answer_has_still_left(opened: Opened) {
    let blog = opened.blog("first").await;
    let id = opened.follow(&blog, "kim@example.org", NOW).await;
    opened.change(id, Change::End, NOW).await;
    opened.sign_up(&blog, "kim@example.org", NOW).await;
    let late = NOW.plus_ms(3 * DAY_MS);
    assert_eq!(opened.store.purge(late, NOW, NOW, 10).await.unwrap().pending, 1);
    let subscription = opened.store.get_subscription(id).await.unwrap().unwrap();
    assert_eq!((subscription.status, subscription.expires_at), (SubscriptionStatus::Ended, None));
    assert_eq!(opened.store.purge(late, NOW, NOW, 10).await.unwrap(), Purged::default());
}

async fn those_who_ended_long_ago_leave_a_hash(opened: Opened) {
    let blog = opened.blog("first").await;
    for name in ["left", "stays"] {
        let id = opened.follow(&blog, &format!("{name}@example.org"), NOW).await;
        if name == "left" {
            opened.change(id, Change::End, NOW).await;
        }
    }
    assert_eq!(opened.store.purge(NOW, NOW, NOW, 10).await.unwrap().ended, 0);
    assert_eq!(opened.store.purge(NOW, NOW.plus_ms(1), NOW, 10).await.unwrap().ended, 1);
    assert!(opened.store.find_subscriber(&address("left@example.org")).await.unwrap().is_none());
    let entry = opened.store.list_suppressions(None, 9).await.unwrap().remove(0);
    assert_eq!((entry.address, entry.blog_id), (None, Some(blog.id)));
    assert_eq!(entry.reason, SuppressionReason::Unsubscribed);
    assert_eq!(opened.store.count_followers(blog.id).await.unwrap(), 1);
}

async fn the_log_is_kept_as_long_as_it_is_needed(opened: Opened) {
    let blog = opened.blog("first").await;
    opened.follow(&blog, "a@example.org", NOW).await;
    let mailing = mailing(&opened, &blog, "a").await;
    opened.store.fan_out(mailing, 10, NOW).await.unwrap();
    let claimed = opened.store.claim("n", NOW, NOW.plus_ms(1000), 10).await.unwrap();
    assert_eq!(
        claimed.iter().map(|c| c.kind).collect::<Vec<_>>(),
        [DeliveryKind::Confirm, DeliveryKind::Post]
    );
    for claimed in claimed {
        let settlement = Settlement { id: claimed.id, settled: Settled::Sent { reply: Reply::default() } };
        opened.store.settle("n", &[settlement], NOW).await.unwrap();
    }
    let mut wish = sign_up(&blog, "queued@example.org", NOW);
    wish.limits = SignUpLimits { per_ip: 9, per_network: 9, per_instance: 9 };
    opened.store.sign_up(&wish, &sign_up_step, NOW).await.unwrap();
    let purge = async |ms| opened.store.purge(NOW, NOW, NOW.plus_ms(ms), 100).await.unwrap().log;
    assert_eq!(purge(-HOUR_MS).await, 0);
    assert_eq!(purge(1).await, 4, "three places and the confirmation");
    assert_eq!(opened.rows("confirmations").await, 2, "S2 counts over 90 days");
    assert_eq!(opened.number("SELECT COUNT(*) FROM deliveries WHERE kind = 'post'").await, 1);
    assert_eq!(opened.number("SELECT COUNT(*) FROM deliveries WHERE status = 'queued'").await, 1);
    assert_eq!(purge(90 * DAY_MS + 1).await, 2);
    assert_eq!(opened.store.gauges(NOW).await.unwrap().sent, 2, "what was sent was sent");
}

async fn a_purge_goes_in_steps(opened: Opened) {
    let blog = opened.blog("first").await;
    for n in 0..3 {
        opened.sign_up(&blog, &format!("p{n}@example.org"), NOW).await;
        let id = opened.follow(&blog, &format!("e{n}@example.org"), NOW).await;
        opened.change(id, Change::End, NOW).await;
    }
    let late = NOW.plus_ms(3 * DAY_MS);
    for expected in [2, 1, 0] {
        let step = opened.store.purge(late, late, NOW.plus_ms(-DAY_MS), 2).await.unwrap();
        assert_eq!(step, Purged { pending: expected, ended: expected, log: 0 });
    }
    assert_eq!(opened.rows("subscribers").await, 0);
}

async fn an_old_mailing_is_folded_and_answers_as_before(opened: Opened) {
    folded(opened, false).await;
}

async fn rows_of_an_older_version_are_folded_and_answer_as_before(opened: Opened) {
    folded(opened, true).await;
}

/// R19: who got a mailing is known for as long as there is its blog; what
/// the servers said of it, for as long as the log.
async fn folded(opened: Opened, is_old: bool) {
    let blog = opened.blog("first").await;
    let mut readers = Vec::new();
    for n in 0..40 {
        readers.push(opened.follow(&blog, &format!("r{n}@example.org"), NOW).await);
    }
    opened.raw("DELETE FROM singles").await.unwrap();
    let id = mailing(&opened, &blog, "old").await;
    opened.store.fan_out(id, 100, NOW).await.unwrap();
    opened.lose_delivery(id, readers[30]).await;
    if is_old {
        opened.write_singly().await;
    }
    let claimed = opened.store.claim("n", NOW, NOW.plus_ms(1_000), 100).await.unwrap();
    assert_eq!(claimed.len(), 39);
    let reply = |text: &str| Reply { code: Some(250), enhanced: Some("2.0.0".into()), text: text.into() };
    let settled = |n: usize| match n {
        3 => Settled::Failed { reply: reply("no"), is_hard: true },
        9 => Settled::Retry { at: NOW.plus_ms(500), reply: reply("later") },
        _ => Settled::Sent { reply: reply("taken") },
    };
    let facts: Vec<Settlement> =
        claimed.iter().enumerate().map(|(n, one)| Settlement { id: one.id, settled: settled(n) }).collect();
    opened.store.settle("n", &facts, NOW).await.unwrap();
    let again = opened.store.claim("n", NOW.plus_ms(500), NOW.plus_ms(9_000), 9).await.unwrap().remove(0);
    let sent = Settlement { id: again.id, settled: Settled::Sent { reply: reply("at last") } };
    opened.store.settle("n", &[sent], NOW.plus_ms(600)).await.unwrap();
    assert_eq!(opened.store.finish_mailings(NOW.plus_ms(700)).await.unwrap(), [id]);

    let answers = async || {
        let mut found = Vec::new();
        for one in &claimed {
            let row = opened.store.get_delivery(one.id).await.unwrap().unwrap();
            assert!(opened.store.find_delivery_row(one.id).await.unwrap().is_some());
            let all = opened.store.list_deliveries(one.subscriber_id.unwrap(), 9).await.unwrap();
            found.push((row.id, row.status, all.len()));
        }
        let missing = opened.store.list_missed(id, Lack::Missing, None, 9, NOW.plus_ms(800)).await.unwrap();
        let failed = opened.store.list_missed(id, Lack::Failed, None, 9, NOW.plus_ms(800)).await.unwrap();
        let names = |missed: Vec<MissedReader>| missed.into_iter().map(|one| one.address).collect::<Vec<_>>();
        let domains = opened.store.break_down(id, NOW).await.unwrap().domains;
        (found, opened.store.count_deliveries(id).await.unwrap(), domains, names(missing), names(failed))
    };
    let before = answers().await;
    assert_eq!((before.1.sent, before.1.failed, before.3.len(), before.4.len()), (38, 1, 1, 1));
    let late = NOW.plus_ms(100 * DAY_MS);
    let purge = async |before| opened.store.purge(NOW, NOW, before, 15).await.unwrap();
    assert_eq!(purge(NOW).await, Purged::default(), "the log is kept");
    while purge(late).await != Purged::default() {}
    assert_eq!(answers().await, before);
    let rows = opened.number(&format!("SELECT COUNT(*) FROM singles WHERE mailing_id = {id}")).await;
    assert!(rows <= if is_old { 8 } else { 1 }, "{rows} rows are left");
    assert_eq!(opened.number("SELECT COUNT(*) FROM blocks WHERE said IS NOT NULL").await, 0);
    // And nobody gets it twice.
    assert_eq!(opened.store.retry_missed(id, None, 100, late).await.unwrap().retried.missing, 1);
    assert_eq!(opened.store.count_deliveries(id).await.unwrap().total(), 40);
}
