//! Signing up: facts, limits, and that no case differs from another (S1, S2).

use postbell::domain::{
    BlogId, Change, DAY_MS, DeliveryStatus, Frequency, HOUR_MS, SignUpFacts, SubscriptionStatus,
    SuppressionReason, Timestamp, sign_up_step,
};
use postbell::store::{SignUpLimits, SignedUp, StoreError};

use crate::support::stores::{NOW, Opened, address, sign_up};

crate::for_each_store!(
    a_sign_up_writes_person_subscription_consent_and_mail,
    every_case_leaves_the_same_rows,
    the_rule_is_told_where_the_address_stands,
    an_active_follower_stays_as_he_is,
    who_left_is_asked_anew,
    a_limit_does_not_end_with_the_subscription,
    addresses_of_one_canonical_form_share_their_limit,
    a_place_that_signs_up_too_often_waits_for_the_next_hour,
    a_refused_place_does_not_use_up_the_instances_share,
    a_sign_up_at_a_missing_blog_leaves_nothing,
    sign_ups_in_one_go_are_written_as_one_after_the_other,
    one_that_cannot_be_written_stops_no_other,
    limits_count_within_one_go,
);

async fn statuses(opened: &Opened, to: &str) -> Vec<(&'static str, DeliveryStatus)> {
    let person = opened.store.find_subscriber(&address(to)).await.unwrap().unwrap().id;
    let list = opened.store.list_deliveries(person, 100).await.unwrap();
    list.into_iter().map(|d| (d.kind.as_str(), d.status)).collect()
}

async fn a_sign_up_writes_person_subscription_consent_and_mail(opened: Opened) {
    let blog = opened.blog("first").await;
    let mut wish = sign_up(&blog, "Kim@Example.ORG", NOW);
    wish.frequency = Frequency::Weekly;
    let answer = opened.store.sign_up(&wish, &sign_up_step, NOW).await.unwrap();
    let SignedUp::Accepted { subscription_id, .. } = answer else { panic!("{answer:?}") };
    let subscription = opened.store.get_subscription(subscription_id).await.unwrap().unwrap();
    assert_eq!(
        (subscription.status, subscription.frequency),
        (SubscriptionStatus::Pending, Frequency::Weekly)
    );
    assert_eq!((subscription.address.as_str(), subscription.blog_id), ("Kim@example.org", blog.id));
    assert_eq!((subscription.expires_at, subscription.created_at), (Some(wish.expires_at), NOW));
    assert_eq!(subscription.source.as_deref(), Some("sidebar"));
    let consents = opened.store.list_consents(subscription.subscriber_id).await.unwrap();
    assert_eq!((consents.len(), consents[0].kind.as_str(), consents[0].at), (1, "requested", NOW));
    assert_eq!((&consents[0].evidence, consents[0].blog_id), (&wish.evidence, blog.id));
    assert_eq!(statuses(&opened, "kim@example.org").await, [("confirm", DeliveryStatus::Queued)]);
    let kept = "SELECT COUNT(*) FROM limits WHERE bucket LIKE '%192.0.2%'";
    assert_eq!(opened.number(kept).await, 0, "no address of a visitor is kept in the limits");
}

async fn every_case_leaves_the_same_rows(opened: Opened) {
    let blog = opened.blog("first").await;
    let names = ["new", "pending", "active", "ended", "bounced", "left", "expired"]
        .map(|n| format!("{n}@example.org"));
    let before = NOW.plus_ms(-2 * DAY_MS);
    for name in &names[1..] {
        opened.follow(&blog, name, before).await;
    }
    opened.raw("UPDATE subscriptions SET status = 'pending'").await.unwrap();
    let set = async |name: &str, column: &str| {
        let statement = format!(
            "UPDATE subscriptions SET {column} WHERE subscriber_id = (SELECT id FROM subscribers WHERE address = '{name}@example.org')"
        );
        assert_eq!(opened.raw(&statement).await.unwrap(), 1);
    };
    set("active", "status = 'active'").await;
    set("ended", "status = 'ended', ended_at = 5").await;
    set("expired", "expires_at = 5").await;
    opened.store.suppress(&address(&names[4]), None, SuppressionReason::Bounced, NOW).await.unwrap();
    opened
        .store
        .suppress(&address(&names[5]), Some(blog.id), SuppressionReason::Unsubscribed, NOW)
        .await
        .unwrap();
    let tables = ["consents", "confirmations", "deliveries"];
    for name in &names {
        // Once within the limits and once over them.
        for _ in 0..2 {
            let mut rows = Vec::new();
            for table in tables {
                rows.push(opened.rows(table).await);
            }
            opened.sign_up(&blog, name, NOW).await;
            for (table, before) in tables.into_iter().zip(rows) {
                assert_eq!(opened.rows(table).await, before + 1, "{table} of {name}");
            }
        }
        let outcome: Vec<_> = statuses(&opened, name).await.split_off(usize::from(name != &names[0]));
        let first = if name == &names[4] { DeliveryStatus::Withheld } else { DeliveryStatus::Queued };
        let kind = if name == &names[2] { "reminder" } else { "confirm" };
        assert_eq!(outcome, [(kind, first), (kind, DeliveryStatus::Withheld)], "{name}");
    }
    assert_eq!(opened.rows("subscribers").await, 7);
    assert_eq!(opened.rows("subscriptions").await, 7);
}

async fn facts(opened: &Opened, blog: &postbell::domain::Blog, to: &str, now: Timestamp) -> SignUpFacts {
    let seen = std::sync::Mutex::new(None);
    let look = |facts: &SignUpFacts| {
        *seen.lock().unwrap() = Some(*facts);
        sign_up_step(facts)
    };
    opened.store.sign_up(&sign_up(blog, to, now), &look, now).await.unwrap();
    seen.into_inner().unwrap().unwrap()
}

async fn the_rule_is_told_where_the_address_stands(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    let new = facts(&opened, &blog, "kim@example.org", NOW).await;
    assert_eq!(
        (new.status, new.suppressed, new.counts.within[0], new.counts.all_together),
        (None, None, 0, 0)
    );
    let elsewhere = facts(&opened, &other, "kim@example.org", NOW).await;
    assert_eq!((elsewhere.status, elsewhere.counts.within[0], elsewhere.counts.all_together), (None, 0, 1));
    opened
        .store
        .suppress(&address("kim@example.org"), Some(other.id), SuppressionReason::Unsubscribed, NOW)
        .await
        .unwrap();
    let again = facts(&opened, &blog, "kim@example.org", NOW.plus_ms(1)).await;
    assert_eq!((again.status, again.suppressed), (Some(SubscriptionStatus::Pending), None));
    assert_eq!((again.counts.within, again.counts.all_together), ([1, 1], 2));
    opened.store.suppress(&address("kim@example.org"), None, SuppressionReason::Manual, NOW).await.unwrap();
    // The second one at the first blog was over the limit and is not counted.
    let next_day = facts(&opened, &blog, "kim@example.org", NOW.plus_ms(DAY_MS)).await;
    assert_eq!(next_day.counts.within, [0, 1]);
    assert_eq!(next_day.suppressed, Some(SuppressionReason::Manual));
    let much_later = facts(&opened, &blog, "kim@example.org", NOW.plus_ms(90 * DAY_MS)).await;
    assert_eq!(much_later.counts.within[1], 0);
}

async fn an_active_follower_stays_as_he_is(opened: Opened) {
    let blog = opened.blog("first").await;
    let id = opened.follow(&blog, "kim@example.org", NOW).await;
    opened.change(id, Change::Pause(None), NOW).await;
    let before = opened.store.get_subscription(id).await.unwrap().unwrap();
    let mut again = sign_up(&blog, "KIM@example.org", NOW.plus_ms(DAY_MS));
    again.frequency = Frequency::Weekly;
    again.evidence.source = Some("elsewhere".into());
    opened.store.sign_up(&again, &sign_up_step, NOW.plus_ms(DAY_MS)).await.unwrap();
    let after = opened.store.get_subscription(id).await.unwrap().unwrap();
    assert_eq!(format!("{after:?}"), format!("{before:?}"));
    assert_eq!(statuses(&opened, "kim@example.org").await[1], ("reminder", DeliveryStatus::Queued));
}

async fn who_left_is_asked_anew(opened: Opened) {
    let blog = opened.blog("first").await;
    let id = opened.follow(&blog, "kim@example.org", NOW).await;
    opened.change(id, Change::End, NOW.plus_ms(5)).await;
    let now = NOW.plus_ms(DAY_MS);
    assert_eq!(opened.sign_up(&blog, "kim@example.org", now).await, id);
    let pending = opened.store.get_subscription(id).await.unwrap().unwrap();
    assert_eq!((pending.status, pending.ended_at), (SubscriptionStatus::Pending, Some(NOW.plus_ms(5))));
    assert_eq!(pending.expires_at, Some(now.plus_ms(48 * HOUR_MS)));
    assert_eq!(pending.created_at, NOW);
}

async fn a_limit_does_not_end_with_the_subscription(opened: Opened) {
    let blog = opened.blog("first").await;
    opened.sign_up(&blog, "kim@example.org", NOW).await;
    let late = NOW.plus_ms(3 * DAY_MS);
    opened.store.purge(late, late, late, 100).await.unwrap();
    assert_eq!(opened.rows("subscribers").await, 0);
    let facts = facts(&opened, &blog, "kim@example.org", NOW.plus_ms(HOUR_MS)).await;
    assert_eq!((facts.status, facts.counts.within[0]), (None, 1));
}

async fn addresses_of_one_canonical_form_share_their_limit(opened: Opened) {
    let blog = opened.blog("first").await;
    let (one, two) = ("kim@example.org", "kim+tag@example.org");
    opened.sign_up(&blog, one, NOW).await;
    let shared = u32::from(address(one).canonical() == address(two).canonical());
    let facts = facts(&opened, &blog, two, NOW).await;
    assert_eq!((facts.status, facts.counts.within[0]), (None, shared));
    assert_eq!(opened.rows("subscribers").await, 2, "the canonical form is for limits only");
}

async fn a_place_that_signs_up_too_often_waits_for_the_next_hour(opened: Opened) {
    let blog = opened.blog("first").await;
    for (n, limits) in [
        SignUpLimits { per_ip: 1, ..SignUpLimits::default() },
        SignUpLimits { per_network: 1, ..SignUpLimits::default() },
        SignUpLimits { per_instance: 1, ..SignUpLimits::default() },
    ]
    .into_iter()
    .enumerate()
    {
        opened.raw("DELETE FROM limits").await.unwrap();
        let at = |to: String, now| {
            let mut wish = sign_up(&blog, &to, now);
            wish.limits = limits;
            wish
        };
        let first =
            opened.store.sign_up(&at(format!("a{n}@example.org"), NOW), &sign_up_step, NOW).await.unwrap();
        assert!(matches!(first, SignedUp::Accepted { .. }));
        let rows = opened.rows("confirmations").await;
        let now = NOW.plus_ms(1);
        let over =
            opened.store.sign_up(&at(format!("b{n}@example.org"), now), &sign_up_step, now).await.unwrap();
        let (near, all) = (
            SignedUp::Limited { retry_after_seconds: 3600 },
            SignedUp::Pressed { retry_after_seconds: 3600 },
        );
        assert_eq!(over, if limits.per_instance == 0 { near } else { all }, "{limits:?}");
        assert_eq!(opened.rows("confirmations").await, rows, "nothing but the counting");
        let now = NOW.plus_ms(HOUR_MS);
        let next =
            opened.store.sign_up(&at(format!("b{n}@example.org"), now), &sign_up_step, now).await.unwrap();
        assert!(matches!(next, SignedUp::Accepted { .. }));
    }
}

async fn a_refused_place_does_not_use_up_the_instances_share(opened: Opened) {
    let blog = opened.blog("first").await;
    let mut wish = sign_up(&blog, "a@example.org", NOW);
    wish.limits = SignUpLimits { per_ip: 1, per_network: 0, per_instance: 2 };
    for _ in 0..5 {
        opened.store.sign_up(&wish, &sign_up_step, NOW).await.unwrap();
    }
    wish.evidence.ip = Some("198.51.100.9".into());
    let other = opened.store.sign_up(&wish, &sign_up_step, NOW).await.unwrap();
    assert!(matches!(other, SignedUp::Accepted { .. }));
}

async fn a_sign_up_at_a_missing_blog_leaves_nothing(opened: Opened) {
    let blog = opened.blog("first").await;
    let mut wish = sign_up(&blog, "a@example.org", NOW);
    wish.blog_id = BlogId(99);
    let refused = opened.store.sign_up(&wish, &sign_up_step, NOW).await;
    assert!(matches!(refused, Err(StoreError::Missing(_))));
    assert_eq!(opened.rows("subscribers").await + opened.rows("limits").await, 0);
}

/// New, following, suppressed, one twice, one in another spelling: all at once.
async fn sign_ups_in_one_go_are_written_as_one_after_the_other(opened: Opened) {
    let (first, second) = (opened.blog("first").await, opened.blog("second").await);
    opened.follow(&first, "active@example.org", NOW.plus_ms(-2 * DAY_MS)).await;
    let bounced = address("bounced@example.org");
    opened.store.suppress(&bounced, None, SuppressionReason::Bounced, NOW).await.unwrap();
    let mut wishes: Vec<_> = ["new", "active", "bounced", "new", "new+tag", "last"]
        .map(|name| sign_up(&first, &format!("{name}@example.org"), NOW))
        .into();
    wishes.push(sign_up(&second, "active@example.org", NOW));
    wishes[3].frequency = Frequency::Weekly;
    let answers = opened.store.sign_up_all(&wishes, &sign_up_step, NOW).await;
    let ids: Vec<_> = answers
        .into_iter()
        .map(|answer| match answer.unwrap() {
            SignedUp::Accepted { subscription_id, .. } => subscription_id,
            limited => panic!("{limited:?}"),
        })
        .collect();
    for (id, wish) in ids.iter().zip(&wishes) {
        let row = opened.store.get_subscription(*id).await.unwrap().unwrap();
        assert_eq!((row.address.as_str(), row.blog_id), (wish.address.as_str(), wish.blog_id));
    }
    assert_eq!(ids[0], ids[3], "one address, one subscription");
    let again = opened.store.get_subscription(ids[0]).await.unwrap().unwrap();
    assert_eq!(again.frequency, Frequency::Weekly, "the later wish holds");
    let (queued, withheld) = (DeliveryStatus::Queued, DeliveryStatus::Withheld);
    for (name, expected) in [
        ("new", vec![("confirm", queued), ("confirm", withheld)]),
        // The first is from when he began to follow.
        ("active", vec![("confirm", queued), ("reminder", queued), ("confirm", queued)]),
        ("bounced", vec![("confirm", withheld)]),
        ("new+tag", vec![("confirm", withheld)]),
        ("last", vec![("confirm", queued)]),
    ] {
        assert_eq!(statuses(&opened, &format!("{name}@example.org")).await, expected, "{name}");
    }
    assert_eq!(opened.rows("confirmations").await, 1 + 7);
    assert_eq!(opened.number("SELECT COUNT(*) FROM consents WHERE kind = 'requested'").await, 1 + 7);
}

async fn one_that_cannot_be_written_stops_no_other(opened: Opened) {
    let blog = opened.blog("first").await;
    let mut wishes: Vec<_> =
        ["a", "b", "c"].map(|name| sign_up(&blog, &format!("{name}@example.org"), NOW)).into();
    wishes[1].blog_id = BlogId(99);
    let answers = opened.store.sign_up_all(&wishes, &sign_up_step, NOW).await;
    assert!(matches!(
        answers[..],
        [Ok(SignedUp::Accepted { .. }), Err(StoreError::Missing(_)), Ok(SignedUp::Accepted { .. })]
    ));
    assert_eq!((opened.rows("subscribers").await, opened.rows("deliveries").await), (2, 2));
}

async fn limits_count_within_one_go(opened: Opened) {
    let blog = opened.blog("first").await;
    let mut wishes: Vec<_> = (0..4).map(|n| sign_up(&blog, &format!("a{n}@example.org"), NOW)).collect();
    for wish in &mut wishes {
        wish.limits = SignUpLimits { per_ip: 2, per_network: 0, per_instance: 3 };
    }
    wishes[3].evidence.ip = Some("198.51.100.9".into());
    let answers = opened.store.sign_up_all(&wishes, &sign_up_step, NOW).await;
    let mut limited: Vec<bool> =
        answers.into_iter().map(|answer| matches!(answer.unwrap(), SignedUp::Limited { .. })).collect();
    assert!(!limited.remove(3), "from another address, and the third was not counted further out");
    // On PostgreSQL they are written side by side: any of them may be the third.
    limited.sort_unstable();
    assert_eq!(limited, [false, false, true]);
    assert_eq!(opened.rows("subscribers").await, 3);
    let all = "SELECT CAST(SUM(count) AS BIGINT) FROM limits WHERE bucket LIKE '%:all'";
    assert_eq!(opened.number(all).await, 3);
}
