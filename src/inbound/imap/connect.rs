//! From nothing to a mailbox that is selected: TCP, TLS, the greeting, the
//! login. Each step has its time.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use async_imap::imap_proto::{Response, Status};
use async_imap::{Authenticator, Client, Session};
use futures_util::FutureExt as _;
use rustls_pki_types::ServerName;
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::connection::ImapConnection;
use super::fault::ImapFault;
use super::wire::{Stream, Wire};
use super::{ImapSettings, ImapTls};
use crate::mail::tls;

/// Name look-up and TCP.
const CONNECT: Duration = Duration::from_secs(30);
/// Each answer.
pub(super) const STEP: Duration = Duration::from_secs(60);

/// How to reach the server, worked out once.
pub(super) struct Dialer {
    pub(super) settings: ImapSettings,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Dialer {
    pub(super) fn new(settings: ImapSettings) -> Result<Self, String> {
        let tls = match settings.tls {
            ImapTls::None => None,
            ImapTls::StartTls | ImapTls::Implicit => {
                let connector = tls::connector(settings.ca_pem.as_deref(), "bounces.imap_ca_file")?;
                let name = ServerName::try_from(settings.host.clone()).map_err(|_| {
                    format!("bounces.imap_url: {} is neither a host name nor an address", settings.host)
                })?;
                Some((connector, name))
            }
        };
        Ok(Self { settings, tls })
    }

    /// Connects, protects the connection as configured, logs in and selects
    /// the mailbox.
    pub(super) async fn connect(&self) -> Result<ImapConnection, ImapFault> {
        let client = self.greeted().await?;
        let session = self.login(client).await?;
        let mut connection = ImapConnection::new(session);
        connection.learn().await?;
        connection.select(&self.settings.mailbox).await?;
        Ok(connection)
    }

    async fn greeted(&self) -> Result<Client<Wire>, ImapFault> {
        let address = (self.settings.host.as_str(), self.settings.port);
        let tcp = timeout(CONNECT, TcpStream::connect(address))
            .await
            .map_err(|_| ImapFault::Away(format!("no connection within {} s", CONNECT.as_secs())))?
            .map_err(|error| ImapFault::Away(format!("no connection: {error}")))?;
        match (self.settings.tls, &self.tls) {
            (ImapTls::Implicit, Some(tls)) => {
                let mut client = Client::new(protect(tls, tcp).await?);
                greeting(&mut client).await?;
                Ok(client)
            }
            (ImapTls::StartTls, Some(tls)) => {
                let mut client = Client::new(Wire::new(tcp));
                greeting(&mut client).await?;
                let asked = answered("STARTTLS", client.run_command_and_check_ok("STARTTLS", None)).await?;
                asked.map_err(|error| ImapFault::of_step(&error, "STARTTLS"))?;
                // What came in the clear behind the answer is dropped with the client.
                Ok(Client::new(protect(tls, client.into_inner().into_inner()).await?))
            }
            _ => {
                let mut client = Client::new(Wire::new(tcp));
                greeting(&mut client).await?;
                Ok(client)
            }
        }
    }

    async fn login(&self, client: Client<Wire>) -> Result<Session<Wire>, ImapFault> {
        let (user, password) = (&self.settings.user, self.settings.password.expose_secret());
        let plain = Plain(format!("\0{user}\0{password}"));
        // A quoted string has no letters beyond ASCII (RFC 3501 §4.3); what
        // every server knows is tried where it can say what is meant.
        let login = async {
            if user.is_ascii() && password.is_ascii() {
                client.login(user, password).await
            } else {
                client.authenticate("PLAIN", plain).await
            }
        };
        answered("the login", login).await?.map_err(|(error, _)| ImapFault::of_step(&error, "the login"))
    }
}

/// A look at a server over any stream, from its greeting to its first mails;
/// gives how many it read. For tests that play a server.
///
/// # Errors
/// Whatever is wrong with what it says.
pub async fn rehearse(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
) -> Result<usize, ImapFault> {
    /// Enough to see each kind of answer.
    const MAILS: usize = 3;
    let mut client = Client::new(Wire::new(stream));
    greeting(&mut client).await?;
    let done = answered("the login", client.login("kim", "sesame")).await?;
    let mut connection =
        ImapConnection::new(done.map_err(|(error, _)| ImapFault::of_step(&error, "the login"))?);
    connection.learn().await?;
    connection.select("INBOX").await?;
    let mut read = 0;
    for uid in connection.search(1, None).await?.into_iter().take(MAILS) {
        read += usize::from(connection.fetch(uid).await?.is_some());
    }
    connection.bring("1", "Done").await?;
    Ok(read)
}

/// The one answer of `AUTHENTICATE PLAIN` (RFC 4616).
struct Plain(String);

impl Authenticator for Plain {
    type Response = String;

    fn process(&mut self, _: &[u8]) -> String {
        std::mem::take(&mut self.0)
    }
}

async fn protect(
    tls: &(TlsConnector, ServerName<'static>),
    plain: impl Stream + 'static,
) -> Result<Wire, ImapFault> {
    let (connector, name) = tls;
    let stream = timeout(STEP, connector.connect(name.clone(), plain))
        .await
        .map_err(|_| late("TLS"))?
        .map_err(|error| ImapFault::Away(format!("no TLS: {error}")))?;
    Ok(Wire::new(stream))
}

async fn greeting(client: &mut Client<Wire>) -> Result<(), ImapFault> {
    let said = answered("a greeting", client.read_response()).await?;
    match said.map_err(|error| ImapFault::of_io(&error))? {
        Some(said) => match said.parsed() {
            Response::Data { status: Status::Ok, .. } => Ok(()),
            Response::Data { outcome, .. } => Err(ImapFault::Away(format!(
                "the server refuses us: {}",
                super::fault::clean(outcome.information.as_deref().unwrap_or_default())
            ))),
            _ => Err(ImapFault::Away("the server greets like no IMAP server".to_owned())),
        },
        None => Err(ImapFault::Away("the server closed the connection".to_owned())),
    }
}

/// What a server answers within its time.
pub(super) async fn answered<T>(what: &str, answer: impl Future<Output = T>) -> Result<T, ImapFault> {
    timeout(STEP, caught(answer)).await.map_err(|_| late(what))?
}

/// The client library ends in a panic at some answers, such as a letter beyond
/// ASCII behind `[ALERT]`: that ends this connection and nothing else.
pub(super) async fn caught<T>(answer: impl Future<Output = T>) -> Result<T, ImapFault> {
    let done = AssertUnwindSafe(answer).catch_unwind().await;
    done.map_err(|_| ImapFault::Away("the server said what is no IMAP".to_owned()))
}

pub(super) fn late(what: &str) -> ImapFault {
    ImapFault::Away(format!("no answer within {} s at {what}", STEP.as_secs()))
}
