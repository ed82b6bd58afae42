//! Whom an item is taken for, case by case; the promise itself is R13a in
//! `publish/detect_tests.rs`.

use super::*;

const MORNING: i64 = 20_000 * DAY_MS + 8 * 3_600_000;

/// `id address title moment`; `-` is missing, a moment is hours after a morning
/// or, with a `d`, a day without a time.
fn marks(line: &str) -> Vec<Marks> {
    line.split(", ")
        .map(|item| {
            let parts: Vec<Option<&str>> =
                item.split(' ').map(|part| Some(part).filter(|p| *p != "-")).collect();
            let [id, address, title, moment] = parts[..] else { panic!("{item}") };
            let at = |text: &str| match text.strip_prefix('d') {
                Some(day) => (20_000 + day.parse::<i64>().expect("a number")) * DAY_MS,
                None => MORNING + text.parse::<i64>().expect("a number") * 3_600_000,
            };
            let own = |text: Option<&str>| text.map(str::to_owned);
            Marks {
                id: own(id),
                address: own(address),
                title: own(title),
                is_untitled: title.is_some_and(|title| title.starts_with('"')),
                moment: moment.map(|text| Timestamp::from_millis(at(text))),
            }
        })
        .collect()
}

/// The place of each item: that of its post, `=` a double, `+` a new one.
fn found(posts: &str, items: &str) -> String {
    let posts = if posts.is_empty() { Vec::new() } else { marks(posts) };
    let of = |found| match found {
        Recognised::Known(at) => at.to_string(),
        Recognised::Double => "=".to_owned(),
        Recognised::New => "+".to_owned(),
    };
    recognise(&marks(items), &posts).into_iter().map(of).collect::<Vec<_>>().join(" ")
}

#[test]
fn items_are_known_by_what_the_feed_keeps() {
    for (why, posts, items, right) in [
        ("nothing changed", "1 a A 1, 2 b B 2", "2 b B 2, 1 a A 1", "1 0"),
        ("one id for all", "c a A d1, c b B d1", "c d D d1, c b B d1, c a A d1", "+ 1 0"),
        ("one id for all, and one is shown", "c a A 1, c b B 2", "c d D 3", "+"),
        ("one id for some", "c a A 1, c b B 2, 3 x X 3, 4 y Y 4", "c d D 5, 3 z X 3", "+ 2"),
        ("new ids at each look", "1 a A -, 2 b B -", "9 c C -, 8 b B -, 7 a A -", "+ 1 0"),
        ("ids that count the places", "1 c C 3, 2 b B 2, 3 a A 1", "1 d D 4, 2 c C 3, 3 b B 2", "+ 0 1"),
        ("address and title mended", "a a A 1", "b b B 1", "0"),
        ("the same beside others", "a a A 1, c c C 2", "b b B 1, c c C 2", "0 1"),
        ("the same on a day without a time", "a a A d1", "b b B d1", "+"),
        ("two at one moment", "a a A 1, c c C 1", "b b B 1", "+"),
        ("everything but the id", "1 a A 1, 2 b B 2", "1 x X 9, 2 b B 2", "0 1"),
        ("the id alone, of a feed that never showed another", "c a A 1", "c b B 2", "+"),
        ("only an id", "1 - - -, 2 - - -", "2 - - -, 3 - - -", "1 +"),
        ("without ids by the address", "- a A 1, - b B 2", "- a X 9, - c C 3", "0 +"),
        ("one address for all, without ids", "- h A 1, - h B 2", "- h C 3, - h B 2", "+ 1"),
        ("one title for two posts", "1 a M d1", "2 b M d3", "+"),
        (
            "one title for two posts of one day, the day of all",
            "1 a M d1, 2 b B d1",
            "3 c M d1, 2 b B d1",
            "+ 1",
        ),
        (
            "one title for two posts under one id for some",
            "c a M 1, c b B 2, 3 x X 3, 4 y Y 4, 5 z Z 5",
            "c d M 6",
            "+",
        ),
        ("title and day", "1 a M d1", "2 b M d1", "0"),
        ("a title that others have, and a day", "1 a M d1, 2 b M d2, 3 c C d3", "9 x M d1", "+"),
        ("a title that others have, and a time", "1 a M 1, 2 b M 2, 3 c C 3", "9 x M 1", "0"),
        ("an address under a new id", "1 a - -, 2 b - -", "9 a - -, 8 c - -", "0 +"),
        (
            "only titles, the words of one mended",
            "hash:1 - A -, hash:2 - B -",
            "hash:9 - A -, hash:2 - B -",
            "0 1",
        ),
        (
            "only titles, and one comes again",
            "hash:1 - A -, hash:2 - B -",
            "hash:9 - A -, hash:1 - A -",
            "+ 0",
        ),
        ("first words and a day", "1 a \"w d1, 2 b B d2", "9 x \"w d1, 2 b B d2", "+ 1"),
        ("first words and a time", "1 a \"w 1, 2 b B 2", "9 x \"w 1, 2 b B 2", "0 1"),
        ("only one title", "hash:1 - A -", "hash:2 - A -", "+"),
        ("a title that had a moment", "hash:1 - A 1, hash:2 - B 2", "hash:9 - A 9, hash:2 - B 2", "+ 1"),
        ("an address that is not for one post", "1 a A 1, 2 b B 2", "9 a C 3", "+"),
    ] {
        assert_eq!(found(posts, items), right, "{why}");
    }
}

#[test]
fn the_same_item_twice_in_a_feed_is_one() {
    for (items, right) in [
        ("1 a A 1, 1 a A 1", "+ ="),
        ("1 a A 1, 2 a A 1", "+ ="),
        ("1 a A 1, 1 a A 2, 1 a B 2, 2 b B 3, 3 c C 4, 4 d D 5", "+ = = + + +"),
        ("1 a - -, 1 a - -", "+ ="),
        ("1 a A -, 2 a A -", "+ +"),
        ("1 - A -, 2 - A -", "+ +"),
        ("1 h U d1, 2 h U d1", "+ +"),
        ("c h U 1, c h U 2, c h U 3", "+ + +"),
    ] {
        assert_eq!(found("", items), right, "{items}");
    }
}

#[test]
fn several_rows_of_one_post_are_one() {
    assert_eq!(found("1 a A 1, 2 a A 1, 3 a A 1", "9 a A 1, 8 b B 2"), "0 +");
}
