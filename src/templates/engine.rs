//! The template engine: embedded templates, mails overridden file by file.
//!
//! A mail is two files of `email_templates/`: `NAME.html`, and `NAME.txt`
//! whose first line is `Subject: …`. Both see the fields of the mail's
//! context type by their names: `{{ blog.title }}`.
//!
//! A page is `pages/NAME.html` beside this file. It sees two variables:
//! `page`, the page's own context type, and `chrome`, what surrounds it. Pages
//! name each other as `pages/base.html` in `extends`, `include` and `import`.
//!
//! In `.html` every value is escaped; only trusted HTML is marked `|safe`, and
//! that is `body_html` of a post's mail and `page.post.html` of the demo.
//! Values are never read as templates. An unknown variable is an error.

use std::collections::BTreeMap;
use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use rust_embed::RustEmbed;

use super::{Chrome, MailTemplate, PageTemplate, filters};

/// Work that one rendering may do: an instruction or 64 bytes each cost one.
/// Enough for the largest mail thirty times over, and over in milliseconds.
const FUEL: u64 = 500_000;

/// The line that a mail's text template opens with.
const SUBJECT: &str = "Subject:";

#[derive(RustEmbed)]
#[folder = "email_templates/"]
struct MailFiles;

#[derive(RustEmbed)]
#[folder = "src/templates/pages/"]
struct PageFiles;

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
    /// Which: the file's path when the operator wrote it.
    pub name: String,
    /// What is wrong, with the line.
    pub reason: String,
}

/// All templates of this instance.
#[derive(Debug)]
pub struct Templates {
    env: Environment<'static>,
    /// Names of the overridden ones, with their paths.
    overridden: BTreeMap<String, String>,
}

impl Templates {
    /// The embedded mails, overridden by the files of `dir`. With overrides
    /// every sample is rendered once, so that a fault shows now and not at
    /// the first mail.
    ///
    /// # Errors
    /// The first file that cannot be read, compiled or rendered.
    pub fn load(dir: Option<&Path>) -> Result<Self, TemplateError> {
        let mut templates = Self { env: environment(), overridden: BTreeMap::new() };
        for name in MailFiles::iter().filter(|name| is_template(name)) {
            let file = MailFiles::get(&name).ok_or_else(|| fault(&name, "is gone"))?;
            templates.add_mail_file(&name, text_of(&name, file.data.into_owned())?)?;
        }
        for name in PageFiles::iter().filter(|name| is_template(name)) {
            let file = PageFiles::get(&name).ok_or_else(|| fault(&name, "is gone"))?;
            templates.add(format!("pages/{name}"), text_of(&name, file.data.into_owned())?)?;
        }
        if let Some(dir) = dir {
            templates.override_from(dir)?;
            if !templates.overridden.is_empty()
                && let Some(problem) = templates.check_mails().into_iter().next()
            {
                return Err(problem);
            }
        }
        Ok(templates)
    }

    /// The files that mails are made of: what an operator may override.
    pub fn names() -> Vec<String> {
        let mut names: Vec<String> =
            MailFiles::iter().map(std::borrow::Cow::into_owned).filter(|name| is_template(name)).collect();
        names.sort();
        names
    }

    /// The text of an embedded mail file, for an operator who wants to change it.
    pub fn embedded(name: &str) -> Option<String> {
        String::from_utf8(MailFiles::get(name)?.data.into_owned()).ok()
    }

    /// The path of the operator's file that stands for this one.
    pub fn overridden_by(&self, name: &str) -> Option<&str> {
        self.overridden.get(name).map(String::as_str)
    }

    /// Renders a mail.
    ///
    /// # Errors
    /// What is wrong with the (overridden) template.
    pub fn mail<T: MailTemplate>(&self, context: &T) -> Result<Rendered, TemplateError> {
        let values = Value::from(Serde(context));
        let name = T::NAME;
        let subject = self.render(&format!("{name}.subject"), values.clone())?;
        let text = self.render(&format!("{name}.txt"), values.clone())?;
        Ok(Rendered {
            subject: filters::subject_line(&subject),
            html: self.render(&format!("{name}.html"), values)?,
            text: filters::tidy_text(&text),
        })
    }

    /// Renders a page.
    ///
    /// # Errors
    /// What is wrong with the template: a defect, pages are not overridden.
    pub fn page<T: PageTemplate>(&self, chrome: &Chrome, context: &T) -> Result<String, TemplateError> {
        let values = context! { page => Value::from(Serde(context)), chrome => Value::from(Serde(chrome)) };
        self.render(&format!("pages/{}.html", T::NAME), values)
    }

    fn render(&self, name: &str, values: Value) -> Result<String, TemplateError> {
        self.env
            .get_template(name)
            .and_then(|template| template.render(values))
            .map_err(|error| self.told(name, &error))
    }

    /// Takes each `.html` and `.txt` file of `dir` in place of ours; further
    /// ones are parts that the operator's own files may include.
    fn override_from(&mut self, dir: &Path) -> Result<(), TemplateError> {
        let shown = dir.display().to_string();
        let listing = std::fs::read_dir(dir).map_err(|error| fault(&shown, &error.to_string()))?;
        let mut paths = Vec::new();
        for entry in listing {
            paths.push(entry.map_err(|error| fault(&shown, &error.to_string()))?.path());
        }
        paths.sort();
        for path in paths {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if !path.is_file() || !is_template(name) {
                continue;
            }
            let name = name.to_owned();
            let shown = path.display().to_string();
            let bytes = std::fs::read(&path).map_err(|error| fault(&shown, &error.to_string()))?;
            self.overridden.insert(name.clone(), shown.clone());
            self.add_mail_file(&name, text_of(&shown, bytes)?)?;
        }
        Ok(())
    }

    /// Compiles a file of a mail. A text template's first line is compiled by
    /// itself, so that no line end in a value can end the subject; an empty
    /// line stays in its place, so that line numbers agree with the file.
    fn add_mail_file(&mut self, name: &str, source: String) -> Result<(), TemplateError> {
        let Some(mail) = name.strip_suffix(".txt") else { return self.add(name.to_owned(), source) };
        let first = source.lines().next().unwrap_or_default();
        if let Some(subject) = first.strip_prefix(SUBJECT) {
            let rest = source.get(first.len()..).unwrap_or_default().to_owned();
            self.add(format!("{mail}.subject"), subject.to_owned())?;
            return self.add(name.to_owned(), rest);
        }
        if self.env.get_template(&format!("{mail}.subject")).is_ok() {
            return Err(fault(self.shown(name), "line 1: a mail's text begins with a line `Subject: …`"));
        }
        self.add(name.to_owned(), source)
    }

    fn add(&mut self, name: String, source: String) -> Result<(), TemplateError> {
        self.env.add_template_owned(name.clone(), source).map_err(|error| self.told(&name, &error))
    }

    /// The file to look into for a template of this name.
    fn shown<'a>(&'a self, name: &'a str) -> &'a str {
        let file = match name.strip_suffix(".subject") {
            Some(mail) => self.overridden.get(&format!("{mail}.txt")),
            None => self.overridden.get(name),
        };
        file.map_or(name, String::as_str)
    }

    /// The engine's error as a sentence: the innermost cause names the place.
    fn told(&self, name: &str, error: &minijinja::Error) -> TemplateError {
        let mut place = error;
        let mut cause: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
        while let Some(inner) = cause {
            if let Some(inner) = inner.downcast_ref::<minijinja::Error>() {
                place = inner;
            }
            cause = inner.source();
        }
        let kind = place.kind().to_string();
        let what = place.detail().map_or(kind.clone(), |detail| format!("{kind}: {detail}"));
        let name = place.name().unwrap_or(name);
        let reason = match place.line() {
            Some(line) => format!("line {line}: {what}{}", self.quoted(name, line)),
            None => what,
        };
        TemplateError { name: self.shown(name).to_owned(), reason }
    }

    /// The line of a template, as an addition to a sentence about it.
    fn quoted(&self, name: &str, line: usize) -> String {
        let Ok(template) = self.env.get_template(name) else { return String::new() };
        let text = template.source().lines().nth(line.saturating_sub(1)).unwrap_or_default();
        format!(", in `{}`", crate::domain::shown::short_line(text, 100))
    }
}

fn is_template(name: &str) -> bool {
    !name.starts_with('.') && (name.ends_with(".html") || name.ends_with(".txt"))
}

/// Lines that hold nothing but a tag leave nothing behind.
fn syntax() -> SyntaxConfig {
    let built = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    built.expect("the default delimiters are valid")
}

fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_debug(false);
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_fuel(Some(FUEL));
    env.set_syntax(syntax());
    env.set_auto_escape_callback(
        |name| {
            if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None }
        },
    );
    env.set_formatter(filters::write_value);
    filters::register(&mut env);
    env
}

fn text_of(name: &str, bytes: Vec<u8>) -> Result<String, TemplateError> {
    String::from_utf8(bytes)
        .map(|text| text.trim_start_matches('\u{feff}').replace("\r\n", "\n"))
        .map_err(|_| fault(name, "is not UTF-8"))
}

fn fault(name: &str, reason: &str) -> TemplateError {
    TemplateError { name: name.to_owned(), reason: reason.to_owned() }
}
