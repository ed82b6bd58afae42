//! What became of claimed deliveries, appended to a file beside the database:
//! durable with one write and one sync, while the database goes on with what
//! it is at. The facts go into their deliveries in batches, and when all are
//! there the file is emptied.
//!
//! A line of the file is a fact; a line without its end was never confirmed.
//! Who has the file open holds a lock on it, so that one process at a time
//! notes; a process that was killed leaves its facts to the next.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard, RwLock, RwLockWriteGuard};

use super::lock::LockedFile;
use crate::store::{Result, StoreError};

/// When the file has grown so long it is emptied before it grows on: after
/// some hundred thousand facts in which sending never paused.
const LONGEST_BYTES: u64 = 16 * 1024 * 1024;

/// Which delivery, and which node settled it.
type Key = (i64, String);

/// What became of a delivery, as a line of JSON that begins with its number
/// and its node.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    pub(super) key: Key,
    pub(super) json: String,
}

/// The journal of one database.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    state: Mutex<State>,
    /// Held by whoever appends, and alone by who empties a long file.
    growing: RwLock<()>,
    /// Held by whoever writes facts into their deliveries.
    applying: Mutex<()>,
    /// How much longer each append takes.
    slower_by: Duration,
}

#[derive(Debug, Default)]
struct State {
    /// Open and locked while something is noted.
    file: Option<LockedFile>,
    /// How much of the file is confirmed.
    length: u64,
    /// Behind that length the file has something that was not confirmed.
    is_torn: bool,
    /// What is in the file and not yet in the deliveries.
    noted: BTreeMap<Key, String>,
}

#[derive(Debug, thiserror::Error)]
#[error("another process is at the notes beside this database")]
struct Taken;

impl Journal {
    /// `<database>-notes`; nothing is opened yet.
    pub(super) fn beside(database: &Path) -> Self {
        let mut name = database.as_os_str().to_owned();
        name.push("-notes");
        Self {
            path: name.into(),
            state: Mutex::default(),
            growing: RwLock::default(),
            applying: Mutex::default(),
            slower_by: Duration::ZERO,
        }
    }

    /// The same on a disk that is so much slower.
    pub(super) fn slower(self, by: Duration) -> Self {
        Self { slower_by: by, ..self }
    }

    /// Makes facts durable. Of several about one delivery by one node the
    /// first counts, as long as it is not in its delivery.
    ///
    /// # Errors
    /// `Unavailable`: then none of them counts as noted.
    pub(super) async fn append(&self, facts: Vec<Fact>) -> Result<()> {
        let _growing = self.growing.read().await;
        let mut state = self.state.lock().await;
        if !self.slower_by.is_zero() {
            tokio::time::sleep(self.slower_by).await;
        }
        let lines: String = facts.iter().flat_map(|fact| [fact.json.as_str(), "\n"]).collect();
        // Here and not on a thread of its own: waking one costs as much as the
        // write, and whoever is on this thread waits for its end anyway.
        state.open(&self.path, true)?;
        state.append(lines.as_bytes()).map_err(unavailable)?;
        for fact in facts {
            state.noted.entry(fact.key).or_insert(fact.json);
        }
        Ok(())
    }

    /// Those of these deliveries of which nothing is noted.
    pub(super) async fn unsettled(&self, mut ids: Vec<i64>) -> Vec<i64> {
        let state = self.state.lock().await;
        ids.retain(|id| !state.has(*id));
        ids
    }

    /// How many facts are noted.
    pub(super) async fn len(&self) -> usize {
        self.state.lock().await.noted.len()
    }

    /// Facts to write into their deliveries, in the order of these: at least
    /// `limit` where there are so many, and all about one delivery together.
    /// `None` while another process has the file: it writes them itself.
    pub(super) async fn first(&self, limit: usize) -> Result<Option<Vec<Fact>>> {
        let mut state = self.state.lock().await;
        match state.open(&self.path, false) {
            Ok(()) => {}
            Err(StoreError::Unavailable(cause)) if cause.is::<Taken>() => return Ok(None),
            Err(error) => return Err(error),
        }
        if state.noted.is_empty() {
            // Nobody is kept from it for nothing.
            state.empty().map_err(unavailable)?;
        }
        let mut first: Vec<Fact> = Vec::new();
        for (key, json) in &state.noted {
            if first.len() >= limit && first.last().is_some_and(|last| last.key.0 != key.0) {
                break;
            }
            first.push(Fact { key: key.clone(), json: json.clone() });
        }
        Ok(Some(first))
    }

    /// These are in their deliveries.
    pub(super) async fn forget(&self, facts: &[Fact]) -> Result<()> {
        let mut state = self.state.lock().await;
        for fact in facts {
            if state.noted.get(&fact.key) == Some(&fact.json) {
                state.noted.remove(&fact.key);
            }
        }
        if state.noted.is_empty() { state.empty().map_err(unavailable) } else { Ok(()) }
    }

    /// Keeps a file that is too long from growing until the answer is dropped.
    pub(super) async fn hold_if_long(&self) -> Option<RwLockWriteGuard<'_, ()>> {
        let is_long = self.state.lock().await.length > LONGEST_BYTES;
        if is_long { Some(self.growing.write().await) } else { None }
    }

    /// Keeps anybody else from writing facts into their deliveries until the
    /// answer is dropped: what was noted since must not be forgotten with them.
    pub(super) async fn apply_alone(&self) -> MutexGuard<'_, ()> {
        self.applying.lock().await
    }

    /// Keeps anything from being noted until the answer is dropped.
    pub(super) async fn hold(&self) -> RwLockWriteGuard<'_, ()> {
        self.growing.write().await
    }

    /// Waits until no other process has the file: what it noted is in the
    /// deliveries then, or was taken over.
    ///
    /// # Errors
    /// `Unavailable` when it has it for longer than `at_most`.
    pub(super) async fn take_over(&self, at_most: Duration) -> Result<()> {
        const STEP: Duration = Duration::from_millis(20);
        let mut waited = Duration::ZERO;
        loop {
            match self.state.lock().await.open(&self.path, false) {
                Err(StoreError::Unavailable(cause)) if cause.is::<Taken>() && waited < at_most => {}
                other => return other,
            }
            tokio::time::sleep(STEP).await;
            waited += STEP;
        }
    }
}

impl State {
    fn has(&self, id: i64) -> bool {
        self.noted.range((id, String::new())..).next().is_some_and(|((next, _), _)| *next == id)
    }

    /// Opens and locks the file, and reads what another process has left in it.
    fn open(&mut self, path: &Path, makes_it: bool) -> Result<()> {
        if self.file.is_some() {
            return Ok(());
        }
        let options = || File::options().read(true).append(true).mode(0o600).to_owned();
        let file = match options().open(path) {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound && !makes_it => return Ok(()),
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
                let file = options().create(true).open(path).map_err(unavailable)?;
                // The name of a new file is durable with its folder.
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                File::open(folder.unwrap_or(Path::new(".")))
                    .and_then(|it| it.sync_all())
                    .map_err(unavailable)?;
                file
            }
            other => other.map_err(unavailable)?,
        };
        let mut file = match LockedFile::new(file) {
            Ok(file) => file,
            Err(TryLockError::WouldBlock) => return Err(StoreError::Unavailable(Box::new(Taken))),
            Err(TryLockError::Error(fault)) => return Err(unavailable(fault)),
        };
        let length = file.metadata().map_err(unavailable)?.len();
        let mut bytes = Vec::new();
        (&mut *file).take(length).read_to_end(&mut bytes).map_err(unavailable)?;
        let (noted, confirmed) = read(&bytes);
        self.noted = noted;
        self.length = confirmed;
        self.is_torn = confirmed < length;
        self.file = Some(file);
        Ok(())
    }

    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Err(io::ErrorKind::NotFound.into()) };
        if self.is_torn {
            file.set_len(self.length)?;
            self.is_torn = false;
        }
        let done = file.write_all(lines).and_then(|()| file.sync_data());
        match done {
            Ok(()) => self.length += lines.len() as u64,
            Err(_) if self.length == 0 => self.file = None,
            Err(_) => self.is_torn = true,
        }
        done
    }

    /// All is in the deliveries; the lock goes too.
    fn empty(&mut self) -> io::Result<()> {
        if let Some(file) = &self.file
            && (self.length > 0 || self.is_torn)
        {
            file.set_len(0)?;
        }
        *self = Self::default();
        Ok(())
    }
}

/// The facts of a file, and how many bytes of it are facts. The file goes on
/// when all in it was applied but for some: of several facts about one
/// delivery only the last may be new.
fn read(bytes: &[u8]) -> (BTreeMap<Key, String>, u64) {
    let (mut noted, mut confirmed) = (BTreeMap::new(), 0);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let fact = line.strip_suffix(b"\n").and_then(|fact| std::str::from_utf8(fact).ok());
        let Some((fact, key)) = fact.and_then(|fact| Some((fact, key_of(fact)?))) else { break };
        noted.insert(key, fact.to_owned());
        confirmed += line.len() as u64;
    }
    (noted, confirmed)
}

fn key_of(fact: &str) -> Option<Key> {
    let fields: Vec<serde_json::Value> = serde_json::from_str(fact).ok()?;
    Some((fields.first()?.as_i64()?, fields.get(1)?.as_str()?.to_owned()))
}

fn unavailable(fault: io::Error) -> StoreError {
    StoreError::Unavailable(Box::new(fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(id: i64, text: &str) -> Fact {
        Fact { key: (id, "here".to_owned()), json: format!("[{id},\"here\",\"{text}\"]") }
    }

    async fn texts(journal: &Journal, limit: usize) -> Vec<String> {
        journal.first(limit).await.unwrap().unwrap().into_iter().map(|fact| fact.json).collect()
    }

    #[tokio::test]
    async fn what_a_killed_process_noted_is_there_but_for_half_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("a.db");
        let path = folder.path().join("a.db-notes");
        let journal = Journal::beside(&database);
        assert!(journal.first(10).await.unwrap().unwrap().is_empty() && !path.exists());
        journal.append(vec![fact(2, "back"), fact(1, "sent")]).await.unwrap();
        let rights = std::fs::metadata(&path).unwrap().permissions();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&rights) & 0o777, 0o600);
        journal.append(vec![fact(2, "not this one")]).await.unwrap();
        assert_eq!(journal.unsettled(vec![1, 2, 3]).await, [3]);
        assert_eq!(texts(&journal, 1).await, [fact(1, "sent").json]);
        assert_eq!(texts(&journal, 9).await, [fact(1, "sent").json, fact(2, "back").json]);

        // While it is held nobody else notes, and nobody takes it for lost.
        let other = Journal::beside(&database);
        assert!(other.append(vec![fact(3, "sent")]).await.is_err());
        assert!(other.first(10).await.unwrap().is_none());
        assert!(other.take_over(Duration::from_millis(50)).await.is_err());
        drop(journal);
        std::fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(b"[7,\"here\",\"se"))
            .unwrap();
        other.take_over(Duration::ZERO).await.unwrap();
        assert_eq!(texts(&other, 9).await, [fact(1, "sent").json, fact(2, "not this one").json]);
        // What was half written does not spoil what follows.
        other.append(vec![fact(3, "sent")]).await.unwrap();
        drop(other);
        let third = Journal::beside(&database);
        let all = third.first(10).await.unwrap().unwrap();
        assert_eq!(all.len(), 3);
        third.forget(&all[..2]).await.unwrap();
        assert_eq!(texts(&third, 9).await, [fact(3, "sent").json]);
        third.forget(&all).await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
        // And it is let go of.
        Journal::beside(&database).append(vec![fact(4, "sent")]).await.unwrap();
    }

    #[tokio::test]
    async fn a_file_that_takes_nothing_is_told_and_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db-notes");
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        let journal = Journal::beside(&folder.path().join("a.db"));
        assert!(journal.append(vec![fact(1, "sent")]).await.is_err());
        assert_eq!(journal.unsettled(vec![1]).await, [1]);
        std::fs::remove_file(&path).unwrap();
        journal.append(vec![fact(1, "sent")]).await.unwrap();
        assert!(journal.unsettled(vec![1]).await.is_empty());
    }

    #[tokio::test]
    async fn a_long_file_grows_no_more_until_it_was_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::beside(&folder.path().join("a.db"));
        journal.append(vec![fact(1, "sent")]).await.unwrap();
        assert!(journal.hold_if_long().await.is_none());
        let long = "x".repeat(usize::try_from(LONGEST_BYTES).unwrap());
        journal.append(vec![fact(2, &long)]).await.unwrap();
        let held = journal.hold_if_long().await;
        assert!(held.is_some());
        let next = journal.append(vec![fact(3, "sent")]);
        tokio::pin!(next);
        assert!(futures_util::poll!(&mut next).is_pending());
        let all = journal.first(usize::MAX).await.unwrap().unwrap();
        journal.forget(&all).await.unwrap();
        drop(held);
        next.await.unwrap();
        assert!(std::fs::metadata(folder.path().join("a.db-notes")).unwrap().len() < 100);
    }

    proptest::proptest! {
        /// Whatever a crash leaves behind the facts.
        #[test]
        fn any_bytes_behind_the_facts_are_left_out(tail in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let whole = b"[1,\"here\",0]\n[2,\"here\",0]\n";
            let (noted, confirmed) = read(&[&whole[..], &tail].concat());
            assert!(noted.contains_key(&(1, "here".to_owned())) && noted.contains_key(&(2, "here".to_owned())));
            assert!(confirmed >= whole.len() as u64);
        }
    }
}
