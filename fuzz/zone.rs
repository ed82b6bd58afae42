//! A DNS whose records are the fuzzer's, and what `doctor` keeps to in it.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use postbell::dns::{Answer, Dns, DnsFault, Exchanger};
use postbell::doctor::{Finding, Record, Report, Status, Step, look_at_sender};
use postbell::mail::dkim::{DkimKey, DkimSettings};

const DOMAIN: &str = "news.blog.example";
const SENDS: &str = "203.0.113.7";
/// SPF asks 30 times at most, and for the ten exchangers of each; DMARC and MX
/// ask some twenty times.
const MOST_QUESTIONS: usize = 30 * 11 + 40;
/// The secret key of RFC 8463 §A.2, which all the world knows.
const KEY: &str = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";

/// The first line holds the TXT records of the domain itself; whichever other
/// line fits a name holds what is asked for there. Tabs stand between records;
/// `!` says that there is no such name, `?` that nobody answers.
struct Zone<'a> {
    lines: Vec<&'a [u8]>,
    /// A TXT record that stands alone at its name, whatever the lines say.
    published: Option<&'a Record>,
    asked: AtomicUsize,
}

impl Zone<'_> {
    fn at(&self, name: &str, kind: u8) -> Answer<Vec<u8>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if let Some(record) = self.published.filter(|record| kind == 0 && record.name == name) {
            return Ok(vec![record.value.clone().into_bytes()]);
        }
        let hash =
            name.bytes().fold(usize::from(kind), |hash, byte| (hash * 31 + usize::from(byte)) % 65_521);
        let at = if name == DOMAIN && kind == 0 { 0 } else { hash % self.lines.len() };
        match self.lines[at] {
            b"!" => Err(DnsFault::NoSuchName),
            b"?" => Err(DnsFault::NoAnswer("it is silent".to_owned())),
            line => Ok(line.split(|byte| *byte == b'\t').map(<[u8]>::to_vec).collect()),
        }
    }

    fn words(&self, name: &str, kind: u8) -> Answer<String> {
        let records = self.at(name, kind)?;
        Ok(records.iter().map(|record| String::from_utf8_lossy(record).into_owned()).collect())
    }
}

#[async_trait]
impl Dns for Zone<'_> {
    async fn texts(&self, name: &str) -> Answer<Vec<u8>> {
        self.at(name, 0)
    }

    async fn exchangers(&self, name: &str) -> Answer<Exchanger> {
        let hosts = self.words(name, 1)?;
        Ok(hosts.into_iter().map(|host| Exchanger { preference: 10, host }).collect())
    }

    async fn addresses(&self, name: &str) -> Answer<IpAddr> {
        Ok(self.words(name, 2)?.iter().filter_map(|word| word.parse().ok()).collect())
    }

    async fn names(&self, _: IpAddr) -> Answer<String> {
        Ok(Vec::new())
    }
}

/// Questions are bounded, each finding is short and says what to do, and who
/// publishes the record that it asks for hears it no more.
pub fn dns(data: &[u8]) {
    let Report(findings) = look(data, None);
    for finding in &findings {
        assert!(finding.text.len() <= 1_500, "{finding:?}");
        assert!(!finding.next.is_empty() || finding.status == Status::Ok, "{finding:?}");
        let Some(Step::Publish(record)) = finding.next.first() else { continue };
        // A finding may quote a record that has these words.
        let is_quoted = String::from_utf8_lossy(data).contains("count as none");
        if finding.check == "dmarc" && finding.text.contains("count as none") && !is_quoted {
            assert!(String::from_utf8_lossy(data).contains(&record.value), "a whole one: {record:?}");
        }
        if record.kind == "TXT" {
            let Report(again) = look(data, Some(record));
            let is_said = |other: &Finding| (other.check, &other.text) == (finding.check, &finding.text);
            assert!(!again.iter().any(is_said), "{finding:?}");
        }
    }
}

fn look(data: &[u8], published: Option<&Record>) -> Report {
    let lines = data.split(|byte| *byte == b'\n').collect();
    let zone = Zone { lines, published, asked: AtomicUsize::new(0) };
    let pem = format!("-----BEGIN {0}-----\n{KEY}\n-----END {0}-----\n", "PRIVATE KEY");
    let key = DkimKey::from_pem("s", pem.as_bytes()).expect("a key");
    let dkim = DkimSettings { domain: "blog.example".to_owned(), keys: vec![key], exposed: Vec::new() };
    let ip = SENDS.parse().expect("an address");
    let mut looked = pin!(look_at_sender(&zone, DOMAIN, ip, &dkim));
    // The zone answers at once, so that nothing is waited for.
    let Poll::Ready(report) = looked.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        unreachable!("the zone lets nobody wait")
    };
    assert!(zone.asked.load(Ordering::Relaxed) <= MOST_QUESTIONS);
    report
}
