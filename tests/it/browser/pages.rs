//! A reader's whole way through the hosted pages, without JavaScript.

use std::time::{Duration, Instant};

use data_encoding::BASE64URL_NOPAD;
use postbell::domain::{Keys, Purpose, SubscriptionId, Timestamp};
use postbell::store::Subscriptions as _;
use postbell::store::sqlite::SqliteStore;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::site::{SLUG, Site};
use super::tab::Tab;

/// D5: the link confirms at once only in the browser that signed up.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_follows_and_confirms_without_javascript() {
    let site = Site::start(&[], &[]).await;
    let form = site.url(&format!("/b/{SLUG}"));
    let tab = Tab::without_javascript().await;
    tab.open(&site.url("/")).await;
    tab.heading("Blogs to follow by email").await;
    tab.check("index").await;
    tab.press("main a").await;
    tab.heading("Follow Crumbs").await;
    assert!(tab.text("main").await.contains("Be the first to follow"));
    tab.check("follow").await;

    // A fault: what was typed stays, the field has the focus and names its fault.
    tab.sign_up("kim@example").await;
    let fault = tab.text("#fault").await;
    assert!(fault.contains("kim@example.org"), "it shows a right one: {fault}");
    let focused = tab.client.active_element().await.unwrap();
    assert_eq!(focused.attr("id").await.unwrap().as_deref(), Some("email"));
    assert_eq!(focused.prop("value").await.unwrap().as_deref(), Some("kim@example"));
    assert_eq!(focused.attr("aria-invalid").await.unwrap().as_deref(), Some("true"));
    assert_eq!(focused.attr("aria-describedby").await.unwrap().as_deref(), Some("fault next"));
    assert!(tab.client.title().await.unwrap().starts_with("Check the address"));
    tab.check_refused("follow-fault").await;

    tab.sign_up("kim@example.org").await;
    tab.heading("Check your inbox").await;
    tab.check("check-inbox").await;
    let confirm = format!("/confirm/{}", site.token("kim@example.org", "confirm").await);
    tab.open(&site.url(&confirm)).await;
    tab.heading("You follow Crumbs").await;
    assert!(tab.text("main").await.contains("k••@example.org"));
    tab.check("confirmed").await;
    tab.open(&site.url(&confirm)).await;
    tab.heading("You follow Crumbs").await;
    assert!(tab.text("main").await.contains("confirmed before"));
    tab.check("confirmed-again").await;

    // Opened in a browser that did not sign up, the link has one button.
    tab.open(&form).await;
    tab.sign_up("lea@example.org").await;
    tab.heading("Check your inbox").await;
    let confirm = format!("/confirm/{}", site.token("lea@example.org", "confirm").await);
    let other = Tab::without_javascript().await;
    other.open(&site.url(&confirm)).await;
    other.heading("One press, and you follow").await;
    assert_eq!(other.count("main button").await, 1);
    other.check("confirm").await;
    other.press("main button").await;
    other.heading("You follow Crumbs").await;
    other.close().await;

    // A link whose time is over.
    tab.open(&form).await;
    tab.sign_up("ray@example.org").await;
    tab.heading("Check your inbox").await;
    let good = site.token("ray@example.org", "confirm").await;
    let expired = expired(&site, &good).await;
    tab.open(&site.url(&format!("/confirm/{expired}"))).await;
    tab.heading("This link has expired").await;
    tab.check_refused("expired").await;
    tab.press("main button").await;
    tab.heading("Check your inbox").await;

    for path in ["/confirm/bad", "/unsubscribe/bad", "/manage/bad", "/nothing-here"] {
        tab.open_refused(&site.url(path), "Nothing is here").await;
    }
    tab.check("not-found").await;
    tab.open(&site.url("/privacy")).await;
    tab.heading("Privacy").await;
    tab.check("privacy").await;
    tab.close().await;
}

/// S13: erase removes the person; and every other button on the way there.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_leaves_and_manages_without_javascript() {
    let site = Site::start(&[], &[]).await;
    let tab = Tab::without_javascript().await;
    let address = "mia@example.org";
    tab.open(&site.url(&format!("/b/{SLUG}"))).await;
    tab.sign_up(address).await;
    tab.heading("Check your inbox").await;
    let confirm = site.token(address, "confirm").await;
    tab.open(&site.url(&format!("/confirm/{confirm}"))).await;
    tab.heading("You follow").await;

    let leave = site.url(&format!("/unsubscribe/{}", site.token(address, "unsubscribe").await));
    tab.open(&leave).await;
    tab.heading("Stop these mails?").await;
    tab.check("leave").await;
    tab.press("button[value=leave]").await;
    tab.heading("You have left").await;
    tab.check("left").await;
    tab.press("button[value=undo]").await;
    tab.heading("You follow Crumbs").await;
    tab.open(&leave).await;
    tab.press("button[value=pause]").await;
    tab.heading("Paused").await;
    tab.check("paused").await;

    tab.press("main a.btn").await;
    tab.heading("Your mails are paused").await;
    tab.check("leave-paused").await;
    tab.press("button[value=resume]").await;
    tab.heading("Your mails come again").await;
    tab.check("resumed").await;

    tab.open(&site.url("/manage")).await;
    tab.sign_up(address).await;
    tab.heading("Check your inbox").await;
    let manage = site.url(&format!("/manage/{}", site.token(address, "manage").await));
    tab.open(&manage).await;
    tab.heading("Your follows").await;
    tab.press("button[value=pause]").await;
    tab.until(".notice[role=status]", "Paused. No mail comes from Crumbs").await;
    tab.check("manage-paused").await;
    for (button, says) in [
        ("resume", "You follow Crumbs"),
        ("pause", "Paused. No mail comes from Crumbs"),
        ("leave", "You have left Crumbs"),
        ("undo", "You follow Crumbs"),
    ] {
        tab.press(&format!("button[value={button}]")).await;
        tab.until(".notice[role=status]", says).await;
    }
    tab.check("manage").await;
    let file = downloaded(&tab).await;
    assert_eq!(file["subscriber"]["address"], json!(address), "{file:#}");
    assert!(file["consent"].as_array().is_some_and(|all| all.len() >= 6), "{file:#}");

    tab.press("button[value=erase]").await;
    tab.heading("Erase you everywhere?").await;
    tab.check("erase").await;
    tab.press("main a.btn").await;
    tab.heading("Your follows").await;
    tab.press("button[value=erase]").await;
    tab.press("button[value=erase-for-good]").await;
    tab.heading("You are erased").await;
    tab.check("erased").await;
    tab.open(&leave).await;
    tab.heading("There is nothing to stop").await;
    tab.check("leave-gone").await;
    tab.open_refused(&manage, "This link works no more").await;

    tab.open(&site.url("/manage")).await;
    tab.heading("Your follows").await;
    tab.check("manage-request").await;
    tab.sign_up("mia@example").await;
    tab.find("#fault").await;
    tab.check_refused("manage-request-fault").await;
    tab.sign_up(address).await;
    tab.heading("Check your inbox").await;
    tab.check("manage-request-sent").await;
    tab.close().await;
}

/// The same link with an earlier end, signed with the instance's own key.
async fn expired(site: &Site, token: &str) -> String {
    let file = std::fs::read_to_string(site.folder().join("data/secret.key")).unwrap();
    let secrets: Vec<Vec<u8>> =
        file.lines().map(|line| BASE64URL_NOPAD.decode(line.as_bytes()).unwrap()).collect();
    let keys = Keys::new(&secrets).unwrap();
    let claim = keys.verify(Purpose::Confirm, token, Timestamp::from_millis(0)).unwrap();
    let store = SqliteStore::open(&site.folder().join("data/postbell.db"), keys.clone()).await.unwrap();
    let row = store.get_subscription(SubscriptionId(claim.id)).await.unwrap().unwrap().sealed();
    keys.sign(Purpose::Confirm, row, Some(Timestamp::from_millis(1)))
}

/// Presses the download button; gives the file.
async fn downloaded(tab: &Tab) -> Value {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_str().unwrap();
    tab.cdp("Browser.setDownloadBehavior", json!({"behavior": "allow", "downloadPath": path})).await;
    tab.press("button[value=download]").await;
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Ok(text) = std::fs::read_to_string(folder.path().join("my-follows.json"))
            && let Ok(value) = serde_json::from_str(&text)
        {
            return value;
        }
        assert!(Instant::now() < deadline, "the download did not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
