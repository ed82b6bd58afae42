//! A blog: a site with a feed, known by its slug.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{BlogId, EmailAddress, Seal, Timestamp, Zone};

/// The name of a blog in addresses: 1 to 64 of `a-z`, `0-9` and single `-`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Slug(String);

/// Why a text is no slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a slug has 1 to 64 letters a-z, digits, and single hyphens between them")]
pub struct SlugFault;

impl Slug {
    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The best slug for a free text such as a title; `None` when nothing
    /// of it can stand in a slug.
    pub fn from_text(text: &str) -> Option<Self> {
        use unicode_normalization::UnicodeNormalization as _;
        let mut slug = String::new();
        for c in text.nfkd() {
            let c = c.to_ascii_lowercase();
            if c.is_ascii_alphanumeric() {
                slug.push(c);
            } else if matches!(c, '\'' | '’') || unicode_normalization::char::is_combining_mark(c) {
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
            if slug.len() >= 40 {
                break;
            }
        }
        slug.trim_matches('-').parse().ok()
    }
}

impl FromStr for Slug {
    type Err = SlugFault;

    fn from_str(text: &str) -> Result<Self, SlugFault> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !text.contains("--");
        if fits { Ok(Self(text.to_owned())) } else { Err(SlugFault) }
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How much of a post its mail carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum BodyMode {
    /// The whole post.
    #[default]
    Full,
    /// The beginning and a link.
    Excerpt,
}

/// Who decides that a new post is mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Approval {
    /// Postbell, by its rules.
    #[default]
    Auto,
    /// The owner, each time (`post approve`).
    Always,
}

macro_rules! words {
    ($type:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $type {
            /// The word that stands for this in the database, in JSON and on the command line.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word back.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use words;

words!(BodyMode { Full = "full", Excerpt = "excerpt" });
words!(Approval { Auto = "auto", Always = "always" });

/// What is needed to add a blog.
#[derive(Debug, Clone)]
pub struct NewBlog {
    /// Its name in addresses.
    pub slug: Slug,
    /// Its name for people.
    pub title: String,
    /// One sentence about it, from its feed; may be empty.
    pub description: String,
    /// Its home page.
    pub home_url: String,
    /// Its feed.
    pub feed_url: String,
    /// `Name <address>` of its mails, instead of `mail.from`.
    pub mail_from: Option<String>,
    /// Where answers go.
    pub reply_to: Option<EmailAddress>,
    /// Who is told what is held.
    pub owner: Option<EmailAddress>,
    /// Origins whose pages may post to the sign-up.
    pub origins: Vec<String>,
    /// How much of a post its mail carries.
    pub body: BodyMode,
    /// Who decides that a new post is mailed.
    pub approve: Approval,
    /// Accent colour of pages and mails, `#rrggbb`.
    pub accent: String,
    /// Where its days begin, when its feed does not say it.
    pub time_zone: Option<Zone>,
}

/// A blog.
#[derive(Debug, Clone, Serialize)]
pub struct Blog {
    /// Its row.
    pub id: BlogId,
    /// Its name in addresses.
    pub slug: Slug,
    /// Its name for people.
    pub title: String,
    /// One sentence about it; may be empty.
    pub description: String,
    /// Its home page.
    pub home_url: String,
    /// Its feed.
    #[serde(serialize_with = "super::serialize_masked")]
    pub feed_url: String,
    /// `Name <address>` of its mails, instead of `mail.from`.
    pub mail_from: Option<String>,
    /// Where answers go.
    pub reply_to: Option<EmailAddress>,
    /// Who is told what is held.
    pub owner: Option<EmailAddress>,
    /// Origins whose pages may post to the sign-up.
    pub origins: Vec<String>,
    /// How much of a post its mail carries.
    pub body: BodyMode,
    /// Who decides that a new post is mailed.
    pub approve: Approval,
    /// Accent colour of pages and mails, `#rrggbb`.
    pub accent: String,
    /// Where its days begin, when its feed does not say it.
    pub time_zone: Option<Zone>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When its feed is looked at next.
    pub next_check_at: Timestamp,
    /// When its feed was last looked at.
    pub last_checked_at: Option<Timestamp>,
    /// Looks that failed since the last good one.
    pub failures: u32,
    /// What the last failed look said; gone after a good one.
    pub last_error: Option<String>,
    /// When the first of these looks was.
    pub failing_since: Option<Timestamp>,
    /// When its owner was told of them.
    #[serde(skip)]
    pub told_failing_at: Option<Timestamp>,
    /// `ETag` of the last full answer.
    #[serde(skip)]
    pub etag: Option<String>,
    /// `Last-Modified` of the last full answer.
    #[serde(skip)]
    pub last_modified: Option<String>,
    /// Posts that its feed may have dropped before they were seen, as a
    /// sentence for the operator.
    pub gap: Option<String>,
    /// What its hub's callback carries.
    #[serde(skip)]
    pub seal: Seal,
}

/// What `blog edit` changes; `None` leaves a field as it is, and an inner
/// `None` empties it.
#[derive(Debug, Clone, Default)]
pub struct BlogEdit {
    /// New name for people.
    pub title: Option<String>,
    /// New home page.
    pub home_url: Option<String>,
    /// New feed.
    pub feed_url: Option<String>,
    /// New sender.
    pub mail_from: Option<Option<String>>,
    /// New place for answers.
    pub reply_to: Option<Option<EmailAddress>>,
    /// New owner.
    pub owner: Option<Option<EmailAddress>>,
    /// New list of origins, the whole of it.
    pub origins: Option<Vec<String>>,
    /// New extent of the mails.
    pub body: Option<BodyMode>,
    /// New approval.
    pub approve: Option<Approval>,
    /// New accent colour.
    pub accent: Option<String>,
    /// New zone.
    pub time_zone: Option<Option<Zone>>,
}
