//! Pages: what surrounds them.

use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};

use super::error::Refused;
use super::reads::find_blog;
use super::state::Shared;
use crate::domain::{Blog, DeliveryKind, EmailAddress, public_address};
use crate::store::PostFilter;
use crate::templates::{Chrome, PageBlog, PageTemplate, PostLine, TemplateError};

/// Whether a page carries a form, which decides its referrer policy (S4): a
/// browser that must not name its page posts with `Origin: null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HasForm(pub bool);

/// A page as an answer 200.
pub(super) fn page<T: PageTemplate>(
    web: &Shared,
    blog: Option<&Blog>,
    context: &T,
) -> Result<Response, Refused> {
    let html = render(web, blog, context)?;
    let has_form = html.0.contains("<form");
    let mut response = html.into_response();
    response.extensions_mut().insert(HasForm(has_form));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// A page as HTML.
pub(super) fn render<T: PageTemplate>(
    web: &Shared,
    blog: Option<&Blog>,
    context: &T,
) -> Result<Html<String>, TemplateError> {
    let now = web.clock.now();
    let chrome = Chrome {
        blog: blog.map(|blog| PageBlog {
            title: blog.title.clone(),
            slug: blog.slug.to_string(),
            home_url: blog.home_url.clone(),
            feed_url: public_address(&blog.feed_url).unwrap_or_default(),
            description: blog.description.clone(),
            sender_address: web.composer.originator_of(DeliveryKind::Confirm, Some(blog)).address.to_string(),
        }),
        postmark: now.jiff().strftime("%-d %b %Y").to_string().to_uppercase(),
    };
    web.templates.page(&chrome, context).map(Html)
}

/// The blog of a slug.
pub(super) async fn blog_of(web: &Shared, slug: &str) -> Result<Blog, Refused> {
    find_blog(web, slug).await?.ok_or(Refused::NotFound)
}

/// The blog of a row that must be there.
pub(super) async fn blog_by_id(web: &Shared, id: crate::domain::BlogId) -> Result<Blog, Refused> {
    web.store.get_blog(id).await?.ok_or(Refused::Gone)
}

/// The latest posts of a blog that have a page.
pub(super) async fn latest(web: &Shared, blog: &Blog, most: usize) -> Result<Vec<PostLine>, Refused> {
    let filter = PostFilter { blog_id: Some(blog.id), ..PostFilter::default() };
    let mut posts = web.store.list_posts(filter, 40).await?;
    posts.sort_by_key(|post| std::cmp::Reverse((post.published_at.unwrap_or(post.first_seen_at), post.id)));
    Ok(PostLine::from_posts(blog, &posts, most))
}

/// `k••@example.org`.
pub(super) fn masked(address: &str) -> String {
    EmailAddress::parse(address).map(|address| address.masked()).unwrap_or_default()
}

/// `Join 1,404 other followers`.
pub(super) fn followers_text(count: i64) -> String {
    match count {
        ..=0 => "Be the first to follow".to_owned(),
        1 => "Join 1 other follower".to_owned(),
        count => format!("Join {} other followers", grouped(count)),
    }
}

/// `1,404`.
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_counts_like_people_do() {
        for (count, text) in [
            (0, "Be the first to follow"),
            (1, "Join 1 other follower"),
            (2, "Join 2 other followers"),
            (999, "Join 999 other followers"),
            (1_404, "Join 1,404 other followers"),
            (1_234_567, "Join 1,234,567 other followers"),
        ] {
            assert_eq!(followers_text(count), text);
        }
    }
}
