//! `Join 1,404 other followers`, for blogs to show.

use postbell::domain::{ConsentKind, SubscriptionStatus};

use crate::support::server::TestServer;
use crate::support::stores::{NOW, import_row};

crate::for_each_database!(
    the_count_is_said_as_people_say_it,
    only_confirmed_addresses_count,
    other_sites_may_read_and_keep_it_and_ask_whether_it_changed,
    the_forms_script_is_small_and_talks_to_nobody_else,
    the_front_page_names_every_blog,
);

async fn with(count: usize) -> TestServer {
    let server = TestServer::start().await;
    let blog = server.opened.blog("musings").await;
    let rows: Vec<_> =
        (0..count).map(|n| import_row(&format!("r{n}@example.org"), SubscriptionStatus::Active)).collect();
    server.opened.store.import(blog.id, &rows, ConsentKind::Imported, NOW).await.unwrap();
    server
}

async fn the_count_is_said_as_people_say_it() {
    for (count, text) in
        [(0, "Be the first to follow"), (1, "Join 1 other follower"), (1_404, "Join 1,404 other followers")]
    {
        let server = with(count).await;
        let answer = server.get("/b/musings/followers").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body, format!("{{\"count\":{count},\"text\":\"{text}\"}}"));
        assert_eq!(answer.header("content-type"), "application/json");
        assert!(server.get("/b/musings").await.body.contains(text));
        assert!(server.get("/").await.body.contains(text));
        let badge = server.get("/b/musings/followers.svg").await;
        assert_eq!(badge.header("content-type"), "image/svg+xml");
        assert!(badge.body.contains(&format!("<title>{text}</title>")));
        is_well_formed(&badge.body);
    }
}

/// To count so many for each visitor would take a core.
#[tokio::test]
async fn the_count_of_many_is_kept_for_some_seconds() {
    let server = with(10_000).await;
    let count = async || server.get("/b/musings/followers").await.json()["count"].as_i64().unwrap();
    assert_eq!(count().await, 10_000);
    server.follower("musings", "kim@example.org").await;
    assert_eq!(count().await, 10_000, "it is not counted anew at once");
    server.clock.advance_seconds(3);
    let began = std::time::Instant::now();
    while count().await == 10_000 {
        assert!(began.elapsed().as_secs() < 30, "it is never counted anew");
    }
    server.follower("musings", "lee@example.org").await;
    server.clock.advance_seconds(61);
    assert_eq!(count().await, 10_002, "one that is a minute old is shown to nobody");
}

/// Python's XML parser reads it.
fn is_well_formed(xml: &str) {
    let read = "import sys, xml.dom.minidom as m; m.parseString(sys.argv[1])";
    let python = crate::support::python::program();
    let output = std::process::Command::new(python).args(["-c", read, xml]).output().expect("python3 runs");
    assert!(output.status.success(), "{xml}: {}", String::from_utf8_lossy(&output.stderr));
}

async fn only_confirmed_addresses_count() {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    server.sign_up("musings", "pending@example.org").await;
    server.deliver().await;
    let count = async || server.get("/b/musings/followers").await.json()["count"].as_i64().unwrap();
    assert_eq!(count().await, 0);
    let links = server.follower("musings", "kim@example.org").await;
    assert_eq!(count().await, 1);
    server.post(&links.leave).await;
    assert_eq!(count().await, 0);
}

async fn other_sites_may_read_and_keep_it_and_ask_whether_it_changed() {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    server.follower("musings", "kim@example.org").await;
    for path in ["/b/musings/followers", "/b/musings/followers.svg"] {
        let first = server.get(path).await;
        assert_eq!(first.header("access-control-allow-origin"), "*");
        assert!(first.header("cache-control").contains("max-age="), "{path}");
        assert_eq!(first.header("set-cookie"), "");
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
        for same in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let again = server.ask("GET", path).header("if-none-match", &same).send().await;
            assert_eq!((again.status, &*again.body), (304, ""), "{path} {same}");
            assert_eq!(again.header("etag"), tag);
            assert_eq!(again.header("access-control-allow-origin"), "*");
            assert!(again.header("cache-control").contains("max-age="));
        }
        server.clock.advance_seconds(1);
        server.follower("musings", &format!("r{}@example.org", path.len())).await;
        let changed = server.ask("GET", path).header("if-none-match", &tag).send().await;
        assert_eq!(changed.status, 200);
        assert_ne!(changed.header("etag"), tag);
    }
    // A phone begins a word with a capital.
    for path in ["/b/Musings/followers", "/b/MUSINGS", "/b/Musings/embed.js"] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
    assert_eq!(server.get("/b/nobody/followers").await.status, 404);
    assert_eq!(server.get("/b/nobody/followers.svg").await.status, 404);
}

async fn the_forms_script_is_small_and_talks_to_nobody_else() {
    let server = TestServer::start().await;
    server.opened.blog("musings").await;
    let script = server.get("/b/musings/embed.js").await;
    assert_eq!(script.status, 200);
    assert!(script.header("content-type").starts_with("text/javascript"));
    assert!(script.body.len() < 4_096, "{} bytes", script.body.len());
    assert_eq!(script.header("set-cookie"), "");
    for word in [
        "document.cookie",
        "localStorage",
        "sessionStorage",
        "eval(",
        "innerHTML",
        "document.write",
        "http://",
        "https://",
    ] {
        assert!(!script.body.contains(word), "{word}");
    }
    assert_eq!(server.get("/b/nobody/embed.js").await.status, 404);
}

async fn the_front_page_names_every_blog() {
    let server = TestServer::start().await;
    assert_eq!(server.get("/").await.status, 200);
    server.opened.blog("musings").await;
    server.opened.blog("harbour").await;
    let page = server.get("/").await.body;
    for slug in ["musings", "harbour"] {
        assert!(
            page.contains(&format!("href=\"/b/{slug}\"")) && page.contains(&format!("The {slug}")),
            "{page}"
        );
    }
}
