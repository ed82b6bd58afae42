//! What servers said of the deliveries of a block, packed into a text.

use crate::domain::Reply;

/// A reply to one delivery of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) place: usize,
    pub(super) at: i64,
    pub(super) reply: Reply,
}

/// One after the other, without what is as in the one before:
/// `[place,ms,"text",code,"2.0.0"],[place,ms,"text"],[place,ms]`.
pub(super) fn write_said(replies: &[Said], queued_at: i64) -> String {
    let mut before: Option<&Reply> = None;
    let mut all = Vec::with_capacity(replies.len());
    for Said { place, at, reply } in replies {
        let since = at - queued_at;
        let one = match before {
            Some(last) if last == reply => serde_json::json!([place, since]),
            Some(last) if (last.code, &last.enhanced) == (reply.code, &reply.enhanced) => {
                serde_json::json!([place, since, reply.text])
            }
            _ => serde_json::json!([place, since, reply.text, reply.code, reply.enhanced]),
        };
        all.push(one.to_string());
        before = Some(reply);
    }
    all.join(",")
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Entry {
    All((usize, i64, String, Option<u16>, Option<String>)),
    Text((usize, i64, String)),
    Same((usize, i64)),
}

/// Of a text that is damaged nothing is known.
pub(super) fn read_said(said: &str, queued_at: i64) -> Vec<Said> {
    let entries: Vec<Entry> = serde_json::from_str(&format!("[{said}]")).unwrap_or_default();
    let mut reply = Reply::default();
    let said = |entry| {
        let (place, since) = match entry {
            Entry::All((place, since, text, code, enhanced)) => {
                reply = Reply { code, enhanced, text };
                (place, since)
            }
            Entry::Text((place, since, text)) => {
                reply.text = text;
                (place, since)
            }
            Entry::Same(both) => both,
        };
        Said { place, at: queued_at + since, reply: reply.clone() }
    };
    entries.into_iter().map(said).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(place: usize, at: i64, code: u16, text: &str) -> Said {
        Said {
            place,
            at,
            reply: Reply { code: Some(code), enhanced: Some("2.0.0".into()), text: text.into() },
        }
    }

    #[test]
    fn replies_are_kept_as_they_were_given() {
        let all = [
            said(3, 1_200, 250, "Ok: queued as A"),
            said(0, 1_300, 250, "Ok: queued as B"),
            said(1, 1_301, 250, "Ok: queued as B"),
            said(2, 1_400, 252, "[\"odd\\\u{0}"),
        ];
        let short = write_said(&all, 1_000);
        assert!(short.contains("[0,300,\"Ok: queued as B\"],[1,301],"), "{short}");
        assert_eq!(read_said(&short, 1_000), all);
        assert!(read_said("", 0).is_empty() && read_said("[1,", 0).is_empty());
    }
}
