//! Which addresses of the Internet are everybody's to call.

use std::{net::IpAddr, sync::LazyLock};

use ipnet::IpNet;

/// Networks with a special purpose, by the registries of IANA (RFC 6890), and those of multicast. Of IPv6 only what is
/// assigned for global unicast counts as public, less these parts of it.
const SPECIAL: [&str; 19] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    // Assignments to protocols, Teredo among them, which wraps an address of IPv4, as 6to4 does.
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
];
const GLOBAL_UNICAST: &str = "2000::/3";

struct Networks {
    special: Vec<IpNet>,
    global_unicast: IpNet,
}

static NETWORKS: LazyLock<Networks> = LazyLock::new(|| {
    let network = |text: &str| text.parse().expect("the lists are of networks");
    Networks { special: SPECIAL.into_iter().map(network).collect(), global_unicast: network(GLOBAL_UNICAST) }
});

/// Whether an address is of no network with a special purpose: none of this machine, of a private network, of a link,
/// of a group. One of IPv4 that is wrapped in IPv6 counts as itself.
pub(super) fn is_public(address: IpAddr) -> bool {
    let address = address.to_canonical();
    let assigned = address.is_ipv4() || NETWORKS.global_unicast.contains(&address);
    assigned && !NETWORKS.special.iter().any(|network| network.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_networks_are_not_public() {
        for text in ["1.1.1.1", "93.184.215.14", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "::ffff:1.1.1.1"] {
            assert!(is_public(text.parse().expect("an address")), "{text}");
        }
        for text in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.2.1",
            "192.168.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:a00:1::",
            "fc00::1",
            "fd00::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(text.parse().expect("an address")), "{text}");
        }
    }
}
