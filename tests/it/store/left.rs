//! Lists of those who left, and readers who are here all the same (I1, I5).

use postbell::domain::{Change, ConsentKind, DAY_MS, SubscriptionStatus, SuppressionReason, Timestamp};
use postbell::store::{ImportOutcome, ImportRow, NewSuppression, Suppressed};

use crate::support::stores::{NOW, Opened, address, import_row, sign_up};

crate::for_each_store!(
    who_followed_and_left_by_a_list_is_asked_and_may_come_back,
    many_who_left_by_a_list_are_asked_at_once_each_for_their_own_blog,
    who_confirmed_here_after_they_left_elsewhere_is_cut_off_by_no_list,
);

async fn who_followed_and_left_by_a_list_is_asked_and_may_come_back(opened: Opened) {
    let blog = opened.blog("first").await;
    let id = opened.follow(&blog, "kim@example.org", NOW).await;
    let (kim, left) = (address("kim@example.org"), SuppressionReason::Unsubscribed);
    opened.store.suppress(&kim, Some(blog.id), left, NOW).await.unwrap();
    let later = NOW.plus_ms(2 * DAY_MS);
    assert_eq!(opened.sign_up(&blog, "kim@example.org", later).await, id);
    let asked = "SELECT COUNT(*) FROM deliveries WHERE kind = 'confirm' AND status = 'queued'";
    assert_eq!(opened.number(asked).await, 2, "the first, and one for who comes back");
    assert_eq!(opened.number("SELECT COUNT(*) FROM deliveries WHERE kind = 'reminder'").await, 0);
    let waits = opened.store.get_subscription(id).await.unwrap().unwrap();
    assert_eq!(waits.status, SubscriptionStatus::Pending);
    opened.change(id, Change::Activate, later).await;
    assert_eq!(opened.store.find_suppression(&kim, Some(blog.id)).await.unwrap(), None);
    assert_eq!(opened.store.count_followers(blog.id).await.unwrap(), 1);
}

async fn many_who_left_by_a_list_are_asked_at_once_each_for_their_own_blog(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    let mut rows = Vec::new();
    for number in 0..40 {
        let name = format!("reader{number}@example.org");
        for blog in [&blog, &other] {
            opened.follow(blog, &name, NOW).await;
        }
        // Of these two kinds the others still follow.
        if number % 2 == 0 {
            let left = SuppressionReason::Unsubscribed;
            opened.store.suppress(&address(&name), Some(blog.id), left, NOW).await.unwrap();
        }
        rows.push(name);
    }
    let later = NOW.plus_ms(2 * DAY_MS);
    let asked: Vec<_> = rows.iter().map(|name| sign_up(&blog, name, later)).collect();
    opened.store.sign_up_all(&asked, &postbell::domain::sign_up_step, later).await;
    let ended = "SELECT COUNT(*) FROM subscriptions WHERE status = 'pending'";
    assert_eq!(opened.number(ended).await, 20);
    assert_eq!(opened.store.count_followers(other.id).await.unwrap(), 40, "the other blog is untouched");
    assert_eq!(opened.store.count_followers(blog.id).await.unwrap(), 20);
}

async fn who_confirmed_here_after_they_left_elsewhere_is_cut_off_by_no_list(opened: Opened) {
    use ImportOutcome::{FollowsHere, Noted};
    use SuppressionReason::{Bounced, Complained, Unsubscribed};
    let blog = opened.blog("first").await;
    let day = Timestamp::from_millis(NOW.as_millis() / DAY_MS * DAY_MS);
    let confirmed = day.plus_ms(DAY_MS / 2);
    let cases = [
        ("before", Unsubscribed, Some(day.plus_ms(-DAY_MS)), FollowsHere),
        ("hour", Unsubscribed, Some(confirmed.plus_ms(-1)), FollowsHere),
        ("after", Unsubscribed, Some(confirmed.plus_ms(1)), Noted),
        // The day alone: maybe in its evening.
        ("day", Unsubscribed, Some(day), Noted),
        ("undated", Unsubscribed, None, FollowsHere),
        ("complained", Complained, None, Noted),
        ("bounced", Bounced, None, Noted),
    ];
    let now = day.plus_ms(3 * DAY_MS);
    let mut rows = Vec::new();
    for (name, reason, at, _) in cases {
        let address = format!("{name}@example.org");
        opened.follow(&blog, &address, confirmed).await;
        rows.push(ImportRow { gone: Some(reason), at, ..import_row(&address, SubscriptionStatus::Ended) });
    }
    let outcomes = opened.store.import(blog.id, &rows, ConsentKind::Imported, now).await.unwrap();
    assert_eq!(outcomes, cases.map(|(.., outcome)| outcome));
    // A list of those who get no mail is no older than it says.
    opened.follow(&blog, "kept@example.org", confirmed).await;
    let entry = |name: &str, at| NewSuppression {
        who: Suppressed::Address(address(&format!("{name}@example.org"))),
        blog_id: Some(blog.id),
        reason: Unsubscribed,
        at,
    };
    let list = [entry("kept", day.plus_ms(-DAY_MS)), entry("undated", now), entry("new", day)];
    assert_eq!(opened.store.import_suppressions(&list).await.unwrap(), 2);
    for (name, found) in [("kept", None), ("undated", Some(Unsubscribed)), ("new", Some(Unsubscribed))] {
        let address = address(&format!("{name}@example.org"));
        assert_eq!(opened.store.find_suppression(&address, Some(blog.id)).await.unwrap(), found, "{name}");
    }
}
