//! Builds everything once: the one place that knows all adapters.

mod bounces;
mod by_hand;
mod database;
mod demo;
mod dkim;
pub(crate) mod key_file;
mod node;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, SystemClock};
use crate::config::{Config, RelayConfig};
use crate::deliver::{self, Brake, BrakePolicy, Composer, Pacing, RelayPlan};
use crate::dns::hickory::SystemDns;
use crate::domain::{HOUR_MS, Keys};
use crate::feedback::Recorder;
use crate::feeds::FeedSource;
use crate::feeds::http::{FetchPolicy, HttpSource};
use crate::inbound::lmtp::Door;
use crate::mail::Transport;
use crate::mail::mailbox::MailboxTransport;
use crate::mail::smtp::SmtpTransport;
use crate::publish::{self, HubCallbacks, Publisher};
use crate::roles::{self, Rings};
use crate::signup::{self, Signup};
use crate::store::{SignUpLimits, Store};
use crate::templates::Templates;
use crate::upkeep::{self, Upkeep};
use crate::wake::Wake;
use crate::web::{self, Web};

pub(crate) use database::Database;
pub use demo::demo;

/// What every command works with.
pub struct App {
    /// What was configured.
    pub config: Config,
    /// What is closed at the end.
    pub(crate) database: Database,
    /// The database.
    pub store: Arc<dyn Store>,
    /// The secret keys.
    pub keys: Keys,
    /// Mails and pages.
    pub templates: Arc<Templates>,
    /// Where feeds come from.
    pub source: Arc<dyn FeedSource>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Rings the sender of this process.
    pub wake: Wake,
    /// Rings who writes the deliveries of mailings.
    pub(crate) mailed: Wake,
}

/// Where documents come from, with the guard against private addresses.
///
/// # Errors
/// When the system's certificates cannot be read.
pub fn feed_source(config: &Config) -> anyhow::Result<Arc<dyn FeedSource>> {
    Ok(Arc::new(HttpSource::new(fetch_policy(config))?))
}

fn fetch_policy(config: &Config) -> FetchPolicy {
    // Many blogs may live on one host; and who searches a site for its feed has somebody waiting.
    let policy =
        FetchPolicy { allow_private: config.feeds.allow_private, at_once: 4, ..FetchPolicy::default() };
    policy.living_at(config.http.public_url.as_deref())
}

/// What the flow of feeds and posts is told.
pub(crate) fn publish_policy(config: &Config) -> publish::Policy {
    publish::Policy {
        check_every_seconds: config.feeds.check_every_seconds,
        grace_seconds: config.publish.grace_seconds,
        max_new_posts: config.publish.max_new_posts,
        max_age_hours: config.publish.max_age_hours,
        concurrency: config.feeds.concurrency,
    }
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    /// Pages and links.
    pub web: bool,
    /// Feed checks, fan-out, upkeep.
    pub scheduler: bool,
    /// Sending.
    pub sender: bool,
}

impl Roles {
    /// All three.
    pub const ALL: Self = Self { web: true, scheduler: true, sender: true };
}

impl std::fmt::Display for Roles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all = [(self.web, "web"), (self.scheduler, "scheduler"), (self.sender, "sender")];
        let own: Vec<&str> = all.iter().filter(|(is_own, _)| *is_own).map(|(_, name)| *name).collect();
        f.write_str(&own.join(","))
    }
}

impl App {
    /// Opens (and migrates) the database, reads or makes the secret key,
    /// compiles the templates.
    ///
    /// # Errors
    /// What could not be opened and what to do about it.
    pub async fn open(config: Config) -> anyhow::Result<Self> {
        let keys = key_file::read_or_make(&config.secret_file)?;
        let (store, database) = database::open(&config, keys.clone()).await?;
        // What a process that was killed had only noted. When it cannot be
        // written now, the next that opens the database does it.
        if let Err(error) = store.apply_all_settlements("").await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what was sent last is not in the lists yet; free space or repair the database"
            );
        }
        Ok(Self {
            templates: Arc::new(Templates::load(config.templates_dir.as_deref())?),
            source: feed_source(&config)?,
            store,
            database,
            clock: Arc::new(SystemClock),
            wake: Wake::new(),
            mailed: Wake::new(),
            keys,
            config,
        })
    }

    /// Runs the given roles until the process is told to stop. `announce`
    /// gets `listening on http://…` once the web role listens.
    ///
    /// # Errors
    /// What could not be started.
    pub async fn serve(self, roles: Roles, announce: &(dyn Fn(&str) + Send + Sync)) -> anyhow::Result<()> {
        let _lock = self.database.lock_serving()?;
        let stop = roles::stop_on_signals()?;
        let listener = if roles.web { Some(self.bind().await?) } else { None };
        let door = if roles.web { self.open_lmtp().await? } else { None };
        let bound = listener.as_ref().map(TcpListener::local_addr).transpose()?;
        self.run(roles, listener, door, None, stop, || {
            if let Some(bound) = bound {
                tracing::info!("listening on http://{bound}");
                announce(&format!("listening on http://{bound}"));
            }
        })
        .await
    }

    async fn bind(&self) -> anyhow::Result<TcpListener> {
        let listen = self.config.http.listen;
        TcpListener::bind(listen).await.with_context(|| {
            format!("{listen} cannot be listened on; is it taken? choose another http.listen")
        })
    }

    async fn run(
        self,
        roles: Roles,
        listener: Option<TcpListener>,
        door: Option<Door>,
        demo: Option<web::demo::Demo>,
        stop: CancellationToken,
        on_ready: impl FnOnce(),
    ) -> anyhow::Result<()> {
        let public_url = self.public_url(listener.as_ref().and_then(|l| l.local_addr().ok()));
        let node = self.register(roles).await?;
        let mut running = tokio::task::JoinSet::new();
        if roles.sender {
            let composer = self.signing_composer(&public_url)?;
            let relays = self.relays()?;
            let (store, clock) = (self.store.clone(), self.clock.clone());
            let (id, dns) = (node.id.clone(), Arc::new(SystemDns::default()));
            let sender = deliver::Sender::over(store, composer, relays, self.pacing(), clock, id, Some(dns));
            let (wake, stop) = (self.wake.clone(), stop.clone());
            running.spawn(async move {
                roles::send(sender, wake, stop).await;
                anyhow::Ok(())
            });
        }
        if roles.scheduler {
            let rings = Rings {
                publisher: self.publisher(),
                upkeep: self.upkeep(),
                brake: Brake {
                    store: self.store.clone(),
                    clock: self.clock.clone(),
                    policy: self.pacing().brake,
                },
                store: self.store.clone(),
                clock: self.clock.clone(),
            };
            self.watch_mailbox(&mut running, &stop)?;
            let stop = stop.clone();
            running.spawn(async move { Ok(roles::schedule(rings, stop).await?) });
        }
        if let Some(door) = door {
            self.take_by_lmtp(door, &mut running, &stop);
        }
        if let Some(listener) = listener {
            let web = Arc::new(self.web(&public_url, demo));
            let stop = stop.clone();
            running.spawn(async move {
                roles::serve_web(listener, web, stop).await;
                Ok(())
            });
        }
        let (hints, heart) = self.keep_in_touch(node);
        on_ready();
        let mut outcome = Ok(());
        while let Some(ended) = running.join_next().await {
            // One role that fails takes the others down in good order.
            stop.cancel();
            let ended = ended.context("a role ended in a panic").and_then(|ended| ended);
            outcome = outcome.and(ended);
        }
        hints.abort();
        heart.end().await;
        outcome
    }

    /// What links start with, without a slash at the end.
    fn public_url(&self, bound: Option<SocketAddr>) -> String {
        match &self.config.http.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", bound.unwrap_or(self.config.http.listen)),
        }
    }

    /// Name of the relay; `None`: the built-in mailbox.
    fn relay(&self) -> Option<String> {
        self.config.smtp.first().map(|relay| format!("{}:{}", relay.settings.host, relay.settings.port))
    }

    /// The first way for mail to leave.
    fn transport(&self) -> anyhow::Result<Arc<dyn Transport>> {
        let first = self.relays()?.into_iter().next().context("there is always one")?;
        Ok(first.transport)
    }

    /// The ways for mail to leave, in order.
    fn relays(&self) -> anyhow::Result<Vec<RelayPlan>> {
        if self.config.smtp.is_empty() {
            let transport = Arc::new(MailboxTransport::new(self.store.clone(), self.clock.clone()));
            return Ok(vec![RelayPlan { transport, rate_per_second: 0 }]);
        }
        let plan = |relay: &RelayConfig| {
            let transport = SmtpTransport::new(relay.settings.clone(), self.clock.clone())?;
            Ok(RelayPlan { transport: Arc::new(transport), rate_per_second: relay.rate_per_second })
        };
        self.config.smtp.iter().map(plan).collect::<Result<_, String>>().map_err(anyhow::Error::msg)
    }

    /// Names of the ways for mail to leave.
    ///
    /// # Errors
    /// As a send would find: certificates that cannot be read.
    pub fn relay_names(&self) -> anyhow::Result<Vec<String>> {
        Ok(self.relays()?.iter().map(|plan| plan.transport.name().to_owned()).collect())
    }

    fn pacing(&self) -> Pacing {
        let deliver = self.config.deliver;
        Pacing {
            brake: BrakePolicy {
                hard_percent: deliver.brake_hard_percent,
                complaints_percent: deliver.brake_complaints_percent,
            },
            warm_up_first_day: deliver.warm_up_first_day,
            warm_up_since: deliver.warm_up_since,
        }
    }

    /// For mails that leave the house.
    fn signing_composer(&self, public_url: &str) -> anyhow::Result<Composer> {
        let composer = self.composer(public_url);
        Ok(match self.config.dkim.clone() {
            Some(settings) => composer.signing(dkim::signer(settings)?),
            None => composer,
        })
    }

    fn composer(&self, public_url: &str) -> Composer {
        let policy = deliver::Policy {
            public_url: public_url.to_owned(),
            from: self.config.mail.from.clone(),
            notice_from: self.config.mail.notice_from.clone(),
            reply_to: self.config.mail.reply_to.clone(),
            postal_address: self.config.mail.postal_address.clone(),
            return_path: self.config.mail.return_path.clone(),
            relay: self.relay().unwrap_or_else(|| "the built-in mailbox".to_owned()),
        };
        Composer::new(self.store.clone(), self.templates.clone(), self.keys.clone(), policy)
    }

    /// The flow of feeds and posts.
    pub fn publisher(&self) -> Publisher {
        Publisher {
            store: self.store.clone(),
            source: self.source.clone(),
            clock: self.clock.clone(),
            wake: self.wake.clone(),
            mailed: self.mailed.clone(),
            hubs: self.hub_callbacks(),
            policy: publish_policy(&self.config),
        }
    }

    /// Where hubs find us: an address that the world can reach. On one's own
    /// machine there is none, unless feeds may live there too.
    fn hub_callbacks(&self) -> Option<HubCallbacks> {
        let public_url = self.config.http.public_url.as_ref()?;
        let is_reachable = public_url.starts_with("https://") || self.config.feeds.allow_private;
        is_reachable.then(|| HubCallbacks { public_url: public_url.clone(), keys: self.keys.clone() })
    }

    /// Writes down what is said of our mails.
    pub fn recorder(&self) -> Recorder {
        Recorder {
            store: self.store.clone(),
            clock: self.clock.clone(),
            keys: self.keys.clone(),
            return_path: self.config.mail.return_path.clone(),
        }
    }

    fn upkeep(&self) -> Upkeep {
        let keep = self.config.keep;
        Upkeep {
            store: self.store.clone(),
            clock: self.clock.clone(),
            policy: upkeep::Policy {
                pending_days: keep.pending_days,
                ended_days: keep.ended_days,
                log_days: keep.log_days,
            },
        }
    }

    fn web(&self, public_url: &str, demo: Option<web::demo::Demo>) -> Web {
        let signup = self.config.signup;
        let keep = self.config.keep;
        Web {
            signup: Signup::new(
                self.store.clone(),
                self.keys.clone(),
                self.clock.clone(),
                self.wake.clone(),
                signup::Policy {
                    confirm_within_ms: i64::from(signup.confirm_within_hours) * HOUR_MS,
                    limits: SignUpLimits {
                        per_ip: signup.per_ip_per_hour,
                        per_network: signup.per_network_per_hour,
                        per_instance: signup.per_instance_per_hour,
                    },
                },
            ),
            publisher: self.publisher(),
            providers: web::ProviderReports::new(
                self.recorder(),
                self.config.hooks.clone(),
                self.source.clone(),
            ),
            keys: self.keys.clone(),
            store: self.store.clone(),
            templates: self.templates.clone(),
            composer: self.composer(public_url),
            clock: self.clock.clone(),
            metrics: Some(crate::telemetry::metrics()),
            reads: web::Reads::default(),
            bounds: web::Bounds::default(),
            policy: web::Policy {
                public_url: public_url.to_owned(),
                trusted_proxies: self.config.http.trusted_proxies.clone(),
                metrics_token: self.config.http.metrics_token.clone(),
                relay: self.relay(),
                confirm_within_hours: signup.confirm_within_hours,
                pending_days: keep.pending_days,
                ended_days: keep.ended_days,
                log_days: keep.log_days,
                postal_address: self.config.mail.postal_address.clone(),
            },
            demo,
        }
    }
}
