//! Against Debian's `smtp-sink`, a server that is not ours.

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

use super::{parcel_to, session, settings};

struct Sink {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Sink {
    fn start() -> Self {
        let program = ["/usr/sbin/smtp-sink", "/usr/bin/smtp-sink"]
            .into_iter()
            .find(|path| std::path::Path::new(path).exists())
            .expect("smtp-sink is missing; run: apt-get install postfix");
        let folder = tempfile::tempdir().unwrap();
        // It gives up root and writes as another user.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(program);
        if std::fs::read_to_string("/proc/self/status").unwrap().contains("\nUid:\t0\t") {
            command.args(["-u", "nobody"]);
        }
        let child = command
            .arg("-D")
            .arg(folder.path().join("all"))
            .args([&format!("127.0.0.1:{port}"), "100"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::yield_now();
        }
        Self { child, folder, port }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn smtp_sink_takes_mail_after_mail_byte_for_byte() {
    let sink = Sink::start();
    let mut session = session(settings(sink.port));
    for i in 0..50 {
        session.send(&parcel_to(&format!("r{i}@example.com")), None).await.unwrap();
    }
    session.close().await;
    session.send(&parcel_to("again@example.com"), None).await.expect("a closed session connects anew");
    session.close().await;

    let all = std::fs::read_to_string(sink.folder.path().join("all")).unwrap();
    let mail = String::from_utf8(parcel_to("x@example.com").bytes).unwrap().replace("\r\n", "\n");
    assert_eq!(all.replace("\r\n", "\n").matches(&mail).count(), 51, "{all}");
    assert_eq!(all.matches("again@example.com").count(), 1);
}
