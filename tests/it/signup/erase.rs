//! What is left of a person who was erased: nothing that names them.

use data_encoding::BASE64;
use postbell::domain::{DeliveryKind, FeedbackKind, ReturnPath};
use postbell::feedback::Recorder;
use postbell::store::{KeptMail, KeptMailHead, NewDelivery, NewFeedback};

use crate::support::server::TestServer;
use crate::support::stores::{NOW, address, keys};

crate::for_each_database!(nothing_in_any_table_names_a_person_who_was_erased,);

const KIM: &str = "kim.erased@example.org";

/// S13: own rows, and what names the person in the rows of others and of nobody.
async fn nothing_in_any_table_names_a_person_who_was_erased() {
    let server = TestServer::start().await;
    let store = server.opened.store.clone();
    server.opened.blog("musings").await;
    server.follower("musings", KIM).await;
    server.follower("musings", "lee@example.org").await;
    let delivery = async |of: &str| {
        let person = store.find_subscriber(&address(of)).await.unwrap().unwrap();
        store.list_deliveries(person.id, 10).await.unwrap()[0].id
    };
    let (kims, lees) = (delivery(KIM).await, delivery("lee@example.org").await);
    let path = ReturnPath::of(&address("bounces@mail.example.org")).unwrap();
    let of_kim = path.address(&keys(), &store.find_delivery_row(kims).await.unwrap().unwrap());
    let recorder =
        Recorder { store: store.clone(), clock: server.clock.clone(), keys: keys(), return_path: Some(path) };
    for stray in [
        format!("Subject: Hello\r\n\r\nIs {KIM} still there?"),
        format!("Content-Transfer-Encoding: base64\r\n\r\n{}\r\n", BASE64.encode(KIM.as_bytes())),
        "Subject: x\r\n\r\nto kim.erased=40exam=\r\nple.org".to_owned(),
        "Subject: another\r\n\r\nIs joe.kim.erased@example.org there?".to_owned(),
    ] {
        recorder.take_mail(stray.into_bytes(), None).await.unwrap();
    }
    // Names nobody, and was proven to come back from a mail of theirs.
    let nameless = b"Subject: x\r\n\r\nXylophone".to_vec();
    recorder.take_mail(nameless, Some(&of_kim)).await.unwrap();
    assert_eq!(server.opened.rows("strays").await, 5);
    let said = |mark: &str, delivery, source| NewFeedback {
        mark: mark.to_owned(),
        kind: FeedbackKind::Bounced,
        class: Some(postbell::domain::Class::Soft),
        address: None,
        delivery_id: Some(delivery),
        source,
        status: Some("4.2.2".into()),
        diagnostic: Some(format!("452 4.2.2 <Kim.Erased@Example.ORG> is full, {mark}")),
        refused: None,
    };
    store.record_feedback(&said("own", kims, "mail"), NOW).await.unwrap();
    store.record_feedback(&said("of another", lees, "mail"), NOW).await.unwrap();
    let notice = NewDelivery {
        kind: DeliveryKind::Notice,
        blog_id: None,
        subscription_id: None,
        subscriber_id: None,
        to: Some(address("owner@example.org")),
        payload: Some(format!("{{\"said\": \"550 {KIM}\"}}")),
    };
    store.enqueue(&notice, NOW).await.unwrap();
    store.enqueue(&NewDelivery { to: Some(address(KIM)), ..notice.clone() }, NOW).await.unwrap();
    let forwarded =
        format!("UPDATE singles SET status = 'failed', text = '550 {KIM} unknown' WHERE id = {}", lees.0);
    server.opened.raw(&forwarded).await.unwrap();
    let kept = KeptMail {
        head: KeptMailHead {
            id: 0,
            delivery_id: None,
            at: NOW,
            sender: "s@example.org".into(),
            recipient: "owner@example.org".into(),
            subject: "Held".into(),
            kind: "notice".into(),
            size_bytes: 1,
        },
        raw: format!("Subject: Held\r\n\r\n550 {KIM}").into_bytes(),
    };
    store.keep_mail(&kept, 100, 1_000_000).await.unwrap();

    assert!(store.erase_subscriber(&address(KIM), NOW).await.unwrap());
    let hex = |text: &str| -> String { text.bytes().map(|byte| format!("{byte:02x}")).collect() };
    for (table, rows) in server.opened.dump().await {
        let text = rows.join("\n").to_lowercase();
        let other = ["joe.kim.erased".to_owned(), hex("joe.kim.erased")];
        let text = other.iter().fold(text, |text, other| text.replace(other, ""));
        assert!(!text.contains("kim.erased"), "{table} names the person");
        for word in ["kim.erased", "kim.le", &BASE64.encode(KIM.as_bytes()), "Xylophone"] {
            assert!(!text.contains(&hex(word)), "{table} holds a mail with {word}");
        }
    }
    assert_eq!(server.opened.rows("strays").await, 1, "that about another stays");
    assert_eq!(server.opened.number("SELECT COUNT(*) FROM feedback").await, 1, "with what it counted");
    assert_eq!(server.status("lee@example.org").await, "active");
}
