//! Blogs that are built from files: every build writes the whole feed anew,
//! drafts come out later than they were begun, and a new base URL gives each
//! post another id.

use serde_json::Value;

use super::readers::Readers;
use crate::support::house::until;
use crate::support::static_site::{Generator, StaticSite};

const TEXT: &str = "Flour, *water* and salt.";

/// R13, R14
#[tokio::test]
async fn each_post_of_a_hugo_site_is_mailed_once_whatever_is_built() {
    follow(Generator::Hugo, "index.xml").await;
}

/// R13, R14
#[tokio::test]
async fn each_post_of_a_jekyll_site_is_mailed_once_whatever_is_built() {
    follow(Generator::Jekyll, "feed.xml").await;
}

async fn follow(generator: Generator, feed: &str) {
    let mut site = StaticSite::start(generator);
    // What is written and not built is nobody's to know.
    site.write("Fresh loaf", TEXT, false);
    let mut readers = Readers::of(site.url(), &[]);
    assert_eq!(readers.blog("feed_url"), format!("{}/{feed}", site.url()));
    site.build();
    readers.get(&["Fresh loaf"]).await;

    site.write("Slow dough", TEXT, true);
    site.write("Fast dough", TEXT, false);
    site.build();
    readers.get(&["Fast dough"]).await;
    site.write("Slow dough", TEXT, false);
    site.build();
    readers.get(&["Slow dough"]).await;

    site.change_dates();
    site.write("Fast dough", "Mended.", false);
    site.write("After the dates", TEXT, false);
    site.build();
    readers.get(&["After the dates"]).await;

    site.change_base_url();
    site.build();
    // Ids and addresses are others now; titles and moments are not.
    let rows = readers.decisions().len();
    until("the posts are known at their new addresses", || {
        let posts = readers.house.json(&["post", "list", "--limit", "1000"]);
        let is_there = |post: &&Value| post["link"].as_str().is_some_and(|link| link.starts_with(site.url()));
        posts.as_array().expect("a list").iter().filter(is_there).count() >= 4
    })
    .await;
    assert_eq!(readers.decisions().len(), rows, "{:#?}", readers.decisions());
    assert!(readers.decisions().iter().all(|[_, decision, _]| decision != "held"));
    readers.have_no_more();
    site.write("In the new house", TEXT, false);
    site.build();
    readers.get(&["In the new house"]).await;
    readers.each_post_has_its_reason();
}
