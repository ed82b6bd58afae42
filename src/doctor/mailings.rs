//! Mailings that are held up, and for what: nothing else of the doctor's shows it.

use std::collections::HashMap;

use super::database::Opened;
use super::report::{Area, Finding};
use crate::domain::{BlogId, Slug};
use crate::templates::rests;

pub(super) async fn look(opened: Option<&Opened>) -> Vec<Finding> {
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
    held_up.collect()
}
