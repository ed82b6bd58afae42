//! Every template with its one context type: what the check renders.
//!
//! A new mail or page is added to the list at the end, and from then on each
//! of its samples is rendered in the tests and by `template check`.

use super::{
    BrakedMail, CheckInboxPage, Chrome, ConfirmMail, ConfirmPage, ConfirmedPage, DemoPage, ErasePage,
    ErrorPage, ExpiredPage, FollowPage, GoodbyeMail, IndexPage, LeftPage, MailTemplate, MailboxPage,
    ManageMail, ManagePage, ManageRequestPage, NoticeMail, PageTemplate, PostMail, PrivacyPage, ReminderMail,
    Rendered, RenewPage, RestingMail, SaidPage, TemplateError, Templates, TestMail, UnreachedMail,
    UnreadMail, UnsubscribePage, WelcomeMail,
};
use crate::domain::MAX_MAIL_BYTES;

/// Mail programs cut an HTML part at about 102 KB.
const HTML_LIMIT_BYTES: usize = 100_000;

macro_rules! registry {
    (mails: $($mail:ty),+ $(,)?; pages: $($page:ty),* $(,)?) => {
        impl Templates {
            /// Renders every sample of every mail and page, and says what is wrong.
            pub fn check(&self) -> Vec<TemplateError> {
                let mut problems = self.check_mails();
                problems.extend(self.preview_pages().into_iter().filter_map(|(_, page)| page.err()));
                problems
            }

            /// Every sample of every page in all surroundings, with the name of its template.
            pub fn preview_pages(&self) -> Vec<(&'static str, Result<String, TemplateError>)> {
                let mut pages = Vec::new();
                $(pages.extend(self.preview_page::<$page>());)*
                pages
            }

            /// The mails alone: all that an operator can change.
            pub(super) fn check_mails(&self) -> Vec<TemplateError> {
                let mut problems = Vec::new();
                $(self.check_mail::<$mail>(&mut problems);)+
                problems
            }

            /// Names of the mails, for `preview`.
            pub fn mail_names() -> Vec<&'static str> {
                vec![$(<$mail as MailTemplate>::NAME),+]
            }

            /// The samples of a mail as they would arrive; `None` when no mail
            /// has this name.
            pub fn preview(&self, name: &str) -> Option<Result<Vec<Rendered>, TemplateError>> {
                $(if name == <$mail as MailTemplate>::NAME {
                    return Some(<$mail>::samples().iter().map(|sample| self.mail(sample)).collect());
                })+
                None
            }
        }
    };
}

impl Templates {
    fn check_mail<T: MailTemplate>(&self, problems: &mut Vec<TemplateError>) {
        for sample in T::samples() {
            let mail = match self.mail(&sample) {
                Ok(mail) => mail,
                Err(error) => {
                    problems.push(error);
                    return;
                }
            };
            for (part, reason) in faults(&mail, &sample.links()) {
                let file = format!("{}.{part}", T::NAME);
                let name = self.overridden_by(&file).unwrap_or(&file).to_owned();
                problems.push(TemplateError { name, reason });
            }
        }
    }

    fn preview_page<T: PageTemplate>(&self) -> Vec<(&'static str, Result<String, TemplateError>)> {
        let chromes = Chrome::samples();
        T::samples()
            .iter()
            .flat_map(|sample| chromes.iter().map(|chrome| (T::NAME, self.page(chrome, sample))))
            .collect()
    }
}

/// What is wrong with a mail that could be rendered, each with its part.
fn faults(mail: &Rendered, links: &[&str]) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    if mail.subject.is_empty() {
        faults.push(("txt", "line 1: the subject is empty".to_owned()));
    }
    if mail.text.trim().is_empty() {
        faults.push(("txt", "the text part is empty".to_owned()));
    }
    if mail.html.len() >= HTML_LIMIT_BYTES {
        faults.push(("html", format!("{} bytes are more than mail programs show", mail.html.len())));
    }
    if mail.html.len() + mail.text.len() > MAX_MAIL_BYTES {
        let bytes = mail.html.len() + mail.text.len();
        faults.push((
            "txt",
            format!("with the other part {bytes} bytes, and no mail has more than {MAX_MAIL_BYTES}"),
        ));
    }
    for link in links {
        if !mail.text.contains(link) {
            faults.push(("txt", format!("the link {link} is missing")));
        }
        if !mail.html.contains(&link.replace('&', "&amp;")) {
            faults.push(("html", format!("the link {link} is missing")));
        }
    }
    faults
}

registry! {
    mails: ConfirmMail, ReminderMail, WelcomeMail, GoodbyeMail, ManageMail, NoticeMail, BrakedMail, RestingMail, UnreachedMail, UnreadMail, TestMail, PostMail;
    pages: IndexPage, FollowPage, CheckInboxPage, ConfirmPage, ConfirmedPage, ExpiredPage, UnsubscribePage, LeftPage,
        SaidPage, ErrorPage, ManageRequestPage, RenewPage, ManagePage, ErasePage, PrivacyPage, MailboxPage, DemoPage
}
