//! Reading people, subscriptions and the record of consent; manage links.

use postbell::domain::{Change, HOUR_MS, SubscriberId, SubscriptionId, SubscriptionStatus};
use postbell::store::{Asked, Asker, SignUpLimits, SubscriberFilter};

use crate::support::stores::{NOW, Opened, address};

crate::for_each_store!(
    a_person_is_found_by_address_and_row,
    subscriptions_of_a_person_are_listed_by_blog,
    subscriptions_are_paged_by_what_is_asked,
    the_record_of_consent_is_not_rewritten,
    a_manage_link_goes_to_those_who_have_a_subscription_once_an_hour,
);

async fn a_person_is_found_by_address_and_row(opened: Opened) {
    let blog = opened.blog("first").await;
    opened.follow(&blog, "Kim@example.org", NOW).await;
    let kim = opened.store.find_subscriber(&address("kim@EXAMPLE.org")).await.unwrap().unwrap();
    assert_eq!((kim.address.as_str(), kim.created_at), ("Kim@example.org", NOW));
    assert_eq!(opened.store.get_subscriber(kim.id).await.unwrap().unwrap().address, kim.address);
    assert!(opened.store.find_subscriber(&address("lee@example.org")).await.unwrap().is_none());
    assert!(opened.store.get_subscriber(SubscriberId(99)).await.unwrap().is_none());
    assert!(opened.store.get_subscription(SubscriptionId(99)).await.unwrap().is_none());
}

async fn subscriptions_of_a_person_are_listed_by_blog(opened: Opened) {
    let (zebra, apple) = (opened.blog("zebra").await, opened.blog("apple").await);
    opened.follow(&zebra, "a@example.org", NOW).await;
    opened.follow(&apple, "a@example.org", NOW).await;
    opened.follow(&apple, "b@example.org", NOW).await;
    let a = opened.store.find_subscriber(&address("a@example.org")).await.unwrap().unwrap();
    let list = opened.store.list_subscriptions(a.id).await.unwrap();
    assert_eq!(list.iter().map(|s| s.blog_id).collect::<Vec<_>>(), [apple.id, zebra.id]);
    assert!(list.iter().all(|s| s.address == "a@example.org"));
}

async fn subscriptions_are_paged_by_what_is_asked(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    let a = opened.follow(&blog, "a_1@example.org", NOW).await;
    let b = opened.sign_up(&blog, "ab1@example.org", NOW).await;
    let c = opened.follow(&other, "c@example.org", NOW).await;
    opened.change(c, Change::End, NOW).await;
    let page = async |filter: SubscriberFilter, limit| {
        let page = opened.store.page_subscriptions(&filter, limit).await.unwrap();
        page.into_iter().map(|s| s.id).collect::<Vec<_>>()
    };
    let any = SubscriberFilter::default;
    assert_eq!(page(any(), 10).await, [a, b, c]);
    assert_eq!(page(any(), 2).await, [a, b]);
    assert_eq!(page(SubscriberFilter { after: Some(b), ..any() }, 2).await, [c]);
    assert_eq!(page(SubscriberFilter { blog_id: Some(other.id), ..any() }, 9).await, [c]);
    let status = Some(SubscriptionStatus::Pending);
    assert_eq!(page(SubscriberFilter { status, ..any() }, 9).await, [b]);
    let text = Some("A_1".to_owned());
    assert_eq!(page(SubscriberFilter { text, ..any() }, 9).await, [a], "an underscore is no wildcard");
}

async fn the_record_of_consent_is_not_rewritten(opened: Opened) {
    let blog = opened.blog("first").await;
    opened.follow(&blog, "a@example.org", NOW).await;
    let refused = opened.raw("UPDATE consents SET kind = 'confirmed'").await.unwrap_err();
    assert!(refused.to_string().contains("not rewritten"), "{refused}");
    let a = opened.store.find_subscriber(&address("a@example.org")).await.unwrap().unwrap();
    let kinds: Vec<_> =
        opened.store.list_consents(a.id).await.unwrap().into_iter().map(|c| c.kind.as_str()).collect();
    assert_eq!(kinds, ["requested", "confirmed"]);
}

async fn a_manage_link_goes_to_those_who_have_a_subscription_once_an_hour(opened: Opened) {
    let blog = opened.blog("first").await;
    opened.follow(&blog, "a@example.org", NOW).await;
    let count = "SELECT COUNT(*) FROM deliveries WHERE kind = 'manage' AND status = 'queued'";
    let sent = async || opened.number(count).await;
    let ask = async |to: &str, now| {
        opened.store.request_manage_link(&address(to), &Asker::default(), now).await.unwrap()
    };
    ask("nobody@example.org", NOW).await;
    assert_eq!(sent().await, 0);
    ask("A@example.org", NOW).await;
    ask("a@example.org", NOW.plus_ms(HOUR_MS - 1)).await;
    assert_eq!(sent().await, 1);
    ask("a@example.org", NOW.plus_ms(HOUR_MS)).await;
    assert_eq!(sent().await, 2);
    let claimed = opened.store.claim("n", NOW, NOW.plus_ms(1000), 9).await.unwrap();
    let manage = claimed.iter().find(|c| c.kind.as_str() == "manage").unwrap();
    assert_eq!((manage.address.as_str(), manage.subscription_id), ("a@example.org", None));
    assert!(manage.subscriber_id.is_some());
    // Over a limit nothing is queued, whoever is asked for.
    let limits = SignUpLimits { per_ip: 1, ..SignUpLimits::default() };
    let asker = Asker { ip: "192.0.2.9".into(), limits, ..Asker::default() };
    let later = NOW.plus_ms(5 * HOUR_MS);
    for (to, is_limited) in [("nobody@example.org", false), ("a@example.org", true)] {
        let wait = opened.store.request_manage_link(&address(to), &asker, later).await.unwrap();
        assert_eq!(wait != Asked::Taken, is_limited, "{to}");
    }
    assert_eq!(sent().await, 2);
}
