//! Where links lead to.

/// Whether a link leads to a place in the same post, as footnotes do.
pub(super) fn is_within(href: &str, page: Option<&str>) -> bool {
    let (Some(page), Some((place, _))) = (page, href.split_once('#')) else {
        return false;
    };
    place.trim_end_matches('/') == page.trim_end_matches('/')
}

/// Whether a link leads to a picture alone.
pub(super) fn is_image(href: &str) -> bool {
    let path = href.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    [".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif"].iter().any(|ending| path.ends_with(ending))
        // Blogger's have no ending.
        || path.contains("googleusercontent.com/img/")
}
