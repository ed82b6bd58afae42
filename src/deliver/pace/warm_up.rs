//! Warm-up: a sender that nobody knows yet begins small and doubles daily.

/// Doubled so often, the largest allowance is past any list we send to.
const LAST_DOUBLING: u32 = 31;

/// How many mails may go on a day, counted from 0, when the first day has
/// `first_day`; `None`: as many as there are. A `first_day` of 0 is no warm-up.
pub fn allowance(first_day: u32, day: u32) -> Option<u64> {
    (first_day > 0 && day <= LAST_DOUBLING).then(|| u64::from(first_day) << day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_day_takes_twice_the_one_before() {
        assert_eq!(
            [0, 1, 2, 10].map(|day| allowance(50, day)),
            [Some(50), Some(100), Some(200), Some(51_200)]
        );
        assert_eq!(allowance(0, 0), None, "off");
        assert_eq!(allowance(50, 32), None, "over");
    }

    proptest! {
        #[test]
        fn it_never_shrinks_and_always_ends(first_day in 1_u32.., day in 0_u32..60) {
            let (one, next) = (allowance(first_day, day), allowance(first_day, day + 1));
            prop_assert!(next.is_none_or(|next| one.is_some_and(|one| next >= one)));
            prop_assert!(day <= LAST_DOUBLING || one.is_none());
        }
    }
}
