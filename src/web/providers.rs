//! `POST /hooks/bounces/{provider}`: what mail providers report. Origin first,
//! then every event once: the same report again changes nothing.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use parking_lot::Mutex;

use super::body::Unread;
use super::error::Refused;
use super::state::{Shared, Web};
use crate::feedback::Recorder;
use crate::feedback::providers::proof::{self, Proofs, sns};
use crate::feedback::providers::{self, Provider, Refusal, Request};
use crate::feeds::{FeedSource, Fetched, Validators};

/// Certificates that are kept; Amazon and Scaleway have one or two a region.
const MOST_CERTIFICATES: usize = 16;

/// Takes what providers report by their webhooks.
pub struct ProviderReports {
    /// Writes reports down.
    pub recorder: Recorder,
    /// What proves who sent a report.
    pub proofs: Proofs,
    /// Where the certificates of topics come from.
    pub source: Arc<dyn FeedSource>,
    certificates: Mutex<HashMap<String, String>>,
}

impl ProviderReports {
    /// Without certificates yet.
    pub fn new(recorder: Recorder, proofs: Proofs, source: Arc<dyn FeedSource>) -> Self {
        Self { recorder, proofs, source, certificates: Mutex::default() }
    }

    /// The certificate behind an address of Amazon's or Scaleway's.
    async fn certificate(&self, web: &Web, url: &str) -> Result<String, Refused> {
        let known = || self.certificates.lock();
        if let Some(certificate) = known().get(url) {
            return Ok(certificate.clone());
        }
        let document = self.fetch(web, url).await?;
        let mut kept = known();
        if kept.len() >= MOST_CERTIFICATES {
            kept.clear();
        }
        kept.insert(url.to_owned(), document.clone());
        Ok(document)
    }

    async fn fetch(&self, web: &Web, url: &str) -> Result<String, Refused> {
        match self.source.fetch(url, &Validators::default()).await {
            Ok(Fetched::Document { bytes, .. }) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Ok(Fetched::Unchanged) => Err(Refused::Limited(60)),
            Err(error) => {
                seldom!(web, warn, "what a message of a topic names could not be fetched; it comes again", error = %error);
                Err(Refused::Limited(60))
            }
        }
    }
}

pub(super) async fn take(
    State(web): State<Shared>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    body: Unread,
) -> Result<StatusCode, Refused> {
    let provider: Provider = provider.parse().map_err(|_| Refused::NotFound)?;
    let reports = &web.providers;
    let refused = |refusal| refused(&web, provider, refusal);
    let named: Vec<(&str, &str)> =
        headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
    let content_type = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or("");
    let head = Request { content_type, headers: &named, body: b"" };
    proof::judge_head(provider, &head, &reports.proofs, web.clock.now()).map_err(refused)?;
    let body = body.read(providers::BODY_MAX_BYTES).await?;
    let request = Request { body: &body, ..head };
    let certificate = match reports.proofs.topic(provider) {
        Some(proof) => match sns::certificate_url(&request, proof).map_err(refused)? {
            Some(url) => Some(reports.certificate(&web, &url).await?),
            None => None,
        },
        None => None,
    };
    let now = web.clock.now();
    let proven =
        proof::prove(provider, &request, &reports.proofs, certificate.as_deref(), now).map_err(refused)?;
    if let Some(url) = proven.confirm_url {
        reports.fetch(&web, &url).await?;
        tracing::info!(%provider, "the provider was told that its topic is wanted");
        return Ok(StatusCode::OK);
    }
    let events = providers::read(provider, &request).map_err(refused)?;
    if let Some(once) = &proven.once
        && !reports.recorder.may_count(provider, once, &body).await?
    {
        seldom!(web, warn, "a proof came again with another report, and is not heard", %provider);
        // Mailgun's word for: do not bring it again.
        return Ok(StatusCode::NOT_ACCEPTABLE);
    }
    let recorded = reports.recorder.take_events(provider, &events).await?;
    tracing::debug!(%provider, events = events.len(), recorded, "a provider reported");
    Ok(StatusCode::OK)
}

fn refused(web: &Web, provider: Provider, refusal: Refusal) -> Refused {
    if !matches!(refusal, Refusal::NotConfigured(_)) {
        seldom!(web, warn, "a provider's report was refused", %provider, reason = %refusal);
    }
    match refusal {
        Refusal::NotConfigured(_) => Refused::NotFound,
        Refusal::TooLarge => Refused::TooLarge,
        Refusal::Malformed(_) => Refused::Unreadable(refusal.to_string()),
        Refusal::Forged(_) | Refusal::Stale => Refused::Foreign(refusal.to_string()),
    }
}
