//! TLS to a server of the operator's: checked against the roots of this
//! machine and those that he adds.

use std::sync::Arc;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use rustls_platform_verifier::Verifier;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;

/// A connector that checks the other side's certificate. `ca_pem` has further roots.
///
/// # Errors
/// What is wrong with these, named by their `key` of the settings, or with
/// the roots of this machine.
pub fn connector(ca_pem: Option<&[u8]>, key: &str) -> Result<TlsConnector, String> {
    let roots: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(ca_pem.unwrap_or_default())
        .collect::<Result<_, _>>()
        .map_err(|error| format!("{key}: {error}"))?;
    let says = |error: tokio_rustls::rustls::Error| format!("TLS: {error}");
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Verifier::new_with_extra_roots(roots, provider.clone()).map_err(says)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(says)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
