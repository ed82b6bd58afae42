//! The entrance as visitors meet it: the real router over a real socket, a
//! real store, a clock moved by hand, and mails caught in the mailbox.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use postbell::bounds::Sum;
use postbell::clock::{Clock, ManualClock};
use postbell::deliver::{Composer, Connection, Sender, Turn};
use postbell::domain::{Blog, DAY_MS, HOUR_MS, Keys, Purpose, ReturnPath};
use postbell::feedback::Recorder;
use postbell::feedback::providers::proof::Proofs;
use postbell::mail::mailbox::MailboxTransport;
use postbell::publish::{HubCallbacks, Publisher};
use postbell::signup::Signup;
use postbell::store::{KeptMail, SignUpLimits};
use postbell::templates::Templates;
use postbell::wake::Wake;
use postbell::web::Web;
use postbell::{deliver, publish, signup, web};

use tokio_util::sync::CancellationToken;
use tracing::instrument::WithSubscriber as _;

use super::stores::{self, NOW, Opened, Place};
use super::told::Told;

pub use super::http::{Answer, Request};
pub use super::paper::{Feeds, feed, urls, urls_in};

/// What a test may choose.
pub struct Setup {
    /// 0: none.
    pub limits: SignUpLimits,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// For `/metrics`.
    pub metrics_token: Option<&'static str>,
    /// Name of the relay; mails are caught all the same.
    pub relay: Option<&'static str>,
    /// Who mails are from.
    pub from: Option<&'static str>,
    /// What links start with; `None`: where it listens.
    pub public_url: Option<&'static str>,
    /// Where bounces go.
    pub return_path: Option<ReturnPath>,
    /// The secret keys, the newest first.
    pub secrets: Vec<Vec<u8>>,
    /// The database of another server.
    pub place: Option<Place>,
    /// What proves who a provider is.
    pub proofs: Proofs,
    /// What clients may hold.
    pub bounds: web::Bounds,
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
    keys: Keys,
    sender: Arc<Sender>,
    line: tokio::sync::Mutex<Connection>,
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
    /// As if it had been asked for.
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
            return_path: None,
            secrets: vec![vec![7; 32]],
            place: None,
            proofs: Proofs::default(),
            // A test is one client, however many it plays.
            bounds: web::Bounds { peers: Sum::new(usize::MAX, usize::MAX), ..web::Bounds::default() },
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
        let place = match setup.place {
            Some(place) => place,
            None => Place::new().await,
        };
        let opened = stores::open(place, keys.clone()).await;
        let store = opened.store.clone();
        let clock = Arc::new(ManualClock::at(NOW));
        let templates = Arc::new(Templates::load(None).expect("the built-in ones compile"));
        let from = setup.from.map(|from| postbell::mail::Originator::parse(from).expect("a sender"));
        let composer = || {
            let policy = deliver::Policy {
                public_url: public_url.clone(),
                from: from.clone(),
                notice_from: None,
                reply_to: None,
                postal_address: None,
                return_path: setup.return_path.clone(),
                relay: "relay.example:25".to_owned(),
            };
            Composer::new(store.clone(), templates.clone(), keys.clone(), policy)
        };
        let feeds = Arc::new(Feeds::default());
        let publisher = Publisher {
            store: store.clone(),
            source: feeds.clone(),
            clock: clock.clone(),
            wake: Wake::new(),
            mailed: Wake::new(),
            hubs: Some(HubCallbacks { public_url: public_url.clone(), keys: keys.clone() }),
            policy: publish::Policy {
                check_every_seconds: 300,
                grace_seconds: 0,
                max_new_posts: 3,
                max_age_hours: 72,
                concurrency: 64,
            },
        };
        let web = Web {
            publisher: publisher.clone(),
            providers: web::ProviderReports::new(
                Recorder {
                    store: store.clone(),
                    clock: clock.clone(),
                    keys: keys.clone(),
                    return_path: setup.return_path.clone(),
                },
                setup.proofs,
                feeds.clone(),
            ),
            keys: keys.clone(),
            signup: Signup::new(
                store.clone(),
                keys.clone(),
                clock.clone(),
                Wake::new(),
                signup::Policy { confirm_within_ms: 72 * HOUR_MS, limits: setup.limits },
            ),
            store: store.clone(),
            templates: templates.clone(),
            composer: composer(),
            clock: setup.page_clock.unwrap_or_else(|| clock.clone()),
            metrics: Some(postbell::telemetry::metrics()),
            reads: web::Reads::default(),
            bounds: setup.bounds,
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
        let serving = tokio::spawn(web::serve(listener, Arc::new(web), CancellationToken::new()));
        let transport = Arc::new(MailboxTransport::new(store.clone(), clock.clone()));
        let sender = Sender::new(store.clone(), composer(), transport, clock.clone(), "test".to_owned());
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
            keys,
            line: tokio::sync::Mutex::new(Connection::new(sender.clone())),
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
        Request::new(self.client.request(method, url))
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
        let told = Told::default();
        let log = tracing_subscriber::fmt().with_writer(told.clone()).with_ansi(false).finish();
        let work = async {
            loop {
                match line.turn().await {
                    Turn::Worked => {}
                    Turn::Idle(_) => break,
                    Turn::Resting(_) => panic!("the mailbox never rests:\n{}", told.text()),
                }
            }
        };
        work.with_subscriber(log).await;
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
        Links { confirm, leave: self.link(&welcome, "unsubscribe"), manage: self.manage_link(address).await }
    }

    /// The link that this person would get by mail now.
    pub async fn manage_link(&self, address: &str) -> String {
        let person = self.opened.store.find_subscriber(&stores::address(address)).await.expect("a look");
        let row = person.expect("it follows something").sealed();
        let in_a_day = self.clock.now().plus_ms(DAY_MS);
        format!("/manage/{}", self.keys.sign(Purpose::Manage, row, Some(in_a_day)))
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
        self.publisher.add_blog(&ask).await.expect("it is added").blog
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
