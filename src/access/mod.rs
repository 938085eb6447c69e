//! Who is asking, by what he proves it, and what he may do.
//!
//! - [`Access`] issues and checks tokens and remembers who may do what. [`RequestContext`] is one
//!   request as mutations see it.
//! - `identify` goes from a request's headers to its viewer, `token`, `api_key` and `issuer` check
//!   what it brings, `cookies` and `csrf` are for browsers.
//! - `keys` sign and check, `cache` remembers, `listener` hears what must be forgotten.
//! - `password`, `factors`, `lockout`, `security_event`, `secret_box` and `opaque` are what signing in
//!   is made of.
//!
//! What always holds:
//! - a credential that does not count is refused, and never taken for nobody;
//! - secrets that are compared are kept as hashes, those that are read again are encrypted;
//! - what a session, a user or a role may no longer do ends with the next request.

pub mod api_key;
mod cache;
pub mod challenge;
mod context;
pub mod cookies;
mod crypto;
pub mod csrf;
pub mod factors;
mod identify;
mod issuer;
pub(crate) mod keys;
mod listener;
pub mod lockout;
mod network;
pub mod opaque;
mod outside_users;
pub mod password;
pub mod password_rules;
pub mod secret_box;
mod security_event;
pub mod session;
mod token;

use std::fmt;
use std::sync::Arc;

use loaders::{Pool, Viewer};
use thiserror::Error;
use uuid::Uuid;

use self::cache::Sessions;
pub use self::context::{Credential, RequestContext};
pub use self::identify::Identified;
pub(crate) use self::identify::write_challenge;
use self::issuer::{Issuer, OutsideError};
pub use self::keys::KeyError;
use self::keys::Keys;
use self::listener::Listener;
pub use self::lockout::Lockout;
pub use self::network::network_of;
use self::password::{PasswordError, Passwords};
use self::secret_box::SecretBox;
pub use self::security_event::{SecurityEvent, security_event};
pub use self::token::{AccessToken, TokenError};
use crate::config::{AccessConfig, Config};

/// The server cannot know who is asking.
#[derive(Debug, Error)]
pub enum AccessError {
    /// Nothing could be encrypted.
    #[error("SECRET_KEY is not set: agent-free keys new-secret prints one")]
    NoSecretKey,
    /// No token can be signed.
    #[error("there is no key to sign tokens with")]
    Keys(#[from] KeyError),
    /// The address of the database cannot be read.
    #[error("the address of the database cannot be read")]
    DatabaseUrl(#[source] tokio_postgres::Error),
    /// No password can be hashed.
    #[error("passwords cannot be hashed")]
    Passwords(#[from] PasswordError),
    /// Whom to trust on the web is not known.
    #[error("the certificates that this system trusts cannot be read")]
    Certificates(#[source] std::io::Error),
}

/// What knows who is asking.
pub struct Access {
    config: AccessConfig,
    secret_box: SecretBox,
    keys: Arc<Keys>,
    sessions: Arc<Sessions>,
    listener: Listener,
    lockout: Lockout,
    passwords: Passwords,
    sends_mail: bool,
    issuer: Option<Issuer>,
    pool: Pool,
    anonymous: Arc<Viewer>,
}

impl Access {
    /// Loads the signing keys, or makes the first one, and begins to listen for changes.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn start(
        config: &Config,
        pool: Pool,
        lockout: Lockout,
    ) -> Result<Arc<Self>, AccessError> {
        crypto::install();
        let access = config.access.clone();
        let secret_box = secret_box(&access)?;
        let keys = Arc::new(Keys::start(pool.clone(), secret_box.clone()).await?);
        let sessions = Arc::new(Sessions::new(pool.clone(), access.sessions_cached_max));
        let listener = Listener::start(&config.database.url, sessions.clone(), keys.clone())
            .map_err(AccessError::DatabaseUrl)?;
        let issuer = access.outside_issuer.clone().map(Issuer::new).transpose();
        let issuer = issuer.map_err(AccessError::Certificates)?;
        let anonymous = Arc::new(Viewer::of_class("anonymous"));
        let passwords = Passwords::of(&access)?;
        let sends_mail = config.mail.url.is_some();
        let config = access;
        Ok(Arc::new(Self {
            config,
            secret_box,
            keys,
            sessions,
            listener,
            lockout,
            passwords,
            sends_mail,
            issuer,
            pool,
            anonymous,
        }))
    }

    /// The settings.
    pub fn config(&self) -> &AccessConfig {
        &self.config
    }

    /// What encrypts secrets at rest.
    pub fn secret_box(&self) -> &SecretBox {
        &self.secret_box
    }

    /// What makes those wait who guess.
    pub fn lockout(&self) -> &Lockout {
        &self.lockout
    }

    /// Whether mail goes anywhere.
    pub fn sends_mail(&self) -> bool {
        self.sends_mail
    }

    /// What hashes passwords.
    pub fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    /// Signs an access token for a session of a user.
    ///
    /// # Errors
    /// The token cannot be signed: a defect.
    pub fn issue(&self, user: Uuid, session: Uuid) -> Result<AccessToken, TokenError> {
        token::issue(&self.config, &self.keys.current(), user, session)
    }

    /// The public keys that check our tokens, as a JSON Web Key Set.
    pub fn jwks(&self) -> String {
        self.keys.current().jwks.clone()
    }

    /// Waits until this server has heard of every change that is committed by now, so that it
    /// counts from the next request on.
    pub async fn catch_up(&self) {
        self.listener.catch_up().await;
    }

    /// What the outside issuer calls itself and the subject of its token, for whoever links an
    /// account; none where the token does not count.
    ///
    /// # Errors
    /// The issuer is away.
    pub(crate) async fn outside_subject(
        &self,
        token: &str,
    ) -> Result<Option<(&str, String)>, loaders::RequestError> {
        let Some(issuer) = &self.issuer else { return Ok(None) };
        match issuer.verify(&self.config, token).await {
            Ok(claims) => Ok(Some((issuer.name(), claims.sub))),
            Err(OutsideError::Token(_)) => Ok(None),
            Err(away @ OutsideError::Away) => Err(loaders::RequestError::invalid(
                loaders::ErrorCode::StoreUnavailable,
                away.to_string(),
            )),
        }
    }
}

/// What encrypts secrets at rest, by the keys of the configuration.
///
/// # Errors
/// [`AccessError::NoSecretKey`].
pub(crate) fn secret_box(config: &AccessConfig) -> Result<SecretBox, AccessError> {
    let key = config.secret_key.as_ref().ok_or(AccessError::NoSecretKey)?;
    let previous: Vec<[u8; 32]> =
        config.secret_keys_previous.iter().map(|key| *key.expose()).collect();
    Ok(SecretBox::new(key.expose(), &previous))
}

/// Secrets are not shown.
impl fmt::Debug for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Access").finish_non_exhaustive()
    }
}
