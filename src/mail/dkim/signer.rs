//! Signing on threads of its own: RSA takes longer than all else that is
//! done for a mail, and must not hold up those who wait for the network.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

use super::sign::fields;
use super::{DkimError, DkimSettings, sign};
use crate::domain::Timestamp;

/// Mails that wait for a thread, for each thread. Enough that none is ever
/// idle while somebody waits; who has more waits to hand them in.
const WAITING: usize = 4;
/// Foreign domains that are warned of.
const MOST_WARNINGS: usize = 100;

/// What is done on the threads.
type Work = dyn Fn(&[u8], Timestamp) -> Result<Vec<u8>, DkimError> + Send + Sync;

struct Job {
    mail: Vec<u8>,
    now: Timestamp,
    answer: oneshot::Sender<Result<Vec<u8>, DkimError>>,
}

/// Signs mails, as many at once as the machine has cores. The threads end
/// with the last clone.
#[derive(Clone)]
pub struct Signer {
    jobs: mpsc::Sender<Job>,
}

impl Signer {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(settings: DkimSettings) -> std::io::Result<Self> {
        let warned = Mutex::new(BTreeSet::new());
        Self::over(Arc::new(move |mail: &[u8], now| {
            warn_of_stranger(&settings.domain, mail, &warned);
            sign(&settings, mail, now)
        }))
    }

    fn over(work: Arc<Work>) -> std::io::Result<Self> {
        let threads = thread::available_parallelism().map_or(2, usize::from);
        let (jobs, queue) = mpsc::channel(threads * WAITING);
        let queue = Arc::new(Mutex::new(queue));
        for number in 0..threads {
            let (queue, work) = (queue.clone(), work.clone());
            thread::Builder::new().name(format!("dkim-{number}")).spawn(move || {
                while let Some(job) = next(&queue) {
                    job.run(&*work);
                }
            })?;
        }
        Ok(Self { jobs })
    }

    /// The mail with its signatures on top; `now` is their `t=`. Waits while
    /// the queue is full. Dropping the future costs nothing but the work.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub async fn sign(&self, mail: Vec<u8>, now: Timestamp) -> Result<Vec<u8>, DkimError> {
        let gone = || DkimError("the signing threads are gone".to_owned());
        let (answer, signed) = oneshot::channel();
        self.jobs.send(Job { mail, now, answer }).await.map_err(|_| gone())?;
        signed.await.map_err(|_| gone())?
    }
}

fn next(queue: &Mutex<mpsc::Receiver<Job>>) -> Option<Job> {
    queue.lock().blocking_recv()
}

impl Job {
    fn run(self, work: &Work) {
        if self.answer.is_closed() {
            return;
        }
        // A panic over one mail must not take the thread from all others.
        let done = catch_unwind(AssertUnwindSafe(|| work(&self.mail, self.now)));
        let signed = done.unwrap_or_else(|_| Err(DkimError("signing ended in a panic".to_owned())));
        let signed = signed.map(|mut signed| {
            signed.extend_from_slice(&self.mail);
            signed
        });
        // Whoever asked may have gone.
        let _ = self.answer.send(signed);
    }
}

/// DMARC wants `From` and `d=` of one organisation; told once for each domain.
fn warn_of_stranger(own: &str, mail: &[u8], warned: &Mutex<BTreeSet<String>>) {
    let Some(from) = from_domain(mail).filter(|from| !is_of_one_house(own, from)) else { return };
    let mut warned = warned.lock();
    if warned.len() < MOST_WARNINGS && warned.insert(from.clone()) {
        tracing::warn!(
            from.domain = %from,
            dkim.domain = %own,
            "mails from this domain are signed by another one, which does not count for DMARC; \
             give the blog a sender under dkim.domain, or let a relay sign for it"
        );
    }
}

/// The domain of the `From` field, lower-case.
fn from_domain(mail: &[u8]) -> Option<String> {
    let (_, value) = fields(mail).find(|(name, _)| name.eq_ignore_ascii_case(b"From"))?;
    let at = memchr::memrchr(b'@', value)?;
    let domain = value[at + 1..].split(|byte| *byte == b'>' || byte.is_ascii_whitespace()).next()?;
    Some(String::from_utf8_lossy(domain).to_ascii_lowercase())
}

/// Whether the last two labels are the same. Under a public suffix such as
/// `co.uk` that is too kind; it decides over a warning only.
fn is_of_one_house(a: &str, b: &str) -> bool {
    let last_two = |domain: &str| {
        let labels: Vec<&str> = domain.rsplit('.').take(2).collect();
        labels.join(".")
    };
    last_two(&a.to_ascii_lowercase()) == last_two(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    #[tokio::test]
    async fn a_panic_is_an_error_and_the_threads_go_on() {
        let signer = Signer::over(Arc::new(|mail: &[u8], _| {
            assert!(mail != b"bad", "as a bug would");
            Ok(b"signed ".to_vec())
        }))
        .unwrap();
        for _ in 0..20 {
            assert!(signer.sign(b"bad".to_vec(), NOW).await.is_err());
        }
        assert_eq!(signer.sign(b"good".to_vec(), NOW).await.unwrap(), b"signed good");
    }

    #[tokio::test]
    async fn the_queue_is_bounded_and_a_dropped_caller_holds_up_nobody() {
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let gate = Mutex::new(gate);
        let signer = Signer::over(Arc::new(move |_: &[u8], _| {
            let _ = gate.lock().recv();
            Ok(Vec::new())
        }))
        .unwrap();
        let room = signer.jobs.max_capacity();
        let mut waiting: Vec<_> =
            (0..room * 4).map(|_| Box::pin(signer.sign(b"mail".to_vec(), NOW))).collect();
        for sign in &mut waiting {
            assert!(poll_once(sign).is_none());
        }
        // The threads have taken at most one each; the rest wait outside.
        assert!(signer.jobs.capacity() <= thread::available_parallelism().map_or(2, usize::from));
        drop(waiting);
        drop(open);
        assert_eq!(signer.sign(b"mail".to_vec(), NOW).await.unwrap(), b"mail");
    }

    /// One poll, without waiting.
    fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match std::pin::Pin::new(future).poll(&mut context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        }
    }

    #[test]
    fn a_sender_of_another_house_is_seen() {
        for (own, from, is_one) in [
            ("example.org", "Post <post@example.org>", true),
            ("example.org", "\"a@b.example\" <post@Mail.Example.org>", true),
            ("mail.example.org", "post@news.example.org", true),
            ("example.org", "Post <post@example.net>", false),
            ("example.org", "Post <post@notexample.org>", false),
        ] {
            let mail = format!("Subject: x\r\nFrom: {from}\r\n\r\nbody\r\n");
            let domain = from_domain(mail.as_bytes()).unwrap();
            assert_eq!(is_of_one_house(own, &domain), is_one, "{from}");
        }
    }
}
