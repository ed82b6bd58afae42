//! Live, ready, and numbers.

use std::net::SocketAddr;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use serde_json::json;

use super::client;
use super::error::Refused;
use super::state::Shared;

/// The process answers.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// The database takes writes, and what the queue holds.
pub(super) async fn ready(State(web): State<Shared>) -> Response {
    let now = web.clock.now();
    let answer = async {
        web.store.probe().await?;
        web.store.gauges(now).await
    }
    .await;
    match answer {
        Ok(gauges) => axum::Json(json!({"status": "ready", "queued": gauges.queued})).into_response(),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "not ready");
            let body = json!({"status": "not ready", "reason": error.to_string()});
            (StatusCode::SERVICE_UNAVAILABLE, axum::Json(body)).into_response()
        }
    }
}

/// Prometheus text, for who has the token or sits on this machine.
pub(super) async fn metrics(
    State(web): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let may = match &web.policy.metrics_token {
        Some(token) => bearer(&headers).is_some_and(|given| {
            verify_slices_are_equal(given.as_bytes(), token.expose_secret().as_bytes()).is_ok()
        }),
        None => client::is_local(peer, &headers),
    };
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
    let content_type = (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    Ok(([content_type], handle.render()).into_response())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}
