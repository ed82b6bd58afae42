//! What stands in the scripts of a page, which nobody runs here: where they
//! send on to, and feeds that they would name.

/// Places in a page that are looked at.
const MOST: usize = 20;
/// How far from a type its address stands.
const NEAR_BYTES: usize = 200;

/// Where `location.replace("/en/")` and its kin lead, as it is written.
pub(super) fn sent_on_to(html: &str) -> Option<&str> {
    html.match_indices("location").take(MOST).find_map(|(at, word)| {
        let mut rest = html[at + word.len()..].trim_start();
        for name in [".href", ".replace", ".assign"] {
            rest = rest.strip_prefix(name).unwrap_or(rest).trim_start();
        }
        let rest = rest.strip_prefix(['=', '('])?.trim_start();
        let quote = rest.chars().next().filter(|sign| matches!(sign, '"' | '\''))?;
        let (to, behind) = rest[1..].split_once(quote)?;
        // What is glued together is known to the script alone.
        let is_whole = !behind.trim_start().starts_with('+');
        (is_whole && !to.is_empty() && to.len() <= 300 && !to.starts_with('#')).then_some(to)
    })
}

/// Addresses that stand beside the type of a feed, as data of a script.
pub(super) fn feeds_in(html: &str) -> Vec<String> {
    let types = ["application/rss+xml", "application/atom+xml", "application/feed+json"];
    let mut places: Vec<usize> =
        types.iter().flat_map(|name| html.match_indices(name).take(MOST)).map(|(at, _)| at).collect();
    places.sort_unstable();
    places.into_iter().filter_map(|at| address_near(html, at)).collect()
}

/// The `"href":"…"` of the same object.
fn address_near(html: &str, at: usize) -> Option<String> {
    let from = html.floor_char_boundary(at.saturating_sub(NEAR_BYTES));
    let to = html.floor_char_boundary(at + NEAR_BYTES);
    let before = &html[from..at];
    let before = before.rfind('{').map_or("", |open| &before[open..]);
    let behind = &html[at..to];
    let behind = behind.find('}').map_or("", |close| &behind[..close]);
    let object = format!("{before}{behind}").replace('\\', "");
    let (_, value) = object.split_once("\"href\":")?;
    let value = value.trim_start().strip_prefix('"')?;
    let (address, _) = value.split_once('"')?;
    (!address.is_empty()).then(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_sends_on_is_read() {
        for (script, to) in [
            ("window.location.replace(\"/en/\")", Some("/en/")),
            ("location.href = 'home/';", Some("home/")),
            ("document.location='https://a.example/b'", Some("https://a.example/b")),
            ("top.location.assign( \"/x\" )", Some("/x")),
            ("var l = location.href; location.replace('/y')", Some("/y")),
            ("location.href = '/' + lang", None),
            ("location.hash = '#x'", None),
            ("the location of \"my blog\"", None),
        ] {
            assert_eq!(sent_on_to(script), to, "{script}");
        }
    }

    #[test]
    fn data_of_a_script_that_describes_a_feed_is_read() {
        for data in [
            r#"push([1,"[{\"rel\":\"alternate\",\"type\":\"application/rss+xml\",\"href\":\"/f\"}]"])"#,
            r#"{"href": "/f", "type": "application/atom+xml"}"#,
        ] {
            assert_eq!(feeds_in(data), ["/f"], "{data}");
        }
        for data in
            [r#"{"type":"application/rss+xml"},{"href":"/style.css"}"#, "application/rss+xml", "é{\"href\":"]
        {
            assert!(feeds_in(data).is_empty(), "{data}");
        }
    }
}
