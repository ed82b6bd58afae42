//! Does a transaction again that the database gave up for another's sake.

use super::errors;
use crate::store::Result;

/// Tries before the caller hears of it.
const TRIES: u32 = 5;

/// Calls until it succeeds or fails for another reason than a conflict of two
/// transactions. Rows are locked in one order wherever that can be told; where
/// it cannot (a blog that is removed while it is mailed), the database breaks
/// the knot, and here it is tied anew.
pub(in crate::store) async fn again<T, F>(call: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    for _ in 1..TRIES {
        match call().await {
            Err(error) if errors::is_conflict(&error) => {}
            done => return done,
        }
    }
    call().await
}
