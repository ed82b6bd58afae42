//! `/`: the blogs of this instance. `/privacy`: what is stored.

use axum::extract::State;
use axum::response::Response;

use super::error::Refused;
use super::page::{followers_text, page};
use super::reads::count_followers;
use super::state::Shared;
use crate::templates::{IndexBlog, IndexPage, PrivacyPage};

pub(super) async fn show(State(web): State<Shared>) -> Result<Response, Refused> {
    let mut blogs = Vec::new();
    for blog in web.store.list_blogs().await? {
        blogs.push(IndexBlog {
            text: followers_text(count_followers(&web, blog.id).await?),
            title: blog.title,
            slug: blog.slug.to_string(),
            description: blog.description,
        });
    }
    page(&web, None, &IndexPage { blogs })
}

pub(super) async fn privacy(State(web): State<Shared>) -> Result<Response, Refused> {
    let context = PrivacyPage {
        pending_days: web.policy.pending_days,
        ended_days: web.policy.ended_days,
        log_days: web.policy.log_days,
        postal_address: web.policy.postal_address.clone(),
    };
    page(&web, None, &context)
}
