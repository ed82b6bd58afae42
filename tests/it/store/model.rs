//! Random sequences of calls: each is answered, and after every few of them the
//! store stands, as by a model in memory says. Both databases are held to the same model by the
//! same sequences, so they agree with each other too.
//!
//! `POSTBELL_MODEL_SEEDS=1000` runs more of them. What fails prints its seed and
//! the calls up to the one that went wrong.

mod reference;
mod store;

use std::fmt::Write as _;

use postbell::domain::{
    Change, DAY_MS, HOUR_MS, MailingStatus, Reply, SubscriptionStatus, SuppressionReason, Timestamp,
};
use postbell::store::{DeliveryCounts, FollowerCounts, Gauges, Health, Settled};

use crate::support::stores::{NOW, here};
use reference::Model;
use store::Driven;

crate::for_each_database!(random_calls_are_answered_as_by_a_model_in_memory);

const SEEDS: u64 = 20;
const CALLS: usize = 60;
/// A look costs more than a call.
const LOOK_EVERY: usize = 4;
const BLOGS: usize = 2;
const READERS: usize = 6;
const NODES: [&str; 2] = ["a", "b"];
const LEASE_MS: i64 = 15_000;

/// A delivery, by what is known of it without its row: no two calls are made
/// at the same moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    queued_at: Timestamp,
    kind: &'static str,
    mailing: Option<usize>,
    blog: usize,
    who: usize,
}

/// A delivery under lease.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    key: Key,
    attempts: u32,
    status: SubscriptionStatus,
    is_paused: bool,
    suppressed: Option<SuppressionReason>,
    leased_until: Timestamp,
}

/// Where a subscription stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Standing {
    blog: usize,
    who: usize,
    status: SubscriptionStatus,
    is_paused: bool,
    confirmed_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
}

/// What is looked at after every few calls.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    readers: Vec<Standing>,
    followers: Vec<FollowerCounts>,
    mailings: Vec<(MailingStatus, DeliveryCounts)>,
    held: Vec<Vec<Held>>,
    leases: Vec<i64>,
    unwell: Vec<(usize, Health)>,
    accepted_today: i64,
    next_due: Option<Timestamp>,
    gauges: Gauges,
}

/// One call. Blogs, readers, mailings and nodes are known by their number.
#[derive(Debug)]
enum Call {
    SignUp { blog: usize, who: usize },
    Change { blog: usize, who: usize, change: Change },
    Suppress { who: usize, blog: Option<usize>, reason: SuppressionReason },
    Lift { who: usize, blog: Option<usize> },
    Import { blog: usize, rows: Vec<(usize, SubscriptionStatus)> },
    MailPost { blog: usize },
    FanOut { mailing: usize, limit: u32 },
    Claim { node: usize, limit: u32 },
    Renew { node: usize, keys: Vec<Key> },
    Settle { node: usize, settlements: Vec<(Key, Settled)> },
    SetStatus { mailing: usize, from: MailingStatus, to: MailingStatus },
    Brake { blog: usize },
    Finish,
    Free { node: usize },
}

/// A moment that is the same for a whole day.
fn day_after(now: Timestamp) -> Timestamp {
    Timestamp::from_millis((now.as_millis() / DAY_MS + 2) * DAY_MS)
}

/// Numbers that are the same for the same seed (SplitMix64).
struct Dice(u64);

impl Dice {
    /// Less than `sides`.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides as u64).unwrap()
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())].clone()
    }

    /// A moment after `now`, mostly soon.
    fn later(&mut self, now: Timestamp) -> Timestamp {
        let leaps = [400, 5_000, LEASE_MS - 1, 2 * LEASE_MS, HOUR_MS, DAY_MS / 2, 3 * DAY_MS];
        now.plus_ms(1 + if self.roll(3) == 0 { self.pick(&leaps) } else { 0 })
    }

    /// A few mails that somebody holds.
    fn keys(&mut self, model: &Model, node: usize) -> Vec<Key> {
        let mut keys = model.keys_of(node);
        if self.roll(4) == 0 {
            keys.extend(model.keys_of(1 - node));
        }
        while keys.len() > 4 {
            keys.remove(self.roll(keys.len()));
        }
        keys
    }

    fn settled(&mut self, now: Timestamp) -> Settled {
        let reply = |code| Reply { code: Some(code), enhanced: None, text: "said".into() };
        match self.roll(8) {
            0..3 => Settled::Sent { reply: reply(250) },
            3 => Settled::Retry { at: now.plus_ms(1 + self.pick(&[0, 20_000])), reply: reply(450) },
            4 => Settled::Failed { reply: reply(550), is_hard: true },
            5 => Settled::Failed { reply: reply(554), is_hard: false },
            6 => Settled::Withheld { reason: "for a reason".into() },
            // To moments that meet, now and then.
            _ => Settled::GivenBack { at: self.pick(&[now, day_after(now), day_after(now)]) },
        }
    }

    /// Something to do that mostly makes sense as things stand.
    fn call(&mut self, model: &Model, now: Timestamp) -> Call {
        use MailingStatus::{Cancelled, Filling, Paused, Sending};
        use SubscriptionStatus::{Active, Ended, Pending};
        let (blog, who, node) = (self.roll(BLOGS), self.roll(READERS), self.roll(NODES.len()));
        let mailing = self.roll(model.mailings.len().max(1));
        let scope = [None, Some(blog)][self.roll(2)];
        match self.roll(if model.mailings.is_empty() { 22 } else { 58 }) {
            0..6 => Call::SignUp { blog, who },
            6..14 => {
                let (activate, end) = (Change::Activate, Change::End);
                let pause = Change::Pause([None, Some(now.plus_ms(10_000))][self.roll(2)]);
                let change =
                    self.pick(&[activate, activate, activate, end, Change::Undo, pause, Change::Resume]);
                Call::Change { blog, who, change }
            }
            14 => {
                use SuppressionReason::{Bounced, Complained, Manual, Unsubscribed};
                let reason = if who % 2 == 0 { self.pick(&[Bounced, Manual]) } else { Complained };
                Call::Suppress {
                    who,
                    blog: scope,
                    reason: if scope.is_none() { reason } else { Unsubscribed },
                }
            }
            15 => Call::Lift { who, blog: scope },
            16..19 => {
                let rows = 1 + self.roll(4);
                let row = |_| (self.roll(READERS), self.pick(&[Active, Active, Active, Pending, Ended]));
                Call::Import { blog, rows: (0..rows).map(row).collect() }
            }
            19..22 => Call::MailPost { blog },
            22..30 => Call::FanOut { mailing, limit: 1 + self.roll(4) as u32 },
            30..38 => Call::Claim { node, limit: self.roll(6) as u32 },
            38..40 => Call::Renew { node, keys: self.keys(model, node) },
            40..49 => {
                let mut settlements = Vec::new();
                for key in self.keys(model, node) {
                    settlements.push((key, self.settled(now)));
                }
                if settlements.is_empty() {
                    return Call::Claim { node, limit: 4 };
                }
                if self.roll(4) == 0 {
                    settlements.push(self.pick(&settlements));
                }
                Call::Settle { node, settlements }
            }
            49..54 => {
                let from = model.mailings[mailing].status;
                let to = match from {
                    Filling | Sending => self.pick(&[Paused, Paused, Cancelled]),
                    _ => self.pick(&[Sending, Sending, Cancelled]),
                };
                let from = if self.roll(6) == 0 { self.pick(&[Filling, Sending, Paused]) } else { from };
                Call::SetStatus { mailing, from, to }
            }
            54 => Call::Brake { blog },
            55 | 56 => Call::Finish,
            _ => Call::Free { node },
        }
    }
}

/// Followers and a mailing for each blog, or half of the calls would have nothing to do.
fn beginning(n: usize) -> Call {
    let rows = (0..READERS - 1).map(|who| (who, SubscriptionStatus::Active)).collect();
    if n <= BLOGS { Call::Import { blog: n - 1, rows } } else { Call::MailPost { blog: n - BLOGS - 1 } }
}

async fn random_calls_are_answered_as_by_a_model_in_memory() {
    let seeds = std::env::var("POSTBELL_MODEL_SEEDS").map_or(SEEDS, |seeds| seeds.parse().unwrap());
    for seed in 1..=seeds {
        let (mut dice, mut model, mut now) = (Dice(seed), Model::default(), NOW);
        let mut driven = Driven::new(here().await).await;
        let mut calls = String::new();
        for n in 1..=CALLS {
            now = dice.later(now);
            let call = if n <= 2 * BLOGS { beginning(n) } else { dice.call(&model, now) };
            writeln!(calls, "{n:3} at +{} ms: {call:?}", now.since_ms(NOW)).unwrap();
            let (expected, answer) = (model.call(&call, now), driven.call(&call, now).await);
            assert_eq!(
                answer, expected,
                "seed {seed}: the store's answer (left) and the model's, after\n{calls}"
            );
            writeln!(calls, "      {answer}").unwrap();
            if n % LOOK_EVERY == 0 {
                let (seen, expected) = (driven.seen(now).await, model.seen(now));
                assert_eq!(seen, expected, "seed {seed}: the store (left) and the model, after\n{calls}");
            }
        }
    }
}
