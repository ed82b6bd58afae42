//! Letters with gaps: a mailing is rendered and encoded once for all its
//! readers. Not when a template of the operator's does more with a reader's
//! values than to print them; then each mail is rendered by itself.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use super::post::Own;
use super::{ComposeError, Composer};
use crate::domain::{Blog, ConfirmedBy, EmailAddress, Mailing, MailingId, Timestamp};
use crate::mail::{Email, Letter, MailParts, Own as Value};
use crate::templates::escaped;

/// Letters that are kept; a few for each mailing that is being sent.
const LETTERS_KEPT: usize = 32;

/// Letters by mailing, and by what the day rests on since which the reader
/// follows; `None` where it is not known.
#[derive(Default)]
pub(super) struct Letters(Mutex<HashMap<Key, Arc<Made>>>);

type Key = (MailingId, Option<ConfirmedBy>);

/// A letter and what it was made of.
pub(super) struct Made {
    blog: Arc<Blog>,
    /// `None`: each mail is rendered by itself.
    letter: Option<Letter>,
}

impl Letters {
    fn all(&self) -> MutexGuard<'_, HashMap<Key, Arc<Made>>> {
        self.0.lock()
    }
}

impl Composer {
    /// The whole mail of one reader; `None` when this mailing has no letter.
    pub(super) fn by_letter(
        &self,
        blog: &Arc<Blog>,
        mailing: &Mailing,
        own: &Own,
    ) -> Result<Option<Vec<u8>>, ComposeError> {
        let key = (mailing.id, own.since.as_ref().map(|(by, _)| *by));
        let known = self.letters.all().get(&key).cloned();
        let made = match known {
            Some(made) if Arc::ptr_eq(&made.blog, blog) || looks_alike(&made.blog, blog) => made,
            _ => {
                let made = Arc::new(Made { blog: blog.clone(), letter: self.make(blog, mailing, key.1)? });
                let mut all = self.letters.all();
                if all.len() >= LETTERS_KEPT {
                    all.clear();
                }
                all.insert(key, made.clone());
                made
            }
        };
        Ok(made.letter.as_ref().map(|letter| own.fill(letter)))
    }

    /// Whether this mailing is rendered once for all its readers.
    ///
    /// # Errors
    /// Why it cannot be composed.
    pub fn has_letter(&self, blog: &Blog, mailing: &Mailing) -> Result<bool, ComposeError> {
        Ok(self.make(blog, mailing, Some(ConfirmedBy::Reader))?.is_some()
            && self.make(blog, mailing, None)?.is_some())
    }

    fn make(
        &self,
        blog: &Blog,
        mailing: &Mailing,
        dated: Option<ConfirmedBy>,
    ) -> Result<Option<Letter>, ComposeError> {
        let is_by_mail = self.policy.return_path.is_some();
        let (marks, words) = Own::marks(dated, is_by_mail);
        let email = self.post_email(blog, &mailing.content, mailing.id, &marks)?;
        let letter = Letter::of(&email, &marks.values())?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut is_whole = letter.is_free_of(&words);
        for (address, number) in [("a@b.example", 1), (LONG, i64::MAX)] {
            let reader = Own::made_up(address, number, dated, is_by_mail);
            let whole = self.post_email(blog, &mailing.content, mailing.id, &reader)?;
            is_whole &= is_same_mail(&whole, &reader.fill(&letter))?;
        }
        if !is_whole {
            tracing::warn!(
                mailing.id = mailing.id.0,
                "the template of posts does more with a reader's values than to print them; \
                 each mail is rendered by itself, which is slower"
            );
        }
        Ok(is_whole.then_some(letter))
    }
}

const LONG: &str = "o'neil+a.rather.long-name_indeed@a-rather-long-name-of-a-domain.and-more.example";

impl Own {
    /// A reader all of whose values are words that occur nowhere else, and the
    /// words themselves.
    fn marks(dated: Option<ConfirmedBy>, is_by_mail: bool) -> (Self, Vec<String>) {
        let word = || format!("x{:024x}", rand::random::<u128>() >> 32);
        let words: Vec<String> = (0..6).map(|_| word()).collect();
        let to = format!("{0}@{0}.example", words[0]);
        let own = Self {
            to: EmailAddress::parse(&to).expect("letters and digits make an address"),
            date: Timestamp::from_millis(0),
            message_id: words[1].clone(),
            manage_url: format!("https://{}.example/", words[2]),
            unsubscribe_url: format!("https://{}.example/", words[3]),
            since: dated.map(|by| (by, words[4].clone())),
            leave_by_mail: is_by_mail.then(|| format!("{0}@{0}.example", words[5])),
            in_reply_to: None,
        };
        (own, words)
    }

    fn made_up(address: &str, number: i64, dated: Option<ConfirmedBy>, is_by_mail: bool) -> Self {
        Self {
            to: EmailAddress::parse(address).expect("the fixed address is well-formed"),
            date: Timestamp::from_millis(1_700_000_000_000),
            message_id: format!("{number}.check@post.example"),
            manage_url: format!("https://post.example/m/{number}"),
            unsubscribe_url: format!("https://post.example/u/{number}{number}{number}{number}"),
            since: dated.map(|by| (by, "1 May 2026".to_owned())),
            leave_by_mail: is_by_mail.then(|| format!("bounces+{number}@post.example")),
            in_reply_to: None,
        }
    }

    /// In the order of the gaps; the date's is found by its header.
    fn values(&self) -> [&str; 7] {
        let since = self.since.as_ref().map_or("", |(_, day)| day.as_str());
        let by_mail = self.leave_by_mail.as_deref().unwrap_or("");
        ["", self.to.as_str(), &self.message_id, &self.manage_url, &self.unsubscribe_url, since, by_mail]
    }

    fn fill(&self, letter: &Letter) -> Vec<u8> {
        let date = self.date.rfc5322();
        let mut plain = self.values();
        plain[0] = &date;
        let html = plain.map(|value| {
            let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"@./:-_+ ".contains(&b);
            (!value.bytes().all(is_plain)).then(|| escaped(value))
        });
        let value = |at: usize| Value { plain: plain[at], html: html[at].as_deref().unwrap_or(plain[at]) };
        letter.fill(&[0, 1, 2, 3, 4, 5, 6].map(value))
    }
}

/// Whether a filled letter says what the whole mail says.
fn is_same_mail(whole: &Email, filled: &[u8]) -> Result<bool, ComposeError> {
    Ok(MailParts::of(&whole.to_bytes()?) == MailParts::of(filled))
}

/// Whether two states of a blog give the same mails.
fn looks_alike(a: &Blog, b: &Blog) -> bool {
    (&a.title, &a.home_url, &a.slug, &a.accent, &a.mail_from, &a.reply_to, a.body)
        == (&b.title, &b.home_url, &b.slug, &b.accent, &b.mail_from, &b.reply_to, b.body)
}
