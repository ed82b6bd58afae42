//! A blog that Hugo or Jekyll builds from `tests/peers/hugo` or `…/jekyll`,
//! served as files by Python's own web server.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::{ports, python};

/// A program that makes a site of text files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generator {
    /// Of Debian's `hugo`.
    Hugo,
    /// Of Debian's `jekyll`, with `ruby-jekyll-feed`.
    Jekyll,
}

/// A site with two old posts; its server is stopped when dropped.
pub struct StaticSite {
    generator: Generator,
    folder: TempDir,
    server: Child,
    port: u16,
    url: String,
    builds: u32,
}

impl StaticSite {
    /// Builds the site and serves it.
    pub fn start(generator: Generator) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let port = ports::free();
        let server = Command::new(python::program())
            .args(["-m", "http.server", "--bind", "127.0.0.1", &port.to_string(), "--directory"])
            .arg(folder.path().join("served"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Python starts");
        let url = format!("http://127.0.0.1:{port}");
        let mut site = Self { generator, folder, server, port, url, builds: 0 };
        let name = if generator == Generator::Hugo { "hugo" } else { "jekyll" };
        let peer = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(name);
        must(Command::new("cp").arg("-r").arg(peer).arg(site.source()));
        site.build();
        ports::wait_until_open(port, "Python's web server");
        site
    }

    /// Its home page, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Writes a post, or writes it anew; the next build has it, but for drafts.
    pub fn write(&self, title: &str, text: &str, is_draft: bool) {
        let slug = title.to_lowercase().replace(' ', "-");
        // Noon: an hour more or less leaves the day as it is.
        let date = Timestamp::now() - SignedDuration::from_hours(24);
        let day = date.strftime("%Y-%m-%d").to_string();
        let (file, draft) = match self.generator {
            Generator::Hugo => (format!("{slug}.md"), format!("draft: {is_draft}")),
            Generator::Jekyll => (format!("{day}-{slug}.md"), format!("published: {}", !is_draft)),
        };
        let post = format!("---\ntitle: \"{title}\"\ndate: {day}T12:00:00Z\n{draft}\n---\n{text}\n");
        std::fs::write(self.posts().join(file), post).expect("a folder of ours");
    }

    /// Gives each post another hour of its day.
    pub fn change_dates(&self) {
        for entry in std::fs::read_dir(self.posts()).expect("a folder of ours") {
            let file = entry.expect("an entry").path();
            let post = std::fs::read_to_string(&file).expect("a post");
            std::fs::write(&file, post.replace("T12:00:00Z", "T10:30:00Z")).expect("a folder of ours");
        }
    }

    /// The same server is called by another name from now on.
    pub fn change_base_url(&mut self) {
        self.url = format!("http://localhost:{}", self.port);
    }

    /// Builds all of it, and shows it at once.
    pub fn build(&mut self) {
        self.builds += 1;
        let built = self.folder.path().join(format!("built-{}", self.builds));
        match self.generator {
            Generator::Hugo => must(
                Command::new("hugo")
                    .args(["--quiet", "--baseURL", &format!("{}/", self.url), "--source"])
                    .arg(self.source())
                    .arg("--destination")
                    .arg(&built)
                    .arg("--cacheDir")
                    .arg(self.folder.path().join("cache")),
            ),
            Generator::Jekyll => {
                let config = self.folder.path().join("url.yml");
                std::fs::write(&config, format!("url: {}\n", self.url)).expect("a folder of ours");
                let configs = format!("{},{}", self.source().join("_config.yml").display(), config.display());
                let jekyll = ["build", "--quiet", "--disable-disk-cache", "--config", &configs, "--source"];
                must(Command::new("jekyll").args(jekyll).arg(self.source()).arg("--destination").arg(&built));
            }
        }
        // In one step, so that nobody is shown half a site.
        let next = self.folder.path().join("next");
        std::os::unix::fs::symlink(&built, &next).expect("a folder of ours");
        std::fs::rename(&next, self.folder.path().join("served")).expect("a folder of ours");
    }

    fn source(&self) -> PathBuf {
        self.folder.path().join("source")
    }

    fn posts(&self) -> PathBuf {
        let folder = if self.generator == Generator::Hugo { "content/posts" } else { "_posts" };
        self.source().join(folder)
    }
}

impl Drop for StaticSite {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn must(command: &mut Command) {
    let output = command.output().expect("it runs; scripts/setup installs it");
    assert!(output.status.success(), "{command:?}: {output:?}");
}
