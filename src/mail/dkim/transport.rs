//! A transport that signs each mail before it goes on to another one.

use std::sync::Arc;

use async_trait::async_trait;

use super::Signer;
use crate::clock::Clock;
use crate::domain::Reply;
use crate::mail::{Parcel, SendError, Session, Transport};

/// Signs, then hands over.
pub struct SignedTransport {
    inner: Arc<dyn Transport>,
    signer: Signer,
    clock: Arc<dyn Clock>,
}

impl SignedTransport {
    /// Over another transport.
    pub fn new(inner: Arc<dyn Transport>, signer: Signer, clock: Arc<dyn Clock>) -> Self {
        Self { inner, signer, clock }
    }
}

impl Transport for SignedTransport {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn connections(&self) -> usize {
        self.inner.connections()
    }

    fn session(&self) -> Box<dyn Session> {
        let inner = self.inner.session();
        Box::new(SignedSession { inner, signer: self.signer.clone(), clock: self.clock.clone() })
    }
}

struct SignedSession {
    inner: Box<dyn Session>,
    signer: Signer,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl Session for SignedSession {
    async fn open(&mut self) -> Result<(), SendError> {
        self.inner.open().await
    }

    async fn send(&mut self, parcel: &Parcel) -> Result<Reply, SendError> {
        let signed = self.signer.sign(parcel.bytes.clone(), self.clock.now()).await;
        let bytes = signed.map_err(|error| {
            // A mail without its signature would look forged.
            SendError::Later(Reply { text: error.to_string(), ..Reply::default() })
        })?;
        self.inner.send(&Parcel { bytes, ..parcel.clone() }).await
    }

    fn offers_smtputf8(&self) -> Option<bool> {
        self.inner.offers_smtputf8()
    }

    async fn close(&mut self) {
        self.inner.close().await;
    }
}
