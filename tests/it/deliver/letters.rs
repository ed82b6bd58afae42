//! What is equal for all readers of a mailing is rendered once, and nobody
//! can tell.

use std::sync::Arc;

use postbell::clock::{Clock as _, ManualClock};
use postbell::deliver::{Composer, Policy};
use postbell::domain::{BodyMode, MailingContent, ReturnPath, Timestamp};
use postbell::mail::{MailParts, Originator};
use postbell::templates::Templates;

use super::{Handed, Recorder, Rig};
use crate::support::stores::{NOW, Opened, content, keys};

crate::for_each_database!(
    each_reader_gets_what_a_whole_render_would_say_for_every_kind_of_post,
    a_template_that_decides_by_a_readers_values_is_rendered_for_each,
);

fn composer(opened: &Opened, templates: Templates) -> Composer {
    let policy = Policy {
        public_url: "https://post.example.org".to_owned(),
        from: Some(Originator::parse("Post <post@example.org>").unwrap()),
        notice_from: None,
        reply_to: None,
        postal_address: None,
        return_path: ReturnPath::of(&crate::support::stores::address("bounces@example.org")).ok(),
        relay: "relay:25".to_owned(),
    };
    Composer::new(opened.store.clone(), Arc::new(templates), keys(), policy)
}

/// Posts of many kinds: letters that need base64, lines with dots, no title,
/// another direction, a picture, a body too long for a mail.
fn contents() -> Vec<MailingContent> {
    let plain = content("A post");
    let text = |word: &str| format!("<p>{}</p>", format!("{word} ").repeat(60));
    let body = |word: &str| MailingContent {
        correction: None,
        title: word.to_owned(),
        html: text(word),
        text: format!("{word}\n.\n..dots\n").repeat(20),
        summary: word.to_owned(),
        ..plain.clone()
    };
    vec![
        plain.clone(),
        body("Grüße"),
        MailingContent { language: Some("ja".into()), ..body("こんにちは") },
        MailingContent { language: Some("ar".into()), ..body("مرحبا") },
        MailingContent { language: None, ..body("Привет 🎉") },
        MailingContent { title: String::new(), link: None, published_at: None, ..plain.clone() },
        MailingContent {
            author: Some("O'Neil & <Co>".into()),
            image: Some("https://a.example/i.png".into()),
            ..plain.clone()
        },
        MailingContent { html: text("long").repeat(500), excerpt_html: text("short"), ..plain },
    ]
}

/// A reader's mail as the preview shows it, without his own links and day.
fn anonymous(text: &str) -> String {
    let mut text = text.replace(", confirmed on 15 January 2027", "").replace("\r\n", "\n");
    let link = "https://post.example.org/unsubscribe/";
    while let Some(at) = text.find(link) {
        let rest = &text[at + link.len()..];
        let len = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        text.replace_range(at..at + link.len() + len, "https://post.example.org/manage");
    }
    text
}

async fn each_reader_gets_what_a_whole_render_would_say_for_every_kind_of_post() {
    let clock = Arc::new(ManualClock::at(NOW));
    let recorder = Recorder::new(&clock, 2, Box::new(|_| {}));
    let mut rig = Rig::over(Arc::new(Handed(recorder.clone())), clock).await;
    let (mut blog, _) = rig.blog("first", 0).await;
    for reader in ["kim@example.org", "o'neil+news@example.org", "jörg@bücher.example"] {
        rig.opened.follow(&blog, reader, NOW).await;
    }
    rig.work().await;
    for body in [BodyMode::Full, BodyMode::Excerpt] {
        blog.body = body;
        let change = postbell::domain::BlogEdit { body: Some(body), ..Default::default() };
        rig.opened.store.edit_blog(blog.id, &change, rig.clock.now()).await.unwrap();
        rig.clock.advance_ms(10_000);
        for (at, content) in contents().iter().enumerate() {
            let whole = composer(&rig.opened, Templates::load(None).unwrap());
            recorder.taken.lock().unwrap().clear();
            let mailing = rig.post_content(&blog, &format!("{body:?} {at}"), content).await;
            let made = rig.opened.store.get_mailing(mailing).await.unwrap().unwrap();
            assert!(whole.has_letter(&blog, &made).unwrap(), "{content:?}");
            rig.work().await;
            let taken = recorder.taken.lock().unwrap().clone();
            assert_eq!(taken.len(), 3);
            for (_, reader, bytes) in taken {
                let to = crate::support::stores::address(&reader);
                let said = MailParts::of(&bytes);
                let (html, text) = (said.html.unwrap(), said.text.unwrap());
                let expected = whole.preview(&blog, content, &to).unwrap();
                assert!(text.contains("/unsubscribe/") && html.contains("/unsubscribe/"));
                let differs = anonymous(&html)
                    .lines()
                    .zip(expected.html.lines())
                    .find(|(a, b)| a != b)
                    .map(|(a, b)| format!("{a}\n{b}"));
                assert_eq!(differs, None, "{body:?} {at}");
                assert_eq!(anonymous(&text).trim(), expected.text.trim(), "{body:?} {at}");
            }
        }
    }
}

async fn a_template_that_decides_by_a_readers_values_is_rendered_for_each() {
    let folder = tempfile::tempdir().unwrap();
    let text = "Subject: {{ subject }}\nYours, {{ address|upper }}. {{ manage_url }} {{ unsubscribe_url }}\n{{ link }}";
    std::fs::write(folder.path().join("post.txt"), text).unwrap();
    let clock = Arc::new(ManualClock::at(NOW));
    let recorder = Recorder::new(&clock, 1, Box::new(|_| {}));
    let rig = Rig::over(Arc::new(Handed(recorder)), clock).await;
    let (blog, _) = rig.blog("first", 1).await;
    let mailing = rig.post(&blog, "A post").await;
    let made = rig.opened.store.get_mailing(mailing).await.unwrap().unwrap();
    let composer = composer(&rig.opened, Templates::load(Some(folder.path())).unwrap());
    assert!(!composer.has_letter(&blog, &made).unwrap());
    let claimed = rig.opened.store.claim("n", NOW, NOW.plus_ms(15_000), 9).await.unwrap().remove(0);
    let parcel = composer.compose(&claimed, Timestamp::from_millis(NOW.as_millis())).await.unwrap().unwrap();
    assert!(MailParts::of(&parcel.bytes).text.unwrap().starts_with("Yours, R0@EXAMPLE.COM."));
}
