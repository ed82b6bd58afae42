//! The built-in mailbox.

use postbell::domain::DeliveryId;
use postbell::store::{KeptMail, KeptMailHead};

use crate::support::stores::{NOW, Opened};

crate::for_each_store!(
    a_mail_is_kept_as_it_is,
    the_oldest_mails_make_room,
    mails_are_found_by_recipient_or_subject,
);

fn mail(to: &str, subject: &str, size: usize) -> KeptMail {
    let head = KeptMailHead {
        id: 0,
        delivery_id: Some(DeliveryId(5)),
        at: NOW,
        sender: "blog@example.org".into(),
        recipient: to.into(),
        subject: subject.into(),
        kind: "post".into(),
        size_bytes: 0,
    };
    KeptMail { head, raw: vec![0xff; size] }
}

async fn keep(opened: &Opened, subject: &str, size: usize) -> i64 {
    opened.store.keep_mail(&mail("a@example.org", subject, size), 3, 100).await.unwrap()
}

async fn a_mail_is_kept_as_it_is(opened: Opened) {
    let id = keep(&opened, "One", 10).await;
    let kept = opened.store.get_mail(id).await.unwrap().unwrap();
    assert_eq!((kept.raw, kept.head.id, kept.head.size_bytes), (vec![0xff; 10], id, 10));
    assert_eq!((kept.head.delivery_id, kept.head.at), (Some(DeliveryId(5)), NOW));
    assert_eq!((kept.head.sender.as_str(), kept.head.kind.as_str()), ("blog@example.org", "post"));
    assert_eq!(opened.store.count_mails().await.unwrap(), 1);
    opened.store.empty_mailbox().await.unwrap();
    opened.store.empty_mailbox().await.unwrap();
    assert_eq!(opened.store.count_mails().await.unwrap(), 0);
    assert!(opened.store.get_mail(id).await.unwrap().is_none());
}

async fn the_oldest_mails_make_room(opened: Opened) {
    let subjects = async || {
        let list = opened.store.list_mails("", 10).await.unwrap();
        list.into_iter().map(|head| head.subject).collect::<Vec<_>>()
    };
    for subject in ["1", "2", "3", "4"] {
        keep(&opened, subject, 10).await;
    }
    assert_eq!(subjects().await, ["4", "3", "2"], "by number");
    keep(&opened, "5", 85).await;
    assert_eq!(subjects().await, ["5", "4"], "by size");
    keep(&opened, "6", 500).await;
    assert_eq!(subjects().await, ["6"], "the newest stays");
}

async fn mails_are_found_by_recipient_or_subject(opened: Opened) {
    for (to, subject) in
        [("a@example.org", "100% new"), ("b@example.org", "100 old"), ("c@b.example", "none")]
    {
        opened.store.keep_mail(&mail(to, subject, 1), 10, 1000).await.unwrap();
    }
    let found = async |text: &str, limit| opened.store.list_mails(text, limit).await.unwrap().len();
    assert_eq!(found("100%", 10).await, 1, "a percent sign is no wildcard");
    assert_eq!(found("B@EXAMPLE", 10).await, 1);
    assert_eq!(found("b", 10).await, 2);
    assert_eq!(found("", 1).await, 1);
    assert_eq!(found("nothing", 10).await, 0);
}
