//! The real process on both databases: killed in its midst, and what a list of
//! those who get no mail does to a sign-up.

use std::time::{Duration, Instant};

use postbell::domain::{ConsentKind, SubscriptionStatus};
use postbell::store::SubscriberFilter;
use serde_json::{Value, json};

use crate::support::fault_smtp::FaultSmtp;
use crate::support::feed_site::FeedSite;
use crate::support::house::{House, client, until};
use crate::support::stores::{address, keys};

crate::for_each_database!(
    an_import_that_was_killed_and_runs_again_has_everybody_once_and_nobody_who_left,
    who_left_by_a_file_stays_out_on_both_databases,
    who_left_by_a_list_may_sign_up_again_and_is_asked_who_bounced_is_not,
);

/// R1 I1
async fn an_import_that_was_killed_and_runs_again_has_everybody_once_and_nobody_who_left() {
    const ROWS: i64 = 32_000;
    let site = FeedSite::start();
    let house = House::here("smtp://127.0.0.1:9", &[]).await;
    house.add_blog(&site.url());
    let says = ["subscribed", "unsubscribed", "unconfirmed", ""];
    let row = |n: i64| format!("r{n}@example.com,{}\n", says[usize::try_from(n % 4).unwrap()]);
    let text: String = std::iter::once("email,status\n".to_owned()).chain((0..ROWS).map(row)).collect();
    std::fs::write(house.folder().join("list.csv"), text).unwrap();
    let args = ["import", "list.csv", "--blog", "kim", "--status", "active"];
    let store = house.store(keys()).await;
    let blog = store.list_blogs().await.unwrap().remove(0).id;
    // Each life ends soon after it wrote more than the one before.
    for life in 1..4 {
        let mut process = house.begin(&args);
        let deadline = Instant::now() + Duration::from_secs(180);
        while store.count_followers(blog).await.unwrap() < life * 1_500 {
            assert!(Instant::now() < deadline && process.is_running(), "{}", process.output());
            tokio::task::yield_now().await;
        }
        process.kill();
        let there = store.count_followers(blog).await.unwrap();
        assert!(there < ROWS / 2, "the kill came after the last row");
    }
    let report = house.json(&args);
    let counts = ["rows", "left", "refused", "suppressed", "paused"];
    let counts = counts.map(|key| report[key].as_i64().unwrap());
    assert_eq!(counts, [ROWS, ROWS / 4, 0, 0, 0], "{report}");
    let of = |key: &str| report[key].as_i64().unwrap();
    assert_eq!(of("active") + of("pending") + of("unchanged"), ROWS * 3 / 4, "{report}");
    assert!(of("unchanged") >= 4_500, "what was written before the kill stayed: {report}");

    let mut found: Vec<(i64, SubscriptionStatus)> = Vec::new();
    let mut filter = SubscriberFilter::default();
    loop {
        let page = store.page_subscriptions(&filter, 1_000).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.after = Some(last.id);
        let number = |address: &str| address[1..].split('@').next().unwrap().parse().unwrap();
        found.extend(page.iter().map(|one| (number(&one.address), one.status)));
    }
    found.sort_by_key(|(number, _)| *number);
    let right: Vec<_> = (0..ROWS)
        .filter_map(|n| match n % 4 {
            0 | 3 => Some((n, SubscriptionStatus::Active)),
            2 => Some((n, SubscriptionStatus::Pending)),
            _ => None,
        })
        .collect();
    assert!(found == right, "{} subscriptions, {} are right", found.len(), right.len());
    let again = house.json(&args);
    assert_eq!((&again["added"], &again["unchanged"]), (&json!(0), &json!(ROWS * 3 / 4)), "{again}");
}

/// I1 I5
async fn who_left_by_a_file_stays_out_on_both_databases() {
    let site = FeedSite::start();
    let house = House::here("smtp://127.0.0.1:9", &[]).await;
    house.add_blog(&site.url());
    let name = house.folder().join("abgemeldete.csv");
    std::fs::write(&name, "email\nleft@example.com\n").unwrap();
    let name = name.to_string_lossy().into_owned();
    house.run(&["import", &name, "--blog", "kim", "--status", "active"]);
    std::fs::write(
        house.folder().join("list.csv"),
        "email,consent,tags,joined\nleft@example.com,yes,,2024-01-02\nno@example.com,no,,\n\
         tag@example.com,yes,\"x, bounced\",\nyes@example.com,yes,x,2024-01-02\nwaits@example.com,,x,soon\n",
    )
    .unwrap();
    // A date that was not used is told in JSON as well.
    let report = house.json(&["import", "list.csv", "--blog", "kim", "--status", "active"]);
    assert_eq!((&report["active"], &report["dates"]["unreadable"]), (&json!(1), &json!(1)), "{report}");
    let list = house.json(&["subscriber", "list", "--status", "active"]);
    let active: Vec<&Value> = list.as_array().unwrap().iter().map(|one| &one["address"]).collect();
    assert_eq!(active, [&json!("yes@example.com")]);
}

/// I5
async fn who_left_by_a_list_may_sign_up_again_and_is_asked_who_bounced_is_not() {
    let server = FaultSmtp::start(&[]);
    let site = FeedSite::start();
    let house = House::here(&format!("smtp://127.0.0.1:{}", server.port), &[]).await;
    house.add_blog(&site.url());
    house.run(&["blog", "add", &site.url(), "--slug", "lee"]);
    std::fs::write(
        house.folder().join("gone.csv"),
        "email;Grund;Datum\nleft@example.com;unsubscribed;06.05.2024\nbounced@example.com;hard bounce;07.05.2024\n",
    )
    .unwrap();
    house.run(&["suppression", "import", "gone.csv", "--blog", "kim"]);
    let store = house.store(keys()).await;
    let blogs = store.list_blogs().await.unwrap();
    let list = house.json(&["suppression", "list"]);
    let mut told: Vec<[&str; 4]> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|one| ["address", "blog", "reason", "created_at"].map(|key| one[key].as_str().unwrap_or("-")))
        .collect();
    told.sort_unstable();
    let right = [
        ["bounced@example.com", "kim", "bounced", "2024-05-07T00:00:00Z"],
        ["left@example.com", "kim", "unsubscribed", "2024-05-06T00:00:00Z"],
    ];
    assert_eq!(told, right, "{list}");
    // No import brings them back; for the other blog nothing was said.
    std::fs::write(house.folder().join("all.csv"), "email\nleft@example.com\nbounced@example.com\n").unwrap();
    let kim = house.json(&["import", "all.csv", "--blog", "kim", "--status", "active"]);
    assert_eq!((&kim["active"], &kim["refused"]), (&json!(0), &json!(2)), "{kim}");
    assert_eq!(house.json(&["import", "all.csv", "--blog", "lee", "--status", "active"])["active"], json!(2));

    let process = house.serve();
    for who in ["left", "bounced"] {
        let follow = client()
            .post(format!("{}/b/kim/follow", process.url()))
            .header("content-type", "application/json")
            .body(json!({"email": format!("{who}@example.com")}).to_string());
        assert_eq!(follow.send().await.unwrap().status(), 202, "{who} is told nothing else");
    }
    until("who left is asked", || server.recipients().contains(&"left@example.com".to_owned())).await;
    let status = async |who: &str| {
        let found = store.find_subscriber(&address(who)).await.unwrap().unwrap();
        let all = store.list_subscriptions(found.id).await.unwrap();
        let kinds: Vec<ConsentKind> =
            store.list_consents(found.id).await.unwrap().into_iter().map(|one| one.kind).collect();
        (all.into_iter().find(|one| one.blog_id == blogs[0].id).map(|one| one.status), kinds)
    };
    let (left, kinds) = status("left@example.com").await;
    assert_eq!(left, Some(SubscriptionStatus::Pending), "they follow when they say yes");
    assert!(kinds.contains(&ConsentKind::Requested) && !kinds.contains(&ConsentKind::Confirmed), "{kinds:?}");
    assert_eq!(server.recipients(), ["left@example.com"], "who bounced gets no mail");
    assert_eq!(house.json(&["suppression", "list"]).as_array().unwrap().len(), 2, "they stay until a yes");
}
