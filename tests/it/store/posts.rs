//! Posts and their decisions.

use postbell::domain::{Decision, Identity, MailingStatus, PostId, Reason};
use postbell::store::PostFilter;

use super::{mailing, post, see};
use crate::support::stores::{NOW, Opened, content};

crate::for_each_store!(
    known_identities_are_those_of_the_blog,
    posts_are_listed_by_blog_and_decision,
    a_due_post_is_claimed_by_one,
    one_post_is_one_mailing,
    a_decision_is_made_once,
    reasons_in_words_are_still_read_and_found,
);

async fn known_identities_are_those_of_the_blog(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    post(&opened, &blog, "a'%\"", Decision::Held).await;
    post(&opened, &other, "b", Decision::Held).await;
    let id = |id| Identity::of(Some(id), None, "", "");
    let known = opened.store.find_known(blog.id, &[id("a'%\""), id("b"), id("c")]).await.unwrap();
    assert_eq!(known.into_iter().map(|post| post.identity).collect::<Vec<_>>(), [id("a'%\"")]);
    assert!(opened.store.find_known(blog.id, &[]).await.unwrap().is_empty());
}

async fn posts_are_listed_by_blog_and_decision(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    let held = post(&opened, &blog, "a", Decision::Held).await;
    let waiting = post(&opened, &blog, "b", Decision::Waiting).await;
    let foreign = post(&opened, &other, "c", Decision::Held).await;
    let list = async |blog_id, decision| {
        let posts = opened.store.list_posts(PostFilter { blog_id, decision }, 10).await.unwrap();
        posts.into_iter().map(|p| p.id).collect::<Vec<_>>()
    };
    assert_eq!(list(None, None).await, [foreign, waiting, held]);
    assert_eq!(list(Some(blog.id), None).await, [waiting, held]);
    assert_eq!(list(None, Some(Decision::Held)).await, [foreign, held]);
    assert_eq!(opened.store.list_posts(PostFilter::default(), 1).await.unwrap().len(), 1);
    assert!(opened.store.get_post(PostId(99)).await.unwrap().is_none());
}

async fn a_due_post_is_claimed_by_one(opened: Opened) {
    let blog = opened.blog("first").await;
    let waiting = post(&opened, &blog, "a", Decision::Waiting).await;
    post(&opened, &blog, "b", Decision::Held).await;
    let (due, until) = (NOW.plus_ms(60_000), NOW.plus_ms(120_000));
    assert!(opened.store.claim_due_posts(NOW, until, 10).await.unwrap().is_empty());
    let claimed = opened.store.claim_due_posts(due, until, 10).await.unwrap();
    assert_eq!((claimed.len(), claimed[0].id, claimed[0].due_at), (1, waiting, Some(until)));
    assert!(opened.store.claim_due_posts(due, until, 10).await.unwrap().is_empty());
    assert_eq!(opened.store.claim_due_posts(until, until.plus_ms(1), 10).await.unwrap().len(), 1);
}

async fn one_post_is_one_mailing(opened: Opened) {
    let blog = opened.blog("first").await;
    let id = post(&opened, &blog, "a", Decision::Waiting).await;
    let store = &opened.store;
    let refused = store.mail_post(id, Decision::Held, &content("a"), &"approved".into(), NOW).await.unwrap();
    assert_eq!(refused, None, "it is not held");
    let made = store
        .mail_post(id, Decision::Waiting, &content("Fresh"), &"it is new".into(), NOW)
        .await
        .unwrap()
        .unwrap();
    let sent = store.get_post(id).await.unwrap().unwrap();
    assert_eq!((sent.decision, sent.due_at, sent.mailing_id), (Decision::Sent, None, Some(made)));
    assert_eq!(
        store.mail_post(id, Decision::Waiting, &content("a"), &"again".into(), NOW).await.unwrap(),
        None
    );
    assert_eq!(store.mail_post(id, Decision::Sent, &content("a"), &"again".into(), NOW).await.unwrap(), None);
    assert_eq!(store.get_post(id).await.unwrap().unwrap().reason, "it is new".into());
    let mailing = see(&opened, made).await;
    assert_eq!(
        (mailing.status, mailing.post_id, &mailing.content),
        (MailingStatus::Filling, Some(id), &content("Fresh"))
    );
    assert_eq!(store.list_filling().await.unwrap(), [made]);
}

async fn a_decision_is_made_once(opened: Opened) {
    let blog = opened.blog("first").await;
    let id = post(&opened, &blog, "a", Decision::Held).await;
    let store = &opened.store;
    let due = Some(NOW.plus_ms(5));
    assert!(
        store
            .decide_post(id, Decision::Held, Decision::Waiting, &"approved".into(), due, NOW.plus_ms(1))
            .await
            .unwrap()
    );
    assert!(
        !store.decide_post(id, Decision::Held, Decision::Skipped, &"no".into(), None, NOW).await.unwrap()
    );
    let post = store.get_post(id).await.unwrap().unwrap();
    assert_eq!((post.decision, post.due_at, post.decided_at), (Decision::Waiting, due, NOW.plus_ms(1)));
    assert_eq!(post.reason, "approved".into());
    mailing(&opened, &blog, "b").await;
    assert_eq!(store.gauges(NOW).await.unwrap().held_posts, 0);
}

/// Rows from before there were codes.
async fn reasons_in_words_are_still_read_and_found(opened: Opened) {
    let blog = opened.blog("first").await;
    let store = &opened.store;
    let id = |id| Identity::of(Some(id), None, "", "");
    let known = async || {
        let known = store.find_known(blog.id, &[id("gone"), id("old")]).await.unwrap();
        known.into_iter().map(|post| post.identity).collect::<Vec<_>>()
    };
    let gone = post(&opened, &blog, "gone", Decision::Skipped).await;
    let old = post(&opened, &blog, "old", Decision::Skipped).await;
    assert_eq!(known().await.len(), 2);
    for (row, words) in [(gone, Reason::OLD_VANISHED), (old, "dated 9 days before it was seen")] {
        let row = format!("UPDATE posts SET reason = '{words}' WHERE id = {row}");
        assert_eq!(opened.raw(&row).await.unwrap(), 1);
    }
    let reason = async |row| store.get_post(row).await.unwrap().unwrap().reason;
    assert_eq!(reason(gone).await, Reason::Vanished);
    assert_eq!(reason(old).await, Reason::said("dated 9 days before it was seen"));
    // What vanished is new when it comes back; all else is known.
    assert_eq!(known().await, [id("old")]);
    assert_eq!(post(&opened, &blog, "gone", Decision::Held).await, gone);
    assert_eq!(known().await.len(), 2);
    // The same by its code.
    let (from, to) = (Decision::Held, Decision::Skipped);
    assert!(store.decide_post(gone, from, to, &Reason::Vanished, None, NOW).await.unwrap());
    assert_eq!(known().await, [id("old")]);
    assert_eq!(post(&opened, &blog, "gone", Decision::Held).await, gone);
}
