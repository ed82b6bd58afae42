//! Each rule fails once, on a snippet that breaks it and nothing else.

use super::{check, fault_of_migration};

fn only_fault(name: &str, body: &str) -> String {
    let mut faults = check(name, &format!("//! A file.\n{body}\n"));
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults.remove(0)
}

fn fine(name: &str, body: &str) {
    assert_eq!(check(name, &format!("//! A file.\n{body}\n")), Vec::<String>::new());
}

#[test]
fn a_file_without_a_purpose() {
    assert!(check("src/wake.rs", "use std::fmt;\n")[0].contains("what this file is for"));
}

#[test]
fn a_file_that_is_two() {
    assert!(only_fault("src/wake.rs", &"\n".repeat(400)).contains("two files"));
}

#[test]
fn a_place_on_one_machine() {
    assert!(only_fault("src/wake.rs", concat!("// see /ho", "me/me/notes")).contains("one machine"));
}

#[test]
fn an_import_that_goes_up() {
    assert!(only_fault("src/domain/blog.rs", "use crate::store::Store;").contains("imports go down only"));
    assert!(
        only_fault("src/deliver/mod.rs", "use crate::{config, domain};").contains("imports go down only")
    );
    let long = "use crate::{\n    domain::{Keys, Token},\n    web::Page,\n};";
    assert!(only_fault("src/deliver/mod.rs", long).contains("imports web::Page"));
    fine("src/deliver/mod.rs", "use crate::store::Store;\nuse crate::domain::Keys;");
}

#[test]
fn a_flow_that_knows_its_sibling() {
    assert!(only_fault("src/publish/mod.rs", "use crate::deliver::Policy;").contains("sibling"));
}

#[test]
fn an_adapter_named_outside_app() {
    assert!(only_fault("src/deliver/mod.rs", "use crate::mail::smtp::Relay;").contains("only app does"));
    fine("src/app.rs", "use crate::mail::smtp::Relay;");
}

#[test]
fn an_adapter_that_knows_another_port() {
    assert!(only_fault("src/mail/smtp.rs", "use crate::store::Store;").contains("its own port"));
    fine("src/mail/mailbox.rs", "use crate::store::Mailbox;");
}

#[test]
fn each_banned_word() {
    for (word, _, why) in super::WORDS {
        let said = check("src/wake.rs", &format!("//! A file.\nfn f() {{ x({word}) }}\n"));
        assert!(said.iter().any(|fault| fault.contains(why)), "{word}: {said:?}");
    }
}

#[test]
fn but_not_in_its_own_room_nor_in_tests_and_comments() {
    fine("src/clock.rs", "fn f() { jiff::Timestamp::now(); }");
    fine("src/store/sqlite/blogs.rs", "use sqlx::Row;");
    fine(
        "src/wake.rs",
        "// SystemTime::now would be wrong here\n#[cfg(test)]\nmod tests { fn f() { x.unwrap() } }",
    );
}

#[test]
fn a_migration_with_a_bad_name() {
    assert!(fault_of_migration("0001_create_tables.sql", 1).is_none());
    assert!(fault_of_migration("0001_tables.sql", 1).is_some());
    assert!(fault_of_migration("0003_add_index.sql", 2).is_some());
    assert!(fault_of_migration("1_create_tables.txt", 1).is_some());
}
