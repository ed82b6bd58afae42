//! Samples of the mail that tells that hardly anybody got one.

use super::samples::{Cast, HOSTILE, casts};
use super::{MailTemplate, UnreachedMail};

impl MailTemplate for UnreachedMail {
    const NAME: &'static str = "unreached";

    fn samples() -> Vec<Self> {
        let mail = |cast: Cast| Self {
            blog: cast.blog(),
            slug: "musings".to_owned(),
            why: "nobody got it: the mails to all 12 readers were refused".to_owned(),
            said: if cast.language == "en" { "550 5.7.1 Rejected by policy" } else { HOSTILE }.to_owned(),
            advice: "If these readers are real, ask who runs the server what its words mean.".to_owned(),
            commands: vec!["postbell mailing show 7".to_owned(), "postbell post retry musings 41".to_owned()],
            title: cast.title,
        };
        casts().into_iter().map(mail).collect()
    }

    fn links(&self) -> Vec<&str> {
        Vec::new()
    }
}
