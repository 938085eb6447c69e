//! A browser with an authenticator in it, as far as a server can tell: it makes passkeys and uses
//! them, rightly or, where a test says so, wrongly.

use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const HAS_CREDENTIAL: u8 = 0x40;

/// A passkey, and the browser that it is in.
#[derive(Clone)]
pub struct Authenticator {
    /// The site that the browser shows.
    pub origin: String,
    /// Whose the passkey says that it is.
    pub user_handle: String,
    /// How often it was used, as it counts.
    pub counter: u32,
    /// Whether it asks for finger, face or PIN.
    pub verifies_user: bool,
    id: Vec<u8>,
    key: SigningKey,
}

impl Authenticator {
    /// Makes a passkey for what `beginPasskeyRegistration` gave, and what the browser answers.
    pub fn create(origin: &str, options: &Value) -> (Self, Value) {
        let seed = [Uuid::now_v7().into_bytes(), Uuid::now_v7().into_bytes()].concat();
        let made = Self {
            origin: origin.to_owned(),
            user_handle: options["user"]["id"].as_str().unwrap().to_owned(),
            counter: 1,
            verifies_user: true,
            id: Uuid::now_v7().into_bytes().to_vec(),
            key: SigningKey::from_slice(&Sha256::digest(seed)).unwrap(),
        };
        let point = made.key.verifying_key().to_encoded_point(false);
        let mut data = made.data(options["rp"]["id"].as_str().unwrap(), HAS_CREDENTIAL);
        data.extend([0; 16]);
        data.extend(u16::try_from(made.id.len()).unwrap().to_be_bytes());
        data.extend(&made.id);
        // A COSE key: {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(point.x().unwrap());
        data.extend([0x22, 0x58, 0x20]);
        data.extend(point.y().unwrap());
        // {"fmt": "none", "attStmt": {}, "authData": …}
        let mut attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        attestation.push(u8::try_from(data.len()).unwrap());
        attestation.extend(&data);
        let challenge = options["challenge"].as_str().unwrap();
        let credential = json!({
            "id": encode(&made.id),
            "rawId": encode(&made.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(&made.client_data("webauthn.create", challenge)),
                "attestationObject": encode(&attestation),
                "transports": ["internal"],
            },
        });
        (made, credential)
    }

    /// Uses the passkey for what `beginPasskeySignIn` or `signIn` gave.
    pub fn get(&mut self, options: &Value) -> Value {
        self.counter += 1;
        let challenge = options["challenge"].as_str().unwrap();
        let client_data = self.client_data("webauthn.get", challenge);
        let data = self.data(options["rpId"].as_str().unwrap(), 0);
        let signed = [data.as_slice(), &Sha256::digest(&client_data)].concat();
        let signature: Signature = self.key.sign(&signed);
        json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(&client_data),
                "authenticatorData": encode(&data),
                "signature": encode(signature.to_der().as_bytes()),
                "userHandle": self.user_handle,
            },
        })
    }

    fn data(&self, site: &str, flags: u8) -> Vec<u8> {
        let verified = if self.verifies_user { USER_VERIFIED } else { 0 };
        let mut data = Sha256::digest(site).to_vec();
        data.push(USER_PRESENT | verified | flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn client_data(&self, kind: &str, challenge: &str) -> Vec<u8> {
        let origin = &self.origin;
        format!(
            r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}","crossOrigin":false}}"#
        )
        .into_bytes()
    }
}

/// As browsers encode bytes.
pub fn encode(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}
