//! A real Chromium, driven through chromedriver.

use std::process::{Child, Command, Stdio};

use fantoccini::error::CmdError;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::ports;

/// How the browser is to be.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Width of the window, CSS pixels.
    pub width: u32,
    /// Whether it prefers dark.
    pub dark: bool,
    /// Whether scripts run.
    pub javascript: bool,
}

impl Look {
    /// A desk.
    pub const WIDE: Self = Self { width: 1280, dark: false, javascript: true };
    /// A phone.
    pub const PHONE: Self = Self { width: 360, dark: false, javascript: true };
}

/// One browser with a profile of its own; ended when dropped. Call
/// [`Browser::close`] at the end of a test, so that Chromium ends in peace.
pub struct Browser {
    /// Drives it.
    pub client: Client,
    driver: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts chromedriver and a headless Chromium.
    pub async fn start(look: Look) -> Self {
        Self::start_with(look, &[]).await
    }

    /// Starts it with further command-line options of Chromium.
    pub async fn start_with(look: Look, options: &[String]) -> Self {
        let port = ports::free();
        let program = std::env::var("POSTBELL_CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned());
        let driver = Command::new(program)
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts; scripts/setup installs it");
        ports::wait_until_open(port, "chromedriver");
        let profile = TempDir::new().expect("a temporary folder");
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities(look, &profile, options))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("Chromium starts");
        let browser = Self { client, driver, _profile: profile };
        browser.resize(look.width, look.dark).await;
        if !look.javascript {
            browser.cdp("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
        }
        browser
    }

    /// Gives the open page and those after it another width and colour scheme.
    pub async fn resize(&self, width: u32, dark: bool) {
        // A window can be no narrower than 500 pixels; the emulated screen can.
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}),
        )
        .await;
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.cdp("Emulation.setEmulatedMedia", json!({"features": features})).await;
    }

    /// What the console said at level SEVERE since the last call: script
    /// errors, blocked content, failed loads.
    pub async fn console_errors(&self) -> Vec<String> {
        let entries = self.issue("se/log", json!({"type": "browser"})).await;
        let severe = entries.as_array().into_iter().flatten().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// A picture of the whole page as PNG.
    pub async fn screenshot(&self) -> Vec<u8> {
        let answer = self.cdp("Page.captureScreenshot", json!({"captureBeyondViewport": true})).await;
        let data = answer["data"].as_str().expect("a picture");
        data_encoding::BASE64.decode(data.as_bytes()).expect("chromedriver sends base64")
    }

    /// How many pixels the page is wider than the window: 0 when nothing sticks out.
    pub async fn overflow(&self) -> i64 {
        let metrics = self.cdp("Page.getLayoutMetrics", json!({})).await;
        let width =
            |of: &str| metrics[of]["width"].as_f64().or(metrics[of]["clientWidth"].as_f64()).unwrap_or(0.0);
        (width("cssContentSize") - width("cssLayoutViewport")).max(0.0) as i64
    }

    /// Ends the browser and its driver.
    pub async fn close(mut self) {
        let _ = self.client.clone().close().await;
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }

    /// One command of the Chrome DevTools protocol.
    pub async fn cdp(&self, cmd: &str, params: Value) -> Value {
        self.issue("goog/cdp/execute", json!({"cmd": cmd, "params": params})).await
    }

    async fn issue(&self, path: &'static str, body: Value) -> Value {
        let answer: Result<Value, CmdError> = self.client.issue_cmd(Extension { path, body }).await;
        answer.unwrap_or_else(|error| panic!("chromedriver refuses {path}: {error}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if self.driver.try_wait().is_ok_and(|ended| ended.is_some()) {
            return;
        }
        // chromedriver ends its browser when it is asked politely.
        let _ = Command::new("kill").args(["-TERM", &self.driver.id().to_string()]).status();
        let _ = self.driver.wait();
    }
}

/// A command of chromedriver's own, beside the standard.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base: &url::Url, id: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", id.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (axum::http::Method, Option<String>) {
        (axum::http::Method::POST, Some(self.body.to_string()))
    }
}

fn capabilities(look: Look, profile: &TempDir, options: &[String]) -> Capabilities {
    let mut arguments = vec![
        "--headless".to_owned(),
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-quic".to_owned(),
        "--no-first-run".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--no-proxy-server".to_owned(),
        format!("--user-data-dir={}", profile.path().display()),
        format!("--window-size={},900", look.width),
    ];
    arguments.extend_from_slice(options);
    let mut capabilities = Capabilities::new();
    capabilities.insert("goog:chromeOptions".to_owned(), json!({"args": arguments}));
    capabilities.insert("goog:loggingPrefs".to_owned(), json!({"browser": "ALL"}));
    capabilities
}

#[tokio::test]
async fn chromium_shows_a_local_page_and_tells_its_errors() {
    const PAGE: &str = "<!doctype html><title>Toast</title><meta name=viewport content='width=device-width'><link rel=icon href='data:,'>\
        <style>@media (prefers-color-scheme: dark) { body { color: rgb(1, 2, 3) } }</style>\
        <body><p id=said>no script</p><script>said.textContent = 'script'; console.error('burnt')</script>";
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
    let page = axum::Router::new().fallback(|| async { axum::response::Html(PAGE) });
    tokio::spawn(async move { axum::serve(listener, page).await });

    let browser = Browser::start(Look::PHONE).await;
    browser.client.goto(&url).await.expect("the page opens");
    let said = browser.client.find(fantoccini::Locator::Css("#said")).await.expect("it is there");
    assert_eq!(said.text().await.expect("a text"), "script");
    let width = browser.client.execute("return innerWidth", vec![]).await.expect("a width");
    assert_eq!(width, json!(360));
    let errors = browser.console_errors().await;
    assert!(errors.len() == 1 && errors[0].contains("burnt"), "{errors:?}");
    assert_eq!(browser.overflow().await, 0);
    assert!(browser.screenshot().await.starts_with(b"\x89PNG"));
    browser.close().await;

    let browser = Browser::start(Look { dark: true, javascript: false, ..Look::WIDE }).await;
    browser.client.goto(&url).await.expect("the page opens");
    let said = browser.client.find(fantoccini::Locator::Css("#said")).await.expect("it is there");
    assert_eq!(said.text().await.expect("a text"), "no script");
    assert_eq!(
        said.css_value("color").await.expect("a colour").replace("rgba(1, 2, 3, 1)", "rgb(1, 2, 3)"),
        "rgb(1, 2, 3)"
    );
    assert!(browser.console_errors().await.is_empty());
    browser.close().await;
}
