//! R13a: whatever feeds do to ids, addresses, titles and dates, no post is
//! mailed twice and a new one is mailed.

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::*;
use crate::domain::{BlogId, DAY_MS, MINUTE_MS, PostId};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const POLICY: Policy = Policy {
    check_every_seconds: 300,
    grace_seconds: 600,
    max_new_posts: 3,
    max_age_hours: 1_000_000,
    concurrency: 64,
};
/// Posts of a feed as its blog is added: two of each group.
const FIRST: usize = 4;

/// What a feed does to one of the four marks of its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Habit {
    Kept,
    Absent,
    /// One for all.
    Same,
    /// One for each second.
    Grouped,
    /// Another at each look.
    Rerolled,
    /// Mended now and then.
    Mended,
    /// That of an older post, which was the only one with it.
    Echoed,
}

#[derive(Debug, Clone)]
struct Look {
    /// Posts that are written before it.
    written: usize,
    /// The newest that the feed shows, and whether the oldest of all come back.
    shown: usize,
    comes_back: bool,
    /// How the items are turned round.
    turn: usize,
    /// Posts whose marks were mended so often.
    mended: usize,
}

#[derive(Debug, Clone)]
struct Life {
    /// Of id, address, title and moment.
    habits: [Habit; 4],
    /// Whether moments are days.
    by_day: bool,
    looks: Vec<Look>,
}

fn a_life() -> impl Strategy<Value = Life> {
    let habit = prop_oneof![
        Just(Habit::Kept),
        Just(Habit::Absent),
        Just(Habit::Same),
        Just(Habit::Grouped),
        Just(Habit::Rerolled),
        Just(Habit::Mended),
    ];
    let look = (0_usize..=3, 4_usize..=12, any::<bool>(), 0_usize..20, 0_usize..4).prop_map(
        |(written, shown, comes_back, turn, mended)| Look { written, shown, comes_back, turn, mended },
    );
    let kept = prop::sample::select(vec![(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]);
    let habits = [habit.clone(), habit.clone(), habit.clone(), habit];
    let looks = prop::collection::vec(look, 1..8);
    (kept, habits, any::<bool>(), any::<bool>(), looks).prop_map(
        |((one, other), mut habits, by_day, echoes, looks)| {
            if echoes {
                habits[2] = Habit::Echoed;
                // The same title at the same moment is the same post.
                if habits[3] == Habit::Grouped {
                    habits[3] = Habit::Mended;
                }
            }
            (habits[one], habits[other]) = (Habit::Kept, Habit::Kept);
            Life { habits, by_day, looks }
        },
    )
}

/// The value of one mark of a post, as a number.
fn value(habit: Habit, post: usize, look: usize, mended: usize) -> Option<usize> {
    match habit {
        Habit::Absent => None,
        Habit::Same => Some(0),
        Habit::Grouped => Some(post % 2),
        Habit::Echoed => Some(post % FIRST),
        Habit::Kept => Some(post),
        Habit::Rerolled => Some(1_000 * (look + 1) + post),
        // A second one in three posts, all at the same look.
        Habit::Mended => Some(if post.is_multiple_of(3) { 1_000 * mended + post } else { post }),
    }
}

fn entry(life: &Life, post: usize, look: usize, mended: usize) -> Entry {
    let [id, address, title, moment] = life.habits.map(|habit| value(habit, post, look, mended));
    let unit = if life.by_day { DAY_MS } else { 3 * MINUTE_MS };
    let first = (NOW.as_millis() / DAY_MS - 30_000) * DAY_MS + if life.by_day { 0 } else { 7 * MINUTE_MS };
    Entry {
        id: id.map(|id| format!("tag:{id}")),
        link: address.map(|address| format!("https://blog.example/{address}")),
        title: title.map(|title| format!("Post {title}")).unwrap_or_default(),
        html: format!("<p>Words {post}</p>"),
        published: moment
            .map(|at| Timestamp::from_millis(first + i64::try_from(at).expect("it is small") * unit)),
        ..Entry::default()
    }
}

/// The rows of the store, as it writes them.
fn write_down(rows: &mut Vec<Post>, posts: Vec<FoundPost>, respelled: Vec<Respelled>) -> Vec<usize> {
    for new in respelled {
        let is_free = rows.iter().all(|row| row.id == new.post || row.identity != new.identity);
        let row = rows.iter_mut().find(|row| row.id == new.post).expect("it is on record");
        (row.link, row.title, row.published_at) = (new.link, new.title, new.published_at);
        if is_free {
            row.identity = new.identity;
        }
    }
    let mut written = Vec::new();
    for post in posts {
        assert!(rows.iter().all(|row| row.identity != post.identity), "{post:?} would not be written");
        written.push(rows.len());
        rows.push(Post {
            id: PostId(i64::try_from(rows.len()).expect("they are few")),
            blog_id: BlogId(1),
            identity: post.identity,
            link: post.link,
            title: post.title,
            published_at: post.published_at,
            zone_minutes: post.zone_minutes,
            first_seen_at: NOW,
            decision: post.decision,
            reason: post.reason,
            due_at: None,
            decided_at: NOW,
            mailing_id: None,
        });
    }
    written
}

fn live(life: &Life) {
    let feed = |posts: Vec<usize>, look: usize, mended: usize| Feed {
        entries: posts.into_iter().map(|post| entry(life, post, look, mended)).collect(),
        ..Feed::default()
    };
    let mut rows = Vec::new();
    write_down(&mut rows, baseline(&feed((0..FIRST).rev().collect(), 0, 0)), Vec::new());
    assert_eq!(rows.len(), FIRST, "each post that is there is written down");
    let (mut last, mut mended) = (FIRST, 0);
    for (number, look) in (1..).zip(&life.looks) {
        let written = last..last + look.written;
        last = written.end;
        mended += look.mended;
        let mut shown: Vec<usize> = (last.saturating_sub(look.shown)..last).rev().collect();
        if look.comes_back && !shown.contains(&0) {
            shown.push(0);
        }
        let turn = look.turn % shown.len();
        shown.rotate_left(turn);
        let feed = feed(shown, number, mended);
        let known = Known { posts: &rows.clone(), recent: &rows.clone(), approve: Approval::Auto };
        let detected = detect(&feed, known, &POLICY, NOW);
        let mailed = write_down(&mut rows, detected.posts, detected.respelled);
        assert_eq!(mailed.len(), written.len(), "look {number}: one row for each new post, none for another");
        let is_moved = |post: &Post| matches!(post.reason, Reason::SiteMoved { .. });
        for row in mailed {
            // Where neither ids nor addresses are kept the site may have moved (R14).
            let may_move = life.habits[0] != Habit::Kept && life.habits[1] != Habit::Kept;
            let row = &rows[row];
            let is_it = |post: usize| {
                let entry = entry(life, post, number, mended);
                (&row.link, &row.title, row.published_at) == (&entry.link, &called(&entry), entry.published)
            };
            assert!(written.clone().any(is_it), "look {number}: not new: {row:?}");
            assert!(row.decision == Decision::Waiting || may_move && is_moved(row), "look {number}: {row:?}");
        }
        let again =
            detect(&feed, Known { posts: &rows.clone(), recent: &rows.clone(), ..known }, &POLICY, NOW);
        assert!(again.posts.is_empty(), "look {number}, once more: {:?}", again.posts);
    }
}

/// R13a
#[test]
fn each_new_post_is_mailed_and_none_twice() {
    let config = ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let lives = TestRunner::new_with_rng(config, rng).run(&a_life(), |life| {
        live(&life);
        Ok(())
    });
    lives.unwrap_or_else(|fault| panic!("{fault}"));
}
