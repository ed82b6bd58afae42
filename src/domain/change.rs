//! What can happen to a subscription, and what becomes of it: the one state
//! machine that readers' links, the operator and the store follow.

use super::{ConfirmedBy, ConsentKind, DAY_MS, DeliveryKind, Subscription, SubscriptionStatus, Timestamp};

/// How long leaving can be taken back.
pub const UNDO_MS: i64 = 7 * DAY_MS;
/// How long a pause of a reader lasts.
pub const PAUSE_MS: i64 = 30 * DAY_MS;

/// A change to a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Pending or ended → active.
    Activate,
    /// Pending or active → ended.
    End,
    /// Ended, and perhaps asked again since → active again, as before.
    Undo,
    /// Holds mail back, until a moment or for good.
    Pause(Option<Timestamp>),
    /// Ends the pause.
    Resume,
}

/// A change with what is written down of it, and the mail that it brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// The change.
    pub change: Change,
    /// The entry in the record of consent.
    pub consent: ConsentKind,
    /// A mail to the reader about it.
    pub mail: Option<DeliveryKind>,
}

/// What readers can do with a follow of theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManageAction {
    /// No mail for 30 days.
    Pause,
    /// Mail again.
    Resume,
    /// No more mail.
    Leave,
    /// Follow again, soon after leaving.
    Undo,
}

impl Subscription {
    /// What a change makes of it; `None` where it cannot happen from where the
    /// subscription stands.
    pub fn after(&self, change: Change, now: Timestamp) -> Option<Self> {
        use SubscriptionStatus::{Active, Ended, Pending};
        let mut after = self.clone();
        match (change, self.status) {
            (Change::Activate, Pending | Ended) => {
                after.status = Active;
                (after.confirmed_at, after.confirmed_by) = (Some(now), ConfirmedBy::Reader);
                (after.ended_at, after.expires_at) = (None, None);
                (after.paused_at, after.paused_until) = (None, None);
            }
            (Change::End, Pending | Active) => {
                after.status = Ended;
                // Who had left and was asked again left then: withdrawing the
                // question begins no new week for taking it back.
                after.ended_at = self.ended_at.filter(|_| self.status == Pending).or(Some(now));
                after.expires_at = None;
            }
            // Who never confirmed does not become a follower by taking back a leaving.
            (Change::Undo, Pending | Ended) if self.confirmed_at.is_some() && self.ended_at.is_some() => {
                after.status = Active;
                (after.ended_at, after.expires_at) = (None, None);
            }
            (Change::Pause(until), Active) => {
                let since = self.paused_at.filter(|_| self.is_paused(now));
                after.paused_at = since.or(Some(now));
                after.paused_until = until;
            }
            (Change::Resume, Active) if self.paused_at.is_some() => {
                (after.paused_at, after.paused_until) = (None, None);
            }
            _ => return None,
        }
        Some(after)
    }

    /// Whether its reader can still take back that they left: it was a real
    /// follow, and not long ago. Entering the address again meanwhile, which may
    /// bring no mail on that day, does not end that.
    pub fn can_undo(&self, now: Timestamp) -> bool {
        self.status != SubscriptionStatus::Active
            && self.confirmed_at.is_some()
            && self.ended_at.is_some_and(|at| now.since_ms(at) < UNDO_MS)
    }

    /// What the link of a question does; `None` where nothing is asked any more.
    pub fn confirmed(&self, now: Timestamp) -> Option<Transition> {
        let is_open = self.status == SubscriptionStatus::Pending && !self.is_expired(now);
        is_open.then_some(Transition {
            change: Change::Activate,
            consent: ConsentKind::Confirmed,
            mail: Some(DeliveryKind::Welcome),
        })
    }

    /// What the operator's removing does; `None` where it is over already.
    pub fn removed(&self) -> Option<Transition> {
        let end = Transition { change: Change::End, consent: ConsentKind::Removed, mail: None };
        (self.status != SubscriptionStatus::Ended).then_some(end)
    }

    /// What a reader's wish means here; `None` where it changes nothing.
    pub fn managed(&self, action: ManageAction, now: Timestamp) -> Option<Transition> {
        let is_active = self.status == SubscriptionStatus::Active;
        let (change, consent, mail) = match action {
            ManageAction::Leave if self.status != SubscriptionStatus::Ended => {
                (Change::End, ConsentKind::Left, is_active.then_some(DeliveryKind::Goodbye))
            }
            ManageAction::Undo if self.can_undo(now) => (Change::Undo, ConsentKind::Undone, None),
            ManageAction::Pause if is_active && !self.is_paused(now) => {
                (Change::Pause(Some(now.plus_ms(PAUSE_MS))), ConsentKind::Paused, None)
            }
            ManageAction::Resume if is_active && self.paused_at.is_some() => {
                (Change::Resume, ConsentKind::Resumed, None)
            }
            _ => return None,
        };
        Some(Transition { change, consent, mail })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BlogId, Frequency, Seal, SubscriberId, SubscriptionId};
    use SubscriptionStatus::{Active, Ended, Pending};

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn standing(status: SubscriptionStatus, is_confirmed: bool, ended_days_ago: Option<i64>) -> Subscription {
        Subscription {
            id: SubscriptionId(1),
            blog_id: BlogId(1),
            subscriber_id: SubscriberId(1),
            address: "kim@example.org".to_owned(),
            status,
            paused_at: None,
            paused_until: None,
            frequency: Frequency::Instant,
            source: None,
            created_at: NOW.plus_ms(-30 * DAY_MS),
            expires_at: (status == Pending).then_some(NOW.plus_ms(DAY_MS)),
            confirmed_at: is_confirmed.then_some(NOW.plus_ms(-29 * DAY_MS)),
            confirmed_by: ConfirmedBy::Reader,
            ended_at: ended_days_ago.map(|days| NOW.plus_ms(-days * DAY_MS)),
            seal: Seal(0),
        }
    }

    /// Where each change leads from each state; a dash where it cannot happen.
    #[test]
    fn the_state_machine_is_this_table() {
        let states = [
            ("asked", standing(Pending, false, None)),
            ("asked again", standing(Pending, true, Some(1))),
            ("follows", standing(Active, true, None)),
            ("left", standing(Ended, true, Some(1))),
            ("withdrew", standing(Ended, false, Some(1))),
        ];
        let changes = [
            Change::Activate,
            Change::End,
            Change::Undo,
            Change::Pause(Some(NOW.plus_ms(1))),
            Change::Resume,
        ];
        let table: Vec<String> = states
            .iter()
            .map(|(name, state)| {
                let after = changes.map(|change| {
                    state.after(change, NOW).map_or("-", |after| match (after.status, after.is_paused(NOW)) {
                        (Active, true) => "paused",
                        (status, _) => status.as_str(),
                    })
                });
                format!("{name}: {}", after.join(" "))
            })
            .collect();
        assert_eq!(
            table,
            [
                "asked: active ended - - -",
                "asked again: active ended active - -",
                "follows: - ended - paused -",
                "left: active - active - -",
                "withdrew: active - - - -",
            ]
        );
    }

    #[test]
    fn leaving_can_be_taken_back_for_a_week_by_who_followed() {
        assert!(standing(Ended, true, Some(6)).can_undo(NOW));
        assert!(standing(Pending, true, Some(6)).can_undo(NOW), "also once the address was entered again");
        assert!(!standing(Ended, true, Some(7)).can_undo(NOW));
        assert!(!standing(Ended, false, Some(1)).can_undo(NOW));
        assert!(!standing(Active, true, None).can_undo(NOW));
    }

    #[test]
    fn a_second_press_changes_nothing() {
        let mut follows = standing(Active, true, None);
        for (action, back) in [
            (ManageAction::Pause, ManageAction::Resume),
            (ManageAction::Resume, ManageAction::Pause),
            (ManageAction::Leave, ManageAction::Undo),
        ] {
            if action == ManageAction::Resume {
                follows = follows.after(Change::Pause(None), NOW).unwrap();
            }
            let did = follows.managed(action, NOW).unwrap();
            let after = follows.after(did.change, NOW).unwrap();
            assert_eq!(after.managed(action, NOW), None, "{action:?}");
            let undone = after.managed(back, NOW).unwrap();
            assert_eq!(after.after(undone.change, NOW).map(|again| again.status), Some(follows.status));
            follows = standing(Active, true, None);
        }
        let asked = standing(Pending, false, None);
        assert_eq!(asked.managed(ManageAction::Leave, NOW).and_then(|left| left.mail), None, "no goodbye");
        assert!(asked.confirmed(NOW).is_some() && asked.confirmed(NOW.plus_ms(2 * DAY_MS)).is_none());
        assert_eq!(standing(Ended, true, Some(1)).removed(), None);
    }
}
