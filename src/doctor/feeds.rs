//! The feeds: each is read as `blog check` would, and nothing is written down.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;

use super::database::Opened;
use super::report::{Area, Finding};
use crate::app::publish_policy;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::{Blog, masked};
use crate::feeds::http::{DateNotes, FetchPolicy, HttpSource};
use crate::publish::{Peek, PublishError, Publisher};
use crate::wake::Wake;

/// Feeds that are read at the same time.
const SIDE_BY_SIDE: usize = 8;
/// For one feed: somebody waits at a terminal.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn look(
    config: &Config,
    opened: Option<&Opened>,
    clock: &Arc<dyn Clock>,
    notes: &DateNotes,
) -> Vec<Finding> {
    let area = Area::new("feeds", "");
    let Some(opened) = opened else {
        let unknown = area.not_checked("feed", "the blogs stand in the database, which could not be used");
        return vec![unknown.advise("see what is said of the database")];
    };
    if opened.blogs.is_empty() {
        let none = area.warning("feed", "there is no blog yet");
        return vec![none.run("postbell blog add https://blog.example.org")];
    }
    let policy = FetchPolicy {
        allow_private: config.feeds.allow_private,
        timeout: PATIENCE,
        ..FetchPolicy::default()
    }
    .living_at(config.http.public_url.as_deref());
    let source = match HttpSource::new(policy) {
        Ok(source) => source.noting(notes),
        Err(fault) => return vec![area.fault("feed", fault.to_string()).advise("install ca-certificates")],
    };
    let publisher = Publisher {
        store: opened.store.clone(),
        source: Arc::new(source),
        clock: clock.clone(),
        wake: Wake::new(),
        mailed: Wake::new(),
        hubs: None,
        policy: publish_policy(config),
    };
    let looks = opened.blogs.iter().map(|blog| {
        let (publisher, area) = (publisher.clone(), Area::new("feeds", ""));
        async move { judge(&area, blog, publisher.peek(blog).await) }
    });
    futures_util::stream::iter(looks).buffered(SIDE_BY_SIDE).collect().await
}

fn judge(area: &Area, blog: &Blog, peek: Result<Peek, PublishError>) -> Finding {
    let slug = &blog.slug;
    let peek = match peek {
        Ok(peek) => peek,
        Err(fault) => {
            let since = match blog.failures {
                0 => String::new(),
                1 => "; the last look failed too".to_owned(),
                many => match blog.failing_since {
                    Some(since) => format!("; the last {many} looks failed too, since {}", since.rfc3339()),
                    None => format!("; the last {many} looks failed too"),
                },
            };
            return area
                .fault("feed", format!("{slug}: {} cannot be read: {fault}{since}", masked(&blog.feed_url)))
                .run(format!("postbell blog check {slug}"))
                .advise(format!("if it has moved: postbell blog edit {slug} --feed URL"));
        }
    };
    let posts = match peek.posts {
        0 => {
            return area
                .warning("feed", format!("{slug}: {} has no posts", masked(&blog.feed_url)))
                .run(format!("postbell blog check {slug}"));
        }
        1 => "1 post".to_owned(),
        many => format!("{many} posts"),
    };
    let new = match (peek.new, peek.held) {
        (0, _) => "none of them new".to_owned(),
        (new, 0) => format!("{new} new"),
        (new, held) => {
            return area
                .warning("feed", format!("{slug}: {posts}, {new} new, of which {held} would be held"))
                .run(format!("postbell post list {slug}"));
        }
    };
    let last = match (blog.last_checked_at, blog.failures) {
        (None, _) => "serve has not looked yet".to_owned(),
        (Some(at), 0) => format!("last look {}", at.rfc3339()),
        (Some(at), failures) => format!("last look {}, {failures} in a row failed", at.rfc3339()),
    };
    area.ok("feed", format!("{slug}: {posts}, {new}; {last}"))
}
