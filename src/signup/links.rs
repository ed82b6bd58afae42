//! What the links in mails do. Every rule is pure and runs inside the
//! store's transaction; a second press changes nothing.

use super::Signup;
use super::request::{SignUpOutcome, Visitor};
use crate::domain::{
    Blog, Claim, EmailAddress, Flow, ManageAction, PAUSE_MS, Purpose, Sealed, SubscriberId, Subscription,
    SubscriptionId, SubscriptionStatus, SuppressionReason, Timestamp, TokenFault, UNDO_MS,
};
use crate::store::{StoreError, Subscriber};

/// Why a link does not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkFault {
    /// Not a link of ours.
    Bad,
    /// A link of ours, but its row is gone, or is another one by now.
    RowGone,
    /// Its time is over; this is the subscription, when it is still there.
    Expired(Option<Box<Subscription>>),
    /// It was mailed before its reader left.
    LeftSince(Box<Subscription>),
    /// A manage link that opens nothing any more, but whose person may have a
    /// new one: its time is over, or it is of the first form, which stood in
    /// every mail and never ended.
    Renewable {
        /// Whose it is.
        subscriber: Box<Subscriber>,
        /// Whether its time is over.
        is_expired: bool,
    },
}

/// What confirming did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmed {
    /// The reader follows now.
    Now(Subscription),
    /// The reader followed already.
    Already(Subscription),
    /// The reader has left since; a link of then does not bring anyone back.
    LeftSince(Subscription),
}

/// A person and everything that is known of their follows.
#[derive(Debug, Clone)]
pub struct Managed {
    /// The person.
    pub subscriber: Subscriber,
    /// Their subscriptions.
    pub subscriptions: Vec<Subscription>,
}

type Linked<T> = Result<Result<T, LinkFault>, StoreError>;

impl Signup {
    /// The subscription that a confirm link is about, nothing changed.
    ///
    /// # Errors
    /// The store's.
    pub async fn see_confirm(&self, token: &str) -> Linked<Subscription> {
        let now = self.clock.now();
        let claim = match self.keys.verify(Purpose::Confirm, token, now) {
            Ok(claim) => claim,
            Err(TokenFault::Bad) => return Ok(Err(LinkFault::Bad)),
            Err(TokenFault::Expired(claim)) => {
                let found = self.subscription_of(&claim).await?;
                // A repeated confirm is kind also when the link is old.
                return Ok(match found {
                    Some(found) if found.status == SubscriptionStatus::Active => Ok(found),
                    found => Err(LinkFault::Expired(found.map(Box::new))),
                });
            }
        };
        let Some(found) = self.subscription_of(&claim).await? else {
            return Ok(Err(LinkFault::RowGone));
        };
        // Somebody who types the address of one who left makes it pending
        // again, but that question was not asked by an older link.
        let asked_at = claim.expires_at.map(|at| at.plus_ms(-self.policy.confirm_within_ms));
        let is_from_before = found.ended_at.is_some_and(|left| asked_at.is_none_or(|at| at < left));
        Ok(match found.status {
            SubscriptionStatus::Pending if is_from_before => Err(LinkFault::LeftSince(Box::new(found))),
            _ if found.is_expired(now) => Err(LinkFault::Expired(Some(Box::new(found)))),
            _ => Ok(found),
        })
    }

    /// The subscription that a link was made for, when it is still there.
    async fn subscription_of(&self, claim: &Claim) -> Result<Option<Subscription>, StoreError> {
        let Some(found) = self.store.get_subscription(SubscriptionId(claim.id)).await? else {
            return Ok(None);
        };
        let last = self.last_unsealed(claim, Sealed::Subscription).await?;
        Ok(claim.opens(found.sealed(), last).then_some(found))
    }

    /// The person that a link was made for, when they are still there.
    async fn subscriber_of(&self, claim: &Claim) -> Result<Option<Subscriber>, StoreError> {
        let Some(found) = self.store.get_subscriber(SubscriberId(claim.id)).await? else { return Ok(None) };
        let last = self.last_unsealed(claim, Sealed::Subscriber).await?;
        Ok(claim.opens(found.sealed(), last).then_some(found))
    }

    async fn last_unsealed(&self, claim: &Claim, what: Sealed) -> Result<i64, StoreError> {
        if claim.is_first_form() { self.store.last_unsealed(what).await } else { Ok(0) }
    }

    /// Whether `mark` is the cookie of the browser that signed this up.
    ///
    /// # Errors
    /// The store's.
    pub async fn is_same_browser(&self, mark: &str, subscription: &Subscription) -> Result<bool, StoreError> {
        let last = self.store.last_unsealed(Sealed::Subscription).await?;
        Ok(self.keys.is_browser_of(mark, subscription.sealed(), last))
    }

    /// Confirms.
    ///
    /// # Errors
    /// The store's; nothing is changed then.
    pub async fn confirm(&self, token: &str, visitor: &Visitor) -> Linked<Confirmed> {
        let seen = match self.see_confirm(token).await? {
            Ok(seen) => seen,
            Err(fault) => return Ok(Err(fault)),
        };
        let now = self.clock.now();
        let rule = move |subscription: &Subscription| subscription.confirmed(now);
        let changed = self.store.transition(seen.id, &rule, &visitor.evidence(None), now).await?;
        // It was erased since it was looked at.
        let Some((before, after)) = changed else { return Ok(Err(LinkFault::RowGone)) };
        self.wake.ring();
        Ok(Ok(match before.status {
            SubscriptionStatus::Pending if after.status == SubscriptionStatus::Active => {
                Confirmed::Now(after)
            }
            SubscriptionStatus::Pending => return Ok(Err(LinkFault::Expired(Some(Box::new(after))))),
            SubscriptionStatus::Active => Confirmed::Already(after),
            SubscriptionStatus::Ended => Confirmed::LeftSince(after),
        }))
    }

    /// Asks again, from an expired link: a sign-up like any other.
    ///
    /// # Errors
    /// The store's.
    pub async fn ask_again(&self, token: &str, visitor: &Visitor) -> Linked<(Blog, SignUpOutcome)> {
        let claim = match self.keys.verify(Purpose::Confirm, token, self.clock.now()) {
            Ok(claim) | Err(TokenFault::Expired(claim)) => claim,
            Err(TokenFault::Bad) => return Ok(Err(LinkFault::Bad)),
        };
        let Some(found) = self.subscription_of(&claim).await? else { return Ok(Err(LinkFault::RowGone)) };
        let Some(blog) = self.store.get_blog(found.blog_id).await? else {
            return Ok(Err(LinkFault::RowGone));
        };
        let Ok(address) = EmailAddress::parse(&found.address) else { return Ok(Err(LinkFault::Bad)) };
        let outcome = self
            .sign_up_address(
                Flow::AskAgain,
                &blog,
                address,
                found.frequency,
                found.source.as_deref(),
                visitor,
            )
            .await?;
        Ok(Ok((blog, outcome)))
    }

    /// The subscription that a leave link is about, nothing changed.
    ///
    /// # Errors
    /// The store's.
    pub async fn see_leave(&self, token: &str) -> Linked<Subscription> {
        let Ok(claim) = self.keys.verify(Purpose::Unsubscribe, token, self.clock.now()) else {
            return Ok(Err(LinkFault::Bad));
        };
        Ok(self.subscription_of(&claim).await?.ok_or(LinkFault::RowGone))
    }

    /// Leaves, pauses, resumes or takes back a leave, by the link of a mail.
    ///
    /// # Errors
    /// The store's; nothing is changed then.
    pub async fn change_by_leave_link(
        &self,
        token: &str,
        action: ManageAction,
        visitor: &Visitor,
    ) -> Linked<Subscription> {
        match self.see_leave(token).await? {
            Ok(seen) => Ok(self.change(seen.id, action, visitor).await?.ok_or(LinkFault::RowGone)),
            Err(fault) => Ok(Err(fault)),
        }
    }

    /// Until when leaving can be taken back; `None` when it cannot.
    ///
    /// # Errors
    /// The store's.
    pub async fn undo_until(&self, subscription: &Subscription) -> Result<Option<Timestamp>, StoreError> {
        if !subscription.can_undo(self.clock.now()) || self.stopped(subscription).await?.is_some() {
            return Ok(None);
        }
        Ok(subscription.ended_at.map(|ended_at| ended_at.plus_ms(UNDO_MS)))
    }

    /// Why no mail of its blog reaches a subscription's address, if so. Only
    /// for who has a link of its own: a stranger learns nothing of it (S1).
    ///
    /// # Errors
    /// The store's.
    pub async fn stopped(
        &self,
        subscription: &Subscription,
    ) -> Result<Option<SuppressionReason>, StoreError> {
        let Ok(address) = EmailAddress::parse(&subscription.address) else { return Ok(None) };
        let reason = self.store.find_suppression(&address, Some(subscription.blog_id)).await?;
        // A question that is open still comes, and its answer lifts this.
        let is_asked = subscription.status == SubscriptionStatus::Pending && subscription.ended_at.is_none();
        Ok(reason.filter(|reason| !(is_asked && *reason == SuppressionReason::Unsubscribed)))
    }

    /// Until when a pause that begins now lasts.
    pub fn pause_until(&self) -> Timestamp {
        self.clock.now().plus_ms(PAUSE_MS)
    }

    /// One change at the reader's wish; answers the subscription as it is now.
    async fn change(
        &self,
        id: SubscriptionId,
        action: ManageAction,
        visitor: &Visitor,
    ) -> Result<Option<Subscription>, StoreError> {
        let now = self.clock.now();
        if action == ManageAction::Undo {
            let seen = self.store.get_subscription(id).await?;
            // One that no mail would reach does not follow again.
            if let Some(seen) = &seen
                && self.stopped(seen).await?.is_some()
            {
                return Ok(Some(seen.clone()));
            }
        }
        let rule = move |subscription: &Subscription| subscription.managed(action, now);
        let changed = self.store.transition(id, &rule, &visitor.evidence(None), now).await?;
        self.wake.ring();
        Ok(changed.map(|(_, after)| after))
    }

    /// The person of a manage link and their follows.
    ///
    /// # Errors
    /// The store's.
    pub async fn see_manage(&self, token: &str) -> Linked<Managed> {
        let (claim, is_expired) = match self.keys.verify(Purpose::Manage, token, self.clock.now()) {
            Ok(claim) => (claim, false),
            Err(TokenFault::Expired(claim)) => (claim, true),
            Err(TokenFault::Bad) => return Ok(Err(LinkFault::Bad)),
        };
        let Some(subscriber) = self.subscriber_of(&claim).await? else { return Ok(Err(LinkFault::RowGone)) };
        if is_expired || claim.is_first_form() {
            let subscriber = Box::new(subscriber);
            return Ok(Err(LinkFault::Renewable { subscriber, is_expired }));
        }
        let mut subscriptions = self.store.list_subscriptions(subscriber.id).await?;
        subscriptions.sort_by_key(|s| (s.status == SubscriptionStatus::Ended, s.id));
        Ok(Ok(Managed { subscriber, subscriptions }))
    }

    /// One change to one of the person's own follows.
    ///
    /// # Errors
    /// The store's; nothing is changed then.
    pub async fn manage(
        &self,
        token: &str,
        subscription: SubscriptionId,
        action: ManageAction,
        visitor: &Visitor,
    ) -> Linked<Subscription> {
        let managed = match self.see_manage(token).await? {
            Ok(managed) => managed,
            Err(fault) => return Ok(Err(fault)),
        };
        if !managed.subscriptions.iter().any(|own| own.id == subscription) {
            return Ok(Err(LinkFault::Bad));
        }
        Ok(self.change(subscription, action, visitor).await?.ok_or(LinkFault::RowGone))
    }

    /// Erases the person of a manage link. `false` when they were gone.
    ///
    /// # Errors
    /// The store's; nothing is changed then.
    pub async fn erase(&self, token: &str) -> Linked<bool> {
        let managed = match self.see_manage(token).await? {
            Ok(managed) => managed,
            Err(fault) => return Ok(Err(fault)),
        };
        let Ok(address) = EmailAddress::parse(&managed.subscriber.address) else {
            return Ok(Err(LinkFault::Bad));
        };
        Ok(Ok(self.store.erase_subscriber(&address, self.clock.now()).await?))
    }
}
