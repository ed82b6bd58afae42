//! Databases that are not as they should be.

use std::io::{Seek as _, SeekFrom, Write as _};

use super::clinic::Clinic;
use crate::support::places::OwnDatabase;

#[test]
fn a_database_of_another_form_is_told_and_left_alone() {
    let clinic = Clinic::new();
    clinic.sql("DELETE FROM _sqlx_migrations WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)");
    let before = clinic.files();
    clinic.warns("1 migration is still to be done", &["run postbell migrate"]);
    assert_eq!(clinic.files(), before);
    clinic.sql("UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 1");
    clinic.fails("not made by this version's migrations", &["bring back a backup"]);
    clinic.sql("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (999, 'x', 1, x'00', 0)");
    clinic.fails("a newer version of Postbell wrote it", &["install the version"]);
}

#[test]
fn a_damaged_or_foreign_file_is_told() {
    let clinic = Clinic::new();
    clinic.put_database_to_rest();
    let path = clinic.home.path().join("data/postbell.db");
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    // One page that only SQLite's own check reads, then one that all read.
    for table in ["singles", "blogs"] {
        let page = clinic.first_page_of(table);
        file.seek(SeekFrom::Start((page - 1) * 4096)).unwrap();
        file.write_all(&[0xa5; 512]).unwrap();
        clinic.fails("it is damaged", &["bring back a backup"]);
    }
    clinic.home.write(
        "data/postbell.db",
        "no database at all, but a text that is long enough to look like one".repeat(20),
    );
    clinic.fails("it cannot be read", &["check database.url"]);
    std::fs::remove_file(clinic.home.path().join("data/secret.key")).unwrap();
    clinic.fails("data/secret.key is missing", &["from your backup"]);
}

#[tokio::test]
async fn a_database_of_postgresql_is_looked_at_too() {
    let own = OwnDatabase::bare().await;
    let clinic = Clinic::new();
    let url = format!("database.url={}", own.url);
    let set = ["--set", url.as_str()];
    clinic.warns_with(&set, "it has no tables yet", &["run postbell migrate"]);
    clinic.home.ok(&[&set[..], &["migrate"]].concat());
    let text = clinic.text(&set);
    for part in ["it opens and has the form of this version", "agree on the time", "there is no blog yet"] {
        assert!(text.contains(part), "{text}");
    }
    let nowhere = ["--set", "database.url=postgres://kim:sesame@127.0.0.1:9/postbell"];
    clinic.fails_with(&nowhere, "it cannot be read", &["check database.url"]);
    assert!(!clinic.text(&nowhere).contains("sesame"));
}
