//! What becomes of the mails of a mailbox: read in the order of their
//! coming, a bounded number a look; understood ones are moved, the rest stays
//! and is not read again. A fault leaves the mails where they are.

use std::sync::Arc;
use std::time::Duration;

use super::ImapSettings;
use super::connect::Dialer;
use super::connection::{Answer, ImapConnection};
use super::fault::ImapFault;
use crate::feedback::{Recorder, Taken};

/// Mails of one look.
const BATCH: usize = 50;
/// Numbers that are asked for at once: the answer names each mail.
const WINDOW: u32 = 20_000;
/// Windows of one look.
const WINDOWS: usize = 20;
/// The longest that a server is listened to: after that it is asked, which
/// tells whether the connection still stands (RFC 2177 allows 29 minutes).
const LISTEN: Duration = Duration::from_secs(5 * 60);
/// The least between two looks.
const BREATH: Duration = Duration::from_secs(1);
/// After so many broken connections at one mail it is left out until the next start.
const TRIES: u32 = 3;

/// A mailbox, and who writes down what its mails say.
pub struct BounceMailbox {
    dialer: Dialer,
    recorder: Recorder,
}

impl BounceMailbox {
    /// Works out how to connect; connects to nothing yet.
    ///
    /// # Errors
    /// What is wrong with the settings, and which of them.
    pub fn new(settings: ImapSettings, recorder: Recorder) -> Result<Self, String> {
        Ok(Self { dialer: Dialer::new(settings)?, recorder })
    }

    /// The mailbox, not connected yet.
    pub fn open(self: &Arc<Self>) -> Mailbox {
        Mailbox { bounces: self.clone(), connection: None, validity: None, next: 1, broke_at: (0, 0) }
    }
}

/// Connects, logs in and opens the mailbox, and reads nothing.
///
/// # Errors
/// Why that cannot be.
pub async fn probe(settings: &ImapSettings) -> Result<(), ImapFault> {
    let dialer = Dialer::new(settings.clone()).map_err(ImapFault::RefusesUs)?;
    dialer.connect().await?.close().await;
    Ok(())
}

/// How far a look came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// There may be more to read.
    More,
    /// Everything was read.
    Whole,
}

/// The mailbox and what was read of it.
pub struct Mailbox {
    bounces: Arc<BounceMailbox>,
    connection: Option<ImapConnection>,
    /// Under which `UIDVALIDITY` the numbers are.
    validity: Option<u32>,
    /// Mails below this number are done with.
    next: u32,
    /// The mail at which the connection broke last, and how often.
    broke_at: (u32, u32),
}

impl Mailbox {
    /// Connects if need be and reads up to a batch of mails.
    ///
    /// # Errors
    /// Why it ended early; the next look connects anew.
    pub async fn look(&mut self) -> Result<Look, ImapFault> {
        let mut connection = match self.standing().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let look = self.read(&mut connection).await?;
        self.connection = Some(connection);
        Ok(look)
    }

    /// Waits for a mail, if the server tells of one, but not for ever: after
    /// it a look is due. A connection that breaks while nobody speaks is no
    /// fault; the next look makes another.
    pub async fn wait(&mut self) {
        match self.connection.take() {
            Some(mut connection) if connection.can.idle => {
                let told = connection.idle(LISTEN).await;
                // A server that tells of mails all the time, or offers what it
                // does not do, is not asked all the time.
                let pause = if told.is_ok() { BREATH } else { self.bounces.dialer.settings.every };
                self.connection = told.is_ok().then_some(connection);
                tokio::time::sleep(pause).await;
            }
            connection => {
                let every = self.bounces.dialer.settings.every;
                // Servers end connections on which nobody speaks.
                self.connection = connection.filter(|_| every <= LISTEN);
                tokio::time::sleep(every).await;
            }
        }
    }

    /// Says goodbye to the server.
    pub async fn hang_up(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.close().await;
        }
    }

    /// The connection there is, if it still stands. That it broke while nobody
    /// spoke is no fault.
    async fn standing(&mut self) -> Option<ImapConnection> {
        let mut connection = self.connection.take()?;
        connection.noop().await.is_ok().then_some(connection)
    }

    async fn connect(&mut self) -> Result<ImapConnection, ImapFault> {
        let connection = self.bounces.dialer.connect().await?;
        if self.validity != Some(connection.validity) {
            (self.validity, self.next) = (Some(connection.validity), 1);
            tracing::info!("bounces are read from {}", self.bounces.dialer.settings.mailbox);
        }
        Ok(connection)
    }

    async fn read(&mut self, connection: &mut ImapConnection) -> Result<Look, ImapFault> {
        for _ in 0..WINDOWS {
            let last = self.next.saturating_add(WINDOW - 1);
            let last = Some(last).filter(|last| *last < connection.uid_next);
            let mut uids = connection.search(self.next, last).await?;
            if uids.is_empty() {
                match last {
                    Some(last) => self.next = last.saturating_add(1),
                    None => return Ok(Look::Whole),
                }
                continue;
            }
            let is_all = uids.len() <= BATCH && last.is_none();
            uids.truncate(BATCH);
            self.take(connection, &uids).await?;
            return Ok(if is_all { Look::Whole } else { Look::More });
        }
        Ok(Look::More)
    }

    /// Reads these mails and puts each where it belongs.
    async fn take(&mut self, connection: &mut ImapConnection, uids: &[u32]) -> Result<(), ImapFault> {
        let (mut understood, mut kept) = (Vec::new(), Vec::new());
        let mut outcome = Ok(());
        let mut end = self.next;
        for uid in uids {
            match self.take_one(connection, *uid).await {
                Ok(Some(Taken::Kept(_))) => kept.push(*uid),
                Ok(Some(Taken::Recorded(..) | Taken::Ignored)) => understood.push(*uid),
                Ok(None) => {}
                Err(fault) => {
                    outcome = Err(fault);
                    break;
                }
            }
            end = uid.saturating_add(1);
        }
        // What was written down is put away although a later mail failed,
        // unless the connection is what failed: then it is read again, and
        // known.
        if !matches!(outcome, Err(ImapFault::Away(_) | ImapFault::RefusesUs(_))) {
            let folder = &self.bounces.dialer.settings.done_folder;
            put_away(connection, folder, &understood, &kept).await?;
            self.next = end;
        }
        outcome
    }

    /// `None`: it is there no more, or it is left out.
    async fn take_one(
        &mut self,
        connection: &mut ImapConnection,
        uid: u32,
    ) -> Result<Option<Taken>, ImapFault> {
        if self.broke_at == (uid, TRIES) {
            tracing::warn!(
                "a mail in {} breaks the connection each time; it is left out until the next start",
                self.bounces.dialer.settings.mailbox
            );
            return Ok(None);
        }
        let fetched = connection.fetch(uid).await.inspect_err(|_| {
            let times = if self.broke_at.0 == uid { self.broke_at.1 } else { 0 };
            self.broke_at = (uid, times + 1);
        })?;
        match fetched {
            Some(raw) => Ok(Some(self.bounces.recorder.take_mail(raw, None).await?)),
            None => Ok(None),
        }
    }
}

/// Understood mails to their folder, a mark on the others.
async fn put_away(
    connection: &mut ImapConnection,
    folder: &str,
    understood: &[u32],
    kept: &[u32],
) -> Result<(), ImapFault> {
    if !kept.is_empty() {
        connection.mark(&set(kept)).await?;
    }
    if understood.is_empty() {
        return Ok(());
    }
    if let Answer::Refused(said) = connection.bring(&set(understood), folder).await? {
        tracing::warn!(
            "{} mails were understood and cannot be moved to {folder} ({said}); make that folder, or write \
             another as bounces.imap_done_folder, such as \"INBOX.{folder}\"",
            understood.len()
        );
    }
    tracing::debug!(understood = understood.len(), kept = kept.len(), "bounces were read");
    Ok(())
}

/// As commands take several numbers.
fn set(uids: &[u32]) -> String {
    uids.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}
