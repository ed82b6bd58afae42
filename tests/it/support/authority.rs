//! A certificate authority of a test's own, with one certificate for
//! 127.0.0.1 and localhost.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::fault_smtp::FaultSmtp;

/// Its files lie in a folder that goes with it.
pub struct Authority {
    folder: tempfile::TempDir,
}

impl Authority {
    /// One whose certificates hold for 60 days.
    pub fn new() -> Self {
        Self::lasting("60")
    }

    /// One whose server certificate holds for so many days; -1: it has ended.
    pub fn lasting(days: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let alternatives = "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n";
        std::fs::write(folder.path().join("leaf.ext"), alternatives).expect("the folder takes files");
        let authority = Self { folder };
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        authority.openssl(&format!("req -x509 -days 60 -subj /CN=Test -keyout ca.key -out ca.pem {key}"));
        authority.openssl(&format!("req -subj /CN=localhost -keyout leaf.key -out leaf.csr {key}"));
        authority.openssl(&format!(
            "x509 -req -days {days} -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile leaf.ext -out leaf.pem"
        ));
        authority
    }

    fn openssl(&self, arguments: &str) {
        let output = Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(self.folder.path())
            .output()
            .expect("openssl runs; without it: apt-get install openssl");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// `ca.pem`, `leaf.pem`, `leaf.key`.
    pub fn file(&self, name: &str) -> PathBuf {
        Path::new(self.folder.path()).join(name)
    }

    /// The root.
    pub fn pem(&self) -> Vec<u8> {
        std::fs::read(self.file("ca.pem")).expect("it was made")
    }

    /// A mail server with its certificate.
    pub fn server(&self, faults: &[(&str, &str)]) -> FaultSmtp {
        let (cert, key) = (self.file("leaf.pem"), self.file("leaf.key"));
        let text = |path: &PathBuf| path.to_string_lossy().into_owned();
        let (cert, key) = (text(&cert), text(&key));
        let mut all = vec![("cert", cert.as_str()), ("key", key.as_str())];
        all.extend(faults);
        FaultSmtp::start(&all)
    }
}
