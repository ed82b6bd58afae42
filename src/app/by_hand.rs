//! Mails that the operator sends or looks at, one at a time.

use anyhow::Context as _;

use super::App;
use crate::domain::{
    Blog, BlogId, ConfirmedBy, Correction, DeliveryId, DeliveryKind, EmailAddress, MailingContent,
    MailingStatus, Post, PostId, Reply, SubscriptionStatus, Timestamp,
};
use crate::mail::Parcel;
use crate::store::{Claimed, NewDelivery};
use crate::templates::Rendered;

impl App {
    /// Hands one test mail over, now; answers what the server said.
    ///
    /// # Errors
    /// What the server, or the way to it, said instead.
    pub async fn mail_test(&self, to: &EmailAddress) -> anyhow::Result<String> {
        let composer = self.signing_composer(&self.public_url(None))?;
        let row = row_by_hand(DeliveryKind::Test, None, to, self.clock.now());
        let parcel = composer.compose(&row, self.clock.now()).await??;
        self.hand_over(parcel).await
    }

    /// Hands the mail of a post over to one address, now, as a preview:
    /// no row, no follower.
    ///
    /// # Errors
    /// What the server, or the feed, said instead.
    pub async fn send_preview(&self, post: PostId, to: &EmailAddress) -> anyhow::Result<String> {
        let (blog, content) = self.content_of(post).await?;
        self.hand_over_preview(&blog, &content, to).await
    }

    async fn hand_over_preview(
        &self,
        blog: &Blog,
        content: &MailingContent,
        to: &EmailAddress,
    ) -> anyhow::Result<String> {
        let composer = self.signing_composer(&self.public_url(None))?;
        let row = row_by_hand(DeliveryKind::Post, Some(blog.id), to, self.clock.now());
        let parcel = composer.preview_parcel(&row, blog, content, to).await?;
        self.hand_over(parcel).await
    }

    async fn hand_over(&self, parcel: Parcel) -> anyhow::Result<String> {
        let transport = self.transport()?;
        let mut session = transport.session();
        let sent = session.send(&parcel, None).await;
        session.close().await;
        let said = |reply: &Reply| {
            let code = reply.code.map(|code| format!("{code} ")).unwrap_or_default();
            format!("{} said: {code}{}", transport.name(), reply.text)
        };
        match sent {
            Ok(reply) => Ok(said(&reply)),
            Err(error) => anyhow::bail!(
                "{}. Nothing was sent; check smtp.url and mail.from, then try again",
                said(error.reply())
            ),
        }
    }

    /// A post as the mail that a reader would get.
    ///
    /// # Errors
    /// When the post is no longer in its feed, or a template does not render.
    pub async fn preview_post(&self, post: PostId) -> anyhow::Result<Rendered> {
        let (blog, content) = self.content_of(post).await?;
        let to = EmailAddress::parse("reader@example.org").context("the sample address is well-formed")?;
        Ok(self.composer(&self.public_url(None)).preview(&blog, &content, &to)?)
    }

    /// What a post's mail carries: what it was mailed with, else what its
    /// feed says now.
    async fn content_of(&self, id: PostId) -> anyhow::Result<(Blog, MailingContent)> {
        let post = self.post(id).await?;
        let blog = self.store.get_blog(post.blog_id).await?.context("the post's blog is gone")?;
        if let Some(mailing) = post.mailing_id
            && let Some(mailing) = self.store.get_mailing(mailing).await?
        {
            return Ok((blog, mailing.content));
        }
        let content = self.publisher().content_of_post(&blog, &post).await?;
        Ok((blog, content))
    }

    async fn post(&self, id: PostId) -> anyhow::Result<Post> {
        let post = self.store.get_post(id).await?;
        post.with_context(|| format!("there is no post {id}; `postbell post list` names them"))
    }

    /// Mails what a post says now to those who got it before, in the same
    /// thread. With `preview_to` it goes there alone, now, and the answer is
    /// what the server said.
    ///
    /// # Errors
    /// When it was not mailed, is still being mailed, or says what it said.
    pub async fn correct_post(
        &self,
        id: PostId,
        note: Option<&str>,
        preview_to: Option<&EmailAddress>,
    ) -> anyhow::Result<String> {
        let post = self.post(id).await?;
        let blog = self.store.get_blog(post.blog_id).await?.context("the post's blog is gone")?;
        let mailed = self.store.list_mailings_of(id).await?;
        let (Some(first), Some(last)) = (mailed.first(), mailed.last()) else {
            anyhow::bail!(
                "post {id} was not mailed, so there is nothing to correct; \
                 `postbell post approve {id}` mails it with its present text"
            );
        };
        let mut content = self.publisher().content_of_post(&blog, &post).await?;
        content.correction = last.content.correction.clone();
        anyhow::ensure!(
            content != last.content,
            "the feed says what was mailed last; correct the post on the blog first (a feed may be some minutes behind)"
        );
        let subject = crate::deliver::subject_of(&first.content, &blog.title);
        content.correction = Some(Correction { subject, note: note.map(str::to_owned) });
        if let Some(to) = preview_to {
            return self.hand_over_preview(&blog, &content, to).await;
        }
        let mailing = self.store.correct_post(id, last.id, &content, self.clock.now()).await?;
        let mailing = mailing.with_context(|| {
            format!(
                "mailing {0} of this post is still being sent: wait for its end, or end it with \
                 `postbell mailing cancel {0}`: whom it did not reach then gets the corrected post only",
                last.id
            )
        })?;
        self.wake.ring();
        Ok(format!(
            "{id} is mailed again as mailing {mailing}, to those who got it; `postbell serve` sends it."
        ))
    }

    /// Queues a mailed post once more, to one follower.
    ///
    /// # Errors
    /// When it was not mailed, or the address does not follow the blog.
    pub async fn resend_post(&self, id: PostId, to: &EmailAddress) -> anyhow::Result<()> {
        let post = self.post(id).await?;
        let mailing = post.mailing_id.with_context(|| {
            format!("post {id} was not mailed; `postbell post approve {id}` mails it to every follower")
        })?;
        if let Some(mailing) = self.store.get_mailing(mailing).await?
            && mailing.status == MailingStatus::Cancelled
        {
            anyhow::bail!(
                "its mailing was cancelled; `postbell post preview {id} --to {to}` sends it as a test"
            );
        }
        let subscriber = self.store.find_subscriber(to).await?;
        let subscriptions = match &subscriber {
            Some(subscriber) => self.store.list_subscriptions(subscriber.id).await?,
            None => Vec::new(),
        };
        let subscription = subscriptions
            .iter()
            .find(|own| own.blog_id == post.blog_id && own.status == SubscriptionStatus::Active)
            .with_context(|| {
                format!("{to} does not follow this blog; use `postbell post preview {id} --to {to}`")
            })?;
        let delivery = NewDelivery {
            kind: DeliveryKind::Post,
            blog_id: Some(post.blog_id),
            subscription_id: Some(subscription.id),
            subscriber_id: Some(subscription.subscriber_id),
            to: None,
            payload: None,
        };
        self.store.resend(mailing, subscription.id, &delivery, self.clock.now()).await?;
        self.wake.ring();
        Ok(())
    }
}

/// A delivery that is handed over by hand and has no row.
fn row_by_hand(kind: DeliveryKind, blog_id: Option<BlogId>, to: &EmailAddress, now: Timestamp) -> Claimed {
    // The number only makes the Message-ID; it must differ from call to call.
    Claimed {
        id: DeliveryId(-now.as_millis()),
        kind,
        mailing_id: None,
        blog_id,
        subscription_id: None,
        subscriber_id: None,
        address: to.to_string(),
        attempts: 0,
        queued_at: now,
        payload: None,
        status: None,
        is_paused: false,
        suppressed: None,
        confirmed_at: None,
        confirmed_by: ConfirmedBy::default(),
        expires_at: None,
        leased_until: now,
        subscription_seal: None,
        subscriber_seal: None,
        generation: 0,
    }
}
