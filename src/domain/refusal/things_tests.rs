//! What is not there has to be a reader, for a reader to be gone.

use super::*;

#[test]
fn what_is_not_found_and_is_no_reader_gives_up_nobody() {
    let mut given_up = Vec::new();
    for text in [
        "Message-ID does not exist in your mail",
        "Message-ID header doesn't exist",
        "file does not exist",
        "the attachment was not found",
        "message does not exist",
        "the user agent is unknown",
        "no such plugin for this user",
        "unknown widget of the recipient",
        "invalid field in the form for users",
        "no such header",
        "selector not found",
        "no such file or directory",
        "Requested policy was not found in the database",
        "unknown content type",
        "unknown attachment format",
        "The template does not exist",
        "boundary of the MIME part not found, invalid message",
        "command does not exist",
        "the list that you posted to no longer exists as a feature",
        "your key is no longer valid",
        "certificate no longer valid",
        "this protocol version is no longer in use",
        "the option you asked for is no longer available",
        "nonexistent charset",
        "Der Anhang wurde nicht gefunden",
        "Die Datei existiert nicht",
        "La pièce jointe n'existe pas",
        "El archivo no existe",
        "Il file non esiste",
        "O ficheiro não existe",
        "Файл не найден",
        "No such attachment",
        "URL not found, blocked link of unknown origin",
        "Subject not found",
        "The date of your message does not exist",
        "ruleset not found for user mail",
        "no such header in the mail to this user",
        "attachment for the recipient not found",
        "5.7.1 URL in body points to non-existent domain",
        "The domain example.net in your message body does not exist",
        "a link leads to an unknown domain",
        "Reply-To address does not exist",
        "address in the List-Unsubscribe header not found",
        "Die Domain eines Links im Text existiert nicht",
        "le domaine d'un lien dans le message n'existe pas",
        "el dominio del enlace no existe",
        "送信元ドメインが存在しません",
        "寄件者網域不存在",
        "LDAP server unavailable: unable to verify recipient",
        "MySQL server has gone away while looking for user kim",
        "backend down, user unknown",
        "Errors-To: address invalid",
        "unknown tracking domain in content",
        "kim@example.org is on vacation, mailbox closed until January",
    ] {
        let said = format!("550 5.0.0 {text}");
        let reported = Reported { status: Some("5.0.0"), diagnostic: &said, ..Reported::default() };
        if blame(Some(550), None, text) == Blame::Reader || of_report(&reported).class == Class::Hard {
            given_up.push(text);
        }
    }
    assert_eq!(given_up, Vec::<&str>::new());
}

#[test]
fn a_reader_who_is_not_found_is_gone_in_whatever_words() {
    let judged = |text: &&&str| blame(Some(550), None, text) != Blame::Reader;
    let all = [
        "kim@example.org does not exist",
        "<kim@example.org>: does not exist",
        "does not exist",
        "5.1.1 does not exist here",
        "no such user",
        "The mailbox you are writing to doesn't exist any more",
        "This person no longer exists in our directory",
        "the email account that you tried to reach does not exist",
        "Recipient does not exist; your message was not delivered",
        "message could not be delivered: no such user",
        "Message rejected: mailbox does not exist",
        "Your mail to kim@example.org could not be delivered because the address does not exist",
        "nonexistent",
        "There is no such person at this house",
        "El usuario no existe",
        "existiert nicht",
        "l'utilisateur n'existe pas",
        "домен не найден",
        "domain does not exist",
        "Unknown user: header and file were not looked at",
        "this account has been terminated",
        "そのようなユーザーはいません",
        "kim@example.org does not exist; see the link in the header",
        "the recipient of this message does not exist: no user in the message's domain",
    ];
    assert_eq!(all.iter().filter(judged).collect::<Vec<_>>(), Vec::<&&str>::new());
}
