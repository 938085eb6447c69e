//! Who asks, in a test: users who have a role, made straight in the database, each with an API key.
//! How people sign in has tests of its own.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio_postgres::Client;
use uuid::Uuid;

use super::{Answer, TestServer};

/// A user who may ask.
#[derive(Debug, Clone)]
pub struct TestUser {
    pub id: Uuid,
    credential: String,
}

/// The type of user that a shipped role is for.
fn user_type(role: &str) -> &'static str {
    match role {
        "seller" => "SELLER",
        "attorney" => "ATTORNEY",
        "staff" => "STAFF",
        "administrator" => "ADMINISTRATOR",
        "service" => "SERVICE",
        _ => "BUYER",
    }
}

const USER: &str = "
    WITH made AS (
        INSERT INTO users (id, user_type, display_name) VALUES ($1, $2::text, $3)
    ), assigned AS (
        INSERT INTO user_roles (user_id, role_id, firm_id)
        SELECT $1, id, $4 FROM roles WHERE name = $5 AND is_shipped
    )
    INSERT INTO api_keys (user_id, name, key_hash, hint, permissions, expires_at)
    SELECT $1, 'Test', $6, 'test', array_agg(name), now() + interval '1 day' FROM permissions";

impl TestUser {
    /// One who has this shipped role, everywhere.
    pub async fn of_role(client: &Client, role: &str) -> Self {
        Self::make(client, role, None).await
    }

    /// One who has this shipped role in a firm.
    pub async fn in_firm(client: &Client, role: &str, firm: Uuid) -> Self {
        Self::make(client, role, Some(firm)).await
    }

    async fn make(client: &Client, role: &str, firm: Option<Uuid>) -> Self {
        let id = Uuid::now_v7();
        let secret = [Uuid::now_v7().into_bytes(), Uuid::now_v7().into_bytes()].concat();
        let key = format!("afk_{}", BASE64URL_NOPAD.encode(&secret));
        let name = format!("A {role}").replace('_', " ");
        let hash = Sha256::digest(&key).to_vec();
        client
            .execute(USER, &[&id, &user_type(role), &name, &firm, &role, &hash])
            .await
            .unwrap_or_else(|error| panic!("a user with the role {role}: {error:?}"));
        Self { id, credential: key }
    }

    /// One who is there already, and asks with this access token.
    pub fn with_token(id: Uuid, token: String) -> Self {
        Self { id, credential: token }
    }

    /// What such a user sends in the header `Authorization`.
    pub fn authorization(&self) -> String {
        format!("Bearer {}", self.credential)
    }
}

/// Who asks where a test does not say it for each request.
#[derive(Debug, Clone)]
pub enum Asking {
    /// Nobody in particular.
    Anonymous,
    /// Somebody who holds every permission.
    Administrator,
    /// This user.
    User(TestUser),
}

/// A server, and who asks it.
pub struct Asker<'a> {
    pub(super) server: &'a TestServer,
    pub(super) asking: Asking,
}

impl Asker<'_> {
    /// Sends an operation as a front end would.
    pub async fn query(&self, text: &str, variables: Value) -> Answer {
        let body = json!({ "query": text, "variables": variables });
        Answer::from(self.post(&body).await.send().await.unwrap()).await
    }

    /// A request, to add to.
    pub async fn post(&self, body: &Value) -> reqwest::RequestBuilder {
        let post = self.server.client().post(self.server.url("/graphql")).json(body);
        let user = match &self.asking {
            Asking::Anonymous => return post,
            Asking::Administrator => self.server.administrator().await,
            Asking::User(user) => user,
        };
        post.header(reqwest::header::AUTHORIZATION, user.authorization())
    }
}
