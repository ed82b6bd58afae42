//! Public test data beside the project, where it is there.

use std::path::PathBuf;

/// The corpora's folder, for the set `what`: `POSTBELL_CORPORA`, by default
/// `../shared/corpora`. `None` when it is not there, which is said, unless
/// `POSTBELL_CORPORA_REQUIRED=1` makes that a failure.
pub fn folder(what: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("POSTBELL_CORPORA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"), PathBuf::from);
    if folder.join("README.md").is_file() {
        return Some(folder);
    }
    assert!(
        std::env::var_os("POSTBELL_CORPORA_REQUIRED").is_none_or(|v| v != "1"),
        "the corpora are required and not at {}; set POSTBELL_CORPORA",
        folder.display()
    );
    super::left_out::say(&format!("{what}: no corpora folder at {}", folder.display()));
    None
}
