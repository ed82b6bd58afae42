//! Nobody learns from the form who follows (S1).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use postbell::domain::{Change, ConsentKind, SubscriptionStatus, SuppressionReason};
use postbell::store::{ImportRow, SignUpLimits};

use crate::support::server::{Answer, TestServer};
use crate::support::stores::{NOW, address, import_row};

crate::for_each_database!(
    every_address_gets_one_answer_and_writes_as_many_rows,
    the_owner_of_an_address_gets_what_fits_and_the_suppressed_nothing,
    the_time_to_an_answer_tells_nothing,
    asking_for_the_link_gets_one_answer_and_writes_as_many_rows,
    the_time_to_ask_for_the_link_tells_nothing,
);

/// An address for each case, each in its state.
async fn cast(server: &TestServer) -> Vec<(&'static str, String)> {
    let opened = &server.opened;
    let blog = opened.store.find_blog("musings").await.unwrap().unwrap();
    opened.sign_up(&blog, "pending@example.org", NOW).await;
    let expired = opened.sign_up(&blog, "expired@example.org", NOW.plus_ms(-100 * 3_600_000)).await;
    assert!(opened.store.get_subscription(expired).await.unwrap().unwrap().is_expired(NOW));
    opened.follow(&blog, "active@example.org", NOW).await;
    let paused = opened.follow(&blog, "paused@example.org", NOW).await;
    opened.change(paused, Change::Pause(None), NOW).await;
    let ended = opened.follow(&blog, "ended@example.org", NOW).await;
    opened.change(ended, Change::End, NOW).await;
    opened.follow(&blog, "erased@example.org", NOW).await;
    assert!(opened.store.erase_subscriber(&address("erased@example.org"), NOW).await.unwrap());
    for (name, reason, of) in [
        ("bounced", SuppressionReason::Bounced, None),
        ("complained", SuppressionReason::Complained, None),
        ("manual", SuppressionReason::Manual, None),
        ("unsubscribed", SuppressionReason::Unsubscribed, Some(blog.id)),
    ] {
        let whom = address(&format!("{name}@example.org"));
        opened.store.suppress(&whom, of, reason, NOW).await.unwrap();
    }
    [
        "new",
        "pending",
        "expired",
        "active",
        "paused",
        "ended",
        "erased",
        "bounced",
        "complained",
        "manual",
        "unsubscribed",
    ]
    .into_iter()
    .map(|name| (name, format!("{name}@example.org")))
    .collect()
}

/// An answer without what may differ: date, request id, value of the cookie.
fn without_the_changing(answer: Answer) -> Answer {
    let headers = answer.headers.into_iter().filter(|(name, _)| name != "date" && name != "x-request-id");
    let headers = headers.map(|(name, value)| {
        if name != "set-cookie" {
            return (name, value);
        }
        let (cookie, attributes) = value.split_once(';').unwrap();
        (name, format!("{} letters;{attributes}", cookie.len()))
    });
    Answer { headers: headers.collect(), ..answer }
}

/// S1
async fn every_address_gets_one_answer_and_writes_as_many_rows() {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    let cast = cast(&server).await;
    // The counters of this hour are there before anyone is compared.
    server.sign_up("musings", "first@example.org").await;
    for is_json in [true, false] {
        let mut seen: Vec<(&str, Answer, BTreeMap<String, i64>)> = Vec::new();
        for (name, address) in &cast {
            let before = counts(&server).await;
            let answer = match is_json {
                true => server.sign_up("musings", address).await,
                false => server.post_form("/b/musings/follow", &[("email", address)]).await,
            };
            let mut written = counts(&server).await;
            written.iter_mut().for_each(|(table, rows)| *rows -= before[table]);
            // A person who was not there is a new row: the follower's state.
            written.retain(|table, _| table != "subscribers" && table != "subscriptions");
            seen.push((name, without_the_changing(answer), written));
        }
        let (_, answer, written) = &seen[0];
        assert_eq!(answer.status, if is_json { 202 } else { 303 });
        for table in ["consents", "confirmations", "singles"] {
            assert_eq!(written[table], 1, "{table}");
        }
        for (name, other, rows) in &seen[1..] {
            assert_eq!(other, answer, "{name}");
            assert_eq!(rows, written, "{name}");
        }
    }
}

async fn counts(server: &TestServer) -> BTreeMap<String, i64> {
    let dump = server.opened.dump().await;
    dump.into_iter().map(|(table, rows)| (table, rows.len() as i64)).collect()
}

/// S1: what its owner gets.
async fn the_owner_of_an_address_gets_what_fits_and_the_suppressed_nothing() {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    let cast = cast(&server).await;
    server.deliver().await;
    // A day later, so that the mails of the preparation do not count.
    server.clock.advance_seconds(25 * 3_600);
    for (_, address) in &cast {
        server.sign_up("musings", address).await;
    }
    let mails = server.deliver().await;
    let got: BTreeMap<&str, &str> =
        mails.iter().map(|mail| (mail.head.recipient.split('@').next().unwrap(), &*mail.head.kind)).collect();
    let expected = [
        ("active", "reminder"),
        ("ended", "confirm"),
        ("erased", "confirm"),
        ("expired", "confirm"),
        ("new", "confirm"),
        ("paused", "reminder"),
        ("pending", "confirm"),
        ("unsubscribed", "confirm"),
    ];
    assert_eq!(got, BTreeMap::from(expected));
    for mail in &mails {
        if mail.head.kind == "reminder" {
            server.link(mail, "unsubscribe");
        }
    }
}

/// S1
async fn asking_for_the_link_gets_one_answer_and_writes_as_many_rows() {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    let cast = cast(&server).await;
    let mut seen: Vec<(&str, Answer, BTreeMap<String, i64>)> = Vec::new();
    // The second time is over the bound of those who got it.
    for (name, address) in cast.iter().chain(&cast) {
        let before = counts(&server).await;
        let answer = server.post_form("/manage", &[("email", address)]).await;
        let mut written = counts(&server).await;
        written.iter_mut().for_each(|(table, rows)| *rows -= before[table]);
        seen.push((name, without_the_changing(answer), written));
    }
    let (_, answer, written) = &seen[0];
    assert_eq!((answer.status, written["confirmations"], written["singles"]), (200, 1, 1));
    for (name, other, rows) in &seen[1..] {
        assert_eq!((other, rows), (answer, written), "{name}");
    }
    let got: BTreeMap<String, i64> = server
        .deliver()
        .await
        .into_iter()
        .map(|mail| (mail.head.kind + " " + &mail.head.recipient, 1))
        .collect();
    let links: Vec<&String> = got.keys().filter(|mail| mail.starts_with("manage")).collect();
    let whom = ["active", "ended", "paused"].map(|name| format!("manage {name}@example.org"));
    assert_eq!(links, whom.iter().collect::<Vec<_>>(), "where something was once confirmed");
}

/// S1: the medians of 500 interleaved requests differ by less than 10 %.
async fn the_time_to_an_answer_tells_nothing() {
    let server = TestServer::start().await;
    let blog = server.opened.blog("musings").await;
    let store = &server.opened.store;
    let prepare = async |attempt: usize| {
        let active: Vec<_> = rows("active", attempt, SubscriptionStatus::Active);
        store.import(blog.id, &active, ConsentKind::Imported, NOW).await.unwrap();
        for n in 0..ROUNDS {
            let whom = address(&name("bounced", attempt, n));
            store.suppress(&whom, None, SuppressionReason::Bounced, NOW).await.unwrap();
        }
    };
    let ask = async |address: &str| {
        assert_eq!(server.sign_up("musings", address).await.status, 202);
    };
    medians_are_alike(&["new", "active", "bounced"], prepare, ask).await;
}

/// S1: the same for the link, with limits as they come.
async fn the_time_to_ask_for_the_link_tells_nothing() {
    let server = TestServer::with(|setup| {
        setup.limits = SignUpLimits { per_ip: 1_000_000, per_network: 1_000_000, per_instance: 1_000_000 };
    })
    .await;
    let blog = server.opened.blog("musings").await;
    let store = &server.opened.store;
    let prepare = async |attempt: usize| {
        for (kind, status) in [
            ("pending", SubscriptionStatus::Pending),
            ("active", SubscriptionStatus::Active),
            ("ended", SubscriptionStatus::Active),
            ("bounced", SubscriptionStatus::Active),
            ("erased", SubscriptionStatus::Active),
        ] {
            store.import(blog.id, &rows(kind, attempt, status), ConsentKind::Imported, NOW).await.unwrap();
        }
        let ended = "UPDATE subscriptions SET status = 'ended', ended_at = 5 WHERE subscriber_id IN \
                     (SELECT id FROM subscribers WHERE address LIKE 'ended%')";
        server.opened.raw(ended).await.unwrap();
        for n in 0..ROUNDS {
            let whom = address(&name("bounced", attempt, n));
            store.suppress(&whom, None, SuppressionReason::Bounced, NOW).await.unwrap();
            assert!(store.erase_subscriber(&address(&name("erased", attempt, n)), NOW).await.unwrap());
        }
    };
    let ask = async |address: &str| {
        assert_eq!(server.post_form("/manage", &[("email", address)]).await.status, 200);
    };
    medians_are_alike(&["unknown", "pending", "active", "ended", "bounced", "erased"], prepare, ask).await;
}

const ROUNDS: usize = 500;

fn name(kind: &str, attempt: usize, n: usize) -> String {
    format!("{kind}-{attempt}-{n}@example.org")
}

fn rows(kind: &str, attempt: usize, status: SubscriptionStatus) -> Vec<ImportRow> {
    (0..ROUNDS).map(|n| import_row(&name(kind, attempt, n), status)).collect()
}

/// Interleaved requests, an address for each; three tries, as the machine has
/// other things to do.
async fn medians_are_alike(kinds: &[&str], prepare: impl AsyncFn(usize), ask: impl AsyncFn(&str)) {
    let mut told = Vec::new();
    for attempt in 0..3 {
        prepare(attempt).await;
        let mut took: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
        for n in 0..ROUNDS {
            for turn in 0..kinds.len() {
                // The order changes, so that none always comes after the same other.
                let kind = kinds[(turn + n) % kinds.len()];
                let began = Instant::now();
                ask(&name(kind, attempt, n)).await;
                took.entry(kind).or_default().push(began.elapsed());
            }
        }
        let medians: BTreeMap<&str, Duration> = took
            .into_iter()
            .map(|(kind, mut times)| {
                times.sort();
                (kind, times[times.len() / 2])
            })
            .collect();
        let (least, most) = (medians.values().min().unwrap(), medians.values().max().unwrap());
        let differ = most.as_secs_f64() / least.as_secs_f64() - 1.0;
        println!("S1: medians of {ROUNDS} each: {medians:?}; they differ by {:.1} %", differ * 100.0);
        if differ < 0.10 {
            return;
        }
        told.push(medians);
    }
    panic!("three times the medians differed by 10 % or more: {told:?}");
}
