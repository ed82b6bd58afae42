//! What a hub is told of a feed whose address holds a login or a token.

use postbell::clock::Clock as _;
use postbell::domain::BlogEdit;
use postbell::feeds::{FeedSource as _, Fetched, Validators};

use super::hooks::{HUB, TOPIC, looks, put_feed};
use crate::support::server::TestServer;

/// S18
#[tokio::test]
async fn a_hub_learns_neither_login_nor_token_of_the_feed() {
    let server = TestServer::start().await;
    put_feed(&server, "", &[]);
    let blog = server.fed_blog("tea", "Tea").await;
    let head = format!("<atom:link rel=\"hub\" href=\"{HUB}\"/>");
    put_feed(&server, &head, &[]);
    let rss = server.feeds.fetch(TOPIC, &Validators::default()).await.unwrap();
    let Fetched::Document { bytes, .. } = rss else { panic!("it is there") };
    let rss = String::from_utf8(bytes).unwrap();
    for (address, topic) in [
        ("https://tea.example/feed?access_token=opensesame", None),
        ("https://kim:opensesame@tea.example/feed", Some(TOPIC)),
    ] {
        server.feeds.put(address, &rss);
        let edit = BlogEdit { feed_url: Some(address.to_owned()), ..BlogEdit::default() };
        server.opened.store.edit_blog(blog.id, &edit, server.clock.now()).await.unwrap();
        assert_eq!(looks(&server).await, 1);
        let asked = server.feeds.asked_hubs();
        assert!(!format!("{asked:?}").contains("opensesame"), "{asked:?}");
        let hub = server.opened.store.find_hub(blog.id).await.unwrap();
        assert_eq!(hub.as_ref().map(|hub| hub.topic.as_str()), topic);
        assert_eq!(asked.len(), usize::from(topic.is_some()), "{asked:?}");
    }
}
