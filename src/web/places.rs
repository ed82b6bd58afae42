//! Places of one client. Whoever connects is counted as a peer at the door;
//! who comes through a trusted proxy only here, where the head says who it is.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body::{Frame, SizeHint};
use std::net::SocketAddr;

use super::client;
use super::error::Refused;
use super::state::Shared;
use crate::bounds::{Client, LeastRate, Lines, Share, Sum};

/// Connections at once; one more waits until another ends.
const MOST_CONNECTIONS: usize = 1_024;
/// For a head, and for standing idle, while there are places.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
/// Connections and requests of one client at once. A browser opens six.
const MOST_OF_ONE: usize = 64;
/// The first of each body, which is never refused and counts for nobody, so that
/// large bodies never keep a form, a ping or a click of RFC 8058 out. Places
/// bound it: 8 MB, as a byte counts twice.
const SMALL_BYTES: usize = 4 * 1024;
/// Bytes of bodies beyond that, at the same time, over the process: 64 MB in all.
const BODIES_BYTES: usize = 64 * 1024 * 1024 - 2 * MOST_CONNECTIONS * SMALL_BYTES;
/// Of these, those of one client: four of them leave nothing for others, one never does.
const BODIES_OF_ONE_BYTES: usize = 16 * 1024 * 1024;

/// What clients may hold at the same time. One for the process.
pub struct Bounds {
    /// Connections, by peer.
    pub peers: Sum,
    /// Requests that trusted proxies pass on, by client.
    pub behind: Sum,
    /// Connections in all.
    pub places: usize,
    /// How long a client may take to say the head of a request; it is also how
    /// long a connection may stand idle.
    pub head_within: Duration,
    /// Bytes of each body that are always taken.
    pub small_bytes: usize,
    /// Bytes of bodies beyond these, by client.
    pub bodies: Sum,
    /// The least rate of a body that comes and of an answer that goes.
    pub rate: LeastRate,
    /// What the log tells of them.
    pub lines: Lines,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            places: MOST_CONNECTIONS,
            head_within: HEADERS_WITHIN,
            small_bytes: SMALL_BYTES,
            // In all they are bounded by the places themselves.
            peers: Sum::new(usize::MAX, MOST_OF_ONE),
            behind: Sum::new(usize::MAX, MOST_OF_ONE),
            bodies: Sum::new(BODIES_BYTES, BODIES_OF_ONE_BYTES),
            rate: LeastRate::default(),
            lines: Lines::default(),
        }
    }
}

/// Whose request it is, in its extensions; `None`: a trusted proxy's own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asks(pub(super) Option<Client>);

/// Holds a place for a client behind a proxy until its answer is gone.
pub(super) async fn hold(
    State(web): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let ip = client::ip(&web, peer, request.headers());
    let client = (!client::is_trusted(&web, ip)).then(|| Client::of(ip));
    request.extensions_mut().insert(Asks(client));
    if !client::is_trusted(&web, peer.ip()) {
        return next.run(request).await;
    }
    let mut place = web.bounds.behind.share(client);
    if !place.grow(1) {
        return Refused::Busy.into_response();
    }
    next.run(request).await.map(|body| Body::new(Placed { body, _place: place }))
}

/// An answer whose client has a place until it is gone.
struct Placed {
    body: Body,
    _place: Share,
}

impl HttpBody for Placed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
