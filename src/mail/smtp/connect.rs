//! From nothing to a connection that is ready for MAIL: TCP, TLS, EHLO, AUTH.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::commands::Ehlo;
use lettre::transport::smtp::extension::ClientId;
use rustls_pki_types::ServerName;
use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::hello::{Extensions, login};
use super::judge::{at_door, no_answer, reply_from_error};
use super::lessons::Learned;
use super::probe::Reached;
use super::wire::{Outbound, SaidHello, Wire};
use super::{SmtpSettings, SmtpTls};
use crate::clock::Clock;
use crate::domain::DeliveryId;
use crate::mail::{Parcel, SendError, tls};

/// Name look-up and TCP.
const CONNECT: Duration = Duration::from_secs(30);
/// Each answer but the last (RFC 5321 §4.5.3.2 would wait five minutes; a
/// relay of one's own that needs more than one is as good as down).
pub(super) const STEP: Duration = Duration::from_secs(60);

/// How to reach the relay, worked out once.
pub(super) struct Dialer {
    pub(super) settings: SmtpSettings,
    pub(super) learned: Learned,
    start_tls: Option<TlsParameters>,
    implicit: Option<(TlsConnector, ServerName<'static>)>,
    host_name: Option<String>,
}

/// An open connection and what its server offers.
pub(super) struct SmtpConnection {
    pub(super) smtp: AsyncSmtpConnection,
    pub(super) offers_smtputf8: bool,
    pub(super) offers_8bitmime: bool,
    /// `PIPELINING` (RFC 2920).
    pub(super) offers_pipelining: bool,
    /// `SIZE` (RFC 1870); `None` when there is no limit.
    pub(super) max_bytes: Option<usize>,
    /// Mails that it took over this connection.
    pub(super) taken: u32,
    /// A mail whose commands were written behind the one before, and whose
    /// answers are still to be read.
    pub(super) announced: Option<Announced>,
    /// Where mails are written; `None` behind STARTTLS, which the mail
    /// library wraps around the stream.
    pub(super) outbound: Option<Outbound>,
    /// The server's, DER, when TLS was spoken from the first byte; the mail
    /// library keeps the one of STARTTLS.
    pub(super) certificate: Option<Vec<u8>>,
}

/// A connection behind its hello.
struct Greeted {
    smtp: AsyncSmtpConnection,
    hello: ClientId,
    certificate: Option<Vec<u8>>,
    outbound: Option<Outbound>,
}

/// Commands that are on their way, and whose they are.
pub(super) struct Announced {
    pub(super) delivery_id: Option<DeliveryId>,
    pub(super) commands: String,
}

impl Announced {
    pub(super) fn of(parcel: &Parcel, commands: String) -> Self {
        Self { delivery_id: parcel.delivery_id, commands }
    }

    /// Whether they are surely this mail's: one delivery is one mail.
    pub(super) fn is_of(&self, parcel: &Parcel) -> bool {
        self.delivery_id.is_some() && self.delivery_id == parcel.delivery_id
    }
}

impl Dialer {
    pub(super) fn new(settings: SmtpSettings, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let start_tls = match settings.tls {
            SmtpTls::Opportunistic => Some(start_tls(&settings, false)?),
            SmtpTls::Required => Some(start_tls(&settings, true)?),
            SmtpTls::None | SmtpTls::Implicit => None,
        };
        let implicit = match settings.tls {
            SmtpTls::Implicit => Some(implicit(&settings)?),
            _ => None,
        };
        Ok(Self { settings, learned: Learned::new(clock), start_tls, implicit, host_name: host_name() })
    }

    /// Connects, says EHLO, protects the connection and logs in, as configured.
    pub(super) async fn connect(&self) -> Result<SmtpConnection, SendError> {
        self.connect_noting(&mut Reached::default()).await
    }

    /// The same; `reached` says at any time how far it came.
    pub(super) async fn connect_noting(&self, reached: &mut Reached) -> Result<SmtpConnection, SendError> {
        let mut said_hello = SaidHello::default();
        let greeted = match self.greeted(false, &mut said_hello, reached).await {
            // It knows no EHLO, or not ours; what came before that knows HELO
            // (RFC 5321 §3.2). What the greeting says is about the connection.
            Err(error)
                if said_hello.is_said()
                    && matches!(error.reply().code, Some(500..=504 | 550 | 554 | 555)) =>
            {
                self.greeted(true, &mut said_hello, reached).await
            }
            greeted => greeted,
        };
        let Greeted { mut smtp, hello, certificate, mut outbound } = greeted?;
        *reached = Reached::Greeted;

        if let Some(tls) = &self.start_tls {
            if smtp.can_starttls() {
                step("STARTTLS", smtp.starttls(tls.clone(), &hello)).await?;
                outbound = None;
            } else if self.settings.tls == SmtpTls::Required {
                return Err(SendError::RelayRefusesUs(no_answer(
                    "the relay offers no STARTTLS, and without it nothing is sent (tls=required)",
                )));
            }
        }
        *reached = Reached::Protected;
        // Asked once more: the mail library keeps neither SIZE nor PIPELINING,
        // and behind its STARTTLS it knows the words in capitals only.
        let answer = step("EHLO", smtp.command(Ehlo::new(hello))).await?;
        let offers = Extensions::read(answer.message());
        if let Some((user, password)) = &self.settings.credentials {
            login(&mut smtp, &offers, user, password.expose_secret()).await?;
        }
        *reached = Reached::LoggedIn;

        self.learned.offers_smtputf8(offers.smtputf8);
        Ok(SmtpConnection {
            offers_smtputf8: offers.smtputf8,
            offers_pipelining: offers.pipelining,
            taken: 0,
            announced: None,
            outbound,
            certificate,
            offers_8bitmime: offers.eight_bit,
            max_bytes: offers.max_bytes,
            smtp,
        })
    }

    /// Connects and says hello, by EHLO or by HELO.
    async fn greeted(
        &self,
        says_helo: bool,
        said_hello: &mut SaidHello,
        reached: &mut Reached,
    ) -> Result<Greeted, SendError> {
        let (wire, hello) = self.open(reached).await?;
        let wire = if says_helo { wire.with_helo() } else { wire };
        *said_hello = wire.said_hello();
        let (certificate, outbound) = (wire.certificate(), Some(wire.outbound()));
        let smtp =
            step("a greeting", AsyncSmtpConnection::connect_with_transport(Box::new(wire), &hello)).await?;
        Ok(Greeted { smtp, hello, certificate, outbound })
    }

    async fn open(&self, reached: &mut Reached) -> Result<(Wire, ClientId), SendError> {
        let down = |what: String| SendError::RelayDown(no_answer(what));
        let address = (self.settings.host.as_str(), self.settings.port);
        let tcp = timeout(CONNECT, TcpStream::connect(address))
            .await
            .map_err(|_| down(format!("no connection within {} s", CONNECT.as_secs())))?
            .map_err(|e| down(format!("no connection: {e}")))?;
        *reached = Reached::Connected;
        // Else each mail waits 40 ms for an acknowledgement that is being saved up.
        tcp.set_nodelay(true).map_err(|e| down(format!("no connection: {e}")))?;
        let local = tcp.local_addr().map_err(|e| down(format!("no connection: {e}")))?.ip();
        let wire = match &self.implicit {
            None => Wire::tcp(tcp, self.start_tls.is_some()),
            Some((connector, name)) => {
                let tls = timeout(STEP, connector.connect(name.clone(), tcp))
                    .await
                    .map_err(|_| down(format!("no TLS within {} s", STEP.as_secs())))?
                    .map_err(|e| down(format!("no TLS: {e}")))?;
                Wire::tls(tls)
            }
        };
        Ok((wire, self.hello(local)))
    }

    /// A full name when the machine has one, else the address in brackets
    /// (RFC 5321 §4.1.4): relays refuse `localhost`.
    fn hello(&self, local: IpAddr) -> ClientId {
        match (&self.host_name, local.to_canonical()) {
            (Some(name), _) => ClientId::Domain(name.clone()),
            (None, IpAddr::V4(ip)) => ClientId::Ipv4(ip),
            (None, IpAddr::V6(ip)) => ClientId::Ipv6(ip),
        }
    }
}

/// One step at the door: its time limit, and what its failure means.
pub(super) async fn step<T>(
    what: &str,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, SendError> {
    match timeout(STEP, work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(match reply_from_error(&error) {
            Some(reply) => at_door(reply),
            None => SendError::RelayDown(no_answer(format!("the connection broke at {what}: {error}"))),
        }),
        Err(_) => {
            Err(SendError::RelayDown(no_answer(format!("no answer within {} s at {what}", STEP.as_secs()))))
        }
    }
}

fn start_tls(settings: &SmtpSettings, is_checked: bool) -> Result<TlsParameters, String> {
    let mut builder = TlsParametersBuilder::new(settings.host.clone());
    if is_checked {
        if let Some(pem) = &settings.ca_pem {
            let roots = Certificate::from_pem(pem).map_err(|e| format!("smtp.ca_file: {e}"))?;
            builder = builder.add_root_certificate(roots);
        }
    } else {
        builder = builder.dangerous_accept_invalid_certs(true);
    }
    builder.build().map_err(|e| format!("TLS to {}: {e}", settings.host))
}

fn implicit(settings: &SmtpSettings) -> Result<(TlsConnector, ServerName<'static>), String> {
    let name = ServerName::try_from(settings.host.clone())
        .map_err(|_| format!("smtp.url: {} is neither a host name nor an address", settings.host))?;
    let connector = tls::connector(settings.ca_pem.as_deref(), "smtp.ca_file")?;
    Ok((connector, name))
}

/// The machine's name, when it is a full one.
fn host_name() -> Option<String> {
    ["/proc/sys/kernel/hostname", "/etc/hostname"]
        .into_iter()
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .map(|name| name.trim().to_owned())
        .find(|name| is_full_name(name))
}

fn is_full_name(name: &str) -> bool {
    name.len() <= 255
        && name.contains('.')
        && name
            .split('.')
            .all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_name_is_said_at_ehlo() {
        assert!(is_full_name("mail.example.org"));
        for name in ["localhost", "", ".", "a..b", "my_host.lan", "a.b\nQUIT"] {
            assert!(!is_full_name(name), "{name:?}");
        }
    }
}
