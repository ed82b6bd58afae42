//! Several processes on one PostgreSQL: who does what, who is there, and what
//! becomes of the work of one that is killed.

use std::process::Command;
use std::time::Duration;

use crate::support::fault_smtp::{FaultSmtp, Judgement};
use crate::support::feed_site::FeedSite;
use crate::support::house::{House, client, until};
use crate::support::process::Process;
use crate::support::stores::{DATABASE, Database};

/// Of each node to the relay.
const CONNECTIONS: usize = 10;

async fn house(server: &FaultSmtp) -> House {
    let url = format!("smtp://127.0.0.1:{}", server.port);
    DATABASE.scope(Database::Postgres, House::here(&url, &[])).await
}

/// A blog with followers and one new post.
async fn ready(server: &FaultSmtp, followers: usize) -> (House, Vec<String>) {
    let site = FeedSite::start();
    let house = house(server).await;
    house.add_blog(&site.url());
    let readers: Vec<String> = (0..followers).map(|n| format!("r{n}@example.com")).collect();
    house.import(&readers, "active");
    site.publish("News");
    (house, readers)
}

/// Sends a signal by its name.
fn signal(process: &Process, name: &str) {
    let told = Command::new("kill").args([&format!("-{name}"), &process.id().to_string()]).status();
    assert!(told.expect("kill(1) runs").success(), "the process had ended before");
}

fn alive(house: &House) -> Vec<String> {
    let nodes = house.json(&["node", "list"]);
    let alive = nodes.as_array().unwrap().iter().filter(|node| node["is_alive"] == true);
    alive.map(|node| node["roles"].as_str().unwrap().to_owned()).collect()
}

/// R12
#[tokio::test]
async fn roles_on_three_processes_do_what_one_does() {
    let server = FaultSmtp::start(&[]);
    let house = house(&server).await;
    let site = FeedSite::start();
    house.add_blog(&site.url());
    let readers: Vec<String> = (0..20).map(|n| format!("r{n}@example.com")).collect();
    house.import(&readers, "active");
    let web = house.serve_as("web");
    let mut scheduler = house.serve_silently("scheduler");
    let mut sender = house.serve_silently("sender");
    until("all three are there", || {
        let mut roles = alive(&house);
        roles.sort();
        roles == ["scheduler", "sender", "web"]
    })
    .await;
    let follow = client().post(format!("{}/b/kim/follow", web.url()));
    let follow = follow.header("content-type", "application/json").body("{\"email\":\"new@example.org\"}");
    assert_eq!(follow.send().await.unwrap().status(), 202);
    until("the question is there", || server.accepted().iter().any(|mail| mail.rcpt == "new@example.org"))
        .await;
    site.publish("News");
    until("every mail is there", || server.judge(&readers, None).lost.is_empty()).await;
    assert_eq!(server.judge(&readers, Some("News")), Judgement::default());
    assert!(sender.terminate().0.success() && scheduler.terminate().0.success());
    until("who ended is off the list", || alive(&house) == ["web"]).await;
}

/// R12, R15: each of four is hit in its own way. scripts/chaos has the long form.
#[tokio::test]
async fn a_node_that_is_killed_or_stopped_past_its_lease_loses_its_lease_and_nothing_else() {
    let server = FaultSmtp::start(&[("slow", "0.1")]);
    let (house, readers) = ready(&server, 2_000).await;
    let mut nodes: Vec<Process> = (0..4).map(|_| house.serve()).collect();
    let [killed, stopped, told, last] = nodes.as_mut_slice() else { unreachable!() };
    until("mails are leaving", || server.accepted().len() > 300).await;
    killed.kill();
    until("more are", || server.accepted().len() > 500).await;
    signal(stopped, "STOP");
    until("more are", || server.accepted().len() > 700).await;
    let (status, took) = told.terminate();
    assert!(status.success() && took < Duration::from_secs(10), "{status}, {took:?}: {}", told.output());
    let waiting = server.judge(&readers, None).lost.len();
    assert!(waiting > 20 * CONNECTIONS, "the blows came too late: only {waiting} were waiting");
    // What the two held comes to the last one when their leases are over.
    until("every mail is there", || server.judge(&readers, None).lost.is_empty()).await;
    until("the mailing is done", || house.mailing_status() == "done").await;
    signal(stopped, "CONT");
    assert!(stopped.terminate().0.success() && last.terminate().0.success());
    let judged = server.judge(&readers, Some("News"));
    println!("{waiting} were waiting after the blows: 0 lost, {} extra copies", judged.extra_copies);
    assert!(judged.lost.is_empty() && judged.strangers.is_empty(), "{judged:?}");
    assert!(judged.new_ids.is_empty(), "each copy has the Message-ID of the first");
    let (of_kill, of_stop) = (2 * CONNECTIONS, CONNECTIONS);
    assert!(judged.extra_copies <= of_kill + of_stop, "{}", judged.extra_copies);
    assert_eq!(server.accepted().len(), readers.len() + judged.extra_copies, "and no other mail");
}

/// R12: no lease runs out in so short a time.
#[tokio::test]
async fn nodes_whose_connections_to_the_database_break_send_on_and_double_nothing() {
    let server = FaultSmtp::start(&[("slow", "0.1")]);
    let (house, readers) = ready(&server, 600).await;
    let mut nodes: Vec<Process> = (0..2).map(|_| house.serve()).collect();
    for mails in [100, 200, 300] {
        until("mails are leaving", || server.accepted().len() > mails).await;
        assert!(house.break_connections().await > 0, "nobody was connected");
    }
    assert!(!server.judge(&readers, None).lost.is_empty(), "the last break came after the last mail");
    until("every mail is there", || server.judge(&readers, None).lost.is_empty()).await;
    until("the mailing is done", || house.mailing_status() == "done").await;
    for node in &mut nodes {
        assert!(node.terminate().0.success(), "{}", node.output());
    }
    assert_eq!(server.judge(&readers, Some("News")), Judgement::default());
}
