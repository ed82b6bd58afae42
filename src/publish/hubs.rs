//! Hubs that tell of new posts (WebSub, W3C Recommendation of 23 January
//! 2018). A hub only makes us look sooner: what is mailed is what the feed
//! itself says, so nobody's push is trusted with a post.

use super::Publisher;
use super::look::Reading;
use crate::domain::{
    Blog, BlogId, DAY_MS, HOUR_MS, Hub, Keys, MINUTE_MS, Purpose, SECOND_MS, Timestamp, public_address,
};
use crate::store::{HubAsked, StoreError};

/// The lease that is asked for, in days; the hub decides.
const WANTED_LEASE_DAYS: i64 = 10;
/// A hub that took the question and never came back is asked again.
const UNHEARD_MS: i64 = 6 * HOUR_MS;
/// One that refused is asked again, in case it thought better of it.
const REFUSED_MS: i64 = 7 * DAY_MS;
/// Leases shorter or longer than this are taken for this.
const LEASE_BOUNDS_MS: (i64, i64) = (5 * MINUTE_MS, 90 * DAY_MS);

/// Where hubs find us, and how they prove who they are.
#[derive(Debug, Clone)]
pub struct HubCallbacks {
    /// What callbacks start with, without a slash at the end.
    pub public_url: String,
    /// The instance's keys.
    pub keys: Keys,
}

impl HubCallbacks {
    fn callback(&self, hub: &Hub, blog: &Blog) -> String {
        format!("{}/hooks/websub/{}", self.public_url, self.keys.sign(Purpose::Hub, hub.sealed(blog), None))
    }
}

impl Publisher {
    /// Remembers the hub that a feed names; the first of several.
    pub(super) async fn note_hub(
        &self,
        blog: &Blog,
        reading: &Reading,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if self.hubs.is_none() {
            return Ok(());
        }
        let is_http = |url: &&String| url.starts_with("https://") || url.starts_with("http://");
        let hub = reading.feed.hub_urls.iter().find(is_http);
        // A hub learns no login; what has no name without its token, it is not told of.
        let topic = public_address(reading.feed.self_url.as_deref().unwrap_or(&reading.url));
        let seal = format!("{:032x}", rand::random::<u128>());
        self.store.record_hub(blog.id, hub.map(String::as_str).zip(topic.as_deref()), &seal, now).await
    }

    /// Asks the hub of a blog.
    pub(super) async fn ask_hub_of(&self, hub: &Hub, blog: &Blog) -> Result<(), StoreError> {
        let Some(hubs) = &self.hubs else { return Ok(()) };
        let (callback, secret) = (hubs.callback(hub, blog), hubs.keys.hub_secret(hub.blog_id, &hub.seal));
        let lease_seconds = (WANTED_LEASE_DAYS * DAY_MS / SECOND_MS).to_string();
        let form = [
            ("hub.callback", callback.as_str()),
            ("hub.mode", "subscribe"),
            ("hub.topic", &hub.topic),
            ("hub.secret", &secret),
            ("hub.lease_seconds", &lease_seconds),
        ];
        let (asked, wait_ms) = match self.source.ask_hub(&hub.hub, &form).await {
            Ok(()) => (HubAsked::Taken, UNHEARD_MS),
            Err(error) => {
                tracing::warn!(blog.id = %hub.blog_id, error = %error,
                    "the feed's hub could not be asked; the feed is read as often as before");
                (HubAsked::Failed { reason: error.to_string() }, pause_ms(hub))
            }
        };
        self.store.record_asked(hub.blog_id, &asked, self.clock.now().plus_ms(wait_ms)).await
    }

    /// A hub asks whether we meant it (§5.3). `true`: the lease is written down.
    ///
    /// # Errors
    /// The store's.
    pub async fn hub_verifies(
        &self,
        blog: BlogId,
        topic: &str,
        lease_seconds: Option<i64>,
    ) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let (shortest, longest) = LEASE_BOUNDS_MS;
        let lease_ms = lease_seconds.unwrap_or(0).saturating_mul(SECOND_MS);
        let lease_ms = if lease_ms <= 0 { DAY_MS } else { lease_ms.clamp(shortest, longest) };
        // A tenth before its end, so that none of it is without a hub.
        let renew_at = now.plus_ms(lease_ms / 10 * 9);
        self.store.grant_hub(blog, topic, now.plus_ms(lease_ms), renew_at).await
    }

    /// A hub says no (§5.2).
    ///
    /// # Errors
    /// The store's.
    pub async fn hub_refuses(&self, blog: BlogId, topic: &str, reason: &str) -> Result<bool, StoreError> {
        self.store.refuse_hub(blog, topic, reason, self.clock.now().plus_ms(REFUSED_MS)).await
    }

    /// Somebody whom we believe says that there is a new post.
    ///
    /// # Errors
    /// The store's.
    pub async fn look_soon(&self, blog: BlogId) -> Result<(), StoreError> {
        self.store.look_soon(blog, self.clock.now()).await
    }
}

/// Ten minutes, doubled for each failure in a row, a day at most.
fn pause_ms(hub: &Hub) -> i64 {
    ((10 * MINUTE_MS) << hub.failures.min(10)).min(DAY_MS)
}
