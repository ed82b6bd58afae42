//! What one program or provider says in particular, by its own sources or its
//! published list of errors. These are whole sentences, so that they stand
//! above all general words.

use super::super::Blame::{Mailbox, Message, Moment, Reader, Us};
use super::super::Ours::{Login, Quota, Rate, Relaying, Reputation, Sender, Suspended};
use super::{Row, row};

pub(super) const ROWS: &[Row] = &[
    // support.google.com/a/answer/3726730 and /3221692
    row(
        "Google",
        Us(Quota),
        "user sending limit exceeded|user sending quota exceeded|smtp relay sending limit exceeded|\
         smtp relay limit exceeded|reached a limit for sending mail|daily sending quota exceeded",
    ),
    row(
        "Google",
        Us(Rate),
        "too many smtp sessions|unusual rate of*mail originating|unusual rate of unsolicited mail",
    ),
    row(
        "Google",
        Mailbox,
        "is receiving mail at a rate|is receiving mail too quickly|email account that you tried to reach is*disabled|\
         email account that you tried to reach is over quota|recipient's inbox is out of storage|\
         email account that you tried to reach is inactive",
    ),
    row(
        "Google",
        Us(Login),
        "username and password not accepted|application-specific password required|please log in via your web browser|\
         too many login attempts|support.google.com/mail/?p=badcredentials|gsmtp*authentication required|\
         authentication required*gsmtp|must issue a starttls command",
    ),
    row("Google", Us(Relaying), "invalid credentials for relay|mail relay denied"),
    row(
        "Google",
        Reader,
        "email account that you tried to reach does not exist|email account that you tried to reach doesn't exist",
    ),
    // learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online
    row(
        "Microsoft 365",
        Us(Quota),
        "daily limit for message recipients|submission quota exceeded|submissionquotaexceeded|\
         recipient rate limit exceeded|recipient rate limit, exceeded|tenant external recipient|\
         exceeded the maximum number of recipients per day|hosted_outbound|message rate limit, quota exceeded",
    ),
    row(
        "Microsoft 365",
        Us(Suspended),
        "tenant has exceeded threshold|exceeded the threshold|outboundspamexception|bad outbound sender|\
         blocked from sending|unable to send because*is blocked|account has been blocked due to|\
         access denied, tenant has exceeded|traffic not accepted from this ip|unregistered domain|\
         your message couldn't be delivered because you weren't recognized as a valid sender",
    ),
    row("Microsoft 365", Us(Sender), "sendasdenied|send as this sender|send on behalf of|sendonbehalf"),
    row(
        "Microsoft 365",
        Us(Login),
        "smtpclientauthentication is disabled|client was not authenticated|client not authenticated to send|\
         basic authentication is disabled|user is locked by your organization",
    ),
    row("Microsoft 365", Us(Relaying), "tenantattribution|relay access denied*attr"),
    // Who may write to a group or a closed mailbox.
    row(
        "Microsoft 365",
        Message,
        "resolver.rst.auth|resolver.rst.notauthorized|resolver.rst.sendernotauthenticated|\
         resolver.rst.restricted|senderfilterconfig|transport.rules.reject|resolver.rst.sendsizelimit|\
         resolver.rst.recipsizelimit",
    ),
    row(
        "Microsoft 365",
        Mailbox,
        "recipient has exceeded their limit for the number of messages|mailbox is receiving mail too|\
         recipient not available to take|storedrv.deliver*quota|quotaexceededexception|\
         storedrv*mailboxdisabled|mailbox server is too busy",
    ),
    row(
        "Microsoft 365",
        Reader,
        "5.4.1*recipient address rejected: access denied|5.1.10*resolver|resolver.adr.exrecipnotfound|\
         resolver.adr.recipnotfound|resolver.adr.recipientnotfound|resolver.adr.invalidinboundsmtpaddress|\
         resolver.adr.badprimary|resolver.adr.ambiguous|recipient not found by smtp address lookup",
    ),
    // The former Hotmail: its words for a mailbox that it does not have.
    row(
        "Outlook.com",
        Reader,
        "5.5.0 requested action not taken: mailbox unavailable|mailbox unavailable (s20|\
         mailbox unavailable (-|hotmail.com*mailbox unavailable|outlook.com*mailbox unavailable",
    ),
    row(
        "Outlook.com",
        Us(Reputation),
        "messages from*weren't sent|block list (s|part of their network is on our",
    ),
    // senders.yahooinc.com/smtp-error-codes
    row(
        "Yahoo",
        Reader,
        "delivery error: dd this user doesn't have|delivery error: dd requested mail action",
    ),
    row(
        "Yahoo",
        Mailbox,
        "delivery error: dd this account has been|delivery error: dd*is over quota|dd sorry your message to",
    ),
    row("Yahoo", Us(Quota), "you have exceeded the number of*messages|sent too many messages"),
    // A reply that names nobody: carriers refuse so what a reader's filter took.
    row("Japanese carriers", Mailbox, "550 : user unknown|550: : user unknown|this user doesn't have a"),
    // support.apple.com/102198 and /102322
    row(
        "iCloud",
        Us(Sender),
        "from address is not one of your addresses|not one of your addresses|user not permitted to send from",
    ),
    // cPanel's and DirectAdmin's patches to Exim
    row(
        "cPanel",
        Us(Quota),
        "max emails per hour|max defers and failures per hour|exceeded its hourly*limit|\
         exceeded the hourly*limit|emails per hour has been exceeded|daily email limit|\
         you have reached your daily email limit|exceeded the max",
    ),
    row(
        "cPanel",
        Us(Suspended),
        "outgoing mail from*has been suspended|has been suspended from sending|sender*has an outgoing mail suspension",
    ),
    row("cPanel", Us(Relaying), "currently not permitted to relay|logged into the pop/imap server"),
    row("cPanel", Reader, "account or domain may not exist|mailman list*does not exist"),
    // docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html
    row("Amazon SES", Us(Quota), "daily message quota exceeded|maximum message count per day"),
    row("Amazon SES", Us(Rate), "maximum sending rate exceeded"),
    row(
        "Amazon SES",
        Us(Suspended),
        "sending paused for this account|account is paused|account is shut down|sending suspended for this account",
    ),
    row("Amazon SES", Us(Sender), "email address is not verified|identities failed the check"),
    row("Amazon SES", Us(Login), "is not authorized to perform|invalid smtp credentials"),
    // Brevo, SendGrid, Mailgun, Mailjet, Postmark, Zoho: their help pages on errors
    row(
        "senders for others",
        Us(Quota),
        "maximum credits exceeded|exceeded your messaging limits|ran out of credits|not enough credits|insufficient credits|free accounts are for test purposes",
    ),
    row(
        "senders for others",
        Us(Sender),
        "does not match a verified sender|is not a sender signature|not a confirmed sender|sender address has not been validated|\
         sender not valid|is not verified*sender|domain is unverified|domain is not verified|unverified sender|unverified domain|\
         the sender you used is not valid|sender domain mismatch",
    ),
    row(
        "senders for others",
        Us(Suspended),
        "smtp account is not yet activated|unusual sending activity|account is not activated|server is not active|\
         pending approval|account is under review|business verification|email sending blocked|\
         outgoing*has been blocked|your access to this mail system has been rejected|domain is disabled",
    ),
    row(
        "senders for others",
        Us(Login),
        "unauthorized ip address|ip address is not authorized|ip not authorised|authorised ip",
    ),
    // Sentences of programs
    row("Exim", Reader, "unrouteable address|unrouteable mail domain|unroutable address"),
    row(
        "Postfix",
        Moment,
        "host not found, try again|name service error*try again|domain not found, try again",
    ),
    row(
        "qmail",
        Us(Relaying),
        "allowed rcpthosts|list of allowed rcpt|relayed thru this mta|relayed through this mta",
    ),
    row(
        "Sendmail",
        Moment,
        "name server*host name lookup failure|host name lookup failure|name server timeout",
    ),
    row(
        "a server that asks another",
        Us(Sender),
        "unknown address error 5*access denied|after mail from:|my name was rejected",
    ),
];
