//! Documents over HTTP: bounded in time, size and redirects, and never from an
//! inner address (S8).

mod cookies;
mod dates;
mod faults;
mod guard;
mod headers;
mod hosts;
mod unpack;
mod walls;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, HeaderName, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, LINK,
};
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use super::weight::{LIGHT_BYTES, Scales, Weight};
use super::{FeedSource, FetchError, Fetched, Pulse, Validators};
use crate::domain::{lend_login, masked};
use cookies::Cookies;
use faults::{broken_off, is_whole, judged, network, refusal};
use guard::GuardedResolver;
use headers::{location, retry_after, text_of, trusted_validators};
use hosts::{Hosts, Turn};
use unpack::{is_packed, unpacked};
use walls::challenge_in;

pub use dates::{DateNote, DateNotes};
pub use guard::is_private;

/// Redirects that are followed.
const MOST_REDIRECTS: usize = 10;

/// How a document may be packed. The client unpacks `br`, and we gzip, since
/// servers announce it wrongly.
const PACKED: &str = "gzip, br";

/// Which kind of difference is understood (RFC 3229 §10.5.3).
const A_IM: HeaderName = HeaderName::from_static("a-im");

/// Feeds first, and pages for those who give a home page.
const ACCEPTED: &str = "application/atom+xml, application/rss+xml, application/feed+json, \
     application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, text/html;q=0.7, */*;q=0.5";

/// What we call ourselves.
const NAME: &str = concat!("Postbell/", env!("CARGO_PKG_VERSION"));

/// Bounds of a fetch.
#[derive(Debug, Clone)]
pub struct FetchPolicy {
    /// Let documents live on private and loopback addresses.
    pub allow_private: bool,
    /// For the whole of it: names, redirects, body.
    pub timeout: Duration,
    /// For the head of each answer: name, connection, first byte.
    pub first_byte: Duration,
    /// For the rest of a large document, once its turn has come.
    pub large: Duration,
    /// Decompressed bytes.
    pub max_bytes: usize,
    /// Requests to one host at the same time.
    pub at_once: usize,
    /// `User-Agent`.
    pub user_agent: String,
}

impl FetchPolicy {
    /// The same, telling sites where we live.
    #[must_use]
    pub fn living_at(self, public_url: Option<&str>) -> Self {
        let Some(url) = public_url else { return self };
        let user_agent = format!("{NAME} (feed reader; +{url})");
        // What cannot stand in a header is left out.
        if reqwest::header::HeaderValue::from_str(&user_agent).is_ok() {
            Self { user_agent, ..self }
        } else {
            self
        }
    }
}

impl Default for FetchPolicy {
    fn default() -> Self {
        Self {
            allow_private: false,
            timeout: Duration::from_mins(1),
            first_byte: Duration::from_secs(20),
            large: Duration::from_secs(20),
            max_bytes: 10 * 1024 * 1024,
            at_once: 1,
            user_agent: format!("{NAME} (feed reader)"),
        }
    }
}

/// Fetches over HTTP(S), without any proxy.
#[derive(Debug, Clone)]
pub struct HttpSource {
    client: Client,
    policy: FetchPolicy,
    hosts: Hosts,
    scales: Scales,
    notes: Option<DateNotes>,
}

impl HttpSource {
    /// A source with these bounds.
    ///
    /// # Errors
    /// When the machine's TLS roots cannot be read.
    pub fn new(policy: FetchPolicy) -> Result<Self, FetchError> {
        let client = Client::builder()
            // A proxy would connect for us, past the guard.
            .no_proxy()
            .dns_resolver(Arc::new(GuardedResolver { allow_private: policy.allow_private }))
            .redirect(redirect::Policy::none())
            .user_agent(policy.user_agent.clone())
            .connect_timeout(policy.timeout.min(Duration::from_secs(10)))
            // Feeds are asked minutes apart: a kept connection only goes stale.
            .pool_max_idle_per_host(0)
            // A broken line of a head does no harm to the lines beside it.
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .no_gzip()
            .build()
            .map_err(|error| network(&error))?;
        let hosts = Hosts::new(policy.at_once);
        Ok(Self { client, policy, hosts, scales: Scales::default(), notes: None })
    }

    /// The same, noting what each answer says of the time.
    #[must_use]
    pub fn noting(mut self, notes: &DateNotes) -> Self {
        self.notes = Some(notes.clone());
        self
    }

    async fn follow(&self, url: &str, validators: &Validators, pulse: &Pulse) -> Result<Fetched, FetchError> {
        let mut at = Url::parse(url.trim()).map_err(|_| FetchError::BadUrl(masked(url)))?;
        // As far as every step on the way was for good.
        let (mut lives_at, mut is_for_good) = (None, true);
        let mut cookies = Cookies::default();
        for _ in 0..=MOST_REDIRECTS {
            // Kept until the answer is read.
            let (response, _turn) = self.ask(&at, validators, &cookies).await?;
            pulse.beat();
            cookies.keep(&at, response.headers());
            let status = response.status();
            let is_elsewhere = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
            if is_elsewhere && let Some(to) = location(response.headers()) {
                let from = at.clone();
                at = at.join(&to).map_err(|_| FetchError::BadUrl(masked(&to)))?;
                // The login stays with its server, and goes to no other.
                lend_login(&mut at, &from);
                is_for_good &= matches!(status.as_u16(), 301 | 308);
                if is_for_good {
                    lives_at = Some(at.to_string());
                }
                continue;
            }
            if status == StatusCode::NOT_MODIFIED && *validators != Validators::default() {
                return Ok(Fetched::Unchanged);
            }
            if !status.is_success() {
                return Err(refusal(response).await);
            }
            return self.read(response, at, lives_at, pulse).await;
        }
        Err(FetchError::Redirects)
    }

    async fn ask(
        &self,
        at: &Url,
        validators: &Validators,
        cookies: &Cookies,
    ) -> Result<(Response, Turn), FetchError> {
        let host = self.host_of(at)?;
        let door = format!("{host}:{}", at.port_or_known_default().unwrap_or_default());
        let turn = self.hosts.turn(&door).await?;
        let mut request =
            self.client.get(at.clone()).header(ACCEPT, ACCEPTED).header(ACCEPT_ENCODING, PACKED);
        for (name, value) in
            [(IF_NONE_MATCH, &validators.etag), (IF_MODIFIED_SINCE, &validators.last_modified)]
        {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        if *validators != Validators::default() {
            // Some servers answer with what is new and nothing else (RFC 3229).
            request = request.header(A_IM, "feed");
        }
        if let Some(cookies) = cookies.of(at) {
            request = request.header(COOKIE, cookies);
        }
        let response = self.head_of(request, &host).await?;
        if let Some(notes) = &self.notes {
            notes.note(&host, response.headers());
        }
        if matches!(response.status().as_u16(), 429 | 503)
            && let Some(seconds) = retry_after(response.headers())
        {
            self.hosts.rest(&door, seconds);
        }
        Ok((response, turn))
    }

    /// The head of the answer, within its time.
    async fn head_of(&self, request: RequestBuilder, host: &str) -> Result<Response, FetchError> {
        let answered = tokio::time::timeout(self.policy.first_byte, request.send()).await;
        answered.map_err(|_| FetchError::Timeout)?.map_err(|error| judged(&error, host))
    }

    /// The host of an address that may be asked.
    fn host_of(&self, at: &Url) -> Result<String, FetchError> {
        if !matches!(at.scheme(), "http" | "https") {
            return Err(FetchError::BadUrl(masked(at.as_str())));
        }
        let host = at.host().ok_or_else(|| FetchError::BadUrl(masked(at.as_str())))?;
        // The client asks its resolver for names only, never for literals.
        let literal = match &host {
            Host::Ipv4(ip) => Some((*ip).into()),
            Host::Ipv6(ip) => Some((*ip).into()),
            Host::Domain(_) => None,
        };
        if !self.policy.allow_private && literal.is_some_and(is_private) {
            return Err(FetchError::Private(host.to_string()));
        }
        Ok(host.to_string())
    }

    async fn read(
        &self,
        mut response: Response,
        at: Url,
        moved_to: Option<String>,
        pulse: &Pulse,
    ) -> Result<Fetched, FetchError> {
        let limit_bytes = self.policy.max_bytes;
        let is_delta = response.status() == StatusCode::IM_USED;
        let headers = response.headers();
        let content_type = text_of(headers, &CONTENT_TYPE);
        let validators = trusted_validators(headers);
        let links = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
        let links = links.filter(|value| value.len() <= 4_000).take(20).map(str::to_owned).collect();
        let (status, headers) = (response.status().as_u16(), headers.clone());
        let coding = text_of(&headers, &CONTENT_ENCODING).unwrap_or_default();
        let (mut bytes, mut broken, mut weight) = (Vec::new(), None, Weight::default());
        // Chunks of `br` are counted after decompression, each of them small: a
        // bomb goes off at the limit.
        let mut until = None;
        loop {
            let chunk = match until {
                // Others wait for its place.
                Some(until) => timeout_at(until, response.chunk()).await.map_err(|_| FetchError::Timeout)?,
                None => response.chunk().await,
            };
            let chunk = match chunk {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break,
                Err(error) => {
                    broken = Some(broken_off(&error));
                    break;
                }
            };
            if bytes.len() + chunk.len() > limit_bytes {
                return Err(FetchError::TooLarge { limit_bytes });
            }
            if bytes.len() + chunk.len() > LIGHT_BYTES {
                self.scales.weigh(&mut weight).await;
                until.get_or_insert_with(|| Instant::now() + self.policy.large);
            }
            pulse.beat();
            bytes.extend_from_slice(&chunk);
        }
        // Most of what comes packed is small, and waits for nobody.
        let is_large = is_packed(&bytes, &coding)
            && !weight.is_heavy()
            && unpack(bytes.clone(), coding.clone(), LIGHT_BYTES).await.is_err();
        if is_large {
            self.scales.weigh(&mut weight).await;
        }
        let bytes = unpack(bytes, coding, limit_bytes).await?;
        // A server that counts its bytes wrongly may have sent all the same.
        let validators = match broken {
            Some(error) if !is_whole(&bytes) => return Err(error),
            Some(_) => Validators::default(),
            None => validators,
        };
        if let Some(wall) = challenge_in(status, &headers, &bytes) {
            return Err(FetchError::Guarded { wall, status, retry_after_seconds: None });
        }
        Ok(Fetched::Document {
            bytes,
            content_type,
            url: at.into(),
            moved_to,
            is_delta,
            validators,
            links,
            weight,
        })
    }
}

/// Away from the threads that wait for others.
async fn unpack(bytes: Vec<u8>, coding: String, limit_bytes: usize) -> Result<Vec<u8>, FetchError> {
    tokio::task::spawn_blocking(move || unpacked(bytes, &coding, limit_bytes))
        .await
        .map_err(|_| FetchError::Network("the answer could not be unpacked".to_owned()))?
}

#[async_trait]
impl FeedSource for HttpSource {
    async fn fetch(&self, url: &str, validators: &Validators) -> Result<Fetched, FetchError> {
        self.fetch_telling(url, validators, &Pulse::default()).await
    }

    async fn fetch_telling(
        &self,
        url: &str,
        validators: &Validators,
        pulse: &Pulse,
    ) -> Result<Fetched, FetchError> {
        tokio::time::timeout(self.policy.timeout, self.follow(url, validators, pulse))
            .await
            .unwrap_or(Err(FetchError::Timeout))
    }

    async fn ask_hub(&self, hub: &str, form: &[(&str, &str)]) -> Result<(), FetchError> {
        let at = Url::parse(hub.trim()).map_err(|_| FetchError::BadUrl(masked(hub)))?;
        let host = self.host_of(&at)?;
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request =
            self.client.post(at).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        let response = self.head_of(request, &host).await?;
        if response.status().is_success() {
            return Ok(());
        }
        Err(FetchError::Status {
            status: response.status().as_u16(),
            retry_after_seconds: retry_after(response.headers()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_redirect_from_an_outer_host_to_an_inner_address_is_refused() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        tokio::spawn(async move {
            for to in ["127.0.0.1", "[::ffff:10.0.0.1]", "localhost"] {
                let (mut peer, _) = listener.accept().await.unwrap();
                let _ = peer.read(&mut [0; 4096]).await;
                let moved = format!(
                    "HTTP/1.1 302 Found\r\nLocation: http://{to}:{}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                    at.port()
                );
                let _ = peer.write_all(moved.as_bytes()).await;
            }
        });
        // The name stands for a host of the public internet: only it is let through.
        let client = Client::builder()
            .no_proxy()
            .dns_resolver(Arc::new(GuardedResolver { allow_private: false }))
            .resolve("outer.example", at)
            .redirect(redirect::Policy::none())
            .pool_max_idle_per_host(0)
            .build()
            .unwrap();
        let source = HttpSource {
            client,
            policy: FetchPolicy::default(),
            hosts: Hosts::new(1),
            scales: Scales::default(),
            notes: None,
        };
        for _ in 0..3 {
            let said =
                source.fetch(&format!("http://outer.example:{}/", at.port()), &Validators::default()).await;
            assert!(matches!(said, Err(FetchError::Private(_))), "{said:?}");
        }
    }
}
