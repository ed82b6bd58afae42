//! What may be configured, and what is said about what may not.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use postbell::config::{self, Sources};

use super::{dkim, keys, load};
use crate::support::process;

/// What a file, or a set of keys, is refused with.
fn fault(domain: &str, selector: &str, files: &[&str]) -> String {
    let files: Vec<String> = files.iter().map(|name| keys().path(name)).collect();
    let env = [
        ("DKIM__DOMAIN", domain.to_owned()),
        ("DKIM__SELECTOR", selector.to_owned()),
        ("DKIM__KEY_FILE", files.join(",")),
    ];
    let said = load(&env).unwrap_err();
    assert_eq!(said.lines().count(), 2, "one fault only: {said}");
    said.lines().nth(1).unwrap().trim().to_owned()
}

#[test]
fn a_key_that_does_not_do_is_refused_with_what_to_do() {
    std::fs::write(keys().path("words.pem"), "no key at all\n").unwrap();
    std::fs::write(keys().path("empty.pem"), "").unwrap();
    std::fs::write(keys().path("huge.pem"), vec![b'x'; 70_000]).unwrap();
    for (file, why) in [
        ("nowhere.pem", "nowhere.pem cannot be read: "),
        ("words.pem", "words.pem holds no private RSA or Ed25519 key in PEM; make one with `openssl genrsa"),
        ("empty.pem", "empty.pem holds no private RSA or Ed25519 key"),
        ("huge.pem", "huge.pem is too large for a key"),
        ("curve.pem", "curve.pem holds no private RSA or Ed25519 key"),
        ("small.pem", "small.pem is an RSA key of fewer than 2048 bits"),
        ("public.pem", "public.pem holds the public half; name the private one"),
        ("locked.pem", "locked.pem is locked by a passphrase"),
    ] {
        let said = fault("example.org", "r1", &[file]);
        assert!(said.starts_with("environment: dkim.key_file (POSTBELL_DKIM__KEY_FILE): "), "{said}");
        assert!(said.contains(why), "{file}: {said}");
    }
}

#[test]
fn what_belongs_together_is_asked_for_together() {
    for (domain, selector, files, key, why) in [
        ("", "r1", &["rsa.pem"][..], "dkim.domain", "go together"),
        ("example.org", "", &["rsa.pem"], "dkim.selector", "go together"),
        ("example.org", "r1", &[], "dkim.key_file", "go together"),
        ("example.org", "r1,e1", &["rsa.pem"], "dkim.key_file", "as many files as there are selectors"),
        ("example.org", "r1,r2", &["rsa.pem", "pkcs1.pem"], "dkim.key_file", "two keys of one kind"),
        ("example.org", "r1,r1", &["rsa.pem", "ed.pem"], "dkim.selector", "a selector of its own"),
        ("example.org", "r 1", &["rsa.pem"], "dkim.selector", "\"r 1\" is none"),
        ("localhost", "r1", &["rsa.pem"], "dkim.domain", "like example.org"),
        ("exa mple.org", "r1", &["rsa.pem"], "dkim.domain", "like example.org"),
        ("a;b.org", "r1", &["rsa.pem"], "dkim.domain", "like example.org"),
    ] {
        let said = fault(domain, selector, files);
        assert!(said.contains(&format!("{key} (")) && said.contains(why), "{domain} {selector}: {said}");
    }
}

#[test]
fn without_the_section_nothing_is_signed() {
    assert!(load(&[]).unwrap().dkim.is_none());
}

#[test]
fn one_key_may_be_written_without_a_list_and_a_domain_in_its_own_letters() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("my.toml");
    let text = format!(
        "[dkim]\ndomain = \"Bücher.example\"\nselector = \"r1\"\nkey_file = \"{}\"\n",
        keys().path("pkcs1.pem")
    );
    std::fs::write(&file, text).unwrap();
    let config = config::load(&Sources { file: Some(file.clone()), ..Sources::default() }).unwrap();
    let records: Vec<_> = config.dkim.unwrap().records().collect();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].0, "r1._domainkey.xn--bcher-kva.example");
    std::fs::write(&file, "[dkim]\ndomain = \"\"\nselector = \"\"\nkey_file = \"\"\n").unwrap();
    assert!(config::load(&Sources { file: Some(file), ..Sources::default() }).unwrap().dkim.is_none());
}

/// The commands of the manual.
#[test]
fn the_records_are_those_that_openssl_makes() {
    let shell = |command: String| {
        let output = Command::new("sh").args(["-c", &command]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let rsa = shell(format!("openssl pkey -in {} -pubout -outform der | base64 -w0", keys().path("rsa.pem")));
    let ed = shell(format!(
        "openssl pkey -in {} -pubout -outform der | tail -c 32 | base64 -w0",
        keys().path("ed.pem")
    ));
    let records: Vec<_> = dkim().records().collect();
    assert_eq!(records[0], ("r1._domainkey.example.org".to_owned(), format!("v=DKIM1; k=rsa; p={rsa}")));
    assert_eq!(records[1], ("e1._domainkey.example.org".to_owned(), format!("v=DKIM1; k=ed25519; p={ed}")));
}

#[test]
fn nothing_shows_a_key() {
    let pem = std::fs::read_to_string(keys().path("rsa.pem")).unwrap();
    let secret = pem.lines().nth(3).unwrap();
    let config = load(&keys().env()).unwrap();
    assert!(!format!("{config:?}").contains(secret));
    let env = keys().env();
    let env: Vec<(&str, &str)> = env.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let folder = tempfile::tempdir().unwrap();
    let output = process::run(folder.path(), &["config", "show"], &env);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && shown.contains("dkim.key_file") && shown.contains("rsa.pem"),
        "{shown}"
    );
    assert!(pem.lines().skip(1).all(|line| !shown.contains(line)), "{shown}");
}

#[test]
fn a_key_that_others_can_read_is_named() {
    assert!(dkim().exposed.is_empty());
    let open = keys().path("open.pem");
    std::fs::copy(keys().path("rsa.pem"), &open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut env = keys().env();
    env.truncate(1);
    env.extend([("DKIM__SELECTOR", "r1".to_owned()), ("DKIM__KEY_FILE", open.clone())]);
    assert_eq!(load(&env).unwrap().dkim.unwrap().exposed, [std::path::PathBuf::from(open)]);
}
