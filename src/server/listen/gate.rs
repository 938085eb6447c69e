//! Which connections are let in: so many in all, so many from one address.
//!
//! An address of IPv6 counts as its network of 64 bits, which is what one customer gets. Trusted
//! proxies speak for many and have no limit of their own.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;
use loaders::{ErrorCode, Measure, RequestError};
use tokio::net::TcpStream;

/// Counts the connections that are open.
pub(crate) struct Gate {
    limit: usize,
    limit_per_address: usize,
    proxies: Vec<IpNet>,
    open: Mutex<Open>,
    refused: AtomicU64,
}

#[derive(Default)]
struct Open {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Leave to stay connected; given back when dropped.
#[derive(Debug)]
pub(super) struct Pass {
    gate: Arc<Gate>,
    /// None where only the whole is counted.
    address: Option<IpAddr>,
}

/// Why a connection was not let in.
#[derive(Debug)]
pub(super) struct Refusal(RequestError);

impl Gate {
    pub(crate) fn new(limit: usize, limit_per_address: usize, proxies: Vec<IpNet>) -> Self {
        Self {
            limit,
            limit_per_address,
            proxies,
            open: Mutex::default(),
            refused: AtomicU64::new(0),
        }
    }

    /// How many connections are open.
    pub(crate) fn open(&self) -> usize {
        self.counts(|open| open.all)
    }

    /// How many connections were refused since the start.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Whether a trusted proxy has this address.
    pub(super) fn is_proxy(&self, peer: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.contains(&peer))
    }

    /// Counts a connection in, if there is room for it.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr) -> Result<Pass, Refusal> {
        let address = (!self.is_proxy(peer)).then(|| network_of(peer));
        let admitted = self.counts(|open| {
            if open.all >= self.limit {
                return Err(full("CONNECTIONS_MAX", self.limit));
            }
            if let Some(address) = address {
                let count = open.by_address.entry(address).or_default();
                if *count >= self.limit_per_address {
                    return Err(full("CONNECTIONS_PER_ADDRESS_MAX", self.limit_per_address));
                }
                *count += 1;
            }
            open.all += 1;
            Ok(())
        });
        match admitted {
            Ok(()) => Ok(Pass { gate: self.clone(), address }),
            Err(refusal) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                Err(refusal)
            }
        }
    }

    fn leave(&self, address: Option<IpAddr>) {
        self.counts(|open| {
            open.all -= 1;
            if let Some(Entry::Occupied(mut count)) = address.map(|of| open.by_address.entry(of)) {
                *count.get_mut() -= 1;
                if *count.get() == 0 {
                    count.remove();
                }
            }
        });
    }

    fn counts<T>(&self, look: impl FnOnce(&mut Open) -> T) -> T {
        look(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Gate({} of {})", self.open(), self.limit)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.gate.leave(self.address);
    }
}

impl Refusal {
    /// Says why as far as that goes without waiting for the client, before the connection closes.
    pub(super) fn tell(&self, stream: &TcpStream) {
        let body = serde_json::json!({ "errors": self.0.to_json("") }).to_string();
        let answer = format!(
            "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json; charset=utf-8\r\n\
             retry-after: 1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        // The client sees the connection close, told or not.
        let _ = stream.try_write(answer.as_bytes());
    }
}

fn full(setting: &str, limit: usize) -> Refusal {
    Refusal(RequestError::limit(
        ErrorCode::Overloaded,
        Measure::of(limit, limit + 1),
        format!("no more than {limit} connections are taken ({setting}): use those you have"),
    ))
}

/// What one customer has: an address of IPv4, a network of IPv6.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(limit: usize, per_address: usize) -> Arc<Gate> {
        let proxies = vec!["10.0.0.0/8".parse().unwrap(), "2001:db8:ff::/48".parse().unwrap()];
        Arc::new(Gate::new(limit, per_address, proxies))
    }

    fn admit(gate: &Arc<Gate>, address: &str) -> Result<Pass, String> {
        gate.admit(address.parse().unwrap()).map_err(|Refusal(error)| error.to_string())
    }

    #[test]
    fn one_address_has_its_share_and_gets_it_back() {
        let gate = gate(10, 2);
        let one = admit(&gate, "192.0.2.1").unwrap();
        let _other = admit(&gate, "192.0.2.1").unwrap();
        let refused = admit(&gate, "192.0.2.1").unwrap_err();
        assert!(refused.contains("2 connections") && refused.contains("PER_ADDRESS"), "{refused}");
        let _neighbour = admit(&gate, "192.0.2.2").unwrap();
        assert_eq!((gate.open(), gate.refused()), (3, 1));
        drop(one);
        assert_eq!(gate.open(), 2);
        let _again = admit(&gate, "192.0.2.1").unwrap();
    }

    #[test]
    fn a_network_of_ipv6_is_one_customer() {
        let gate = gate(10, 1);
        let _one = admit(&gate, "2001:db8::1").unwrap();
        assert!(admit(&gate, "2001:db8::ffff:2").is_err());
        let _other = admit(&gate, "2001:db8:0:1::1").unwrap();
    }

    #[test]
    fn a_proxy_is_bounded_by_the_whole_only() {
        let gate = gate(3, 1);
        let mut kept = Vec::new();
        for _ in 0..2 {
            kept.push(admit(&gate, "10.1.2.3").unwrap());
        }
        kept.push(admit(&gate, "2001:db8:ff::7").unwrap());
        assert!(admit(&gate, "10.1.2.3").unwrap_err().contains("CONNECTIONS_MAX"));
        kept.clear();
        assert_eq!(gate.open(), 0);
        assert!(gate.open.lock().unwrap().by_address.is_empty());
    }
}
