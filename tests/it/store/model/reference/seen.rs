//! What can be asked of the store in memory at any moment.

use postbell::domain::{DeliveryStatus, MailingStatus, SubscriptionStatus, Timestamp};
use postbell::store::{DeliveryCounts, FollowerCounts, Gauges, HEALTH_DAYS, Health};

use super::super::{BLOGS, NODES, Seen};
use super::{Mail, Model, day};

impl Model {
    /// Everything that is compared after each call.
    pub fn seen(&self, now: Timestamp) -> Seen {
        let held = |node| {
            let mails = self.mails.iter().filter(|mail| mail.is_held_by(node) && !self.rests(mail));
            let mut held: Vec<_> = mails.map(|mail| self.held(mail, now)).collect();
            held.sort_by(|a, b| a.key.cmp(&b.key));
            held
        };
        let leases =
            |node| self.mails.iter().filter(|m| m.holder == Some(node) && m.is_leased(now)).count() as i64;
        let mailings = self.mailings.iter().enumerate();
        Seen {
            readers: self.readers.iter().map(|reader| reader.seen(now)).collect(),
            followers: (0..BLOGS).map(|blog| self.followers(blog, now)).collect(),
            mailings: mailings.map(|(id, mailing)| (mailing.status, self.counts(Some(id)))).collect(),
            held: (0..NODES.len()).map(held).collect(),
            leases: (0..NODES.len()).map(leases).collect(),
            unwell: (0..BLOGS).filter_map(|blog| Some((blog, self.unwell(blog, now)?))).collect(),
            accepted_today: self.accepted.get(&day(now)).copied().unwrap_or_default(),
            next_due: self.due_moments().min(),
            gauges: self.gauges(now),
        }
    }

    fn followers(&self, blog: usize, now: Timestamp) -> FollowerCounts {
        let mut counts = FollowerCounts::default();
        for reader in self.readers.iter().filter(|reader| reader.standing.blog == blog) {
            let standing = &reader.standing;
            match standing.status {
                SubscriptionStatus::Active if self.why_no_mail(standing.who, blog).is_some() => {
                    counts.suppressed += 1;
                }
                SubscriptionStatus::Active => {
                    counts.followers += 1;
                    counts.paused += i64::from(reader.is_paused(now));
                }
                SubscriptionStatus::Pending => {
                    counts.pending += i64::from(standing.expires_at.is_none_or(|at| now < at));
                }
                SubscriptionStatus::Ended => counts.ended += 1,
            }
        }
        counts
    }

    /// Of one mailing, or of everything.
    fn counts(&self, mailing: Option<usize>) -> DeliveryCounts {
        let mut counts = DeliveryCounts::default();
        for mail in self.mails.iter().filter(|mail| mailing.is_none() || mail.key.mailing == mailing) {
            *match mail.status {
                DeliveryStatus::Queued => &mut counts.queued,
                DeliveryStatus::Sent => &mut counts.sent,
                DeliveryStatus::Failed => &mut counts.failed,
                DeliveryStatus::Withheld => &mut counts.withheld,
            } += 1;
        }
        counts
    }

    fn unwell(&self, blog: usize, now: Timestamp) -> Option<Health> {
        let is_under_way = |status| matches!(status, MailingStatus::Filling | MailingStatus::Sending);
        let mut week = Health::default();
        for ((of, on), health) in &self.health {
            if *of == blog && *on > day(now) - HEALTH_DAYS {
                week.attempts += health.attempts;
                week.accepted += health.accepted;
                week.hard += health.hard;
                week.complaints += health.complaints;
            }
        }
        let is_known = self.mailings.iter().any(|m| m.blog == blog && is_under_way(m.status));
        (is_known && week.hard + week.complaints > 0).then_some(week)
    }

    fn due_moments(&self) -> impl Iterator<Item = Timestamp> {
        let waits = |mail: &&Mail| mail.is_queued() && !self.rests(mail);
        self.mails.iter().filter(waits).map(|mail| mail.due)
    }

    fn gauges(&self, now: Timestamp) -> Gauges {
        let all = self.counts(None);
        Gauges {
            resting_relays: 0,
            resting_domains: 0,
            sender_refused: 0,
            braked: i64::try_from(
                self.mailings.iter().filter(|m| m.is_braked && m.status == MailingStatus::Paused).count(),
            )
            .unwrap(),
            mail_too_large: 0,
            followers: (0..BLOGS).map(|blog| self.followers(blog, now).followers).sum(),
            queued: all.queued,
            oldest_due_at: self.due_moments().filter(|due| *due <= now).min(),
            failed: all.failed,
            sent: all.sent,
            held_posts: 0,
            failing_blogs: 0,
        }
    }
}
