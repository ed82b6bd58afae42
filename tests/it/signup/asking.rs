//! How often an address is asked, and what the question says (S2, S3).

use postbell::domain::DAY_MS;
use postbell::mail::MailParts;
use postbell::upkeep::{Policy, Upkeep};
use serde_json::json;

use crate::support::server::TestServer;

crate::for_each_database!(
    an_address_is_asked_once_in_24_hours,
    an_address_is_asked_three_times_in_90_days_whatever_expires,
    after_90_days_an_address_may_be_asked_again,
    all_blogs_together_ask_an_address_five_times_a_day,
    tags_dots_and_case_do_not_help,
    a_follower_is_reminded_no_more_often_than_others_are_asked,
    the_question_carries_no_text_of_the_visitor,
    a_second_try_is_told_in_one_neutral_sentence,
);

async fn server() -> TestServer {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    server
}

/// How many mails this sign-up brings.
async fn asked(server: &TestServer, slug: &str, address: &str) -> usize {
    assert_eq!(server.sign_up(slug, address).await.status, 202);
    server.deliver().await.len()
}

/// S2
async fn an_address_is_asked_once_in_24_hours() {
    let server = server().await;
    assert_eq!(asked(&server, "musings", "kim@example.org").await, 1);
    server.clock.advance_ms(DAY_MS - 1);
    assert_eq!(asked(&server, "musings", "kim@example.org").await, 0);
    server.clock.advance_ms(2);
    assert_eq!(asked(&server, "musings", "kim@example.org").await, 1);
}

/// S2
async fn an_address_is_asked_three_times_in_90_days_whatever_expires() {
    let server = server().await;
    let upkeep = Upkeep {
        store: server.opened.store.clone(),
        clock: server.clock.clone(),
        policy: Policy { pending_days: 1, ended_days: 1, log_days: 1 },
    };
    let mut today = 0;
    for (day, mails) in [(0, 1), (20, 1), (40, 1), (60, 0), (80, 0), (91, 1)] {
        server.clock.advance_ms((day - today) * DAY_MS);
        today = day;
        while upkeep.tick().await.unwrap().pending > 0 {}
        assert_eq!(server.status("kim@example.org").await, "unknown", "its row has expired and gone");
        assert_eq!(asked(&server, "musings", "kim@example.org").await, mails, "day {day}");
    }
}

/// S2
async fn after_90_days_an_address_may_be_asked_again() {
    let server = server().await;
    for day in [0, 1, 2] {
        assert_eq!(asked(&server, "musings", "kim@example.org").await, 1, "day {day}");
        server.clock.advance_ms(DAY_MS + 1);
    }
    assert_eq!(asked(&server, "musings", "kim@example.org").await, 0);
    server.clock.advance_ms(87 * DAY_MS - 10_000);
    assert_eq!(asked(&server, "musings", "kim@example.org").await, 0);
    server.clock.advance_ms(10_000);
    assert_eq!(asked(&server, "musings", "kim@example.org").await, 1);
}

/// S2
async fn all_blogs_together_ask_an_address_five_times_a_day() {
    let server = TestServer::start().await;
    for n in 0..6 {
        server.opened.blog(&format!("blog-{n}")).await;
        assert_eq!(asked(&server, &format!("blog-{n}"), "kim@example.org").await, usize::from(n < 5), "{n}");
    }
    server.clock.advance_ms(DAY_MS + 1);
    assert_eq!(asked(&server, "blog-5", "kim@example.org").await, 1);
}

/// S2
async fn tags_dots_and_case_do_not_help() {
    let server = server().await;
    assert_eq!(asked(&server, "musings", "kim@example.org").await, 1);
    for same in ["Kim@Example.ORG", "kim+a@example.org", "KIM+b+c@example.org"] {
        assert_eq!(asked(&server, "musings", same).await, 0, "{same}");
    }
    assert_eq!(asked(&server, "musings", "k.im@example.org").await, 1);
    assert_eq!(asked(&server, "musings", "lee@gmail.com").await, 1);
    for same in ["l.e.e@gmail.com", "L.ee+x@googlemail.com", "lee@GMAIL.com"] {
        assert_eq!(asked(&server, "musings", same).await, 0, "{same}");
    }
}

/// S2: a follower is not bombed with reminders either.
async fn a_follower_is_reminded_no_more_often_than_others_are_asked() {
    let server = server().await;
    server.follower("musings", "kim@example.org").await;
    assert_eq!(asked(&server, "musings", "kim@example.org").await, 0);
    server.clock.advance_ms(DAY_MS + 1);
    assert_eq!(asked(&server, "musings", "kim@example.org").await, 1);
    assert_eq!(asked(&server, "musings", "kim@example.org").await, 0);
}

/// S3
async fn the_question_carries_no_text_of_the_visitor() {
    let server = server().await;
    let request = server.ask("POST", "/b/musings/follow").header("user-agent", "Buy-my-pills/1.0");
    let request = request.header("accept-language", "xx-pills").header("referer", "https://pills.example/");
    let body = json!({
        "email": "kim@example.org", "source": "pills at pills.example", "language": "en-pills",
        "frequency": "weekly", "name": "Pills", "subject": "Pills", "next": "https://musings.example/pills",
    });
    assert_eq!(request.json(&body).send().await.status, 202);
    let mail = server.deliver_one().await;
    let parts = MailParts::of(&mail.raw);
    let all =
        format!("{}{:?}{:?}{:?}", String::from_utf8_lossy(&mail.raw), parts.text, parts.html, parts.headers);
    assert!(!all.to_lowercase().contains("pills"), "{all}");
}

/// S1, S2: whoever tries again is told what to do, and nobody whether they are known.
async fn a_second_try_is_told_in_one_neutral_sentence() {
    let server = server().await;
    server.follower("musings", "follower@example.org").await;
    let page = async |address: &str| {
        let answer = server.post_form("/b/musings/follow", &[("email", address)]).await;
        server.deliver().await;
        server.get(answer.header("location")).await.body
    };
    let first = page("kim@example.org").await;
    for told in ["gets one such mail a day, and three in 90 days at most", "spam", "wait"] {
        assert!(first.contains(told), "{told}: {first}");
    }
    for address in ["kim@example.org", "follower@example.org", "new@example.org"] {
        assert_eq!(page(address).await, first, "{address}");
    }
}
