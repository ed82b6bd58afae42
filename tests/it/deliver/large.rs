//! Posts that are made to be slow, large or deep, from the feed to the mail.

use std::sync::Arc;
use std::time::Duration;

use postbell::clock::ManualClock;
use postbell::domain::MailingContent;
use postbell::mail::MailParts;
use postbell::publish::body::content_of;

use super::{Handed, Recorder, Rig};
use crate::support::cpu::Cpu;
use crate::support::hostile::{Kind, bodies};
use crate::support::stores::NOW;

const LINK: &str = "https://blog.example/2026/the-post";
/// Of 400,000 bytes that are read at most, an eighth. What is quadratic takes
/// 64 times as long for the whole as for this.
const BYTES: usize = 50_000;
/// Of work, whatever else the machine does, in a development build, which takes
/// ten times as long as a release build: that needs less than two seconds for
/// the whole (S9), of what is linear, and of what is not suspect.
const LONGEST: Duration = Duration::from_secs(2);
const SUSPECT: Duration = Duration::from_millis(300);
/// More than is read of any post, and how long that takes.
const WHOLE_BYTES: usize = 1_000_000;
const LONGEST_WHOLE: Duration = Duration::from_secs(10);
/// Of the worker threads that posts are read on.
const STACK_BYTES: usize = 2 * 1024 * 1024;
const MAIL_BYTES: usize = 200_000;
const HTML_BYTES: usize = 100_000;

/// A feed with one post.
fn feed(title: &str, author: &str, body: &str) -> String {
    // As feeds carry HTML that holds the end of a CDATA section.
    let body = body.replace("]]>", "]]]]><![CDATA[>");
    format!(
        "<rss version=\"2.0\"><channel><title>Blog</title><link>https://blog.example/</link><item><guid>1</guid>\
         <title>{title}</title><author>{author}</author><link>{LINK}</link><description><![CDATA[{body}]]></description></item></channel></rss>"
    )
}

/// What the mail of the feed's post will carry, made on a thread with a stack
/// as small as any; and how long that thread worked.
fn made_of(feed: String) -> (MailingContent, Duration) {
    let read = move || {
        let cpu = Cpu::start();
        let feed =
            postbell::feeds::parse(feed.as_bytes(), None, "https://blog.example/feed").expect("it is a feed");
        let made = content_of(&feed.entries[0], "https://blog.example/", "#0f6b5c", Some("en"));
        (made, cpu.took())
    };
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(read).expect("a thread");
    thread.join().expect("it neither panics nor takes the whole stack")
}

/// Mails a post to the one reader of a blog, and answers the mail.
async fn mails_of(contents: &[(String, MailingContent)]) -> Vec<Vec<u8>> {
    let clock = Arc::new(ManualClock::at(NOW));
    let recorder = Recorder::new(&clock, 1, Box::new(|_| {}));
    let mut rig = Rig::over(Arc::new(Handed(recorder.clone())), clock).await;
    let (blog, _) = rig.blog("first", 1).await;
    let mut mails = Vec::new();
    for (name, content) in contents {
        recorder.taken.lock().unwrap().clear();
        rig.post_content(&blog, name, content).await;
        rig.work().await;
        let taken = recorder.taken.lock().unwrap();
        assert_eq!(taken.len(), 1, "{name}: the reader gets one mail");
        mails.push(taken[0].2.clone());
    }
    mails
}

fn assert_is_a_mail(name: &str, mail: &[u8]) {
    assert!(mail.len() <= MAIL_BYTES, "{name}: {} bytes", mail.len());
    let parts = MailParts::of(mail);
    let (html, text) = (parts.html.unwrap(), parts.text.unwrap());
    assert!(html.len() < HTML_BYTES, "{name}: {} bytes of HTML", html.len());
    assert!(html.contains(LINK) && text.contains(LINK), "{name}: where the post is");
    for header in String::from_utf8_lossy(mail).split("\r\n\r\n").next().unwrap_or_default().split("\r\n") {
        assert!(header.len() <= 998, "{name}: {header}");
    }
}

/// S9 S15 S20 D8
#[tokio::test]
async fn a_hostile_post_costs_little_and_becomes_a_mail_that_says_where_it_is() {
    let mut contents = Vec::new();
    let mut slowest = (Duration::ZERO, String::new());
    let doubled = bodies(2 * BYTES);
    for ((name, _, body), (same, _, twice)) in bodies(BYTES).into_iter().zip(doubled) {
        let (made, took) = made_of(feed("A post", "Kim", &body));
        assert!(took < LONGEST, "{name} of {} bytes: {took:?}", body.len());
        assert_eq!(name, same);
        // Twice as much takes twice as long, and not four times: measured again
        // where it seems so, since a machine may be slow for a moment.
        let work = |body: &str| made_of(feed("A post", "Kim", body)).1;
        let is_linear = |again: usize| {
            let one = if again == 0 { took } else { work(&body) };
            work(&twice) < one * 3
        };
        assert!(took < SUSPECT || (0..4).any(is_linear), "{name}: {took:?}, and more than that for more");
        slowest = slowest.max((took, name.clone()));
        contents.push((format!("{name} {}", contents.len()), made));
    }
    // What grows without end, at a size of which not all is read.
    for (name, _, body) in bodies(WHOLE_BYTES).into_iter().filter(|(_, kind, _)| *kind == Kind::Endless) {
        let (made, took) = made_of(feed("A post", "Kim", &body));
        assert!(took < LONGEST_WHOLE, "{name} of {} bytes: {took:?}", body.len());
        contents.push((format!("{name} {}", contents.len()), made));
    }
    println!("the slowest of {}: {slowest:?}", contents.len());
    for ((name, _), mail) in contents.iter().zip(mails_of(&contents).await) {
        assert_is_a_mail(name, &mail);
    }
}

/// S20 D8
#[tokio::test]
async fn no_post_becomes_a_mail_over_200_kb_and_each_says_where_the_rest_is() {
    let family = "👨‍👩‍👧‍👦";
    let long = |thing: &str| thing.repeat(60_000 / thing.len());
    let bodies = [
        ("one long word", "x".repeat(3_000_000)),
        ("emoji", family.repeat(50_000)),
        ("9,000 pictures", "<img src=\"/a.png\" alt=\"A picture\">".repeat(9_000)),
        ("9,000 pictures in one paragraph", format!("<p>{}</p>", "<img src=\"/a.png\">".repeat(9_000))),
        ("a long title", format!("<p title=\"{}\">Words</p>", "title ".repeat(500_000))),
        ("long titles", "<p title=\"title title title title title\">Words</p>".repeat(5_000)),
        ("long addresses", format!("<a href=\"https://a.example/{}\">x</a> ", "a".repeat(3_900)).repeat(30)),
        ("signs of three bytes", format!("<p>{}</p>", "字".repeat(29_000))),
        ("accents", format!("<p>a{}</p>", "\u{301}".repeat(100_000))),
        ("a whole book", "<p>Words and words and more words of a book.</p>".repeat(4_000)),
        (
            "rules of equals signs",
            format!("<pre>{}</pre>", format!("{}\nNAME\n", "=".repeat(70)).repeat(560)),
        ),
        ("lines of code", format!("<pre>{}</pre>", "x = 1; y == 2; =======\n".repeat(2_600))),
        ("blanks before line ends", format!("<pre>{}</pre>", "a \n".repeat(24_000))),
        ("Latin and equals signs", format!("<p>é{}</p>", "=".repeat(40_000))),
        ("a table", format!("<table>{}</table>", "<tr><td>a</td><td>b</td></tr>".repeat(3_000))),
    ];
    let mut contents = Vec::new();
    for (name, body) in bodies {
        contents.push((name.to_owned(), made_of(feed("A post", "Kim", &body)).0));
    }
    let heads = [
        ("letters", long("T")),
        ("words", long("word ")),
        ("families", long(family)),
        ("accents", long("e\u{301}\u{301}")),
    ];
    for (name, head) in heads {
        contents.push((format!("title of {name}"), made_of(feed(&head, &head, "<p>Words</p>")).0));
    }
    let mails = mails_of(&contents).await;
    for ((name, content), mail) in contents.iter().zip(&mails) {
        assert_is_a_mail(name, mail);
        let html = MailParts::of(mail).html.unwrap();
        let is_short = name.starts_with("title") || matches!(name.as_str(), "a long title");
        let says_where = ["Read the rest on the blog", "Read the post on the blog"]
            .iter()
            .any(|words| html.contains(words));
        assert_eq!(says_where, !is_short, "{name}: cut {}, {} bytes", content.is_cut, mail.len());
        assert!(content.summary.len() <= 1_000 && content.title.len() <= 1_300, "{name}");
    }
}

/// S20: what was stored by an earlier version, too, falls back step by step.
#[tokio::test]
async fn a_mailing_whose_excerpt_is_too_large_is_sent_as_a_link() {
    let (plain, _) = made_of(feed("A post", "Kim", "<p>Words</p>"));
    let large = format!("<p>{}</p>", "x".repeat(300_000));
    let content = MailingContent { html: large.clone(), excerpt_html: large, ..plain.clone() };
    // Both parts fit, and together they do not.
    let text = "字".repeat(28_000);
    let heavy = MailingContent { html: format!("<p>{text}</p>"), text, ..plain };
    let contents = [("large".to_owned(), content), ("heavy".to_owned(), heavy)];
    let mails = mails_of(&contents).await;
    for (mail, words) in mails.iter().zip(["Read the post on the blog", "Read the rest on the blog"]) {
        assert_is_a_mail(words, mail);
        let parts = MailParts::of(mail);
        assert!(parts.html.unwrap().contains(words) && parts.text.unwrap().contains(words), "{words}");
    }
}
