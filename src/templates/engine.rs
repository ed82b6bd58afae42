//! The template engine: embedded templates, overridden file by file.

use super::{Chrome, MailTemplate, PageTemplate};

/// A mail's three texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The text part.
    pub text: String,
}

/// A template that cannot be read or rendered.
#[derive(Debug, thiserror::Error)]
#[error("template {name}: {reason}")]
pub struct TemplateError {
    /// Which.
    pub name: String,
    /// What is wrong, with the line.
    pub reason: String,
}

/// All templates of this instance.
#[derive(Debug)]
pub struct Templates {}

impl Templates {
    /// The embedded mails, overridden by the files of `dir`.
    ///
    /// # Errors
    /// The first file that cannot be read or compiled.
    pub fn load(dir: Option<&std::path::Path>) -> Result<Self, TemplateError> {
        let _ = dir;
        todo!()
    }

    /// Renders a mail.
    ///
    /// # Errors
    /// What is wrong with the (overridden) template.
    pub fn mail<T: MailTemplate>(&self, context: &T) -> Result<Rendered, TemplateError> {
        let _ = context;
        todo!()
    }

    /// Renders a page.
    ///
    /// # Errors
    /// What is wrong with the template: a defect, pages are not overridden.
    pub fn page<T: PageTemplate>(&self, chrome: &Chrome, context: &T) -> Result<String, TemplateError> {
        let _ = (chrome, context);
        todo!()
    }
}
