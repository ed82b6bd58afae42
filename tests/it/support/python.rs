//! The Python that reads our mails again.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// `POSTBELL_PYTHON`, else `python3`.
pub fn program() -> String {
    std::env::var("POSTBELL_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

/// What Python's own parser makes of these mails, one value each.
pub fn read_mails<'m>(mails: impl IntoIterator<Item = &'m [u8]>) -> Vec<Value> {
    look_at("read_mail.py", &[], mails)
}

/// What dkimpy makes of the signatures of these mails, one value each; the
/// records are what the DNS would answer.
pub fn verify_dkim<'m>(
    records: &[(String, String)],
    mails: impl IntoIterator<Item = &'m [u8]>,
) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("records.json");
    let records: serde_json::Map<String, Value> =
        records.iter().map(|(name, record)| (name.clone(), record.clone().into())).collect();
    std::fs::write(&file, Value::from(records).to_string()).expect("the folder takes files");
    look_at("verify_dkim.py", &[&file], mails)
}

fn look_at<'m>(script: &str, before: &[&Path], mails: impl IntoIterator<Item = &'m [u8]>) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut files = Vec::new();
    for (at, mail) in mails.into_iter().enumerate() {
        files.push(folder.path().join(format!("{at:04}.eml")));
        std::fs::write(&files[at], mail).expect("the folder takes files");
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(script);
    let output =
        Command::new(program()).arg(script).args(before).args(&files).output().expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("it writes UTF-8");
    lines.lines().map(|line| serde_json::from_str(line).expect("one object a mail")).collect()
}
