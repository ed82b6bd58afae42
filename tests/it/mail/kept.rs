//! The built-in mailbox as a way for mail to leave.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use postbell::clock::ManualClock;
use postbell::mail::mailbox::MailboxTransport;
use postbell::mail::{Email, SendError, Transport};
use postbell::store::{KeptMail, KeptMailHead, Mailbox, Result, StoreError};

use super::{NOW, parcel_to, post_to};

/// A mailbox that remembers what it was asked to keep.
#[derive(Default)]
struct Remembering {
    kept: Mutex<Vec<(KeptMail, u32, u64)>>,
    is_full: bool,
}

#[async_trait]
impl Mailbox for Remembering {
    async fn keep_mail(&self, mail: &KeptMail, keep_mails: u32, keep_bytes: u64) -> Result<i64> {
        if self.is_full {
            return Err(StoreError::Unavailable("disk full".into()));
        }
        let mut kept = self.kept.lock().unwrap();
        kept.push((mail.clone(), keep_mails, keep_bytes));
        Ok(kept.len() as i64)
    }

    async fn list_mails(&self, _: &str, _: u32) -> Result<Vec<KeptMailHead>> {
        Ok(Vec::new())
    }

    async fn count_mails(&self) -> Result<i64> {
        Ok(self.kept.lock().unwrap().len() as i64)
    }

    async fn get_mail(&self, _: i64) -> Result<Option<KeptMail>> {
        Ok(None)
    }

    async fn empty_mailbox(&self) -> Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_mail_is_kept_with_its_envelope_and_its_subject_in_letters() {
    let store = Arc::new(Remembering::default());
    let transport = MailboxTransport::new(store.clone(), Arc::new(ManualClock::at(NOW)));
    assert_eq!(transport.name(), "mailbox");
    let mut session = transport.session();
    assert_eq!(transport.lessons().offers_smtputf8, Some(true));

    let subject = "Ünïcode 🎉 and a tail that is long enough to be folded at least once";
    let mail = Email { subject: subject.to_owned(), ..post_to("josé@example.com") };
    let mut parcel = parcel_to("josé@example.com");
    parcel.bytes = mail.to_bytes().unwrap();
    let reply = session.send(&parcel, None).await.unwrap();
    assert_eq!((reply.code, reply.text.as_str()), (Some(250), "kept in the mailbox as 1"));

    let kept = store.kept.lock().unwrap();
    let (mail, keep_mails, keep_bytes) = &kept[0];
    assert_eq!((*keep_mails, *keep_bytes), (1_000, 64 * 1024 * 1024));
    assert_eq!(mail.head.subject, subject);
    assert_eq!(mail.head.recipient, "josé@example.com");
    assert_eq!(mail.head.sender, "bounces@example.org");
    assert_eq!(mail.head.kind, "post");
    assert_eq!(mail.head.at, NOW);
    assert_eq!(mail.head.size_bytes, parcel.bytes.len() as i64);
    assert_eq!(mail.raw, parcel.bytes);
}

#[tokio::test]
async fn a_full_disk_is_nobodys_bounce() {
    let store = Arc::new(Remembering { is_full: true, ..Remembering::default() });
    let transport = MailboxTransport::new(store, Arc::new(ManualClock::at(NOW)));
    let sent = transport.session().send(&parcel_to("a@example.com"), None).await;
    assert!(matches!(sent, Err(SendError::RelayDown(_))), "{sent:?}");
}
