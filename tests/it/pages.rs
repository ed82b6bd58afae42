//! Every page in every sample: well formed, escaped, within the content
//! security policy, and usable without a mouse, a picture or a script.

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::Path;
use std::rc::Rc;
use std::sync::OnceLock;

use lol_html::html_content::Element;
use lol_html::{RewriteStrSettings, element, end_tag, rewrite_str};
use postbell::templates::Templates;

/// A start tag with what the checks ask for.
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
    /// Names of the elements around it.
    inside: Vec<String>,
    /// Its form's number, inside a form.
    form: Option<usize>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// A page's tags in order; fails when one is not closed where it should be.
fn tags_of(html: &str) -> Result<Vec<Tag>, String> {
    let tags = Rc::new(RefCell::new(Vec::<Tag>::new()));
    let open = Rc::new(RefCell::new(Vec::<String>::new()));
    let forms = Rc::new(RefCell::new(0));
    let settings =
        RewriteStrSettings::new().append_element_content_handler(element!("*", |el: &mut Element| {
            let name = el.tag_name();
            let inside = open.borrow().clone();
            if name == "form" {
                *forms.borrow_mut() += 1;
            }
            let form = (name == "form" || inside.iter().any(|n| n == "form")).then(|| *forms.borrow());
            let attributes = el.attributes().iter().map(|a| (a.name(), decoded(&a.value()))).collect();
            tags.borrow_mut().push(Tag { name: name.clone(), attributes, inside, form });
            if el.can_have_content() {
                open.borrow_mut().push(name.clone());
                let open = Rc::clone(&open);
                el.on_end_tag(end_tag!(move |end| {
                    let last = open.borrow_mut().pop();
                    if last.as_deref() == Some(end.name().as_str()) {
                        return Ok(());
                    }
                    Err(format!("</{}> closes {last:?}", end.name()).into())
                }))?;
            }
            Ok(())
        }));
    rewrite_str(html, settings).map_err(|error| error.to_string())?;
    if !open.borrow().is_empty() {
        return Err(format!("never closed: {:?}", open.borrow()));
    }
    Ok(tags.take())
}

fn decoded(value: &str) -> String {
    [("&quot;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
        .iter()
        .fold(value.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// Every sample in all surroundings: its template's name, its HTML and its tags.
fn every_page() -> &'static [(&'static str, String, Vec<Tag>)] {
    static PAGES: OnceLock<Vec<(&'static str, String, Vec<Tag>)>> = OnceLock::new();
    PAGES.get_or_init(render_every_page)
}

fn render_every_page() -> Vec<(&'static str, String, Vec<Tag>)> {
    let templates = Templates::load(None).expect("the embedded templates compile");
    let pages: Vec<_> = templates
        .preview_pages()
        .into_iter()
        .map(|(name, page)| {
            let html = page.unwrap_or_else(|error| panic!("{error}"));
            let tags = tags_of(&html).unwrap_or_else(|fault| panic!("{name}: {fault}\n{html}"));
            (name, html, tags)
        })
        .collect();
    assert!(pages.len() > 300, "only {} pages were rendered", pages.len());
    pages
}

#[test]
fn every_template_of_a_page_has_samples() {
    let rendered: HashSet<String> = every_page().iter().map(|(name, ..)| format!("{name}.html")).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/templates/pages");
    for file in folder.read_dir().expect("the folder of the pages") {
        let name = file.expect("a file").file_name().into_string().expect("a name");
        if !["base.html", "macros.html"].contains(&name.as_str()) {
            assert!(rendered.contains(&name), "{name} is never rendered");
        }
    }
}

#[test]
fn hostile_text_is_only_text_on_every_page() {
    for (name, html, tags) in every_page() {
        assert!(!html.contains("alert(1)</script>") && !html.contains("<img"), "{name}\n{html}");
        assert!(
            !html.contains("{% raw %}") || html.contains("{{ 7*7 }}"),
            "{name}: a value was read as a template"
        );
        for tag in tags {
            assert!(
                !["script", "style", "base", "object", "embed"].contains(&tag.name.as_str()),
                "{name}: <{}>",
                tag.name
            );
            for (attribute, value) in &tag.attributes {
                assert!(attribute != "style" && !attribute.starts_with("on"), "{name}: {attribute}={value}");
                if ["href", "src", "action", "formaction"].contains(&attribute.as_str()) {
                    let is_good = value.is_empty()
                        || value.starts_with("https://")
                        || value.starts_with("http://")
                        || (value.starts_with('/') && !value.starts_with("//"));
                    assert!(is_good, "{name}: {attribute}={value}");
                }
            }
        }
    }
}

#[test]
fn no_page_carries_a_control_character_or_an_unclosed_direction() {
    for (name, html, _) in every_page() {
        assert!(!html.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "{name}");
        for (at, _) in html.match_indices('\u{202e}') {
            let before = &html[..at];
            let is_apart = ["bdi", "pre", "title", "span"]
                .iter()
                .any(|t| before.rfind(&format!("<{t}")) > before.rfind(&format!("</{t}>")));
            let is_attribute = before.rfind('<') > before.rfind('>');
            assert!(is_apart || is_attribute, "{name}: …{}", &before[before.len().saturating_sub(60)..]);
        }
    }
}

#[test]
fn every_form_posts_but_for_the_search() {
    for (name, _, tags) in every_page() {
        for form in tags.iter().filter(|tag| tag.name == "form") {
            let is_search = form.get("role") == Some("search") && form.get("method") == Some("get");
            assert!(form.get("method") == Some("post") || is_search, "{name}: {:?}", form.attributes);
            assert!(form.get("action").is_some_and(|a| !a.is_empty()), "{name}: {:?}", form.attributes);
            let has_button = tags.iter().any(|t| t.name == "button" && t.form == form.form);
            assert!(has_button, "{name}: a form without a button");
        }
    }
}

#[test]
fn every_field_has_a_label_and_every_id_is_one() {
    for (name, html, tags) in every_page() {
        let mut ids = HashSet::new();
        for id in tags.iter().filter_map(|tag| tag.get("id")) {
            assert!(ids.insert(id), "{name}: two of id={id}\n{html}");
        }
        let labels: HashSet<&str> =
            tags.iter().filter(|t| t.name == "label").filter_map(|t| t.get("for")).collect();
        for field in tags.iter().filter(|t| t.name == "input" && t.get("type") != Some("hidden")) {
            let id = field.get("id").unwrap_or_else(|| panic!("{name}: a field without id"));
            assert!(labels.contains(id), "{name}: no label for {id}");
        }
        for tag in tags {
            for pointer in ["aria-labelledby", "aria-describedby", "for"] {
                for id in tag.get(pointer).unwrap_or_default().split_whitespace() {
                    assert!(ids.contains(id), "{name}: {pointer}={id} points nowhere");
                }
            }
        }
    }
}

#[test]
fn every_page_has_a_language_a_title_one_heading_and_one_main_part() {
    for (name, html, tags) in every_page() {
        let count = |wanted: &str| tags.iter().filter(|t| t.name == wanted).count();
        assert!(html.starts_with("<!doctype html>"), "{name}\n{html}");
        assert_eq!((count("title"), count("h1"), count("main")), (1, 1, 1), "{name}");
        assert!(tags[0].get("lang").is_some() && tags[0].get("dir").is_some(), "{name}");
        let viewport = tags.iter().find(|t| t.get("name") == Some("viewport")).and_then(|t| t.get("content"));
        assert_eq!(viewport, Some("width=device-width,initial-scale=1"), "{name}: zoom stays allowed");
        for link in tags.iter().filter(|t| t.name == "a") {
            assert!(link.get("href").is_some_and(|h| !h.is_empty()), "{name}: a link to nowhere");
            assert!(!link.inside.iter().any(|n| n == "a" || n == "button"), "{name}: a link in a link");
        }
    }
}

#[test]
fn pages_that_a_link_opens_are_kept_out_of_search_engines() {
    for (name, _, tags) in every_page() {
        let is_hidden =
            tags.iter().any(|t| t.get("name") == Some("robots") && t.get("content") == Some("noindex"));
        assert_eq!(is_hidden, !["index", "follow", "privacy"].contains(name), "{name}");
    }
}

#[test]
fn sign_up_forms_carry_a_trap_that_people_do_not_meet() {
    for (name, html, tags) in every_page() {
        let has_email = tags.iter().any(|t| t.get("name") == Some("email"));
        let trap = tags.iter().find(|t| t.get("name") == Some("pb_blank"));
        // Whoever was caught in it once is not asked through it again.
        let is_asked_again = tags.iter().any(|t| t.get("id") == Some("again"));
        assert_eq!(has_email && !is_asked_again, trap.is_some(), "{name}");
        if let Some(trap) = trap {
            assert_eq!((trap.get("tabindex"), trap.get("autocomplete")), (Some("-1"), Some("off")), "{name}");
            for left_alone in ["data-1p-ignore", "data-lpignore", "data-bwignore", "data-form-type"] {
                assert!(html.contains(left_alone), "{name}: {left_alone}");
            }
            assert!(html.contains(r#"<div class="trap" aria-hidden="true"><label for=""#), "{name}");
        }
    }
}

#[test]
fn every_class_that_a_page_names_is_styled() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/assets");
    let css: String = ["site.css", "mailbox.css", "demo.css"]
        .iter()
        .map(|file| std::fs::read_to_string(folder.join(file)).expect("a stylesheet"))
        .collect();
    for (name, _, tags) in every_page() {
        for class in tags.iter().filter_map(|t| t.get("class")).flat_map(str::split_whitespace) {
            assert!(css.contains(&format!(".{class}")), "{name}: nothing styles .{class}");
        }
    }
}

#[test]
fn the_script_for_blogs_is_small_and_keeps_nothing() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/assets/embed.js");
    let script = std::fs::read_to_string(script).expect("the script");
    assert!(script.len() < 4096, "{} bytes", script.len());
    for word in ["cookie", "localStorage", "sessionStorage", "innerHTML", "eval(", "http://", "https://"] {
        assert!(!script.split("*/").skip(1).any(|code| code.contains(word)), "{word}");
    }
}
