//! What a server says of our sender, in words that are said of readers too (R17).

use futures_util::StreamExt as _;
use futures_util::stream;
use postbell::clock::Clock as _;
use postbell::domain::{DeliveryStatus, HOUR_MS, MailingStatus};
use serde_json::json;

use super::refusals::{blog_of_domains, notices};
use super::{Rig, settings};
use crate::support::fault_smtp::{FaultSmtp, Judgement};

crate::for_each_database!(what_is_said_of_our_sender_at_rcpt_cuts_off_nobody);

const PEOPLE: usize = 300;

/// Our sender is `post@example.org`; none of these says whom it means by "user".
const SAID: &[&str] = &[
    "550 <post@example.org>: user unknown",
    "550 5.1.1 <POST@example.org>: Recipient address rejected: User unknown",
    "550 Domain example.org does not exist",
    "550-Verification failed for <post@example.org>\r\n550-No such user here\r\n550 sender verify failed",
    "553 sorry, there is no such host as example.org (#5.1.8)",
];

/// R17: 300 readers, from the first mail and from the 100th.
async fn what_is_said_of_our_sender_at_rcpt_cuts_off_nobody() {
    let all = stream::iter(SAID).map(|text| async move { refuses_with(text).await });
    all.buffer_unordered(4).collect::<()>().await;
}

async fn refuses_with(text: &str) {
    for after in [0, 100] {
        let seen = format!("{text} after {after}");
        let server = FaultSmtp::obedient();
        server.order(&json!({"refuse": text, "after": after, "spare": ["owner@example.org"]}));
        let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
        let (blog, readers) = blog_of_domains(&rig, "first", PEOPLE, 7).await;
        let mailing = rig.post(&blog, "News").await;
        rig.run_for(HOUR_MS).await;
        assert_eq!(rig.opened.rows("suppressions").await, 0, "{seen}");
        assert_eq!(rig.readers_with(&readers, DeliveryStatus::Failed).await.len(), 0, "{seen}");
        let paused = rig.opened.store.get_mailing(mailing).await.unwrap().unwrap();
        assert_eq!(paused.status, MailingStatus::Paused, "{seen}");
        assert_eq!(notices(&server).values().sum::<usize>(), 1, "{seen}");

        server.order(&json!({}));
        let (from, to) = (MailingStatus::Paused, MailingStatus::Sending);
        let now = rig.clock.now();
        assert!(rig.opened.store.set_mailing_status(mailing, from, to, None, now).await.unwrap());
        rig.sender.rouse();
        rig.run_for(HOUR_MS).await;
        assert_eq!(server.judge(&readers, Some("News")), Judgement::default(), "{seen}");
        assert_eq!(rig.opened.number("SELECT MAX(attempts) FROM deliveries").await, 1, "{seen}");
    }
}
