//! The real process killed, stopped and starved of disk in the middle of a
//! send, against a mail server that records every mail.

mod taking_back;

use std::process::Command;
use std::time::{Duration, Instant};

use data_encoding::BASE64URL_NOPAD;
use postbell::clock::{Clock as _, SystemClock};
use postbell::domain::{Keys, Purpose, SealedRow, SubscriptionStatus};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::support::fault_smtp::{FaultSmtp, Judgement};
use crate::support::feed_site::FeedSite;
use crate::support::house::{House, client, until};
use crate::support::process::Process;
use crate::support::stores::{DATABASE, Database, address};

const CONNECTIONS: usize = 10;

crate::for_each_database!(
    twenty_kills_in_mid_send_lose_nobody_and_double_no_more_than_what_was_in_flight,
    a_stop_in_mid_send_ends_soon_and_doubles_nothing,
    a_stop_does_not_wait_for_a_server_that_leaves_the_dot_unanswered,
    what_was_answered_with_2xx_is_there_after_a_kill,
    a_full_disk_is_answered_with_503_and_all_goes_on_when_there_is_space_again,
    a_relay_that_dies_in_mid_send_leaves_the_rest_to_the_next,
);

/// A blog with followers, a pending reader, and one new post.
async fn ready(server: &FaultSmtp, followers: usize, more: &[(&'static str, &str)]) -> (House, Vec<String>) {
    let site = FeedSite::start();
    let house = House::here(&format!("smtp://127.0.0.1:{}", server.port), more).await;
    house.add_blog(&site.url());
    let readers: Vec<String> = (0..followers).map(|n| format!("r{n}@example.com")).collect();
    house.import(&readers, "active");
    house.import(&["pending@example.com".to_owned()], "pending");
    site.publish("News");
    (house, readers)
}

async fn until_done(house: &House, server: &FaultSmtp, readers: &[String]) {
    until("every mail is there", || server.judge(readers, None).lost.is_empty()).await;
    until("the mailing is done", || house.mailing_status() == "done").await;
}

/// R1, R2
async fn twenty_kills_in_mid_send_lose_nobody_and_double_no_more_than_what_was_in_flight() {
    let server = FaultSmtp::start(&[("slow", "0.08")]);
    let (house, readers) = ready(&server, 1_000, &[]).await;
    let mut moments = StdRng::seed_from_u64(20);
    // With PostgreSQL, what a life has in hand before its first mail is taken
    // up again a minute after its end.
    let mut first = house.serve();
    until("mails are leaving", || !server.accepted().is_empty()).await;
    first.kill();
    let (mut kills, mut in_mid_send) = (1, 1);
    // On a busy machine some lives end before their first mail.
    while kills < 20 || (in_mid_send < 10 && kills < 60) {
        let mut process = house.serve();
        let began = server.accepted().len();
        tokio::time::sleep(Duration::from_millis(moments.random_range(20..600))).await;
        process.kill();
        kills += 1;
        in_mid_send += usize::from(server.accepted().len() > began);
    }
    let lost = server.judge(&readers, None).lost.len();
    assert!(lost > 0, "the last kill came after the last mail: make the server slower");
    let mut process = house.serve();
    until_done(&house, &server, &readers).await;
    process.terminate();
    let judged = server.judge(&readers, Some("News"));
    println!(
        "{kills} kills, {in_mid_send} of them while mails were leaving: 0 lost of {}, {} extra copies (at most {})",
        readers.len(),
        judged.extra_copies,
        kills * 2 * CONNECTIONS
    );
    assert!(judged.lost.is_empty() && judged.strangers.is_empty(), "{judged:?}");
    assert!(judged.new_ids.is_empty(), "each copy has the Message-ID of the first");
    assert!(judged.extra_copies <= kills * 2 * CONNECTIONS, "{}", judged.extra_copies);
    assert!(in_mid_send >= 10, "{in_mid_send}");
    assert_eq!(server.accepted().len(), readers.len() + judged.extra_copies, "and no other mail");
}

/// R15
async fn a_stop_in_mid_send_ends_soon_and_doubles_nothing() {
    let server = FaultSmtp::start(&[("slow", "0.2")]);
    let (house, readers) = ready(&server, 150, &[]).await;
    let mut process = house.serve();
    until("mails are leaving", || server.accepted().len() > 20).await;
    let (status, took) = process.terminate();
    assert!(status.success(), "{status}: {}", process.output());
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(server.judge(&readers, None).lost.len() > 20, "it was stopped in mid-send");
    let _process = house.serve();
    until_done(&house, &server, &readers).await;
    assert_eq!(server.judge(&readers, None), Judgement::default());
}

/// R15
async fn a_stop_does_not_wait_for_a_server_that_leaves_the_dot_unanswered() {
    let server = FaultSmtp::start(&[("stalldot", "1"), ("times", "10")]);
    let (house, readers) = ready(&server, 30, &[]).await;
    let mut process = house.serve();
    until("every connection is made", || server.connections() >= CONNECTIONS).await;
    let (status, took) = process.terminate();
    assert!(status.success(), "{status}: {}", process.output());
    assert!(took < Duration::from_secs(10), "{took:?}");
    let _process = house.serve();
    until_done(&house, &server, &readers).await;
    let judged = server.judge(&readers, None);
    assert!(judged.extra_copies <= CONNECTIONS && judged.strangers.is_empty(), "{judged:?}");
}

/// R4: one hundred of each; the kill comes right after the last answer.
async fn what_was_answered_with_2xx_is_there_after_a_kill() {
    const EACH: usize = 100;
    const IN_ONE_LIFE: usize = 4;
    let server = FaultSmtp::start(&[]);
    let (house, leaving) = ready(&server, EACH, &[]).await;
    let confirming: Vec<String> = (0..EACH).map(|n| format!("c{n}@example.com")).collect();
    house.import(&confirming, "pending");
    let signing: Vec<String> = (0..EACH).map(|n| format!("s{n}@example.com")).collect();
    // The first start makes the key.
    drop(house.serve());
    let secret = std::fs::read_to_string(house.folder().join("data/secret.key")).unwrap();
    let keys = Keys::new(&[BASE64URL_NOPAD.decode(secret.trim().as_bytes()).unwrap()]).unwrap();
    let rows = rows(&house, &keys, [&leaving, &confirming]).await;

    let client = client();
    let mut answered = [0, 0, 0];
    for life in 0..EACH / IN_ONE_LIFE {
        let mut process = house.serve();
        let url = process.url().to_owned();
        for n in life * IN_ONE_LIFE..(life + 1) * IN_ONE_LIFE {
            let follow = client
                .post(format!("{url}/b/kim/follow"))
                .header("content-type", "application/json")
                .body(format!("{{\"email\":\"{}\"}}", signing[n]));
            let confirm = keys.sign(Purpose::Confirm, rows[1][n], Some(SystemClock.now().plus_ms(60_000)));
            let confirm = client.post(format!("{url}/confirm/{confirm}"));
            let leave = keys.sign(Purpose::Unsubscribe, rows[0][n], None);
            let leave = client.post(format!("{url}/unsubscribe/{leave}")).body("List-Unsubscribe=One-Click");
            let answers = tokio::join!(follow.send(), confirm.send(), leave.send());
            if n + 1 == (life + 1) * IN_ONE_LIFE {
                process.kill();
            }
            for (what, answer) in [answers.0, answers.1, answers.2].into_iter().enumerate() {
                let status = answer.unwrap().status();
                assert!(status.is_success(), "{what}: {status}: {}", process.output());
                answered[what] += 1;
            }
        }
    }
    assert_eq!(answered, [EACH; 3]);
    let store = house.store(keys).await;
    for (readers, expected) in [
        (&signing, SubscriptionStatus::Pending),
        (&confirming, SubscriptionStatus::Active),
        (&leaving, SubscriptionStatus::Ended),
    ] {
        for reader in readers {
            let found = store.find_subscriber(&address(reader)).await.unwrap();
            let found = found.unwrap_or_else(|| panic!("{reader} is lost"));
            assert_eq!(store.list_subscriptions(found.id).await.unwrap()[0].status, expected, "{reader}");
        }
    }
}

/// What links to these readers' subscriptions are made of.
async fn rows(house: &House, keys: &Keys, of: [&Vec<String>; 2]) -> [Vec<SealedRow>; 2] {
    let store = house.store(keys.clone()).await;
    assert_eq!(store.list_blogs().await.unwrap().len(), 1);
    let mut out = [Vec::new(), Vec::new()];
    for (readers, out) in of.into_iter().zip(&mut out) {
        for reader in readers {
            let found = store.find_subscriber(&address(reader)).await.unwrap().unwrap();
            out.push(store.list_subscriptions(found.id).await.unwrap()[0].sealed());
        }
    }
    out
}

/// The most that a file of the process may hold: none, like a full disk; or
/// as before.
fn limit_files(process: &Process, limit: &str) {
    let told = Command::new("prlimit")
        .args(["--pid", &process.id().to_string(), &format!("--fsize={limit}:")])
        .status();
    assert!(told.expect("prlimit runs").success());
}

/// The disk of the database is full, or no longer.
async fn fill_disk(house: &House, process: &Process, is_full: bool) {
    match DATABASE.get() {
        Database::Sqlite => limit_files(process, if is_full { "0" } else { "unlimited" }),
        Database::Postgres => house.fill_disk_of_server(is_full).await,
    }
}

/// R10
async fn a_full_disk_is_answered_with_503_and_all_goes_on_when_there_is_space_again() {
    let server = FaultSmtp::start(&[("slow", "0.1")]);
    let (house, readers) = ready(&server, 200, &[]).await;
    let process = house.serve_through("env", &["--ignore-signal=XFSZ"]);
    until("mails are leaving", || server.accepted().len() > 20).await;
    fill_disk(&house, &process, true).await;
    let sign_up = || {
        let request = client().post(format!("{}/b/kim/follow", process.url()));
        request.header("content-type", "application/json").body("{\"email\":\"new@example.org\"}").send()
    };
    assert_eq!(sign_up().await.unwrap().status(), 503, "{}", process.output());
    let front = client().get(format!("{}/b/kim", process.url())).send().await.unwrap();
    assert_eq!(front.status(), 200, "reading goes on");
    // It stops by itself, two mails a connection later at most.
    let mut last = (server.accepted().len(), Instant::now());
    until("no mail leaves any more", || {
        let now = server.accepted().len();
        if now != last.0 {
            last = (now, Instant::now());
        }
        last.1.elapsed() > Duration::from_secs(2)
    })
    .await;
    assert!(!server.judge(&readers, None).lost.is_empty(), "it was stopped in mid-send");
    fill_disk(&house, &process, false).await;
    until_done(&house, &server, &readers).await;
    let posts = server.judge(&readers, Some("News"));
    assert_eq!(posts, Judgement::default(), "{}", process.output());
    assert_eq!(sign_up().await.unwrap().status(), 202);
}

/// R1, R3
async fn a_relay_that_dies_in_mid_send_leaves_the_rest_to_the_next() {
    let (mut first, second) = (FaultSmtp::start(&[("slow", "0.08")]), FaultSmtp::start(&[]));
    let (house, readers) = ready(&first, 500, &[]).await;
    let next = format!("[[smtp.relay]]\nurl = \"smtp://127.0.0.1:{}\"\n", second.port);
    std::fs::write(house.folder().join("postbell.toml"), next).expect("a file in a folder of ours");
    let process = house.serve();
    until("mails are leaving", || first.accepted().len() > 50).await;
    assert!(second.accepted().is_empty(), "the next is not asked while the first one answers");
    first.kill();
    let all = || [first.accepted(), second.accepted()].concat();
    until("every mail is there", || Judgement::of(all(), &readers, None).lost.is_empty()).await;
    until("the mailing is done", || house.mailing_status() == "done").await;
    let posts = Judgement::of(all(), &readers, Some("News"));
    let extra_copies = posts.extra_copies;
    assert_eq!(posts, Judgement { extra_copies, ..Judgement::default() }, "{}", process.output());
    assert!(extra_copies <= CONNECTIONS, "{extra_copies} copies for {CONNECTIONS} cut connections");
    assert!(!second.accepted().is_empty());
}
