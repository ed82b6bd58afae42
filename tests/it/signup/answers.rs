//! What the form and its JSON twin answer.

use postbell::store::RelayState;
use serde_json::json;

use crate::support::server::{Answer, TestServer};
use crate::support::stores::NOW;

crate::for_each_database!(
    a_plain_form_leads_to_the_check_your_inbox_page,
    json_gets_exactly_one_neutral_body,
    a_form_goes_on_to_the_blogs_own_pages_only,
    a_malformed_address_shows_the_form_again_with_what_was_typed,
    malformed_json_fields_are_named_in_a_problem,
    what_is_neither_form_nor_json_is_refused,
    an_unknown_blog_is_not_there,
    a_foreign_origin_is_told_the_command_and_a_missing_one_is_taken,
    only_the_blogs_pages_may_ask_before_posting_json,
    an_error_for_the_blogs_own_page_can_be_read_by_its_script,
    whoever_fills_the_hidden_field_is_asked_again_and_never_swallowed,
    what_nobody_sees_in_the_hidden_field_is_nothing,
    signs_that_nobody_sees_around_an_address_are_cut_at_every_door,
    a_utf8_local_part_is_taken_where_it_can_be_mailed,
);

const FOLLOW: &str = "/b/musings/follow";

async fn server() -> TestServer {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    server
}

async fn nobody_is_kept(server: &TestServer) {
    for table in ["subscribers", "subscriptions", "consents", "deliveries", "confirmations", "limits"] {
        assert_eq!(server.opened.rows(table).await, 0, "{table}");
    }
}

async fn a_plain_form_leads_to_the_check_your_inbox_page() {
    let server = server().await;
    let answer = server.post_form(FOLLOW, &[("email", "kim@example.org")]).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/b/musings/check-inbox"));
    let page = server.get(answer.header("location")).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("kim@example.org"));
    assert_eq!(server.deliver_one().await.head.kind, "confirm");
}

async fn json_gets_exactly_one_neutral_body() {
    let answer = server().await.sign_up("musings", "kim@example.org").await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.body, r#"{"status":"check_inbox"}"#);
    assert_eq!(answer.header("content-type"), "application/json");
}

async fn a_form_goes_on_to_the_blogs_own_pages_only() {
    let server = server().await;
    let next = |to: &'static str| {
        let server = &server;
        async move {
            let answer = server.post_form(FOLLOW, &[("email", "kim@example.org"), ("next", to)]).await;
            assert_eq!(answer.status, 303, "{to:?}: {}", answer.body);
            assert!(answer.cookie().starts_with("pb_signup="), "{to:?}");
            answer.header("location").to_owned()
        }
    };
    assert_eq!(next("https://musings.example/thanks?a=1#b").await, "https://musings.example/thanks?a=1#b");
    assert_eq!(next("https://musings.example/café").await, "https://musings.example/caf%C3%A9");
    for to in [
        "https://evil.example/",
        "https://musings.example.evil.example/",
        "https://musings.example@evil.example/",
        "https://evil.example/https://musings.example/",
        "http://musings.example/",
        "https://musings.example:8443/",
        "//evil.example/",
        "//musings.example/",
        "/\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "data:text/html,hello",
        "\thttps://evil.example/",
        "https://musings.example\\@evil.example/\r\nSet-Cookie: a=b",
        "",
    ] {
        let went = next(to).await;
        let is_ours = went == "/b/musings/check-inbox" || went.starts_with("https://musings.example/");
        assert!(is_ours, "{to:?} led to {went:?}");
    }
}

async fn a_malformed_address_shows_the_form_again_with_what_was_typed() {
    let server = server().await;
    let answer = server.post_form(FOLLOW, &[("email", "kim@@example.org\"><script>")]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("kim@@example.org&quot;&gt;&lt;script&gt;"), "{}", answer.body);
    assert!(answer.body.contains("aria-invalid") && answer.body.contains("<form"));
    assert_eq!(answer.header("referrer-policy"), "same-origin");
    nobody_is_kept(&server).await;
}

async fn malformed_json_fields_are_named_in_a_problem() {
    let server = server().await;
    let body = json!({"email": "kim@localhost", "frequency": "hourly", "source": "s".repeat(201)});
    let answer = server.ask("POST", FOLLOW).json(&body).send().await;
    assert_eq!((answer.status, answer.header("content-type")), (422, "application/problem+json"));
    let problem = answer.json();
    assert_eq!(problem["status"], 422);
    let fields: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["email", "frequency", "source"]);
    assert!(problem["errors"][0]["message"].as_str().is_some_and(|message| !message.is_empty()));
    for empty in [json!({}), json!({"email": ""})] {
        assert_eq!(server.ask("POST", FOLLOW).json(&empty).send().await.status, 422);
    }
    nobody_is_kept(&server).await;
}

async fn what_is_neither_form_nor_json_is_refused() {
    let server = server().await;
    for kind in ["text/plain", "multipart/form-data; boundary=x", "application/xml", "application/jsonp"] {
        let answer = server.ask("POST", FOLLOW).body(kind, r#"{"email":"kim@example.org"}"#).send().await;
        assert_eq!(answer.status, 415, "{kind}");
    }
    assert_eq!(server.post(FOLLOW).await.status, 415);
    let broken = server.ask("POST", FOLLOW).body("application/json", r#"{"email":"#).send().await;
    assert_eq!(broken.status, 400);
    nobody_is_kept(&server).await;
    for kind in ["application/json; charset=utf-8", "Application/JSON"] {
        let answer = server.ask("POST", FOLLOW).body(kind, r#"{"email":"kim@example.org"}"#).send().await;
        assert_eq!(answer.status, 202, "{kind}");
    }
}

async fn an_unknown_blog_is_not_there() {
    let server = server().await;
    for slug in ["nobody", "MUSING", "..%2f", "musings%00"] {
        let answer = server.sign_up(slug, "kim@example.org").await;
        assert_eq!(answer.status, 404, "{slug}");
    }
    nobody_is_kept(&server).await;
}

/// S5
async fn a_foreign_origin_is_told_the_command_and_a_missing_one_is_taken() {
    let server = server().await;
    let ask = |origin: Option<&'static str>, is_json: bool| {
        let request = server.ask("POST", FOLLOW);
        let request = match is_json {
            true => request.json(&json!({"email": "kim@example.org"})),
            false => request.form(&[("email", "kim@example.org")]),
        };
        match origin {
            Some(origin) => request.header("origin", origin).send(),
            None => request.send(),
        }
    };
    for is_json in [true, false] {
        let answer: Answer = ask(Some("https://evil.example"), is_json).await;
        assert_eq!(answer.status, 403);
        let command = "postbell blog edit musings --origin https://evil.example";
        assert!(answer.body.contains(command), "{}", answer.body);
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
    assert_eq!(ask(Some("null"), true).await.status, 403);
    nobody_is_kept(&server).await;
    assert_eq!(ask(Some("null"), false).await.status, 303);
    assert_eq!(ask(None, true).await.status, 202);
    assert_eq!(ask(None, false).await.status, 303);
    let own = ask(Some("https://musings.example"), true).await;
    assert_eq!((own.status, own.header("access-control-allow-origin")), (202, "https://musings.example"));
    let vary: Vec<&str> =
        own.headers.iter().filter(|(name, _)| name == "vary").map(|(_, value)| value.as_str()).collect();
    assert!(vary.iter().any(|value| value.to_ascii_lowercase().contains("origin")), "{vary:?}");
    assert_eq!(own.header("access-control-allow-credentials"), "");
}

async fn only_the_blogs_pages_may_ask_before_posting_json() {
    let server = server().await;
    let ask = |origin: &'static str| {
        let request = server.ask("OPTIONS", FOLLOW).header("access-control-request-method", "POST");
        request.header("access-control-request-headers", "content-type").header("origin", origin).send()
    };
    let good = ask("https://musings.example").await;
    assert_eq!(good.status, 204);
    assert_eq!(good.header("access-control-allow-origin"), "https://musings.example");
    assert!(good.header("access-control-allow-headers").contains("content-type"));
    let bad = ask("https://evil.example").await;
    assert_eq!((bad.status, bad.header("access-control-allow-origin")), (403, ""));
}

async fn an_error_for_the_blogs_own_page_can_be_read_by_its_script() {
    let server = server().await;
    let answer = server
        .ask("POST", FOLLOW)
        .header("origin", "https://musings.example")
        .json(&json!({"email": "nothing"}))
        .send()
        .await;
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (422, "https://musings.example")
    );
    let broken = server.ask("POST", FOLLOW).header("origin", "https://musings.example");
    let broken = broken.body("application/json", "{").send().await;
    assert_eq!(
        (broken.status, broken.header("access-control-allow-origin")),
        (400, "https://musings.example")
    );
}

/// Autofill and password managers fill fields in that nobody sees.
async fn whoever_fills_the_hidden_field_is_asked_again_and_never_swallowed() {
    let server = server().await;
    server.follower("musings", "active@example.org").await;
    let before = server.opened.dump().await;
    for trap in ["pb_blank", "website"] {
        let mut pages = Vec::new();
        for email in ["newone@example.org", "active@example.org"] {
            let form =
                [("email", email), (trap, "https://my.site"), ("frequency", "weekly"), ("source", "x<y")];
            let asked = server.post_form(FOLLOW, &form).await;
            assert_eq!(asked.status, 200);
            assert!(asked.body.contains("press the button once more"), "{}", asked.body);
            assert!(asked.body.contains(&format!("value=\"{email}\"")), "the address is kept");
            for kept in ["name=\"frequency\" value=\"weekly\"", "name=\"source\" value=\"x&lt;y\""] {
                assert!(asked.body.contains(kept), "{kept}: {}", asked.body);
            }
            assert!(!asked.body.contains("pb_blank"), "the next press is not caught again");
            assert_eq!(asked.body.matches("<button").count(), 1);
            pages.push(asked.body.replace(email, ""));
            let json = serde_json::json!({"email": email, trap: "x"});
            let told = server.ask("POST", FOLLOW).json(&json).send().await;
            assert_eq!((told.status, told.header("content-type")), (422, "application/problem+json"));
            assert_eq!(told.json()["hosted_url"], format!("{}/b/musings", server.public_url));
            assert_eq!(told.json()["errors"][0]["field"], "pb_blank");
        }
        assert_eq!(pages[0], pages[1], "S1");
    }
    assert_eq!(server.opened.dump().await, before, "nothing was sent yet");
    let manage = server.post_form("/manage", &[("email", "active@example.org"), ("website", "x")]).await;
    assert!(manage.status == 200 && manage.body.contains("press the button once more"), "{}", manage.body);
    assert!(manage.body.contains("value=\"active@example.org\"") && !manage.body.contains("pb_blank"));
    assert_eq!(server.opened.dump().await, before);
    // The button of that page.
    let pressed = [("email", "newone@example.org"), ("frequency", "weekly"), ("source", "x<y")];
    assert_eq!(server.post_form(FOLLOW, &pressed).await.status, 303);
    assert_eq!(server.deliver_one().await.head.recipient, "newone@example.org");
}

async fn what_nobody_sees_in_the_hidden_field_is_nothing() {
    let server = server().await;
    for (n, blank) in ["", " ", "\t\r\n", "\u{a0}", "\u{feff}\u{200b}"].into_iter().enumerate() {
        let email = format!("r{n}@example.org");
        for trap in ["pb_blank", "website"] {
            let taken = server.post_form(FOLLOW, &[("email", &*email), (trap, blank)]).await;
            assert_eq!(taken.status, 303, "{blank:?}");
            let json = serde_json::json!({"email": email, trap: blank});
            assert_eq!(server.ask("POST", FOLLOW).json(&json).send().await.status, 202, "{blank:?}");
        }
    }
    assert_eq!(server.deliver().await.len(), 5);
}

/// What is copied from a page or a chat brings signs along that nobody sees.
async fn signs_that_nobody_sees_around_an_address_are_cut_at_every_door() {
    let server = server().await;
    let around =
        [" ", "\u{200b}", "\u{feff}", "\u{a0}", "\u{ad}", "\u{200e}", "\u{202a}", "\u{2066}", "\u{fe0f}"];
    let mut typed: Vec<String> = around.map(|sign| format!("{sign}kim@example.org{sign}")).into();
    typed.extend(["mailto:kim@example.org", "\u{feff}MAILTO: kim@example.org\u{200b}"].map(str::to_owned));
    for typed in &typed {
        assert_eq!(server.post_form(FOLLOW, &[("email", typed)]).await.status, 303, "{typed:?}");
        assert_eq!(server.sign_up("musings", typed).await.status, 202, "{typed:?}");
        assert_eq!(server.post_form("/manage", &[("email", typed)]).await.status, 200, "{typed:?}");
    }
    assert_eq!(server.opened.rows("subscribers").await, 1);
    assert_eq!(server.deliver_one().await.head.recipient, "kim@example.org");
    let within = server.sign_up("musings", "kim\u{200b}lee@example.org").await;
    assert_eq!(within.status, 422, "within an address nothing is guessed");
}

/// D10
async fn a_utf8_local_part_is_taken_where_it_can_be_mailed() {
    let boxed = server().await;
    assert_eq!(boxed.sign_up("musings", "josé@example.org").await.status, 202);
    let mail = boxed.deliver_one().await;
    assert_eq!(mail.head.recipient, "josé@example.org");

    let relayed = TestServer::with(|setup| setup.relay = Some("relay.example:25")).await;
    relayed.opened.blog("musings").await;
    let refused = relayed.sign_up("musings", "josé@example.org").await;
    assert_eq!(refused.status, 422);
    let message = refused.json()["errors"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("letters beyond a to z"), "{message}");
    assert_eq!(relayed.sign_up("musings", "kim@bücher.example").await.status, 202);
    let offers = RelayState { offers_smtputf8: true, ..RelayState::default() };
    relayed.opened.store.record_relay("relay.example:25", &offers, NOW).await.unwrap();
    assert_eq!(relayed.sign_up("musings", "josé@example.org").await.status, 202);
}
