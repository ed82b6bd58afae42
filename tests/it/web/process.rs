//! The real process: what it logs (S4), and what it says when nothing can be
//! written (R10).

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use data_encoding::BASE32_NOPAD;
use postbell::mail::MailParts;

use crate::support::process;
use crate::support::server::{feed, urls_in};
use crate::support::smtp_sink::SmtpSink;

/// A client for one process.
struct Visitor {
    client: reqwest::Client,
    url: String,
}

impl Visitor {
    fn new(url: &str) -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self { client: client.build().expect("a client"), url: url.to_owned() }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let response = self.client.get(format!("{}{path}", self.url)).send().await.expect("an answer");
        (response.status().as_u16(), response.text().await.expect("a text"))
    }

    async fn post(&self, path: &str, form: &str) -> reqwest::Response {
        let request = self.client.post(format!("{}{path}", self.url)).body(form.to_owned());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.send().await.expect("an answer")
    }

    async fn sign_up(&self, address: &str) -> reqwest::Response {
        self.post("/b/musings/follow", &format!("email={}", address.replace('@', "%40"))).await
    }
}

/// A blog on loopback.
async fn blog() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
    let document = feed("Musings", &url, &[("old", "Old", "<p>old</p>")]);
    let app = axum::Router::new().fallback(move || {
        let document = document.clone();
        async move { ([("content-type", "application/rss+xml")], document) }
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

async fn add_blog(folder: &Path, env: &[(&str, &str)]) {
    let url = format!("{}feed", blog().await);
    let (folder, env) =
        (folder.to_owned(), env.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect::<Vec<_>>());
    let added = tokio::task::spawn_blocking(move || {
        let env: Vec<(&str, &str)> = env.iter().map(|(key, value)| (&**key, &**value)).collect();
        process::run(&folder, &["blog", "add", &url, "--slug", "musings"], &env)
    });
    let added = added.await.expect("it ran");
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
}

/// Asks again until there is an answer; a mail needs a moment.
async fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// S4
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_addresses_nor_links_stand_in_the_log_however_much_it_tells() {
    let folder = tempfile::tempdir().unwrap();
    let sink = SmtpSink::start();
    let relay = sink.url();
    let env = [
        ("HTTP__LISTEN", "127.0.0.1:0"),
        ("FEEDS__ALLOW_PRIVATE", "true"),
        ("LOG__FILTER", "debug,postbell=trace"),
        ("SMTP__URL", &*relay),
        ("MAIL__FROM", "Musings <post@musings.example>"),
    ];
    add_blog(folder.path(), &env).await;
    let mut server = process::Process::start(folder.path(), &["serve"], &env);
    let visitor = Visitor::new(server.url());
    assert_eq!(visitor.sign_up("kim.secret@example.org").await.status(), 303);
    assert_eq!(visitor.sign_up("kim.secret@@example.org").await.status(), 422);
    let mut tokens: Vec<String> = Vec::new();
    let mut link = async |count: usize, door: &str| {
        let mail = eventually("a mail", || {
            let mut mails = sink.mails();
            let of = |raw: &[u8]| MailParts::of(raw).text.unwrap_or_default();
            mails.retain(|mail| of(&mail.raw).contains(&format!("/{door}/")));
            (sink.mails().len() >= count && !mails.is_empty()).then(|| mails.remove(0))
        })
        .await;
        let all = urls_in(&MailParts::of(&mail.raw).text.unwrap_or_default());
        for url in &all {
            let last = url.rsplit('/').next().unwrap_or_default();
            if url.matches('/').count() > 3 && last.len() > 40 {
                tokens.push(last.to_owned());
            }
        }
        let url = all.into_iter().find(|url| url.contains(&format!("/{door}/"))).expect("the link");
        url[visitor.url.len()..].to_owned()
    };
    let confirm = link(1, "confirm").await;
    assert_eq!(visitor.get(&confirm).await.0, 200);
    assert_eq!(visitor.post(&confirm, "").await.status(), 200);
    let leave = link(2, "unsubscribe").await;
    assert_eq!(visitor.post("/manage", "email=kim.secret%40example.org").await.status(), 200);
    let manage = link(3, "manage").await;
    assert_eq!(visitor.get(&manage).await.0, 200);
    assert_eq!(visitor.get(&format!("{leave}x")).await.0, 404);
    assert_eq!(visitor.post(&leave, "List-Unsubscribe=One-Click").await.status(), 200);
    eventually("the goodbye", || (sink.mails().len() >= 4).then_some(())).await;
    server.terminate();
    let log = server.output();
    assert!(log.contains("DEBUG") && log.contains("request"), "it tells much: {log}");
    assert!(tokens.len() >= 3, "{tokens:?}");
    for secret in tokens.iter().map(String::as_str).chain(["kim.secret", "kim%2Esecret"]) {
        if let Some(line) = log.lines().find(|line| line.contains(secret)) {
            panic!("the log tells {secret}: {line}");
        }
    }
}

/// S4: 16 bytes of MAC, and no two links alike.
#[tokio::test]
async fn a_link_has_128_bits_that_nobody_can_guess() {
    let server = crate::support::server::TestServer::start().await;
    server.opened.blog("musings").await;
    let links = server.follower("musings", "kim@example.org").await;
    let token = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    for link in [&links.confirm, &links.leave, &links.manage] {
        let bytes = BASE32_NOPAD.decode(token(link).to_ascii_uppercase().as_bytes()).unwrap();
        let said = bytes.len() - 16;
        let (door, _) = link.rsplit_once('/').unwrap();
        // Each bit of the last 128 counts.
        for bit in 0..128 {
            let mut forged = bytes.clone();
            forged[said + bit / 8] ^= 1 << (bit % 8);
            let forged = BASE32_NOPAD.encode(&forged);
            assert_eq!(server.get(&format!("{door}/{forged}")).await.status, 404);
        }
    }
}

/// A process whose files can be kept from growing. SIGXFSZ is ignored, so
/// that a write past the limit fails as it does on a full disk.
struct Confined(Child);

impl Confined {
    fn start(folder: &Path) -> (Self, String) {
        let script = "trap '' XFSZ; exec \"$0\" serve >out 2>err";
        let mut command = Command::new("/bin/bash");
        process::forget_settings(&mut command);
        let child = command
            .args(["-c", script, env!("CARGO_BIN_EXE_postbell")])
            .current_dir(folder)
            .env("POSTBELL_HTTP__LISTEN", "127.0.0.1:0")
            .env("POSTBELL_FEEDS__ALLOW_PRIVATE", "true")
            .env("POSTBELL_LOG__FILTER", "off")
            .stdin(Stdio::null())
            .spawn()
            .expect("bash runs");
        let mut confined = Self(child);
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let said = std::fs::read_to_string(folder.join("out")).unwrap_or_default();
            if let Some((_, rest)) = said.split_once("listening on ")
                && let Some((url, _)) = rest.split_once('\n')
            {
                return (confined, url.trim_end_matches('/').to_owned());
            }
            let has_ended = confined.0.try_wait().expect("a child of ours").is_some();
            assert!(!has_ended && Instant::now() < deadline, "postbell does not listen: {said}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Soft and hard limit of a file's size.
    fn limit(&self, size: &str) {
        let (pid, size) = (self.0.id().to_string(), format!("--fsize={size}"));
        let done = Command::new("prlimit").args(["--pid", &pid, &size]).status();
        assert!(done.expect("prlimit runs; Debian: util-linux").success());
    }
}

impl Drop for Confined {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// R10
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_said_and_forgotten_once_there_is_space() {
    let folder = tempfile::tempdir().unwrap();
    add_blog(folder.path(), &[("FEEDS__ALLOW_PRIVATE", "true")]).await;
    let (server, url) = Confined::start(folder.path());
    let visitor = Visitor::new(&url);
    assert_eq!(visitor.sign_up("before@example.org").await.status(), 303);
    assert_eq!(visitor.get("/readyz").await.0, 200);
    server.limit("1:unlimited");
    let full = visitor.sign_up("during@example.org").await;
    assert_eq!(full.status(), 503);
    assert!(full.headers().contains_key("retry-after"));
    assert!(full.text().await.unwrap().contains("Nothing was changed"));
    let json =
        visitor.client.post(format!("{url}/b/musings/follow")).header("content-type", "application/json");
    let json = json.body(r#"{"email":"during@example.org"}"#).send().await.unwrap();
    assert_eq!(json.status(), 503);
    assert_eq!(json.headers()["content-type"], "application/problem+json");
    assert_eq!(visitor.post("/manage", "email=before%40example.org").await.status(), 503);
    becomes(&visitor, 503).await;
    assert_eq!(visitor.get("/healthz").await.0, 200);
    server.limit("unlimited:unlimited");
    becomes(&visitor, 200).await;
    assert_eq!(visitor.sign_up("after@example.org").await.status(), 303);
    drop(server);
    assert_eq!(
        addresses(&folder.path().join("data/postbell.db")).await,
        ["after@example.org", "before@example.org"]
    );
}

/// Readiness is looked at once a second.
async fn becomes(visitor: &Visitor, status: u16) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while visitor.get("/readyz").await.0 != status {
        assert!(Instant::now() < deadline, "/readyz does not become {status}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn addresses(path: &PathBuf) -> Vec<String> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    sqlx::query_scalar("SELECT address FROM subscribers ORDER BY address").fetch_all(&pool).await.unwrap()
}
