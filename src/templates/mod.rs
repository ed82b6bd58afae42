//! Templates: each has exactly one context type, and samples that are all
//! rendered in a check.

mod engine;
mod filters;
mod import_words;
mod mails;
mod page_samples;
mod pages;
mod palette;
mod reasons;
mod registry;
pub mod rests;
mod samples;
mod since;
mod unreached_samples;

pub use engine::{Rendered, TemplateError, Templates};
pub use filters::escaped;
pub use import_words::{sentence_of_date, sentence_of_row, sentence_of_stop};
pub use mails::{
    BlogView, BrakedMail, ConfirmMail, GoodbyeMail, HeldPost, MailTemplate, ManageMail, NoticeMail, PostLine,
    PostMail, ReminderMail, RestingMail, TestMail, UnreachedMail, UnreadMail, WelcomeMail,
};
pub use pages::*;
pub use palette::Palette;
pub use reasons::{advice_on_feed, sentence, stopped};
pub use since::Since;
