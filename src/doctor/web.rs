//! Whether the pages can be reached under the address that links begin with.

use super::report::{Area, Finding};
use crate::config::Config;
use crate::feeds::http::{DateNotes, FetchPolicy, HttpSource};
use crate::feeds::{FeedSource as _, FetchError, Fetched, Validators};

/// What `/healthz` answers.
const ALIVE: &[u8] = b"ok\n";

pub(super) async fn look(config: &Config, notes: &DateNotes) -> Vec<Finding> {
    let Some(url) = config.http.public_url.as_deref().filter(|url| url.starts_with("https://")) else {
        // The settings say already what is amiss.
        return Vec::new();
    };
    let area = Area::new("web", url);
    // Its own name may well lead to an inner address, seen from here.
    let policy = FetchPolicy { allow_private: true, max_bytes: 64 * 1024, ..FetchPolicy::default() };
    let answer = match HttpSource::new(policy) {
        Ok(source) => source.noting(notes).fetch(&format!("{url}/healthz"), &Validators::default()).await,
        Err(fault) => Err(fault),
    };
    vec![judge(&area, answer)]
}

fn judge(area: &Area, answer: Result<Fetched, FetchError>) -> Finding {
    let start = "start postbell serve, and check that the proxy passes everything on to http.listen";
    match answer {
        Ok(Fetched::Document { bytes, .. }) if bytes == ALIVE => area.ok("pages", "they answer from here"),
        Ok(_) => area
            .warning("pages", "something answers there, but it is not Postbell; links in mails would lead to it")
            .advise(start),
        Err(FetchError::Status { status, .. }) => {
            area.warning("pages", format!("the server there answers {status} to /healthz")).advise(start)
        }
        Err(fault) => area
            .warning("pages", format!("they cannot be reached from here: {fault}"))
            .advise(format!("{start}; some routers do not lead a machine back to its own public address: try it from outside")),
    }
}
