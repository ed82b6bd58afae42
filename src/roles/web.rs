//! The web role: serves the entrance until told to stop.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::DRAIN;
use crate::web::{Web, serve};

/// Serves on `listener` until `stop`; requests in flight finish, for a while.
pub async fn serve_web(listener: TcpListener, web: Arc<Web>, stop: CancellationToken) {
    let last_call = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        () = serve(listener, web, stop.clone()) => {}
        () = last_call => {}
    }
}
