//! Free loopback ports, and waiting until somebody listens on one.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// A port that nobody held a moment ago.
pub fn free() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// Polls until `port` takes a connection.
pub fn wait_until_open(port: u16, whose: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        assert!(Instant::now() < deadline, "{whose} does not listen on port {port}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
