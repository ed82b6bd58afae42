//! The rules of R13 and R14, each on its own.

use postbell::domain::{
    Approval, BlogId, DAY_MS, Decision, HOUR_MS, Identity, MINUTE_MS, Post, PostId, Reason, Timestamp,
};
use postbell::feeds::{Entry, Feed};
use postbell::publish::{Detected, Known, Policy, baseline, detect};
use postbell::store::FoundPost;
use postbell::templates::sentence;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const POLICY: Policy = Policy {
    check_every_seconds: 300,
    grace_seconds: 600,
    max_new_posts: 3,
    max_age_hours: 72,
    concurrency: 64,
};

fn entry(id: &str, age_ms: Option<i64>) -> Entry {
    Entry {
        id: Some(id.into()),
        link: Some(format!("https://blog.example/{id}")),
        title: format!("Post {id}"),
        published: age_ms.map(|ms| NOW.plus_ms(-ms)),
        ..Entry::default()
    }
}

fn feed(entries: Vec<Entry>) -> Feed {
    Feed { entries, ..Feed::default() }
}

fn post(id: &str, title: &str, link: &str) -> Post {
    Post {
        id: PostId(1),
        blog_id: BlogId(1),
        identity: Identity::of(Some(id), None, "", ""),
        link: Some(link.into()),
        title: title.into(),
        published_at: None,
        zone_minutes: None,
        first_seen_at: NOW,
        decision: Decision::Skipped,
        reason: Reason::New,
        due_at: None,
        decided_at: NOW,
        mailing_id: None,
    }
}

fn detected(entries: Vec<Entry>, posts: &[Post], policy: &Policy) -> Detected {
    detect(&feed(entries), Known { posts, recent: posts, approve: Approval::Auto }, policy, NOW)
}

/// A look at the feed of a blog that had posts of these ids.
fn look(entries: Vec<Entry>, known: &[&str]) -> Detected {
    let posts = known.iter().zip(1..).map(|(id, row)| Post {
        id: PostId(row),
        ..post(id, &format!("Post {id}"), &format!("https://blog.example/{id}"))
    });
    detected(entries, &posts.collect::<Vec<_>>(), &POLICY)
}

#[test]
fn a_new_post_waits_out_the_grace_time_and_a_known_one_is_left_alone() {
    let found = look(vec![entry("b", Some(MINUTE_MS)), entry("a", Some(DAY_MS))], &["a"]);
    assert!(!found.notify);
    let [post] = found.posts.as_slice() else { panic!("{found:?}") };
    assert_eq!(post.identity, Identity::of(Some("b"), None, "", ""));
    assert_eq!((post.decision, post.due_at), (Decision::Waiting, Some(NOW.plus_ms(10 * MINUTE_MS))));
    assert_eq!(post.published_at, Some(NOW.plus_ms(-MINUTE_MS)));
}

#[test]
fn without_grace_a_new_post_is_due_now() {
    let policy = Policy { grace_seconds: 0, ..POLICY };
    let found = detected(vec![entry("a", None)], &[], &policy);
    assert_eq!(found.posts[0].due_at, Some(NOW));
}

#[test]
fn an_edited_or_reordered_feed_has_nothing_new() {
    let mut edited = entry("a", Some(MINUTE_MS));
    edited.title = "Mended".into();
    edited.html = "other".into();
    edited.link = Some("https://blog.example/moved".into());
    assert!(look(vec![entry("b", None), edited, entry("c", None)], &["a", "b", "c"]).posts.is_empty());
}

#[test]
fn a_double_within_a_look_counts_once_and_two_of_one_title_are_two() {
    let found = look(vec![entry("a", None), entry("a", None), entry("a", None), entry("a", None)], &[]);
    assert_eq!(found.posts.len(), 1);
    assert_eq!(found.posts[0].decision, Decision::Waiting);
    let mut twin = entry("b", None);
    twin.title = entry("a", None).title;
    assert_eq!(look(vec![entry("a", None), twin], &["x"]).posts.len(), 2);
}

#[test]
fn age_decides_and_the_place_in_the_feed_does_not() {
    for (age_ms, held) in [
        (Some(0), None),
        (Some(72 * HOUR_MS), None),
        (Some(73 * HOUR_MS), Some("dated 3 days before it was seen, more than publish.max_age_hours = 72")),
        (Some(5 * DAY_MS), Some("dated 5 days before it was seen, more than publish.max_age_hours = 72")),
        (Some(-DAY_MS), None),
        (
            Some(-4000 * DAY_MS),
            Some("dated 28 December 2037, 08:00 UTC, more than a year ahead; to mail it, approve it"),
        ),
        (None, None),
    ] {
        let found = look(vec![entry("k", None), entry("l", None), entry("new", age_ms)], &["k", "l"]);
        let post = &found.posts[0];
        assert_eq!(post.decision == Decision::Held, held.is_some(), "{age_ms:?}");
        assert_eq!(found.notify, held.is_some());
        if let Some(reason) = held {
            assert_eq!(sentence(&post.reason), reason);
            assert_eq!(post.due_at, None);
        }
    }
}

#[test]
fn an_entry_that_only_says_when_it_changed_is_judged_by_that() {
    let mut old = entry("a", None);
    old.updated = Some(NOW.plus_ms(-9 * DAY_MS));
    assert_eq!(look(vec![old], &["x"]).posts[0].decision, Decision::Held);
    let mut edited_today = entry("a", Some(9 * DAY_MS));
    edited_today.updated = Some(NOW);
    assert_eq!(look(vec![edited_today], &["x"]).posts[0].decision, Decision::Held);
}

#[test]
fn more_new_posts_than_the_limit_are_all_held() {
    let many = |count: usize| (0..count).map(|n| entry(&format!("n{n}"), Some(HOUR_MS))).collect::<Vec<_>>();
    assert!(look(many(3), &["x"]).posts.iter().all(|post| post.decision == Decision::Waiting));
    let found = look(many(4), &["x"]);
    assert!(found.notify);
    for post in &found.posts {
        assert_eq!(post.decision, Decision::Held);
        assert_eq!(post.reason, Reason::Flood { posts: 4, max_posts: 3 });
    }
}

#[test]
fn posts_that_wait_for_their_dates_are_no_flood() {
    let mut planned: Vec<Entry> = (1..9).map(|n| entry(&format!("n{n}"), Some(-n * DAY_MS))).collect();
    planned.push(entry("new", Some(HOUR_MS)));
    for post in look(planned, &["x"]).posts {
        let wanted = post.published_at.map(|at| at.max(NOW.plus_ms(10 * MINUTE_MS)));
        assert_eq!((post.decision, post.due_at), (Decision::Waiting, wanted), "{}", post.title);
    }
}

#[test]
fn old_items_do_not_count_towards_the_flood() {
    let mut entries: Vec<Entry> = (0..9).map(|n| entry(&format!("old{n}"), Some(30 * DAY_MS))).collect();
    entries.push(entry("new", Some(HOUR_MS)));
    let found = look(entries, &["x"]);
    let waiting: Vec<_> = found.posts.iter().filter(|post| post.decision == Decision::Waiting).collect();
    assert_eq!((found.posts.len(), waiting.len(), waiting[0].title.as_str()), (10, 1, "Post new"));
}

#[test]
fn a_site_that_moved_is_held_and_a_feed_of_one_item_is_not_taken_for_one() {
    let recent = [
        post("x1", "Post a", "http://www.old.example/a/"),
        Post { id: PostId(2), ..post("x2", "", "http://www.blog.example/c/") },
    ];
    for (entries, held, moved) in [
        (vec![entry("a", Some(HOUR_MS)), entry("b", Some(HOUR_MS))], 2, true),
        (vec![entry("d", Some(HOUR_MS))], 0, false),
        // Known by its address.
        (vec![entry("c", Some(HOUR_MS))], 0, false),
    ] {
        let found = detected(entries, &recent, &POLICY);
        let is_held = |post: &&FoundPost| post.decision == Decision::Held;
        assert_eq!(found.posts.iter().filter(is_held).count(), held);
        assert!(found.posts.iter().all(|post| matches!(post.reason, Reason::SiteMoved { .. }) == moved));
    }
    let mut untitled = entry("e", None);
    untitled.title = String::new();
    assert!(!detected(vec![untitled], &recent, &POLICY).notify, "two empty titles are not the same title");
}

#[test]
fn with_approval_always_each_new_post_waits_for_its_owner() {
    let known = Known { posts: &[], recent: &[], approve: Approval::Always };
    let found = detect(&feed(vec![entry("a", None)]), known, &POLICY, NOW);
    assert_eq!(
        (found.posts[0].decision, &found.posts[0].reason),
        (Decision::Held, &Reason::WaitsForApproval)
    );
    assert!(found.notify);
}

#[test]
fn posts_come_oldest_first_and_an_empty_feed_says_nothing() {
    let found = look(vec![entry("c", None), entry("b", None), entry("a", None)], &["x"]);
    let titles: Vec<&str> = found.posts.iter().map(|post| post.title.as_str()).collect();
    assert_eq!(titles, ["Post a", "Post b", "Post c"]);
    assert!(look(Vec::new(), &[]).posts.is_empty());
}

#[test]
fn what_is_there_when_a_blog_is_added_is_skipped_whatever_its_age() {
    let posts =
        baseline(&feed(vec![entry("b", Some(0)), entry("b", Some(0)), entry("a", Some(90 * DAY_MS))]));
    assert_eq!(posts.len(), 2);
    for post in posts {
        assert_eq!((post.decision, &post.reason), (Decision::Skipped, &Reason::AlreadyThere));
    }
}
