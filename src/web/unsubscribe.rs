//! `/unsubscribe/{token}`: the footer's link, for one subscription alone and
//! for ever (S16). Leave with one press, or one click of a mail program
//! (RFC 8058), rest, and take either back. No cookie, no login, no redirect.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::body::{FORM_BYTES, Unread};
use super::client;
use super::confirm::{back_page, pressed};
use super::csrf::{Comes, comes, foreign};
use super::error::Refused;
use super::manage::bounded;
use super::page::{blog_by_id, masked, page};
use super::state::Shared;
use super::token::Token;
use crate::domain::{ManageAction, Subscription, SubscriptionStatus, SuppressionReason, Timestamp};
use crate::signup::LinkFault;
use crate::templates::{LeftPage, SaidPage, UnsubscribePage, stopped};

pub(super) async fn show(State(web): State<Shared>, Token(token): Token) -> Result<Response, Refused> {
    let seen = match web.signup.see_leave(&token).await? {
        Ok(seen) => seen,
        Err(fault) => return refused(&web, &fault),
    };
    if has_left(&seen) {
        return left_page(&web, &token, &seen).await;
    }
    let blog = blog_by_id(&web, seen.blog_id).await?;
    let is_active = seen.status == SubscriptionStatus::Active;
    let is_paused = is_active && seen.is_paused(web.clock.now());
    let context = UnsubscribePage {
        action: action(&token),
        masked: masked(&seen.address),
        can_pause: is_active && !is_paused,
        pause_until: web.signup.pause_until().long_date(),
        is_paused,
        paused_until: seen.paused_until.map(Timestamp::long_date).unwrap_or_default(),
        stopped: web.signup.stopped(&seen).await?.map(stopped),
    };
    page(&web, Some(&blog), &context)
}

/// Whatever the body is, or if there is none, this leaves; only our own
/// buttons say otherwise.
pub(super) async fn act(
    State(web): State<Shared>,
    Token(token): Token,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Unread,
) -> Result<Response, Refused> {
    // Who has no right is answered before the body is read.
    if let Err(fault) = web.signup.see_leave(&token).await? {
        return refused(&web, &fault);
    }
    let body = body.read(FORM_BYTES).await?;
    let visitor = client::visitor(&web, peer, &headers);
    let action = match pressed(&body).as_deref() {
        Some("undo") => ManageAction::Undo,
        Some("pause") => ManageAction::Pause,
        Some("resume") => ManageAction::Resume,
        _ => ManageAction::Leave,
    };
    // Only our own page has buttons; a click of a mail program says that it is one.
    if matches!(comes(&web, &headers), Comes::From(_)) && !is_one_click(&body) {
        return Err(foreign());
    }
    if action != ManageAction::Leave {
        bounded(&web, &visitor).await?;
    }
    let after = match web.signup.change_by_leave_link(&token, action, &visitor).await? {
        Ok(after) => after,
        Err(fault) => return refused(&web, &fault),
    };
    if has_left(&after) {
        return left_page(&web, &token, &after).await;
    }
    let reason = web.signup.stopped(&after).await?;
    match (action, after.status, reason) {
        (ManageAction::Undo, SubscriptionStatus::Active, None) => back_page(&web, &after).await,
        _ => paused_page(&web, &token, &after, reason).await,
    }
}

/// RFC 8058 §3.1: as a form of either kind.
fn is_one_click(body: &[u8]) -> bool {
    let body = String::from_utf8_lossy(body).to_ascii_lowercase();
    pressed(body.as_bytes()).is_none() && body.contains("list-unsubscribe") && body.contains("one-click")
}

/// Whether its reader left, also when the address was typed again since.
fn has_left(subscription: &Subscription) -> bool {
    match subscription.status {
        SubscriptionStatus::Active => false,
        SubscriptionStatus::Pending => subscription.ended_at.is_some(),
        SubscriptionStatus::Ended => true,
    }
}

async fn left_page(web: &Shared, token: &str, left: &Subscription) -> Result<Response, Refused> {
    let blog = blog_by_id(web, left.blog_id).await?;
    let undo_until = web.signup.undo_until(left).await?;
    let reason = web.signup.stopped(left).await?;
    let context = LeftPage {
        undo_action: undo_until.map(|_| action(token)),
        undo_until: undo_until.map(Timestamp::long_date).unwrap_or_default(),
        masked: masked(&left.address),
        stopped: reason.map(stopped),
        // A confirmation lifts what was only unsubscribed.
        can_follow: matches!(reason, None | Some(SuppressionReason::Unsubscribed)),
    };
    page(web, Some(&blog), &context)
}

/// What a rest, or its end, came to.
async fn paused_page(
    web: &Shared,
    token: &str,
    subscription: &Subscription,
    reason: Option<SuppressionReason>,
) -> Result<Response, Refused> {
    let blog = blog_by_id(web, subscription.blog_id).await?;
    let is_paused = subscription.is_paused(web.clock.now());
    let until = subscription.paused_until.filter(|_| is_paused).map(Timestamp::long_date);
    let who = masked(&subscription.address);
    let (mark, title, lead) = match (subscription.status, is_paused, reason) {
        (SubscriptionStatus::Active, _, Some(reason)) => {
            ("dash", "No mail comes", stopped(reason).to_owned())
        }
        (SubscriptionStatus::Active, true, None) => (
            "clock",
            "Paused",
            match until {
                Some(until) => format!("No post of {} comes to {who} before {until}.", blog.title),
                None => format!("No post of {} comes to {who} until you resume.", blog.title),
            },
        ),
        (SubscriptionStatus::Active, false, None) => {
            ("tick", "Your mails come again", format!("Each new post of {} comes to {who}.", blog.title))
        }
        _ => (
            "clock",
            "Nothing to pause",
            "You do not follow this blog, so no mail comes. Nothing was changed.".to_owned(),
        ),
    };
    let label = if is_paused { "Resume or stop" } else { "Pause or stop" };
    let link = Some((label.to_owned(), action(token)));
    page(web, Some(&blog), &SaidPage { mark, title: title.to_owned(), lead, link, otherwise: None })
}

fn action(token: &str) -> String {
    format!("/unsubscribe/{token}")
}

fn refused(web: &Shared, fault: &LinkFault) -> Result<Response, Refused> {
    if *fault != LinkFault::RowGone {
        return Err(Refused::NotFound);
    }
    // Who wanted to leave has nothing left to do, and a mail program's click went well.
    let context = SaidPage {
        mark: "dash",
        title: "There is nothing to stop".to_owned(),
        lead: "What this link was for is gone, so no mail comes by it any more. Nothing was changed."
            .to_owned(),
        link: Some(("Look for other follows".to_owned(), "/manage".to_owned())),
        otherwise: None,
    };
    page(web, None, &context)
}
