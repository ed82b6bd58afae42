//! `Join 1,404 other followers`, for blogs to show.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::error::Refused;
use super::page::{blog_of, followers_text};
use super::reads::count_followers;
use super::state::Shared;
use crate::templates::Palette;

pub(super) async fn json(
    State(web): State<Shared>,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let blog = blog_of(&web, &slug).await?;
    let count = count_followers(&web, blog.id).await?;
    let body = json!({"count": count, "text": followers_text(count)}).to_string();
    Ok(cached(&headers, &format!("\"{count}\""), "application/json", body))
}

pub(super) async fn badge(
    State(web): State<Shared>,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let blog = blog_of(&web, &slug).await?;
    let count = count_followers(&web, blog.id).await?;
    let accent = Palette::from_accent(&blog.accent).accent;
    let tag = format!("\"{count}-{}\"", accent.trim_start_matches('#'));
    Ok(cached(&headers, &tag, "image/svg+xml", svg(&followers_text(count), &accent)))
}

/// An answer that browsers and caches may keep for a minute.
fn cached(request: &HeaderMap, etag: &str, content_type: &'static str, body: String) -> Response {
    let asked = request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or("");
    let is_same =
        asked.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag);
    let mut response = if is_same {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, content_type)], body).into_response()
    };
    let headers = response.headers_mut();
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(header::ETAG, etag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    response
}

/// A badge as wide as its text: digits and letters of the usual system fonts
/// are about 7 px wide at 13 px. White must be readable on `accent`.
fn svg(text: &str, accent: &str) -> String {
    let width = text.chars().count() * 7 + 44;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"28\" role=\"img\" aria-label=\"{text}\">\
         <title>{text}</title><rect width=\"{width}\" height=\"28\" rx=\"4\" fill=\"{accent}\"/>\
         <g fill=\"none\" stroke=\"#fff\" stroke-width=\"1.6\" stroke-linecap=\"round\" stroke-linejoin=\"round\">\
         <path d=\"M10 18h12c-1.500-1.500-1.500-3-1.500-5.500 0-3-1.900-5-4.500-5s-4.500 2-4.500 5c0 2.500 0 4-1.500 5.500zM14.500 20.500a1.500 1.500 0 0 0 3 0\"/></g>\
         <text x=\"30\" y=\"18.500\" fill=\"#fff\" font-family=\"system-ui,-apple-system,'Segoe UI',sans-serif\" \
         font-size=\"13\" font-weight=\"600\" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\">{text}</text></svg>",
        width - 42
    )
}
