//! Mails that Postbell signs itself (D2).

mod relay;
mod settings;
mod verify;

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use postbell::config::{self, Config, Sources};
use postbell::mail::dkim::DkimSettings;
use tempfile::TempDir;

/// Keys as the manual says to make them.
struct Keys {
    folder: TempDir,
}

impl Keys {
    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_string_lossy().into_owned()
    }

    /// Settings as in the environment, for these keys.
    fn env(&self) -> Vec<(&'static str, String)> {
        vec![
            ("DKIM__DOMAIN", "example.org".to_owned()),
            ("DKIM__SELECTOR", "r1,e1".to_owned()),
            ("DKIM__KEY_FILE", format!("{},{}", self.path("rsa.pem"), self.path("ed.pem"))),
        ]
    }
}

/// Made once: RSA takes a moment.
fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let keys = Keys { folder: tempfile::tempdir().unwrap() };
        for (name, arguments) in [
            ("rsa.pem", &["genrsa", "-out", "rsa.pem", "2048"][..]),
            ("pkcs1.pem", &["rsa", "-traditional", "-in", "rsa.pem", "-out", "pkcs1.pem"]),
            ("ed.pem", &["genpkey", "-algorithm", "ed25519", "-out", "ed.pem"]),
            ("small.pem", &["genrsa", "-out", "small.pem", "1024"]),
            ("public.pem", &["rsa", "-in", "rsa.pem", "-pubout", "-out", "public.pem"]),
            ("locked.pem", &["genrsa", "-aes128", "-passout", "pass:x", "-out", "locked.pem", "2048"]),
            (
                "curve.pem",
                &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "curve.pem"],
            ),
        ] {
            let output = Command::new("openssl").args(arguments).current_dir(keys.folder.path()).output();
            let output = output.expect("openssl runs");
            assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        }
        keys
    })
}

/// What the checked settings are, or every fault, a line each.
fn load(env: &[(&str, String)]) -> Result<Config, String> {
    let env = env.iter().map(|(key, value)| (format!("POSTBELL_{key}"), value.clone())).collect();
    config::load(&Sources { file: None::<PathBuf>, env, flags: Vec::new() })
        .map_err(|faults| faults.to_string())
}

/// Both keys, for `example.org`.
fn dkim() -> DkimSettings {
    load(&keys().env()).unwrap().dkim.unwrap()
}
