//! Blocks: deliveries of one mailing that are written, claimed and settled
//! together; equal on both databases (decision 0033).

use sqlx::FromRow;

use super::rows::{Place, at};
use super::said::{Said, read_said, write_said};
use super::singles::Single;
use crate::domain::{BlogId, DeliveryId, DeliveryKind, DeliveryStatus, MailingId, Reason};
use crate::store::{DeliveryRecord, Result, StoreError};

/// Deliveries of one block, at most.
pub(super) const BLOCK: usize = 256;

/// Where a delivery of a block stands.
pub(super) mod state {
    pub const QUEUED: u8 = b'q';
    /// Claimed, and given back by its holder: free when the block is.
    pub const GIVEN_BACK: u8 = b'g';
    pub const SENT: u8 = b's';
    pub const CANCELLED: u8 = b'c';
    /// Has a row of its own.
    pub const ELSEWHERE: u8 = b'x';
}

/// Columns of [`Block`].
macro_rules! block_columns {
    () => {
        "k.id, k.kind, k.priority, k.mailing_id, k.blog_id, k.first_subscription_id, k.queued_at, k.next_attempt_at, k.lease_owner, \
         k.again_at, k.settled_at, k.states, k.readers, k.said"
    };
}
/// The number of the block that has the delivery of this number, if any has;
/// whether it reaches so far is seen from its states.
macro_rules! block_of {
    ($delivery:literal) => {
        concat!("(SELECT id FROM blocks WHERE id <= ", $delivery, " ORDER BY id DESC LIMIT 1)")
    };
}
/// Blocks `k` that may have subscriptions `s`: of each mailing of their blog the
/// one in whose reach they are.
macro_rules! blocks_of_subscriptions {
    () => {
        "subscriptions s JOIN mailings m ON m.blog_id = s.blog_id \
         JOIN blocks k ON k.id = (SELECT id FROM blocks WHERE mailing_id = m.id \
             AND first_subscription_id <= s.id ORDER BY first_subscription_id DESC LIMIT 1) \
         AND k.last_subscription_id >= s.id"
    };
}
pub(super) use {block_columns, block_of, blocks_of_subscriptions};

#[derive(Debug, FromRow)]
pub(super) struct BlockRow {
    id: i64,
    kind: String,
    priority: i64,
    mailing_id: i64,
    blog_id: i64,
    first_subscription_id: i64,
    queued_at: i64,
    next_attempt_at: Option<i64>,
    lease_owner: Option<String>,
    again_at: Option<i64>,
    settled_at: Option<i64>,
    states: String,
    readers: String,
    said: Option<String>,
}

/// A block.
#[derive(Debug)]
pub(in crate::store) struct Block {
    pub(super) id: i64,
    pub(super) kind: String,
    pub(super) priority: i64,
    pub(super) mailing_id: i64,
    pub(super) blog_id: i64,
    pub(super) first_subscription_id: i64,
    pub(super) queued_at: i64,
    pub(super) next_attempt_at: Option<i64>,
    pub(super) lease_owner: Option<String>,
    pub(super) again_at: Option<i64>,
    pub(super) settled_at: Option<i64>,
    pub(super) states: Vec<u8>,
    pub(super) readers: Vec<i64>,
    /// What was said, as it is stored.
    pub(super) said: Option<String>,
}

impl TryFrom<BlockRow> for Block {
    type Error = StoreError;

    fn try_from(row: BlockRow) -> Result<Self> {
        let place = Place { table: "blocks", row: row.id };
        let readers: Option<Vec<i64>> = row.readers.split(',').map(|id| id.parse().ok()).collect();
        let readers = place.need("readers", readers.filter(|ids| ids.len() == row.states.len()))?;
        Ok(Self {
            id: row.id,
            kind: row.kind,
            priority: row.priority,
            mailing_id: row.mailing_id,
            blog_id: row.blog_id,
            first_subscription_id: row.first_subscription_id,
            queued_at: row.queued_at,
            next_attempt_at: row.next_attempt_at,
            lease_owner: row.lease_owner,
            again_at: row.again_at,
            settled_at: row.settled_at,
            states: row.states.into_bytes(),
            readers,
            said: row.said,
        })
    }
}

impl Block {
    /// The place of the delivery of this number.
    pub(super) fn place_of(&self, number: i64) -> Option<usize> {
        let place = usize::try_from(number - self.id).ok()?;
        (place < self.states.len()).then_some(place)
    }

    pub(super) fn number(&self, place: usize) -> i64 {
        self.id + i64::try_from(place).unwrap_or_default()
    }

    pub(super) fn is_open_at(&self, place: usize) -> bool {
        matches!(self.states[place], state::QUEUED | state::GIVEN_BACK)
    }

    /// `None` for one with a row of its own.
    pub(super) fn status(&self, place: usize) -> Option<DeliveryStatus> {
        match self.states[place] {
            state::ELSEWHERE => None,
            state::SENT => Some(DeliveryStatus::Sent),
            state::CANCELLED => Some(DeliveryStatus::Withheld),
            _ => Some(DeliveryStatus::Queued),
        }
    }

    pub(super) fn count(&self, states: &[u8]) -> i64 {
        let count = self.states.iter().filter(|state| states.contains(state)).count();
        i64::try_from(count).unwrap_or_default()
    }

    /// What was said to those that were sent, as far as it is kept.
    pub(super) fn replies(&self) -> Vec<Said> {
        read_said(self.said.as_deref().unwrap_or_default(), self.queued_at)
    }

    /// Keeps these replies alone.
    pub(super) fn set_replies(&mut self, replies: &[Said]) {
        self.said = (!replies.is_empty()).then(|| write_said(replies, self.queued_at));
    }

    /// Adds replies, without reading those that are there.
    pub(super) fn add_replies(&mut self, replies: &[Said]) {
        if replies.is_empty() {
            return;
        }
        let more = write_said(replies, self.queued_at);
        match &mut self.said {
            Some(said) if !said.is_empty() => {
                said.push(',');
                said.push_str(&more);
            }
            said => *said = Some(more),
        }
    }

    /// Lets go of it when its holder has nothing of it any more: it is over, or
    /// due again when those are that were given back.
    pub(super) fn close_if_done(&mut self) {
        if self.states.contains(&state::QUEUED) {
            return;
        }
        self.lease_owner = None;
        if self.states.contains(&state::GIVEN_BACK) {
            self.next_attempt_at = self.again_at.or(self.next_attempt_at);
            self.free_given_back();
        } else {
            self.next_attempt_at = None;
        }
        self.again_at = None;
    }

    fn free_given_back(&mut self) {
        for state in self.states.iter_mut().filter(|state| **state == state::GIVEN_BACK) {
            *state = state::QUEUED;
        }
    }

    /// Frees what its holder has of it, to be due then.
    pub(super) fn free(&mut self, due_at: i64) {
        self.lease_owner = None;
        self.again_at = None;
        self.free_given_back();
        self.next_attempt_at = Some(due_at);
    }

    /// Takes a delivery that is open out of it, as a row of its own.
    pub(super) fn take_out(&mut self, place: usize) -> Single {
        self.states[place] = state::ELSEWHERE;
        Single {
            id: self.number(place),
            kind: self.kind.clone(),
            priority: self.priority,
            mailing_id: self.mailing_id,
            blog_id: self.blog_id,
            subscription_id: Some(self.readers[place]).filter(|id| *id != 0),
            status: DeliveryStatus::Queued.as_str(),
            queued_at: self.queued_at,
            next_attempt_at: self.next_attempt_at,
            ..Single::default()
        }
    }

    /// What a delivery of it carries.
    pub(super) fn kind(&self) -> Result<DeliveryKind> {
        Place { table: "blocks", row: self.id }.need("kind", DeliveryKind::parse(&self.kind))
    }

    /// A delivery of it as it is listed; `None` for one with a row of its own.
    pub(super) fn record(&self, place: usize, title: Option<String>) -> Result<Option<DeliveryRecord>> {
        let Some(status) = self.status(place) else { return Ok(None) };
        let is_open = self.is_open_at(place);
        let said = self.replies().into_iter().find(|said| said.place == place);
        let settled_at = said.as_ref().map(|said| said.at).or(self.settled_at);
        Ok(Some(DeliveryRecord {
            id: DeliveryId(self.number(place)),
            kind: self.kind()?,
            mailing_id: Some(MailingId(self.mailing_id)),
            blog_id: Some(BlogId(self.blog_id)),
            title,
            status,
            reason: (status == DeliveryStatus::Withheld).then_some(Reason::MailingCancelled),
            attempts: u32::from(status == DeliveryStatus::Sent),
            queued_at: at(self.queued_at),
            next_attempt_at: self.next_attempt_at.filter(|_| is_open).map(at),
            settled_at: settled_at.filter(|_| !is_open).map(at),
            reply: said.map(|said| said.reply).unwrap_or_default(),
        }))
    }
}
