//! Whether a database has the form that this program works with.

/// What was found of the migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it should be.
    Current,
    /// No tables of ours yet.
    Empty,
    /// So many migrations are still to be done.
    Behind(usize),
    /// A newer version was here.
    Newer,
    /// A migration is not the one that this program has, or broke off.
    Altered,
}

impl Form {
    /// Compares what this program has with what was done: numbers and
    /// checksums, and whether it was done whole.
    pub(in crate::store) fn of(known: &[(i64, &[u8])], done: &[(i64, Vec<u8>, bool)]) -> Self {
        if done.is_empty() {
            return Self::Empty;
        }
        let find = |version: i64| known.iter().find(|(own, _)| *own == version);
        let newest = known.iter().map(|(version, _)| *version).max().unwrap_or(0);
        if done.iter().any(|(version, _, _)| *version > newest) {
            return Self::Newer;
        }
        let is_altered = |(version, checksum, is_whole): &(i64, Vec<u8>, bool)| {
            !is_whole || find(*version).is_none_or(|(_, own)| own != checksum)
        };
        if done.iter().any(is_altered) {
            return Self::Altered;
        }
        match known.len() - done.len().min(known.len()) {
            0 => Self::Current,
            left => Self::Behind(left),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_is_told_from_the_others() {
        let known: &[(i64, &[u8])] = &[(1, b"a"), (2, b"b"), (3, b"c")];
        let done = |all: &[(i64, &[u8], bool)]| {
            let rows: Vec<_> = all.iter().map(|(n, sum, whole)| (*n, sum.to_vec(), *whole)).collect();
            Form::of(known, &rows)
        };
        assert_eq!(done(&[]), Form::Empty);
        assert_eq!(done(&[(1, b"a", true), (2, b"b", true), (3, b"c", true)]), Form::Current);
        assert_eq!(done(&[(1, b"a", true)]), Form::Behind(2));
        assert_eq!(done(&[(1, b"a", true), (4, b"d", true)]), Form::Newer);
        assert_eq!(done(&[(1, b"x", true)]), Form::Altered);
        assert_eq!(done(&[(1, b"a", true), (2, b"b", false)]), Form::Altered);
    }
}
