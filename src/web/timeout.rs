//! The longest that a request may be worked on. What is waited for its client
//! does not count: that has a least rate of its own.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use parking_lot::{Mutex, MutexGuard};
use tokio::time::{Instant, sleep_until};

/// Work of ours on one request: the database, at most.
const WORK: Duration = Duration::from_secs(30);

/// How long one request has waited for its client.
#[derive(Debug, Clone, Default)]
pub(super) struct Waited(Arc<Mutex<Times>>);

#[derive(Debug, Default)]
struct Times {
    before: Duration,
    since: Option<Instant>,
}

/// While this lives, the request waits for its client.
pub(super) struct Waiting<'a>(&'a Waited);

impl Waited {
    /// From now on it waits.
    pub(super) fn begin(&self) -> Waiting<'_> {
        self.times().since = Some(Instant::now());
        Waiting(self)
    }

    fn total(&self) -> Duration {
        let times = self.times();
        times.before + times.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.0.lock()
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut times = self.0.times();
        let waited = times.since.take().map_or(Duration::ZERO, |since| since.elapsed());
        times.before += waited;
    }
}

/// Ends a request whose work takes longer than [`WORK`].
pub(super) async fn end(mut request: Request, next: Next) -> Response {
    let waited = Waited::default();
    request.extensions_mut().insert(waited.clone());
    let mut answer = std::pin::pin!(next.run(request));
    let began = Instant::now();
    loop {
        let until = began + WORK + waited.total();
        tokio::select! {
            answer = &mut answer => return answer,
            () = sleep_until(until) => {
                // It may have waited more since.
                if Instant::now() >= began + WORK + waited.total() {
                    return StatusCode::SERVICE_UNAVAILABLE.into_response();
                }
            }
        }
    }
}
