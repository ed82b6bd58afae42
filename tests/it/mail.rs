//! Mails as bytes, and how they leave.

mod faults;
mod kept;
mod mime;
mod old;
mod pipelining;
mod sink;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use postbell::clock::ManualClock;
use postbell::domain::{DeliveryKind, EmailAddress, Timestamp};
use postbell::mail::smtp::{Pipelining, SmtpSettings, SmtpTls, SmtpTransport};
use postbell::mail::{Email, Originator, Parcel, Session, Transport};

/// A fixed moment.
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

/// A post to one reader.
fn post_to(reader: &str) -> Email {
    Email {
        from: Originator { name: "A Blog".to_owned(), address: address("blog@example.org") },
        to: address(reader),
        reply_to: Some(address("author@example.org")),
        subject: "A post".to_owned(),
        date: NOW,
        message_id: "m1.d7@example.org".to_owned(),
        text: "Hello\n\n.\n.. dots\n".to_owned(),
        html: "<p>Hello</p>".to_owned(),
        in_reply_to: None,
        leave_by_mail: None,
        one_click: Some("https://example.org/unsubscribe/abcdefghijklmnop".to_owned()),
        list_id: Some(("A Blog".to_owned(), "a-blog.example.org".to_owned())),
        feedback_id: Some("a-blog:post:postbell".to_owned()),
        is_auto: true,
    }
}

fn parcel_to(reader: &str) -> Parcel {
    Parcel {
        delivery_id: None,
        kind: DeliveryKind::Post,
        sender: "bounces@example.org".to_owned(),
        recipient: reader.to_owned(),
        bytes: post_to("reader@example.com").to_bytes().expect("a mail"),
    }
}

fn settings(port: u16) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port,
        tls: SmtpTls::None,
        credentials: None,
        ca_pem: None,
        connections: 1,
        pipelining: Pipelining::Auto,
        data_timeout: Duration::from_secs(30),
    }
}

fn session(settings: SmtpSettings) -> Box<dyn Session> {
    transport(settings).session()
}

fn transport(settings: SmtpSettings) -> SmtpTransport {
    SmtpTransport::new(settings, Arc::new(ManualClock::at(NOW))).expect("the settings are sound")
}
