//! Nothing is lost, and what was queued is sent, once.

use postbell::clock::Clock as _;
use postbell::domain::MailingStatus;
use postbell::mail::MailParts;

use super::old::Old;
use crate::support::stores::keys;

crate::for_each_database!(
    an_upgrade_loses_no_row,
    what_was_queued_at_the_upgrade_is_sent_once_and_what_was_stopped_stays_stopped,
    an_upgrade_that_is_killed_again_and_again_loses_nothing,
);

/// R16. A migration may add rows and columns; it takes no row away.
async fn an_upgrade_loses_no_row() {
    let old = Old::restore().await;
    let before = old.dump().await;
    let upgraded = old.upgrade().await;
    let after = upgraded.server.opened.dump().await;
    // What was noted is in its rows since the start.
    for (table, rows) in before.iter().filter(|(table, _)| *table != "settlements") {
        // Those of one by one are called so.
        let name = if table == "deliveries" { "singles" } else { table };
        let now = after.get(name).map_or(0, Vec::len);
        assert!(now >= rows.len(), "{table} had {} rows and has {now}", rows.len());
    }
    for table in ["subscribers", "consents", "confirmations", "suppressions", "feedback"] {
        assert!(!before[table].is_empty(), "{table} is to be filled");
        for row in &before[table] {
            let start = row.trim_end_matches(')');
            assert!(after[table].iter().any(|now| now.starts_with(start)), "{table} lost {row}");
        }
    }
}

/// R16
async fn what_was_queued_at_the_upgrade_is_sent_once_and_what_was_stopped_stays_stopped() {
    goes_on(Old::restore().await).await;
}

/// R16
async fn an_upgrade_that_is_killed_again_and_again_loses_nothing() {
    let old = Old::restore().await;
    old.fill(40_000).await;
    let before = old.dump().await["deliveries"].len();
    let kills = old.upgrade_under_kills().await;
    assert!(kills > 3, "{kills}");
    assert_eq!(old.dump().await["singles"].len(), before);
    goes_on(old).await;
}

/// What waited is sent once by this version, and what was stopped is not.
async fn goes_on(old: Old) {
    let upgraded = old.upgrade().await;
    let server = &upgraded.server;
    let item = |name: &str| {
        format!(
            "<item><title>{name}</title><guid isPermaLink=\"false\">{name}</guid>\
             <link>https://musings.example/{name}</link><description>text</description></item>"
        )
    };
    let items = item("Soon") + &item("Bread");
    let feed = format!(
        "<rss version=\"2.0\"><channel><title>Musings</title><link>https://musings.example/</link>\
         <description>-</description>{items}</channel></rss>"
    );
    server.feeds.put("https://musings.example/feed", &feed);
    server.publisher.tick().await.unwrap();
    let mails = server.deliver().await;
    // Each may have been handed over before: a copy has the name of the first.
    for mail in mails.iter().filter(|mail| mail.head.kind == "post" && mail.head.subject == "Door") {
        let first = keys().first_message_id(mail.head.delivery_id.unwrap());
        let id =
            MailParts::of(&mail.raw).headers.into_iter().find(|(name, _)| name == "Message-ID").unwrap().1;
        assert!(id.contains(&first), "{id}");
    }
    let mut sent: Vec<String> = mails
        .iter()
        // One was kept in the built-in mailbox before.
        .filter(|mail| mail.head.at == server.clock.now())
        .map(|mail| format!("{} {} {}", mail.head.recipient, mail.head.kind, mail.head.subject))
        .collect();
    sent.sort();
    let mut right = vec![
        "anna@example.org post Door".to_owned(),
        "dora@example.org confirm Confirm: follow Musings".to_owned(),
        "emil@example.org manage The link to your follows".to_owned(),
    ];
    let readers =
        ["anna@example.org", "emil@example.org", "Rita.Mixed@example.org", "ruth@example.org", ROLF];
    for reader in readers {
        right.extend(["Bread", "Soon"].map(|post| format!("{reader} post {post}")));
    }
    right.sort();
    assert_eq!(sent, right, "emil has Door, hans and ilse and fritz get nothing, bert is paused");

    let store = &server.opened.store;
    assert_eq!(server.opened.noted().await, 0, "what was only noted is in its row");
    let mailings = store.list_mailings(None, 10).await.unwrap();
    let of = |title: &str| mailings.iter().find(|mailing| mailing.content.title == title).unwrap();
    assert_eq!(of("Two").status, MailingStatus::Paused);
    assert_eq!(of("Jam").status, MailingStatus::Sending, "ruth's is tried again");
    server.clock.advance_ms(31 * 24 * 3_600_000);
    let late: Vec<String> = server.deliver().await.into_iter().map(|mail| mail.head.recipient).collect();
    assert_eq!(late, ["ruth@example.org"]);
    let counts = store.delivery_counts(of("Two").id).await.unwrap();
    assert_eq!((counts.queued, counts.sent), (4, 0));
}

const ROLF: &str = "rolf@xn--mller-kva.example";
