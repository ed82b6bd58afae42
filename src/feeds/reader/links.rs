//! Addresses: what they are relative to, and what a link is for.

use std::borrow::Cow;

use url::Url;

use super::element::Element;

/// What relative addresses are relative to (XML Base); nothing, for a file
/// of which nobody says where it was.
#[derive(Debug, Clone, Default)]
pub(super) struct Base {
    url: Option<Url>,
    /// Whether the document says it, and not only where it was found.
    is_said: bool,
}

impl Base {
    /// Of a document at this address.
    pub(super) fn of(url: &str) -> Self {
        Self { url: Url::parse(url).ok(), is_said: false }
    }

    /// Inside of an element with this `xml:base`.
    pub(super) fn within(&self, base: Option<&str>) -> Self {
        let Some(base) = base.map(str::trim).filter(|base| !base.is_empty()) else { return self.clone() };
        let joined = match &self.url {
            Some(outer) => outer.join(base).ok(),
            None => Url::parse(base).ok(),
        };
        // Nothing can be resolved against a script or a mail address.
        let joined = joined.filter(|url| !url.cannot_be_a_base());
        joined.map_or_else(|| self.clone(), |url| Self { url: Some(url), is_said: true })
    }

    /// Inside of this element.
    pub(super) fn inside(&self, element: &Element) -> Self {
        self.within(element.attribute("xml:base"))
    }

    /// For items of RSS, which has no `xml:base`: their channel's own page,
    /// since feeds are moved to other hosts more often than blogs.
    pub(super) fn or_page(&self, page: Option<&str>) -> Self {
        match page.filter(|_| !self.is_said).map(Self::of) {
            Some(page) if page.http().is_some() => page,
            _ => self.clone(),
        }
    }

    /// Its address, where the document says it.
    pub(super) fn said(&self) -> Option<String> {
        self.http().filter(|_| self.is_said).map(|url| url.as_str().to_owned())
    }

    fn http(&self) -> Option<&Url> {
        self.url.as_ref().filter(|url| matches!(url.scheme(), "http" | "https"))
    }

    /// An absolute http(s) address. Where nothing is known to resolve against
    /// a relative one stays as the feed has it.
    pub(super) fn absolute(&self, href: &str) -> Option<String> {
        let href = unescaped(href.trim());
        if href.is_empty() {
            return None;
        }
        let resolved = match (self.host_first(&href).or_else(|| Url::parse(&href).ok()), &self.url) {
            (Some(url), _) => url,
            (None, Some(base)) => base.join(&href).ok()?,
            (None, None) if Url::parse(&href) == Err(url::ParseError::RelativeUrlWithoutBase) => {
                return Some(href.into_owned());
            }
            (None, None) => return None,
        };
        matches!(resolved.scheme(), "http" | "https").then(|| resolved.into())
    }

    /// What begins with a host and not with a scheme: `//blog.example/x`,
    /// `www.blog.example/x`.
    fn host_first(&self, href: &str) -> Option<Url> {
        let scheme = self.http().map_or("https", Url::scheme);
        if href.starts_with("//") {
            return Url::parse(&format!("{scheme}:{href}")).ok();
        }
        let host = href.split(['/', '?', '#', ':']).next().unwrap_or_default().to_ascii_lowercase();
        let is_named = host.starts_with("www.") && is_domain(&host);
        let own = self.http().and_then(Url::host_str).map(bare_host);
        let is_host = is_named || own.map_or_else(|| is_domain(&host), |own| own == bare_host(&host));
        let url = format!("{scheme}://{href}");
        Url::parse(&url).ok().filter(|_| is_host && !host.is_empty())
    }
}

/// An address that was escaped twice has `&amp;` in it, which none means.
fn unescaped(href: &str) -> Cow<'_, str> {
    if !href.contains("&amp;") && !href.contains("&#") {
        return Cow::Borrowed(href);
    }
    let mut href = href.to_owned();
    for ampersand in ["&amp;", "&amp;", "&#38;", "&#038;", "&#x26;"] {
        href = href.replace(ampersand, "&");
    }
    Cow::Owned(href)
}

/// Whether this is a name such as `blog.example`, and not `page.html`.
fn is_domain(host: &str) -> bool {
    const FILES: &str = "asp aspx atom avif cgi css gif htm html jpeg jpg js json jsp md pdf php png rss svg \
        txt webp xhtml xml";
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || !b.is_ascii())
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    host.contains('.')
        && host.split('.').all(is_label)
        && last.len() >= 2
        && !last.bytes().any(|b| b.is_ascii_digit())
        && !FILES.split(' ').any(|file| file == last)
}

/// A host without `www.`.
fn bare_host(host: &str) -> &str {
    host.strip_prefix("www.").unwrap_or(host)
}

/// Whether two addresses are of one site: one host, but for `www.`, or one
/// below the other.
fn is_of_one_site(one: &str, other: &str) -> bool {
    let hosts =
        [one, other].map(|url| Url::parse(url).ok()?.host_str().map(|host| bare_host(host).to_owned()));
    let [Some(one), Some(other)] = hosts else { return false };
    let is_below = |inner: &str, outer: &str| {
        inner.strip_suffix(outer).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    is_below(&one, &other) || is_below(&other, &one)
}

/// What addresses in the body of an item are relative to where the feed does
/// not say it: its page, unless that is somebody else's, as in a blog of links;
/// then the blog's own.
pub(super) fn base_of(page: Option<&str>, home: Option<&str>, feed: &str) -> Option<String> {
    let is_web = |url: &&str| url.starts_with("http");
    let home = home.filter(is_web);
    let is_own =
        |page: &&str| home.is_none_or(|home| is_of_one_site(page, home)) || is_of_one_site(page, feed);
    let page = page.filter(is_web).filter(is_own);
    page.or(home).or_else(|| Some(feed).filter(is_web)).map(str::to_owned)
}

/// A link of Atom, RSS or CDF.
#[derive(Debug)]
pub(super) struct Link {
    /// Absolute.
    pub(super) url: String,
    /// What it is for, in lower case; `alternate` when it does not say.
    pub(super) rel: String,
    /// Media type in lower case, without parameters.
    pub(super) media_type: Option<String>,
}

impl Link {
    /// Of a `link` element: its `href`, or its text.
    pub(super) fn of(element: &Element, base: &Base) -> Option<Self> {
        let base = base.inside(element);
        let text = || element.said();
        let href = element
            .attribute("href")
            .or_else(|| element.attribute("url"))
            .or_else(|| element.attribute("uri"));
        let url = base.absolute(&href.map(str::to_owned).or_else(text)?)?;
        let rel = element.attribute("rel").unwrap_or("alternate").to_ascii_lowercase();
        // RFC 4287 §4.2.7.2: a relation may be written as an address.
        let rel = rel.strip_prefix("http://www.iana.org/assignments/relation/").unwrap_or(&rel).to_owned();
        Some(Self { url, rel, media_type: element.attribute("type").map(bare_type) })
    }

    /// Whether it is for this; a link may be for several things.
    pub(super) fn is_for(&self, rel: &str) -> bool {
        self.rel.split_whitespace().any(|word| word == rel)
    }

    /// Whether it leads to a page.
    pub(super) fn is_page(&self) -> bool {
        self.is_for("alternate") && self.media_type.as_deref().is_none_or(is_markup)
    }
}

/// A media type in lower case, without its parameters.
pub(super) fn bare_type(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether a media type is HTML, XHTML or XML.
pub(super) fn is_markup(media_type: &str) -> bool {
    media_type.contains("html") || media_type.contains("xml")
}

/// The page among the links: one that says it is a page before one that is
/// something else.
pub(super) fn page(links: &[Link]) -> Option<String> {
    let alternates = || links.iter().filter(|link| link.is_for("alternate"));
    let found = alternates().find(|link| link.is_page()).or_else(|| alternates().next());
    found.map(|link| link.url.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_resolved_where_that_can_be() {
        let base = Base::of("https://blog.example/feed/");
        let inner = base.within(Some("/2026/")).within(None).within(Some("11/"));
        assert_eq!(inner.absolute("x?y").as_deref(), Some("https://blog.example/2026/11/x?y"));
        assert_eq!(inner.absolute(" HTTPS://A.example ").as_deref(), Some("https://a.example/"));
        for href in ["", "javascript:alert(1)", "mailto:a@b.example", "file:///etc/passwd", "http://"] {
            assert_eq!(inner.absolute(href), None, "{href}");
        }
        assert_eq!(Base::default().absolute("/x").as_deref(), Some("/x"));
        assert_eq!(Base::default().absolute("page.html").as_deref(), Some("page.html"));
        for href in ["//a.example/x", "www.a.example/x", "http://a.example/x?a=1&amp;b=2&amp;amp;c=3#d"] {
            let scheme = if href.starts_with("http") { "" } else { "https://" };
            let wanted = format!("{scheme}{}", href.trim_start_matches('/').replace("amp;", ""));
            assert_eq!(base.absolute(href), Some(wanted.clone()), "{href}");
            assert_eq!(Base::default().absolute(href), Some(wanted), "{href}");
        }
        assert_eq!(base.absolute("www.BLOG.example").as_deref(), Some("https://www.blog.example/"));
        assert_eq!(base.absolute("blog.example/x").as_deref(), Some("https://blog.example/x"));
        assert_eq!(Base::default().absolute("blog.example/x").as_deref(), Some("https://blog.example/x"));
        assert_eq!(base.absolute("tea.best/x").as_deref(), Some("https://blog.example/feed/tea.best/x"));
        assert_eq!(
            base.within(Some("mailto:x")).absolute("y").as_deref(),
            Some("https://blog.example/feed/y")
        );
    }

    #[test]
    fn a_body_is_relative_to_its_page_or_to_its_blog() {
        let (home, feed) = (Some("https://blog.example/"), "https://feeds.example/kim");
        for (page, home, base) in [
            (Some("https://www.blog.example/2026/tea"), home, "https://www.blog.example/2026/tea"),
            (Some("https://notes.blog.example/tea"), home, "https://notes.blog.example/tea"),
            (Some("https://feeds.example/r/1"), home, "https://feeds.example/r/1"),
            (Some("https://other.example/news"), home, "https://blog.example/"),
            (Some("https://notmyblog.example/news"), home, "https://blog.example/"),
            (Some("https://other.example/news"), None, "https://other.example/news"),
            (None, home, "https://blog.example/"),
            (None, None, feed),
        ] {
            assert_eq!(base_of(page, home, feed).as_deref(), Some(base), "{page:?}");
        }
        assert_eq!(base_of(None, None, ""), None);
    }
}
