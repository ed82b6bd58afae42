//! Files that pages link: styles, the form's script, the icon.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::error::Refused;
use super::page::blog_of;
use super::state::Shared;

#[derive(RustEmbed)]
#[folder = "src/web/assets/"]
struct Assets;

pub(super) async fn asset(Path(name): Path<String>) -> Result<Response, Refused> {
    file(&name, "public, max-age=3600")
}

pub(super) async fn favicon() -> Result<Response, Refused> {
    file("favicon.svg", "public, max-age=86400")
}

/// `/b/{slug}/embed.js`: the same for every blog; the slug lets an owner
/// paste one address.
pub(super) async fn embed(State(web): State<Shared>, Path(slug): Path<String>) -> Result<Response, Refused> {
    blog_of(&web, &slug).await?;
    let mut response = file("embed.js", "public, max-age=3600")?;
    let headers = response.headers_mut();
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    Ok(response)
}

/// The blog's accent: pages have no inline style, so it is a small file.
pub(super) async fn blog_style(
    State(web): State<Shared>,
    Path(slug): Path<String>,
) -> Result<Response, Refused> {
    let blog = blog_of(&web, &slug).await?;
    let accent: String = blog.accent.chars().filter(|c| c.is_ascii_hexdigit() || *c == '#').collect();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
    ];
    Ok((headers, format!(":root{{--accent:{accent}}}\n")).into_response())
}

pub(super) async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /confirm/\nDisallow: /unsubscribe/\nDisallow: /manage\n"
}

fn file(name: &str, caching: &'static str) -> Result<Response, Refused> {
    let file = Assets::get(name).ok_or(Refused::NotFound)?;
    let content_type = match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static(caching)),
    ];
    Ok((headers, file.data.into_owned()).into_response())
}
