//! Several processes on one PostgreSQL: who does what, who is there, and what
//! becomes of the work of one that is killed.

use crate::support::fault_smtp::{FaultSmtp, Judgement};
use crate::support::feed_site::FeedSite;
use crate::support::house::{House, client, until};
use crate::support::stores::{DATABASE, Database};

async fn house(server: &FaultSmtp) -> House {
    let url = format!("smtp://127.0.0.1:{}", server.port);
    DATABASE.scope(Database::Postgres, House::here(&url, &[])).await
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
