//! Bodies: nobody's is read before it is known that they may send it; then
//! as far as the route wants one, and no more at once than the bounds allow.

use std::ops::Deref;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header;
use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout};

use super::error::Refused;
use super::places::Asks;
use super::state::Shared;
use super::timeout::Waited;
use crate::bounds::{LeastRate, Pace, Share};

/// The largest form: an address and a few words.
pub(super) const FORM_BYTES: usize = 64 * 1024;

/// A body of which no byte was asked for yet. A handler looks at path and
/// head first and reads it last.
pub(super) struct Unread {
    body: Body,
    declared_bytes: Option<usize>,
    /// So many are taken whatever else is under way.
    small_bytes: usize,
    share: Share,
    rate: LeastRate,
    waited: Waited,
}

/// A body that was read; its bytes are counted as long as it is kept.
#[derive(Debug)]
pub(super) struct Held {
    bytes: Vec<u8>,
    _share: Share,
}

impl Deref for Held {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl FromRequest<Shared> for Unread {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, web: &Shared) -> Result<Self, Self::Rejection> {
        let declared = request.headers().get(header::CONTENT_LENGTH);
        let client = request.extensions().get::<Asks>().and_then(|asks| asks.0);
        let waited = request.extensions().get::<Waited>().cloned().unwrap_or_default();
        Ok(Self {
            declared_bytes: declared.and_then(|value| value.to_str().ok()?.parse().ok()),
            small_bytes: web.bounds.small_bytes,
            share: web.bounds.bodies.share(client),
            rate: web.bounds.rate,
            waited,
            body: request.into_body(),
        })
    }
}

impl Unread {
    /// All of it, up to `most_bytes`.
    ///
    /// # Errors
    /// It is larger, or comes too slowly, or too much is under way already.
    pub(super) async fn read(self, most_bytes: usize) -> Result<Held, Refused> {
        let mut held = Held { bytes: Vec::new(), _share: self.share.sibling() };
        let small_bytes = self.small_bytes;
        self.each(most_bytes, |chunk| {
            let counted = |bytes: usize| bytes.saturating_sub(small_bytes);
            let before = held.bytes.len();
            // What it grows into is up to twice as large.
            if !held._share.grow((counted(before + chunk.len()) - counted(before)) * 2) {
                return Err(Refused::Busy);
            }
            held.bytes.extend_from_slice(&chunk);
            Ok(())
        })
        .await?;
        Ok(held)
    }

    /// Each piece of it as it comes, up to `most_bytes`; nothing is kept.
    ///
    /// # Errors
    /// It is larger, or comes too slowly, or `take` says so.
    pub(super) async fn each(
        self,
        most_bytes: usize,
        mut take: impl FnMut(Bytes) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        if self.declared_bytes.is_some_and(|bytes| bytes > most_bytes) {
            return Err(Refused::TooLarge);
        }
        let mut stream = self.body.into_data_stream();
        let mut pace = Pace::new(self.rate);
        let mut bytes = 0;
        loop {
            let began = Instant::now();
            let came = {
                let _waiting = self.waited.begin();
                timeout(pace.patience(), stream.next()).await
            };
            if let Ok(Some(Ok(chunk))) = &came {
                pace.moved(chunk.len());
            }
            if !pace.waited(began.elapsed()) {
                return Err(Refused::Slow);
            }
            match came {
                Err(_) => {}
                Ok(None) => return Ok(()),
                // Mostly a client that is gone, and hears nothing.
                Ok(Some(Err(_))) => return Err(Refused::Unreadable("The body broke off.".to_owned())),
                Ok(Some(Ok(chunk))) => {
                    bytes += chunk.len();
                    if bytes > most_bytes {
                        return Err(Refused::TooLarge);
                    }
                    take(chunk)?;
                }
            }
        }
    }
}
