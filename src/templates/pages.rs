//! One context type for each page. Every page also gets `chrome`: see [`Chrome`].

use serde::Serialize;

use super::{PostLine, Since};

/// What surrounds every page.
#[derive(Debug, Clone, Serialize)]
pub struct Chrome {
    /// The blog's name and page, when the page is about one.
    pub blog: Option<PageBlog>,
    /// `22 NOV 2026`: the date on the postmark.
    pub postmark: String,
}

/// The blog that a page is about.
#[derive(Debug, Clone, Serialize)]
pub struct PageBlog {
    /// Its name.
    pub title: String,
    /// Its slug; the page links `/b/{slug}/style.css` for its accent.
    pub slug: String,
    /// Its home page.
    pub home_url: String,
    /// Its feed.
    pub feed_url: String,
    /// One sentence; may be empty.
    pub description: String,
    /// The address that its mails come from; empty when none is set.
    pub sender_address: String,
}

/// A page's one context type.
pub trait PageTemplate: Serialize + Sized {
    /// Its template: `NAME.html` among the pages.
    const NAME: &'static str;

    /// Long, empty, right-to-left and hostile ones, for the check.
    fn samples() -> Vec<Self>;
}

/// `/`: the blogs of this instance.
#[derive(Debug, Clone, Serialize)]
pub struct IndexPage {
    /// Each with its follower text.
    pub blogs: Vec<IndexBlog>,
}

/// A blog on `/`.
#[derive(Debug, Clone, Serialize)]
pub struct IndexBlog {
    /// Its name.
    pub title: String,
    /// Its slug.
    pub slug: String,
    /// One sentence; may be empty.
    pub description: String,
    /// `Join 1,404 other followers`.
    pub text: String,
}

/// `/b/{slug}`: sign up.
#[derive(Debug, Clone, Serialize)]
pub struct FollowPage {
    /// `Join 1,404 other followers`.
    pub followers_text: String,
    /// The latest posts, at most five.
    pub posts: Vec<PostLine>,
    /// What was typed before.
    pub typed: String,
    /// The other fields of the form, name and value, as they came.
    pub kept: Vec<(String, String)>,
    /// What is wrong with it; the page then is an answer 422.
    pub fault: Option<String>,
    /// Why the button is to be pressed once more; the form then has no trap.
    pub again: Option<String>,
}

/// After signing up; the same for every address.
#[derive(Debug, Clone, Serialize)]
pub struct CheckInboxPage {
    /// Hours until a confirmation link ends.
    pub confirm_within_hours: u32,
}

/// One button that confirms.
#[derive(Debug, Clone, Serialize)]
pub struct ConfirmPage {
    /// Where the button POSTs.
    pub action: String,
    /// `k••@example.org`.
    pub masked: String,
    /// `29 November 2026`.
    pub expires_on: String,
}

/// Confirmed, just now or before, or taken back a leave.
#[derive(Debug, Clone, Serialize)]
pub struct ConfirmedPage {
    /// `k••@example.org`.
    pub masked: String,
    /// It was confirmed before already.
    pub already: bool,
    /// A leave was taken back.
    pub is_back: bool,
    /// Why no mail comes all the same, in words.
    pub stopped: Option<&'static str>,
    /// The latest posts, at most three.
    pub posts: Vec<PostLine>,
}

/// The confirmation link has expired (410).
#[derive(Debug, Clone, Serialize)]
pub struct ExpiredPage {
    /// Where the button for a new mail POSTs.
    pub action: String,
    /// `k••@example.org`; empty when the row is gone.
    pub masked: String,
    /// Hours that a link works.
    pub confirm_within_hours: u32,
}

/// One button that leaves.
#[derive(Debug, Clone, Serialize)]
pub struct UnsubscribePage {
    /// Where the buttons POST: with `do=leave`, `do=pause` or `do=resume`.
    pub action: String,
    /// `k••@example.org`.
    pub masked: String,
    /// Whether pausing makes sense (not paused already).
    pub can_pause: bool,
    /// `22 December 2026`: until when a pause lasts.
    pub pause_until: String,
    /// Whether no mail comes now.
    pub is_paused: bool,
    /// Until when, if the pause ends by itself; else empty.
    pub paused_until: String,
    /// Why no mail comes all the same, in words.
    pub stopped: Option<&'static str>,
}

/// Left, now or before.
#[derive(Debug, Clone, Serialize)]
pub struct LeftPage {
    /// Where the undo button POSTs, with `do=undo`; `None` when it is too late
    /// or no mail would come.
    pub undo_action: Option<String>,
    /// `29 November 2026`.
    pub undo_until: String,
    /// `k••@example.org`.
    pub masked: String,
    /// Why no mail comes all the same, in words.
    pub stopped: Option<&'static str>,
    /// Whether following anew brings mails again.
    pub can_follow: bool,
}

/// A plain page with one sentence and at most one way on: paused, resumed,
/// link sent, erased.
#[derive(Debug, Clone, Serialize)]
pub struct SaidPage {
    /// `bell`, `letter`, `ticked-letter`, `tick`, `dash` or `clock`.
    pub mark: &'static str,
    /// Heading.
    pub title: String,
    /// The sentence.
    pub lead: String,
    /// Text and target of the way on.
    pub link: Option<(String, String)>,
    /// Heading and text below: what to do when nothing comes.
    pub otherwise: Option<(String, String)>,
}

/// An error that a person sees.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorPage {
    /// Heading.
    pub title: String,
    /// What happened and that nothing was changed.
    pub lead: String,
    /// For the log: `PB-…`; empty when none.
    pub request_id: String,
    /// Text and target of the way out.
    pub link: Option<(String, String)>,
    /// What the blog's owner may run.
    pub command: Option<String>,
}

/// `/manage`: asks for the link.
#[derive(Debug, Clone, Serialize)]
pub struct ManageRequestPage {
    /// What was typed before.
    pub typed: String,
    /// What is wrong with it.
    pub fault: Option<String>,
    /// Why the button is to be pressed once more; the form then has no trap.
    pub again: Option<String>,
}

/// A manage link that opens nothing any more: one button mails a new one.
#[derive(Debug, Clone, Serialize)]
pub struct RenewPage {
    /// Where the button POSTs, with `do=renew`.
    pub action: String,
    /// `k••@example.org`.
    pub masked: String,
    /// Its time is over; else it is of the kind that stood in every mail.
    pub is_expired: bool,
}

/// `/manage/{token}`: every subscription of one address.
#[derive(Debug, Clone, Serialize)]
pub struct ManagePage {
    /// The whole address: this page opens only from a mail.
    pub address: String,
    /// Where the buttons POST: `do` is `pause`, `resume`, `leave`, `undo`,
    /// `download` or `erase`; `subscription` names the row.
    pub action: String,
    /// What was just done.
    pub said: Option<String>,
    /// Each follow, active ones first.
    pub follows: Vec<ManageFollow>,
    /// `22 December 2026`: until when a pause lasts.
    pub pause_until: String,
}

/// One follow on the manage page.
#[derive(Debug, Clone, Serialize)]
pub struct ManageFollow {
    /// Its row.
    pub subscription: i64,
    /// The blog's name.
    pub title: String,
    /// The blog's home page.
    pub home_url: String,
    /// Where to sign up.
    pub follow_url: String,
    /// Since when, as mails say it; nothing when not confirmed.
    #[serde(flatten)]
    pub since: Since,
    /// `active`, `paused`, `pending` or `ended`.
    pub state: &'static str,
    /// `22 December 2026`; empty when for good or not paused.
    pub paused_until: String,
    /// Whether `undo` is offered: it was left, whoever asked for it since.
    pub can_undo: bool,
    /// Why no mail comes all the same, in words.
    pub stopped: Option<&'static str>,
}

/// Asks once more before erasing. Its button POSTs `do=erase-for-good`.
#[derive(Debug, Clone, Serialize)]
pub struct ErasePage {
    /// The whole address.
    pub address: String,
    /// Where the button POSTs.
    pub action: String,
    /// Names of the blogs that are left.
    pub blogs: Vec<String>,
}

/// `/privacy`: what is stored, why, how long.
#[derive(Debug, Clone, Serialize)]
pub struct PrivacyPage {
    /// Days that an unconfirmed address is kept.
    pub pending_days: u32,
    /// Days that an ended subscription is kept.
    pub ended_days: u32,
    /// Days that counters are kept.
    pub log_days: u32,
    /// The operator's postal address.
    pub postal_address: Option<String>,
}

/// `/mailbox`: the mails kept instead of sent, and one of them.
#[derive(Debug, Clone, Serialize)]
pub struct MailboxPage {
    /// What was looked for; may be empty.
    pub query: String,
    /// How many mails are kept in all.
    pub total: i64,
    /// The newest that match, newest first.
    pub mails: Vec<MailboxLine>,
    /// The one that is open.
    pub open: Option<MailboxMail>,
    /// The demo blog's page, in `postbell demo`.
    pub demo_url: Option<String>,
}

/// A mail in the list.
#[derive(Debug, Clone, Serialize)]
pub struct MailboxLine {
    /// Its row: `/mailbox/{id}`.
    pub id: i64,
    /// Subject.
    pub subject: String,
    /// To whom.
    pub recipient: String,
    /// `14:02`, UTC.
    pub time: String,
    /// RFC 3339.
    pub datetime: String,
    /// `New post`, `Confirm`, …
    pub kind: String,
    /// Whether it is the open one.
    pub is_open: bool,
}

/// The open mail.
#[derive(Debug, Clone, Serialize)]
pub struct MailboxMail {
    /// Its row.
    pub id: i64,
    /// Subject.
    pub subject: String,
    /// To whom.
    pub recipient: String,
    /// `Name <address>`.
    pub sender: String,
    /// The open part: `html`, `text`, `headers` or `raw`.
    pub part: &'static str,
    /// `9 KB of 102 KB`, `Text part: yes`, …; the flag says whether it is as it should be.
    pub checks: Vec<(String, bool)>,
    /// Name and value, unfolded and decoded.
    pub headers: Vec<(String, String)>,
    /// The text part.
    pub text: String,
    /// The whole mail as text.
    pub raw: String,
}

/// The demo's blog: its front page or one post.
#[derive(Debug, Clone, Serialize)]
pub struct DemoPage {
    /// The post on the page.
    pub post: DemoPost,
    /// All posts, newest first.
    pub posts: Vec<PostLine>,
    /// `Join 1,404 other followers`.
    pub followers_text: String,
    /// Where the form POSTs.
    pub follow_action: String,
    /// Where the publish button POSTs.
    pub publish_action: String,
    /// Title proposed for the next post.
    pub next_title: String,
    /// The mailbox.
    pub mailbox_url: String,
    /// How many mails it holds.
    pub mails: i64,
    /// The blog's name.
    pub title: String,
    /// The blog's sentence.
    pub tagline: String,
    /// The feed.
    pub feed_url: String,
    /// What was just done.
    pub said: Option<String>,
}

/// A post of the demo's blog.
#[derive(Debug, Clone, Serialize)]
pub struct DemoPost {
    /// Its title.
    pub title: String,
    /// Its own page.
    pub link: String,
    /// `20 November 2026`.
    pub date: String,
    /// Trusted HTML of ours.
    pub html: String,
}
