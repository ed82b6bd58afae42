//! Origins that were made when the host of every item was taken for the blog's own.

use postbell::upkeep::{Policy, Upkeep};

use super::old::Old;

crate::for_each_database!(origins_that_items_brought_are_taken_back_and_those_set_by_hand_stay);

async fn origins_that_items_brought_are_taken_back_and_those_set_by_hand_stay() {
    let upgraded = Old::restore().await.upgrade().await;
    let server = &upgraded.server;
    let sign_up = async |slug: &str, origin: &str, address: &str| {
        let request = server.ask("POST", &format!("/b/{slug}/follow")).header("origin", origin);
        request.form(&[("email", address)]).send().await.status
    };
    let policy = Policy { pending_days: 30, ended_days: 365, log_days: 90 };
    let store = server.opened.store.clone();
    let upkeep = Upkeep { store, clock: server.clock.clone(), policy };
    assert_eq!(sign_up("musings", "https://elsewhere.example", "paula@example.org").await, 303);
    upkeep.tick().await.unwrap();
    for foreign in ["https://elsewhere.example", "https://www.music.example"] {
        assert_eq!(sign_up("musings", foreign, "paul@example.org").await, 403, "{foreign}");
    }
    assert_eq!(sign_up("musings", "https://www.musings.example", "paul@example.org").await, 303);
    // A page elsewhere is not where a form leads to either.
    let form = [("email", "petra@example.org"), ("next", "https://elsewhere.example/thanks")];
    let request = server.ask("POST", "/b/musings/follow").header("origin", "https://musings.example");
    let answer = request.form(&form).send().await;
    assert_eq!(answer.header("location"), "/b/musings/check-inbox");
    let by_hand = ["https://app.harbour.example", "https://forms.example", "https://harbour.example"];
    for (at, origin) in by_hand.into_iter().enumerate() {
        assert_eq!(sign_up("harbour", origin, &format!("r{at}@example.org")).await, 303, "{origin}");
    }
    let origins = async || server.opened.store.list_blogs().await.unwrap().remove(2).origins;
    let before = origins().await;
    upkeep.tick().await.unwrap();
    assert_eq!(origins().await, before, "it is done once");
}
