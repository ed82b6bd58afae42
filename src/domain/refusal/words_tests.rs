//! Words that no phrase has, and replies inside of replies.

use super::*;

fn report(status: Option<&str>, diagnostic: &str) -> Class {
    of_report(&Reported { status, diagnostic, ..Reported::default() }).class
}

/// Words that no list has: a thing, and near it what is wrong with it.
#[test]
fn what_no_phrase_has_is_read_by_the_thing_and_its_fault() {
    use super::Blame::{Mailbox, Message, Moment, Reader, Us};
    use super::Ours::{Login, Quota, Relaying, Sender};
    for (right, all) in [
        (
            Reader,
            &[
                "Sorry, I don't know anyone by that name",
                "No user here by that name (kim)",
                "Invalid final delivery userid",
                "Recipient address rejected: unlisted recipient",
                "This person was never known here; the address is not valid",
                "Aucune boîte à ce nom ici",
                "Ce correspondant est introuvable",
                "Dieses Postfach gibt es bei uns nicht",
                "Casella non corretta: indirizzo errato",
                "Cuenta de correo no dada de alta",
                "Este endereço não está cadastrado: conta não cadastrada",
                "Deze ontvanger is hier niet bekend",
                "Podany adres jest niepoprawny",
                "Пользователь с таким адресом не зарегистрирован",
                "Böyle bir e-posta adresi bulunmamaktadır",
                "宛先のアドレスはございません",
                "该收件人地址无效",
                "No MX for this domain",
                "This host does not accept mail",
            ][..],
        ),
        (
            Mailbox,
            &[
                "kim's mailbox is over its size limit",
                "The account of this user was put to sleep: it is dormant",
                "Das Konto hat sein Limit erreicht",
                "La boîte de cet abonné est pleine",
                "Schránka příjemce je plná",
                "Mottagarens brevlåda är full",
            ],
        ),
        (
            Us(Sender),
            &["Your envelope is not accepted", "This sender was not verified", "Expéditeur refusé ici"],
        ),
        (Us(Relaying), &["We permit no relay to that place", "cannot deliver mail for kim@example.org"]),
        (Us(Login), &["Incorrect user name or password"]),
        (Us(Quota), &["192.0.2.1 has sent to far more recipients this hour than it may"]),
        (Message, &["Recipient does not accept mail from external senders"]),
        (Moment, &["This user is not found just now, temporary trouble", "No SMTP service here", "Rejected"]),
    ] {
        for text in all {
            assert_eq!(blame(Some(550), None, text), right, "{text}");
        }
    }
    for text in [
        // Whose address?
        "The IP address 192.0.2.1 is not valid here",
        "Your address is unknown to us",
        // Not near each other, and not in one sentence.
        "Recipient server says no. Reason unknown.",
        "unknown error while the long and winding queue was being looked at for this user",
    ] {
        assert_ne!(blame(Some(550), None, text), Reader, "{text}");
    }
    // A status about the address tells more than such words.
    assert_eq!(report(Some("5.1.1"), "550 5.1.1 inactive email address"), Class::Hard);
    assert_eq!(report(Some("5.2.2"), "550 5.2.2 odd words: this subscriber is unlisted"), Class::Soft);
}

/// A gateway's own words stand around what the last server said.
#[test]
fn a_reply_in_quotes_tells_more_than_the_gateway_around_it() {
    use Class::{Hard, Sender, Soft};
    for (reply, class) in [
        ("550-'5.1.1 <kim@example.org>: Recipient address rejected: User unknown'", Hard),
        ("550-'5.7.1 <kim@example.org>... Relaying denied'", Sender),
        ("554-'5.7.1 This message has been blocked as spam'", Sender),
        ("550-'5.7.1 <a@b.example>... Access denied'", Sender),
        ("552-'5.2.2 mailbox full'", Soft),
    ] {
        let text = format!("5.1.0 - Unknown address error {reply}");
        assert_eq!(report(Some("5.1.0"), &text), class, "{reply}");
    }
    assert_eq!(report(None, "5.1.2 - Bad destination host 'DNS Hard Error looking up x: NXDomain'"), Hard);
}

/// Of a refusal that has words of us, or of the moment, beside those of a
/// reader, the reader is not to blame.
#[test]
fn beside_words_of_us_or_of_the_moment_no_reader_is_blamed() {
    use super::Blame::{Mailbox, Moment, Reader, Us};
    use super::Ours::{Rate, Reputation, Sender};
    for (right, all) in [
        (
            Us(Sender),
            &[
                "Verification failed for <b@blog.example> Unrouteable address Sender verify failed",
                "Verification failed for <b@blog.example> No such user here Sender verify failed",
                "5.7.1 <b@blog.example>: Sender address rejected: undeliverable address: host x said: 550 no such user",
                "The sender's address <b@blog.example> does not exist",
                "Sender's mailbox does not exist",
                "The address you are sending from does not exist",
                "invalid return address: no such user",
                "5.1.1 Return path address does not exist",
                "SPF zapis ne postoji",
                "Pošiljatelj ne postoji",
                "Домен відправника не існує",
                "Người gửi không tồn tại",
                "Alamat pengirim tidak ditemukan",
                "Ο αποστολέας δεν υπάρχει",
            ][..],
        ),
        (
            Us(Rate),
            &[
                "Too many unknown users, try later",
                "5.7.1 Directory harvest attack detected (unknown users)",
                "Too many invalid recipients",
            ],
        ),
        (
            Us(Reputation),
            &[
                "your mail server is unknown here, no such host in our tables",
                "5.7.1 Ihre IP ist unbekannt oder steht auf einer Sperrliste",
                "5.4.1 Recipient address rejected: Access denied due to sender reputation",
                "5.4.1 Recipient address rejected: Access denied, your IP is on our block list (S3150)",
                "IP=192.0.2.1 - A problem occurred. (Ask your postmaster for help) (BL)",
            ],
        ),
        (
            Moment,
            &[
                "mailbox unavailable, try again later",
                "mailbox unavailable due to maintenance",
                "User has moved to another server, try again later",
                "5.1.6 recipient mailbox is being migrated",
                "5.1.1 recipient verification failed: callout timed out",
                "5.1.1 the recipient cannot be verified at this time",
                "5.1.1 LDAP lookup failure, user could not be verified",
                "5.1.1 undeliverable address: mail for example.org loops back to myself",
            ],
        ),
        (Mailbox, &["5.1.1 postilaatikko täynnä", "5.1.1 a postafiók megtelt"]),
        (
            Reader,
            &[
                "5.4.1 Recipient address rejected: Access denied",
                "User unknown. The mail goes back to sender",
                "Account closed",
                "Mailbox deleted",
                "That account is retired",
                "this mailbox has been discontinued",
                "This address no longer accepts mail",
                "Our employee has left the company",
                "The account isn't there any more",
                "Benutzer existiert hier nicht",
            ],
        ),
    ] {
        for text in all {
            let said = format!("550 {text}");
            let judged = blame(Some(550), enhanced_in(text), text);
            assert_eq!(judged, right, "{text}");
            assert_eq!(report(enhanced_in(text).or(Some("5.0.0")), &said), Class::from(right), "{text}");
            assert!(right == Reader || !is_unknown_mailbox_of(text), "{text}");
        }
    }
}

/// As it is told to the rule of the row.
fn is_unknown_mailbox_of(text: &str) -> bool {
    let (enhanced, text) = match enhanced_in(text) {
        Some(status) => (Some(status.to_owned()), text.trim_start_matches(status).trim_start()),
        None => (None, text),
    };
    let reply = crate::domain::Reply { code: Some(550), enhanced, text: text.to_owned() };
    crate::domain::streak::is_unknown_mailbox(&reply)
}

/// The addresses that may be our sender, where a report tells them.
#[test]
fn what_is_said_of_our_own_address_is_not_said_of_the_reader() {
    let judged = |text: &str| {
        let senders = ["b+1@mail.blog.example"];
        let reported =
            Reported { status: Some("5.0.0"), diagnostic: text, senders: &senders, ..Reported::default() };
        of_report(&reported).class
    };
    for text in [
        "550 5.1.1 <b+1@mail.blog.example>: user unknown",
        "553 5.3.0 <b+1@mail.blog.example>... No such user here",
        "550 <B+1@mail.blog.example> is not a valid address. No such user",
        "550 unrouteable mail domain \"mail.blog.example\"",
        "550 Domain mail.blog.example does not exist",
    ] {
        assert_eq!(judged(text), Class::Sender, "{text}");
    }
    for text in [
        "550 5.1.1 <kim@mail.blog.example>: user unknown",
        "host mail.blog.example[192.0.2.1] said: 550 no such user",
        "550 5.1.1 <kim@example.org>: user unknown",
    ] {
        assert_eq!(judged(text), Class::Hard, "{text}");
    }
}

/// What may be, and what would follow if: each clause by itself.
#[test]
fn what_is_only_guessed_blames_nobody() {
    use super::Blame::{Mailbox, Moment, Reader, Us};
    use super::Ours::Relaying;
    for (right, all) in [
        (
            Moment,
            &[
                "The account may be disabled, or the address may not exist",
                "Delivery refused; perhaps the user is unknown",
                "Zustellung misslungen, möglicherweise ist der Empfänger unbekannt",
                "Refus : peut-être le destinataire est inconnu",
                "No se entrega; tal vez el usuario no existe",
                "Non consegnato: forse il destinatario è sconosciuto",
                "Não entregue, talvez o destinatário seja desconhecido",
                "Niet bezorgd, misschien is de ontvanger onbekend",
                "Nie dostarczono, być może odbiorca jest nieznany",
                "Не доставлено; возможно, получатель неизвестен",
                "可能收件人不存在",
            ][..],
        ),
        (
            Reader,
            &[
                "User unknown. Your server might be blacklisted if you go on.",
                "No such user here. If your IP is listed on a blocklist, write to us.",
                "Benutzer unbekannt. Falls Ihre IP gesperrt ist, schreiben Sie uns.",
                "Destinataire inconnu. Si votre IP est sur une liste noire, écrivez-nous.",
                "Usuario desconocido (su IP podría estar en una lista negra)",
                "No user of that name could be found",
                "Пользователь не найден, доставка невозможна",
            ],
        ),
        (
            Mailbox,
            &[
                "Mailbox full, or the user may be unknown",
                "Das Postfach ist voll, vielleicht ist der Empfänger unbekannt",
            ],
        ),
        (Us(Relaying), &["You may not relay to that place"]),
    ] {
        for text in all {
            assert_eq!(blame(Some(550), None, text), right, "{text}");
        }
    }
    // A provider's own advice warns of much.
    for (text, class) in [
        ("The mailbox is gone. This may hurt your reputation.", Class::Hard),
        ("No such user. Mail to dead addresses can harm your reputation as a sender.", Class::Hard),
        ("Your reputation is low. The user might be unknown.", Class::Sender),
    ] {
        assert_eq!(of_provider(true, None, text), class, "{text}");
    }
}

/// By the words of webmail programs and of servers in those languages.
#[test]
fn who_is_unknown_or_full_is_so_in_the_languages_of_smaller_countries_too() {
    for (unknown, full) in [
        ("Korisnik ne postoji", "Poštanski sandučić je pun"),
        ("Nepoznat primatelj", "Sandučić je prepunjen"),
        ("Корисник није пронађен", "Сандуче је пуно"),
        ("Prejemnikovega naslova ni bilo mogoče najti", "Poštni predal je poln"),
        ("Používateľ neexistuje", "Schránka používateľa je plná"),
        ("Няма такъв потребител", "Пощенската кутия е пълна"),
        ("Користувача не знайдено", "Поштова скринька переповнена"),
        ("Utilizatorul nu există", "Căsuța poștală e plină"),
        ("Ο χρήστης δεν υπάρχει", "Το γραμματοκιβώτιο είναι πλήρες"),
        ("Nežinomas gavėjas", "Pašto dėžutė pilna"),
        ("Lietotājs nav atrasts", "Pastkaste ir pilna"),
        ("Tundmatu kasutaja", "Postkast on täis"),
        ("Nincs ilyen felhasználó", "A postaláda megtelt"),
        ("Pengguna tidak ditemukan", "Kotak surat penuh"),
        ("Pengguna tidak wujud", "Peti mel penuh"),
        ("Người dùng không tồn tại", "Hộp thư đã đầy"),
        ("ไม่พบผู้รับ", "กล่องจดหมายเต็ม"),
        ("המשתמש לא נמצא", "תיבת הדואר מלאה"),
        ("المستخدم غير موجود", "صندوق البريد ممتلئ"),
    ] {
        assert_eq!(blame(Some(550), None, unknown), Blame::Reader, "{unknown}");
        assert_eq!(blame(Some(550), None, full), Blame::Mailbox, "{full}");
    }
}

/// What is missing is not always a reader.
#[test]
fn other_things_that_are_unknown_or_not_found_cut_off_nobody() {
    for text in [
        "unknown error while delivering to the mailbox",
        "mailbox server not found",
        "invalid response from the user's server",
        "unknown command",
        "unknown client",
        "you are not known here",
        "Header To: has an invalid address",
        "Too many users unknown from your host",
        "You are not a member of this list",
        "HELO name unknown",
        "PTR запись не найдена",
        "HELO host does not exist",
        "Sending server has no MX",
        "mail for this user has left our server and was refused",
    ] {
        assert_ne!(blame(Some(550), None, text), Blame::Reader, "{text}");
        let said = format!("550 {text} (in reply to RCPT TO command)");
        assert_ne!(report(Some("5.0.0"), &said), Class::Hard, "{text}");
    }
    assert_eq!(blame(Some(535), None, "user unknown"), Blame::Us(Ours::Login));
}

/// Who serves nobody from us says nothing of a reader.
#[test]
fn a_service_that_is_unavailable_for_good_is_so_for_us() {
    for text in ["Service unavailable", "5.7.1 Service unavailable; client host [192.0.2.1] blocked"] {
        let judged = blame(Some(554), enhanced_in(text), text);
        assert_eq!(judged, Blame::Us(Ours::Reputation), "{text}");
        assert_eq!(report(enhanced_in(text).or(Some("5.0.0")), &format!("554 {text}")), Class::Sender);
    }
    assert_eq!(blame(Some(421), None, "Service unavailable"), Blame::Moment);
    assert_eq!(blame(Some(554), None, ""), Blame::Message);
}

/// A large provider's words for a reader that is gone, said after the mail.
#[test]
fn some_say_after_the_mail_that_a_reader_is_gone() {
    for text in [
        "552 1 Requested mail action aborted, mailbox not found",
        "550 The recipient may contain a non-existent account",
        "550 invalid mailbox. Local mailbox kim@mail.ru is unavailable: user not found",
    ] {
        let said = format!("{text} (in reply to end of DATA command)");
        assert_eq!(report(Some("5.0.0"), &said), Class::Hard, "{text}");
    }
}

/// A provider's "hard" holds where the words say nothing.
#[test]
fn a_providers_verdict_gives_way_to_words() {
    for (text, class) in [
        ("Connection timed out", Class::Soft),
        ("unable to connect to MX servers", Class::Soft),
        ("Greylisted, please try again in 5 minutes", Class::Soft),
        ("Sender address rejected: Domain not found", Class::Sender),
        ("Your IP is on our blocklist S3150", Class::Sender),
        ("550 5.0.0 rejected", Class::Soft),
        ("", Class::Hard),
    ] {
        assert_eq!(of_provider(true, None, text), class, "{text}");
    }
}
