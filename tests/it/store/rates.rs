//! Rates that nodes share.

use postbell::domain::HOUR_MS;
use postbell::store::SLICE_US;

use crate::support::stores::{NOW, Opened};

crate::for_each_store!(
    nodes_share_one_rate_and_a_bucket_is_its_own,
    who_waits_as_told_gets_the_next_places,
    an_hour_without_a_mail_saves_nothing_up,
    a_clock_that_was_moved_back_does_not_stop_a_rate,
);

async fn nodes_share_one_rate_and_a_bucket_is_its_own(opened: Opened) {
    let (first, second) = (opened.store.take("smtp", 100, 12, NOW), opened.store.take("smtp", 100, 500, NOW));
    let (first, second) = tokio::join!(first, second);
    let (first, second) = (first.unwrap(), second.unwrap());
    // 200 ms of a hundred a second, a little less for the way.
    assert_eq!(first.granted + second.granted, 20);
    let (early, late) = if first.from_us < second.from_us { (first, second) } else { (second, first) };
    assert_eq!(early.from_us, NOW.as_millis() * 1_000);
    assert_eq!(late.from_us, early.from_us + i64::from(early.granted) * early.interval_us);
    assert_eq!(opened.store.take("smtp", 100, 1, NOW).await.unwrap().granted, 0);
    assert_eq!(opened.store.take("other", 100, 12, NOW).await.unwrap().granted, 12);
}

async fn who_waits_as_told_gets_the_next_places(opened: Opened) {
    let (mut now, mut places) = (NOW, 0);
    while now.since_ms(NOW) < 60_000 {
        let slice = opened.store.take("smtp", 20, 1_000, now).await.unwrap();
        places += slice.granted;
        assert!(slice.next_at > now);
        now = slice.next_at;
    }
    assert!((1_160..=1_200).contains(&places), "{places} in a minute of 20 a second");
}

/// R9
async fn an_hour_without_a_mail_saves_nothing_up(opened: Opened) {
    opened.store.take("smtp", 20, 1_000, NOW).await.unwrap();
    let later = NOW.plus_ms(HOUR_MS);
    let slice = opened.store.take("smtp", 20, 1_000, later).await.unwrap();
    assert_eq!((slice.granted, slice.from_us), (4, later.as_millis() * 1_000));
    assert!(i64::from(slice.granted - 1) * slice.interval_us < SLICE_US);
}

/// R11
async fn a_clock_that_was_moved_back_does_not_stop_a_rate(opened: Opened) {
    opened.store.take("smtp", 20, 1_000, NOW.plus_ms(24 * HOUR_MS)).await.unwrap();
    assert!(opened.store.take("smtp", 20, 1_000, NOW).await.unwrap().granted > 0);
    assert!(opened.store.take("smtp", 20, 1_000, NOW.plus_ms(200)).await.unwrap().granted > 0);
}
