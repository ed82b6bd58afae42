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
