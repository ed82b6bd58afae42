//! The reputation brake (D12): a blog whose mails many servers or readers
//! refuse stops sending before every server refuses everybody's.

use std::sync::Arc;

use crate::clock::Clock;
use crate::domain::{BlogId, DeliveryKind, EmailAddress, Halt, Reason, Timestamp};
use crate::store::{Health, NewDelivery, Store, StoreError};
use crate::templates::rests::counted;

/// Fewer attempts than this prove nothing about a list.
pub const LEAST_ATTEMPTS: i64 = 200;
/// The same for complaints.
pub const LEAST_ACCEPTED: i64 = 5_000;
/// One or two complaints are two people.
pub const LEAST_COMPLAINTS: i64 = 3;

/// What the flow is told, in percent; 0: off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BrakePolicy {
    /// Hard bounces of a hundred attempts.
    pub hard_percent: f64,
    /// Complaints of a hundred mails taken.
    pub complaints_percent: f64,
}

impl Default for BrakePolicy {
    fn default() -> Self {
        Self { hard_percent: 5.0, complaints_percent: 0.1 }
    }
}

/// Why a blog has to stop from now on; `None` while it need not.
pub fn judge(health: &Health, policy: &BrakePolicy, since: Timestamp) -> Option<Reason> {
    let Health { attempts, accepted, hard, complaints } = *health;
    if attempts >= LEAST_ATTEMPTS && reaches(hard, attempts, policy.hard_percent) {
        return Some(Reason::Braked { hard, attempts, since });
    }
    let is_enough = accepted >= LEAST_ACCEPTED && complaints >= LEAST_COMPLAINTS;
    (is_enough && reaches(complaints, accepted, policy.complaints_percent))
        .then_some(Reason::BrakedByComplaints { complaints, accepted, since })
}

/// Whether `part` is at least so many percent of `whole`, to the millionth of
/// a percent: 0.1 % of 5,000 is 5, whatever a float makes of it.
fn reaches(part: i64, whole: i64, percent: f64) -> bool {
    #[expect(clippy::cast_possible_truncation, reason = "percents are checked to be at most 100")]
    let millionths = (percent * 1e6).round() as i128;
    millionths > 0 && i128::from(part) * 100_000_000 >= i128::from(whole) * millionths
}

/// The flow.
pub struct Brake {
    /// The store.
    pub store: Arc<dyn Store>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What the flow is told.
    pub policy: BrakePolicy,
}

impl Brake {
    /// Looks at every blog that is sending, and stops those that must; lets
    /// those go on that were stopped for refusals which were about us.
    ///
    /// # Errors
    /// The store's.
    pub async fn tick(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        for (blog, health) in self.store.list_unwell(now).await? {
            if let Some(why) = judge(&health, &self.policy, now) {
                self.pull(blog, &why, now).await?;
            }
        }
        self.let_go(now).await
    }

    /// What was taken back is no longer in the figures of the reason (R17).
    /// Figures that only grew old stay: D12 leaves it to the operator. The last
    /// mails may have been on their way when the brake was pulled.
    async fn let_go(&self, now: Timestamp) -> Result<(), StoreError> {
        for paused in self.store.list_paused().await? {
            if paused.is_over && Halt::of(&paused.reason) == Some(Halt::Braked) {
                self.store.let_go(paused.mailing, &paused.reason, now).await?;
                continue;
            }
            let Reason::Braked { hard, attempts, since } = paused.reason else { continue };
            let health = Health { hard, attempts, ..Health::default() };
            if judge(&health, &self.policy, since).is_none()
                && self.store.let_go(paused.mailing, &paused.reason, now).await?
            {
                tracing::warn!(
                    mailing.id = paused.mailing.0,
                    "the brake lets the mailing go on: what it had counted was about us, and is taken back"
                );
            }
        }
        Ok(())
    }

    async fn pull(&self, id: BlogId, why: &Reason, now: Timestamp) -> Result<(), StoreError> {
        let Some(blog) = self.store.get_blog(id).await? else { return Ok(()) };
        let notice = blog.owner.map(|owner| notice(id, owner, why));
        let paused = self.store.brake(id, why, notice.as_ref(), now).await?;
        if paused.is_empty() {
            for mailing in self.store.end_sent(id, notice.as_ref(), now).await? {
                tracing::error!(
                    blog.slug = %blog.slug,
                    mailing.id = mailing.0,
                    reason = counted(why),
                    "the mailing had nothing left to send and is done; find out where these addresses come from: \
                     the next one within a week is paused for them"
                );
            }
        }
        for mailing in paused {
            metrics::counter!("postbell_brakes_total").increment(1);
            tracing::error!(
                blog.slug = %blog.slug,
                mailing.id = mailing.0,
                reason = counted(why),
                "the mailing is paused to save your standing with mail servers; find out where these addresses \
                 come from, then run `postbell mailing resume` or `cancel`"
            );
        }
        Ok(())
    }
}

fn notice(blog: BlogId, owner: EmailAddress, why: &Reason) -> NewDelivery {
    NewDelivery {
        kind: DeliveryKind::Notice,
        blog_id: Some(blog),
        subscription_id: None,
        subscriber_id: None,
        to: Some(owner),
        payload: Some(serde_json::json!({ "braked": why }).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn braked(attempts: i64, accepted: i64, hard: i64, complaints: i64) -> bool {
        judge(&Health { attempts, accepted, hard, complaints }, &BrakePolicy::default(), NOW).is_some()
    }

    /// D12
    #[test]
    fn a_blog_stops_at_exactly_its_thresholds() {
        for (attempts, accepted, hard, complaints, expected) in [
            (0, 0, 0, 0, false),
            (200, 190, 10, 0, true),
            (200, 191, 9, 0, false),
            (199, 0, 199, 0, false),
            (201, 190, 10, 0, false),
            (220, 209, 11, 0, true),
            (1_000_000, 950_000, 50_000, 0, true),
            (1_000_000, 950_001, 49_999, 0, false),
            (5_000, 5_000, 0, 5, true),
            (5_000, 5_000, 0, 4, false),
            (5_000, 4_999, 0, 100, false),
            (3_000, 3_000, 0, 3, false),
            (5_001, 5_001, 0, 5, false),
            (6_000, 6_000, 0, 6, true),
        ] {
            let is_braked = braked(attempts, accepted, hard, complaints);
            assert_eq!(is_braked, expected, "{attempts} {accepted} {hard} {complaints}");
        }
        let strict = BrakePolicy { complaints_percent: 0.01, ..BrakePolicy::default() };
        let health = |complaints| Health { attempts: 10_000, accepted: 10_000, hard: 0, complaints };
        assert!(judge(&health(2), &strict, NOW).is_none(), "two complaints are two people");
        assert!(judge(&health(3), &strict, NOW).is_some());
    }

    #[test]
    fn zero_turns_a_brake_off() {
        let policy = BrakePolicy { hard_percent: 0.0, complaints_percent: 0.0 };
        assert_eq!(
            judge(&Health { attempts: 500, accepted: 0, hard: 500, complaints: 500 }, &policy, NOW),
            None
        );
        let worst = Health { attempts: 9_000, accepted: 9_000, hard: 9_000, complaints: 9_000 };
        assert_eq!(judge(&worst, &policy, NOW), None);
    }

    proptest! {
        #[test]
        fn more_refusals_never_let_a_blog_go_on(attempts in 0_i64..20_000, hard in 0_i64..20_000, complaints in 0_i64..50) {
            let hard = hard.min(attempts);
            if braked(attempts, attempts - hard, hard, complaints) && hard < attempts {
                prop_assert!(braked(attempts, attempts - hard, hard + 1, complaints));
            }
        }
    }
}
