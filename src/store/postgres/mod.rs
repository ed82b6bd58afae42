//! The PostgreSQL adapter: many nodes, many writers, one file a trait.
//!
//! Transactions are READ COMMITTED. Whatever is read and then written is
//! locked first: the row, or a name where there is no row yet (`hold`). Many
//! rows are locked in the order of their numbers.

mod clock;
mod dialect;
mod hints;
mod import_rows;
mod outbox;

#[path = "../sql/mod.rs"]
mod sql;

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, PgPool, Postgres, Transaction};

use super::Result;
use super::errors;
use crate::domain::Keys;
use hints::Hints;

// What the shared files call these.
use PostgresStore as SqlStore;
type Tx = Transaction<'static, Postgres>;
type Connection = PgConnection;

/// What brings a database to this version's form.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/postgres");

// A process has 16 connections: more than a few for each core of the database's
// machine only wait for each other there, and six processes still fit into the
// 100 that PostgreSQL allows as it comes.

/// Those over which is written.
const WRITER_CONNECTIONS: u32 = 6;
/// Those over which is read what pages, lists and counts show.
const READER_CONNECTIONS: u32 = 5;
/// Those over which a sender claims, and writes what was noted. Each is a
/// process of the server with caches of its own, and a pool hands them out in
/// turn: the same work over all connections costs a tenth more.
const SENDER_CONNECTIONS: u32 = 3;
/// Those over which it notes what was sent, in so many groups side by side. A
/// connection wakes the thread that opened it: these are the sender's own.
const NOTE_CONNECTIONS: u32 = 2;
/// How long a call waits for a connection of ours, or for a new one.
const ACQUIRE: Duration = Duration::from_secs(10);
/// A connection that was not used for so long is tried before it is trusted.
const TRUSTED: Duration = Duration::from_secs(1);
/// A node that stands still in the middle of a transaction (a stopped process,
/// a cut cable) loses it after so long, and what it locked is free. Whoever
/// waits for a lock waits no longer than that either. No statement of ours is
/// worth being compiled: that takes longer than running it.
const LIMITS: &str =
    "SET idle_in_transaction_session_timeout = '10s'; SET lock_timeout = '15s'; SET jit = off";
/// What writes, and what sends, is about a few rows, which it finds by an
/// index. The planner thinks of other ways while tables are small or not yet
/// counted, and PostgreSQL keeps its plan: it would go on reading a table of a
/// million rows through for each mail.
const BY_INDEX: &str = "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; \
    SET enable_mergejoin = off; SET enable_material = off";
/// Statements of a sender are about many rows each: a plan costs little beside
/// them, and is made anew for the tables as they are.
const PLANNED_ANEW: &str = "SET plan_cache_mode = force_custom_plan";
/// A sender that stands still amid what it writes holds blocks of others too:
/// they are free again well before a lease ends.
const SOON_GIVEN_UP: &str = "SET idle_in_transaction_session_timeout = '3s'";

/// A store in a PostgreSQL database, which other processes may share.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    writer: PgPool,
    reader: PgPool,
    sender: PgPool,
    notes: PgPool,
    keys: Keys,
    hints: Hints,
}

impl PostgresStore {
    /// Connects to the database of this URL (`postgres://…`), which must
    /// exist. The schema is the business of [`PostgresStore::migrate`].
    ///
    /// # Errors
    /// `Unavailable` when it cannot be reached, `Broken` when the URL is none.
    pub async fn open(url: &str, keys: Keys) -> Result<Self> {
        let options = url.parse::<PgConnectOptions>()?.application_name("postbell");
        let writer = pool_of(WRITER_CONNECTIONS, &[LIMITS, BY_INDEX]).connect_with(options.clone()).await?;
        let sender = pool_of(SENDER_CONNECTIONS, &[LIMITS, BY_INDEX, PLANNED_ANEW, SOON_GIVEN_UP]);
        Ok(Self {
            writer,
            reader: pool_of(READER_CONNECTIONS, &[LIMITS]).connect_lazy_with(options.clone()),
            sender: sender.connect_lazy_with(options.clone()),
            notes: pool_of(NOTE_CONNECTIONS, &[LIMITS, BY_INDEX]).connect_lazy_with(options),
            keys,
            hints: Hints::default(),
        })
    }

    /// Brings the schema to the version of this program. Doing it again
    /// changes nothing; of several processes that do it at once one does it
    /// and the others wait.
    ///
    /// # Errors
    /// `Broken` when the database was made by a newer version, or is not ours.
    pub async fn migrate(&self) -> Result<()> {
        MIGRATIONS.run(&self.writer).await.map_err(errors::of_migration)
    }

    /// Ends all connections.
    pub async fn close(&self) {
        for pool in [&self.notes, &self.sender, &self.reader, &self.writer] {
            pool.close().await;
        }
    }

    /// Begins a transaction that writes.
    async fn write(&self) -> Result<Tx> {
        Ok(self.writer.begin().await?)
    }

    /// Tells every sender that there may be work.
    fn hint(&self) {
        self.hints.ring(&self.writer);
    }
}

/// So many connections at most, each made when it is needed, and told this.
fn pool_of(connections: u32, settings: &'static [&'static str]) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .before_acquire(|connection, known| {
            Box::pin(async move {
                if known.idle_for > TRUSTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(move |connection, _| {
            Box::pin(async move {
                connection.execute(AssertSqlSafe(settings.join("; "))).await?;
                Ok(())
            })
        })
}
