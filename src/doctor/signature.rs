//! DKIM: whether the keys that mails are signed with are those that the DNS
//! shows.

use super::domain::silent;
use super::report::{Area, Finding, Record, Status};
use crate::dns::{Dns, DnsFault};
use crate::mail::dkim::{DkimKey, DkimSettings};
use crate::sender_auth::dkim::{Compared, compare};
use crate::sender_auth::spf::shown;

pub(super) async fn look(dns: &dyn Dns, settings: Option<&DkimSettings>) -> Vec<Finding> {
    let Some(settings) = settings else {
        let area = Area::new("signature", "");
        let unknown = "Postbell does not sign; whether the SMTP server does cannot be known from here";
        return vec![
            area.not_checked("dkim", unknown)
                .run("postbell mail test YOUR-ADDRESS")
                .advise("then look for dkim=pass in its headers; where there is none, set dkim.*"),
        ];
    };
    let area = Area::new("signature", &*settings.domain);
    let mut findings = Vec::new();
    for key in &settings.keys {
        findings.push(one(dns, &area, settings, key).await);
    }
    let has_rsa = settings.keys.iter().any(DkimKey::is_rsa);
    if !has_rsa {
        let alone = area.warning("dkim", "large receivers do not check Ed25519 signatures yet");
        findings.push(alone.advise("add an RSA key to dkim.key_file: openssl genrsa -out dkim-rsa.pem 2048"));
    }
    // With a good RSA signature a mail passes, whatever becomes of the other.
    let is_carried =
        settings.keys.iter().zip(&findings).any(|(key, f)| key.is_rsa() && f.status == Status::Ok);
    for (key, finding) in settings.keys.iter().zip(&mut findings) {
        if is_carried && !key.is_rsa() && finding.status == Status::Fault {
            finding.status = Status::Warning;
        }
    }
    findings
}

async fn one(dns: &dyn Dns, area: &Area, settings: &DkimSettings, key: &DkimKey) -> Finding {
    let name = format!("{}._domainkey.{}", key.selector(), settings.domain);
    let record = Record::txt(&*name, key.record());
    let texts = match dns.texts(&name).await {
        Ok(texts) => texts,
        Err(DnsFault::NoSuchName) => Vec::new(),
        Err(fault) => return silent(area, "dkim", &fault.to_string()),
    };
    let kind = if key.is_rsa() { "RSA" } else { "Ed25519" };
    let compared: Vec<Compared> = texts.iter().map(|text| compare(text, key.record())).collect();
    let found = |wanted: &Compared| compared.contains(wanted);
    if compared.is_empty() {
        return area
            .fault("dkim", format!("{name} has no record: receivers cannot check our signatures"))
            .publish(record);
    }
    if found(&Compared::Same) {
        return match compared.len() {
            1 => area.ok("dkim", format!("{name} shows the {kind} key that mails are signed with")),
            many => area
                .warning("dkim", format!("{name} has {many} records, and receivers may take the wrong one"))
                .advise("keep only the one with our key")
                .publish(record),
        };
    }
    if found(&Compared::Testing) {
        let text = format!("{name} shows our key, but says t=y: receivers may pass over the signature");
        return area.warning("dkim", text).publish(record);
    }
    let why = match &compared[0] {
        Compared::Revoked => "the key there was taken back (p= is empty)".to_owned(),
        Compared::Unreadable(why) => format!("the record there cannot be read: {}", shown(why)),
        _ => "another key stands there".to_owned(),
    };
    area.fault("dkim", format!("{name}: {why}, and our signatures fail"))
        .publish(record)
        .advise("or, if another program signs with that key, take another selector in dkim.selector")
}
