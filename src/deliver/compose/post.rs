//! The mail of a post: what is equal for all readers comes with the mailing.

use std::sync::Arc;

use super::{ComposeError, Composer, HTML_LIMIT_BYTES, view};
use crate::domain::{
    Blog, BodyMode, DeliveryId, DeliveryKind, EmailAddress, Mailing, MailingContent, MailingId, Timestamp,
};
use crate::mail::{Email, Parcel};
use crate::store::Claimed;
use crate::templates::{PostMail, Rendered};

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
    pub(super) confirmed_on: Option<String>,
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
        self.render_post(blog, content, &self.nobody(to, Timestamp::from_millis(0), String::new()))
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
        let from = self.sender_of(row.kind, Some(blog));
        let own = self.nobody(to, row.queued_at, self.message_id(row.id, &from));
        let mass = self.post_email(blog, content, MailingId(0), &own)?;
        let email = Email { one_click: None, leave_by_mail: None, list_id: None, feedback_id: None, ..mass };
        let parcel = self.parcel(row, &email.from.address, to, email.to_bytes()?);
        self.signed(parcel, row.queued_at).await
    }

    fn nobody(&self, to: &EmailAddress, date: Timestamp, message_id: String) -> Own {
        let url = format!("{}/manage", self.policy.public_url);
        Own {
            to: to.clone(),
            date,
            message_id,
            manage_url: url.clone(),
            unsubscribe_url: url,
            leave_by_mail: None,
            in_reply_to: None,
            confirmed_on: None,
        }
    }

    pub(super) fn post(
        &self,
        claimed: &Claimed,
        blog: &Arc<Blog>,
        mailing: &Mailing,
        to: EmailAddress,
    ) -> Result<Parcel, ComposeError> {
        let (Some(subscription), Some(subscriber)) = (claimed.subscription_id, claimed.subscriber_id) else {
            return Err(ComposeError::Lost("the reader is gone"));
        };
        let from = self.sender_of_posts(blog);
        let own = Own {
            to,
            date: claimed.queued_at,
            message_id: self.message_id(claimed.id, &from),
            manage_url: self.manage_url(subscriber.0, None),
            unsubscribe_url: self.unsubscribe_url(subscription.0),
            leave_by_mail: self.return_address(claimed.id),
            in_reply_to: mailing.content.correction.as_ref().and_then(|_| {
                let corrected = corrected_by(claimed)?;
                Some(self.message_id(corrected, &from))
            }),
            confirmed_on: claimed.confirmed_at.map(Timestamp::long_date),
        };
        // A correction answers each reader's own mail; there are few of them.
        let by_letter = match mailing.content.correction {
            None => self.by_letter(blog, mailing, &own)?,
            Some(_) => None,
        };
        let bytes = match by_letter {
            Some(bytes) => bytes,
            None => self.post_email(blog, &mailing.content, mailing.id, &own)?.to_bytes()?,
        };
        Ok(self.parcel(claimed, &from.address, &own.to, bytes))
    }

    /// A post as the whole mail of one reader.
    pub(super) fn post_email(
        &self,
        blog: &Blog,
        content: &MailingContent,
        mailing: MailingId,
        own: &Own,
    ) -> Result<Email, ComposeError> {
        let rendered = self.render_post(blog, content, own)?;
        let from = self.sender_of(DeliveryKind::Post, Some(blog));
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
    ) -> Result<Rendered, ComposeError> {
        let is_excerpt = blog.body == BodyMode::Excerpt || content.html.len() > HTML_LIMIT_BYTES;
        let mut context = PostMail {
            blog: view(blog),
            address: own.to.to_string(),
            title: content.title.clone(),
            subject: subject_of(content, blog),
            link: content.link.clone(),
            author: content.author.clone(),
            published_on: content.published_at.map(Timestamp::long_date),
            minutes: content.minutes,
            image: content.image.clone(),
            body_html: content.html.clone(),
            body_text: content.text.clone(),
            is_excerpt: false,
            summary: content.summary.clone(),
            is_correction: content.correction.is_some(),
            note: content.correction.as_ref().and_then(|correction| correction.note.clone()),
            language: content.language.clone().unwrap_or_else(|| "en".to_owned()),
            direction: direction_of(content),
            confirmed_on: own.confirmed_on.clone(),
            manage_url: own.manage_url.clone(),
            unsubscribe_url: own.unsubscribe_url.clone(),
            postal_address: self.policy.postal_address.clone(),
        };
        if !is_excerpt {
            let rendered = self.templates.mail(&context)?;
            if rendered.html.len() <= HTML_LIMIT_BYTES {
                return Ok(rendered);
            }
        }
        context.is_excerpt = true;
        context.body_html.clone_from(&content.excerpt_html);
        context.body_text.clone_from(&content.excerpt_text);
        Ok(self.templates.mail(&context)?)
    }
}

/// The delivery whose mail this one corrects: the fan-out wrote it down.
fn corrected_by(claimed: &Claimed) -> Option<DeliveryId> {
    claimed.payload.as_deref()?.parse().ok().map(DeliveryId)
}

/// The subject of a post's mail; never empty.
pub(crate) fn subject_of(content: &MailingContent, blog: &Blog) -> String {
    if let Some(correction) = &content.correction {
        return format!("Re: {}", correction.subject);
    }
    let title = content.title.trim();
    if !title.is_empty() {
        return title.to_owned();
    }
    let summary = content.summary.trim();
    if !summary.is_empty() {
        return summary.chars().take(70).collect();
    }
    format!("A new post on {}", blog.title)
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
