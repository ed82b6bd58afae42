//! What other servers call: a blog's program that has a new post, and the
//! hubs of feeds. Neither is a browser, so they answer without pages.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::body::{FORM_BYTES, Unread};
use super::error::Refused;
use super::state::{Shared, Web};
use super::token::Token;
use crate::domain::{BlogId, Hub, Purpose, Sealed};
use crate::feeds::{read_ping, text};

/// The largest push of a hub.
const PUSH_BYTES: usize = 2 * 1024 * 1024;
/// The longest challenge that is given back.
const LONGEST_CHALLENGE: usize = 4_096;

/// `POST /hooks/ping`: XML-RPC `weblogUpdates.ping` and `extendedPing`.
pub(super) async fn ping(State(web): State<Shared>, body: Unread) -> Result<Response, Refused> {
    let body = body.read(FORM_BYTES).await?;
    let said = match read_ping(&body) {
        Err(why_not) => (true, why_not),
        Ok(ping) => match web.publisher.pinged(&ping).await? {
            0 => (true, "No blog here has this address; it is to be the one that postbell blog show names."),
            blogs => {
                seldom!(web, info, "a blog says that it has something new", blogs);
                (false, "Thanks for the ping.")
            }
        },
    };
    let (is_refused, message) = said;
    let document = format!(
        "<?xml version=\"1.0\"?>\n<methodResponse><params><param><value><struct>\
         <member><name>flerror</name><value><boolean>{}</boolean></value></member>\
         <member><name>message</name><value><string>{message}</string></value></member>\
         </struct></value></param></params></methodResponse>\n",
        u8::from(is_refused)
    );
    Ok(([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], document).into_response())
}

/// What a hub asks (WebSub §5.2, §5.3).
#[derive(Deserialize)]
pub(super) struct Question {
    #[serde(rename = "hub.mode")]
    mode: String,
    #[serde(rename = "hub.topic", default)]
    topic: String,
    #[serde(rename = "hub.challenge", default)]
    challenge: String,
    #[serde(rename = "hub.lease_seconds", default)]
    lease_seconds: Option<i64>,
    #[serde(rename = "hub.reason", default)]
    reason: String,
}

/// `GET /hooks/websub/{id}`: a hub asks whether we meant it, or says no.
pub(super) async fn verify(
    State(web): State<Shared>,
    Token(id): Token,
    Query(question): Query<Question>,
) -> Result<Response, Refused> {
    let blog = hub_of(&web, &id).await?.ok_or(Refused::NotFound)?.blog_id;
    match question.mode.as_str() {
        "subscribe" => {
            if question.challenge.is_empty() || question.challenge.len() > LONGEST_CHALLENGE {
                return Err(Refused::NotFound);
            }
            if !web.publisher.hub_verifies(blog, &question.topic, question.lease_seconds).await? {
                return Err(Refused::NotFound);
            }
            tracing::info!(blog.id = %blog, "the feed's hub tells of new posts from now on");
            Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], question.challenge).into_response())
        }
        "denied" => {
            let reason = text::cut(&text::one_line(&question.reason), 200);
            let reason = if reason.is_empty() { "it gave no reason".to_owned() } else { reason };
            if web.publisher.hub_refuses(blog, &question.topic, &reason).await? {
                tracing::warn!(blog.id = %blog, %reason, "the feed's hub refused; the feed is read as often as before");
            }
            Ok(StatusCode::OK.into_response())
        }
        // We never ask to leave: what a hub forgets is asked for again.
        _ => Err(Refused::NotFound),
    }
}

/// `POST /hooks/websub/{id}`: a hub says that the feed changed. What it sends
/// along is not read: the feed itself is.
pub(super) async fn push(
    State(web): State<Shared>,
    Token(id): Token,
    headers: HeaderMap,
    body: Unread,
) -> Result<StatusCode, Refused> {
    // A hub that the feed names no longer may forget us (§7).
    let hub = hub_of(&web, &id).await?.ok_or(Refused::Gone)?;
    let blog = hub.blog_id;
    let signature = headers.get("x-hub-signature").and_then(|value| value.to_str().ok()).unwrap_or("");
    // A whole feed may come, and only its signature matters.
    let mut check = web.keys.hub_signature(blog, &hub.seal, signature);
    body.each(PUSH_BYTES, |piece| {
        check.update(&piece);
        Ok(())
    })
    .await?;
    if check.holds() {
        web.publisher.look_soon(blog).await?;
    } else {
        // A forger learns nothing: the answer is the same (§7).
        seldom!(web, warn, "a push without the hub's signature was ignored", blog.id = %blog);
    }
    Ok(StatusCode::ACCEPTED)
}

/// The hub whose callback this is; `None` when it is so no longer.
async fn hub_of(web: &Web, id: &str) -> Result<Option<Hub>, Refused> {
    let claim = web.keys.verify(Purpose::Hub, id, web.clock.now()).map_err(|_| Refused::NotFound)?;
    let Some(blog) = web.store.get_blog(BlogId(claim.id)).await? else { return Ok(None) };
    let last = if claim.is_first_form() { web.store.last_unsealed(Sealed::Blog).await? } else { 0 };
    let hub = web.store.find_hub(blog.id).await?;
    // One of the first form is that of a hub that was asked before there were seals.
    let is_of_then = |hub: &Hub| !claim.is_first_form() || hub.seal.is_empty();
    Ok(hub.filter(|hub| is_of_then(hub) && claim.opens(hub.sealed(&blog), last)))
}
