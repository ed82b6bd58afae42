//! The sample blog of `postbell demo`: its page, its feed, and a button that
//! publishes one more post. It stands for any blog; Postbell reads its feed
//! over HTTP like any other.

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;

use super::body::{FORM_BYTES, Unread};
use super::error::Refused;
use super::page::{followers_text, page};
use super::reads::{count_followers, find_blog};
use super::state::Shared;
use crate::domain::{DAY_MS, Timestamp};
use crate::templates::{DemoPage, DemoPost, PostLine};

/// Slug of the sample blog.
pub const SLUG: &str = "demo";
/// Title of the sample blog.
pub const TITLE: &str = "Harbour Notes";
/// The query of the page after publishing.
const PUBLISHED: &str = "published";
const TAGLINE: &str = "Small letters from a town with more boats than cars";

/// The sample blog's posts, oldest first.
pub struct Demo(Mutex<Vec<Entry>>);

#[derive(Clone)]
struct Entry {
    title: String,
    html: String,
    at: Timestamp,
}

const FIRST: [(&str, &str); 3] = [
    (
        "What the library throws away",
        "<p>Each October the library puts a crate by its door. This year it held two atlases with countries \
         that no longer are, a guide to the fax machine, and eleven copies of the same novel.</p>\
         <p>I took one atlas. It is wrong about almost everything, and I have never read a book more closely.</p>",
    ),
    (
        "A short letter about long queues",
        "<p>The bakery opens at seven. The queue opens at half past six, and it is the better half: that is \
         where the news is.</p><blockquote><p>“If you want it quick, buy a toaster,” says the woman in front \
         of me.</p></blockquote><p>She comes every day. She does not own a toaster.</p>",
    ),
    (
        "How I read the weather now",
        "<p>I used to look at the forecast. Now I look at the ferry: if the captain wears his cap, it will \
         hold; if he wears the hood, stay at home.</p><h2>Three signs</h2><ol><li>Gulls on the quay, all \
         facing one way.</li><li>The flag of the chandler, folded.</li><li>My neighbour, bringing in the \
         chairs.</li></ol><p>So far the neighbour leads.</p>",
    ),
];

/// What the button publishes.
const PUBLISHED_POST: &str = "<p>This post was published with one press of a button, to show the rest of the trip: the feed has it \
     now, and within seconds it is in the mailbox of everyone who follows.</p><h2>What happened just now</h2>\
     <ol><li>The button put this post into the blog's feed.</li><li>Postbell looked at the feed and found \
     it.</li><li>Everyone who follows got it by mail, as HTML and as plain text.</li></ol>\
     <blockquote><p>On a real blog nobody presses anything. You write; <b>the bell rings by itself</b>.</p>\
     </blockquote><p>At the end of the mail is a link that stops these mails. Press it, too: it is a part of \
     the trip.</p>";

impl Demo {
    /// A blog with three posts of the last days.
    pub fn new(now: Timestamp) -> Self {
        let entry = |(days_ago, (title, html)): (i64, (&str, &str))| Entry {
            title: title.to_owned(),
            html: html.to_owned(),
            at: now.plus_ms(-days_ago * DAY_MS),
        };
        Self(Mutex::new([9, 5, 2].into_iter().zip(FIRST).map(entry).collect()))
    }

    fn posts(&self) -> Vec<Entry> {
        self.0.lock().clone()
    }

    fn publish(&self, title: &str, at: Timestamp) {
        let mut posts = self.0.lock();
        posts.push(Entry { title: title.to_owned(), html: PUBLISHED_POST.to_owned(), at });
    }
}

pub(super) async fn front(State(web): State<Shared>, RawQuery(query): RawQuery) -> Result<Response, Refused> {
    let last = demo(&web)?.posts().len();
    let said = "Published. Its mail comes within seconds.";
    show(&web, last, query.filter(|query| query == PUBLISHED).map(|_| said.to_owned())).await
}

pub(super) async fn post(State(web): State<Shared>, Path(number): Path<usize>) -> Result<Response, Refused> {
    show(&web, number, None).await
}

pub(super) async fn publish(State(web): State<Shared>, body: Unread) -> Result<Response, Refused> {
    let demo = demo(&web)?;
    let body = body.read(FORM_BYTES).await?;
    let number = demo.posts().len() + 1;
    let typed = url::form_urlencoded::parse(&body).find(|(name, _)| name == "title");
    let typed: String = typed.map_or_else(String::new, |(_, title)| title.trim().chars().take(200).collect());
    let title = if typed.is_empty() { next_title(number) } else { typed };
    demo.publish(&title, web.clock.now());
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, format!("/demo?{PUBLISHED}"))]).into_response())
}

pub(super) async fn feed(State(web): State<Shared>) -> Result<Response, Refused> {
    let base = &web.policy.public_url;
    let mut items = String::new();
    for (at, entry) in demo(&web)?.posts().iter().enumerate().rev() {
        let number = at + 1;
        items.push_str(&format!(
            "<item><title>{}</title><link>{base}/demo/posts/{number}</link>\
             <guid isPermaLink=\"false\">demo-{number}</guid><pubDate>{}</pubDate>\
             <description><![CDATA[{}]]></description></item>",
            escaped(&entry.title),
            entry.at.rfc5322(),
            entry.html
        ));
    }
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\"><channel><title>{TITLE}</title>\
         <link>{base}/demo</link><description>{TAGLINE}</description><language>en</language>{items}</channel></rss>"
    );
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/rss+xml; charset=utf-8"));
    Ok(([content_type], xml).into_response())
}

async fn show(web: &Shared, number: usize, said: Option<String>) -> Result<Response, Refused> {
    let posts = demo(web)?.posts();
    let entry = number.checked_sub(1).and_then(|at| posts.get(at)).ok_or(Refused::NotFound)?;
    let count = match find_blog(web, SLUG).await? {
        Some(blog) => count_followers(web, blog.id).await?,
        None => 0,
    };
    let link = |number: usize| format!("/demo/posts/{number}");
    let context = DemoPage {
        post: DemoPost {
            title: entry.title.clone(),
            link: link(number),
            date: entry.at.long_date(),
            html: entry.html.clone(),
        },
        posts: posts
            .iter()
            .enumerate()
            .rev()
            .map(|(at, entry)| PostLine {
                title: entry.title.clone(),
                link: link(at + 1),
                date: entry.at.long_date(),
                datetime: entry.at.date(),
            })
            .collect(),
        followers_text: followers_text(count),
        follow_action: format!("/b/{SLUG}/follow"),
        publish_action: "/demo/publish".to_owned(),
        next_title: next_title(posts.len() + 1),
        mailbox_url: "/mailbox".to_owned(),
        mails: web.store.count_mails().await?,
        title: TITLE.to_owned(),
        tagline: TAGLINE.to_owned(),
        feed_url: "/demo/feed.xml".to_owned(),
        said,
    };
    page(web, None, &context)
}

fn demo(web: &Shared) -> Result<&Demo, Refused> {
    web.demo.as_ref().ok_or(Refused::NotFound)
}

fn next_title(number: usize) -> String {
    format!("Post number {number}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
