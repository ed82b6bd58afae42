//! DMARC of one sender: the policy, and what aligns with `From`.

use mail_auth::dmarc::{Alignment, Policy};

use super::domain::silent;
use super::report::{Area, Finding, Record, Status};
use crate::dns::Dns;
use crate::mail::dkim::DkimSettings;
use crate::sender_auth::dmarc::{Held, Level, Walk, is_aligned, walk};
use crate::sender_auth::spf::shown;

pub(super) async fn look(
    dns: &dyn Dns,
    area: &Area,
    domain: &str,
    envelope: &str,
    dkim: Option<&DkimSettings>,
) -> Vec<Finding> {
    let from = match walk(dns, domain).await {
        Ok(from) => from,
        Err(fault) => return vec![silent(area, "dmarc", &fault.to_string())],
    };
    let signer = match dkim {
        None => None,
        Some(dkim) => match walk(dns, &dkim.domain).await {
            Ok(signer) => Some((dkim.domain.as_str(), signer)),
            Err(fault) => return vec![silent(area, "dmarc", &fault.to_string())],
        },
    };
    let mut findings = vec![policy(area, domain, &from)];
    let signature = signer.as_ref().map(|(domain, signer)| alignment(area, domain, signer, &from));
    if envelope != domain {
        let bounces = match walk(dns, envelope).await {
            Ok(bounces) => bounces,
            Err(fault) => return vec![silent(area, "dmarc", &fault.to_string())],
        };
        let is_signed = signature.as_ref().map(|finding| finding.status == Status::Ok);
        findings.push(of_envelope(area, envelope, &bounces, &from, is_signed));
    }
    findings.extend(signature);
    findings
}

/// Whether SPF, which proves the envelope sender, counts for `From`;
/// `is_signed`: whether our signature does, where we sign.
fn of_envelope(area: &Area, envelope: &str, bounces: &Walk, from: &Walk, is_signed: Option<bool>) -> Finding {
    let held = from.held();
    let how = held.as_ref().map_or(Alignment::Relaxed, |held| held.spf);
    if is_aligned(bounces, from, how) {
        return area.ok("envelope", format!("SPF of {envelope}, where bounces go, counts for it"));
    }
    let not = format!("SPF of {envelope}, where bounces go, does not count for it");
    let is_asked = held.is_some_and(|held| matches!(held.policy, Policy::Quarantine | Policy::Reject));
    let told = match is_signed {
        Some(true) => return area.ok("envelope", format!("{not}; the signature does")),
        Some(false) if is_asked => {
            area.fault("envelope", format!("{not}, nor does the signature: mails fail DMARC"))
        }
        _ => area.warning("envelope", not),
    };
    told.advise("put mail.bounce_address under the sender's domain, or sign with dkim.domain as the sender's")
}

/// Large receivers ask bulk senders for at least `p=none`.
fn policy(area: &Area, domain: &str, from: &Walk) -> Finding {
    let record = |at: &str| Record::txt(format!("_dmarc.{at}"), "v=DMARC1; p=none");
    match (from.held(), from.bad()) {
        (Some(held), _) => match held.policy {
            Policy::Unspecified => area
                .warning(
                    "dmarc",
                    format!("_dmarc.{} says no p=, which receivers may take for no record", held.at),
                )
                .publish(record(held.at)),
            policy => area.ok("dmarc", format!("_dmarc.{} asks for {policy}", held.at)),
        },
        (None, Some((at, Level::Several(records)))) => area
            .warning("dmarc", format!("_dmarc.{at} has {} records, which count as none", records.len()))
            .publish(Record::txt(format!("_dmarc.{at}"), records[0].as_str()))
            .advise("keep one of them"),
        (None, Some((at, Level::Unreadable(text)))) => {
            area.warning("dmarc", format!("_dmarc.{at} cannot be read: {}", shown(text))).publish(record(at))
        }
        _ => area
            .warning("dmarc", "there is no record, which large receivers ask of who sends to many")
            .publish(record(domain)),
    }
}

fn alignment(area: &Area, signer_domain: &str, signer: &Walk, from: &Walk) -> Finding {
    let held = from.held();
    let how = held.as_ref().map_or(Alignment::Relaxed, |held: &Held<'_>| held.dkim);
    let word = if how == Alignment::Strict { "strict" } else { "relaxed" };
    if is_aligned(signer, from, how) {
        return area.ok("alignment", format!("the signature of {signer_domain} counts for it ({word})"));
    }
    let advice = match how {
        Alignment::Strict => "set dkim.domain to the very domain of the sender, or publish adkim=r",
        Alignment::Relaxed => {
            "set dkim.domain to the sender's domain, or give the blog a sender under dkim.domain"
        }
    };
    // SPF may still prove it; a mail that is forwarded has nothing left.
    area.warning(
        "alignment",
        format!("mails are signed by {signer_domain}, which does not count for it ({word}); forwarded mails fail DMARC"),
    )
    .advise(advice)
}
