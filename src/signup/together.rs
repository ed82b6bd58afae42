//! Sign-ups that wait at the same time are written in one transaction.
//!
//! Groups form by themselves: whoever comes while the last commit runs is in
//! the next one. Each is answered when its own row is durable (R4).

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::domain::sign_up_step;
use crate::store::{SignUp, SignedUp, Store, StoreError};

/// Sign-ups of one transaction, at most: a waiting sender gets its turn between two.
const MOST: usize = 128;

type Waiting = (SignUp, oneshot::Sender<Result<SignedUp, StoreError>>);

/// The one writer of sign-ups in this process.
pub(super) struct Together {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    is_written: bool,
}

impl Together {
    pub(super) fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { store, clock, queue: Mutex::default() })
    }

    /// Answers once it is durable.
    pub(super) async fn sign_up(self: &Arc<Self>, sign_up: SignUp) -> Result<SignedUp, StoreError> {
        let (answer, answered) = oneshot::channel();
        {
            let mut queue = self.queue();
            queue.waiting.push((sign_up, answer));
            if !queue.is_written {
                queue.is_written = true;
                // A task of its own: a visitor who hangs up takes no other along.
                tokio::spawn(Writing(self.clone()).run());
            }
        }
        answered.await.unwrap_or_else(|_| {
            let cause = "the task that writes sign-ups ended";
            Err(StoreError::Unavailable(cause.into()))
        })
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock()
    }
}

/// The task that writes, until nobody waits. However it ends, the next
/// visitor starts another.
struct Writing(Arc<Together>);

impl Writing {
    async fn run(self) {
        while let Some(group) = self.next_group() {
            let (sign_ups, answers): (Vec<SignUp>, Vec<_>) = group.into_iter().unzip();
            let now = self.0.clock.now();
            let written = self.0.store.sign_up_all(&sign_ups, &sign_up_step, now).await;
            for (answer, written) in answers.into_iter().zip(written) {
                // Nobody listens when the visitor hung up; the row stands all the same.
                let _ = answer.send(written);
            }
        }
    }

    fn next_group(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.0.queue();
        let size = queue.waiting.len().min(MOST);
        queue.is_written = size > 0;
        (size > 0).then(|| queue.waiting.drain(..size).collect())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        // A panic: who waits is told, and the next one begins anew.
        let mut queue = self.0.queue();
        if std::thread::panicking() {
            *queue = Queue::default();
        }
    }
}
