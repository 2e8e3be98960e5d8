//! Who sent a request: the connection that it came by, and the address that counts as the caller's.

use std::net::{IpAddr, SocketAddr};

use http::{Extensions, HeaderMap};
use ipnet::IpNet;

/// Where a proxy says for whom it asks.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The other end of a connection, as an extension of its requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// The address that counts as a request's sender, as an extension of it.
#[derive(Clone, Copy, Debug)]
struct Client(IpAddr);

/// Tells a request where it comes from.
pub(crate) fn attach(peer: Peer, proxies: &[IpNet], headers: &HeaderMap, extensions: &mut Extensions) {
    extensions.insert(peer);
    extensions.insert(Client(resolve(peer.0.ip(), proxies, headers)));
}

/// The address that a request comes from.
pub(crate) fn client_address(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<Client>().map(|client| client.0)
}

/// The sender, as far as it is believed. Anybody may write `X-Forwarded-For`, and proxies add to its end
/// whom they were asked by: so it is read from the end, and only as long as a trusted proxy has written
/// it.
fn resolve(peer: IpAddr, proxies: &[IpNet], headers: &HeaderMap) -> IpAddr {
    let is_trusted = |address: IpAddr| proxies.iter().any(|network| network.contains(&address));
    let mut sender = peer.to_canonical();
    let lines: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
    let hops = lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    for hop in hops {
        if !is_trusted(sender) {
            break;
        }
        let Some(address) = std::str::from_utf8(hop).ok().and_then(address) else {
            break;
        };
        sender = address;
    }
    sender
}

/// An address, as some proxies write it with its port or in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn sender(peer: &str, proxies: &[&str], lines: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
        }
        let proxies: Vec<_> = proxies.iter().map(|network| network.parse().expect("a network")).collect();
        resolve(peer.parse().expect("an address"), &proxies, &headers).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let (proxy, chain) = (["10.0.0.0/8"], ["192.0.2.1, 10.0.0.2"]);
        for (peer, proxies, lines, expected) in [
            ("198.51.100.7", &[][..], &["192.0.2.1"][..], "198.51.100.7"),
            ("127.0.0.1", &[], &["192.0.2.1"], "127.0.0.1"),
            ("198.51.100.7", &proxy, &["192.0.2.1"], "198.51.100.7"),
            ("10.0.0.1", &proxy, &[], "10.0.0.1"),
            ("10.0.0.1", &proxy, &["192.0.2.1"], "192.0.2.1"),
            ("::ffff:10.0.0.1", &proxy, &["192.0.2.1"], "192.0.2.1"),
            ("10.0.0.1", &proxy, &chain, "192.0.2.1"),
            // Whoever asks the proxy may have written what comes before.
            ("10.0.0.1", &proxy, &["127.0.0.1, 203.0.113.9, 192.0.2.1"], "192.0.2.1"),
            ("10.0.0.1", &proxy, &["203.0.113.9", "192.0.2.1", "10.0.0.3"], "192.0.2.1"),
            ("10.0.0.1", &proxy, &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", &proxy, &["192.0.2.1, unknown, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &proxy, &["192.0.2.1:4711"], "192.0.2.1"),
            ("10.0.0.1", &proxy, &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("10.0.0.1", &proxy, &["[2001:db8::1]"], "2001:db8::1"),
            ("2001:db8::2", &["2001:db8::/32"], &["2001:db9::1"], "2001:db9::1"),
        ] {
            assert_eq!(sender(peer, proxies, lines), expected, "{peer} {proxies:?} {lines:?}");
        }
    }
}
