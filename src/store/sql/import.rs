//! Imports: a few statements for a whole batch of rows; several for each row
//! would take many times as long. How a batch goes into a statement differs
//! from database to database, so the statements are in `import_rows`.

use std::collections::{HashMap, HashSet};

use sqlx::FromRow;

use super::dialect::hold;
use super::import_rows::{activate, add, complete_dates, find_known};
use super::rows::Place;
use super::{Connection, SqlStore};
use crate::domain::{BlogId, ConfirmedBy, ConsentKind, SubscriptionStatus, SuppressionReason, Timestamp};
use crate::store::{ImportOutcome, ImportRow, NewSuppression, Result, Suppressed};

/// A row of the file with what the statements need of it.
pub(in crate::store) struct ImportLine<'a> {
    pub address: &'a str,
    pub key: String,
    pub hash: String,
    pub status: SubscriptionStatus,
    pub is_paused: bool,
    pub gone: Option<SuppressionReason>,
    /// The row's own moment, never in the future.
    pub at: i64,
    /// What that moment rests on.
    pub confirmed_by: ConfirmedBy,
    /// When it left elsewhere, at the latest; a day alone is the whole of it.
    left_at: Option<i64>,
    pub source: &'a str,
}

/// What is known of a line's address.
#[derive(FromRow)]
pub(in crate::store) struct KnownRow {
    position: i64,
    subscription: Option<i64>,
    status: Option<String>,
    ended_at: Option<i64>,
    confirmed_at: Option<i64>,
    confirmed_by: Option<String>,
    is_suppressed: bool,
}

impl KnownRow {
    /// Where the address stands, if it has a subscription.
    fn standing(&self) -> Result<Option<SubscriptionStatus>> {
        let place = Place { table: "subscriptions", row: self.subscription.unwrap_or_default() };
        match &self.status {
            None => Ok(None),
            // Asked again after leaving, not yet answered: still one who left.
            Some(_) if self.ended_at.is_some() => Ok(Some(SubscriptionStatus::Ended)),
            Some(word) => Ok(Some(place.need("status", SubscriptionStatus::parse(word))?)),
        }
    }
}

impl KnownRow {
    /// Whether it follows since the moment of an import that had no date, and
    /// this one has.
    fn lacks_the_date_of(&self, line: &ImportLine<'_>) -> bool {
        line.confirmed_by == ConfirmedBy::File
            && line.status == SubscriptionStatus::Active
            && self.status.as_deref() == Some(SubscriptionStatus::Active.as_str())
            && self.confirmed_by.as_deref() == Some(ConfirmedBy::Import.as_str())
            && self.confirmed_at > Some(line.at)
    }

    /// Whether its owner confirmed here after the file lets them be gone. Of
    /// a leaving without a date nobody knows, and what they confirmed counts;
    /// a bounce, a complaint or a block without one holds.
    fn confirmed_here_since(&self, line: &ImportLine<'_>) -> bool {
        let is_after = match line.left_at {
            Some(at) => self.confirmed_at > Some(at),
            None => line.gone == Some(SuppressionReason::Unsubscribed),
        };
        is_after
            && self.status.as_deref() == Some(SubscriptionStatus::Active.as_str())
            && self.confirmed_by.as_deref() == Some(ConfirmedBy::Reader.as_str())
    }
}

impl SqlStore {
    pub(super) async fn import_rows(
        &self,
        blog: BlogId,
        rows: &[ImportRow],
        kind: ConsentKind,
        now: Timestamp,
    ) -> Result<Vec<ImportOutcome>> {
        let lines = self.lines(rows, kind, now);
        let mut tx = self.write().await?;
        // Nobody signs up here between the weighing and the writing.
        hold(&mut tx, &followers_of(blog)).await?;
        let outcomes = weigh(&mut tx, blog, &lines).await?;
        let with = |wanted| {
            let both = lines.iter().zip(&outcomes);
            both.filter(move |(_, outcome)| **outcome == wanted).map(|(line, _)| line)
        };
        // One address may be added and activated by two lines of a file, in this order.
        for status in [SubscriptionStatus::Pending, SubscriptionStatus::Active, SubscriptionStatus::Ended] {
            let added: Vec<&ImportLine<'_>> =
                with(ImportOutcome::Added).filter(|line| line.status == status).collect();
            if !added.is_empty() {
                add(&mut tx, blog, &added, status, kind, now).await?;
            }
        }
        let activated: Vec<&ImportLine<'_>> = with(ImportOutcome::Activated).collect();
        if !activated.is_empty() {
            activate(&mut tx, blog, &activated, kind, now).await?;
        }
        let dated: Vec<&ImportLine<'_>> = with(ImportOutcome::Dated).collect();
        if !dated.is_empty() {
            complete_dates(&mut tx, blog, &dated).await?;
        }
        let gone = rows.iter().zip(&outcomes).filter(|(_, outcome)| **outcome == ImportOutcome::Noted);
        let gone: Vec<NewSuppression> = gone
            .filter_map(|(row, _)| {
                let at = row.at.map_or(now, |at| at.min(now));
                let who = Suppressed::Address(row.address.clone());
                Some(NewSuppression { who, blog_id: Some(blog), reason: row.gone?, at })
            })
            .collect();
        self.write_suppressions(&mut tx, &gone).await?;
        tx.commit().await?;
        Ok(outcomes)
    }

    pub(super) async fn preview_rows(
        &self,
        blog: BlogId,
        rows: &[ImportRow],
        now: Timestamp,
    ) -> Result<Vec<ImportOutcome>> {
        let mut reader = self.reader.acquire().await?;
        weigh(&mut reader, blog, &self.lines(rows, ConsentKind::Imported, now)).await
    }

    fn lines<'a>(&self, rows: &'a [ImportRow], kind: ConsentKind, now: Timestamp) -> Vec<ImportLine<'a>> {
        rows.iter().map(|row| self.line(row, kind, now)).collect()
    }

    fn line<'a>(&self, row: &'a ImportRow, kind: ConsentKind, now: Timestamp) -> ImportLine<'a> {
        let key = row.address.key();
        ImportLine {
            address: row.address.as_str(),
            hash: self.keys.address_hash(&key),
            key,
            status: row.status,
            is_paused: row.is_paused,
            gone: row.gone,
            confirmed_by: match (kind, row.at) {
                (ConsentKind::Added, _) => ConfirmedBy::Operator,
                (_, Some(at)) if at < now => ConfirmedBy::File,
                _ => ConfirmedBy::Import,
            },
            at: row.at.map_or(now, |at| at.min(now)).as_millis(),
            left_at: row.at.map(|at| at.at_the_latest().min(now).as_millis()),
            source: &row.source,
        }
    }
}

/// The name that an import holds alone, and sign-ups hold together.
pub(super) fn followers_of(blog: BlogId) -> String {
    format!("followers of {}", blog.0)
}

/// What each line comes to, after the lines before it; writes nothing.
async fn weigh(
    connection: &mut Connection,
    blog: BlogId,
    lines: &[ImportLine<'_>],
) -> Result<Vec<ImportOutcome>> {
    let known = find_known(connection, blog, lines).await?;
    let mut outcomes = Vec::with_capacity(lines.len());
    // Where each address stands after the lines before this one.
    let mut standing: HashMap<&str, SubscriptionStatus> = HashMap::new();
    let mut gone: HashSet<&str> = HashSet::new();
    let known: HashMap<i64, KnownRow> = known.into_iter().map(|row| (row.position, row)).collect();
    for (position, line) in (0..).zip(lines) {
        let known = known.get(&position);
        let stored = known.map(KnownRow::standing).transpose()?.flatten();
        let stands = standing.get(line.key.as_str()).copied().or(stored);
        let is_suppressed = gone.contains(line.key.as_str()) || known.is_some_and(|row| row.is_suppressed);
        let outcome = match line.gone {
            Some(_) if known.is_some_and(|row| row.confirmed_here_since(line)) => ImportOutcome::FollowsHere,
            Some(_) => {
                gone.insert(line.key.as_str());
                ImportOutcome::Noted
            }
            None => match judge(stands, line.status, is_suppressed) {
                ImportOutcome::Unchanged if known.is_some_and(|row| row.lacks_the_date_of(line)) => {
                    ImportOutcome::Dated
                }
                outcome => outcome,
            },
        };
        if matches!(outcome, ImportOutcome::Added | ImportOutcome::Activated) {
            standing.insert(&line.key, line.status);
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// The rule of an import: it adds and it completes; it never revives, and
/// never ends what a reader confirmed.
fn judge(
    stands: Option<SubscriptionStatus>,
    wanted: SubscriptionStatus,
    is_suppressed: bool,
) -> ImportOutcome {
    use SubscriptionStatus::{Active, Ended, Pending};
    match (stands, wanted) {
        _ if is_suppressed => ImportOutcome::Suppressed,
        (None, _) => ImportOutcome::Added,
        (Some(Pending), Active) => ImportOutcome::Activated,
        (Some(Ended), Active | Pending) => ImportOutcome::LeftBefore,
        (Some(Pending), Pending) => ImportOutcome::Waiting,
        (Some(_), _) => ImportOutcome::Unchanged,
    }
}
