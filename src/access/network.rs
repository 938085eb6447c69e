//! What one customer of the internet has: an address of IPv4, a network of 64 bits of IPv6.

use std::net::{IpAddr, Ipv6Addr};

/// The address by which limits know a client.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
        address => address,
    }
}
