//! What a thread computes, which is the same however much else a machine does.

use std::time::{Duration, Instant};

/// Begins to count on the thread that makes it, and counts for that thread.
pub struct Cpu {
    began: Instant,
    computed: Option<Duration>,
}

impl Cpu {
    pub fn start() -> Self {
        Self { began: Instant::now(), computed: computed() }
    }

    /// What was computed since; where a system does not tell, the time that went by.
    pub fn took(&self) -> Duration {
        match (self.computed, computed()) {
            (Some(before), Some(now)) => now.saturating_sub(before),
            _ => self.began.elapsed(),
        }
    }
}

/// Linux counts it for each thread, in nanoseconds (`sched-stats.rst`).
fn computed() -> Option<Duration> {
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    counted.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
