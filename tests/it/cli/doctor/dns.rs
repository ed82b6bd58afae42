//! What is wrong with the DNS, and the record that mends it.

use super::clinic::{Clinic, IP};

/// As a line of a zone file, long texts cut in two.
fn zone_line(name: &str, text: &str) -> String {
    let pieces: Vec<&str> = text.as_bytes().chunks(255).map(|p| std::str::from_utf8(p).unwrap()).collect();
    let quoted: Vec<String> = pieces.iter().map(|piece| format!("\"{piece}\"")).collect();
    format!("DNS {name}.  TXT  {}", quoted.join(" "))
}

#[test]
fn spf_is_read_judged_and_mended() {
    let clinic = Clinic::new();
    let mail = |record: &str| {
        clinic.zone.remove("example.org").mx("example.org", 10, "mx.example.net");
        if !record.is_empty() {
            clinic.zone.txt("example.org", record);
        }
    };
    mail("");
    let add = zone_line("example.org", "v=spf1 ip4:203.0.113.7 ~all");
    clinic.fails("there is no SPF record", &[&add]);
    mail("v=spf1 mx -all");
    let add = zone_line("example.org", "v=spf1 mx ip4:203.0.113.7 -all");
    clinic.fails("the record forbids 203.0.113.7", &[&add]);
    mail("v=spf1 ipv4:203.0.113.7 -all");
    clinic.fails("the term \"ipv4:203.0.113.7\" is unknown to SPF; write ip4:", &["correct the record"]);
    mail("v=spf1 mx ~all");
    clinic.zone.txt("example.org", "v=spf1 ip4:203.0.113.7 ~all");
    let add = zone_line("example.org", "v=spf1 mx ip4:203.0.113.7 ~all");
    clinic.fails("there are 2 SPF records, which count as none", &[&add, "take the others away"]);
    mail(&format!("v=spf1{} -all", (0..11).map(|n| format!(" a:h{n}.example.org")).collect::<String>()));
    clinic.fails("it needs 11 lookups", &["write addresses"]);
    mail("v=spf1 include:_spf.example.net -all");
    clinic.zone.txt("_spf.example.net", "v=spf1 ip4:203.0.113.0/24 ~all");
    assert!(clinic.text(&[]).contains("lets 203.0.113.7 send (1 of 10 lookups)"), "{}", clinic.text(&[]));
    mail("v=spf1 +all");
    clinic.warns("lets everybody send", &[&zone_line("example.org", "v=spf1 ~all")]);
}

#[test]
fn dkim_is_compared_with_the_keys_that_sign() {
    let clinic = Clinic::new();
    let (rsa, ed) = (clinic.record("rsa.pem"), clinic.record("ed.pem"));
    let add = zone_line("r1._domainkey.example.org", &rsa);
    assert!(add.matches("\" \"").count() == 1, "the RSA record is longer than 255 bytes");
    let at = "r1._domainkey.example.org";
    clinic.zone.remove(at);
    clinic.fails("r1._domainkey.example.org has no record", &[&add]);
    clinic.zone.txt(at, &ed);
    clinic.fails("another key stands there", &[&add]);
    clinic.zone.remove(at).txt(at, "v=DKIM1; k=rsa; p=");
    clinic.fails("was taken back", &[&add]);
    clinic.zone.remove(at).txt(at, &rsa[..200]);
    clinic.fails("r1._domainkey.example.org: ", &[&add]);
    clinic.zone.remove(at).txt(at, &rsa.replace("k=rsa;", "k=rsa; t=y;"));
    clinic.warns("says t=y", &[&add]);
    clinic.zone.remove(at).txt(at, &rsa);
    // With the RSA signature a mail passes.
    clinic.zone.remove("e1._domainkey.example.org");
    clinic.warns("e1._domainkey.example.org has no record", &[&zone_line("e1._domainkey.example.org", &ed)]);
    let without = ["--set", "dkim.domain=", "--set", "dkim.selector=", "--set", "dkim.key_file="];
    clinic.says(&without, ("not checked", 0), "Postbell does not sign", &["postbell mail test"]);
}

#[test]
fn dmarc_is_found_and_what_aligns_is_told() {
    let clinic = Clinic::new();
    let at = "_dmarc.example.org";
    clinic.zone.remove(at);
    clinic.warns("there is no record, which large receivers ask", &[&zone_line(at, "v=DMARC1; p=none")]);
    clinic.zone.txt(at, "v=DMARC1; p=none").txt(at, "v=DMARC1; p=reject");
    clinic.warns("has 2 records, which count as none", &["DNS _dmarc.example.org.  TXT  ", "keep one"]);
    clinic.zone.remove(at).txt(at, "v=DMARC1; p=sometimes");
    clinic.warns("cannot be read", &[&zone_line(at, "v=DMARC1; p=none")]);
    clinic.zone.remove(at).txt(at, "v=DMARC1; p=reject; adkim=s");
    // The sender below the signing domain: relaxed it counts, strict it does not.
    clinic.zone.txt("news.example.org", "v=spf1 ip4:203.0.113.7 -all").mx(
        "news.example.org",
        10,
        "mx.example.net",
    );
    let below = ["--set", "mail.from=Kim <kim@news.example.org>"];
    clinic.warns_with(
        &below,
        "signed by example.org, which does not count for it (strict)",
        &["set dkim.domain"],
    );
    clinic.zone.remove(at).txt(at, "v=DMARC1; p=reject");
    let text = clinic.text(&below);
    assert!(text.contains("the signature of example.org counts for it (relaxed)"), "{text}");
    // A blog may have a sender of its own, in another house.
    clinic.home.ok(&["blog", "edit", "toast", "--from", "Lee <lee@example.com>"]);
    let output = clinic.doctor(&[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    for part in [
        "Mails from example.com (blog toast)",
        "there is no domain example.com",
        "forwarded mails fail DMARC",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn the_domain_of_the_bounce_address_is_looked_at_as_the_envelope_sender() {
    let clinic = Clinic::new();
    let under = ["--set", "mail.bounce_address=bounces@mail.example.org"];
    let add = zone_line("mail.example.org", "v=spf1 ip4:203.0.113.7 ~all");
    clinic.fails_with(&under, "there is no SPF record", &[&add]);
    clinic.zone.txt("mail.example.org", "v=spf1 a -all").mx("mail.example.org", 10, "mx.example.net");
    let text = clinic.text(&under);
    for part in [
        "Mails from mail.example.org (mail.bounce_address)",
        "SPF of mail.example.org, where bounces go, counts",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.ends_with(" ok, 0 warnings, 0 faults\n"), "{text}");
    // In another house: the signature still counts, without one nothing does.
    clinic.zone.txt("example.com", "v=spf1 ip4:203.0.113.7 -all").mx("example.com", 10, "mx.example.net");
    let away = ["--set", "mail.bounce_address=bounces@example.com"];
    let text = clinic.text(&away);
    assert!(text.contains("does not count for it; the signature does"), "{text}");
    let other = [&away[..], &["--set", "dkim.domain=example.com"]].concat();
    clinic.fails_with(&other, "nor does the signature: mails fail DMARC", &["put mail.bounce_address"]);
}

#[test]
fn the_domain_takes_mail_and_the_address_has_a_name() {
    let clinic = Clinic::new();
    let again = || clinic.zone.remove("example.org").txt("example.org", "v=spf1 ip4:203.0.113.7 -all");
    again().mx("example.org", 0, "");
    clinic.fails("null MX", &["DNS example.org.  MX  10 mail.example.org."]);
    again();
    clinic.fails("neither MX nor address", &["DNS example.org.  MX  10 mail.example.org."]);
    again().a("example.org", IP);
    clinic.warns("it has no MX record", &["DNS example.org.  MX  10 mail.example.org."]);
    again().mx("example.org", 10, "gone.example.net");
    clinic.fails("gone.example.net has no address", &["correct the MX record"]);
    again().mx("example.org", 10, "mx.example.net");

    clinic.zone.remove("mail.example.org").a("mail.example.org", "203.0.113.8");
    clinic.fails("does not lead back to it", &["DNS mail.example.org.  A  203.0.113.7"]);
    clinic.zone.remove("7.113.0.203.in-addr.arpa");
    clinic.fails("the address has no name", &["reverse DNS", "DNS 7.113.0.203.in-addr.arpa.  PTR  "]);
}

#[test]
fn a_silent_dns_is_no_verdict() {
    let clinic = Clinic::new();
    clinic.zone.fail();
    let output = clinic.doctor(&[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    for check in ["spf", "dkim", "dmarc", "mx", "reverse dns"] {
        assert!(
            text.contains(&format!("\n  not checked  {check:14} the DNS did not answer: ")),
            "{check}: {text}"
        );
    }
}
