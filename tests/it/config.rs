//! Tests of config: every fault names its place, its key and what to write.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use postbell::config::{self, Config, DatabaseUrl, LogFormat, Sources};
use postbell::mail::smtp::SmtpTls;
use secrecy::ExposeSecret as _;

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

fn load(file: &str, env: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my.toml");
    std::fs::write(&path, file).unwrap();
    let sources = Sources { file: Some(path), env: pairs(env), flags: pairs(flags) };
    config::load(&sources).map_err(|faults| {
        let mut text = String::new();
        for fault in &faults.0 {
            let _ = writeln!(text, "{fault}");
        }
        assert!(faults.to_string().lines().count() > faults.0.len());
        text.replace(&folder.path().display().to_string(), "")
    })
}

#[test]
fn the_built_in_settings_hold_and_are_those_of_the_manual() {
    let config = config::load(&Sources::default()).unwrap();
    assert_eq!(config.database, DatabaseUrl::Sqlite(PathBuf::from("data/postbell.db")));
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
    assert!(config.http.public_url.is_none() && config.http.metrics_token.is_none());
    assert!(config.smtp.is_empty() && config.mail.from.is_none() && config.templates_dir.is_none());
    assert_eq!((config.log.format, config.log.filter.as_str()), (LogFormat::Text, "info"));
    assert_eq!((config.keep.pending_days, config.keep.ended_days, config.keep.log_days), (30, 365, 90));
    assert_eq!((config.feeds.check_every_seconds, config.feeds.allow_private), (300, false));
    assert_eq!(
        (config.publish.grace_seconds, config.publish.max_new_posts, config.publish.max_age_hours),
        (600, 3, 72)
    );
    assert_eq!(config.signup.confirm_within_hours, 72);
    let limits = (
        config.signup.per_ip_per_hour,
        config.signup.per_network_per_hour,
        config.signup.per_instance_per_hour,
    );
    assert_eq!(limits, (30, 300, 5000));
    assert_eq!(config.secret_file, PathBuf::from("data/secret.key"));
    assert!(config.check_serving().is_ok());
}

#[test]
fn the_built_in_file_loads_as_a_file_of_ones_own() {
    let config = load(config::DEFAULT, &[], &[]).unwrap();
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
}

#[test]
fn a_later_layer_wins() {
    let file =
        "[http]\nlisten = \"127.0.0.1:1\"\n[publish]\ngrace_seconds = 1\n[feeds]\nallow_private = true\n";
    let env =
        [("POSTBELL_HTTP__LISTEN", "127.0.0.1:2"), ("POSTBELL_PUBLISH__GRACE_SECONDS", "2"), ("HOME", "/")];
    let config = load(file, &env, &[("http.listen", "127.0.0.1:3")]).unwrap();
    assert_eq!(config.http.listen.port(), 3);
    assert_eq!(config.publish.grace_seconds, 2);
    assert!(config.feeds.allow_private);
}

#[test]
fn lists_are_comma_separated_in_the_environment() {
    let env =
        [("POSTBELL_HTTP__TRUSTED_PROXIES", "10.0.0.0/8, fd00::/8,192.0.2.7"), ("POSTBELL_SECRET_FILE", "k")];
    let config = load("", &env, &[]).unwrap();
    let networks = config.http.trusted_proxies;
    let ip = |text: &str| text.parse::<std::net::IpAddr>().unwrap();
    assert_eq!(networks.len(), 3);
    assert!(networks[0].contains(&ip("10.200.3.4")));
    assert!(networks[1].contains(&ip("fd00::1")));
    assert!(networks[2].contains(&ip("192.0.2.7")) && !networks[2].contains(&ip("192.0.2.8")));
    assert_eq!(config.secret_file, PathBuf::from("k"));
}

#[test]
fn variables_that_are_no_settings_are_left_alone() {
    let env = [
        ("POSTBELL_CORPORA", "x"),
        ("POSTBELL_CORPORA_REQUIRED", "1"),
        ("POSTBELL_CONFIG", "x"),
        ("POSTBELL_PYTHON", "x"),
    ];
    assert!(load("", &env, &[]).is_ok());
}

#[test]
fn each_fault_names_its_place_its_key_and_what_to_write() {
    let file = |text: &'static str| (text, vec![]);
    let env = |name: &'static str, value: &'static str| ("", vec![(name, value)]);
    for ((file, env), place, key, advice) in [
        (file("[http]\nlistne = \"x\""), "my.toml", "http.listne", "did you mean http.listen?"),
        (file("[htpp]\nlisten = \"x\""), "my.toml", "htpp.listen", "did you mean http.listen?"),
        (file("listen = \"x\""), "my.toml", "listen", "did you mean http.listen?"),
        (file("[nothing]"), "my.toml", "nothing", "postbell config default"),
        (file("[nothing]\nlike = 1"), "my.toml", "nothing.like", "postbell config default"),
        (file("http = 3"), "my.toml", "http", "no such key"),
        (file("[http]\nlisten = \"here\""), "my.toml", "http.listen", "127.0.0.1:8080"),
        (file("[http]\nlisten = 8080"), "my.toml", "http.listen", "a text in quotes"),
        (
            file("[http]\ntrusted_proxies = \"10.0.0.0/8\""),
            "my.toml",
            "http.trusted_proxies",
            "a list of texts",
        ),
        (file("[http]\ntrusted_proxies = [\"ten\"]"), "my.toml", "http.trusted_proxies", "10.0.0.0/8"),
        (
            file("[http]\ntrusted_proxies = [\"10.0.0.0/33\"]"),
            "my.toml",
            "http.trusted_proxies",
            "\"10.0.0.0/33\"",
        ),
        (
            file("[http]\npublic_url = \"post.example.org\""),
            "my.toml",
            "http.public_url",
            "https://post.example.org",
        ),
        (
            file("[http]\npublic_url = \"https://example.org/post\""),
            "my.toml",
            "http.public_url",
            "nothing more",
        ),
        (file("[http]\nmetrics_token = \"short\""), "my.toml", "http.metrics_token", "openssl rand"),
        (
            file("[http]\nmetrics_token_file = \"/nowhere/t\""),
            "my.toml",
            "http.metrics_token_file",
            "cannot be read",
        ),
        (
            file("[smtp]\nurl = \"mail.example.org\"\n[mail]\nfrom = \"a@x.org\""),
            "my.toml",
            "smtp.url",
            "smtp://USER:PASSWORD@HOST:587",
        ),
        (
            file("[smtp]\nurl = \"smtp://h\"\nurl_file = \"f\"\n[mail]\nfrom = \"a@x.org\""),
            "my.toml",
            "smtp.url_file",
            "not both",
        ),
        (file("[smtp]\nca_file = \"/nowhere/ca\""), "my.toml", "smtp.ca_file", "cannot be read"),
        (file("[smtp]\nconnections = 0"), "my.toml", "smtp.connections", "from 1 to 500"),
        (file("[smtp]\nconnections = \"10\""), "my.toml", "smtp.connections", "without quotes"),
        (file("[smtp]\ndata_timeout_seconds = 0"), "my.toml", "smtp.data_timeout_seconds", "from 1 to 3600"),
        (file("[mail]\nfrom = \"Kim\""), "my.toml", "mail.from", "Name <address>"),
        (file("[mail]\nnotice_from = \"Kim <>\""), "my.toml", "mail.notice_from", "Name <address>"),
        (file("[mail]\nreply_to = \"Kim <kim>\""), "my.toml", "mail.reply_to", "one email address"),
        (file("[smtp]\nurl = \"smtp://localhost\""), "my.toml", "mail.from", "needed once smtp.url is set"),
        (file("[database]\nurl = \"data.db\""), "my.toml", "database.url", "sqlite://PATH"),
        (file("[database]\nurl = \"\""), "my.toml", "database.url", "sqlite://PATH"),
        (file("[database]\nurl_file = \"/nowhere/d\""), "my.toml", "database.url_file", "cannot be read"),
        (
            file("[database]\nurl = \"sqlite://a.db\"\nurl_file = \"f\""),
            "my.toml",
            "database.url_file",
            "not both",
        ),
        (file("[log]\nformat = \"xml\""), "my.toml", "log.format", "\"text\" or \"json\""),
        (file("[log]\nfilter = \"postbell=loud\""), "my.toml", "log.filter", "postbell=debug"),
        (file("[feeds]\ncheck_every_seconds = 0"), "my.toml", "feeds.check_every_seconds", "from 1 to"),
        (file("[feeds]\nallow_private = \"yes\""), "my.toml", "feeds.allow_private", "true or false"),
        (file("[publish]\ngrace_seconds = -1"), "my.toml", "publish.grace_seconds", "from 0 to"),
        (file("[publish]\nmax_new_posts = 3.5"), "my.toml", "publish.max_new_posts", "whole number"),
        (file("[publish]\nmax_age_hours = 0"), "my.toml", "publish.max_age_hours", "from 1 to"),
        (file("[signup]\nconfirm_within_hours = 0"), "my.toml", "signup.confirm_within_hours", "from 1 to"),
        (file("[signup]\nper_ip_per_hour = -1"), "my.toml", "signup.per_ip_per_hour", "0 for unlimited"),
        (file("[keep]\nlog_days = 0"), "my.toml", "keep.log_days", "from 1 to"),
        (file("secret_file = \"\""), "my.toml", "secret_file", "data/secret.key"),
        (env("POSTBELL_HTTP__LISTNE", "x"), "environment", "http.listne", "POSTBELL_HTTP__LISTEN?"),
        (env("POSTBELL_HTTP_LISTEN", "x"), "environment", "http_listen", "POSTBELL_HTTP__LISTEN?"),
        (env("POSTBELL_HTTP__LISTEN", "x"), "environment", "http.listen", "POSTBELL_HTTP__LISTEN"),
        (env("POSTBELL_SMTP__CONNECTIONS", "many"), "environment", "smtp.connections", "whole number"),
        (env("POSTBELL_FEEDS__ALLOW_PRIVATE", "1"), "environment", "feeds.allow_private", "true or false"),
        // What is planned is refused, not ignored.
        (file("[[smtp.relay]]\nur = \"smtp://a\""), "my.toml", "smtp.relay[1].ur", "no such key"),
        (file("[[smtp.relay]]\nconnections = 3"), "my.toml", "smtp.relay[1].url", "is missing"),
        (
            file("[[smtp.relay]]\nurl = \"smtp://a\"\nconnections = 0\n[mail]\nfrom = \"k@x.org\""),
            "my.toml",
            "smtp.relay[1].connections",
            "from 1 to 500",
        ),
        (file("[smtp]\nrelay = \"smtp://a\""), "my.toml", "smtp.relay", "[[smtp.relay]]"),
        (env("POSTBELL_SMTP__RELAY", "smtp://a"), "environment", "smtp.relay", "in a file"),
        (file("[deliver]\nbrake_hard_percent = 101"), "my.toml", "deliver.brake_hard_percent", "percentage"),
        (file("[deliver]\nbrake_hard_percent = \"5\""), "my.toml", "deliver.brake_hard_percent", "like 0.1"),
        (file("[deliver]\nwarm_up_first_day = 50"), "my.toml", "deliver.warm_up_since", "is needed"),
        (file("[deliver]\nwarm_up_since = \"soon\""), "my.toml", "deliver.warm_up_since", "2027-01-15"),
        (
            file("[smtp]\nurl = \"smtp://relay\"\npipelining = \"on\"\n[mail]\nfrom = \"k@x.org\""),
            "my.toml",
            "smtp.pipelining",
            "auto, commands or off",
        ),
        (file("[smtp]\nrate_per_second = -5"), "my.toml", "smtp.rate_per_second", "0 for unlimited"),
        (
            file("[mail]\nbounce_address = \"bounces\""),
            "my.toml",
            "mail.bounce_address",
            "like bounces@mail.example.org",
        ),
        (
            file("[mail]\nbounce_address = \"b+c@x.org\""),
            "my.toml",
            "mail.bounce_address",
            "plain letters, digits, dots and hyphens",
        ),
        (
            file("[database]\nurl = \"postgres://kim:secret@localhost\""),
            "my.toml",
            "database.url",
            "the name of the database is missing",
        ),
        (
            file("[database]\nurl = \"postgres://localhost/x?password=secret\""),
            "my.toml",
            "database.url",
            "the password belongs before the @",
        ),
    ] {
        let faults = load(file, &env, &[]).expect_err(file);
        assert_eq!(faults.lines().count(), 1, "one fault only: {faults}");
        let key = if place == "environment" { format!("{key} (") } else { format!("{key}: ") };
        assert!(faults.contains(&format!("{place}: {key}")), "{place}: {key} is not named: {faults}");
        assert!(faults.contains(advice), "{advice:?} is not advised: {faults}");
    }
}

#[test]
fn a_fault_of_the_command_line_says_so() {
    let faults = load("", &[], &[("smtp.connections", "x")]).unwrap_err();
    assert!(faults.starts_with("--set: smtp.connections: "), "{faults}");
}

#[test]
fn all_faults_are_told_at_once() {
    let file = "[http]\nlisten = \"x\"\nnope = 1\n[smtp]\nurl = \"x\"\nconnections = 0\n[keep]\nlog_days = 0\n[log]\nformat = \"x\"";
    let faults =
        load(file, &[("POSTBELL_MAIL__FROM", "x"), ("POSTBELL_X", "y")], &[("publish.max_age_hours", "x")])
            .unwrap_err();
    for key in [
        "http.listen",
        "http.nope",
        "smtp.url",
        "smtp.connections",
        "keep.log_days",
        "log.format",
        "mail.from",
        "environment: x ",
        "publish.max_age_hours",
    ] {
        assert!(faults.contains(key), "{key} is missing: {faults}");
    }
    assert_eq!(faults.lines().count(), 9, "{faults}");
}

#[test]
fn a_file_that_is_no_toml_names_the_line_and_shows_nothing_of_it() {
    let faults = load("[smtp]\n\nurl = sesame-secret\n", &[], &[]).unwrap_err();
    assert!(faults.contains("my.toml: line 3 "), "{faults}");
    assert!(!faults.contains("sesame-secret"), "{faults}");
    let missing = Sources { file: Some("/nowhere/x.toml".into()), ..Sources::default() };
    let faults = config::load(&missing).unwrap_err().to_string();
    assert!(faults.contains("/nowhere/x.toml") && faults.contains("--config"), "{faults}");
}

#[test]
fn a_relay_is_taken_whole_from_settings() {
    let file = "[smtp]\nurl = \"smtp://kim:p%40ss@mail.example.org\"\nconnections = 4\ndata_timeout_seconds = 9\n\
                [mail]\nfrom = '\"Kim, of X\" <Kim@Example.org>'\nreply_to = \"kim@x.org\"\n";
    let config = load(file, &[], &[]).unwrap();
    let smtp = config.smtp[0].settings.clone();
    assert_eq!((smtp.host.as_str(), smtp.port, smtp.tls), ("mail.example.org", 587, SmtpTls::Required));
    assert_eq!((smtp.connections, smtp.data_timeout), (4, Duration::from_secs(9)));
    assert_eq!(smtp.credentials.unwrap().1.expose_secret(), "p@ss");
    let from = config.mail.from.unwrap();
    assert_eq!((from.name.as_str(), from.address.as_str()), ("Kim, of X", "Kim@example.org"));
}

#[test]
fn secrets_may_stand_in_files_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let url = folder.path().join("url");
    let token = folder.path().join("token");
    std::fs::write(&url, "smtps://kim:sesame@mail.example.org\n").unwrap();
    std::fs::write(&token, "0123456789abcdef\n").unwrap();
    let file = "[smtp]\nurl = \"smtp://elsewhere\"\n[mail]\nfrom = \"kim@x.org\"\n";
    // A file named in a later layer wins over what stands inline in an earlier one.
    let env = [
        ("POSTBELL_SMTP__URL_FILE", url.to_str().unwrap()),
        ("POSTBELL_HTTP__METRICS_TOKEN_FILE", token.to_str().unwrap()),
    ];
    let config = load(file, &env, &[]).unwrap();
    assert_eq!(config.smtp[0].settings.host, "mail.example.org");
    assert_eq!(config.http.metrics_token.unwrap().expose_secret(), "0123456789abcdef");
    std::fs::write(&url, "smtps://kim:ses#ame@mail.example.org").unwrap();
    let faults = load(file, &env, &[]).unwrap_err();
    assert!(faults.contains("environment: smtp.url_file") && !faults.contains("ses"), "{faults}");
    std::fs::write(&url, "\n").unwrap();
    assert!(load(file, &env, &[]).unwrap_err().contains("is empty"));
    std::fs::write(&url, "postgres://kim:sesame@db.example.org/post\n").unwrap();
    let env = [("POSTBELL_DATABASE__URL_FILE", url.to_str().unwrap())];
    assert!(matches!(load("", &env, &[]).unwrap().database, DatabaseUrl::Postgres(_)));
    std::fs::write(&url, "postgres://kim:sesame@db.example.org\n").unwrap();
    let faults = load("", &env, &[]).unwrap_err();
    assert!(faults.contains("environment: database.url_file") && !faults.contains("sesame"), "{faults}");
}

#[test]
fn secrets_are_not_shown() {
    let sources = Sources {
        env: pairs(&[
            ("POSTBELL_SMTP__URL", "smtp://kim:sesame@mail.example.org"),
            ("POSTBELL_HTTP__METRICS_TOKEN", "sesame-sesame-sesame"),
            ("POSTBELL_MAIL__FROM", "kim@x.org"),
        ]),
        ..Sources::default()
    };
    let shown = serde_json::to_string(&config::effective(&sources).unwrap()).unwrap();
    assert!(!shown.contains("sesame") && !shown.contains("kim:"), "{shown}");
    assert!(shown.contains("smtp://***@mail.example.org") && shown.contains("environment"), "{shown}");
    let config = config::load(&sources).unwrap();
    assert!(!format!("{config:?}").contains("sesame"));
}

#[test]
fn links_of_this_machine_are_not_served_to_others() {
    let serving = |listen: &str, url: &str| {
        let config =
            load("", &[("POSTBELL_HTTP__LISTEN", listen), ("POSTBELL_HTTP__PUBLIC_URL", url)], &[]).unwrap();
        config.check_serving().map_err(|faults| faults[0].to_string())
    };
    assert!(serving("127.0.0.1:8080", "").is_ok());
    assert!(serving("[::1]:8080", "").is_ok());
    assert!(serving("127.0.0.1:8080", "http://post.example.org").is_ok());
    assert!(serving("0.0.0.0:8080", "https://post.example.org/").is_ok());
    for url in ["", "http://post.example.org"] {
        let fault = serving("0.0.0.0:8080", url).unwrap_err();
        assert!(fault.contains("http.public_url: must be"), "{fault}");
    }
}

#[test]
fn the_password_of_the_database_is_shown_to_nobody() {
    let file = "[database]\nurl = \"postgres://ulla:hunter2@db.example/postbell?sslmode=require\"";
    let config = load(file, &[], &[]).unwrap();
    let DatabaseUrl::Postgres(url) = &config.database else { panic!("{:?}", config.database) };
    assert_eq!(url.expose(), "postgres://ulla:hunter2@db.example/postbell?sslmode=require");
    for shown in [url.to_string(), format!("{config:?}")] {
        assert!(shown.contains("postgres://***@db.example/postbell?sslmode=require"), "{shown}");
        assert!(!shown.contains("hunter2") && !shown.contains("ulla"), "{shown}");
    }
}
