//! Reads that many visitors ask for at once: the blog of a page, and how many
//! follow it. Whoever asks while a read runs shares the next one, so that
//! nobody is shown what was already old when he asked. Only a count that
//! takes long is kept for a while.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::oneshot;

use super::health::Readiness;
use super::state::Shared;
use crate::domain::{Blog, BlogId, SECOND_MS, Timestamp};
use crate::store::Result;

/// So many followers are counted in about a millisecond; more are not counted
/// for each visitor.
const MANY: i64 = 10_000;
/// A kept count older than this is counted again, while it is still shown.
const FRESH_MS: i64 = 2 * SECOND_MS;
/// Older than this it is not shown any more. Browsers keep it as long.
const GOOD_MS: i64 = 60 * SECOND_MS;

/// What the entrance's visitors share.
#[derive(Default)]
pub struct Reads {
    blogs: Shares<String, Option<Blog>>,
    counts: Shares<BlogId, i64>,
    /// Of blogs that many follow, so few.
    kept: Mutex<HashMap<BlogId, (i64, Timestamp)>>,
    /// What `/readyz` said last, and when.
    pub(super) ready: tokio::sync::Mutex<Option<(Timestamp, Readiness)>>,
}

/// The blog of this slug.
pub(super) async fn find_blog(web: &Shared, slug: &str) -> Result<Option<Blog>> {
    // Phones begin a typed word with a capital, and no slug has one.
    let slug = slug.to_ascii_lowercase();
    let (store, name) = (web.store.clone(), slug.clone());
    let read = move || {
        let (store, name) = (store.clone(), name.clone());
        async move { store.find_blog(&name).await.ok() }
    };
    match web.reads.blogs.share(slug.clone(), read).await {
        Some(blog) => Ok(blog),
        // It failed for all; each is told why by a read of its own.
        None => web.store.find_blog(&slug).await,
    }
}

/// How many follow this blog; of many, how many did a moment ago.
pub(super) async fn count_followers(web: &Shared, blog: BlogId) -> Result<i64> {
    let kept = lock(&web.reads.kept).get(&blog).copied();
    let age_ms = kept.map(|(_, at)| web.clock.now().since_ms(at));
    match (kept, age_ms) {
        (Some((count, _)), Some(0..FRESH_MS)) => Ok(count),
        (Some((count, _)), Some(FRESH_MS..GOOD_MS)) => {
            // Who asks now need not wait for the new one.
            tokio::spawn(count_anew(web.clone(), blog));
            Ok(count)
        }
        _ => match count_anew(web.clone(), blog).await {
            Some(count) => Ok(count),
            None => web.store.count_followers(blog).await,
        },
    }
}

async fn count_anew(web: Shared, blog: BlogId) -> Option<i64> {
    let reader = web.clone();
    let read = move || {
        let web = reader.clone();
        async move {
            let count = web.store.count_followers(blog).await.ok()?;
            let mut kept = lock(&web.reads.kept);
            if count < MANY {
                kept.remove(&blog)
            } else {
                kept.insert(blog, (count, web.clock.now()))
            };
            Some(count)
        }
    };
    web.reads.counts.share(blog, read).await
}

/// Reads under way, by what is read, and who waits for the next one.
struct Shares<K, V>(Arc<Mutex<Waiting<K, V>>>);

type Waiting<K, V> = HashMap<K, Vec<oneshot::Sender<V>>>;

impl<K, V> Default for Shares<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, V> Shares<K, V>
where
    K: Eq + Hash + Clone + Send + 'static,
    V: Clone + Send + 'static,
{
    /// What `read` answers when it is begun after this call; `None` when it fails.
    async fn share<F>(&self, key: K, read: impl Fn() -> F + Send + 'static) -> Option<V>
    where
        F: Future<Output = Option<V>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let is_first = {
            let mut waiting = lock(&self.0);
            let is_first = !waiting.contains_key(&key);
            waiting.entry(key.clone()).or_default().push(answer);
            is_first
        };
        if is_first {
            let reading = Reading { all: self.0.clone(), key };
            // A task of its own: a visitor who hangs up takes no other along.
            tokio::spawn(async move {
                while let Some(group) = reading.next_group() {
                    let Some(value) = read().await else { continue };
                    for answer in group {
                        let _ = answer.send(value.clone());
                    }
                }
            });
        }
        answered.await.ok()
    }
}

/// The task that reads one thing, until nobody waits for it.
struct Reading<K: Eq + Hash, V> {
    all: Arc<Mutex<Waiting<K, V>>>,
    key: K,
}

impl<K: Eq + Hash, V> Reading<K, V> {
    fn next_group(&self) -> Option<Vec<oneshot::Sender<V>>> {
        let mut all = lock(&self.all);
        let group = std::mem::take(all.get_mut(&self.key)?);
        if group.is_empty() {
            all.remove(&self.key);
            return None;
        }
        Some(group)
    }
}

impl<K: Eq + Hash, V> Drop for Reading<K, V> {
    fn drop(&mut self) {
        // After a panic nobody waits for a task that is gone. In good order
        // there is nothing left, or it is the next task's.
        if std::thread::panicking() {
            lock(&self.all).remove(&self.key);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Semaphore;

    use super::*;

    /// Reads that answer their number, each once it is let go.
    struct Slow {
        begun: AtomicUsize,
        go: Semaphore,
        shares: Shares<u8, usize>,
    }

    impl Slow {
        fn new() -> Arc<Self> {
            Arc::new(Self { begun: AtomicUsize::new(0), go: Semaphore::new(0), shares: Shares::default() })
        }

        fn ask(self: &Arc<Self>, read: impl Fn(usize) -> Option<usize> + Copy + Send + 'static) -> Asked {
            let slow = self.clone();
            tokio::spawn(async move {
                let reader = slow.clone();
                let one = move || {
                    let slow = reader.clone();
                    async move {
                        let number = slow.begun.fetch_add(1, Ordering::SeqCst) + 1;
                        slow.go.acquire().await.expect("it is never closed").forget();
                        read(number)
                    }
                };
                slow.shares.share(1, one).await
            })
        }

        async fn until_begun(&self, count: usize) {
            while self.begun.load(Ordering::SeqCst) < count {
                tokio::task::yield_now().await;
            }
        }

        async fn until_waiting(&self, count: usize) {
            while lock(&self.shares.0).get(&1).map_or(0, Vec::len) < count {
                tokio::task::yield_now().await;
            }
        }
    }

    type Asked = tokio::task::JoinHandle<Option<usize>>;

    #[tokio::test]
    async fn who_asks_while_a_read_runs_shares_the_next_one() {
        let slow = Slow::new();
        let first = slow.ask(Some);
        slow.until_begun(1).await;
        let later = [slow.ask(Some), slow.ask(Some), slow.ask(Some)];
        slow.until_waiting(3).await;
        slow.go.add_permits(2);
        assert_eq!(first.await.unwrap(), Some(1));
        for asked in later {
            assert_eq!(asked.await.unwrap(), Some(2), "never what was begun before it asked");
        }
        assert_eq!(slow.begun.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_read_that_fails_or_panics_leaves_nobody_waiting() {
        let slow = Slow::new();
        slow.go.add_permits(3);
        assert_eq!(slow.ask(|_| None).await.unwrap(), None);
        assert_eq!(slow.ask(|_| panic!("a defect")).await.unwrap(), None);
        assert_eq!(slow.ask(Some).await.unwrap(), Some(3));
        assert!(lock(&slow.shares.0).is_empty(), "and nothing is kept");
    }

    #[tokio::test]
    async fn a_visitor_who_hangs_up_takes_no_other_along() {
        let slow = Slow::new();
        let (gone, other) = (slow.ask(Some), slow.ask(Some));
        slow.until_begun(1).await;
        gone.abort();
        slow.go.add_permits(2);
        assert!(other.await.unwrap().is_some());
    }
}
