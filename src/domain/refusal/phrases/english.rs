//! What servers say in English, in general: the words of Postfix, Sendmail,
//! Exim, qmail, Courier, Exchange and Domino, which others repeat. What
//! speaks of the sender stands above what speaks of the reader, and a full
//! mailbox above an unknown one: of two blames the one that cuts off nobody.

use super::super::Blame::{Mailbox, Message, Moment, Reader, Us};
use super::super::Ours::{Login, Quota, Rate, Relaying, Reputation, Sender, Suspended};
use super::{Row, row};

pub(super) const ROWS: &[Row] = &[
    // What a reader may receive, in words that are said of our sending too.
    row(
        "general",
        Mailbox,
        "may not receive|can not receive|cannot receive|of received messages|messages they can receive|recipient has reached|\
         recipient has exceeded|recipient's quota|recipient's account*suspended|recipient's account*expired|\
         recipient's mailbox*suspended|recipient's mailbox*expired|mailbox has been blocked due to|disabled account",
    ),
    // What may be sent in the name of an account of ours.
    row(
        "general",
        Us(Quota),
        "quota d'envoi|quota*envoi|allowance|quota*sent|quota*sending|quota*outgoing|quota of messages|quota of emails|\
         message quota|messages quota|email quota|outgoing*quota|outgoing*limit|outbound*quota|outbound*limit|smtp limit|smtp quota|sending*limit|sending*quota|\
         send*limit exceeded|send*limit reached|recipients limit|recipient limit|recipients*today|recipients*per day|\
         messages*today|mails*today|emails*today|limit*for today|limit*today|limit*per day|limit*per hour|limit*24 hours|\
         quota*24 hours|limit*this hour|number of recipients*exceed|number of emails*exceed|number of messages*exceed|\
         recipients per*exceed|too many recipients*today|too many recipients*day|max*per hour|max*per day",
    ),
    row(
        "general",
        Us(Suspended),
        "outgoing*disabled|outgoing*blocked|outgoing*suspended|outgoing*denied|outbound*disabled|outbound*blocked|\
         outbound*suspended|send external|sending external|external mail|external e-mail|external email|external recipient|\
         external domains|external addresses|outside*not allowed|no right to send|no rights to send|permission to send|\
         sending*disabled|sending*blocked|locked for sending|sending*deactivated|sending*not allowed|sending*not enabled|insufficient balance|\
         balance|insufficient funds|payment|unpaid|invoice|overdue|top up|trial account|trial*expired|trial*ended|trial period|\
         plan*expired|subscription*expired|license*expired|licence*expired|account*not activated|account*pending|\
         account*under review|account*on hold|account*frozen for|your account*restricted",
    ),
    // How much an account of ours may send.
    row(
        "general",
        Us(Quota),
        "sending limit|sending quota|send limit|send quota|sender quota|sender over quota|submission quota|\
         relay quota|relay limit|outgoing limit|outgoing quota|outbound limit|outbound quota|outgoing message limit|\
         outgoing email limit|outgoing mail limit|message limit exceeded|messages per day|emails per day|mails per day|\
         recipients per day|messages per hour|emails per hour|mails per hour|recipients per hour|daily limit|daily quota|\
         daily message|hourly limit|hourly quota|hourly message|monthly limit|monthly quota|mail send limit|\
         limit on the number of messages you|limit of emails you|exceeded the number of emails|\
         exceeded the number of messages|your quota|your limit|sent too many|you have sent|your plan|free plan|credits",
    ),
    // An account of ours that was closed.
    row(
        "general",
        Us(Suspended),
        "sending*suspended|suspended*sending|sender*suspended|your account*suspended|your account*disabled|\
         your account*blocked|your account*locked|your account*deactivated|your account*closed|\
         your account is not active|account*from sending|user*disabled*sending|sending*disabled|sending*paused|\
         disabled from sending|your mailbox has been blocked|suspended for spam|suspended due to spam|\
         suspended for abuse|compromised|hacked account|account is restricted|restricted from|unpaid|overdue|\
         subscription has expired|smtp access*disabled|smtp access*suspended",
    ),
    // The sender is not proven: SPF, DKIM, DMARC (RFC 7372, RFC 7489).
    row(
        "general",
        Us(Sender),
        "dmarc|spf check|spf fail|fails spf|failed spf|spf record|spf validation|dkim|\
         unauthenticated email|unauthenticated mail|sender policy framework|openspf.|\
         authentication requirements|required authentication|does not pass authentication|sender is unauthenticated|\
         spf:|(spf|spf-|senderid|sender id |authentication checks|message is not authenticated|mail is not authenticated",
    ),
    // Whom we may write as.
    row(
        "general",
        Us(Sender),
        "your domain does|your domain is not|your domain has no|your host name|your hostname|\
         must equal|must be equal|must match*user|domain of sender|sender address rejected|sender domain|sender rejected|valid from|from: domain|\
         mailfrom domain|sender address*does not exist|invalid sender|sender verify failed|sender unknown|\
         bad sender|sender denied|sender is not allowed|sender not allowed|sender not authorized|\
         sender is not authorized|sender refused|sender not permitted|not owned by user|not owned by|send as|\
         not allowed to send from|not authorized to send from|not permitted to send from|not allowed to use*sender|\
         not allowed to send as|allowed to send mail from|use this sender|sender address is not|sender address not|\
         from address is not|from address not|from address must|from address does|envelope from|envelope sender|\
         authenticated user*from|must be same as authorization|not match*authenticated|not match the login|\
         sender mismatch|sender verification|verify sender|sender does not match|sender*not verified|from header",
    ),
    // Mail for others.
    row(
        "general",
        Us(Relaying),
        "relay access denied|relaying denied|relay denied|relaying is denied|permitted to relay|relay not permitted|\
         relaying not permitted|unable to relay|cannot relay|can't relay|can not relay|won't relay|not relay|no relay|\
         relaying not|relay not|not a relay|relaying disallowed|relay disallowed|relaying prohibited|relay prohibited|\
         relaying is|relay is|relaying disabled|relaying refused|relay refused|refuse to relay|refused to relay|\
         relay rejected|relaying rejected|relay operation rejected|allowed to relay|relaying mail|relay attempt|\
         authorized to relay|relay host|rcpthosts|not a gateway|as a relay|mail relay|relaying mail to|configured to relay|\
         handle mail for|cannot deliver mail for|isn't allowed to relay|not local host|specified domain is not allowed|non-local e-mail|\
         relaying forbidden|relay forbidden|\
         unauthorized relay|illegal relay|third party relay|third-party relay|relay through|relay for",
    ),
    // Who we are.
    row(
        "general",
        Us(Login),
        "permission to submit|permissions to submit|authentication*required|authenticat*needed|authenticat*first|authentication*mandatory|must*authenticat|\
         need*authenticat|please*authenticat|requires*authenticat|require*authenticat|without*authenticat|\
         auth*required|auth is needed|need auth|needs auth|use auth|issue auth|send auth|auth command|auth before|without auth|\
         no auth|log on first|please log on|must log on|not signed in|sign in first|please sign in|authentication needed|must authenticate|\
         please authenticate|not authenticated|smtp authentication|smtp auth|authenticate first|authenticate before|\
         not logged in|log in first|login required|please login|please log in|must login|must log in|\
         requires authentication|require authentication|auth required|auth first|need to authenticate|\
         needs authentication|authentication failed|authentication failure|authentication unsuccessful|\
         authentication credentials|authentication rejected|credentials invalid|invalid credentials|\
         invalid login|bad username|wrong password|incorrect password|invalid password|username and password|\
         pop before smtp|pop-before-smtp|check your mail before|check for new mail|encryption required|\
         starttls command first|anonymous users|unauthenticated sender|unauthenticated user|not authorized to send mail|authentication turned on|\
         you don't authenticate|you have not authenticated|please use smtp*authenticat",
    ),
    // The sending host has no name, or a bad one.
    row(
        "general",
        Us(Reputation),
        "reverse dns|ptr record|no ptr|cannot find your hostname|cannot find your reverse|rdns|\
         missing ptr|has no ptr|no reverse|fix reverse|unverifyable sending|resolve your hostname|\
         helo command rejected|ehlo command rejected|invalid helo|bad helo|helo name|ehlo name|helo argument|ehlo argument|\
         name in helo|sending server has no|sending host has no|sending domain has no|name in ehlo|invalid host name",
    ),
    // Not yet, for everybody who is new.
    row("general", Moment, "greylist|graylist|grey list|gray list|temporarily deferred"),
    // How much comes how fast.
    row(
        "general",
        Us(Rate),
        "too much mail from|too much email from|too many connections|too many messages|too many recipients|too many emails|too many mails|rate limit|\
         rate-limit|ratelimit|throttl|frequency limited|connection frequency|mail at a rate|too fast|too quickly|\
         concurrent|sending rate|slow down|message rate|mail rate",
    ),
    // Who writes to many that are not there is taken for a guesser.
    row(
        "general",
        Us(Rate),
        "too many unknown|too many invalid|too many users|too many*unknown|too many nonexist|too many non-exist|too many bad recipients|too many wrong|\
         number of unknown|number of invalid|excess unknown|excessive unknown|unknown user attempts|\
         harvest|mails to nonexist|mails to non-exist|sent to non-exist|sent to nonexist",
    ),
    // Lists of bad senders, and reputation.
    row(
        "general",
        Us(Reputation),
        "554 service unavailable|521 service unavailable|550 service unavailable|5.7.1 service unavailable|5.7.0 service unavailable|\
         your mail server|your server|your sending|your network|access denied from your|\
         spamhaus|blacklist|black list|blocklist|block list|block-list|blocked|dnsbl|an rbl|the rbl|(rbl|rbl:|rbl list|\
         barracudacentral|poor reputation|bad reputation|low reputation|reputation|\
         banned sending ip|client host rejected|invalid ip for sending|not allowed to send mail|\
         listed at|is listed in|are listed in|was listed in|currently listed|ip listed|host listed|open relay|your ip|ip address is not allowed|bad dns|access denied, banned|\
         administratively denied|you are not known|you are unknown|unknown client|unknown sending",
    ),
    // The content.
    row(
        "general",
        Message,
        "spam|junk mail|unsolicited|virus|malware|content rejected|message content|contains a url|\
         banned content|content denied|content policy|banned filename|attachment type|attachments are not|attachment is not|\
         illegal attachment|phish|bulk mail|suspicious|content filter|illegal header|header error|to header|header to:|header missing|\
         missing header|in header|\
         not rfc|rfc 5322|rfc5322|rfc 2822|rfc2822|bare lf|bare <lf>|8-bit data|smtputf8|\
         line limit exceeded|multiple addresses in from|message looks like|unwanted|\
         message refused by",
    ),
    // A full mailbox.
    row(
        "general",
        Mailbox,
        "mailbox full|mailbox is full|mail box full|mailbox quota|mailfolder is full|over quota|\
         overquota|over-quota|quota exceeded|exceeded quota|quota violation|disk quota|\
         user is over|out of storage|insufficient system storage|storage quota|not enough space|\
         not enough storage|no space left|disk full|mailbox has exceeded|mailbox size limit|\
         mailbox exceeded|exceeded storage|inbox is full|too much mail|mail quota|quota|\
         out of disk|full mailbox|exceeds allowed size|exceed mailbox|space has been used up|storage space|\
         storage allocation|storage full|account is full|account full|inbox full|folder is full|disc quota|\
         allowed storage|size limit exceeded|mailbox too large|mailbox is too|\
         mailbox has reached|mailbox reached|inbox has reached|inbox reached",
    ),
    // It was closed for good.
    row(
        "general",
        Reader,
        "account closed|account is closed|account has been closed|mailbox closed|mailbox deleted|account deleted|\
         user deleted|user terminated|user is terminated|account terminated|account has been terminated|account was terminated|account is retired|account retired|\
         been discontinued|address no longer accepts mail|closed permanently|permanently closed|account*permanently deleted|account*been deleted|mailbox*been deleted|\
         user*been deleted|account was deleted|mailbox was deleted|account has been removed|account was removed|\
         account removed|mailbox has been removed|mailbox was removed|mailbox removed|user has been removed|user was removed|\
         user removed|mailbox purged|account purged|mailbox has been purged|account has been purged|mailbox erased|account erased|\
         address has been removed|address was removed|address has been deleted|address was deleted|address deleted|mailbox retired|\
         address retired|address is retired",
    ),
    // The mailbox is closed for now, or to us.
    row(
        "general",
        Mailbox,
        "account is locked|account locked|temporary locked|temporarily locked|account disabled|\
         account is disabled|account has been disabled|tried to reach is disabled|\
         disabled or discontinued|suspended|account*is inactive|user*is inactive|account inactive|account*not active|mailbox is inactive|inactive user|\
         user is inactive|temporarily disabled|mailbox disabled|mailbox is disabled|\
         is deactivated|has been deactivated|account expired|disabled recipient|\
         not accepting messages|not accepting mail|not accepting any|deactivated mailbox|is frozen|\
         currently suspended|archived|no longer accepts mail|blocked due to inactivity|\
         is expired|has expired|locked or suspended|is not active|account is unavailable",
    ),
    // A mailbox that takes from some only.
    row(
        "general",
        Message,
        "may not post|members may post|post to this list|post to the list|member of this list|member of the list|list member|\
         accept mail from|accept email from|accept messages from|accepts mail from|accepts messages from|\
         accept mail only|accepts mail only|accept messages only|accepts messages only",
    ),
    // Whoever has no word for it blames nobody.
    row(
        "general",
        Moment,
        "unknown error|unknown reason|unknown command|unknown response|reason unknown|error: unknown",
    ),
    // Name servers that do not answer say nothing of a domain.
    row(
        "general",
        Moment,
        "servfail|dns lookup failed|dns*try again|dns failure|dns resolution failed|lookup failed*try|lookup*again|resolve*try again|resolve*later|temporary lookup failure|lookup timed out|dns timeout|dns lookup failed temporarily|\
         temporary dns|temporary failure in name resolution|temporary name|name server busy|not found, try|\
         domain lookup*try again|lookup failure*try|could not be resolved temporarily|dns server failure|dns temporar|temporarily unable to resolve|dns query timed|resolver timed out|\
         dns error*try again|name server did not|cname lookup failed temporarily|temporary error resolving|\
         temporary resolution|temporary mx|lookup timeout",
    ),
    // There is no such host, or it takes no mail (RFC 7505).
    row(
        "general",
        Reader,
        "host unknown|unknown host|host not found|domain not found|no such domain|\
         domain name not found|name or service not known|nxdomain|domain does not exist|\
         unrouteable domain|couldn't find any host|no such host|bad destination host|domain must exist|null mx|nullmx|\
         does not accept mail|doesn't receive email|doesn't accept mail|accepts no mail|\
         no mx record found|indicated no smtp service|could not find a mail exchanger|couldn't find a mail exchanger|\
         unknown domain|illegal host|no mail exchanger|has no valid mail exchanger|\
         name server*not found|unable to route|domain could not be found|domain couldn't be found|\
         domain is not reachable",
    ),
    // The reader has moved.
    row(
        "general",
        Reader,
        "has moved|no longer on server|address has changed|changed address|has been replaced|\
         no longer valid|no longer in use|no longer available|no longer active|no longer works|\
         no longer employed|no longer with us|no longer with the|no longer with this|no longer with our|no longer part of|employee has left|left the company|left our company|\
         left our organi|left the organi|left the university|left the school",
    ),
    // There is no such reader.
    row(
        "general",
        Reader,
        "user unknown|unknown user|550 requested action not taken: mailbox unavailable|550 mailbox unavailable|\
         550 mailbox is unavailable|550 mailbox not available|no such user|user not found|unknown recipient|recipient unknown|\
         recipient not found|no such recipient|no such address|no such mailbox|mailbox not found|\
         mailbox does not exist|mailbox unknown|does not exist|doesn't exist|addressee unknown|\
         invalid recipient|invalid mailbox|not a valid user|no mailbox here|no mailbox found|no mail box|mail-box not found|mail box not found|no mail-box|no mailbox available|\
         no mailbox by that name|unknown or illegal alias|not our customer|\
         recipient name is not recognized|user not known|unknown address|address unknown|\
         no account by that name|not a known user|bad address|user doesn't exist|unknown local|\
         no local mailbox|not a local|undeliverable address|address couldn't be found|\
         address could not be found|address not found|isn't a valid|is not a valid mailbox|\
         no valid recipients|not a valid recipient|account does not exist|unknown account|\
         recipientnotfound|recipnotfound|not exist|user invalid|user is unknown|\
         no such person|non-existent|nonexistent|invalid final delivery|invalid user|\
         unknown mailbox|not listed in*directory|not listed in domino|not listed in public|not listed in address|\
         not listed in the|user*not listed in|not present in directory|not in directory|not found in*directory|\
         not found in ldap|is not a known|mailbox not here|\
         check if address is correct|sorry, no mailbox|was not found in|no one by that name|\
         bad destination email address|bad recipient|bad_recipient|bad-recipient|invalid address: |invalid address <|550 invalid address|5.1.1 invalid address|address invalid|\
         address is invalid|unknown email|unknown e-mail|email address is unknown|user (*) unknown|user <*> unknown|\
         user x unknown|recipient x unknown|user does not have|account not found|no such account|no such id|no such email|\
         no such mail drop|invalid account|unknown alias|unable to find alias|recipient unrecognized|\
         recipient not recognized|address not known|not known to this system|not known at this|not known here|\
         unknown to this|no one with that|there is no one at|there is no such|no user by|no user with|no account with|\
         no account named|not an active address|unknown virtual user|unknown virtual mailbox|recipient is not local|\
         recipient not ok|can't accept user|cannot accept user|user missing home directory|invalid local part|\
         invalid mailbox path|is not our customer|unavailable mail user|exists no such|not user of this|\
         destination addresses were unknown|addresses were unknown|mailbox not present|mailbox invalid|\
         user not exist|no such local|illegal user|illegal recipient|unrecognized recipient|userunknown|user_unknown|\
         unknownuser|address_not_found|mailbox_not_found|no longer exists|have an account here|does not have an account|doesn't have an account|has no account|\
         not one of our users|not one of our customers|no record of*mailbox|no record of*user|no record of*address|no record of*account|\
         no record of*recipient|no e-mail address|no email address|\
         not a deliverable address|dosn't exist|doesnt exist",
    ),
    row("general", Moment, "temporarily unavailable|temporarily not available|temporary failure"),
    // A rule of the receiver's against the mail.
    row(
        "general",
        Message,
        "access denied|administrative prohibition|message rejected|mail rejected|policy violation|policy reasons|\
         local policy|security policy",
    ),
    // The size of the mail.
    row(
        "general",
        Message,
        "message too large|message too big|message size exceeds|message length exceeds|\
         maximum message size|message size limit|exceeds maximum size|exceeds size limit|\
         message is too big|message is too large|file too big|message size exceed|max message size|maximum size|\
         size of the message|size of your message|message exceeds|too much mail data|mail is too large|mail too large|\
         mail size exceed|headers too large|larger than the*limit|exceeds the size|exceeds the maximum",
    ),
    // The way there.
    row(
        "general",
        Moment,
        "connection timed out|connection refused|no route to host|network is unreachable|\
         unable to connect|lost connection|connection reset|mail loop|loops back|too many hops|\
         hop count|loop detected|connection dropped|not responding|did not respond|queue too long|\
         retry time|retry timeout|delivery time expired|host is not reachable|host not reachable",
    ),
];
