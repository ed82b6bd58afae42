//! Addresses: what they are relative to, and what a link is for.

use url::Url;

use super::element::Element;

/// What relative addresses are relative to (XML Base); nothing, for a file
/// of which nobody says where it was.
#[derive(Debug, Clone, Default)]
pub(super) struct Base(Option<Url>);

impl Base {
    /// Of a document at this address.
    pub(super) fn of(url: &str) -> Self {
        Self(Url::parse(url).ok())
    }

    /// Inside of an element with this `xml:base`.
    pub(super) fn within(&self, base: Option<&str>) -> Self {
        let Some(base) = base.map(str::trim).filter(|base| !base.is_empty()) else { return self.clone() };
        let joined = match &self.0 {
            Some(outer) => outer.join(base).ok(),
            None => Url::parse(base).ok(),
        };
        // Nothing can be resolved against a script or a mail address.
        joined.filter(|url| !url.cannot_be_a_base()).map_or_else(|| self.clone(), |url| Self(Some(url)))
    }

    /// Inside of this element.
    pub(super) fn inside(&self, element: &Element) -> Self {
        self.within(element.attribute("xml:base"))
    }

    /// An absolute http(s) address. Where nothing is known to resolve against
    /// a relative one stays as the feed has it.
    pub(super) fn absolute(&self, href: &str) -> Option<String> {
        let href = href.trim();
        if href.is_empty() {
            return None;
        }
        let resolved = match (Url::parse(href), &self.0) {
            (Ok(url), _) => url,
            (Err(url::ParseError::RelativeUrlWithoutBase), Some(base)) => base.join(href).ok()?,
            (Err(url::ParseError::RelativeUrlWithoutBase), None) => return Some(href.to_owned()),
            (Err(_), _) => return None,
        };
        matches!(resolved.scheme(), "http" | "https").then(|| resolved.into())
    }
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
        assert_eq!(
            base.within(Some("mailto:x")).absolute("y").as_deref(),
            Some("https://blog.example/feed/y")
        );
    }
}
