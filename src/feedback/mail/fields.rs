//! Lines of the form `Name: value`, as in headers and in the blocks of a
//! delivery report; text in, fields out.

use std::collections::HashSet;

/// Kept of one value.
const VALUE_BYTES: usize = 4_000;
/// Fields that are read in one block.
const MOST_FIELDS: usize = 1_000;

/// Fields in order, their names in lower case.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The fields up to the first empty line.
    pub(super) fn of_header(text: &str) -> Self {
        let mut fields = Self::default();
        for line in text.lines() {
            if line.trim().is_empty() && !fields.0.is_empty() || fields.0.len() >= MOST_FIELDS {
                break;
            }
            if !fields.add(line) && !line.trim().is_empty() && !line.starts_with("From ") {
                // A line that is none hides no others: headers are often damaged.
                continue;
            }
        }
        fields
    }

    /// Takes a line, or the continuation of one; `false` when it is neither.
    pub(super) fn add(&mut self, line: &str) -> bool {
        let line = line.trim_end();
        if line.starts_with([' ', '\t']) {
            let Some((_, value)) = self.0.last_mut() else { return false };
            push_bounded(value, " ");
            push_bounded(value, line.trim_start());
            return true;
        }
        let Some((name, value)) = split(line) else { return false };
        let mut kept = String::new();
        push_bounded(&mut kept, value.trim());
        self.0.push((name.to_ascii_lowercase(), kept));
        true
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Name and value of a line.
pub(super) fn split(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let name = name.trim_end();
    let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_graphic());
    (!name.is_empty() && name.len() <= 80 && is_name(name)).then_some((name, value))
}

fn push_bounded(value: &mut String, more: &str) {
    if value.len() + more.len() <= VALUE_BYTES {
        value.push_str(more);
    } else if value.len() < VALUE_BYTES {
        let mut end = VALUE_BYTES - value.len();
        while !more.is_char_boundary(end) {
            end -= 1;
        }
        value.push_str(&more[..end]);
        // Full, whatever the cut left over.
        while value.len() < VALUE_BYTES {
            value.push(' ');
        }
    }
}

/// The first mail address in a text, as it is written there.
pub(super) fn first_address(text: &str) -> Option<&str> {
    addresses(text).next()
}

/// All mail addresses in a text, in order.
pub(super) fn addresses(text: &str) -> impl Iterator<Item = &str> {
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(at) = text[from..].find('@').map(|at| from + at) {
            let floor = from;
            from = at + 1;
            let end = at + 1 + text[at + 1..].find(|c| !is_domain(c)).unwrap_or(text.len() - at - 1);
            let domain = text[at + 1..end].trim_end_matches(['.', '-', '_']);
            let start = start_of_local(text, floor, at);
            let local = text[start..at].trim_start_matches(['\'', '.', '=', '*', '`', '-']);
            // A path before a name, as in the words of a local delivery agent.
            let name = local.rsplit_once('/').map_or("", |(_, name)| name);
            let local = if local.starts_with('/') && !name.is_empty() { name } else { local };
            if local.is_empty() || local.len() > 128 || domain.is_empty() || domain.len() > 253 {
                continue;
            }
            from = at + 1 + domain.len();
            return Some(&text[at - local.len()..from]);
        }
        None
    })
}

/// Where the local part before `at` begins, not before `floor`.
fn start_of_local(text: &str, floor: usize, at: usize) -> usize {
    let before = &text[floor..at];
    if before.ends_with('"')
        && let Some(quote) = before[..before.len() - 1].rfind('"')
        && before.len() - quote <= 66
    {
        return floor + quote;
    }
    let local = |c: char| c.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
    let mut start = before.len();
    for (index, c) in before.char_indices().rev().take(130) {
        if !local(c) {
            break;
        }
        start = index;
    }
    // `SMTP=kim@example.org` is a name and its value; `a=b@…` of VERP is not.
    for name in ["SMTP=", "smtp=", "rfc822="] {
        start += before[start..].rfind(name).map_or(0, |found| found + name.len());
    }
    floor + start
}

fn is_domain(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-' | '_')
}

/// Keeps what is new, without regard to case.
pub(super) fn without_doubles<T>(items: Vec<T>, key: impl Fn(&T) -> &str) -> Vec<T> {
    let mut seen = HashSet::new();
    items.into_iter().filter(|item| seen.insert(key(item).to_lowercase())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_over_folded_and_damaged_lines() {
        let fields = Fields::of_header("From x\nTo: a\n\tb\nnonsense\nX-A: 1\nX-A: 2\n\nBody: no\n");
        assert_eq!(fields.get("to"), Some("a b"));
        assert_eq!(fields.all("x-a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(fields.get("body"), None);
    }

    #[test]
    fn addresses_are_found_in_prose() {
        let found = |text| addresses(text).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            found("<kim@example.org>: no, c=us;SMTP=a+b@x.example; on"),
            ["kim@example.org", "a+b@x.example"]
        );
        assert_eq!(found("\"k i m\"@example.org. 'b@x.example'"), ["\"k i m\"@example.org", "b@x.example"]);
        assert_eq!(found("@ a@ @b @@@"), Vec::<String>::new());
    }
}
