//! What real servers say when they refuse us, and when they refuse a reader;
//! where each text is from stands beside it.

use postbell::mail::SendError;

use crate::support::corpora;

/// What services and programs say when they refuse the one who sends, as
/// their own documentation or sources have it; where each is from stands
/// beside it.
const OURS: &[&str] = &[
    // support.google.com/a/answer/3726730
    "550-5.4.5 Daily user sending limit exceeded. For more information on Gmail\r\n550 5.4.5 sending limits go to https://support.google.com/a/answer/166852 {id} - gsmtp",
    "550 5.4.5 Daily SMTP relay sending limit exceeded for customer. {id} - gsmtp",
    "550-5.7.1 Invalid credentials for relay [192.0.2.7]. The IP address you've registered\r\n550 5.7.1 {id} - gsmtp",
    // learn.microsoft.com/exchange: limits and NDR codes
    "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
    "550 5.7.501 Access denied, spam abuse detected from your account, {rcpt}",
    "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process message [{id}]",
    // docs.aws.amazon.com/ses: SMTP responses
    "454 Throttling failure: Daily message quota exceeded.",
    "554 Sending paused for this account. For more information, please check the inbox of the email address",
    // sendgrid.com/docs: error 451, "Maximum credits exceeded"
    "550 Maximum credits exceeded",
    // help.mailgun.com: disabled domains
    "550 5.7.1 Domain mg.example.org is not allowed to send: Your account is temporarily disabled. Reference {id}",
    // OVH: help pages on blocked outgoing mail
    "550 5.7.1 Your account was blocked for sending spam, see https://help.example/{id}",
    // zoho.com/mail/help/errors
    "550 5.4.6 Unusual sending activity detected. Please try after sometime. Your account is blocked from sending",
    // yandex.com/support/mail: error codes
    "550 5.7.0 Daily sending limit exceeded, too many messages per day for {id}",
    // GoDaddy: "Relay quota exceeded"
    "550 User kim@example.org has exceeded its 24-hour sending limit. Messages to 250 recipients out of 250 allowed",
    // Postfix: smtpd_relay_restrictions, policy services, sasl
    "554 5.7.1 <{rcpt}>: Relay access denied",
    "454 4.7.1 <{rcpt}>: Relay access denied",
    "554 5.7.1 <{rcpt}>: Recipient address rejected: Hourly quota exceeded, try again later",
    // Exim: default configuration, cPanel's patch
    "550 relay not permitted",
    "550-Please turn on SMTP Authentication in your mail client.\r\n550 host (name) [192.0.2.7] is not permitted to relay through this server without authentication.",
    "550 Domain example.org has exceeded the max emails per hour (200/200 (100%)) allowed. Message discarded. {id}",
    // qmail: rcpthosts
    "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
    // Sendmail
    "550 5.7.1 <{rcpt}>... Relaying denied. Proper authentication required.",
    // Courier
    "513 Relaying denied.",
    // Hetzner, IONOS, all-inkl: outgoing limits
    "550 Your mail sending limit for today is reached. {id}",
    "550 Requested action not taken: you have reached the limit of emails you can send per hour",
    // Proton, Fastmail, Mailbox: closed to bulk
    "554 5.7.1 Your account has been suspended from sending due to abuse. Ticket {id}",
    "550 5.7.0 Authentication required",
];

/// Further ones, judged by their words alone.
const OURS_TOO: &[&str] = &[
    // support.google.com/a/answer/3726730, /3221692
    "550-5.4.5 You have reached a limit for sending mail. Your message was not sent.\r\n550 5.4.5 {id} - gsmtp",
    "550 5.7.1 The IP you're using to send mail is not authorized to send email directly to our servers. Please use the SMTP relay at your service provider instead. {id} - gsmtp",
    // learn.microsoft.com/exchange: non-delivery reports
    "550 5.1.8 Access denied, bad outbound sender. For more information please go to http://go.microsoft.com/fwlink/?LinkId=875724",
    "550 5.7.705 Access denied, tenant has exceeded threshold. For more information please go to https://go.microsoft.com/fwlink/?linkid=2101203",
    "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP.",
    "550 5.7.233 Your message can't be sent because your tenant exceeded its tenant external recipient rate limit",
    "554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; Failed to process message due to a permanent exception",
    "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
    "550 5.7.1 Unable to relay for {rcpt}",
    // Outlook.com, Yahoo
    "550 5.7.1 Unfortunately, messages from [192.0.2.7] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3150).",
    "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.7, because the ip is in Spamhaus's list; see http://postmaster.yahoo.com/550-bl23.html",
    // Amazon SES
    "554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: kim@example.org",
    "554 Access denied: User `arn:aws:iam::0123456789:user/ses-smtp' is not authorized to perform `ses:SendRawEmail' on resource",
    // Mailgun
    "550 Sandbox subdomains are for test purposes only. Please add your own domain or add the address to authorized recipients in Account Settings.",
    "554 Free accounts are for test purposes only. Please upgrade or add the address to authorized recipients in Account Settings.",
    "421 Domain mg.example.org is not allowed to send: request limit exceeded, try again later",
    // SendGrid
    "550 Unauthenticated senders not allowed",
    "550 The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.",
    "451 You have exceeded your messaging limits",
    // Postmark, Brevo, Resend, SocketLabs, Elastic Email
    "554 5.7.1 While your account is pending approval, all recipient addresses must share the same domain as the 'From' address.",
    "525 5.7.1 Unauthorized IP address",
    "550 You can only send testing emails to your own email address. To send emails to other recipients, please verify a domain",
    "501-5.7.0 Authentication required. Please authenticate with CRAM MD5 or AUTH Login.\r\n501 5.7.0 see http://support.socketlabs.example/kb/81",
    "550 Not enough credit",
    // IONOS: help pages on limits and senders
    "450-Requested mail action not taken: mailbox unavailable\r\n450 Mail send limit exceeded.",
    "550-Requested action not taken: mailbox unavailable\r\n550 Sender address is not allowed.",
    // Zoho
    "554 5.1.8 Email Outgoing Blocked",
    "553 Relaying disallowed as kim@example.org",
    "553 Sender is not allowed to relay emails",
    // Exim: cPanel's patch and others
    "550-example.org is currently not permitted to relay through this server. Perhaps you\r\n550 have not logged into the pop/imap server in the last 30 minutes.",
    "550 Domain example.org has exceeded the max defers and failures per hour (5/5 (100%)) allowed. Message discarded.",
    "550 Sender kim@example.org has an outgoing mail suspension. Message discarded.",
    "550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)",
    // Postfix with policyd and postfwd
    "554 5.7.1 <{rcpt}>: Recipient address rejected: Policy Rejection- Quota Exceeded.",
    "554 5.7.1 <{rcpt}>: Recipient address rejected: Number recipients per hour exceeded",
    "554 5.7.1 <unknown[192.0.2.7]>: Client host rejected: Access denied",
    // Barracuda, Proofpoint, Spamhaus, Sophos, IronPort, Symantec
    "554 Service unavailable; Client host [192.0.2.7] blocked using Barracuda Reputation; http://www.barracudanetworks.com/reputation/?r=1&ip=192.0.2.7",
    "554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.7",
    "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.7",
    "550 5.7.1 XGEMAIL_0004 Command rejected. Sender IP address failed an RBL test",
    "550 #5.7.1 Your access to submit messages to this e-mail system has been rejected.",
    "554 5.7.1 You are not allowed to connect.",
    // StartMail, Adit Systems, Iridis, MXroute: help pages
    "550 5.7.1 Your mail limit has been reached.",
    "554 5.7.1 message count quota exceeded",
    "550 SND-RTE: Daily send rate exceeded",
    "550 Unauthenticated mail not allowed from this range",
];

/// What is said of a reader, in words that are near to those above.
const THEIRS: &[&str] = &[
    // Google
    "550-5.1.1 The email account that you tried to reach does not exist. Please try\r\n550 5.1.1 double-checking the recipient's email address for typos. {id} - gsmtp",
    "550 5.2.1 The email account that you tried to reach is disabled. Learn more at https://support.google.com/mail/?p=DisabledUser {id} - gsmtp",
    "552-5.2.2 The recipient's inbox is out of storage space. Please direct the\r\n552 5.2.2 recipient to https://support.google.com/mail/?p=OverQuotaPerm {id} - gsmtp",
    "550-5.2.1 The user you are trying to contact is receiving mail at a rate that\r\n550 5.2.1 prevents additional messages from being delivered. {id} - gsmtp",
    "550-5.7.1 The user or domain that you are sending to (or from) has a policy that\r\n550 5.7.1 prohibited the mail that you sent. {id} - gsmtp",
    // Microsoft 365, Outlook.com, Exchange
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {rcpt} not found by SMTP address lookup",
    "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [DB5EUR03FT010.eop-EUR03.prod.protection.outlook.com {id}]",
    "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction check failed because the sender was not authenticated when sending to this group",
    "550 5.7.129 RESOLVER.RST.RestrictedToRecipientsPermission; not authorized to send to recipient",
    "550 5.7.1 RESOLVER.RST.AuthRequired; authentication required",
    "554 5.2.2 STOREDRV.Deliver.Exception:QuotaExceededException; Failed to process message due to a permanent exception",
    "550 5.2.122 The recipient has exceeded their limit for the number of messages they can receive per hour",
    "550 5.1.351 Remote server returned unknown recipient or mailbox unavailable",
    "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).",
    "550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient",
    // Yahoo, Verizon, iCloud
    "554 delivery error: dd This user doesn't have a yahoo.com account ({rcpt}) [0] - mta1.mail.yahoo.example",
    "554 30 Sorry, your message to {rcpt} cannot be delivered. This mailbox is disabled (554.30).",
    "552 1 Requested mail action aborted, mailbox not found",
    "552 5.2.2 <{rcpt}>: user is over quota",
    "550 5.1.1 unknown or illegal alias: {rcpt}",
    // Postfix
    "550 5.1.1 <{rcpt}>: Recipient address rejected: User unknown in relay recipient table",
    "550 5.1.2 <{rcpt}>: Recipient address rejected: Domain not found",
    "554 5.7.1 <{rcpt}>: Recipient address rejected: Mailbox is inactive",
    "554 5.7.1 <{rcpt}>: Recipient address rejected: Rejected by the user's own filter",
    // Exim, cPanel
    "550 Unrouteable address",
    "550 No such person at this address.",
    "550-The mail server could not deliver mail to {rcpt}. The account or domain\r\n550 may not exist, they may be blacklisted, or missing the proper dns entries.",
    // qmail with chkuser, Sendmail
    "511 sorry, no mailbox here by that name (#5.1.1 - chkuser)",
    "552 sorry, recipient's mailbox is over quota (#5.2.2 - chkuser)",
    "550 5.0.0 {rcpt}... User not accepting mail",
    // Barracuda, Mimecast, Sophos
    "550 permanent failure for one or more recipients ({rcpt}:550 5.1.1 User unknown)",
    "550 Invalid Recipient - https://community.mimecast.com/docs/DOC-1369#550 [{id}.uk1]",
    "550 Rejected by header based manually blocked senders - block for manual block",
    "550 5.1.1 XGEMAIL_0011 Command rejected. Recipient's email address does not exist",
    // GMX, Orange, Comcast, Free
    "552-Requested mail action aborted: exceeded storage allocation\r\n552 Quota exceeded. The recipient mailbox is full.",
    "550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 [416]",
    "552 5.1.1 La boite du destinataire est pleine. Recipient overquota. OFR_417 [417]",
    "550 5.1.1 Not our Customer",
    "550 5.2.1 This mailbox has been blocked due to inactivity",
    // Yandex, Mail.ru, NetEase, Facebook
    "552 5.2.2 Mailbox size limit exceeded {id}",
    "550 Message was not accepted -- invalid mailbox. Local mailbox {rcpt} is unavailable: account is disabled",
    "550 User suspended",
    "550 5.1.1 RCP-P1 https://www.facebook.com/postmaster/response_codes?ip=192.0.2.7#rcp Refused due to recipient preferences",
    // Of a reader's own settings
    "571 Delivery not authorized, message refused by recipient",
    "550 5.7.1 This recipient does not accept mail from senders who are not in the address book",
    "550 5.7.1 Sender blocked by recipient",
    "550 5.7.1 {rcpt} has blocked your address",
    "550 5.2.2 {rcpt}: daily limit of received messages reached",
    "550 5.7.1 Your email was rejected because the recipient's quota of messages for today is used up",
];

/// The cases of the issue, where the machine has them.
fn cases() -> Vec<String> {
    let Some(folder) = corpora::folder("refusals of a sender") else { return Vec::new() };
    let files = std::fs::read_dir(folder.join("cases/smtp")).into_iter().flatten().flatten();
    let texts = files.filter_map(|file| std::fs::read_to_string(file.path()).ok());
    texts.map(|text| text.trim().to_owned()).filter(|text| text.starts_with(['4', '5'])).collect()
}

/// The cases, and so many of ours: what a sender of 300 mails is told.
pub fn texts(ours: usize) -> Vec<String> {
    OURS.iter().take(ours).map(|text| (*text).to_owned()).chain(cases()).collect()
}

/// What a text means at RCPT and at the dot.
fn judged(text: &str) -> [SendError; 2] {
    let bytes = text.replace("{rcpt}", "kim@example.org").replace("{id}", "1F2E3D");
    let all = postbell::mail::smtp::judged(format!("{bytes}\r\n").as_bytes(), 4_096);
    let [_, _, rcpt, _, dot] = all.unwrap_or_else(|| panic!("no reply: {text}"));
    [rcpt, dot]
}

/// The judgement alone, so that all that are judged wrong are told at once.
#[test]
fn each_text_is_judged_to_be_about_us() {
    let is_wrong =
        |text: &&String| !judged(text).iter().all(|error| matches!(error, SendError::RelayRefusesMail(_)));
    let texts = texts(usize::MAX);
    let wrong: Vec<_> = texts.iter().filter(is_wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Of these some refuse the sender, or the connection.
    let names_us = |error: &SendError| {
        matches!(
            error,
            SendError::RelayRefusesMail(_) | SendError::RelayRefusesUs(_) | SendError::SenderRefused(_)
        )
    };
    let wrong: Vec<_> = OURS_TOO.iter().filter(|text| !judged(text).iter().all(names_us)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let wrong: Vec<_> = THEIRS.iter().filter(|text| judged(text).iter().any(names_us)).collect();
    assert!(wrong.is_empty(), "of a reader: {wrong:#?}");
}
