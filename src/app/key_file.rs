//! The secret key's file: made on first start, read by nobody else.
//!
//! One key a line, base64url, the newest first: to change the key, put a new
//! line on top; take the old one away when its links may stop working.

use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::Context as _;
use data_encoding::BASE64URL_NOPAD;

use crate::domain::Keys;

/// Reads the keys; makes the file with a fresh one when there is none.
pub(super) fn read_or_make(path: &Path) -> anyhow::Result<Keys> {
    let shown = path.display();
    if !path.exists() {
        make(path)
            .with_context(|| format!("{shown} cannot be made; check secret_file and the folder's rights"))?;
    }
    let keys = read(path)?;
    if is_exposed(path) {
        tracing::warn!(file = %shown, "others can read the secret key; run chmod 600 on it");
    }
    Ok(keys)
}

/// Whether others on this machine may read it.
pub(crate) fn is_exposed(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

/// Reads the keys.
pub(crate) fn read(path: &Path) -> anyhow::Result<Keys> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("{shown} cannot be read"))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let secrets: Option<Vec<Vec<u8>>> =
        lines.map(|line| BASE64URL_NOPAD.decode(line.as_bytes()).ok()).collect();
    secrets
        .and_then(|secrets| Keys::new(&secrets))
        .with_context(|| format!("{shown} holds no key: each line is 16 bytes or more in base64url"))
}

fn make(path: &Path) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let secret: [u8; 32] = rand::random();
    // Under another name first: whoever reads meanwhile sees all or nothing.
    let draft = path.with_extension(format!("draft-{:08x}", rand::random::<u32>()));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    writeln!(file, "{}", BASE64URL_NOPAD.encode(&secret))?;
    file.sync_all()?;
    // `hard_link` refuses to replace: of two first starts one wins.
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => Ok(other?),
    }
}
