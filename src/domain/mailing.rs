//! A mailing: one thing to send to many.

use serde::{Deserialize, Serialize};

use super::blog::words;
use super::{BlogId, MailingId, PostId, Reason, Seal, Timestamp};

/// What a mailing carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MailingKind {
    /// One post.
    Post,
    /// The mended text of a post, to those who got it.
    Correction,
    /// Several posts of a day or week.
    Digest,
    /// What the owner wrote to all followers.
    Broadcast,
}

words!(MailingKind { Post = "post", Correction = "correction", Digest = "digest", Broadcast = "broadcast" });

/// Of fewer readers a mailing that reaches nobody may be chance.
const LEAST_UNREACHED: i64 = 3;

/// Whether a mailing that is over reached nobody, or nearly nobody: of three
/// readers at least, nine of ten were refused for good. Whether they are dead
/// or it is about us, its owner has to know (R17).
pub const fn reached_nobody(sent: i64, failed: i64) -> bool {
    failed >= LEAST_UNREACHED && failed >= sent.saturating_mul(9)
}

/// How far a mailing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MailingStatus {
    /// Its deliveries are being written.
    Filling,
    /// Its deliveries are being sent.
    Sending,
    /// It waits for the operator.
    Paused,
    /// Every delivery has its end.
    Done,
    /// The operator ended it.
    Cancelled,
}

words!(MailingStatus {
    Filling = "filling",
    Sending = "sending",
    Paused = "paused",
    Done = "done",
    Cancelled = "cancelled",
});

/// Longest HTML part of a mail: Gmail clips near 102 KB (D8).
pub const HTML_LIMIT_BYTES: usize = 90 * 1024;
/// Longest body within it: the rest is what stands around.
pub const BODY_LIMIT_BYTES: usize = HTML_LIMIT_BYTES - 14_000;
/// No mail is larger: what a post has more than that is read on the blog (S20).
pub const MAX_MAIL_BYTES: usize = 200_000;

/// What is equal for every reader of a mailing: stored once, with the
/// mailing; a delivery row carries none of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailingContent {
    /// Title of the post; may be empty.
    pub title: String,
    /// The post's page.
    pub link: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// When the blog says it was published.
    pub published_at: Option<Timestamp>,
    /// By which clock the feed wrote that, in minutes east of Greenwich.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone_minutes: Option<i32>,
    /// The body as it goes into a mail: sanitised, every URL absolute, with our
    /// styles.
    pub html: String,
    /// The same as text, lines under 72.
    pub text: String,
    /// Whether the body was too long for a mail: `html` and `text` are its
    /// beginning then. Both may be empty, and are in what earlier versions stored.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_cut: bool,
    /// Its beginning, a few paragraphs, made like `html`.
    pub excerpt_html: String,
    /// The same as text.
    pub excerpt_text: String,
    /// One or two plain sentences for the preheader.
    pub summary: String,
    /// Featured image, when the body does not already show it.
    pub image: Option<String>,
    /// Minutes to read, at least 1.
    pub minutes: u32,
    /// Language of the post (BCP 47), when the feed says it.
    pub language: Option<String>,
    /// Where comments on it are written, when the feed says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments_url: Option<String>,
    /// Of a correction: what it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<Correction>,
}

/// What makes a mail a correction of an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// Subject of the earlier mail: programs that show mails in threads want
    /// it beside the `In-Reply-To`.
    pub subject: String,
    /// What the owner says about it.
    pub note: Option<String>,
}

/// One thing to send to many.
#[derive(Debug, Clone, Serialize)]
pub struct Mailing {
    /// Its row.
    pub id: MailingId,
    /// Its blog.
    pub blog_id: BlogId,
    /// What it carries.
    pub kind: MailingKind,
    /// The post, for a post.
    pub post_id: Option<PostId>,
    /// How far it is.
    pub status: MailingStatus,
    /// Why it is paused or was cancelled.
    #[serde(rename = "reason_code")]
    pub reason: Option<Reason>,
    /// What is sent.
    #[serde(skip)]
    pub content: MailingContent,
    /// Followers up to this moment get it.
    pub created_at: Timestamp,
    /// When its last delivery found its end.
    pub finished_at: Option<Timestamp>,
    /// What names its deliveries.
    #[serde(skip)]
    pub seal: Seal,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_nine_of_ten_of_three_at_least() {
        for (sent, failed, expected) in [
            (0, 3, true),
            (0, 2, false),
            (1, 8, false),
            (1, 9, true),
            (10, 89, false),
            (10, 90, true),
            (0, 0, false),
        ] {
            assert_eq!(reached_nobody(sent, failed), expected, "{sent} {failed}");
        }
    }
}
