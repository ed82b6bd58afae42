//! One connection with its mailbox selected: the commands that a look needs,
//! each asked and answered within its time.

use std::time::Duration;

use async_imap::Session;
use async_imap::imap_proto::{AttributeValue, Capability, MailboxDatum, Response, ResponseCode, Status};
use tokio::time::{Instant, timeout, timeout_at};

use super::connect::{STEP, answered, caught, late};
use super::fault::{ImapFault, clean};
use super::wire::Wire;

/// Read of one mail; what a report says stands in front.
pub(super) const MAIL_BYTES: usize = 4 * 1024 * 1024;
/// Marks a mail that was read and not understood.
const KEPT: &str = "$PostbellKept";

/// The connection.
pub(super) struct ImapConnection {
    session: Session<Wire>,
    /// A mail may have come since it was last asked.
    has_news: bool,
    pub(super) can: Can,
    /// `UIDVALIDITY`: with another one, numbers mean other mails.
    pub(super) validity: u32,
    /// What the next mail's number was when the mailbox was selected.
    pub(super) uid_next: u32,
    /// Whether mails can be marked, and the mark lasts.
    can_mark: bool,
}

/// What the server offers beyond RFC 3501.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Can {
    /// RFC 2177.
    pub(super) idle: bool,
    /// `MOVE` (RFC 6851).
    pub(super) r#move: bool,
    /// RFC 4315.
    pub(super) uidplus: bool,
}

/// What a server answers to a command that it understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Done,
    /// And what it says about it.
    Refused(String),
}

impl ImapConnection {
    pub(super) fn new(session: Session<Wire>) -> Self {
        Self { session, has_news: false, can: Can::default(), validity: 0, uid_next: 1, can_mark: false }
    }

    /// Asks what the server offers.
    pub(super) async fn learn(&mut self) -> Result<(), ImapFault> {
        let mut can = Can::default();
        let note = |response: &Response<'_>| {
            let Response::Capabilities(all) = response else { return };
            for one in all {
                let Capability::Atom(name) = one else { continue };
                can.idle |= name.eq_ignore_ascii_case("IDLE");
                can.r#move |= name.eq_ignore_ascii_case("MOVE");
                can.uidplus |= name.eq_ignore_ascii_case("UIDPLUS");
            }
        };
        self.must("CAPABILITY", note).await?;
        self.can = can;
        Ok(())
    }

    /// Opens the mailbox that is read.
    pub(super) async fn select(&mut self, mailbox: &str) -> Result<(), ImapFault> {
        let (mut validity, mut uid_next, mut can_mark) = (0, 1, false);
        let note = |response: &Response<'_>| {
            let Response::Data { outcome, .. } = response else { return };
            match &outcome.code {
                Some(ResponseCode::UidValidity(number)) => validity = *number,
                Some(ResponseCode::UidNext(number)) => uid_next = *number,
                Some(ResponseCode::PermanentFlags(flags)) => {
                    can_mark = flags.iter().any(|flag| flag == "\\*" || flag.eq_ignore_ascii_case(KEPT));
                }
                _ => {}
            }
        };
        if let Answer::Refused(said) = self.ask(&format!("SELECT {}", quoted(mailbox)), 0, note).await? {
            return Err(ImapFault::RefusesUs(format!("the mailbox {mailbox} is refused: {said}")));
        }
        (self.validity, self.uid_next, self.can_mark) = (validity, uid_next, can_mark);
        Ok(())
    }

    /// Lets the server tell what came in the meantime.
    pub(super) async fn noop(&mut self) -> Result<(), ImapFault> {
        self.must("NOOP", |_| {}).await
    }

    /// The numbers from `first` to `last` of mails that nobody read for us
    /// yet, in order. Without `last` to the end.
    pub(super) async fn search(&mut self, first: u32, last: Option<u32>) -> Result<Vec<u32>, ImapFault> {
        let end = last.map_or("*".to_owned(), |last| last.to_string());
        let unmarked = if self.can_mark { format!(" UNKEYWORD {KEPT}") } else { String::new() };
        let command = format!("UID SEARCH UID {first}:{end} UNDELETED{unmarked}");
        let mut found = self.found(&command).await?;
        // `n:*` has the last mail in any case (RFC 3501 §9, seq-range).
        found.retain(|uid| *uid >= first);
        Ok(found)
    }

    /// The first bytes of a mail; `None` when it is there no more. It stays
    /// as unseen as it was.
    pub(super) async fn fetch(&mut self, uid: u32) -> Result<Option<Vec<u8>>, ImapFault> {
        let mut mail = None;
        let note = |response: &Response<'_>| {
            let Response::Fetch(_, parts) = response else { return };
            if !parts.iter().any(|part| matches!(part, AttributeValue::Uid(own) if *own == uid)) {
                return;
            }
            for part in parts {
                if let AttributeValue::BodySection { section: None, data: Some(data), .. } = part {
                    mail = Some(data[..data.len().min(MAIL_BYTES)].to_vec());
                }
            }
        };
        let command = format!("UID FETCH {uid} (UID BODY.PEEK[]<0.{MAIL_BYTES}>)");
        match self.ask(&command, MAIL_BYTES, note).await? {
            Answer::Done => Ok(mail),
            Answer::Refused(said) => Err(ImapFault::Away(format!("a mail is refused: {said}"))),
        }
    }

    /// Marks mails as read and not understood, so that no later look, and no
    /// other node, reads them again. Where that cannot be, nothing is done.
    pub(super) async fn mark(&mut self, uids: &str) -> Result<(), ImapFault> {
        if self.can_mark {
            self.ask(&format!("UID STORE {uids} +FLAGS.SILENT ({KEPT})"), 0, |_| {}).await?;
        }
        Ok(())
    }

    /// Brings mails into a folder, which is made when it is not there.
    pub(super) async fn bring(&mut self, uids: &str, folder: &str) -> Result<Answer, ImapFault> {
        let folder = quoted(folder);
        let verb = if self.can.r#move { "MOVE" } else { "COPY" };
        let command = format!("UID {verb} {uids} {folder}");
        if let Answer::Refused(_) = self.ask(&command, 0, |_| {}).await? {
            // It may be there by now, made by another node: the second try tells.
            self.ask(&format!("CREATE {folder}"), 0, |_| {}).await?;
            self.ask(&format!("SUBSCRIBE {folder}"), 0, |_| {}).await?;
            if let Answer::Refused(said) = self.ask(&command, 0, |_| {}).await? {
                return Ok(Answer::Refused(said));
            }
        }
        if !self.can.r#move {
            self.remove(uids).await?;
        }
        Ok(Answer::Done)
    }

    /// Takes copied mails away, and no other: without UIDPLUS they stay,
    /// flagged as deleted, since `EXPUNGE` would take what others flagged too.
    async fn remove(&mut self, uids: &str) -> Result<(), ImapFault> {
        self.must(&format!("UID STORE {uids} +FLAGS.SILENT (\\Deleted)"), |_| {}).await?;
        if self.can.uidplus {
            self.must(&format!("UID EXPUNGE {uids}"), |_| {}).await?;
        }
        Ok(())
    }

    /// Listens until the server tells of something, or the time is over.
    pub(super) async fn idle(&mut self, at_most: Duration) -> Result<(), ImapFault> {
        if std::mem::take(&mut self.has_news) {
            return Ok(());
        }
        self.session.get_mut().allow(0);
        let sent = answered("IDLE", self.session.run_command("IDLE")).await?;
        let tag = sent.map_err(|error| ImapFault::of_step(&error, "IDLE"))?;
        let until = Instant::now() + at_most;
        let (mut is_told, mut listens) = (false, false);
        while !(is_told && listens) {
            // Before it says that it listens, it may not be told to stop.
            let limit = if listens { until } else { Instant::now() + STEP };
            let Ok(read) = timeout_at(limit, caught(self.session.read_response())).await else {
                if listens {
                    break;
                }
                return Err(late("IDLE"));
            };
            let read = read?.map_err(|error| ImapFault::of_io(&error))?;
            let read = read.ok_or_else(|| ImapFault::Away("the server closed the connection".to_owned()))?;
            match read.parsed() {
                Response::Continue(_) => listens = true,
                Response::MailboxData(MailboxDatum::Exists(_)) => is_told = true,
                Response::Done { tag: own, .. } if *own == tag => {
                    return Err(ImapFault::Away("the server does not do IDLE, which it offers".to_owned()));
                }
                _ => {}
            }
        }
        let done = answered("IDLE", self.session.run_command_untagged("DONE")).await?;
        done.map_err(|error| ImapFault::of_step(&error, "IDLE"))?;
        self.read_to(&tag, |_| {}).await?;
        self.has_news = false;
        Ok(())
    }

    /// Says goodbye, without waiting long for the answer.
    pub(super) async fn close(mut self) {
        const GOODBYE: Duration = Duration::from_millis(500);
        let _ = timeout(GOODBYE, self.ask("LOGOUT", 0, |_| {})).await;
    }

    async fn found(&mut self, command: &str) -> Result<Vec<u32>, ImapFault> {
        let mut found = Vec::new();
        let note = |response: &Response<'_>| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
                found.extend_from_slice(uids);
            }
        };
        self.must(command, note).await?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// A command that a server has no reason to refuse.
    async fn must(&mut self, command: &str, note: impl FnMut(&Response<'_>)) -> Result<(), ImapFault> {
        match self.ask(command, 0, note).await? {
            Answer::Done => Ok(()),
            Answer::Refused(said) => {
                let verb = command.split(' ').next().unwrap_or_default();
                Err(ImapFault::RefusesUs(format!("{verb} is refused: {said}")))
            }
        }
    }

    /// One command; `note` sees each line that comes before its answer.
    async fn ask(
        &mut self,
        command: &str,
        mail_bytes: usize,
        note: impl FnMut(&Response<'_>),
    ) -> Result<Answer, ImapFault> {
        self.session.get_mut().allow(mail_bytes);
        let sent = answered("a command", self.session.run_command(command)).await?;
        let tag = sent.map_err(|error| ImapFault::of_step(&error, "a command"))?;
        self.read_to(&tag, note).await
    }

    async fn read_to(
        &mut self,
        tag: &async_imap::imap_proto::RequestId,
        mut note: impl FnMut(&Response<'_>),
    ) -> Result<Answer, ImapFault> {
        loop {
            let read = answered("a command", self.session.read_response()).await?;
            let read = read.map_err(|error| ImapFault::of_io(&error))?;
            let read = read.ok_or_else(|| ImapFault::Away("the server closed the connection".to_owned()))?;
            match read.parsed() {
                Response::Done { tag: own, status, outcome } if own == tag => {
                    let said = || clean(outcome.information.as_deref().unwrap_or_default());
                    return match status {
                        Status::Ok => Ok(Answer::Done),
                        Status::No => Ok(Answer::Refused(said())),
                        _ => Err(ImapFault::Away(format!("the server does not understand us: {}", said()))),
                    };
                }
                Response::MailboxData(MailboxDatum::Exists(_)) => self.has_news = true,
                other => note(other),
            }
        }
    }
}

/// A name as a quoted string (RFC 3501 §4.3); the settings have refused
/// letters that cannot stand in one.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}
