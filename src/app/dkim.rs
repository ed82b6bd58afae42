//! Signing, where keys are configured: what the operator should know of it.

use anyhow::Context as _;

use crate::mail::dkim::{DkimSettings, Signer};

/// Says what must be published and what is amiss, and starts the threads.
pub(super) fn signer(settings: DkimSettings) -> anyhow::Result<Signer> {
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
    Signer::start(settings).context("no thread to sign mails on")
}
