//! What is known of relays.

use postbell::store::RelayState;

use crate::support::stores::{NOW, Opened};

crate::for_each_store!(what_is_known_of_a_relay_is_the_last_that_was_written);

async fn what_is_known_of_a_relay_is_the_last_that_was_written(opened: Opened) {
    assert_eq!(opened.store.relay_state("a:25").await.unwrap(), RelayState::default());
    let learned = RelayState {
        offers_smtputf8: true,
        careful_until: Some(NOW.plus_ms(300_000)),
        most_mails: Some(100),
    };
    opened.store.record_relay("a:25", &learned, NOW).await.unwrap();
    opened.store.record_relay("a:25", &learned, NOW).await.unwrap();
    assert_eq!(opened.store.relay_state("a:25").await.unwrap(), learned);
    assert_eq!(opened.store.relay_state("b:25").await.unwrap(), RelayState::default());
    let well = RelayState { offers_smtputf8: true, ..RelayState::default() };
    opened.store.record_relay("a:25", &well, NOW).await.unwrap();
    assert_eq!(opened.store.relay_state("a:25").await.unwrap(), well);
}
