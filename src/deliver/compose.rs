//! From a delivery row to the bytes of its mail.
//!
//! A row carries no rendered mail: it is composed when it is sent, from the
//! blog, the mailing and the reader.

mod letters;
mod notices;
mod originator;
mod post;

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::OnceCell;

use self::letters::Letters;
pub(crate) use self::post::subject_of;
use crate::domain::shown::short_line;
use crate::domain::{
    Blog, BlogId, DeliveryRow, EmailAddress, Keys, MAX_MAIL_BYTES, Mailing, MailingId, Purpose, ReturnPath,
    Sealed, SealedRow, Timestamp,
};
use crate::mail::dkim::{DkimError, Signer};
use crate::mail::{Email, MimeError, Originator, Parcel};
use crate::store::{Claimed, Store, StoreError};
use crate::templates::{BlogView, Palette, TemplateError, Templates};

/// What the flow is told.
#[derive(Debug, Clone)]
pub struct Policy {
    /// What links start with, without a slash at the end.
    pub public_url: String,
    /// `mail.from`.
    pub from: Option<Originator>,
    /// `mail.notice_from`.
    pub notice_from: Option<Originator>,
    /// `mail.reply_to`.
    pub reply_to: Option<EmailAddress>,
    /// `mail.postal_address`.
    pub postal_address: Option<String>,
    /// Where bounces go; `None`: to the sender.
    pub return_path: Option<ReturnPath>,
    /// Name of the relay, for the test mail.
    pub relay: String,
}

/// Longest name of a blog in a mail, in signs as people count them.
const TITLE_SIGNS: usize = 200;
const BLOGS_GOOD_FOR_MS: i64 = 5_000;
const MAILINGS_KEPT: usize = 16;

/// Why a mail cannot be composed.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// A template does not render.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The mail cannot be written down.
    #[error(transparent)]
    Mime(#[from] MimeError),
    /// A signature cannot be made; without one it would look forged.
    #[error(transparent)]
    Dkim(#[from] DkimError),
    /// More than a mail may have, by a template of the operator's.
    #[error("it has {0} bytes, more than 200 KB, by its template alone; make that smaller")]
    TooLarge(usize),
    /// A row that the mail needs is gone or cannot be read: it stays so.
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
    letters: Letters,
    signer: Option<Signer>,
    /// The last delivery from before deliveries had seals.
    last_unsealed: OnceCell<i64>,
}

#[derive(Default)]
struct Cache {
    blogs: HashMap<BlogId, (Timestamp, Arc<Blog>)>,
    mailings: HashMap<MailingId, Arc<Mailing>>,
    originators: HashMap<BlogId, (Arc<Blog>, Arc<Originator>)>,
}

type Composed<T> = Result<Result<T, ComposeError>, StoreError>;

impl Composer {
    /// A composer for one instance.
    pub fn new(store: Arc<dyn Store>, templates: Arc<Templates>, keys: Keys, policy: Policy) -> Self {
        let (cache, letters) = (Mutex::default(), Letters::default());
        let last_unsealed = OnceCell::new();
        Self { store, templates, keys, policy, cache, letters, signer: None, last_unsealed }
    }

    /// The same, signing what it composes.
    pub fn signing(self, signer: Signer) -> Self {
        Self { signer: Some(signer), ..self }
    }

    /// The mail of a claimed delivery.
    ///
    /// # Errors
    /// The store's; inside, why the mail cannot be composed.
    pub async fn compose(&self, claimed: &Claimed, now: Timestamp) -> Composed<Parcel> {
        Ok(match self.compose_unsigned(claimed, now).await? {
            Ok(parcel) => self.signed(parcel, now).await,
            Err(error) => Err(error),
        })
    }

    /// Its bytes are final now.
    async fn signed(&self, parcel: Parcel, now: Timestamp) -> Result<Parcel, ComposeError> {
        let parcel = match &self.signer {
            Some(signer) => Parcel { bytes: signer.sign(parcel.bytes, now).await?, ..parcel },
            None => parcel,
        };
        // A post was made to fit before; here it is a template of the operator's.
        if parcel.bytes.len() > MAX_MAIL_BYTES {
            return Err(ComposeError::TooLarge(parcel.bytes.len()));
        }
        Ok(parcel)
    }

    async fn compose_unsigned(&self, claimed: &Claimed, now: Timestamp) -> Composed<Parcel> {
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
            return self.post(claimed, &blog, &mailing, to).await;
        }
        let rendered = match self.one_off(claimed, blog.as_deref(), &to, now).await? {
            Ok(rendered) => rendered,
            Err(error) => return Ok(Err(error)),
        };
        let from = self.originator_of_one_off(claimed, blog.as_deref());
        let row = self.row_of(claimed, None, blog.as_deref());
        let message_id = self.message_id(&row, &from).await?;
        let email = Email {
            to,
            reply_to: self.reply_to_of(claimed.kind, blog.as_deref()),
            subject: rendered.subject,
            date: claimed.queued_at,
            message_id,
            text: rendered.text,
            html: rendered.html,
            in_reply_to: None,
            one_click: None,
            leave_by_mail: None,
            list_id: None,
            feedback_id: None,
            is_auto: true,
            from,
        };
        Ok(email.to_bytes().map_err(ComposeError::from).map(|bytes| {
            let (from, to) = (&email.from.address, &email.to);
            self.parcel(&row, from, to, bytes)
        }))
    }

    /// What names a delivery.
    fn row_of(&self, claimed: &Claimed, mailing: Option<&Mailing>, blog: Option<&Blog>) -> DeliveryRow {
        let about = claimed.subscription_seal.or(claimed.subscriber_seal).or(blog.map(|blog| blog.seal));
        let mailing = mailing.map(|mailing| mailing.seal);
        DeliveryRow { id: claimed.id, kind: claimed.kind, mailing, about }
    }

    /// The same at each try: what may have been handed over before there were
    /// seals keeps the one that it had.
    async fn message_id(&self, row: &DeliveryRow, from: &Originator) -> Result<String, StoreError> {
        let read = || self.store.last_unsealed(Sealed::Delivery);
        let is_first_form = row.id.0 > 0 && row.id.0 <= *self.last_unsealed.get_or_try_init(read).await?;
        let left = if is_first_form { self.keys.first_message_id(row.id) } else { self.keys.message_id(row) };
        Ok(format!("{left}@{}", from.address.domain()))
    }

    /// Bytes with their envelope.
    fn parcel(&self, row: &DeliveryRow, from: &EmailAddress, to: &EmailAddress, bytes: Vec<u8>) -> Parcel {
        let own = self.return_address(row);
        Parcel {
            delivery_id: Some(row.id),
            kind: row.kind,
            sender: own.unwrap_or_else(|| from.to_string()),
            recipient: to.to_string(),
            bytes,
        }
    }

    /// The delivery's own envelope sender, where bounces are read.
    fn return_address(&self, row: &DeliveryRow) -> Option<String> {
        self.policy.return_path.as_ref().map(|path| path.address(&self.keys, row))
    }

    /// The link for one subscription alone, for ever.
    fn unsubscribe_url(&self, claimed: &Claimed) -> Option<String> {
        let token = self.keys.sign(Purpose::Unsubscribe, subscription_of(claimed)?, None);
        Some(format!("{}/unsubscribe/{token}", self.policy.public_url))
    }

    /// Where a person asks for the link to all that they follow.
    fn manage_url(&self) -> String {
        format!("{}/manage", self.policy.public_url)
    }

    async fn blog(&self, id: BlogId, now: Timestamp) -> Result<Option<Arc<Blog>>, StoreError> {
        if let Some((read_at, blog)) = self.cache().blogs.get(&id)
            && (0..BLOGS_GOOD_FOR_MS).contains(&now.since_ms(*read_at))
        {
            return Ok(Some(blog.clone()));
        }
        let Some(blog) = self.store.get_blog(id).await?.map(Arc::new) else { return Ok(None) };
        self.cache().blogs.insert(id, (now, blog.clone()));
        Ok(Some(blog))
    }

    async fn mailing(&self, id: MailingId) -> Result<Option<Arc<Mailing>>, StoreError> {
        if let Some(mailing) = self.cache().mailings.get(&id) {
            return Ok(Some(mailing.clone()));
        }
        let Some(mailing) = self.store.get_mailing(id).await?.map(Arc::new) else { return Ok(None) };
        let mut cache = self.cache();
        if cache.mailings.len() >= MAILINGS_KEPT {
            cache.mailings.clear();
        }
        cache.mailings.insert(id, mailing.clone());
        Ok(Some(mailing))
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock()
    }
}

/// The subscription that the links of a mail are for.
fn subscription_of(claimed: &Claimed) -> Option<SealedRow> {
    Some(SealedRow { id: claimed.subscription_id?.0, seal: claimed.subscription_seal?, generation: 0 })
}

fn view(blog: &Blog) -> BlogView {
    BlogView {
        title: short_line(&blog.title, TITLE_SIGNS),
        home_url: blog.home_url.clone(),
        palette: Palette::from_accent(&blog.accent),
    }
}
