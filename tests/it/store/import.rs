//! Imports.

use postbell::domain::{
    BlogId, Change, ConfirmedBy, ConsentKind, SubscriptionStatus, SuppressionReason, Timestamp,
};
use postbell::store::{ImportOutcome, ImportRow, StoreError};

use crate::support::stores::{NOW, Opened, address, import_row};

crate::for_each_store!(
    an_import_adds_each_address_once_and_sends_nothing,
    an_import_completes_but_never_revives,
    an_import_keeps_its_own_dates_but_none_in_the_future,
    an_import_completes_the_dates_that_one_before_it_did_not_have,
    suppressed_addresses_are_left_out,
    what_a_date_rests_on_is_kept_and_the_paused_get_no_mail,
    who_is_gone_by_the_file_is_suppressed_for_this_blog_with_its_date,
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

/// I3
async fn an_import_completes_the_dates_that_one_before_it_did_not_have(opened: Opened) {
    use ImportOutcome::{Added, Dated, Unchanged};
    use SubscriptionStatus::{Active, Pending};
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    let row = |name: &str, ms: Option<i64>| ImportRow {
        at: ms.map(|ms| NOW.plus_ms(ms)),
        ..import_row(&format!("{name}@example.org"), Active)
    };
    opened.follow(&blog, "reader@example.org", NOW).await;
    let undated = [row("none", None), row("dated", Some(-500)), row("kept", None)];
    assert_eq!(import(&opened, blog.id, &undated, NOW).await, [Added; 3]);
    assert_eq!(import(&opened, other.id, &undated, NOW).await, [Added; 3]);
    let later =
        [row("none", Some(-700)), row("dated", Some(-900)), row("kept", None), row("reader", Some(-900))];
    let want = [Dated, Unchanged, Unchanged, Unchanged];
    let now = NOW.plus_ms(9);
    assert_eq!(opened.store.preview_import(blog.id, &later, now).await.unwrap(), want);
    assert_eq!(import(&opened, blog.id, &later, now).await, want);
    assert_eq!(import(&opened, blog.id, &later, now).await, [Unchanged; 4], "once");
    let waits = ImportRow { status: Pending, ..row("kept", Some(-700)) };
    assert_eq!(import(&opened, blog.id, &[waits], now).await, [Unchanged], "this row says less");
    let page = opened.store.page_subscriptions(&Default::default(), 20).await.unwrap();
    let mut dates: Vec<_> =
        page.iter().map(|one| (one.address.as_str(), one.blog_id, one.confirmed_at)).collect();
    dates.sort();
    let at = |ms| Some(NOW.plus_ms(ms));
    let right = [
        ("dated@example.org", blog.id, at(-500)),
        ("dated@example.org", other.id, at(-500)),
        ("kept@example.org", blog.id, at(0)),
        ("kept@example.org", other.id, at(0)),
        ("none@example.org", blog.id, at(-700)),
        ("none@example.org", other.id, at(0)),
        ("reader@example.org", blog.id, at(0)),
    ];
    assert_eq!(dates, right);
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

/// I3
async fn what_a_date_rests_on_is_kept_and_the_paused_get_no_mail(opened: Opened) {
    use SubscriptionStatus::{Active, Pending};
    let blog = opened.blog("first").await;
    opened.sign_up(&blog, "asked@example.org", NOW).await;
    let paused = |name: &str, status| ImportRow {
        is_paused: true,
        at: Some(NOW.plus_ms(-500)),
        ..import_row(&format!("{name}@example.org"), status)
    };
    let rows = [
        import_row("none@example.org", Active),
        paused("dated", Active),
        import_row("waits@example.org", Pending),
        paused("asked", Active),
    ];
    import(&opened, blog.id, &rows, NOW).await;
    let hand = [import_row("hand@example.org", Active)];
    opened.store.import(blog.id, &hand, ConsentKind::Added, NOW).await.unwrap();
    let page = opened.store.page_subscriptions(&Default::default(), 10).await.unwrap();
    let kept: Vec<_> = page
        .iter()
        .map(|one| (one.address.split('@').next().unwrap(), one.confirmed_by, one.paused_at.is_some()))
        .collect();
    let right = [
        ("asked", ConfirmedBy::File, true),
        ("none", ConfirmedBy::Import, false),
        ("dated", ConfirmedBy::File, true),
        ("waits", ConfirmedBy::Import, false),
        ("hand", ConfirmedBy::Operator, false),
    ];
    let mut kept = kept;
    kept.sort_by_key(|(name, ..)| right.iter().position(|(own, ..)| own == name));
    assert_eq!(kept, right);
    let mailing = super::mailing(&opened, &blog, "a").await;
    while !opened.store.fan_out(mailing, 5000, NOW).await.unwrap().is_complete {}
    let claimed = opened.store.claim("n", NOW, NOW.plus_ms(15_000), 500).await.unwrap();
    let mut to: Vec<_> =
        claimed.iter().filter(|one| one.kind.as_str() == "post").map(|one| one.address.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["hand@example.org", "none@example.org"], "a pause of the file is one here");
}

/// I1 I5
async fn who_is_gone_by_the_file_is_suppressed_for_this_blog_with_its_date(opened: Opened) {
    use ImportOutcome::{FollowsHere, Noted, Suppressed};
    use SuppressionReason::{Bounced, Unsubscribed};
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    let here = opened.follow(&blog, "here@example.org", NOW).await;
    opened.follow(&other, "left@example.org", NOW).await;
    let gone = |name: &str, reason, ms| ImportRow {
        gone: Some(reason),
        at: Some(NOW.plus_ms(ms)),
        ..import_row(&format!("{name}@example.org"), SubscriptionStatus::Ended)
    };
    let rows = [
        gone("left", Unsubscribed, -900),
        gone("bounced", Bounced, -800),
        gone("here", Unsubscribed, -700),
        import_row("left@example.org", SubscriptionStatus::Active),
    ];
    let want = [Noted, Noted, FollowsHere, Suppressed];
    assert_eq!(opened.store.preview_import(blog.id, &rows, NOW.plus_ms(9)).await.unwrap(), want);
    assert_eq!(opened.rows("suppressions").await, 0, "a preview writes nothing");
    for _ in 0..2 {
        assert_eq!(import(&opened, blog.id, &rows, NOW.plus_ms(9)).await, want);
        assert_eq!(opened.rows("suppressions").await, 2);
    }
    let list = opened.store.list_suppressions(None, 10).await.unwrap();
    let dates: Vec<_> = list.iter().map(|one| (one.blog_id, one.reason, one.created_at)).collect();
    for right in
        [(Some(blog.id), Unsubscribed, NOW.plus_ms(-900)), (Some(blog.id), Bounced, NOW.plus_ms(-800))]
    {
        assert!(dates.contains(&right), "{dates:?}");
    }
    assert_eq!(opened.store.count_followers(other.id).await.unwrap(), 1, "the other blog is untouched");
    let kept = opened.store.get_subscription(here).await.unwrap().unwrap();
    assert_eq!(kept.status, SubscriptionStatus::Active, "who confirmed here since stays");
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
    assert_eq!(claimed.len(), 512, "two blocks");
}
