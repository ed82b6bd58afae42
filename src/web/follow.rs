//! `/b/{slug}`: sign up. One neutral answer for every well-formed address.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::body::{FORM_BYTES, Unread};
use super::client;
use super::csrf::{Comes, comes, origin_of};
use super::error::Refused;
use super::page::{blog_of, followers_text, latest, page};
use super::reads::count_followers;
use super::state::{Shared, Web};
use crate::domain::{Blog, SealedRow};
use crate::signup::{Form, SignUpOutcome};
use crate::templates::{CheckInboxPage, FollowPage};

/// The cookie that binds a browser to its sign-up.
pub(super) const COOKIE: &str = "pb_signup";

pub(super) async fn show(State(web): State<Shared>, Path(slug): Path<String>) -> Result<Response, Refused> {
    let blog = blog_of(&web, &slug).await?;
    form_page(&web, &blog, Shown::default()).await
}

pub(super) async fn check_inbox(
    State(web): State<Shared>,
    Path(slug): Path<String>,
) -> Result<Response, Refused> {
    let blog = blog_of(&web, &slug).await?;
    let context = CheckInboxPage { confirm_within_hours: web.policy.confirm_within_hours };
    page(&web, Some(&blog), &context)
}

pub(super) async fn follow(
    State(web): State<Shared>,
    Path(slug): Path<String>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Unread,
) -> Result<Response, Refused> {
    let blog = blog_of(&web, &slug).await?;
    let is_json = match media_type(&headers).as_deref() {
        Some("application/json") => true,
        Some("application/x-www-form-urlencoded") => false,
        _ => return Err(Refused::MediaType),
    };
    let origin = allowed_origin(&web, &blog, &headers, is_json)?;
    let taken = take(&web, &blog, is_json, peer, &headers, body).await;
    let mut response = taken.unwrap_or_else(IntoResponse::into_response);
    // What went wrong, too, is for the page that the form stands on.
    if let Some(origin) = origin {
        allow(&mut response, &origin);
    }
    Ok(response)
}

/// One sign-up that comes from where it may.
async fn take(
    web: &Shared,
    blog: &Blog,
    is_json: bool,
    peer: SocketAddr,
    headers: &HeaderMap,
    body: Unread,
) -> Result<Response, Refused> {
    let body = body.read(FORM_BYTES).await?;
    let form: Form = if is_json {
        serde_json::from_slice(&body)
            .map_err(|error| Refused::Unreadable(format!("The JSON is wrong: {error}.")))?
    } else {
        form_of(&body)
    };
    let mut visitor = client::visitor(web, peer, headers);
    // Our own page posts the plain form; a script cannot show it.
    visitor.is_hosted &= !is_json;
    if !form.email.is_ascii() {
        visitor.smtputf8 = web.takes_smtputf8().await?;
    }
    match web.signup.sign_up(blog, &form, &visitor).await? {
        SignUpOutcome::Accepted(subscription) => accepted(web, blog, &form, is_json, subscription),
        SignUpOutcome::Limited { retry_after_seconds } => Err(Refused::Limited(retry_after_seconds)),
        SignUpOutcome::Pressed { retry_after_seconds } if is_json => {
            Err(Refused::Pressed { retry_after_seconds, hosted_url: hosted_url(web, blog) })
        }
        SignUpOutcome::Pressed { .. } => form_page(web, blog, Shown::again(&form, UNDER_PRESSURE)).await,
        SignUpOutcome::Trapped if is_json => Err(Refused::Trapped { hosted_url: hosted_url(web, blog) }),
        SignUpOutcome::Trapped => form_page(web, blog, Shown::again(&form, TRAPPED)).await,
        SignUpOutcome::Invalid(faults) if is_json => Err(Refused::Invalid(faults)),
        SignUpOutcome::Invalid(faults) => {
            let fault = faults.first().map(|fault| fault.message.clone());
            let mut response = form_page(web, blog, Shown { fault, ..Shown::of(&form) }).await?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
    }
}

/// Why the form is shown once more.
pub(super) const TRAPPED: &str = "A field that people do not see was filled in, perhaps by your browser. \
     Nothing was sent yet: press the button once more.";
const UNDER_PRESSURE: &str = "Very many people are signing up right now. Nothing was sent yet: press the \
     button once more, here on this page.";

/// What stands in the form when it is shown.
#[derive(Default)]
struct Shown {
    typed: String,
    kept: Vec<(String, String)>,
    fault: Option<String>,
    again: Option<&'static str>,
}

impl Shown {
    fn of(form: &Form) -> Self {
        let wishes = [
            ("frequency", &form.frequency),
            ("language", &form.language),
            ("source", &form.source),
            ("next", &form.next),
        ];
        let kept = wishes.into_iter().filter_map(|(name, wish)| {
            let wish = wish.as_deref().filter(|wish| !wish.is_empty() && wish.len() <= 2_000)?;
            Some((name.to_owned(), wish.to_owned()))
        });
        Self { typed: typed(&form.email), kept: kept.collect(), ..Self::default() }
    }

    fn again(form: &Form, why: &'static str) -> Self {
        Self { again: Some(why), ..Self::of(form) }
    }
}

/// What was typed, as a page may show it.
pub(super) fn typed(email: &str) -> String {
    email.chars().filter(|c| !c.is_control()).take(300).collect()
}

fn hosted_url(web: &Web, blog: &Blog) -> String {
    format!("{}/b/{}", web.policy.public_url, blog.slug)
}

/// The question that a browser asks before it posts JSON from another site.
pub(super) async fn preflight(
    State(web): State<Shared>,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let blog = blog_of(&web, &slug).await?;
    let origin = allowed_origin(&web, &blog, &headers, true)?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(origin) = origin {
        allow(&mut response, &origin);
        let out = response.headers_mut();
        out.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
        out.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type, accept"));
        out.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    Ok(response)
}

async fn form_page(web: &Shared, blog: &Blog, shown: Shown) -> Result<Response, Refused> {
    let context = FollowPage {
        followers_text: followers_text(count_followers(web, blog.id).await?),
        posts: latest(web, blog, 5).await?,
        typed: shown.typed,
        kept: shown.kept,
        fault: shown.fault,
        again: shown.again.map(str::to_owned),
    };
    page(web, Some(blog), &context)
}

fn accepted(
    web: &Shared,
    blog: &Blog,
    form: &Form,
    is_json: bool,
    subscription: SealedRow,
) -> Result<Response, Refused> {
    let mut response = if is_json {
        (StatusCode::ACCEPTED, axum::Json(json!({"status": "check_inbox"}))).into_response()
    } else {
        let next = form.next.as_deref().and_then(|next| page_of_blog(blog, web, next));
        let target = next.unwrap_or_else(|| format!("/b/{}/check-inbox", blog.slug));
        let target = HeaderValue::from_str(&target).map_err(|error| Refused::Defect(error.to_string()))?;
        (StatusCode::SEE_OTHER, [(header::LOCATION, target)]).into_response()
    };
    let cookie = format!(
        "{COOKIE}={}; Path=/confirm; Max-Age={}; HttpOnly; SameSite=Lax{}",
        web.signup.browser_mark(subscription),
        u64::from(web.policy.confirm_within_hours) * 3600,
        if web.is_https() { "; Secure" } else { "" },
    );
    let cookie = HeaderValue::from_str(&cookie).map_err(|error| Refused::Defect(error.to_string()))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Whether the sign-up may be posted from where it comes; the foreign origin
/// that may, for CORS.
fn allowed_origin(
    web: &Web,
    blog: &Blog,
    headers: &HeaderMap,
    is_json: bool,
) -> Result<Option<String>, Refused> {
    match comes(web, headers) {
        Comes::FromUs | Comes::Unsaid => Ok(None),
        Comes::Hidden if !is_json => Ok(None),
        Comes::Hidden => Err(Refused::Foreign(
            "A page that hides its origin can post only the plain form. Nothing was changed.".to_owned(),
        )),
        Comes::From(origin) if blog.origins.contains(&origin) => Ok(Some(origin)),
        Comes::From(origin) => Err(Refused::ForeignForm { origin, slug: blog.slug.to_string() }),
    }
}

/// `next` as it was understood, not as it was written, when it is a page of
/// the blog or of ours: what a browser reads must be what was judged.
fn page_of_blog(blog: &Blog, web: &Web, next: &str) -> Option<String> {
    let origin = origin_of(next)?;
    let is_own =
        blog.origins.contains(&origin) || origin_of(&web.policy.public_url).as_ref() == Some(&origin);
    let mut url = url::Url::parse(next).ok().filter(|_| is_own)?;
    // `https://blog.example@…` reads like another place.
    let _ = (url.set_username(""), url.set_password(None));
    Some(url.into())
}

fn allow(response: &mut Response, origin: &str) {
    if let Ok(origin) = HeaderValue::from_str(origin) {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("origin"));
        // Else the page's script cannot say when to come back.
        let exposed = HeaderValue::from_static("retry-after");
        response.headers_mut().insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
}

/// The media type without its parameters.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or("").trim().to_ascii_lowercase())
}

fn form_of(body: &[u8]) -> Form {
    let mut form = Form::default();
    for (name, value) in url::form_urlencoded::parse(body) {
        let value = value.into_owned();
        match &*name {
            "email" => form.email = value,
            "frequency" => form.frequency = Some(value),
            "language" => form.language = Some(value),
            "source" => form.source = Some(value),
            "next" => form.next = Some(value),
            "pb_blank" => form.pb_blank = Some(value),
            "website" => form.website = Some(value),
            _ => {}
        }
    }
    form
}
