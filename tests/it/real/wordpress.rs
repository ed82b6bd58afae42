//! A WordPress through its life: its author dates posts back, edits, trashes
//! and restores them, and moves the house; its server breaks down.

use std::time::{Duration, Instant};

use super::readers::Readers;
use crate::support::house::until;
use crate::support::wordpress::WordPress;

const BODY: &str = "<p>Bread and jam.</p>";

/// R13, R14: one site through all of it.
#[tokio::test]
async fn each_post_of_a_wordpress_is_mailed_once_whatever_its_author_does() {
    let mut site = WordPress::start();
    // As a new WordPress has it; the seed asks for more.
    site.set("posts_per_rss", "10");
    pings(&site).await;
    second_thoughts(&site).await;
    let mut readers = Readers::of(site.url(), &[]);
    let first = site.publish("A cake", BODY);
    readers.get(&["A cake"]).await;
    dates(&site, &mut readers).await;
    changes(&site, &mut readers, first).await;
    outage(&site, &mut readers).await;
    moves(&mut site, &mut readers).await;
    readers.each_post_has_its_reason();
}

/// A feed that is read each hour, and a WordPress with our address as its
/// update service.
async fn pings(site: &WordPress) {
    let mut readers = Readers::of(site.url(), &[("FEEDS__CHECK_EVERY_SECONDS", "3600")]);
    site.set("ping_sites", &format!("{}/hooks/ping", readers.process.url()));
    // Two within a second or two, too: WordPress tells of them with one and the same Last-Modified.
    // Between two looks that pings cause lies a minute; the first waits for none.
    for (title, within_seconds) in [("By ping", 30), ("By the next ping", 90)] {
        let began = Instant::now();
        let number = site.publish(title, BODY);
        site.run_cron();
        readers.get(&[title]).await;
        let took = began.elapsed();
        println!("from publishing to the mail by a ping: {} ms", took.as_millis());
        assert!(took < Duration::from_secs(within_seconds), "{took:?}");
        // It pings for this, too.
        site.edit(number, &format!("{title}, edited"), BODY);
        site.run_cron();
    }
    readers.each_post_has_its_reason();
    site.set("ping_sites", "");
}

/// What leaves the feed in the grace time and comes back is mailed, once.
async fn second_thoughts(site: &WordPress) {
    let mut readers = Readers::of(site.url(), &[("PUBLISH__GRACE_SECONDS", "2")]);
    let number = site.publish("Second thoughts", BODY);
    readers.decided("Second thoughts", "waiting").await;
    site.trash(number);
    let reason = readers.decided("Second thoughts", "skipped").await;
    assert_eq!(reason, "it vanished from the feed before it was mailed");
    readers.have_no_more();
    site.restore(number);
    readers.get(&["Second thoughts"]).await;
    readers.each_post_has_its_reason();
}

/// New posts with old dates, without a title, with one title.
async fn dates(site: &WordPress, readers: &mut Readers) {
    let draft = site.draft("Begun long ago", BODY, 240);
    site.publish_dated("A day late", BODY, 24);
    readers.get(&["A day late"]).await;
    // Not too old for the feed, but for a mail.
    site.publish_dated("From the drawer", BODY, 10 * 24);
    let reason = readers.decided("From the drawer", "held").await;
    assert_eq!(reason, "dated 10 days before it was seen, more than publish.max_age_hours = 72");
    // So old that a feed of ten posts has no place for it.
    site.publish_dated("From the attic", BODY, 30 * 24);
    site.publish_draft(draft);
    readers.get(&["Begun long ago"]).await;
    readers.house.run(&["post", "approve", &readers.number("From the drawer")]);
    readers.get(&["From the drawer"]).await;
    site.publish("", "<p>Without a name</p>");
    readers.get(&["Without a name"]).await;
    site.publish("Twins", BODY);
    site.publish("Twins", BODY);
    readers.get(&["Twins", "Twins"]).await;
}

/// Posts that readers have, edited, dated anew, made sticky, trashed, restored
/// and in another order: a mail for the new ones only.
async fn changes(site: &WordPress, readers: &mut Readers, mailed: u64) {
    site.edit(mailed, "A better cake", BODY);
    site.date(mailed, 1);
    site.stick(mailed);
    let old = site.seeded().as_array().and_then(|all| all.last()?["number"].as_u64()).expect("a number");
    site.date(old, 2);
    site.publish("After the changes", BODY);
    readers.get(&["After the changes"]).await;

    site.trash(mailed);
    site.publish("Without the cake", BODY);
    readers.get(&["Without the cake"]).await;
    site.restore(mailed);
    site.publish("With the cake", BODY);
    readers.get(&["With the cake"]).await;

    // The last changed is the first, among them one that the feed had not shown for long.
    site.set("feed_order", "modified");
    let oldest = site.seeded()[0]["number"].as_u64().expect("a number");
    site.edit(oldest, "Toast & more", BODY);
    let reason = readers.decided("Toast & more", "held").await;
    assert_eq!(reason, "dated 40 days before it was seen, more than publish.max_age_hours = 72");
    site.edit(mailed, "The best cake", BODY);
    site.publish("In another order", BODY);
    readers.get(&["In another order"]).await;
    site.set("feed_order", "");

    site.set("permalink_structure", "/archives/%post_id%");
    site.publish("At another address", BODY);
    readers.get(&["At another address"]).await;
}

/// The server answers 500 for a time.
async fn outage(site: &WordPress, readers: &mut Readers) {
    site.break_down();
    site.publish("In the dark", BODY);
    until("the outage is noticed", || readers.blog("last_error").contains("500")).await;
    readers.have_no_more();
    site.mend();
    readers.get(&["In the dark"]).await;
    assert_eq!(readers.blog("last_error"), "", "it is well again");
}

/// Another address, then other ids.
async fn moves(site: &mut WordPress, readers: &mut Readers) {
    let old = site.url().to_owned();
    site.move_away();
    site.publish("In the new house", BODY);
    readers.get(&["In the new house"]).await;
    assert_eq!(readers.blog("feed_url"), site.feed_url());
    // It pings from there.
    site.set("ping_sites", &format!("{}/hooks/ping", readers.process.url()));
    site.run_cron();
    let heard = || readers.process.output().contains("a blog says that it has something new");
    until("the ping is understood", heard).await;
    site.set("ping_sites", "");

    // What was written in the new house has its guid already, the others get one.
    site.replace_guids(&old, site.url());
    site.publish("Settled", BODY);
    readers.get(&["Settled"]).await;
    let rows = readers.decisions().len();

    // Every one of them, between two looks.
    site.replace_guids(site.url(), "https://tea.example");
    site.publish("Settled well", BODY);
    readers.get(&["Settled well"]).await;
    assert_eq!(readers.decisions().len(), rows + 1, "the others are known: {:#?}", readers.decisions());
}
