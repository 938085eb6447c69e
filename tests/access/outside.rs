//! Tokens of an outside issuer: one issuer, one audience, one algorithm, and keys that it publishes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use agent_free::config::OutsideIssuer;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::{Seen, Signer, World, now, unauthenticated, with};
use crate::support::Answer;

pub const ISSUER: &str = "https://issuer.example";

/// An issuer that publishes these keys, and counts who reads them.
#[derive(Clone, Default)]
pub struct Published {
    set: Arc<Mutex<String>>,
    reads: Arc<AtomicUsize>,
}

impl Published {
    pub fn show(&self, keys: &[&Signer]) {
        let keys: Vec<Value> = keys.iter().map(|signer| signer.jwk()).collect();
        *self.set.lock().unwrap() = json!({ "keys": keys }).to_string();
    }

    /// It, as the settings name it.
    pub async fn issuer(&self) -> OutsideIssuer {
        OutsideIssuer {
            issuer: ISSUER.to_owned(),
            audience: "agent-free".to_owned(),
            jwks_url: self.serve().await,
            algorithm: "EdDSA".parse().unwrap(),
        }
    }

    /// Where it is.
    async fn serve(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let give = async |State(published): State<Self>| {
            published.reads.fetch_add(1, Ordering::Relaxed);
            published.set.lock().unwrap().clone()
        };
        let routes = Router::new().route("/keys", get(give)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        format!("http://{address}/keys")
    }
}

struct Outside {
    world: World,
    published: Published,
    signer: Signer,
}

impl Outside {
    async fn new() -> Self {
        let published = Published::default();
        let signer = Signer::new("outside");
        published.show(&[&signer]);
        let issuer = published.issuer().await;
        let world = World::with(|config| config.access.outside_issuer = Some(issuer)).await;
        Self { world, published, signer }
    }

    fn token(&self, claims: &Value) -> String {
        self.signer.sign(&with(&self.signer.header(), "typ", "JWT"), claims)
    }

    /// What a question with this token comes to.
    async fn asks(&self, token: &str) -> (u16, Vec<String>) {
        let body = json!({ "query": "{ __typename }" });
        let request =
            self.world.server.client().post(self.world.server.url("/graphql")).json(&body);
        let request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        let answer = Answer::from(request.send().await.unwrap()).await;
        (answer.status, answer.error_codes().into_iter().map(str::to_owned).collect())
    }

    /// The users of a subject, with their names, types and roles.
    async fn users(&self, subject: &str) -> Vec<(String, String, String)> {
        let sql = "SELECT u.display_name, u.user_type::text, r.name FROM external_identities i
            JOIN users u ON u.id = i.user_id JOIN user_roles a ON a.user_id = u.id
            JOIN roles r ON r.id = a.role_id WHERE i.subject = $1";
        let rows = self.world.client.query(sql, &[&subject]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
    }
}

fn claims(subject: &str) -> Value {
    json!({
        "iss": ISSUER, "aud": "agent-free", "sub": subject, "name": "  Ada Lovelace ",
        "email": "administrator@example.test", "iat": now(), "exp": now() + 600,
    })
}

fn accepted() -> (u16, Vec<String>) {
    (200, Vec::new())
}

fn refused() -> (u16, Vec<String>) {
    (401, vec!["UNAUTHENTICATED".to_owned()])
}

#[tokio::test]
async fn whom_the_issuer_names_is_a_user_of_his_own() {
    let outside = Outside::new().await;
    let token = outside.token(&claims("ada"));
    let another = outside.token(&claims("ada"));
    let both = tokio::join!(outside.asks(&token), outside.asks(&another));
    assert_eq!(both, (accepted(), accepted()));
    assert_eq!(outside.asks(&token).await, accepted());
    let ada = ("Ada Lovelace".to_owned(), "BUYER".to_owned(), "buyer".to_owned());
    assert_eq!(outside.users("ada").await, [ada], "made once");
    assert_eq!(
        outside.asks(&outside.token(&with(&claims("bob"), "name", Value::Null))).await,
        accepted()
    );
    assert_eq!(outside.users("bob").await[0].0, "New user");
    assert_eq!(outside.published.reads.load(Ordering::Relaxed), 1);

    let suspend = "UPDATE users SET status = 'SUSPENDED' WHERE display_name = 'Ada Lovelace'";
    outside.world.client.execute(suspend, &[]).await.unwrap();
    for _ in 0..200 {
        if outside.asks(&token).await == refused() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(outside.asks(&token).await, refused());
}

#[tokio::test]
async fn tokens_that_are_not_for_us_are_refused() {
    let outside = Outside::new().await;
    let right = claims("eve");
    let wrong = [
        ("another audience", with(&right, "aud", "somebody-else")),
        ("no audience", with(&right, "aud", Value::Null)),
        ("another issuer", with(&right, "iss", "https://evil.example")),
        ("our own name", with(&right, "iss", "http://127.0.0.1:8080")),
        ("no issuer", with(&right, "iss", Value::Null)),
        ("over", with(&right, "exp", now() - 60)),
        ("without an end", with(&right, "exp", Value::Null)),
        ("not yet", with(&right, "nbf", now() + 120)),
        ("from the future", with(&right, "iat", now() + 120)),
        ("nobody", with(&right, "sub", Value::Null)),
        ("an empty name", with(&right, "sub", "")),
        ("too long a name", with(&right, "sub", "x".repeat(501))),
    ];
    for (name, claims) in wrong {
        assert_eq!(outside.asks(&outside.token(&claims)).await, refused(), "{name}");
    }
    let header = outside.signer.header();
    for (name, header) in [
        ("another algorithm", with(&header, "alg", "RS256")),
        ("a shared secret", with(&header, "alg", "HS256")),
        ("none", with(&header, "alg", "none")),
        ("no key", with(&header, "kid", Value::Null)),
    ] {
        assert_eq!(outside.asks(&outside.signer.sign(&header, &right)).await, refused(), "{name}");
    }
    let forged = Signer::new("outside").sign(&header, &right);
    assert_eq!(outside.asks(&forged).await, refused(), "a foreign key of the same name");
    // Our own key signs nothing in the issuer's name, nor does his in ours.
    let ours = outside.world.signer().await;
    assert_eq!(outside.asks(&ours.sign(&ours.header(), &right)).await, refused());
    let person = outside.world.person().await;
    let his = outside.signer.sign(&header, &super::claims(&person));
    assert_eq!(outside.world.sees_with(&his, &person).await, unauthenticated());
    assert!(outside.users("eve").await.is_empty());
}

#[tokio::test]
async fn new_keys_are_fetched_once_a_minute_at_most() {
    let outside = Outside::new().await;
    assert_eq!(outside.asks(&outside.token(&claims("ada"))).await, accepted());
    let next = Signer::new("next");
    outside.published.show(&[&outside.signer, &next]);
    for _ in 0..5 {
        assert_eq!(outside.asks(&next.sign(&next.header(), &claims("ada"))).await, refused());
    }
    assert_eq!(outside.published.reads.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn an_issuer_that_is_away_is_told() {
    let outside = Outside::new().await;
    for body in ["no set of keys".to_owned(), " ".repeat(300_000)] {
        *outside.published.set.lock().unwrap() = body;
        let (status, codes) = outside.asks(&outside.token(&claims("ada"))).await;
        assert_eq!((status, codes), (503, vec!["STORE_UNAVAILABLE".to_owned()]));
    }
    let person = outside.world.person().await;
    let ours = outside.world.signer().await.token(&person);
    assert_eq!(outside.world.sees_with(&ours, &person).await, Seen::Own, "ours need no issuer");
}

#[tokio::test]
async fn a_user_links_himself() {
    let outside = Outside::new().await;
    let world = &outside.world;
    let person = world.person().await;
    let session = world.signer().await.token(&person);
    let link = async |with: &str, token: &str| {
        let query = "mutation ($token: String!) { linkExternalIdentity(input: { token: $token }) {
            externalIdentity { issuer subject } errors { code path }
        } }";
        let body = json!({ "query": query, "variables": { "token": token } });
        let request = world.server.client().post(world.server.url("/graphql")).json(&body);
        let request = request.header(AUTHORIZATION, format!("Bearer {with}"));
        Answer::from(request.send().await.unwrap()).await
    };
    let token = outside.token(&claims("ada"));
    let age = async |hours: i32| {
        let sql = "UPDATE user_sessions SET authenticated_at = now() - make_interval(hours => $1)";
        world.client.execute(sql, &[&hours]).await.unwrap();
    };
    // A session that was stolen lets nobody in for good.
    age(1).await;
    let stolen = link(&session, &token).await.data()["linkExternalIdentity"].clone();
    assert_eq!(stolen["errors"], json!([{ "code": "EXPIRED", "path": [] }]));
    age(0).await;
    for _ in 0..2 {
        let linked = link(&session, &token).await.data()["linkExternalIdentity"].clone();
        assert_eq!(linked["externalIdentity"], json!({ "issuer": ISSUER, "subject": "ada" }));
    }
    assert_eq!(world.sees_with(&token, &person).await, Seen::Own, "he is the same person now");

    let bad = link(&session, "nonsense").await.data()["linkExternalIdentity"].clone();
    assert_eq!(bad["errors"], json!([{ "code": "INVALID", "path": ["token"] }]));
    let bob = outside.token(&claims("bob"));
    assert_eq!(outside.asks(&bob).await, accepted());
    let taken = link(&session, &bob).await.data()["linkExternalIdentity"].clone();
    assert_eq!(taken["errors"], json!([{ "code": "TAKEN", "path": ["token"] }]));
    let without_session = link(&bob, &outside.token(&claims("eve"))).await;
    assert_eq!(without_session.error_codes(), ["FORBIDDEN"]);
    let owner = "SELECT user_id FROM external_identities WHERE subject = 'ada'";
    let owner: Uuid = world.client.query_one(owner, &[]).await.unwrap().get(0);
    assert_eq!(owner, person.user);
}
