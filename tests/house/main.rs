//! Holds the code to the drawing in `docs/architecture.md`: floors, rooms,
//! and words that belong to one room only. Reads the source, runs nothing.

mod the_checker_sees;

use std::path::{Path, PathBuf};

/// Which module stands on which floor; imports go down only. The longest
/// matching name counts. Adapters stand beside their port, and only `app`
/// (and what is above it) may name them.
const FLOORS: &[(&str, u8)] = &[
    ("clock", 0),
    ("domain", 0),
    ("bounds", 1),
    ("dns", 1),
    ("feeds", 1),
    ("mail", 1),
    ("sender_auth", 1),
    ("store", 1),
    ("templates", 1),
    ("wake", 1),
    ("deliver", 2),
    ("feedback", 2),
    ("operate", 2),
    ("publish", 2),
    ("signup", 2),
    ("upkeep", 2),
    ("config", 3),
    ("inbound", 3),
    ("roles", 3),
    ("web", 3),
    ("app", 4),
    ("doctor", 4),
    ("telemetry", 4),
    ("cli", 5),
];

/// Adapters: they know floor 0 and their own port.
const ADAPTERS: &[&str] = &[
    "store::sqlite",
    "store::postgres",
    "store::sql",
    "mail::smtp",
    "mail::mailbox",
    "feeds::http",
    "dns::hickory",
];

/// From where, to where, and why it is allowed all the same.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("mail::mailbox", "store", "the built-in mailbox keeps its mails in the database (decision 0003)"),
    ("config", "mail::smtp", "config fills in the relay's settings, a plain struct of the adapter"),
];

/// A word, the rooms that may say it, and why others may not.
const WORDS: &[(&str, &[&str], &str)] = &[
    ("Utc::now", &["clock"], "take `now` as an argument or a Clock, so that tests can move time"),
    ("SystemTime::now", &["clock"], "take `now` as an argument or a Clock, so that tests can move time"),
    ("Timestamp::now", &["clock"], "take `now` as an argument or a Clock, so that tests can move time"),
    ("Zoned::now", &["clock"], "take `now` as an argument or a Clock, so that tests can move time"),
    ("thread_rng", &[], "its name is gone from rand; secrets come from domain::token"),
    ("env::var", &["cli", "config", "main"], "settings come through config, so that all are checked at once"),
    ("println!", &["cli"], "only the command line has a standard output; elsewhere use tracing"),
    ("print!", &["cli"], "only the command line has a standard output; elsewhere use tracing"),
    ("eprintln!", &["cli"], "only the command line has a standard error; elsewhere use tracing"),
    ("eprint!", &["cli"], "only the command line has a standard error; elsewhere use tracing"),
    (
        "sqlx::",
        &["store::sql", "store::sqlite", "store::postgres"],
        "the database lives behind the store's traits",
    ),
    (
        "tokio::net",
        &["mail::smtp", "feeds::http", "inbound", "web", "roles", "app", "doctor"],
        "sockets belong to adapters and entrances",
    ),
    (
        "fs::",
        &[
            "store::sqlite",
            "mail::smtp",
            "templates::engine",
            "inbound",
            "roles",
            "config",
            "app",
            "doctor",
            "cli",
        ],
        "files belong to adapters, settings and the operator; the templates read the owner's own",
    ),
    ("lettre::", &["mail"], "SMTP lives in mail"),
    ("hickory_resolver::", &["dns"], "the DNS lives in dns"),
    ("axum::", &["web"], "HTTP pages live in web"),
    ("minijinja::", &["templates"], "the template engine lives in templates"),
    ("tokio_cron_scheduler", &["roles"], "the alarm clock rings in roles; due-ness is data"),
    (".unwrap()", &[], "use `?`, or `expect` with the reason it cannot happen"),
    ("unsafe {", &[], "no unsafe code of ours"),
    ("unsafe fn", &[], "no unsafe code of ours"),
];

/// What must be in no file: it tells of the machine where it was written.
const LEAKS: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];

const MOST_LINES: usize = 400;

#[test]
fn the_house_stands_as_drawn() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut faults = Vec::new();
    for folder in ["src", "tests", "fuzz", "docs", "scripts", "config", "email_templates", "migrations"] {
        for file in files_below(&root.join(folder)) {
            // A picture has no lines.
            let Ok(text) = std::fs::read_to_string(&file) else { continue };
            let name = file.strip_prefix(root).expect("it lies below").to_string_lossy().into_owned();
            let is_rust = file.extension().is_some_and(|extension| extension == "rs");
            faults.extend(if is_rust { check(&name, &text) } else { check_leaks(&name, &text) });
        }
    }
    faults.extend(check_migrations(&root.join("migrations")));
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// A promise that is kept names tests, each once, and they are there.
#[test]
fn each_promise_that_is_kept_names_tests_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/promises.md")).expect("it is there");
    let mut faults = Vec::new();
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, number, _, status, tests, ..] = cells.as_slice() else { continue };
        // Every second piece stands between two marks.
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        if names.is_empty() && status.starts_with("now") {
            faults.push(format!("{number} is kept by no test"));
        }
        for (at, name) in names.iter().enumerate() {
            if names[..at].contains(name) {
                faults.push(format!("{number} names {name} twice"));
            }
            if !is_there(root, name) {
                faults.push(format!("{number} names {name}, which is not there"));
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// A script, a module with tests, or one test: `signup::leave::one_click_leaves`.
fn is_there(root: &Path, name: &str) -> bool {
    let path = name.trim_end_matches(" (unit)").replace("::", "/");
    let texts = |path: &str| {
        let names = ["tests/it/", "src/"].map(|at| [format!("{at}{path}.rs"), format!("{at}{path}/mod.rs")]);
        names.into_iter().flatten().filter_map(|name| std::fs::read_to_string(root.join(name)).ok()).collect()
    };
    let all: Vec<String> = texts(&path);
    let Some((folder, test)) = path.rsplit_once('/') else { return !all.is_empty() };
    // Tests may stand at the end of the file that they are about.
    let mut rooms: Vec<String> = texts(folder);
    rooms.extend(texts(folder.trim_end_matches("/tests")));
    let is_test = rooms.iter().any(|text| text.contains(&format!("fn {test}(")));
    is_test || !all.is_empty() || name.contains('/') && root.join(path).exists()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// All that is wrong with one file, a sentence each.
fn check(name: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !text.starts_with("//!") {
        faults.push(format!("{name}:1: say on the first line, with `//!`, what this file is for"));
    }
    let count = text.lines().count();
    if count > MOST_LINES {
        faults.push(format!("{name}: {count} lines; more than {MOST_LINES} are two files"));
    }
    faults.extend(check_leaks(name, text));
    if let Some(path) = name.strip_prefix("src/") {
        let module = path.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
        for (line, code) in product_lines(text) {
            let code = if code.contains("crate::{") { whole_statement(text, line) } else { code };
            faults.extend(check_words(&module, &code).map(|why| format!("{name}:{line}: {why}")));
            faults
                .extend(check_imports(&module, &code).into_iter().map(|why| format!("{name}:{line}: {why}")));
        }
    }
    faults
}

fn check_leaks(name: &str, text: &str) -> Vec<String> {
    let leaky = |line: &str| LEAKS.iter().find(|leak| line.contains(**leak));
    let lines = text.lines().enumerate().filter_map(|(index, line)| Some((index + 1, leaky(line)?)));
    lines.map(|(line, leak)| format!("{name}:{line}: `{leak}` names a place on one machine")).collect()
}

/// The lines that are product: no comments, nothing from the tests module on,
/// which by our order of a file is the last thing in it.
fn product_lines(text: &str) -> Vec<(usize, String)> {
    let lines = text.lines().enumerate();
    lines
        .take_while(|(_, line)| !line.trim_start().starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(index, line)| (index + 1, line.split(" // ").next().unwrap_or_default().to_owned()))
        .collect()
}

/// From `line` (counted from 1) to the next semicolon.
fn whole_statement(text: &str, line: usize) -> String {
    let rest: Vec<&str> = text.lines().skip(line - 1).collect();
    rest.join("\n").split(';').next().unwrap_or_default().to_owned()
}

fn within(module: &str, room: &str) -> bool {
    module == room || module.strip_prefix(room).is_some_and(|rest| rest.starts_with("::"))
}

fn check_words<'a>(module: &'a str, code: &'a str) -> impl Iterator<Item = String> + 'a {
    WORDS.iter().filter_map(move |(word, rooms, why)| {
        let said = code.match_indices(word).any(|(at, _)| {
            // `crate::sqlx::` or `my_println!` is another word.
            let before = code[..at].chars().next_back().unwrap_or(' ');
            word.starts_with('.') || !(before.is_alphanumeric() || before == '_')
        });
        let allowed = rooms.iter().any(|room| within(module, room));
        (said && !allowed).then(|| format!("`{word}` does not belong in {module}: {why}"))
    })
}

fn floor(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(room, _)| within(module, room)).map(|(_, floor)| *floor)
}

/// What `code` imports from the crate; of a `{}` list the parts at its top.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let Some(list) = rest.strip_prefix('{') else {
            found.push(rest.chars().take_while(|c| c.is_alphanumeric() || "_:".contains(*c)).collect());
            continue;
        };
        let (mut depth, mut part) = (1, String::new());
        for c in list.chars().filter(|c| !c.is_whitespace()) {
            depth += i32::from(c == '{') - i32::from(c == '}');
            match c {
                ',' if depth == 1 => found.push(std::mem::take(&mut part)),
                _ if depth == 0 => break,
                _ => part.push(c),
            }
        }
        found.push(part);
    }
    found
}

fn check_imports(module: &str, code: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let Some(own) = floor(module) else { return faults };
    for import in imports(code) {
        let Some(other) = floor(&import) else { continue };
        let own_room = module.split("::").next().unwrap_or_default();
        let room = import.split("::").next().unwrap_or_default();
        if EXCEPTIONS.iter().any(|(from, to, _)| within(module, from) && within(&import, to)) {
            continue;
        }
        let adapter = ADAPTERS.iter().find(|adapter| within(&import, adapter));
        let own_adapter = ADAPTERS.iter().find(|adapter| within(module, adapter));
        if let Some(adapter) = adapter.filter(|_| own < 4 && own_adapter != adapter) {
            faults.push(format!(
                "{module} (floor {own}) names the adapter {adapter}: only app does; use its port"
            ));
        } else if own_room == room {
            continue;
        } else if own_adapter.is_some() && other > 0 {
            faults.push(format!("the adapter {module} imports {import}: it knows floor 0 and its own port"));
        } else if own == 2 && other == 2 {
            faults.push(format!(
                "the flow {module} imports its sibling {import}: flows meet only in the store"
            ));
        } else if own < other {
            faults.push(format!(
                "{module} (floor {own}) imports {import} (floor {other}): imports go down only"
            ));
        }
    }
    faults
}

/// Every migration is `NNNN_verb_noun.sql`, numbered without a gap, and all
/// databases have the same ones.
fn check_migrations(folder: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    let mut sets: Vec<(String, Vec<String>)> = Vec::new();
    for database in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let entries = std::fs::read_dir(database.path()).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        let database = database.file_name().to_string_lossy().into_owned();
        for (index, name) in names.iter().enumerate() {
            if let Some(why) = fault_of_migration(name, index + 1) {
                faults.push(format!("migrations/{database}/{name}: {why}"));
            }
        }
        sets.push((database, names));
    }
    for pair in sets.windows(2) {
        if pair[0].1 != pair[1].1 {
            faults
                .push(format!("migrations/{} and migrations/{} hold different names", pair[0].0, pair[1].0));
        }
    }
    faults
}

fn fault_of_migration(name: &str, number: usize) -> Option<String> {
    let rest = name.strip_suffix(".sql").and_then(|stem| stem.split_once('_'));
    match rest {
        Some((digits, words)) if digits == format!("{number:04}") => {
            let fine = words.contains('_') && words.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            (!fine)
                .then(|| "behind the number come a verb and a noun, as in 0001_create_tables.sql".to_owned())
        }
        _ => Some(format!("the name starts with {number:04}_ and ends with .sql: numbers have no gap")),
    }
}
