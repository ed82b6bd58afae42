//! The database: whether it opens, has this version's form, and is whole.

use std::sync::Arc;
use std::time::Duration;

use super::report::{Area, Finding};
use crate::app::key_file;
use crate::clock::Clock;
use crate::config::{Config, DatabaseUrl};
use crate::domain::{Blog, Keys};
use crate::store::postgres::PostgresStore;
use crate::store::sqlite::{Soundness, SqliteStore};
use crate::store::{Form, Result, Store, StoreError};

/// For SQLite's own check; a large file takes longer.
const CHECK: Duration = Duration::from_secs(10);
/// From here on a node warns, and from here on it does not send (`app::node`).
const WARN_MS: u64 = 2_000;
const REFUSE_MS: u64 = 5_000;

/// A database of this version's form, opened for looking.
pub(super) struct Opened {
    pub(super) store: Arc<dyn Store>,
    pub(super) blogs: Vec<Blog>,
    /// How far this machine's clock is ahead of the database's, where that has one.
    pub(super) clock_ahead_ms: Option<i64>,
}

pub(super) async fn look(config: &Config, clock: &Arc<dyn Clock>) -> (Vec<Finding>, Option<Opened>) {
    // Nothing that is looked at here needs the right keys.
    let keys = key_file::read(&config.secret_file).ok().or_else(|| Keys::new(&[vec![0; 32]]));
    let Some(keys) = keys else { return (Vec::new(), None) };
    match &config.database {
        DatabaseUrl::Sqlite(path) => {
            let area = Area::new("database", path.display().to_string());
            if !path.exists() {
                let missing = area.warning("database", "it is not there yet").run("postbell migrate");
                return (vec![missing], None);
            }
            match SqliteStore::look(path, keys).await {
                Err(error) => (vec![closed(&area, &error)], None),
                Ok(store) => {
                    let form = store.form().await;
                    let (mut findings, opened) = judge(&area, form, Arc::new(store.clone()), None).await;
                    if opened.is_some() {
                        findings.push(soundness(&area, store.soundness(CHECK).await));
                    }
                    (findings, opened)
                }
            }
        }
        DatabaseUrl::Postgres(url) => {
            let area = Area::new("database", url.to_string());
            match PostgresStore::open(url.expose(), keys).await {
                Err(error) => (vec![closed(&area, &error)], None),
                Ok(store) => {
                    let ahead = store.clock_ahead_ms(&**clock).await.ok();
                    let form = store.form().await;
                    let (mut findings, opened) = judge(&area, form, Arc::new(store), ahead).await;
                    findings.extend(ahead.map(|ahead| clocks(&area, ahead)));
                    (findings, opened)
                }
            }
        }
    }
}

async fn judge(
    area: &Area,
    form: Result<Form>,
    store: Arc<dyn Store>,
    clock_ahead_ms: Option<i64>,
) -> (Vec<Finding>, Option<Opened>) {
    let newer = "install the version that wrote it, or bring back a backup of before";
    let finding = match form {
        Ok(Form::Current) => match store.list_blogs().await {
            Ok(blogs) => {
                let found = area.ok("database", "it opens and has the form of this version");
                return (vec![found], Some(Opened { store, blogs, clock_ahead_ms }));
            }
            Err(error) => closed(area, &error),
        },
        Ok(Form::Empty) => area.warning("migrations", "it has no tables yet").run("postbell migrate"),
        Ok(Form::Behind(left)) => {
            let word = if left == 1 { "1 migration is" } else { &format!("{left} migrations are") };
            area.warning("migrations", format!("{word} still to be done; serve does it when it starts"))
                .run("postbell migrate")
        }
        Ok(Form::Newer) => area.fault("migrations", "a newer version of Postbell wrote it").advise(newer),
        Ok(Form::Altered) => {
            area.fault("migrations", "its tables were not made by this version's migrations").advise(newer)
        }
        Err(error) => closed(area, &error),
    };
    (vec![finding], None)
}

fn closed(area: &Area, error: &StoreError) -> Finding {
    use std::error::Error as _;
    let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    // SQLite's words for SQLITE_CORRUPT, met before its own check began.
    if cause.contains("malformed") {
        return damaged(area, &cause);
    }
    area.fault("database", format!("it cannot be read: {cause}"))
        .advise("check database.url, the rights of its folder, and that its server runs")
}

fn soundness(area: &Area, sound: Result<Soundness>) -> Finding {
    match sound {
        Ok(Soundness::Sound) => area.ok("integrity", "SQLite finds nothing wrong with it"),
        Ok(Soundness::Unfinished) => area.ok(
            "integrity",
            format!("nothing was found wrong within {} s, which did not reach all of it", CHECK.as_secs()),
        ),
        Ok(Soundness::Damaged(what)) => damaged(area, &what),
        Err(error) => closed(area, &error),
    }
}

fn damaged(area: &Area, what: &str) -> Finding {
    area.fault("integrity", format!("it is damaged: {what}"))
        .advise("stop serve, keep the file, and bring back a backup")
}

/// Leases are compared across machines.
fn clocks(area: &Area, ahead_ms: i64) -> Finding {
    let (off, side) = (ahead_ms.unsigned_abs(), if ahead_ms > 0 { "ahead of" } else { "behind" });
    let text = format!("this machine's clock is {off} ms {side} the database's");
    let advice = "set both clocks by NTP";
    if off <= WARN_MS {
        area.ok("clock", "this machine and the database agree on the time")
    } else if off <= REFUSE_MS {
        area.warning("clock", text).advise(advice)
    } else {
        area.fault("clock", format!("{text}, and a node that far off does not send")).advise(advice)
    }
}
