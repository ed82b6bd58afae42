//! What goes wrong, as an answer: a page for people, problem details
//! (RFC 9457) for scripts. The only place where errors become HTTP statuses.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::page;
use super::state::Shared;
use super::token::without_junk;
use crate::signup::Fault;
use crate::store::StoreError;
use crate::templates::{ErrorPage, TemplateError};

/// Why a request is not served. Nothing was changed, always.
#[derive(Debug)]
pub(super) enum Refused {
    /// No such page, or a link that is not ours.
    NotFound,
    /// A link whose time is over.
    Gone,
    /// Wrong method.
    Method,
    /// A body beyond the limit.
    TooLarge,
    /// Neither a form nor JSON.
    MediaType,
    /// Neither form nor JSON could be read out of it.
    Unreadable(String),
    /// From another site; what to do about it.
    Foreign(String),
    /// The sign-up form on a page that is not the blog's.
    ForeignForm {
        /// Where the form stands.
        origin: String,
        /// The blog that it is for.
        slug: String,
    },
    /// Fields that are wrong, for scripts; people get the form again.
    Invalid(Vec<Fault>),
    /// Over a limit.
    Limited(u32),
    /// The body comes too slowly.
    Slow,
    /// Too much is under way already.
    Busy,
    /// Over the whole instance's limit, for scripts; people get the form again.
    Pressed {
        /// When that is over.
        retry_after_seconds: u32,
        /// The page that goes on all the same.
        hosted_url: String,
    },
    /// A field was filled in that people do not see, for scripts; people get
    /// the form again.
    Trapped {
        /// The page that asks once more.
        hosted_url: String,
    },
    /// The database.
    Store(StoreError),
    /// A template, or a panic: a defect.
    Defect(String),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<TemplateError> for Refused {
    fn from(error: TemplateError) -> Self {
        Self::Defect(error.to_string())
    }
}

/// What an answer says beside its status; [`show`] gives it its form.
#[derive(Debug, Clone)]
struct Said {
    title: &'static str,
    lead: String,
    faults: Vec<Fault>,
    /// What the operator may run.
    command: Option<String>,
    /// The page that goes on, for scripts.
    hosted_url: Option<String>,
    /// Text and target of the way out.
    link: (&'static str, String),
    /// For the log.
    cause: Option<Arc<StoreError>>,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut retry_after = None;
        let mut faults = Vec::new();
        let mut command = None;
        let mut hosted = None;
        let mut cause = None;
        let mut link = ("See the blogs here", "/".to_owned());
        let (status, title, lead) = match self {
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "Nothing is here",
                "This link leads nowhere: perhaps a part of it was lost on the way. Nothing was changed."
                    .to_owned(),
            ),
            Self::Gone => (
                StatusCode::GONE,
                "This link works no more",
                "Its time is over, or what it was for is gone. Nothing was changed.".to_owned(),
            ),
            Self::Method => (
                StatusCode::METHOD_NOT_ALLOWED,
                "Not this way",
                "This address does not take that kind of request. Nothing was changed.".to_owned(),
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "Too much",
                "No form here needs so much. Nothing was changed.".to_owned(),
            ),
            Self::MediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Not in this form",
                "Send application/x-www-form-urlencoded or application/json. Nothing was changed.".to_owned(),
            ),
            Self::Unreadable(why) => {
                (StatusCode::BAD_REQUEST, "This cannot be read", format!("{why} Nothing was changed."))
            }
            Self::Foreign(lead) => (StatusCode::FORBIDDEN, "From another site", lead),
            Self::ForeignForm { origin, slug } => {
                command = Some(format!("postbell blog edit {slug} --origin {origin}"));
                link = ("Follow here instead", format!("/b/{slug}"));
                (
                    StatusCode::FORBIDDEN,
                    "This form is on another site",
                    format!("{origin} is not among the pages of this blog. Nothing was changed."),
                )
            }
            Self::Invalid(found) => {
                faults = found;
                (StatusCode::UNPROCESSABLE_ENTITY, "Check what was typed", first_message(&faults))
            }
            Self::Limited(seconds) => {
                retry_after = Some(seconds);
                (
                    StatusCode::TOO_MANY_REQUESTS,
                    "A little later, please",
                    format!(
                        "Many requests came from where you are. Try again in {}. Nothing was changed.",
                        span(seconds)
                    ),
                )
            }
            Self::Slow => (
                StatusCode::REQUEST_TIMEOUT,
                "Too slow",
                "It did not come in time. Nothing was changed; please try again.".to_owned(),
            ),
            Self::Busy => {
                retry_after = Some(BUSY_SECONDS);
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "Not right now",
                    "Too much comes at once. Nothing was changed; please try again in a moment.".to_owned(),
                )
            }
            Self::Pressed { retry_after_seconds, hosted_url } => {
                retry_after = Some(retry_after_seconds);
                let lead = format!(
                    "Very many people are signing up right now. Go on at {hosted_url}, or try again in {}. \
                     Nothing was changed.",
                    span(retry_after_seconds)
                );
                (link, hosted) = (("Follow here instead", hosted_url.clone()), Some(hosted_url));
                (StatusCode::TOO_MANY_REQUESTS, "A little later, please", lead)
            }
            Self::Trapped { hosted_url } => {
                let message = "Leave this field out: people do not see it.".to_owned();
                faults.push(Fault { field: "pb_blank".to_owned(), message });
                let lead = format!(
                    "A field that people do not see was filled in. Send it again without, or go on at \
                     {hosted_url}. Nothing was changed."
                );
                (link, hosted) = (("Follow here instead", hosted_url.clone()), Some(hosted_url));
                (StatusCode::UNPROCESSABLE_ENTITY, "Once more, please", lead)
            }
            Self::Store(error) => {
                let is_passing = matches!(error, StoreError::Unavailable(_));
                cause = Some(Arc::new(error));
                if is_passing {
                    retry_after = Some(30);
                    (
                        StatusCode::SERVICE_UNAVAILABLE,
                        "Not right now",
                        "This cannot be taken right now. Nothing was changed; please try again in a minute."
                            .to_owned(),
                    )
                } else {
                    (StatusCode::INTERNAL_SERVER_ERROR, "Our fault", OUR_FAULT.to_owned())
                }
            }
            Self::Defect(why) => {
                tracing::error!(why, "a request met a defect");
                (StatusCode::INTERNAL_SERVER_ERROR, "Our fault", OUR_FAULT.to_owned())
            }
        };
        let mut response = status.into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        let said = Said { title, lead, faults, command, hosted_url: hosted, link, cause };
        response.extensions_mut().insert(said);
        response
    }
}

/// After so long what is under way is mostly gone.
const BUSY_SECONDS: u32 = 5;
const OUR_FAULT: &str = "Something broke on our side. Nothing was changed; please try again later.";

fn first_message(faults: &[Fault]) -> String {
    faults.first().map_or_else(String::new, |fault| fault.message.clone())
}

fn span(seconds: u32) -> String {
    match seconds.div_ceil(60) {
        0 | 1 => "a minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

/// Gives refusals their form: a page, or problem details for who asks for JSON.
pub(super) async fn show(State(web): State<Shared>, request: Request, next: Next) -> Response {
    let wants_json = wants_json(&request);
    let request_id = request
        .headers()
        .get("x-request-id")
        .and_then(|id| id.to_str().ok())
        .map(|id| id.chars().take(8).collect::<String>())
        .unwrap_or_default();
    let mut response = next.run(request).await;
    // The framework's own refusals are bare text.
    if response.extensions().get::<Said>().is_none() {
        match response.status() {
            StatusCode::PAYLOAD_TOO_LARGE => response = Refused::TooLarge.into_response(),
            StatusCode::BAD_REQUEST => {
                response =
                    Refused::Unreadable("The request is not as it should be.".to_owned()).into_response();
            }
            _ => {}
        }
    }
    let Some(said) = response.extensions_mut().remove::<Said>() else { return response };
    if let Some(cause) = &said.cause {
        let error = &**cause as &dyn std::error::Error;
        seldom!(web, error, "a request could not be served", error);
    }
    let status = response.status();
    let body = if wants_json {
        let mut problem = json!({
            "type": "about:blank", "title": said.title, "status": status.as_u16(), "detail": said.lead,
        });
        if let Some(command) = &said.command {
            problem["detail"] = json!(format!("{} The blog's owner can allow it: {command}", said.lead));
        }
        if let Some(url) = &said.hosted_url {
            problem["hosted_url"] = json!(url);
        }
        if !said.faults.is_empty() {
            problem["errors"] = json!(said.faults);
        }
        let body = (status, [(header::CONTENT_TYPE, "application/problem+json")], problem.to_string());
        body.into_response()
    } else {
        let context = ErrorPage {
            title: said.title.to_owned(),
            lead: said.lead,
            request_id: if status.is_server_error() { request_id } else { String::new() },
            link: Some((said.link.0.to_owned(), said.link.1)),
            command: said.command,
        };
        match page::render(&web, None, &context) {
            Ok(html) => (status, html).into_response(),
            Err(_) => (status, OUR_FAULT).into_response(),
        }
    };
    let (mut parts, body) = body.into_parts();
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in response.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            parts.headers.append(name, value.clone());
        }
    }
    Response::from_parts(parts, body)
}

fn wants_json(request: &Request) -> bool {
    let says_json = |name: header::HeaderName| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.contains("json") && !value.contains("html"))
    };
    says_json(header::ACCEPT) || says_json(header::CONTENT_TYPE)
}

/// A page that is not there; or one to whose address a mail program glued something.
pub(super) async fn not_found(request: Request) -> Response {
    let is_look = request.method().is_safe();
    match without_junk(request.uri().path()).filter(|_| is_look) {
        Some(path) => Redirect::permanent(&path).into_response(),
        None => Refused::NotFound.into_response(),
    }
}

pub(super) async fn method_not_allowed() -> Refused {
    Refused::Method
}

/// A panic ends one request, never the process (S15). What it said stays in
/// the log of the panic hook.
pub(super) fn panicked(_panic: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!("a request ended in a panic");
    (StatusCode::INTERNAL_SERVER_ERROR, OUR_FAULT).into_response()
}
