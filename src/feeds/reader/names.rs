//! What the prefixes of a document mean. Feeds bind them to addresses with
//! slips in them, to old addresses, or not at all; so an address that is not
//! known counts for nothing, and then the prefix itself is the vocabulary.

/// Bindings in force at once that are remembered; only those of known
/// vocabularies are.
const MOST_BINDINGS: usize = 100;

/// A vocabulary of elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// RSS in all its versions, Atom 0.3, CDF, and what has no vocabulary.
    Core,
    /// Atom 1.0 (RFC 4287), also inside of RSS.
    Atom,
    /// RDF.
    Rdf,
    /// Dublin Core elements and terms.
    Dublin,
    /// RSS 1.0 module `content`.
    Content,
    /// Media RSS.
    Media,
    /// Apple's podcast tags.
    Itunes,
    /// RSS 1.0 module `syndication`.
    Syndication,
    /// XHTML.
    Xhtml,
    /// RFC 5005, paged and archived feeds.
    History,
    /// Anything else.
    Other,
}

/// Namespaces by their addresses: in lower case, without the slash at the end.
const ADDRESSES: &[(&str, Space)] = &[
    ("http://www.w3.org/2005/atom", Space::Atom),
    ("http://purl.org/atom/ns#", Space::Core),
    ("http://purl.org/pie", Space::Core),
    ("http://purl.org/echo", Space::Core),
    ("http://example.com/newformat#", Space::Core),
    ("http://example.com/necho", Space::Core),
    ("uri/of/echo/namespace#", Space::Core),
    ("http://purl.org/rss/1.0", Space::Core),
    ("http://purl.org/net/rss1.1#", Space::Core),
    ("http://purl.org/rss/1.0/modules/rss091#", Space::Core),
    ("http://my.netscape.com/rdf/simple/0.9", Space::Core),
    ("http://channel.netscape.com/rdf/simple/0.9", Space::Core),
    ("http://blogs.law.harvard.edu/tech/rss", Space::Core),
    ("http://cyber.law.harvard.edu/rss/rss.html", Space::Core),
    ("http://www.w3.org/1999/02/22-rdf-syntax-ns#", Space::Rdf),
    ("http://purl.org/dc/elements/1.0", Space::Dublin),
    ("http://purl.org/dc/elements/1.1", Space::Dublin),
    ("http://purl.org/dc/terms", Space::Dublin),
    ("http://purl.org/rss/1.0/modules/content", Space::Content),
    ("http://search.yahoo.com/mrss", Space::Media),
    ("http://search.yahoo.com/mrss/rss", Space::Media),
    ("http://www.itunes.com/dtds/podcast-1.0.dtd", Space::Itunes),
    ("http://purl.org/rss/1.0/modules/syndication", Space::Syndication),
    ("http://www.w3.org/1999/xhtml", Space::Xhtml),
    ("http://purl.org/syndication/history/1.0", Space::History),
];

/// What a prefix means that is bound to nothing known.
const PREFIXES: &[(&str, Space)] = &[
    ("rss", Space::Core),
    ("atom", Space::Atom),
    ("atom10", Space::Atom),
    ("a10", Space::Atom),
    ("rdf", Space::Rdf),
    ("dc", Space::Dublin),
    ("dcterms", Space::Dublin),
    ("content", Space::Content),
    ("media", Space::Media),
    ("itunes", Space::Itunes),
    ("sy", Space::Syndication),
    ("xhtml", Space::Xhtml),
    ("fh", Space::History),
];

/// The bindings in force at one place of a document.
#[derive(Debug, Default)]
pub(super) struct Names {
    bindings: Vec<(String, Space)>,
}

impl Names {
    /// Takes the bindings of a tag; what is answered is for [`Self::leave`].
    pub(super) fn enter<'a>(&mut self, attributes: impl Iterator<Item = (&'a str, &'a str)>) -> usize {
        let mark = self.bindings.len();
        for (name, address) in attributes {
            let prefix = match name.strip_prefix("xmlns") {
                Some("") => "",
                Some(rest) => match rest.strip_prefix(':') {
                    Some(prefix) => prefix,
                    None => continue,
                },
                None => continue,
            };
            let space = space_of(address).or((prefix.is_empty()).then_some(Space::Core));
            if let Some(space) = space.filter(|_| self.bindings.len() < MOST_BINDINGS) {
                self.bindings.push((prefix.to_owned(), space));
            }
        }
        mark
    }

    /// Forgets the bindings taken since the mark.
    pub(super) fn leave(&mut self, mark: usize) {
        self.bindings.truncate(mark);
    }

    /// The vocabulary and the name, in lower case, of an element.
    pub(super) fn resolve(&self, written: &str) -> (Space, String) {
        let (prefix, local) = written.split_once(':').unwrap_or(("", written));
        let bound = self.bindings.iter().rev().find(|(bound, _)| bound == prefix);
        let space = match bound {
            Some((_, space)) => *space,
            None if prefix.is_empty() => Space::Core,
            None => PREFIXES
                .iter()
                .find(|(known, _)| prefix.eq_ignore_ascii_case(known))
                .map_or(Space::Other, |(_, space)| *space),
        };
        (space, local.to_ascii_lowercase())
    }
}

/// Whether one of these attributes is the address of RSS; RDF without it is of
/// something else.
pub(super) fn declares_rss<'a>(mut values: impl Iterator<Item = &'a str>) -> bool {
    values.any(|value| space_of(value) == Some(Space::Core))
}

fn space_of(address: &str) -> Option<Space> {
    let address = address.trim().to_ascii_lowercase();
    let address = address.strip_suffix('/').unwrap_or(&address);
    // Its makers gave RSS 2.0 none; others made some up at their place.
    if address.contains("backend.userland.com/rss") {
        return Some(Space::Core);
    }
    ADDRESSES.iter().find(|(known, _)| *known == address).map(|(_, space)| *space)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_means_its_address_and_without_a_known_one_itself() {
        let mut names = Names::default();
        assert_eq!(names.resolve("Title"), (Space::Core, "title".into()));
        assert_eq!(names.resolve("DC:date"), (Space::Dublin, "date".into()));
        let bindings = [
            ("xmlns", "http://www.w3.org/2005/Atom"),
            ("xmlns:x", "http://purl.org/dc/terms/"),
            ("xmlns:dc", "http://purl.org/dc/elements/1.1"),
            ("xmlns:content", "http://nowhere.example/"),
            ("xmlnsfoo", "http://purl.org/dc/terms/"),
        ];
        let mark = names.enter(bindings.into_iter());
        assert_eq!(names.resolve("title"), (Space::Atom, "title".into()));
        assert_eq!(names.resolve("x:issued"), (Space::Dublin, "issued".into()));
        assert_eq!(names.resolve("dc:date"), (Space::Dublin, "date".into()));
        assert_eq!(names.resolve("content:encoded"), (Space::Content, "encoded".into()));
        assert_eq!(names.resolve("foo:title"), (Space::Other, "title".into()));
        let inner = names.enter([("xmlns", "")].into_iter());
        assert_eq!(names.resolve("title").0, Space::Core);
        names.leave(inner);
        names.leave(mark);
        assert_eq!(names.resolve("x:issued").0, Space::Other);
    }
}
