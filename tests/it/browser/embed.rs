//! The form on another site, with and without its script.

use super::site::{SLUG, Site};
use super::tab::Tab;
use crate::support::process;

/// The form of the README on the blog's own pages: the answer appears in place.
#[tokio::test(flavor = "multi_thread")]
async fn the_form_answers_in_place_on_the_blogs_own_pages() {
    let site = Site::start(&[], &[]).await;
    let base = site.url(&format!("/b/{SLUG}"));
    let tab = Tab::start().await;
    let page = format!("{}embed?to={base}", site.blog.url());
    tab.open(&page).await;
    tab.until("[data-postbell-count]", "Be the first to follow").await;
    tab.sign_up("sam@example.org").await;
    tab.until("[data-postbell-status]", "a mail is on its way").await;
    assert_eq!(tab.client.current_url().await.unwrap().as_str(), page);
    site.token("sam@example.org", "confirm").await;
    assert_eq!(tab.console_errors().await, Vec::<String>::new());

    tab.sign_up("sam@example").await;
    tab.until("[data-postbell-status]", "@").await;
    let focused = tab.client.active_element().await.unwrap();
    assert_eq!(focused.attr("name").await.unwrap().as_deref(), Some("email"));
    assert_eq!(focused.attr("aria-invalid").await.unwrap().as_deref(), Some("true"));
    tab.close().await;
}

/// S5: a page that is not one of the blog's gets a page that says what to do,
/// and after that command the form works.
#[tokio::test(flavor = "multi_thread")]
async fn the_form_on_a_page_that_is_not_listed_names_the_command() {
    let site = Site::start(&[], &[]).await;
    let base = site.url(&format!("/b/{SLUG}"));
    let tab = Tab::start().await;
    let origin = format!("http://localhost:{}", site.blog.port);
    let page = format!("{origin}/embed?to={base}");
    tab.open(&page).await;
    tab.sign_up("sam@example.org").await;
    tab.heading("This form is on another site").await;
    let command = format!("postbell blog edit {SLUG} --origin {origin}");
    assert!(tab.text("main").await.contains(&command), "{}", tab.text("main").await);
    let said = tab.console_errors().await;
    assert!(said.iter().any(|line| line.contains("403")), "{said:?}");
    tab.check_refused("foreign-form").await;
    tab.press("main a.btn").await;
    tab.heading("Follow Crumbs").await;

    let arguments: Vec<&str> = command.split(' ').skip(1).collect();
    let edited = process::run(site.folder(), &arguments, &[]);
    assert!(edited.status.success(), "{}", String::from_utf8_lossy(&edited.stderr));
    for page in [page, format!("{}embed?to={base}", site.blog.url())] {
        tab.open(&page).await;
        tab.sign_up("sam@example.org").await;
        tab.until("[data-postbell-status]", "a mail is on its way").await;
    }
    tab.close().await;
}

/// S2: over a limit the page says when to come back, also across origins.
#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_told_in_place_with_the_time_to_wait() {
    let site = Site::start(&[], &[("SIGNUP__PER_IP_PER_HOUR", "1")]).await;
    let tab = Tab::start().await;
    tab.open(&format!("{}embed?to={}", site.blog.url(), site.url(&format!("/b/{SLUG}")))).await;
    tab.sign_up("one@example.org").await;
    tab.until("[data-postbell-status]", "a mail is on its way").await;
    tab.sign_up("two@example.org").await;
    tab.until("[data-postbell-status]", "Please try again in").await;
    let said = tab.text("[data-postbell-status]").await;
    assert!(said.contains("minute"), "the script cannot read Retry-After: {said}");
    tab.close().await;
}
