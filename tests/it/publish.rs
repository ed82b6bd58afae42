//! Tests of publish: the rules of a look, and the flow from feed to mailing.

mod dates;
mod detect;
mod discover;
mod failing;
mod flow;
mod following;
mod hanging;
mod identity;
mod town;
