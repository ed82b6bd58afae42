//! Headers that keep pages safe, the same in trying out and in earnest (S11).

use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::page::HasForm;

const PAGES: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; \
                     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(super) async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let has_form = response.extensions().get::<HasForm>().is_some_and(|has| has.0);
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // A page with a form must let its browser name the origin: `no-referrer`
    // would make it post with `Origin: null`.
    let referrer = if has_form { "same-origin" } else { "no-referrer" };
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static(referrer));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(PAGES));
    headers.entry("cross-origin-opener-policy").or_insert(HeaderValue::from_static("same-origin"));
    headers
        .entry("permissions-policy")
        .or_insert(HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=()"));
    response
}
