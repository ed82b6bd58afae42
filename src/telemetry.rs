//! Logs and metrics: set up once, at the start of the process.
//!
//! Logs go to standard error, so that standard output stays with the command.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;
use crate::domain::shown::escaped_json;
use crate::roles::QUIET;

/// Starts logging. `RUST_LOG` wins over `filter`, and either has to name the
/// crates that tell the words of a post, to hear them; a second call changes
/// nothing.
pub fn init(format: LogFormat, filter: &str) {
    let quiet = |filter: &str| EnvFilter::try_new(format!("{QUIET},{filter}")).ok();
    let asked = EnvFilter::try_from_default_env().ok().map(|asked| asked.to_string());
    let filter = asked.as_deref().and_then(quiet).or_else(|| quiet(filter)).unwrap_or_default();
    // A line that cannot be written is lost. To say so on standard error
    // would panic where that is a file on a full disk (R10).
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Steady(std::io::stderr()))
        .log_internal_errors(false);
    let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    // It fails only when logging was started before, as in tests.
    let _ = match format {
        LogFormat::Text => logs.with_ansi(is_terminal).try_init(),
        LogFormat::Json => logs.json().flatten_event(true).with_current_span(false).try_init(),
    };
}

/// Standard error for lines that carry words of others. The library spells
/// escape sequences out; this does the same for what turns the direction of
/// writing. A line comes in one write.
struct Steady(std::io::Stderr);

impl std::io::Write for Steady {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        match std::str::from_utf8(line) {
            // Colours of a terminal are the library's own, and plain ASCII.
            Ok(text) if !text.is_ascii() => {
                let parts = text.split('\u{1b}').map(|part| escaped_json(part));
                let line = parts.collect::<Vec<_>>().join("\u{1b}");
                self.0.write_all(line.as_bytes())?;
            }
            _ => self.0.write_all(line)?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

/// The process's metrics; the first call installs the recorder. Call
/// `run_upkeep` on it now and then, and `render` for `/metrics`.
pub fn metrics() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    let install = || {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another recorder of metrics is installed; /metrics stays empty");
        }
        handle
    };
    HANDLE.get_or_init(install).clone()
}
