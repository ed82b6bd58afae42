//! Mails as Python's parser sees them (D1, S6).

use std::process::Command;

use mail_parser::MessageParser;
use postbell::mail::{Email, Originator};
use serde_json::Value;

use super::{address, post_to};

/// What Python's parser makes of these mails.
fn read(mails: &[Email]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<_> = mails
        .iter()
        .enumerate()
        .map(|(i, mail)| {
            let file = folder.path().join(format!("{i}.eml"));
            std::fs::write(&file, mail.to_bytes().unwrap()).unwrap();
            file
        })
        .collect();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/read_mail.py");
    let output = Command::new("python3").arg(script).args(&files).output().expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What must be left of a header's text: one line, which turns nothing around.
fn one_line(text: &str) -> String {
    let text = text.replace(['\u{202a}', '\u{202b}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2069}'], "");
    let breaks = |c: char| c == ' ' || c.is_control() || c == '\u{2028}' || c == '\u{2029}';
    text.split(breaks).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether that is it, or the beginning of what is too long for a header.
fn stands_for(got: &str, whole: &str) -> bool {
    let begins = |kept: &str| whole.chars().count() > 90 && kept.len() > 40 && whole.starts_with(kept);
    got == whole || got.strip_suffix('…').is_some_and(begins)
}

fn nasty() -> Vec<String> {
    [
        "plain",
        "example.com",
        "J. R. \"Bob\" <bob@evil.example>",
        "a\r\nBcc: victim@example.com\r\n\r\nbody",
        "nul\0 tab\t bell\u{7} nel\u{85} ls\u{2028}x ps\u{2029}y vt\u{b}z",
        "=?utf-8?q?=0D=0ABcc:_victim@example.com?=",
        "half =?utf-8?b?",
        "مرحبا بالعالم \u{202e}txet desrever",
        "שלום — “quotes”, ‘more’; semi: colon, comma",
        "日本語のとても長い題名がここにあります、折り返しが必要です、まだまだ続きます",
        "naïve café ☕ and a plain tail that goes on until the line must be folded somewhere",
        "back\\slash \\\" and (comment) [bracket] @ at",
        "  two  spaces   at both ends  ",
        ".",
        "👩‍👩‍👧‍👦🏳️‍🌈",
        "é",
    ]
    .into_iter()
    .map(ToOwned::to_owned)
    .chain([
        "🎉".repeat(300),
        "x".repeat(1200),
        "é".repeat(700),
        "word ".repeat(300),
        format!("short {} short", "y".repeat(1100)),
    ])
    .collect()
}

#[test]
fn pythons_parser_finds_no_defect_whatever_a_blog_writes() {
    let texts = nasty();
    let mails: Vec<Email> = texts
        .iter()
        .map(|text| Email {
            from: Originator { name: text.clone(), address: address("blog@example.org") },
            subject: text.clone(),
            text: text.clone(),
            html: format!("<p title=\"a=b\">{text}</p>"),
            list_id: Some((text.clone(), "a-blog.example.org".to_owned())),
            ..post_to("reader@example.com")
        })
        .collect();
    let read = read(&mails);
    assert_eq!(read.len(), texts.len());
    for (mail, text) in read.iter().zip(&texts) {
        let expected = one_line(text);
        assert_eq!(mail["defects"], serde_json::json!([]), "{text:?}");
        assert!(stands_for(mail["subject"].as_str().unwrap(), &expected), "{mail}");
        // Python keeps the space between two encoded words of a name, which
        // RFC 2047 §6.2 tells it to drop; the other reader below does not.
        let name = mail["from_name"].as_str().unwrap().replace(' ', "");
        assert!(stands_for(&name, &expected.replace(' ', "")), "{mail}");
        assert_eq!(mail["from"], "blog@example.org");
        assert!(mail["list_id"].as_str().unwrap().ends_with("<a-blog.example.org>"), "{mail}");
        assert_eq!(mail["type"], "multipart/alternative");
        assert_eq!(mail["parts"], serde_json::json!(["text/plain utf-8", "text/html utf-8"]));
        assert_eq!((&mail["ascii"], &mail["bare"]), (&true.into(), &false.into()), "{text:?}");
        assert!(mail["longest_line"].as_u64().unwrap() <= 998, "{text:?}");
        let once = ["from", "to", "date", "message-id", "subject", "reply-to", "mime-version"];
        for name in once.iter().chain(&["list-unsubscribe", "list-unsubscribe-post", "list-id"]) {
            let count = mail["names"].as_array().unwrap().iter().filter(|n| *n == name).count();
            assert_eq!(count, 1, "{name} of {text:?}");
        }
        assert!(!mail["names"].as_array().unwrap().contains(&"bcc".into()));
    }
    for (mail, text) in mails.iter().zip(&texts) {
        let bytes = mail.to_bytes().unwrap();
        let read = MessageParser::new().parse(&bytes).unwrap();
        let from = read.from().unwrap().first().unwrap();
        assert!(stands_for(from.name().unwrap(), &one_line(text)), "{from:?}");
        assert_eq!(from.address(), Some("blog@example.org"));
        assert!(stands_for(read.subject().unwrap(), &one_line(text)), "{text}");
    }
}

#[test]
fn a_body_arrives_as_it_was_written() {
    let bodies = [
        String::new(),
        "\n".to_owned(),
        "line\nline\r\nline\rlast".to_owned(),
        "trailing space \nand tab\t\n".to_owned(),
        "From me\n.\n..\n--=_m1\n".to_owned(),
        "z".repeat(20_000),
        "Ж".repeat(20_000),
        "🎈 ".repeat(5_000),
    ];
    let mails: Vec<Email> =
        bodies.iter().map(|body| Email { text: body.clone(), ..post_to("r@example.com") }).collect();
    for (mail, body) in read(&mails).iter().zip(&bodies) {
        let expected = body.replace("\r\n", "\n").replace('\r', "\n");
        let text = mail["text"].as_str().unwrap().replace("\r\n", "\n");
        assert_eq!(mail["defects"], serde_json::json!([]));
        assert_eq!(text.trim_end_matches('\n'), expected.trim_end_matches('\n'));
        assert!(mail["longest_line"].as_u64().unwrap() <= 78);
    }
}

#[test]
fn the_shorter_encoding_is_taken() {
    let cyrillic = Email {
        text: "Это длинное русское предложение".to_owned(), ..post_to("r@example.com")
    };
    let french =
        Email { text: "Un café, deux croissants et une addition".to_owned(), ..post_to("r@example.com") };
    let read = read(&[cyrillic, french]);
    assert_eq!(read[0]["encodings"][0], "base64");
    assert_eq!(read[1]["encodings"][0], "quoted-printable");
}

#[test]
fn the_unsubscribe_link_is_never_folded_or_encoded() {
    let url = format!("https://example.org/unsubscribe/{}", "tok-_~.".repeat(60));
    let mail = Email { one_click: Some(url.clone()), ..post_to("reader@example.com") };
    let bytes = String::from_utf8(mail.to_bytes().unwrap()).unwrap();
    assert!(bytes.contains(&format!("\r\nList-Unsubscribe: <{url}>\r\n")));
    assert!(bytes.contains("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
    assert!(bytes.contains("\r\nPrecedence: bulk\r\n"));
    assert!(bytes.contains("\r\nAuto-Submitted: auto-generated\r\n"));
    assert!(bytes.contains("\r\nMessage-ID: <m1.d7@example.org>\r\n"));
    assert!(bytes.contains("\r\nDate: Fri, 15 Jan 2027 08:00:00 +0000\r\n"), "{bytes}");
}

/// D4
#[test]
fn the_second_way_to_leave_stands_on_a_line_of_its_own() {
    let url = "https://example.org/unsubscribe/abc".to_owned();
    let leave_by_mail = Some("bounces+abc@example.org".to_owned());
    let mail = Email { one_click: Some(url.clone()), leave_by_mail, ..post_to("reader@example.com") };
    let bytes = String::from_utf8(mail.to_bytes().unwrap()).unwrap();
    let both = format!(
        "\r\nList-Unsubscribe: <{url}>,\r\n <mailto:bounces+abc@example.org?subject=unsubscribe>\r\n"
    );
    assert!(bytes.contains(&both), "{bytes}");
    let hostile = Email { leave_by_mail: Some("a@b.example>,\r\nBcc: c@d.example".to_owned()), ..mail };
    assert!(hostile.to_bytes().is_err());
}

#[test]
fn an_answer_names_the_mail_that_it_answers() {
    let mail = Email { in_reply_to: Some("1.ab@example.org".to_owned()), ..post_to("reader@example.com") };
    let bytes = String::from_utf8(mail.to_bytes().unwrap()).unwrap();
    assert!(bytes.contains("\r\nIn-Reply-To: <1.ab@example.org>\r\nReferences: <1.ab@example.org>\r\n"));
    assert!(
        !String::from_utf8(post_to("reader@example.com").to_bytes().unwrap()).unwrap().contains("References")
    );
}

#[test]
fn a_mail_to_one_reader_carries_no_list_headers() {
    let mail = Email {
        one_click: None,
        list_id: None,
        feedback_id: None,
        reply_to: None,
        is_auto: false,
        ..post_to("reader@example.com")
    };
    let bytes = String::from_utf8(mail.to_bytes().unwrap()).unwrap();
    for name in ["List-", "Precedence", "Feedback-ID", "Auto-Submitted", "Reply-To"] {
        assert!(!bytes.contains(name), "{name}");
    }
}

#[test]
fn the_same_mail_is_the_same_bytes() {
    let mail = post_to("reader@example.com");
    assert_eq!(mail.to_bytes().unwrap(), mail.to_bytes().unwrap());
}

#[test]
fn a_link_that_would_make_a_header_is_refused() {
    for link in
        ["https://e.org/\r\nBcc: a@b.example", "https://e.org/ x", "https://e.org/é", "https://e.org/>"]
    {
        let mail = Email { one_click: Some(link.to_owned()), ..post_to("reader@example.com") };
        assert!(mail.to_bytes().is_err(), "{link:?}");
    }
}

#[test]
fn an_address_with_letters_beyond_ascii_stands_as_utf8() {
    let bytes = post_to("josé@example.com").to_bytes().unwrap();
    assert!(String::from_utf8(bytes).unwrap().contains("\r\nTo: josé@example.com\r\n"));
}
