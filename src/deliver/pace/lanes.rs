//! The lanes of all receivers, and of the relay behind which they lie.

use std::collections::HashMap;
use std::sync::Arc;

use super::lane::{Answer, Lane, Turn};
use super::{Profile, group_of, profile_of};
use crate::domain::Timestamp;

/// Lanes that are kept though nothing is known of them.
const MOST_LANES: usize = 4_096;
/// So many receivers that say "too fast" within [`SAME_CAUSE_MS`] have one
/// voice: the relay's own.
const VOICES: usize = 3;
const SAME_CAUSE_MS: i64 = 10_000;

/// What may be done with a mail now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Hand it over, and tell [`Lanes::leave`] this name afterwards.
    Go(Arc<str>),
    /// Keep it in memory and ask again then; the mails of others go on.
    Wait {
        /// When.
        until: Timestamp,
        /// What to tell [`Lanes::enter`] then.
        kept: Kept,
    },
    /// Give it back to the queue for that moment, which is its own.
    PutOff(Timestamp),
    /// The relay is slow: nothing goes before then.
    RelayWaits(Timestamp),
}

/// Places that are kept for a mail that was told to wait; none, at first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    receiver: Option<Timestamp>,
    relay: Option<Timestamp>,
}

/// Lanes by receiving domain; the domains of one provider share one.
#[derive(Debug, Default)]
pub struct Lanes {
    lanes: HashMap<Arc<str>, Lane>,
    relay: Option<Lane>,
    voices: Vec<(Arc<str>, Timestamp)>,
}

impl Lanes {
    /// Whether a mail to this address may go now; `kept` as it was told before.
    pub fn enter(&mut self, address: &str, kept: Kept, now: Timestamp) -> Entry {
        // Asked first and taken last: no place is lost with a mail that its
        // own receiver does not take yet.
        if kept.relay.is_none()
            && let Some(until) = self.relay.as_mut().and_then(|relay| relay.out_of_reach(now))
        {
            return Entry::RelayWaits(until);
        }
        let group = self.group(address);
        let lane = self.lanes.entry(group.clone()).or_insert_with(|| Lane::new(profile_of(&group)));
        match lane.turn(kept.receiver, now) {
            Turn::Now => {}
            Turn::At(until, under) => {
                return Entry::Wait { until, kept: Kept { receiver: Some(under), ..kept } };
            }
            Turn::Ask(until) => return Entry::Wait { until, kept },
            Turn::PutOff(at) => return Entry::PutOff(at),
        }
        if let Some(relay) = &mut self.relay {
            // Its receiver's place is its own while it waits for the relay.
            let receiver = lane.learned_at();
            match relay.turn(kept.relay, now) {
                Turn::Now => {}
                Turn::At(until, under) => {
                    return Entry::Wait { until, kept: Kept { receiver, relay: Some(under) } };
                }
                Turn::Ask(until) | Turn::PutOff(until) => {
                    return Entry::Wait { until, kept: Kept { receiver, relay: None } };
                }
            }
        }
        lane.begin();
        Entry::Go(group)
    }

    /// A mail that was let in has its answer.
    pub fn leave(&mut self, group: &Arc<str>, answer: Answer, now: Timestamp) {
        if let Some(lane) = self.lanes.get_mut(group) {
            lane.end(answer, now);
        }
        if answer == Answer::TooFast && self.is_one_voice_of_many(group, now) {
            self.relay.get_or_insert_with(|| Lane::new(Profile { connections: u32::MAX })).note(answer, now);
        } else if let Some(relay) = &mut self.relay {
            relay.note(if answer == Answer::TooFast { Answer::Silent } else { answer }, now);
        }
    }

    /// Mails a second that a receiver was found to take; `None`: no limit.
    pub fn per_second(&self, address: &str) -> Option<f64> {
        self.lanes.get(group_of(domain_of(address))).and_then(Lane::per_second)
    }

    /// The name of a receiver's lane, without a copy where it has one.
    fn group(&mut self, address: &str) -> Arc<str> {
        // Addresses are mailed with their domain in lower case.
        let group = group_of(domain_of(address));
        if let Some((known, _)) = self.lanes.get_key_value(group) {
            return known.clone();
        }
        if self.lanes.len() >= MOST_LANES {
            self.lanes.retain(|_, lane| !lane.is_idle());
        }
        group.into()
    }

    fn is_one_voice_of_many(&mut self, group: &Arc<str>, now: Timestamp) -> bool {
        self.voices.retain(|(said, at)| said != group && (0..SAME_CAUSE_MS).contains(&now.since_ms(*at)));
        self.voices.push((group.clone(), now));
        if self.voices.len() > VOICES {
            self.voices.remove(0);
        }
        self.voices.len() == VOICES
    }
}

/// What stands behind the last `@`.
fn domain_of(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |(_, domain)| domain)
}

#[cfg(test)]
mod tests;
