//! The web role: serves the entrance until told to stop.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::DRAIN;
use crate::web::{Web, router};

/// Serves on `listener` until `stop`; requests in flight finish, for a while.
///
/// # Errors
/// When the listener breaks.
pub async fn serve_web(listener: TcpListener, web: Arc<Web>, stop: CancellationToken) -> std::io::Result<()> {
    let service = router(web).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
    let last_call = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        served = serving => served,
        () = last_call => Ok(()),
    }
}
