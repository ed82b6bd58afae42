//! Mails that strangers can cause, and how few of them (S19).

use std::collections::BTreeMap;

use postbell::domain::{
    Cause, Change, ConsentKind, DAY_MS, DeliveryKind, Evidence, HOUR_MS, SubscriptionStatus, Transition,
};
use postbell::store::NewDelivery;
use postbell::upkeep::{Policy, Upkeep};

use crate::support::server::TestServer;
use crate::support::stores::{NOW, address, import_row};

crate::for_each_database!(
    each_kind_of_mail_that_a_stranger_can_cause_is_bounded,
    a_hundred_tagged_addresses_bring_one_inbox_five_mails_a_day,
    the_spellings_of_one_mailbox_at_each_provider_bring_one_question,
    leaving_and_taking_it_back_all_day_brings_one_goodbye,
    the_link_comes_once_an_hour_and_three_times_a_day_where_something_was_confirmed,
    a_link_that_was_used_gives_its_place_back_and_only_its_own,
    nothing_resets_a_count,
    a_mail_that_is_withheld_says_why,
);

async fn server() -> TestServer {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    server
}

async fn kinds(server: &TestServer) -> Vec<String> {
    let mut kinds: Vec<String> = server.deliver().await.into_iter().map(|mail| mail.head.kind).collect();
    kinds.sort();
    kinds
}

async fn ask_link(server: &TestServer, address: &str) {
    assert_eq!(server.post_form("/manage", &[("email", address)]).await.status, 200);
}

/// Every kind there is; one that is added and not named here does not compile.
fn all_kinds() -> Vec<DeliveryKind> {
    use DeliveryKind as K;
    let all = vec![K::Confirm, K::Reminder, K::Manage, K::Welcome, K::Goodbye, K::Notice, K::Test, K::Post];
    for kind in &all {
        match kind {
            K::Confirm | K::Reminder | K::Manage | K::Welcome => {}
            K::Goodbye | K::Notice | K::Test | K::Post => {}
        }
    }
    all
}

/// S19: what a stranger does to cause a mail of this kind, thirty times in a
/// day, leads to no more than the bound allows; a kind for which nothing is
/// written here must not be one that strangers can cause.
async fn each_kind_of_mail_that_a_stranger_can_cause_is_bounded() {
    for kind in all_kinds() {
        let server = server().await;
        let whom = "kim@example.org";
        let links = server.follower("musings", whom).await;
        server.clock.advance_ms(2 * DAY_MS);
        server.deliver().await;
        let mut caused = 0;
        for _ in 0..30 {
            match kind {
                DeliveryKind::Confirm => drop(server.sign_up("musings", "new@example.org").await),
                DeliveryKind::Reminder => drop(server.sign_up("musings", whom).await),
                DeliveryKind::Manage => ask_link(&server, whom).await,
                DeliveryKind::Goodbye => {
                    server.post(&links.leave).await;
                    server.post_form(&links.leave, &[("do", "undo")]).await;
                }
                _ => assert!(matches!(kind.cause(), Cause::Trusted(_)), "how is {kind:?} caused?"),
            }
            caused += kinds(&server).await.iter().filter(|one| **one == kind.as_str()).count();
            server.clock.advance_ms(DAY_MS / 31);
        }
        let most = match kind {
            DeliveryKind::Confirm | DeliveryKind::Reminder | DeliveryKind::Goodbye => 1,
            DeliveryKind::Manage => 3,
            _ => 0,
        };
        assert_eq!(caused, most, "{kind:?}");
        // And past the one place where they are counted none is written.
        let past = NewDelivery {
            kind,
            blog_id: None,
            subscription_id: None,
            subscriber_id: None,
            to: Some(address(whom)),
            payload: None,
        };
        let is_bounded = matches!(kind.cause(), Cause::Stranger(_));
        assert_eq!(server.opened.store.enqueue(&past, NOW).await.is_err(), is_bounded, "{kind:?}");
    }
}

/// S19: the attack that was tried, by its own numbers.
async fn a_hundred_tagged_addresses_bring_one_inbox_five_mails_a_day() {
    let server = server().await;
    let blog = server.opened.store.find_blog("musings").await.unwrap().unwrap();
    let tagged: Vec<String> = (0..120).map(|n| format!("k.i.m+{n}@gmail.com")).collect();
    for one in &tagged {
        server.sign_up("musings", one).await;
    }
    assert_eq!(kinds(&server).await, ["confirm"], "one canonical address, one question");
    server.clock.advance_ms(2 * DAY_MS);
    // Never confirmed: no link at all.
    for one in &tagged {
        ask_link(&server, one).await;
    }
    assert_eq!(kinds(&server).await, [] as [&str; 0]);
    // And if all of them were followers.
    let rows: Vec<_> = tagged.iter().map(|one| import_row(one, SubscriptionStatus::Active)).collect();
    let kind = ConsentKind::Imported;
    server.opened.store.import(blog.id, &rows, kind, NOW).await.unwrap();
    for slug in ["a", "b", "c", "d", "e", "f"] {
        server.opened.blog(slug).await;
    }
    let mut all = Vec::new();
    for _ in 0..23 {
        for one in tagged.iter().take(20) {
            ask_link(&server, one).await;
        }
        for slug in ["musings", "a", "b", "c", "d", "e", "f"] {
            server.sign_up(slug, "kim@googlemail.com").await;
        }
        all.extend(kinds(&server).await);
        server.clock.advance_ms(HOUR_MS);
    }
    assert_eq!(all.len(), 5, "{all:?}");
}

/// S19: beside tags and the dots of Gmail.
async fn the_spellings_of_one_mailbox_at_each_provider_bring_one_question() {
    let server = server().await;
    for spellings in [
        &["a@kim.fastmail.com", "b@kim.fastmail.com", "kim@fastmail.com"][..],
        &["kimlee@proton.me", "kim.lee@pm.me", "kim_lee@protonmail.com"],
        &["kim-lee@yandex.ru", "kim.lee@ya.ru", "kim.lee@yandex.com"],
        &["kim@icloud.com", "kim@me.com", "kim+a@mac.com"],
        &["kim-a@yahoo.com", "kim-b@yahoo.com"],
        &["kim+a@hotmail.com", "kim+b@hotmail.com"],
    ] {
        for one in spellings {
            assert_eq!(server.sign_up("musings", one).await.status, 202);
        }
        assert_eq!(kinds(&server).await, ["confirm"], "{spellings:?}");
    }
}

/// S19
async fn leaving_and_taking_it_back_all_day_brings_one_goodbye() {
    let server = server().await;
    let links = server.follower("musings", "kim@example.org").await;
    for _ in 0..100 {
        assert_eq!(server.post(&links.leave).await.status, 200);
        assert_eq!(server.post_form(&links.leave, &[("do", "undo")]).await.status, 200);
    }
    assert_eq!(kinds(&server).await, ["goodbye"]);
    server.clock.advance_ms(DAY_MS + 1);
    server.post(&links.leave).await;
    assert_eq!(kinds(&server).await, ["goodbye"]);
}

/// S19
async fn the_link_comes_once_an_hour_and_three_times_a_day_where_something_was_confirmed() {
    let server = server().await;
    server.sign_up("musings", "new@example.org").await;
    server.deliver().await;
    server.follower("musings", "kim@example.org").await;
    server.clock.advance_ms(2 * DAY_MS);
    let mut sent = Vec::new();
    for hour in 0..26 {
        for whom in ["new@example.org", "nobody@example.org", "kim@example.org", "Kim+tag@example.org"] {
            ask_link(&server, whom).await;
        }
        if !kinds(&server).await.is_empty() {
            sent.push(hour);
        }
        server.clock.advance_ms(HOUR_MS + 1);
    }
    assert_eq!(sent, [0, 1, 2, 24, 25]);
}

/// S19
async fn a_link_that_was_used_gives_its_place_back_and_only_its_own() {
    let server = TestServer::start().await;
    // Whoever confirms may go on: six blogs and more in a day.
    for n in 0..8 {
        server.opened.blog(&format!("blog-{n}")).await;
        server.follower(&format!("blog-{n}"), "kim@example.org").await;
    }
    // Signing up again is no second question on that day all the same.
    server.sign_up("blog-0", "kim@example.org").await;
    assert_eq!(kinds(&server).await, [] as [&str; 0]);

    server.clock.advance_ms(2 * DAY_MS);
    let used = async |link: &str| server.post_form(link, &[("do", "download")]).await.status;
    ask_link(&server, "kim@example.org").await;
    let first = server.link(&server.deliver_one().await, "manage");
    ask_link(&server, "kim@example.org").await;
    assert_eq!(kinds(&server).await, [] as [&str; 0]);
    // Looking is no use of it (D5).
    server.get(&first).await;
    ask_link(&server, "kim@example.org").await;
    assert_eq!(kinds(&server).await, [] as [&str; 0]);
    assert_eq!(used(&first).await, 200);
    server.clock.advance_ms(1);
    ask_link(&server, "kim@example.org").await;
    assert_eq!(kinds(&server).await, ["manage"]);
    // A forwarded link gives nothing back but the place of its own mail.
    for _ in 0..20 {
        assert_eq!(used(&first).await, 200);
        ask_link(&server, "kim@example.org").await;
        assert_eq!(kinds(&server).await, [] as [&str; 0]);
    }
}

/// S19: neither expiry nor erasure nor leaving.
async fn nothing_resets_a_count() {
    let server = server().await;
    let links = server.follower("musings", "kim@example.org").await;
    server.post(&links.leave).await;
    assert_eq!(kinds(&server).await, ["goodbye"]);
    assert!(server.opened.store.erase_subscriber(&address("kim@example.org"), NOW).await.unwrap());
    let upkeep = Upkeep {
        store: server.opened.store.clone(),
        clock: server.clock.clone(),
        policy: Policy { pending_days: 0, ended_days: 0, log_days: 0 },
    };
    server.clock.advance_ms(HOUR_MS);
    upkeep.tick().await.unwrap();
    server.sign_up("musings", "kim@example.org").await;
    assert_eq!(kinds(&server).await, [] as [&str; 0], "asked once today");
    let blog = server.opened.store.find_blog("musings").await.unwrap().unwrap();
    let id = server.opened.follow(&blog, "kim@example.org", NOW.plus_ms(HOUR_MS)).await;
    let end =
        Transition { change: Change::End, consent: ConsentKind::Left, mail: Some(DeliveryKind::Goodbye) };
    let store = &server.opened.store;
    store.transition(id, &|_| Some(end), &Evidence::default(), NOW.plus_ms(HOUR_MS)).await.unwrap();
    assert_eq!(kinds(&server).await, [] as [&str; 0], "one goodbye a subscription, new row or old");
}

/// What is withheld leaves its row and the reason, as before.
async fn a_mail_that_is_withheld_says_why() {
    let server = server().await;
    let links = server.follower("musings", "kim@example.org").await;
    for _ in 0..2 {
        ask_link(&server, "kim@example.org").await;
        server.post(&links.leave).await;
        server.post_form(&links.leave, &[("do", "undo")]).await;
        server.sign_up("musings", "kim@example.org").await;
    }
    ask_link(&server, "nobody@example.org").await;
    let mut withheld: BTreeMap<String, i64> = BTreeMap::new();
    for kind in ["manage", "goodbye", "reminder"] {
        let count = format!(
            "SELECT COUNT(*) FROM deliveries WHERE kind = '{kind}' AND status = 'withheld' AND reason IS NOT NULL"
        );
        withheld.insert(kind.to_owned(), server.opened.number(&count).await);
    }
    let expected = [("goodbye", 1), ("manage", 2), ("reminder", 2)].map(|(kind, n)| (kind.to_owned(), n));
    assert_eq!(withheld, BTreeMap::from(expected));
}
