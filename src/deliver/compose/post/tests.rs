//! What the mail of a post is called, and where answers go.

use super::*;
use crate::domain::Correction;

fn content(title: &str, summary: &str) -> MailingContent {
    serde_json::from_value(serde_json::json!({
        "title": title, "link": null, "author": null, "published_at": null, "html": "", "text": "",
        "excerpt_html": "", "excerpt_text": "", "summary": summary, "image": null, "minutes": 1, "language": null,
    }))
    .expect("every field is there")
}

#[test]
fn the_subject_of_a_post_without_a_title_is_its_beginning_and_says_that_it_goes_on() {
    let long =
        "The first words of a note that has no title at all and goes on for much longer than a subject";
    let subject = subject_of(&content(" ", long), "Notes");
    assert_eq!(subject, "The first words of a note that has no title at all and goes on for…");
    assert_eq!(subject_of(&content("", "Short enough."), "Notes"), "Short enough.");
    assert_eq!(subject_of(&content("", ""), "Notes"), "A new post on Notes");
    assert_eq!(subject_of(&content("A title", long), "Notes"), "A title");
}

#[test]
fn the_subject_of_a_correction_says_what_it_is_once() {
    let corrected = |subject: &str| {
        let correction = Some(Correction { subject: subject.to_owned(), note: None });
        subject_of(&MailingContent { correction, ..content("Now", "") }, "Notes")
    };
    assert_eq!(corrected("Then"), "Corrected: Then");
    assert_eq!(corrected("Corrected: Then"), "Corrected: Then");
}

#[test]
fn an_answer_is_a_link_whatever_address_and_title_hold() {
    let url = |to: &str, title: &str| answer_url(&EmailAddress::parse(to).expect("a good address"), title);
    assert_eq!(url("kim@blog.example", "A & B?"), "mailto:kim@blog.example?subject=Re%3A%20A%20%26%20B%3F");
    assert_eq!(url("o'neil+a&b@blog.example", "x"), "mailto:o%27neil%2Ba%26b@blog.example?subject=Re%3A%20x");
}
