//! Corrections: a second mailing of a post.

use postbell::domain::MailingStatus::{Cancelled, Done, Filling, Sending};
use postbell::domain::{Correction, DAY_MS, MailingContent, MailingId, PostId};
use postbell::store::{Purged, Settled, Settlement};

use super::{mailing, see};
use crate::support::stores::{NOW, Opened, content};

crate::for_each_store!(
    a_correction_goes_to_those_who_were_sent_the_post,
    a_correction_of_a_cancelled_post_reaches_the_others_too,
    a_correction_of_a_post_cancelled_in_words_reaches_the_others_too,
    of_two_corrections_at_once_one_is_made,
    an_old_correction_is_folded_and_answers_as_before,
);

fn mended(title: &str) -> MailingContent {
    let correction = Correction { subject: title.to_owned(), note: None };
    MailingContent { correction: Some(correction), ..content(title) }
}

async fn post_of(opened: &Opened, id: MailingId) -> PostId {
    see(opened, id).await.post_id.unwrap()
}

/// Address and payload of the deliveries of a mailing, by address.
async fn deliveries(opened: &Opened, id: MailingId) -> Vec<(String, Option<String>)> {
    let claimed = opened.store.claim("n", NOW, NOW.plus_ms(60_000), 99).await.unwrap();
    let mut own: Vec<_> = claimed
        .into_iter()
        .filter(|row| row.mailing_id == Some(id))
        .map(|row| (row.address, row.payload))
        .collect();
    own.sort();
    own
}

async fn settle_all(opened: &Opened, fails: &str) {
    for row in opened.store.claim("n", NOW, NOW.plus_ms(60_000), 99).await.unwrap() {
        let settled = if row.address.starts_with(fails) {
            Settled::Failed { reply: Default::default(), is_hard: false }
        } else {
            Settled::Sent { reply: Default::default() }
        };
        opened.store.settle("n", &[Settlement { id: row.id, settled }], NOW).await.unwrap();
    }
}

async fn a_correction_goes_to_those_who_were_sent_the_post(opened: Opened) {
    let blog = opened.blog("first").await;
    for reader in ["a@example.org", "b@example.org", "full@example.org"] {
        opened.follow(&blog, reader, NOW).await;
    }
    let first = mailing(&opened, &blog, "a").await;
    let post = post_of(&opened, first).await;
    let correct = async |now| opened.store.correct_post(post, first, &mended("a"), now).await.unwrap();
    assert_eq!(correct(NOW).await, None, "its deliveries are not written yet");
    opened.store.fan_out(first, 99, NOW).await.unwrap();
    assert_eq!(correct(NOW).await, None, "some are queued");
    settle_all(&opened, "full@").await;
    opened.store.finish_mailings(NOW).await.unwrap();
    assert_eq!(see(&opened, first).await.status, Done);
    opened.follow(&blog, "late@example.org", NOW.plus_ms(1)).await;

    let second = correct(NOW.plus_ms(2)).await.unwrap();
    assert_eq!(see(&opened, second).await.content.correction, mended("a").correction);
    for _ in 0..2 {
        opened.store.fan_out(second, 1, NOW).await.unwrap();
    }
    opened.store.fan_out(second, 99, NOW).await.unwrap();
    let sent = "SELECT id FROM deliveries WHERE status = 'sent' AND mailing_id =";
    let lowest = opened.number(&format!("{sent} {first} ORDER BY id LIMIT 1")).await;
    let rows = deliveries(&opened, second).await;
    let row = |who: &str, id: i64| (format!("{who}@example.org"), Some(format!("{id} {first}")));
    assert_eq!(rows, [row("a", lowest), row("b", lowest + 1)], "refused and late readers get nothing");
    let of_post = opened.store.list_mailings_of(post).await.unwrap();
    assert_eq!(of_post.iter().map(|mailing| mailing.id).collect::<Vec<_>>(), [first, second]);
    // The post's own mailing stays what it was.
    assert_eq!(opened.store.get_post(post).await.unwrap().unwrap().mailing_id, Some(first));
}

async fn a_correction_of_a_cancelled_post_reaches_the_others_too(opened: Opened) {
    correct_cancelled(opened, false).await;
}

/// Cancelled before reasons were codes.
async fn a_correction_of_a_post_cancelled_in_words_reaches_the_others_too(opened: Opened) {
    correct_cancelled(opened, true).await;
}

async fn correct_cancelled(opened: Opened, in_words: bool) {
    let blog = opened.blog("first").await;
    for reader in ["a@example.org", "b@example.org", "c@example.org"] {
        opened.follow(&blog, reader, NOW).await;
    }
    let first = mailing(&opened, &blog, "a").await;
    let post = post_of(&opened, first).await;
    // One gets it, one has a delivery when it is cancelled, one has none yet.
    opened.store.fan_out(first, 1, NOW).await.unwrap();
    settle_all(&opened, "nobody").await;
    opened.store.fan_out(first, 1, NOW).await.unwrap();
    assert!(opened.store.set_mailing_status(first, Filling, Cancelled, None, NOW).await.unwrap());
    if in_words {
        opened.write_singly().await;
        let words = "UPDATE singles SET reason = 'the mailing was cancelled' WHERE status = 'withheld'";
        assert_eq!(opened.raw(words).await.unwrap(), 1);
    }
    let second = opened.store.correct_post(post, first, &mended("a"), NOW).await.unwrap().unwrap();
    opened.store.fan_out(second, 99, NOW).await.unwrap();
    assert_eq!(see(&opened, second).await.status, Sending);
    let rows = deliveries(&opened, second).await;
    let answers: Vec<_> = rows.iter().map(|(who, payload)| (who.as_str(), payload.is_some())).collect();
    assert_eq!(answers, [("a@example.org", true), ("b@example.org", false), ("c@example.org", false)]);
}

async fn of_two_corrections_at_once_one_is_made(opened: Opened) {
    let blog = opened.blog("first").await;
    let first = mailing(&opened, &blog, "a").await;
    let post = post_of(&opened, first).await;
    opened.store.fan_out(first, 9, NOW).await.unwrap();
    opened.store.finish_mailings(NOW).await.unwrap();
    let (text, other) = (mended("a"), mended("b"));
    let (one, two) = tokio::join!(
        opened.store.correct_post(post, first, &text, NOW),
        opened.store.correct_post(post, first, &other, NOW)
    );
    assert!(one.unwrap().is_some() ^ two.unwrap().is_some());
    assert_eq!(opened.store.correct_post(PostId(99), first, &text, NOW).await.unwrap(), None);
}

async fn an_old_correction_is_folded_and_answers_as_before(opened: Opened) {
    let blog = opened.blog("first").await;
    for n in 0..20 {
        opened.follow(&blog, &format!("r{n:02}@example.org"), NOW).await;
    }
    let first = mailing(&opened, &blog, "a").await;
    opened.store.fan_out(first, 99, NOW).await.unwrap();
    settle_all(&opened, "-").await;
    opened.store.finish_mailings(NOW).await.unwrap();
    let post = post_of(&opened, first).await;
    let second = opened.store.correct_post(post, first, &mended("a"), NOW).await.unwrap().unwrap();
    while !opened.store.fan_out(second, 7, NOW).await.unwrap().is_complete {}
    settle_all(&opened, "-").await;
    opened.store.finish_mailings(NOW).await.unwrap();
    let answers = async || {
        let ids =
            "SELECT CAST(id AS TEXT) || ' ' || subscription_id || ' ' || status FROM deliveries ORDER BY id";
        (opened.texts(ids).await, opened.store.count_deliveries(second).await.unwrap())
    };
    let before = answers().await;
    let late = NOW.plus_ms(100 * DAY_MS);
    while opened.store.purge(NOW, NOW, late, 100).await.unwrap() != Purged::default() {}
    let posts =
        |(ids, counts): (Vec<String>, _)| (ids.into_iter().filter(|id| id.ends_with("sent")).count(), counts);
    assert_eq!(posts(answers().await), (40, before.1));
    assert_eq!(opened.number("SELECT COUNT(*) FROM singles WHERE mailing_id IS NOT NULL").await, 0);
}
