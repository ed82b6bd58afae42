//! Headings whose words turn yes and no round (I1).

use super::tests::{judged, said};
use super::*;

const DENYING: &[&str] = &[
    "newsletter_disabled",
    "Newsletter cancelled",
    "newslettercancelled",
    "No newsletter",
    "nonewsletter",
    "Stop newsletter",
    "Exclude from newsletter",
    "Does not want newsletter",
    "Don't send newsletter",
    "Marketing suppressed",
    "Subscriber deleted",
    "Consent withdrawn",
    "Consent revoked",
    "Email consent withdrawn",
    "Notifications disabled",
    "Keine Newsletter",
    "Newsletter abbestellt",
    "Einwilligung widerrufen",
    "Einwilligungswiderruf",
    "Widerspruch Newsletter",
    "Abonnement résilié",
    "Newsletter refusée",
    "Ne pas recevoir la newsletter",
    "Consentement retiré",
    "Suscripción cancelada",
    "No recibir boletín",
    "Iscrizione annullata",
    "inscrição cancelada",
    "Não receber newsletter",
    "購読停止",
    "メルマガ不要",
    "订阅已取消",
    "إلغاء النشرة",
];

#[test]
fn yes_below_a_heading_that_denies_is_for_who_is_gone() {
    for heading in DENYING {
        let text = format!("email,{heading}\na@x.org,true\nb@x.org,false\n");
        assert_eq!(said("x.csv", &text), ["unsubscribed", "nothing"], "{heading}");
        let text = format!("email,{heading}\na@x.org,2024-01-02\nb@x.org,\n");
        assert_ne!(said("x.csv", &text)[0], "active", "{heading}, dated");
    }
    let text = "email,Not subscribed\na@x.org,true\nb@x.org,false\n";
    assert_eq!(said("x.csv", text), ["unsubscribed", "nothing"]);
    // When it was is no date of a consent.
    for heading in [
        "Consent withdrawn at",
        "Marketing consent revoked on",
        "Newsletter cancelled on",
        "Newsletter abbestellt",
        "Date de retrait du consentement",
    ] {
        let text = format!("email,{heading}\na@x.org,2024-01-02\nb@x.org,\n");
        assert_eq!(said("x.csv", &text), ["unsubscribed", "nothing"], "{heading}");
    }
}

#[test]
fn a_heading_that_denies_twice_or_has_a_legend_is_asked_about() {
    for heading in [
        "Newsletter (0=yes 1=no)",
        "Not unsubscribed",
        "Consent not withdrawn",
        "Newsletter not cancelled",
        "Newsletter nicht abbestellt",
        "Newsletter paused",
        "Non-profit newsletter",
        "Newsletter no",
        "Cancellation status",
    ] {
        let text = format!("email,{heading}\na@x.org,1\nb@x.org,0\n");
        for status in [None, Some(Said::Active)] {
            let found = judged("x.csv", &text, &Choices { status, ..Choices::default() });
            let is_asked = matches!(found, Err(Stop::UnknownWords { .. } | Stop::UnknownColumns { .. }));
            assert!(is_asked, "{heading}: {found:?}");
        }
    }
}

#[test]
fn a_heading_that_asks_plainly_is_heard_as_before() {
    for heading in [
        "Newsletter",
        "Newsletter (yes/no)",
        "Newsletter Y/N",
        "Annual newsletter",
        "無料メルマガ購読",
        "Exclusive newsletter",
    ] {
        let text = format!("email,{heading}\na@x.org,yes\nb@x.org,no\n");
        assert_eq!(said("x.csv", &text), ["active", "unsubscribed"], "{heading}");
    }
    // Issues and counts say nothing of who is gone.
    for heading in ["Newsletters not opened", "Newsletter No."] {
        let text = format!("email,{heading}\na@x.org,12\nb@x.org,3\n");
        assert_eq!(said("x.csv", &text), ["nothing", "nothing"], "{heading}");
    }
}
