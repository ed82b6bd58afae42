//! What is wrong with a configuration, where, and what to write instead.

use std::fmt;
use std::path::PathBuf;

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The built-in defaults.
    BuiltIn,
    /// A file.
    File(PathBuf),
    /// The environment.
    Environment,
    /// The command line.
    Flag,
    /// Nowhere: it is missing, or several values do not go together.
    Whole,
}

impl Origin {
    /// A key as it is spelled there.
    pub(super) fn spell(&self, key: &str) -> String {
        match self {
            Self::Environment => format!("POSTBELL_{}", key.to_ascii_uppercase().replace('.', "__")),
            _ => key.to_owned(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::File(path) => path.display().fmt(f),
            Self::Environment => f.write_str("environment"),
            Self::Flag => f.write_str("--set"),
            Self::Whole => f.write_str("configuration"),
        }
    }
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it was written.
    pub origin: Origin,
    /// Which key, like `http.listen`; empty for a whole file.
    pub key: String,
    /// What to write instead.
    pub advice: String,
}

impl Fault {
    /// A fault of `key`.
    pub(super) fn new(origin: Origin, key: &str, advice: impl Into<String>) -> Self {
        Self { origin, key: key.to_owned(), advice: advice.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.origin)?;
        match &self.origin {
            _ if self.key.is_empty() => {}
            Origin::Environment => write!(f, "{} ({}): ", self.key, self.origin.spell(&self.key))?,
            _ => write!(f, "{}: ", self.key)?,
        }
        f.write_str(&self.advice)
    }
}

/// Every fault of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration cannot be used:")?;
        for fault in &self.0 {
            write!(f, "\n  {fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
