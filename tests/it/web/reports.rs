//! Feedback reports (RFC 5965) that come by mail: what each type does.

use postbell::domain::ReturnPath;
use postbell::feedback::{Recorder, Taken};

use crate::support::server::TestServer;
use crate::support::stores::{address, keys};

crate::for_each_database!(only_a_readers_own_report_ends_a_subscription);

fn report(kind: &str, to: &str, reader: &str) -> Vec<u8> {
    format!(
        "From: fbl@mx.example\r\nTo: {to}\r\nSubject: FW: A post\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\n\r\nA report.\r\n\
         --b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: {kind}\r\nVersion: 1\r\n\
         Original-Rcpt-To: <{reader}>\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: kim@example.org\r\n\
         To: {reader}\r\nSubject: A post\r\n\r\nWords\r\n--b--\r\n"
    )
    .into_bytes()
}

/// B3, B4
async fn only_a_readers_own_report_ends_a_subscription() {
    let server = TestServer::start().await;
    let store = server.opened.store.clone();
    server.opened.blog("musings").await;
    let path = ReturnPath::of(&address("bounces@mail.example.org")).unwrap();
    let (clock, return_path) = (server.clock.clone(), Some(path.clone()));
    let recorder = Recorder { store: store.clone(), clock, keys: keys(), return_path };
    for (kind, reason) in [
        ("abuse", Some("complained")),
        ("fraud", Some("complained")),
        ("opt-out", Some("unsubscribed")),
        ("not-spam", None),
        ("auth-failure", None),
        ("virus", None),
        ("other", None),
    ] {
        let reader = format!("{kind}@example.org");
        server.follower("musings", &reader).await;
        let person = store.find_subscriber(&address(&reader)).await.unwrap().unwrap();
        let delivery = store.list_deliveries(person.id, 10).await.unwrap()[0].id;
        let own = path.address(&keys(), &store.find_delivery_row(delivery).await.unwrap().unwrap());
        // Without the token that only we can make, nobody is named.
        let forged = report(kind, "bounces@mail.example.org", &reader);
        assert!(matches!(recorder.take_mail(forged, None).await.unwrap(), Taken::Kept(_)), "{kind}");
        let taken = recorder.take_mail(report(kind, &own, &reader), None).await.unwrap();
        assert_eq!(matches!(taken, Taken::Recorded(..)), reason.is_some(), "{kind}: {taken:?}");
        if kind == "not-spam" {
            assert!(matches!(taken, Taken::Kept(why) if why.contains("takes a complaint back")), "{taken:?}");
        }
        let list = store.list_suppressions(None, 100).await.unwrap();
        let entry = list.iter().find(|entry| entry.address.as_deref() == Some(&reader));
        assert_eq!(entry.map(|entry| entry.reason.as_str()), reason, "{kind}");
    }
}
