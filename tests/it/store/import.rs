//! Imports.

use postbell::domain::{BlogId, ConsentKind, SubscriptionStatus, SuppressionReason, Timestamp};
use postbell::store::{Change, ImportOutcome, ImportRow, StoreError};

use crate::support::stores::{NOW, Opened, address, import_row};

crate::for_each_store!(
    an_import_adds_each_address_once_and_sends_nothing,
    an_import_completes_but_never_revives,
    an_import_keeps_its_own_dates_but_none_in_the_future,
    suppressed_addresses_are_left_out,
    a_preview_answers_as_the_import_would_and_writes_nothing,
    an_import_for_a_missing_blog_leaves_nothing,
    a_hundred_thousand_rows_are_imported_in_batches,
);

async fn import(opened: &Opened, blog: BlogId, rows: &[ImportRow], now: Timestamp) -> Vec<ImportOutcome> {
    opened.store.import(blog, rows, ConsentKind::Imported, now).await.unwrap()
}

async fn an_import_adds_each_address_once_and_sends_nothing(opened: Opened) {
    use ImportOutcome::{Activated, Added, LeftBefore, Unchanged};
    use SubscriptionStatus::{Active, Ended, Pending};
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    opened.follow(&other, "a@example.org", NOW).await;
    let sent = opened.rows("deliveries").await;
    let rows = [
        import_row("a@example.org", Active),
        import_row("A@example.org", Active),
        import_row("b@example.org", Pending),
        import_row("b@example.org", Active),
        import_row("c@example.org", Ended),
        import_row("c@example.org", Active),
    ];
    let first = import(&opened, blog.id, &rows, NOW).await;
    assert_eq!(first, [Added, Unchanged, Added, Activated, Added, LeftBefore]);
    let again = import(&opened, blog.id, &rows, NOW.plus_ms(1)).await;
    assert_eq!(again, [Unchanged, Unchanged, Unchanged, Unchanged, Unchanged, LeftBefore]);
    assert_eq!(opened.rows("deliveries").await, sent);
    assert_eq!(opened.rows("subscribers").await, 3);
    assert_eq!(opened.number("SELECT COUNT(*) FROM consents WHERE kind = 'imported'").await, 4);
    let counts = opened.store.follower_counts(blog.id, NOW).await.unwrap();
    assert_eq!((counts.followers, counts.pending, counts.ended), (2, 0, 1));
    assert_eq!(opened.store.count_followers(other.id).await.unwrap(), 1, "the other blog is untouched");
    assert!(import(&opened, blog.id, &[], NOW).await.is_empty());
}

async fn an_import_completes_but_never_revives(opened: Opened) {
    use ImportOutcome::{Activated, LeftBefore, Unchanged, Waiting};
    use SubscriptionStatus::{Active, Ended, Pending};
    let blog = opened.blog("first").await;
    opened.sign_up(&blog, "pending@example.org", NOW).await;
    opened.follow(&blog, "active@example.org", NOW).await;
    let left = opened.follow(&blog, "left@example.org", NOW).await;
    let asked = opened.follow(&blog, "asked@example.org", NOW).await;
    for id in [left, asked] {
        opened.change(id, Change::End, NOW).await;
    }
    opened.sign_up(&blog, "asked@example.org", NOW.plus_ms(1)).await;
    let all = |status| {
        ["pending", "active", "left", "asked"].map(|name| import_row(&format!("{name}@example.org"), status))
    };
    let now = NOW.plus_ms(9);
    assert_eq!(
        import(&opened, blog.id, &all(Pending), now).await,
        [Waiting, Unchanged, LeftBefore, LeftBefore]
    );
    assert_eq!(import(&opened, blog.id, &all(Ended), now).await, [Unchanged; 4]);
    assert_eq!(
        import(&opened, blog.id, &all(Active), now).await,
        [Activated, Unchanged, LeftBefore, LeftBefore]
    );
    assert_eq!(opened.number("SELECT COUNT(*) FROM subscriptions WHERE status = 'active'").await, 2);
    let of_asked = opened.store.get_subscription(asked).await.unwrap().unwrap();
    assert_eq!(of_asked.status, Pending);
}

async fn an_import_keeps_its_own_dates_but_none_in_the_future(opened: Opened) {
    let blog = opened.blog("first").await;
    let at = |name: &str, ms: Option<i64>, status| ImportRow {
        at: ms.map(|ms| NOW.plus_ms(ms)),
        ..import_row(&format!("{name}@example.org"), status)
    };
    let rows = [
        at("old", Some(-500), SubscriptionStatus::Active),
        at("future", Some(500), SubscriptionStatus::Active),
        at("none", None, SubscriptionStatus::Active),
        at("gone", Some(-700), SubscriptionStatus::Ended),
    ];
    import(&opened, blog.id, &rows, NOW).await;
    let page = opened.store.page_subscriptions(&Default::default(), 10).await.unwrap();
    let confirmed: Vec<_> = page.iter().map(|s| s.confirmed_at).collect();
    assert_eq!(confirmed, [Some(NOW.plus_ms(-500)), Some(NOW), Some(NOW), None]);
    assert_eq!((page[3].ended_at, page[0].ended_at), (Some(NOW.plus_ms(-700)), None));
    assert_eq!((page[0].source.as_deref(), page[0].expires_at), (Some("file.csv"), None));
}

async fn suppressed_addresses_are_left_out(opened: Opened) {
    use SuppressionReason::{Bounced, Unsubscribed};
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    for (to, scope, reason) in [
        ("bounced@example.org", None, Bounced),
        ("left@example.org", Some(blog.id), Unsubscribed),
        ("fine@example.org", Some(other.id), Unsubscribed),
    ] {
        opened.store.suppress(&address(to), scope, reason, NOW).await.unwrap();
    }
    let rows = ["bounced", "left", "fine"]
        .map(|n| import_row(&format!("{n}@example.org"), SubscriptionStatus::Active));
    let outcomes = import(&opened, blog.id, &rows, NOW).await;
    assert_eq!(outcomes, [ImportOutcome::Suppressed, ImportOutcome::Suppressed, ImportOutcome::Added]);
    assert_eq!(opened.rows("subscribers").await, 1);
}

async fn a_preview_answers_as_the_import_would_and_writes_nothing(opened: Opened) {
    use ImportOutcome::{Activated, Added, LeftBefore, Suppressed, Unchanged};
    use SubscriptionStatus::{Active, Pending};
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    opened.sign_up(&blog, "pending@example.org", NOW).await;
    opened.follow(&blog, "active@example.org", NOW).await;
    let left = opened.follow(&blog, "left@example.org", NOW).await;
    opened.change(left, Change::End, NOW).await;
    opened.store.suppress(&address("no@example.org"), None, SuppressionReason::Manual, NOW).await.unwrap();
    let mut rows: Vec<ImportRow> = ["pending", "active", "left", "no", "new"]
        .map(|name| import_row(&format!("{name}@example.org"), Active))
        .into();
    rows.push(import_row("twice@example.org", Pending));
    rows.push(import_row("twice@example.org", Active));
    let want = [Activated, Unchanged, LeftBefore, Suppressed, Added, Added, Activated];
    let counts = opened.store.follower_counts(blog.id, NOW).await.unwrap();
    for _ in 0..2 {
        assert_eq!(opened.store.preview_import(blog.id, &rows, NOW).await.unwrap(), want);
    }
    assert_eq!(opened.store.follower_counts(blog.id, NOW).await.unwrap(), counts);
    assert_eq!(opened.rows("subscribers").await, 3);
    let elsewhere = opened.store.preview_import(other.id, &rows[..3], NOW).await.unwrap();
    assert_eq!(elsewhere, [Added; 3], "the other blog's people are its own");
    assert_eq!(import(&opened, blog.id, &rows, NOW).await, want);
}

async fn an_import_for_a_missing_blog_leaves_nothing(opened: Opened) {
    let rows = [import_row("a@example.org", SubscriptionStatus::Active)];
    let refused = opened.store.import(BlogId(99), &rows, ConsentKind::Imported, NOW).await;
    assert!(matches!(refused, Err(StoreError::Missing(_))));
    assert_eq!(opened.rows("subscribers").await, 0);
}

async fn a_hundred_thousand_rows_are_imported_in_batches(opened: Opened) {
    let blog = opened.blog("first").await;
    let rows: Vec<ImportRow> = (0..100_000)
        .map(|n| import_row(&format!("reader{n}@example.org"), SubscriptionStatus::Active))
        .collect();
    let begun = std::time::Instant::now();
    for batch in rows.chunks(2000) {
        let outcomes = import(&opened, blog.id, batch, NOW).await;
        assert!(outcomes.iter().all(|outcome| *outcome == ImportOutcome::Added));
    }
    println!("100,000 rows imported in {:?}", begun.elapsed());
    assert_eq!(opened.store.count_followers(blog.id).await.unwrap(), 100_000);
    let mailing = super::mailing(&opened, &blog, "a").await;
    let begun = std::time::Instant::now();
    let mut written = 0;
    loop {
        let step = opened.store.fan_out(mailing, 5000, NOW).await.unwrap();
        written += step.written;
        if step.is_complete {
            break;
        }
    }
    println!("100,000 deliveries written in {:?}", begun.elapsed());
    assert_eq!(written, 100_000);
    let begun = std::time::Instant::now();
    let claimed = opened.store.claim("n", NOW, NOW.plus_ms(15_000), 500).await.unwrap();
    println!("500 of 100,000 claimed in {:?}", begun.elapsed());
    assert_eq!(claimed.len(), 500);
}
