//! The ways on which mails come back to a running process: a mailbox that is
//! looked into, a door for the operator's mail server.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::App;
use crate::inbound::lmtp::{Door, LmtpListen, LmtpReceiver};
use crate::roles;

/// The roles that run beside each other.
type Running = JoinSet<anyhow::Result<()>>;

impl App {
    /// Opens the door for LMTP, where one is configured.
    pub(super) async fn open_lmtp(&self) -> anyhow::Result<Option<Door>> {
        let Some(listen) = &self.config.bounces.lmtp else { return Ok(None) };
        let door = Door::open(listen).await.with_context(|| match listen {
            LmtpListen::Tcp(address) => {
                format!("{address} cannot be listened on; is it taken? choose another bounces.lmtp_listen")
            }
            LmtpListen::Unix(path) => format!(
                "{} cannot be listened on; look whether its folder is there and whether another process has it",
                path.display()
            ),
        })?;
        if let LmtpListen::Tcp(address) = listen
            && !address.ip().to_canonical().is_loopback()
        {
            tracing::warn!(
                "bounces.lmtp_listen can be reached from elsewhere; let your firewall let nobody but your mail server in"
            );
        }
        Ok(Some(door))
    }

    /// Takes mails at the door.
    pub(super) fn take_by_lmtp(&self, door: Door, running: &mut Running, stop: &CancellationToken) {
        // The settings ask for the address where they ask for the door.
        let Some(receiver) = LmtpReceiver::new(self.recorder()) else { return };
        tracing::info!("bounces are taken by LMTP at {}", door.name());
        let stop = stop.clone();
        running.spawn(async move {
            roles::serve_lmtp(door, Arc::new(receiver), stop).await;
            Ok(())
        });
    }

    /// Looks into the mailbox, where one is configured.
    #[cfg(feature = "imap")]
    pub(super) fn watch_mailbox(
        &self,
        running: &mut Running,
        stop: &CancellationToken,
    ) -> anyhow::Result<()> {
        use crate::inbound::imap::BounceMailbox;
        let Some(settings) = self.config.bounces.imap.clone() else { return Ok(()) };
        let bounces = BounceMailbox::new(settings, self.recorder()).map_err(anyhow::Error::msg)?;
        let stop = stop.clone();
        running.spawn(async move {
            roles::watch_mailbox(Arc::new(bounces), stop).await;
            Ok(())
        });
        Ok(())
    }

    /// Built without IMAP, the settings name no mailbox.
    #[cfg(not(feature = "imap"))]
    #[expect(clippy::unnecessary_wraps, reason = "as with IMAP")]
    pub(super) fn watch_mailbox(&self, _: &mut Running, _: &CancellationToken) -> anyhow::Result<()> {
        Ok(())
    }
}
