//! Samples of every mail: an ordinary one, a long, an empty, a right-to-left
//! and a hostile one.

use super::{
    BlogView, BrakedMail, ConfirmMail, GoodbyeMail, HeldPost, MailTemplate, ManageMail, NoticeMail, Palette,
    PostLine, PostMail, ReminderMail, RestingMail, Since, TestMail, UnreadMail, WelcomeMail,
};

/// What a feed may hold to harm a mail.
pub(super) const HOSTILE: &str =
    "<script>alert(1)</script> {{7*7}} {% raw %} \"'><img src=x onerror=y> %s\r\nBcc: all@x.example\u{0}";

/// What the samples of one kind have in common.
pub(super) struct Cast {
    blog: &'static str,
    pub(super) title: String,
    address: &'static str,
    accent: &'static str,
    date: &'static str,
    postal: Option<String>,
    pub(super) language: &'static str,
    direction: &'static str,
    summary: &'static str,
}

pub(super) fn casts() -> Vec<Cast> {
    let plain = || Cast {
        blog: "guanyinmiao’s musings",
        title: "How I read the news in one hour a week".to_owned(),
        address: "kim@example.org",
        accent: "#0f6b5c",
        date: "20 November 2026",
        postal: None,
        language: "en",
        direction: "ltr",
        summary: "I gave the news one hour on Saturday, and I gave it a chair.",
    };
    vec![
        plain(),
        Cast {
            blog: "The Slow and Rather Thorough Gazette of Small Harbours, Lighthouses and Tidewater",
            title: "A title that goes on ".repeat(15).chars().take(300).collect(),
            address: "a.very.long.local.part.that.is.still.allowed.here@a-long-subdomain.of.some.example.org",
            accent: "#ffd400",
            postal: Some("Harbour Office, 12 Quay Street\nTidewater TW1 2AB\nUnited Kingdom".to_owned()),
            ..plain()
        },
        Cast { title: String::new(), date: "", summary: "", ..plain() },
        Cast {
            blog: "مدونة البحر الهادئ",
            title: "كيف أقرأ الأخبار في ساعة واحدة كل أسبوع: שלום".to_owned(),
            accent: "#5b2a86",
            language: "ar",
            direction: "rtl",
            summary: "أعطيت الأخبار ساعة واحدة يوم السبت، وأعطيتها كرسيا.",
            ..plain()
        },
        Cast {
            blog: "<b>Bold</b> & {{7*7}} \"quoted\" %s\r\nX: y",
            title: HOSTILE.to_owned(),
            address: "\"<i>\"@example.org",
            accent: "red;}</style><script>",
            postal: Some(HOSTILE.to_owned()),
            summary: HOSTILE,
            ..plain()
        },
    ]
}

impl Cast {
    pub(super) fn blog(&self) -> BlogView {
        BlogView {
            title: self.blog.to_owned(),
            home_url: "https://musings.example/".to_owned(),
            palette: Palette::from_accent(self.accent),
        }
    }

    fn is_empty(&self) -> bool {
        self.title.is_empty()
    }

    fn since(&self, at: usize) -> Since {
        use crate::domain::ConfirmedBy::{File, Import, Operator, Reader};
        let by = [Reader, File, Import, Operator][at % 4];
        Since::of(by, (!self.is_empty()).then(|| "4 March 2023".to_owned()))
    }

    fn link(&self, door: &str) -> String {
        format!("https://mail.musings.example/{door}/c2FtcGxl-0123456789abcdefghijklmnopqrstuvwxyz")
    }

    fn lines(&self) -> Vec<PostLine> {
        if self.is_empty() {
            return Vec::new();
        }
        let line = |title: &str, link: &str, date: &str| PostLine {
            title: title.to_owned(),
            link: link.to_owned(),
            date: date.to_owned(),
            datetime: if date.is_empty() { String::new() } else { "2026-11-20".to_owned() },
        };
        vec![
            line(&self.title, "https://musings.example/news-hour?a=1&b=2", self.date),
            line("What the library throws away", "https://musings.example/library", "13 November 2026"),
            line("A short letter about long queues", "javascript:alert(1)", ""),
        ]
    }
}

impl MailTemplate for ConfirmMail {
    const NAME: &'static str = "confirm";

    fn samples() -> Vec<Self> {
        let mail = |cast: Cast| Self {
            blog: cast.blog(),
            address: cast.address.to_owned(),
            confirm_url: cast.link("confirm"),
            expires_on: "25 November 2026".to_owned(),
            requested_on: "22 November 2026".to_owned(),
            is_imported: cast.language != "en",
            postal_address: cast.postal,
        };
        casts().into_iter().map(mail).collect()
    }

    fn links(&self) -> Vec<&str> {
        vec![&self.confirm_url]
    }
}

impl MailTemplate for ReminderMail {
    const NAME: &'static str = "reminder";

    fn samples() -> Vec<Self> {
        let mail = |(at, cast): (usize, Cast)| Self {
            blog: cast.blog(),
            address: cast.address.to_owned(),
            since: cast.since(at),
            is_paused: at % 2 == 1,
            manage_url: "https://mail.musings.example/manage".to_owned(),
            unsubscribe_url: cast.link("unsubscribe"),
            postal_address: cast.postal,
        };
        casts().into_iter().enumerate().map(mail).collect()
    }

    fn links(&self) -> Vec<&str> {
        vec![&self.manage_url, &self.unsubscribe_url]
    }
}

impl MailTemplate for WelcomeMail {
    const NAME: &'static str = "welcome";

    fn samples() -> Vec<Self> {
        let mail = |cast: Cast| Self {
            blog: cast.blog(),
            address: cast.address.to_owned(),
            sender_address: if cast.is_empty() { String::new() } else { "post@musings.example".to_owned() },
            confirmed_on: "22 November 2026".to_owned(),
            recent: cast.lines(),
            manage_url: "https://mail.musings.example/manage".to_owned(),
            unsubscribe_url: cast.link("unsubscribe"),
            postal_address: cast.postal,
        };
        casts().into_iter().map(mail).collect()
    }

    fn links(&self) -> Vec<&str> {
        vec![&self.manage_url, &self.unsubscribe_url]
    }
}

impl MailTemplate for GoodbyeMail {
    const NAME: &'static str = "goodbye";

    fn samples() -> Vec<Self> {
        let mail = |cast: Cast| Self {
            blog: cast.blog(),
            address: cast.address.to_owned(),
            left_on: "22 November 2026".to_owned(),
            undo_url: cast.link("unsubscribe"),
            postal_address: cast.postal,
        };
        casts().into_iter().map(mail).collect()
    }

    fn links(&self) -> Vec<&str> {
        vec![&self.undo_url]
    }
}

impl MailTemplate for ManageMail {
    const NAME: &'static str = "manage";

    fn samples() -> Vec<Self> {
        let mail = |cast: Cast| Self {
            address: cast.address.to_owned(),
            manage_url: cast.link("manage"),
            expires_on: "23 November 2026".to_owned(),
            blogs: if cast.is_empty() {
                Vec::new()
            } else {
                vec![cast.blog.to_owned(), "Harbour notes".to_owned()]
            },
            palette: Palette::from_accent(cast.accent),
            public_url: "https://mail.musings.example/".to_owned(),
            postal_address: cast.postal,
        };
        casts().into_iter().map(mail).collect()
    }

    fn links(&self) -> Vec<&str> {
        vec![&self.manage_url]
    }
}

impl MailTemplate for NoticeMail {
    const NAME: &'static str = "notice";

    fn samples() -> Vec<Self> {
        let mail = |(at, cast): (usize, Cast)| {
            let link = (!cast.is_empty()).then(|| "https://musings.example/news-hour".to_owned());
            let reason = "dated 4 March 2023, which is more than 72 hours ago".to_owned();
            let post = HeldPost { title: cast.title.clone(), link, reason };
            let posts = vec![post; if at == 1 { 20 } else { at + 1 }];
            Self {
                blog: cast.blog(),
                slug: "musings".to_owned(),
                posts,
                more: if at == 1 { 1_384 } else { at / 2 },
            }
        };
        casts().into_iter().enumerate().map(mail).collect()
    }

    fn links(&self) -> Vec<&str> {
        Vec::new()
    }
}

impl MailTemplate for BrakedMail {
    const NAME: &'static str = "braked";

    fn samples() -> Vec<Self> {
        let mail = |(at, cast): (usize, Cast)| Self {
            blog: cast.blog(),
            slug: "musings".to_owned(),
            why: "10 of 200 addresses do not exist".to_owned(),
            nothing_left: at % 2 == 1,
        };
        casts().into_iter().enumerate().map(mail).collect()
    }

    fn links(&self) -> Vec<&str> {
        Vec::new()
    }
}

impl MailTemplate for RestingMail {
    const NAME: &'static str = "resting";

    fn samples() -> Vec<Self> {
        let mail = |(at, cast): (usize, Cast)| {
            let is_paused = at % 2 == 1;
            Self {
                blog: cast.blog(),
                slug: "musings".to_owned(),
                since: "22 November 2026".to_owned(),
                why: "the mail server smtp.example.org:587 takes no more mails for now: the quota is used up"
                    .to_owned(),
                said: if at < 2 {
                    "550 5.4.5 Daily sending limit exceeded".to_owned()
                } else {
                    HOSTILE.to_owned()
                },
                advice: "Nothing has to be done: it goes on when the quota allows.".to_owned(),
                is_paused,
                commands: vec![
                    if is_paused { "postbell mailing resume 7" } else { "postbell mailing list musings" }
                        .to_owned(),
                ],
            }
        };
        casts().into_iter().enumerate().map(mail).collect()
    }

    fn links(&self) -> Vec<&str> {
        Vec::new()
    }
}

impl MailTemplate for UnreadMail {
    const NAME: &'static str = "unread";

    fn samples() -> Vec<Self> {
        let mail = |(at, cast): (usize, Cast)| Self {
            blog: cast.blog(),
            slug: "musings".to_owned(),
            feed: "https://blog.example/feed/".to_owned(),
            since: "22 November 2026".to_owned(),
            why: if at < 2 {
                "Cloudflare keeps programs out of the blog".to_owned()
            } else {
                HOSTILE.to_owned()
            },
            advice: "In its settings, let requests to the feed’s address pass.".to_owned(),
            is_back: at % 2 == 1,
        };
        casts().into_iter().enumerate().map(mail).collect()
    }

    fn links(&self) -> Vec<&str> {
        Vec::new()
    }
}

impl MailTemplate for TestMail {
    const NAME: &'static str = "test";

    fn samples() -> Vec<Self> {
        let mail = |cast: Cast| Self {
            relay: if cast.language == "en" { "smtp.example.org:587".to_owned() } else { HOSTILE.to_owned() },
            sent_on: "22 November 2026".to_owned(),
            palette: Palette::from_accent(cast.accent),
            public_url: "https://mail.musings.example/".to_owned(),
        };
        casts().into_iter().map(mail).collect()
    }

    fn links(&self) -> Vec<&str> {
        Vec::new()
    }
}

/// A body as the publisher hands it over.
const BODY_HTML: &str = r#"<div class="post ink" style="font-family:Charter,Georgia,Noto Serif,serif;font-size:18px;line-height:1.6;color:#1b2421">
<p>For years I read the news the way one eats crisps: by the handful, standing up, and without ever being full. Last spring I tried something plainer.</p>
</div>"#;

const BODY_TEXT: &str = "For years I read the news the way one eats crisps: by the handful,\nstanding up, and without ever being full. Last spring I tried\nsomething plainer.";

impl MailTemplate for PostMail {
    const NAME: &'static str = "post";

    fn samples() -> Vec<Self> {
        let mail = |(at, cast): (usize, Cast)| {
            let some = |text: &str| (!cast.is_empty()).then(|| text.to_owned());
            let image = match at {
                1 => some("https://musings.example/pictures/chair.jpg?w=1200&h=630"),
                4 => some("javascript:alert(1)"),
                _ => None,
            };
            Self {
                blog: cast.blog(),
                address: cast.address.to_owned(),
                subject: if cast.is_empty() {
                    "For years I read the news".to_owned()
                } else {
                    cast.title.clone()
                },
                title: cast.title.clone(),
                link: some("https://musings.example/news-hour?a=1&b=2"),
                author: (at % 2 == 1).then(|| "Kim <Tanaka>".to_owned()),
                published_on: some(cast.date),
                minutes: if cast.is_empty() { 1 } else { 3 },
                image,
                body_html: if cast.is_empty() { String::new() } else { BODY_HTML.to_owned() },
                body_text: if cast.is_empty() { String::new() } else { BODY_TEXT.to_owned() },
                is_excerpt: at % 2 == 1,
                comments_url: match at {
                    4 => some("javascript:alert(1)"),
                    _ => some("https://musings.example/news-hour#respond"),
                },
                answer_url: (at % 2 == 0)
                    .then(|| "mailto:kim@musings.example?subject=Re%3A%20One%20hour".to_owned()),
                summary: cast.summary.to_owned(),
                is_correction: matches!(at, 1 | 2),
                note: (at == 1).then(|| format!("{} <b>", cast.title)),
                language: cast.language.to_owned(),
                direction: cast.direction,
                since: cast.since(at),
                manage_url: "https://mail.musings.example/manage".to_owned(),
                unsubscribe_url: cast.link("unsubscribe"),
                postal_address: cast.postal,
            }
        };
        casts().into_iter().enumerate().map(mail).collect()
    }

    fn links(&self) -> Vec<&str> {
        vec![&self.manage_url, &self.unsubscribe_url]
    }
}
