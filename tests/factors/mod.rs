//! Second factors, as a front end and whoever attacks them would use them.

pub mod authenticator;
mod guesses;
mod passkeys;
mod recovery_codes;
mod removal;
mod totp;

use agent_free::access::factors::totp::{PERIOD, TotpSecret};
use agent_free::access::password::Passwords;
use chrono::Utc;
use data_encoding::BASE32_NOPAD;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answer, TestDatabase, TestServer};

/// Where people reach the server of these tests.
const SITE: &str = "http://localhost:8080";

const PASSWORD: &str = "a meadow with seven oaks";

const TOKENS: &str = "session { accessToken }";

/// A server, and a person with an account.
struct World {
    database: TestDatabase,
    server: TestServer,
    user: Uuid,
    email: String,
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let server = TestServer::start_with(&database, |config| {
            config.access.public_url = SITE.to_owned();
            // What hashing costs is not what these tests are about.
            config.access.password_hash_memory = 64;
            config.access.password_hash_iterations = 1;
            config.rate_limits.lockout_address_after = 1000;
        })
        .await;
        let (user, email) = person(&database, "ann").await;
        Self { database, server, user, email }
    }

    /// Asks without a session.
    async fn ask(&self, text: &str, variables: Value) -> Answer {
        self.server.anonymous().query(text, variables).await
    }

    /// Asks in the session of this access token.
    async fn ask_as(&self, token: &str, text: &str, variables: Value) -> Answer {
        let body = json!({ "query": text, "variables": variables });
        let request = self.server.client().post(self.server.url("/graphql")).json(&body);
        Answer::from(request.bearer_auth(token).send().await.unwrap()).await
    }

    /// The payload of a password, as far as it goes.
    async fn sign_in(&self) -> Value {
        let text = format!(
            "mutation($email: String!, $password: String!) {{
                signIn(input: {{email: $email, password: $password}}) {{
                    {TOKENS}
                    challenge {{ challenge methods hasRecoveryCodes passkeyOptions expiresAt }}
                    errors {{ code path message }}
                }}
            }}"
        );
        let answer = self.ask(&text, json!({ "email": self.email, "password": PASSWORD })).await;
        assert_eq!(answer.data()["signIn"]["errors"], json!([]), "{}", answer.pretty());
        answer.data()["signIn"].clone()
    }

    /// The access token of a user without second factors.
    async fn token(&self) -> String {
        token(&self.sign_in().await)
    }

    /// Answers a challenge.
    async fn answer(&self, challenge: &Value, given: Value) -> Value {
        let text = format!(
            "mutation($input: AnswerChallengeInput!) {{
                answerChallenge(input: $input) {{ {TOKENS} errors {{ code path message }} }}
            }}"
        );
        let mut input = given;
        input["challenge"] = challenge["challenge"].clone();
        let answer = self.ask(&text, json!({ "input": input })).await;
        answer.data()["answerChallenge"].clone()
    }

    /// Adds an app, and gives its secret.
    async fn add_app(&self, token: &str) -> TotpSecret {
        let (challenge, secret) = self.enroll(token).await;
        let confirmed = self.confirm(token, &challenge, &code_of(&secret)).await;
        assert_eq!(confirmed["errors"], json!([]));
        self.forget_steps().await;
        secret
    }

    async fn enroll(&self, token: &str) -> (String, TotpSecret) {
        let text = r#"mutation {
            enrollTotp(input: {name: "Phone"}) { challenge secret uri expiresAt errors { code message } }
        }"#;
        let answer = self.ask_as(token, text, json!({})).await;
        let begun = &answer.data()["enrollTotp"];
        assert_eq!(begun["errors"], json!([]));
        let secret = begun["secret"].as_str().unwrap();
        assert!(begun["uri"].as_str().unwrap().contains(secret));
        let secret = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
        let challenge = begun["challenge"].as_str().unwrap().to_owned();
        (challenge, TotpSecret::from_bytes(secret))
    }

    async fn confirm(&self, token: &str, challenge: &str, code: &str) -> Value {
        let text = "mutation($challenge: String!, $code: String!) {
            confirmTotp(input: {challenge: $challenge, code: $code}) {
                mfaMethod { id kind name lastUsedAt }
                errors { code path message }
            }
        }";
        let variables = json!({ "challenge": challenge, "code": code });
        self.ask_as(token, text, variables).await.data()["confirmTotp"].clone()
    }

    /// Lets the code that was used last be used again: a test does not wait for the next one.
    async fn forget_steps(&self) {
        self.database
            .execute("UPDATE user_mfa_methods SET last_step = 0 WHERE kind = 'TOTP'")
            .await;
    }

    /// Lets all sessions have been confirmed long ago.
    async fn let_time_pass(&self) {
        let past =
            "UPDATE user_sessions SET authenticated_at = authenticated_at - interval '1 hour',
            second_factor_at = second_factor_at - interval '1 hour'";
        self.database.execute(past).await;
    }

    /// The kinds of security events of the person, in order.
    async fn events(&self) -> Vec<String> {
        let sql = "SELECT kind FROM security_events WHERE user_id = $1 ORDER BY occurred_at, id";
        let rows = self.database.connect().await.query(sql, &[&self.user]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// The templates of mails that wait for the person, sorted.
    async fn mails(&self) -> Vec<String> {
        let sql = "SELECT payload ->> 'template' FROM jobs
            WHERE name = 'send_mail' AND payload ->> 'to' = $1 ORDER BY 1";
        let rows = self.database.connect().await.query(sql, &[&self.email]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }
}

/// Somebody with an account, an address of this name, and a password.
async fn person(database: &TestDatabase, name: &str) -> (Uuid, String) {
    let hash = Passwords::new(64, 1, 1, 0).unwrap().hash(PASSWORD).await.unwrap();
    let (user, email) = (Uuid::now_v7(), format!("{name}@example.test"));
    let client = database.connect().await;
    let users = "INSERT INTO users (id, user_type, display_name) VALUES ($1, 'BUYER', $2)";
    client.execute(users, &[&user, &name]).await.unwrap();
    let authentication = "INSERT INTO user_authentication
            (user_id, email, email_verified_at, password_hash, password_changed_at)
        VALUES ($1, $2, now(), $3, now())";
    client.execute(authentication, &[&user, &email, &hash]).await.unwrap();
    (user, email)
}

/// The access token of a payload with a session.
#[track_caller]
fn token(payload: &Value) -> String {
    let token = payload["session"]["accessToken"].as_str();
    token.unwrap_or_else(|| panic!("a session: {payload}")).to_owned()
}

/// The codes of a payload's errors.
fn errors(payload: &Value) -> Vec<&str> {
    let errors = payload["errors"].as_array().unwrap();
    errors.iter().map(|error| error["code"].as_str().unwrap()).collect()
}

/// What the app shows now.
fn code_of(secret: &TotpSecret) -> String {
    secret.code_at(Utc::now().timestamp() / PERIOD)
}
