//! What an operator may do: one act a room. Each takes who acts and for which
//! blog, and answers with values; it knows neither arguments nor sentences.

pub mod import;

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Whoever can run the program on its machine: every blog is theirs.
    Operator,
}

impl Actor {
    /// As the record of consent names them.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Operator => "operator",
        }
    }
}
