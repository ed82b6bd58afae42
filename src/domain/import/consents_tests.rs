//! Headings that have a word of consent and another that nobody knows, and
//! files whose addresses are themselves called gone (I1).

use super::columns_tests::{Right, verdicts};
use super::tests::judged;
use super::*;

/// Headings in which the word of consent is not the whole question.
#[rustfmt::skip]
const TURNED: &[&str] = &[
    "consent missing", "opt_in_failed", "opt_in_missing", "lacks_consent", "Consent invalid", "consent_lost", "consent outdated",
    "consent_stale", "consent old", "consent unknown", "permission_missing", "permission_pulled", "permission_lost", "gdpr restricted",
    "gdpr_purged", "gdpr wiped", "newsletter_failed", "newsletter_missing", "notifications off", "subscriber_error", "Past subscriber",
    "was subscribed", "previously subscribed", "Einwilligung fehlt", "Einwilligung abgelaufen", "Einwilligung ungültig", "Zustimmung fehlt",
    "Opt-in fehlt", "Newsletter nein", "Newsletter Nein Danke", "Consentement manquant", "consentement absent", "Consentement expiré",
    "abonnement expiré", "abonnement terminé", "plus abonné", "Plus inscrit", "Consentimiento caducado", "consentimiento ausente",
    "Suscripción caducada", "suscripción terminada", "Consenso scaduto", "consenso mancante", "Iscrizione scaduta", "Consentimento expirado",
    "同意なし", "購読終了", "購読期限切れ", "订阅失败", "订阅到期", "订阅终止", "待确认", "انتهى الاشتراك", "أوقف الاشتراك",
    "Newsletter elapsed", "Newsletter Mai", "consent bogus", "Einwilligung hinfällig", "abonnement rompu", "Consenso nullo", "lost permission",
    "Opted out of Email & SMS", "Unsubscribed (email+sms)", "Email/SMS opt-out date", "Email & phone opt out", "Do not email/phone",
    "No emails, no WhatsApp", "Keine E-Mail/SMS", "Abgemeldet (E-Mail/SMS)", "désabonné email et sms", "Unsubscribed via link",
    "Abgemeldet per Link", "Unsubscribe link clicked", "Lead unsubscribed", "Lead opted out", "Unsubscribed from e-mail and push",
];

#[rustfmt::skip]
const PLAIN: &[&str] = &[
    "consent", "Consent given", "GDPR consent", "eu_consent", "marketing_consent", "has_email_consent", "Newsletter (yes/no)",
    "Newsletter", "newsletter_optin", "Opted in", "May we email you?", "Keep me posted", "OK to email", "I agree to receive emails",
    "Permission to email", "Einwilligung", "Einwilligung erteilt", "Zustimmung zum Newsletter", "Newsletter erhalten", "Consentement donné",
    "Souhaite recevoir la newsletter", "Consentimiento", "Consentimiento otorgado", "Desea recibir el boletín", "Consenso", "Consenso prestato",
    "Vuole la newsletter", "Consentimento", "Deseja receber a newsletter", "Toestemming gegeven", "同意", "メルマガ希望", "メールマガジン受信", "同意接收邮件",
    "订阅邮件", "الموافقة", "الاشتراك في النشرة البريدية",
];

#[test]
fn a_consent_is_heard_only_where_nothing_else_stands_beside_it() {
    let is_in = |right: [Right; 2]| right[0] == Right::In && right[1] == Right::Out;
    let wrong: Vec<&&str> =
        TURNED.iter().filter(|heading| verdicts(heading, "yes", "no")[0] == Right::In).collect();
    assert!(wrong.is_empty(), "{wrong:?} made active who said so");
    for (heading, first, second) in [
        ("subscription_failed", "true", "false"),
        ("subscription", "ended", "yes"),
        ("type", "cancelled", "regular"),
        ("type", "former member", "member"),
        ("consent", "2023-01-01 (withdrawn)", "2023-01-01"),
        ("Zut", "ja", "nee"),
        ("Zut", "1.0", "0.0"),
        ("E-Mail-Versand", "aus", "an"),
        ("Newsletter", "unerwünscht", "erwünscht"),
        ("bounce_count", "3", "0"),
        ("abuse reports", "2", "0"),
    ] {
        assert!(verdicts(heading, first, second)[0] != Right::In, "{heading}: {first}");
    }
    let wrong: Vec<&&str> = PLAIN.iter().filter(|heading| !is_in(verdicts(heading, "yes", "no"))).collect();
    assert!(wrong.is_empty(), "{wrong:?} are plain");
}

#[test]
fn what_its_heading_says_of_the_addresses_is_heard() {
    let choices = Choices { status: Some(Said::Active), ..Choices::default() };
    for heading in [
        "bounced address,reason",
        "Unsubscribed email,name",
        "opted_out_email,name",
        "bounced_email,date",
        "bounced,reason",
        "unsubscribed,name",
        "Unsubscribers,name",
        "complaint_email,feedback",
        "suppressed_email,reason",
        "blocked_address,created_at",
        "hard bounces,reason",
        "unconfirmed email,name",
        "pending_email,name",
        "deleted email,name",
        "Email (unsubscribed),name",
        "former_subscriber,name",
        "Ex-subscribers,Name",
        "Do not mail list,Name",
        "Abgemeldete E-Mail,Name",
        "désabonnés,nom",
        "退订邮箱,姓名",
    ] {
        let made = judged("x.csv", &format!("{heading}\na@x.org,550 no such user\nb@x.org,x\n"), &choices);
        let is_active = |said: &str| ["active", "nothing"].contains(&said);
        assert!(
            !made.as_ref().is_ok_and(|all| all.iter().any(|(_, said)| is_active(said))),
            "{heading}: {made:?}"
        );
    }
    for heading in
        ["Email,name", "Subscriber email,name", "E-Mail-Adresse,Name", "Contact email,reason to follow"]
    {
        let made = judged("x.csv", &format!("{heading}\na@x.org,Kim\nb@x.org,Lee\n"), &choices);
        assert!(made.is_ok_and(|all| all.iter().all(|(_, said)| said == "nothing")), "{heading}");
    }
}

#[test]
fn a_cell_of_few_words_is_heard_in_any_column() {
    let choices = Choices { status: Some(Said::Active), ..Choices::default() };
    for (heading, gone, stays) in [
        ("user status", "unsubscribed", "active"),
        ("status reason", "user unsubscribed", ""),
        ("remarks", "unsubscribed by user", "met in May"),
        ("Groups", "VIP;Unsubscribed contacts", "VIP"),
        ("tag", "unsubscribed-2024", "never unsubscribed"),
    ] {
        let made = judged("x.csv", &format!("email,{heading}\na@x.org,{gone}\nb@x.org,{stays}\n"), &choices);
        let Ok(made) = made else { continue };
        assert!(!["active", "nothing"].contains(&made[0].1.as_str()), "{heading}: {made:?}");
        assert!(["active", "nothing"].contains(&made[1].1.as_str()), "{heading}: {made:?}");
    }
}
