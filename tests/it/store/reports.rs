//! Numbers.

use postbell::domain::{
    Change, ConsentKind, DAY_MS, Decision, DeliveryKind, HOUR_MS, SubscriptionStatus, SuppressionReason,
};
use postbell::store::{FollowerCounts, ImportRow, NewDelivery};

use super::post;
use crate::support::stores::{NOW, Opened, address, import_row};

crate::for_each_store!(
    followers_are_counted_by_where_they_stand,
    growth_has_a_line_for_each_day,
    sources_are_counted_the_most_first,
    gauges_count_over_all_blogs,
    a_probe_leaves_nothing,
);

async fn followers_are_counted_by_where_they_stand(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    assert_eq!(opened.store.follower_counts(blog.id, NOW).await.unwrap(), FollowerCounts::default());
    for name in ["a", "paused", "over", "bounced", "both", "ended", "back"] {
        let to = format!("{name}@example.org");
        let id = opened.follow(&blog, &to, NOW).await;
        match name {
            "paused" | "both" => opened.change(id, Change::Pause(None), NOW).await,
            "over" => opened.change(id, Change::Pause(Some(NOW.plus_ms(5))), NOW).await,
            "ended" | "back" => opened.change(id, Change::End, NOW).await,
            _ => {}
        }
        if matches!(name, "bounced" | "both" | "ended") {
            opened.store.suppress(&address(&to), None, SuppressionReason::Bounced, NOW).await.unwrap();
            let scope = Some(blog.id);
            opened.store.suppress(&address(&to), scope, SuppressionReason::Unsubscribed, NOW).await.unwrap();
        }
    }
    opened.sign_up(&blog, "back@example.org", NOW).await;
    opened.sign_up(&blog, "expired@example.org", NOW.plus_ms(-48 * HOUR_MS)).await;
    opened.follow(&other, "a@example.org", NOW).await;
    opened
        .store
        .suppress(&address("a@example.org"), Some(other.id), SuppressionReason::Unsubscribed, NOW)
        .await
        .unwrap();
    let counts = opened.store.follower_counts(blog.id, NOW.plus_ms(5)).await.unwrap();
    let expected = FollowerCounts { followers: 3, paused: 1, pending: 1, ended: 1, suppressed: 2 };
    assert_eq!(counts, expected);
    assert_eq!(opened.store.count_followers(blog.id).await.unwrap(), 3);
    assert_eq!(opened.store.count_followers(other.id).await.unwrap(), 0);
    assert_eq!(opened.store.gauges(NOW).await.unwrap().followers, 3);
}

async fn growth_has_a_line_for_each_day(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    let today = opened.follow(&blog, "a@example.org", NOW).await;
    opened.follow(&other, "a@example.org", NOW).await;
    let yesterday = opened.follow(&blog, "b@example.org", NOW.plus_ms(-DAY_MS)).await;
    opened.change(yesterday, Change::End, NOW).await;
    opened.change(today, Change::Pause(None), NOW).await;
    opened.sign_up(&blog, "pending@example.org", NOW).await;
    let old = ImportRow {
        at: Some(NOW.plus_ms(-2 * DAY_MS)),
        ..import_row("c@example.org", SubscriptionStatus::Active)
    };
    let older = ImportRow {
        at: Some(NOW.plus_ms(-9 * DAY_MS)),
        ..import_row("d@example.org", SubscriptionStatus::Active)
    };
    let undated = import_row("e@example.org", SubscriptionStatus::Active);
    opened.store.import(blog.id, &[old, older, undated], ConsentKind::Imported, NOW).await.unwrap();
    let growth = opened.store.growth(blog.id, 4, NOW).await.unwrap();
    let seen: Vec<_> = growth.iter().map(|d| (d.date.as_str(), d.confirmed, d.ended)).collect();
    assert_eq!(
        seen,
        [("2027-01-12", 0, 0), ("2027-01-13", 1, 0), ("2027-01-14", 1, 0), ("2027-01-15", 2, 1)]
    );
    assert!(opened.store.growth(blog.id, 0, NOW).await.unwrap().is_empty());
}

async fn sources_are_counted_the_most_first(opened: Opened) {
    let blog = opened.blog("first").await;
    for name in ["a", "b"] {
        opened.follow(&blog, &format!("{name}@example.org"), NOW).await;
    }
    let left = opened.follow(&blog, "left@example.org", NOW).await;
    opened.change(left, Change::End, NOW).await;
    for n in 0..30 {
        let mut row = import_row(&format!("i{n}@example.org"), SubscriptionStatus::Active);
        row.source = if n < 3 { String::new() } else { format!("file{n:02}.csv") };
        opened.store.import(blog.id, &[row], ConsentKind::Imported, NOW).await.unwrap();
    }
    opened.store.suppress(&address("i29@example.org"), None, SuppressionReason::Manual, NOW).await.unwrap();
    let sources = opened.store.sources(blog.id).await.unwrap();
    assert_eq!(sources.len(), 20);
    let first: Vec<_> = sources.iter().take(3).map(|s| (s.source.as_str(), s.followers)).collect();
    assert_eq!(first, [("form", 3), ("sidebar", 2), ("file03.csv", 1)]);
}

async fn gauges_count_over_all_blogs(opened: Opened) {
    let empty = opened.store.gauges(NOW).await.unwrap();
    assert_eq!(empty, postbell::store::Gauges::default());
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    for blog in [&blog, &other] {
        post(&opened, blog, "a", Decision::Held).await;
        opened.follow(blog, "a@example.org", NOW).await;
    }
    let mail = NewDelivery {
        kind: DeliveryKind::Test,
        blog_id: None,
        subscription_id: None,
        subscriber_id: None,
        to: Some(address("a@example.org")),
        payload: None,
    };
    opened.store.enqueue(&mail, NOW.plus_ms(-5)).await.unwrap();
    opened.store.enqueue(&mail, NOW.plus_ms(5)).await.unwrap();
    let gauges = opened.store.gauges(NOW).await.unwrap();
    assert_eq!((gauges.followers, gauges.queued, gauges.held_posts), (2, 4, 2));
    assert_eq!(gauges.oldest_due_at, Some(NOW.plus_ms(-5)));
}

async fn a_probe_leaves_nothing(opened: Opened) {
    opened.store.probe().await.unwrap();
    opened.store.probe().await.unwrap();
    assert_eq!(opened.rows("limits").await, 0);
}
