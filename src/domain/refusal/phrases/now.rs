//! Words that promise a better moment. Beside them "unknown" is what a server
//! says that could not look.

use super::super::Blame::Moment;
use super::{Row, row};

pub(super) const ROWS: &[Row] = &[row(
    "general",
    Moment,
    "try again later|try later|again later|retry later|come back later|try again in|at this time|at the moment|\
     right now|temporar|maintenance|timed out|timeout|time out|lookup failure|lookup failed|callout*fail|\
     callout could not|could not be completed|being migrated|on vacation|on holiday|closed until|being moved|moved to another server|loops back|\
     directory*unavailable|ldap*fail|ldap*unavailable|database*down|database*unavailable|sql*gone away|\
     backend*down|backend*unavailable|need more time|not responding|vorubergehend|\
     voruebergehend|momentan",
)];
