//! The mail of a post: what is equal for all readers comes with the mailing.

use super::{ComposeError, Composer, Frame, HTML_LIMIT_BYTES, view};
use crate::domain::{Blog, BodyMode, EmailAddress, MailingContent, MailingId, Timestamp};
use crate::mail::Parcel;
use crate::store::Claimed;
use crate::templates::{PostMail, Rendered};

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
        let base = &self.policy.public_url;
        self.render_post(blog, content, to, None, format!("{base}/manage"), format!("{base}/manage"))
    }

    /// The same, ready to be handed over to `to`.
    ///
    /// # Errors
    /// Why it cannot be composed.
    pub fn preview_parcel(
        &self,
        row: &Claimed,
        blog: &Blog,
        content: &MailingContent,
        to: &EmailAddress,
    ) -> Result<Parcel, ComposeError> {
        let rendered = self.preview(blog, content, to)?;
        let frame = Frame {
            from: self.sender_of(row.kind, Some(blog)),
            reply_to: self.reply_to_of(row.kind, Some(blog)),
            to: to.clone(),
        };
        self.pack(row, frame, rendered, None)
    }

    pub(super) fn post(
        &self,
        claimed: &Claimed,
        blog: &Blog,
        content: &MailingContent,
        mailing: MailingId,
        to: EmailAddress,
    ) -> Result<Parcel, ComposeError> {
        let (Some(subscription), Some(subscriber)) = (claimed.subscription_id, claimed.subscriber_id) else {
            return Err(ComposeError::Lost("the reader is gone"));
        };
        let unsubscribe_url = self.unsubscribe_url(subscription.0);
        let manage_url = self.manage_url(subscriber.0, None);
        let rendered =
            self.render_post(blog, content, &to, claimed.confirmed_at, manage_url, unsubscribe_url.clone())?;
        let frame = Frame {
            from: self.sender_of(claimed.kind, Some(blog)),
            reply_to: self.reply_to_of(claimed.kind, Some(blog)),
            to,
        };
        self.pack(claimed, frame, rendered, Some((blog, mailing, unsubscribe_url)))
    }

    fn render_post(
        &self,
        blog: &Blog,
        content: &MailingContent,
        to: &EmailAddress,
        confirmed_at: Option<Timestamp>,
        manage_url: String,
        unsubscribe_url: String,
    ) -> Result<Rendered, ComposeError> {
        let is_excerpt = blog.body == BodyMode::Excerpt || content.html.len() > HTML_LIMIT_BYTES;
        let mut context = PostMail {
            blog: view(blog),
            address: to.to_string(),
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
            language: content.language.clone().unwrap_or_else(|| "en".to_owned()),
            direction: direction_of(content),
            confirmed_on: confirmed_at.map(Timestamp::long_date),
            manage_url,
            unsubscribe_url,
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

fn subject_of(content: &MailingContent, blog: &Blog) -> String {
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
