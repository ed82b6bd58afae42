//! The same calls on a real store, its rows known by the model's names.

use std::collections::BTreeMap;

use postbell::domain::{
    Blog, BlogId, Change, ConsentKind, Decision, DeliveryId, DeliveryKind, Evidence, MailingId,
    MailingStatus, Reason, Subscription, SubscriptionId, Timestamp, Transition, sign_up_step,
};
use postbell::store::{Claimed, Node, Settlement, SignedUp, SubscriberFilter};

use super::{Call, Held, Key, LEASE_MS, NODES, Seen, Standing};
use crate::store::post;
use crate::support::stores::{NOW, Opened, address, content, import_row, sign_up};

/// A store under test.
pub struct Driven {
    opened: Opened,
    blogs: Vec<Blog>,
    mailings: Vec<MailingId>,
    subscriptions: BTreeMap<(usize, usize), SubscriptionId>,
    /// Deliveries that were claimed once.
    deliveries: BTreeMap<Key, DeliveryId>,
}

fn name(who: usize) -> String {
    format!("r{who}@example.org")
}

/// The number in an address.
fn who(address: &str) -> usize {
    address.trim_start_matches('r').split('@').next().unwrap().parse().unwrap()
}

impl Driven {
    /// An empty one with blogs and nodes.
    pub async fn new(opened: Opened) -> Self {
        let blogs = vec![opened.blog("first").await, opened.blog("second").await];
        for id in NODES {
            let node = Node {
                id: id.into(),
                host: "host".into(),
                pid: 1,
                roles: "sender".into(),
                version: "0".into(),
                key_mark: "mark".into(),
                started_at: NOW,
                seen_at: NOW,
                held: 0,
            };
            opened.store.beat(&node).await.unwrap();
        }
        Self { opened, blogs, mailings: vec![], subscriptions: BTreeMap::new(), deliveries: BTreeMap::new() }
    }

    /// What the store answers to this call.
    pub async fn call(&mut self, call: &Call, now: Timestamp) -> String {
        let store = self.opened.store.clone();
        let ids: Vec<_> = self.blogs.iter().map(|blog| blog.id).collect();
        let of = |blog: &Option<usize>| blog.map(|blog| ids[blog]);
        match call {
            Call::SignUp { blog, who } => {
                let wish = sign_up(&self.blogs[*blog], &name(*who), now);
                let answer = store.sign_up(&wish, &sign_up_step, now).await.unwrap();
                assert!(matches!(answer, SignedUp::Accepted { .. }));
                "()".into()
            }
            Call::Change { blog, who, change } => {
                if !self.subscriptions.contains_key(&(*blog, *who)) {
                    self.readers(now).await;
                }
                let id = self.subscriptions.get(&(*blog, *who)).copied().unwrap_or(SubscriptionId(9_999));
                let transition = transition(*change);
                let done =
                    store.transition(id, &|_| Some(transition), &Evidence::default(), now).await.unwrap();
                format!(
                    "{:?}",
                    done.map(|(before, after)| (self.standing(&before, now), self.standing(&after, now)))
                )
            }
            Call::Suppress { who, blog, reason } => {
                store.suppress(&address(&name(*who)), of(blog), *reason, now).await.unwrap();
                "()".to_owned()
            }
            Call::Lift { who, blog } => {
                format!("{}", store.lift_suppression(&address(&name(*who)), of(blog)).await.unwrap())
            }
            Call::Import { blog, rows } => {
                let rows: Vec<_> =
                    rows.iter().map(|(who, status)| import_row(&name(*who), *status)).collect();
                let blog = self.blogs[*blog].id;
                let outcomes = store.import(blog, &rows, ConsentKind::Imported, now).await.unwrap();
                format!("{outcomes:?}")
            }
            Call::MailPost { blog } => {
                let title = format!("post {}", self.mailings.len());
                let post = post(&self.opened, &self.blogs[*blog], &title, Decision::Held).await;
                let mail = async || {
                    store.mail_post(post, Decision::Held, &content(&title), &Reason::New, now).await.unwrap()
                };
                let (first, second) = (mail().await.unwrap(), mail().await);
                self.mailings.push(first);
                if second.is_none() { "a mailing, and no second".into() } else { format!("{second:?}") }
            }
            Call::FanOut { mailing, limit } => {
                format!("{:?}", store.fan_out(self.mailings[*mailing], *limit, now).await.unwrap())
            }
            Call::Claim { node, limit } => {
                let claimed = store.claim(NODES[*node], now, now.plus_ms(LEASE_MS), *limit).await.unwrap();
                let held: Vec<_> = claimed.iter().map(|claimed| self.held(claimed)).collect();
                let ids = claimed.iter().map(|claimed| claimed.id);
                self.deliveries.extend(held.iter().map(|held| held.key.clone()).zip(ids));
                format!("{held:?}")
            }
            Call::Renew { node, keys } => {
                let ids: Vec<_> = keys.iter().map(|key| self.deliveries[key]).collect();
                let until = now.plus_ms(LEASE_MS);
                let renewed = store.renew(NODES[*node], &ids, until).await.unwrap();
                let mut keys: Vec<_> = renewed
                    .iter()
                    .map(|id| self.deliveries.iter().find(|(_, each)| *each == id).unwrap().0)
                    .collect();
                keys.sort();
                format!("{keys:?}")
            }
            Call::Settle { node, settlements } => {
                let all: Vec<_> = settlements
                    .iter()
                    .map(|(key, settled)| Settlement { id: self.deliveries[key], settled: settled.clone() })
                    .collect();
                format!("{}", store.settle(NODES[*node], &all, now).await.unwrap())
            }
            Call::SetStatus { mailing, from, to } => {
                let reason = (*to != MailingStatus::Sending).then_some(&Reason::PausedByHand);
                let id = self.mailings[*mailing];
                format!("{}", store.set_mailing_status(id, *from, *to, reason, now).await.unwrap())
            }
            Call::Brake { blog } => {
                let why = Reason::Braked { hard: 10, attempts: 200, since: now };
                let braked = store.brake(self.blogs[*blog].id, &why, None, now).await.unwrap();
                let numbers: Vec<_> = braked.into_iter().map(|id| self.mailing(id)).collect();
                format!("{numbers:?}")
            }
            Call::Finish => {
                let finished = store.finish_mailings(now).await.unwrap();
                let mut numbers: Vec<_> = finished.into_iter().map(|id| self.mailing(id)).collect();
                numbers.sort_unstable();
                format!("{numbers:?}")
            }
            Call::Free { node } => format!("{}", store.free_leases(Some(NODES[*node]), now).await.unwrap()),
        }
    }

    /// Every subscription, in order; their rows are known from then on.
    async fn readers(&mut self, now: Timestamp) -> Vec<Standing> {
        let page = self.opened.store.page_subscriptions(&SubscriberFilter::default(), 1000).await.unwrap();
        let readers: Vec<_> = page.iter().map(|subscription| self.standing(subscription, now)).collect();
        for (standing, subscription) in readers.iter().zip(&page) {
            self.subscriptions.insert((standing.blog, standing.who), subscription.id);
        }
        readers
    }

    /// How things stand.
    pub async fn seen(&mut self, now: Timestamp) -> Seen {
        let store = self.opened.store.clone();
        let readers = self.readers(now).await;
        let mut followers = Vec::new();
        for blog in &self.blogs {
            let counts = store.follower_counts(blog.id, now).await.unwrap();
            assert_eq!(store.count_followers(blog.id).await.unwrap(), counts.followers);
            followers.push(counts);
        }
        let mut mailings = Vec::new();
        for id in &self.mailings {
            let status = store.get_mailing(*id).await.unwrap().unwrap().status;
            let counts = store.delivery_counts(*id).await.unwrap();
            assert_eq!(store.count_deliveries(*id).await.unwrap(), counts);
            mailings.push((status, counts));
        }
        let ids: Vec<_> = self.deliveries.values().copied().collect();
        let mut held = Vec::new();
        for node in NODES {
            let claimed = store.recheck(node, &ids, now).await.unwrap();
            let mut rows: Vec<_> = claimed.iter().map(|claimed| self.held(claimed)).collect();
            rows.sort_by(|a, b| a.key.cmp(&b.key));
            held.push(rows);
        }
        let unwell = store.list_unwell(now).await.unwrap();
        let nodes = store.list_nodes(now).await.unwrap();
        let of = |id| nodes.iter().find(|node| node.id == id).unwrap().held;
        Seen {
            readers,
            followers,
            mailings,
            held,
            leases: NODES.map(of).to_vec(),
            unwell: unwell.into_iter().map(|(blog, health)| (self.blog(blog), health)).collect(),
            accepted_today: store.accepted_today(now).await.unwrap(),
            next_due: store.next_due().await.unwrap(),
            gauges: store.gauges(now).await.unwrap(),
        }
    }

    fn blog(&self, id: BlogId) -> usize {
        self.blogs.iter().position(|blog| blog.id == id).unwrap()
    }

    fn mailing(&self, id: MailingId) -> usize {
        self.mailings.iter().position(|each| *each == id).unwrap()
    }

    fn standing(&self, of: &Subscription, now: Timestamp) -> Standing {
        Standing {
            blog: self.blog(of.blog_id),
            who: who(&of.address),
            status: of.status,
            is_paused: of.is_paused(now),
            confirmed_at: of.confirmed_at,
            expires_at: of.expires_at,
        }
    }

    fn held(&self, claimed: &Claimed) -> Held {
        Held {
            key: Key {
                queued_at: claimed.queued_at,
                kind: claimed.kind.as_str(),
                mailing: claimed.mailing_id.map(|id| self.mailing(id)),
                blog: self.blog(claimed.blog_id.unwrap()),
                who: who(&claimed.address),
            },
            attempts: claimed.attempts,
            status: claimed.status.unwrap(),
            is_paused: claimed.is_paused,
            suppressed: claimed.suppressed,
            leased_until: claimed.leased_until,
        }
    }
}

/// A change with what its flow would record and mail.
fn transition(change: Change) -> Transition {
    let (consent, mail) = match change {
        Change::Activate => (ConsentKind::Confirmed, Some(DeliveryKind::Welcome)),
        Change::End => (ConsentKind::Left, Some(DeliveryKind::Goodbye)),
        Change::Undo => (ConsentKind::Undone, None),
        Change::Pause(_) => (ConsentKind::Paused, None),
        Change::Resume => (ConsentKind::Resumed, None),
    };
    Transition { change, consent, mail }
}
