//! Mail that looks like a returned one and is none: what people, their
//! programs, shops and newsletters write of failures. Nobody is given up by it.

use postbell::feedback::Class;
use postbell::feedback::mail::{Kind, read};

/// As people's programs quote it: without its id and its way.
const QUOTED: &str = "\n-----Original Message-----\nFrom: A blog <news@news.example.org>\nTo: kim@example.net\n\
    Subject: A post\n\nGood morning!\n";

/// From, return path, further fields, subject and words.
const ORDINARY: &[(&str, &str, &str, &str, &str)] = &[
    (
        "Kim <kim@example.net>",
        "<>",
        "",
        "On holiday",
        "Mails are not delivered while I am away. Please write to\n\ndeputy@example.net\n",
    ),
    (
        "Kim <kim@example.net>",
        "<>",
        "",
        "Urlaub",
        "Nachrichten werden nicht zugestellt. Bitte an\n\nvertretung@example.net\n\nschreiben.\n",
    ),
    (
        "Kim <kim@example.net>",
        "<>",
        "",
        "Changed jobs",
        "I left. This address is no longer valid, mails are not delivered any more. New address:\nkim@new.example\n",
    ),
    (
        "Kim <kim@example.net>",
        "<>",
        "",
        "Re: Undeliverable love, part 5.1.1",
        "I am travelling, your mail could not be delivered to my phone. In urgent cases:\npat@example.net\n",
    ),
    (
        "Box <kim@example.net>",
        "<>",
        "Auto-Submitted: auto-replied\n",
        "Please verify your mail",
        "Your message has not been delivered.\n\nkim@example.net: mailbox protected; unknown sender\n",
    ),
    (
        "Service <service@shop.example>",
        "<>",
        "",
        "Lieferung nicht zugestellt",
        "Ihr Paket konnte nicht zugestellt werden: Empfänger unbekannt.\nkim@example.net\n",
    ),
    (
        "Postmaster <postmaster@example.com>",
        "<postmaster@example.com>",
        "",
        "Re: why do you reject us?",
        "we rejected your mail to\n  anna@example.com\nby mistake with \"550 5.1.1 user unknown\". This is fixed, please send again.\n",
    ),
    (
        "Postmaster <postmaster@example.com>",
        "<postmaster@example.com>",
        "",
        "Your mail could not be delivered",
        "by our mistake, to\n  anna@example.com\n550 5.1.1 user unknown was wrong. Please send again.\n",
    ),
    (
        "\"Mail Server Admin\" <tom@example.com>",
        "<tom@example.com>",
        "",
        "Your mail server",
        "Hi, your mail server returns \"user unknown\" for\nanna@example.com: 550 user unknown\nplease fix.\n",
    ),
    (
        "System Administrator <it@example.com>",
        "<it@example.com>",
        "",
        "Migration tonight",
        "Some messages could not be delivered last night: user unknown errors were wrong.\nanna@example.com\n",
    ),
    (
        "Mail System <noreply@example.com>",
        "<>",
        "",
        "Your new quota",
        "Your message has been received. Delivery report: accepted.\nkim@example.com\n",
    ),
    (
        "News <news@exchange.example>",
        "<b@exchange.example>",
        "",
        "NDR 550 5.1.1 explained",
        "Undeliverable: what now?\n\nuser@firm.example\n550 5.1.1 User unknown\n",
    ),
    (
        "Exchange Weekly <hello@weekly.example>",
        "<hello@weekly.example>",
        "",
        "Fix: mail could not be delivered",
        "Learn:\n\nbob@firm.example: 550 5.1.1 RESOLVER.ADR.RecipNotFound\n",
    ),
    (
        "Parcels Mail Delivery <noreply@parcels.example>",
        "<noreply@parcels.example>",
        "",
        "Delivery failed - recipient unknown",
        "Your parcel could not be delivered: recipient unknown.\nTo: kim@example.net\n",
    ),
];

/// Of lists, whose programs write from such addresses.
const LISTS: &[(&str, &str, &str, &str, &str)] = &[
    (
        "Mailer-Daemon <mailer-daemon@groups.example>",
        "<owner@groups.example>",
        "List-Id: <g.groups.example>\n",
        "Digest of bounces",
        "These members bounced:\n\nx@example.org: 550 user unknown\ny@example.org: 550 user unknown\n",
    ),
    (
        "MAILER-DAEMON@groups.example",
        "<>",
        "List-Unsubscribe: <https://groups.example/u>\n",
        "Undelivered mails of this week",
        "x@example.org: 550 user unknown\n",
    ),
];

#[test]
fn words_of_people_shops_and_lists_give_nobody_up() {
    let mut acted_on = Vec::new();
    let quoting = ORDINARY.iter().map(|mail| (mail, QUOTED));
    let mails = ORDINARY.iter().chain(LISTS).map(|mail| (mail, ""));
    for ((from, return_path, fields, subject, words), quoted) in mails.chain(quoting) {
        let raw = format!(
            "Return-Path: {return_path}\nFrom: {from}\nTo: bounces@news.example.org\n{fields}\
             Content-Type: text/plain; charset=utf-8\nSubject: {subject}\n\n{words}{quoted}"
        );
        let report = read(raw.as_bytes());
        if report.kind == Kind::Bounce || !report.recipients.is_empty() {
            acted_on.push(format!("{from}, {subject}: {:?}", report.recipients));
        }
    }
    assert_eq!(acted_on, Vec::<String>::new());
}

/// Subject and words of servers that still try.
const DELAYS: &[(&str, &str)] = &[
    ("Delivery delayed", "Delivery to kim@example.net is delayed. The server will try again. User unknown."),
    ("Καθυστέρηση", "Delivery is late:\n\nkim@example.net\n\nUser unknown."),
    ("Zustellung verzögert", "<kim@example.net>\nkonnte noch nicht zugestellt werden. Unbekannter Benutzer."),
    ("Mail", "<kim@example.net>\nNicht zugestellt. Der Server versucht es weiter. Unbekannter Benutzer."),
    ("Remise retardée", "<kim@example.net>\nn'a pas pu être remis. Utilisateur inconnu."),
    (
        "Mail",
        "<kim@example.net>\nn'a pas pu être remis. De nouvelles tentatives seront faites. Utilisateur inconnu.",
    ),
    ("Entrega retrasada", "<kim@example.net>\nno se pudo entregar. Usuario desconocido."),
    ("Mail", "<kim@example.net>\nnão entregue; novas tentativas serão feitas. Usuário desconhecido."),
    ("Consegna ritardata", "<kim@example.net>\nnon recapitato. Utente sconosciuto."),
    ("Mail", "<kim@example.net>\nnie dostarczono; ponowne próby trwają. Nieznany użytkownik."),
    ("Mail", "<kim@example.net>\nniet bezorgd, er wordt opnieuw geprobeerd. Gebruiker onbekend."),
    ("Задержка доставки", "<kim@example.net>\nНе удалось доставить. Пользователь не найден."),
    ("配信遅延", "<kim@example.net>\n配信できませんでした。ユーザーが存在しません。"),
    ("投递延迟", "<kim@example.net>\n无法投递，用户不存在。"),
];

#[test]
fn a_server_that_still_tries_gives_nobody_up_in_any_language() {
    for (subject, words) in DELAYS {
        let raw = format!(
            "Return-Path: <>\nFrom: MAILER-DAEMON@example.com\nTo: bounces@news.example.org\n\
             Content-Type: text/plain; charset=utf-8\nSubject: {subject}\n\n{words}\n"
        );
        let report = read(raw.as_bytes());
        assert!(
            report.recipients.iter().all(|recipient| recipient.class != Class::Hard),
            "{subject}: {report:?}"
        );
    }
}

/// What wants a password: it looks like a returned mail, and names its owner.
const PHISHES: &[(&str, &str, &str)] = &[
    (
        "From: Mail Delivery System <notice@evil.example>\nTo: undisclosed-recipients:;\nDelivered-To: us@blog.example",
        "Undelivered Mail Returned to Sender",
        "These could not be delivered to your mailbox\n\nus@blog.example: mailbox full\n\nhttps://evil.example/",
    ),
    (
        "From: postmaster@blog.example\nTo: undisclosed-recipients:;\nX-Original-To: us@blog.example",
        "Delivery failure",
        "us@blog.example: user unknown, unless you confirm your account\nhttps://evil.example/",
    ),
    (
        "Return-Path: <>\nFrom: MAILER-DAEMON@evil.example\nTo: us@blog.example\nCc: kim@blog.example",
        "Undelivered",
        "Messages to kim@blog.example could not be delivered. Log in at https://evil.example/",
    ),
    (
        "From: Postmaster <postmaster@evil.example>\nReply-To: postmaster@blog.example\nEnvelope-To: us@blog.example\n\
         To: us <noreply@evil.example>",
        "Mail delivery failed: returning message to sender",
        "A message could not be delivered to us@blog.example: mailbox suspended; verify at https://evil.example/",
    ),
];

#[test]
fn a_mail_that_names_whom_it_came_to_is_about_no_reader() {
    for (fields, subject, words) in PHISHES {
        let report = read(format!("{fields}\nSubject: {subject}\n\n{words}\n").as_bytes());
        assert_eq!(report.recipients, [], "{words}");
    }
}
