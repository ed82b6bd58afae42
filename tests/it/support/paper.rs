//! What a test reads and writes: feeds, and the links of mails.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use postbell::feeds::{FeedSource, FetchError, Fetched, Validators, Weight};
use postbell::mail::MailParts;
use postbell::store::KeptMail;

/// Feeds that a test writes.
#[derive(Default)]
pub struct Feeds {
    documents: Mutex<HashMap<String, String>>,
    asked: Mutex<Vec<HashMap<String, String>>>,
    failures: Mutex<HashMap<String, FetchError>>,
    seen: Mutex<Validators>,
}

impl Feeds {
    /// Puts a document at an address.
    pub fn put(&self, url: &str, document: &str) {
        self.documents.lock().expect("no panic").insert(url.to_owned(), document.to_owned());
    }

    /// Lets an address fail from now on.
    pub fn fail(&self, url: &str, error: FetchError) {
        self.failures.lock().expect("no panic").insert(url.to_owned(), error);
    }

    /// What the last question knew already.
    pub fn seen(&self) -> Validators {
        self.seen.lock().expect("no panic").clone()
    }

    /// What hubs were asked since the last call, each with its own address as `hub`.
    pub fn asked_hubs(&self) -> Vec<HashMap<String, String>> {
        std::mem::take(&mut *self.asked.lock().expect("no panic"))
    }
}

#[async_trait]
impl FeedSource for Feeds {
    async fn fetch(&self, url: &str, known: &Validators) -> Result<Fetched, FetchError> {
        known.clone_into(&mut self.seen.lock().expect("no panic"));
        if let Some(error) = self.failures.lock().expect("no panic").get(url) {
            return Err(error.clone());
        }
        let found = self.documents.lock().expect("no panic").get(url).cloned();
        let document = found.ok_or(FetchError::Status { status: 404, retry_after_seconds: None })?;
        Ok(Fetched::Document {
            bytes: document.into_bytes(),
            content_type: None,
            url: url.to_owned(),
            moved_to: None,
            is_delta: false,
            validators: Validators { etag: Some("\"1\"".to_owned()), last_modified: None },
            links: Vec::new(),
            weight: Weight::default(),
        })
    }

    async fn ask_hub(&self, hub: &str, form: &[(&str, &str)]) -> Result<(), FetchError> {
        let named = form.iter().copied().chain([("hub", hub)]);
        let form = named.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        self.asked.lock().expect("no panic").push(form);
        Ok(())
    }
}

/// An RSS feed; posts are id, title and HTML.
pub fn feed(title: &str, home: &str, posts: &[(&str, &str, &str)]) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('\r', "&#13;");
    let items: String = posts
        .iter()
        .map(|(id, title, html)| {
            format!(
                "<item><title>{}</title><guid isPermaLink=\"false\">{id}</guid><link>{home}{id}</link>\
                 <description>{}</description></item>",
                escape(title),
                escape(html)
            )
        })
        .collect();
    format!(
        "<rss version=\"2.0\"><channel><title>{}</title><link>{home}</link><description>-</description>\
         {items}</channel></rss>",
        escape(title)
    )
}

/// Every http link of a mail: in its headers, its text and its HTML.
pub fn urls(mail: &KeptMail) -> Vec<String> {
    let parts = MailParts::of(&mail.raw);
    let mut all = parts.text.unwrap_or_default();
    for (_, value) in parts.headers {
        all.push(' ');
        all.push_str(&value);
    }
    all.push(' ');
    all.push_str(&parts.html.unwrap_or_default().replace("&amp;", "&").replace("&#x2f;", "/"));
    urls_in(&all)
}

/// Every http link of a text.
pub fn urls_in(text: &str) -> Vec<String> {
    let mut urls: Vec<String> = Vec::new();
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ')' | ']');
    for (at, _) in text.match_indices("http") {
        let url = text[at..].split(ends).next().unwrap_or_default();
        if (url.starts_with("http://") || url.starts_with("https://")) && !urls.iter().any(|u| u == url) {
            urls.push(url.to_owned());
        }
    }
    urls
}
