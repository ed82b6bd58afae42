//! Changes to one subscription.

use postbell::domain::{
    Change, ConsentKind, DeliveryKind, DeliveryStatus, Evidence, Reason, Subscription, SubscriptionId,
    SubscriptionStatus, SuppressionReason, Timestamp, Transition,
};

use super::mailing;
use crate::support::stores::{NOW, Opened, address};

crate::for_each_store!(
    confirming_makes_a_follower_and_queues_his_welcome,
    a_rule_that_says_nothing_changes_nothing,
    leaving_withholds_what_waits_but_the_goodbye,
    taking_back_restores_what_was,
    who_never_confirmed_cannot_take_back,
    a_question_that_is_withdrawn_moves_no_leaving,
    a_leaving_is_taken_back_over_a_question,
    a_pause_holds_until_it_is_ended,
    a_change_that_does_not_fit_is_not_made,
    confirming_lifts_unsubscribed_for_this_blog_alone,
    the_other_blog_is_untouched,
);

async fn change(
    opened: &Opened,
    id: SubscriptionId,
    transition: Transition,
    now: Timestamp,
) -> (Subscription, Subscription) {
    let evidence = Evidence { ip: Some("192.0.2.9".into()), ..Evidence::default() };
    opened.store.transition(id, &|_| Some(transition), &evidence, now).await.unwrap().unwrap()
}

const CONFIRM: Transition = Transition {
    change: Change::Activate,
    consent: ConsentKind::Confirmed,
    mail: Some(DeliveryKind::Welcome),
};
const LEAVE: Transition =
    Transition { change: Change::End, consent: ConsentKind::Left, mail: Some(DeliveryKind::Goodbye) };
const UNDO: Transition = Transition { change: Change::Undo, consent: ConsentKind::Undone, mail: None };

async fn consents(opened: &Opened, of: &Subscription) -> Vec<&'static str> {
    let list = opened.store.list_consents(of.subscriber_id).await.unwrap();
    list.into_iter().map(|c| c.kind.as_str()).collect()
}

async fn mails(opened: &Opened, of: &Subscription) -> Vec<(&'static str, DeliveryStatus)> {
    let list = opened.store.list_deliveries(of.subscriber_id, 100).await.unwrap();
    list.into_iter().map(|d| (d.kind.as_str(), d.status)).collect()
}

async fn confirming_makes_a_follower_and_queues_his_welcome(opened: Opened) {
    let blog = opened.blog("first").await;
    let id = opened.sign_up(&blog, "a@example.org", NOW).await;
    let later = NOW.plus_ms(7);
    let (before, after) = change(&opened, id, CONFIRM, later).await;
    assert_eq!((before.status, after.status), (SubscriptionStatus::Pending, SubscriptionStatus::Active));
    assert_eq!((after.confirmed_at, after.expires_at, after.ended_at), (Some(later), None, None));
    let read = opened.store.get_subscription(id).await.unwrap().unwrap();
    assert_eq!(format!("{read:?}"), format!("{after:?}"));
    assert_eq!(consents(&opened, &after).await, ["requested", "confirmed"]);
    assert_eq!(mails(&opened, &after).await[1], ("welcome", DeliveryStatus::Queued));
    let consent = opened.store.list_consents(after.subscriber_id).await.unwrap().remove(1);
    assert_eq!((consent.at, consent.evidence.ip.as_deref()), (later, Some("192.0.2.9")));
    let (again, still) = change(&opened, id, CONFIRM, later.plus_ms(1)).await;
    assert_eq!(format!("{again:?}"), format!("{still:?}"), "a second time changes nothing");
    assert_eq!(consents(&opened, &after).await.len(), 2);
    assert_eq!(mails(&opened, &after).await.len(), 2);
}

async fn a_rule_that_says_nothing_changes_nothing(opened: Opened) {
    let blog = opened.blog("first").await;
    let id = opened.sign_up(&blog, "a@example.org", NOW).await;
    let none = Evidence::default();
    let (before, after) = opened.store.transition(id, &|_| None, &none, NOW).await.unwrap().unwrap();
    assert_eq!(format!("{before:?}"), format!("{after:?}"));
    assert_eq!(consents(&opened, &after).await, ["requested"]);
    let missing = opened.store.transition(SubscriptionId(99), &|_| Some(CONFIRM), &none, NOW).await.unwrap();
    assert!(missing.is_none());
}

async fn leaving_withholds_what_waits_but_the_goodbye(opened: Opened) {
    use DeliveryStatus::{Queued, Withheld};
    let blog = opened.blog("first").await;
    let id = opened.follow(&blog, "a@example.org", NOW).await;
    let leased = opened.store.claim("n", NOW, NOW.plus_ms(1000), 1).await.unwrap();
    assert_eq!(leased[0].kind, DeliveryKind::Confirm);
    let mailing = mailing(&opened, &blog, "a").await;
    opened.store.fan_out(mailing, 10, NOW).await.unwrap();
    let (before, after) = change(&opened, id, LEAVE, NOW.plus_ms(9)).await;
    assert_eq!(
        (before.status, after.status, after.ended_at),
        (SubscriptionStatus::Active, SubscriptionStatus::Ended, Some(NOW.plus_ms(9)))
    );
    assert_eq!(mails(&opened, &after).await, [("confirm", Queued), ("post", Withheld), ("goodbye", Queued)]);
    let post = &opened.store.list_deliveries(after.subscriber_id, 9).await.unwrap()[1];
    assert_eq!((post.settled_at, post.next_attempt_at), (Some(NOW.plus_ms(9)), None));
    assert_eq!(post.reason, Some(Reason::NotFollowing));
    change(&opened, id, LEAVE, NOW.plus_ms(10)).await;
    assert_eq!(mails(&opened, &after).await.len(), 3, "one goodbye");
}

async fn taking_back_restores_what_was(opened: Opened) {
    let blog = opened.blog("first").await;
    let id = opened.follow(&blog, "a@example.org", NOW).await;
    opened.change(id, Change::Pause(None), NOW.plus_ms(1)).await;
    let before = opened.store.get_subscription(id).await.unwrap().unwrap();
    change(&opened, id, LEAVE, NOW.plus_ms(5)).await;
    let (_, after) = change(&opened, id, UNDO, NOW.plus_ms(6)).await;
    assert_eq!(format!("{after:?}"), format!("{before:?}"));
    assert_eq!(consents(&opened, &after).await, ["requested", "confirmed", "paused", "left", "undone"]);
}

async fn who_never_confirmed_cannot_take_back(opened: Opened) {
    let blog = opened.blog("first").await;
    let id = opened.sign_up(&blog, "a@example.org", NOW).await;
    change(&opened, id, LEAVE, NOW).await;
    let (_, after) = change(&opened, id, UNDO, NOW).await;
    assert_eq!(after.status, SubscriptionStatus::Ended);
    assert_eq!(consents(&opened, &after).await, ["requested", "left"]);
}

async fn a_question_that_is_withdrawn_moves_no_leaving(opened: Opened) {
    let blog = opened.blog("first").await;
    let id = opened.follow(&blog, "a@example.org", NOW).await;
    change(&opened, id, LEAVE, NOW.plus_ms(5)).await;
    opened.sign_up(&blog, "a@example.org", NOW.plus_ms(6)).await;
    let (before, after) = change(&opened, id, LEAVE, NOW.plus_ms(7)).await;
    assert_eq!((before.status, after.status), (SubscriptionStatus::Pending, SubscriptionStatus::Ended));
    assert_eq!((after.ended_at, after.expires_at), (Some(NOW.plus_ms(5)), None));
    let read = opened.store.get_subscription(id).await.unwrap().unwrap();
    assert_eq!(format!("{read:?}"), format!("{after:?}"));
    // Who was only asked leaves when the question is withdrawn.
    let asked = opened.sign_up(&blog, "b@example.org", NOW).await;
    let (_, withdrawn) = change(&opened, asked, LEAVE, NOW.plus_ms(8)).await;
    assert_eq!(withdrawn.ended_at, Some(NOW.plus_ms(8)));
}

async fn a_leaving_is_taken_back_over_a_question(opened: Opened) {
    let blog = opened.blog("first").await;
    let id = opened.follow(&blog, "a@example.org", NOW).await;
    let before = opened.store.get_subscription(id).await.unwrap().unwrap();
    change(&opened, id, LEAVE, NOW.plus_ms(5)).await;
    opened.sign_up(&blog, "a@example.org", NOW.plus_ms(6)).await;
    let (_, after) = change(&opened, id, UNDO, NOW.plus_ms(7)).await;
    assert_eq!(format!("{after:?}"), format!("{before:?}"));
    let read = opened.store.get_subscription(id).await.unwrap().unwrap();
    assert_eq!(format!("{read:?}"), format!("{before:?}"));
}

async fn a_pause_holds_until_it_is_ended(opened: Opened) {
    let blog = opened.blog("first").await;
    let id = opened.follow(&blog, "a@example.org", NOW).await;
    let pause = |until| Transition { change: Change::Pause(until), consent: ConsentKind::Paused, mail: None };
    let until = NOW.plus_ms(1000);
    let (_, paused) = change(&opened, id, pause(Some(until)), NOW).await;
    assert!(paused.is_paused(NOW) && !paused.is_paused(until));
    let (_, longer) = change(&opened, id, pause(None), NOW.plus_ms(5)).await;
    assert_eq!((longer.paused_at, longer.paused_until), (Some(NOW), None));
    let resume = Transition { change: Change::Resume, consent: ConsentKind::Resumed, mail: None };
    let (_, resumed) = change(&opened, id, resume, NOW.plus_ms(6)).await;
    assert_eq!((resumed.paused_at, resumed.status), (None, SubscriptionStatus::Active));
    change(&opened, id, resume, NOW.plus_ms(7)).await;
    assert_eq!(consents(&opened, &resumed).await, ["requested", "confirmed", "paused", "paused", "resumed"]);
}

async fn a_change_that_does_not_fit_is_not_made(opened: Opened) {
    let blog = opened.blog("first").await;
    let id = opened.sign_up(&blog, "a@example.org", NOW).await;
    for change_to in [Change::Undo, Change::Pause(None), Change::Resume] {
        let transition = Transition { change: change_to, consent: ConsentKind::Undone, mail: None };
        let (before, after) = change(&opened, id, transition, NOW).await;
        assert_eq!(format!("{before:?}"), format!("{after:?}"), "{change_to:?}");
    }
    assert_eq!(opened.rows("consents").await, 1);
}

async fn confirming_lifts_unsubscribed_for_this_blog_alone(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    let who = address("a@example.org");
    for scope in [blog.id, other.id] {
        opened.store.suppress(&who, Some(scope), SuppressionReason::Unsubscribed, NOW).await.unwrap();
    }
    opened.follow(&blog, "a@example.org", NOW).await;
    assert_eq!(opened.store.find_suppression(&who, Some(blog.id)).await.unwrap(), None);
    assert!(opened.store.find_suppression(&who, Some(other.id)).await.unwrap().is_some());
    opened.store.suppress(&who, None, SuppressionReason::Manual, NOW).await.unwrap();
    opened.follow(&other, "a@example.org", NOW).await;
    let kept = opened.store.find_suppression(&who, Some(other.id)).await.unwrap();
    assert_eq!(kept, Some(SuppressionReason::Manual));
}

async fn the_other_blog_is_untouched(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    let id = opened.follow(&blog, "a@example.org", NOW).await;
    let foreign = opened.follow(&other, "a@example.org", NOW).await;
    let before = opened.store.get_subscription(foreign).await.unwrap().unwrap();
    let (_, after) = change(&opened, id, LEAVE, NOW).await;
    let untouched = opened.store.get_subscription(foreign).await.unwrap().unwrap();
    assert_eq!(format!("{untouched:?}"), format!("{before:?}"));
    let list = opened.store.list_deliveries(after.subscriber_id, 9).await.unwrap();
    let kept = list.iter().find(|d| d.blog_id == Some(other.id)).unwrap();
    assert_eq!(kept.status, DeliveryStatus::Queued);
}
