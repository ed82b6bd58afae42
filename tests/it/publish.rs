//! Tests of publish: the rules of a look, and the flow from feed to mailing.

mod detect;
mod flow;
mod following;
mod town;
