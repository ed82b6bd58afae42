//! The form of an address that limits count by (S2, S19), and nothing else: the
//! spellings by which one mailbox can be reached without asking for another.
//!
//! Mail always goes to the address as it was typed. Two people whose addresses
//! fall together here only share what strangers may cause, so the table may say
//! more than is so today: providers changed their rules for new mailboxes and
//! left the old ones.

use super::EmailAddress;

/// What a provider takes for the same, beside case and `+tag`.
struct Provider {
    /// Its domains, with a space between.
    domains: &'static str,
    /// The one to count by where they lead to one mailbox.
    counted_as: Option<&'static str>,
    /// Signs that it passes over, or takes for one another.
    ignored: &'static [char],
    /// What the name ends at, beside `+`.
    cut_at: Option<char>,
    /// Whether `any@name.domain` is `name@domain`.
    has_subdomains: bool,
}

const PLAIN: Provider =
    Provider { domains: "", counted_as: None, ignored: &[], cut_at: None, has_subdomains: false };

/// Each with where it says so. Microsoft's have `+tag` alone, as all others do.
const PROVIDERS: &[Provider] = &[
    // support.google.com/mail/answer/7436150: dots do not matter.
    Provider { domains: "gmail.com googlemail.com", counted_as: Some("gmail.com"), ignored: &['.'], ..PLAIN },
    // fastmail.help/hc/en-us/articles/360060591053; in a host name a hyphen
    // stands for an underscore (fastmail.blog, 24 January 2008).
    Provider {
        domains: "fastmail.com fastmail.fm fastmail.net fastmail.org fastmail.cn fastmail.co.uk fastmail.com.au \
            fastmail.de fastmail.es fastmail.im fastmail.in fastmail.jp fastmail.mx fastmail.nl fastmail.se \
            fastmail.to fastmail.tw fastmail.uk fastmail.us sent.com sent.as sent.at 123mail.org airpost.net \
            eml.cc f-m.fm fastmailbox.net fea.st fmail.co.uk imap.cc mailbolt.com mailcan.com mailhaven.com \
            ml1.net mm.st myfastmail.com ownmail.net proinbox.com rushpost.com speedpost.net warpmail.net \
            xsmail.com",
        ignored: &['-', '_'],
        has_subdomains: true,
        ..PLAIN
    },
    // proton.me/support/addresses-and-aliases: one name at all of its domains;
    // dots, hyphens and underscores do not make another one.
    Provider {
        domains: "proton.me protonmail.com protonmail.ch pm.me",
        counted_as: Some("proton.me"),
        ignored: &['.', '-', '_'],
        ..PLAIN
    },
    // yandex.com/support/id/authorization/email.html: a name at all of its
    // domains; a dot is taken for a hyphen.
    Provider {
        domains: "yandex.ru ya.ru narod.ru yandex.com yandex.by yandex.kz yandex.ua yandex.uz yandex.fr \
            yandex.com.tr",
        counted_as: Some("yandex.ru"),
        ignored: &['.', '-'],
        ..PLAIN
    },
    // Apple: who had a mailbox at one of the older domains has it at all three.
    Provider { domains: "icloud.com me.com mac.com", counted_as: Some("icloud.com"), ..PLAIN },
    // Yahoo's disposable addresses are `name-keyword`; no other name of its
    // own holds a hyphen.
    Provider {
        domains: "yahoo.com ymail.com rocketmail.com myyahoo.com yahoo.ca yahoo.co.id yahoo.co.in yahoo.co.uk \
            yahoo.com.ar yahoo.com.au yahoo.com.br yahoo.com.mx yahoo.com.ph yahoo.com.sg yahoo.com.tw \
            yahoo.com.vn yahoo.de yahoo.dk yahoo.es yahoo.fr yahoo.gr yahoo.ie yahoo.in yahoo.it yahoo.no \
            yahoo.pl yahoo.ro yahoo.se",
        cut_at: Some('-'),
        ..PLAIN
    },
];

/// The provider whose domain it is; where that stands below a mailbox's name,
/// also the domain itself.
fn provider_of(domain: &str) -> (&'static Provider, Option<&str>) {
    let with = |domain: &str| PROVIDERS.iter().find(|it| it.domains.split(' ').any(|own| own == domain));
    if let Some(provider) = with(domain) {
        return (provider, None);
    }
    let above = domain.split_once('.').map_or("", |(_, above)| above);
    match with(above) {
        Some(provider) if provider.has_subdomains => (provider, Some(above)),
        _ => (&PLAIN, None),
    }
}

impl EmailAddress {
    /// The form that limits count by, and nothing else.
    pub fn canonical(&self) -> String {
        let key = self.key();
        let Some((local, domain)) = key.rsplit_once('@') else {
            return key;
        };
        let (provider, above) = provider_of(domain);
        // `any@name.domain` has its name in the domain.
        let (name, domain) = match above {
            Some(above) => (domain.split('.').next().unwrap_or_default(), above),
            None => (local, domain),
        };
        let before = |name, sign| match str::split_once(name, sign) {
            Some((before, _)) if !before.is_empty() => before,
            _ => name,
        };
        let name = before(name, '+');
        let name = provider.cut_at.map_or(name, |sign| before(name, sign));
        format!("{}@{}", name.replace(provider.ignored, ""), provider.counted_as.unwrap_or(domain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        EmailAddress::parse(text).expect(text).canonical()
    }

    #[test]
    fn limits_see_through_the_spellings_of_one_mailbox() {
        for (counted, spellings) in [
            ("kim@gmail.com", "K.i.m+blog@gmail.com kim@googlemail.com KIM+x+y@GoogleMail.com"),
            ("k.im@example.org", "k.im+blog@example.org K.IM@example.org"),
            ("kim@fastmail.com", "kim+a@fastmail.com a@kim.fastmail.com b+c@kim.fastmail.com"),
            ("kimlee@fastmail.fm", "kim_lee@fastmail.fm a@kim-lee.fastmail.fm"),
            (
                "kimlee@proton.me",
                "kim.lee@proton.me kim-lee@pm.me Kim_Lee+a@protonmail.com kimlee@protonmail.ch",
            ),
            ("kimlee@yandex.ru", "kim.lee@ya.ru kim-lee@yandex.com kimlee+a@yandex.kz"),
            ("kim@icloud.com", "kim+a@me.com kim@mac.com kim@icloud.com"),
            ("kim@outlook.com", "kim+a@outlook.com kim@outlook.com"),
            ("kim@hotmail.com", "kim+a@hotmail.com"),
            ("kim@yahoo.com", "kim-shop@yahoo.com kim-a-b@yahoo.com kim@yahoo.com"),
        ] {
            for text in spellings.split(' ') {
                assert_eq!(canonical(text), counted, "{text}");
            }
        }
    }

    #[test]
    fn what_may_be_two_people_is_counted_apart() {
        for (one, other) in [
            ("kim-a@example.org", "kim-b@example.org"),
            ("k.im@example.org", "kim@example.org"),
            ("k.im@outlook.com", "kim@outlook.com"),
            ("kim@outlook.com", "kim@hotmail.com"),
            ("a@kim.example.org", "b@kim.example.org"),
            ("a@mail.gmail.com", "b@mail.gmail.com"),
            ("a@b.kim.fastmail.com", "c@b.kim.fastmail.com"),
        ] {
            assert_ne!(canonical(one), canonical(other));
        }
        // Nothing would be left of it.
        assert_eq!(canonical("+blog@example.org"), "+blog@example.org");
        assert_eq!(canonical("-@yahoo.com"), "-@yahoo.com");
    }
}
