//! One browser tab, as a reader uses it, and what every page must keep.

use std::collections::HashSet;
use std::ops::Deref;
use std::time::{Duration, Instant};

use fantoccini::Locator;
use fantoccini::elements::Element;
use serde_json::json;

use crate::support::chromium::{Browser, Look};

/// A browser with one page open.
pub struct Tab(Browser);

impl Deref for Tab {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.0
    }
}

impl Tab {
    /// A browser as most people have it.
    pub async fn start() -> Self {
        Self(Browser::start(Look::WIDE).await)
    }

    /// A browser that runs no scripts.
    pub async fn without_javascript() -> Self {
        Self(Browser::start(Look { javascript: false, ..Look::WIDE }).await)
    }

    /// A browser for which every name ending in `.test` is this machine.
    pub async fn with_names() -> Self {
        let options = ["--host-resolver-rules=MAP *.test 127.0.0.1".to_owned()];
        Self(Browser::start_with(Look::WIDE, &options).await)
    }

    /// Opens an address.
    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Opens an address that is answered with a status from 400 up; the
    /// browser mentions that, and nothing else.
    pub async fn open_refused(&self, url: &str, title: &str) {
        self.open(url).await;
        self.heading(title).await;
        let faults = self.faults().await;
        assert!(faults.len() == 1 && faults[0].starts_with(url), "{url}: {faults:?}");
    }

    /// The first element that `css` finds, once it is there.
    pub async fn find(&self, css: &str) -> Element {
        let found = self.client.wait().at_most(Duration::from_secs(10)).for_element(Locator::Css(css)).await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("{css}: {error}\n{}", self.client.source().await.unwrap()),
        }
    }

    /// How many elements `css` finds.
    pub async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.unwrap().len()
    }

    /// What an element says.
    pub async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap()
    }

    /// Types into an emptied field.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Presses a button or a link.
    pub async fn press(&self, css: &str) {
        self.find(css).await.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Waits until the page's heading is `title`.
    pub async fn heading(&self, title: &str) {
        self.until("h1", title).await;
    }

    /// Waits until the first element that `css` finds says `text`.
    pub async fn until(&self, css: &str, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            // Between two pages there may be no such element, or a stale one.
            let said = match self.client.find(Locator::Css(css)).await {
                Ok(element) => element.text().await.unwrap_or_default(),
                Err(_) => String::new(),
            };
            if said.contains(text) {
                return;
            }
            assert!(Instant::now() < deadline, "{css} says {said:?}, not {text:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Types an address into the form of a page and sends it.
    pub async fn sign_up(&self, address: &str) {
        self.fill("input[name=email]", address).await;
        self.press("form button").await;
    }

    /// Becomes another browser, as far as a site can see.
    pub async fn forget_cookies(&self) {
        self.cdp("Network.clearBrowserCookies", json!({})).await;
    }

    /// What every page keeps, at 360 and 1280 pixels, light and dark: nothing
    /// sticks out, one heading, a title, a language, colours for the dark,
    /// no fault in the console. Writes a picture of each look into the folder
    /// `POSTBELL_PICTURES`, when there is one.
    pub async fn check(&self, name: &str) {
        assert_eq!(self.faults().await, Vec::<String>::new(), "{name}");
        self.check_refused(name).await;
    }

    /// The same for a page with a status from 400 up, which Chromium itself
    /// mentions in the console.
    pub async fn check_refused(&self, name: &str) {
        let url = self.client.current_url().await.unwrap();
        let faults = self.faults().await;
        assert!(faults.iter().all(|fault| fault.starts_with(url.as_str())), "{name}: {faults:?}");
        assert_eq!(self.count("h1").await, 1, "{name}");
        assert!(!self.client.title().await.unwrap().is_empty(), "{name}");
        let html = self.find("html").await;
        assert!(html.attr("lang").await.unwrap().is_some_and(|lang| !lang.is_empty()), "{name}");
        let mut papers = HashSet::new();
        for (width, dark) in [(360, false), (360, true), (1280, true), (1280, false)] {
            self.resize(width, dark).await;
            assert_eq!(self.overflow().await, 0, "{name} at {width} px is too wide");
            if width == 360 {
                papers.insert(self.paper().await);
            }
            self.picture(&format!("{name}-{width}-{}", if dark { "dark" } else { "light" })).await;
        }
        assert_eq!(papers.len(), 2, "{name} knows no dark");
        assert_eq!(self.faults().await, Vec::<String>::new(), "{name}");
    }

    /// What the console tells, but for a header that means nothing over plain
    /// http on a foreign host.
    async fn faults(&self) -> Vec<String> {
        let mut all = self.console_errors().await;
        all.retain(|fault| !fault.contains("Cross-Origin-Opener-Policy header has been ignored"));
        all
    }

    /// Saves a picture, when pictures are asked for.
    pub async fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("POSTBELL_PICTURES") {
            let file = std::path::Path::new(&folder).join(format!("{name}.png"));
            std::fs::write(file, self.screenshot().await).unwrap();
        }
    }

    /// The colour behind everything.
    async fn paper(&self) -> String {
        let of = async |css: &str| self.find(css).await.css_value("background-color").await.unwrap();
        let html = of("html").await;
        if html == "rgba(0, 0, 0, 0)" { of("body").await } else { html }
    }

    /// Ends the browser.
    pub async fn close(self) {
        self.0.close().await;
    }
}
