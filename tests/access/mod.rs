//! Who is asking: tokens, cookies, keys, and what becomes of them when something changes.
//!
//! Sessions are made straight in the database, and tokens are signed here with the server's own key:
//! so each of them can be wrong in one place.

mod api_keys;
mod changes;
mod cookies;
mod forged;
mod outside;
mod signing_keys;

use std::time::{SystemTime, UNIX_EPOCH};

use agent_free::access::secret_box::SecretBox;
use agent_free::config::{self, Config};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use loaders::scalar::type_id;
use reqwest::RequestBuilder;
use reqwest::header::AUTHORIZATION;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio_postgres::Client;
use uuid::Uuid;

pub use self::outside::{ISSUER, Published};
use crate::support::{Answer, Cluster, SECRET_KEY, TestDatabase, TestServer, agent_free, connect};

/// A server, and a connection past it.
struct World {
    server: TestServer,
    client: Client,
    /// None where the test has a PostgreSQL of its own.
    database: Option<TestDatabase>,
}

impl World {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let database = TestDatabase::new().await;
        let server = TestServer::start_with(&database, change).await;
        Self { server, client: database.connect().await, database: Some(database) }
    }

    /// On a PostgreSQL of its own, which the test may harm.
    async fn of(cluster: &Cluster) -> Self {
        let url = cluster.url();
        let migrated = agent_free(&["migrate"], &[("DATABASE_URL", &url)]).output().await.unwrap();
        assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
        let found = config::examine(|name| match name {
            "DATABASE_URL" => Some(url.clone().into()),
            "LISTEN_ADDRESS" => Some("127.0.0.1:0".into()),
            "SECRET_KEY" => Some(SECRET_KEY.into()),
            "WORKERS" => Some("0".into()),
            _ => None,
        });
        let server = TestServer::of(found.config.unwrap()).await;
        Self { server, client: connect(&url).await, database: None }
    }

    fn database(&self) -> &TestDatabase {
        self.database.as_ref().unwrap()
    }

    /// Somebody new who is signed in.
    async fn person(&self) -> Person {
        let sql =
            "INSERT INTO users (user_type, display_name) VALUES ('BUYER', 'A person') RETURNING id";
        let user: Uuid = self.client.query_one(sql, &[]).await.unwrap().get(0);
        let session = self.session_of(user).await;
        let sql = "INSERT INTO api_keys (user_id, name, key_hash, hint, permissions, expires_at)
            VALUES ($1, 'Mark', decode(md5($1::uuid::text), 'hex'), 'mark', '{}', now() + interval '1 day')
            RETURNING id";
        let mark: Uuid = self.client.query_one(sql, &[&user]).await.unwrap().get(0);
        Person { user, session, csrf: format!("csrf of {session}"), mark }
    }

    /// Another session of a user.
    async fn session_of(&self, user: Uuid) -> Uuid {
        let session = Uuid::now_v7();
        let sql = "INSERT INTO user_sessions (id, user_id, transport, refresh_token_hash,
                csrf_token_hash, authenticated_by, address, refresh_expires_at, expires_at)
            VALUES ($1, $2, 'COOKIE', $3, $4, 'PASSWORD', '192.0.2.1', now() + interval '30 days',
                now() + interval '90 days')";
        let refresh = Sha256::digest(format!("refresh of {session}")).to_vec();
        let csrf = Sha256::digest(format!("csrf of {session}")).to_vec();
        self.client.execute(sql, &[&session, &user, &refresh, &csrf]).await.unwrap();
        session
    }

    /// What signs this server's tokens.
    async fn signer(&self) -> Signer {
        Signer::of_server(&self.client).await
    }

    /// Asks for the mark of somebody, which he alone sees.
    fn asks(&self, person: &Person) -> RequestBuilder {
        let query = format!("{{ node(id: \"{}\") {{ id }} }}", typed("api_key", person.mark));
        self.server.client().post(self.server.url("/graphql")).json(&json!({ "query": query }))
    }

    async fn sees_with(&self, token: &str, person: &Person) -> Seen {
        seen(self.asks(person).header(AUTHORIZATION, format!("Bearer {token}"))).await
    }
}

/// Somebody who is signed in.
struct Person {
    user: Uuid,
    session: Uuid,
    csrf: String,
    mark: Uuid,
}

/// What a request came to.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    /// It was answered as that person's.
    Own,
    /// It was answered as somebody else's, or nobody's.
    Nothing,
    /// It was refused with this status and code.
    Refused(u16, String),
}

async fn seen(request: RequestBuilder) -> Seen {
    let answer = Answer::from(request.send().await.unwrap()).await;
    match answer.error_codes().as_slice() {
        [] if answer.data()["node"].is_null() => Seen::Nothing,
        [] => Seen::Own,
        codes => Seen::Refused(answer.status, codes.join(" ")),
    }
}

/// The only answer to a credential that does not count.
fn unauthenticated() -> Seen {
    Seen::Refused(401, "UNAUTHENTICATED".to_owned())
}

/// A key that signs tokens.
pub struct Signer {
    kid: String,
    pair: Ed25519KeyPair,
}

impl Signer {
    pub fn new(kid: &str) -> Self {
        let random = ring::rand::SystemRandom::new();
        let document = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
        Self { kid: kid.to_owned(), pair }
    }

    /// What signs the tokens of the server on this database.
    pub async fn of_server(client: &Client) -> Self {
        let sql = "SELECT kid, private_key FROM signing_keys WHERE retired_at IS NULL
            ORDER BY active_from DESC LIMIT 1";
        let row = client.query_one(sql, &[]).await.unwrap();
        let kid: String = row.get(0);
        let key = BASE64.decode(SECRET_KEY.as_bytes()).unwrap().try_into().unwrap();
        let secret_box = SecretBox::new(&key, &[]);
        let opened = secret_box.open(&format!("signing_key:{kid}"), row.get(1)).unwrap();
        Self { kid, pair: Ed25519KeyPair::from_pkcs8(&opened).unwrap() }
    }

    pub fn header(&self) -> Value {
        json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": self.kid })
    }

    fn token(&self, person: &Person) -> String {
        self.sign(&self.header(), &claims(person))
    }

    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let signature = self.pair.sign(message.as_bytes());
        format!("{message}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
    }

    fn jwk(&self) -> Value {
        let x = BASE64URL_NOPAD.encode(self.pair.public_key().as_ref());
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": self.kid, "use": "sig", "x": x })
    }
}

/// What is signed.
fn message(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    format!("{}.{}", part(header), part(claims))
}

/// The claims of a token that counts.
fn claims(person: &Person) -> Value {
    json!({
        "iss": "http://127.0.0.1:8080", "aud": "http://127.0.0.1:8080/graphql",
        "sub": typed("user", person.user), "sid": typed("user_session", person.session),
        "iat": now(), "exp": now() + 600, "jti": Uuid::now_v7(),
    })
}

/// The same value with another for one of its fields; null takes it out.
pub fn with(value: &Value, field: &str, other: impl Into<Value>) -> Value {
    let mut value = value.clone();
    match other.into() {
        Value::Null => drop(value.as_object_mut().unwrap().remove(field)),
        other => value[field] = other,
    }
    value
}

pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs().try_into().unwrap()
}

fn typed(prefix: &str, id: Uuid) -> String {
    let mut text = Vec::new();
    type_id::encode(prefix, id.as_bytes(), &mut text);
    String::from_utf8(text).unwrap()
}
