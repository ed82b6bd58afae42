//! What a visitor typed, parsed at the door.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::Signup;
use crate::domain::{Blog, ConsentKind, EmailAddress, Evidence, Flow, Frequency, SealedRow, is_blank};
use crate::store::{SignUp, SignedUp, StoreError};

/// The fields of the form, the same as JSON. Unknown fields are ignored: a
/// theme's form may carry its own.
#[derive(Debug, Clone, Default, Deserialize, Validate)]
pub struct Form {
    /// The address.
    #[serde(default)]
    #[validate(length(max = 1000, message = "This is too long for an email address."))]
    pub email: String,
    /// `instant`; `daily` and `weekly` are kept for when digests are made, and get each post until then.
    #[serde(default)]
    #[validate(length(max = 20, message = "Choose instant, daily or weekly."))]
    pub frequency: Option<String>,
    /// BCP 47.
    #[serde(default)]
    #[validate(length(max = 35, message = "A language is a short tag such as en or pt-BR."))]
    pub language: Option<String>,
    /// Where the form stands.
    #[serde(default)]
    #[validate(length(max = 200, message = "A source has at most 200 characters."))]
    pub source: Option<String>,
    /// Where to go afterwards.
    #[serde(default)]
    #[validate(length(max = 2000, message = "This address is too long."))]
    pub next: Option<String>,
    /// The honeypot: people do not see it.
    #[serde(default)]
    pub pb_blank: Option<String>,
    /// The honeypot of forms that were pasted before it had a name which no
    /// browser fills in by itself.
    #[serde(default)]
    pub website: Option<String>,
}

impl Form {
    /// Whether a field is filled in that people do not see: a robot, or a
    /// browser that means well.
    fn is_trapped(&self) -> bool {
        [&self.pb_blank, &self.website].into_iter().flatten().any(|text| !is_blank(text))
    }
}

/// One field that is wrong, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Name of the field.
    pub field: String,
    /// What to write instead.
    pub message: String,
}

/// Who asks, as far as a request shows it.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The client's address.
    pub ip: IpAddr,
    /// Its user agent.
    pub user_agent: Option<String>,
    /// Whether the relay takes UTF-8 local parts (D10).
    pub smtputf8: bool,
    /// Whether the request comes from a page of ours.
    pub is_hosted: bool,
}

impl Visitor {
    /// For the record of consent.
    pub fn evidence(&self, source: Option<&str>) -> Evidence {
        let cut = |text: &str| text.chars().filter(|c| !c.is_control()).take(200).collect();
        Evidence {
            ip: Some(self.ip.to_canonical().to_string()),
            user_agent: self.user_agent.as_deref().map(cut),
            source: source.map(cut).filter(|source: &String| !source.is_empty()),
        }
    }
}

/// What a sign-up leads to; the visitor sees the same for every address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignUpOutcome {
    /// Taken. The subscription is for the cookie.
    Accepted(SealedRow),
    /// A field was filled in that people do not see: to be asked again.
    Trapped,
    /// Malformed.
    Invalid(Vec<Fault>),
    /// Over a limit.
    Limited {
        /// When to try again.
        retry_after_seconds: u32,
    },
    /// So many sign up now that only our own pages are heard.
    Pressed {
        /// When that is over.
        retry_after_seconds: u32,
    },
}

impl Signup {
    /// One sign-up, from the raw form to a durable row and a queued mail.
    ///
    /// # Errors
    /// The store's; nothing is kept then.
    pub async fn sign_up(
        &self,
        blog: &Blog,
        form: &Form,
        visitor: &Visitor,
    ) -> Result<SignUpOutcome, StoreError> {
        let (address, frequency) = match check(form, visitor.smtputf8) {
            Ok(checked) => checked,
            Err(faults) => return Ok(SignUpOutcome::Invalid(faults)),
        };
        if form.is_trapped() {
            count("trapped");
            return Ok(SignUpOutcome::Trapped);
        }
        self.sign_up_address(Flow::SignUp, blog, address, frequency, form.source.as_deref(), visitor).await
    }

    pub(super) async fn sign_up_address(
        &self,
        flow: Flow,
        blog: &Blog,
        address: EmailAddress,
        frequency: Frequency,
        source: Option<&str>,
        visitor: &Visitor,
    ) -> Result<SignUpOutcome, StoreError> {
        let now = self.clock.now();
        let sign_up = SignUp {
            blog_id: blog.id,
            address,
            frequency,
            evidence: visitor.evidence(source),
            flow,
            is_hosted: visitor.is_hosted,
            expires_at: now.plus_ms(self.policy.confirm_within_ms),
            limits: self.policy.limits,
            kind: ConsentKind::Requested,
        };
        let outcome = match self.together.sign_up(sign_up).await? {
            SignedUp::Accepted { subscription_id, seal } => {
                count("accepted");
                self.wake.ring();
                SignUpOutcome::Accepted(SealedRow { id: subscription_id.0, seal, generation: 0 })
            }
            SignedUp::Limited { retry_after_seconds } => {
                count("limited");
                SignUpOutcome::Limited { retry_after_seconds }
            }
            SignedUp::Pressed { retry_after_seconds } => {
                count("pressed");
                SignUpOutcome::Pressed { retry_after_seconds }
            }
        };
        Ok(outcome)
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("postbell_signups_total", "outcome" => outcome).increment(1);
}

fn check(form: &Form, smtputf8: bool) -> Result<(EmailAddress, Frequency), Vec<Fault>> {
    let mut faults = Vec::new();
    if let Err(errors) = form.validate() {
        for (field, errors) in errors.field_errors() {
            let message = errors.first().and_then(|error| error.message.clone()).unwrap_or_default();
            faults.push(Fault { field: field.to_string(), message: message.into_owned() });
        }
    }
    let frequency = match form.frequency.as_deref().map(str::trim).filter(|word| !word.is_empty()) {
        None => Frequency::default(),
        Some(word) => Frequency::parse(word).unwrap_or_else(|| {
            let message = "Choose instant, daily or weekly.".to_owned();
            faults.push(Fault { field: "frequency".to_owned(), message });
            Frequency::default()
        }),
    };
    let address = match EmailAddress::parse(&form.email) {
        Ok(address) if address.needs_smtputf8() && !smtputf8 => {
            let message = "Mail cannot be sent to this address from here: its first part has letters \
                           beyond a to z. Use another address.";
            faults.push(Fault { field: "email".to_owned(), message: message.to_owned() });
            None
        }
        Ok(address) => Some(address),
        Err(fault) => {
            if !faults.iter().any(|fault| fault.field == "email") {
                faults.push(Fault { field: "email".to_owned(), message: fault.to_string() });
            }
            None
        }
    };
    match address {
        Some(address) if faults.is_empty() => Ok((address, frequency)),
        _ => {
            faults.sort_by(|a, b| a.field.cmp(&b.field));
            Err(faults)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_for_a_digest_is_kept_and_an_unknown_one_is_refused() {
        let form = |frequency: Option<&str>| Form {
            email: "kim@example.org".to_owned(),
            frequency: frequency.map(str::to_owned),
            ..Form::default()
        };
        for (taken, want) in [
            (None, Frequency::Instant),
            (Some(""), Frequency::Instant),
            (Some("instant"), Frequency::Instant),
            (Some("daily"), Frequency::Daily),
            (Some("weekly"), Frequency::Weekly),
        ] {
            let (_, frequency) = check(&form(taken), true).expect("a known frequency");
            assert_eq!(frequency, want);
        }
        let faults = check(&form(Some("hourly")), true).expect_err("an unknown one");
        assert_eq!(faults[0].field, "frequency");
    }
}
