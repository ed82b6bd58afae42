//! The headers of each kind (the section "Mails" of the interface).

use postbell::domain::{BlogEdit, DeliveryKind};
use postbell::mail::MailParts;
use postbell::store::KeptMail;

use super::{PUBLIC_URL, one_of_each};
use crate::support::server::TestServer;

fn header(mail: &KeptMail, name: &str) -> Option<String> {
    let headers = MailParts::of(&mail.raw).headers;
    let mut found =
        headers.into_iter().filter(|(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    let first = found.next();
    assert!(found.next().is_none(), "{name} stands twice");
    first
}

/// D4, D13
#[tokio::test]
async fn mass_mail_alone_carries_the_headers_of_a_list() {
    let (server, mails) = one_of_each().await;
    for mail in &mails {
        let kind = DeliveryKind::parse(&mail.head.kind).unwrap();
        let get = |name: &str| header(mail, name);
        assert_eq!(get("Auto-Submitted").as_deref(), Some("auto-generated"), "{kind:?}");
        if kind == DeliveryKind::Post {
            let one_click = get("List-Unsubscribe").unwrap();
            let leave = one_click.strip_prefix('<').and_then(|url| url.strip_suffix('>')).unwrap();
            assert!(leave.starts_with(&format!("{PUBLIC_URL}/unsubscribe/")), "{one_click}");
            assert_eq!(server.get(leave).await.status, 200);
            assert_eq!(get("List-Unsubscribe-Post").as_deref(), Some("List-Unsubscribe=One-Click"));
            assert_eq!(get("List-Id").as_deref(), Some("\"Harbour Notes\" <harbour.mail.example.org>"));
            assert_eq!(get("Precedence").as_deref(), Some("bulk"));
            let feedback = get("Feedback-ID").unwrap();
            assert_eq!(feedback.split(':').count(), 4, "{feedback}");
            assert!(feedback.split(':').all(|part| !part.is_empty()), "{feedback}");
            assert!(!feedback.contains("kim"), "it names nobody");
        } else {
            for name in ["List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Precedence", "Feedback-ID"]
            {
                assert_eq!(get(name), None, "{kind:?}: {name}");
            }
        }
        for name in ["Bcc", "Cc", "Sender", "X-Mailer", "Return-Path"] {
            assert_eq!(get(name), None, "{kind:?}: {name}");
        }
        assert_eq!(get("To").as_deref(), Some(&*mail.head.recipient));
        assert_eq!(mail.head.sender, "post@mail.example.org");
        assert_eq!(MailParts::of(&mail.raw).from, "Harbour Notes <post@mail.example.org>");
    }
}

/// Footer: why you get this, manage, leave.
#[tokio::test]
async fn every_mail_to_a_follower_says_why_it_comes_and_how_to_leave_in_both_parts() {
    let (_server, mails) = one_of_each().await;
    for mail in &mails {
        let kind = &*mail.head.kind;
        let parts = MailParts::of(&mail.raw);
        let (html, text) = (parts.html.unwrap().replace("&#x2f;", "/"), parts.text.unwrap());
        let doors: &[&str] = match kind {
            "post" | "welcome" | "reminder" => &["manage", "unsubscribe/"],
            "confirm" => &["confirm/"],
            "goodbye" => &["unsubscribe/"],
            "manage" => &["manage/"],
            _ => &[],
        };
        for door in doors {
            let link = format!("{PUBLIC_URL}/{door}");
            assert!(html.contains(&link), "{kind}: {door} is not in the HTML");
            assert!(text.contains(&link), "{kind}: {door} is not in the text");
        }
        assert!(html.contains("You get this") && text.contains("You get this"), "{kind}");
        for url in crate::support::server::urls(mail) {
            assert!(
                !url.contains("utm_") && !url.contains("/track") && !url.contains("/click"),
                "{kind}: {url}"
            );
        }
    }
}

/// D13 (RFC 2919)
#[tokio::test]
async fn a_list_keeps_its_id_whoever_sends_it() {
    let (server, mails) = one_of_each().await;
    let first = mails.iter().find(|mail| mail.head.kind == "post").unwrap();
    let store = &server.opened.store;
    let blog = store.find_blog("harbour").await.unwrap().unwrap();
    let edit = BlogEdit {
        title: Some("Harbour & Sea".to_owned()),
        mail_from: Some(Some("Kim <kim@other.example.com>".to_owned())),
        ..BlogEdit::default()
    };
    store.edit_blog(blog.id, &edit, blog.created_at).await.unwrap();
    server.clock.advance_seconds(60);
    server.follower("harbour", "lee@example.com").await;
    server.publish("harbour", "Harbour Notes", &[("later", "Later", "<p>later</p>")]).await;
    let later = server.deliver_one().await;
    assert_eq!(header(&later, "From").as_deref(), Some("Kim <kim@other.example.com>"));
    let id = |mail: &KeptMail| header(mail, "List-Id").unwrap().rsplit('<').next().unwrap().to_owned();
    assert_eq!(id(&later), id(first));
    assert_ne!(header(&later, "Message-ID"), header(first, "Message-ID"));
}

/// R2
#[tokio::test]
async fn a_second_try_is_the_same_mail_to_the_letter() {
    let server = TestServer::start().await;
    server.fed_blog("harbour", "Harbour Notes").await;
    server.follower("harbour", "kim@example.com").await;
    server.publish("harbour", "Harbour Notes", &[("new", "New", "<p>new</p>")]).await;
    server.sign_up("harbour", "lee@example.com").await;
    let store = &server.opened.store;
    let mut tries = Vec::new();
    for node in ["one", "two"] {
        use postbell::clock::Clock as _;
        let now = server.clock.now();
        let mut mails = Vec::new();
        for claimed in store.claim(node, now, now.plus_ms(15_000), 10).await.unwrap() {
            mails.push(server.composer.compose(&claimed, now).await.unwrap().unwrap());
        }
        assert_eq!(mails.len(), 2);
        store.free_leases(None, now).await.unwrap();
        server.clock.advance_seconds(3_600);
        tries.push(mails);
    }
    assert_eq!(tries[0], tries[1]);
}
