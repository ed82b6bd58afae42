//! `/manage`: every follow of one address, opened by a link in a mail.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::body::{FORM_BYTES, Unread};
use super::client;
use super::confirm::{field, pressed};
use super::error::Refused;
use super::follow::{TRAPPED, typed as shown};
use super::page::{blog_by_id, masked, page};
use super::state::Shared;
use super::token::Token;
use crate::domain::{
    EmailAddress, ManageAction, Subscription, SubscriptionId, SubscriptionStatus, Timestamp, is_blank,
};
use crate::signup::{LinkFault, Managed, Visitor};
use crate::store::{Asked, Subscriber};
use crate::templates::{
    ErasePage, ManageFollow, ManagePage, ManageRequestPage, RenewPage, SaidPage, Since, stopped,
};

/// How many mails the download lists.
const DOWNLOADED_MAILS: u32 = 10_000;

pub(super) async fn ask(State(web): State<Shared>) -> Result<Response, Refused> {
    page(&web, None, &ManageRequestPage { typed: String::new(), fault: None, again: None })
}

/// Why the form is shown once more.
const UNDER_PRESSURE: &str = "Very many people are asking right now. Nothing was sent yet: press the button \
     once more, here on this page.";

/// Mails the link; one neutral answer.
pub(super) async fn send_link(
    State(web): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Unread,
) -> Result<Response, Refused> {
    let body = body.read(FORM_BYTES).await?;
    let typed = field(&body, "email").unwrap_or_default();
    let address = match EmailAddress::parse(&typed) {
        Ok(address) => address,
        Err(fault) => {
            let fault = Some(fault.to_string());
            let mut response =
                page(&web, None, &ManageRequestPage { typed: shown(&typed), fault, again: None })?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(response);
        }
    };
    let ask_again = |why: &str| {
        let again = Some(why.to_owned());
        page(&web, None, &ManageRequestPage { typed: shown(&typed), fault: None, again })
    };
    if ["pb_blank", "website"].iter().any(|trap| field(&body, trap).is_some_and(|text| !is_blank(&text))) {
        return ask_again(TRAPPED);
    }
    match web.signup.request_manage_link(&address, &client::visitor(&web, peer, &headers)).await? {
        Asked::Taken => link_is_on_its_way(&web),
        Asked::Limited { retry_after_seconds } => Err(Refused::Limited(retry_after_seconds)),
        Asked::Pressed { .. } => ask_again(UNDER_PRESSURE),
    }
}

/// Mails a new link to the person of one that opens nothing any more.
async fn renew(
    web: &Shared,
    subscriber: &Subscriber,
    peer: SocketAddr,
    headers: &HeaderMap,
) -> Result<Response, Refused> {
    let address = EmailAddress::parse(&subscriber.address).map_err(|_| Refused::Gone)?;
    let mut visitor = client::visitor(web, peer, headers);
    // Who has the link of a mail is heard under pressure too.
    visitor.is_hosted = true;
    match web.signup.request_manage_link(&address, &visitor).await? {
        Asked::Taken => link_is_on_its_way(web),
        Asked::Limited { retry_after_seconds } | Asked::Pressed { retry_after_seconds } => {
            Err(Refused::Limited(retry_after_seconds))
        }
    }
}

fn link_is_on_its_way(web: &Shared) -> Result<Response, Refused> {
    let context = SaidPage {
        mark: "letter",
        title: "Check your inbox".to_owned(),
        lead: "If this address follows a blog here, or did, a link to its follows comes by mail.".to_owned(),
        link: Some(("Enter another address".to_owned(), "/manage".to_owned())),
        otherwise: Some((
            "No mail after five minutes?".to_owned(),
            "Look in the spam folder, and for an earlier mail: its link works for a day. Until a link is used, one \
             comes an hour and three a day at most. So wait an hour, then ask again."
                .to_owned(),
        )),
    };
    page(web, None, &context)
}

/// A link that was ours and opens nothing: one button that mails a new one to
/// its person, if they are still there.
fn opens_nothing(web: &Shared, token: &str, fault: LinkFault) -> Result<Response, Refused> {
    let LinkFault::Renewable { subscriber, is_expired } = fault else { return Err(refused(&fault)) };
    let context =
        RenewPage { action: format!("/manage/{token}"), masked: masked(&subscriber.address), is_expired };
    let mut response = page(web, None, &context)?;
    if is_expired {
        *response.status_mut() = StatusCode::GONE;
    }
    Ok(response)
}

pub(super) async fn show(State(web): State<Shared>, Token(token): Token) -> Result<Response, Refused> {
    match web.signup.see_manage(&token).await? {
        Ok(managed) => manage_page(&web, &token, managed, None).await,
        Err(fault) => opens_nothing(&web, &token, fault),
    }
}

pub(super) async fn act(
    State(web): State<Shared>,
    Token(token): Token,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Unread,
) -> Result<Response, Refused> {
    // Who has no right is answered before the body is read.
    let seen = web.signup.see_manage(&token).await?;
    if let Err(LinkFault::Bad) = seen {
        return Err(Refused::NotFound);
    }
    let body = body.read(FORM_BYTES).await?;
    let pressed = pressed(&body);
    let managed = match seen {
        Ok(managed) => managed,
        Err(LinkFault::Renewable { subscriber, .. })
            if matches!(pressed.as_deref(), None | Some("renew")) =>
        {
            return renew(&web, &subscriber, peer, &headers).await;
        }
        Err(fault) => return opens_nothing(&web, &token, fault),
    };
    // The press shows that its owner has the mail and wants it.
    if let Some(asked_until) = web.signup.mailed_at(&token) {
        web.signup.use_manage_link(&managed.subscriber.address, asked_until).await?;
    }
    let action = match pressed.as_deref() {
        Some("pause") => ManageAction::Pause,
        Some("resume") => ManageAction::Resume,
        Some("leave") => ManageAction::Leave,
        Some("undo") => ManageAction::Undo,
        Some("download") => return download(&web, &managed).await,
        Some("erase") => return erase_page(&web, &token, &managed).await,
        Some("erase-for-good") => return erase(&web, &token).await,
        _ => return Err(Refused::Unreadable("The button that was pressed is not known.".to_owned())),
    };
    let id = field(&body, "subscription").and_then(|id| id.parse().ok()).map(SubscriptionId);
    let id = id.ok_or_else(|| Refused::Unreadable("The follow is not named.".to_owned()))?;
    let visitor = client::visitor(&web, peer, &headers);
    if action != ManageAction::Leave {
        bounded(&web, &visitor).await?;
    }
    let after = web.signup.manage(&token, id, action, &visitor).await?.map_err(|fault| refused(&fault))?;
    let blog = blog_by_id(&web, after.blog_id).await?;
    let reason = web.signup.stopped(&after).await?;
    let said = match (action, after.status, reason) {
        // It follows again, and no mail comes all the same.
        (ManageAction::Undo | ManageAction::Resume, SubscriptionStatus::Active, Some(reason)) => {
            stopped(reason).to_owned()
        }
        _ => said(action, &after, &blog.title, web.clock.now()),
    };
    let managed = web.signup.see_manage(&token).await?.map_err(|fault| refused(&fault))?;
    manage_page(&web, &token, managed, Some(said)).await
}

/// Refuses a change from a place that had enough of them this hour. Leaving
/// and confirming never are.
pub(super) async fn bounded(web: &Shared, visitor: &Visitor) -> Result<(), Refused> {
    match web.signup.count_change(visitor).await? {
        Asked::Limited { retry_after_seconds } => Err(Refused::Limited(retry_after_seconds)),
        // Who has the link of a mail is heard under pressure too.
        Asked::Taken | Asked::Pressed { .. } => Ok(()),
    }
}

fn said(action: ManageAction, after: &Subscription, title: &str, now: Timestamp) -> String {
    match (action, after.status) {
        (ManageAction::Leave, _) => format!("You have left {title}. No more mail comes from it."),
        (ManageAction::Undo | ManageAction::Resume, SubscriptionStatus::Active) => {
            format!("You follow {title}. Each new post comes again.")
        }
        (ManageAction::Pause, SubscriptionStatus::Active) if after.is_paused(now) => format!(
            "Paused. No mail comes from {title} until {}.",
            after.paused_until.map_or_else(|| "you resume".to_owned(), Timestamp::long_date)
        ),
        _ => "Nothing was changed.".to_owned(),
    }
}

async fn manage_page(
    web: &Shared,
    token: &str,
    managed: Managed,
    said: Option<String>,
) -> Result<Response, Refused> {
    let now = web.clock.now();
    let mut follows = Vec::with_capacity(managed.subscriptions.len());
    for subscription in &managed.subscriptions {
        let blog = blog_by_id(web, subscription.blog_id).await?;
        let is_paused = subscription.is_paused(now);
        let reason = web.signup.stopped(subscription).await?;
        follows.push(ManageFollow {
            subscription: subscription.id.0,
            title: blog.title,
            home_url: blog.home_url,
            follow_url: format!("/b/{}", blog.slug),
            since: Since::at(subscription.confirmed_by, subscription.confirmed_at),
            state: match subscription.status {
                SubscriptionStatus::Active if is_paused => "paused",
                SubscriptionStatus::Active => "active",
                SubscriptionStatus::Pending => "pending",
                SubscriptionStatus::Ended => "ended",
            },
            paused_until: subscription
                .paused_until
                .filter(|_| is_paused)
                .map(Timestamp::long_date)
                .unwrap_or_default(),
            can_undo: web.signup.undo_until(subscription).await?.is_some(),
            stopped: reason.map(stopped),
        });
    }
    let context = ManagePage {
        address: managed.subscriber.address,
        action: format!("/manage/{token}"),
        said,
        follows,
        pause_until: web.signup.pause_until().long_date(),
    };
    page(web, None, &context)
}

/// Everything that is known of the person, as a file.
async fn download(web: &Shared, managed: &Managed) -> Result<Response, Refused> {
    let id = managed.subscriber.id;
    let body = json!({
        "subscriber": managed.subscriber,
        "subscriptions": managed.subscriptions,
        "consent": web.store.list_consents(id).await?,
        "mails": web.store.list_deliveries(id, DOWNLOADED_MAILS).await?,
    });
    let body = serde_json::to_vec_pretty(&body).map_err(|error| Refused::Defect(error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"my-follows.json\"")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, body).into_response())
}

async fn erase_page(web: &Shared, token: &str, managed: &Managed) -> Result<Response, Refused> {
    let mut blogs = Vec::new();
    for subscription in &managed.subscriptions {
        if subscription.status != SubscriptionStatus::Ended {
            blogs.push(blog_by_id(web, subscription.blog_id).await?.title);
        }
    }
    let context =
        ErasePage { address: managed.subscriber.address.clone(), action: format!("/manage/{token}"), blogs };
    page(web, None, &context)
}

async fn erase(web: &Shared, token: &str) -> Result<Response, Refused> {
    web.signup.erase(token).await?.map_err(|fault| refused(&fault))?;
    let context = SaidPage {
        mark: "dash",
        title: "You are erased".to_owned(),
        lead: "Your address and everything about it is gone from here. What stays is a fingerprint that \
               nobody can read back, so that no old list brings you in again."
            .to_owned(),
        link: None,
        otherwise: None,
    };
    page(web, None, &context)
}

fn refused(fault: &LinkFault) -> Refused {
    match fault {
        LinkFault::Bad | LinkFault::LeftSince(_) => Refused::NotFound,
        LinkFault::RowGone | LinkFault::Expired(_) | LinkFault::Renewable { .. } => Refused::Gone,
    }
}
