//! Who sent a request: the address at the other end, or what a trusted proxy says of it.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address. Each trusted proxy is believed about the one before it, so what a client
/// writes into these headers itself counts for nothing.
pub(super) fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
    let trusted = |address: &IpAddr| proxies.iter().any(|network| network.contains(address));
    if !trusted(&peer) {
        return peer;
    }
    let first_untrusted = |hops: Vec<Option<IpAddr>>| {
        let mut client = peer;
        for hop in hops.into_iter().rev() {
            // What cannot be read says nothing, and nothing of those before it.
            let Some(hop) = hop else { break };
            client = hop;
            if !trusted(&hop) {
                break;
            }
        }
        client
    };
    match (hops(headers, &FORWARDED_FOR, plain), hops(headers, &header::FORWARDED, forwarded)) {
        (plain, none) if none.is_empty() => first_untrusted(plain),
        (none, forwarded) if none.is_empty() => first_untrusted(forwarded),
        // A proxy writes one of the two and may let the client's own other one through.
        (plain, forwarded) => {
            let (plain, forwarded) = (first_untrusted(plain), first_untrusted(forwarded));
            if plain == forwarded { plain } else { peer }
        }
    }
}

/// The items of a list that may stand in several lines of the same name.
fn hops(
    headers: &HeaderMap,
    name: &HeaderName,
    read: fn(&str) -> Option<IpAddr>,
) -> Vec<Option<IpAddr>> {
    let lines = headers.get_all(name).iter();
    lines
        .flat_map(|line| line.to_str().unwrap_or("?").split(','))
        .map(|item| read(item.trim()))
        .collect()
}

/// An item of `X-Forwarded-For`: an address, perhaps with a port.
fn plain(item: &str) -> Option<IpAddr> {
    let bare = item.strip_prefix('[').and_then(|item| item.strip_suffix(']')).unwrap_or(item);
    let address = bare.parse().ok().or_else(|| Some(item.parse::<SocketAddr>().ok()?.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// An item of `Forwarded`: `for=` among other pairs, quoted where it has a colon.
fn forwarded(item: &str) -> Option<IpAddr> {
    let mut pairs = item.split(';').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    plain(value.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client_of(peer: &str, headers: &[(&str, &str)]) -> String {
        let proxies = ["10.0.0.0/8", "::1/128", "2001:db8::/32"].map(|text| text.parse().unwrap());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            map.append(name, value.parse().unwrap());
        }
        client(peer.parse().unwrap(), &map, &proxies).to_string()
    }

    #[test]
    fn a_stranger_is_believed_nothing() {
        let headers = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.1")];
        assert_eq!(client_of("198.51.100.7", &headers), "198.51.100.7");
        assert_eq!(client_of("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn the_last_hop_that_no_proxy_vouches_for_is_the_client() {
        let table = [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.9, 192.0.2.1", "192.0.2.1"),
            ("192.0.2.1, 10.1.1.1, 10.2.2.2", "192.0.2.1"),
            ("10.1.1.1, 10.2.2.2", "10.1.1.1"),
            ("192.0.2.1:4711", "192.0.2.1"),
            ("[2001:db9::1]:80", "2001:db9::1"),
            ("[2001:db9::1]", "2001:db9::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("192.0.2.1, unknown, 10.2.2.2", "10.2.2.2"),
            ("nonsense", "10.0.0.1"),
            ("", "10.0.0.1"),
        ];
        for (list, client) in table {
            assert_eq!(client_of("10.0.0.1", &[("x-forwarded-for", list)]), client, "{list}");
        }
        let lines = [("x-forwarded-for", "192.0.2.1"), ("x-forwarded-for", "10.0.0.2")];
        assert_eq!(client_of("::1", &lines), "192.0.2.1");
    }

    #[test]
    fn the_standard_header_says_the_same() {
        let table = [
            ("for=192.0.2.1", "192.0.2.1"),
            ("by=10.0.0.9;For=192.0.2.1;proto=https", "192.0.2.1"),
            ("for=192.0.2.9, for=\"[2001:db9::1]:4711\"", "2001:db9::1"),
            ("for=192.0.2.1, for=_hidden", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
        ];
        for (list, client) in table {
            assert_eq!(client_of("10.0.0.1", &[("forwarded", list)]), client, "{list}");
        }
    }

    #[test]
    fn of_two_headers_that_differ_neither_is_believed() {
        let both = |plain, forwarded| {
            client_of("10.0.0.1", &[("x-forwarded-for", plain), ("forwarded", forwarded)])
        };
        assert_eq!(both("192.0.2.1", "for=192.0.2.1"), "192.0.2.1");
        assert_eq!(both("192.0.2.1", "for=192.0.2.9"), "10.0.0.1");
    }
}
