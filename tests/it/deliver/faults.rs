//! One fault at a time, and all of them together: nobody is lost, nobody else
//! gets mail, and copies are made only where the server left the outcome open.

use std::time::Duration;

use postbell::domain::{DAY_MS, DeliveryStatus, HOUR_MS};
use postbell::mail::smtp::SmtpSettings;

use super::{Rig, settings};
use crate::support::fault_smtp::{FaultSmtp, Judgement};
use crate::support::stores::NOW;

crate::for_each_database!(
    faults_that_pass_cost_no_reader_and_no_copy,
    a_server_that_cuts_after_taking_costs_one_copy_a_cut_at_most,
    an_unanswered_dot_is_tried_again,
    what_is_refused_for_now_is_tried_with_growing_waits_for_five_days,
    what_is_refused_for_good_is_tried_once_and_its_answer_is_kept,
    a_server_that_takes_only_so_many_a_second_gets_all_of_them_in_the_end,
    a_connection_that_the_server_closed_while_idle_is_opened_again,
    all_faults_together_lose_nobody,
);

const READERS: usize = 40;

struct Came {
    rig: Rig,
    server: FaultSmtp,
    readers: Vec<String>,
}

/// One post to forty followers over four connections, tried for six days.
async fn through(faults: &[(&str, &str)], change: impl FnOnce(&mut SmtpSettings)) -> Came {
    let server = FaultSmtp::start(faults);
    let mut settings = settings(server.port, 4);
    change(&mut settings);
    let mut rig = Rig::over_smtp(settings).await;
    let (blog, readers) = rig.blog("first", READERS).await;
    rig.post(&blog, "A post").await;
    rig.run_for(6 * DAY_MS).await;
    assert_eq!(rig.queued().await, 0, "{faults:?}");
    Came { rig, server, readers }
}

impl Came {
    fn judged(&self) -> Judgement {
        self.server.judge(&self.readers, Some("A post"))
    }

    /// Those that arrived and those that failed, apart; each reader is one of them.
    async fn failed(&self) -> Vec<String> {
        let failed = self.rig.readers_with(&self.readers, DeliveryStatus::Failed).await;
        let mut lost = self.judged().lost;
        lost.sort();
        let mut sorted = failed.clone();
        sorted.sort();
        assert_eq!(sorted, lost, "who did not get it is on record, and nobody else");
        failed
    }
}

/// R5, R7
async fn faults_that_pass_cost_no_reader_and_no_copy() {
    let faults: [&[(&str, &str)]; 8] = [
        &[("greylist", "1")],
        &[("data421", "0.3")],
        &[("dot451", "0.3")],
        &[("cutbefore", "0.3")],
        &[("limit", "3")],
        &[("closeafter", "2")],
        &[("greet421", "0.5")],
        &[("confused", "0.2")],
    ];
    for faults in faults {
        let came = through(faults, |_| {}).await;
        assert_eq!(came.judged(), Judgement::default(), "{faults:?}");
        assert!(came.failed().await.is_empty());
    }
}

/// R3
async fn a_server_that_cuts_after_taking_costs_one_copy_a_cut_at_most() {
    let came = through(&[("cutafter", "0.4"), ("times", "12")], |_| {}).await;
    let judged = came.judged();
    assert!((1..=12).contains(&judged.extra_copies), "{judged:?}");
    assert!(judged.lost.is_empty() && judged.strangers.is_empty(), "{judged:?}");
    assert!(judged.new_ids.is_empty(), "a copy can be told by its Message-ID");
}

/// R3, R5
async fn an_unanswered_dot_is_tried_again() {
    let came = through(&[("stalldot", "0.2"), ("times", "4")], |settings| {
        settings.data_timeout = Duration::from_millis(500);
    })
    .await;
    assert_eq!(came.judged(), Judgement::default());
}

/// R5
async fn what_is_refused_for_now_is_tried_with_growing_waits_for_five_days() {
    let came = through(&[("rcpt450", "0.2")], |_| {}).await;
    let failed = came.failed().await;
    assert!(!failed.is_empty());
    for reader in &failed {
        let row = came.rig.delivery(reader).await;
        let tried_ms = row.settled_at.unwrap().since_ms(NOW);
        assert!((5 * DAY_MS..5 * DAY_MS + 5 * HOUR_MS).contains(&tried_ms), "{tried_ms}");
        // 1, 2, 4, … minutes up to 4 hours, a fifth more or less each.
        assert!((30..=50).contains(&row.attempts), "{}", row.attempts);
        assert_eq!((row.reply.code, row.reply.enhanced.as_deref()), (Some(450), Some("4.2.2")));
    }
    let judged = came.judged();
    assert!(judged.strangers.is_empty() && judged.extra_copies == 0);
}

/// R6, R7
async fn what_is_refused_for_good_is_tried_once_and_its_answer_is_kept() {
    let codes = [("rcpt550", 550, "5.1.1", "nobody of that name"), ("dot554", 554, "5.7.1", "spam")];
    for (fault, code, enhanced, text) in codes {
        let came = through(&[(fault, "0.3")], |_| {}).await;
        let failed = came.failed().await;
        assert!(!failed.is_empty() && failed.len() < READERS, "{fault}");
        for reader in &failed {
            let row = came.rig.delivery(reader).await;
            assert_eq!((row.attempts, row.reply.code), (1, Some(code)), "{fault}");
            assert_eq!(row.reply.enhanced.as_deref(), Some(enhanced));
            assert!(row.reply.text.contains(text), "{}", row.reply.text);
        }
        assert_eq!(came.judged().extra_copies, 0);
    }
}

/// R5
async fn a_server_that_takes_only_so_many_a_second_gets_all_of_them_in_the_end() {
    let server = FaultSmtp::start(&[("rate", "15")]);
    let mut rig = Rig::over_smtp(settings(server.port, 4)).await;
    let (blog, readers) = rig.blog("first", READERS).await;
    rig.post(&blog, "A post").await;
    for _ in 0..8 {
        rig.work().await;
        rig.clock.advance_ms(HOUR_MS);
        // The server's second is of its own clock.
        tokio::time::sleep(Duration::from_millis(1_050)).await;
        if rig.queued().await == 0 {
            break;
        }
    }
    assert_eq!(server.judge(&readers, None), Judgement::default());
}

/// R7
async fn a_connection_that_the_server_closed_while_idle_is_opened_again() {
    let server = FaultSmtp::start(&[("idleclose", "0.2")]);
    let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
    let (blog, readers) = rig.blog("first", 6).await;
    for title in ["One", "Two"] {
        rig.post(&blog, title).await;
        rig.work().await;
        assert_eq!(server.judge(&readers, Some(title)), Judgement::default());
        // The server's patience is of its own clock.
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    for reader in &readers {
        assert!(rig.deliveries(reader).await.iter().all(|row| row.attempts == 1));
    }
}

/// R3, R5, R6, R7
async fn all_faults_together_lose_nobody() {
    let faults = [
        ("greylist", "0.3"),
        ("rcpt550", "0.05"),
        ("data421", "0.05"),
        ("dot451", "0.05"),
        ("cutbefore", "0.05"),
        ("cutafter", "0.05"),
        ("confused", "0.03"),
        ("greet421", "0.05"),
        ("limit", "7"),
        ("seed", "7"),
    ];
    let came = through(&faults, |_| {}).await;
    for reader in came.failed().await {
        assert_eq!(came.rig.delivery(&reader).await.reply.code, Some(550));
    }
    let judged = came.judged();
    assert!(judged.strangers.is_empty() && judged.new_ids.is_empty(), "{judged:?}");
    assert!(judged.extra_copies <= READERS / 4, "{judged:?}");
}
