//! Whatever holds mails up is told in six places (R17, R7, D12): to the owner
//! by mail, by `mailing list` and `show`, in public by a code, as a metric, and
//! by `doctor`.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use postbell::domain::Halt;
use postbell::templates::Templates;
use serde_json::{Value, json};

use super::resting::{OWNER, get};
use crate::support::fault_smtp::FaultSmtp;
use crate::support::feed_site::FeedSite;
use crate::support::house::{House, until};

crate::for_each_database!(
    whatever_holds_mails_up_is_told_in_six_places,
    what_is_taken_back_is_counted_as_such,
);

/// How one kind comes about, and what is told of it.
struct Case {
    orders: Value,
    readers: Vec<String>,
    /// Of the reason.
    why: &'static str,
    /// Of what to do.
    advice: &'static str,
    metric: &'static str,
    /// Of the server's words, which are not for the public.
    words: &'static str,
}

fn people(count: usize, domains: usize) -> Vec<String> {
    (0..count).map(|n| format!("r{n}@d{}.example", n % domains)).collect()
}

/// No arm for the rest: who adds a kind has to say how it is told.
fn case(halt: Halt) -> Case {
    match halt {
        Halt::RelayRefusesUs => Case {
            orders: json!({"refuse": "550 5.4.5 Daily user sending limit exceeded", "spare": [OWNER]}),
            readers: people(30, 4),
            why: "quota is used up",
            advice: "Nothing has to be done",
            metric: "postbell_relays_resting 1",
            words: "limit exceeded",
        },
        Halt::ReceiverRefusesUs => Case {
            orders: json!({"refuse": "550 5.7.1 Fnord wibbles", "only": ["@d0.example"]}),
            readers: people(25, 1).into_iter().chain(people(40, 5)).collect(),
            why: "the mail server of d0.example",
            advice: "Ask who runs the server",
            metric: "postbell_receivers_resting 1",
            words: "wibbles",
        },
        Halt::SenderRefused => Case {
            orders: json!({
                "refuse": "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
                "at": "dot", "spare": [OWNER],
            }),
            readers: people(30, 4),
            why: "the relay refuses this sender: 550",
            advice: "Mend mail.from",
            metric: "postbell_mailings_paused{reason=\"sender_refused\"} 1",
            words: "permissions",
        },
        Halt::Braked => Case {
            orders: json!({"refuse": "550 5.1.1 <{rcpt}>: User unknown", "only": ["@gone.example"]}),
            readers: people(195, 4)
                .into_iter()
                .chain((0..20).map(|n| format!("r{n}@gone.example")))
                .chain((0..1_000).map(|n| format!("k{n}@d9.example")))
                .collect(),
            why: "addresses do not exist",
            advice: "Find out where these addresses come from",
            metric: "postbell_mailings_paused{reason=\"braked\"} 1",
            words: "User unknown",
        },
        Halt::MailTooLarge => Case {
            orders: json!({}),
            readers: people(3, 3),
            why: "a template makes a mail of",
            advice: "Make it smaller",
            metric: "postbell_mailings_paused{reason=\"mail_too_large\"} 1",
            words: "Words of the operator",
        },
    }
}

/// R17, R7, D12
async fn whatever_holds_mails_up_is_told_in_six_places() {
    join_all(Halt::ALL.map(is_told)).await;
}

async fn is_told(halt: Halt) {
    let Case { orders, readers, why, advice, metric, words } = case(halt);
    let server = FaultSmtp::obedient();
    server.order(&orders);
    let site = FeedSite::start();
    let templates = tempfile::tempdir().unwrap();
    let folder = templates.path().to_string_lossy().into_owned();
    let more: &[(&str, &str)] = if halt == Halt::MailTooLarge { &[("TEMPLATES__DIR", &folder)] } else { &[] };
    let body = "{{ body_text }}";
    let huge = format!(
        "{body}{{% if title == \"News\" %}}{}{{% endif %}}",
        "Words of the operator.\n".repeat(10_000)
    );
    let text = Templates::embedded("post.txt").unwrap().replace(body, &huge);
    std::fs::write(templates.path().join("post.txt"), text).unwrap();
    let house = House::here(&format!("smtp://127.0.0.1:{}", server.port), more).await;
    house.run(&["blog", "add", &site.url(), "--slug", "kim", "--owner", OWNER]);
    house.import(&readers, "active");
    site.publish("News");
    let process = house.serve();
    until("the owner is told", || server.recipients().iter().any(|to| to == OWNER)).await;

    let code = halt.as_str();
    let ready: Value = serde_json::from_str(&get(&process, "/readyz").await).unwrap();
    assert_eq!(ready["codes"], json!([code]));
    assert!(!ready.to_string().contains(words), "{code}: no words of a server in public");
    let metrics = get(&process, "/metrics").await;
    assert!(metrics.contains(metric), "{code}: {metrics}");
    let number = house.json(&["mailing", "list"])[0]["id"].to_string();
    let doctor = house.may_fail(&["doctor", "--json"]);
    let doctor: Value = serde_json::from_str(&doctor).unwrap();
    for (place, shown) in [
        ("mailing list", house.run(&["mailing", "list"])),
        ("mailing show", house.run(&["mailing", "show", &number])),
        ("doctor", doctor["checks"].to_string()),
    ] {
        for part in [why, "since 20", advice] {
            assert!(shown.contains(part), "{code}: {place} says nothing of {part}: {shown}");
        }
    }
    assert_eq!(server.recipients().iter().filter(|to| *to == OWNER).count(), 1, "{code}: once");
}

/// R17: a counter cannot go down.
async fn what_is_taken_back_is_counted_as_such() {
    let server = FaultSmtp::obedient();
    server.order(&json!({"refuse": "550 5.7.1 Fnord wibbles"}));
    let site = FeedSite::start();
    let house = House::here(&format!("smtp://127.0.0.1:{}", server.port), &[]).await;
    house.run(&["blog", "add", &site.url(), "--slug", "kim", "--owner", OWNER]);
    house.import(&people(40, 4), "active");
    site.publish("News");
    let process = house.serve();
    until("the row is taken back", || process.output().contains("refusals were taken back")).await;
    let count = |metrics: &str, outcome: &str| -> u32 {
        let is_one = |line: &&str| {
            line.starts_with("postbell_mails_total") && line.contains(&format!("outcome=\"{outcome}\""))
        };
        metrics.lines().filter(is_one).filter_map(|line| line.rsplit(' ').next()?.parse::<u32>().ok()).sum()
    };
    // What was on its way is taken back behind the others.
    let deadline = Instant::now() + Duration::from_secs(60);
    let metrics = loop {
        let metrics = get(&process, "/metrics").await;
        if count(&metrics, "failed") == count(&metrics, "taken_back") || Instant::now() > deadline {
            break metrics;
        }
    };
    assert!(count(&metrics, "failed") >= 20, "{metrics}");
    assert_eq!(count(&metrics, "failed"), count(&metrics, "taken_back"), "{metrics}");
}
