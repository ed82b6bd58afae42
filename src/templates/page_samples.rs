//! Names of the page templates, and samples of every page: an ordinary one, a
//! long, an empty, a right-to-left and a hostile one.

use super::{
    CheckInboxPage, Chrome, ConfirmPage, ConfirmedPage, DemoPage, DemoPost, ErasePage, ErrorPage,
    ExpiredPage, FollowPage, IndexBlog, IndexPage, LeftPage, MailboxLine, MailboxMail, MailboxPage,
    ManageFollow, ManagePage, ManageRequestPage, PageBlog, PageTemplate, PostLine, PrivacyPage, RenewPage,
    SaidPage, Since, UnsubscribePage,
};

/// Text that a visitor or a feed can choose, in five characters.
struct Cast {
    title: &'static str,
    sentence: &'static str,
    address: &'static str,
    masked: &'static str,
    link: &'static str,
    date: &'static str,
    /// How many rows a list has.
    rows: usize,
}

const PLAIN: Cast = Cast {
    title: "guanyinmiao’s musings",
    sentence: "Notes on schools, news and everyday Singapore",
    address: "kim@example.org",
    masked: "k••@example.org",
    link: "https://musings.example/2026/11/20/news/",
    date: "20 November 2026",
    rows: 3,
};

const LONG: Cast = Cast {
    title: "The Unabridged Chronicle of the Donaudampfschifffahrtsgesellschaftskapitänswitwenverein",
    sentence: "Everything that was ever said at the quarterly meetings, with the minutes, the corrections to the minutes, and the letters about the corrections",
    address: "a-local-part-that-uses-nearly-all-of-the-sixty-four-octets-it-has@a-rather-long-host-name.and-its-parent.example.org",
    masked: "a••@a-rather-long-host-name.and-its-parent.example.org",
    link: "https://chronicle.example/a/very/long/path/that/goes/on?and=on&and=on#and-on",
    date: "23 September 2026",
    rows: 40,
};

const EMPTY: Cast =
    Cast { title: "x", sentence: "", address: "a@b.example", masked: "", link: "", date: "", rows: 0 };

const RIGHT_TO_LEFT: Cast = Cast {
    title: "مدونة الميناء القديم",
    sentence: "ملاحظات عن البحر والكتب (2026)",
    address: "נועה@דואר.example",
    masked: "נ••@דואר.example",
    link: "https://harbour.example/الميناء",
    date: "20 November 2026",
    rows: 2,
};

const HOSTILE: Cast = Cast {
    title: "<script>alert(1)</script>{{ 7*7 }}{% raw %}\u{202e}\0\"'>",
    sentence: "</title></textarea></pre></svg><img src=x onerror=alert(1)>&amp;",
    address: "\"><svg/onload=alert(1)>\"@example.org",
    masked: "<••@example.org",
    link: "javascript:alert(1)//\" onclick=\"alert(1)",
    date: "<b>20</b>",
    rows: 2,
};

const CASTS: [&Cast; 5] = [&PLAIN, &LONG, &EMPTY, &RIGHT_TO_LEFT, &HOSTILE];

/// Where forms POST: of our own making, so never hostile, as are the demo's links.
const ACTION: &str = "/unsubscribe/AbC-123_x";
const UNTIL: &str = "22 December 2026";
const STOPPED: &str = super::stopped(crate::domain::SuppressionReason::Unsubscribed);

impl Chrome {
    /// Surroundings to try a page in: those of no blog, and of each kind of blog.
    pub fn samples() -> Vec<Self> {
        let postmark = "22 NOV 2026".to_owned();
        let blogs = CASTS.iter().map(|cast| Some(cast.blog()));
        std::iter::once(None).chain(blogs).map(|blog| Self { blog, postmark: postmark.clone() }).collect()
    }
}

impl Cast {
    fn blog(&self) -> PageBlog {
        PageBlog {
            title: self.title.to_owned(),
            slug: "musings".to_owned(),
            home_url: self.link.to_owned(),
            feed_url: self.link.to_owned(),
            description: self.sentence.to_owned(),
            sender_address: self.masked.to_owned(),
        }
    }

    fn posts(&self, most: usize) -> Vec<PostLine> {
        let post = PostLine {
            title: self.title.to_owned(),
            link: self.link.to_owned(),
            date: self.date.to_owned(),
            datetime: if self.date.is_empty() { String::new() } else { "2026-11-20".to_owned() },
        };
        vec![post; self.rows.min(most)]
    }

    fn names(&self) -> Vec<String> {
        vec![self.title.to_owned(); self.rows]
    }

    /// `None` for the empty one.
    fn maybe<T>(&self, value: T) -> Option<T> {
        (!self.sentence.is_empty()).then_some(value)
    }

    fn follows(&self) -> Vec<ManageFollow> {
        let states = ["active", "paused", "pending", "ended"];
        (0_i64..)
            .zip(states.iter().cycle())
            .take(self.rows * 2)
            .map(|(subscription, state)| ManageFollow {
                subscription,
                title: self.title.to_owned(),
                home_url: self.link.to_owned(),
                since: Since::of(
                    crate::domain::ConfirmedBy::File,
                    (!self.date.is_empty()).then(|| self.date.to_owned()),
                ),
                state,
                paused_until: if subscription % 8 == 1 { UNTIL.to_owned() } else { String::new() },
                follow_url: "/b/musings".to_owned(),
                can_undo: [2, 3].contains(&(subscription % 8)),
                stopped: (subscription % 8 > 3).then_some(STOPPED),
            })
            .collect()
    }

    fn mails(&self) -> Vec<MailboxLine> {
        let line = |id| MailboxLine {
            id,
            subject: if self.sentence.is_empty() { String::new() } else { self.title.to_owned() },
            recipient: self.address.to_owned(),
            time: "14:02".to_owned(),
            datetime: "2026-11-22T14:02:11Z".to_owned(),
            kind: "New post".to_owned(),
            is_open: id == 1,
        };
        (1_i64..).take(self.rows).map(line).collect()
    }

    fn mail(&self, part: &'static str) -> MailboxMail {
        MailboxMail {
            id: 1,
            subject: self.title.to_owned(),
            recipient: self.address.to_owned(),
            sender: format!("{} <post@musings.example>", self.title),
            part,
            checks: vec![("9 KB of 102 KB".to_owned(), true), ("Text part: no".to_owned(), false)],
            headers: vec![
                ("Subject".to_owned(), self.title.to_owned()),
                (self.title.to_owned(), self.sentence.to_owned()),
            ],
            text: self.sentence.to_owned(),
            raw: format!("Subject: {}\r\n\r\n{}", self.title, self.sentence),
        }
    }

    fn mailbox(&self, open: Option<MailboxMail>) -> MailboxPage {
        MailboxPage {
            query: self.sentence.to_owned(),
            total: i64::try_from(self.rows).unwrap_or(i64::MAX),
            mails: self.mails(),
            open,
            demo_url: self.maybe("/demo".to_owned()),
        }
    }
}

/// Gives each page its template's name and its samples: what `make` makes of
/// each cast, at least one.
macro_rules! pages {
    ($($page:ident $name:literal: $make:expr;)+) => {
        $(impl PageTemplate for $page {
            const NAME: &'static str = $name;

            fn samples() -> Vec<Self> {
                let make: fn(&Cast) -> Vec<Self> = $make;
                CASTS.into_iter().flat_map(make).collect()
            }
        })+
    };
}

pages! {
    IndexPage "index": |cast| vec![IndexPage {
        blogs: vec![IndexBlog {
            title: cast.title.to_owned(),
            slug: "musings".to_owned(),
            description: cast.sentence.to_owned(),
            text: "Join 1,404 other followers".to_owned(),
        }; cast.rows],
    }];
    FollowPage "follow": |cast| [None, Some(cast.sentence.to_owned())].map(|fault| FollowPage {
        followers_text: "Be the first to follow".to_owned(),
        posts: cast.posts(5),
        typed: cast.address.to_owned(),
        kept: vec![("source".to_owned(), cast.sentence.to_owned())],
        again: fault.is_none().then(|| cast.sentence.to_owned()),
        fault,
    }).into();
    CheckInboxPage "check_inbox": |cast| vec![CheckInboxPage {
        confirm_within_hours: u32::try_from(cast.rows).unwrap_or(72) * 24 + 1,
    }, CheckInboxPage { confirm_within_hours: 72 }];
    ConfirmPage "confirm": |cast| vec![ConfirmPage {
        action: ACTION.to_owned(),
        masked: cast.masked.to_owned(),
        expires_on: cast.date.to_owned(),
    }];
    ConfirmedPage "confirmed": |cast| [(false, false), (true, false), (false, true)].map(|(already, is_back)| ConfirmedPage {
        is_back,
        masked: cast.masked.to_owned(),
        already,
        stopped: already.then_some(STOPPED).filter(|_| cast.rows > 0),
        posts: cast.posts(3),
    }).into();
    ExpiredPage "expired": |cast| vec![ExpiredPage {
        action: ACTION.to_owned(),
        masked: cast.masked.to_owned(),
        confirm_within_hours: 72,
    }];
    UnsubscribePage "unsubscribe": |cast| [(false, false), (true, false), (false, true)].map(|(can_pause, is_paused)| UnsubscribePage {
        action: ACTION.to_owned(),
        masked: cast.masked.to_owned(),
        can_pause,
        pause_until: UNTIL.to_owned(),
        is_paused,
        paused_until: cast.maybe(UNTIL.to_owned()).unwrap_or_default(),
        stopped: cast.maybe(STOPPED),
    }).into();
    LeftPage "left": |cast| [None, Some(STOPPED)].map(|stopped| LeftPage {
        undo_action: cast.maybe(ACTION.to_owned()).filter(|_| stopped.is_none()),
        undo_until: cast.date.to_owned(),
        masked: cast.masked.to_owned(),
        can_follow: stopped.is_none() || !cast.sentence.is_empty(),
        stopped,
    }).into();
    SaidPage "said": |cast| ["bell", "letter", "ticked-letter", "tick", "dash", "clock"].map(|mark| SaidPage {
        mark,
        title: cast.title.to_owned(),
        lead: cast.sentence.to_owned(),
        link: cast.maybe((cast.title.to_owned(), "/manage".to_owned())),
        otherwise: cast.maybe((cast.title.to_owned(), cast.sentence.to_owned())),
    }).into();
    ErrorPage "error": |cast| vec![ErrorPage {
        title: cast.title.to_owned(),
        lead: cast.sentence.to_owned(),
        request_id: cast.maybe("PB-7Q4K".to_owned()).unwrap_or_default(),
        link: cast.maybe((cast.title.to_owned(), "/".to_owned())),
        command: cast.maybe(cast.sentence.to_owned()),
    }];
    ManageRequestPage "manage_request": |cast| vec![ManageRequestPage {
        typed: cast.address.to_owned(),
        fault: cast.maybe(cast.sentence.to_owned()),
        again: cast.maybe(cast.sentence.to_owned()),
    }];
    RenewPage "renew": |cast| [false, true].map(|is_expired| RenewPage {
        action: ACTION.to_owned(),
        masked: cast.masked.to_owned(),
        is_expired,
    }).into();
    ManagePage "manage": |cast| vec![ManagePage {
        address: cast.address.to_owned(),
        action: ACTION.to_owned(),
        said: cast.maybe(cast.sentence.to_owned()),
        follows: cast.follows(),
        pause_until: UNTIL.to_owned(),
    }];
    ErasePage "erase": |cast| vec![ErasePage {
        address: cast.address.to_owned(),
        action: ACTION.to_owned(),
        blogs: cast.names(),
    }];
    PrivacyPage "privacy": |cast| vec![PrivacyPage {
        pending_days: 1,
        ended_days: 365,
        log_days: 90,
        postal_address: cast.maybe(format!("{}\n{}", cast.title, cast.sentence)),
    }];
    MailboxPage "mailbox": |cast| {
        let open = ["html", "text", "headers", "raw"].map(|part| cast.mailbox(Some(cast.mail(part))));
        open.into_iter().chain([cast.mailbox(None)]).collect()
    };
    DemoPage "demo": |cast| vec![DemoPage {
        post: DemoPost {
            title: cast.title.to_owned(),
            link: "/demo/posts/1".to_owned(),
            date: cast.date.to_owned(),
            html: "<p>I gave the news one hour on Saturday, and I gave it a <em>chair</em>.</p>".to_owned(),
        },
        posts: cast.posts(9).into_iter().map(|post| PostLine { link: "/demo/posts/2".to_owned(), ..post }).collect(),
        followers_text: "Join 1 other follower".to_owned(),
        follow_action: "/b/musings/follow".to_owned(),
        publish_action: "/demo/publish".to_owned(),
        next_title: cast.title.to_owned(),
        mailbox_url: "/mailbox".to_owned(),
        mails: 6,
        title: cast.title.to_owned(),
        tagline: cast.sentence.to_owned(),
        feed_url: "/demo/feed.xml".to_owned(),
        said: cast.maybe(cast.sentence.to_owned()),
    }];
}
