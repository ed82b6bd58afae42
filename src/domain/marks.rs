//! Which items of a feed are which posts on record (R13a): an id is trusted
//! as far as the feed keeps it, and so are address, title and moment
//! (decision 0027).

use std::cmp::Reverse;
use std::collections::HashMap;

use super::post::HASH;
use super::{DAY_MS, Identity, Timestamp};

/// What tells one item of a feed from another; of a post, as it was last seen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Marks {
    /// The feed's own id, as its identity spells it.
    pub id: Option<String>,
    /// Its page, without scheme, `www.` and last slash.
    pub address: Option<String>,
    /// Its title, or without one its first words.
    pub title: Option<String>,
    /// Whether these are its first words: they come again sooner.
    pub is_untitled: bool,
    /// When it was published.
    pub moment: Option<Timestamp>,
}

/// Where an item of a feed belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognised {
    /// It is the post at this place of those on record.
    Known(usize),
    /// The feed has it twice; the other one stands before it.
    Double,
    /// Nobody knew it.
    New,
}

impl Marks {
    /// Of an item or a post; empty parts count as missing.
    pub fn of(identity: &Identity, address: Option<&str>, title: &str, moment: Option<Timestamp>) -> Self {
        let given = |text: &str| Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned);
        Self {
            id: identity.id().map(str::to_owned),
            address: address.and_then(given),
            title: given(title),
            is_untitled: false,
            moment,
        }
    }

    /// The id where the feed gave one.
    pub fn own_id(&self) -> Option<&str> {
        self.id.as_deref().filter(|id| !is_hash(id))
    }

    /// How many of address, title and moment both have, and the same.
    pub fn shared_beside_id(&self, other: &Self) -> usize {
        let same = [
            self.address.is_some() && self.address == other.address,
            self.title.is_some() && self.title == other.title,
            self.moment.is_some() && self.moment == other.moment,
        ];
        same.into_iter().filter(|same| *same).count()
    }
}

/// Whether this stands in place of an id that the feed does not give.
fn is_hash(id: &str) -> bool {
    id.starts_with(HASH)
}

const ID: usize = 0;
const ADDRESS: usize = 1;
const TITLE: usize = 2;
const MOMENT: usize = 3;
const KINDS: [usize; 4] = [ID, ADDRESS, TITLE, MOMENT];

/// Marks as numbers, one for each value of each kind; 0 is missing.
type Row = [usize; 4];

/// Says of each item of a feed which post on record it is. Of several rows of
/// one post the first counts.
pub fn recognise(items: &[Marks], posts: &[Marks]) -> Vec<Recognised> {
    let mut values = Values::default();
    let items: Vec<Row> = items.iter().map(|marks| values.row(marks)).collect();
    let posts: Vec<Row> = posts.iter().map(|marks| values.row(marks)).collect();
    let (item_roots, post_roots) = (values.folded(&items), values.folded(&posts));
    let place_of =
        |(at, root): (usize, &usize)| if *root == at { Recognised::New } else { Recognised::Double };
    let mut places: Vec<Recognised> = item_roots.iter().enumerate().map(place_of).collect();
    let mut is_taken = vec![false; posts.len()];

    // What did not change at all.
    let mut unchanged: HashMap<Row, usize> = HashMap::new();
    for (post, row) in posts.iter().enumerate() {
        unchanged.entry(*row).or_insert(post);
    }
    for (place, row) in places.iter_mut().zip(&items).filter(|(place, _)| **place == Recognised::New) {
        if let Some(post) = unchanged.get(row) {
            *place = Recognised::Known(*post);
            is_taken[post_roots[*post]] = true;
        }
    }

    values.count(&items, &item_roots, &posts, &post_roots);
    let mut pairs = Vec::new();
    for (item, row) in items.iter().enumerate().filter(|(at, _)| places[*at] == Recognised::New) {
        let mut alike: Vec<usize> = row.iter().filter_map(|value| values.post_of(*value)).collect();
        alike.sort_unstable();
        alike.dedup();
        for post in alike.into_iter().filter(|post| !is_taken[*post]) {
            pairs.extend(values.likeness(row, &posts[post]).map(|score| (score, item, post)));
        }
    }
    // The best first, then in the feed's order.
    pairs.sort_by_key(|(score, item, post)| (Reverse(*score), *item, *post));
    for (_, item, post) in pairs {
        if places[item] == Recognised::New && !is_taken[post] {
            places[item] = Recognised::Known(post);
            is_taken[post] = true;
        }
    }
    places
}

/// What is known of the values of all marks.
#[derive(Default)]
struct Values {
    numbers: HashMap<(usize, String), usize>,
    all: Vec<Value>,
    /// Whether the feed's values of a kind differ at all.
    is_varied: [bool; 4],
}

/// What is particular to a value of its kind.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Nature {
    #[default]
    Plain,
    /// A moment that says more than the day.
    Timed,
    /// An id that is a hash of words.
    Hash,
    /// A title that is the first words of an item without one.
    Words,
}

/// What is known of one value.
#[derive(Clone, Copy, Default)]
struct Value {
    kind: usize,
    nature: Nature,
    items: usize,
    posts: usize,
    /// One of the posts that have it.
    post: usize,
    /// Whether most have it, so that it tells nothing.
    is_dull: bool,
}

impl Value {
    /// Whether it belongs to one item and one post and to nobody else.
    fn is_strong(&self) -> bool {
        self.items == 1 && self.posts == 1 && !self.is_dull
    }
}

impl Values {
    fn row(&mut self, marks: &Marks) -> Row {
        let moment = marks.moment.map(|at| at.as_millis().to_string());
        let texts = [&marks.id, &marks.address, &marks.title, &moment];
        let has_time = marks.moment.is_some_and(|at| at.as_millis() % DAY_MS != 0);
        KINDS.map(|kind| {
            let Some(text) = texts[kind] else { return 0 };
            let nature = match kind {
                ID if is_hash(text) => Nature::Hash,
                TITLE if marks.is_untitled => Nature::Words,
                MOMENT if has_time => Nature::Timed,
                _ => Nature::Plain,
            };
            if let Some(number) = self.numbers.get(&(kind, text.clone())) {
                // Of a post it is not known whether its title is one.
                if nature == Nature::Words {
                    self.all[*number].nature = nature;
                }
                return *number;
            }
            // Number 0 is nobody's.
            self.all.resize(self.all.len().max(1), Value::default());
            self.numbers.insert((kind, text.clone()), self.all.len());
            self.all.push(Value { kind, nature, ..Value::default() });
            self.all.len() - 1
        })
    }

    /// Of each row the first that is the same item: all marks agree, or the id
    /// with two others, or those three. A day without a time is no third, and an
    /// id that most share is none.
    fn folded(&self, rows: &[Row]) -> Vec<usize> {
        let mut ids: HashMap<usize, usize> = HashMap::new();
        for row in rows {
            *ids.entry(row[ID]).or_default() += 1;
        }
        let is_common = |id: usize| ids.get(&id).is_some_and(|count| *count > 2 && count * 2 > rows.len());
        let has_time =
            |row: &Row| self.all.get(row[MOMENT]).is_some_and(|value| value.nature == Nature::Timed);
        let mut first: HashMap<(usize, Row), usize> = HashMap::new();
        let mut roots = Vec::with_capacity(rows.len());
        for (at, row) in rows.iter().enumerate() {
            let mut keys = vec![(KINDS.len(), *row)];
            for left_out in KINDS {
                let mut three = *row;
                three[left_out] = 0;
                let tells = if left_out == ID { has_time(row) } else { !is_common(row[ID]) };
                if tells && three.iter().filter(|value| **value != 0).count() == 3 {
                    keys.push((left_out, three));
                }
            }
            let root = keys.iter().filter_map(|key| first.get(key)).min().copied().unwrap_or(at);
            for key in keys {
                first.entry(key).or_insert(root);
            }
            roots.push(root);
        }
        roots
    }

    fn count(&mut self, items: &[Row], item_roots: &[usize], posts: &[Row], post_roots: &[usize]) {
        let roots = |roots: &[usize]| -> Vec<usize> {
            roots.iter().enumerate().filter(|(at, root)| at == *root).map(|(at, _)| at).collect()
        };
        let (mut with_items, mut with_posts) = ([0; 4], [0; 4]);
        for row in roots(item_roots).into_iter().map(|at| &items[at]) {
            for kind in KINDS.into_iter().filter(|kind| row[*kind] != 0) {
                with_items[kind] += 1;
                self.all[row[kind]].items += 1;
            }
        }
        for post in roots(post_roots) {
            let row = &posts[post];
            for kind in KINDS.into_iter().filter(|kind| row[*kind] != 0) {
                with_posts[kind] += 1;
                self.all[row[kind]].posts += 1;
                self.all[row[kind]].post = post;
            }
        }
        let is_most = |count: usize, of: usize| count >= 2 && count * 2 > of;
        let mut different = [0; 4];
        for value in self.all.iter_mut().skip(1) {
            value.is_dull =
                is_most(value.items, with_items[value.kind]) || is_most(value.posts, with_posts[value.kind]);
            different[value.kind] += usize::from(!value.is_dull);
        }
        self.is_varied = different.map(|different| different >= 2);
    }

    /// The post that a strong value leads to.
    fn post_of(&self, value: usize) -> Option<usize> {
        self.all.get(value).filter(|value| value.is_strong()).map(|value| value.post)
    }

    /// How much an item is like a post; `None`: it is another one. At least one
    /// value must be strong. Two marks are enough, unless the strong one is
    /// only a day, or a title beside what others have too; one mark is, where
    /// nothing speaks against it, or where there is no other.
    fn likeness(&self, item: &Row, post: &Row) -> Option<usize> {
        let agree = KINDS.map(|kind| item[kind] != 0 && item[kind] == post[kind]);
        let differ = KINDS.map(|kind| item[kind] != 0 && post[kind] != 0 && item[kind] != post[kind]);
        let tells = KINDS.map(|kind| agree[kind] && !self.all[item[kind]].is_dull);
        let is_strong = KINDS.map(|kind| tells[kind] && self.all[item[kind]].is_strong());
        let has_time = self.all.get(item[MOMENT]).is_some_and(|value| value.nature == Nature::Timed);
        let count = tells.into_iter().filter(|tells| *tells).count();
        let is_like = match count {
            0 => false,
            1 if is_strong[ID] => self.is_varied[ID] || !differ.contains(&true),
            // Without ids it is known by its address; with another id, where nothing else differs.
            1 if is_strong[ADDRESS] => {
                let is_alone = !differ[TITLE] && !differ[MOMENT];
                if differ[ID] {
                    is_alone && self.is_varied[ADDRESS]
                } else {
                    is_alone || self.is_varied[ADDRESS]
                }
            }
            1 if is_strong[MOMENT] => has_time,
            // Of items that have nothing else, one whose words were mended.
            1 if is_strong[TITLE] => {
                let has_none = [item, post].into_iter().all(|row| self.all[row[ID]].nature == Nature::Hash);
                has_none && !differ[ADDRESS] && !differ[MOMENT] && self.is_varied[TITLE]
            }
            1 => false,
            // A title comes again; with something that many have it is not enough.
            2 if is_strong[TITLE] => {
                let is_named = self.all[item[TITLE]].nature != Nature::Words;
                is_strong[ID] || is_strong[ADDRESS] || tells[MOMENT] && (is_named || has_time)
            }
            _ => is_strong[ID] || is_strong[ADDRESS] || is_strong[TITLE] || has_time,
        };
        is_like.then_some(count * 2 + usize::from(agree[ID]))
    }
}

#[cfg(test)]
#[path = "marks_tests.rs"]
mod tests;
