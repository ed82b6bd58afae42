//! The rule of the row.

use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn refuse(watch: &mut Watch, n: usize, domains: usize) -> Seen {
    let domain = format!("d{}.example", n % domains);
    watch.note_refused("550 fnord", &format!("r{n}@{domain}"), &domain, NOW)
}

#[test]
fn twenty_readers_of_three_domains_in_a_row_are_about_us_and_nineteen_are_not() {
    let mut watch = Watch::default();
    for n in 0..19 {
        assert_eq!(refuse(&mut watch, n, 3).about, None, "{n}");
    }
    // One reader twice is one reader.
    assert_eq!(refuse(&mut watch, 0, 3).about, None);
    let seen = refuse(&mut watch, 19, 3);
    assert_eq!((seen.run, seen.about), (20, Some(Scope::Relay)));
}

#[test]
fn of_one_domain_only_it_is_about_that_domain() {
    let mut watch = Watch::default();
    let about: Vec<_> = (0..20).map(|n| refuse(&mut watch, n, 1).about).collect();
    assert_eq!(about[18..], [None, Some(Scope::Domain)]);
    // Others in between do not hide it.
    let mut watch = Watch::default();
    let mut last = None;
    for n in 0..20 {
        watch.note_taken("other.example", NOW);
        watch.note_taken("third.example", NOW);
        last = refuse(&mut watch, n, 1).about;
    }
    assert_eq!(last, Some(Scope::Domain));
}

#[test]
fn a_mail_that_is_taken_ends_the_row_and_half_of_fifty_is_enough() {
    let mut watch = Watch::default();
    let mut about = Vec::new();
    for n in 0..60 {
        watch.note_taken(&format!("d{}.example", n % 7), NOW);
        about.push(refuse(&mut watch, n, 7).about);
    }
    let first = about.iter().position(Option::is_some);
    assert_eq!(first, Some(24), "the twenty-fifth of fifty");
    assert_eq!(about[24], Some(Scope::Relay));
}

#[test]
fn who_names_us_is_the_relay_until_others_are_served() {
    let mut watch = Watch::default();
    let later = |seconds: i64| NOW.plus_ms(seconds * 1_000);
    assert_eq!(watch.note_named("a.example", later(0)), Scope::Relay);
    assert_eq!(watch.note_named("a.example", later(1)), Scope::Relay, "nobody was served since");
    watch.note_taken("b.example", later(1));
    assert_eq!(watch.note_named("a.example", later(2)), Scope::Relay, "it was on its way before");
    watch.note_taken("b.example", later(3));
    assert_eq!(watch.note_named("a.example", later(4)), Scope::Domain);
    watch.note_taken("a.example", later(5));
    assert_eq!(watch.note_named("a.example", later(6)), Scope::Relay, "it was well in between");
}

#[test]
fn what_one_receiver_says_of_us_is_its_own_until_a_second_one_says_it_too() {
    let mut watch = Watch::default();
    let later = |seconds: i64| NOW.plus_ms(seconds * 1_000);
    assert_eq!(watch.note_named_by_receiver("a.example", later(0)), Scope::Domain);
    assert_eq!(watch.note_named_by_receiver("a.example", later(1)), Scope::Domain, "it alone");
    watch.note_taken("c.example", later(2));
    assert_eq!(watch.note_named_by_receiver("b.example", later(3)), Scope::Domain, "others are served");
    assert_eq!(watch.note_named_by_receiver("d.example", later(4)), Scope::Relay);
    watch.note_taken("d.example", later(5));
    watch.note_taken("b.example", later(5));
    watch.note_taken("a.example", later(5));
    assert_eq!(
        watch.note_named_by_receiver("b.example", later(6)),
        Scope::Domain,
        "all were well in between"
    );
}

/// R17
#[test]
fn unknown_domains_are_dead_until_they_are_everybodys() {
    const DEAD: &str = "550 (unknown domain)";
    let mut watch = Watch::default();
    // One that is closed, however many readers it had.
    for n in 0..60 {
        let seen = watch.note_refused(DEAD, &format!("r{n}"), "closed.example", NOW);
        assert_eq!((seen.about, seen.any_run, seen.domain_run), (None, 0, 0), "{n}");
    }
    // One of twenty readers of an old list.
    for n in 0..1_000 {
        watch.note_taken(&format!("d{}.example", n % 9), NOW);
        if n % 20 == 0 {
            let domain = format!("gone{n}.example");
            assert_eq!(watch.note_refused(DEAD, &format!("o{n}"), &domain, NOW).about, None, "{n}");
        }
    }
    watch.note_taken("d0.example", NOW);
    let row =
        (0..20).map(|n| watch.note_refused(DEAD, &format!("k{n}"), &format!("d{}.example", n % 5), NOW));
    assert_eq!(row.last().and_then(|seen| seen.about), Some(Scope::Relay));
    // What was said before is in doubt then, and what was said of nobody is not.
    watch.begin_anew();
    watch.doubt_domains(NOW);
    assert!(watch.is_named("closed.example", NOW) && watch.is_named("d3.example", NOW));
    assert!(!watch.is_named("d8.example", NOW));
    watch.note_taken("d3.example", NOW.plus_ms(1));
    assert!(!watch.is_named("d3.example", NOW) && !watch.is_named("closed.example", NOW.plus_ms(DAY_MS)));
}

/// R17
#[test]
fn unknown_domains_that_wait_count_where_few_others_are_left() {
    const DEAD: &str = "550 (unknown domain)";
    for (waiting, left, expected) in
        [(0, 2, None), (1, 2, Some(Scope::Relay)), (2, 1, Some(Scope::Relay)), (1, 1, None)]
    {
        let mut watch = Watch::default();
        for n in 0..waiting {
            watch.note_named(&format!("w{n}.example"), NOW);
        }
        let row = (0..20)
            .map(|n| watch.note_refused(DEAD, &format!("k{n}"), &format!("d{}.example", n % left), NOW));
        assert_eq!(row.last().and_then(|seen| seen.about), expected, "{waiting} and {left}");
    }
    // Within one domain in other words, only that domain rests.
    let mut watch = Watch::default();
    watch.note_named("w0.example", NOW);
    watch.note_named("w1.example", NOW);
    assert_eq!(
        (0..20).map(|n| refuse(&mut watch, n, 1)).last().and_then(|seen| seen.about),
        Some(Scope::Domain)
    );
}

#[test]
fn a_watch_is_idle_before_the_first_refusal_and_after_fifty_mails() {
    let mut watch = Watch::default();
    assert!(watch.is_idle());
    refuse(&mut watch, 0, 1);
    for _ in 0..WINDOW {
        assert!(!watch.is_idle());
        watch.note_taken("d0.example", NOW);
    }
    assert!(watch.is_idle());
}

fn written(node: &str, domain: &str, run: u32, domain_run: u32) -> Written {
    let seen = Seen { run, domain_run, any_run: 0, about: None };
    Written { node: node.to_owned(), domain: domain.to_owned(), seen }
}

#[test]
fn what_one_process_began_another_goes_on_with() {
    let rows = |node: &'static str, count: u32| {
        (1..=count).rev().map(move |run| written(node, ["a", "b", "c"][run as usize % 3], run, run / 3))
    };
    let both: Vec<_> = rows("new", 8).chain(rows("killed", 12)).collect();
    assert_eq!(across(&both), Some(vec![None]));
    let few: Vec<_> = rows("new", 7).chain(rows("killed", 12)).collect();
    assert_eq!(across(&few), None);
    let one: Vec<_> = (1..=20).rev().map(|run| written("new", "a", run, run)).collect();
    assert_eq!(across(&one), Some(vec![Some("a".to_owned())]));
    assert_eq!(across(&[]), None);
}

#[test]
fn what_a_process_found_out_holds_for_all() {
    let mut one = written("new", "a", 3, 3);
    one.seen.about = Some(Scope::Relay);
    assert_eq!(across(&[one.clone()]), Some(vec![None]));
    one.seen.about = Some(Scope::Domain);
    assert_eq!(across(&[one]), Some(vec![Some("a".to_owned())]));
}

#[test]
fn everybody_is_three_readers_of_three_domains_at_least() {
    let seen = Seen { run: 1, domain_run: 1, any_run: 1, about: None };
    let written = |domains: &[&str]| -> Vec<Written> {
        let one = |domain: &&str| Written { node: "n".to_owned(), domain: (*domain).to_owned(), seen };
        domains.iter().map(one).collect()
    };
    for (domains, expected) in [
        (&["a", "b", "c"][..], true),
        (&["a", "b", "c", "c", "c"], true),
        (&["a", "b"], false),
        (&["a", "b", "a", "b", "a"], false),
        (&[], false),
    ] {
        assert_eq!(is_everybody(&written(domains)), expected, "{domains:?}");
    }
}

proptest! {
    /// Whatever comes before, twenty in a row are found and a row that is
    /// broken more often than each second time is not.
    #[test]
    fn any_past_hides_no_row(past in prop::collection::vec((any::<bool>(), 0_usize..9), 0..200), domains in 3_usize..9) {
        let mut watch = Watch::default();
        for (is_taken, n) in past {
            if is_taken { watch.note_taken(&format!("d{n}.example"), NOW) } else { refuse(&mut watch, n, 9); }
        }
        let last = (100..120).map(|n| refuse(&mut watch, n, domains)).last().expect("there are twenty");
        prop_assert_eq!(last.about, Some(Scope::Relay));
    }

    #[test]
    fn what_is_mostly_taken_never_rests_the_relay(readers in prop::collection::vec((0_u8..100, 0_usize..12), 0..400)) {
        let mut watch = Watch::default();
        for (n, (percent, domain)) in readers.iter().enumerate() {
            let domain = format!("d{domain}.example");
            // Forty of a hundred at most, spread by three that are taken.
            if *percent < 40 && n % 3 == 0 {
                let seen = watch.note_refused("550 fnord", &format!("r{n}"), &domain, NOW);
                prop_assert_ne!(seen.about, Some(Scope::Relay));
            } else {
                watch.note_taken(&domain, NOW);
            }
        }
    }

    /// Refusals of everybody are about us in whatever words; not where others
    /// are served in between, nor within two domains.
    #[test]
    fn refusals_that_differ_are_a_row_once_nobody_else_is_served(count in 0_usize..60, domains in 1_usize..6, served in 2_usize..40) {
        let mut watch = Watch::default();
        for n in 1..=count {
            if n % served == 0 { watch.note_taken("served.example", NOW); }
            let seen = watch.note_refused(&format!("550 {n}"), &format!("r{n}"), &format!("d{}", n % domains), NOW);
            let in_a_row = if n < served { n } else { n % served + 1 };
            prop_assert_eq!((seen.run, seen.any_run as usize), (1, in_a_row.min(WINDOW)));
            prop_assert_eq!(seen.about.is_some(), in_a_row >= 20 && domains >= 3);
        }
    }
}
