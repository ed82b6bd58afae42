//! Rests: begun, told once, ended, and the same again within a day.

use postbell::domain::{
    DAY_MS, DeliveryKind, HOUR_MS, MailingStatus, Reason, RestCause, SubscriptionId, Timestamp,
};
use postbell::store::{NewDelivery, NewRest};

use super::{mailing, see};
use crate::support::stores::{NOW, Opened, address};

crate::for_each_store!(
    an_owner_is_told_once_of_a_rest_and_anew_a_day_after_its_end,
    a_relay_that_is_not_used_any_more_rests_no_more,
    a_domain_rests_beside_its_relay,
    a_refused_sender_is_paused_with_its_notice_or_not_at_all,
    a_domain_whose_refusal_was_told_of_its_relay_is_told_no_more,
);

fn rest(domain: Option<&str>, blog: &postbell::domain::Blog, until: Timestamp) -> NewRest {
    NewRest {
        relay: "smtp.example.org:587".to_owned(),
        domain: domain.map(str::to_owned),
        until,
        cause: RestCause { ours: None, code: Some(550), enhanced: None, said: "no\0".to_owned() },
        shape: Some("550 no".to_owned()),
        blog_id: Some(blog.id),
    }
}

async fn notices(opened: &Opened) -> i64 {
    opened.number("SELECT COUNT(*) FROM deliveries WHERE kind = 'notice'").await
}

async fn an_owner_is_told_once_of_a_rest_and_anew_a_day_after_its_end(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("other").await);
    let store = &opened.store;
    let at = |hours: i64| NOW.plus_ms(hours * HOUR_MS);
    assert_eq!(store.rest(&rest(None, &blog, at(1)), at(0)).await.unwrap(), 1);
    assert_eq!(store.rest(&rest(None, &blog, at(2)), at(1)).await.unwrap(), 0, "it goes on");
    assert_eq!(notices(&opened).await, 1, "the other blog has nothing that waits");
    assert_eq!(store.rest(&rest(None, &other, at(2)), at(1)).await.unwrap(), 1);
    let known = store.list_rests(at(1)).await.unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!((known[0].rest.since, known[0].rest.refused_at, known[0].rest.until), (at(0), at(1), at(2)));
    assert_eq!(known[0].shapes, ["550 no"]);

    store.end_rest("smtp.example.org:587", None, at(2)).await.unwrap();
    assert!(!store.list_rests(at(2)).await.unwrap()[0].rest.is_open());
    assert_eq!(store.rest(&rest(None, &blog, at(4)), at(3)).await.unwrap(), 0, "within a day it is the same");
    assert!(store.list_rests(at(3)).await.unwrap()[0].rest.is_open());
    store.end_rest("smtp.example.org:587", None, at(4)).await.unwrap();
    let later = at(4).plus_ms(DAY_MS);
    assert!(store.list_rests(later).await.unwrap().is_empty());
    assert_eq!(store.rest(&rest(None, &blog, later), later).await.unwrap(), 1, "and then another one");
}

async fn a_relay_that_is_not_used_any_more_rests_no_more(opened: Opened) {
    let blog = opened.blog("first").await;
    let store = &opened.store;
    store.rest(&rest(None, &blog, NOW), NOW).await.unwrap();
    store.end_other_rests(&["smtp.example.org:587".to_owned()], NOW).await.unwrap();
    assert_eq!(store.gauges(NOW).await.unwrap().resting_relays, 1);
    store.end_other_rests(&["mail.example.net:587".to_owned()], NOW).await.unwrap();
    assert_eq!(store.gauges(NOW).await.unwrap().resting_relays, 0);
}

async fn a_domain_rests_beside_its_relay(opened: Opened) {
    let blog = opened.blog("first").await;
    let store = &opened.store;
    store.rest(&rest(Some("a.example"), &blog, NOW), NOW).await.unwrap();
    let gauges = store.gauges(NOW).await.unwrap();
    assert_eq!((gauges.resting_relays, gauges.resting_domains), (0, 1));
    store.end_rest("smtp.example.org:587", None, NOW).await.unwrap();
    assert_eq!(store.gauges(NOW).await.unwrap().resting_domains, 1, "its relay is another thing");
    store.end_rest("smtp.example.org:587", Some("a.example"), NOW).await.unwrap();
    assert_eq!(store.gauges(NOW).await.unwrap().resting_domains, 0);
    assert_eq!(store.take_back(10, NOW).await.unwrap(), []);
}

async fn a_refused_sender_is_paused_with_its_notice_or_not_at_all(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("other").await);
    let (refused, beside) = (mailing(&opened, &blog, "one").await, mailing(&opened, &other, "two").await);
    let store = &opened.store;
    let reason =
        Reason::SenderRefused { smtp_code: Some(550), said: "not this one".to_owned(), since: Some(NOW) };
    let notice = |subscription_id| NewDelivery {
        kind: DeliveryKind::Notice,
        blog_id: Some(blog.id),
        subscription_id,
        subscriber_id: None,
        to: Some(address("owner@example.org")),
        payload: Some("{}".to_owned()),
    };
    // A notice that cannot be written: it is to a subscription that is not there.
    let torn = store.pause_refused(refused, &reason, Some(&notice(Some(SubscriptionId(99)))), NOW).await;
    torn.unwrap_err();
    assert_eq!(see(&opened, refused).await.status, MailingStatus::Filling, "not paused without a word");
    assert!(store.pause_refused(refused, &reason, Some(&notice(None)), NOW).await.unwrap());
    assert!(!store.pause_refused(refused, &reason, Some(&notice(None)), NOW).await.unwrap());
    let paused = see(&opened, refused).await;
    assert_eq!((paused.status, paused.reason), (MailingStatus::Paused, Some(reason)));
    assert_eq!(notices(&opened).await, 1, "once");
    assert_eq!(see(&opened, beside).await.status, MailingStatus::Filling);
}

async fn a_domain_whose_refusal_was_told_of_its_relay_is_told_no_more(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("other").await);
    let store = &opened.store;
    let told = async |rest: NewRest, at: Timestamp| store.rest(&rest, at).await.unwrap();
    assert_eq!(told(rest(None, &blog, NOW), NOW).await, 1);
    store.end_rest("smtp.example.org:587", None, NOW).await.unwrap();
    assert_eq!(told(rest(Some("a.example"), &blog, NOW), NOW).await, 0, "it is the same refusal");
    assert_eq!(told(rest(Some("a.example"), &other, NOW), NOW).await, 1, "of which this owner does not know");
    let another = |cause| NewRest { cause, ..rest(Some("b.example"), &blog, NOW) };
    let cause = RestCause { code: Some(554), ..rest(None, &blog, NOW).cause };
    assert_eq!(told(another(cause), NOW).await, 1, "another refusal");
    // The relay's rest is forgotten, the domain's goes on.
    let later = NOW.plus_ms(DAY_MS);
    assert_eq!(told(rest(Some("a.example"), &blog, later), later).await, 0);
}
