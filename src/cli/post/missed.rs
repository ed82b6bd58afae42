//! `post missed` and `post retry`: who did not get a post, and their second chance.

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};

use crate::app::App;
use crate::cli::{blog_of, print};
use crate::domain::{Mailing, MailingStatus, Post, PostId, Slug};
use crate::store::{Lack, MissedReader, Retried};
use crate::templates::sentence;

/// Followers that one step of a retry looks at: each step is one short transaction.
const STEP: u32 = 2_000;

/// Say who should have got a post and did not, and why
///
/// Counted first: missing (no mail was ever queued for them), failed (with the
/// server's words), withheld (they left, paused or are suppressed), queued
/// (on its way, or tried again). Who is missing is found by looking at every
/// follower: about two seconds for a million.
#[derive(Args)]
#[command(after_help = "Example:\n  postbell post missed kim 41")]
pub(in crate::cli) struct MissedArgs {
    /// The blog
    slug: Slug,
    /// The post's number, from `post list`
    #[arg(value_name = "POST")]
    number: i64,
    /// Name at most so many readers
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    limit: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Send a post again to those for whom it failed, and to those who are missing
///
/// Never to who got it, left, paused or is suppressed. `post missed` says who
/// they are; running it twice sends nothing twice.
#[derive(Args)]
#[command(after_help = "Example:\n  postbell post retry kim 41 --dry-run")]
pub(in crate::cli) struct RetryArgs {
    /// The blog
    slug: Slug,
    /// The post's number, from `post list`
    #[arg(value_name = "POST")]
    number: i64,
    /// Only say how many it would be
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn missed(args: MissedArgs, app: &App) -> anyhow::Result<()> {
    let (post, mailing) = mailed(&args.slug, args.number, app).await?;
    let now = app.clock.now();
    let sent = app.store.count_deliveries(mailing.id).await?.sent;
    let (mut counts, mut readers, mut room) = (Vec::new(), Vec::new(), args.limit);
    for lack in Lack::ALL {
        counts.push((lack, app.store.count_missed(mailing.id, lack, now).await?));
        if room > 0 {
            let some = app.store.list_missed(mailing.id, lack, None, room, now).await?;
            room = room.saturating_sub(u32::try_from(some.len()).unwrap_or(u32::MAX));
            readers.extend(some.into_iter().map(|reader| (lack, reader)));
        }
    }
    let all: i64 = counts.iter().map(|(_, n)| n).sum();
    let unnamed = all.saturating_sub(i64::try_from(readers.len()).unwrap_or(i64::MAX)).max(0);
    if args.json {
        let mut numbers = serde_json::Map::from_iter([("sent".to_owned(), json!(sent))]);
        numbers.extend(counts.iter().map(|(lack, n)| (lack.as_str().to_owned(), json!(n))));
        return print::json(&json!({
            "post": post.id,
            "mailing": mailing.id,
            "title": post.title,
            "status": mailing.status,
            "counts": numbers,
            "readers": readers.iter().map(|(lack, reader)| object(*lack, reader)).collect::<Vec<_>>(),
            "unnamed": unnamed,
        }));
    }
    let mut rows = vec![vec!["sent".to_owned(), print::number(sent)]];
    rows.extend(counts.iter().map(|(lack, n)| vec![lack.as_str().to_owned(), print::number(*n)]));
    print::table(&["deliveries", "#"], rows)?;
    if mailing.status == MailingStatus::Filling {
        print::remark(
            "Its mails are still being written; followers that are not reached yet are not counted.",
        );
    }
    if mailing.status == MailingStatus::Sending {
        print::remark("Its mails are leaving meanwhile: each number is of a moment of its own.");
    }
    if readers.is_empty() {
        return Ok(());
    }
    let rows = readers.iter().map(|(lack, reader)| {
        vec![
            reader.address.clone(),
            lack.as_str().to_owned(),
            print::number(i64::from(reader.attempts)),
            reader.reason.as_ref().map(sentence).unwrap_or_default(),
            said(reader),
        ]
    });
    print::line("")?;
    print::table(&["reader", "state", "tries#", "reason", "the server said"], rows.collect())?;
    if unnamed > 0 {
        print::remark(&format!("{} more; --limit {all} names them all.", print::number(unnamed)));
    }
    Ok(())
}

fn said(reader: &MissedReader) -> String {
    let reply = &reader.reply;
    let code = reply.code.map(|code| code.to_string());
    let words = [code, reply.enhanced.clone(), Some(reply.text.clone())];
    words.into_iter().flatten().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn object(lack: Lack, reader: &MissedReader) -> Value {
    json!({
        "address": reader.address,
        "state": lack,
        "reason": reader.reason.as_ref().map(sentence),
        "reason_code": reader.reason,
        "attempts": reader.attempts,
        "next_attempt_at": reader.next_attempt_at,
        "code": reader.reply.code,
        "enhanced": reader.reply.enhanced,
        "text": reader.reply.text,
    })
}

pub(super) async fn retry(args: RetryArgs, app: &App) -> anyhow::Result<()> {
    let (_, mailing) = mailed(&args.slug, args.number, app).await?;
    anyhow::ensure!(
        mailing.status != MailingStatus::Cancelled,
        "its mailing was cancelled; nothing of it is sent any more"
    );
    let done = if args.dry_run {
        app.store.count_retryable(mailing.id, app.clock.now()).await?
    } else {
        let (mut all, mut after) = (Retried::default(), None);
        loop {
            let step = app.store.retry_missed(mailing.id, after, STEP, app.clock.now()).await?;
            all.failed += step.retried.failed;
            all.missing += step.retried.missing;
            if step.retried != Retried::default() {
                app.wake.ring();
            }
            after = step.next;
            if after.is_none() {
                break all;
            }
        }
    };
    if args.json {
        let mut object = serde_json::to_value(done)?;
        object["dry_run"] = json!(args.dry_run);
        return print::json(&object);
    }
    let [failed, missing] = [done.failed, done.missing].map(|n| print::number(n.cast_signed()));
    let verb = if args.dry_run { "Would queue" } else { "Queued" };
    print::line(&format!("{verb} {failed} that failed and {missing} that were missing."))?;
    if mailing.status == MailingStatus::Paused {
        print::remark(&format!(
            "Its mailing is paused: `postbell mailing resume {}` sends them.",
            mailing.id
        ));
    } else if !args.dry_run && done != Retried::default() {
        print::remark("`postbell serve` sends them.");
    }
    Ok(())
}

/// The post, if it is this blog's and was mailed, and its mailing.
async fn mailed(slug: &Slug, number: i64, app: &App) -> anyhow::Result<(Post, Mailing)> {
    let blog = blog_of(app, slug.as_str()).await?;
    let post = app.store.get_post(PostId(number)).await?.filter(|post| post.blog_id == blog.id);
    let post =
        post.with_context(|| format!("{slug} has no post {number}; `postbell post list {slug}` names them"))?;
    let mailing = match post.mailing_id {
        Some(id) => app.store.get_mailing(id).await?,
        None => None,
    };
    let mailing = mailing.with_context(|| {
        format!("post {number} was not mailed; `postbell post approve {number}` mails it to every follower")
    })?;
    Ok((post, mailing))
}
