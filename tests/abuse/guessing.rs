//! Guessing passwords through the door: sprayed over accounts, all at once, past the lock, and in one
//! document. What is answered tells nothing of who has an account.

use std::time::Duration;

use agent_free::access::password::Passwords;
use futures_util::future::join_all;
use serde_json::{Value, json};
use stores::rate_limits::Bucket;

use crate::support::{TestDatabase, TestServer};

const PASSWORD: &str = "three horses and a gate";

const ACCOUNT: &str = "
    WITH made AS (
        INSERT INTO users (user_type, display_name) VALUES ('BUYER', 'Ada') RETURNING id
    )
    INSERT INTO user_authentication (user_id, email, email_verified_at, password_hash, password_changed_at)
    SELECT id, $1, now(), $2, now() FROM made";

const SIGN_IN: &str = "mutation($email: String!, $password: String!) {
    signIn(input: {email: $email, password: $password, transport: BEARER}) {
        session { accessToken } errors { code path message }
    }
}";

/// A server that hashes quickly and counts no calls, behind a proxy that is believed.
async fn start(database: &TestDatabase) -> TestServer {
    TestServer::start_with(database, |config| {
        config.access.password_hash_memory = 8192;
        config.access.password_hash_iterations = 1;
        config.rate_limits.mutations.clear();
        config.http.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await
}

async fn account(database: &TestDatabase, email: &str) {
    let hash = Passwords::new(8192, 1, 1, 0).unwrap().hash(PASSWORD).await.unwrap();
    database.connect().await.execute(ACCOUNT, &[&email, &hash]).await.unwrap();
}

async fn sign_in(server: &TestServer, email: &str, password: &str, address: &str) -> Value {
    let variables = json!({ "email": email, "password": password });
    let body = json!({ "query": SIGN_IN, "variables": variables });
    let request = server.client().post(server.url("/graphql")).header("x-forwarded-for", address);
    let answer: Value = request.json(&body).send().await.unwrap().json().await.unwrap();
    answer["data"]["signIn"].clone()
}

fn code(answer: &Value) -> &str {
    match answer["session"].is_object() {
        true => "in",
        false => answer["errors"][0]["code"].as_str().unwrap_or("?"),
    }
}

#[tokio::test]
async fn guesses_at_once_from_everywhere_are_looked_at_five_times() {
    let database = TestDatabase::new().await;
    account(&database, "ada@example.test").await;
    let server = start(&database).await;
    let guess = async |number: u8| {
        let address = format!("192.0.2.{number}");
        let answer = sign_in(&server, "ada@example.test", "a wrong password!", &address).await;
        code(&answer).to_owned()
    };
    let answers = join_all((0..30).map(guess)).await;
    let looked_at = answers.iter().filter(|code| *code == "INVALID_CREDENTIALS").count();
    let held_off = answers.iter().filter(|code| *code == "LOCKED_OUT").count();
    assert_eq!((looked_at, held_off), (5, 25), "{answers:?}");
    // The right one is not looked at either: a lock tells nothing of it.
    let right = sign_in(&server, "ada@example.test", PASSWORD, "198.51.100.1").await;
    assert_eq!(code(&right), "LOCKED_OUT");
    let recorded = "SELECT kind, count(*) FROM security_events GROUP BY kind ORDER BY kind";
    let rows = database.connect().await.query(recorded, &[]).await.unwrap();
    let recorded: Vec<(String, i64)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(recorded, [("LOCKED_OUT".into(), 26), ("SIGN_IN_FAILED".into(), 5)]);
}

#[tokio::test]
async fn however_an_address_is_typed_its_guesses_are_the_same() {
    let database = TestDatabase::new().await;
    account(&database, "iris@example.test").await;
    let server = start(&database).await;
    // Letters that PostgreSQL takes for an i or a k in lower case, and other programs do not.
    let typed = ["IRIS@example.test", "\u{130}ris@example.test", "ir\u{130}s@example.test"];
    for number in 0..9_u8 {
        let email = typed[usize::from(number) % 3];
        sign_in(&server, email, "a wrong password!", &format!("192.0.2.{number}")).await;
    }
    for email in typed {
        let right = sign_in(&server, email, PASSWORD, "198.51.100.1").await;
        assert_eq!(code(&right) == "in", email.is_ascii(), "{email}");
    }
}

#[tokio::test]
async fn one_password_for_many_accounts_ends_after_twenty() {
    let database = TestDatabase::new().await;
    for number in 0..3 {
        account(&database, &format!("{}@example.test", 24 + number)).await;
    }
    let server = start(&database).await;
    let mut codes = Vec::new();
    for number in 0..30 {
        let email = format!("{number}@example.test");
        codes.push(code(&sign_in(&server, &email, PASSWORD, "192.0.2.1").await).to_owned());
    }
    assert!(codes[..20].iter().all(|code| code == "INVALID_CREDENTIALS"), "{codes:?}");
    assert!(codes[20..].iter().all(|code| code == "LOCKED_OUT"), "{codes:?}");
    // Elsewhere those accounts are open.
    assert_eq!(code(&sign_in(&server, "24@example.test", PASSWORD, "192.0.2.2").await), "in");
}

#[tokio::test]
async fn an_account_that_there_is_answers_like_one_that_there_is_not() {
    let database = TestDatabase::new().await;
    account(&database, "ada@example.test").await;
    let server = start(&database).await;
    for attempt in 0..7 {
        let mut answers = Vec::new();
        for (email, address) in
            [("ada@example.test", "192.0.2.1"), ("eve@example.test", "192.0.2.2")]
        {
            let mut answer = sign_in(&server, email, "a wrong password!", address).await;
            if code(&answer) == "LOCKED_OUT" {
                // The time differs by what passed between the two.
                answer["errors"][0]["message"].take();
            }
            answers.push(answer);
        }
        assert_eq!(answers[0], answers[1], "attempt {attempt}");
        assert_eq!(code(&answers[0]) == "LOCKED_OUT", attempt >= 5, "attempt {attempt}");
    }
}

#[tokio::test]
async fn who_knows_the_password_clears_what_others_failed() {
    let database = TestDatabase::new().await;
    account(&database, "ada@example.test").await;
    let server = start(&database).await;
    for _ in 0..3 {
        for _ in 0..4 {
            let wrong =
                sign_in(&server, "ada@example.test", "a wrong password!", "192.0.2.1").await;
            assert_eq!(code(&wrong), "INVALID_CREDENTIALS");
        }
        assert_eq!(code(&sign_in(&server, "Ada@example.test", PASSWORD, "192.0.2.9").await), "in");
    }
}

#[tokio::test]
async fn a_hundred_guesses_in_one_document_are_a_hundred_calls() {
    let database = TestDatabase::new().await;
    account(&database, "ada@example.test").await;
    let server = TestServer::start(&database).await;
    let guess = |number| {
        format!(
            "a{number}: signIn(input: {{email: \"ada@example.test\", password: \"guess number {number}\", \
             transport: BEARER}}) {{ errors {{ code }} }}"
        )
    };
    let guesses: Vec<String> = (0..100).map(guess).collect();
    let body = json!({ "query": format!("mutation {{ {} }}", guesses.join(" ")) });
    let request = server.client().post(server.url("/graphql")).json(&body);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 429);
    let attempts = "SELECT count(*) FROM login_attempts";
    let attempts: i64 = database.connect().await.query_one(attempts, &[]).await.unwrap().get(0);
    assert_eq!(attempts, 0, "none of them ran");
}

#[tokio::test]
async fn a_batch_of_guesses_is_as_many_calls() {
    let database = TestDatabase::new().await;
    let server = TestServer::start_with(&database, |config| {
        config.limits.batch_max = 10;
        let bucket = Bucket { capacity: 3, period: Duration::from_secs(1_000_000) };
        config.rate_limits.mutations = vec![("signIn".into(), bucket)];
    })
    .await;
    let variables = json!({ "email": "ada@example.test", "password": "a wrong password!" });
    let batch = vec![json!({ "query": SIGN_IN, "variables": variables }); 5];
    let request = server.client().post(server.url("/graphql")).json(&batch);
    let answers: Vec<Value> = request.send().await.unwrap().json().await.unwrap();
    let refused = answers.iter().filter(|it| it["errors"][0]["extensions"]["code"] == "RATE_LIMIT");
    assert_eq!(refused.count(), 2, "{answers:?}");
}
