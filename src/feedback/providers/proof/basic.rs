//! Secrets that come with the request: HTTP Basic, or a header. Without a
//! signature nothing tells a replay, so there is nothing to remember.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest;
use data_encoding::BASE64;
use secrecy::ExposeSecret as _;

use super::super::{Refusal, Request};
use super::{Password, Proven, SECRET_HEADER};

pub(super) fn prove<'a>(
    request: &Request<'_>,
    passwords: impl IntoIterator<Item = &'a Password>,
) -> Result<Proven, Refusal> {
    // All are looked at, so that the time taken does not tell which one it was.
    let fits = passwords.into_iter().filter(|password| is_shown(request, password)).count();
    if fits > 0 {
        Ok(Proven::default())
    } else {
        Err(Refusal::Forged("the password or secret header is missing or wrong"))
    }
}

fn is_shown(request: &Request<'_>, password: &Password) -> bool {
    let (secret, given, wanted) = match password {
        Password::Basic { user, password } => {
            let given = request.header("Authorization").and_then(credentials).unwrap_or_default();
            (password, given, format!("{user}:{}", password.expose_secret()))
        }
        Password::Header(secret) => {
            // Some can send an `Authorization: Bearer` and no header of our choice.
            let given = || bearer(request.header("Authorization")?);
            let given = request.header(SECRET_HEADER).or_else(given).unwrap_or_default();
            (secret, given.as_bytes().to_vec(), secret.expose_secret().to_owned())
        }
    };
    // An empty secret is a setting forgotten, not one that fits all.
    !secret.expose_secret().is_empty() && is_same(&given, wanted.as_bytes())
}

/// The token of an `Authorization`; its scheme in any case (RFC 9110 §11.1).
pub fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn credentials(header: &str) -> Option<Vec<u8>> {
    let (scheme, text) = header.split_once(' ')?;
    let text = text.trim();
    let is_basic = scheme.eq_ignore_ascii_case("basic") && text.len() <= 1_024;
    if is_basic { BASE64.decode(text.as_bytes()).ok() } else { None }
}

/// Digests are compared, so that not even the length is told by the time.
fn is_same(given: &[u8], wanted: &[u8]) -> bool {
    let digest = |bytes| digest::digest(&digest::SHA256, bytes);
    verify_slices_are_equal(digest(given).as_ref(), digest(wanted).as_ref()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::test::{all, ask, basic, later};
    use super::super::{Proofs, prove};
    use super::*;
    use crate::feedback::providers::Provider::Postmark;

    #[test]
    fn the_right_password_is_taken_and_nothing_else() {
        let basic = |text: &str| format!("Basic {}", BASE64.encode(text.as_bytes()));
        let right = basic("postmark:secret");
        for good in [right.clone(), right.replace("Basic", "bASIC"), right.replace(' ', "  ")] {
            assert_eq!(
                ask(Postmark, &[("authorization", &good)], b"{}", later(0)),
                Ok(Proven::default()),
                "{good}"
            );
        }
        for bad in [
            String::new(),
            "Basic".to_owned(),
            "Basic !!".to_owned(),
            basic("postmark:secret2"),
            basic("postmark:secre"),
            basic("other:secret"),
            basic("postmark"),
            right.replace("Basic", "Bearer"),
        ] {
            let refusal = ask(Postmark, &[("Authorization", &bad)], b"{}", later(0));
            assert!(matches!(refusal, Err(Refusal::Forged(_))), "{bad}");
        }
        assert!(ask(Postmark, &[], b"{}", later(0)).is_err());
    }

    #[test]
    fn a_secret_header_does_as_well_and_so_does_the_next_password() {
        let passwords =
            vec![basic("postmark", "next"), Password::Header("h".into()), all().postmark[0].clone()];
        let proofs = Proofs { postmark: passwords, ..Proofs::default() };
        let ask = |headers| {
            let request = Request { content_type: "", headers, body: b"{}" };
            prove(Postmark, &request, &proofs, None, later(0))
        };
        assert!(ask(&[("x-postbell-secret", "h")]).is_ok());
        assert!(ask(&[("Authorization", "Basic cG9zdG1hcms6c2VjcmV0")]).is_ok());
        assert!(ask(&[("X-Postbell-Secret", "g")]).is_err());
        assert!(ask(&[("X-Postbell-Secret", "")]).is_err());
    }
}
