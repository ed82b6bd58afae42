//! What readers and operators see, word by word: a change shows as a
//! difference here before anybody else sees it.

use postbell::templates::Templates;

use crate::support::process;

#[test]
fn the_texts_of_the_mails_are_as_they_were_approved() {
    let templates = Templates::load(None).unwrap();
    let mut all = String::new();
    for name in Templates::mail_names() {
        let samples = templates.preview(name).unwrap().unwrap();
        let first = samples.first().unwrap();
        all.push_str(&format!("===== {name}\nSubject: {}\n\n{}\n", first.subject, first.text));
    }
    insta::assert_snapshot!("mails", all);
}

#[test]
fn the_help_of_the_command_line_is_as_it_was_approved() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = String::new();
    for command in [
        &["--help"][..],
        &["blog", "add", "--help"],
        &["import", "--help"],
        &["followers", "--help"],
        &["doctor", "--help"],
    ] {
        let output = process::run(folder.path(), command, &[]);
        assert!(output.status.success());
        all.push_str(&format!("===== {}\n{}\n", command.join(" "), String::from_utf8_lossy(&output.stdout)));
    }
    insta::assert_snapshot!("help", all);
}

#[test]
fn the_default_settings_are_as_they_were_approved() {
    insta::assert_snapshot!("settings", postbell::config::DEFAULT);
}
