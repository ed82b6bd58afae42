//! `/mailbox`: the mails kept instead of sent. Only while no SMTP is set,
//! and only from this machine.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::client;
use super::error::Refused;
use super::page::page;
use super::state::Shared;
use crate::domain::{DeliveryKind, Timestamp};
use crate::mail::MailParts;
use crate::store::{KeptMail, KeptMailHead};
use crate::templates::{MailboxLine, MailboxMail, MailboxPage};

/// Mails in the list.
const LISTED: u32 = 200;
/// Gmail clips past this.
const CLIP_KB: usize = 102;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    part: String,
}

pub(super) async fn list(State(web): State<Shared>, Query(asked): Query<Asked>) -> Result<Response, Refused> {
    show(&web, &asked, None).await
}

pub(super) async fn open(
    State(web): State<Shared>,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refused> {
    let mail = web.store.get_mail(id).await?.ok_or(Refused::NotFound)?;
    show(&web, &asked, Some(mail)).await
}

/// The HTML part alone, for the frame: nothing in it can run, and its links
/// open outside of it.
pub(super) async fn html(State(web): State<Shared>, Path(id): Path<i64>) -> Result<Response, Refused> {
    let mail = web.store.get_mail(id).await?.ok_or(Refused::NotFound)?;
    let html = MailParts::of(&mail.raw).html.unwrap_or_default();
    let html = html.replacen("<head>", "<head><base target=\"_blank\">", 1);
    let policy = "default-src 'none'; img-src http: https: data:; style-src 'unsafe-inline'; \
                  base-uri 'none'; form-action 'none'; frame-ancestors 'self'; \
                  sandbox allow-popups allow-popups-to-escape-sandbox";
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, html).into_response())
}

pub(super) async fn empty(State(web): State<Shared>) -> Result<Response, Refused> {
    web.store.empty_mailbox().await?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, "/mailbox")]).into_response())
}

/// Stands before every route of the mailbox, and before whatever reads their
/// paths and queries: who may not see it does not learn that it is there.
pub(super) async fn guard(
    State(web): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let is_shown =
        web.policy.relay.is_none() && client::is_local(&web, peer, request.uri(), request.headers());
    if is_shown { next.run(request).await } else { Refused::NotFound.into_response() }
}

async fn show(web: &Shared, asked: &Asked, mail: Option<KeptMail>) -> Result<Response, Refused> {
    let heads = web.store.list_mails(&asked.q, LISTED).await?;
    // The newest is open when none is named, as in any mail program.
    let mail = match mail {
        None if asked.q.is_empty() => match heads.first() {
            Some(newest) => web.store.get_mail(newest.id).await?,
            None => None,
        },
        mail => mail,
    };
    let open_id = mail.as_ref().map(|mail| mail.head.id);
    let context = MailboxPage {
        query: asked.q.clone(),
        total: web.store.count_mails().await?,
        mails: heads.iter().map(|head| line(head, open_id)).collect(),
        open: mail.map(|mail| opened(&mail, &asked.part)),
        demo_url: web.demo.as_ref().map(|_| "/demo".to_owned()),
    };
    page(web, None, &context)
}

fn line(head: &KeptMailHead, open_id: Option<i64>) -> MailboxLine {
    let kind = match DeliveryKind::parse(&head.kind) {
        Some(DeliveryKind::Confirm) => "Confirm",
        Some(DeliveryKind::Reminder) => "Reminder",
        Some(DeliveryKind::Manage) => "Link",
        Some(DeliveryKind::Welcome) => "Welcome",
        Some(DeliveryKind::Goodbye) => "Goodbye",
        Some(DeliveryKind::Notice) => "Notice",
        Some(DeliveryKind::Test) => "Test",
        Some(DeliveryKind::Post) => "New post",
        None => "Mail",
    };
    MailboxLine {
        id: head.id,
        subject: head.subject.clone(),
        recipient: head.recipient.clone(),
        time: head.at.jiff().strftime("%H:%M").to_string(),
        datetime: Timestamp::rfc3339(head.at),
        kind: kind.to_owned(),
        is_open: open_id == Some(head.id),
    }
}

fn opened(mail: &KeptMail, part: &str) -> MailboxMail {
    let parts = MailParts::of(&mail.raw);
    let has = |name: &str| parts.headers.iter().any(|(header, _)| header.eq_ignore_ascii_case(name));
    let html_kb = parts.html.as_ref().map_or(0, String::len).div_ceil(1024);
    let mut checks = vec![
        (format!("{html_kb} KB of {CLIP_KB} KB"), html_kb < 100),
        (yes_no("Text part", parts.text.is_some()), parts.text.is_some()),
    ];
    if mail.head.kind == DeliveryKind::Post.as_str() {
        let one_click = has("List-Unsubscribe") && has("List-Unsubscribe-Post");
        checks.push((yes_no("One-click leave", one_click), one_click));
    }
    MailboxMail {
        id: mail.head.id,
        subject: mail.head.subject.clone(),
        recipient: mail.head.recipient.clone(),
        sender: parts.from,
        part: match part {
            "text" => "text",
            "headers" => "headers",
            "raw" => "raw",
            _ => "html",
        },
        checks,
        headers: parts.headers,
        text: parts.text.unwrap_or_default(),
        raw: String::from_utf8_lossy(&mail.raw).into_owned(),
    }
}

fn yes_no(what: &str, is_so: bool) -> String {
    format!("{what}: {}", if is_so { "yes" } else { "no" })
}
