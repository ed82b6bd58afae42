//! A rich post as it stands in a mail.

use super::site::{SLUG, Site, newest_with};
use super::tab::Tab;

const POST: &str = "<p>Flour, water, salt, and <a href=\"/why\">time</a>. That is <em>all</em> there is to \
    it, and <strong>nothing</strong> of it can be hurried; set <code>hours = 18</code> and sleep.</p>\
    <figure><img src=\"/oven.svg\" alt=\"The oven, a little too warm\" width=\"1200\" height=\"600\">\
    <figcaption>The oven, a little too warm.</figcaption></figure>\
    <h2>What you need</h2><ul><li>A bowl that is too large.<ul><li>And a lid for it.</li></ul></li>\
    <li>A scale.</li></ul><h3>In this order</h3><ol><li>Mix.</li><li><p>Wait.</p></li><li>Bake.</li></ol>\
    <blockquote><p>A loaf is a letter to tomorrow morning.</p><p>My grandmother, who never wrote one.</p></blockquote>\
    <pre><code class=\"language-rust\">fn bake(dough: Dough, hours: u32) -&gt; Result&lt;Loaf, Burnt&gt; {\n    \
    oven.heat(250)?;                        // a very long line that has to go somewhere or other\n    \
    Ok(Loaf::from(dough))\n}</code></pre>\
    <table><caption>Three flours</caption><thead><tr><th>Flour</th><th>Water</th><th>Hours</th></tr></thead>\
    <tbody><tr><td>Wheat</td><td>70 %</td><td>18</td></tr><tr><td>Rye</td><td>85 %</td><td>14</td></tr></tbody></table>\
    <hr><dl><dt>Crumb</dt><dd>What is inside.</dd></dl><p><small>More next week.</small></p>";

/// D8
#[tokio::test(flavor = "multi_thread")]
async fn a_rich_post_fits_a_phone_and_a_desk_light_and_dark() {
    let site = Site::start(&[], &[]).await;
    let tab = Tab::without_javascript().await;
    let address = "kim@example.org";
    tab.open(&site.url(&format!("/b/{SLUG}"))).await;
    tab.sign_up(address).await;
    tab.heading("Check your inbox").await;
    let confirm = site.token(address, "confirm").await;
    tab.open(&site.url(&format!("/confirm/{confirm}"))).await;
    tab.heading("You follow Crumbs").await;
    site.blog.publish("A letter to tomorrow morning", POST);
    let (post, html) = newest_with(&site.url(""), address, "What you need").await;
    assert!(html.len() < 100 * 1024 && html.contains("alt=\"The oven, a little too warm\""), "{html}");
    let (confirmation, _) = newest_with(&site.url(""), address, "/confirm/").await;
    let (welcome, _) = newest_with(&site.url(""), address, "You are in").await;
    for (id, name) in [(confirmation, "confirm"), (welcome, "welcome"), (post, "post")] {
        tab.open(&site.url(&format!("/mailbox/{id}/html"))).await;
        for (width, dark) in [(360, false), (360, true), (700, false), (700, true)] {
            tab.resize(width, dark).await;
            assert_eq!(tab.overflow().await, 0, "{name} at {width} px is too wide");
            tab.picture(&format!("mail-{name}-{width}-{}", if dark { "dark" } else { "light" })).await;
        }
        assert_eq!(tab.console_errors().await, Vec::<String>::new(), "{name}");
    }
    tab.close().await;
}
