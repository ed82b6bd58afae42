//! Posts that are made to be slow or large, in a process that is watched.

use std::time::{Duration, Instant};

use super::home::Home;
use super::site::Site;
use crate::support::hostile::bodies;
use crate::support::process::forget_settings;

/// Kinds of bodies that took the most memory or time of all that are known.
const DEAREST: &[&str] = &[
    "many \"<b><p>\"",
    "counted \"<font a=#><p>\"",
    "tables in tables",
    "deep <table><tr><td>",
    "attributes of many tags",
];

/// S9: the whole way of a post, in a process of its own: body and summary
/// read from the feed, made safe, and made a mail.
#[test]
fn hostile_posts_stay_within_the_memory_that_is_promised() {
    const WATCH: &str = "import os, sys\n\
        pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)\n\
        _, status, used = os.wait4(pid, 0)\n\
        print(os.waitstatus_to_exitcode(status), used.ru_maxrss, file=sys.stderr)";
    let (home, site) = (Home::new(), Site::start(&["first"]));
    home.send_to(1);
    home.ok(&["blog", "add", &site.url(), "--slug", "toast", "--approve", "always"]);
    let all = bodies(300_000);
    let mut titles = vec!["first".to_owned()];
    for name in DEAREST {
        let (_, _, body) = all.iter().find(|(of, _, _)| of == name).expect("it is one of them");
        titles.insert(0, format!("post {}", titles.len()));
        site.publish(&titles.iter().map(String::as_str).collect::<Vec<_>>());
        let body = format!("<![CDATA[{}]]>", body.replace("]]>", "]]]]><![CDATA[>"));
        let plain = format!("<description>About {}.</description>", titles[0]);
        let both = format!("<description>{body}</description><content:encoded>{body}</content:encoded>");
        site.edit(&plain, &both);
        home.ok(&["blog", "check", "toast"]);
        let post = home.json(&["post", "list", "toast", "--json"])[0]["id"].to_string();
        let mut watched = std::process::Command::new("python3");
        forget_settings(&mut watched);
        let began = Instant::now();
        let output = watched
            .args(["-c", WATCH, env!("CARGO_BIN_EXE_postbell"), "post", "preview", &post])
            .current_dir(home.path())
            .output()
            .unwrap();
        let took = began.elapsed();
        let said = String::from_utf8_lossy(&output.stderr);
        let (code, used_kb) = said.trim().lines().last().and_then(|line| line.split_once(' ')).unwrap();
        println!("{name}: {used_kb} KB, {took:?}");
        assert_eq!(code, "0", "{name}: {said}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("/post-"), "{name}: where the post is");
        assert!(used_kb.parse::<u64>().unwrap() < 256 * 1024, "{name}: {used_kb} KB");
        assert!(took < Duration::from_secs(5), "{name}: {took:?}");
    }
}
