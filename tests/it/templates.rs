//! Tests of templates: every sample of every mail, overrides, and what a feed
//! may hold.

use std::path::PathBuf;

use postbell::templates::{Rendered, Templates};

/// Every sample of every mail, with the mail's name.
fn all() -> Vec<(&'static str, Rendered)> {
    let templates = Templates::load(None).expect("the embedded templates compile");
    let mut mails = Vec::new();
    for name in Templates::mail_names() {
        let rendered = templates.preview(name).expect("it is a mail").expect("it renders");
        assert!(rendered.len() >= 5, "{name} has samples of every kind");
        mails.extend(rendered.into_iter().map(|mail| (name, mail)));
    }
    mails
}

/// The values of an attribute in this HTML.
fn attributes<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let opening = format!(" {attribute}=\"");
    html.split(opening.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn every_sample_of_every_mail_renders_without_a_problem() {
    let problems: Vec<String> =
        Templates::load(None).unwrap().check().iter().map(ToString::to_string).collect();
    assert_eq!(problems, Vec::<String>::new());
    assert!(all().len() >= 40);
}

#[test]
fn every_mail_has_a_short_subject_of_one_line_and_both_parts() {
    for (name, mail) in all() {
        assert!(!mail.subject.is_empty() && mail.subject.chars().count() <= 200, "{name}: {}", mail.subject);
        assert!(!mail.subject.chars().any(char::is_control), "{name}: {:?}", mail.subject);
        assert!(mail.html.starts_with("<!DOCTYPE html>"), "{name}: {}", &mail.html[..60]);
        assert!(mail.html.trim_end().ends_with("</html>"), "{name}");
        assert!(mail.html.len() < 30_000, "{name}: {} bytes", mail.html.len());
        assert!(mail.text.ends_with('\n') && !mail.text.contains("\n\n\n"), "{name}:\n{}", mail.text);
    }
}

#[test]
fn a_post_adds_at_most_ten_kilobytes_to_its_body() {
    for (name, mail) in all().into_iter().filter(|(name, _)| *name == "post") {
        assert!(mail.html.len() <= 10_240, "{name}: {} bytes", mail.html.len());
    }
}

#[test]
fn text_of_a_feed_stays_text() {
    let mails = all();
    for (name, mail) in &mails {
        for bad in ["<script", "red;}", "<img src=x", "<b>Bold", "<i>", "javascript:", "Kim <Tanaka>"] {
            assert!(
                !mail.html.to_lowercase().contains(&bad.to_lowercase()),
                "{name} holds {bad}\n{}",
                mail.html
            );
        }
        for part in [&mail.html, &mail.text] {
            assert!(!part.chars().any(|c| c.is_control() && c != '\n' && c != '\t'), "{name}");
        }
    }
    let post = mails.iter().find(|(name, mail)| *name == "post" && mail.subject.contains("{{7*7}}"));
    let (_, post) = post.expect("the hostile title is a subject as it is");
    assert!(post.html.contains("{{7*7}} {% raw %}") && post.text.contains("{{7*7}} {% raw %}"));
    assert!(!post.html.contains("49"), "nothing was computed");
}

#[test]
fn lines_of_a_text_part_are_short() {
    for (name, mail) in all() {
        for line in mail.text.lines() {
            let is_whole = line.contains("://") || line.contains('@');
            assert!(is_whole || line.chars().count() <= 78, "{name}: {line}");
        }
    }
}

/// The words that mail programs show beside From and Subject.
#[test]
fn the_text_of_a_post_begins_with_its_own_words() {
    for (_, mail) in
        all().into_iter().filter(|(name, mail)| *name == "post" && mail.text.contains("For years"))
    {
        let begins =
            mail.text.starts_with("For years I read the news") || mail.text.starts_with("Corrected. ");
        assert!(begins, "{}", mail.text);
    }
    for (name, mail) in all() {
        assert!(!mail.text.starts_with("guanyinmiao"), "{name}: {}", mail.text);
    }
}

#[test]
fn a_post_says_where_to_comment_and_that_it_can_be_answered_where_that_is_so() {
    let comments = "https://musings.example/news-hour#respond";
    let (mut commented, mut answered) = (0, 0);
    for (_, mail) in all().into_iter().filter(|(name, _)| *name == "post") {
        let has = mail.html.contains(&format!("href=\"{comments}\""));
        assert_eq!(has, mail.html.contains("Leave a comment"), "{}", mail.html);
        assert_eq!(has, mail.text.contains(&format!("Leave a comment:\n{comments}\n")), "{}", mail.text);
        let can = mail.html.contains("href=\"mailto:kim@musings.example?subject=Re%3A%20One%20hour\"");
        assert_eq!(
            (can, can),
            (mail.html.contains("Answer this mail"), mail.text.contains("Answer this mail"))
        );
        (commented, answered) = (commented + usize::from(has), answered + usize::from(can));
        assert!(
            mail.html.contains("&nbsp;min&nbsp;read") && mail.text.contains(" min read"),
            "{}",
            mail.text
        );
    }
    assert!(commented >= 3 && answered >= 2);
}

#[test]
fn every_link_is_absolute() {
    for (name, mail) in all() {
        let links = attributes(&mail.html, "href");
        assert!(!links.is_empty(), "{name}");
        for link in links.into_iter().chain(attributes(&mail.html, "src")) {
            let is_absolute =
                ["https://", "http://", "mailto:"].iter().any(|scheme| link.starts_with(scheme));
            assert!(is_absolute, "{name}: {link}");
        }
    }
}

#[test]
fn mails_to_followers_say_how_to_change_and_how_to_leave() {
    for (name, mail) in all() {
        if !["post", "welcome", "reminder"].contains(&name) {
            continue;
        }
        for part in [&mail.html, &mail.text] {
            assert!(part.contains("https://mail.musings.example/manage"), "{name}");
            assert!(part.contains("https://mail.musings.example/unsubscribe/"), "{name}");
            assert!(part.contains("Unsubscribe or pause") && part.contains("All your follows"), "{name}");
            assert!(part.contains("You get this because"), "{name}");
        }
    }
}

/// I3
#[test]
fn since_when_somebody_follows_is_said_in_good_english() {
    let in_one_line = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ");
    let mails = all().into_iter();
    let parts: Vec<String> =
        mails.flat_map(|(_, mail)| [in_one_line(&mail.html), in_one_line(&mail.text)]).collect();
    let parts = || parts.iter();
    for wrong in ["follows since", "follows it since"] {
        assert!(!parts().any(|part| part.contains(wrong)), "{wrong}");
    }
    assert!(parts().any(|part| part.contains(", following since ")));
    assert!(parts().any(|part| part.contains("has followed it since ")));
    assert!(parts().any(|part| part.contains("follows it and was added by hand on ")));
}

#[test]
fn a_confirmation_has_nothing_else_to_press() {
    for (_, mail) in all().into_iter().filter(|(name, _)| *name == "confirm") {
        let links = attributes(&mail.html, "href");
        assert_eq!(links.len(), 2, "the blog and the button: {links:?}");
        assert!(mail.html.contains("Is this your address?") && mail.html.contains("25 November 2026"));
        assert!(mail.text.contains("Not you? Do nothing.") && mail.text.contains("25 November 2026"));
    }
}

#[test]
fn a_right_to_left_post_says_so() {
    let (_, mail) = all().into_iter().find(|(n, m)| *n == "post" && m.html.contains("lang=\"ar\"")).unwrap();
    assert_eq!(attributes(&mail.html, "dir").iter().filter(|dir| **dir == "rtl").count(), 2);
    assert!(mail.html.contains("align=\"right\"") && !mail.html.contains("align=\"left\""));
}

#[test]
fn a_file_of_the_operator_replaces_ours() {
    let folder = tempfile::tempdir().unwrap();
    let text = "Subject: Bitte bestätigen: {{ blog.title }}\r\n{{ address }}\n{{ confirm_url }}\n";
    std::fs::write(folder.path().join("confirm.txt"), text).unwrap();
    std::fs::write(folder.path().join("notes.md"), "{% not a template").unwrap();
    let templates = Templates::load(Some(folder.path())).unwrap();
    let mail = templates.preview("confirm").unwrap().unwrap().swap_remove(0);
    assert_eq!(mail.subject, "Bitte bestätigen: guanyinmiao’s musings");
    assert!(mail.text.starts_with("kim@example.org\nhttps://"), "{}", mail.text);
    assert!(mail.html.contains("Is this your address?"), "the other part stays ours");
    assert!(templates.overridden_by("confirm.txt").is_some_and(|path| path.ends_with("confirm.txt")));
    assert_eq!(templates.overridden_by("confirm.html"), None);
}

/// What `load` says about one file of an operator.
fn refusal(name: &str, text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), text).unwrap();
    let error = Templates::load(Some(folder.path())).unwrap_err().to_string();
    assert!(error.contains(&*folder.path().join(name).to_string_lossy()), "{error}");
    error
}

#[test]
fn a_fault_in_an_operators_file_is_told_with_file_and_line() {
    assert!(refusal("confirm.html", "<p>\n{% if %}\n").contains("line 2: "));
    assert!(refusal("confirm.txt", "Subject: x\n\n{{ confirm_url }} {{ nonsense }}\n").contains("line 3: "));
    assert!(refusal("confirm.txt", "Subject: {{ oops }}\n{{ confirm_url }}\n").contains("line 1: "));
    assert!(refusal("confirm.txt", "{{ confirm_url }}\n").contains("begins with a line `Subject: …`"));
    assert!(
        refusal("follow.html", "{{ manage_url }}\n{{ nonsense }}")
            .contains("line 2: undefined value, in `{{ nonsense }}`")
    );
    assert!(refusal("post.txt", "Subject: {{ subject }}\n{{ manage_url }}\n").contains("is missing"));
}

#[test]
fn a_template_that_never_ends_runs_out_of_fuel() {
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
    assert!(refusal("confirm.html", endless).contains("fuel"));
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let error = Templates::load(Some(&PathBuf::from("/nowhere/templates"))).unwrap_err().to_string();
    assert!(error.starts_with("template /nowhere/templates: "), "{error}");
}

#[test]
fn the_embedded_files_can_be_listed_and_read() {
    let names = Templates::names();
    for mail in Templates::mail_names() {
        for part in ["html", "txt"] {
            let name = format!("{mail}.{part}");
            assert!(names.contains(&name), "{name}");
            assert!(Templates::embedded(&name).is_some_and(|text| !text.is_empty()));
        }
    }
    assert!(Templates::embedded("confirm.txt").unwrap().starts_with("Subject: "));
}

/// Writes every sample into the folder `POSTBELL_PREVIEW`, for eyes.
#[test]
fn samples_are_written_out_when_a_folder_is_named() {
    let Ok(folder) = std::env::var("POSTBELL_PREVIEW") else { return };
    for (at, (name, mail)) in all().into_iter().enumerate() {
        let path = PathBuf::from(&folder).join(format!("{at:02}-{name}"));
        std::fs::write(path.with_extension("html"), &mail.html).unwrap();
        std::fs::write(path.with_extension("txt"), format!("Subject: {}\n\n{}", mail.subject, mail.text))
            .unwrap();
    }
}
