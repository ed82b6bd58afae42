//! From a delivery row to the bytes of its mail.
//!
//! A row carries no rendered mail: it is composed when it is sent, from the
//! blog, the mailing and the reader.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::domain::{
    Blog, BlogId, BodyMode, DAY_MS, DeliveryKind, EmailAddress, Keys, Mailing, MailingContent, MailingId,
    Purpose, Timestamp,
};
use crate::mail::{Email, MimeError, Parcel, Sender};
use crate::store::{Claimed, PostFilter, Store, StoreError};
use crate::templates::{
    BlogView, ConfirmMail, GoodbyeMail, HeldPost, ManageMail, NoticeMail, Palette, PostLine, PostMail,
    ReminderMail, Rendered, TemplateError, Templates, TestMail, WelcomeMail,
};

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

    /// A post as the mail of a made-up reader: for `post preview`.
    ///
    /// # Errors
    /// A template that does not render.
    pub fn preview(&self, blog: &Blog, content: &MailingContent, to: &EmailAddress) -> Result<Rendered, ComposeError> {
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

    fn post(
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

    async fn one_off(
        &self,
        claimed: &Claimed,
        blog: Option<&Blog>,
        to: &EmailAddress,
        now: Timestamp,
    ) -> Composed<Rendered> {
        let address = to.to_string();
        let postal_address = self.policy.postal_address.clone();
        let links = |claimed: &Claimed| {
            let subscription = claimed.subscription_id.map_or(0, |id| id.0);
            let subscriber = claimed.subscriber_id.map_or(0, |id| id.0);
            (self.manage_url(subscriber, None), self.unsubscribe_url(subscription))
        };
        let rendered = match (claimed.kind, blog) {
            (DeliveryKind::Test, _) => self.templates.mail(&TestMail {
                relay: self.policy.relay.clone(),
                sent_on: now.long_date(),
                palette: Palette::from_accent(DEFAULT_ACCENT),
                public_url: self.policy.public_url.clone(),
            }),
            (DeliveryKind::Manage, _) => {
                let expires_at = now.plus_ms(MANAGE_LINK_MS);
                let subscriber = claimed.subscriber_id.map_or(0, |id| id.0);
                let blogs = match claimed.subscriber_id {
                    Some(id) => self.blog_titles(id, now).await?,
                    None => Vec::new(),
                };
                self.templates.mail(&ManageMail {
                    address,
                    manage_url: self.manage_url(subscriber, Some(expires_at)),
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
                let subscription = claimed.subscription_id.map_or(0, |id| id.0);
                let token = self.keys.sign(Purpose::Confirm, subscription, Some(expires_at));
                self.templates.mail(&ConfirmMail {
                    blog: view(blog),
                    address,
                    confirm_url: format!("{}/confirm/{token}", self.policy.public_url),
                    expires_on: expires_at.long_date(),
                    requested_on: claimed.queued_at.long_date(),
                    postal_address,
                })
            }
            (DeliveryKind::Reminder, Some(blog)) => {
                let (manage_url, unsubscribe_url) = links(claimed);
                self.templates.mail(&ReminderMail {
                    blog: view(blog),
                    address,
                    since: claimed.confirmed_at.unwrap_or(now).long_date(),
                    is_paused: claimed.is_paused,
                    manage_url,
                    unsubscribe_url,
                    postal_address,
                })
            }
            (DeliveryKind::Welcome, Some(blog)) => {
                let (manage_url, unsubscribe_url) = links(claimed);
                self.templates.mail(&WelcomeMail {
                    blog: view(blog),
                    address,
                    sender_address: self.sender_of(DeliveryKind::Post, Some(blog)).address.to_string(),
                    confirmed_on: claimed.confirmed_at.unwrap_or(now).long_date(),
                    recent: self.recent(blog).await?,
                    manage_url,
                    unsubscribe_url,
                    postal_address,
                })
            }
            (DeliveryKind::Goodbye, Some(blog)) => {
                let (_, undo_url) = links(claimed);
                self.templates.mail(&GoodbyeMail {
                    blog: view(blog),
                    address,
                    left_on: claimed.queued_at.long_date(),
                    undo_url,
                    postal_address,
                })
            }
            (DeliveryKind::Notice, Some(blog)) => {
                let payload: NoticePayload = claimed
                    .payload
                    .as_deref()
                    .and_then(|json| serde_json::from_str(json).ok())
                    .unwrap_or_default();
                self.templates.mail(&NoticeMail {
                    blog: view(blog),
                    slug: blog.slug.to_string(),
                    posts: payload.posts,
                    more: payload.more,
                })
            }
            (DeliveryKind::Post, Some(_)) => return Ok(Err(ComposeError::Lost("the mailing is gone"))),
        };
        Ok(rendered.map_err(ComposeError::from))
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

    /// The host that names our lists: the public one when it has a name, so
    /// that a list keeps its identity whatever the sender (D13).
    fn list_host(&self, sender_domain: &str) -> String {
        url::Url::parse(&self.policy.public_url)
            .ok()
            .and_then(|url| url.domain().filter(|host| host.contains('.')).map(str::to_owned))
            .unwrap_or_else(|| sender_domain.to_owned())
    }

    /// Who a mail is from: the blog's own sender, else `mail.from` (notices:
    /// `mail.notice_from`); a missing name is the blog's.
    pub fn sender_of(&self, kind: DeliveryKind, blog: Option<&Blog>) -> Sender {
        let own = blog.and_then(|blog| blog.mail_from.as_deref()).and_then(|text| Sender::parse(text).ok());
        let notice = if kind.is_mass() { None } else { self.policy.notice_from.clone() };
        let mut sender =
            notice.or(own).or_else(|| self.policy.from.clone()).unwrap_or_else(|| self.local_sender());
        if sender.name.is_empty() {
            sender.name = blog.map_or_else(|| "Postbell".to_owned(), |blog| blog.title.clone());
        }
        sender
    }

    /// Without any sender set, which only the built-in mailbox allows.
    fn local_sender(&self) -> Sender {
        let host = self.list_host("postbell.invalid");
        let address = EmailAddress::parse(&format!("post@{host}"))
            .or_else(|_| EmailAddress::parse("post@postbell.example"))
            .expect("the fixed address is well-formed");
        Sender { name: String::new(), address }
    }

    fn reply_to_of(&self, kind: DeliveryKind, blog: Option<&Blog>) -> Option<EmailAddress> {
        if matches!(kind, DeliveryKind::Notice | DeliveryKind::Test) {
            return None;
        }
        blog.and_then(|blog| blog.reply_to.clone()).or_else(|| self.policy.reply_to.clone())
    }

    fn unsubscribe_url(&self, subscription: i64) -> String {
        let token = self.keys.sign(Purpose::Unsubscribe, subscription, None);
        format!("{}/unsubscribe/{token}", self.policy.public_url)
    }

    fn manage_url(&self, subscriber: i64, expires_at: Option<Timestamp>) -> String {
        let token = self.keys.sign(Purpose::Manage, subscriber, expires_at);
        format!("{}/manage/{token}", self.policy.public_url)
    }

    async fn recent(&self, blog: &Blog) -> Result<Vec<PostLine>, StoreError> {
        let filter = PostFilter { blog_id: Some(blog.id), ..PostFilter::default() };
        let posts = self.store.list_posts(filter, 10).await?;
        Ok(PostLine::from_posts(&posts, 3))
    }

    async fn blog_titles(
        &self,
        subscriber: crate::domain::SubscriberId,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let mut titles = Vec::new();
        for subscription in self.store.list_subscriptions(subscriber).await? {
            let is_active = subscription.status == crate::domain::SubscriptionStatus::Active;
            if is_active && let Some(blog) = self.blog(subscription.blog_id, now).await? {
                titles.push(blog.title.clone());
            }
        }
        Ok(titles)
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

/// What a notice's row carries.
#[derive(Debug, Default, serde::Deserialize)]
struct NoticePayload {
    posts: Vec<HeldPost>,
    #[serde(default)]
    more: usize,
}

const DEFAULT_ACCENT: &str = "#0f6b5c";

fn view(blog: &Blog) -> BlogView {
    BlogView {
        title: blog.title.clone(),
        home_url: blog.home_url.clone(),
        palette: Palette::from_accent(&blog.accent),
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
