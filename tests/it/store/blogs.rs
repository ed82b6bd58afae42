//! Blogs and looks.

use postbell::domain::{BlogEdit, BlogId, Decision, DeliveryKind, Timestamp};
use postbell::store::{Asker, Look, LookOutcome, NewDelivery, PostFilter, StoreError};

use super::{found, mailing, post};
use crate::support::stores::{NOW, Opened, address, new_blog};

crate::for_each_store!(
    a_blog_begins_with_its_posts_as_seen,
    a_slug_is_taken_once,
    blogs_are_found_by_slug_and_row,
    several_blogs_are_read_at_once,
    an_edit_changes_what_it_names,
    a_new_feed_address_forgets_the_old_ones_state,
    a_blog_goes_with_all_that_is_its_own,
    a_due_blog_is_claimed_by_one,
    a_look_that_was_cut_off_is_due_again_at_the_next_start,
    a_look_keeps_first_decisions_and_tells_the_owner_once,
    failed_looks_are_counted_until_a_good_one,
);

async fn a_blog_begins_with_its_posts_as_seen(opened: Opened) {
    let baseline =
        [found("a", Decision::Skipped), found("b", Decision::Skipped), found("a", Decision::Skipped)];
    let blog = opened
        .store
        .add_blog(&new_blog("first"), &baseline, (Some("\"v1\""), Some("Mon")), NOW.plus_ms(5), NOW)
        .await
        .unwrap();
    assert_eq!((blog.etag.as_deref(), blog.last_modified.as_deref()), (Some("\"v1\""), Some("Mon")));
    assert_eq!((blog.next_check_at, blog.created_at), (NOW.plus_ms(5), NOW));
    assert_eq!(blog.origins, ["https://first.example"]);
    assert_eq!(blog.owner, Some(address("owner@example.org")));
    let posts = opened.store.list_posts(PostFilter::default(), 10).await.unwrap();
    assert_eq!(posts.len(), 2, "one identity is one post");
    assert!(posts.iter().all(|post| post.decision == Decision::Skipped && post.blog_id == blog.id));
}

async fn a_slug_is_taken_once(opened: Opened) {
    opened.blog("first").await;
    let again = opened.store.add_blog(&new_blog("first"), &[], (None, None), NOW, NOW).await;
    assert!(matches!(again, Err(StoreError::Taken(slug)) if slug == "first"));
    assert_eq!(opened.rows("blogs").await, 1);
    opened.blog("second").await;
}

async fn blogs_are_found_by_slug_and_row(opened: Opened) {
    let second = opened.blog("second").await;
    let first = opened.blog("first").await;
    assert_eq!(opened.store.find_blog("first").await.unwrap().unwrap().id, first.id);
    assert_eq!(opened.store.get_blog(second.id).await.unwrap().unwrap().slug, second.slug);
    assert!(opened.store.find_blog("third").await.unwrap().is_none());
    assert!(opened.store.get_blog(BlogId(99)).await.unwrap().is_none());
    let slugs: Vec<_> = opened.store.list_blogs().await.unwrap().into_iter().map(|b| b.slug).collect();
    assert_eq!(slugs, [first.slug, second.slug]);
    opened.raw("UPDATE blogs SET body = 'half' WHERE slug = 'first'").await.unwrap();
    let damaged = opened.store.get_blog(first.id).await;
    assert!(matches!(damaged, Err(StoreError::Corrupt { table: "blogs", column: "body", .. })));
}

async fn several_blogs_are_read_at_once(opened: Opened) {
    let second = opened.blog("second").await;
    let first = opened.blog("first").await;
    opened.blog("third").await;
    let asked = [first.id, BlogId(99), second.id, first.id];
    let found: Vec<_> = opened.store.get_blogs(&asked).await.unwrap().into_iter().map(|b| b.slug).collect();
    assert_eq!(found, [second.slug, first.slug], "by row, each once, and none that is not there");
    assert!(opened.store.get_blogs(&[]).await.unwrap().is_empty());
}

async fn an_edit_changes_what_it_names(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    let edit = BlogEdit {
        title: Some("New".into()),
        owner: Some(None),
        reply_to: Some(Some(address("re@example.org"))),
        ..BlogEdit::default()
    };
    let edited = opened.store.edit_blog(blog.id, &edit, NOW.plus_ms(7)).await.unwrap();
    assert_eq!((edited.title.as_str(), edited.owner.as_ref()), ("New", None));
    assert_eq!(edited.reply_to, Some(address("re@example.org")));
    assert_eq!((&edited.feed_url, edited.next_check_at), (&blog.feed_url, blog.next_check_at));
    let read = opened.store.get_blog(blog.id).await.unwrap().unwrap();
    assert_eq!(format!("{read:?}"), format!("{edited:?}"));
    let untouched = opened.store.get_blog(other.id).await.unwrap().unwrap();
    assert_eq!(format!("{untouched:?}"), format!("{other:?}"));
    let missing = opened.store.edit_blog(BlogId(99), &edit, NOW).await;
    assert!(matches!(missing, Err(StoreError::Missing(_))));
}

async fn a_new_feed_address_forgets_the_old_ones_state(opened: Opened) {
    let blog = opened
        .store
        .add_blog(&new_blog("first"), &[], (Some("v1"), None), NOW.plus_ms(900_000), NOW)
        .await
        .unwrap();
    let look = Look {
        blog_id: blog.id,
        feed_url: blog.feed_url.clone(),
        began_at: NOW,
        outcome: LookOutcome::Failed { reason: "no".into(), notice: None },
        back: None,
        next_check_at: NOW.plus_ms(9_000_000),
    };
    opened.store.record_look(&look, NOW).await.unwrap();
    let same = BlogEdit { feed_url: Some(blog.feed_url.clone()), ..BlogEdit::default() };
    assert_eq!(opened.store.edit_blog(blog.id, &same, NOW).await.unwrap().etag.as_deref(), Some("v1"));
    let new = BlogEdit { feed_url: Some("https://first.example/atom".into()), ..BlogEdit::default() };
    let edited = opened.store.edit_blog(blog.id, &new, NOW.plus_ms(7)).await.unwrap();
    assert_eq!((edited.etag, edited.failures, edited.last_error), (None, 0, None));
    assert_eq!(edited.next_check_at, NOW.plus_ms(7));
    // A look at the old address that was under way says nothing of the new one.
    let late = read(blog.id, &["a"], NOW.plus_ms(900_000));
    assert_eq!(opened.store.record_look(&late, NOW.plus_ms(9)).await.unwrap(), 0);
    let after = opened.store.get_blog(blog.id).await.unwrap().unwrap();
    assert_eq!((after.etag, after.next_check_at), (None, NOW.plus_ms(9)));
    assert_eq!((opened.rows("posts").await, opened.rows("deliveries").await), (0, 0));
}

async fn a_blog_goes_with_all_that_is_its_own(opened: Opened) {
    let (gone, stays) = (opened.blog("gone").await, opened.blog("stays").await);
    opened.follow(&gone, "only@example.org", NOW).await;
    opened.follow(&gone, "both@example.org", NOW).await;
    opened.follow(&stays, "both@example.org", NOW).await;
    let (doomed, kept) = (mailing(&opened, &gone, "x").await, mailing(&opened, &stays, "y").await);
    for id in [doomed, kept] {
        opened.store.fan_out(id, 10, NOW).await.unwrap();
    }
    opened.store.request_manage_link(&address("only@example.org"), &Asker::default(), NOW).await.unwrap();
    let reason = postbell::domain::SuppressionReason::Unsubscribed;
    opened.store.suppress(&address("third@example.org"), Some(gone.id), reason, NOW).await.unwrap();

    opened.store.remove_blog(gone.id).await.unwrap();

    assert!(opened.store.get_blog(gone.id).await.unwrap().is_none());
    assert!(opened.store.find_subscriber(&address("only@example.org")).await.unwrap().is_none());
    assert!(opened.store.find_subscriber(&address("both@example.org")).await.unwrap().is_some());
    for table in ["subscriptions", "posts", "mailings"] {
        assert_eq!(opened.rows(table).await, 1, "{table}");
    }
    assert_eq!(opened.number("SELECT COUNT(*) FROM deliveries WHERE kind = 'post'").await, 1);
    assert_eq!(opened.number(&format!("SELECT COUNT(*) FROM consents WHERE blog_id = {}", gone.id)).await, 0);
    assert_eq!(opened.number("SELECT COUNT(*) FROM deliveries WHERE kind = 'manage'").await, 0);
    assert_eq!(opened.store.list_suppressions(None, 10).await.unwrap()[0].blog_id, Some(gone.id));
    assert!(matches!(opened.store.remove_blog(gone.id).await, Err(StoreError::Missing(_))));
    assert!(opened.blog("gone").await.id > stays.id, "a number never comes back");
}

async fn a_due_blog_is_claimed_by_one(opened: Opened) {
    let (first, second) = (opened.blog("first").await, opened.blog("second").await);
    let until = NOW.plus_ms(60_000);
    let early = opened.store.claim_due_blogs(NOW.plus_ms(-1), until, 10).await.unwrap();
    assert!(early.is_empty());
    let one = opened.store.claim_due_blogs(NOW, until, 1).await.unwrap();
    assert_eq!((one[0].id, one[0].next_check_at), (first.id, until));
    let rest = opened.store.claim_due_blogs(NOW, until, 10).await.unwrap();
    assert_eq!(rest.iter().map(|b| b.id).collect::<Vec<_>>(), [second.id]);
    assert!(opened.store.claim_due_blogs(NOW, until, 10).await.unwrap().is_empty());
    assert_eq!(opened.store.claim_due_blogs(until, until.plus_ms(1), 10).await.unwrap().len(), 2);
}

async fn a_look_that_was_cut_off_is_due_again_at_the_next_start(opened: Opened) {
    let (first, second) = (opened.blog("first").await, opened.blog("second").await);
    let until = NOW.plus_ms(240_000);
    opened.store.claim_due_blogs(NOW, until, 10).await.unwrap();
    let outcome = LookOutcome::Unchanged;
    opened
        .store
        .record_look(
            &Look {
                blog_id: first.id,
                feed_url: first.feed_url.clone(),
                began_at: NOW,
                outcome,
                back: None,
                next_check_at: until,
            },
            NOW,
        )
        .await
        .unwrap();
    let soon = NOW.plus_ms(1);
    opened.store.free_leases(Some("n"), soon).await.unwrap();
    assert!(opened.store.claim_due_blogs(soon, until, 10).await.unwrap().is_empty());
    opened.store.free_leases(None, soon).await.unwrap();
    let due = opened.store.claim_due_blogs(soon, until, 10).await.unwrap();
    assert_eq!(due.iter().map(|b| b.id).collect::<Vec<_>>(), [second.id], "the one that was not finished");
}

/// A look at the feed of the blog `first`.
fn read(blog: BlogId, ids: &[&str], next: Timestamp) -> Look {
    let notice = NewDelivery {
        kind: DeliveryKind::Notice,
        blog_id: Some(blog),
        subscription_id: None,
        subscriber_id: None,
        to: Some(address("owner@example.org")),
        payload: Some("{}".into()),
    };
    let posts = ids.iter().map(|id| found(id, Decision::Held)).collect();
    let outcome = LookOutcome::Read {
        etag: Some("v2".into()),
        last_modified: None,
        posts,
        respelled: Vec::new(),
        notice: Some(notice),
        moved_to: None,
        gap: None,
    };
    let feed_url = "https://first.example/feed".into();
    Look { blog_id: blog, feed_url, began_at: NOW, outcome, back: None, next_check_at: next }
}

async fn a_look_keeps_first_decisions_and_tells_the_owner_once(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    let known = post(&opened, &blog, "a", Decision::Waiting).await;
    post(&opened, &other, "b", Decision::Waiting).await;
    let later = NOW.plus_ms(1000);
    let look = read(blog.id, &["a", "b"], later.plus_ms(900_000));
    assert_eq!(opened.store.record_look(&look, later).await.unwrap(), 1, "b of the other blog is another");
    assert_eq!(opened.store.record_look(&look, later).await.unwrap(), 0);
    assert_eq!(opened.store.get_post(known).await.unwrap().unwrap().decision, Decision::Waiting);
    assert_eq!(opened.rows("deliveries").await, 1, "one notice");
    let blog = opened.store.get_blog(blog.id).await.unwrap().unwrap();
    assert_eq!((blog.etag.as_deref(), blog.last_checked_at), (Some("v2"), Some(later)));
    assert_eq!(blog.next_check_at, later.plus_ms(900_000));
    let missing = opened.store.record_look(&read(BlogId(99), &["a"], later), later).await;
    assert!(matches!(missing, Err(StoreError::Missing(_))));
}

async fn failed_looks_are_counted_until_a_good_one(opened: Opened) {
    let blog = opened.blog("first").await;
    let look = |outcome| Look {
        blog_id: blog.id,
        feed_url: blog.feed_url.clone(),
        began_at: NOW,
        outcome,
        back: None,
        next_check_at: NOW,
    };
    opened.store.record_look(&read(blog.id, &[], NOW), NOW).await.unwrap();
    for failures in 1..=2 {
        opened
            .store
            .record_look(&look(LookOutcome::Failed { reason: "no".into(), notice: None }), NOW)
            .await
            .unwrap();
        let blog = opened.store.get_blog(blog.id).await.unwrap().unwrap();
        assert_eq!((blog.failures, blog.last_error.as_deref()), (failures, Some("no")));
    }
    assert_eq!(opened.store.gauges(NOW).await.unwrap().failing_blogs, 1);
    opened.store.record_look(&look(LookOutcome::Unchanged), NOW).await.unwrap();
    let blog = opened.store.get_blog(blog.id).await.unwrap().unwrap();
    assert_eq!((blog.failures, blog.last_error, blog.etag.as_deref()), (0, None, Some("v2")));
}
