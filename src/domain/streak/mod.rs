//! What a row of refusals says that no single one of them does: the same
//! refusal to many readers is about us, whatever its words (R17), and so are
//! refusals of everybody in words that vary.
//!
//! [`Watch`] follows one relay in memory; [`across`] judges what several
//! processes, living or killed, have written down. Pure.

mod shape;

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;

use super::blog::words;
use super::{DAY_MS, HOUR_MS, Timestamp};
pub use shape::{KNOWN_DOMAIN, is_unknown_mailbox, names_domain, shape_of, unknown_domain};

/// So many distinct readers with the same refusal in a row are about us.
pub const ROW: u32 = 20;
/// Or half of so many last answers.
pub const WINDOW: usize = 50;
/// Of so many receiving domains at least; of fewer, it is about them.
pub const DOMAINS: usize = 3;
/// Everybody whom a mailing was to reach is about us from so many readers on,
/// where they are fewer than a row.
pub const LEAST_EVERYBODY: usize = 3;
/// Domains that are remembered.
const MOST_DOMAINS: usize = 1_024;
/// What was refused so long before a row is taken back with it.
const TAKEN_BACK_MS: i64 = HOUR_MS;

/// Who has to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The relay, as a whole.
    Relay,
    /// One receiving domain behind it.
    Domain,
}

words!(Scope { Relay = "relay", Domain = "domain" });

/// What a refusal is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Distinct readers in the row of the same refusal that this one ends.
    pub run: u32,
    /// The same among the readers of its domain.
    pub domain_run: u32,
    /// Distinct readers in the row of refusals in whatever words; known to its
    /// own process alone.
    pub any_run: u32,
    /// Who has to rest, if it is about us.
    pub about: Option<Scope>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Taken,
    Refused { shape: u64, reader: u64, domain: u64 },
}

impl Outcome {
    fn refused_as(&self, shape: u64) -> Option<(u64, u64)> {
        match *self {
            Self::Refused { shape: its, reader, domain } if its == shape => Some((reader, domain)),
            _ => None,
        }
    }

    fn refused_at(&self) -> Option<u64> {
        if let Self::Refused { domain, .. } = *self { Some(domain) } else { None }
    }
}

/// The last answers of one relay. Empty, and of no cost, while it refuses
/// nothing for good.
#[derive(Debug, Default)]
pub struct Watch {
    /// The newest last.
    recent: VecDeque<Outcome>,
    /// Of each domain the row of its own readers: shape and readers.
    rows: HashMap<u64, (u64, HashSet<u64>)>,
    /// When a refusal named us at this domain last.
    named: HashMap<u64, Timestamp>,
    /// When this domain was said to be unknown last.
    unknown: HashMap<u64, Timestamp>,
    /// When the last mail that this domain took was begun.
    took: HashMap<u64, Timestamp>,
    /// The domain of the mail that was begun last of those that were taken,
    /// and of the last for another one.
    taken: [Option<(u64, Timestamp)>; 2],
}

impl Watch {
    /// Whether a mail that is taken changes nothing here.
    pub fn is_idle(&self) -> bool {
        self.named.is_empty()
            && self.rows.is_empty()
            && !self.recent.iter().any(|one| matches!(one, Outcome::Refused { .. }))
    }

    /// A mail to this domain, begun at this moment, was taken.
    pub fn note_taken(&mut self, domain: &str, began_at: Timestamp) {
        let domain = hash(domain);
        if self.taken[0].is_none_or(|(last, _)| last != domain) {
            self.taken[1] = self.taken[0];
        }
        self.taken[0] = Some((domain, began_at));
        self.rows.remove(&domain);
        self.named.remove(&domain);
        self.unknown.remove(&domain);
        note_at(&mut self.took, domain, began_at);
        self.push(Outcome::Taken);
    }

    /// A mail was refused for good, in words that do not tell that it is
    /// about us; not where status and words both say that there is no such
    /// mailbox ([`is_unknown_mailbox`]): those are dead readers. Nor is it about
    /// a domain that is said to be unknown: it is dead.
    pub fn note_refused(&mut self, shape: &str, reader: &str, domain: &str, now: Timestamp) -> Seen {
        let is_dead_domain = names_domain(shape);
        let is_said_unknown = is_dead_domain || shape == KNOWN_DOMAIN;
        let (shape, reader, domain) = (hash(shape), hash(reader), hash(domain));
        self.push(Outcome::Refused { shape, reader, domain });
        let refused = |one: &Outcome| one.refused_as(shape);
        let (run, _) = self.row_of(shape);
        let refused_anyhow = |one: &Outcome| match *one {
            Outcome::Refused { reader, domain, .. } => Some((reader, domain)),
            Outcome::Taken => None,
        };
        let (any_run, any_domains) = distinct(self.recent.iter().rev().map_while(refused_anyhow));
        // The readers of a closed domain that stand together are one of fifty; not
        // of one that took a mail a moment ago: that is the relay, which finds it at times.
        let is_closed = |domain: u64| {
            let took = self.took.get(&domain);
            is_dead_domain && took.is_none_or(|at| !(0..TAKEN_BACK_MS).contains(&now.since_ms(*at)))
        };
        let mut last = None;
        let mut is_next_to_its_own = |one: &Outcome| {
            let domain = one.refused_at();
            std::mem::replace(&mut last, domain) == domain && domain.is_some_and(is_closed)
        };
        let apart = self.recent.iter().filter(|one| !is_next_to_its_own(one));
        let (all, all_domains) = distinct(apart.filter_map(refused));
        let domain_run = if is_dead_domain { 0 } else { self.own_row(domain, shape, reader) };
        // Domains that were said to be unknown with everybody's wait: with few
        // others left to ask, they still are of those that it is said of.
        let named = self.named_before(now);
        let waits = |among: &HashSet<u64>| named.keys().filter(|domain| !among.contains(domain)).count();
        let are_many = |of: &HashSet<u64>| of.len() + if is_dead_domain { waits(of) } else { 0 } >= DOMAINS;
        // A server that chooses its words anew each time refuses no less.
        let is_row = any_run >= ROW && are_many(&any_domains);
        let is_half = all as usize * 2 >= WINDOW && are_many(&all_domains);
        let about = match (is_row || is_half, domain_run >= ROW) {
            (true, _) => Some(Scope::Relay),
            (false, true) => Some(Scope::Domain),
            (false, false) => None,
        };
        // Within a dead domain, a row of its readers is no suspicion.
        let any_run = if is_dead_domain && !are_many(&any_domains) { 0 } else { any_run };
        if is_said_unknown {
            note_at(&mut self.unknown, domain, now);
        }
        Seen { run, domain_run, any_run, about }
    }

    /// A refusal whose words name us, to a reader of this domain. It is the
    /// relay's, unless others were served since this domain said so before:
    /// what was on its way already proves nothing.
    pub fn note_named(&mut self, domain: &str, now: Timestamp) -> Scope {
        let domain = hash(domain);
        let before = self.named_before(now).get(&domain).copied();
        let is_own = before.is_some_and(|since| self.served_another(domain, since));
        note_at(&mut self.named, domain, now);
        if is_own { Scope::Domain } else { Scope::Relay }
    }

    /// The same in words that a receiving domain says of us, through whichever
    /// relay: it is the domain's, unless another one names us too, and nobody
    /// else was served since.
    pub fn note_named_by_receiver(&mut self, domain: &str, now: Timestamp) -> Scope {
        let domain = hash(domain);
        let others = self.named_before(now).iter().filter(|(other, _)| **other != domain);
        let newest = others.map(|(_, said_at)| *said_at).max();
        let is_all = newest.is_some_and(|since| !self.served_another(domain, since));
        note_at(&mut self.named, domain, now);
        if is_all { Scope::Relay } else { Scope::Domain }
    }

    /// Who named us; what was said of us days ago is another matter.
    fn named_before(&mut self, now: Timestamp) -> &HashMap<u64, Timestamp> {
        self.named.retain(|_, said_at| (0..DAY_MS).contains(&now.since_ms(*said_at)));
        &self.named
    }

    fn served_another(&self, domain: u64, since: Timestamp) -> bool {
        self.taken.iter().flatten().any(|(other, began_at)| *other != domain && *began_at > since)
    }

    /// Whether this domain named us within a day, or was said to be unknown
    /// when it was said of everybody, and took nothing since.
    pub fn is_named(&self, domain: &str, now: Timestamp) -> bool {
        let said_at = self.named.get(&hash(domain));
        said_at.is_some_and(|said_at| (0..DAY_MS).contains(&now.since_ms(*said_at)))
    }

    /// What was found out is acted upon: the next row begins anew.
    pub fn begin_anew(&mut self) {
        self.recent.clear();
        self.rows.clear();
    }

    /// A row that is about the relay takes back what was said of domains, dead
    /// ones too. They come again together, with nobody served in between, and
    /// must not look like a row once more: each rests alone then.
    pub fn doubt_domains(&mut self, now: Timestamp) {
        for (domain, said_at) in std::mem::take(&mut self.unknown) {
            if (0..=TAKEN_BACK_MS).contains(&now.since_ms(said_at)) {
                note_at(&mut self.named, domain, now);
            }
        }
    }

    /// Whether the row of this refusal that ends with the last answer is of as
    /// many readers and domains as a small mailing needs ([`is_everybody`]).
    pub fn may_be_everybody(&self, shape: &str) -> bool {
        let (readers, domains) = self.row_of(hash(shape));
        readers as usize >= LEAST_EVERYBODY && domains.len() >= DOMAINS
    }

    fn row_of(&self, shape: u64) -> (u32, HashSet<u64>) {
        distinct(self.recent.iter().rev().map_while(|one| one.refused_as(shape)))
    }

    fn push(&mut self, outcome: Outcome) {
        if self.recent.len() == WINDOW {
            self.recent.pop_front();
        }
        self.recent.push_back(outcome);
    }

    fn own_row(&mut self, domain: u64, shape: u64, reader: u64) -> u32 {
        if self.rows.len() >= MOST_DOMAINS && !self.rows.contains_key(&domain) {
            self.rows.clear();
        }
        let row = self.rows.entry(domain).or_insert_with(|| (shape, HashSet::new()));
        if row.0 != shape {
            *row = (shape, HashSet::new());
        }
        if row.1.len() < ROW as usize {
            row.1.insert(reader);
        }
        u32::try_from(row.1.len()).unwrap_or(u32::MAX)
    }
}

fn note_at(all: &mut HashMap<u64, Timestamp>, domain: u64, now: Timestamp) {
    if all.len() >= MOST_DOMAINS && !all.contains_key(&domain) {
        all.clear();
    }
    all.insert(domain, now);
}

/// How many distinct readers, and their domains.
fn distinct(refused: impl Iterator<Item = (u64, u64)>) -> (u32, HashSet<u64>) {
    let (readers, domains): (HashSet<u64>, HashSet<u64>) = refused.unzip();
    (u32::try_from(readers.len()).unwrap_or(u32::MAX), domains)
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// A refusal as it was written down; `seen` as its process saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The process.
    pub node: String,
    /// The receiving domain.
    pub domain: String,
    /// What it was part of there.
    pub seen: Seen,
}

/// What the refusals of one shape over one relay, newest first, are about:
/// the relay (`None`), or these domains. Each process saw only its own, and
/// the row of one that was killed is gone on with by another.
pub fn across(written: &[Written]) -> Option<Vec<Option<String>>> {
    let mut runs: HashMap<&str, u32> = HashMap::new();
    let mut in_a_row: HashMap<&str, u32> = HashMap::new();
    let mut own_runs: HashMap<(&str, &str), u32> = HashMap::new();
    let mut domains = HashSet::new();
    for one in written {
        let run = *runs.entry(&one.node).or_insert(one.seen.run);
        let place = in_a_row.entry(&one.node).or_default();
        *place += 1;
        if *place <= run {
            domains.insert(one.domain.as_str());
        }
        own_runs.entry((&one.domain, &one.node)).or_insert(one.seen.domain_run);
    }
    let is_said = |scope| move |one: &&Written| one.seen.about == Some(scope);
    let is_row = runs.values().sum::<u32>() >= ROW && domains.len() >= DOMAINS;
    if is_row || written.iter().any(|one| is_said(Scope::Relay)(&one)) {
        return Some(vec![None]);
    }
    let mut sums: HashMap<&str, u32> = HashMap::new();
    for ((domain, _), run) in own_runs {
        *sums.entry(domain).or_default() += run;
    }
    let mut about: Vec<&str> =
        sums.into_iter().filter(|(_, sum)| *sum >= ROW).map(|(domain, _)| domain).collect();
    about.extend(written.iter().filter(is_said(Scope::Domain)).map(|one| one.domain.as_str()));
    about.sort_unstable();
    about.dedup();
    (!about.is_empty()).then(|| about.into_iter().map(|domain| Some(domain.to_owned())).collect())
}

/// Whether the refusals of one shape over one relay are about it, given that
/// they are all that a mailing came to and nobody was served since: it may
/// have fewer readers than a row.
pub fn is_everybody(written: &[Written]) -> bool {
    let domains: HashSet<&str> = written.iter().map(|one| one.domain.as_str()).collect();
    written.len() >= LEAST_EVERYBODY && domains.len() >= DOMAINS
}

#[cfg(test)]
mod tests;
