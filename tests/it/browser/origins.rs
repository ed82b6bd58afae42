//! S5 as a browser sees it: plain http on a host that is not loopback, where
//! no `Sec-Fetch-Site` is sent and only the Origin tells.

use super::site::{SLUG, Site};
use super::tab::Tab;
use crate::support::ports;

/// S5
#[tokio::test(flavor = "multi_thread")]
async fn forms_on_other_sites_change_nothing_over_plain_http() {
    let port = ports::free();
    let listen = format!("127.0.0.1:{port}");
    let own = format!("http://mail.test:{port}");
    let site = Site::start(&[], &[("HTTP__LISTEN", &listen), ("HTTP__PUBLIC_URL", &own)]).await;
    let tab = Tab::with_names().await;
    let evil = |to: &str, policy: &str| {
        format!("http://evil.test:{}/form?policy={policy}&to={own}{to}", site.blog.port)
    };
    let refused = async |to: &str, policy: &str| {
        tab.open(&evil(to, policy)).await;
        tab.press("button").await;
        tab.heading("From another site").await;
        let status = "return performance.getEntriesByType('navigation')[0].responseStatus";
        assert_eq!(tab.client.execute(status, vec![]).await.unwrap(), 403, "{to} {policy}");
    };

    // Our own forms work.
    tab.open(&format!("{own}/b/{SLUG}")).await;
    tab.sign_up("kim@example.org").await;
    tab.heading("Check your inbox").await;
    let confirm = format!("/confirm/{}", site.token("kim@example.org", "confirm").await);
    for policy in ["", "no-referrer"] {
        refused(&confirm, policy).await;
    }
    tab.check_refused("foreign-link").await;
    tab.forget_cookies().await;
    tab.open(&format!("{own}{confirm}")).await;
    tab.heading("One press, and you follow").await;
    tab.press("main button").await;
    tab.heading("You follow Crumbs").await;

    let leave = format!("/unsubscribe/{}", site.token("kim@example.org", "unsubscribe").await);
    tab.open(&format!("{own}/manage")).await;
    tab.sign_up("kim@example.org").await;
    tab.heading("Check your inbox").await;
    let manage = format!("/manage/{}", site.token("kim@example.org", "manage").await);
    refused(&leave, "").await;
    for policy in ["", "no-referrer"] {
        refused(&manage, policy).await;
        refused("/manage", policy).await;
    }
    tab.open(&format!("{own}{leave}")).await;
    tab.heading("Stop these mails?").await;
    // A web mail that hides where it stands may still leave for its reader.
    tab.open(&evil(&leave, "no-referrer")).await;
    tab.press("button").await;
    tab.heading("You have left").await;
    tab.press("button[value=undo]").await;
    tab.heading("You follow Crumbs").await;
    tab.open(&format!("{own}{manage}")).await;
    tab.press("button[value=pause]").await;
    tab.until(".notice[role=status]", "Paused").await;
    tab.close().await;
}

/// S5
#[tokio::test(flavor = "multi_thread")]
async fn the_sign_up_is_taken_from_listed_pages_and_from_pages_that_hide_their_origin() {
    let port = ports::free();
    let listen = format!("127.0.0.1:{port}");
    let own = format!("http://mail.test:{port}");
    let tab = Tab::with_names().await;
    let listed = "http://blog.test:8099".to_owned();
    let site = Site::start(&[listed], &[("HTTP__LISTEN", &listen), ("HTTP__PUBLIC_URL", &own)]).await;
    let origin = format!("http://blog.test:{}", site.blog.port);
    let follow = format!("{own}/b/{SLUG}/follow");
    let form = |host: &str, policy: &str| {
        format!("http://{host}:{}/form?policy={policy}&to={follow}", site.blog.port)
    };

    // Another port is another origin.
    tab.open(&form("blog.test", "")).await;
    tab.press("button").await;
    tab.heading("This form is on another site").await;
    let command = format!("postbell blog edit {SLUG} --origin {origin}");
    assert!(tab.text("main").await.contains(&command), "{}", tab.text("main").await);

    let edit = ["blog", "edit", SLUG, "--origin", &origin];
    assert!(crate::support::process::run(site.folder(), &edit, &[]).status.success());
    tab.open(&form("blog.test", "")).await;
    tab.press("button").await;
    tab.heading("Check your inbox").await;
    tab.open(&form("evil.test", "")).await;
    tab.press("button").await;
    tab.heading("This form is on another site").await;
    tab.open(&form("evil.test", "no-referrer")).await;
    tab.press("button").await;
    tab.heading("Check your inbox").await;
    tab.close().await;
}
