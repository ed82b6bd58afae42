//! Whose export a file is: by its columns, its name and what stands above its
//! heading. Some words mean one thing in one of them alone.

use super::dates::Order;
use super::fold::fold;
use super::words::{Said, status_word, sure_word};
use crate::domain::SuppressionReason::{Bounced, Complained, Manual, Unsubscribed};

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
    (Kind::Ghost, &["subscribedtoemails", "complimentaryplan"]),
    (Kind::Listmonk, &["uuid", "attributes", "status"]),
    (Kind::Keila, &["status", "externalid"]),
    (Kind::Buttondown, &["subscribertype"]),
    (Kind::Beehiiv, &["status", "tier", "createdat"]),
    (Kind::Beehiiv, &["status", "subscriptiontier"]),
    (Kind::Beehiiv, &["status", "unsubscribedat", "createdat", "stripecustomerid"]),
    (Kind::Brevo, &["emailblacklisted"]),
    (Kind::Brevo, &["addedtime", "modifiedtime"]),
    (Kind::Tinynews, &["channelid", "engagementoptin"]),
    (Kind::Kit, &["firstname", "emailaddress", "state"]),
    (Kind::Kit, &["firstname", "email", "createdat", "status"]),
];

/// Words of one kind alone.
const WORDS: &[(Kind, &str, Said)] = &[
    (Kind::Kit, "inactive", Said::Paused),
    (Kind::Beehiiv, "inactive", Said::Gone(Unsubscribed)),
    (Kind::Listmonk, "disabled", Said::Gone(Manual)),
    (Kind::Tinynews, "1", Said::Active),
    (Kind::Tinynews, "0", Said::Gone(Unsubscribed)),
    (Kind::Buttondown, "trialed", Said::Active),
    (Kind::Buttondown, "unpaid", Said::Active),
    (Kind::Buttondown, "churning", Said::Active),
    (Kind::Buttondown, "churned", Said::Active),
    (Kind::Buttondown, "pastdue", Said::Active),
    (Kind::Buttondown, "upcoming", Said::Pending),
];

/// What a file's name says of everybody in it. Names have fewer words than
/// columns: a blog may be about spam.
const NAMES: &[(Said, &[&str])] = &[
    (
        Said::Gone(Unsubscribed),
        &[
            "unsubscribe",
            "unsubscribes",
            "unsubscribers",
            "unsubs",
            "optouts",
            "optedout",
            "abmeldungen",
            "desabonnes",
            "desinscrits",
            "bajas",
            "desuscritos",
            "disiscritti",
            "descadastrados",
        ],
    ),
    (Said::Gone(Bounced), &["bounces", "hardbounces", "bounced"]),
    (Said::Gone(Complained), &["complaints", "complainers", "spamcomplaints", "spamreports"]),
    (Said::Gone(Manual), &["blocklist", "blacklist", "suppressions", "suppressionlist"]),
    (Said::Pending, &["unconfirmed", "unverified", "notconfirmed", "unactivated"]),
    (Said::Skipped, &["nonsubscribed", "nonsubscribers"]),
];

/// Beside these the name of a list may speak of others than those in it.
const OTHERS: &[&str] = &[
    "not",
    "no",
    "non",
    "without",
    "except",
    "excluding",
    "minus",
    "and",
    "or",
    "all",
    "subscribed",
    "active",
    "ohne",
    "sans",
    "sin",
    "senza",
    "sem",
    "und",
    "et",
    "y",
    "e",
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
        WORDS.iter().find(|(kind, word, _)| *kind == self && *word == folded).map(|(.., said)| *said)
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

/// What the name of a file, or a line above its heading, says of everybody in
/// the file.
pub fn said_by_name(name: &str) -> Option<Said> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let tokens: Vec<String> = stem
        .split(|c: char| !c.is_alphanumeric())
        .map(fold)
        .filter(|token| !token.is_empty())
        .take(40)
        .collect();
    let known = |word: &str| {
        let own = NAMES.iter().find(|(_, names)| names.contains(&word)).map(|(said, _)| *said);
        own.or_else(|| sure_word(word))
    };
    for count in (1..=3).rev() {
        for (at, run) in tokens.windows(count).enumerate() {
            let Some(said) = known(&run.concat()) else { continue };
            let rest = tokens[..at].iter().chain(&tokens[at + count..]);
            let is_of_others = rest.clone().any(|token| OTHERS.contains(&token.as_str()));
            return (!is_of_others).then_some(said);
        }
    }
    None
}

/// A line of its own between addresses: what is said of those below it.
pub fn said_by_section(line: &str) -> Option<Said> {
    status_word(line).or_else(|| said_by_name(line))
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
            ("email,status", Kind::Other),
        ] {
            assert_eq!(kind(heading), want, "{heading}");
        }
        assert_eq!(Kind::Kit.word("Inactive"), Some(Said::Paused));
        assert_eq!(Kind::Other.word("Inactive"), None);
    }

    #[test]
    fn the_name_of_a_file_may_say_it_of_everybody() {
        for (name, said) in [
            ("unsubscribed_email_audience_export_1a2b.csv", Some(Said::Gone(Unsubscribed))),
            ("cleaned_members_export_1a2b.csv", Some(Said::Gone(Bounced))),
            ("nonsubscribed_email_audience_export_1a2b.csv", Some(Said::Skipped)),
            ("My opt-outs 2024.csv", Some(Said::Gone(Unsubscribed))),
            ("Hard bounces.csv", Some(Said::Gone(Bounced))),
            ("abgemeldet.csv", Some(Said::Gone(Unsubscribed))),
            ("désabonnés.csv", Some(Said::Gone(Unsubscribed))),
            ("配信停止.csv", Some(Said::Gone(Unsubscribed))),
            ("subscribed_email_audience_export_1a2b.csv", None),
            ("all-without-unsubscribed.csv", None),
            ("active-and-unsubscribed.csv", None),
            ("spam-diary.csv", None),
            ("left-foot.csv", None),
            ("followers.csv", None),
        ] {
            assert_eq!(said_by_name(name), said, "{name}");
        }
    }
}
