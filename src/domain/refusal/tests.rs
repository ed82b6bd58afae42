//! One table: what was said, and whom it blames.

use proptest::prelude::*;

use super::Class::{Hard, Sender, Soft};
use super::*;

fn report(status: Option<&str>, diagnostic: &str, words: &str) -> Judgement {
    of_report(&Reported { status, diagnostic, words, ..Reported::default() })
}

#[test]
fn refusals_are_judged_by_words_then_status_then_code() {
    let table = [
        // (code, status, text, class)
        (Some(550), Some("5.1.1"), "<kim@example.org>: Recipient address rejected: User unknown", Hard),
        (Some(550), None, "No such user here", Hard),
        (Some(550), None, "sorry, no mailbox here by that name. (#5.7.17)", Hard),
        (Some(550), Some("5.1.2"), "Host unknown (Name server: example.org: host not found)", Hard),
        (Some(556), Some("5.1.10"), "Recipient address has null MX", Hard),
        (Some(551), Some("5.1.6"), "not our user", Hard),
        (Some(550), Some("5.4.1"), "5.4.1 Recipient address rejected: Access denied", Hard),
        (Some(552), Some("5.2.2"), "The email account that you tried to reach is over quota", Soft),
        (Some(550), Some("5.1.1"), "mailbox is full", Soft),
        (Some(550), Some("5.2.1"), "The account has been disabled", Soft),
        (Some(451), Some("4.7.1"), "Greylisted, please try again later", Soft),
        (Some(450), None, "User unknown", Soft),
        (Some(450), Some("4.1.1"), "User unknown in local recipient table", Soft),
        (Some(421), Some("4.4.2"), "connection dropped", Soft),
        (Some(550), Some("5.7.26"), "This mail is unauthenticated", Sender),
        (Some(550), Some("5.1.1"), "Blocked by Spamhaus", Sender),
        (Some(553), Some("5.1.8"), "Domain of sender address bounces@example.org does not exist", Sender),
        (Some(552), Some("5.3.4"), "Message size exceeds fixed limit", Sender),
        (Some(554), Some("5.7.1"), "Message rejected", Sender),
        (Some(550), Some("5.7.1"), "Relaying denied", Sender),
        (
            Some(550),
            Some("5.1.1"),
            "host mx.antispam.example.org said: <nospam@example.org>: User unknown",
            Hard,
        ),
        (Some(550), None, "Requested action not taken: mailbox unavailable", Hard),
        (Some(550), Some("5.2.1"), "mailbox unavailable", Soft),
        (Some(550), Some("5.0.0"), "x", Soft),
        (None, None, "", Soft),
        (Some(999), Some("nonsense"), "\u{1F512}", Soft),
    ];
    for (code, status, text, class) in table {
        assert_eq!(classify(code, status, text), class, "{code:?} {status:?} {text}");
    }
}

#[test]
fn who_took_the_recipient_and_refuses_the_mail_filters_it() {
    let said = "550 Unknown user kim@example.org";
    assert_eq!(report(Some("5.0.0"), said, "").class, Hard);
    assert_eq!(report(Some("5.0.0"), said, "(in reply to end of DATA command)").class, Soft);
}

#[test]
fn who_gave_up_on_an_unknown_user_means_it() {
    assert_eq!(report(Some("4.1.1"), "450 4.1.1 User unknown", "").class, Hard);
    assert_eq!(report(Some("4.4.3"), "450 4.4.3 Host not found", "").class, Soft);
}

#[test]
fn a_status_that_says_nothing_gives_way_to_one_that_does() {
    assert_eq!(report(Some("5.0.0"), "smtp; 550 5.1.1 no", "").status.as_deref(), Some("5.1.1"));
    assert_eq!(report(Some("5.1.1"), "smtp; 550 no", "").status.as_deref(), Some("5.1.1"));
}

#[test]
fn statuses_and_codes_are_found_and_nothing_else_is_taken_for_one() {
    assert_eq!(enhanced_in("host [4.3.2.1]:25 said: 550-5.7.26 no"), Some("5.7.26"));
    assert_eq!(enhanced_in("(#5.1.2)"), Some("5.1.2"));
    assert_eq!(enhanced_in("version 6.1.2, 5.1"), None);
    assert_eq!(enhanced_in("Exim 4.94.2 says 5.2.2"), Some("5.2.2"));
    assert_eq!(code_in("192.0.2.450 said 200 of 550"), Some(550));
    assert_eq!(code_in("user550 at 5504"), None);
}

proptest! {
    #[test]
    fn any_words_are_judged(code in any::<Option<u16>>(), status in any::<Option<String>>(), text in any::<String>()) {
        let _ = classify(code, status.as_deref(), &text);
        let _ = report(status.as_deref(), &text, &text);
    }
}

#[test]
fn whom_a_reply_blames_is_the_reader_the_mail_us_or_the_moment() {
    use super::Blame::{Mailbox, Message, Moment, Reader, Us};
    use super::Ours::*;
    let table = [
        // (code, status, text, blame)
        (
            553,
            Some("5.7.1"),
            "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
            Us(Relaying),
        ),
        (554, Some("5.7.1"), "<kim@example.org>: Relay access denied", Us(Relaying)),
        (550, None, "kim@example.org: we do not relay for others", Us(Relaying)),
        (550, Some("5.1.90"), "You have reached the daily limit for message recipients", Us(Quota)),
        (550, Some("5.4.5"), "Daily user sending limit exceeded", Us(Quota)),
        (
            550,
            None,
            "Domain blog.example has exceeded the max emails per hour (300/300 (100%)) allowed",
            Us(Quota),
        ),
        (454, None, "Throttling failure: Maximum sending rate exceeded.", Us(Rate)),
        (421, Some("4.7.28"), "Our system has detected an unusual rate of mail", Us(Rate)),
        (550, None, "Please turn on SMTP Authentication in your mail client", Us(Login)),
        (530, Some("5.7.0"), "Must log in first", Us(Login)),
        (535, None, "no", Us(Login)),
        (
            553,
            Some("5.7.1"),
            "<news@example.net>: Sender address rejected: not owned by user kim",
            Us(Sender),
        ),
        (550, Some("5.7.60"), "SMTP; Client does not have permissions to send as this sender", Us(Sender)),
        (550, Some("5.7.26"), "This mail is unauthenticated", Us(Sender)),
        (554, None, "Sending paused for this account", Us(Suspended)),
        (550, Some("5.7.1"), "Your account has been suspended, write to support", Us(Suspended)),
        (
            554,
            Some("5.7.1"),
            "Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
            Us(Reputation),
        ),
        (552, Some("5.2.2"), "Quota exceeded (mailbox for user is full)", Mailbox),
        (550, Some("5.2.1"), "The account has been suspended", Mailbox),
        (450, Some("4.2.1"), "The user is receiving mail at a rate that prevents more", Mailbox),
        (554, Some("5.7.1"), "Message rejected as spam", Message),
        (552, Some("5.3.4"), "Message size exceeds fixed limit", Message),
        (550, Some("5.1.1"), "User unknown", Reader),
        (550, Some("5.5.0"), "Requested action not taken: mailbox unavailable (S2017062302)", Reader),
        (450, Some("4.1.1"), "User unknown", Moment),
        (550, Some("5.4.4"), "Host not found, try again", Moment),
        (451, Some("4.7.1"), "Greylisted", Moment),
        (550, None, "no", Moment),
        (550, None, "You have hit the recipients limit, try it again tomorrow", Us(Quota)),
        (550, None, "SMTP limit exceeded for this mailbox", Us(Quota)),
        (554, Some("5.7.1"), "Your outgoing mail quota is used up", Us(Quota)),
        (550, None, "This server wants AUTH before MAIL", Us(Login)),
        (530, None, "Issue AUTH first", Us(Login)),
        (550, Some("5.7.1"), "You have no right to send external mail", Us(Suspended)),
        (550, None, "Outgoing mail has been disabled for kim@example.org", Us(Suspended)),
        (550, None, "Insufficient balance", Us(Suspended)),
        (550, Some("5.7.1"), "sorry, your mail was administratively denied. (#5.7.1)", Us(Reputation)),
        (550, Some("5.7.1"), "Relaying untersagt", Us(Relaying)),
        (550, Some("5.7.1"), "Relais non autorisé", Us(Relaying)),
        (550, None, "Retransmisión denegada", Us(Relaying)),
        (550, Some("5.1.1"), "User unknown in relay recipient table", Reader),
        (550, None, "Mailbox unavailable", Reader),
        (550, None, "La cuenta no existe", Reader),
        (550, None, "Casella inesistente", Reader),
        (550, None, "Brak takiego konta", Reader),
        (550, None, "Account kim@example.org is inactive", Mailbox),
        (552, None, "Mailbox limit exceeded", Mailbox),
        (550, None, "Votre quota d'envoi est atteint", Us(Quota)),
        (550, None, "Your daily allowance of messages is used up", Us(Quota)),
        (550, None, "Too much mail from 192.0.2.1", Us(Rate)),
        (550, None, "Client does not have permissions to submit mail to this server", Us(Login)),
        (553, None, "Mail from must equal authorized user", Us(Sender)),
        (550, None, "Trial accounts write to their owners only", Us(Suspended)),
        (550, None, "This account has been closed permanently", Reader),
        (550, Some("5.1.1"), "Mailbox temporarily unavailable", Moment),
        (550, Some("5.4.4"), "DNS lookup failed, try again", Moment),
    ];
    for (code, status, text, right) in table {
        assert_eq!(blame(Some(code), status, text), right, "{code} {status:?} {text}");
    }
}

#[test]
fn who_is_unknown_is_unknown_in_any_language() {
    for text in [
        "Unbekannter Empfänger",
        "Empfaenger unbekannt",
        "Die Adresse existiert nicht",
        "Destinataire inconnu",
        "Cette adresse n’existe pas",
        "ADRESSE D AU MOINS UN DESTINATAIRE INVALIDE",
        "El usuario no existe",
        "Dirección desconocida",
        "Utente sconosciuto",
        "L'indirizzo non esiste",
        "Usuário desconhecido",
        "O endereço não existe",
        "Onbekende ontvanger",
        "Gebruiker bestaat niet",
        "Użytkownik nieznany",
        "Odbiorca nie istnieje",
        "Uživatel neexistuje",
        "Okänd mottagare",
        "Пользователь не найден",
        "Такого пользователя нет",
        "收件人不存在",
        "查無此人",
        "宛先不明です",
        "該当するユーザーが見つかりません",
        "사용자를 찾을 수 없습니다",
        "Kullanıcı bulunamadı",
        "User kim (kim@example.org) not listed in Domino Directory",
        "No mailbox found",
        "kim@example.org...User unknown",
        "User <kim@example.org> unknown",
        "No mail box available for this user",
        "BAD_RECIPIENT",
        "kim@example.org is not an active address at this host",
    ] {
        assert_eq!(blame(Some(550), None, text), Blame::Reader, "{text}");
        assert_eq!(report(Some("5.0.0"), &format!("smtp; 550 {text}"), "").class, Hard, "{text}");
    }
    for text in [
        "Postfach voll",
        "Boîte aux lettres pleine",
        "Buzón lleno",
        "Casella piena",
        "Caixa postal cheia",
        "Postvak vol",
        "Skrzynka pełna",
        "Почтовый ящик переполнен",
        "收件人邮箱已满",
        "メールボックスの容量を超えています",
    ] {
        assert_eq!(blame(Some(550), None, text), Blame::Mailbox, "{text}");
    }
}

#[test]
fn the_most_telling_evidence_wins() {
    let table = [
        // (status, what the server said, what the report says to people, class)
        (Some("5.2.2"), "", "The user is unknown, or over quota: user unknown", Soft),
        (Some("5.7.26"), "", "Recipient unknown", Sender),
        (Some("5.2.2"), "550 5.2.2 user unknown", "", Soft),
        (
            Some("5.1.1"),
            "",
            "Delivery failed.\n\nThis mail was scanned by a program for viruses and spam.",
            Hard,
        ),
        (
            Some("5.1.1"),
            "",
            "kim@example.org\n____________\nThis e-mail has been scanned for all known viruses",
            Hard,
        ),
        (Some("5.1.1"), "550 blocked: a virus was found", "", Sender),
        (
            Some("5.4.4"),
            "Host or domain name not found. Name service error for name=example.org type=MX: Host not found, try again",
            "",
            Soft,
        ),
        (
            Some("5.4.4"),
            "Host or domain name not found. Name service error for name=example.org type=AAAA: Host not found",
            "",
            Hard,
        ),
        (Some("5.0.0"), "DNS lookup of example.org: SERVFAIL", "", Soft),
        (Some("5.0.0"), "553 sorry, that domain isn't in my list of allowed rcpthosts", "", Sender),
        (Some("5.1.1"), "550 RCPT TO:<kim@example.org> max message size exceeded", "", Sender),
        (Some("5.0.0"), "550 no such domain (in reply to MAIL FROM command)", "", Sender),
        (Some("5.0.0"), "550 no such domain (in reply to RCPT TO command)", "", Hard),
    ];
    for (status, diagnostic, words, class) in table {
        assert_eq!(report(status, diagnostic, words).class, class, "{status:?} {diagnostic} {words}");
    }
    let transcript = "451 4.4.1 reply: read error from mx3.example.org.\n... while talking to mx2.example.org.:\n\
        >>> RCPT TO:<kim@example.org>\n<<< 550 no such user";
    let judged = report(None, "", transcript);
    assert_eq!((judged.class, judged.status), (Hard, None));
    let of_host = |host| {
        of_report(&Reported { host, diagnostic: "550 5.2.0 Mailbox unavailable", ..Reported::default() })
    };
    assert_eq!(of_host("mx1.hotmail.com").class, Hard);
    assert_eq!(of_host("mx1.example.org").class, Soft);
}

#[test]
fn a_providers_own_verdict_counts_where_nothing_tells_more() {
    let table = [
        (true, Some("5.2.2"), "mailbox full", Soft),
        (true, None, "", Hard),
        (true, None, "550 no", Hard),
        (true, None, "550 Blocked by a list of spamhaus", Sender),
        (false, None, "550 user unknown", Soft),
        (false, None, "", Soft),
    ];
    for (has_given_up, status, text, class) in table {
        assert_eq!(of_provider(has_given_up, status, text), class, "{status:?} {text}");
    }
}

#[test]
fn phrases_are_lower_case_and_each_row_names_its_source() {
    for row in phrases::GENERAL.iter().copied().chain([phrases::PARTICULAR, phrases::WEAK]).flatten() {
        assert!(!row.from.is_empty(), "{row:?}");
        for words in row.says.split('|') {
            assert_eq!(plain(words), words.trim(), "{}: a phrase is written as it is looked for", row.from);
            assert!(words.len() > 3, "{}: {words:?} is in too many texts", row.from);
        }
    }
    for kind in phrases::KINDS {
        for stem in kind.things.split('|').chain(kind.faults.split('|')).filter(|stem| !stem.is_empty()) {
            assert_eq!(plain(stem), stem.trim(), "a stem is written as it is looked for");
        }
    }
}
