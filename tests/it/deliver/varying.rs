//! A refusal of us is never a reader's fault (R17): in words that vary.

use postbell::domain::{DeliveryStatus, HOUR_MS, MINUTE_MS};
use serde_json::{Value, json};

use super::refusals::{blog_of_domains, notices};
use super::{Rig, settings};
use crate::support::fault_smtp::FaultSmtp;

crate::for_each_database!(
    everybody_refused_in_words_that_vary_is_about_us,
    a_relay_at_rest_is_asked_after_a_restart_at_no_readers_cost,
);

const DOMAINS: usize = 7;
const WORDS: &[&str] = &["apple", "pear", "plum", "cherry", "quince", "medlar", "fig"];

/// Refusals by the last digit before the `@`, so that no domain has its own:
/// one in so many words, and (`gone`) of one digit as a mailbox that is not there.
fn orders(words: usize, has_gone: bool) -> Value {
    let order = |digit: usize| {
        let text = match digit {
            9 if has_gone => "550 5.1.1 <{rcpt}>: User unknown".to_owned(),
            _ => format!("550 5.7.1 Policy {} says no", WORDS[digit % words]),
        };
        let only: Vec<_> = (0..DOMAINS).map(|domain| format!("{digit}@d{domain}.example")).collect();
        json!({"refuse": text, "only": only})
    };
    let mut all: Vec<_> = (0..10).map(order).collect();
    all.push(json!({"refuse": "550 5.7.1 Policy mulberry says no", "only": ["owner@example.org"]}));
    Value::Array(all)
}

/// R17, B6
async fn everybody_refused_in_words_that_vary_is_about_us() {
    for (words, has_gone) in [(7, false), (3, false), (7, true)] {
        let seen = format!("{words} words, some gone: {has_gone}");
        let server = FaultSmtp::obedient();
        server.order(&orders(words, has_gone));
        let mut rig = Rig::over_smtp(settings(server.port, 4)).await;
        let (blog, readers) = blog_of_domains(&rig, "first", 200, DOMAINS).await;
        rig.post(&blog, "News").await;
        rig.work().await;
        assert!(rig.rests().await, "{seen}");
        // Each probe draws its words anew.
        rig.run_for(3 * HOUR_MS).await;
        let failed = rig.readers_with(&readers, DeliveryStatus::Failed).await;
        assert!(failed.iter().all(|to| has_gone && to.contains("9@")), "{seen}: {failed:?}");
        let suppressed = i64::try_from(failed.len()).unwrap();
        assert_eq!(rig.opened.rows("suppressions").await, suppressed, "{seen}");
        let others = "SELECT COUNT(*) FROM deliveries WHERE status = 'failed'";
        assert_eq!(rig.opened.number(others).await, suppressed, "the notice waits too: {seen}");
        server.order(&json!({}));
        rig.run_for(3 * HOUR_MS).await;
        let lost = server.judge(&readers, Some("News")).lost;
        assert_eq!(lost.len(), failed.len(), "{seen}: {lost:?}");
        assert_eq!(notices(&server).values().sum::<usize>(), 1, "{seen}");
        assert_eq!(rig.opened.number("SELECT MAX(attempts) FROM deliveries").await, 1, "{seen}");
    }
}

/// R17: with fewer readers left than make a row.
async fn a_relay_at_rest_is_asked_after_a_restart_at_no_readers_cost() {
    let server = FaultSmtp::obedient();
    let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
    let (blog, readers) = blog_of_domains(&rig, "first", 12, DOMAINS).await;
    server.order(&json!({"refuse": "550 5.7.1 Relaying denied"}));
    rig.post(&blog, "News").await;
    rig.work().await;
    server.order(&orders(7, false));
    for is_mended in [false, true] {
        if is_mended {
            server.order(&json!({}));
        }
        rig.restart(settings(server.port, 2)).await;
        // Of those that are in a process's hands the leases run out.
        rig.run_for(if is_mended { MINUTE_MS } else { HOUR_MS }).await;
        assert_eq!(rig.readers_with(&readers, DeliveryStatus::Failed).await.len(), 0);
    }
    assert_eq!(server.judge(&readers, Some("News")).lost.len(), 0);
}
