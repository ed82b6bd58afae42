//! What may be configured of the ways back, and what is said about the rest.

use postbell::config::{self, Config, Sources};
use postbell::inbound::imap::ImapTls;
use postbell::inbound::lmtp::LmtpListen;
use secrecy::ExposeSecret as _;

use super::BOUNCES;
use crate::support::dovecot::Dovecot;
use crate::support::house::House;

fn load(env: &[(&str, &str)]) -> Result<Config, String> {
    let env = env.iter().map(|(key, value)| (format!("POSTBELL_{key}"), (*value).to_owned())).collect();
    config::load(&Sources { env, ..Sources::default() }).map_err(|faults| faults.to_string())
}

#[test]
fn without_the_section_nothing_is_read_and_nowhere_listened() {
    let bounces = load(&[]).unwrap().bounces;
    assert!(bounces.imap.is_none() && bounces.lmtp.is_none());
}

#[test]
fn a_mailbox_needs_no_bounce_address_and_its_line_may_stand_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("imap");
    std::fs::write(&file, "imaps://kim%40example.org:sesame@imap.example.org/Bounces\n").unwrap();
    let file = file.to_string_lossy().into_owned();
    let config = load(&[("BOUNCES__IMAP_URL_FILE", &file), ("BOUNCES__IMAP_EVERY_SECONDS", "7")]).unwrap();
    let imap = config.bounces.imap.unwrap();
    assert_eq!((imap.host.as_str(), imap.port, imap.tls), ("imap.example.org", 993, ImapTls::Implicit));
    assert_eq!(
        (imap.mailbox.as_str(), imap.done_folder.as_str(), imap.every.as_secs()),
        ("Bounces", "Postbell", 7)
    );
    assert_eq!((imap.user.as_str(), imap.password.expose_secret()), ("kim@example.org", "sesame"));
    assert!(!format!("{imap:?}").contains("sesame"));
}

#[test]
fn a_door_is_an_address_or_a_socket() {
    let listen = |text| load(&[BOUNCES, ("BOUNCES__LMTP_LISTEN", text)]).unwrap().bounces.lmtp;
    assert_eq!(listen("localhost:2424"), Some(LmtpListen::Tcp("127.0.0.1:2424".parse().unwrap())));
    assert_eq!(
        listen("unix:/run/postbell/lmtp.sock"),
        Some(LmtpListen::Unix("/run/postbell/lmtp.sock".into()))
    );
}

#[test]
fn every_fault_is_told_with_what_to_write() {
    const URL: (&str, &str) = ("BOUNCES__IMAP_URL", "imaps://kim:sesame@imap.example.org");
    for (env, key, advice) in [
        (
            vec![("BOUNCES__IMAP_URL", "imap.example.org")],
            "bounces.imap_url",
            "imaps://USER:PASSWORD@HOST/INBOX",
        ),
        (vec![URL, ("BOUNCES__IMAP_URL_FILE", "x")], "bounces.imap_url_file", "not both"),
        (vec![("BOUNCES__IMAP_CA_FILE", "/nowhere/ca")], "bounces.imap_ca_file", "cannot be read"),
        (vec![URL, ("BOUNCES__IMAP_DONE_FOLDER", "inbox")], "bounces.imap_done_folder", "another folder"),
        (vec![("BOUNCES__IMAP_DONE_FOLDER", "Zur\u{fc}ck")], "bounces.imap_done_folder", "plain letters"),
        (vec![("BOUNCES__IMAP_EVERY_SECONDS", "0")], "bounces.imap_every_seconds", "from 1 to 86400"),
        (vec![BOUNCES, ("BOUNCES__LMTP_LISTEN", "2424")], "bounces.lmtp_listen", "127.0.0.1:2424"),
        (
            vec![BOUNCES, ("BOUNCES__LMTP_LISTEN", "127.0.0.1:25")],
            "bounces.lmtp_listen",
            "port 25 is for SMTP",
        ),
        (vec![BOUNCES, ("BOUNCES__LMTP_LISTEN", "unix:lmtp.sock")], "bounces.lmtp_listen", "the whole path"),
        (
            vec![("BOUNCES__LMTP_LISTEN", "127.0.0.1:2424")],
            "mail.bounce_address",
            "needed once bounces.lmtp_listen",
        ),
    ] {
        let said = load(&env).unwrap_err();
        assert_eq!(said.lines().count(), 2, "one fault only: {said}");
        assert!(said.contains(key) && said.contains(advice) && !said.contains("sesame"), "{env:?}: {said}");
    }
    let all = load(&[("BOUNCES__IMAP_URL", "x"), ("BOUNCES__LMTP_LISTEN", "x")]).unwrap_err();
    assert_eq!(all.lines().count(), 4, "{all}");
}

#[test]
fn the_password_is_shown_nowhere() {
    let house = House::new("", &[("BOUNCES__IMAP_URL", "imaps://kim:sesame@imap.example.org/Bounces")]);
    let shown = house.run(&["config", "show"]);
    assert!(shown.contains("imaps://***@imap.example.org/Bounces") && !shown.contains("sesame"), "{shown}");
}

#[test]
fn the_doctor_logs_in_and_reads_nothing() {
    let dovecot = Dovecot::start();
    dovecot.deliver("1.letter", super::LETTER);
    let doctor = |url: &str| {
        House::new("", &[("BOUNCES__IMAP_URL", url)]).run(&["doctor", "--resolver", "127.0.0.1:9"])
    };
    let said = doctor(&dovecot.url());
    assert!(said.contains("user and password are taken, INBOX is there"), "{said}");
    let said = doctor(&dovecot.url().replace(":secret@", ":sesame@"));
    assert!(
        said.contains("bounces cannot be read: the login is refused") && !said.contains("sesame"),
        "{said}"
    );
    let said = doctor(&dovecot.url().replace("INBOX", "Nowhere"));
    assert!(said.contains("the mailbox Nowhere is refused"), "{said}");
    let said = doctor("imap://kim:sesame@127.0.0.1:9");
    assert!(
        said.contains("no connection") && said.contains("check host and port in bounces.imap_url"),
        "{said}"
    );
    assert!(dovecot.flags("") == [""], "{:?}", dovecot.flags(""));
}
