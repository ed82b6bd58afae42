//! The processes that serve a database.

use postbell::domain::{DAY_MS, DeliveryKind, Timestamp};
use postbell::store::{NewDelivery, Node};

use crate::support::stores::{NOW, Opened, address};

crate::for_each_store!(
    a_node_is_listed_while_it_lives_with_what_it_holds,
    who_is_silent_for_a_day_is_forgotten
);

fn node(id: &str, at: Timestamp) -> Node {
    Node {
        id: id.to_owned(),
        host: "here".to_owned(),
        pid: 4711,
        roles: "web,sender".to_owned(),
        version: "1.2.3".to_owned(),
        key_mark: "a mark".to_owned(),
        started_at: at,
        seen_at: at,
        held: 0,
    }
}

async fn a_node_is_listed_while_it_lives_with_what_it_holds(opened: Opened) {
    let store = &opened.store;
    assert!(store.list_nodes(NOW).await.unwrap().is_empty());
    store.beat(&node("b", NOW.plus_ms(1))).await.unwrap();
    store.beat(&node("a", NOW)).await.unwrap();
    let mail = NewDelivery {
        kind: DeliveryKind::Test,
        blog_id: None,
        subscription_id: None,
        subscriber_id: None,
        to: Some(address("a@example.org")),
        payload: None,
    };
    for _ in 0..3 {
        store.enqueue(&mail, NOW).await.unwrap();
    }
    store.claim("b", NOW, NOW.plus_ms(15_000), 2).await.unwrap();
    let later = NOW.plus_ms(5_000);
    let beat = Node { seen_at: later, started_at: later, ..node("b", NOW) };
    store.beat(&beat).await.unwrap();
    let b = Node { seen_at: later, held: 2, ..node("b", NOW.plus_ms(1)) };
    assert_eq!(store.list_nodes(later).await.unwrap(), [node("a", NOW), b.clone()]);
    // A lease that ran out is held by nobody.
    let much_later = NOW.plus_ms(15_000);
    assert_eq!(store.list_nodes(much_later).await.unwrap()[1], Node { held: 0, ..b });
    for _ in 0..2 {
        store.remove_node("b").await.unwrap();
    }
    assert_eq!(store.list_nodes(NOW).await.unwrap(), [node("a", NOW)]);
}

async fn who_is_silent_for_a_day_is_forgotten(opened: Opened) {
    let store = &opened.store;
    for (id, at) in [("old", NOW.plus_ms(-DAY_MS - 1)), ("new", NOW.plus_ms(-DAY_MS))] {
        store.beat(&node(id, at)).await.unwrap();
    }
    assert_eq!(store.forget_nodes(NOW.plus_ms(-DAY_MS)).await.unwrap(), 1);
    assert_eq!(store.forget_nodes(NOW.plus_ms(-DAY_MS)).await.unwrap(), 0);
    let left = store.list_nodes(NOW).await.unwrap();
    assert_eq!(left.iter().map(|node| node.id.as_str()).collect::<Vec<_>>(), ["new"]);
}
