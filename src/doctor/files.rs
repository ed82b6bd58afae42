//! Files: the secret key, passwords, keys of DKIM, the data folder, space on
//! its disk.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access, statvfs};

use super::report::{Area, Finding};
use crate::app::key_file;
use crate::config::{self, Config, DatabaseUrl, Sources};

const MIB: u64 = 1024 * 1024;
/// Below this the operator is told.
const LITTLE: u64 = 500 * MIB;
/// Below this a database soon takes nothing more.
const TOO_LITTLE: u64 = 20 * MIB;

pub(super) fn look(config: &Config, sources: &Sources) -> Vec<Finding> {
    let area = Area::new("files", "");
    let mut findings = vec![secret(&area, config)];
    findings.extend(settings(&area, sources));
    for file in config.dkim.iter().flat_map(|dkim| &dkim.exposed) {
        let shown = file.display();
        findings.push(
            area.warning("dkim_key", format!("others on this machine can read {shown}"))
                .run(format!("chmod 600 {shown}")),
        );
    }
    if let DatabaseUrl::Sqlite(path) = &config.database {
        let folder = folder_of(path);
        findings.push(writable(&area, path, &folder));
        if let Some(free) = free_bytes(&folder) {
            findings.push(space(&area, &folder, free));
        }
    }
    findings
}

fn secret(area: &Area, config: &Config) -> Finding {
    let path = &config.secret_file;
    let shown = path.display();
    if !path.exists() {
        return match &config.database {
            DatabaseUrl::Sqlite(database) if !database.exists() => {
                area.warning("secret_file", format!("{shown} is not there yet")).run("postbell migrate")
            }
            _ => area
                .fault(
                    "secret_file",
                    format!("{shown} is missing; with a new one, links in mails that were sent stop working"),
                )
                .advise("bring it back from your backup, or, on a first start, run postbell migrate"),
        };
    }
    match key_file::read(path) {
        Err(fault) => area
            .fault("secret_file", format!("{fault:#}"))
            .advise("bring it back from your backup, or mend its rights"),
        Ok(_) if key_file::is_exposed(path) => area
            .warning("secret_file", format!("others on this machine can read {shown}"))
            .run(format!("chmod 600 {shown}")),
        Ok(_) => area.ok("secret_file", format!("{shown} is there and readable by its owner alone")),
    }
}

/// A password in the settings file is for nobody else.
fn settings(area: &Area, sources: &Sources) -> Option<Finding> {
    let file = sources.file.as_ref()?;
    let shown = file.display().to_string();
    let is_open = std::fs::metadata(file).is_ok_and(|file| file.permissions().mode() & 0o007 != 0);
    let settings = config::effective(sources).ok()?;
    // Secrets are redacted there, so that stars stand where one is.
    let has_secret = settings.iter().any(|own| own.from == shown && own.value.to_string().contains("***"));
    (is_open && has_secret).then(|| {
        area.warning("settings_file", format!("others on this machine can read the password in {shown}"))
            .run(format!("chmod 600 {shown}"))
    })
}

fn writable(area: &Area, database: &Path, folder: &Path) -> Finding {
    let shown = folder.display();
    let mut rights = vec![(folder, Access::WRITE_OK | Access::EXEC_OK)];
    if database.exists() {
        rights.push((database, Access::WRITE_OK | Access::READ_OK));
    }
    for (path, needed) in rights {
        if let Err(fault) = access(path, needed) {
            let shown = path.display();
            return area
                .fault("data_folder", format!("{shown} cannot be written by this user: {fault}"))
                .advise("run this as the user that serves")
                .run(format!("chown -R postbell {}", folder.display()));
        }
    }
    area.ok("data_folder", format!("{shown} can be written"))
}

fn space(area: &Area, folder: &Path, free: u64) -> Finding {
    let text = format!("{} MB free at {}", free / MIB, folder.display());
    let advice = "make space, or put the database on a larger disk";
    if free < TOO_LITTLE {
        area.fault("disk", text).advise(advice)
    } else if free < LITTLE {
        area.warning("disk", text).advise(advice)
    } else {
        area.ok("disk", text)
    }
}

fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// The folder that a file lies in, or would be made in.
fn folder_of(file: &Path) -> PathBuf {
    let mut folder = file.parent().unwrap_or(Path::new(""));
    while !folder.as_os_str().is_empty() && !folder.exists() {
        folder = folder.parent().unwrap_or(Path::new(""));
    }
    if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::report::Status;
    use super::*;

    #[test]
    fn little_space_is_told_before_there_is_none() {
        let area = Area::new("files", "");
        for (free, status) in [
            (0, Status::Fault),
            (TOO_LITTLE, Status::Warning),
            (LITTLE - 1, Status::Warning),
            (LITTLE, Status::Ok),
        ] {
            assert_eq!(space(&area, Path::new("."), free).status, status, "{free}");
        }
        assert!(free_bytes(Path::new(".")).is_some());
    }
}
