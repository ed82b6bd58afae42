//! `suppression export`: the whole list as CSV, erased people by their hash.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::erased;
use crate::app::App;

/// Entries that are read at once.
const BATCH: u32 = 2_000;

/// Write the whole list as CSV
///
/// An erased person stands there by a hash, which only an import with the
/// same secret key understands. A cell that a spreadsheet would take for a
/// formula has an apostrophe before it, which the import takes away.
#[derive(Args)]
#[command(after_help = "Example:\n  postbell suppression export -o suppressions.csv")]
pub(in crate::cli) struct ExportArgs {
    /// Into this file, which is made readable by its owner alone [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) async fn run(args: ExportArgs, app: &App) -> anyhow::Result<()> {
    match &args.output {
        None => write(app, std::io::stdout().lock()).await.map(|_| ()),
        Some(path) => {
            let shown = path.display();
            let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
            let file = file.with_context(|| format!("{shown} cannot be written"))?;
            let count = write(app, file).await.with_context(|| format!("{shown} is not complete"))?;
            crate::cli::print::remark(&format!("{count} entries are in {shown}."));
            Ok(())
        }
    }
}

async fn write(app: &App, to: impl Write) -> anyhow::Result<u64> {
    let slugs: HashMap<_, _> =
        app.store.list_blogs().await?.into_iter().map(|blog| (blog.id, blog.slug.to_string())).collect();
    let mut csv = csv::Writer::from_writer(to);
    csv.write_record(["address", "blog", "reason", "created_at", "address_hash"])?;
    let (mut before, mut count) = (None, 0);
    loop {
        let entries = app.store.list_suppressions(before, BATCH).await?;
        let Some(last) = entries.last() else { break };
        before = Some(last.id);
        for entry in entries {
            let blog = entry.blog_id.map_or_else(String::new, |id| {
                slugs.get(&id).cloned().unwrap_or_else(|| format!("(removed blog {id})"))
            });
            let hash = match entry.address {
                Some(_) => String::new(),
                None => erased::name(&app.keys, &entry.address_hash),
            };
            csv.write_record([
                &harmless(entry.address.as_deref().unwrap_or_default()),
                &blog,
                entry.reason.as_str(),
                &entry.created_at.rfc3339(),
                &hash,
            ])?;
            count += 1;
        }
    }
    csv.flush()?;
    Ok(count)
}

/// A cell that no spreadsheet runs (S13).
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\'']) { format!("'{cell}") } else { cell.to_owned() }
}
