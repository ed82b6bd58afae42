//! The entrance as visitors meet it: the real router over a real socket, a
//! real store, a clock moved by hand, and mails caught in the mailbox.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use postbell::clock::{Clock, ManualClock};
use postbell::deliver::{Composer, Line, Sender, Turn};
use postbell::domain::{Blog, HOUR_MS, Keys, Network};
use postbell::feeds::{FeedSource, FetchError, Fetched, Validators};
use postbell::mail::{MailParts, mailbox::MailboxTransport};
use postbell::publish::Publisher;
use postbell::signup::Signup;
use postbell::store::{KeptMail, SignUpLimits};
use postbell::templates::Templates;
use postbell::wake::Wake;
use postbell::web::Web;
use postbell::{deliver, publish, signup, web};
use tempfile::TempDir;

use super::stores::{self, NOW, Opened};

/// What a test may choose.
pub struct Setup {
    /// 0: none.
    pub limits: SignUpLimits,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// For `/metrics`.
    pub metrics_token: Option<&'static str>,
    /// Name of the relay; mails are caught all the same.
    pub relay: Option<&'static str>,
    /// Who mails are from.
    pub from: Option<&'static str>,
    /// What links start with; `None`: where it listens.
    pub public_url: Option<&'static str>,
    /// The secret keys, the newest first.
    pub secrets: Vec<Vec<u8>>,
    /// A folder with a database, from another server.
    pub folder: Arc<TempDir>,
    /// A clock of its own for the pages.
    pub page_clock: Option<Arc<dyn Clock>>,
}

/// A running entrance.
pub struct TestServer {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    /// What links start with.
    pub public_url: String,
    /// The store, with what looks past it.
    pub opened: Opened,
    /// The time.
    pub clock: Arc<ManualClock>,
    /// Composes mails.
    pub composer: Composer,
    /// Looks at feeds.
    pub publisher: Publisher,
    /// The feeds.
    pub feeds: Arc<Feeds>,
    /// Its folder.
    pub folder: Arc<TempDir>,
    sender: Arc<Sender>,
    line: tokio::sync::Mutex<Line>,
    seen: AtomicI64,
    client: reqwest::Client,
    serving: tokio::task::JoinHandle<()>,
}

/// The links of a follower's mails, as paths.
#[derive(Debug, Clone)]
pub struct Links {
    /// From the confirmation.
    pub confirm: String,
    /// From the welcome.
    pub leave: String,
    /// From the welcome.
    pub manage: String,
}

impl TestServer {
    /// As it comes: no limits, no relay.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With a setup of one's own.
    pub async fn with(change: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = Setup {
            limits: SignUpLimits::default(),
            trusted_proxies: Vec::new(),
            metrics_token: None,
            relay: None,
            from: None,
            public_url: None,
            secrets: vec![vec![7; 32]],
            folder: Arc::new(tempfile::tempdir().expect("a temporary folder")),
            page_clock: None,
        };
        change(&mut setup);
        Self::build(setup).await
    }

    async fn build(setup: Setup) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let public_url = setup.public_url.map_or_else(|| url.clone(), str::to_owned);
        let keys = Keys::new(&setup.secrets).expect("they are long enough");
        let opened = stores::sqlite_in(setup.folder.clone(), keys.clone()).await;
        let store = opened.store.clone();
        let clock = Arc::new(ManualClock::at(NOW));
        let templates = Arc::new(Templates::load(None).expect("the built-in ones compile"));
        let from = setup.from.map(|from| postbell::mail::Sender::parse(from).expect("a sender"));
        let composer = || {
            let policy = deliver::Policy {
                public_url: public_url.clone(),
                from: from.clone(),
                notice_from: None,
                reply_to: None,
                postal_address: None,
                relay: "relay.example:25".to_owned(),
            };
            Composer::new(store.clone(), templates.clone(), keys.clone(), policy)
        };
        let web = Web {
            signup: Signup {
                store: store.clone(),
                keys: keys.clone(),
                clock: clock.clone(),
                wake: Wake::new(),
                policy: signup::Policy { confirm_within_ms: 72 * HOUR_MS, limits: setup.limits },
            },
            store: store.clone(),
            templates: templates.clone(),
            composer: composer(),
            clock: setup.page_clock.unwrap_or_else(|| clock.clone()),
            metrics: Some(postbell::telemetry::metrics()),
            policy: web::Policy {
                public_url: public_url.clone(),
                trusted_proxies: setup.trusted_proxies,
                metrics_token: setup.metrics_token.map(Into::into),
                relay: setup.relay.map(str::to_owned),
                confirm_within_hours: 72,
                pending_days: 30,
                ended_days: 365,
                log_days: 90,
                postal_address: None,
            },
            demo: None,
        };
        let service = web::router(Arc::new(web)).into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(async move { axum::serve(listener, service).await.expect("it serves") });
        let transport = Arc::new(MailboxTransport::new(store.clone(), clock.clone()));
        let sender = Sender::new(store.clone(), composer(), transport, clock.clone(), "test".to_owned());
        let feeds = Arc::new(Feeds::default());
        let publisher = Publisher {
            store: store.clone(),
            source: feeds.clone(),
            clock: clock.clone(),
            wake: Wake::new(),
            policy: publish::Policy {
                check_every_seconds: 300,
                grace_seconds: 0,
                max_new_posts: 3,
                max_age_hours: 72,
            },
        };
        let client = reqwest::Client::builder()
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        let spare = composer();
        Self {
            url,
            public_url,
            opened,
            clock,
            composer: spare,
            publisher,
            feeds,
            folder: setup.folder,
            line: tokio::sync::Mutex::new(Line::new(sender.clone())),
            sender,
            seen: AtomicI64::new(0),
            client,
            serving,
        }
    }

    /// A request; send it with [`Request::send`].
    pub fn ask(&self, method: &str, path: &str) -> Request {
        let method = method.parse().expect("a method");
        let path = path.strip_prefix(&self.public_url).unwrap_or(path);
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.url) };
        Request(self.client.request(method, url))
    }

    /// A GET, at once.
    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path).send().await
    }

    /// A POST without body and content type, at once.
    pub async fn post(&self, path: &str) -> Answer {
        self.ask("POST", path).send().await
    }

    /// A POST of a form, at once.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.ask("POST", path).form(fields).send().await
    }

    /// Signs an address up as a script does.
    pub async fn sign_up(&self, slug: &str, address: &str) -> Answer {
        let body = serde_json::json!({ "email": address });
        self.ask("POST", &format!("/b/{slug}/follow")).json(&body).send().await
    }

    /// Sends what is due; answers the mails caught since the last time.
    pub async fn deliver(&self) -> Vec<KeptMail> {
        self.sender.rouse();
        let mut line = self.line.lock().await;
        loop {
            match line.turn().await {
                Turn::Worked => {}
                Turn::Idle(_) => break,
                Turn::Resting(_) => panic!("the mailbox never rests"),
            }
        }
        let store = &self.opened.store;
        let mut mails = Vec::new();
        for head in store.list_mails("", 1_000).await.expect("a list") {
            if head.id > self.seen.load(Ordering::SeqCst) {
                mails.push(store.get_mail(head.id).await.expect("a mail").expect("it was listed"));
            }
        }
        mails.sort_by_key(|mail| mail.head.id);
        if let Some(last) = mails.last() {
            self.seen.store(last.head.id, Ordering::SeqCst);
        }
        mails
    }

    /// The one mail that is due.
    pub async fn deliver_one(&self) -> KeptMail {
        let mut mails = self.deliver().await;
        assert_eq!(mails.len(), 1, "{:?}", mails.iter().map(|mail| &mail.head.kind).collect::<Vec<_>>());
        mails.remove(0)
    }

    /// The path of the link behind `door` (`confirm`, `unsubscribe`, `manage`) in a mail.
    pub fn link(&self, mail: &KeptMail, door: &str) -> String {
        let start = format!("{}/{door}/", self.public_url);
        let found = urls(mail).into_iter().find(|url| url.starts_with(&start));
        let found = found.unwrap_or_else(|| panic!("no {door} link in {}", mail.head.kind));
        found[self.public_url.len()..].to_owned()
    }

    /// Signs up and confirms, as a reader with a mail program does.
    pub async fn follower(&self, slug: &str, address: &str) -> Links {
        assert_eq!(self.sign_up(slug, address).await.status, 202);
        let confirm = self.link(&self.deliver_one().await, "confirm");
        assert_eq!(self.post(&confirm).await.status, 200);
        let welcome = self.deliver_one().await;
        Links {
            confirm,
            leave: self.link(&welcome, "unsubscribe"),
            manage: self.link(&welcome, "manage"),
        }
    }

    /// Adds a blog whose feed has one old post, and lets the next look be due.
    pub async fn fed_blog(&self, slug: &str, title: &str) -> Blog {
        let home = format!("https://{slug}.example/");
        self.feeds.put(&format!("{home}feed"), &feed(title, &home, &[("old", "Old", "<p>old</p>")]));
        let ask = publish::AddBlog {
            url: format!("{home}feed"),
            slug: Some(slug.parse().expect("a slug")),
            owner: Some(stores::address("owner@example.org")),
            ..publish::AddBlog::default()
        };
        self.publisher.add_blog(&ask).await.expect("it is added").0
    }

    /// Lets new posts appear in the feed of a [`Self::fed_blog`], looked at at once.
    pub async fn publish(&self, slug: &str, title: &str, posts: &[(&str, &str, &str)]) {
        let home = format!("https://{slug}.example/");
        let mut all = posts.to_vec();
        all.push(("old", "Old", "<p>old</p>"));
        self.feeds.put(&format!("{home}feed"), &feed(title, &home, &all));
        self.clock.advance_seconds(400);
        self.publisher.tick().await.expect("a look");
    }

    /// The word under which a subscription's status is stored.
    pub async fn status(&self, address: &str) -> String {
        let store = &self.opened.store;
        let Some(person) = store.find_subscriber(&stores::address(address)).await.expect("a look") else {
            return "unknown".to_owned();
        };
        let own = store.list_subscriptions(person.id).await.expect("a list");
        own.iter().map(|own| own.status.as_str()).collect::<Vec<_>>().join(" ")
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Feeds that a test writes.
#[derive(Default)]
pub struct Feeds(Mutex<HashMap<String, String>>);

impl Feeds {
    /// Puts a document at an address.
    pub fn put(&self, url: &str, document: &str) {
        self.0.lock().expect("no panic").insert(url.to_owned(), document.to_owned());
    }
}

#[async_trait]
impl FeedSource for Feeds {
    async fn fetch(&self, url: &str, _: &Validators) -> Result<Fetched, FetchError> {
        let found = self.0.lock().expect("no panic").get(url).cloned();
        let document = found.ok_or(FetchError::Status { status: 404, retry_after_seconds: None })?;
        Ok(Fetched::Document {
            bytes: document.into_bytes(),
            content_type: None,
            url: url.to_owned(),
            validators: Validators::default(),
        })
    }
}

/// An RSS feed; posts are id, title and HTML.
pub fn feed(title: &str, home: &str, posts: &[(&str, &str, &str)]) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('\r', "&#13;");
    let items: String = posts
        .iter()
        .map(|(id, title, html)| {
            format!(
                "<item><title>{}</title><guid isPermaLink=\"false\">{id}</guid><link>{home}{id}</link>\
                 <description>{}</description></item>",
                escape(title),
                escape(html)
            )
        })
        .collect();
    format!(
        "<rss version=\"2.0\"><channel><title>{}</title><link>{home}</link><description>-</description>\
         {items}</channel></rss>",
        escape(title)
    )
}

/// Every http link of a mail: in its headers, its text and its HTML.
pub fn urls(mail: &KeptMail) -> Vec<String> {
    let parts = MailParts::of(&mail.raw);
    let mut all = parts.text.unwrap_or_default();
    for (_, value) in parts.headers {
        all.push(' ');
        all.push_str(&value);
    }
    all.push(' ');
    all.push_str(&parts.html.unwrap_or_default().replace("&amp;", "&").replace("&#x2f;", "/"));
    urls_in(&all)
}

/// Every http link of a text.
pub fn urls_in(text: &str) -> Vec<String> {
    let mut urls: Vec<String> = Vec::new();
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ')' | ']');
    for (at, _) in text.match_indices("http") {
        let url = text[at..].split(ends).next().unwrap_or_default();
        if (url.starts_with("http://") || url.starts_with("https://")) && !urls.iter().any(|u| u == url) {
            urls.push(url.to_owned());
        }
    }
    urls
}

/// A request under construction.
pub struct Request(reqwest::RequestBuilder);

impl Request {
    /// One header more.
    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    /// A form as browsers send it.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.body("application/x-www-form-urlencoded", body)
    }

    /// JSON.
    pub fn json(self, value: &serde_json::Value) -> Self {
        self.body("application/json", value.to_string())
    }

    /// Any body.
    pub fn body(self, content_type: &str, body: impl Into<reqwest::Body>) -> Self {
        Self(self.0.header("content-type", content_type).body(body))
    }

    /// Sends it.
    pub async fn send(self) -> Answer {
        let response = self.0.send().await.expect("an answer");
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        Answer { status, headers, body: response.text().await.expect("a text") }
    }
}

/// What the entrance said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The first header of this name; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(have, _)| have == name).map_or("", |(_, value)| value)
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// `name=value` of the cookie that it sets.
    pub fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
    }
}
