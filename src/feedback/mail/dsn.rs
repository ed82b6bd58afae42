//! Delivery status notifications (RFC 3464): blocks of fields, one for each
//! recipient.

use super::fields::{Fields, first_address};

/// What one block says of its recipient.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) address: String,
    pub(super) action: String,
    pub(super) status: Option<String>,
    pub(super) diagnostic: String,
    /// The server that refused.
    pub(super) host: String,
}

/// A field that says whom a block is about.
const NAMES_RECIPIENT: &[&str] = &["final-recipient", "original-recipient", "x-actual-recipient"];

/// Reads every block, in mails as they are: without blank lines between, or
/// with blank lines inside; at most `most` blocks.
pub(super) fn blocks(text: &str, most: usize) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut fields = Fields::default();
    for line in text.lines() {
        if blocks.len() >= most {
            return blocks;
        }
        let repeats = super::fields::split(line).is_some_and(|(name, _)| {
            name.eq_ignore_ascii_case("final-recipient") && fields.get("final-recipient").is_some()
        });
        if line.trim().is_empty() || repeats || fields.len() > 200 {
            blocks.extend(block(&fields));
            fields.clear();
        }
        fields.add(line);
    }
    blocks.extend(block(&fields));
    blocks.truncate(most);
    blocks
}

/// Whether there is a block about a recipient at all.
pub(super) fn has_blocks(text: &str) -> bool {
    text.lines().any(|line| {
        super::fields::split(line)
            .is_some_and(|(name, _)| NAMES_RECIPIENT.iter().any(|known| name.eq_ignore_ascii_case(known)))
    })
}

/// Whether a report says which server speaks.
pub(super) fn names_a_server(text: &str) -> bool {
    text.lines().any(|line| {
        super::fields::split(line).is_some_and(|(name, _)| {
            ["reporting-mta", "remote-mta"].iter().any(|known| name.eq_ignore_ascii_case(known))
        })
    })
}

fn block(fields: &Fields) -> Option<Block> {
    // The original is what we wrote; the final may be a name inside the
    // receiver's house (RFC 3464 §2.3.1).
    let address = ["original-recipient", "final-recipient", "x-actual-recipient"]
        .into_iter()
        .find_map(|name| fields.get(name).and_then(address))?;
    let diagnostic = fields.get("diagnostic-code").map(after_type).unwrap_or_default();
    Some(Block {
        address,
        action: fields.get("action").unwrap_or_default().to_ascii_lowercase(),
        status: fields.get("status").and_then(crate::domain::refusal::enhanced_in).map(str::to_owned),
        diagnostic: diagnostic.to_owned(),
        host: fields.get("remote-mta").map(after_type).unwrap_or_default().to_owned(),
    })
}

/// `rfc822; kim@example.org`, with or without the type and brackets.
fn address(value: &str) -> Option<String> {
    first_address(after_type(value)).map(str::to_owned)
}

fn after_type(value: &str) -> &str {
    match value.split_once(';') {
        Some((kind, rest)) if kind.trim().len() <= 40 && !kind.contains(['@', ' ']) => rest.trim(),
        _ => value.trim(),
    }
}
