//! The DNS by hickory: the resolvers of this machine, or one that is named.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use tokio::sync::OnceCell;

use super::{Answer, Dns, DnsFault, Exchanger};

/// For one try.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Of one name server.
const TRIES: usize = 2;

/// A resolver that asks name servers itself.
pub struct HickoryDns {
    resolver: TokioResolver,
}

impl HickoryDns {
    /// Asks the name servers of `/etc/resolv.conf`, or only the one at `server`.
    ///
    /// # Errors
    /// When the machine names none.
    pub fn new(server: Option<SocketAddr>) -> Result<Self, DnsFault> {
        let unusable = |error: NetError| DnsFault::NoAnswer(error.to_string());
        let (config, mut options) = match server {
            Some(server) => (only(server), ResolverOpts::default()),
            None => hickory_resolver::system_conf::read_system_conf().map_err(unusable)?,
        };
        options.timeout = TIMEOUT;
        options.attempts = TRIES;
        options.use_hosts_file = ResolveHosts::Never;
        let builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        let resolver = builder.with_options(options).build().map_err(unusable)?;
        Ok(Self { resolver })
    }

    async fn ask(&self, name: Result<Name, DnsFault>, kind: RecordType) -> Answer<RData> {
        match self.resolver.lookup(name?, kind).await {
            Ok(lookup) => {
                let answers = lookup.answers().iter().filter(|record| record.record_type() == kind);
                Ok(answers.map(|record| record.data.clone()).collect())
            }
            Err(error) => judged(error),
        }
    }
}

fn only(server: SocketAddr) -> ResolverConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = server.port();
        connection
    });
    let server = NameServerConfig::new(server.ip(), true, connections.into());
    ResolverConfig::from_name_servers(vec![server])
}

fn judged<T>(error: NetError) -> Answer<T> {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => Err(DnsFault::NoSuchName),
            ResponseCode::NoError => Ok(Vec::new()),
            code => Err(DnsFault::NoAnswer(code.to_string())),
        },
        NetError::Dns(DnsError::ResponseCode(ResponseCode::NXDomain)) => Err(DnsFault::NoSuchName),
        other => Err(DnsFault::NoAnswer(other.to_string())),
    }
}

/// A full name. One that cannot be in the DNS is not there.
fn full(name: &str) -> Result<Name, DnsFault> {
    let mut name = Name::from_ascii(name).map_err(|_| DnsFault::NoSuchName)?;
    name.set_fqdn(true);
    Ok(name)
}

/// Without the last dot; the root is empty.
fn text(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_ascii_lowercase()
}

#[async_trait]
impl Dns for HickoryDns {
    async fn texts(&self, name: &str) -> Answer<Vec<u8>> {
        let answers = self.ask(full(name), RecordType::TXT).await?;
        let texts = answers.into_iter().filter_map(|data| match data {
            RData::TXT(text) => Some(text.txt_data.concat()),
            _ => None,
        });
        Ok(texts.collect())
    }

    async fn exchangers(&self, name: &str) -> Answer<Exchanger> {
        let answers = self.ask(full(name), RecordType::MX).await?;
        let exchangers = answers.into_iter().filter_map(|data| match data {
            RData::MX(mx) => Some(Exchanger { preference: mx.preference, host: text(&mx.exchange) }),
            _ => None,
        });
        let mut exchangers: Vec<Exchanger> = exchangers.collect();
        exchangers.sort_by(|a, b| (a.preference, &a.host).cmp(&(b.preference, &b.host)));
        Ok(exchangers)
    }

    async fn addresses(&self, name: &str) -> Answer<IpAddr> {
        let (v4, v6) =
            tokio::join!(self.ask(full(name), RecordType::A), self.ask(full(name), RecordType::AAAA));
        // Some servers fail at AAAA; what the other question gave still holds.
        let answers = match (v4, v6) {
            (Ok(v4), Ok(v6)) => [v4, v6].concat(),
            (Ok(some), Err(_)) | (Err(_), Ok(some)) if !some.is_empty() => some,
            (Err(fault), _) | (_, Err(fault)) => return Err(fault),
        };
        let mut addresses: Vec<IpAddr> = answers.iter().filter_map(RData::ip_addr).collect();
        addresses.sort();
        Ok(addresses)
    }

    async fn names(&self, address: IpAddr) -> Answer<String> {
        let answers = self.ask(Ok(Name::from(address)), RecordType::PTR).await?;
        let names = answers.into_iter().filter_map(|data| match data {
            RData::PTR(name) => Some(text(&name.0)),
            _ => None,
        });
        Ok(names.collect())
    }
}

/// The resolvers of this machine, looked up with the first question: it may
/// have none yet when we start.
#[derive(Default)]
pub struct SystemDns(OnceCell<HickoryDns>);

impl SystemDns {
    async fn resolver(&self) -> Result<&HickoryDns, DnsFault> {
        self.0.get_or_try_init(|| async { HickoryDns::new(None) }).await
    }
}

#[async_trait]
impl Dns for SystemDns {
    async fn texts(&self, name: &str) -> Answer<Vec<u8>> {
        self.resolver().await?.texts(name).await
    }

    async fn exchangers(&self, name: &str) -> Answer<Exchanger> {
        self.resolver().await?.exchangers(name).await
    }

    async fn addresses(&self, name: &str) -> Answer<IpAddr> {
        self.resolver().await?.addresses(name).await
    }

    async fn names(&self, address: IpAddr) -> Answer<String> {
        self.resolver().await?.names(address).await
    }
}
