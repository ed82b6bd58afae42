//! The providers' shapes, a row each: where things stand, and what words mean.

use super::super::super::Class;
use super::super::{Kind, Provider};
use Told::{Hard, Is, Listed, Reply, Sender, Soft};

/// What a provider's word means.
#[derive(Clone, Copy)]
pub(super) enum Told {
    /// It gave up on the reader, by its own verdict.
    Hard,
    /// It came back, and may not the next time.
    Soft,
    /// It came back for our sake.
    Sender,
    /// It came back; for whose sake the server's reply alone tells.
    Reply,
    Is(Kind),
    /// Not sent: a list of the provider's own has the reader, for this.
    Listed(Kind, Option<Class>),
}

/// Where things stand in a provider's JSON: pointers (RFC 6901).
pub(super) struct Shape {
    pub(super) provider: Provider,
    /// The list of events; empty: the body is one, or a list.
    pub(super) list: &'static str,
    /// The object in an event of which the only member is the event.
    pub(super) wrap: Option<&'static str>,
    pub(super) kind: &'static str,
    /// What makes a word more exact; `word:detail` in the table below, the first
    /// that is there.
    pub(super) details: &'static [&'static str],
    pub(super) address: &'static str,
    pub(super) said: &'static [&'static str],
    /// A text, or a list of headers with ours among them.
    pub(super) message_id: &'static str,
    pub(super) at: &'static [&'static str],
    pub(super) words: &'static [(&'static str, Told)],
}

pub(super) const SHAPES: &[Shape] = &[
    // developers.brevo.com/docs/transactional-webhooks
    Shape {
        provider: Provider::Brevo,
        list: "",
        wrap: None,
        kind: "/event",
        details: &["/reason"],
        address: "/email",
        said: &["/reason"],
        message_id: "/message-id",
        at: &["/ts_event", "/ts"],
        words: &[
            ("hard_bounce", Hard),
            ("invalid_email", Hard),
            ("soft_bounce", Soft),
            ("deferred", Is(Kind::Deferred)),
            // Not sent, as a list of Brevo's own has the reader; its reasons are those
            // of the list (`smtp/blockedContacts`), and mostly it gives none.
            ("blocked:hardbounce", Listed(Kind::Bounced, Some(Class::Hard))),
            ("blocked:hard bounce", Listed(Kind::Bounced, Some(Class::Hard))),
            ("blocked:hard bounced", Listed(Kind::Bounced, Some(Class::Hard))),
            ("blocked:contactflaggedasspam", Listed(Kind::Complained, None)),
            ("blocked:unsubscribedviama", Listed(Kind::Unsubscribed, None)),
            ("blocked:unsubscribedviaemail", Listed(Kind::Unsubscribed, None)),
            ("blocked:unsubscribedviaapi", Listed(Kind::Unsubscribed, None)),
            ("blocked", Listed(Kind::Bounced, Some(Class::Soft))),
            ("error", Is(Kind::Rejected)),
            ("spam", Is(Kind::Complained)),
            ("complaint", Is(Kind::Complained)),
            ("unsubscribe", Is(Kind::Unsubscribed)),
            ("unsubscribed", Is(Kind::Unsubscribed)),
            ("delivered", Is(Kind::Delivered)),
        ],
    },
    // dev.mailjet.com/email/guides/webhooks
    Shape {
        provider: Provider::Mailjet,
        list: "",
        wrap: None,
        kind: "/event",
        details: &["/error", "/error_related_to", "/hard_bounce"],
        address: "/email",
        said: &["/error", "/comment", "/smtp_reply"],
        message_id: "",
        at: &["/time"],
        words: MAILJET,
    },
    // resend.com/docs/dashboard/webhooks/event-types
    Shape {
        provider: Provider::Resend,
        list: "",
        wrap: None,
        kind: "/type",
        details: &["/data/bounce/type"],
        address: "/data/to",
        said: &["/data/bounce/message", "/data/failed/reason"],
        message_id: "/data/message_id",
        at: &["/created_at"],
        words: &[
            ("email.bounced:transient", Soft),
            ("email.bounced:temporary", Soft),
            ("email.bounced:undetermined", Soft),
            ("email.bounced", Hard),
            ("email.complained", Is(Kind::Complained)),
            ("email.delivery_delayed", Is(Kind::Deferred)),
            ("email.failed", Is(Kind::Rejected)),
            ("email.suppressed", Listed(Kind::Bounced, Some(Class::Hard))),
            ("email.delivered", Is(Kind::Delivered)),
        ],
    },
    // developers.mailersend.com/api/v1/webhooks.html
    Shape {
        provider: Provider::Mailersend,
        list: "",
        wrap: None,
        kind: "/type",
        details: &[],
        address: "/data/email/recipient/email",
        said: &["/data/morph/reason"],
        message_id: "",
        at: &["/data/created_at", "/created_at"],
        words: &[
            ("activity.hard_bounced", Hard),
            ("activity.soft_bounced", Soft),
            ("activity.deferred", Is(Kind::Deferred)),
            ("activity.spam_complaint", Is(Kind::Complained)),
            ("activity.unsubscribed", Is(Kind::Unsubscribed)),
            ("activity.delivered", Is(Kind::Delivered)),
        ],
    },
    // docs.mailtrap.io/email-api-smtp/advanced/webhooks
    Shape {
        provider: Provider::Mailtrap,
        list: "/events",
        wrap: None,
        kind: "/event",
        details: &[],
        address: "/email",
        said: &["/response", "/reason"],
        message_id: "",
        at: &["/timestamp"],
        words: &[
            ("bounce", Hard),
            ("soft bounce", Is(Kind::Deferred)),
            ("soft_bounce", Is(Kind::Deferred)),
            ("suspension", Is(Kind::Deferred)),
            ("reject", Is(Kind::Rejected)),
            ("spam", Is(Kind::Complained)),
            ("unsubscribe", Is(Kind::Unsubscribed)),
            ("delivery", Is(Kind::Delivered)),
        ],
    },
    // developers.sparkpost.com/api/webhooks and its bounce classification codes
    Shape {
        provider: Provider::Sparkpost,
        list: "",
        wrap: Some("/msys"),
        kind: "/type",
        details: &["/bounce_class"],
        address: "/rcpt_to",
        said: &["/raw_reason", "/reason"],
        message_id: "",
        at: &["/timestamp"],
        words: SPARKPOST,
    },
    // developers.smtp2go.com/docs/webhooks-overview and
    // support.smtp2go.com/hc/en-gb/articles/223087967-Webhooks; JSON or a form
    Shape {
        provider: Provider::Smtp2go,
        list: "",
        wrap: None,
        kind: "/event",
        details: &["/bounce"],
        address: "/rcpt",
        said: &["/message", "/context"],
        message_id: "/Message-Id",
        at: &["/time"],
        words: &[
            ("bounce:hard", Hard),
            ("bounce", Soft),
            ("reject", Is(Kind::Rejected)),
            ("spam", Is(Kind::Complained)),
            ("unsubscribe", Is(Kind::Unsubscribed)),
            ("delivered", Is(Kind::Delivered)),
        ],
    },
    // scaleway.com/en/docs/transactional-email/reference-content/webhook-events-payloads
    Shape {
        provider: Provider::Scaleway,
        list: "",
        wrap: None,
        kind: "/type",
        details: &["/blocklist_type"],
        address: "/email_to",
        said: &["/email_response_code", "/email_response_message", "/blocklist_reason"],
        message_id: "/email_headers",
        at: &["/created_at"],
        words: &[
            ("email_mailbox_not_found", Hard),
            // Not sent: Scaleway knows the address from a bounce before.
            ("email_blocklisted:mailbox_not_found", Hard),
            ("email_blocklisted:mailbox_full", Soft),
            ("email_blocklisted", Is(Kind::Rejected)),
            // Whatever else a server refuses for good.
            ("email_dropped", Reply),
            ("email_deferred", Is(Kind::Deferred)),
            // Scaleway or the server says so, no reader.
            ("email_spam", Sender),
            ("email_delivered", Is(Kind::Delivered)),
        ],
    },
];

/// By `error` and `error_related_to`, of which its page has a list. Whatever it
/// calls hard: what is wrong with Mailjet or with us is no reader's.
const MAILJET: &[(&str, Told)] = &[
    ("bounce:mailbox inactive", Soft),
    ("bounce:quota exceeded", Soft),
    ("bounce:no mail host", Soft),
    ("bounce:greylisted", Soft),
    ("bounce:relay/access denied", Sender),
    ("bounce:spam", Sender),
    ("bounce:content", Sender),
    ("bounce:system", Soft),
    ("bounce:mailjet", Soft),
    ("bounce:true", Hard),
    ("bounce", Soft),
    // Not sent, as Mailjet knows from before.
    ("blocked:user unknown", Listed(Kind::Bounced, Some(Class::Hard))),
    ("blocked:invalid domain", Listed(Kind::Bounced, Some(Class::Hard))),
    ("blocked:typofix", Listed(Kind::Bounced, Some(Class::Hard))),
    ("blocked:mailbox inactive", Listed(Kind::Bounced, Some(Class::Soft))),
    ("blocked:quota exceeded", Listed(Kind::Bounced, Some(Class::Soft))),
    ("blocked:preblocked", Listed(Kind::Bounced, Some(Class::Soft))),
    ("blocked:spam reporter", Listed(Kind::Complained, None)),
    ("blocked", Is(Kind::Rejected)),
    ("spam", Is(Kind::Complained)),
    ("unsub", Is(Kind::Unsubscribed)),
    ("sent", Is(Kind::Delivered)),
];

const SPARKPOST: &[(&str, Told)] = &[
    ("bounce:10", Hard),
    ("bounce:30", Hard),
    ("bounce:25", Sender),
    ("bounce:50", Sender),
    ("bounce:51", Sender),
    ("bounce:52", Sender),
    ("bounce:53", Sender),
    ("bounce:54", Sender),
    ("bounce:90", Is(Kind::Unsubscribed)),
    ("bounce", Soft),
    ("out_of_band:10", Hard),
    ("out_of_band:30", Hard),
    ("out_of_band:50", Sender),
    ("out_of_band:51", Sender),
    ("out_of_band:52", Sender),
    ("out_of_band:53", Sender),
    ("out_of_band:54", Sender),
    ("out_of_band:90", Is(Kind::Unsubscribed)),
    ("out_of_band", Soft),
    ("delay", Is(Kind::Deferred)),
    ("policy_rejection", Is(Kind::Rejected)),
    ("generation_failure", Is(Kind::Rejected)),
    ("generation_rejection", Is(Kind::Rejected)),
    ("spam_complaint", Is(Kind::Complained)),
    ("list_unsubscribe", Is(Kind::Unsubscribed)),
    ("link_unsubscribe", Is(Kind::Unsubscribed)),
    ("delivery", Is(Kind::Delivered)),
];
