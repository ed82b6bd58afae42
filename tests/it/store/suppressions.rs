//! Addresses that get no mail.

use postbell::domain::SuppressionReason::{Bounced, Complained, Manual, Unsubscribed};
use postbell::domain::{BlogId, EmailAddress};
use postbell::store::{NewSuppression, Suppressed};

use crate::support::stores::{NOW, Opened, address};

crate::for_each_store!(
    a_suppression_holds_for_its_blog_or_for_all,
    the_stronger_reason_stays,
    a_suppression_is_taken_back_by_scope,
    suppressions_are_listed_newest_first,
    a_list_from_elsewhere_takes_nothing_back,
);

async fn a_suppression_holds_for_its_blog_or_for_all(opened: Opened) {
    let (blog, other) = (opened.blog("first").await, opened.blog("second").await);
    let (left, bounced) = (address("Left@example.org"), address("b@example.org"));
    opened.store.suppress(&left, Some(blog.id), Unsubscribed, NOW).await.unwrap();
    opened.store.suppress(&bounced, None, Bounced, NOW).await.unwrap();
    let find = async |who: &EmailAddress, scope: Option<BlogId>| {
        opened.store.find_suppression(who, scope).await.unwrap()
    };
    assert_eq!(find(&address("left@example.org"), Some(blog.id)).await, Some(Unsubscribed));
    assert_eq!(find(&left, Some(other.id)).await, None);
    assert_eq!(find(&left, None).await, None);
    for scope in [Some(blog.id), Some(other.id), None] {
        assert_eq!(find(&bounced, scope).await, Some(Bounced));
    }
    opened.store.suppress(&left, None, Complained, NOW).await.unwrap();
    assert_eq!(find(&left, Some(blog.id)).await, Some(Complained), "the strongest");
}

async fn the_stronger_reason_stays(opened: Opened) {
    let who = address("a@example.org");
    for (reason, expected) in
        [(Unsubscribed, Unsubscribed), (Bounced, Bounced), (Unsubscribed, Bounced), (Manual, Bounced)]
    {
        opened.store.suppress(&who, None, reason, NOW).await.unwrap();
        assert_eq!(opened.store.find_suppression(&who, None).await.unwrap(), Some(expected));
    }
    assert_eq!(opened.rows("suppressions").await, 1);
}

async fn a_suppression_is_taken_back_by_scope(opened: Opened) {
    let blog = opened.blog("first").await;
    let who = address("a@example.org");
    opened.store.suppress(&who, Some(blog.id), Manual, NOW).await.unwrap();
    assert!(!opened.store.lift_suppression(&who, None).await.unwrap());
    assert!(!opened.store.lift_suppression(&address("b@example.org"), Some(blog.id)).await.unwrap());
    assert!(opened.store.lift_suppression(&who, Some(blog.id)).await.unwrap());
    assert!(!opened.store.lift_suppression(&who, Some(blog.id)).await.unwrap());
    assert_eq!(opened.store.find_suppression(&who, Some(blog.id)).await.unwrap(), None);
}

async fn suppressions_are_listed_newest_first(opened: Opened) {
    opened.store.suppress(&address("a@example.org"), None, Manual, NOW).await.unwrap();
    opened.store.suppress(&address("b@example.org"), None, Manual, NOW.plus_ms(1)).await.unwrap();
    let list = opened.store.list_suppressions(None, 10).await.unwrap();
    let seen: Vec<_> = list.iter().map(|s| (s.address.as_deref().unwrap(), s.created_at)).collect();
    assert_eq!(seen, [("b@example.org", NOW.plus_ms(1)), ("a@example.org", NOW)]);
    assert_eq!(opened.store.list_suppressions(None, 1).await.unwrap().len(), 1);
}

async fn a_list_from_elsewhere_takes_nothing_back(opened: Opened) {
    let blog = opened.blog("first").await;
    let store = &opened.store;
    let who = |name: &str| Suppressed::Address(address(&format!("{name}@example.org")));
    let entry = |name: &str, blog_id, reason| NewSuppression { who: who(name), blog_id, reason, at: NOW };
    store.suppress(&address("a@example.org"), None, Complained, NOW).await.unwrap();
    let list = [
        entry("a", None, Bounced),
        entry("b", None, Complained),
        entry("b", None, Bounced),
        entry("B", Some(blog.id), Unsubscribed),
        entry("c", None, Manual),
        entry("c", None, Complained),
    ];
    assert_eq!(store.import_suppressions(&list).await.unwrap(), 3, "a is there, b and its blog, c");
    assert_eq!(store.import_suppressions(&list).await.unwrap(), 0, "a second time nothing is new");
    for (name, reason) in [("a", Complained), ("b", Complained), ("c", Complained)] {
        let found = store.find_suppression(&address(&format!("{name}@example.org")), None).await.unwrap();
        assert_eq!(found, Some(reason), "{name}");
    }
    assert_eq!(opened.rows("suppressions").await, 4);
    assert_eq!(opened.rows("blog_days").await, 0, "they are no answers to mails of ours");

    // Pages of the list, newest first.
    let first = store.list_suppressions(None, 3).await.unwrap();
    let rest = store.list_suppressions(Some(first[2].id), 3).await.unwrap();
    assert_eq!((first.len(), rest.len()), (3, 1));
    // An erased person is carried by the hash, and known again by the address.
    let hash = rest[0].address_hash.clone();
    assert!(store.lift_suppression(&address("a@example.org"), None).await.unwrap());
    let erased = NewSuppression { who: Suppressed::Hash(hash), blog_id: None, reason: Bounced, at: NOW };
    assert_eq!(store.import_suppressions(&[erased]).await.unwrap(), 1);
    assert_eq!(store.find_suppression(&address("A@example.org"), None).await.unwrap(), Some(Bounced));
}
