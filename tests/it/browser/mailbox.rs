//! The demo from its first page to the post in the mailbox, and the mailbox.

use fantoccini::Locator;
use tempfile::TempDir;

use super::site::newest_with;
use super::tab::Tab;
use crate::support::process::Process;

/// The demo's whole trip, by its pages alone.
#[tokio::test(flavor = "multi_thread")]
async fn the_demo_shows_the_whole_trip() {
    let folder = TempDir::new().unwrap();
    let mut process = Process::start(folder.path(), &["demo", "--port", "0"], &[]);
    let address = "ann@example.org";
    let base = process.url().to_owned();
    let url = |path: &str| format!("{base}{path}");
    let tab = Tab::start().await;
    tab.open(&url("/mailbox")).await;
    tab.heading("Mailbox").await;
    tab.check("mailbox-nothing").await;
    tab.press("main a").await;
    tab.heading("How I read the weather now").await;
    tab.check("demo").await;

    tab.sign_up(address).await;
    tab.heading("Check your inbox").await;
    let (confirm, _) = newest_with(&base, address, "/confirm/").await;
    tab.open(&url(&format!("/mailbox/{confirm}"))).await;
    tab.heading("Mailbox").await;
    tab.check("mailbox-open").await;
    let pages = press_in_mail(&tab, "Confirm and follow").await;
    tab.heading("You follow Harbour Notes").await;
    tab.client.close_window().await.unwrap();
    tab.client.switch_to_window(pages).await.unwrap();

    tab.open(&url("/demo")).await;
    tab.until(".pb-count", "Join 1 other follower").await;
    tab.fill("#dt", "Fog, with buns").await;
    tab.press(".pb-demo button").await;
    tab.heading("Fog, with buns").await;
    tab.until(".pb-demo [role=status]", "Published.").await;
    tab.check("demo-published").await;
    let (post, _) = newest_with(&base, address, "Fog, with buns").await;
    tab.open(&url("/mailbox")).await;
    tab.until("#subj", "Fog, with buns").await;
    tab.check("mailbox-post").await;
    let pages = press_in_mail(&tab, "Read on the blog").await;
    tab.heading("Fog, with buns").await;
    tab.client.close_window().await.unwrap();
    tab.client.switch_to_window(pages).await.unwrap();

    tab.open(&url(&format!("/mailbox/{post}"))).await;
    for (part, says) in
        [("text", "one press of a button"), ("headers", "List-Unsubscribe"), ("raw", "MIME-Version: 1.0")]
    {
        tab.press(&format!(".tabs a[href$={part}]")).await;
        tab.find(&format!(".tabs a[href$={part}][aria-current]")).await;
        assert!(tab.text(".part").await.contains(says), "{part}");
        tab.check(&format!("mailbox-{part}")).await;
    }
    tab.open(&url("/mailbox")).await;
    tab.fill("#q", "Fog").await;
    tab.press("form[role=search] button").await;
    tab.until(".list", "Fog, with buns").await;
    assert_eq!(tab.count(".list li").await, 1);
    tab.fill("#q", "marmalade").await;
    tab.press("form[role=search] button").await;
    tab.until(".none", "No mail has").await;
    tab.check("mailbox-not-found").await;
    tab.open(&url("/mailbox")).await;
    tab.press(".empty button").await;
    tab.until("main", "No mail yet.").await;
    tab.close().await;
    let (status, _) = process.terminate();
    assert!(status.success(), "{}", process.output());
}

/// Presses a link in the mail's frame, which opens outside of it; gives the
/// window that one comes from.
async fn press_in_mail(tab: &Tab, label: &str) -> fantoccini::wd::WindowHandle {
    let here = tab.client.window().await.unwrap();
    tab.find("iframe").await.enter_frame().await.unwrap();
    let link = tab.client.wait().for_element(Locator::LinkText(label)).await.unwrap();
    link.click().await.unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let windows = tab.client.windows().await.unwrap();
        if let Some(new) = windows.into_iter().find(|window| *window != here) {
            tab.client.switch_to_window(new).await.unwrap();
            return here;
        }
        assert!(std::time::Instant::now() < deadline, "{label} opens nothing");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
