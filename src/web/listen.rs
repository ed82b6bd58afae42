//! Connections: taken, bounded, and let go. A client that opens many, or says
//! its headers a byte a minute, holds up nobody.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::socket::Socket;
use super::{Web, client, router};
use crate::bounds::Client;

/// While more than three quarters of the places are taken, the time for a head
/// is this part of what it is else: who says none makes room soon.
const HURRIED: u32 = 6;
/// Kept of a head, and read at once of a body. 16 KB of cookies fit in it.
const HEAD_BYTES: usize = 32 * 1024;
/// What a client hears that has all its places already.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\n\
    connection: close\r\n\r\n";
/// The pause after the system refuses a connection: no descriptor is free.
const BREATH: Duration = Duration::from_millis(200);

/// Serves all routes on `listener`; once `stop` is cancelled no new connection
/// is taken and the requests in flight finish.
pub async fn serve(listener: TcpListener, web: Arc<Web>, stop: CancellationToken) {
    let app = router(web.clone());
    let places = Arc::new(Semaphore::new(web.bounds.places));
    let open = GracefulShutdown::new();
    let (at_ease, hurried) = (http(web.bounds.head_within), http(web.bounds.head_within / HURRIED));
    loop {
        let (place, socket, peer) = tokio::select! {
            () = stop.cancelled() => break,
            taken = take(&listener, &places, &web) => taken,
        };
        let is_proxy = client::is_trusted(&web, peer.ip());
        let mut own = web.bounds.peers.share((!is_proxy).then(|| Client::of(peer.ip())));
        if !own.grow(1) {
            // As much of it as fits without waiting, which is all of it.
            let _ = socket.try_write(FULL);
            continue;
        }
        let app = app.clone();
        let service = tower::service_fn(move |mut request: Request<_>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            app.clone().oneshot(request.map(Body::new))
        });
        let service = TowerToHyperService::new(service);
        let is_tight = places.available_permits() < web.bounds.places / 4;
        let http = if is_tight { &hurried } else { &at_ease };
        let connection =
            http.serve_connection(TokioIo::new(Socket::new(socket, web.bounds.rate)), service).into_owned();
        let connection = open.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error, "a connection ended early");
            }
            drop((place, own));
        });
    }
    drop(listener);
    open.shutdown().await;
}

/// A proxy in front speaks HTTP/1.1 to us; without HTTP/2 no connection can
/// stand idle for longer than a head may take.
fn http(head_within: Duration) -> Builder<TokioExecutor> {
    let mut http = Builder::new(TokioExecutor::new()).http1_only();
    http.http1().timer(TokioTimer::new()).header_read_timeout(head_within).max_buf_size(HEAD_BYTES);
    http
}

/// The next connection, once there is a place for it.
async fn take(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    web: &Web,
) -> (Option<OwnedSemaphorePermit>, TcpStream, SocketAddr) {
    // The semaphore is never closed, so there is always a permit in the end.
    let place = places.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => {
                // Answers are small; waiting to fill a packet only adds delay.
                let _ = socket.set_nodelay(true);
                return (place, socket, peer);
            }
            Err(error) => {
                seldom!(web, warn, "a connection could not be taken", %error);
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}
