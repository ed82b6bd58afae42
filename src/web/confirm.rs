//! `/confirm/{token}`: one press, and the reader follows.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;

use super::body::{FORM_BYTES, Unread};
use super::client;
use super::error::Refused;
use super::follow::COOKIE;
use super::page::{blog_by_id, latest, masked, page};
use super::state::Shared;
use super::token::Token;
use crate::domain::{Subscription, SubscriptionStatus};
use crate::signup::{Confirmed, LinkFault, SignUpOutcome};
use crate::templates::{ConfirmPage, ConfirmedPage, ExpiredPage, SaidPage, stopped};

/// Shows the button; confirms at once only in the browser that signed up,
/// which proves that a person is there and not a link scanner (D5).
pub(super) async fn show(
    State(web): State<Shared>,
    Token(token): Token,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    method: Method,
    headers: HeaderMap,
    cookies: CookieJar,
) -> Result<Response, Refused> {
    let seen = match web.signup.see_confirm(&token).await? {
        Ok(seen) => seen,
        Err(fault) => return refused(&web, &token, fault).await,
    };
    let mark = cookies.get(COOKIE).map(|cookie| cookie.value().to_owned());
    let is_same_browser = match mark {
        Some(mark) => web.signup.is_same_browser(&mark, &seen).await?,
        None => false,
    };
    if seen.status == SubscriptionStatus::Pending
        && is_same_browser
        && method == Method::GET
        && is_navigation(&headers)
    {
        return do_confirm(&web, &token, peer, &headers).await;
    }
    let blog = blog_by_id(&web, seen.blog_id).await?;
    match seen.status {
        SubscriptionStatus::Pending => {
            let expires_at = seen.expires_at.unwrap_or_else(|| web.clock.now());
            let context = ConfirmPage {
                action: format!("/confirm/{token}"),
                masked: masked(&seen.address),
                expires_on: expires_at.long_date(),
            };
            page(&web, Some(&blog), &context)
        }
        SubscriptionStatus::Active => confirmed_page(&web, &seen, true).await,
        SubscriptionStatus::Ended => left_since(&web, &seen).await,
    }
}

/// Confirms, whatever the body is; only the button on the page of an expired
/// link says otherwise.
pub(super) async fn act(
    State(web): State<Shared>,
    Token(token): Token,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Unread,
) -> Result<Response, Refused> {
    // Who has no right is answered before the body is read.
    if let Err(LinkFault::Bad) = web.signup.see_confirm(&token).await? {
        return Err(Refused::NotFound);
    }
    let body = body.read(FORM_BYTES).await?;
    match pressed(&body).as_deref() {
        Some("again") => again(&web, &token, peer, &headers).await,
        _ => do_confirm(&web, &token, peer, &headers).await,
    }
}

/// Which button of ours was pressed.
pub(super) fn pressed(body: &[u8]) -> Option<String> {
    field(body, "do")
}

/// One field of a form.
pub(super) fn field(body: &[u8], name: &str) -> Option<String> {
    url::form_urlencoded::parse(body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// A new mail, from the page of an expired link.
async fn again(
    web: &Shared,
    token: &str,
    peer: SocketAddr,
    headers: &HeaderMap,
) -> Result<Response, Refused> {
    let mut visitor = client::visitor(web, peer, headers);
    // Who has the link of a mail is heard under pressure too.
    visitor.is_hosted = true;
    match web.signup.ask_again(token, &visitor).await? {
        Ok((
            _,
            SignUpOutcome::Limited { retry_after_seconds } | SignUpOutcome::Pressed { retry_after_seconds },
        )) => Err(Refused::Limited(retry_after_seconds)),
        Ok((_, SignUpOutcome::Invalid(faults))) => Err(Refused::Invalid(faults)),
        Ok((blog, SignUpOutcome::Accepted(_) | SignUpOutcome::Trapped)) => {
            let target = format!("/b/{}/check-inbox", blog.slug);
            Ok((StatusCode::SEE_OTHER, [(header::LOCATION, target)]).into_response())
        }
        Err(LinkFault::RowGone) => Err(Refused::Gone),
        Err(_) => Err(Refused::NotFound),
    }
}

async fn do_confirm(
    web: &Shared,
    token: &str,
    peer: SocketAddr,
    headers: &HeaderMap,
) -> Result<Response, Refused> {
    let visitor = client::visitor(web, peer, headers);
    match web.signup.confirm(token, &visitor).await? {
        Ok(Confirmed::Now(subscription)) => confirmed_page(web, &subscription, false).await,
        Ok(Confirmed::Already(subscription)) => confirmed_page(web, &subscription, true).await,
        Ok(Confirmed::LeftSince(subscription)) => left_since(web, &subscription).await,
        Err(fault) => refused(web, token, fault).await,
    }
}

/// The page after confirming.
async fn confirmed_page(
    web: &Shared,
    subscription: &Subscription,
    already: bool,
) -> Result<Response, Refused> {
    let blog = blog_by_id(web, subscription.blog_id).await?;
    let posts = latest(web, &blog, 3).await?;
    let masked = masked(&subscription.address);
    let stopped = web.signup.stopped(subscription).await?.map(stopped);
    page(web, Some(&blog), &ConfirmedPage { masked, already, is_back: false, stopped, posts })
}

/// The page after taking back a leave.
pub(super) async fn back_page(web: &Shared, subscription: &Subscription) -> Result<Response, Refused> {
    let blog = blog_by_id(web, subscription.blog_id).await?;
    let masked = masked(&subscription.address);
    let context = ConfirmedPage { masked, already: false, is_back: true, stopped: None, posts: Vec::new() };
    page(web, Some(&blog), &context)
}

async fn left_since(web: &Shared, subscription: &Subscription) -> Result<Response, Refused> {
    let blog = blog_by_id(web, subscription.blog_id).await?;
    let context = SaidPage {
        mark: "dash",
        title: "You have left this blog".to_owned(),
        lead: "This link was for following it, and you left it since. Nothing was changed.".to_owned(),
        link: Some(("Follow again".to_owned(), format!("/b/{}", blog.slug))),
        otherwise: None,
    };
    page(web, Some(&blog), &context)
}

async fn refused(web: &Shared, token: &str, fault: LinkFault) -> Result<Response, Refused> {
    let subscription = match fault {
        LinkFault::Bad | LinkFault::Renewable { .. } => return Err(Refused::NotFound),
        LinkFault::RowGone => return Err(Refused::Gone),
        LinkFault::LeftSince(subscription) => return left_since(web, &subscription).await,
        LinkFault::Expired(None) => return Err(Refused::Gone),
        LinkFault::Expired(Some(subscription)) => subscription,
    };
    let blog = blog_by_id(web, subscription.blog_id).await?;
    let context = ExpiredPage {
        action: format!("/confirm/{token}"),
        masked: masked(&subscription.address),
        confirm_within_hours: web.policy.confirm_within_hours,
    };
    let mut response = page(web, Some(&blog), &context)?;
    *response.status_mut() = StatusCode::GONE;
    Ok(response)
}

/// Whether somebody opens the page: no browser that looks ahead, and nothing
/// that another page or a program loads by itself.
fn is_navigation(headers: &HeaderMap) -> bool {
    let looks_ahead = ["sec-purpose", "purpose", "x-purpose", "x-moz"].iter().any(|name| {
        headers.get_all(*name).iter().any(|value| {
            let value = value.as_bytes().to_ascii_lowercase();
            let value = String::from_utf8_lossy(&value);
            value.contains("prefetch") || value.contains("preview")
        })
    });
    // Old browsers do not say what they load it for (Fetch Metadata).
    let is_loaded = headers.get_all("sec-fetch-dest").iter().any(|value| value.as_bytes() != b"document");
    !looks_ahead && !is_loaded
}
