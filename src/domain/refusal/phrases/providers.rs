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
    row("Google", Us(Reputation), "not authorized to send email directly to our servers"),
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
        "spam abuse detected|tenant has exceeded threshold|exceeded the threshold|outboundspamexception|bad outbound sender|\
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
        "delivery error: dd this user doesn't have|requested mail action aborted, mailbox not found",
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
        "maximum credits exceeded|exceeded your messaging limits|ran out of credits|not enough credit|insufficient credits|\
         free accounts are for test purposes|daily send rate exceeded|hourly send rate exceeded|message count quota|\
         mail limit has been reached",
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
         outgoing*has been blocked|your access to this mail system has been rejected|domain is disabled|\
         are for test purposes only|only send testing emails",
    ),
    row(
        "senders for others",
        Us(Login),
        "unauthorized ip address|ip address is not authorized|ip not authorised|authorised ip",
    ),
    // wiki.policyd.org: the quotas of accounts
    row("policyd", Us(Quota), "policy rejection- quota exceeded|policy rejection: quota exceeded"),
    // What a reader's own settings refuse.
    row(
        "filters of readers",
        Message,
        "blocked by recipient|blocked by the recipient|blocked by the user|recipient has blocked|manually blocked senders|\
         blocked senders policy|has blocked your address",
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
    // Orange and La Poste write a number of theirs behind each reply.
    row("Orange", Reader, "lpn*_416|lpn*_418|ofr*_416|ofr*_418|ofr_416|ofr_418|oul*_416|lpn416|lpn418"),
    row("Orange", Mailbox, "_417 |_417]|_420|_426|ofr_417|recipient overquota|archived recipient"),
    row("Orange", Us(Reputation), "service refuse. veuillez|ofr*_102|ofr*_103|lpn*_103|ofr*_999"),
    // postmaster.gmx.net, postmaster.web.de: error messages
    row(
        "GMX and web.de",
        Reader,
        "gmx*mailbox unavailable|web.de*mailbox unavailable|mailbox unavailable*gmx",
    ),
    row("GMX and web.de", Mailbox, "zuviele mails auf dem server|user has too many messages on the server"),
    // postmaster.mail.ru: reasons of refusal
    row("Mail.ru", Reader, "invalid mailbox. local mailbox*user not found"),
    row("Mail.ru", Us(Suspended), "message sending for this account is disabled"),
    row("Comcast", Reader, "551 not our customer|account closed, please remove"),
    row("Cox", Reader, "mailbox unavailable or access denied"),
    row("Symantec MessageLabs", Reader, "542*rejected"),
    row("Symantec MessageLabs", Us(Reputation), "you are not allowed to connect"),
    row("IronPort", Us(Reputation), "your access to submit messages to this e-mail system has been rejected"),
    // community.mimecast.com: SMTP error codes
    row("Mimecast", Us(Reputation), "host network not allowed|poor reputation sender"),
    // help.mail.163.com and service.mail.qq.com: reasons of refusal
    row("NetEase", Us(Quota), "mt:snd|mi:dmc|mi:nhd|mi:qos|out of allow rcpt numbers"),
    row("NetEase", Mailbox, "user suspended|user in blacklist|user hangup"),
    row("Tencent", Reader, "rc:ne |rc:ld |no=1000728|recipient may contain a non-existent account"),
    // postmaster.t-online.de: its list of senders that it does not let in
    row("T-Online", Us(Reputation), "554 ip=*a problem occurred|a problem occurred*ask your postmaster"),
    // GoDaddy's and other large hosts' own
    row("GoDaddy", Us(Quota), "daily relay quota|ib607|ib603|ib703"),
    row("Free.fr", Us(Rate), "too many errors from your ip|trop de connexions"),
    row("ResellersPanel", Us(Rate), "you are sending too fast"),
    row("Google Groups", Message, "groups.google.com/support|you do not have permission to post"),
    row(
        "Facebook, AOL, carriers",
        Mailbox,
        "refused due to recipient preferences|only accepting mail from specific|refuses to receive this mail|\
         recipient id refuse to receive|has restricted sms e-mail|account is protected by|rejected due to user rules",
    ),
    row("qmail", Reader, "badrcptto|validrcptto|badrecipientto|isn't in my control/locals"),
    row(
        "Sendmail",
        Reader,
        "name server: .: host not found|550 host does not accept mail|5.7.27*host does not accept mail",
    ),
    row("Postfix", Moment, "malformed or unexpected name server reply|malformed name server reply"),
    row(
        "Exchange",
        Moment,
        "records for the destination computer could not be found|dns query failed|unable to resolve route",
    ),
    row("Exchange", Reader, "smtpsend.dns.nonexistentdomain|infodomainnonexistent"),
    row("a server that asks another", Us(Sender), "unknown address error 5*access denied"),
];
