//! Who may begin now: so many at once, few of one host, and who is slow in a
//! quarter of the places. Pure: it waits for nothing and knows no time.

use std::collections::{HashMap, HashSet, VecDeque};

/// Slow ones that are remembered; when they are more, all are found anew.
const MOST_SLOW_KNOWN: usize = 10_000;

/// How much at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::publish) struct Room {
    /// Places in all. A quarter of them is for who is slow.
    pub places: usize,
    /// Of these, so many for one host.
    pub for_a_host: usize,
    /// Claimed ones that wait for their host, or for a slow place.
    pub waiting: usize,
}

impl Room {
    /// With less than four places there is no quarter, and nobody is moved.
    fn slow(self) -> usize {
        self.places / 4
    }

    fn fast(self) -> usize {
        self.places.max(1) - self.slow()
    }
}

/// One thing to do.
#[derive(Debug, Clone)]
pub struct Job<T> {
    /// Never two of one key at the same time.
    pub key: i64,
    /// Whose server is asked.
    pub host: String,
    /// What it is about.
    pub item: T,
}

/// What becomes of a job that is slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slowed {
    /// It goes on, in a slow place from now on.
    Moved,
    /// It goes on where it is.
    Stays,
    /// It is to be broken off: the slow places are all taken.
    MustWait,
}

#[derive(Debug)]
struct Seated<T> {
    job: Job<T>,
    is_slow: bool,
}

/// The places and who waits for one.
#[derive(Debug)]
pub(super) struct Places<T> {
    room: Room,
    seated: HashMap<i64, Seated<T>>,
    slow_taken: usize,
    hosts: HashMap<String, usize>,
    /// In the order in which they came.
    waiting: VecDeque<Job<T>>,
    waiting_slow: VecDeque<Job<T>>,
    /// Who was slow the last time begins in a slow place.
    known_slow: HashSet<i64>,
}

impl<T: Clone> Places<T> {
    pub fn new(room: Room) -> Self {
        Self {
            room,
            seated: HashMap::new(),
            slow_taken: 0,
            hosts: HashMap::new(),
            waiting: VecDeque::new(),
            waiting_slow: VecDeque::new(),
            known_slow: HashSet::new(),
        }
    }

    /// Fast places that nobody has.
    pub fn free(&self) -> usize {
        self.room.fast().saturating_sub(self.seated.len() - self.slow_taken)
    }

    /// Whether it is worth to ask for more: each time a place gets free would
    /// be a transaction a job.
    pub fn is_airy(&self) -> bool {
        self.free() >= self.room.fast().div_ceil(4)
    }

    pub fn is_empty(&self) -> bool {
        self.seated.is_empty() && self.waiting.is_empty() && self.waiting_slow.is_empty()
    }

    pub fn add(&mut self, job: Job<T>) {
        if self.known_slow.contains(&job.key) {
            self.waiting_slow.push_back(job);
        } else {
            self.waiting.push_back(job);
        }
    }

    /// The next that may begin; it has its place from now on.
    pub fn next(&mut self) -> Option<Job<T>> {
        let is_slow_free = self.slow_taken < self.room.slow();
        let (job, is_slow) = match self.first_of(false, self.free() > 0) {
            Some(job) => (job, false),
            None => (self.first_of(true, is_slow_free)?, true),
        };
        *self.hosts.entry(job.host.clone()).or_default() += 1;
        self.slow_taken += usize::from(is_slow);
        self.seated.insert(job.key, Seated { job: job.clone(), is_slow });
        Some(job)
    }

    fn first_of(&mut self, is_slow: bool, is_free: bool) -> Option<Job<T>> {
        let queue = if is_slow { &mut self.waiting_slow } else { &mut self.waiting };
        let may = |job: &Job<T>| {
            self.hosts.get(&job.host).is_none_or(|taken| *taken < self.room.for_a_host)
                && !self.seated.contains_key(&job.key)
        };
        let at = if is_free { queue.iter().position(may)? } else { return None };
        queue.remove(at)
    }

    /// This one is slow: it does not keep a fast place.
    pub fn slow_down(&mut self, key: i64) -> Slowed {
        if self.room.slow() == 0 {
            return Slowed::Stays;
        }
        let Some(seated) = self.seated.get_mut(&key) else { return Slowed::Stays };
        if self.known_slow.len() >= MOST_SLOW_KNOWN {
            self.known_slow.clear();
        }
        self.known_slow.insert(key);
        if seated.is_slow {
            return Slowed::Stays;
        }
        if self.slow_taken >= self.room.slow() {
            return Slowed::MustWait;
        }
        seated.is_slow = true;
        self.slow_taken += 1;
        Slowed::Moved
    }

    /// This one ended and was never slow.
    pub fn was_quick(&mut self, key: i64) {
        self.known_slow.remove(&key);
    }

    /// Its place is free; gives the job back.
    pub fn leave(&mut self, key: i64) -> Option<Job<T>> {
        let Seated { job, is_slow } = self.seated.remove(&key)?;
        self.slow_taken -= usize::from(is_slow);
        if let Some(taken) = self.hosts.get_mut(&job.host) {
            *taken -= 1;
            if *taken == 0 {
                self.hosts.remove(&job.host);
            }
        }
        Some(job)
    }

    /// Those that came last, of more than may wait.
    pub fn surplus(&mut self) -> Vec<Job<T>> {
        let mut surplus = Vec::new();
        for queue in [&mut self.waiting, &mut self.waiting_slow] {
            let at = queue.len().min(self.room.waiting);
            surplus.extend(queue.split_off(at));
        }
        surplus
    }

    /// All that wait; nobody does afterwards.
    pub fn dismiss(&mut self) -> Vec<Job<T>> {
        self.waiting.drain(..).chain(self.waiting_slow.drain(..)).collect()
    }

    /// All that are claimed: who has a place and who waits.
    pub fn held(&self) -> impl Iterator<Item = &Job<T>> {
        let seated = self.seated.values().map(|seated| &seated.job);
        seated.chain(&self.waiting).chain(&self.waiting_slow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(places: usize, waiting: usize) -> Places<()> {
        Places::new(Room { places, for_a_host: 4, waiting })
    }

    fn job(key: i64, host: &str) -> Job<()> {
        Job { key, host: host.to_owned(), item: () }
    }

    fn begun(places: &mut Places<()>) -> Vec<i64> {
        std::iter::from_fn(|| places.next().map(|job| job.key)).collect()
    }

    #[test]
    fn one_host_has_four_places_and_the_others_go_past_who_waits_for_it() {
        let mut places = places(64, 100);
        (0..20).for_each(|key| places.add(job(key, "crowd")));
        (20..23).for_each(|key| places.add(job(key, &format!("host {key}"))));
        assert_eq!(begun(&mut places), [0, 1, 2, 3, 20, 21, 22]);
        places.leave(2);
        assert_eq!(begun(&mut places), [4]);
    }

    #[test]
    fn who_is_slow_moves_to_a_quarter_and_frees_a_place() {
        let mut places = places(8, 100);
        (0..20).for_each(|key| places.add(job(key, &format!("host {key}"))));
        assert_eq!(begun(&mut places), [0, 1, 2, 3, 4, 5]);
        assert_eq!((places.slow_down(0), places.slow_down(1)), (Slowed::Moved, Slowed::Moved));
        assert_eq!(places.slow_down(0), Slowed::Stays, "it has its place");
        assert_eq!(begun(&mut places), [6, 7]);
        assert_eq!(places.slow_down(2), Slowed::MustWait);
        let broken_off = places.leave(2).unwrap();
        places.add(broken_off);
        assert_eq!(begun(&mut places), [8], "not the slow one");
        places.leave(0);
        assert_eq!(begun(&mut places), [2], "in the slow place");
        assert_eq!((places.slow_taken, places.free()), (2, 0));
    }

    #[test]
    fn who_was_slow_begins_in_a_slow_place_until_it_was_quick() {
        let mut places = places(4, 100);
        for round in 0..3 {
            places.add(job(1, "a"));
            assert_eq!(begun(&mut places), [1]);
            assert_eq!(places.slow_taken, usize::from(round == 1), "round {round}");
            if round == 0 {
                places.slow_down(1);
            } else {
                places.was_quick(1);
            }
            places.leave(1);
        }
        assert!(places.is_empty() && places.hosts.is_empty());
    }

    #[test]
    fn with_three_places_nobody_is_moved() {
        let mut places = places(3, 100);
        (0..4).for_each(|key| places.add(job(key, &format!("host {key}"))));
        assert_eq!(begun(&mut places), [0, 1, 2]);
        assert_eq!(places.slow_down(0), Slowed::Stays);
        assert!(begun(&mut places).is_empty());
    }

    #[test]
    fn never_two_of_one_key_and_never_too_many_wait() {
        let mut places = places(64, 3);
        (0..4).for_each(|_| places.add(job(7, "a")));
        assert_eq!(begun(&mut places), [7]);
        places.add(job(8, "a"));
        assert_eq!(places.surplus().iter().map(|job| job.key).collect::<Vec<_>>(), [8]);
        assert_eq!(places.held().count(), 4);
        assert_eq!(places.dismiss().len(), 3);
        assert_eq!(places.held().count(), 1);
    }
}
