//! Mailings that are held up, and for what, and those that reached nobody:
//! nothing else of the doctor's shows it.

use std::collections::HashMap;

use super::database::Opened;
use super::report::{Area, Finding};
use crate::domain::{BlogId, DAY_MS, Reason, Slug, Timestamp};
use crate::templates::rests;

/// Of the newest mailings, so many are looked at.
const MOST_MAILINGS: u32 = 200;

pub(super) async fn look(opened: Option<&Opened>, now: Timestamp) -> Vec<Finding> {
    let Some(opened) = opened else { return Vec::new() };
    let area = Area::new("mailings", "");
    let paused = match opened.store.list_paused().await {
        Ok(paused) => paused,
        Err(error) => {
            let unread = area.fault("mailings", format!("they cannot be read: {error}"));
            return vec![unread.advise("see what is said of the database")];
        }
    };
    let slugs: HashMap<BlogId, &Slug> = opened.blogs.iter().map(|blog| (blog.id, &blog.slug)).collect();
    let held_up = paused.iter().filter_map(|paused| {
        let (why, advice) = rests::of_paused(&paused.reason)?;
        let whose = slugs.get(&paused.blog).map(|slug| format!(" of blog {slug}")).unwrap_or_default();
        let text = format!("mailing {}{whose} is paused: {why}", paused.mailing);
        Some(area.fault("mailings", text).advise(advice.trim_end_matches('.')))
    });
    held_up.chain(unreached(opened, &slugs, &area, now).await).collect()
}

/// Those that are over, and that hardly anybody got.
async fn unreached(
    opened: &Opened,
    slugs: &HashMap<BlogId, &Slug>,
    area: &Area,
    now: Timestamp,
) -> Vec<Finding> {
    let newest = opened.store.list_mailings(None, MOST_MAILINGS).await.unwrap_or_default();
    let week_ago = now.plus_ms(-7 * DAY_MS);
    let told = newest.into_iter().filter_map(|mailing| {
        let Some(Reason::ReachedNobody { failed, sent, since, cause }) = mailing.reason else { return None };
        if since < week_ago {
            return None;
        }
        let whose = slugs.get(&mailing.blog_id).map(|slug| format!(" of blog {slug}")).unwrap_or_default();
        let why = rests::unreached(failed, sent);
        let text =
            format!("mailing {}{whose}: {why}, since {}: {}", mailing.id, since.rfc3339(), cause.line());
        let advice = rests::advice_unreached(&cause).trim_end_matches('.');
        Some(area.fault("mailings", text).advise(advice))
    });
    told.collect()
}
