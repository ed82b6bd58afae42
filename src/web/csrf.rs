//! Changes come from our own pages, from mail programs, or from nobody's (S5).

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::Refused;
use super::router::UNSUBSCRIBE;
use super::state::{Shared, Web};

/// Where a request that changes something says it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Comes {
    /// From our own pages, or from the address bar.
    FromUs,
    /// It does not say: no browser, or an old one.
    Unsaid,
    /// `Origin: null`: a page that hides its origin.
    Hidden,
    /// From this other origin.
    From(String),
}

/// Reads where a request comes from.
pub(super) fn comes(web: &Web, headers: &HeaderMap) -> Comes {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if matches!(text("sec-fetch-site"), Some("same-origin" | "none")) {
        return Comes::FromUs;
    }
    let Some(origin) = text("origin") else {
        return if headers.contains_key(header::ORIGIN) { Comes::Hidden } else { Comes::Unsaid };
    };
    if origin == "null" {
        return Comes::Hidden;
    }
    let origin = origin.to_ascii_lowercase();
    let is_public = origin_of(&web.policy.public_url).is_some_and(|own| own == origin);
    let host = text("host").unwrap_or("").to_ascii_lowercase();
    let is_own = !host.is_empty()
        && origin
            .split_once("://")
            .is_some_and(|(scheme, rest)| matches!(scheme, "http" | "https") && rest == host);
    if is_public || is_own { Comes::FromUs } else { Comes::From(origin) }
}

/// `https://host[:port]` of a URL, in lower case.
pub(super) fn origin_of(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.origin().ascii_serialization())
}

/// Guards every route that changes something but the sign-up, which has a
/// rule of its own.
pub(super) async fn guard(State(web): State<Shared>, request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.as_deref().unwrap_or("");
    if is_safe || route == "/b/{slug}/follow" {
        return next.run(request).await;
    }
    match comes(&web, request.headers()) {
        Comes::FromUs | Comes::Unsaid => next.run(request).await,
        // One click comes from programs that name any origin, and its token is
        // proof enough (RFC 8058); that it is one is seen by its body, there.
        Comes::Hidden | Comes::From(_) if route == UNSUBSCRIBE => next.run(request).await,
        Comes::Hidden | Comes::From(_) => foreign().into_response(),
    }
}

/// Why what another site sent is not done.
pub(super) fn foreign() -> Refused {
    Refused::Foreign(
        "This came from another site, so it was not done. Open the link in your mail and press the \
         button there. Nothing was changed."
            .to_owned(),
    )
}
