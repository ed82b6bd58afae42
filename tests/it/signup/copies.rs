//! A copy of the database is restored, and numbers come back with other rows:
//! no link of the future that was lost opens anything (S21).

use postbell::domain::{DeliveryClaim, DeliveryId, ReturnPath};
use postbell::mail::MailParts;
use postbell::store::Store;

use crate::support::places::Place;
use crate::support::server::{Links, TestServer};
use crate::support::stores::{NOW, address, keys};

crate::for_each_database!(no_link_of_a_lost_future_opens_the_row_that_has_its_number_now,);

/// What one reader has in hand: links, the cookie of the browser, and what
/// names the mail of a post.
struct Held {
    links: Links,
    cookie: String,
    message_id: String,
    return_path: String,
    callback: String,
    delivery: DeliveryId,
}

fn path() -> ReturnPath {
    ReturnPath::of(&address("bounces@mail.example.org")).unwrap()
}

async fn serve(place: Place) -> TestServer {
    TestServer::with(|setup| {
        setup.place = Some(place);
        setup.public_url = Some("https://post.example");
        setup.return_path = Some(path());
    })
    .await
}

/// A blog with a hub is added, a reader follows it and gets a post.
async fn live(server: &TestServer, slug: &str, reader: &str) -> Held {
    server.fed_blog(slug, slug).await;
    let form = [("email", reader)];
    let cookie = server.post_form(&format!("/b/{slug}/follow"), &form).await.cookie();
    let confirm = server.link(&server.deliver_one().await, "confirm");
    assert_eq!(server.post(&confirm).await.status, 200);
    let leave = server.link(&server.deliver_one().await, "unsubscribe");
    server.publish(slug, slug, &[("post", "Post", "<p>post</p>")]).await;
    let mail = server.deliver_one().await;
    let headers = MailParts::of(&mail.raw).headers;
    let header = |name: &str| headers.iter().find(|(have, _)| have == name).unwrap().1.clone();
    let store = &server.opened.store;
    let blog = store.find_blog(slug).await.unwrap().unwrap();
    let hub = Some(("https://hub.example/", "https://hub.example/feed"));
    store.record_hub(blog.id, hub, slug, NOW).await.unwrap();
    let hub = store.find_hub(blog.id).await.unwrap().unwrap();
    let token = keys().sign(postbell::domain::Purpose::Hub, hub.sealed(&blog), None);
    Held {
        links: Links { confirm, leave, manage: server.manage_link(reader).await },
        cookie,
        message_id: header("Message-ID"),
        return_path: mail.head.sender.clone(),
        callback: format!("/hooks/websub/{token}"),
        delivery: mail.head.delivery_id.unwrap(),
    }
}

async fn opens(store: &dyn Store, claim: Option<DeliveryClaim>) -> bool {
    let claim = claim.expect("it is signed by us");
    let row = store.find_delivery_row(claim.id).await.unwrap();
    row.is_some_and(|row| claim.opens(&row, 0))
}

async fn no_link_of_a_lost_future_opens_the_row_that_has_its_number_now() {
    let place = Place::new().await;
    let server = serve(place.clone()).await;
    server.opened.blog("kept").await;
    drop(server);
    let copy = place.copied().await;

    // The future that is lost: Alice follows, and has her links.
    let server = serve(place).await;
    let alice = live(&server, "alices", "alice@example.org").await;
    assert!(opens(&*server.opened.store, keys().delivery_of_message_id(&alice.message_id)).await);
    assert!(opens(&*server.opened.store, path().find(&keys(), &alice.return_path)).await);
    drop(server);

    // The copy is restored, and Bob gets her numbers.
    let server = serve(copy).await;
    let bob = live(&server, "bobs", "bob@example.org").await;
    let store = &server.opened.store;
    assert_eq!(alice.delivery, bob.delivery, "the numbers came back");
    let before = server.opened.dump().await;
    for link in [&alice.links.manage, &alice.links.leave, &alice.links.confirm, &alice.callback] {
        for answer in [
            server.get(link).await,
            server.post(link).await,
            server.post_form(link, &[("do", "pause")]).await,
            server.post_form(link, &[("do", "again")]).await,
            server.post_form(link, &[("do", "renew")]).await,
            server.post_form(link, &[("do", "erase-for-good")]).await,
            server.ask("GET", link).header("cookie", &bob.cookie).send().await,
        ] {
            let told = ["bob", "b••", "bobs"].iter().any(|word| answer.body.contains(word));
            assert!(!told, "{link} tells of Bob: {}", answer.body);
            assert!(answer.status != 202 && answer.status != 303, "{link}: {}", answer.status);
        }
    }
    assert_eq!(server.opened.dump().await, before, "nothing was changed");
    assert!(!opens(&**store, keys().delivery_of_message_id(&alice.message_id)).await);
    assert!(!opens(&**store, path().find(&keys(), &alice.return_path)).await);
    assert!(opens(&**store, keys().delivery_of_message_id(&bob.message_id)).await);
    assert!(opens(&**store, path().find(&keys(), &bob.return_path)).await);
    let row = store.find_subscriber(&address("bob@example.org")).await.unwrap().unwrap();
    let subscription = store.list_subscriptions(row.id).await.unwrap()[0].sealed();
    let is_of = |cookie: &str| keys().is_browser_of(cookie.split_once('=').unwrap().1, subscription, 0);
    assert!(is_of(&bob.cookie) && !is_of(&alice.cookie), "the cookie of the lost future fits no longer");
    assert_eq!(server.get(&bob.links.manage).await.status, 200);
    assert_eq!(server.post(&bob.links.leave).await.status, 200);
}
