//! Live, ready, and numbers.

use std::net::SocketAddr;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use serde_json::json;

use super::client;
use super::error::Refused;
use super::state::{Shared, Web};
use crate::domain::{Halt, SECOND_MS};
use crate::feedback::providers::proof::bearer;
use crate::store::Gauges;

/// How long `/readyz` says the same without looking again.
const READY_MS: i64 = SECOND_MS;

/// The process answers.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// What `/readyz` says; anybody may ask, so it names no server and nobody's
/// words. How many mails wait is for who may read the numbers: it grows when
/// somebody asks for the link of one who follows.
#[derive(Debug, Clone)]
pub(super) enum Readiness {
    /// The database takes writes.
    Ready {
        /// Mails that wait.
        queued: i64,
        /// What holds them up.
        codes: Vec<&'static str>,
    },
    /// It does not, for this reason.
    NotReady(String),
}

impl Readiness {
    async fn look(web: &Web) -> Self {
        let answer = async {
            web.store.probe().await?;
            web.store.gauges(web.clock.now()).await
        };
        match answer.await {
            Ok(gauges) => Self::Ready { queued: gauges.queued, codes: codes(&gauges) },
            Err(error) => {
                seldom!(web, error, "not ready", error = &error as &dyn std::error::Error);
                Self::NotReady(error.to_string())
            }
        }
    }
}

/// The database takes writes, and what the queue holds. It costs a write, so
/// it is looked at once a second at most, however many ask.
pub(super) async fn ready(
    State(web): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    // Held while one looks: who asks meanwhile has that one's answer.
    let mut kept = web.reads.ready.lock().await;
    let age_ms = kept.as_ref().map(|(at, _)| web.clock.now().since_ms(*at));
    let readiness = match (&*kept, age_ms) {
        (Some((_, readiness)), Some(0..READY_MS)) => readiness.clone(),
        _ => {
            let readiness = Readiness::look(&web).await;
            kept.insert((web.clock.now(), readiness)).1.clone()
        }
    };
    drop(kept);
    match readiness {
        Readiness::Ready { queued, codes } => {
            let mut body = json!({"status": "ready", "codes": codes});
            if may_read_numbers(&web, peer, &uri, &headers) {
                body["queued"] = json!(queued);
            }
            axum::Json(body).into_response()
        }
        Readiness::NotReady(reason) => {
            let body = json!({"status": "not ready", "reason": reason});
            (StatusCode::SERVICE_UNAVAILABLE, axum::Json(body)).into_response()
        }
    }
}

/// What holds mail up while all of ours is well; no words of a server here.
fn codes(gauges: &Gauges) -> Vec<&'static str> {
    Halt::ALL.into_iter().filter(|halt| gauges.held_up_by(*halt) > 0).map(Halt::as_str).collect()
}

/// Who has the token, or without one sits on this machine.
fn may_read_numbers(web: &Shared, peer: SocketAddr, uri: &Uri, headers: &HeaderMap) -> bool {
    match &web.policy.metrics_token {
        Some(token) => given_token(headers).is_some_and(|given| {
            verify_slices_are_equal(given.as_bytes(), token.expose_secret().as_bytes()).is_ok()
        }),
        None => client::is_local(web, peer, uri, headers),
    }
}

/// Prometheus text, for who may read the numbers.
pub(super) async fn metrics(
    State(web): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let may = may_read_numbers(&web, peer, &uri, &headers);
    let Some(handle) = web.metrics.as_ref().filter(|_| may) else { return Err(Refused::NotFound) };
    let gauges = web.store.gauges(web.clock.now()).await?;
    let oldest = gauges.oldest_due_at.map_or(0, |at| web.clock.now().since_ms(at).max(0));
    #[expect(clippy::cast_precision_loss, reason = "gauges are for people")]
    for (name, value) in [
        ("postbell_followers", gauges.followers),
        ("postbell_queue_mails", gauges.queued),
        ("postbell_queue_oldest_due_ms", oldest),
        ("postbell_posts_held", gauges.held_posts),
        ("postbell_blogs_failing", gauges.failing_blogs),
    ] {
        metrics::gauge!(name).set(value as f64);
    }
    #[expect(clippy::cast_precision_loss, reason = "gauges are for people")]
    for halt in Halt::ALL {
        let gauge = match halt {
            Halt::RelayRefusesUs => metrics::gauge!("postbell_relays_resting"),
            Halt::ReceiverRefusesUs => metrics::gauge!("postbell_receivers_resting"),
            Halt::SenderRefused | Halt::Braked | Halt::MailTooLarge => {
                metrics::gauge!("postbell_mailings_paused", "reason" => halt.as_str())
            }
        };
        gauge.set(gauges.held_up_by(halt) as f64);
    }
    let content_type = (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    Ok(([content_type], handle.render()).into_response())
}

fn given_token(headers: &HeaderMap) -> Option<&str> {
    bearer(headers.get(header::AUTHORIZATION)?.to_str().ok()?)
}
