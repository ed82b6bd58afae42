//! What calls about readers do to the store in memory.

use postbell::domain::{
    ALL_TOGETHER, Bound, CHANGE, Change, DeliveryKind, DeliveryStatus, HOUR_MS, MailCounts, QUESTION,
    SignUpFacts, SubscriptionStatus, SuppressionReason, Timestamp, sign_up_step,
};
use postbell::store::ImportOutcome;

use super::super::Standing;
use super::{Asked, Mail, Model, Reader, day};

impl Model {
    fn add(&mut self, blog: usize, who: usize, status: SubscriptionStatus, now: Timestamp) -> &mut Reader {
        let is_active = status == SubscriptionStatus::Active;
        self.readers.push(Reader {
            standing: Standing {
                blog,
                who,
                status,
                is_paused: false,
                confirmed_at: is_active.then_some(now),
                expires_at: None,
            },
            pause: None,
            since: now,
            has_left: status == SubscriptionStatus::Ended,
        });
        self.readers.last_mut().unwrap()
    }

    pub(super) fn sign_up(&mut self, blog: usize, who: usize, now: Timestamp) {
        let facts = SignUpFacts {
            status: self
                .readers
                .iter()
                .map(|r| &r.standing)
                .find(|s| (s.blog, s.who) == (blog, who))
                .map(|s| s.status),
            suppressed: self.why_no_mail(who, blog),
            counts: self.caused(&QUESTION, blog, who, now),
        };
        let step = sign_up_step(&facts);
        if step.status == SubscriptionStatus::Pending {
            if facts.status.is_none() {
                self.add(blog, who, SubscriptionStatus::Pending, now);
            }
            let reader = self.reader(blog, who).unwrap();
            // Who followed and gets no mail has left before they are asked.
            reader.has_left |= facts.status == Some(SubscriptionStatus::Active);
            reader.standing.status = SubscriptionStatus::Pending;
            reader.standing.expires_at = Some(now.plus_ms(48 * HOUR_MS));
        }
        if step.send {
            self.asked.push(Asked { bound: QUESTION.name, blog, who, at: now, is_used: false });
        }
        self.queue(step.mail, None, (blog, who), step.send, now);
    }

    /// Here each reader has one spelling, so that a blog's are a subscription's.
    fn caused(&self, bound: &Bound, blog: usize, who: usize, now: Timestamp) -> MailCounts {
        let count = |is_counted: &dyn Fn(&Asked) -> bool, within_ms: i64| {
            let counted = self
                .asked
                .iter()
                .filter(|asked| asked.who == who && now.since_ms(asked.at) < within_ms && is_counted(asked));
            u32::try_from(counted.count()).unwrap()
        };
        let of_bound = |asked: &Asked| {
            asked.bound == bound.name && asked.blog == blog && (bound.counts_used || !asked.is_used)
        };
        let mut within = [0; 2];
        for (at, limit) in bound.limits.iter().enumerate() {
            within[at] = count(&of_bound, limit.within_ms);
        }
        MailCounts { within, all_together: count(&|asked| !asked.is_used, ALL_TOGETHER.within_ms) }
    }

    pub(super) fn change(
        &mut self,
        blog: usize,
        who: usize,
        change: Change,
        now: Timestamp,
    ) -> Option<(Standing, Standing)> {
        use SubscriptionStatus::{Active, Ended, Pending};
        let reader = self.reader(blog, who)?;
        let before = reader.seen(now);
        match (change, before.status) {
            (Change::Activate, Pending | Ended) => {
                (reader.standing.status, reader.standing.confirmed_at) = (Active, Some(now));
                (reader.standing.expires_at, reader.pause, reader.since) = (None, None, now);
                reader.has_left = false;
            }
            (Change::End, Pending | Active) => {
                (reader.standing.status, reader.standing.expires_at) = (Ended, None);
                reader.has_left = true;
            }
            (Change::Undo, Pending | Ended) if before.confirmed_at.is_some() && reader.has_left => {
                (reader.standing.status, reader.standing.expires_at) = (Active, None);
                reader.has_left = false;
            }
            (Change::Pause(until), Active) => reader.pause = Some(until),
            (Change::Resume, Active) => reader.pause = None,
            _ => return Some((before.clone(), before)),
        }
        let after = reader.seen(now);
        if change == Change::Activate {
            self.suppressed.remove(&(who, Some(blog)));
            let questions = self.asked.iter_mut().rev().filter(|asked| asked.bound == QUESTION.name);
            let newest = questions.into_iter().find(|a| (a.blog, a.who, a.is_used) == (blog, who, false));
            if let Some(asked) = newest {
                asked.is_used = true;
            }
            self.queue(DeliveryKind::Welcome, None, (blog, who), true, now);
        }
        if change == Change::End {
            // What somebody holds, however late, is left to that sender.
            let waits = |m: &&mut Mail| {
                m.is_queued()
                    && m.holder.is_none()
                    && (m.key.blog, m.key.who) == (blog, who)
                    && m.kind != DeliveryKind::Goodbye
            };
            self.mails.iter_mut().filter(waits).for_each(|mail| mail.status = DeliveryStatus::Withheld);
            let is_sent = CHANGE.allows(&self.caused(&CHANGE, blog, who, now));
            if is_sent {
                self.asked.push(Asked { bound: CHANGE.name, blog, who, at: now, is_used: false });
            }
            self.queue(DeliveryKind::Goodbye, None, (blog, who), is_sent, now);
        }
        Some((before, after))
    }

    /// A complaint counts at each blog that the reader follows or followed.
    pub(super) fn suppress(
        &mut self,
        who: usize,
        blog: Option<usize>,
        reason: SuppressionReason,
        now: Timestamp,
    ) {
        let is_new = !self.suppressed.contains_key(&(who, blog));
        self.suppressed.entry((who, blog)).or_insert(reason);
        if is_new && reason == SuppressionReason::Complained {
            for reader in self.readers.iter().map(|reader| &reader.standing) {
                if reader.who == who && reader.confirmed_at.is_some() {
                    self.health.entry((reader.blog, day(now))).or_default().complaints += 1;
                }
            }
        }
    }

    pub(super) fn import(
        &mut self,
        blog: usize,
        who: usize,
        wish: SubscriptionStatus,
        now: Timestamp,
    ) -> ImportOutcome {
        use SubscriptionStatus::{Active, Ended, Pending};
        if self.why_no_mail(who, blog).is_some() {
            return ImportOutcome::Suppressed;
        }
        let Some(reader) = self.reader(blog, who) else {
            self.add(blog, who, wish, now);
            return ImportOutcome::Added;
        };
        match (reader.standing.status, wish) {
            (_, Ended) | (Active, _) => ImportOutcome::Unchanged,
            _ if reader.has_left => ImportOutcome::LeftBefore,
            (Pending, Pending) => ImportOutcome::Waiting,
            (Pending, Active) => {
                (reader.standing.status, reader.standing.confirmed_at) = (Active, Some(now));
                (reader.standing.expires_at, reader.since) = (None, now);
                ImportOutcome::Activated
            }
            _ => ImportOutcome::Unchanged,
        }
    }
}
