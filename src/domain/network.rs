//! IP networks.

use std::net::IpAddr;



#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_own_addresses_only() {
        let net = |address: &str, prefix| Network { address: address.parse().unwrap(), prefix };
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(net("10.0.0.0", 8).contains(ip("10.255.0.1")));
        assert!(net("10.0.0.0", 8).contains(ip("::ffff:10.0.0.1")));
        assert!(!net("10.0.0.0", 8).contains(ip("11.0.0.1")));
        assert!(net("0.0.0.0", 0).contains(ip("203.0.113.9")));
        assert!(!net("0.0.0.0", 0).contains(ip("2001:db8::1")));
        assert!(net("2001:db8::", 32).contains(ip("2001:db8:1::1")));
        assert!(net("127.0.0.1", 32).contains(ip("127.0.0.1")));
        assert!(!net("127.0.0.1", 32).contains(ip("127.0.0.2")));
    }
}
