//! A blog on another origin: a home page, a feed that grows, and pages with
//! forms that post to wherever the query says.

use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use tokio::net::TcpListener;

/// A running blog.
pub struct TestBlog {
    /// Its port on 127.0.0.1.
    pub port: u16,
    items: Arc<Mutex<Vec<(String, String)>>>,
}

#[derive(Clone)]
struct Shared {
    port: u16,
    items: Arc<Mutex<Vec<(String, String)>>>,
}

#[derive(Deserialize)]
struct Asked {
    to: String,
    #[serde(default)]
    policy: String,
}

impl TestBlog {
    /// Serves one with a single old post.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let items = Arc::new(Mutex::new(vec![("The first loaf".to_owned(), "<p>Flour.</p>".to_owned())]));
        let shared = Shared { port, items: items.clone() };
        let router = axum::Router::new()
            .route("/", get(home))
            .route("/feed.xml", get(feed))
            .route("/form", get(form))
            .route("/embed", get(embed))
            .route("/oven.svg", get(picture))
            .with_state(shared);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { port, items }
    }

    /// Its home page.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Puts one more post into the feed.
    pub fn publish(&self, title: &str, html: &str) {
        self.items.lock().unwrap().push((title.to_owned(), html.to_owned()));
    }
}

async fn home() -> Html<&'static str> {
    Html(
        "<!doctype html><html lang=en><title>Crumbs</title><link rel=icon href='data:,'>\
         <link rel=alternate type='application/rss+xml' href='/feed.xml'><h1>Crumbs</h1>",
    )
}

async fn feed(State(shared): State<Shared>) -> Response {
    let base = format!("http://127.0.0.1:{}", shared.port);
    let items = shared.items.lock().unwrap().clone();
    let items: String = items
        .iter()
        .enumerate()
        .rev()
        .map(|(at, (title, html))| {
            format!(
                "<item><title>{title}</title><link>{base}/posts/{at}</link><guid>{base}/posts/{at}</guid>\
                 <description><![CDATA[{html}]]></description></item>"
            )
        })
        .collect();
    let xml = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Crumbs</title><link>{base}/</link>\
         <description>Notes from a small bakery</description><language>en</language>{items}</channel></rss>"
    );
    ([(header::CONTENT_TYPE, "application/rss+xml")], xml).into_response()
}

/// A form that posts an address to `to`, on a page with the referrer policy
/// that was asked for.
async fn form(Query(asked): Query<Asked>) -> Response {
    let page = format!(
        "<!doctype html><html lang=en><title>Form</title><link rel=icon href='data:,'><h1>Form</h1>\
         <form method=post action='{}'><input name=email value='sam@example.org'><button>Send</button></form>",
        asked.to
    );
    let policy =
        if asked.policy.is_empty() { "strict-origin-when-cross-origin".into() } else { asked.policy };
    ([("referrer-policy", policy)], Html(page)).into_response()
}

/// The form as the README shows it, with `embed.js`.
async fn embed(Query(asked): Query<Asked>) -> Html<String> {
    let base = asked.to;
    Html(format!(
        "<!doctype html><html lang=en><title>Embed</title><link rel=icon href='data:,'><h1>A page</h1>\
         <form action='{base}/follow' method='post' data-postbell>\
         <label>Follow by email <input type='email' name='email' required autocomplete='email'></label>\
         <div style='position:absolute;left:-9999px' aria-hidden='true'>\
         <input type='text' name='website' tabindex='-1' autocomplete='off'></div>\
         <button>Follow</button></form>\
         <p data-postbell-count>Followers</p>\
         <img src='{base}/followers.svg' alt='Followers by email'>\
         <script src='{base}/embed.js' defer></script>"
    ))
}

async fn picture() -> Response {
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1200 600'><rect width='1200' height='600' \
               fill='#c98a4b'/><circle cx='600' cy='300' r='180' fill='#7a4a1e'/></svg>";
    ([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response()
}
