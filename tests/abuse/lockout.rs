//! Guessing: many passwords for one account, one password for many accounts, all at once.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use agent_free::access::Lockout;
use agent_free::access::lockout::Attempt;
use futures_util::future::join_all;
use stores::rate_limits::{Chosen, Embedded};

use crate::support::{TestDatabase, default_config};

fn lockout(database: &TestDatabase) -> Lockout {
    let config = default_config(database);
    let pool = database.url().parse().unwrap();
    let pool = loaders::Pool::new(pool, 4, Duration::from_secs(30)).unwrap();
    let store = Chosen::new(None, Embedded::new(pool, 1000));
    Lockout::new(Arc::new(store), &config.rate_limits)
}

fn address(number: u8) -> IpAddr {
    [192, 0, 2, number].into()
}

async fn may(lockout: &Lockout, account: &str, address: IpAddr) -> bool {
    lockout.reserve(account, address).await.unwrap() == Attempt::Allowed
}

#[tokio::test]
async fn one_account_is_guessed_at_five_times_from_however_many_addresses() {
    let database = TestDatabase::new().await;
    let lockout = lockout(&database);
    let guesses = (0..40).map(|number| may(&lockout, "password:ada@example.test", address(number)));
    let allowed = join_all(guesses).await.into_iter().filter(|allowed| *allowed).count();
    assert_eq!(allowed, 5);
    assert!(may(&lockout, "password:bob@example.test", address(1)).await);
    assert!(may(&lockout, "code:ada@example.test", address(1)).await, "another secret");
    let Attempt::LockedUntil(until) =
        lockout.reserve("password:Ada@Example.Test", address(99)).await.unwrap()
    else {
        panic!("large letters are another account");
    };
    assert!(until > chrono::Utc::now());
}

#[tokio::test]
async fn one_address_tries_twenty_accounts() {
    let database = TestDatabase::new().await;
    let lockout = lockout(&database);
    let mut allowed = 0;
    for number in 0..60 {
        allowed += u32::from(may(&lockout, &format!("password:{number}@b.test"), address(1)).await);
    }
    assert_eq!(allowed, 20);
    assert!(may(&lockout, "password:0@b.test", address(2)).await, "others are not held off");
    // A network of IPv6 is one customer.
    let mut allowed = 0;
    for number in 0..60_u16 {
        let address = IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, number]);
        allowed += u32::from(may(&lockout, &format!("password:{number}@c.test"), address).await);
    }
    assert_eq!(allowed, 20);
}

#[tokio::test]
async fn an_account_of_ones_own_buys_no_guesses() {
    let database = TestDatabase::new().await;
    let lockout = lockout(&database);
    let mut allowed = 0;
    for number in 0..60 {
        allowed += u32::from(may(&lockout, &format!("password:{number}@b.test"), address(1)).await);
        if may(&lockout, "password:own@b.test", address(1)).await {
            lockout.succeeded("password:own@b.test", address(1)).await.unwrap();
        }
    }
    assert_eq!(allowed, 20);
}

#[tokio::test]
async fn who_signs_in_is_never_locked_out() {
    let database = TestDatabase::new().await;
    let lockout = lockout(&database);
    for _ in 0..60 {
        assert!(may(&lockout, "password:ada@example.test", address(1)).await);
        lockout.succeeded("password:ada@example.test", address(1)).await.unwrap();
    }
}

#[tokio::test]
async fn a_locked_account_does_not_lock_the_address_of_who_tries_it() {
    let database = TestDatabase::new().await;
    let lockout = lockout(&database);
    for _ in 0..60 {
        may(&lockout, "password:ada@example.test", address(1)).await;
    }
    assert!(may(&lockout, "password:bob@example.test", address(1)).await);
}
