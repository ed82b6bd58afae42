//! From a delivery row to the bytes of its mail.
//!
//! A row carries no rendered mail: it is composed when it is sent, from the
//! blog, the mailing and the reader.

mod notices;
mod post;
mod sender;

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::domain::{Blog, BlogId, DAY_MS, EmailAddress, Keys, Mailing, MailingId, Purpose, Timestamp};
use crate::mail::{Email, MimeError, Parcel, Sender};
use crate::store::{Claimed, Store, StoreError};
use crate::templates::{BlogView, Palette, Rendered, TemplateError, Templates};

/// What the flow is told.
#[derive(Debug, Clone)]
pub struct Policy {
    /// What links start with, without a slash at the end.
    pub public_url: String,
    /// `mail.from`.
    pub from: Option<Sender>,
    /// `mail.notice_from`.
    pub notice_from: Option<Sender>,
    /// `mail.reply_to`.
    pub reply_to: Option<EmailAddress>,
    /// `mail.postal_address`.
    pub postal_address: Option<String>,
    /// Name of the relay, for the test mail.
    pub relay: String,
}

/// Past this the excerpt is sent: Gmail clips near 102 KB (D8).
pub const HTML_LIMIT_BYTES: usize = 90 * 1024;
/// How long a manage link works that was asked for by mail.
pub const MANAGE_LINK_MS: i64 = 7 * DAY_MS;

const BLOGS_GOOD_FOR_MS: i64 = 5_000;
const MAILINGS_KEPT: usize = 16;

/// Why a mail cannot be composed. The row is given back: it is our fault.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// A template does not render.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The mail cannot be written down.
    #[error(transparent)]
    Mime(#[from] MimeError),
    /// A row that the mail needs is gone or cannot be read.
    #[error("{0}")]
    Lost(&'static str),
}

/// Composes mails.
pub struct Composer {
    store: Arc<dyn Store>,
    templates: Arc<Templates>,
    keys: Keys,
    policy: Policy,
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    blogs: HashMap<BlogId, (Timestamp, Arc<Blog>)>,
    mailings: HashMap<MailingId, Arc<Mailing>>,
}

/// Where a mail goes and what surrounds it.
struct Frame {
    from: Sender,
    to: EmailAddress,
    reply_to: Option<EmailAddress>,
}

type Composed<T> = Result<Result<T, ComposeError>, StoreError>;

impl Composer {
    /// A composer for one instance.
    pub fn new(store: Arc<dyn Store>, templates: Arc<Templates>, keys: Keys, policy: Policy) -> Self {
        Self { store, templates, keys, policy, cache: Mutex::default() }
    }

    /// The mail of a claimed delivery.
    ///
    /// # Errors
    /// The store's; inside, why the mail cannot be composed.
    pub async fn compose(&self, claimed: &Claimed, now: Timestamp) -> Composed<Parcel> {
        let blog = match claimed.blog_id {
            Some(id) => self.blog(id, now).await?,
            None => None,
        };
        let Ok(to) = EmailAddress::parse(&claimed.address) else {
            return Ok(Err(ComposeError::Lost("the row's address cannot be read")));
        };
        if let Some(mailing) = claimed.mailing_id {
            let Some(mailing) = self.mailing(mailing).await? else {
                return Ok(Err(ComposeError::Lost("the mailing is gone")));
            };
            let Some(blog) = blog else { return Ok(Err(ComposeError::Lost("the blog is gone"))) };
            return Ok(self.post(claimed, &blog, &mailing.content, mailing.id, to));
        }
        let rendered = match self.one_off(claimed, blog.as_deref(), &to, now).await? {
            Ok(rendered) => rendered,
            Err(error) => return Ok(Err(error)),
        };
        let frame = Frame {
            from: self.sender_of(claimed.kind, blog.as_deref()),
            reply_to: self.reply_to_of(claimed.kind, blog.as_deref()),
            to,
        };
        Ok(self.pack(claimed, frame, rendered, None))
    }

    fn pack(
        &self,
        claimed: &Claimed,
        frame: Frame,
        rendered: Rendered,
        mass: Option<(&Blog, MailingId, String)>,
    ) -> Result<Parcel, ComposeError> {
        let domain = frame.from.address.domain().to_owned();
        let (mut one_click, mut list_id, mut feedback_id) = (None, None, None);
        if let Some((blog, mailing, unsubscribe_url)) = mass {
            one_click = Some(unsubscribe_url);
            list_id = Some((blog.title.clone(), format!("{}.{}", blog.slug, self.list_host(&domain))));
            feedback_id = Some(format!("{mailing}:{}:post:{domain}", blog.slug));
        }
        let sender = frame.from.address.to_string();
        let email = Email {
            from: frame.from,
            to: frame.to,
            reply_to: frame.reply_to,
            subject: rendered.subject,
            date: claimed.queued_at,
            message_id: format!("{}@{domain}", self.keys.message_id(claimed.id)),
            text: rendered.text,
            html: rendered.html,
            one_click,
            list_id,
            feedback_id,
            is_auto: true,
        };
        let bytes = email.to_bytes()?;
        Ok(Parcel {
            delivery_id: Some(claimed.id),
            kind: claimed.kind,
            sender,
            recipient: email.to.to_string(),
            bytes,
        })
    }

    fn unsubscribe_url(&self, subscription: i64) -> String {
        let token = self.keys.sign(Purpose::Unsubscribe, subscription, None);
        format!("{}/unsubscribe/{token}", self.policy.public_url)
    }

    fn manage_url(&self, subscriber: i64, expires_at: Option<Timestamp>) -> String {
        let token = self.keys.sign(Purpose::Manage, subscriber, expires_at);
        format!("{}/manage/{token}", self.policy.public_url)
    }

    async fn blog(&self, id: BlogId, now: Timestamp) -> Result<Option<Arc<Blog>>, StoreError> {
        let mut cache = self.cache.lock().await;
        if let Some((read_at, blog)) = cache.blogs.get(&id)
            && (0..BLOGS_GOOD_FOR_MS).contains(&now.since_ms(*read_at))
        {
            return Ok(Some(blog.clone()));
        }
        let Some(blog) = self.store.get_blog(id).await?.map(Arc::new) else { return Ok(None) };
        cache.blogs.insert(id, (now, blog.clone()));
        Ok(Some(blog))
    }

    async fn mailing(&self, id: MailingId) -> Result<Option<Arc<Mailing>>, StoreError> {
        let mut cache = self.cache.lock().await;
        if let Some(mailing) = cache.mailings.get(&id) {
            return Ok(Some(mailing.clone()));
        }
        let Some(mailing) = self.store.get_mailing(id).await?.map(Arc::new) else { return Ok(None) };
        if cache.mailings.len() >= MAILINGS_KEPT {
            cache.mailings.clear();
        }
        cache.mailings.insert(id, mailing.clone());
        Ok(Some(mailing))
    }
}

fn view(blog: &Blog) -> BlogView {
    BlogView {
        title: blog.title.clone(),
        home_url: blog.home_url.clone(),
        palette: Palette::from_accent(&blog.accent),
    }
}
