//! What each parser of outside input keeps to, whatever it is given. Run by
//! the fuzz targets, and on known inputs by the tests.
#![allow(dead_code, reason = "each target runs one of them")]

#[path = "zone.rs"]
mod zone;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::io::Cursor;

use postbell::domain::import::{Choices, Entry, Said};
use postbell::domain::{EmailAddress, Timestamp};
use postbell::feedback::mail::{self, Kind};
use postbell::feedback::providers::proof::{Password, Proofs, TopicProof, prove};
use postbell::feedback::providers::{Provider, Request, read};
use postbell::feeds;
use postbell::inbound::imap::rehearse;
use postbell::mail::SendError;
use postbell::mail::smtp::judged;
use postbell::operate::import::look;
use postbell::publish::body::{content_of, sanitise};
use secrecy::SecretString;
use url::Url;

const PAGE: &str = "https://blog.example/2026/post/";

/// What must hold of any bytes.
pub type Body = fn(&[u8]);

/// Every body by its name.
pub const ALL: [(&str, Body); 11] = [
    ("feed", feed),
    ("bounce", bounce),
    ("address", address),
    ("html", html),
    ("webhook", webhook),
    ("csv", csv),
    ("ping", ping),
    ("discover", discover),
    ("reply", reply),
    ("imap", imap),
    ("dns", dns),
];

/// Addresses are absolute, the same bytes give the same posts, and a post's
/// text can be made into a mail.
pub fn feed(data: &[u8]) {
    let Ok(feed) = feeds::parse(data, None, PAGE) else { return };
    assert!(feed.entries.len() <= data.len());
    assert!(feed.entries.iter().all(|entry| !entry.title.contains(['\r', '\n', '\0'])));
    let about = [&feed.home_url, &feed.self_url, &feed.next_url, &feed.prev_archive_url, &feed.new_feed_url];
    let of_entries = feed.entries.iter().flat_map(|entry| [&entry.link, &entry.image, &entry.comments_url]);
    for url in about.into_iter().chain(of_entries).flatten().chain(&feed.hub_urls) {
        assert!(Url::parse(url).is_ok(), "{url:?}");
    }
    for entry in &feed.entries {
        assert!(entry.id.as_deref() != Some(""));
    }
    let again = feeds::parse(data, None, PAGE).expect("it was a feed a moment ago");
    let ids = |feed: &feeds::Feed| feed.entries.iter().map(feeds::Entry::identity).collect::<Vec<_>>();
    assert_eq!(ids(&feed), ids(&again));
    if let Some(entry) = feed.entries.first().filter(|entry| entry.html.len() < 20_000) {
        check_mail(entry, feed.language.as_deref());
    }
}

/// Only bounces and complaints name somebody, and what is kept is bounded.
pub fn bounce(data: &[u8]) {
    let report = mail::read(data);
    assert!(report.recipients.len() <= mail::MOST_RECIPIENTS);
    if matches!(report.kind, Kind::None | Kind::Autoreply) {
        assert!(report.recipients.is_empty());
    }
    for recipient in &report.recipients {
        assert!(recipient.diagnostic.len() <= 1_000 && !recipient.diagnostic.contains(['\r', '\n']));
    }
}

/// What was parsed parses to itself, and goes into a header as it is.
pub fn address(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(address) = EmailAddress::parse(text) else { return };
    assert_eq!(EmailAddress::parse(address.as_str()).as_ref(), Ok(&address));
    assert!(!address.as_str().chars().any(|c| c.is_control() || c.is_whitespace()));
    assert!(address.as_str().len() <= 254 && address.domain().is_ascii());
    let _ = (address.key(), address.canonical(), address.masked());
}

/// What becomes of a post's text in a mail.
fn check_mail(entry: &feeds::Entry, language: Option<&str>) {
    let content = content_of(entry, PAGE, "#0f6b5c", language);
    check_html(&content.html);
    check_html(&content.excerpt_html);
    assert!(!content.text.chars().any(|c| c.is_control() && c != '\n'), "{:?}", content.text);
    assert!(content.minutes >= 1 && !content.summary.contains(['\r', '\n']));
}

/// Nothing active is left, addresses are absolute, and a second pass changes
/// nothing (S7).
pub fn html(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let safe = sanitise(&text, Some(PAGE));
    check_html(&safe);
    assert_eq!(sanitise(&safe, Some(PAGE)), safe);
    if data.len() < 20_000 {
        check_mail(&feeds::Entry { html: text.into_owned(), ..feeds::Entry::default() }, None);
    }
}

/// Events are bounded, and neither reading nor proving panics.
pub fn webhook(data: &[u8]) {
    let Some((choice, body)) = data.split_first() else { return };
    let provider = Provider::ALL[usize::from(choice & 15) % Provider::ALL.len()];
    // A line of headers before the body, for what is signed there.
    let (head, body) = match body.iter().position(|byte| *byte == b'\n') {
        Some(end) if choice & 128 != 0 => {
            (std::str::from_utf8(&body[..end]).unwrap_or_default(), &body[end + 1..])
        }
        _ => ("", body),
    };
    let headers: Vec<(&str, &str)> = head.split('\t').filter_map(|field| field.split_once(':')).collect();
    // A form's boundary is its own first line.
    let boundary = body.split(|byte| *byte == b'\r').next().and_then(|line| line.strip_prefix(b"--"));
    let boundary = String::from_utf8_lossy(boundary.unwrap_or(b"b"));
    let content_type = match usize::from(choice >> 4) % 3 {
        0 => "application/json".to_owned(),
        1 => "application/x-www-form-urlencoded".to_owned(),
        _ => format!("multipart/form-data; boundary={boundary}"),
    };
    let request = Request { content_type: &content_type, headers: &headers, body };
    if let Ok(events) = read(provider, &request) {
        assert!(events.len() <= body.len());
    }
    // Of this process alone, so that no input ever holds it.
    let secret = || SecretString::from(format!("{:x}", RandomState::new().hash_one(0)));
    let proofs = Proofs {
        ses: Some(TopicProof::amazon("arn:aws:sns:eu-west-1:1:t")),
        scaleway: Some(TopicProof::scaleway("arn:scw:sns:fr-par:project-1:t")),
        sendgrid_keys: vec![include_str!("keys/sendgrid.txt").to_owned()],
        postmark: vec![Password::Header(secret())],
        mailgun_keys: vec![secret()],
        generic_keys: vec![secret()],
        passwords: [Provider::Brevo, Provider::Mailjet, Provider::Sparkpost, Provider::Smtp2go]
            .map(|provider| (provider, Password::Header(secret())))
            .into(),
        keys: [Provider::Resend, Provider::Mailersend, Provider::Mailtrap]
            .map(|provider| (provider, secret()))
            .into(),
    };
    let now = Timestamp::from_millis(1_800_000_000_000);
    assert!(
        prove(provider, &request, &proofs, Some(include_str!("keys/sns.pem")), now).is_err(),
        "nobody guesses a signature"
    );
}

/// Rows end, each address is read or refused, and what the file's name says
/// of everybody holds for each.
pub fn csv(data: &[u8]) {
    let now = Timestamp::from_millis(1_800_000_000_000);
    for (name, is_suppressions) in [("list.csv", false), ("unsubscribed.csv", false), ("list.csv", true)] {
        let mut file = Cursor::new(data);
        let Ok(looked) = look(&mut file, name, is_suppressions, &Choices::default(), now) else { continue };
        let mut count = 0;
        let judged = looked.each(&mut file, |line, entry| {
            count += 1;
            assert!(line >= 1 && line <= data.len() as u64 + 1);
            match entry {
                Entry::Refused { shown, .. } => assert!(shown.chars().count() <= 100),
                Entry::Taken { said, at, .. } => {
                    assert!(at.is_none_or(|at| at <= now));
                    let is_told_by_name = name == "unsubscribed.csv" && looked.facts().status.is_empty();
                    assert!(!is_told_by_name || matches!(said, Said::Gone(_)), "{said:?}");
                }
            }
        });
        assert!(judged.is_ok() && count <= data.len() * 2);
    }
}

/// A ping names what it holds and nothing else.
pub fn ping(data: &[u8]) {
    if let Ok(ping) = feeds::read_ping(data) {
        assert!(ping.urls().map(str::len).sum::<usize>() <= data.len());
    }
}

/// What `doctor` makes of a domain's records.
pub use zone::dns;

/// Every feed that a page names can be asked for.
pub fn discover(data: &[u8]) {
    let headers = [String::from_utf8_lossy(&data[..data.len().min(4_000)]).into_owned()];
    let page = feeds::read_page(data, None, &headers, PAGE);
    let named = page.feeds.into_iter().chain(page.comments).map(|candidate| candidate.url);
    for url in named.chain(page.refresh).chain(page.pages) {
        let url = Url::parse(&url).expect("absolute");
        assert!(matches!(url.scheme(), "http" | "https"), "{url}");
    }
}

/// One judgement, however the bytes are cut; the first byte says where.
/// What is kept is bounded, and only a refusal for good blames anybody.
pub fn reply(data: &[u8]) {
    let Some((piece, bytes)) = data.split_first() else { return };
    let judged_at_once = judged(bytes, bytes.len());
    assert_eq!(judged_at_once, judged(bytes, usize::from(*piece)));
    for error in judged_at_once.into_iter().flatten() {
        let reply = error.reply();
        let code = reply.code.expect("it was a reply");
        assert!((200..600).contains(&code), "{code}");
        let blames_no_reader =
            matches!(error, SendError::Later(_) | SendError::RelayDown(_) | SendError::RelayRefusesMail(_));
        assert!(blames_no_reader || code >= 500, "{error:?}");
        assert!(reply.text.len() <= 500 && !reply.text.contains(char::is_control), "{:?}", reply.text);
        let class = (code / 100).to_string();
        assert!(reply.enhanced.as_ref().is_none_or(|status| status.split('.').next() == Some(&class)));
    }
}

/// What an IMAP server answers, whatever it is asked: a look ends, with a
/// bounded line about what is wrong with it.
pub fn imap(data: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let said = tokio::io::join(Cursor::new(data.to_vec()), tokio::io::sink());
    match runtime.block_on(rehearse(said)) {
        Ok(mails) => assert!(mails <= 3),
        Err(fault) => {
            let said = fault.to_string();
            assert!(said.len() <= 1_200 && !said.contains(char::is_control), "{said:?}");
        }
    }
}

/// Elements and attributes that may act by themselves.
const ACTIVE: [&str; 14] = [
    "script", "style", "iframe", "object", "embed", "form", "input", "button", "svg", "math", "link", "meta",
    "base", "template",
];

/// Looks at serialised HTML as a browser would: quotes hide nothing.
fn check_html(html: &str) {
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let Some(end) = end_of_tag(rest) else { break };
        let (tag, after) = rest.split_at(end);
        rest = after;
        let name = tag.trim_start_matches('/').split([' ', '\n', '\t', '/']).next().unwrap_or_default();
        assert!(!ACTIVE.contains(&name.to_ascii_lowercase().as_str()), "<{tag}>");
        for (attribute, value) in attributes(tag) {
            assert!(!attribute.starts_with("on") && attribute != "srcdoc", "<{tag}>");
            assert!(attribute != "style" || !value.contains("url("), "{value:?}");
            if matches!(attribute, "href" | "src") {
                let url = Url::parse(&value.replace("&amp;", "&")).expect("absolute");
                let is_page = matches!(url.scheme(), "http" | "https") && url.has_host();
                assert!(is_page || attribute == "href" && url.scheme() == "mailto", "{attribute}={value:?}");
            }
        }
    }
}

/// Where a tag ends: a `>` outside of quotes.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quote = false;
    tag.char_indices().find_map(|(at, c)| {
        if c == '"' {
            quote = !quote;
        }
        (c == '>' && !quote).then_some(at)
    })
}

/// Names and values of a serialised tag, whose values stand in double quotes.
fn attributes(tag: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut parts = tag.split('"');
    std::iter::from_fn(move || {
        let before = parts.next()?;
        let value = parts.next()?;
        Some((before.trim_end_matches('=').rsplit([' ', '\n', '\t']).next().unwrap_or_default(), value))
    })
}
