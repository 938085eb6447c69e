//! Who guesses waits: after some failures in a row, each further one locks for twice as long. Per
//! account, and per address.
//!
//! Promises: an attempt counts as a failure before its outcome is known, so that guesses at once
//! fare no better than one after the other; an account that does not exist is locked like one that
//! does; a success clears its account and no more than its own attempt of its address, so that
//! nobody buys guesses with an account of his own.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use loaders::{RequestError, UserError, UserErrorCode};
use sha2::{Digest, Sha256};
use stores::rate_limits::{Backoff, Chosen, RateLimits, Reserved};

use super::network::network_of;
use crate::config::RateLimitsConfig;

/// Counts failures in the rate-limit store.
pub struct Lockout {
    store: Arc<Chosen>,
    account: Backoff,
    address: Backoff,
}

/// Whether a guess may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// It may, and counts as failed until [`Lockout::succeeded`].
    Allowed,
    /// Not before then.
    LockedUntil(DateTime<Utc>),
}

impl Lockout {
    /// With the numbers of this configuration.
    pub fn new(store: Arc<Chosen>, config: &RateLimitsConfig) -> Self {
        let backoff =
            |after| Backoff { after, base: config.lockout_base, maximum: config.lockout_max };
        Self {
            store,
            account: backoff(config.lockout_after),
            address: backoff(config.lockout_address_after),
        }
    }

    /// Asks for one guess from this address. `guessed` names what is guessed: `password:` and the
    /// e-mail as it was typed, `code:` and the id of a user. Only its hash is kept; large and small
    /// letters are one.
    ///
    /// # Errors
    /// The store is away.
    pub async fn reserve(&self, guessed: &str, address: IpAddr) -> Result<Attempt, RequestError> {
        let by_address = key_of_address(address);
        if let Reserved::LockedFor(left) = self.store.reserve(&by_address, self.address).await? {
            return Ok(Attempt::locked_for(left));
        }
        match self.store.reserve(&key_of(guessed), self.account).await? {
            Reserved::Allowed => Ok(Attempt::Allowed),
            Reserved::LockedFor(left) => {
                self.store.give_back(&by_address).await?;
                Ok(Attempt::locked_for(left))
            }
        }
    }

    /// The guess that was reserved was right.
    ///
    /// # Errors
    /// The store is away.
    pub async fn succeeded(&self, guessed: &str, address: IpAddr) -> Result<(), RequestError> {
        self.store.clear(&key_of(guessed)).await?;
        self.store.give_back(&key_of_address(address)).await
    }
}

impl Attempt {
    fn locked_for(left: Duration) -> Self {
        Self::LockedUntil(Utc::now() + left)
    }

    /// What to answer to a guess that may not be made, at this path of the input.
    pub fn refusal(&self, path: &[&str]) -> Option<UserError> {
        let Self::LockedUntil(until) = self else { return None };
        // The next whole second: before it nobody gets in.
        let until = (*until + Duration::from_secs(1)).to_rfc3339_opts(SecondsFormat::Secs, true);
        let message = format!("too many attempts have failed: try again after {until}");
        Some(UserError::new(UserErrorCode::LockedOut, path, message))
    }
}

impl std::fmt::Debug for Lockout {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { account, address, .. } = self;
        write!(formatter, "Lockout {{ account: {account:?}, address: {address:?} }}")
    }
}

/// A hash, because the store has no business knowing who has no account here.
fn key_of(guessed: &str) -> String {
    let hash = Sha256::digest(guessed.trim().to_lowercase());
    hash.iter().fold("guessed:".to_owned(), |key, byte| key + &format!("{byte:02x}"))
}

fn key_of_address(address: IpAddr) -> String {
    format!("address:{}", network_of(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_typed_in_many_ways() {
        assert_eq!(key_of("password:Ada@Example.test "), key_of("password:ada@example.test"));
        assert_ne!(key_of("password:ada@example.test"), key_of("code:ada@example.test"));
    }

    #[test]
    fn a_network_of_ipv6_is_one_customer() {
        let key = |address: &str| key_of_address(address.parse().unwrap());
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:2"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    }
}
