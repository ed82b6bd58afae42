//! What a store should do, kept in plain lists: written from what the traits
//! say, knowing nothing of tables, statements or indexes.

mod readers;
mod seen;

use std::collections::BTreeMap;

use postbell::domain::{
    DAY_MS, DeliveryKind, DeliveryStatus, MailingStatus, SubscriptionStatus, SuppressionReason, Timestamp,
};
use postbell::store::{FanOut, Health, Settled};

use super::{Call, Held, Key, LEASE_MS, Standing};

/// A mailing.
#[derive(Debug)]
pub struct Mailed {
    pub blog: usize,
    pub status: MailingStatus,
    created_at: Timestamp,
    /// How many readers the fan-out has passed, and whether that is all.
    passed: usize,
    is_filled: bool,
    is_braked: bool,
}

/// A subscription.
#[derive(Debug)]
struct Reader {
    standing: Standing,
    /// The pause, and its end if it has one.
    pause: Option<Option<Timestamp>>,
    /// Posts from then on are for this reader.
    since: Timestamp,
    has_left: bool,
}

/// A delivery.
#[derive(Debug)]
struct Mail {
    key: Key,
    kind: DeliveryKind,
    status: DeliveryStatus,
    due: Timestamp,
    holder: Option<usize>,
    attempts: u32,
    /// The step of a fan-out that it came with: they are claimed together.
    block: Option<usize>,
    /// When it is due again that its holder gave back, who holds others of its block.
    given_back: Option<Timestamp>,
}

/// A mail that a stranger can cause, as it is counted.
#[derive(Debug)]
struct Asked {
    bound: &'static str,
    blog: usize,
    who: usize,
    at: Timestamp,
    is_used: bool,
}

/// A store in memory.
#[derive(Debug, Default)]
pub struct Model {
    pub mailings: Vec<Mailed>,
    readers: Vec<Reader>,
    mails: Vec<Mail>,
    asked: Vec<Asked>,
    suppressed: BTreeMap<(usize, Option<usize>), SuppressionReason>,
    blocks: usize,
    health: BTreeMap<(usize, i64), Health>,
    accepted: BTreeMap<i64, i64>,
}

fn day(now: Timestamp) -> i64 {
    now.as_millis() / DAY_MS
}

impl Mail {
    fn is_queued(&self) -> bool {
        self.status == DeliveryStatus::Queued
    }

    fn is_leased(&self, now: Timestamp) -> bool {
        self.holder.is_some() && now < self.due
    }

    fn is_held_by(&self, node: usize) -> bool {
        self.is_queued() && self.holder == Some(node) && self.given_back.is_none()
    }

    fn free(&mut self, due: Timestamp) {
        (self.holder, self.given_back, self.due) = (None, None, due);
    }
}

impl Reader {
    fn is_paused(&self, now: Timestamp) -> bool {
        self.pause.is_some_and(|until| until.is_none_or(|until| now < until))
    }

    fn seen(&self, now: Timestamp) -> Standing {
        Standing { is_paused: self.is_paused(now), ..self.standing.clone() }
    }
}

impl Model {
    /// What this call answers; the state is as after it.
    pub fn call(&mut self, call: &Call, now: Timestamp) -> String {
        match call {
            Call::SignUp { blog, who } => format!("{:?}", self.sign_up(*blog, *who, now)),
            Call::Change { blog, who, change } => format!("{:?}", self.change(*blog, *who, *change, now)),
            Call::Suppress { who, blog, reason } => format!("{:?}", self.suppress(*who, *blog, *reason, now)),
            Call::Lift { who, blog } => format!("{}", self.suppressed.remove(&(*who, *blog)).is_some()),
            Call::Import { blog, rows } => {
                let outcomes: Vec<_> = rows.iter().map(|row| self.import(*blog, row.0, row.1, now)).collect();
                format!("{outcomes:?}")
            }
            Call::MailPost { blog } => {
                self.mailings.push(Mailed {
                    blog: *blog,
                    status: MailingStatus::Filling,
                    created_at: now,
                    passed: 0,
                    is_filled: false,
                    is_braked: false,
                });
                "a mailing, and no second".into()
            }
            Call::FanOut { mailing, limit } => format!("{:?}", self.fan_out(*mailing, *limit, now)),
            Call::Claim { node, limit } => format!("{:?}", self.claim(*node, *limit as usize, now)),
            Call::Renew { node, keys } => {
                let held = self.mails.iter().filter(|m| m.is_held_by(*node) && keys.contains(&m.key));
                let (mut renewed, blocks): (Vec<_>, Vec<_>) =
                    held.map(|mail| (mail.key.clone(), mail.block)).unzip();
                for mail in self.mails.iter_mut().filter(|mail| mail.is_queued()) {
                    let is_beside = mail.block.is_some() && blocks.contains(&mail.block);
                    if is_beside || renewed.contains(&mail.key) {
                        mail.due = now.plus_ms(LEASE_MS);
                    }
                }
                renewed.sort();
                format!("{renewed:?}")
            }
            Call::Settle { node, settlements } => {
                let written = settlements.iter().filter(|each| self.settle(*node, &each.0, &each.1, now));
                format!("{}", written.count())
            }
            Call::SetStatus { mailing, from, to } => {
                format!("{}", self.set_status(*mailing, *from, *to, now))
            }
            Call::Brake { blog } => {
                let mut braked = Vec::new();
                for (n, mailing) in self.mailings.iter_mut().enumerate().filter(|(_, m)| m.blog == *blog) {
                    let has_mails =
                        || self.mails.iter().any(|mail| mail.key.mailing == Some(n) && mail.is_queued());
                    let is_under_way = match mailing.status {
                        MailingStatus::Filling => true,
                        status => status == MailingStatus::Sending && has_mails(),
                    };
                    if is_under_way {
                        (mailing.status, mailing.is_braked) = (MailingStatus::Paused, true);
                        braked.push(n);
                    }
                }
                format!("{braked:?}")
            }
            Call::Finish => format!("{:?}", self.finish(now)),
            Call::Free { node } => {
                let is_leased = |mail: &&mut Mail| mail.is_queued() && mail.holder == Some(*node);
                let held: Vec<_> = self.mails.iter_mut().filter(is_leased).collect();
                let count = held.len();
                for mail in held {
                    // A first try goes to its old place; a later one has none.
                    mail.free(if mail.attempts == 0 { mail.key.queued_at } else { now });
                }
                format!("{count}")
            }
        }
    }

    fn why_no_mail(&self, who: usize, blog: usize) -> Option<SuppressionReason> {
        self.suppressed.get(&(who, None)).or_else(|| self.suppressed.get(&(who, Some(blog)))).copied()
    }

    fn reader(&mut self, blog: usize, who: usize) -> Option<&mut Reader> {
        self.readers.iter_mut().find(|reader| (reader.standing.blog, reader.standing.who) == (blog, who))
    }

    fn rests(&self, mail: &Mail) -> bool {
        let status = mail.key.mailing.map(|mailing| self.mailings[mailing].status);
        matches!(status, Some(MailingStatus::Paused | MailingStatus::Cancelled))
    }

    fn queue(
        &mut self,
        kind: DeliveryKind,
        mailing: Option<usize>,
        (blog, who): (usize, usize),
        is_sent: bool,
        now: Timestamp,
    ) {
        let status = if is_sent { DeliveryStatus::Queued } else { DeliveryStatus::Withheld };
        let key = Key { queued_at: now, kind: kind.as_str(), mailing, blog, who };
        let block = mailing.map(|_| self.blocks);
        let (due, given_back) = (now, None);
        self.mails.push(Mail { key, kind, status, due, holder: None, attempts: 0, block, given_back });
    }

    fn fan_out(&mut self, id: usize, limit: u32, now: Timestamp) -> FanOut {
        let mailing = &self.mailings[id];
        if mailing.status != MailingStatus::Filling {
            return FanOut { written: 0, is_complete: true };
        }
        let blog = mailing.blog;
        let gets_it = |reader: &Reader| {
            reader.since <= mailing.created_at
                && !reader.is_paused(now)
                && self.why_no_mail(reader.standing.who, blog).is_none()
        };
        // A step looks at followers, whether or not they get it.
        let behind = self.readers.iter().enumerate().skip(mailing.passed);
        let step: Vec<_> = behind
            .filter(|(_, r)| r.standing.blog == blog && r.standing.status == SubscriptionStatus::Active)
            .take(limit as usize)
            .collect();
        let next: Vec<_> = step.iter().filter(|(_, r)| gets_it(r)).map(|(_, r)| r.standing.who).collect();
        let is_complete = step.len() < limit as usize;
        let passed = step.last().map_or(mailing.passed, |(row, _)| row + 1);
        let mailing = &mut self.mailings[id];
        mailing.passed = passed;
        if is_complete {
            (mailing.status, mailing.is_filled) = (MailingStatus::Sending, true);
        }
        self.blocks += 1;
        for who in &next {
            self.queue(DeliveryKind::Post, Some(id), (blog, *who), true, now);
        }
        FanOut { written: next.len() as u64, is_complete }
    }

    fn held(&self, mail: &Mail, now: Timestamp) -> Held {
        let (blog, who) = (mail.key.blog, mail.key.who);
        let reader = self.readers.iter().find(|r| (r.standing.blog, r.standing.who) == (blog, who)).unwrap();
        Held {
            key: mail.key.clone(),
            attempts: mail.attempts,
            status: reader.standing.status,
            is_paused: reader.is_paused(now),
            suppressed: self.why_no_mail(who, blog),
            leased_until: mail.due,
        }
    }

    /// What ran out of its lease is free, whoever claims what.
    fn free_expired(&mut self, now: Timestamp) {
        let is_over = |mail: &&mut Mail| mail.is_queued() && mail.holder.is_some() && mail.due <= now;
        for mail in self.mails.iter_mut().filter(is_over) {
            mail.free(if mail.block.is_some() { mail.key.queued_at } else { mail.due });
        }
    }

    fn claim(&mut self, node: usize, limit: usize, now: Timestamp) -> Vec<Held> {
        self.free_expired(now);
        let due =
            |mail: &Mail| mail.is_queued() && mail.holder.is_none() && mail.due <= now && !self.rests(mail);
        let mut rows: Vec<usize> = (0..self.mails.len()).filter(|row| due(&self.mails[*row])).collect();
        // Age is how long a mail has been due. What is older than any block goes
        // before the blocks, what is younger than one behind all.
        let oldest =
            rows.iter().map(|row| &self.mails[*row]).filter(|m| m.block.is_some()).map(|m| m.due).min();
        rows.sort_by_key(|row| {
            let mail = &self.mails[*row];
            let is_behind = mail.kind.is_mass() && oldest.is_some_and(|oldest| oldest < mail.due);
            let place = if mail.block.is_some() {
                1
            } else if is_behind {
                2
            } else {
                0
            };
            (place, mail.kind.priority(), mail.due, mail.block)
        });
        let mut claimed: Vec<usize> = Vec::new();
        for row in rows {
            let last = claimed.last().and_then(|last| self.mails[*last].block);
            // A block is claimed as a whole.
            if claimed.len() < limit || last.is_some() && self.mails[row].block == last {
                claimed.push(row);
            }
        }
        for row in &claimed {
            (self.mails[*row].holder, self.mails[*row].due) = (Some(node), now.plus_ms(LEASE_MS));
        }
        claimed.iter().map(|row| self.held(&self.mails[*row], now)).collect()
    }

    fn settle(&mut self, node: usize, key: &Key, settled: &Settled, now: Timestamp) -> bool {
        let held = |m: &&mut Mail| m.is_held_by(node) && m.key == *key;
        let block = self.mails.iter_mut().find(held).and_then(|mail| mail.block);
        // Those of a block that were given back stay in it, to one moment.
        let again = self.mails.iter().find_map(|m| m.given_back.filter(|_| m.block == block));
        let Some(mail) = self.mails.iter_mut().find(held) else { return false };
        match settled {
            Settled::Sent { .. } => mail.status = DeliveryStatus::Sent,
            Settled::Failed { .. } => mail.status = DeliveryStatus::Failed,
            Settled::Withheld { .. } => mail.status = DeliveryStatus::Withheld,
            Settled::GivenBack { at }
                if block.is_some() && *at > now && again.is_none_or(|again| again == *at) =>
            {
                mail.given_back = Some(*at);
            }
            // From now on it goes alone.
            Settled::Retry { at, .. } | Settled::GivenBack { at } => (mail.due, mail.block) = (*at, None),
        }
        if mail.given_back.is_none() {
            mail.holder = None;
        }
        mail.attempts += u32::from(!matches!(settled, Settled::Withheld { .. } | Settled::GivenBack { .. }));
        if mail.kind.is_mass() && matches!(mail.status, DeliveryStatus::Sent | DeliveryStatus::Failed) {
            let health = self.health.entry((key.blog, day(now))).or_default();
            health.attempts += 1;
            health.hard += i64::from(matches!(settled, Settled::Failed { is_hard: true, .. }));
            if mail.status == DeliveryStatus::Sent {
                health.accepted += 1;
                *self.accepted.entry(day(now)).or_default() += 1;
            }
        }
        let beside = |mail: &&mut Mail| {
            mail.is_queued() && block.is_some() && mail.block == block && mail.holder.is_some()
        };
        let rest: Vec<&mut Mail> = self.mails.iter_mut().filter(beside).collect();
        if rest.iter().all(|mail| mail.given_back.is_some()) {
            let due = rest.iter().filter_map(|mail| mail.given_back).min();
            rest.into_iter().for_each(|mail| mail.free(due.unwrap()));
        }
        true
    }

    /// Of every cancelled mailing: what was on its way when it ended may have come back since.
    fn withhold_cancelled(&mut self, now: Timestamp) {
        self.free_expired(now);
        let over: Vec<_> = self.mailings.iter().map(|m| m.status == MailingStatus::Cancelled).collect();
        let rest =
            |m: &&mut Mail| m.key.mailing.is_some_and(|id| over[id]) && m.is_queued() && m.holder.is_none();
        self.mails.iter_mut().filter(rest).for_each(|mail| mail.status = DeliveryStatus::Withheld);
    }

    fn set_status(&mut self, id: usize, from: MailingStatus, to: MailingStatus, now: Timestamp) -> bool {
        if to == MailingStatus::Cancelled {
            self.free_expired(now);
        }
        let mailing = &mut self.mailings[id];
        if mailing.status != from {
            return false;
        }
        mailing.status =
            if to == MailingStatus::Sending && !mailing.is_filled { MailingStatus::Filling } else { to };
        if std::mem::take(&mut mailing.is_braked) && to == MailingStatus::Sending {
            let blog = mailing.blog;
            self.health.retain(|(of, _), _| *of != blog);
        }
        if to == MailingStatus::Cancelled {
            self.withhold_cancelled(now);
        }
        true
    }

    fn finish(&mut self, now: Timestamp) -> Vec<usize> {
        let mut finished = Vec::new();
        self.withhold_cancelled(now);
        for id in 0..self.mailings.len() {
            let is_over = !self.mails.iter().any(|mail| mail.key.mailing == Some(id) && mail.is_queued());
            if self.mailings[id].status == MailingStatus::Sending && is_over {
                self.mailings[id].status = MailingStatus::Done;
                finished.push(id);
            }
        }
        finished
    }

    /// The mails that a node holds.
    pub fn keys_of(&self, node: usize) -> Vec<Key> {
        self.mails.iter().filter(|mail| mail.is_held_by(node)).map(|mail| mail.key.clone()).collect()
    }
}
