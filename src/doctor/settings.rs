//! The settings: whether they can be used, and what is odd about them.

use super::report::{Area, Finding};
use crate::config::{Config, Faults};

/// Every fault, as `serve` tells them; the rest needs settings.
pub(super) fn unusable(faults: &Faults) -> Vec<Finding> {
    let area = Area::new("settings", "");
    let told = faults.0.iter().map(|fault| {
        let key = if fault.key.is_empty() { String::new() } else { format!("{} ", fault.key) };
        area.fault("settings", format!("{}: {key}cannot be used", fault.origin)).advise(fault.advice.clone())
    });
    let mut findings: Vec<Finding> = told.collect();
    findings.push(
        Area::new("rest", "")
            .not_checked("rest", "everything else waits for settings that can be used")
            .run("postbell config show"),
    );
    findings
}

/// What holds, and what only works for trying out.
pub(super) fn look(config: &Config) -> Vec<Finding> {
    let area = Area::new("settings", "");
    let serving = config.check_serving().err().unwrap_or_default();
    if !serving.is_empty() {
        let told = serving.iter();
        return told
            .map(|fault| area.fault("settings", format!("{} is not right", fault.key)).advise(&*fault.advice))
            .collect();
    }
    let mut findings = vec![area.ok("settings", "they can be used")];
    let advice = "set http.public_url to what readers type, like https://post.example.org";
    findings.push(match &config.http.public_url {
        None => area
            .warning(
                "public_url",
                format!("links begin with http://{}, which only this machine reaches", config.http.listen),
            )
            .advise(advice),
        Some(url) if !url.starts_with("https://") => area
            .warning(
                "public_url",
                format!("{url} is not https, which one-click unsubscribing asks for (RFC 8058)"),
            )
            .advise(advice),
        Some(url) => area.ok("public_url", url.clone()),
    });
    findings
}
