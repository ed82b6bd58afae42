//! Whose export a file is, by its columns. Some words mean one thing in one of
//! them alone.

use super::dates::Order;
use super::fold::fold;
use super::words::Said;
use crate::domain::SuppressionReason::{Manual, Unsubscribed};

/// Whose export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A table of any origin.
    Other,
    /// Mailchimp's audience.
    Mailchimp,
    /// Substack's list of readers.
    Substack,
    /// Ghost's members.
    Ghost,
    /// listmonk's subscribers.
    Listmonk,
    /// Keila's contacts.
    Keila,
    /// Buttondown's subscribers.
    Buttondown,
    /// FeedBurner's readers.
    Feedburner,
    /// Kit's subscribers.
    Kit,
    /// beehiiv's subscribers.
    Beehiiv,
    /// Brevo's contacts.
    Brevo,
    /// Tiny News' members.
    Tinynews,
}

/// Headings, folded, of which each kind has all.
const SIGNS: &[(Kind, &[&str])] = &[
    (Kind::Mailchimp, &["leid", "euid"]),
    (Kind::Mailchimp, &["memberrating"]),
    (Kind::Substack, &["email", "emaildisabled"]),
    (Kind::Substack, &["activesubscription", "expiry"]),
    (Kind::Substack, &["receivingemailsfor"]),
    (Kind::Ghost, &["subscribedtoemails"]),
    (Kind::Listmonk, &["uuid", "attributes", "status"]),
    (Kind::Keila, &["status", "externalid"]),
    (Kind::Buttondown, &["subscribertype"]),
    // Before beehiiv, whose headings it has as well.
    (Kind::Tinynews, &["channelid", "engagementoptin"]),
    (Kind::Beehiiv, &["status", "tier", "createdat"]),
    (Kind::Beehiiv, &["status", "subscriptiontier"]),
    (Kind::Beehiiv, &["status", "unsubscribedat", "createdat", "stripecustomerid"]),
    (Kind::Brevo, &["emailblacklisted"]),
    (Kind::Brevo, &["addedtime", "modifiedtime"]),
    (Kind::Kit, &["firstname", "emailaddress", "state"]),
    (Kind::Kit, &["firstname", "email", "createdat", "status"]),
    (Kind::Kit, &["firstname", "email", "createdat", "state"]),
];

/// Columns of a kind, folded, that say nothing of who follows; any other is the
/// sender's own.
#[rustfmt::skip]
const OWN: &[(Kind, &[&str])] = &[
    (Kind::Mailchimp, &[
        "firstname", "lastname", "company", "memberrating", "optinip", "confirmip", "latitude", "longitude", "gmtoff", "dstoff", "timezone", "cc",
        "region", "lastchanged", "leid", "euid", "notes", "tags",
    ]),
    (Kind::Substack, &[
        "name", "activesubscription", "expiry", "plan", "preferdigests", "type", "subscriptiontype", "activity", "revenue", "commentsalltime",
        "commentslast7days", "commentslast30days", "sharesalltime", "shareslast7days", "shareslast30days", "subscribercountry", "emailreceiveslast6months",
        "emaildropslast6months", "emailsopenedlast6months", "emailopenslast7days", "emailopenslast30days", "emaillastopenedat", "linkclicks",
        "lastclickedat", "uniqueemailsseenlast7days", "uniqueemailsseenlast30days", "uniqueemailsseenlast6months", "postviewslast7days", "postviewslast30days",
        "postviews", "uniquepostsseenlast7days", "uniquepostsseenlast30days", "uniquepostsseenalltime", "subscriptionsgifted", "expiresat", "subscriptionsourcefree",
        "subscriptionsourcepaid", "daysactivelast30days", "isbestseller", "stripeconnectedcustomerid", "firstpaymentat", "paidupgradedate",
    ]),
    (Kind::Ghost, &["id", "name", "note", "complimentaryplan", "stripecustomerid", "labels", "tiers", "giftid"]),
    (Kind::Listmonk, &["uuid", "id", "name", "attributes", "updatedat"]),
    (Kind::Keila, &["firstname", "lastname", "data", "externalid"]),
    (Kind::Buttondown, &[
        "id", "secondaryid", "notes", "referrerurl", "utmsource", "utmmedium", "utmcampaign", "ipaddress", "tags", "metadata", "source", "churndate",
        "gifted", "commentingdisabled", "riskscore", "purchasedby", "premiumexpiration", "referralcode", "firstpaymentdate", "stripecustomerid",
    ]),
    (Kind::Brevo, &[
        "contactid", "lastname", "firstname", "sms", "whatsapp", "extid", "smsblacklisted", "smsblocklisted", "whatsappblacklisted", "lists", "modifiedtime",
    ]),
    (Kind::Tinynews, &["channelid", "tier", "engagementoptin"]),
];

/// Words of one kind alone.
const WORDS: &[(Kind, &str, Said)] = &[
    (Kind::Kit, "inactive", Said::Paused),
    (Kind::Beehiiv, "inactive", Said::Gone(Unsubscribed)),
    (Kind::Listmonk, "disabled", Said::Gone(Manual)),
    (Kind::Tinynews, "1", Said::Active),
    (Kind::Buttondown, "trialed", Said::Active),
    (Kind::Buttondown, "unpaid", Said::Active),
    (Kind::Buttondown, "churning", Said::Active),
    (Kind::Buttondown, "churned", Said::Active),
    (Kind::Buttondown, "pastdue", Said::Active),
    (Kind::Buttondown, "upcoming", Said::Pending),
];

impl Kind {
    /// The kind of a table with these headings.
    pub fn of(headings: &[String]) -> Self {
        let folded: Vec<String> = headings.iter().map(|heading| fold(heading)).collect();
        let filled = folded.iter().filter(|heading| !heading.is_empty()).count();
        if filled == 3 && ["email", "subscribed", "status"].iter().zip(&folded).all(|(a, b)| a == b) {
            return Self::Feedburner;
        }
        let has = |signs: &[&str]| signs.iter().all(|sign| folded.iter().any(|heading| heading == sign));
        SIGNS.iter().find(|(_, signs)| has(signs)).map_or(Self::Other, |(kind, _)| *kind)
    }

    /// What a word means in this kind, where that is its own.
    pub fn word(self, cell: &str) -> Option<Said> {
        let folded = fold(cell);
        // Its status is 1, or it is another.
        if self == Self::Tinynews && folded.parse::<u8>().is_ok_and(|number| number != 1) {
            return Some(Said::Gone(Unsubscribed));
        }
        WORDS.iter().find(|(kind, word, _)| *kind == self && *word == folded).map(|(.., said)| *said)
    }

    /// Whether a heading is that of a column of this kind that says nothing of
    /// who follows.
    pub fn has_own(self, heading: &str) -> bool {
        let folded = fold(heading);
        OWN.iter().any(|(kind, own)| *kind == self && own.contains(&folded.as_str()))
    }

    /// How this kind writes its dates.
    pub const fn order(self) -> Option<Order> {
        match self {
            Self::Feedburner => Some(Order::MonthFirst),
            Self::Brevo => Some(Order::DayFirst),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(heading: &str) -> Kind {
        Kind::of(&heading.split([',', ';']).map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn exports_are_known_by_their_columns() {
        for (heading, want) in [
            ("Email Address,First Name,MEMBER_RATING,OPTIN_TIME,LEID,EUID", Kind::Mailchimp),
            ("email,active_subscription,expiry,plan,email_disabled,created_at", Kind::Substack),
            ("id,email,name,note,subscribed_to_emails,complimentary_plan,created_at,deleted_at", Kind::Ghost),
            ("uuid,email,name,attributes,status,created_at,updated_at", Kind::Listmonk),
            ("Email,First name,Last name,Data,Status,External ID", Kind::Keila),
            ("id,email,subscriber_type,creation_date", Kind::Buttondown),
            ("Email,Subscribed,Status,", Kind::Feedburner),
            ("first_name,email_address,state,created_at,tags", Kind::Kit),
            ("Email,Status,Created At,Subscription Tier", Kind::Beehiiv),
            ("EMAIL;LASTNAME;EMAIL_BLACKLISTED;ADDED_TIME", Kind::Brevo),
            ("Channel id,Status,Tier,Created at,Engagement OptIn,Email", Kind::Tinynews),
            ("Email,Subscription type,Cancel date,Receiving emails for", Kind::Substack),
            ("email,status", Kind::Other),
        ] {
            assert_eq!(kind(heading), want, "{heading}");
        }
        assert_eq!(Kind::Kit.word("Inactive"), Some(Said::Paused));
        assert_eq!(Kind::Other.word("Inactive"), None);
        assert_eq!(Kind::Tinynews.word("2"), Some(Said::Gone(Unsubscribed)));
    }
}
