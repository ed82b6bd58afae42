//! Words that tell little by themselves.

use super::super::Blame::{Message, Moment};
use super::{Row, row};

pub(super) const ROWS: &[Row] = &[
    row(
        "general",
        Message,
        "starttls|policy|not authorized|not allowed|not permitted|prohibited|violat|\
         transaction failed|size limit|too large|illegal|mail from",
    ),
    row(
        "general",
        Moment,
        "timed out|timeout|expired|temporar|unreachable|try again|service unavailable|\
         currently unavailable|mailbox unavailable|refused|5.0.0 rejected|550 rejected|554 rejected|command output|command died|procmail|\
         server error|delayed",
    ),
];
