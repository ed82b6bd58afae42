//! The operator's command line: one command a file. The only place that
//! writes to standard output, and the one that reads the environment.
//!
//! Exit codes: 0 done, 1 failed, 2 usage.

mod address;
mod blog;
mod bounce;
mod chart;
mod config;
mod doctor;
mod feed;
mod followers;
mod html;
mod import;
mod jsonl;
mod mail;
mod mailing;
mod manual;
mod node;
mod post;
mod print;
mod refusals;
mod serve;
mod subscriber;
mod suppression;
mod template;
mod webhook;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;

use anyhow::Context as _;
use clap::{CommandFactory as _, Parser, Subcommand};
use tokio_util::sync::CancellationToken;

use crate::app::{App, Database};
use crate::config::{Config, LogFormat, Sources};
use crate::domain::{Blog, EmailAddress};
use crate::{roles, telemetry};

/// The follow-by-email box for every blog: sign-up, confirmation, and one
/// mail for every new post.
#[derive(Parser)]
#[command(
    name = "postbell",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = "\
Try it:
  postbell demo                              a sample blog and a mailbox on this machine
Run it:
  postbell blog add https://blog.example.org
  postbell serve

Settings: `postbell config default` prints them all, each with a comment."
)]
struct Cli {
    /// Settings file [default: postbell.toml, when it is there]
    #[arg(long, value_name = "FILE", global = true, env = "POSTBELL_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
    /// One setting, over file and environment, such as http.listen=127.0.0.1:9000
    #[arg(long, value_name = "KEY=VALUE", global = true, value_parser = key_value)]
    set: Vec<(String, String)>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Demo(serve::DemoArgs),
    Serve(serve::ServeArgs),
    #[command(subcommand)]
    Blog(blog::BlogCommand),
    Followers(followers::FollowersArgs),
    #[command(subcommand)]
    Subscriber(subscriber::SubscriberCommand),
    Import(import::ImportArgs),
    #[command(subcommand)]
    Post(post::PostCommand),
    #[command(subcommand)]
    Mailing(mailing::MailingCommand),
    #[command(subcommand)]
    Mail(mail::MailCommand),
    #[command(subcommand)]
    Node(node::NodeCommand),
    #[command(subcommand)]
    Suppression(suppression::SuppressionCommand),
    #[command(subcommand)]
    Template(template::TemplateCommand),
    #[command(subcommand)]
    Feed(feed::FeedCommand),
    #[command(subcommand)]
    Bounce(bounce::BounceCommand),
    #[command(subcommand)]
    Address(address::AddressCommand),
    #[command(subcommand)]
    Html(html::HtmlCommand),
    #[command(subcommand)]
    Webhook(webhook::WebhookCommand),
    #[command(subcommand)]
    Config(config::ConfigCommand),
    Doctor(doctor::DoctorArgs),
    /// Bring the database to this version's form, making it when there is none
    ///
    /// `serve` and every other command do it too; this is for those who want
    /// it done before.
    Migrate,
    Completions(manual::CompletionsArgs),
    Man(manual::ManArgs),
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no fault.
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            let said = error.render().to_string();
            // It repeats the argument, which may have been copied from anywhere.
            if said.lines().all(|line| print::clean(line) == line) {
                let _ = error.print();
            } else {
                print::remark(said.trim_end());
            }
            return ExitCode::from(code);
        }
    };
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our output has seen enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            print::error(&format!("{error:#}"));
            ExitCode::from(if error.is::<bounce::TryLater>() { 75 } else { 1 })
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE, like http.listen=127.0.0.1:9000")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

impl Cli {
    fn run(self) -> anyhow::Result<()> {
        let (opened, stop) = (OnceLock::new(), CancellationToken::new());
        let invocation = Invocation { file: self.config, flags: self.set, opened, stop };
        match self.command {
            // These need no database, and no settings that hold.
            Command::Address(command) => address::run(command),
            Command::Bounce(command) => bounce::run(command, &invocation),
            Command::Html(command) => html::run(command),
            Command::Webhook(command) => webhook::run(command),
            Command::Feed(command) => feed::run(command, &invocation),
            Command::Config(command) => config::run(&command, &invocation),
            Command::Completions(args) => manual::completions(&args, Cli::command()),
            Command::Man(args) => manual::man(&args, Cli::command()),
            Command::Template(command) => template::run(command, &invocation),
            command => block_on(async {
                // These two listen themselves, and let what is in flight finish.
                if !matches!(command, Command::Serve(_) | Command::Demo(_)) {
                    roles::cancel_on_signals(&invocation.stop)?;
                }
                invocation.closing(command.run(&invocation)).await
            }),
        }
    }
}

impl Command {
    async fn run(self, invocation: &Invocation) -> anyhow::Result<()> {
        match self {
            Self::Demo(args) => serve::demo(args).await,
            Self::Serve(args) => serve::serve(args, invocation).await,
            Self::Blog(command) => blog::run(command, &invocation.open().await?).await,
            Self::Followers(args) => followers::run(args, &invocation.open().await?).await,
            Self::Subscriber(command) => subscriber::run(command, &invocation.open().await?).await,
            Self::Import(args) => import::run(args, &invocation.open().await?, &invocation.stop).await,
            Self::Post(command) => post::run(command, &invocation.open().await?).await,
            Self::Mailing(command) => mailing::run(command, &invocation.open().await?).await,
            Self::Mail(command) => mail::run(command, &invocation.open().await?).await,
            Self::Node(command) => node::run(command, &invocation.open().await?).await,
            Self::Suppression(command) => {
                suppression::run(command, &invocation.open().await?, &invocation.stop).await
            }
            Self::Doctor(args) => doctor::run(args, invocation).await,
            Self::Migrate => {
                invocation.open().await?;
                print::line("The database has the form of this version.")
            }
            _ => unreachable!("the commands without a database have run before"),
        }
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads can be started")
}

fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = runtime()?;
    let done = runtime.block_on(work);
    // A thread may still wait for an answer on the terminal.
    runtime.shutdown_background();
    done
}

/// What a command was started with: where settings come from.
struct Invocation {
    file: Option<PathBuf>,
    flags: Vec<(String, String)>,
    /// What was opened, to be closed however the command ends.
    opened: OnceLock<Database>,
    /// Cancelled when somebody ends the command by a signal.
    stop: CancellationToken,
}

impl Invocation {
    fn sources(&self) -> Sources {
        let beside = || Some(Path::new("postbell.toml")).filter(|path| path.exists()).map(Path::to_owned);
        // A name or value that is no Unicode is none of ours, or wrong anyway.
        let env = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
        });
        Sources { file: self.file.clone().or_else(beside), env: env.collect(), flags: self.flags.clone() }
    }

    fn config(&self) -> anyhow::Result<Config> {
        Ok(crate::config::load(&self.sources())?)
    }

    /// The database and all that goes with it. A command tells its faults
    /// itself, so logs keep to what nobody else would tell.
    async fn open(&self) -> anyhow::Result<App> {
        let config = self.config()?;
        telemetry::init(LogFormat::Text, "error");
        self.opened(App::open(config).await?)
    }

    fn opened(&self, app: App) -> anyhow::Result<App> {
        // A command opens one.
        let _ = self.opened.set(app.database.clone());
        Ok(app)
    }

    /// Does this, then closes the database that it opened, whatever came of
    /// it. A signal ends it where it waits, which is never within a change:
    /// what is not committed is taken back.
    async fn closing<T>(&self, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
        let done = {
            let mut work = std::pin::pin!(work);
            let stopped = tokio::select! {
                biased;
                done = &mut work => Ok(done),
                () = self.stop.cancelled() => Err(anyhow::anyhow!(
                    "stopped before the end; what was done until then stays, and the same command can be run again"
                )),
            };
            match stopped {
                Ok(done) => done,
                // Work that has a word of its own to say about its end says it now.
                Err(stopped) => tokio::select! {
                    biased;
                    done = &mut work => done,
                    () = std::future::ready(()) => Err(stopped),
                },
            }
        };
        if let Some(database) = self.opened.get() {
            database.close().await;
        }
        done
    }
}

/// The blog of this slug.
async fn blog_of(app: &App, slug: &str) -> anyhow::Result<Blog> {
    app.store
        .find_blog(slug)
        .await?
        .with_context(|| format!("there is no blog {slug}; `postbell blog list` names them all"))
}

/// The blog of this slug or, without one, the only blog there is.
async fn blog_or_only(app: &App, slug: Option<&str>) -> anyhow::Result<Blog> {
    if let Some(slug) = slug {
        return blog_of(app, slug).await;
    }
    let mut blogs = app.store.list_blogs().await?;
    match (blogs.pop(), blogs.is_empty()) {
        (Some(blog), true) => Ok(blog),
        (None, _) => anyhow::bail!("there is no blog yet; add one with `postbell blog add URL`"),
        (Some(last), false) => {
            let slugs: Vec<&str> = blogs.iter().chain([&last]).map(|blog| blog.slug.as_str()).collect();
            anyhow::bail!("there are several blogs; name one with --blog: {}", slugs.join(", "))
        }
    }
}

/// An address as an argument.
fn an_address(text: &str) -> Result<EmailAddress, String> {
    EmailAddress::parse(text)
        .map_err(|_| "this is not an email address; write it like kim@example.org".to_owned())
}

/// Asks before something that cannot be taken back.
async fn sure(question: &str, is_yes: bool) -> anyhow::Result<()> {
    use std::io::IsTerminal as _;
    if is_yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        anyhow::bail!("{question} This cannot be taken back; say --yes if it is meant");
    }
    print::question(&format!("{question} This cannot be taken back. Type yes: "))?;
    // On a thread of its own, so that a signal ends the command here, too.
    let answer = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).map(|_| answer)
    });
    let answer = answer.await??;
    anyhow::ensure!(answer.trim().eq_ignore_ascii_case("yes"), "nothing was changed");
    Ok(())
}
