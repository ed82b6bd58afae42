//! Which route goes where, and what surrounds all of them.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, Request};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::classify::ServerErrorsFailureClass;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::TraceLayer;
use tracing::Span;

use super::{
    Web, assets, confirm, csrf, demo, error, follow, followers, headers, health, hooks, index, mailbox,
    manage, places, providers, timeout, unsubscribe,
};

/// One click leaves from whatever page (RFC 8058).
pub(super) const UNSUBSCRIBE: &str = "/unsubscribe/{*token}";

/// All routes of the entrance. Serve it with connect info: limits need the
/// client's address.
pub fn router(web: Arc<Web>) -> Router {
    let request_id = HeaderName::from_static("x-request-id");
    let mailbox = Router::new()
        .route("/mailbox", get(mailbox::list))
        .route("/mailbox/empty", post(mailbox::empty))
        .route("/mailbox/{id}", get(mailbox::open))
        .route("/mailbox/{id}/html", get(mailbox::html))
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(from_fn_with_state(web.clone(), mailbox::guard));
    let teller = web.clone();
    let trace = TraceLayer::new_for_http()
        .make_span_with(|request: &Request<_>| {
            // The matched route, never the path: paths carry tokens.
            let route = request.extensions().get::<axum::extract::MatchedPath>();
            let route = route.map_or("-", axum::extract::MatchedPath::as_str);
            tracing::debug_span!("request", http.method = %request.method(), http.route = route)
        })
        .on_failure(move |why: ServerErrorsFailureClass, _: Duration, _: &Span| {
            seldom!(teller, warn, "a request failed, or was refused because too much came at once", %why);
        });
    Router::new()
        .merge(mailbox)
        .route("/", get(index::show))
        .route("/privacy", get(index::privacy))
        .route("/b/{slug}", get(follow::show))
        .route("/b/{slug}/", get(follow::show))
        .route("/b/{slug}/follow", post(follow::follow).options(follow::preflight).get(follow::show))
        .route("/b/{slug}/check-inbox", get(follow::check_inbox))
        .route("/b/{slug}/followers", get(followers::json))
        .route("/b/{slug}/followers.svg", get(followers::badge))
        .route("/b/{slug}/style.css", get(assets::blog_style))
        .route("/b/{slug}/embed.js", get(assets::embed))
        .route("/confirm/{*token}", get(confirm::show).post(confirm::act))
        .route(UNSUBSCRIBE, get(unsubscribe::show).post(unsubscribe::act))
        .route("/manage", get(manage::ask).post(manage::send_link))
        .route("/manage/{*token}", get(manage::show).post(manage::act))
        .route("/assets/{name}", get(assets::asset))
        .route("/favicon.ico", get(assets::favicon))
        .route("/robots.txt", get(assets::robots))
        .route("/hooks/ping", post(hooks::ping))
        .route("/hooks/bounces/{provider}", post(providers::take))
        .route("/hooks/websub/{*token}", get(hooks::verify).post(hooks::push))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/demo", get(demo::front))
        .route("/demo/posts/{n}", get(demo::post))
        .route("/demo/feed.xml", get(demo::feed))
        .route("/demo/publish", post(demo::publish))
        .fallback(error::not_found)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(from_fn_with_state(web.clone(), csrf::guard))
        .layer(from_fn_with_state(web.clone(), places::hold))
        .layer(from_fn_with_state(web.clone(), error::show))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(from_fn(timeout::end))
        .layer(from_fn(headers::secure))
        .layer(CompressionLayer::new())
        .layer(PropagateRequestIdLayer::new(request_id.clone()))
        .layer(trace)
        .layer(SetRequestIdLayer::new(request_id, MakeRequestUuid))
        .with_state(web)
}
