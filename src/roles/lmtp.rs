//! Mails by LMTP, beside the pages: one task a conversation, and not too many.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::DRAIN;
use crate::bounds::{Client, Sum};
use crate::inbound::lmtp::{Door, LmtpReceiver, converse};

/// Conversations at the same time; who comes later waits at the door.
const MOST: usize = 40;
/// Of these, those of one peer; Postfix opens 20 to one destination.
const MOST_OF_ONE: usize = 20;
/// What a peer hears that has all its seats already, and how long it may take to.
const FULL: &[u8] = b"421 4.7.0 too many conversations at once\r\n";
const FULL_WITHIN: Duration = Duration::from_secs(1);
/// The longest conversation: nobody keeps a seat for ever.
const TALK: Duration = Duration::from_secs(60 * 60);
/// After the system could not let somebody in.
const BREATH: Duration = Duration::from_millis(200);

/// Takes mails until `stop`; one that is on its way is taken first.
pub async fn serve_lmtp(door: Door, receiver: Arc<LmtpReceiver>, stop: CancellationToken) {
    let seats = Arc::new(Semaphore::new(MOST));
    let peers = Sum::new(usize::MAX, MOST_OF_ONE);
    let mut talks = JoinSet::new();
    loop {
        let come_in = async {
            let seat = seats.clone().acquire_owned().await;
            (seat, door.accept().await)
        };
        let (seat, stream) = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            // What a mail does to its conversation stays there.
            Some(ended) = talks.join_next(), if !talks.is_empty() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "a conversation by LMTP ended; the mail server brings its mail again");
                }
                continue;
            }
            one = come_in => one,
        };
        let (receiver, stop) = (receiver.clone(), stop.clone());
        match stream {
            Ok((mut stream, peer)) => {
                let mut own = peers.share(peer.map(Client::of));
                if !own.grow(1) {
                    let _ = tokio::time::timeout(FULL_WITHIN, stream.write_all(FULL)).await;
                    continue;
                }
                talks.spawn(async move {
                    let _seat = (seat, own);
                    match tokio::time::timeout(TALK, converse(stream, &receiver, &stop)).await {
                        Ok(Ok(())) => {}
                        Ok(Err(error)) => tracing::debug!(%error, "a conversation by LMTP broke off"),
                        Err(_) => tracing::debug!("a conversation by LMTP took too long"),
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection by LMTP was not taken");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
    drop(door);
    let drained = async { while talks.join_next().await.is_some() {} };
    // What is cut off was not answered, and is brought again.
    let _ = tokio::time::timeout(DRAIN, drained).await;
}
