//! One context type for each mail.

use serde::Serialize;

use super::{Palette, Since};
use crate::domain::without_secrets_of;

/// A mail's one context type.
pub trait MailTemplate: Serialize + Sized {
    /// Name of its templates: `NAME.html` and `NAME.txt` in `email_templates/`.
    const NAME: &'static str;

    /// Long, empty, right-to-left and hostile ones, for the check.
    fn samples() -> Vec<Self>;

    /// Links that must stand in both parts, whoever wrote the template.
    fn links(&self) -> Vec<&str>;
}

/// The blog that a mail is from.
#[derive(Debug, Clone, Serialize)]
pub struct BlogView {
    /// Its name.
    pub title: String,
    /// Its home page.
    pub home_url: String,
    /// Colours of its mails.
    pub palette: Palette,
}

/// A post in a list.
#[derive(Debug, Clone, Serialize)]
pub struct PostLine {
    /// Its title, never empty.
    pub title: String,
    /// Its page.
    pub link: String,
    /// `20 November 2026`; may be empty.
    pub date: String,
    /// `2026-11-20`; may be empty.
    pub datetime: String,
}

impl PostLine {
    /// The first `most` of these posts that have a page.
    pub fn from_posts(blog: &crate::domain::Blog, posts: &[crate::domain::Post], most: usize) -> Vec<Self> {
        let line = |post: &crate::domain::Post| {
            let link = without_secrets_of(&blog.feed_url, post.link.as_deref()?);
            let title = if post.title.trim().is_empty() { link.clone() } else { post.title.clone() };
            let zone = blog.time_zone.as_ref();
            let at = post.published_at.map(|at| crate::domain::local(at, post.zone_minutes, zone));
            Some(Self {
                title,
                link,
                date: at.map(crate::domain::Timestamp::long_date).unwrap_or_default(),
                datetime: at.map(crate::domain::Timestamp::date).unwrap_or_default(),
            })
        };
        posts.iter().filter_map(line).take(most).collect()
    }
}

/// Asks whether the address wants to follow. No text of the visitor is in it (S3).
#[derive(Debug, Clone, Serialize)]
pub struct ConfirmMail {
    /// The blog.
    pub blog: BlogView,
    /// The reader.
    pub address: String,
    /// The button.
    pub confirm_url: String,
    /// `25 November 2026`: when the link ends.
    pub expires_on: String,
    /// `22 November 2026`: when the address was typed.
    pub requested_on: String,
    /// Whether nobody typed it: it stands in a list that was imported.
    pub is_imported: bool,
    /// For the footer.
    pub postal_address: Option<String>,
}

/// "You follow already", after a second sign-up.
#[derive(Debug, Clone, Serialize)]
pub struct ReminderMail {
    /// The blog.
    pub blog: BlogView,
    /// The reader.
    pub address: String,
    /// Since when the reader follows, as in [`PostMail`].
    #[serde(flatten)]
    pub since: Since,
    /// Whether the reader paused.
    pub is_paused: bool,
    /// To change it.
    pub manage_url: String,
    /// To leave.
    pub unsubscribe_url: String,
    /// For the footer.
    pub postal_address: Option<String>,
}

/// "You are in."
#[derive(Debug, Clone, Serialize)]
pub struct WelcomeMail {
    /// The blog.
    pub blog: BlogView,
    /// The reader.
    pub address: String,
    /// The address that mails come from, for the address book.
    pub sender_address: String,
    /// `22 November 2026`.
    pub confirmed_on: String,
    /// The latest posts, at most three.
    pub recent: Vec<PostLine>,
    /// To change it.
    pub manage_url: String,
    /// To leave.
    pub unsubscribe_url: String,
    /// For the footer.
    pub postal_address: Option<String>,
}

/// "You have left."
#[derive(Debug, Clone, Serialize)]
pub struct GoodbyeMail {
    /// The blog.
    pub blog: BlogView,
    /// The reader.
    pub address: String,
    /// `22 November 2026`.
    pub left_on: String,
    /// To follow again: the page with the undo button.
    pub undo_url: String,
    /// For the footer.
    pub postal_address: Option<String>,
}

/// The link to one's own follows, after it was asked for.
#[derive(Debug, Clone, Serialize)]
pub struct ManageMail {
    /// The reader.
    pub address: String,
    /// The link.
    pub manage_url: String,
    /// `22 November 2026`: when it ends.
    pub expires_on: String,
    /// Names of the blogs that the address follows.
    pub blogs: Vec<String>,
    /// Colours.
    pub palette: Palette,
    /// Where this service lives: `https://mail.example.org/`.
    pub public_url: String,
    /// For the footer.
    pub postal_address: Option<String>,
}

/// A post that waits for the operator.
#[derive(Debug, Clone, Serialize)]
pub struct HeldPost {
    /// Its title; may be empty.
    pub title: String,
    /// Its page.
    pub link: Option<String>,
    /// Why it is held.
    pub reason: String,
}

/// To the blog's owner: something is held.
#[derive(Debug, Clone, Serialize)]
pub struct NoticeMail {
    /// The blog.
    pub blog: BlogView,
    /// Its slug, for the commands.
    pub slug: String,
    /// What is held, at most 20.
    pub posts: Vec<HeldPost>,
    /// How many more there are.
    pub more: usize,
}

/// To the blog's owner: the brake stopped its mailings.
#[derive(Debug, Clone, Serialize)]
pub struct BrakedMail {
    /// The blog.
    pub blog: BlogView,
    /// Its slug, for the commands.
    pub slug: String,
    /// `10 of 200 addresses do not exist`.
    pub why: String,
    /// Every mail was sent by then, and nothing is paused.
    pub nothing_left: bool,
}

/// To the blog's owner: a mail server refuses us, and mails wait.
#[derive(Debug, Clone, Serialize)]
pub struct RestingMail {
    /// The blog.
    pub blog: BlogView,
    /// Its slug, for the commands.
    pub slug: String,
    /// `22 November 2026`.
    pub since: String,
    /// Who refuses us, and what of us.
    pub why: String,
    /// The server's words.
    pub said: String,
    /// What to do.
    pub advice: String,
    /// Whether it waits for the operator; else it goes on by itself.
    pub is_paused: bool,
    /// What to type.
    pub commands: Vec<String>,
}

/// To the blog's owner: its feed cannot be read, or is read again.
#[derive(Debug, Clone, Serialize)]
pub struct UnreadMail {
    /// The blog.
    pub blog: BlogView,
    /// Its slug, for the commands.
    pub slug: String,
    /// The feed, without its secrets.
    pub feed: String,
    /// `22 November 2026`.
    pub since: String,
    /// Why it could not be read.
    pub why: String,
    /// What to do.
    pub advice: String,
    /// Whether it is read again.
    pub is_back: bool,
}

/// To the blog's owner: a mailing is over, and hardly anybody got it.
#[derive(Debug, Clone, Serialize)]
pub struct UnreachedMail {
    /// The blog.
    pub blog: BlogView,
    /// Its slug, for the commands.
    pub slug: String,
    /// Of the mailing.
    pub title: String,
    /// How few it reached.
    pub why: String,
    /// The server's words.
    pub said: String,
    /// What to do.
    pub advice: String,
    /// What to type.
    pub commands: Vec<String>,
}

/// From `mail test`.
#[derive(Debug, Clone, Serialize)]
pub struct TestMail {
    /// The relay.
    pub relay: String,
    /// `22 November 2026`.
    pub sent_on: String,
    /// Colours.
    pub palette: Palette,
    /// Where this service lives.
    pub public_url: String,
}

/// One post.
#[derive(Debug, Clone, Serialize)]
pub struct PostMail {
    /// The blog.
    pub blog: BlogView,
    /// The reader.
    pub address: String,
    /// Title; empty for a post without one (the subject then is the summary's beginning).
    pub title: String,
    /// Subject, never empty.
    pub subject: String,
    /// Its page.
    pub link: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// `20 November 2026`.
    pub published_on: Option<String>,
    /// Minutes to read, at least 1.
    pub minutes: u32,
    /// Featured image.
    pub image: Option<String>,
    /// The body: sanitised, with our inline styles; goes in as it is.
    pub body_html: String,
    /// The same as text, lines under 72.
    pub body_text: String,
    /// Whether the body is only the beginning.
    pub is_excerpt: bool,
    /// Where comments are written, if the feed says it.
    pub comments_url: Option<String>,
    /// `mailto:` of an answer, if the blog takes answers.
    pub answer_url: Option<String>,
    /// One or two plain sentences for the preheader.
    pub summary: String,
    /// Whether it mends a mail that the reader has.
    pub is_correction: bool,
    /// What the owner says about the correction.
    pub note: Option<String>,
    /// `en`; BCP 47.
    pub language: String,
    /// `ltr` or `rtl`, by the language, else by the first strong letter.
    pub direction: &'static str,
    /// Since when the reader follows: `confirmed_on`, `follows_since`,
    /// `imported_on` or `added_on`, as it was.
    #[serde(flatten)]
    pub since: Since,
    /// To change it.
    pub manage_url: String,
    /// To leave.
    pub unsubscribe_url: String,
    /// For the footer.
    pub postal_address: Option<String>,
}
