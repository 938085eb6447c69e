//! How somebody becomes a user, signs in and out, and leaves, as a front end does it.

mod administrator;
mod closing;
mod cookies;
mod credentials;
mod enumeration;
mod passwords;
mod refresh;
mod sessions;
mod sign_up;

use agent_free::config::Config;
use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};

use crate::support::{Answer, MailFolder, SentMail, TestDatabase, TestServer};

/// A password that nobody has.
pub const PASSWORD: &str = "seventeen brave otters";

/// Another one.
pub const OTHER: &str = "eighteen timid beavers";

const SIGN_UP: &str = "mutation ($input: SignUpInput!) {
    signUp(input: $input) { email errors { code path message } position }
}";

const VERIFY: &str = "mutation ($token: String!, $password: String) {
    verifyEmail(input: { token: $token, password: $password }) { email errors { code path } }
}";

const SIGN_IN: &str = "mutation ($email: String!, $password: String!) {
    signIn(input: { email: $email, password: $password }) {
        session { accessToken refreshToken csrfToken expiresAt sessionId }
        challenge { __typename }
        errors { code path message }
    }
}";

/// A server whose mail a test reads, and where hashing is quick.
pub struct Accounts {
    pub server: TestServer,
    pub mails: MailFolder,
    pub database: TestDatabase,
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub access: String,
    pub refresh: String,
    pub session: String,
}

impl Accounts {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same, with settings that the test changes.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let (database, mails) = (TestDatabase::new().await, MailFolder::new());
        let server = TestServer::start_with(&database, |config| {
            mails.configure(config);
            config.access.password_hash_memory = 8192;
            config.access.password_hash_iterations = 1;
            config.rate_limits.mutations.clear();
            change(config);
        })
        .await;
        Self { server, mails, database }
    }

    /// Sends an operation, signed in or not.
    pub async fn send(&self, who: Option<&SignedIn>, text: &str, variables: Value) -> Answer {
        let body = json!({ "query": text, "variables": variables });
        let mut request = self.server.client().post(self.server.url("/graphql")).json(&body);
        if let Some(SignedIn { access, .. }) = who {
            request = request.header(AUTHORIZATION, format!("Bearer {access}"));
        }
        Answer::from(request.send().await.unwrap()).await
    }

    /// Asks for an account.
    pub async fn sign_up(&self, email: &str, password: &str) -> Answer {
        let input = json!({ "email": email, "password": password, "displayName": "Ada Lovelace" });
        self.send(None, SIGN_UP, json!({ "input": input })).await
    }

    /// Proves an address.
    pub async fn verify(&self, token: &str) -> Answer {
        self.verify_with(token, PASSWORD).await
    }

    /// The same, with another password.
    pub async fn verify_with(&self, token: &str, password: &str) -> Answer {
        self.send(None, VERIFY, json!({ "token": token, "password": password })).await
    }

    /// An account that can be used, with [`PASSWORD`].
    pub async fn make(&self, email: &str) {
        let is_its = |mail: &&SentMail| mail.to.eq_ignore_ascii_case(email);
        let before = self.mails.all().iter().filter(is_its).count();
        let asked = self.sign_up(email, PASSWORD).await;
        assert_eq!(asked.data()["signUp"]["errors"], json!([]), "{}", asked.pretty());
        let mails = self.mails.wait_for_count(email, before + 1).await;
        let verified = self.verify(&mails[before].token()).await;
        assert_eq!(verified.data()["verifyEmail"]["errors"], json!([]), "{}", verified.pretty());
    }

    /// Tries to sign in.
    pub async fn try_sign_in(&self, email: &str, password: &str) -> Answer {
        self.send(None, SIGN_IN, json!({ "email": email, "password": password })).await
    }

    /// Signs in.
    pub async fn sign_in(&self, email: &str, password: &str) -> SignedIn {
        let answer = self.try_sign_in(email, password).await;
        SignedIn::read(&answer, "signIn")
    }

    /// What a session may ask: the number of its user's sessions that have not ended. None where it
    /// is not signed in any more.
    pub async fn count_sessions(&self, who: &SignedIn) -> Option<u64> {
        let text = "{ viewer { user { sessions(filter: { endedAt: { isNull: true } }) { totalCount } } } }";
        let answer = self.send(Some(who), text, json!({})).await;
        answer.partial_data()["viewer"]["user"]["sessions"]["totalCount"].as_u64()
    }

    /// The first column of the first row, as text.
    pub async fn text(&self, sql: &str) -> Option<String> {
        let client = self.database.connect().await;
        client.query_opt(sql, &[]).await.unwrap().and_then(|row| row.get(0))
    }

    /// A number.
    pub async fn count(&self, sql: &str) -> i64 {
        self.database.connect().await.query_one(sql, &[]).await.unwrap().get(0)
    }
}

impl SignedIn {
    /// From an answer that has a session.
    #[track_caller]
    pub fn read(answer: &Answer, field: &str) -> Self {
        let tokens = &answer.data()[field]["session"];
        let text = |value: &Value| {
            value.as_str().unwrap_or_else(|| panic!("no tokens in {}", answer.pretty())).to_owned()
        };
        Self {
            access: text(&tokens["accessToken"]),
            refresh: text(&tokens["refreshToken"]),
            session: text(&tokens["sessionId"]),
        }
    }
}

/// The codes of a payload's errors.
#[track_caller]
pub fn codes(answer: &Answer, field: &str) -> Vec<String> {
    let errors = answer.data()[field]["errors"].as_array();
    let errors = errors.unwrap_or_else(|| panic!("no payload in {}", answer.pretty()));
    errors.iter().map(|error| error["code"].as_str().unwrap().to_owned()).collect()
}
