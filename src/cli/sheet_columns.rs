//! Which column of a file is what, and what its words and dates mean.

use crate::domain::{EmailAddress, SubscriptionStatus, SuppressionReason, Timestamp};

/// Where things stand in a row, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// The address.
    pub address: usize,
    /// Its status, when there is a column for it.
    pub status: Option<usize>,
    /// When it was confirmed or asked for, when there is a column for it.
    pub at: Option<usize>,
    /// The blog's slug, in a list of ours.
    pub blog: Option<usize>,
    /// An erased person's hash, in a list of ours.
    pub hash: Option<usize>,
    /// Whether the first row is a heading.
    pub has_heading: bool,
}

/// Headings of addresses, the surest first, in letters and digits only.
const ADDRESS: &[&str] = &[
    "email",
    "emailaddress",
    "subscriberemail",
    "useremail",
    "contactemail",
    "primaryemail",
    "mail",
    "mailaddress",
    "subscriber",
    "emailadresse",
    "mailadresse",
    "courriel",
    "adresseemail",
    "correo",
    "correoelectronico",
    "address",
    "adresse",
];
/// What a column of words is: its headings, the surest first, and its words.
pub struct Words {
    /// In letters and digits only.
    pub headings: &'static [&'static str],
    /// Whether a cell is such a word.
    pub is_known: fn(&str) -> bool,
}

/// Where a subscription stands.
pub const STATUS: Words = Words {
    headings: &[
        "subscriptionstatus",
        "subscriberstatus",
        "emailstatus",
        "status",
        "state",
        "subscribed",
        "confirmed",
        "active",
    ],
    is_known: |cell| word_of(cell).is_some(),
};
/// Why an address gets no mail.
pub const REASON: Words = Words {
    headings: &["suppressionreason", "reason", "type", "event", "bouncetype", "status", "state"],
    is_known: |cell| reason_of(cell).is_some(),
};
const AT: &[&str] = &[
    "confirmedat",
    "confirmtime",
    "confirmationtime",
    "confirmed",
    "confirmedon",
    "optintime",
    "subscribedat",
    "subscribedon",
    "subscribedate",
    "subscriptiondate",
    "subscribed",
    "signupdate",
    "signedupat",
    "createdat",
    "created",
    "createdon",
    "joinedat",
    "joined",
    "dateadded",
    "addedat",
    "date",
    "time",
    "timestamp",
];

impl Columns {
    /// Finds the columns by heading and by what stands below it.
    ///
    /// # Errors
    /// What to do about a file without addresses.
    pub fn find(rows: &[Vec<String>], words: &Words) -> Result<Self, String> {
        let first = rows.first().ok_or("the file is empty")?;
        let has_heading = !first.iter().any(|cell| is_address(cell));
        let below = &rows[usize::from(has_heading)..];
        let width = rows.iter().map(Vec::len).max().unwrap_or(0);
        let share = |at: usize, fits: &dyn Fn(&str) -> bool| {
            below.iter().filter_map(|row| row.get(at)).filter(|cell| fits(cell)).count()
        };
        let headings: Vec<String> =
            if has_heading { first.iter().map(|cell| plain(cell)).collect() } else { Vec::new() };
        let named =
            |names: &'static [&str]| names.iter().filter_map(|name| headings.iter().position(|h| h == name));
        let looks_so = |at: &usize| share(*at, &is_address) > 0;
        let address = named(ADDRESS)
            .find(looks_so)
            .or_else(|| (0..headings.len()).filter(|at| headings[*at].contains("email")).find(looks_so))
            .or_else(|| (0..width).filter(looks_so).max_by_key(|at| (share(*at, &is_address), width - at)))
            // Nothing that is an address at all: each line says so for itself.
            .or_else(|| named(ADDRESS).next());
        let Some(address) = address else {
            let seen =
                first.iter().take(12).map(|cell| super::print::clean(cell)).collect::<Vec<_>>().join(", ");
            return Err(format!(
                "no column holds addresses; name the column of them \"email\" (the first line is: {seen})"
            ));
        };
        let is_date = |cell: &str| moment_of(cell).is_some();
        let at = named(AT).find(|at| *at != address && share(*at, &is_date) > 0);
        let status = named(words.headings)
            .find(|s| *s != address && Some(*s) != at && share(*s, &|cell| (words.is_known)(cell)) > 0);
        let (blog, hash) = (named(&["blog"]).next(), named(&["addresshash"]).next());
        Ok(Self { address, status, at, blog, hash, has_heading })
    }
}

fn is_address(cell: &str) -> bool {
    EmailAddress::parse(cell).is_ok()
}

fn plain(heading: &str) -> String {
    heading.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// What a file says of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// It has this status.
    Is(SubscriptionStatus),
    /// It left, bounced or complained: it is not imported, whatever is asked.
    Gone,
}

/// Reads a word of a status column; `None` for one that is not known.
pub fn word_of(cell: &str) -> Option<Word> {
    Some(match plain(cell).as_str() {
        "active" | "subscribed" | "confirmed" | "enabled" | "verified" | "optedin" | "yes" | "y" | "true"
        | "1" | "premium" | "regular" | "free" | "paid" => Word::Is(SubscriptionStatus::Active),
        "pending" | "unconfirmed" | "unverified" | "notconfirmed" | "unactivated" | "optinpending"
        | "waiting" | "no" | "n" | "false" | "0" => Word::Is(SubscriptionStatus::Pending),
        "ended" | "left" | "unsubscribed" | "unsubscribe" | "optedout" | "removed" | "deleted"
        | "archived" | "inactive" | "disabled" | "blocked" | "blocklisted" | "blacklisted" | "suppressed"
        | "cleaned" | "bounced" | "hardbounced" | "undeliverable" | "invalid" | "complained"
        | "complaint" | "spam" | "abuse" | "cancelled" | "canceled" => Word::Gone,
        _ => return None,
    })
}

/// Reads a word that says why an address gets no mail, as ours and those of
/// providers are; `None` for one that is not known.
pub fn reason_of(cell: &str) -> Option<SuppressionReason> {
    use SuppressionReason::{Bounced, Complained, Manual, Unsubscribed};
    Some(match plain(cell).as_str() {
        "bounced" | "bounce" | "hardbounce" | "hardbounced" | "hard" | "permanent" | "permanentbounce"
        | "permanentfailure" | "undeliverable" | "invalid" | "cleaned" | "bademailaddress" => Bounced,
        "complained" | "complaint" | "spam" | "spamcomplaint" | "spamreport" | "abuse" | "fbl" => Complained,
        "manual" | "manualsuppression" | "suppressed" | "blocked" | "blocklisted" | "blacklisted" => Manual,
        "unsubscribed" | "unsubscribe" | "optedout" | "optout" | "left" | "ended" | "removed"
        | "groupunsubscribe" | "globalunsubscribe" => Unsubscribed,
        _ => return None,
    })
}

/// Reads a date or a moment; without a zone it is UTC. `None` for what cannot
/// be read surely, such as 03/04/2024.
pub fn moment_of(cell: &str) -> Option<Timestamp> {
    let cell = cell.trim().trim_end_matches(" UTC").trim_end_matches(" GMT");
    if !cell.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    if let Some(at) = Timestamp::parse_rfc3339(cell) {
        return Some(at);
    }
    if let Ok(number) = cell.parse::<i64>() {
        return match number {
            // Seconds or milliseconds of the years 1990 to 2100.
            631_152_000..=4_102_444_800 => Some(Timestamp::from_millis(number * 1000)),
            631_152_000_000..=4_102_444_800_000 => Some(Timestamp::from_millis(number)),
            _ => None,
        };
    }
    let moment = cell
        .parse::<jiff::civil::DateTime>()
        .or_else(|_| cell.parse::<jiff::civil::Date>().map(|date| date.at(0, 0, 0, 0)))
        .ok()?;
    let utc = moment.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp::from_millis(utc.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
    }

    #[test]
    fn columns_are_found_by_heading_and_by_content() {
        for (text, address, status, at, has_heading) in [
            ("name,E-Mail,Status,Created At\nKim,kim@x.org,active,2024-01-02", 1, Some(2), Some(3), true),
            ("kim@x.org\nlee@x.org", 0, None, None, false),
            ("Kim,kim@x.org\nLee,lee@x.org", 1, None, None, false),
            ("address,login\nMain Street 1,kim@x.org", 1, None, None, true),
            ("Email Address (work),confirmed\nkim@x.org,2024-01-02 03:04:05", 0, None, Some(1), true),
            ("email,confirmed\nkim@x.org,yes", 0, Some(1), None, true),
            ("email\nnobody", 0, None, None, true),
        ] {
            let want = Columns { address, status, at, blog: None, hash: None, has_heading };
            assert_eq!(Columns::find(&rows(text), &STATUS), Ok(want), "{text}");
        }
        assert!(Columns::find(&rows("name,town\nKim,Ulm"), &STATUS).unwrap_err().contains("name, town"));
    }

    #[test]
    fn dates_are_read_when_they_are_sure() {
        for (text, want) in [
            ("2024-03-04", Some("2024-03-04T00:00:00Z")),
            ("2024-03-04 05:06", Some("2024-03-04T05:06:00Z")),
            ("2024-03-04 05:06:07", Some("2024-03-04T05:06:07Z")),
            ("2024-03-04T05:06:07+02:00", Some("2024-03-04T03:06:07Z")),
            ("2024-03-04 05:06:07 UTC", Some("2024-03-04T05:06:07Z")),
            ("1709528767", Some("2024-03-04T05:06:07Z")),
            ("03/04/2024", None),
            ("yes", None),
            ("", None),
            ("7", None),
        ] {
            assert_eq!(moment_of(text).map(Timestamp::rfc3339).as_deref(), want, "{text}");
        }
    }
}
