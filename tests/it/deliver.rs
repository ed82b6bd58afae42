//! The sender against servers, databases and clocks that misbehave; time
//! moves by hand.

mod clock;
mod database;
mod durable;
mod faults;
mod large;
mod letters;
mod nowhere;
mod pace;
mod queue;
mod readers;
mod receivers;
mod refusal_texts;
mod refusals;
mod relay;
mod senders;
mod small;
mod speed;
mod streaks;
mod taken_back;
mod templates;
mod unreached;
mod varying;
mod whereabouts;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use postbell::clock::{Clock, ManualClock};
use postbell::deliver::{Composer, Connection, Pacing, Policy, RENEW_EVERY_MS, RelayPlan, Sender, Turn};
use postbell::dns::Dns;
use postbell::domain::{
    Blog, ConsentKind, Decision, DeliveryStatus, Identity, MailingContent, MailingId, Reply,
    SubscriptionStatus, Timestamp,
};
use postbell::mail::smtp::{Pipelining, SmtpSettings, SmtpTls, SmtpTransport};
use postbell::mail::{Parcel, SendError, Session, Transport};
use postbell::store::{DeliveryRecord, FoundPost, Look, LookOutcome, PostFilter};
use postbell::templates::Templates;
use tokio::task::JoinSet;

use crate::support::fault_smtp::FaultSmtp;
use crate::support::stores::{NOW, Opened, content, here, import_row, keys};

/// A sender with its connections, on a database and a clock of its own.
pub struct Rig {
    opened: Opened,
    clock: Arc<ManualClock>,
    sender: Arc<Sender>,
    connections: Vec<Connection>,
}

/// The relay that a server of ours is.
fn plan(server: &FaultSmtp, connections: usize, clock: &Arc<ManualClock>) -> RelayPlan {
    let transport = SmtpTransport::new(settings(server.port, connections), clock.clone()).unwrap();
    RelayPlan { transport: Arc::new(transport), rate_per_second: 0 }
}

/// How the tests reach a server of theirs.
fn settings(port: u16, connections: usize) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port,
        tls: SmtpTls::None,
        credentials: None,
        ca_pem: None,
        connections,
        pipelining: Pipelining::Auto,
        data_timeout: Duration::from_secs(30),
    }
}

impl Rig {
    async fn over_smtp(settings: SmtpSettings) -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        Self::over(Arc::new(SmtpTransport::new(settings, clock.clone()).unwrap()), clock).await
    }

    async fn over(transport: Arc<dyn Transport>, clock: Arc<ManualClock>) -> Self {
        Self::on(here().await, transport, clock)
    }

    fn on(opened: Opened, transport: Arc<dyn Transport>, clock: Arc<ManualClock>) -> Self {
        let (sender, connections) = team(&opened, transport, &clock, "node-1");
        Self { opened, clock, sender, connections }
    }

    /// Over several relays, at a pace.
    async fn paced(relays: Vec<RelayPlan>, pacing: Pacing, clock: Arc<ManualClock>) -> Self {
        Self::asking(None, relays, pacing, clock).await
    }

    /// The same, with a DNS to ask.
    async fn asking(
        dns: Option<Arc<dyn Dns>>,
        relays: Vec<RelayPlan>,
        pacing: Pacing,
        clock: Arc<ManualClock>,
    ) -> Self {
        let opened = here().await;
        let composer = composer(&opened, "relay");
        let (store, node) = (opened.store.clone(), "node-1".to_owned());
        let sender = Sender::over(store, composer, relays, pacing, clock.clone(), node, dns);
        let connections = (0..sender.connections()).map(|_| Connection::new(sender.clone())).collect();
        Self { opened, clock, sender, connections }
    }

    /// The process is gone, and another one goes on.
    async fn restart(&mut self, settings: SmtpSettings) {
        let transport = SmtpTransport::new(settings, self.clock.clone()).unwrap();
        (self.sender, self.connections) = team(&self.opened, Arc::new(transport), &self.clock, "next");
        self.sender.recall().await.unwrap();
    }

    /// Whether a relay as a whole rests, as everybody can know.
    async fn rests(&self) -> bool {
        self.opened.store.gauges(self.clock.now()).await.unwrap().resting_relays > 0
    }

    /// A blog with so many followers, `r0@example.com` and on.
    async fn blog(&self, slug: &str, followers: usize) -> (Blog, Vec<String>) {
        let blog = self.opened.blog(slug).await;
        let readers: Vec<String> = (0..followers).map(|n| format!("r{n}@example.com")).collect();
        let rows: Vec<_> = readers.iter().map(|to| import_row(to, SubscriptionStatus::Active)).collect();
        for rows in rows.chunks(2_000) {
            self.opened.store.import(blog.id, rows, ConsentKind::Imported, NOW).await.unwrap();
        }
        (blog, readers)
    }

    /// Mails a post to the followers of a blog, as the scheduler would.
    async fn post(&self, blog: &Blog, title: &str) -> MailingId {
        self.post_content(blog, title, &content(title)).await
    }

    async fn post_content(&self, blog: &Blog, title: &str, content: &MailingContent) -> MailingId {
        let now = self.clock.now();
        let identity = Identity::of(Some(title), None, "", "");
        let found = FoundPost {
            identity: identity.clone(),
            link: None,
            title: title.to_owned(),
            published_at: None,
            zone_minutes: None,
            decision: Decision::Held,
            reason: "test".into(),
            due_at: None,
        };
        let outcome = LookOutcome::Read {
            etag: None,
            last_modified: None,
            posts: vec![found],
            respelled: Vec::new(),
            notice: None,
            moved_to: None,
            gap: None,
        };
        let feed_url = blog.feed_url.clone();
        let look =
            Look { blog_id: blog.id, feed_url, began_at: now, outcome, back: None, next_check_at: now };
        self.opened.store.record_look(&look, now).await.unwrap();
        let filter = PostFilter { blog_id: Some(blog.id), decision: None };
        let posts = self.opened.store.list_posts(filter, 100).await.unwrap();
        let post = posts.iter().find(|post| post.identity == identity).unwrap();
        let mailed = self.opened.store.mail_post(post.id, Decision::Held, content, &"test".into(), now).await;
        let mailing = mailed.unwrap().unwrap();
        while !self.opened.store.fan_out(mailing, 5_000, now).await.unwrap().is_complete {}
        self.sender.rouse();
        mailing
    }

    /// Lets every connection work, side by side, until it has nothing to do.
    async fn work(&mut self) -> Vec<Turn> {
        let mut working = JoinSet::new();
        for mut line in self.connections.drain(..) {
            working.spawn(async move {
                loop {
                    match line.turn().await {
                        Turn::Worked => {}
                        turn => return (line, turn),
                    }
                }
            });
        }
        let mut turns = Vec::new();
        while let Some(done) = working.join_next().await {
            let (line, turn) = done.unwrap();
            self.connections.push(line);
            turns.push(turn);
        }
        turns
    }

    /// Moves the clock; leases are renewed on the way, as by the sender's role.
    async fn pass(&self, ms: i64) {
        let mut left = ms;
        while left > RENEW_EVERY_MS && left < 60_000 {
            self.clock.advance_ms(RENEW_EVERY_MS);
            self.sender.renew().await.unwrap();
            left -= RENEW_EVERY_MS;
        }
        self.clock.advance_ms(left);
    }

    /// Works and moves the clock from one due moment to the next, until
    /// nothing is queued or the clock has moved this far.
    async fn run_for(&mut self, ms: i64) {
        let end = self.clock.now().plus_ms(ms);
        loop {
            let turns = self.work().await;
            if self.queued().await == 0 {
                return;
            }
            let now = self.clock.now();
            let resting = turns.iter().filter_map(|turn| match turn {
                Turn::Resting(until) => Some(*until),
                _ => None,
            });
            let due = self.opened.store.next_due().await.unwrap();
            let next = resting.min().or(due).unwrap_or(end).max(now.plus_ms(1));
            if next > end {
                return self.clock.advance_ms(end.since_ms(now));
            }
            self.clock.advance_ms(next.since_ms(now));
        }
    }

    async fn queued(&self) -> i64 {
        self.opened.number("SELECT COUNT(*) FROM deliveries WHERE status = 'queued'").await
    }

    /// Every delivery to this reader.
    async fn deliveries(&self, reader: &str) -> Vec<DeliveryRecord> {
        let found =
            self.opened.store.find_subscriber(&crate::support::stores::address(reader)).await.unwrap();
        self.opened.store.list_deliveries(found.unwrap().id, 100).await.unwrap()
    }

    /// The only delivery to this reader.
    async fn delivery(&self, reader: &str) -> DeliveryRecord {
        let mut all = self.deliveries(reader).await;
        assert_eq!(all.len(), 1, "{reader}: {all:?}");
        all.remove(0)
    }

    /// The readers whose deliveries ended so.
    async fn readers_with(&self, readers: &[String], status: DeliveryStatus) -> Vec<String> {
        let mut with = Vec::new();
        for reader in readers {
            if self.delivery(reader).await.status == status {
                with.push(reader.clone());
            }
        }
        with
    }
}

/// A sender and its connections, as one process has them.
fn team(
    opened: &Opened,
    transport: Arc<dyn Transport>,
    clock: &Arc<ManualClock>,
    node: &str,
) -> (Arc<Sender>, Vec<Connection>) {
    let composer = composer(opened, transport.name());
    let sender = Sender::new(opened.store.clone(), composer, transport, clock.clone(), node.to_owned());
    let connections = (0..sender.connections()).map(|_| Connection::new(sender.clone())).collect();
    (sender, connections)
}

fn composer(opened: &Opened, relay: &str) -> Composer {
    let templates = Arc::new(Templates::load(None).unwrap());
    Composer::new(opened.store.clone(), templates, keys(), policy(relay))
}

fn policy(relay: &str) -> Policy {
    Policy {
        public_url: "https://post.example.org".to_owned(),
        from: Some(postbell::mail::Originator::parse("Post <post@example.org>").unwrap()),
        notice_from: None,
        reply_to: None,
        postal_address: None,
        return_path: None,
        relay: relay.to_owned(),
    }
}

type OnSend = Box<dyn Fn(&Parcel) + Send + Sync>;

/// A transport that takes every mail and remembers the order; `on_send` is
/// called before each.
pub struct Recorder {
    clock: Arc<ManualClock>,
    taken: std::sync::Mutex<Vec<(Timestamp, String, Vec<u8>)>>,
    on_send: OnSend,
    connections: usize,
}

impl Recorder {
    fn new(clock: &Arc<ManualClock>, connections: usize, on_send: OnSend) -> Arc<Self> {
        Arc::new(Self { clock: clock.clone(), taken: std::sync::Mutex::default(), on_send, connections })
    }

    /// When and to whom, in order.
    fn taken(&self) -> Vec<(Timestamp, String)> {
        self.taken.lock().unwrap().iter().map(|(at, to, _)| (*at, to.clone())).collect()
    }

    fn readers(&self) -> Vec<String> {
        self.taken().into_iter().map(|(_, to)| to).collect()
    }
}

/// Lets a test keep a handle on the recorder that the sender has.
struct Handed(Arc<Recorder>);

impl Transport for Handed {
    fn name(&self) -> &str {
        "recorder"
    }

    fn connections(&self) -> usize {
        self.0.connections
    }

    fn session(&self) -> Box<dyn Session> {
        Box::new(Handed(self.0.clone()))
    }
}

#[async_trait]
impl Session for Handed {
    async fn send(&mut self, parcel: &Parcel, _: Option<&Parcel>) -> Result<Reply, SendError> {
        (self.0.on_send)(parcel);
        let taken = (self.0.clock.now(), parcel.recipient.clone(), parcel.bytes.clone());
        self.0.taken.lock().unwrap().push(taken);
        Ok(Reply { code: Some(250), enhanced: None, text: "ok".to_owned() })
    }

    async fn close(&mut self) {}
}
