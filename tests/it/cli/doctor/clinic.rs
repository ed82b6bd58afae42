//! The world that `doctor` looks at, all well at first.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

use crate::cli::home::Home;
use crate::cli::site::Site;
use crate::support::authority::Authority;
use crate::support::dns_zone::DnsZone;
use crate::support::fault_smtp::FaultSmtp;
use crate::support::pages::Pages;

/// The address that mails leave from, for `--ip`.
pub(super) const IP: &str = "203.0.113.7";

pub(super) struct Clinic {
    pub(super) home: Home,
    pub(super) zone: DnsZone,
    pub(super) authority: Authority,
    pub(super) relay: FaultSmtp,
    pub(super) site: Site,
    pages: Pages,
}

impl Clinic {
    pub(super) fn new() -> Self {
        let authority = Authority::new();
        let relay = authority.server(&[("tls", "starttls"), ("login", "kim:sesame")]);
        let pages = Pages::start(&authority, 0);
        let clinic = Self {
            home: Home::new(),
            zone: DnsZone::start(),
            relay,
            site: Site::start(&["One"]),
            pages,
            authority,
        };
        for arguments in ["genrsa -out rsa.pem 2048", "genpkey -algorithm ed25519 -out ed.pem"] {
            let made =
                Command::new("openssl").args(arguments.split(' ')).current_dir(clinic.home.path()).output();
            assert!(made.unwrap().status.success(), "{arguments}");
        }
        clinic.chmod("rsa.pem", 0o600);
        clinic.chmod("ed.pem", 0o600);
        clinic.home.write("ca.pem", clinic.authority.pem());
        clinic.home.write(
            "postbell.toml",
            format!(
                "[http]\npublic_url = \"{}\"\n[feeds]\nallow_private = true\n\
                 [smtp]\nurl = \"smtp://kim:sesame@localhost:{}?tls=required\"\nca_file = \"ca.pem\"\n\
                 [mail]\nfrom = \"Kim <kim@example.org>\"\n\
                 [dkim]\ndomain = \"example.org\"\nselector = [\"r1\", \"e1\"]\nkey_file = [\"rsa.pem\", \"ed.pem\"]\n",
                clinic.pages.url(),
                clinic.relay.port
            ),
        );
        // It holds a password.
        clinic.chmod("postbell.toml", 0o600);
        clinic.home.ok(&["blog", "add", &clinic.site.url(), "--slug", "toast"]);
        clinic
            .zone
            .txt("example.org", "v=spf1 ip4:203.0.113.7 -all")
            .txt("example.org", "another text that is none of ours")
            .mx("example.org", 10, "mx.example.net")
            .a("mx.example.net", "198.51.100.1")
            .txt("r1._domainkey.example.org", &clinic.record("rsa.pem"))
            .txt("e1._domainkey.example.org", &clinic.record("ed.pem"))
            .txt("_dmarc.example.org", "v=DMARC1; p=reject; rua=mailto:postmaster@example.org")
            .ptr(IP, "mail.example.org")
            .a("mail.example.org", IP);
        clinic
    }

    /// The record of a key, as OpenSSL tells its public half.
    pub(super) fn record(&self, file: &str) -> String {
        let (kind, cut) = if file.starts_with("ed") { ("ed25519", "| tail -c 32") } else { ("rsa", "") };
        let line = format!("openssl pkey -in {file} -pubout -outform der {cut} | base64 -w0");
        let output = Command::new("sh").args(["-c", &line]).current_dir(self.home.path()).output().unwrap();
        format!("v=DKIM1; k={kind}; p={}", String::from_utf8(output.stdout).unwrap())
    }

    /// A further server for the pages, whose clock is off.
    pub(super) fn pages_ahead(&self, seconds: i64) -> Pages {
        Pages::start(&self.authority, seconds)
    }

    pub(super) fn doctor(&self, more: &[&str]) -> Output {
        let at = self.zone.address();
        let mut args = vec!["doctor", "--resolver", &at, "--ip", IP];
        args.extend(more);
        // The root of the pages' certificate, for the system's verifier.
        self.home.command(&args).env("SSL_CERT_FILE", self.authority.file("ca.pem")).output().unwrap()
    }

    /// What it prints, however it ends.
    pub(super) fn text(&self, more: &[&str]) -> String {
        String::from_utf8(self.doctor(more).stdout).unwrap()
    }

    pub(super) fn fails(&self, line: &str, next: &[&str]) {
        self.fails_with(&[], line, next);
    }

    pub(super) fn fails_with(&self, more: &[&str], line: &str, next: &[&str]) {
        self.says(more, ("fault", 1), line, next);
    }

    pub(super) fn warns(&self, line: &str, next: &[&str]) {
        self.warns_with(&[], line, next);
    }

    pub(super) fn warns_with(&self, more: &[&str], line: &str, next: &[&str]) {
        self.says(more, ("warning", 0), line, next);
    }

    /// One line of this status holds `line`; the steps behind it hold `next`,
    /// in order; the exit code is right.
    pub(super) fn says(&self, more: &[&str], (status, code): (&str, i32), line: &str, next: &[&str]) {
        let output = self.doctor(more);
        let text = String::from_utf8(output.stdout).unwrap();
        let mut rest =
            text.lines().skip_while(|own| !(own.trim_start().starts_with(status) && own.contains(line)));
        assert!(rest.next().is_some(), "no {status} line with {line:?}:\n{text}");
        for (own, next) in text.lines().zip(text.lines().skip(1)) {
            let is_open =
                ["warning ", "fault ", "not checked "].iter().any(|s| own.trim_start().starts_with(s));
            assert!(!is_open || next.starts_with("      "), "nothing to do is said behind {own:?}:\n{text}");
        }
        let steps: Vec<&str> = rest.take_while(|own| own.starts_with("      ")).collect();
        for (at, step) in next.iter().enumerate() {
            assert!(
                steps.get(at).is_some_and(|own| own.contains(step)),
                "step {step:?} of {line:?}:\n{text}"
            );
        }
        assert_eq!(output.status.code(), Some(code), "{text}");
    }

    pub(super) fn chmod(&self, file: &str, mode: u32) {
        let rights = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(self.home.path().join(file), rights).unwrap();
    }

    /// Runs a statement on the database, and closes it, so that its log goes
    /// into the file. Answers the first value of its first row, as text.
    pub(super) fn sql(&self, statement: &str) -> String {
        let script = "import sqlite3, sys\nfile, sql = sys.argv[1:]\ndb = sqlite3.connect(file)\n\
                      row = db.execute(sql).fetchone()\nprint(row[0] if row else '')\ndb.commit()\ndb.close()";
        let file = self.home.path().join("data/postbell.db");
        let done = Command::new("python3").args(["-c", script]).arg(file).arg(statement).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    /// The number of the page at which a table begins.
    pub(super) fn first_page_of(&self, table: &str) -> u64 {
        let page = self.sql(&format!("SELECT rootpage FROM sqlite_master WHERE name = '{table}'"));
        page.parse().unwrap()
    }

    pub(super) fn put_database_to_rest(&self) {
        self.sql("SELECT COUNT(*) FROM blogs");
        let log = self.home.path().join("data/postbell.db-wal");
        assert!(!log.exists(), "the last connection takes the log away");
    }

    /// Every file below the folder, but for SQLite's index of its log, which
    /// is made anew by whoever opens it first.
    pub(super) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.home.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if !path.to_string_lossy().ends_with("-shm") {
                    files.insert(path.to_string_lossy().into_owned(), std::fs::read(&path).unwrap());
                }
            }
        }
        files
    }
}
