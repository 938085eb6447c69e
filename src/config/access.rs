//! The settings of access: what proves who is asking, how long it counts, and whose word is taken.

use std::fmt;
use std::time::Duration;

use data_encoding::BASE64;
use jsonwebtoken::Algorithm;

use super::reader::{Reader, Setting};
use super::value;

/// What proves who is asking, how long it counts, and whose word is taken.
#[derive(Debug, Clone)]
pub struct AccessConfig {
    /// Encrypts what must be readable again: signing keys, secrets of authenticators. Needed to
    /// serve, not to migrate or import.
    pub secret_key: Option<SecretKey>,
    /// Keys that were `secret_key` before: they still decrypt.
    pub secret_keys_previous: Vec<SecretKey>,
    /// Where people reach the front end: an origin, without a slash at its end.
    pub public_url: String,
    /// How long an access token counts.
    pub access_token_lifetime: Duration,
    /// How long a session lives without being refreshed.
    pub refresh_token_lifetime: Duration,
    /// How long a session lives at most.
    pub session_lifetime: Duration,
    /// How many sessions and keys are remembered with what they may do.
    pub sessions_cached_max: usize,
    /// How many API keys a user may have that count.
    pub api_keys_max: u32,
    /// How long an API key counts at most.
    pub api_key_lifetime_max: Duration,
    /// The outside issuer whose tokens are taken, if there is one.
    pub outside_issuer: Option<OutsideIssuer>,
    /// How far other clocks may be off.
    pub clock_skew_max: Duration,
    /// How much memory hashing a password takes, in KiB.
    pub password_hash_memory: u32,
    /// How often hashing a password goes through that memory.
    pub password_hash_iterations: u32,
    /// How many passwords are hashed at once.
    pub password_hashes_max: usize,
    /// How many more wait for that.
    pub password_hash_queue_max: usize,
    /// How many characters a password has at least.
    pub password_length_min: usize,
    /// How many it has at least beside a second factor.
    pub password_length_min_with_second_factor: usize,
    /// How many characters a password has at most.
    pub password_length_max: usize,
    /// How long an invitation can be accepted.
    pub invitation_lifetime: Duration,
    /// For how long a role is given at most to somebody who asks for it.
    pub elevation_max: Duration,
    /// How long such a request waits for a decision.
    pub elevation_request_lifetime: Duration,
    /// How long a step waits for its second factor.
    pub challenge_lifetime: Duration,
    /// How long a session counts as confirmed.
    pub confirmation_lifetime: Duration,
    /// How many passkeys a user has at most.
    pub passkeys_max: usize,
}

/// An issuer of tokens outside this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideIssuer {
    /// What its tokens say in `iss`.
    pub issuer: String,
    /// What its tokens for us say in `aud`.
    pub audience: String,
    /// Where its public keys are.
    pub jwks_url: String,
    /// The one algorithm that it signs with.
    pub algorithm: Algorithm,
}

/// A key of 32 random bytes. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// A key of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes, for a cipher.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// As `SECRET_KEY` has it.
    pub fn to_base64(&self) -> String {
        BASE64.encode(&self.0)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl AccessConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        reader.section("Access");
        Self {
            secret_key: reader.read(
                Setting::new(
                    "SECRET_KEY",
                    "",
                    "32 random bytes in base64, needed to serve: agent-free keys new-secret prints some.\n\
                     They encrypt signing keys and secrets of authenticators in the database.",
                )
                .hiding(value::hide),
                value::optional(secret_key),
            ),
            secret_keys_previous: reader.read(
                Setting::new(
                    "SECRET_KEYS_PREVIOUS",
                    "",
                    "What SECRET_KEY was before, with commas between: what they encrypted stays readable.",
                )
                .hiding(value::hide),
                value::list(secret_key),
            ),
            public_url: reader.read(
                Setting::new(
                    "PUBLIC_URL",
                    "http://127.0.0.1:8080",
                    "Where people reach the front end, such as https://deals.example: it stands in mails,\n\
                     in tokens as their issuer, and passkeys are bound to it.",
                ),
                value::origin,
            ),
            access_token_lifetime: reader.read(
                Setting::new(
                    "ACCESS_TOKEN_LIFETIME",
                    "10m",
                    "How long an access token counts before it must be refreshed: 90s, 10m, 24h, 30d.",
                ),
                value::lifetime,
            ),
            refresh_token_lifetime: reader.read(
                Setting::new(
                    "REFRESH_TOKEN_LIFETIME",
                    "30d",
                    "How long a session lives without being refreshed, longer than an access token.",
                ),
                value::lifetime,
            ),
            session_lifetime: reader.read(
                Setting::new(
                    "SESSION_LIFETIME",
                    "90d",
                    "How long a session lives however often it is refreshed.",
                ),
                value::lifetime,
            ),
            sessions_cached_max: reader.read(
                Setting::new(
                    "SESSIONS_CACHED_MAX",
                    "10000",
                    "How many sessions and API keys are remembered with what they may do.",
                ),
                value::whole(1, 10_000_000),
            ),
            api_keys_max: reader.read(
                Setting::new("API_KEYS_MAX", "20", "How many API keys one user may have at once."),
                value::whole(0, 10_000),
            ),
            api_key_lifetime_max: reader.read(
                Setting::new(
                    "API_KEY_LIFETIME_MAX",
                    "366d",
                    "How far ahead the end of an API key may be set.",
                ),
                value::lifetime,
            ),
            outside_issuer: Self::read_outside_issuer(reader),
            clock_skew_max: reader.read(
                Setting::new(
                    "CLOCK_SKEW_MAX",
                    "30s",
                    "How far the clocks of those who issue and check tokens may differ.",
                ),
                value::duration_or_zero,
            ),
            password_hash_memory: reader.read(
                Setting::new(
                    "PASSWORD_HASH_MEMORY",
                    "19456",
                    "How many KiB hashing a password takes (argon2id), from 8192.",
                ),
                value::whole(8192, 4_194_304),
            ),
            password_hash_iterations: reader.read(
                Setting::new(
                    "PASSWORD_HASH_ITERATIONS",
                    "2",
                    "How often hashing a password goes through that memory.",
                ),
                value::whole(1, 100),
            ),
            password_hashes_max: reader.read(
                Setting::new(
                    "PASSWORD_HASHES_MAX",
                    "2",
                    "How many passwords are hashed at once; other sign-ins wait.",
                ),
                value::whole(1, 1000),
            ),
            password_hash_queue_max: reader.read(
                Setting::new(
                    "PASSWORD_HASH_QUEUE_MAX",
                    "32",
                    "How many passwords wait to be hashed; beyond that sign-ins are turned away, and\n\
                     other requests go on. Less than REQUESTS_MAX.",
                ),
                value::whole(0, 100_000),
            ),
            password_length_min: reader.read(
                Setting::new(
                    "PASSWORD_LENGTH_MIN",
                    "15",
                    "How many characters a password has at least.",
                ),
                value::whole(8, 1000),
            ),
            password_length_min_with_second_factor: reader.read(
                Setting::new(
                    "PASSWORD_LENGTH_MIN_WITH_SECOND_FACTOR",
                    "8",
                    "The same beside a second factor, at most PASSWORD_LENGTH_MIN.",
                ),
                value::whole(8, 1000),
            ),
            password_length_max: reader.read(
                Setting::new(
                    "PASSWORD_LENGTH_MAX",
                    "256",
                    "How many characters a password has at most.",
                ),
                value::whole(64, 10_000),
            ),
            elevation_max: reader.read(
                Setting::new(
                    "ELEVATION_MAX",
                    "8h",
                    "For how long a role is given at most to somebody who asks for it for a limited time.",
                ),
                value::lifetime,
            ),
            elevation_request_lifetime: reader.read(
                Setting::new(
                    "ELEVATION_REQUEST_LIFETIME",
                    "1d",
                    "How long such a request waits for somebody to decide it.",
                ),
                value::lifetime,
            ),
            challenge_lifetime: reader.read(
                Setting::new(
                    "CHALLENGE_LIFETIME",
                    "5m",
                    "How long a sign-in waits for its second factor, and a new one for its first use.",
                ),
                value::lifetime,
            ),
            confirmation_lifetime: reader.read(
                Setting::new(
                    "CONFIRMATION_LIFETIME",
                    "10m",
                    "How long after a sign-in or reauthenticate a session may change second factors.",
                ),
                value::lifetime,
            ),
            passkeys_max: reader.read(
                Setting::new("PASSKEYS_MAX", "20", "How many passkeys a user has at most."),
                value::whole(1, 100),
            ),
            invitation_lifetime: reader.read(
                Setting::new(
                    "INVITATION_LIFETIME",
                    "7d",
                    "How long an invitation to a firm or a property can be accepted.",
                ),
                value::lifetime,
            ),
        }
    }

    /// All four or none.
    fn read_outside_issuer(reader: &mut Reader) -> Option<OutsideIssuer> {
        let any = value::optional(|text| Ok(text.to_owned()));
        let issuer = reader.read(
            Setting::new(
                "AUTH_ISSUER",
                "",
                "An outside issuer whose tokens are taken as well: what they say in iss. Empty: none.",
            ),
            &any,
        );
        let audience = reader.read(
            Setting::new("AUTH_AUDIENCE", "", "What its tokens for this server say in aud."),
            &any,
        );
        let jwks_url = reader.read(
            Setting::new("AUTH_JWKS_URL", "", "Where its public keys are, as a JSON Web Key Set."),
            value::optional(value::web_url),
        );
        let algorithm = reader.read(
            Setting::new(
                "AUTH_ALGORITHM",
                "",
                "The one algorithm that it signs with: EdDSA, ES256, ES384, PS256, PS384, PS512,\n\
                 RS256, RS384 or RS512.",
            ),
            value::optional(value::one_of(&ALGORITHMS)),
        );
        for name in ["AUTH_AUDIENCE", "AUTH_JWKS_URL", "AUTH_ALGORITHM"] {
            reader.together("AUTH_ISSUER", name);
        }
        Some(OutsideIssuer {
            issuer: issuer?,
            audience: audience?,
            jwks_url: jwks_url?,
            algorithm: algorithm?,
        })
    }
}

/// None of them signs with a key that checks as well.
const ALGORITHMS: [(&str, Algorithm); 9] = [
    ("EdDSA", Algorithm::EdDSA),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
];

fn secret_key(text: &str) -> Result<SecretKey, String> {
    let bytes = BASE64.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.map(SecretKey).ok_or_else(|| "is not base64 of 32 bytes".into())
}
