//! What every handler works with.

use std::sync::Arc;

use ipnet::IpNet;
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::SecretString;

use super::demo::Demo;
use super::places::Bounds;
use super::providers::ProviderReports;
use super::reads::Reads;
use crate::clock::Clock;
use crate::deliver::Composer;
use crate::domain::Keys;
use crate::publish::Publisher;
use crate::signup::Signup;
use crate::store::{Store, StoreError};
use crate::templates::Templates;

/// What the entrance is told.
#[derive(Debug, Clone)]
pub struct Policy {
    /// What links start with, without a slash at the end.
    pub public_url: String,
    /// Networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Bearer token for `/metrics`.
    pub metrics_token: Option<SecretString>,
    /// Name of the relay; `None`: mails go to the built-in mailbox.
    pub relay: Option<String>,
    /// Hours that a confirmation link works.
    pub confirm_within_hours: u32,
    /// Days that an unconfirmed address is kept.
    pub pending_days: u32,
    /// Days that an ended subscription is kept.
    pub ended_days: u32,
    /// Days that counters are kept.
    pub log_days: u32,
    /// The operator's postal address.
    pub postal_address: Option<String>,
}

/// What every handler works with.
pub struct Web {
    /// Sign-up, links and preferences.
    pub signup: Signup,
    /// Looks sooner at a blog of which somebody tells.
    pub publisher: Publisher,
    /// What providers report.
    pub providers: ProviderReports,
    /// What signs the addresses of callbacks.
    pub keys: Keys,
    /// The store.
    pub store: Arc<dyn Store>,
    /// Pages.
    pub templates: Arc<Templates>,
    /// Who a mail is from, for the pages that say it.
    pub composer: Composer,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Prometheus text.
    pub metrics: Option<PrometheusHandle>,
    /// What visitors share.
    pub reads: Reads,
    /// What clients may hold at the same time.
    pub bounds: Bounds,
    /// What the entrance is told.
    pub policy: Policy,
    /// The sample blog of `postbell demo`.
    pub demo: Option<Demo>,
}

impl Web {
    /// Whether the relay takes UTF-8 local parts; the built-in mailbox does.
    pub(super) async fn takes_smtputf8(&self) -> Result<bool, StoreError> {
        match &self.policy.relay {
            None => Ok(true),
            Some(relay) => Ok(self.store.relay_state(relay).await?.offers_smtputf8),
        }
    }

    /// Whether links are https.
    pub(super) fn is_https(&self) -> bool {
        self.policy.public_url.starts_with("https://")
    }
}

/// The state as axum hands it out.
pub(super) type Shared = Arc<Web>;
