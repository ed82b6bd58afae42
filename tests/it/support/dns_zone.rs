//! A name server on loopback that serves a zone of the test's own, over UDP
//! and TCP. What is not in the zone is not there (NXDOMAIN).

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::{Arc, Mutex};

use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, MX, PTR, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};

/// What is answered to a name and a kind.
type Records = BTreeMap<(String, RecordType), Vec<RData>>;

#[derive(Default)]
struct Shared {
    records: Records,
    asked: Vec<String>,
    is_failing: bool,
}

/// The server; its threads end with the test process.
pub struct DnsZone {
    shared: Arc<Mutex<Shared>>,
    at: SocketAddr,
}

impl DnsZone {
    /// Starts one with an empty zone.
    pub fn start() -> Self {
        // Some other test may hold the port for the other protocol.
        let (tcp, udp) = (0..50)
            .find_map(|_| {
                let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).ok()?;
                let udp = UdpSocket::bind(tcp.local_addr().ok()?).ok()?;
                Some((tcp, udp))
            })
            .expect("a port that is free for both");
        let at = tcp.local_addr().expect("a bound socket has an address");
        let shared = Arc::new(Mutex::new(Shared::default()));
        let own = shared.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok((length, peer)) = udp.recv_from(&mut bytes) {
                if let Some(answer) = answer(&own, &bytes[..length], true) {
                    let _ = udp.send_to(&answer, peer);
                }
            }
        });
        let own = shared.clone();
        std::thread::spawn(move || {
            for mut peer in tcp.incoming().flatten() {
                let own = own.clone();
                std::thread::spawn(move || {
                    let mut length = [0; 2];
                    while peer.read_exact(&mut length).is_ok() {
                        let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
                        let read = peer.read_exact(&mut question);
                        let Some(answer) = read.ok().and_then(|()| answer(&own, &question, false)) else {
                            return;
                        };
                        let length = u16::try_from(answer.len()).expect("answers are short");
                        let _ = peer.write_all(&[&length.to_be_bytes(), answer.as_slice()].concat());
                    }
                });
            }
        });
        Self { shared, at }
    }

    /// For `--resolver`.
    pub fn address(&self) -> String {
        self.at.to_string()
    }

    /// Adds a TXT record, in strings of at most 255 bytes.
    pub fn txt(&self, name: &str, text: &str) -> &Self {
        let pieces = text.as_bytes().chunks(255).map(|piece| String::from_utf8(piece.to_vec()));
        self.add(name, RData::TXT(TXT::new(pieces.map(|piece| piece.expect("ASCII")).collect())))
    }

    /// Adds an MX record; an empty host is the null MX.
    pub fn mx(&self, name: &str, preference: u16, host: &str) -> &Self {
        self.add(name, RData::MX(MX::new(preference, full(host))))
    }

    /// Adds an A or AAAA record.
    pub fn a(&self, name: &str, ip: &str) -> &Self {
        let data = match ip.parse().expect("an address") {
            IpAddr::V4(ip) => RData::A(A(ip)),
            IpAddr::V6(ip) => RData::AAAA(AAAA(ip)),
        };
        self.add(name, data)
    }

    /// Adds a PTR record.
    pub fn ptr(&self, ip: &str, name: &str) -> &Self {
        let reverse = Name::from(ip.parse::<IpAddr>().expect("an address"));
        self.add(&reverse.to_ascii(), RData::PTR(PTR(full(name))))
    }

    fn add(&self, name: &str, data: RData) -> &Self {
        let key = (key(name), data.record_type());
        self.shared.lock().expect("nobody panics with it").records.entry(key).or_default().push(data);
        self
    }

    /// Takes away what stands at a name.
    pub fn remove(&self, name: &str) -> &Self {
        let name = key(name);
        self.shared.lock().expect("nobody panics with it").records.retain(|(own, _), _| *own != name);
        self
    }

    /// From now on every answer is SERVFAIL.
    pub fn fail(&self) {
        self.shared.lock().expect("nobody panics with it").is_failing = true;
    }

    /// The names that were asked for over TCP.
    pub fn asked_over_tcp(&self) -> Vec<String> {
        self.shared.lock().expect("nobody panics with it").asked.clone()
    }
}

fn full(name: &str) -> Name {
    let mut name = Name::from_ascii(name).expect("a name");
    name.set_fqdn(true);
    name
}

fn key(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// `None`: that was no question.
fn answer(shared: &Mutex<Shared>, question: &[u8], is_udp: bool) -> Option<Vec<u8>> {
    let question = Message::from_vec(question).ok()?;
    let query = question.queries.first()?.clone();
    let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
    answer.metadata.message_type = MessageType::Response;
    answer.metadata.authoritative = true;
    answer.metadata.recursion_desired = question.metadata.recursion_desired;
    answer.metadata.recursion_available = true;
    answer.add_query(query.clone());
    let name = key(&query.name.to_ascii());
    let mut shared = shared.lock().expect("nobody panics with it");
    if !is_udp {
        shared.asked.push(name.clone());
    }
    let own = shared.records.get(&(name.clone(), query.query_type));
    let is_known = shared.records.keys().any(|(known, _)| *known == name);
    answer.metadata.response_code = match is_known {
        _ if shared.is_failing => ResponseCode::ServFail,
        true => ResponseCode::NoError,
        false => ResponseCode::NXDomain,
    };
    for data in own.into_iter().flatten().filter(|_| !shared.is_failing) {
        answer.add_answer(Record::from_rdata(query.name.clone(), 1, data.clone()));
    }
    let bytes = answer.to_vec().ok()?;
    // As a cautious server does with long answers (RFC 2181 §9).
    if is_udp && bytes.len() > 400 {
        return answer.truncate().to_vec().ok();
    }
    Some(bytes)
}
