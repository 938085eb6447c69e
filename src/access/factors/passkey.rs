//! Passkeys (WebAuthn level 3): what the front end hands to the browser, and whether what comes back
//! proves that the person holds the key.
//!
//! A passkey is found without a user name, asks for the person's finger, face or PIN, and belongs to the
//! host of `PUBLIC_URL`. Nobody's make of authenticator is asked for (attestation is not taken).

use std::num::NonZeroU32;
use std::time::Duration;

use serde_json::Value;
use thiserror::Error;
use uuid::Uuid;
use webauthn_rp::bin::{Decode, Encode};
use webauthn_rp::request::auth::AuthenticationVerificationOptions;
use webauthn_rp::request::register::{
    CredProtect, Nickname, PublicKeyCredentialUserEntity, RegistrationVerificationOptions,
    UserHandle16, Username,
};
use webauthn_rp::request::{AsciiDomain, PublicKeyCredentialDescriptor, RpId};
use webauthn_rp::response::register::{CompressedPubKey, DynamicState, StaticState};
use webauthn_rp::response::{AuthTransports, CredentialId};
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthentication16, DiscoverableAuthenticationServerState,
    DiscoverableCredentialRequestOptions, PublicKeyCredentialCreationOptions, Registration,
    RegistrationServerState,
};

/// A public key as it is kept.
type KeptKey = CompressedPubKey<[u8; 32], [u8; 32], [u8; 48], Vec<u8>>;

/// The site that passkeys are made for.
#[derive(Debug, Clone)]
pub struct PasskeySite {
    id: RpId,
    origin: String,
    time: NonZeroU32,
}

/// Why a passkey is not taken.
#[derive(Debug, Error)]
pub enum PasskeyError {
    /// Browsers make passkeys for names only.
    #[error(
        "passkeys need a site with a name, over https or on localhost: {0} is none (PUBLIC_URL)"
    )]
    Site(String),
    /// It does not have the form that browsers give.
    #[error("it is not what a browser's `credential.toJSON()` gives: {0}")]
    Form(#[from] serde_json::Error),
    /// It proves nothing.
    #[error("it does not fit: {0}")]
    Proof(String),
    /// What is kept of a passkey or of a challenge cannot be read.
    #[error("what is kept of it cannot be read: {0}")]
    Kept(String),
}

/// A step that was begun: its state stays here, its options go to the browser.
#[derive(Debug)]
pub struct Begun {
    /// What [`PasskeySite`] needs to finish it.
    pub state: Vec<u8>,
    /// `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON`.
    pub options: Value,
}

/// A passkey as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// By which browsers name it.
    pub credential_id: Vec<u8>,
    /// How it may be reached, as a number.
    pub transports: u8,
    /// Its public key, with what never changes.
    pub public_key: Vec<u8>,
    /// Its counter, with what changes.
    pub state: Vec<u8>,
}

/// What a browser answers to a challenge.
#[derive(Debug)]
pub struct Assertion(DiscoverableAuthentication16);

impl Assertion {
    /// Reads it.
    ///
    /// # Errors
    /// [`PasskeyError::Form`].
    pub fn read(credential: &Value) -> Result<Self, PasskeyError> {
        let text = serde_json::to_vec(credential)?;
        Ok(Self(DiscoverableAuthentication16::from_json_relaxed(&text)?))
    }

    /// The passkey that it claims to come from.
    pub fn credential_id(&self) -> Vec<u8> {
        self.0.raw_id().as_ref().to_vec()
    }
}

impl PasskeySite {
    /// The site of `PUBLIC_URL`. A step must be finished within `time`.
    ///
    /// # Errors
    /// [`PasskeyError::Site`].
    pub fn new(public_url: &str, time: Duration) -> Result<Self, PasskeyError> {
        let wrong = || PasskeyError::Site(public_url.to_owned());
        let url: axum::http::Uri = public_url.parse().map_err(|_| wrong())?;
        let host = url.host().unwrap_or_default().to_ascii_lowercase();
        let scheme = url.scheme_str().unwrap_or_default();
        let is_local = host == "localhost" || host.ends_with(".localhost");
        let is_named = host.parse::<std::net::Ipv4Addr>().is_err() && !host.starts_with('[');
        if !is_named || !(scheme == "https" || scheme == "http" && is_local) {
            return Err(wrong());
        }
        let standard = if scheme == "https" { 443 } else { 80 };
        let port = url.port_u16().filter(|port| *port != standard);
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let time = u32::try_from(time.as_millis()).ok().and_then(NonZeroU32::new);
        Ok(Self {
            origin: format!("{scheme}://{host}{port}"),
            id: RpId::Domain(AsciiDomain::try_from(host).map_err(|_| wrong())?),
            time: time.unwrap_or(NonZeroU32::MAX),
        })
    }

    /// Begins to make a passkey for a user who has these already: the browser makes none on a device
    /// that has one of them.
    ///
    /// # Errors
    /// [`PasskeyError::Kept`].
    pub fn begin_registration(
        &self,
        user: Uuid,
        email: &str,
        display_name: &str,
        others: &[Passkey],
    ) -> Result<Begun, PasskeyError> {
        let id = user_handle(user)?;
        // What the standard does not take as a name is not shown, and hinders nobody.
        let name = Username::try_from(email).or_else(|_| Username::try_from("account"));
        let user = PublicKeyCredentialUserEntity {
            name: name.map_err(|error| PasskeyError::Kept(error.to_string()))?,
            id: &id,
            display_name: Nickname::try_from(display_name).ok(),
        };
        let others = others.iter().map(descriptor).collect::<Result<_, _>>()?;
        let mut options = PublicKeyCredentialCreationOptions::passkey(&self.id, user, others);
        options.timeout = self.time;
        // Many devices and password managers do not know credProtect, and would have to refuse. The
        // person is asked either way: every signature is held to it.
        options.extensions.cred_protect = CredProtect::None;
        let (state, client) = options.start_ceremony().map_err(kept)?;
        Ok(Begun { state: state.encode().map_err(kept)?, options: serde_json::to_value(client)? })
    }

    /// The passkey that a browser has made, if it fits what was begun for this user.
    ///
    /// # Errors
    /// [`PasskeyError`].
    pub fn finish_registration(
        &self,
        state: &[u8],
        user: Uuid,
        credential: &Value,
    ) -> Result<Passkey, PasskeyError> {
        let state = RegistrationServerState::<16>::decode(state).map_err(kept)?;
        let made = Registration::from_json_relaxed(&serde_json::to_vec(credential)?)?;
        let origins = [self.origin.as_str()];
        let options = RegistrationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            error_on_unsolicited_extensions: false,
            ..RegistrationVerificationOptions::default()
        };
        let made = state.verify(&self.id, &made, &options).map_err(proof)?;
        if made.user_id().as_ref() != user.as_bytes() {
            return Err(PasskeyError::Proof("it was begun for another user".into()));
        }
        Ok(Passkey {
            credential_id: made.id().as_ref().to_vec(),
            transports: infallible(made.transports().encode()),
            public_key: infallible(made.static_state().encode()),
            state: infallible(made.dynamic_state().encode()).to_vec(),
        })
    }

    /// Begins to ask for any passkey of this site.
    ///
    /// # Errors
    /// [`PasskeyError::Kept`].
    pub fn begin_authentication(&self) -> Result<Begun, PasskeyError> {
        let mut options = DiscoverableCredentialRequestOptions::passkey(&self.id);
        options.0.timeout = self.time;
        let (state, client) = options.start_ceremony().map_err(kept)?;
        Ok(Begun { state: state.encode().map_err(kept)?, options: serde_json::to_value(client)? })
    }

    /// Whether the answer proves that the holder of this user's passkey was there; gives the state to
    /// keep from now on.
    ///
    /// # Errors
    /// [`PasskeyError`].
    pub fn finish_authentication(
        &self,
        state: &[u8],
        user: Uuid,
        passkey: &Passkey,
        assertion: &Assertion,
    ) -> Result<Vec<u8>, PasskeyError> {
        let state = DiscoverableAuthenticationServerState::decode(state).map_err(kept)?;
        let user = user_handle(user)?;
        let key = StaticState::<KeptKey>::decode(passkey.public_key.as_slice()).map_err(kept)?;
        let changing = <[u8; 7]>::try_from(passkey.state.as_slice()).map_err(kept)?;
        let changing = DynamicState::decode(changing).map_err(kept)?;
        let id = CredentialId::<&[u8]>::decode(passkey.credential_id.as_slice()).map_err(kept)?;
        let mut kept_one = AuthenticatedCredential::new(id, &user, key, changing).map_err(kept)?;
        let origins = [self.origin.as_str()];
        let options = AuthenticationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            error_on_unsolicited_extensions: false,
            ..AuthenticationVerificationOptions::default()
        };
        state.verify(&self.id, &assertion.0, &mut kept_one, &options).map_err(proof)?;
        Ok(infallible(kept_one.dynamic_state().encode()).to_vec())
    }
}

/// Names the user to the authenticator: the id tells nothing of the person.
fn user_handle(user: Uuid) -> Result<UserHandle16, PasskeyError> {
    UserHandle16::decode(*user.as_bytes()).map_err(kept)
}

fn descriptor(passkey: &Passkey) -> Result<PublicKeyCredentialDescriptor<Vec<u8>>, PasskeyError> {
    Ok(PublicKeyCredentialDescriptor {
        id: CredentialId::decode(passkey.credential_id.clone()).map_err(kept)?,
        transports: AuthTransports::decode(passkey.transports).map_err(kept)?,
    })
}

fn kept(error: impl std::fmt::Display) -> PasskeyError {
    PasskeyError::Kept(error.to_string())
}

fn proof(error: impl std::fmt::Display) -> PasskeyError {
    PasskeyError::Proof(error.to_string())
}

fn infallible<T>(result: Result<T, std::convert::Infallible>) -> T {
    match result {
        Ok(value) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(public_url: &str) -> Option<String> {
        Some(PasskeySite::new(public_url, Duration::from_secs(300)).ok()?.origin)
    }

    #[test]
    fn a_site_has_a_name_and_is_secure_or_local() {
        let table = [
            ("https://deals.example.org", Some("https://deals.example.org")),
            ("https://Deals.Example.org:443/app", Some("https://deals.example.org")),
            ("https://deals.example.org:8443", Some("https://deals.example.org:8443")),
            ("http://localhost:8080", Some("http://localhost:8080")),
            ("http://deals.example.org", None),
            ("http://127.0.0.1:8080", None),
            ("https://10.0.0.7", None),
            ("https://[::1]", None),
            ("localhost", None),
        ];
        for (public_url, expected) in table {
            assert_eq!(origin(public_url).as_deref(), expected, "{public_url}");
        }
    }

    #[test]
    fn options_ask_for_a_passkey_that_is_found_without_a_name() {
        let site = PasskeySite::new("http://localhost:8080", Duration::from_secs(60)).unwrap();
        let user = Uuid::now_v7();
        let begun = site.begin_registration(user, "a@example.org", "Ann", &[]).unwrap().options;
        assert_eq!(begun["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(begun["authenticatorSelection"]["userVerification"], "required");
        assert_eq!(begun["rp"]["id"], "localhost");
        assert_eq!(begun["timeout"], 60_000);
        assert_eq!(begun["user"]["name"], "a@example.org");
        let enforced = begun["extensions"].get("enforceCredentialProtectionPolicy");
        assert_eq!(enforced, None, "{begun}");
        let asked = site.begin_authentication().unwrap().options;
        assert_eq!(asked["userVerification"], "required");
        assert_eq!(asked["rpId"], "localhost");
        assert_ne!(asked["challenge"], site.begin_authentication().unwrap().options["challenge"]);
    }
}
