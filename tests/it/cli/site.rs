//! A blog's feed, served on loopback.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// One feed at every address of one port, until the test ends.
pub(super) struct Site {
    port: u16,
    feed: Arc<Mutex<Option<String>>>,
    login: Arc<Mutex<Option<&'static str>>>,
}

impl Site {
    pub(super) fn start(titles: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let site = Self { port, feed: Arc::default(), login: Arc::default() };
        site.publish(titles);
        let (feed, login) = (site.feed.clone(), site.login.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let head = BufReader::new(stream.try_clone().unwrap()).lines();
                let head: Vec<String> =
                    head.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
                let wanted = login.lock().unwrap().map(|login| format!("authorization: Basic {login}"));
                let may_read = wanted.is_none_or(|wanted| head.contains(&wanted));
                let (status, body) = match feed.lock().unwrap().clone() {
                    _ if !may_read => ("401 Unauthorized", String::new()),
                    Some(feed) => ("200 OK", feed),
                    None => ("503 Service Unavailable", String::new()),
                };
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Type: application/rss+xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                // The reader may have gone.
                let _ = stream.write_all((head + &body).as_bytes());
            }
        });
        site
    }

    /// The address of the feed.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/feed", self.port)
    }

    /// From now on the feed holds posts of these titles, newest first.
    pub(super) fn publish(&self, titles: &[&str]) {
        let items: String = titles
            .iter()
            .map(|title| {
                let page = format!("http://127.0.0.1:{}/{}", self.port, title.replace(' ', "-"));
                format!("<item><guid>{page}</guid><link>{page}</link><title>{title}</title><description>About {title}.</description></item>")
            })
            .collect();
        let head = format!("<title>Toast</title><link>http://127.0.0.1:{}/</link>", self.port);
        *self.feed.lock().unwrap() =
            Some(format!("<rss version=\"2.0\"><channel>{head}{items}</channel></rss>"));
    }

    /// From now on the feed says `to` where it said `from`.
    pub(super) fn edit(&self, from: &str, to: &str) {
        let mut feed = self.feed.lock().unwrap();
        let edited = feed.as_ref().map(|feed| feed.replace(from, to));
        *feed = edited;
    }

    /// From now on only who has this login reads it: name and password as base64.
    pub(super) fn lock(&self, login: &'static str) {
        *self.login.lock().unwrap() = Some(login);
    }

    /// The address of the feed, with this before its host.
    pub(super) fn url_with(&self, login: &str) -> String {
        format!("http://{login}@127.0.0.1:{}/feed", self.port)
    }

    /// From now on the server answers 503.
    pub(super) fn fail(&self) {
        *self.feed.lock().unwrap() = None;
    }
}
