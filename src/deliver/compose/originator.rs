//! Who mails are from, and what names our lists.

use std::sync::Arc;

use super::Composer;
use super::notices::tells_of_refused_sender;
use crate::domain::{Blog, DeliveryKind, EmailAddress};
use crate::mail::Originator;
use crate::store::Claimed;

impl Composer {
    /// Who a mail is from: the blog's own sender, else `mail.from` (notices:
    /// `mail.notice_from`); a missing name is the blog's.
    pub fn originator_of(&self, kind: DeliveryKind, blog: Option<&Blog>) -> Originator {
        let own =
            blog.and_then(|blog| blog.mail_from.as_deref()).and_then(|text| Originator::parse(text).ok());
        let notice = if kind.is_mass() { None } else { self.policy.notice_from.clone() };
        let mut sender =
            notice.or(own).or_else(|| self.policy.from.clone()).unwrap_or_else(|| self.local_originator());
        if sender.name.is_empty() {
            sender.name = blog.map_or_else(|| "Postbell".to_owned(), |blog| blog.title.clone());
        }
        sender
    }

    /// The sender of a mail to one. That the blog's own is refused is not told
    /// from the blog's own, where there is another.
    pub(super) fn originator_of_one_off(&self, claimed: &Claimed, blog: Option<&Blog>) -> Originator {
        let has_other = self.policy.from.is_some();
        let Some(blog) = blog.filter(|_| has_other && tells_of_refused_sender(claimed)) else {
            return self.originator_of(claimed.kind, blog);
        };
        Originator { name: blog.title.clone(), ..self.originator_of(claimed.kind, None) }
    }

    /// The sender of a blog's posts, which are many.
    pub(super) fn originator_of_posts(&self, blog: &Arc<Blog>) -> Arc<Originator> {
        let mut cache = self.cache();
        if let Some((known, sender)) = cache.originators.get(&blog.id)
            && Arc::ptr_eq(known, blog)
        {
            return sender.clone();
        }
        let sender = Arc::new(self.originator_of(DeliveryKind::Post, Some(blog)));
        cache.originators.insert(blog.id, (blog.clone(), sender.clone()));
        sender
    }

    /// Without any sender set, which only the built-in mailbox allows.
    fn local_originator(&self) -> Originator {
        let host = self.list_host("postbell.invalid");
        let address = EmailAddress::parse(&format!("post@{host}"))
            .or_else(|_| EmailAddress::parse("post@postbell.example"))
            .expect("the fixed address is well-formed");
        Originator { name: String::new(), address }
    }

    pub(super) fn reply_to_of(&self, kind: DeliveryKind, blog: Option<&Blog>) -> Option<EmailAddress> {
        if matches!(kind, DeliveryKind::Notice | DeliveryKind::Test) {
            return None;
        }
        blog.and_then(|blog| blog.reply_to.clone()).or_else(|| self.policy.reply_to.clone())
    }

    /// The host that names our lists: the public one when it has a name, so
    /// that a list keeps its identity whatever the sender (D13).
    pub(super) fn list_host(&self, sender_domain: &str) -> String {
        url::Url::parse(&self.policy.public_url)
            .ok()
            .and_then(|url| url.domain().filter(|host| host.contains('.')).map(str::to_owned))
            .unwrap_or_else(|| sender_domain.to_owned())
    }
}
