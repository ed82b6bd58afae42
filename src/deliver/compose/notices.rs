//! Mails to one reader about one thing: questions, links, welcomes, notices.

use super::{ComposeError, Composed, Composer, subscription_of, view};
use crate::domain::{
    Blog, BlogId, ConfirmedBy, DeliveryKind, EmailAddress, Halt, MANAGE_LINK_MS, MailingId, Purpose, Reason,
    RestCause, SealedRow, SubscriberId, SubscriptionStatus, Timestamp, masked,
};
use crate::store::{Claimed, PostFilter, StoreError};
use crate::templates::{
    BlogView, BrakedMail, ConfirmMail, GoodbyeMail, HeldPost, ManageMail, NoticeMail, Palette, PostLine,
    ReminderMail, Rendered, RestingMail, Since, TestMail, UnreachedMail, UnreadMail, WelcomeMail,
    advice_on_feed, rests, sentence,
};

/// Colour of mails that are about no blog.
const DEFAULT_ACCENT: &str = "#0f6b5c";

/// What a notice's row carries.
#[derive(Debug, Default, serde::Deserialize)]
struct NoticePayload {
    #[serde(default)]
    posts: Vec<Held>,
    #[serde(default)]
    more: usize,
    /// Why the brake stopped the blog, if it is about that.
    #[serde(default)]
    braked: Option<Told>,
    /// Who refuses us, if it is about that.
    #[serde(default)]
    rest: Option<RestPayload>,
    /// The same of a sender.
    #[serde(default)]
    sender_refused: Option<RestPayload>,
    /// What makes a mailing's mails too large, if it is about that.
    #[serde(default)]
    mail_too_large: Option<TooLargePayload>,
    /// Why the feed cannot be read, or that it is read again, if it is about that.
    #[serde(default)]
    unread: Option<UnreadPayload>,
    /// The mailing that reached nobody, if it is about that.
    #[serde(default)]
    reached_nobody: Option<i64>,
}

#[derive(Debug, serde::Deserialize)]
struct UnreadPayload {
    since: Timestamp,
    reason: Reason,
    is_back: bool,
}

impl UnreadPayload {
    fn into_mail(self, blog: BlogView, slug: String, feed: String) -> UnreadMail {
        UnreadMail {
            blog,
            slug,
            feed,
            since: self.since.long_date(),
            why: sentence(&self.reason),
            advice: advice_on_feed(&self.reason).to_owned(),
            is_back: self.is_back,
        }
    }
}

fn payload_of(claimed: &Claimed) -> NoticePayload {
    claimed.payload.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

/// Whether it is a notice that a blog's sender is refused.
pub(super) fn tells_of_refused_sender(claimed: &Claimed) -> bool {
    claimed.kind == DeliveryKind::Notice && payload_of(claimed).sender_refused.is_some()
}

#[derive(Debug, serde::Deserialize)]
struct TooLargePayload {
    since: Timestamp,
    reason: Reason,
    mailing: i64,
}

impl TooLargePayload {
    fn into_mail(self, blog: BlogView, slug: String) -> RestingMail {
        RestingMail {
            blog,
            slug,
            since: self.since.long_date(),
            why: sentence(&self.reason),
            said: String::new(),
            advice: "Change it, and start postbell serve anew.".to_owned(),
            is_paused: true,
            commands: vec![format!("postbell mailing resume {}", self.mailing)],
        }
    }
}

#[derive(Debug, serde::Deserialize)]
struct RestPayload {
    #[serde(default)]
    relay: String,
    #[serde(default)]
    domain: Option<String>,
    since: Timestamp,
    cause: RestCause,
    #[serde(default)]
    mailing: Option<i64>,
}

impl RestPayload {
    fn into_mail(self, blog: BlogView, slug: String, is_paused: bool) -> RestingMail {
        let Self { relay, domain, since, cause, mailing } = self;
        let why = rests::sentence(&relay, domain.as_deref(), &cause);
        let command = match mailing {
            Some(mailing) => format!("postbell mailing resume {mailing}"),
            None => format!("postbell mailing list {slug}"),
        };
        RestingMail {
            blog,
            slug,
            since: since.long_date(),
            why,
            said: cause.line(),
            advice: rests::advice(&cause).to_owned(),
            is_paused,
            commands: vec![command],
        }
    }
}

/// A held post, as the row names it.
#[derive(Debug, serde::Deserialize)]
struct Held {
    title: String,
    link: Option<String>,
    reason: Told,
}

/// Rows that were queued before reasons were codes carry the sentence.
#[derive(Debug, serde::Deserialize)]
#[serde(untagged)]
enum Told {
    Words(String),
    Code(Reason),
}

impl From<Held> for HeldPost {
    fn from(held: Held) -> Self {
        let reason = match held.reason {
            Told::Words(words) => words,
            Told::Code(code) => sentence(&code),
        };
        Self { title: held.title, link: held.link, reason }
    }
}

impl Composer {
    pub(super) async fn one_off(
        &self,
        claimed: &Claimed,
        blog: Option<&Blog>,
        to: &EmailAddress,
        now: Timestamp,
    ) -> Composed<Rendered> {
        let address = to.to_string();
        let postal_address = self.policy.postal_address.clone();
        let lost = || Ok(Err(ComposeError::Lost("the reader is gone")));
        let rendered = match (claimed.kind, blog) {
            (DeliveryKind::Test, _) => self.templates.mail(&TestMail {
                relay: self.policy.relay.clone(),
                sent_on: now.long_date(),
                palette: Palette::from_accent(DEFAULT_ACCENT),
                public_url: self.policy.public_url.clone(),
            }),
            (DeliveryKind::Manage, _) => {
                let expires_at = now.plus_ms(MANAGE_LINK_MS);
                let (Some(id), Some(seal)) = (claimed.subscriber_id, claimed.subscriber_seal) else {
                    return lost();
                };
                let row = SealedRow { id: id.0, seal, generation: claimed.generation };
                let token = self.keys.sign(Purpose::Manage, row, Some(expires_at));
                let blogs = self.blog_titles(id, now).await?;
                self.templates.mail(&ManageMail {
                    address,
                    manage_url: format!("{}/{token}", self.manage_url()),
                    expires_on: expires_at.long_date(),
                    blogs,
                    palette: Palette::from_accent(DEFAULT_ACCENT),
                    public_url: self.policy.public_url.clone(),
                    postal_address,
                })
            }
            (_, None) => return Ok(Err(ComposeError::Lost("the blog is gone"))),
            (DeliveryKind::Confirm, Some(blog)) => {
                let expires_at = claimed.expires_at.unwrap_or(now);
                let Some(subscription) = subscription_of(claimed) else { return lost() };
                let token = self.keys.sign(Purpose::Confirm, subscription, Some(expires_at));
                self.templates.mail(&ConfirmMail {
                    blog: view(blog),
                    address,
                    confirm_url: format!("{}/confirm/{token}", self.policy.public_url),
                    expires_on: expires_at.long_date(),
                    requested_on: claimed.queued_at.long_date(),
                    // Who followed once, and left, is asked because somebody typed it.
                    is_imported: claimed.confirmed_by == ConfirmedBy::Import
                        && claimed.confirmed_at.is_none(),
                    postal_address,
                })
            }
            (DeliveryKind::Reminder, Some(blog)) => {
                let Some(unsubscribe_url) = self.unsubscribe_url(claimed) else { return lost() };
                self.templates.mail(&ReminderMail {
                    blog: view(blog),
                    address,
                    since: Since::at(claimed.confirmed_by, claimed.confirmed_at),
                    is_paused: claimed.is_paused,
                    manage_url: self.manage_url(),
                    unsubscribe_url,
                    postal_address,
                })
            }
            (DeliveryKind::Welcome, Some(blog)) => {
                let Some(unsubscribe_url) = self.unsubscribe_url(claimed) else { return lost() };
                self.templates.mail(&WelcomeMail {
                    blog: view(blog),
                    address,
                    sender_address: self.originator_of(DeliveryKind::Post, Some(blog)).address.to_string(),
                    confirmed_on: claimed.confirmed_at.unwrap_or(now).long_date(),
                    recent: self.recent(blog).await?,
                    manage_url: self.manage_url(),
                    unsubscribe_url,
                    postal_address,
                })
            }
            (DeliveryKind::Goodbye, Some(blog)) => {
                let Some(undo_url) = self.unsubscribe_url(claimed) else { return lost() };
                self.templates.mail(&GoodbyeMail {
                    blog: view(blog),
                    address,
                    left_on: claimed.queued_at.long_date(),
                    undo_url,
                    postal_address,
                })
            }
            (DeliveryKind::Notice, Some(blog)) => {
                let payload = payload_of(claimed);
                let id = blog.id;
                let (blog, slug, feed) = (view(blog), blog.slug.to_string(), masked(&blog.feed_url));
                match payload {
                    NoticePayload { braked: Some(told), .. } => {
                        let why = match told {
                            Told::Words(words) => words,
                            Told::Code(code) => rests::counted(&code),
                        };
                        let nothing_left = !self.is_braked(id).await?;
                        self.templates.mail(&BrakedMail { blog, slug, why, nothing_left })
                    }
                    NoticePayload { rest: Some(rest), .. } => {
                        let rest = self.of_today(rest, now).await?;
                        self.templates.mail(&rest.into_mail(blog, slug, false))
                    }
                    NoticePayload { sender_refused: Some(rest), .. } => {
                        // Mails to one are tried again by themselves.
                        let is_paused = rest.mailing.is_some();
                        self.templates.mail(&rest.into_mail(blog, slug, is_paused))
                    }
                    NoticePayload { mail_too_large: Some(told), .. } => {
                        self.templates.mail(&told.into_mail(blog, slug))
                    }
                    NoticePayload { unread: Some(told), .. } => {
                        self.templates.mail(&told.into_mail(blog, slug, feed))
                    }
                    NoticePayload { reached_nobody: Some(mailing), .. } => {
                        match self.unreached(MailingId(mailing), blog, slug).await? {
                            Some(mail) => self.templates.mail(&mail),
                            None => return Ok(Err(ComposeError::Lost("the mailing goes on"))),
                        }
                    }
                    NoticePayload { posts, more, .. } => {
                        let posts = posts.into_iter().map(HeldPost::from).collect();
                        self.templates.mail(&NoticeMail { blog, slug, posts, more })
                    }
                }
            }
            (DeliveryKind::Post, Some(_)) => return Ok(Err(ComposeError::Lost("the mailing is gone"))),
        };
        Ok(rendered.map_err(ComposeError::from))
    }

    /// Whether the brake holds something of a blog up.
    async fn is_braked(&self, blog: BlogId) -> Result<bool, StoreError> {
        let paused = self.store.list_paused().await?;
        let mut own = paused.iter().filter(|paused| paused.blog == blog && !paused.is_over);
        Ok(own.any(|paused| Halt::of(&paused.reason) == Some(Halt::Braked)))
    }

    /// What a domain said first may be the whole relay's by the time that it is told.
    async fn of_today(&self, rest: RestPayload, now: Timestamp) -> Result<RestPayload, StoreError> {
        if rest.domain.is_none() {
            return Ok(rest);
        }
        let known = self.store.list_rests(now).await?;
        let is_all = known.into_iter().map(|known| known.rest).any(|known| {
            known.is_open()
                && known.domain.is_none()
                && known.relay == rest.relay
                && known.cause.is_like(&rest.cause)
        });
        Ok(if is_all { RestPayload { domain: None, ..rest } } else { rest })
    }

    async fn unreached(
        &self,
        id: MailingId,
        blog: BlogView,
        slug: String,
    ) -> Result<Option<UnreachedMail>, StoreError> {
        let Some(mailing) = self.store.get_mailing(id).await? else { return Ok(None) };
        let Some(Reason::ReachedNobody { failed, sent, cause, .. }) = mailing.reason else { return Ok(None) };
        let retry = mailing.post_id.map(|post| format!("postbell post retry {slug} {post}"));
        Ok(Some(UnreachedMail {
            blog,
            slug,
            title: mailing.content.title,
            why: rests::unreached(failed, sent),
            said: cause.line(),
            advice: rests::advice_unreached(&cause).to_owned(),
            commands: std::iter::once(format!("postbell mailing show {id}")).chain(retry).collect(),
        }))
    }

    async fn recent(&self, blog: &Blog) -> Result<Vec<PostLine>, StoreError> {
        let filter = PostFilter { blog_id: Some(blog.id), ..PostFilter::default() };
        let posts = self.store.list_posts(filter, 10).await?;
        Ok(PostLine::from_posts(blog, &posts, 3))
    }

    async fn blog_titles(&self, subscriber: SubscriberId, now: Timestamp) -> Result<Vec<String>, StoreError> {
        let mut titles = Vec::new();
        for subscription in self.store.list_subscriptions(subscriber).await? {
            let is_active = subscription.status == SubscriptionStatus::Active;
            if is_active && let Some(blog) = self.blog(subscription.blog_id, now).await? {
                titles.push(blog.title.clone());
            }
        }
        Ok(titles)
    }
}
