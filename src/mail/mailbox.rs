//! The built-in mailbox as a transport: mails are kept to be looked at, and
//! go nowhere.

use std::sync::Arc;

use async_trait::async_trait;
use mail_parser::MessageParser;

use super::{Lessons, Parcel, SendError, Session, Transport};
use crate::clock::Clock;
use crate::domain::Reply;
use crate::store::{KeptMail, KeptMailHead, Mailbox};

/// At most so many mails are kept …
const KEEP_MAILS: u32 = 1_000;
/// … and so many bytes.
const KEEP_BYTES: u64 = 64 * 1024 * 1024;
/// The database has one writer: more sessions would only wait for each other.
const CONNECTIONS: usize = 2;

/// Keeps mails instead of sending them.
pub struct MailboxTransport {
    store: Arc<dyn Mailbox>,
    clock: Arc<dyn Clock>,
}

impl MailboxTransport {
    /// Over the store's mailbox.
    pub fn new(store: Arc<dyn Mailbox>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }
}

impl Transport for MailboxTransport {
    fn name(&self) -> &str {
        "mailbox"
    }

    fn connections(&self) -> usize {
        CONNECTIONS
    }

    fn session(&self) -> Box<dyn Session> {
        Box::new(MailboxSession { store: self.store.clone(), clock: self.clock.clone() })
    }

    fn lessons(&self) -> Lessons {
        Lessons { offers_smtputf8: Some(true), ..Lessons::default() }
    }
}

struct MailboxSession {
    store: Arc<dyn Mailbox>,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl Session for MailboxSession {
    async fn send(&mut self, parcel: &Parcel, _: Option<&Parcel>) -> Result<Reply, SendError> {
        let mail = KeptMail {
            head: KeptMailHead {
                id: 0,
                delivery_id: parcel.delivery_id,
                at: self.clock.now(),
                sender: parcel.sender.clone(),
                recipient: parcel.recipient.clone(),
                subject: subject(&parcel.bytes),
                kind: parcel.kind.as_str().to_owned(),
                size_bytes: i64::try_from(parcel.bytes.len()).unwrap_or(i64::MAX),
            },
            raw: parcel.bytes.clone(),
        };
        match self.store.keep_mail(&mail, KEEP_MAILS, KEEP_BYTES).await {
            Ok(id) => Ok(Reply {
                code: Some(250),
                enhanced: Some("2.0.0".to_owned()),
                text: format!("kept in the mailbox as {id}"),
            }),
            Err(error) => Err(SendError::RelayDown(Reply {
                text: format!("the mailbox cannot keep it: {error}"),
                ..Reply::default()
            })),
        }
    }

    async fn close(&mut self) {}
}

fn subject(bytes: &[u8]) -> String {
    MessageParser::new()
        .parse_headers(bytes)
        .and_then(|mail| mail.subject().map(ToOwned::to_owned))
        .unwrap_or_default()
}
