//! Calls of the store on a database that `benches/send` made, which no command makes alone.
//!
//! `claim URL` prints how many milliseconds a claim of 256 takes, as a median; `fold URL`
//! folds the mailings that are over, whatever their age.

#![expect(clippy::print_stdout, reason = "the bench reads it")]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use postbell::domain::{DAY_MS, Keys, Timestamp};
use postbell::store::postgres::PostgresStore;
use postbell::store::sqlite::SqliteStore;
use postbell::store::{Purged, Store, StoreError};

const CLAIM: u32 = 256;
const CLAIMS: usize = 31;

#[tokio::main]
async fn main() -> Result<(), StoreError> {
    let mut arguments = std::env::args().skip(1);
    let (what, url) = (arguments.next().expect("a call"), arguments.next().expect("a database"));
    let store = open(&url).await?;
    let now = Timestamp::from_millis(4_000_000_000_000);
    match what.as_str() {
        "claim" => println!("{}", claim(&*store, now).await?),
        "fold" => while store.purge(now, now, now, 1_000).await? != Purged::default() {},
        other => panic!("there is no call {other}"),
    }
    Ok(())
}

async fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    let keys = Keys::new(&[vec![7; 32]]).expect("the key is long enough");
    Ok(match url.strip_prefix("sqlite://") {
        Some(path) => Arc::new(SqliteStore::open(Path::new(path), keys).await?),
        None => Arc::new(PostgresStore::open(url, keys).await?),
    })
}

async fn claim(store: &dyn Store, now: Timestamp) -> Result<f64, StoreError> {
    let mut took = Vec::new();
    for _ in 0..CLAIMS {
        let began = Instant::now();
        let claimed = store.claim("bench", now, now.plus_ms(DAY_MS), CLAIM).await?;
        assert!(claimed.len() >= CLAIM as usize, "{} were claimed", claimed.len());
        took.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    took.sort_by(f64::total_cmp);
    Ok(took[CLAIMS / 2])
}
