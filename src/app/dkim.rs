//! Signing put in front of the transport, where keys are configured.

use std::sync::Arc;

use anyhow::Context as _;

use crate::clock::Clock;
use crate::mail::Transport;
use crate::mail::dkim::{DkimSettings, SignedTransport, Signer};

/// The transport, with signing in front where there are keys.
pub(super) fn signed(
    transport: Arc<dyn Transport>,
    settings: Option<DkimSettings>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Arc<dyn Transport>> {
    let Some(settings) = settings else { return Ok(transport) };
    for file in &settings.exposed {
        tracing::warn!(file = %file.display(), "others can read the DKIM key; run chmod 600 on it");
    }
    if !settings.keys.iter().any(|key| key.is_rsa()) {
        tracing::warn!(
            "large receivers do not check Ed25519 signatures yet; add an RSA key to dkim.key_file"
        );
    }
    for (name, record) in settings.records() {
        tracing::info!(dkim.name = %name, dkim.record = %record, "mails are signed; this TXT record must be in the DNS");
    }
    let signer = Signer::start(settings).context("no thread to sign mails on")?;
    Ok(Arc::new(SignedTransport::new(transport, signer, clock)))
}
