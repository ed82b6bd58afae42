//! What is bounded by the place that it comes from, and what a used link
//! gives back.

use super::{Signup, Visitor};
use crate::domain::{EmailAddress, Flow, MANAGE_LINK_MS, Purpose, Timestamp};
use crate::store::{Asked, Asker, StoreError};

impl Signup {
    /// Mails the manage link to an address that once followed something; says
    /// nothing about whether it did.
    ///
    /// # Errors
    /// The store's.
    pub async fn request_manage_link(
        &self,
        address: &EmailAddress,
        visitor: &Visitor,
    ) -> Result<Asked, StoreError> {
        let asker = self.asker(Flow::Manage, visitor);
        let asked = self.store.request_manage_link(address, &asker, self.clock.now()).await?;
        self.wake.ring();
        Ok(asked)
    }

    /// A manage link was used by its button, which shows that its owner wants
    /// these mails: one that was asked for until `mailed_until` counts no more.
    ///
    /// # Errors
    /// The store's.
    pub async fn use_manage_link(&self, address: &str, mailed_until: Timestamp) -> Result<(), StoreError> {
        let Ok(address) = EmailAddress::parse(address) else { return Ok(()) };
        self.store.use_manage_link(&address, mailed_until, self.clock.now()).await
    }

    /// When the mail was made that carried this manage link; `None` for a link
    /// that nobody asked for.
    pub fn mailed_at(&self, token: &str) -> Option<Timestamp> {
        let claim = self.keys.verify(Purpose::Manage, token, self.clock.now()).ok()?;
        claim.expires_at.map(|at| at.plus_ms(-MANAGE_LINK_MS))
    }

    /// Counts one who changes something by the link of a mail.
    ///
    /// # Errors
    /// The store's.
    pub async fn count_change(&self, visitor: &Visitor) -> Result<Asked, StoreError> {
        self.store.count_visit(&self.asker(Flow::Change, visitor), self.clock.now()).await
    }

    fn asker(&self, flow: Flow, visitor: &Visitor) -> Asker {
        Asker {
            ip: visitor.ip.to_canonical().to_string(),
            flow,
            is_hosted: visitor.is_hosted,
            limits: self.policy.limits,
        }
    }
}
