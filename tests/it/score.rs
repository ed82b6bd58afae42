//! The public corpora with their own scorer, through the command line, and
//! the figures that must be reached.

use std::path::Path;
use std::process::Command;

use crate::support::corpora;

/// What the scorer says of one set.
struct Report(String);

impl Report {
    fn of(folder: &Path, set: &str, command: &[&str]) -> Self {
        let program = format!("{} {}", env!("CARGO_BIN_EXE_postbell"), command.join(" "));
        let python = std::env::var("POSTBELL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let scored = Command::new(python)
            .arg(folder.join("score.py"))
            .args([set, "--split", "open", "--show", "20", "--cmd", &program])
            .output()
            .unwrap();
        assert!(scored.status.success(), "{set}: {}", String::from_utf8_lossy(&scored.stderr));
        let report = String::from_utf8_lossy(&scored.stdout).into_owned();
        println!("{report}");
        Self(report)
    }

    /// The numbers behind these words, as they stand in their line.
    fn numbers(&self, words: &str) -> Vec<f64> {
        let line = self.0.lines().find_map(|line| line.split_once(words).map(|(_, rest)| rest));
        let line = line.unwrap_or_else(|| panic!("nothing about {words:?} in:\n{}", self.0));
        let number = |c: char| !c.is_ascii_digit() && c != '.';
        line.split(number).filter_map(|text| text.trim_end_matches('.').parse().ok()).collect()
    }

    /// The last number of a line like `139/142 = 97.9%`.
    fn percent(&self, words: &str) -> f64 {
        *self.numbers(words).last().unwrap()
    }
}

/// B1 B2 B3 B4 S9
#[test]
fn every_open_set_reaches_its_bar() {
    let Some(folder) = corpora::folder("the scorer of the corpora") else { return };
    let inspect = ["feed", "inspect", "--jsonl"];
    for (set, bar) in [("feeds", 97.0), ("tolerant", 95.0)] {
        let report = Report::of(&folder, set, &inspect);
        assert_eq!(report.numbers("crashes ")[0], 0.0, "{set}");
        assert!(report.percent("files fully right:") >= bar, "{set}");
    }
    assert_eq!(Report::of(&folder, "nocrash", &inspect).numbers("crashes ")[0], 0.0);

    let bounces = Report::of(&folder, "bounces", &["bounce", "classify", "--jsonl"]);
    assert_eq!(bounces.numbers("crashes ")[0], 0.0);
    assert!(bounces.percent("recipients, DSN format") >= 99.0);
    assert!(bounces.percent("recipients, free-form") >= 85.0);
    assert!(bounces.percent("hard / not hard") >= 97.0);
    let judged = bounces.numbers("hard / not hard")[1];
    assert!(bounces.numbers("good subscriber called hard")[0] <= judged / 100.0);
    let others = bounces.numbers("ordinary mail acted on");
    assert_eq!((others[0], others[2]), (0.0, 0.0), "ordinary mail, automatic answers");

    let addresses = Report::of(&folder, "addresses", &["address", "check", "--jsonl"]);
    let right = addresses.numbers("'ok': ")[0];
    let [all, crashes] = addresses.numbers("split=open: ")[..2] else { panic!("two numbers") };
    assert_eq!((right, crashes), (all, 0.0), "none bad is taken, none good refused");

    let webhooks = Report::of(&folder, "webhooks", &["webhook", "decode", "--jsonl"]);
    for provider in ["amazon_ses:", "sendgrid:", "postmark:", "mailgun:"] {
        let [right, all] = webhooks.numbers(provider)[..] else { panic!("two numbers") };
        assert_eq!(right, all, "{provider}");
    }
}
