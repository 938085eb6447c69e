//! The settings against abuse: how much one viewer and one address may ask for in a while, and how
//! long who guesses has to wait.

use std::time::Duration;

use stores::rate_limits::{Bucket, RedisUrl};

use super::reader::{Reader, Setting};
use super::value;

/// How much one viewer and one address may ask for in a while, and how long who guesses waits.
#[derive(Debug, Clone)]
pub struct RateLimitsConfig {
    /// The Redis that keeps the counts of several servers, if there is one.
    pub redis_url: Option<RedisUrl>,
    /// What one viewer's operations may cost.
    pub viewer: Option<Bucket>,
    /// What the operations of one address may cost.
    pub address: Option<Bucket>,
    /// How often a mutation of this name may be called by one address, and by one viewer.
    pub mutations: Vec<(String, Bucket)>,
    /// How many viewers and addresses are counted at once where there is no Redis.
    pub keys_max: usize,
    /// The failure in a row that locks an account.
    pub lockout_after: u32,
    /// The failure in a row that locks an address.
    pub lockout_address_after: u32,
    /// How long the first lock holds.
    pub lockout_base: Duration,
    /// How long a lock holds at most.
    pub lockout_max: Duration,
}

/// Those that try a secret, send a mail, or leave a row behind for whoever calls.
const MUTATIONS: &str = "signIn 20/1m, answerChallenge 20/1m, beginPasskeySignIn 30/1m, finishPasskeySignIn 20/1m, \
    reauthenticate 20/1m, refreshSession 120/1m, signUp 10/1h, verifyEmail 20/1h, requestPasswordReset 10/1h, resetPassword 20/1h, \
    changeEmail 10/1h, requestContactVerification 10/1h, inviteColleague 60/1h, inviteParty 60/1h, acceptInvitation 30/1h, \
    requestElevation 10/1h";

impl RateLimitsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        reader.section("Rate limits and lock-out");
        Self {
            redis_url: reader.read(
                Setting::new(
                    "REDIS_URL",
                    "",
                    "A Redis that several servers share, such as redis://:password@127.0.0.1:6379/0.\n\
                     Empty: each server counts for itself, and PostgreSQL keeps who is locked out.",
                )
                .hiding(value::hide_password),
                value::optional(|text| RedisUrl::parse(text).map_err(|error| error.to_string())),
            ),
            viewer: reader.read(
                Setting::new(
                    "RATE_LIMIT_VIEWER",
                    "2000000/1m",
                    "What the operations of one signed-in user may cost in a while, all at once or one\n\
                     after the other: cost/time, or off.",
                ),
                optional_bucket,
            ),
            address: reader.read(
                Setting::new(
                    "RATE_LIMIT_ADDRESS",
                    "10000000/1m",
                    "The same of all who come from one address. Each request costs 100 besides.",
                ),
                optional_bucket,
            ),
            mutations: reader.read(
                Setting::new(
                    "RATE_LIMIT_MUTATIONS",
                    MUTATIONS,
                    "How often mutations may be called from one address, and by one user: name count/time.",
                ),
                value::list(named_bucket),
            ),
            keys_max: reader.read(
                Setting::new(
                    "RATE_LIMIT_KEYS_MAX",
                    "100000",
                    "How many users and addresses are counted at once without a Redis; who has not been\n\
                     seen for longest is forgotten.",
                ),
                value::whole(1000, 100_000_000),
            ),
            lockout_after: reader.read(
                Setting::new(
                    "LOCKOUT_AFTER",
                    "5",
                    "How many failed sign-ins in a row lock an account, whether there is one or not.",
                ),
                value::whole(1, 100),
            ),
            lockout_address_after: reader.read(
                Setting::new(
                    "LOCKOUT_ADDRESS_AFTER",
                    "20",
                    "How many failed sign-ins in a row, to any accounts, lock an address.",
                ),
                value::whole(1, 10_000),
            ),
            lockout_base: reader.read(
                Setting::new(
                    "LOCKOUT_BASE",
                    "30s",
                    "How long the first lock holds; each further failure doubles it.",
                ),
                value::duration,
            ),
            lockout_max: reader.read(
                Setting::new(
                    "LOCKOUT_MAX",
                    "1h",
                    "How long a lock holds at most. After as long without a failure all is forgotten.",
                ),
                value::duration,
            ),
        }
    }
}

fn optional_bucket(text: &str) -> Result<Option<Bucket>, String> {
    if text == "off" { Ok(None) } else { bucket(text).map(Some) }
}

fn bucket(text: &str) -> Result<Bucket, String> {
    let parts = text.split_once('/').and_then(|(capacity, period)| {
        let capacity = capacity.trim().parse().ok()?;
        let period = value::duration(period.trim()).ok()?;
        (1..=1_000_000_000_000).contains(&capacity).then_some(Bucket { capacity, period })
    });
    parts.ok_or_else(|| "has something in it that is no number/time, such as 20/1m".to_owned())
}

fn named_bucket(text: &str) -> Result<(String, Bucket), String> {
    match text.split_once(' ') {
        Some((name, limit)) => Ok((name.to_owned(), bucket(limit)?)),
        None => Err("has something in it that is not of the form signIn 20/1m".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_a_number_in_a_time() {
        let minute = Duration::from_secs(60);
        assert_eq!(bucket("20/1m"), Ok(Bucket { capacity: 20, period: minute }));
        assert_eq!(optional_bucket("off"), Ok(None));
        for wrong in ["", "20", "20/", "/1m", "0/1m", "20/1y", "-1/1m", "signIn"] {
            assert!(optional_bucket(wrong).is_err(), "{wrong}");
        }
        let named = ("signIn".to_owned(), Bucket { capacity: 20, period: minute });
        assert_eq!(named_bucket("signIn 20/1m"), Ok(named));
        assert!(named_bucket("signIn").is_err());
    }
}
