//! Tells the runner what a test had to leave out.

use std::io::Write as _;

/// Says `left out: …`: on standard output, and in the file that
/// `POSTBELL_LEFT_OUT` names, because the runner swallows what a test that
/// passes prints. `scripts/test` shows that file.
pub fn say(what: &str) {
    let line = format!("left out: {what}\n");
    print!("{line}");
    if let Some(path) = std::env::var_os("POSTBELL_LEFT_OUT") {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        file.and_then(|mut file| file.write_all(line.as_bytes())).expect("POSTBELL_LEFT_OUT can be written");
    }
}
