//! XML-RPC pings: `weblogUpdates.ping` and `weblogUpdates.extendedPing`, as
//! the update services of WordPress get them.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

/// The largest ping that is read.
const LARGEST_BYTES: usize = 16 * 1024;
/// Parameters of the longest ping: name, home page, changed page, feed, tags.
const MOST_PARAMETERS: usize = 5;

/// What a ping says: the blog's name is not kept, its addresses are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ping(Vec<String>);

impl Ping {
    /// The addresses that it names: home page, changed page, feed.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Reads a ping; the error says what is wrong with it.
///
/// # Errors
/// When it is no call of one of the two methods with at least name and address.
pub fn read_ping(bytes: &[u8]) -> Result<Ping, &'static str> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Err("the call is not UTF-8") };
    if text.len() > LARGEST_BYTES {
        return Err("the call is too long");
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    let (mut method, mut values) = (String::new(), Vec::new());
    let (mut said, mut in_method, mut depth_of_value) = (String::new(), false, 0_u32);
    loop {
        match reader.read_event().map_err(|_| "the call is not XML")? {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "methodName" => (in_method, said) = (true, String::new()),
                "value" => {
                    depth_of_value += 1;
                    said.clear();
                }
                _ => {}
            },
            Event::Text(part) if in_method || depth_of_value > 0 => {
                said.push_str(&part);
            }
            Event::CData(part) if depth_of_value > 0 => said.push_str(&part),
            Event::GeneralRef(part) if in_method || depth_of_value > 0 => match part.resolve_char_ref() {
                Ok(Some(c)) => said.push(c),
                _ => said.push_str(resolve_predefined_entity(&part).unwrap_or_default()),
            },
            Event::End(tag) => match tag.local_name().as_ref() {
                "methodName" => (in_method, method) = (false, said.trim().to_owned()),
                "value" if depth_of_value > 0 => {
                    depth_of_value -= 1;
                    // What is said is said once, however many ends follow.
                    values.push(std::mem::take(&mut said).trim().to_owned());
                    if values.len() > MOST_PARAMETERS {
                        return Err("the call has too many parameters");
                    }
                }
                _ => {}
            },
            Event::DocType(_) => return Err("the call has a document type, which it needs not"),
            Event::Eof => break,
            _ => {}
        }
    }
    if !matches!(method.as_str(), "weblogUpdates.ping" | "weblogUpdates.extendedPing") {
        return Err("only weblogUpdates.ping and weblogUpdates.extendedPing are known here");
    }
    if values.len() < 2 {
        return Err("a ping names the blog and its address");
    }
    let is_url = |value: &String| {
        let scheme = value.split_once("://").map_or("", |(scheme, _)| scheme);
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    };
    let urls: Vec<String> = values.into_iter().skip(1).filter(is_url).collect();
    if urls.is_empty() { Err("a ping names an http or https address") } else { Ok(Ping(urls)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn call(method: &str, values: &[&str]) -> String {
        let params: String =
            values.iter().map(|value| format!("<param><value>{value}</value></param>")).collect();
        format!(
            "<?xml version=\"1.0\"?><methodCall><methodName>{method}</methodName><params>{params}</params></methodCall>"
        )
    }

    #[test]
    fn both_kinds_of_ping_are_read_with_and_without_types() {
        for (document, urls) in [
            (call("weblogUpdates.ping", &["Tea", "http://a.example/"]), vec!["http://a.example/"]),
            (
                call(
                    "weblogUpdates.ping",
                    &["<string>Tea &amp; Co</string>", "<string>http://a.example/?a=1&amp;b=2</string>"],
                ),
                vec!["http://a.example/?a=1&b=2"],
            ),
            (
                call(
                    "weblogUpdates.extendedPing",
                    &["Tea", "http://a.example/", "http://a.example/x", "http://a.example/feed/", "tea|cups"],
                ),
                vec!["http://a.example/", "http://a.example/x", "http://a.example/feed/"],
            ),
            (call("weblogUpdates.ping", &["Tea", "HTTP://A.Example/"]), vec!["HTTP://A.Example/"]),
        ] {
            assert_eq!(read_ping(document.as_bytes()).unwrap().urls().collect::<Vec<_>>(), urls);
        }
    }

    #[test]
    fn what_is_no_ping_is_refused_with_the_reason() {
        for (document, said) in [
            (String::new(), "only weblogUpdates"),
            (call("system.listMethods", &[]), "only weblogUpdates"),
            (call("weblogUpdates.ping", &["Tea"]), "a ping names the blog"),
            (call("weblogUpdates.ping", &["Tea", "javascript:1"]), "a ping names an http"),
            (call("weblogUpdates.ping", &["1", "2", "3", "4", "5", "6"]), "the call has too many"),
            ("<!DOCTYPE x [<!ENTITY a \"b\">]><methodCall/>".to_owned(), "the call has a document type"),
            ("x".repeat(20_000), "the call is too long"),
        ] {
            let refused = read_ping(document.as_bytes()).unwrap_err();
            assert!(refused.starts_with(said), "{document:.60}: {refused}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = read_ping(&bytes);
        }

        #[test]
        fn no_cut_makes_it_panic(at in 0_usize..300) {
            let whole = call("weblogUpdates.ping", &["<string>T&#233;a</string>", "http://a.example/"]);
            let _ = read_ping(&whole.as_bytes()[..at.min(whole.len())]);
        }
    }
}
