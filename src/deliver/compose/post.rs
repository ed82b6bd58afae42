//! The mail of a post: what is equal for all readers comes with the mailing.

use std::sync::Arc;

use super::{ComposeError, Composed, Composer, view};
use crate::domain::shown::short_line;
use crate::domain::{
    Blog, BodyMode, ConfirmedBy, DeliveryId, DeliveryKind, DeliveryRow, EmailAddress, HTML_LIMIT_BYTES,
    MAX_MAIL_BYTES, Mailing, MailingContent, MailingId, Timestamp, local,
};
use crate::mail::{Email, Originator, Parcel, encoded_bytes};
use crate::store::{Claimed, StoreError};
use crate::templates::{PostMail, Rendered, Since};

/// What is a reader's own in the mail of a post.
pub(super) struct Own {
    pub(super) to: EmailAddress,
    pub(super) date: Timestamp,
    pub(super) message_id: String,
    pub(super) manage_url: String,
    pub(super) unsubscribe_url: String,
    /// Where a mail asks the same.
    pub(super) leave_by_mail: Option<String>,
    /// `Message-ID` of the mail that this one corrects.
    pub(super) in_reply_to: Option<String>,
    /// Since when the reader follows, and what that rests on.
    pub(super) since: Option<(ConfirmedBy, String)>,
}

impl Composer {
    /// A post as the mail of a made-up reader: for `post preview`.
    ///
    /// # Errors
    /// A template that does not render.
    pub fn preview(
        &self,
        blog: &Blog,
        content: &MailingContent,
        to: &EmailAddress,
    ) -> Result<Rendered, ComposeError> {
        let own = self.nobody(to, Timestamp::from_millis(0), "preview".to_owned());
        let email = self.post_email(blog, content, MailingId(0), &own)?;
        Ok(Rendered { subject: email.subject, text: email.text, html: email.html })
    }

    /// The same, ready to be handed over to `to`: without a list to leave.
    ///
    /// # Errors
    /// Why it cannot be composed.
    pub async fn preview_parcel(
        &self,
        row: &Claimed,
        blog: &Blog,
        content: &MailingContent,
        to: &EmailAddress,
    ) -> Result<Parcel, ComposeError> {
        let from = self.originator_of(row.kind, Some(blog));
        let named = self.row_of(row, None, Some(blog));
        let message_id = format!("{}@{}", self.keys.message_id(&named), from.address.domain());
        let own = self.nobody(to, row.queued_at, message_id);
        let mass = self.post_email(blog, content, MailingId(0), &own)?;
        let email = Email { one_click: None, leave_by_mail: None, list_id: None, feedback_id: None, ..mass };
        let parcel = self.parcel(&named, &email.from.address, to, email.to_bytes()?);
        self.signed(parcel, row.queued_at).await
    }

    fn nobody(&self, to: &EmailAddress, date: Timestamp, message_id: String) -> Own {
        let url = self.manage_url();
        Own {
            to: to.clone(),
            date,
            message_id,
            manage_url: url.clone(),
            unsubscribe_url: url,
            leave_by_mail: None,
            in_reply_to: None,
            since: None,
        }
    }

    pub(super) async fn post(
        &self,
        claimed: &Claimed,
        blog: &Arc<Blog>,
        mailing: &Mailing,
        to: EmailAddress,
    ) -> Composed<Parcel> {
        let Some(unsubscribe_url) = self.unsubscribe_url(claimed) else {
            return Ok(Err(ComposeError::Lost("the reader is gone")));
        };
        let from = self.originator_of_posts(blog);
        let row = self.row_of(claimed, Some(mailing), None);
        let message_id = self.message_id(&row, &from).await?;
        let in_reply_to = match &mailing.content.correction {
            Some(_) => self.corrected_by(claimed, &row, &from).await?,
            None => None,
        };
        let own = Own {
            to,
            date: claimed.queued_at,
            message_id,
            manage_url: self.manage_url(),
            unsubscribe_url,
            leave_by_mail: self.return_address(&row),
            in_reply_to,
            since: claimed.confirmed_at.map(|at| (claimed.confirmed_by, at.long_date())),
        };
        Ok(self.composed(blog, mailing, &own).map(|bytes| self.parcel(&row, &from.address, &own.to, bytes)))
    }

    fn composed(&self, blog: &Arc<Blog>, mailing: &Mailing, own: &Own) -> Result<Vec<u8>, ComposeError> {
        // A correction answers each reader's own mail; there are few of them.
        let by_letter = match mailing.content.correction {
            None => self.by_letter(blog, mailing, own)?,
            Some(_) => None,
        };
        match by_letter {
            Some(bytes) => Ok(bytes),
            None => Ok(self.post_email(blog, &mailing.content, mailing.id, own)?.to_bytes()?),
        }
    }

    /// The `Message-ID` of the mail that this one corrects: the fan-out wrote
    /// down which delivery it was, and of which mailing.
    async fn corrected_by(
        &self,
        claimed: &Claimed,
        row: &DeliveryRow,
        from: &Originator,
    ) -> Result<Option<String>, StoreError> {
        let mut words = claimed.payload.as_deref().unwrap_or_default().split(' ').map(str::parse);
        let Some(Ok(id)) = words.next() else { return Ok(None) };
        let mailing = match words.next() {
            Some(Ok(mailing)) => self.mailing(MailingId(mailing)).await?,
            // Written before mailings had seals.
            _ => None,
        };
        let mailing = mailing.map(|mailing| mailing.seal);
        let corrected = DeliveryRow { id: DeliveryId(id), mailing, ..*row };
        Ok(Some(self.message_id(&corrected, from).await?))
    }

    /// A post as the whole mail of one reader, with as much of the post as fits.
    pub(super) fn post_email(
        &self,
        blog: &Blog,
        content: &MailingContent,
        mailing: MailingId,
        own: &Own,
    ) -> Result<Email, ComposeError> {
        let has_body = !(content.is_cut && content.html.is_empty());
        if blog.body == BodyMode::Full && has_body && content.html.len() <= HTML_LIMIT_BYTES {
            let email = self.post_email_of(blog, content, mailing, own, Part::Body)?;
            if fits(&email)? {
                return Ok(email);
            }
        }
        let email = self.post_email_of(blog, content, mailing, own, Part::Excerpt)?;
        if fits(&email)? {
            return Ok(email);
        }
        self.post_email_of(blog, content, mailing, own, Part::Link)
    }

    fn post_email_of(
        &self,
        blog: &Blog,
        content: &MailingContent,
        mailing: MailingId,
        own: &Own,
        part: Part,
    ) -> Result<Email, ComposeError> {
        let rendered = self.render_post(blog, content, own, part)?;
        let from = self.originator_of(DeliveryKind::Post, Some(blog));
        let domain = from.address.domain().to_owned();
        Ok(Email {
            to: own.to.clone(),
            reply_to: self.reply_to_of(DeliveryKind::Post, Some(blog)),
            subject: rendered.subject,
            date: own.date,
            message_id: own.message_id.clone(),
            text: rendered.text,
            html: rendered.html,
            in_reply_to: own.in_reply_to.clone(),
            one_click: Some(own.unsubscribe_url.clone()),
            leave_by_mail: own.leave_by_mail.clone(),
            list_id: Some((blog.title.clone(), format!("{}.{}", blog.slug, self.list_host(&domain)))),
            feedback_id: Some(format!("{mailing}:{}:post:{domain}", blog.slug)),
            is_auto: true,
            from,
        })
    }

    fn render_post(
        &self,
        blog: &Blog,
        content: &MailingContent,
        own: &Own,
        part: Part,
    ) -> Result<Rendered, ComposeError> {
        let (body_html, body_text) = match part {
            Part::Body => (content.html.clone(), content.text.clone()),
            Part::Excerpt => (content.excerpt_html.clone(), content.excerpt_text.clone()),
            Part::Link => (String::new(), String::new()),
        };
        let subject = subject_of(content, &blog.title);
        let reply_to = self.reply_to_of(DeliveryKind::Post, Some(blog));
        Ok(self.templates.mail(&PostMail {
            blog: view(blog),
            address: own.to.to_string(),
            title: content.title.clone(),
            comments_url: content.comments_url.clone(),
            answer_url: reply_to.map(|to| answer_url(&to, &subject)),
            subject,
            link: content.link.clone(),
            author: content.author.clone(),
            published_on: content
                .published_at
                .map(|at| local(at, content.zone_minutes, blog.time_zone.as_ref()).long_date()),
            minutes: content.minutes,
            image: content.image.clone(),
            body_html,
            body_text,
            is_excerpt: part != Part::Body || content.is_cut,
            summary: content.summary.clone(),
            is_correction: content.correction.is_some(),
            note: content.correction.as_ref().and_then(|correction| correction.note.clone()),
            language: content.language.clone().unwrap_or_else(|| "en".to_owned()),
            direction: direction_of(content),
            since: own.since.clone().map_or_else(Since::default, |(by, day)| Since::of(by, Some(day))),
            manage_url: own.manage_url.clone(),
            unsubscribe_url: own.unsubscribe_url.clone(),
            postal_address: self.policy.postal_address.clone(),
        })?)
    }
}

/// How much of a post stands in a mail; beside the rest is where to read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// All of it, or the blocks that have room.
    Body,
    Excerpt,
    Link,
}

/// Before the subject of the mail that is corrected.
const CORRECTED: &str = "Corrected: ";
/// Of a post without a title, so much of its first words.
const UNTITLED_SIGNS: usize = 70;

/// What a signature, and other readers' longer values, may add.
const ROOM_BYTES: usize = 8_000;

/// Whether a mail is shown whole and not larger than a mail may be.
fn fits(email: &Email) -> Result<bool, ComposeError> {
    const MOST: usize = MAX_MAIL_BYTES - ROOM_BYTES;
    if email.html.len() > HTML_LIMIT_BYTES {
        return Ok(false);
    }
    // Only what may be too large is encoded to know.
    let most = encoded_bytes(&email.html) + encoded_bytes(&email.text) + ROOM_BYTES;
    Ok(most <= MOST || email.to_bytes()?.len() <= MOST)
}

/// The subject of a post's mail; never empty.
pub(crate) fn subject_of(content: &MailingContent, blog_title: &str) -> String {
    if let Some(correction) = &content.correction {
        // Programs that show mails in threads go by the `In-Reply-To`; an
        // answer of ours to ourselves would say nothing to anybody.
        let earlier = correction.subject.trim_start_matches(CORRECTED);
        return format!("{CORRECTED}{earlier}");
    }
    let title = content.title.trim();
    if !title.is_empty() {
        return title.to_owned();
    }
    match short_line(&content.summary, UNTITLED_SIGNS) {
        beginning if !beginning.is_empty() => beginning,
        _ => format!("A new post on {blog_title}"),
    }
}

/// An answer to a post: a mail to the blog with the subject that programs give
/// to answers.
fn answer_url(to: &EmailAddress, title: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    // What stands in an address unquoted may stand in a link (RFC 6068 §2).
    let to =
        encoded(to.as_str()).replace("%40", "@").replace("%2E", ".").replace("%2D", "-").replace("%5F", "_");
    format!("mailto:{to}?subject={}", encoded(&format!("Re: {title}")))
}

/// By the language, else by the first strong letter of title and summary.
fn direction_of(content: &MailingContent) -> &'static str {
    let language = content.language.as_deref().unwrap_or("").split('-').next().unwrap_or("");
    if matches!(language, "ar" | "he" | "iw" | "fa" | "ur" | "ps" | "yi" | "dv" | "ug" | "sd" | "ckb") {
        return "rtl";
    }
    let is_rtl = |c: char| matches!(c as u32, 0x0590..=0x08FF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFF);
    let first = content.title.chars().chain(content.summary.chars()).find(|c| c.is_alphabetic());
    if first.is_some_and(is_rtl) { "rtl" } else { "ltr" }
}

#[cfg(test)]
mod tests;
