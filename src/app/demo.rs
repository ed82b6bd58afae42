//! `postbell demo`: the whole trip on this machine, in a temporary folder.

use std::path::PathBuf;

use anyhow::Context as _;

use super::{App, Roles};
use crate::config::{Config, DatabaseUrl, Sources};
use crate::domain::Slug;
use crate::publish::AddBlog;
use crate::roles;
use crate::web::demo::{Demo, SLUG, TITLE};

/// A folder that is removed with everything in it.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "the demo's folder was not removed");
        }
    }
}

/// Runs the demo until Ctrl-C. `announce` gets the two links to open.
///
/// # Errors
/// What could not be started.
pub async fn demo(port: Option<u16>, announce: &(dyn Fn(&str) + Send + Sync)) -> anyhow::Result<()> {
    let folder = Folder(std::env::temp_dir().join(format!("postbell-demo-{:08x}", rand::random::<u32>())));
    std::fs::create_dir_all(&folder.0).context("no temporary folder can be made")?;
    let mut app = App::open(settings(&folder.0, port)?).await?;
    let listener = app.bind().await?;
    let base = format!("http://{}", listener.local_addr()?);
    app.config.http.public_url = Some(base.clone());
    let stop = roles::stop_on_signals()?;
    // The blog's feed is read over HTTP from this very process, so it must
    // be served before the blog can be added.
    let publisher = app.publisher();
    let sample = Demo::new(app.clock.now());
    let serving = app.run(Roles::ALL, Some(listener), None, Some(sample), stop.clone(), || {});
    let adding = async {
        let ask = AddBlog {
            url: format!("{base}/demo/feed.xml"),
            slug: Slug::from_text(SLUG),
            title: Some(TITLE.to_owned()),
            mail_from: Some(format!("{TITLE} <post@harbour.example>")),
            ..AddBlog::default()
        };
        let added = publisher.add_blog(&ask).await;
        match &added {
            Ok(_) => announce(&format!(
                "A sample blog and a mailbox run on this machine until you press Ctrl-C.\n\n  \
                 1. Follow the blog here:    {base}/demo\n  \
                 2. Read the mails here:     {base}/mailbox\n\n\
                 Then press \"Publish one more post\" on the blog, and look into the mailbox again."
            )),
            Err(_) => stop.cancel(),
        }
        added
    };
    let (served, added) = tokio::join!(serving, adding);
    added?;
    served
}

fn settings(folder: &std::path::Path, port: Option<u16>) -> anyhow::Result<Config> {
    let listen = format!("127.0.0.1:{}", port.unwrap_or(0));
    let flags = [
        ("http.listen", listen.as_str()),
        ("feeds.allow_private", "true"),
        ("feeds.check_every_seconds", "1"),
        ("publish.grace_seconds", "0"),
        // Nobody else can reach it; a visitor may try as often as they like.
        ("signup.per_ip_per_hour", "0"),
        ("signup.per_network_per_hour", "0"),
    ];
    let flags = flags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let mut config = crate::config::load(&Sources { file: None, env: Vec::new(), flags })?;
    config.database = DatabaseUrl::Sqlite(folder.join("postbell.db"));
    config.secret_file = folder.join("secret.key");
    Ok(config)
}
