//! Which sites' pages may post to a blog's sign-up, and be where `next` goes.

use std::collections::{HashMap, HashSet};

use url::{Host, Url};

/// Origins that one blog may have.
const MOST_ORIGINS: usize = 20;

/// The origins of a blog that names none: those of its home page, of its feed,
/// and of the host that more than half of its items are on; each with and
/// without `www.`. A blog of links names many hosts that are not its own.
pub fn origins_of<'a>(
    home_url: &str,
    feed_url: &str,
    links: impl IntoIterator<Item = &'a str>,
) -> Vec<String> {
    let mut origins: Vec<String> = [home_url, feed_url].into_iter().flat_map(with_and_without_www).collect();
    let (mut items, mut votes) = (0_usize, HashMap::<Vec<String>, usize>::new());
    for link in links {
        let mut pair = with_and_without_www(link);
        if !pair.is_empty() {
            pair.sort();
            *votes.entry(pair).or_default() += 1;
            items += 1;
        }
    }
    origins.extend(votes.into_iter().filter(|(_, count)| count * 2 > items).flat_map(|(pair, _)| pair));
    each_once(origins)
}

/// What is left of a list that was made before [`origins_of`], when the host
/// of every item that the feed had as the blog was added came in. `links` are
/// the addresses of those items. What was given by hand stays: it stands
/// before the home page's origin, or is that of no item.
pub fn narrowed_origins(list: &[String], home_url: &str, feed_url: &str, links: &[String]) -> Vec<String> {
    let links = || links.iter().map(String::as_str);
    let own = origins_of(home_url, feed_url, links());
    let items: HashSet<String> = links().flat_map(with_and_without_www).collect();
    let home = with_and_without_www(home_url);
    let by_hand = list.iter().position(|origin| home.contains(origin)).unwrap_or(0);
    let stays =
        |(at, origin): &(usize, &String)| *at < by_hand || own.contains(origin) || !items.contains(*origin);
    list.iter().enumerate().filter(stays).map(|(_, origin)| origin.clone()).collect()
}

/// A list as it is kept: no origin twice, and not too many.
pub fn each_once(mut origins: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    origins.retain(|origin| seen.insert(origin.clone()));
    origins.truncate(MOST_ORIGINS);
    origins
}

/// The origin of an address, with its twin with or without `www.`; empty for
/// what is no http address.
pub fn with_and_without_www(address: &str) -> Vec<String> {
    let Ok(url) = Url::parse(address.trim()) else { return Vec::new() };
    if !matches!(url.scheme(), "http" | "https") {
        return Vec::new();
    }
    let mut origins = vec![url.origin().ascii_serialization()];
    if let Some(Host::Domain(domain)) = url.host()
        && domain.contains('.')
    {
        let other = domain.strip_prefix("www.").map_or_else(|| format!("www.{domain}"), str::to_owned);
        let mut twin = url.clone();
        if other.contains('.') && twin.set_host(Some(&other)).is_ok() {
            origins.push(twin.origin().ascii_serialization());
        }
    }
    origins
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: &str = "https://blog.example/";
    const FEED: &str = "https://feeds.example/kim";

    #[test]
    fn each_origin_comes_with_and_without_www() {
        for (url, origins) in [
            ("https://blog.example/x", vec!["https://blog.example", "https://www.blog.example"]),
            (
                "https://www.blog.example:8443/",
                vec!["https://www.blog.example:8443", "https://blog.example:8443"],
            ),
            ("http://localhost:8080/feed", vec!["http://localhost:8080"]),
            ("http://127.0.0.1/", vec!["http://127.0.0.1"]),
            ("mailto:a@b.example", vec![]),
            ("https://kim:sesame@blog.example/", vec!["https://blog.example", "https://www.blog.example"]),
        ] {
            assert_eq!(with_and_without_www(url), origins);
        }
    }

    fn hosts(links: &[&str]) -> Vec<String> {
        let all = origins_of(HOME, FEED, links.iter().copied());
        let foreign = |origin: &String| !origin.contains("blog.example") && !origin.contains("feeds.example");
        all.into_iter().filter(|origin| !origin.contains("www.")).filter(foreign).collect()
    }

    #[test]
    fn a_host_of_items_counts_when_more_than_half_of_them_are_there() {
        assert_eq!(
            hosts(&["https://a.example/1", "https://www.a.example/2", "https://b.example/3"]),
            ["https://a.example"]
        );
        // A blog of links: each item is elsewhere, or half of them are at one place.
        assert!(hosts(&["https://a.example/1", "https://b.example/2", "https://c.example/3"]).is_empty());
        assert!(hosts(&["https://a.example/1", "https://b.example/2"]).is_empty());
        assert!(hosts(&["urn:x", "mailto:kim@blog.example", ""]).is_empty());
        assert_eq!(hosts(&["urn:x", "https://a.example/1"]), ["https://a.example"]);
        // http and https are two origins; neither has more than half.
        assert!(hosts(&["http://a.example/1", "https://a.example/2"]).is_empty());
    }

    #[test]
    fn a_wide_list_loses_the_hosts_of_items_and_nothing_that_was_given_by_hand() {
        let list = |origins: &[&str]| origins.iter().map(|origin| (*origin).to_owned()).collect::<Vec<_>>();
        let before = list(&[
            "https://forms.example",
            "https://a.example",
            "https://blog.example",
            "https://www.blog.example",
            "https://feeds.example",
            "https://b.example",
            "https://www.b.example",
            "https://later.example",
        ]);
        let links = list(&["https://a.example/1", "https://b.example/2", "https://c.example/3"]);
        let after = list(&[
            "https://forms.example",
            "https://a.example",
            "https://blog.example",
            "https://www.blog.example",
            "https://feeds.example",
            "https://later.example",
        ]);
        assert_eq!(narrowed_origins(&before, HOME, FEED, &links), after);
        assert_eq!(narrowed_origins(&after, HOME, FEED, &links), after, "twice is as once");
        let own = list(&["https://blog.example", "https://items.example"]);
        let links = list(&["https://items.example/1", "https://items.example/2"]);
        assert_eq!(narrowed_origins(&own, HOME, FEED, &links), own, "most items are there");
    }
}
