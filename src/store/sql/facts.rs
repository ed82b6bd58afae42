//! What became of claimed deliveries, as it is noted and as it is written into
//! them; equal on both databases.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::Tx;
use super::blocks::{Block, state};
use super::dialect::{apply_singles, tally, text};
use super::health::{add_to_day, day_of};
use super::held::{hold_blocks_of, save_blocks};
use super::rows::{at, stored};
use super::said::Said;
use super::singles::{Single, write_singles};
use crate::domain::{DeliveryStatus, Reply, Timestamp};
use crate::store::{Health, Result, Settled, Settlement};

/// A fact as it is noted: number, node, moment, state, next try, whether it was
/// a try, reason, reply (code, enhanced status, text), whether the reader is at
/// fault.
type Columns<'a> = (
    i64,
    &'a str,
    i64,
    &'static str,
    Option<i64>,
    u8,
    Option<Cow<'a, str>>,
    Option<u16>,
    Option<Cow<'a, str>>,
    Option<Cow<'a, str>>,
    u8,
);

/// A fact as it is read, and as a statement takes it, by name.
#[derive(Debug, Deserialize, Serialize)]
pub(in crate::store) struct Fact {
    pub(in crate::store) id: i64,
    pub(super) node: String,
    at: i64,
    status: String,
    next_attempt_at: Option<i64>,
    is_try: i64,
    reason: Option<String>,
    code: Option<u16>,
    enhanced: Option<String>,
    text: Option<String>,
    is_hard: i64,
}

/// A delivery that a fact was written into.
#[derive(Debug, sqlx::FromRow)]
struct Written {
    id: i64,
    blog_id: Option<i64>,
    mailing_id: Option<i64>,
}

/// A settlement as it is noted, an array of JSON.
pub(in crate::store) fn noted(settlement: &Settlement, node: &str, now: Timestamp) -> String {
    use DeliveryStatus::{Failed, Queued, Sent, Withheld};
    let (status, next, reason, reply): (_, Option<Timestamp>, Option<String>, Option<&Reply>) =
        match &settlement.settled {
            Settled::Sent { reply } => (Sent, None, None, Some(reply)),
            Settled::Failed { reply, .. } => (Failed, None, None, Some(reply)),
            Settled::Withheld { reason } => (Withheld, None, Some(stored(reason)), None),
            Settled::Retry { at, reply } => (Queued, Some((*at).max(now)), None, Some(reply)),
            Settled::GivenBack { at } => (Queued, Some(*at), None, None),
        };
    let columns: Columns<'_> = (
        settlement.id.0,
        node,
        now.as_millis(),
        status.as_str(),
        next.map(Timestamp::as_millis),
        // A try that counts is one with a reply.
        u8::from(reply.is_some()),
        // A server may answer anything, and a reason may quote it.
        reason.as_deref().map(text),
        reply.and_then(|reply| reply.code),
        reply.and_then(|reply| reply.enhanced.as_deref()).map(text),
        reply.map(|reply| text(&reply.text)),
        u8::from(matches!(settlement.settled, Settled::Failed { is_hard: true, .. })),
    );
    serde_json::to_string(&columns).expect("numbers and texts are JSON")
}

/// Writes facts into their deliveries, each where its node holds the lease, and
/// counts them. Of several by one node about one delivery the first counts.
/// Answers how many were written.
pub(in crate::store) async fn apply_facts(tx: &mut Tx, mut facts: Vec<Fact>, slot: i64) -> Result<u64> {
    let mut known = HashSet::new();
    facts.retain(|fact| known.insert((fact.id, fact.node.clone())));
    let nodes: BTreeSet<&str> = facts.iter().map(|fact| fact.node.as_str()).collect();
    let held = hold_blocks_of(tx, &nodes.into_iter().collect::<Vec<_>>()).await?;
    let mut blocks: BTreeMap<i64, Block> = held.into_iter().map(|block| (block.id, block)).collect();
    let mut counted = Counted::default();
    let (mut singles, mut others) = (Vec::new(), Vec::new());
    let mut replies: BTreeMap<i64, Vec<Said>> = BTreeMap::new();
    let mut changed = BTreeSet::new();
    let mut written = 0;
    for fact in facts {
        let block = blocks.range_mut(..=fact.id).next_back().map(|(_, block)| block);
        let held = block.and_then(|block| {
            let place = block.place_of(fact.id)?;
            let is_held =
                block.lease_owner.as_deref() == Some(&fact.node) && block.states[place] == state::QUEUED;
            is_held.then_some((block, place))
        });
        let Some((block, place)) = held else {
            others.push(fact);
            continue;
        };
        written += 1;
        changed.insert(block.id);
        counted.add(&fact, Some(block.blog_id), Some(block.mailing_id));
        match into_block(block, place, fact) {
            Became::Sent(said) => replies.entry(block.id).or_default().push(said),
            Became::Single(single) => singles.push(single),
            Became::GivenBack => {}
        }
    }
    let mut changed: Vec<Block> = changed.iter().filter_map(|id| blocks.remove(id)).collect();
    for block in &mut changed {
        block.add_replies(&replies.remove(&block.id).unwrap_or_default());
        block.close_if_done();
    }
    save_blocks(tx, &changed).await?;
    write_singles(tx, &singles).await?;
    written += into_singles(tx, others, &mut counted).await?;
    counted.write(tx, slot).await?;
    Ok(written)
}

/// What became of a place of a block.
enum Became {
    Sent(Said),
    Single(Single),
    GivenBack,
}

fn into_block(block: &mut Block, place: usize, fact: Fact) -> Became {
    let queued = DeliveryStatus::Queued.as_str();
    if fact.status == DeliveryStatus::Sent.as_str() {
        block.states[place] = state::SENT;
        block.settled_at = block.settled_at.max(Some(fact.at));
        let reply = Reply { code: fact.code, enhanced: fact.enhanced, text: fact.text.unwrap_or_default() };
        return Became::Sent(Said { place, at: fact.at, reply });
    }
    let is_given_back = fact.status == queued && fact.is_try == 0;
    let is_later = fact.next_attempt_at > Some(fact.at);
    if is_given_back && is_later && block.again_at.is_none_or(|known| Some(known) == fact.next_attempt_at) {
        block.states[place] = state::GIVEN_BACK;
        block.again_at = fact.next_attempt_at;
        return Became::GivenBack;
    }
    // Also one that comes back at once, or at a moment of its own.
    let single = block.take_out(place);
    Became::Single(Single {
        status: DeliveryStatus::parse(&fact.status).unwrap_or(DeliveryStatus::Failed).as_str(),
        attempts: fact.is_try,
        next_attempt_at: fact.next_attempt_at,
        settled_at: fact.next_attempt_at.is_none().then_some(fact.at),
        code: fact.code.map(i64::from),
        enhanced: fact.enhanced,
        text: fact.text,
        reason: fact.reason,
        is_hard: fact.is_hard,
        ..single
    })
}

async fn into_singles(tx: &mut Tx, facts: Vec<Fact>, counted: &mut Counted) -> Result<u64> {
    if facts.is_empty() {
        return Ok(0);
    }
    let written: Vec<Written> = sqlx::query_as(apply_singles!())
        .bind(serde_json::to_string(&facts).expect("numbers and texts are JSON"))
        .fetch_all(&mut **tx)
        .await?;
    let by_id: HashMap<i64, &Written> = written.iter().map(|row| (row.id, row)).collect();
    let mut seen = HashSet::new();
    for fact in &facts {
        if let Some(row) = by_id.get(&fact.id)
            && seen.insert(fact.id)
        {
            counted.add(fact, row.blog_id, row.mailing_id);
        }
    }
    Ok(written.len() as u64)
}

/// What is counted of those that were tried for good.
#[derive(Default)]
struct Counted {
    tallies: BTreeMap<String, i64>,
    /// By blog and day.
    days: BTreeMap<(i64, i64), Health>,
}

impl Counted {
    fn add(&mut self, fact: &Fact, blog: Option<i64>, mailing: Option<i64>) {
        let is_sent = fact.status == DeliveryStatus::Sent.as_str();
        if !is_sent && fact.status != DeliveryStatus::Failed.as_str() {
            return;
        }
        *self.tallies.entry(fact.status.clone()).or_default() += 1;
        if let (Some(blog), Some(_)) = (blog, mailing) {
            let day = self.days.entry((blog, day_of(at(fact.at)))).or_default();
            day.attempts += 1;
            day.accepted += i64::from(is_sent);
            day.hard += fact.is_hard;
        }
    }

    async fn write(self, tx: &mut Tx, slot: i64) -> Result<()> {
        for (status, count) in self.tallies {
            sqlx::query(tally!()).bind(status).bind(slot).bind(count).execute(&mut **tx).await?;
        }
        for ((blog, day), counted) in self.days {
            add_to_day(tx, blog, day, slot, &counted).await?;
        }
        Ok(())
    }
}
