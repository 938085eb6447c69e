//! How people of the matrix are signed in: an account with a password, and a session that was
//! confirmed just now, put straight into the database; the token is signed with the server's key.

use agent_free::access::opaque;
use agent_free::access::password::Passwords;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::access::{Signer, now};
use crate::property::id;
use crate::support::TestUser;

/// Where people reach the server of the matrix: passkeys are made for a site with a name.
pub const SITE: &str = "http://localhost:8080";

/// What everyone's password is.
pub const PASSWORD: &str = "a meadow with seven oaks";

/// What signs people in.
pub struct Sessions<'a> {
    client: &'a Client,
    signer: Signer,
    password_hash: String,
}

/// An account that is there already stays.
const ACCOUNT: &str = "
    WITH account AS (
        INSERT INTO user_authentication
            (user_id, email, email_verified_at, password_hash, password_changed_at)
        VALUES ($1, $2, now(), $3, now())
        ON CONFLICT DO NOTHING
    )
    INSERT INTO user_sessions (id, user_id, transport, refresh_token_hash, authenticated_by,
        second_factor_at, address, refresh_expires_at, expires_at)
    VALUES ($1, $1, 'BEARER', $4, 'PASSWORD', now(), '127.0.0.1', now() + interval '1 day',
        now() + interval '1 day')
    ON CONFLICT DO NOTHING";

impl<'a> Sessions<'a> {
    pub async fn new(client: &'a Client) -> Self {
        let password_hash = Passwords::new(64, 1, 1, 0).unwrap().hash(PASSWORD).await.unwrap();
        Self { client, signer: Signer::of_server(client).await, password_hash }
    }

    /// What keeps a password.
    pub fn password_hash(&self) -> &str {
        &self.password_hash
    }

    /// The same user, who asks by a session from now on.
    pub async fn sign_in(&self, user: &TestUser) -> TestUser {
        let user = user.id;
        let refresh = opaque::hash(&refresh_token(user)).to_vec();
        self.client
            .execute(ACCOUNT, &[&user, &email(user), &self.password_hash, &refresh])
            .await
            .unwrap();
        let claims = json!({
            "iss": SITE, "aud": format!("{SITE}/graphql"),
            "sub": id("User", user), "sid": id("UserSession", user),
            "iat": now(), "exp": now() + 600, "jti": Uuid::now_v7(),
        });
        TestUser::with_token(user, self.signer.sign(&self.signer.header(), &claims))
    }
}

/// The address of a user's account.
pub fn email(user: Uuid) -> String {
    format!("{}@example.test", user.simple())
}

/// What refreshes the session of a user.
pub fn refresh_token(user: Uuid) -> String {
    format!("refresh {user}")
}
