//! A blog of a few lines: a feed on loopback whose posts the test adds.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};

/// The site; its thread ends with the test process.
pub struct FeedSite {
    port: u16,
    titles: Arc<Mutex<Vec<String>>>,
}

impl FeedSite {
    /// Starts one with a post that was there before.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let titles = Arc::new(Mutex::new(vec!["Before".to_owned()]));
        let site = Self { port, titles: titles.clone() };
        let home = format!("http://127.0.0.1:{port}/");
        std::thread::spawn(move || {
            for peer in listener.incoming() {
                let Ok(mut peer) = peer else { continue };
                let mut head = [0; 4096];
                // One read holds the few lines that a feed reader sends.
                let _ = peer.read(&mut head);
                let body = feed(&home, &titles.lock().expect("nobody panics with it"));
                let _ = write!(
                    peer,
                    "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: {}\r\n\
                     Connection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        site
    }

    /// Where its feed is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/feed", self.port)
    }

    /// Publishes a post.
    pub fn publish(&self, title: &str) {
        self.titles.lock().expect("nobody panics with it").insert(0, title.to_owned());
    }
}

fn feed(home: &str, titles: &[String]) -> String {
    let items: String = titles
        .iter()
        .map(|title| {
            format!(
                "<item><title>{title}</title><guid isPermaLink=\"false\">{title}</guid>\
                 <link>{home}{title}</link><description>Text of {title}.</description></item>"
            )
        })
        .collect();
    format!("<rss version=\"2.0\"><channel><title>Kim</title><link>{home}</link>{items}</channel></rss>")
}
