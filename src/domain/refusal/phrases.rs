//! What refusals say, and whom it blames: phrases in lower case, `|` between
//! them; `a*b` asks for both in this order. The first row that matches counts,
//! so what is told in particular stands above what is told in general.
//!
//! The phrases are those of the servers' own sources (Postfix, Sendmail,
//! Exim, qmail, Courier, Exchange, Domino) and of the providers' published
//! lists of errors (Google, Microsoft, Yahoo, Apple, Comcast, GMX).

use Class::{Hard, Sender, Soft};

use super::Class;

/// Phrases, and the class that each of them means.
pub(super) type Row = (&'static str, Class);

/// Phrases that tell more than the status beside them.
pub(super) const STRONG: &[Row] = &[
    // Exchange Online: not in the directory. cPanel: the address has no route.
    // Yahoo: its reply to RCPT; its notices say it of filters too.
    (
        "5.4.1*recipient address rejected: access denied|account or domain may not exist|\
         domain is not reachable|delivery error: dd this user doesn't have",
        Hard,
    ),
    (
        "unknown address error 5*access denied|after mail from:|my name was rejected|\
         domain of sender|sender address rejected|sender domain|sender rejected|valid from|\
         from: domain|mailfrom domain|sender address*does not exist|invalid sender|\
         sender verify failed|sender unknown|bad sender|sender denied",
        Sender,
    ),
    // A reply that names nobody: carriers refuse so what a reader's filter took.
    ("550 : user unknown|550: : user unknown|this user doesn't have a", Soft),
    // The sender is not proven: SPF, DKIM, DMARC (RFC 7372, RFC 7489).
    (
        "dmarc|spf check|spf fail|fails spf|failed spf|spf record|spf validation|dkim|\
         unauthenticated email|unauthenticated mail|sender policy framework|openspf.|\
         authentication requirements|required authentication|not authenticated|\
         does not pass authentication|spf:|(spf|spf-|senderid|sender id |authentication checks",
        Sender,
    ),
    // The sending host has no name, or a bad one.
    (
        "reverse dns|ptr record|no ptr|cannot find your hostname|cannot find your reverse|rdns|\
         missing ptr|has no ptr|no reverse|fix reverse|unverifyable sending|resolve your hostname|\
         helo command rejected|ehlo command rejected",
        Sender,
    ),
    // How much comes how fast.
    (
        "too many connections|too many messages|too many recipients|rate limit|rate-limit|throttl|\
         frequency limited|temporarily deferred|greylist|graylist|connection frequency|\
         mail at a rate|too fast|concurrent",
        Soft,
    ),
    // Lists of bad senders, and reputation.
    (
        "spamhaus|blacklist|black list|blocklist|block list|block-list|blocked|dnsbl|an rbl|the rbl|(rbl|rbl:|rbl list|\
         barracudacentral|poor reputation|bad reputation|low reputation|reputation|\
         banned sending ip|client host rejected|invalid ip for sending|not allowed to send mail|\
         listed at|listed in|open relay|your ip|ip address is not allowed|\
         messages from*weren't sent|relay quota|bad dns|access denied, banned|service refuse",
        Sender,
    ),
    // The content.
    (
        "spam|junk mail|unsolicited|virus|malware|content rejected|message content|contains a url|\
         banned content|banned filename|attachment type|attachments are not|attachment is not|\
         illegal attachment|phish|bulk mail|suspicious|content filter|illegal header|header error|\
         not rfc|rfc 5322|rfc5322|rfc 2822|rfc2822|bare lf|bare <lf>|8-bit data|smtputf8|\
         line limit exceeded|multiple addresses in from|message looks like|unwanted|\
         groups.google.com/support|message refused by",
        Sender,
    ),
    // A full mailbox.
    (
        "mailbox full|mailbox is full|mail box full|mailbox quota|mailfolder is full|over quota|\
         overquota|over-quota|quota exceeded|exceeded quota|quota violation|disk quota|\
         user is over|out of storage|insufficient system storage|storage quota|not enough space|\
         not enough storage|no space left|disk full|mailbox has exceeded|mailbox size limit|\
         mailbox exceeded|exceeded storage|inbox is full|too much mail|mail quota|quota|\
         out of disk|full mailbox|mailbox too large|mailbox is too",
        Soft,
    ),
    // The mailbox is closed for now, or to us.
    (
        "account is locked|account locked|temporary locked|temporarily locked|account disabled|\
         account is disabled|account has been disabled|tried to reach is disabled|\
         disabled or discontinued|suspended|account is inactive|mailbox is inactive|inactive user|\
         user is inactive|temporarily disabled|mailbox disabled|mailbox is disabled|account closed|\
         is deactivated|has been deactivated|account expired|disabled recipient|\
         not accepting messages|not accepting mail|account is unavailable",
        Soft,
    ),
    // There is no such host, or it takes no mail (RFC 7505).
    (
        "host unknown|unknown host|host not found|domain not found|no such domain|\
         domain name not found|name or service not known|nxdomain|domain does not exist|\
         unrouteable mail domain|unrouteable address|unroutable address|unrouteable domain|\
         couldn't find any host|no such host|bad destination host|domain must exist|null mx|nullmx|\
         does not accept mail|doesn't receive email|doesn't accept mail|accepts no mail|\
         no mx record found|could not find a mail exchanger|couldn't find a mail exchanger|\
         unknown domain|illegal host|no smtp service|no mail exchanger|has no valid mail exchanger|\
         domain isn't in my list|name server*not found|unable to route|domain could not be found|\
         domain couldn't be found",
        Hard,
    ),
    // The reader has moved.
    (
        "has moved|no longer on server|address has changed|changed address|has been replaced|\
         no longer valid|no longer in use|no longer available|no longer active|no longer works|\
         no longer employed|left the company",
        Hard,
    ),
    // There is no such reader.
    (
        "user unknown|unknown user|no such user|user not found|unknown recipient|recipient unknown|\
         recipient not found|no such recipient|no such address|no such mailbox|mailbox not found|\
         mailbox does not exist|mailbox unknown|does not exist|doesn't exist|addressee unknown|\
         invalid recipient|invalid mailbox|not a valid user|no mailbox here|\
         no mailbox by that name|unknown or illegal alias|not our customer|\
         recipient name is not recognized|user not known|unknown address|address unknown|\
         no account by that name|not a known user|bad address|user doesn't exist|unknown local|\
         no local mailbox|not a local|undeliverable address|address couldn't be found|\
         address could not be found|address not found|isn't a valid|is not a valid mailbox|\
         no valid recipients|not a valid recipient|account does not exist|unknown account|\
         resolver.adr.recip|recipientnotfound|recipnotfound|not exist|user invalid|user is unknown|\
         no such person|non-existent|nonexistent|invalid final delivery|invalid user|\
         unknown mailbox|not listed in domino directory|not listed in public name|mailbox not here|\
         check if address is correct|sorry, no mailbox|was not found in|no one by that name|\
         bad destination email address",
        Hard,
    ),
    // A rule of the receiver's against the mail.
    (
        "relay access denied|relaying denied|relay denied|permitted to relay|relay not permitted|\
         unable to relay|relaying not|not a relay|access denied|administrative prohibition|\
         message rejected|mail rejected|policy violation|policy reasons|local policy|\
         security policy",
        Sender,
    ),
    // The size of the mail.
    (
        "message too large|message too big|message size exceeds|message length exceeds|\
         maximum message size|message size limit|exceeds maximum size|exceeds size limit|\
         message is too big|message is too large|file too big",
        Sender,
    ),
    // The way there.
    (
        "connection timed out|connection refused|no route to host|network is unreachable|\
         unable to connect|lost connection|connection reset|mail loop|loops back|too many hops|\
         hop count|loop detected|connection dropped|not responding|did not respond|queue too long|\
         retry time|retry timeout|delivery time expired|host is not reachable|host not reachable",
        Soft,
    ),
];

/// Phrases that count where neither these nor a status tell.
pub(super) const WEAK: &[Row] = &[
    (
        "starttls|policy|not authorized|not allowed|not permitted|prohibited|violat|\
         transaction failed|size limit|too large|illegal|mail from",
        Sender,
    ),
    (
        "timed out|timeout|expired|temporar|unreachable|try again|service unavailable|\
         currently unavailable|mailbox unavailable|refused|command output|command died|procmail|\
         server error|delayed",
        Soft,
    ),
];
