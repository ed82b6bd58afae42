//! How many may sign up from one place (S2).

use serde_json::json;

use crate::support::server::{Answer, TestServer};

crate::for_each_database!(
    one_address_signs_up_so_often_in_an_hour_and_is_told_when_to_come_back,
    neighbours_share_the_limit_of_their_network,
    the_whole_instance_has_a_limit_that_one_visitor_cannot_use_up,
    many_networks_of_one_neighbourhood_lock_nobody_out,
    under_pressure_the_hosted_page_goes_on,
    a_flow_that_is_full_closes_no_other,
    leaving_and_confirming_are_never_limited,
    limits_are_kept_in_the_database,
    only_well_formed_sign_ups_count,
    only_a_configured_proxy_is_believed,
);

async fn server(per_ip: u32, per_network: u32, per_instance: u32) -> TestServer {
    let server = TestServer::with(|setup| {
        setup.limits.per_ip = per_ip;
        setup.limits.per_network = per_network;
        setup.limits.per_instance = per_instance;
        setup.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    server.opened.blog("musings").await;
    server
}

async fn from(server: &TestServer, ip: &str, address: &str) -> Answer {
    let request = server.ask("POST", "/b/musings/follow").header("x-forwarded-for", ip);
    request.json(&json!({"email": address})).send().await
}

/// S2
async fn one_address_signs_up_so_often_in_an_hour_and_is_told_when_to_come_back() {
    let server = server(2, 0, 0).await;
    server.clock.advance_seconds(600);
    for n in 0..2 {
        assert_eq!(from(&server, "192.0.2.7", &format!("r{n}@example.org")).await.status, 202);
    }
    let limited = from(&server, "192.0.2.7", "r9@example.org").await;
    assert_eq!((limited.status, limited.header("retry-after")), (429, "3000"));
    assert_eq!(limited.header("content-type"), "application/problem+json");
    let form = server.ask("POST", "/b/musings/follow").header("x-forwarded-for", "192.0.2.7");
    let form = form.form(&[("email", "r9@example.org")]).send().await;
    assert_eq!((form.status, form.header("retry-after")), (429, "3000"));
    assert!(form.header("content-type").starts_with("text/html"));
    assert_eq!(server.status("r9@example.org").await, "unknown");
    assert_eq!(from(&server, "192.0.2.8", "r9@example.org").await.status, 202);
    server.clock.advance_seconds(3_000);
    assert_eq!(from(&server, "192.0.2.7", "r8@example.org").await.status, 202);
}

/// S2
async fn neighbours_share_the_limit_of_their_network() {
    for (near, far) in [("192.0.2.", "192.0.3.1"), ("2001:db8:0:1::", "2001:db8:0:2::1")] {
        let server = server(0, 3, 0).await;
        for n in 1..=3 {
            assert_eq!(from(&server, &format!("{near}{n}"), &format!("r{n}@example.org")).await.status, 202);
        }
        assert_eq!(from(&server, &format!("{near}99"), "r9@example.org").await.status, 429);
        assert_eq!(from(&server, far, "r9@example.org").await.status, 202);
    }
}

/// S2
async fn the_whole_instance_has_a_limit_that_one_visitor_cannot_use_up() {
    let server = server(2, 0, 4).await;
    for n in 0..20 {
        let status = from(&server, "192.0.2.7", &format!("r{n}@example.org")).await.status;
        assert_eq!(status, if n < 2 { 202 } else { 429 });
    }
    assert_eq!(from(&server, "198.51.100.1", "a@example.org").await.status, 202);
    assert_eq!(from(&server, "198.51.100.2", "b@example.org").await.status, 202);
    assert_eq!(from(&server, "198.51.100.3", "c@example.org").await.status, 429);
}

/// S2: 17 /64s of one /59 may not use up what is everybody's.
async fn many_networks_of_one_neighbourhood_lock_nobody_out() {
    let server = server(30, 3, 50).await;
    let mut taken = 0;
    for n in 0..17 {
        for m in 0..4 {
            let ip = format!("2001:db8:0:{n:x}::{m}");
            taken += usize::from(from(&server, &ip, &format!("r{n}-{m}@example.org")).await.status == 202);
        }
    }
    assert_eq!(taken, 6, "twice what one network may");
    let mut taken = 0;
    for n in 0..40 {
        let ip = format!("2001:db8:7:{n:x}00::1");
        taken += usize::from(from(&server, &ip, &format!("s{n}@example.org")).await.status == 202);
    }
    assert_eq!(taken, 12, "a /48 four times");
    assert_eq!(from(&server, "2001:db8:9::1", "kim@example.org").await.status, 202);
    assert_eq!(from(&server, "192.0.2.1", "lee@example.org").await.status, 202);
}

/// S2: over the instance's limit the door is not shut.
async fn under_pressure_the_hosted_page_goes_on() {
    let server = server(3, 0, 2).await;
    server.clock.advance_seconds(600);
    for n in 0..2 {
        assert_eq!(from(&server, &format!("192.0.2.{n}"), &format!("r{n}@example.org")).await.status, 202);
    }
    let json = from(&server, "192.0.2.7", "kim@example.org").await;
    assert_eq!((json.status, json.header("retry-after")), (429, "3000"));
    assert_eq!(json.header("content-type"), "application/problem+json");
    assert_eq!(json.json()["hosted_url"], format!("{}/b/musings", server.public_url));
    let form = |origin: Option<String>, path: &'static str, ip: &'static str| {
        let mut request = server.ask("POST", path).header("x-forwarded-for", ip);
        if let Some(origin) = &origin {
            request = request.header("origin", origin);
        }
        request.form(&[("email", "kim@example.org"), ("frequency", "daily")]).send()
    };
    let follow = "/b/musings/follow";
    for origin in [None, Some("https://musings.example".to_owned())] {
        let asked = form(origin, follow, "192.0.2.7").await;
        assert_eq!((asked.status, asked.header("location")), (200, ""));
        assert!(asked.body.contains("value=\"kim@example.org\"") && asked.body.contains("value=\"daily\""));
        assert!(asked.body.contains("press the button once more"), "{}", asked.body);
    }
    assert_eq!(server.status("kim@example.org").await, "unknown");
    let own = Some(server.url.clone());
    assert_eq!(form(own.clone(), follow, "192.0.2.9").await.status, 303);
    assert_eq!(server.status("kim@example.org").await, "pending");
    // The nearer limits hold for it as for any other.
    let mut last = 0;
    for _ in 0..3 {
        last = form(own.clone(), follow, "192.0.2.9").await.status;
    }
    assert_eq!(last, 429);
    // The page that asks for the link has pressure of its own.
    for n in 0..2 {
        let ip = if n == 0 { "192.0.2.20" } else { "192.0.2.21" };
        assert!(form(None, "/manage", ip).await.body.contains("comes by mail"));
    }
    let asked = form(None, "/manage", "192.0.2.22").await;
    assert!(asked.status == 200 && asked.body.contains("press the button once more"), "{}", asked.body);
    assert!(form(own, "/manage", "192.0.2.22").await.body.contains("comes by mail"));
    server.clock.advance_seconds(3_000);
    assert_eq!(from(&server, "192.0.2.7", "lee@example.org").await.status, 202);
}

/// S2
async fn a_flow_that_is_full_closes_no_other() {
    let server = server(2, 0, 0).await;
    let links = server.follower("musings", "kim@example.org").await;
    let post = async |path: &str, fields: &[(&str, &str)]| {
        server.ask("POST", path).header("x-forwarded-for", "192.0.2.7").form(fields).send().await.status
    };
    for n in 0..3 {
        let status = from(&server, "192.0.2.7", &format!("r{n}@example.org")).await.status;
        assert_eq!(status, if n < 2 { 202 } else { 429 });
    }
    for n in 0..3 {
        assert_eq!(post("/manage", &[("email", "a@example.org")]).await, if n < 2 { 200 } else { 429 });
    }
    for n in 0..3 {
        assert_eq!(post(&links.leave, &[("do", "pause")]).await, if n < 2 { 200 } else { 429 });
    }
    assert_eq!(post(&links.leave, &[]).await, 200, "leaving is never refused");
}

/// D4: a mail provider presses for thousands, from one address.
async fn leaving_and_confirming_are_never_limited() {
    let server = server(1, 1, 1).await;
    for n in 0..4 {
        let ip = format!("192.0.{n}.7");
        server.clock.advance_seconds(3_601);
        assert_eq!(from(&server, &ip, &format!("r{n}@example.org")).await.status, 202);
        let confirm = server.link(&server.deliver_one().await, "confirm");
        let press = |path: String| server.ask("POST", &path).header("x-forwarded-for", "203.0.113.1").send();
        assert_eq!(press(confirm).await.status, 200);
        let leave = server.link(&server.deliver_one().await, "unsubscribe");
        assert_eq!(press(leave).await.status, 200);
        assert_eq!(server.status(&format!("r{n}@example.org")).await, "ended");
        server.deliver().await;
    }
}

/// S2
async fn limits_are_kept_in_the_database() {
    let first = server(1, 0, 0).await;
    assert_eq!(from(&first, "192.0.2.7", "a@example.org").await.status, 202);
    let place = first.opened.place.clone();
    drop(first);
    let second = TestServer::with(|setup| {
        setup.place = Some(place);
        setup.limits.per_ip = 1;
        setup.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    assert_eq!(from(&second, "192.0.2.7", "b@example.org").await.status, 429);
    let dump = second.opened.dump().await;
    assert!(!dump["limits"].join("\n").contains("192.0.2"), "places are kept as hashes");
}

/// S2
async fn only_well_formed_sign_ups_count() {
    let server = server(1, 1, 1).await;
    for _ in 0..3 {
        assert_eq!(from(&server, "192.0.2.7", "not an address").await.status, 422);
        let request = server.ask("POST", "/b/nobody/follow").header("x-forwarded-for", "192.0.2.7");
        assert_eq!(request.json(&json!({"email": "a@example.org"})).send().await.status, 404);
        let request = server.ask("POST", "/b/musings/follow").header("x-forwarded-for", "192.0.2.7");
        assert_eq!(request.body("text/plain", "a@example.org").send().await.status, 415);
    }
    assert_eq!(from(&server, "192.0.2.7", "a@example.org").await.status, 202);
    // Over the limit the malformed is still told what is wrong with it.
    assert_eq!(from(&server, "192.0.2.7", "a@example.org").await.status, 429);
    assert_eq!(from(&server, "192.0.2.7", "not an address").await.status, 422);
}

/// S11
async fn only_a_configured_proxy_is_believed() {
    let network = |text: &str| text.parse().unwrap();
    let server = TestServer::with(|setup| {
        setup.limits.per_ip = 1;
        setup.trusted_proxies = vec![network("127.0.0.1/32"), network("10.0.0.0/8")];
    })
    .await;
    server.opened.blog("musings").await;
    let seen = |chain: &'static str, address: &'static str| {
        let server = &server;
        async move { from(server, chain, address).await.status }
    };
    // The client is the first from the right that no proxy of ours is.
    assert_eq!(seen("203.0.113.5, 10.1.1.1", "a@example.org").await, 202);
    assert_eq!(seen("203.0.113.5", "b@example.org").await, 429);
    assert_eq!(seen("1.2.3.4, 203.0.113.5, 10.9.9.9", "c@example.org").await, 429);
    assert_eq!(seen("spoofed, 203.0.113.5", "d@example.org").await, 429);
    assert_eq!(seen("203.0.113.5, 203.0.113.6", "e@example.org").await, 202);
    assert_eq!(seen("203.0.113.6:4711", "f@example.org").await, 429);
    assert_eq!(seen("::ffff:203.0.113.6", "g@example.org").await, 429);
    // What cannot be read hides nobody who stands right of it.
    assert_eq!(seen("a b, 203.0.113.6", "i@example.org").await, 429);
    assert_eq!(seen("9.9.9.9, unknown, 203.0.113.6, ,10.9.9.9,", "j@example.org").await, 429);
    let odd = server.ask("POST", "/b/musings/follow");
    let odd = odd.header_bytes("x-forwarded-for", b"9.9.9.9\xff, 203.0.113.6");
    assert_eq!(odd.json(&json!({"email": "k@example.org"})).send().await.status, 429);
    // Several header lines are one list.
    let two = server.ask("POST", "/b/musings/follow").header("x-forwarded-for", "9.9.9.9");
    let two = two.header("x-forwarded-for", "203.0.113.6").json(&json!({"email": "h@example.org"}));
    assert_eq!(two.send().await.status, 429);

    let plain = TestServer::with(|setup| setup.limits.per_ip = 1).await;
    plain.opened.blog("musings").await;
    assert_eq!(from(&plain, "203.0.113.5", "a@example.org").await.status, 202);
    assert_eq!(from(&plain, "203.0.113.6", "b@example.org").await.status, 429);
}
