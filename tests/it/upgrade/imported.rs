//! Followers of a file that were imported before the upgrade.

use postbell::domain::ConfirmedBy;
use postbell::mail::MailParts;

use super::old::Old;

crate::for_each_database!(nobody_whose_date_is_the_days_of_an_import_reads_that_they_confirmed);

/// I3
async fn nobody_whose_date_is_the_days_of_an_import_reads_that_they_confirmed() {
    let upgraded = Old::restore().await.upgrade().await;
    let server = &upgraded.server;
    server.deliver().await;
    let item = "<item><title>Tide</title><guid isPermaLink=\"false\">tide</guid>\
                <link>https://harbour.example/tide</link><description>text</description></item>";
    let feed = format!(
        "<rss version=\"2.0\"><channel><title>Harbour</title><link>https://harbour.example/</link>\
         <description>-</description>{item}</channel></rss>"
    );
    server.feeds.put("https://harbour.example/feed", &feed);
    server.publisher.tick().await.unwrap();
    let mails = server.deliver().await;
    let text_to = |reader: &str| {
        let found = mails.iter().find(|mail| mail.head.recipient == reader && mail.head.subject == "Tide");
        MailParts::of(&found.unwrap_or_else(|| panic!("{reader} got nothing")).raw).text.unwrap()
    };
    for (reader, says) in [
        ("mona@example.org", "imported on 15 January 2027"),
        ("moritz@example.org", "imported on 15 January 2027"),
        ("nils@example.org", "following since 11 December 2025"),
    ] {
        let text = text_to(reader).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(says) && !text.contains("confirmed on"), "{reader}: {text}");
    }
    let store = &server.opened.store;
    let all = store.page_subscriptions(&Default::default(), 100).await.unwrap();
    let by = |reader: &str| {
        let of = all.iter().filter(|one| one.address == reader);
        of.map(|one| one.confirmed_by).collect::<Vec<_>>()
    };
    assert_eq!(by("mona@example.org"), [ConfirmedBy::Import]);
    assert_eq!(by("nils@example.org"), [ConfirmedBy::File]);
    assert!(by("anna@example.org").contains(&ConfirmedBy::Reader), "who confirmed by a mail still did");
}
