//! A server without mail says so where a mail is needed, and tells nothing else by it.

use serde_json::json;

use super::has_job;
use crate::support::{TestDatabase, TestServer};

const SIGN_UP: &str = "mutation ($input: SignUpInput!) { signUp(input: $input) { email } }";

const RESET: &str = "mutation ($input: RequestPasswordResetInput!) {
    requestPasswordReset(input: $input) { email }
}";

#[tokio::test]
async fn what_needs_a_mail_is_refused_alike_for_all() {
    let database = TestDatabase::new().await;
    let server = TestServer::start_with(&database, |config| config.mail.url = None).await;
    database
        .execute(
            "INSERT INTO users (id, user_type, display_name)
             VALUES ('00000000-0000-7000-8000-000000000001', 'BUYER', 'Known');
             INSERT INTO user_authentication (user_id, email, email_verified_at)
             SELECT id, 'known@example.test', now() FROM users",
        )
        .await;
    let client = database.connect().await;
    for email in ["known@example.test", "unknown@example.test"] {
        let person = json!({ "input": {
            "email": email, "password": "seventeen brave otters", "displayName": "Ada",
            "userType": "BUYER",
        } });
        let reset = json!({ "input": { "email": email } });
        for (text, variables) in [(SIGN_UP, person), (RESET, reset)] {
            let answer = server.anonymous().query(text, variables).await;
            assert_eq!(answer.error_codes(), ["STORE_UNAVAILABLE"], "{}", answer.pretty());
            assert!(answer.pretty().contains("must set MAIL_URL"), "{}", answer.pretty());
        }
    }
    let users = client.query_one("SELECT count(*) FROM user_authentication", &[]).await.unwrap();
    assert_eq!(users.get::<_, i64>(0), 1);
    assert!(!has_job(&client, "NOT is_periodic").await);
}
