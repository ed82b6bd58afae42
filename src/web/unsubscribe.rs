//! `/unsubscribe/{token}`: leave with one press, or one click of a mail
//! program (RFC 8058). No cookie, no login, no redirect.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Path, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::body::{FORM_BYTES, Unread};
use super::client;
use super::confirm::{confirmed_page, manage_url};
use super::error::Refused;
use super::manage::bounded;
use super::page::{blog_by_id, masked, page};
use super::state::Shared;
use crate::domain::{Subscription, SubscriptionStatus};
use crate::signup::{LinkFault, ManageAction};
use crate::templates::{LeftPage, SaidPage, UnsubscribePage};

pub(super) async fn show(State(web): State<Shared>, Path(token): Path<String>) -> Result<Response, Refused> {
    let seen = web.signup.see_leave(&token).await?.map_err(refused)?;
    if seen.status == SubscriptionStatus::Ended {
        return left_page(&web, &token, seen).await;
    }
    let blog = blog_by_id(&web, seen.blog_id).await?;
    let context = UnsubscribePage {
        action: format!("/unsubscribe/{token}"),
        masked: masked(&seen.address),
        can_pause: seen.status == SubscriptionStatus::Active && !seen.is_paused(web.clock.now()),
        pause_until: web.signup.pause_until().long_date(),
        manage_url: manage_url(&web, &seen),
    };
    page(&web, Some(&blog), &context)
}

/// Whatever the body is, or if there is none, this leaves; only our own
/// buttons say otherwise.
pub(super) async fn act(
    State(web): State<Shared>,
    Path(token): Path<String>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Unread,
) -> Result<Response, Refused> {
    web.signup.see_leave(&token).await?.map_err(refused)?;
    let body = body.read(FORM_BYTES).await?;
    let visitor = client::visitor(&web, peer, &headers);
    let asked = url::form_urlencoded::parse(&body).find(|(name, _)| name == "do").map(|(_, value)| value);
    match asked.as_deref() {
        Some("undo") => {
            bounded(&web, &visitor).await?;
            let action = ManageAction::Undo;
            let after = web.signup.change_by_leave_link(&token, action, &visitor).await?.map_err(refused)?;
            if after.status == SubscriptionStatus::Active {
                return confirmed_page(&web, &after, false).await;
            }
            left_page(&web, &token, after).await
        }
        Some("pause") => {
            bounded(&web, &visitor).await?;
            let action = ManageAction::Pause;
            let after = web.signup.change_by_leave_link(&token, action, &visitor).await?.map_err(refused)?;
            paused_page(&web, &after).await
        }
        _ => {
            let left = web.signup.leave(&token, &visitor).await?.map_err(refused)?;
            left_page(&web, &token, left.subscription).await
        }
    }
}

async fn left_page(web: &Shared, token: &str, subscription: Subscription) -> Result<Response, Refused> {
    let blog = blog_by_id(web, subscription.blog_id).await?;
    let mut others = Vec::new();
    for other in web.store.list_subscriptions(subscription.subscriber_id).await? {
        if other.status == SubscriptionStatus::Active
            && let Some(blog) = web.store.get_blog(other.blog_id).await?
        {
            others.push(blog.title);
        }
    }
    let left = web.signup.left(subscription);
    let context = LeftPage {
        undo_action: left.undo_until.map(|_| format!("/unsubscribe/{token}")),
        undo_until: left.undo_until.map(crate::domain::Timestamp::long_date).unwrap_or_default(),
        masked: masked(&left.subscription.address),
        others,
        manage_url: manage_url(web, &left.subscription),
    };
    page(web, Some(&blog), &context)
}

async fn paused_page(web: &Shared, subscription: &Subscription) -> Result<Response, Refused> {
    let blog = blog_by_id(web, subscription.blog_id).await?;
    let until = subscription.paused_until.map(crate::domain::Timestamp::long_date);
    let context = SaidPage {
        mark: "clock",
        title: if subscription.paused_at.is_some() { "Paused" } else { "Nothing to pause" }.to_owned(),
        lead: match until {
            Some(until) => format!("No mail comes until {until}. After that each new post comes again."),
            None => "You do not follow this blog, so no mail comes. Nothing was changed.".to_owned(),
        },
        link: Some(("Change it".to_owned(), manage_url(web, subscription))),
    };
    page(web, Some(&blog), &context)
}

fn refused(_fault: LinkFault) -> Refused {
    Refused::NotFound
}
