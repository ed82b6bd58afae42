//! A blog whose feed was given with user and password, which went into home
//! page, links, mails and the hub's topic (S18).

use postbell::domain::{HubState, Identity, PostId};

use super::old::Old;

crate::for_each_database!(a_login_is_cut_out_of_what_is_there);

async fn a_login_is_cut_out_of_what_is_there() {
    let old = Old::restore().await;
    // Posts that are known by their links; two that become one.
    for (id, identity) in [
        (901, "link:https://reader:sesame@locked.example/known"),
        (902, "link:https://reader:other@locked.example/known"),
        (903, "link:https://locked.example/there"),
        (904, "link:https://reader:sesame@locked.example/there"),
        (905, "link:https://locked.example/@reader/x@y"),
    ] {
        let link = identity.trim_start_matches("link:");
        old.raw(&format!(
            "INSERT INTO posts (id, blog_id, identity, link, title, first_seen_at, decision, reason, decided_at) \
             VALUES ({id}, 3, '{identity}', '{link}', 't', 1, 'skipped', 'r', 1)"
        ))
        .await;
    }
    let upgraded = old.upgrade().await;
    let opened = &upgraded.server.opened;
    let found: Vec<String> = opened
        .dump()
        .await
        .into_iter()
        .flat_map(|(table, rows)| rows.into_iter().map(move |row| format!("{table}: {row}")))
        .filter(|row| row.contains("sesame") || row.contains("reader:other"))
        .collect();
    // For the request: the feed's address, and the hub's own. Two posts are known by an address that
    // another has without its login.
    let count = |table: &str| found.iter().filter(|row| row.starts_with(table)).count();
    assert_eq!((count("blogs:"), count("hubs:"), count("posts:"), found.len()), (1, 1, 2, 4), "{found:#?}");
    let blogs = opened.store.list_blogs().await.unwrap();
    let blog = blogs.iter().find(|blog| blog.slug.as_str() == "locked").unwrap();
    assert_eq!(blog.feed_url, "https://reader:sesame@locked.example/feed");
    assert_eq!(blog.home_url, "https://locked.example/");
    let hub = opened.store.find_hub(blog.id).await.unwrap().unwrap();
    assert_eq!((hub.topic.as_str(), hub.state), ("https://locked.example/feed", HubState::Wanted));
    let links = async |id| opened.store.get_post(PostId(id)).await.unwrap().unwrap().link.unwrap();
    assert_eq!(links(902).await, "https://locked.example/known");
    assert_eq!(links(905).await, "https://locked.example/@reader/x@y");
    let known = Identity::of(None, Some("https://locked.example/known"), "", "");
    assert!(!opened.store.find_known(blog.id, &[known]).await.unwrap().is_empty(), "it is not mailed again");
}
