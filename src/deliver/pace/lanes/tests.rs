//! Lanes against receivers that count.

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;

use super::*;
use crate::deliver::pace::is_too_fast;
use crate::deliver::pace::lane::{LONGEST_PAUSE_MS, PUT_OFF_MS, SLOWEST, WAIT_HERE_MS};
use crate::domain::Reply;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn goes(lanes: &mut Lanes, address: &str, now: Timestamp) -> bool {
    matches!(lanes.enter(address, Kept::default(), now), Entry::Go(_))
}

/// A receiver that takes so many mails in any second.
struct Strict {
    per_second: usize,
    recent: VecDeque<i64>,
    taken: usize,
    refused: usize,
}

impl Strict {
    fn new(per_second: usize) -> Self {
        Self { per_second, recent: VecDeque::new(), taken: 0, refused: 0 }
    }

    fn answer(&mut self, now: Timestamp) -> Answer {
        while self.recent.front().is_some_and(|at| *at <= now.as_millis() - 1_000) {
            self.recent.pop_front();
        }
        if self.recent.len() >= self.per_second {
            self.refused += 1;
            return Answer::TooFast;
        }
        self.recent.push_back(now.as_millis());
        self.taken += 1;
        Answer::Taken
    }
}

/// A node with so many connections and more mails than it can send, whose
/// answers come after `trip_ms`; runs for so many seconds. Mails that are put
/// off come back in time.
fn run(lanes: &mut Lanes, peer: &mut Strict, domains: usize, connections: usize, trip_ms: i64, seconds: i64) {
    let mut later: BTreeMap<(i64, usize), (String, Kept)> = BTreeMap::new();
    let mut on_wire: VecDeque<(i64, Arc<str>)> = VecDeque::new();
    let mut number = 0;
    for ms in 0..seconds * 1_000 {
        let now = NOW.plus_ms(ms);
        while on_wire.front().is_some_and(|(at, _)| *at <= ms) {
            let Some((_, group)) = on_wire.pop_front() else { break };
            lanes.leave(&group, peer.answer(now), now);
        }
        for _ in 0..20 {
            if on_wire.len() >= connections {
                break;
            }
            number += 1;
            let due = later.first_key_value().filter(|(key, _)| key.0 <= ms).map(|(key, _)| *key);
            // As many as a queue keeps for slow receivers.
            if due.is_none() && later.len() >= 1_000 {
                break;
            }
            let (address, kept) = due
                .and_then(|key| later.remove(&key))
                .unwrap_or_else(|| (format!("r@d{}.example", number % domains), Kept::default()));
            match lanes.enter(&address, kept, now) {
                Entry::Go(group) => on_wire.push_back((ms + trip_ms, group)),
                Entry::Wait { until, kept } => {
                    later.insert((until.since_ms(NOW), number), (address, kept));
                }
                // More than the run is long.
                Entry::PutOff(_) => {}
                Entry::RelayWaits(_) => {
                    later.insert((ms + 1, number), (address, kept));
                    break;
                }
            }
        }
    }
}

/// D11
#[test]
fn a_receiver_that_takes_twenty_a_second_refuses_less_than_two_of_a_hundred() {
    for (connections, trip_ms) in [(1, 5), (10, 1), (10, 50), (50, 20)] {
        let (mut lanes, mut peer) = (Lanes::default(), Strict::new(20));
        run(&mut lanes, &mut peer, 1, connections, trip_ms, 600);
        let (taken, refused) = (peer.taken, peer.refused);
        assert!(refused * 50 < taken + refused, "{connections} × {trip_ms} ms: {refused} of {taken}");
        assert!(taken > 600 * 20 * 7 / 10, "{connections} × {trip_ms} ms: {taken} in ten minutes");
    }
}

/// D11
#[test]
fn a_relay_that_takes_twenty_a_second_for_all_its_receivers_is_found_out_too() {
    let (mut lanes, mut peer) = (Lanes::default(), Strict::new(20));
    run(&mut lanes, &mut peer, 100, 10, 5, 600);
    assert!(peer.refused * 50 < peer.taken + peer.refused, "{} of {}", peer.refused, peer.taken);
    assert!(peer.taken > 600 * 20 * 6 / 10, "{} in ten minutes", peer.taken);
}

#[test]
fn who_speeds_up_again_is_followed() {
    let (mut lanes, mut peer) = (Lanes::default(), Strict::new(20));
    run(&mut lanes, &mut peer, 1, 10, 5, 60);
    let speed = |lanes: &Lanes| lanes.per_second("r@d0.example").expect("it was slowed down");
    assert!(speed(&lanes) < 21.0);
    for second in 0..600 {
        lanes.leave(&"d0.example".into(), Answer::Taken, NOW.plus_ms(60_000 + second * 1_000));
        for _ in 1..speed(&lanes) as usize {
            lanes.leave(&"d0.example".into(), Answer::Taken, NOW.plus_ms(60_000 + second * 1_000));
        }
        if speed(&lanes) > 1_000.0 {
            assert!((60..180).contains(&second), "{second} s from 20 to 1,000 a second");
            return;
        }
    }
    panic!("{}", speed(&lanes));
}

#[test]
fn one_slow_receiver_holds_up_no_other() {
    let mut lanes = Lanes::default();
    for _ in 0..5 {
        lanes.enter("a@slow.example", Kept::default(), NOW);
        lanes.leave(&"slow.example".into(), Answer::TooFast, NOW);
    }
    assert!(!goes(&mut lanes, "a@slow.example", NOW));
    for n in 0..1_000 {
        assert!(goes(&mut lanes, &format!("a@d{n}.example"), NOW));
        assert!(goes(&mut lanes, "b@fast.example", NOW));
    }
}

#[test]
fn the_domains_of_one_provider_share_a_lane_and_its_connections() {
    let mut lanes = Lanes::default();
    for address in ["a@orange.fr", "b@wanadoo.fr", "c@orange.fr"] {
        assert!(goes(&mut lanes, address, NOW));
    }
    assert!(matches!(lanes.enter("d@wanadoo.fr", Kept::default(), NOW), Entry::Wait { .. }));
    lanes.leave(&"orange".into(), Answer::Taken, NOW);
    assert!(goes(&mut lanes, "d@wanadoo.fr", NOW));
}

#[test]
fn mails_of_a_slow_receiver_are_put_off_each_to_its_own_moment() {
    let mut lanes = Lanes::default();
    for _ in 0..10 {
        lanes.enter("a@slow.example", Kept::default(), NOW);
        lanes.leave(&"slow.example".into(), Answer::Taken, NOW);
    }
    lanes.enter("a@slow.example", Kept::default(), NOW);
    lanes.leave(&"slow.example".into(), Answer::TooFast, NOW);
    let (mut waiting, mut put_off) = (Vec::new(), Vec::new());
    for n in 0..100 {
        match lanes.enter(&format!("r{n}@slow.example"), Kept::default(), NOW) {
            Entry::Wait { until, .. } => waiting.push(until),
            Entry::PutOff(at) => put_off.push(at),
            other => panic!("{other:?}"),
        }
    }
    // 8 a second after a pause of one: the next second's wait here.
    assert_eq!(waiting.len(), 9);
    assert!(waiting.iter().all(|at| at.since_ms(NOW) <= WAIT_HERE_MS));
    assert!(put_off.windows(2).all(|pair| (125..=126).contains(&pair[1].since_ms(pair[0]))), "{put_off:?}");
}

#[test]
fn only_words_about_speed_slow_us_down() {
    for (code, enhanced, text, expected) in [
        (450, "4.7.0", "too many mails a second", true),
        (421, "4.7.28", "Gmail has detected an unusual rate of mail", true),
        (451, "4.7.650", "temporarily rate limited due to IP reputation", true),
        (421, "4.7.0", "[TSS04] Messages from 192.0.2.1 temporarily deferred", true),
        (421, "", "RP-001 exceeded rate limits: too many messages", true),
        (450, "4.2.2", "mailbox full", false),
        (450, "4.2.1", "the user is receiving mail too quickly", false),
        (451, "4.7.1", "Greylisted, come back later", false),
        (421, "4.4.5", "too many mails on this connection", false),
        (421, "4.3.2", "shutting down", false),
        (452, "4.3.1", "disk", false),
        (550, "5.7.1", "too many mails", false),
        (454, "4.7.0", "login not now", false),
    ] {
        let enhanced = Some(enhanced.to_owned()).filter(|status| !status.is_empty());
        let reply = Reply { code: Some(code), enhanced, text: text.to_owned() };
        assert_eq!(is_too_fast(&reply), expected, "{code} {text}");
    }
}

proptest! {
    /// R11
    #[test]
    fn whatever_was_answered_and_however_the_clock_jumps_a_mail_goes_in_time(
        steps in prop::collection::vec((0_u8..4, any::<bool>(), -90_000_000_i64..90_000_000), 0..80),
    ) {
        let (mut lanes, mut now) = (Lanes::default(), NOW);
        for (what, is_jump, ms) in steps {
            now = now.plus_ms(if is_jump { ms } else { ms.rem_euclid(5_000) });
            if goes(&mut lanes, "a@one.example", now) {
                let answer = [Answer::Taken, Answer::TooFast, Answer::TooFast, Answer::Silent][usize::from(what)];
                lanes.leave(&"one.example".into(), answer, now);
            }
            let speed = lanes.per_second("a@one.example");
            prop_assert!(speed.is_none_or(|speed| speed >= SLOWEST));
        }
        let (end, mut kept) = (now.plus_ms(PUT_OFF_MS + LONGEST_PAUSE_MS + 60_000), Kept::default());
        loop {
            let next = match lanes.enter("a@one.example", kept, now) {
                Entry::Go(_) => break,
                Entry::Wait { until, kept: is_now } => { kept = is_now; until }
                Entry::PutOff(at) => at,
                Entry::RelayWaits(until) => until,
            };
            prop_assert!(next > now, "{:?}", next);
            now = next;
            prop_assert!(now < end, "it waits for ever");
        }
    }
}
